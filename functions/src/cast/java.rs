//! Floating point numbers as Java writes them.

use std::fmt::Write as _;

/// Writes `digits`e`exponent` in the form of `Double.toString`: plain from 0.001 to below ten million,
/// else with an exponent, and always with a digit after the point.
fn write_shortest(out: &mut String, shortest: &str) {
    let (number, sign) = match shortest.strip_prefix('-') {
        Some(rest) => (rest, "-"),
        None => (shortest, ""),
    };
    let (mantissa, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    out.push_str(sign);
    if digits == "0" {
        out.push_str("0.0");
    } else if (-3..7).contains(&exponent) {
        if exponent < 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
            out.push_str(&digits);
        } else {
            let whole = exponent as usize + 1;
            if digits.len() > whole {
                let _ = write!(out, "{}.{}", &digits[..whole], &digits[whole..]);
            } else {
                out.push_str(&digits);
                out.extend(std::iter::repeat_n('0', whole - digits.len()));
                out.push_str(".0");
            }
        }
    } else {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        let _ = write!(out, "{}.{rest}E{exponent}", &digits[..1]);
    }
}

/// Writes a DOUBLE as `Double.toString` does.
pub fn write_double(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        write_shortest(out, &format!("{value:e}"));
    }
}

/// Writes a FLOAT as `Float.toString` does.
pub(crate) fn write_float(out: &mut String, value: f32) {
    if value.is_finite() {
        write_shortest(out, &format!("{value:e}"));
    } else {
        write_double(out, f64::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_java_does() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (1.5e-3, "0.0015"),
            (9.9e-4, "9.9E-4"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (1e307, "1.0E307"),
            (-123.456, "-123.456"),
            (f64::INFINITY, "Infinity"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            let mut out = String::new();
            write_double(&mut out, value);
            assert_eq!(out, expected);
        }
        let mut out = String::new();
        write_float(&mut out, 0.1);
        assert_eq!(out, "0.1");
    }
}
