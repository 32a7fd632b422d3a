//! Flink's syntax of durations (`org.apache.flink.util.TimeUtils`): a whole number and a unit, with or without a
//! space between them; without a unit the number counts milliseconds. ISO 8601 (`PT1H30M`) is read too, because
//! Flink's documentation prints defaults in it.

use std::time::Duration;

/// The units, largest first: nanoseconds of one, the labels that mean it, first the one that is printed.
const UNITS: &[(u128, &[&str])] = &[
    (86_400_000_000_000, &["d", "day", "days"]),
    (3_600_000_000_000, &["h", "hour", "hours"]),
    (60_000_000_000, &["min", "m", "minute", "minutes"]),
    (1_000_000_000, &["s", "sec", "secs", "second", "seconds"]),
    (
        1_000_000,
        &["ms", "milli", "millis", "millisecond", "milliseconds"],
    ),
    (
        1_000,
        &["µs", "us", "micro", "micros", "microsecond", "microseconds"],
    ),
    (1, &["ns", "nano", "nanos", "nanosecond", "nanoseconds"]),
];

const EXPECTED: &str = "expected a duration such as '10 s', '500 ms', '5 min', '1 h', '1 d' (a number alone counts milliseconds)";

/// Parses a duration.
///
/// # Errors
/// A sentence that says what was expected, when the text is no duration or too long to be counted in
/// nanoseconds of 64 bits (584 years).
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.starts_with(['P', 'p']) {
        return parse_iso(&text.to_ascii_uppercase()).ok_or_else(|| EXPECTED.to_owned());
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, label) = text.split_at(digits);
    let number: u128 = number.parse().map_err(|_| EXPECTED.to_owned())?;
    let label = label.trim().to_lowercase();
    let unit = if label.is_empty() {
        1_000_000
    } else {
        let found = UNITS
            .iter()
            .find(|(_, labels)| labels.contains(&label.as_str()));
        found.ok_or_else(|| EXPECTED.to_owned())?.0
    };
    from_nanos(number.checked_mul(unit))
        .ok_or_else(|| "the duration is longer than 584 years".to_owned())
}

fn from_nanos(nanos: Option<u128>) -> Option<Duration> {
    nanos
        .and_then(|n| u64::try_from(n).ok())
        .map(Duration::from_nanos)
}

/// `PnDTnHnMn.nS`, already in upper case.
fn parse_iso(text: &str) -> Option<Duration> {
    let (days, time) = match text[1..].split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (&text[1..], ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    for (mut part, units) in [(days, "D"), (time, "HMS")] {
        let mut units = units;
        while !part.is_empty() {
            let end = part.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let unit = part[end..].chars().next()?;
            let position = units.find(unit)?;
            units = &units[position + 1..];
            let scale: u128 = match unit {
                'D' => UNITS[0].0,
                'H' => UNITS[1].0,
                'M' => UNITS[2].0,
                _ => UNITS[3].0,
            };
            let (whole, fraction) = part[..end].split_once('.').unwrap_or((&part[..end], ""));
            if unit != 'S' && !fraction.is_empty() || fraction.len() > 9 {
                return None;
            }
            nanos = nanos.checked_add(whole.parse::<u128>().ok()?.checked_mul(scale)?)?;
            if !fraction.is_empty() {
                nanos = nanos.checked_add(format!("{fraction:0<9}").parse::<u128>().ok()?)?;
            }
            part = &part[end + unit.len_utf8()..];
        }
    }
    from_nanos(Some(nanos))
}

/// The shortest text that parses back to the same duration: `90 s`, `1 h`, `0 ms`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0 ms".to_owned();
    }
    let fitting = UNITS.iter().find(|(scale, _)| nanos.is_multiple_of(*scale));
    let (scale, labels) = fitting.unwrap_or(&UNITS[UNITS.len() - 1]);
    format!("{} {}", nanos / scale, labels[0])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_flinks_syntax() {
        for (text, millis) in [
            ("10 s", 10_000),
            ("500ms", 500),
            ("1 h", 3_600_000),
            ("1 d", 86_400_000),
            ("5 min", 300_000),
            ("2m", 120_000),
            ("42", 42),
            (" 7  SECONDS ", 7_000),
            ("PT0.1S", 100),
            ("PT720H", 2_592_000_000),
            ("P1DT2H3M4.5S", 93_784_500),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "-1 s",
            "1.5 s",
            "10 parsecs",
            "P",
            "PT",
            "PTS",
            "PT1M1H",
            "99999999999999 d",
            "1é",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(nanos in any::<u64>()) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[PpTt0-9.dhmsDHMS µ]{0,12}|.{0,12}") {
            let _ = parse_duration(&text);
        }
    }
}
