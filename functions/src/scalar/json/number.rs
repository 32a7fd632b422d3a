//! Decimal numbers as Java's BigDecimal writes them.

/// `text`, a number as JSON or Java writes it, as `BigDecimal.toString` writes it: plain when no
/// digit is missing before the point and at most six zeros would follow it, else with an exponent.
pub(super) fn decimal(text: &str) -> String {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i64 = match exponent.parse() {
        Ok(exponent) => exponent,
        // Beyond what BigDecimal can hold.
        Err(_) => return text.to_string(),
    };
    let scale = fraction.len() as i64 - exponent;
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let digits = if significant.is_empty() {
        "0"
    } else {
        significant
    };
    let sign = if negative && !significant.is_empty() {
        "-"
    } else {
        ""
    };
    let adjusted = digits.len() as i64 - 1 - scale;
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    if scale > 0 && adjusted >= -6 {
        let scale = scale as usize;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        return format!("{sign}{whole}.{fraction}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent = match adjusted {
        0 => String::new(),
        adjusted => format!("E{adjusted:+}"),
    };
    format!("{sign}{first}{point}{rest}{exponent}")
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn writes_as_big_decimal_does() {
        for (text, expected) in [
            ("2.50", "2.50"),
            ("-0.0", "0.0"),
            ("1e10", "1E+10"),
            ("1.5e3", "1.5E+3"),
            ("1.50e1", "15.0"),
            ("1.5e1", "15"),
            ("1e-7", "1E-7"),
            ("1e-6", "0.000001"),
            ("0.0000001", "1E-7"),
            ("12345.678E-2", "123.45678"),
            ("-12345678901234567890.5", "-12345678901234567890.5"),
        ] {
            assert_eq!(decimal(text), expected, "{text}");
        }
    }
}
