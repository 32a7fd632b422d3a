//! PRINTF: the part of Java's `String.format` that SQL values need.

use std::fmt::Write as _;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use crate::cast::text::write_value;
use crate::compile::Args;
use crate::scalar::rows;

/// One `%...` of a format.
struct Directive {
    /// Argument position, from 1, if it is given (`%2$s`).
    position: Option<usize>,
    left: bool,
    plus: bool,
    zero: bool,
    group: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

impl Directive {
    /// Reads what follows the `%`; hands back what is left.
    fn parse(text: &str) -> Option<(Directive, &str)> {
        let digits_end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (position, mut rest) = match text[digits_end..].strip_prefix('$') {
            Some(rest) => (Some(text[..digits_end].parse().ok()?), rest),
            None => (None, text),
        };
        let flags_end = rest.find(|c| !"-+0, ".contains(c))?;
        let flags = &rest[..flags_end];
        rest = &rest[flags_end..];
        let width_end = rest.find(|c: char| !c.is_ascii_digit())?;
        let width = rest[..width_end].parse().unwrap_or(0);
        rest = &rest[width_end..];
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !c.is_ascii_digit())?;
            precision = Some(after[..end].parse().ok()?);
            rest = &after[end..];
        }
        let conversion = rest.chars().next()?;
        if width > 10_000 || precision.is_some_and(|precision| precision > 400) {
            return None;
        }
        let directive = Directive {
            position,
            left: flags.contains('-'),
            plus: flags.contains('+'),
            zero: flags.contains('0'),
            group: flags.contains(','),
            width,
            precision,
            conversion,
        };
        Some((directive, &rest[conversion.len_utf8()..]))
    }

    fn write(&self, out: &mut String, body: &str, number: bool) {
        let missing = self.width.saturating_sub(body.chars().count());
        if self.left {
            let _ = write!(out, "{body}{:missing$}", "");
        } else if self.zero && number {
            let (sign, digits) = match body.strip_prefix(['-', '+']) {
                Some(digits) => (&body[..1], digits),
                None => ("", body),
            };
            let _ = write!(out, "{sign}{}{digits}", "0".repeat(missing));
        } else {
            let _ = write!(out, "{:missing$}{body}", "");
        }
    }

    /// The text of an argument, or `None` when it does not fit the conversion.
    fn body(&self, args: &Args<'_>, index: usize, row: usize) -> Option<String> {
        let array = args.array(index);
        let row = if args.values[index].is_constant() {
            0
        } else {
            row
        };
        let kind = &args.types[index].kind;
        let cut = |text: String| match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text,
        };
        if self.conversion == 'b' {
            let truth = match array.as_boolean_opt() {
                Some(values) => values.is_valid(row) && values.value(row),
                None => array.is_valid(row) && *kind != TypeKind::Null,
            };
            return Some(cut(truth.to_string()));
        }
        if array.is_null(row) || *kind == TypeKind::Null {
            return Some(cut("null".to_string()));
        }
        let signed = |text: String| match self.plus && !text.starts_with('-') {
            true => format!("+{text}"),
            false => text,
        };
        match self.conversion {
            's' | 'S' => {
                let mut text = String::new();
                write_value(&mut text, array.as_ref(), row, kind, args.session);
                // Java prints its own names.
                if *kind == TypeKind::Boolean {
                    text.make_ascii_lowercase();
                }
                let text = cut(text);
                Some(if self.conversion == 'S' {
                    text.to_uppercase()
                } else {
                    text
                })
            }
            'd' | 'x' | 'X' | 'o' | 'c' if kind.is_integer() => {
                let one = cast(&array.slice(row, 1), &DataType::Int64).ok()?;
                let value = one.as_primitive::<Int64Type>().value(0);
                // Java prints negative numbers in the width of their type.
                let narrow = !matches!(kind, TypeKind::BigInt);
                Some(match self.conversion {
                    'd' if self.group => signed(grouped(&value.to_string())),
                    'd' => signed(value.to_string()),
                    'x' if narrow => format!("{:x}", value as i32),
                    'x' => format!("{value:x}"),
                    'X' if narrow => format!("{:X}", value as i32),
                    'X' => format!("{value:X}"),
                    'o' if narrow => format!("{:o}", value as i32),
                    'o' => format!("{value:o}"),
                    _ => char::from_u32(u32::try_from(value).ok()?)?.to_string(),
                })
            }
            'f' | 'e' | 'E' if kind.is_numeric() && !kind.is_integer() => {
                let one = cast(&array.slice(row, 1), &DataType::Float64).ok()?;
                let value = one.as_primitive::<Float64Type>().value(0);
                let precision = self.precision.unwrap_or(6);
                if !value.is_finite() {
                    let mut text = String::new();
                    crate::cast::write_double(&mut text, value);
                    return Some(signed(text));
                }
                if self.conversion == 'f' {
                    let text = fixed(value, precision);
                    return Some(signed(if self.group { grouped(&text) } else { text }));
                }
                let text = scientific(value, precision);
                let upper = self.conversion == 'E';
                Some(signed(if upper { text.to_uppercase() } else { text }))
            }
            _ => None,
        }
    }
}

