//! Time zones by IANA name or offset.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::DAY_MS;

/// A time zone as `table.local-time-zone` and CONVERT_TZ name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A fixed offset from UTC in milliseconds.
    Fixed(i64),
    /// A region with its history of offsets.
    Region(Tz),
}

impl Zone {
    /// Reads `Europe/Berlin`, `UTC`, `Z`, `+08:00`, `GMT-8`, `UTC+05:30`.
    pub fn parse(text: &str) -> Option<Zone> {
        if matches!(text, "UTC" | "GMT" | "Z" | "UT" | "Etc/UTC") {
            return Some(Zone::Fixed(0));
        }
        let offset = ["GMT", "UTC", "UT"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text);
        if let Some(offset) = parse_offset(offset) {
            return Some(Zone::Fixed(offset));
        }
        text.parse::<Tz>().ok().map(Zone::Region)
    }

    /// What the zone's clocks are ahead of UTC at a point in time (ms since the epoch), in ms.
    pub fn offset_at(&self, utc_ms: i64) -> i64 {
        match self {
            Zone::Fixed(offset) => *offset,
            Zone::Region(tz) => match naive(utc_ms) {
                Some(utc) => {
                    i64::from(tz.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1_000
                }
                None => 0,
            },
        }
    }

    /// What the zone's clocks show, as ms since 1970-01-01 00:00 on those clocks.
    pub fn to_local(&self, utc_ms: i64) -> i64 {
        utc_ms.wrapping_add(self.offset_at(utc_ms))
    }

    /// The point in time at which the zone's clocks show `local_ms`.
    ///
    /// As in `java.time`: an hour that is shown twice is the earlier one, and a time in the gap when
    /// clocks go forward is moved forward by the gap.
    pub fn to_utc(&self, local_ms: i64) -> i64 {
        let offset = match self {
            Zone::Fixed(offset) => *offset,
            Zone::Region(tz) => {
                let found = naive(local_ms).map(|local| tz.offset_from_local_datetime(&local));
                match found {
                    Some(LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _)) => {
                        i64::from(offset.fix().local_minus_utc()) * 1_000
                    }
                    // In a gap: the offset from before it.
                    Some(LocalResult::None) => self.offset_at(local_ms - DAY_MS),
                    None => 0,
                }
            }
        };
        local_ms.wrapping_sub(offset)
    }

    /// Whether its clocks always show UTC.
    pub fn is_utc(&self) -> bool {
        *self == Zone::Fixed(0)
    }
}

fn naive(ms: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(ms).map(|time| time.naive_utc())
}

fn parse_offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let mut parts = rest.split(':');
    let number = |part: &str, most: i64| {
        let ok = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let value = ok.then(|| part.parse::<i64>().ok())??;
        (value <= most).then_some(value)
    };
    let hours = number(parts.next()?, 18)?;
    let minutes = parts.next().map_or(Some(0), |part| number(part, 59))?;
    let seconds = parts.next().map_or(Some(0), |part| number(part, 59))?;
    if parts.next().is_some() {
        return None;
    }
    Some(sign * (hours * 3_600 + minutes * 60 + seconds) * 1_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn reads_names_and_offsets() {
        assert_eq!(Zone::parse("+08:00"), Some(Zone::Fixed(8 * HOUR)));
        assert_eq!(Zone::parse("GMT-8"), Some(Zone::Fixed(-8 * HOUR)));
        assert_eq!(
            Zone::parse("UTC+05:30"),
            Some(Zone::Fixed(5 * HOUR + HOUR / 2))
        );
        assert!(matches!(
            Zone::parse("Asia/Shanghai"),
            Some(Zone::Region(_))
        ));
        for wrong in ["Nowhere/City", "+25:00", "+1:2:3:4", ""] {
            assert_eq!(Zone::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn treats_gaps_and_overlaps_as_java_does() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        // 2024-03-31 01:00 UTC: 02:00 becomes 03:00.
        let gap = 1_711_846_800_000;
        assert_eq!(berlin.offset_at(gap - 1), HOUR);
        assert_eq!(berlin.offset_at(gap), 2 * HOUR);
        let half_past_two = gap + HOUR + HOUR / 2;
        assert_eq!(berlin.to_utc(half_past_two), gap + HOUR / 2);
        // 2024-10-27 01:00 UTC: 03:00 becomes 02:00; 02:30 is first shown in summer time.
        let overlap = 1_729_990_800_000;
        let half_past_two = overlap + HOUR + HOUR / 2;
        assert_eq!(berlin.to_utc(half_past_two), overlap - HOUR / 2);
    }
}
