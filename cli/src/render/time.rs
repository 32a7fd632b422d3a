//! Dates, times and intervals as Flink prints them.

use std::fmt::Write;

use chrono::{DateTime, Offset, TimeZone, Utc};

/// A session's time zone: an IANA name or an offset.
#[derive(Clone, Copy, Debug)]
pub enum Zone {
    /// By name.
    Named(chrono_tz::Tz),
    /// By distance from UTC.
    Fixed(chrono::FixedOffset),
}

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone::Named(chrono_tz::Tz::UTC);

    /// Parses `Europe/Paris`, `+08:00`, `GMT+08:00`, `UTC`; anything else is UTC, because the planner has
    /// checked the name already.
    pub fn parse(text: &str) -> Zone {
        if let Ok(named) = text.parse() {
            return Zone::Named(named);
        }
        let offset = text
            .trim_start_matches("GMT")
            .trim_start_matches("UTC")
            .parse();
        offset.map_or(Zone::UTC, Zone::Fixed)
    }

    /// Seconds east of UTC at a point in time.
    pub fn offset_seconds(&self, epoch_seconds: i64) -> i64 {
        let utc = DateTime::<Utc>::from_timestamp(epoch_seconds, 0).unwrap_or_default();
        let offset = match self {
            Zone::Named(zone) => zone.offset_from_utc_datetime(&utc.naive_utc()).fix(),
            Zone::Fixed(offset) => *offset,
        };
        i64::from(offset.local_minus_utc())
    }
}

/// Days since the epoch as `yyyy-MM-dd`, also for years outside of what chrono knows.
pub fn date(days: i64, out: &mut String) {
    // The civil calendar from days, by shifting to an era of 400 years that begins in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    // Writing to a String cannot fail.
    let _ = if (0..=9999).contains(&year) {
        write!(out, "{year:04}-{month:02}-{day:02}")
    } else {
        write!(out, "{year}-{month:02}-{day:02}")
    };
}

/// Nanoseconds since midnight as `HH:mm:ss` with so many digits of a fraction.
pub fn time(nanos: i64, digits: u8, out: &mut String) {
    let seconds = nanos / 1_000_000_000;
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if digits > 0 {
        let fraction = format!("{:09}", nanos % 1_000_000_000);
        let _ = write!(out, ".{}", &fraction[..usize::from(digits.min(9))]);
    }
}

/// A timestamp of `per_second` units as `yyyy-MM-dd HH:mm:ss.SSS`, with more digits where the type has
/// more.
pub fn timestamp(value: i64, per_second: i64, precision: u8, zone: Option<Zone>, out: &mut String) {
    let mut seconds = value.div_euclid(per_second);
    let nanos = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    if let Some(zone) = zone {
        seconds += zone.offset_seconds(seconds);
    }
    date(seconds.div_euclid(86_400), out);
    out.push(' ');
    let of_day = seconds.rem_euclid(86_400) * 1_000_000_000 + nanos;
    time(of_day, precision.max(3), out);
}

/// Months as `+y-MM`.
pub fn months(months: i32, out: &mut String) {
    let sign = if months < 0 { '-' } else { '+' };
    let months = months.unsigned_abs();
    let _ = write!(out, "{sign}{}-{:02}", months / 12, months % 12);
}

/// Milliseconds as `+d HH:mm:ss.SSS`.
pub fn day_time(millis: i64, out: &mut String) {
    let sign = if millis < 0 { '-' } else { '+' };
    let millis = millis.unsigned_abs();
    let _ = write!(out, "{sign}{} ", millis / 86_400_000);
    time((millis % 86_400_000) as i64 * 1_000_000, 3, out);
}