/// The shortest digits that mean the value, as Java starts from them, and the power of ten of the first.
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Digits {
    fn of(value: f64) -> Digits {
        let text = format!("{:e}", value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit);
        Digits {
            negative: value.is_sign_negative(),
            digits: digits.map(|digit| digit - b'0').collect(),
            exponent: exponent.parse().unwrap_or(0),
        }
    }

    /// With so many digits at most, rounded half up.
    fn rounded(mut self, most: i64) -> Digits {
        let Ok(most) = usize::try_from(most) else {
            self.digits.clear();
            return self;
        };
        let up = self.digits.get(most).is_some_and(|&digit| digit >= 5);
        self.digits.truncate(most);
        if up {
            while self.digits.last() == Some(&9) {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.digits.push(1);
                    self.exponent += 1;
                }
            }
        }
        self
    }

    /// The digit at that power of ten.
    fn at(&self, power: i64) -> char {
        let place = usize::try_from(self.exponent - power).ok();
        let digit = place.and_then(|place| self.digits.get(place));
        char::from(b'0' + digit.copied().unwrap_or(0))
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }
}

fn fixed(value: f64, precision: usize) -> String {
    let digits = Digits::of(value);
    let precision = precision as i64;
    let most = digits.exponent + 1 + precision;
    let digits = digits.rounded(most);
    let mut out = digits.sign().to_owned();
    out.extend(
        (0..=digits.exponent.max(0))
            .rev()
            .map(|power| digits.at(power)),
    );
    if precision > 0 {
        out.push('.');
        out.extend((1..=precision).map(|place| digits.at(-place)));
    }
    out
}

fn scientific(value: f64, precision: usize) -> String {
    let digits = Digits::of(value).rounded(precision as i64 + 1);
    let mut out = format!("{}{}", digits.sign(), digits.at(digits.exponent));
    if precision > 0 {
        out.push('.');
        let places = 1..=precision as i64;
        out.extend(places.map(|place| digits.at(digits.exponent - place)));
    }
    let _ = write!(out, "e{:+03}", digits.exponent);
    out
}

/// Thousands separated by commas.
fn grouped(number: &str) -> String {
    let (sign, unsigned) = match number.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", number),
    };
    let (whole, fraction) = match unsigned.find('.') {
        Some(point) => unsigned.split_at(point),
        None => (unsigned, ""),
    };
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

/// A format or argument that do not fit give NULL, as in Flink.
pub(super) fn printf(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let formats = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(formats
            .get(row)
            .and_then(|format| formatted(args, row, format, out)))
    })
}

fn formatted(args: &Args<'_>, row: usize, format: &str, out: &mut String) -> Option<()> {
    let mut rest = format;
    let mut next = 1;
    while let Some(percent) = rest.find('%') {
        out.push_str(&rest[..percent]);
        let (directive, after) = Directive::parse(&rest[percent + 1..])?;
        rest = after;
        match directive.conversion {
            '%' => directive.write(out, "%", false),
            'n' => out.push('\n'),
            _ => {
                let index = directive.position.unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                if index == 0 || index >= args.len() {
                    return None;
                }
                let body = directive.body(args, index, row)?;
                let null = args
                    .array(index)
                    .is_null(match args.values[index].is_constant() {
                        true => 0,
                        false => row,
                    });
                let text = matches!(directive.conversion, 's' | 'S' | 'c' | 'b');
                directive.write(out, &body, !text && !null);
            }
        }
    }
    out.push_str(rest);
    Some(())
}
