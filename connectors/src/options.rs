//! Table options: one declaration a key, from which checking, defaults and documentation follow.
//!
//! A connector or format lists its [`OptionDef`]s. [`Options`] reads a table's map through them: every
//! getter knows the default, and a value that does not parse names key, value and what is allowed.
//! `#` in a key stands for a column's name (`fields.#.kind`).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::ConnectorError;

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// An integer not below this one.
    Integer(i64),
    /// A number from 0 to 1.
    Ratio,
    /// Flink's durations: `10 s`, `1min`, `PT30M`.
    Duration,
    /// Flink's sizes: `128mb`, `1 gb`.
    MemorySize,
    /// One character; `\t` and the like are understood.
    Character,
    /// One of these.
    Choice(&'static [&'static str]),
}

impl OptionKind {
    /// How documentation and messages call the values.
    pub fn describe(self) -> String {
        match self {
            OptionKind::Text => "text".to_owned(),
            OptionKind::Boolean => "true or false".to_owned(),
            OptionKind::Integer(i64::MIN) => "an integer".to_owned(),
            OptionKind::Integer(least) => format!("an integer from {least} upwards"),
            OptionKind::Ratio => "a number from 0 to 1".to_owned(),
            OptionKind::Duration => "a duration such as '10 s', '5 min' or 'PT30M'".to_owned(),
            OptionKind::MemorySize => "a size such as '8mb' or '1 gb'".to_owned(),
            OptionKind::Character => "one ASCII character".to_owned(),
            OptionKind::Choice(choices) => format!("one of {}", choices.join(", ")),
        }
    }
}

/// One option of a connector or format.
#[derive(Clone, Copy, Debug)]
pub struct OptionDef {
    /// The key; formats leave their own name out (`field-delimiter`).
    pub key: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// What counts when it is not set.
    pub default: Option<&'static str>,
    /// Whether it has to be set.
    pub required: bool,
    /// One sentence for people.
    pub description: &'static str,
}

/// An option that may be left out.
pub(crate) const fn option(
    key: &'static str,
    kind: OptionKind,
    default: Option<&'static str>,
    description: &'static str,
) -> OptionDef {
    OptionDef {
        key,
        kind,
        default,
        required: false,
        description,
    }
}

/// An option that has to be set.
pub(crate) const fn required(
    key: &'static str,
    kind: OptionKind,
    description: &'static str,
) -> OptionDef {
    OptionDef {
        key,
        kind,
        default: None,
        required: true,
        description,
    }
}

/// Whether `key` is what `pattern` declares; the text that `#` stands for must not be empty.
pub(crate) fn key_matches(pattern: &str, key: &str) -> bool {
    match pattern.split_once('#') {
        None => pattern == key,
        Some((before, after)) => key
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|name| !name.is_empty()),
    }
}

/// A table's options, read through their declarations.
#[derive(Clone, Copy)]
pub(crate) struct Options<'a> {
    map: &'a BTreeMap<String, String>,
    definitions: &'a [OptionDef],
    /// `csv.` for a format's options, else empty.
    prefix: &'a str,
}

impl<'a> Options<'a> {
    pub(crate) fn new(
        map: &'a BTreeMap<String, String>,
        definitions: &'a [OptionDef],
        prefix: &'a str,
    ) -> Self {
        Options {
            map,
            definitions,
            prefix,
        }
    }

    /// The declaration of a key without the prefix.
    fn definition(&self, key: &str) -> Option<&'a OptionDef> {
        self.definitions
            .iter()
            .find(|definition| key_matches(definition.key, key))
    }

    /// Checks that every required option is there and every value parses.
    pub(crate) fn check(&self, what: &str) -> Result<(), ConnectorError> {
        for definition in self.definitions {
            let key = format!("{}{}", self.prefix, definition.key);
            if definition.required && !self.map.contains_key(&key) {
                return Err(ConnectorError::Missing {
                    what: what.to_owned(),
                    key,
                    description: definition.description.to_owned(),
                });
            }
        }
        for (key, value) in self.map {
            let Some(own) = key.strip_prefix(self.prefix) else {
                continue;
            };
            if let Some(definition) = self.definition(own) {
                check_value(key, value, definition.kind)?;
            }
        }
        Ok(())
    }

    /// The text of an option or its default.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.map
            .get(&format!("{}{key}", self.prefix))
            .map(String::as_str)
            .or_else(|| {
                self.definition(key)
                    .and_then(|definition| definition.default)
            })
    }

    /// Whether the table sets it.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.map.contains_key(&format!("{}{key}", self.prefix))
    }

    fn parsed<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConnectorError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let kind = self
            .definition(key)
            .map_or(OptionKind::Text, |definition| definition.kind);
        let full = format!("{}{key}", self.prefix);
        parse(text)
            .map(Some)
            .ok_or_else(|| ConnectorError::invalid_value(&full, text, kind.describe()))
    }

    /// A boolean; absent without default counts as false.
    pub(crate) fn boolean(&self, key: &str) -> Result<bool, ConnectorError> {
        Ok(self.parsed(key, parse_boolean)?.unwrap_or(false))
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, ConnectorError> {
        self.parsed(key, |text| text.trim().parse().ok())
    }

    pub(crate) fn ratio(&self, key: &str) -> Result<Option<f64>, ConnectorError> {
        self.parsed(key, |text| text.trim().parse().ok())
    }

    pub(crate) fn duration(&self, key: &str) -> Result<Option<Duration>, ConnectorError> {
        self.parsed(key, parse_duration)
    }

    pub(crate) fn memory_size(&self, key: &str) -> Result<Option<u64>, ConnectorError> {
        self.parsed(key, parse_memory_size)
    }

    pub(crate) fn character(&self, key: &str) -> Result<Option<u8>, ConnectorError> {
        self.parsed(key, parse_character)
    }
}

