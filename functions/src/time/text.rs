//! Dates and times as SQL writes them, both ways.
//!
//! Reading is as lenient as Flink's `DateTimeUtils` (one-digit months, seconds left out of a date, a
//! 31 April that means the 30th in a timestamp), writing is fixed: `yyyy-MM-dd HH:mm:ss` and as many
//! digits as the type has.

use std::fmt::Write as _;

use super::DAY_MS;
use super::calendar::{Civil, days_in_month};

const NANOS_PER_DAY: i64 = DAY_MS * 1_000_000;

/// A local date and time: milliseconds since 1970-01-01 00:00 and nanoseconds beyond, 0..1_000_000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Milliseconds on the local clock.
    pub ms: i64,
    /// Nanoseconds beyond them.
    pub nanos: i64,
}

/// Writes `yyyy-MM-dd`.
pub fn write_date(out: &mut String, days: i64) {
    let date = Civil::from_days(days);
    if date.year < 0 {
        let _ = write!(out, "-{:04}-{:02}-{:02}", -date.year, date.month, date.day);
    } else {
        let _ = write!(out, "{:04}-{:02}-{:02}", date.year, date.month, date.day);
    }
}

fn write_clock(out: &mut String, ms_of_day: i64) {
    let seconds = ms_of_day / 1_000;
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
}

/// Writes `yyyy-MM-dd HH:mm:ss` and at least `precision` digits of the second.
pub fn write_timestamp(out: &mut String, time: LocalTime, precision: u8) {
    write_date(out, time.ms.div_euclid(DAY_MS));
    out.push(' ');
    let of_day = time.ms.rem_euclid(DAY_MS);
    write_clock(out, of_day);
    let mut fraction = format!("{:09}", of_day % 1_000 * 1_000_000 + time.nanos);
    while fraction.len() > usize::from(precision) && fraction.ends_with('0') {
        fraction.pop();
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
}

/// Writes `HH:mm:ss` and digits of the second without trailing zeros, one at least when the type has any.
pub fn write_time(out: &mut String, nanos_of_day: i64, precision: u8) {
    write_clock(out, nanos_of_day / 1_000_000);
    if precision == 0 {
        return;
    }
    let fraction = format!("{:09}", nanos_of_day % 1_000_000_000);
    let fraction = fraction[..usize::from(precision.min(9))].trim_end_matches('0');
    out.push('.');
    out.push_str(if fraction.is_empty() { "0" } else { fraction });
}

/// Writes an interval of months: `+1-02`.
pub fn write_months(out: &mut String, months: i32) {
    let sign = if months < 0 { '-' } else { '+' };
    let months = months.unsigned_abs();
    let _ = write!(out, "{sign}{}-{:02}", months / 12, months % 12);
}

/// Writes an interval of milliseconds: `+1 02:03:04.005`.
pub fn write_duration(out: &mut String, ms: i64) {
    let sign = if ms < 0 { '-' } else { '+' };
    let ms = ms.unsigned_abs();
    let day = DAY_MS as u64;
    let _ = write!(out, "{sign}{} ", ms / day);
    write_clock(out, (ms % day) as i64);
    let _ = write!(out, ".{:03}", ms % 1_000);
}

/// What a text that should be a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateText {
    /// A day, as days since 1970-01-01.
    Day(i64),
    /// Written like a date, but there is no such day.
    Nonexistent,
    /// No date.
    Malformed,
}

/// Reads `2024-02-29`, `2024-2-9`, `2024-02`, `2024`; anything after a blank is ignored.
pub fn parse_date(text: &str) -> DateText {
    let text = text.trim();
    let text = text.split(' ').next().unwrap_or(text);
    let mut parts = text.splitn(3, '-');
    let mut next = |absent: Option<i64>| match parts.next() {
        Some(part) => digits(part, 1, 5),
        None => absent,
    };
    let (Some(year), Some(month), Some(day)) = (next(None), next(Some(1)), next(Some(1))) else {
        return DateText::Malformed;
    };
    let date = Civil {
        year,
        month: month as u32, // at most five digits
        day: day as u32,
    };
    if date.exists() && year <= 9_999 {
        DateText::Day(date.to_days())
    } else {
        DateText::Nonexistent
    }
}