/// Checks one value against its kind.
fn check_value(key: &str, value: &str, kind: OptionKind) -> Result<(), ConnectorError> {
    let fine = match kind {
        OptionKind::Text => true,
        OptionKind::Boolean => parse_boolean(value).is_some(),
        OptionKind::Integer(least) => value
            .trim()
            .parse::<i64>()
            .is_ok_and(|number| number >= least),
        OptionKind::Ratio => value
            .trim()
            .parse::<f64>()
            .is_ok_and(|number| (0.0..=1.0).contains(&number)),
        OptionKind::Duration => parse_duration(value).is_some(),
        OptionKind::MemorySize => parse_memory_size(value).is_some(),
        OptionKind::Character => parse_character(value).is_some(),
        OptionKind::Choice(choices) => choices.contains(&value),
    };
    if fine {
        Ok(())
    } else {
        Err(ConnectorError::invalid_value(key, value, kind.describe()))
    }
}

fn parse_boolean(text: &str) -> Option<bool> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// One ASCII character; `\t`, `\n`, `\r`, `\\` and `\u0001` forms stand for what they do in SQL clients.
fn parse_character(text: &str) -> Option<u8> {
    let escaped = match text {
        "\\t" => Some(b'\t'),
        "\\n" => Some(b'\n'),
        "\\r" => Some(b'\r'),
        "\\\\" => Some(b'\\'),
        _ => text
            .strip_prefix("\\u")
            .and_then(|hex| u8::from_str_radix(hex, 16).ok()),
    };
    match (escaped, text.as_bytes()) {
        (Some(byte), _) => Some(byte).filter(u8::is_ascii),
        (None, &[byte]) if byte.is_ascii() => Some(byte),
        _ => None,
    }
}

/// Splits `10 s` into its number and its unit in lower case.
fn number_and_unit(text: &str) -> Option<(u64, String)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok()?;
    Some((number, text[digits..].trim().to_ascii_lowercase()))
}

/// Flink's `TimeUtils.parseDuration`: a number with a unit (milliseconds without), or ISO-8601.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    if text.trim().starts_with(['P', 'p']) {
        return parse_iso_duration(text.trim());
    }
    let (number, unit) = number_and_unit(text)?;
    let nanos: u64 = match unit.as_str() {
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1,
        "us" | "µs" | "micro" | "micros" | "microsecond" | "microseconds" => 1_000,
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
        "m" | "min" | "minute" | "minutes" => 60_000_000_000,
        "h" | "hour" | "hours" => 3_600_000_000_000,
        "d" | "day" | "days" => 86_400_000_000_000,
        _ => return None,
    };
    number.checked_mul(nanos).map(Duration::from_nanos)
}

/// `PnDTnHnMn.nS`.
fn parse_iso_duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0f64;
    let mut number = String::new();
    let mut in_time = false;
    let mut parts = 0;
    for c in text.chars().skip(1).map(|c| c.to_ascii_uppercase()) {
        let unit = match c {
            '0'..='9' | '.' => {
                number.push(c);
                continue;
            }
            'T' if !in_time && number.is_empty() => {
                in_time = true;
                continue;
            }
            'D' if !in_time => 86_400.0,
            'H' if in_time => 3_600.0,
            'M' if in_time => 60.0,
            'S' if in_time => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
        parts += 1;
    }
    if parts == 0 || !number.is_empty() {
        return None;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// Flink's `MemorySize.parse`: bytes without a unit; `kb`, `mb`, ... are powers of 1024.
pub(crate) fn parse_memory_size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor: u64 = match unit.as_str() {
        "" | "b" | "bytes" => 1,
        "k" | "kb" | "kibibytes" => 1 << 10,
        "m" | "mb" | "mebibytes" => 1 << 20,
        "g" | "gb" | "gibibytes" => 1 << 30,
        "t" | "tb" | "tebibytes" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_flinks_units() {
        assert_eq!(parse_duration("10 s"), Some(Duration::from_secs(10)));
        assert_eq!(parse_duration("250"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("PT1H30M"), Some(Duration::from_secs(5400)));
        assert_eq!(
            parse_duration("P1DT0.5S"),
            Some(Duration::from_millis(86_400_500))
        );
        assert_eq!(parse_duration("1 fortnight"), None);
        assert_eq!(parse_duration("PT"), None);
        assert_eq!(parse_memory_size("128 mb"), Some(128 << 20));
        assert_eq!(parse_memory_size("mb"), None);
        assert_eq!(parse_character("\\t"), Some(b'\t'));
        assert_eq!(parse_character("ab"), None);
    }

    #[test]
    fn a_wildcard_stands_for_a_name() {
        assert!(key_matches("fields.#.kind", "fields.a.b.kind"));
        assert!(!key_matches("fields.#.kind", "fields..kind"));
        assert!(!key_matches("fields.#.kind", "fields.a.king"));
    }
}