/// Reads `HH:mm:ss.SSS`, `HH:mm:ss`, `HH:mm` or `HH` as nanoseconds of the day.
pub fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.trim().split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text.trim(), None),
    };
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 1, 2)?;
    let minute = parts.next().map_or(Some(0), |part| digits(part, 1, 2))?;
    let second = parts.next().map_or(Some(0), |part| digits(part, 1, 2))?;
    let nanos = fraction.map_or(Some(0), parse_fraction)?;
    let fits = hour <= 23 && minute <= 59 && second <= 59 && parts.next().is_none();
    fits.then_some(((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos)
}

fn parse_fraction(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let value = digits(text, 1, 9)?;
    Some(value * 10i64.pow(9 - text.len() as u32))
}

/// Reads `yyyy-MM-dd` with or without ` HH:mm:ss[.fraction]`. A day from 29 to 31 that its month does
/// not have is the last of the month, as Java resolves it.
pub fn parse_timestamp(text: &str) -> Option<LocalTime> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4, 4)?;
    let month = digits(parts.next()?, 1, 2)?;
    let day = digits(parts.next()?, 1, 2)?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let month = month as u32;
    let date = Civil {
        year,
        month,
        day: (day as u32).min(days_in_month(year, month)),
    };
    let nanos = match time {
        Some(time) if time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':') => {
            let colons = time.matches(':').count();
            (colons == 2).then(|| parse_time(time))??
        }
        Some(_) => return None,
        None => 0,
    };
    debug_assert!(nanos < NANOS_PER_DAY);
    Some(LocalTime {
        ms: date.to_days() * DAY_MS + nanos / 1_000_000,
        nanos: nanos % 1_000_000,
    })
}

/// Reads what `java.sql.Timestamp.valueOf` and `java.sql.Date.valueOf` do, to which Flink falls back where a text does not follow its
/// pattern: `yyyy-M-d`, with ` H:m:s[.fraction]` or without. Days up to the 31st, hours, minutes and seconds out of range carry over.
pub fn parse_jdbc(text: &str) -> Option<LocalTime> {
    let (date, time) = match text.trim().split_once(' ') {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text.trim(), None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4, 4)?;
    let month = digits(parts.next()?, 1, 2)?;
    let day = digits(parts.next()?, 1, 2)?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let first = Civil {
        year,
        month: month as u32,
        day: 1,
    };
    let days = first.to_days() + day - 1;
    let nanos = match time {
        None => 0,
        Some(time) => {
            let (clock, fraction) = match time.split_once('.') {
                Some((clock, fraction)) => (clock, digits(fraction, 1, 9).map(|_| fraction)?),
                None => (time, ""),
            };
            let mut parts = clock.split(':').map(|part| digits(part, 1, 4));
            let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
            if parts.next().is_some() {
                return None;
            }
            ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + parse_fraction(fraction)?
        }
    };
    Some(LocalTime {
        ms: days * DAY_MS + nanos.div_euclid(1_000_000),
        nanos: nanos.rem_euclid(1_000_000),
    })
}

/// A run of `least..=most` ASCII digits.
fn digits(text: &str, least: usize, most: usize) -> Option<i64> {
    let ok = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    ok.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn writes_as_flink_does() {
        let time = LocalTime { ms: -1, nanos: 0 };
        assert_eq!(
            written(|o| write_timestamp(o, time, 3)),
            "1969-12-31 23:59:59.999"
        );
        let even = LocalTime { ms: 0, nanos: 0 };
        assert_eq!(
            written(|o| write_timestamp(o, even, 0)),
            "1970-01-01 00:00:00"
        );
        assert_eq!(
            written(|o| write_timestamp(o, even, 6)),
            "1970-01-01 00:00:00.000000"
        );
        assert_eq!(
            written(|o| write_time(o, 3_661_500_000_000, 3)),
            "01:01:01.5"
        );
        assert_eq!(written(|o| write_time(o, 0, 0)), "00:00:00");
        assert_eq!(written(|o| write_months(o, -14)), "-1-02");
        assert_eq!(
            written(|o| write_duration(o, 93_784_005)),
            "+1 02:03:04.005"
        );
    }

    #[test]
    fn reads_leniently() {
        assert_eq!(parse_date("1970-1-2"), DateText::Day(1));
        assert_eq!(parse_date("1970-01-02 10:00:00"), DateText::Day(1));
        assert_eq!(parse_date("2023-04-31"), DateText::Nonexistent);
        assert_eq!(parse_date("oops"), DateText::Malformed);
        assert_eq!(parse_time("10:11"), Some(36_660_000_000_000));
        assert_eq!(parse_time("24:00:00"), None);
        let april = parse_timestamp("2023-04-31 00:00:00").unwrap();
        assert_eq!(april, parse_timestamp("2023-04-30 00:00:00").unwrap());
        assert_eq!(parse_timestamp("2023-04-30T00:00:00"), None);
        assert_eq!(parse_timestamp("2023-04-30 10:00"), None);
        assert_eq!(
            parse_timestamp("1970-01-01 0:0:0.000001").unwrap().nanos,
            1_000
        );
    }

    proptest! {
        #[test]
        fn timestamps_round_trip(ms in -62_000_000_000_000i64..253_000_000_000_000, nanos in 0i64..1_000_000) {
            let time = LocalTime { ms, nanos };
            let text = written(|out| write_timestamp(out, time, 9));
            prop_assert_eq!(parse_timestamp(&text), Some(time));
        }
    }
}
