//! Writing a time by a pattern.

use std::fmt::Write as _;

use super::{DAYS, Field, Item, MONTHS, Pattern};
use crate::time::DAY_MS;
use crate::time::calendar::{Civil, iso_day_of_week};
use crate::time::fields::extract;
use crate::time::text::LocalTime;
use crate::time::unit::Unit;

impl Pattern {
    /// Writes a local time; `offset_ms` is what its clock is ahead of UTC.
    pub fn write(&self, out: &mut String, time: LocalTime, offset_ms: i64) {
        write_items(&self.items, out, time, offset_ms);
    }

    /// In which periods of local time the text stays the same, in ms since the epoch; none where each time may have its
    /// own.
    pub fn period_ms(&self) -> Option<i64> {
        period_ms(&self.items)
    }
}

fn period_ms(items: &[Item]) -> Option<i64> {
    let mut periods = items.iter().map(|item| match item {
        Item::Literal(_) => Some(DAY_MS),
        Item::Optional(items) => period_ms(items),
        Item::Field(field, _) => match field {
            Field::Fraction | Field::Offset => None,
            Field::Second => Some(1_000),
            Field::Minute => Some(60_000),
            Field::Hour
            | Field::ClockHour
            | Field::HourOfAmPm
            | Field::ClockHourOfAmPm
            | Field::AmPm => Some(3_600_000),
            Field::Era
            | Field::Year
            | Field::WeekYear
            | Field::Quarter
            | Field::Month
            | Field::WeekOfYear
            | Field::DayOfMonth
            | Field::DayOfYear
            | Field::DayName
            | Field::DayNumber => Some(DAY_MS),
        },
    });
    periods.try_fold(DAY_MS, |least, period| Some(least.min(period?)))
}

fn write_items(items: &[Item], out: &mut String, time: LocalTime, offset_ms: i64) {
    for item in items {
        match item {
            Item::Literal(text) => out.push_str(text),
            Item::Optional(items) => write_items(items, out, time, offset_ms),
            Item::Field(field, width) => write_field(*field, *width, out, time, offset_ms),
        }
    }
}

/// A name, its first three letters or its first one, by the width of the field.
fn named(name: &str, width: usize) -> &str {
    match width {
        3 => &name[..3],
        5 => &name[..1],
        _ => name,
    }
}

/// The year that the week of a day belongs to and its number in that year, as in the United States, whose customs Java follows under
/// its root locale here: weeks begin on Sunday, and the first is that of 1 January.
fn week(days: i64) -> (i64, i64) {
    let date = Civil::from_days(days);
    let sunday = days - iso_day_of_week(days) % 7;
    let first = |year: i64| {
        let date = Civil {
            year,
            month: 1,
            day: 1,
        };
        let days = date.to_days();
        days - iso_day_of_week(days) % 7
    };
    if sunday == first(date.year + 1) {
        return (date.year + 1, 1);
    }
    (date.year, (sunday - first(date.year)) / 7 + 1)
}

fn write_field(field: Field, width: usize, out: &mut String, time: LocalTime, offset_ms: i64) {
    let value = |unit: Unit| extract(unit, time.ms, time.nanos);
    let number = match field {
        Field::Year | Field::WeekYear => {
            let year = match field {
                Field::Year => Civil::from_days(time.ms.div_euclid(DAY_MS)).year,
                _ => week(time.ms.div_euclid(DAY_MS)).0,
            };
            if width == 2 {
                year.rem_euclid(100)
            } else {
                year
            }
        }
        Field::Month if width >= 3 => {
            let name = MONTHS[value(Unit::Month) as usize - 1];
            out.push_str(named(name, width));
            return;
        }
        Field::DayName => {
            let name = DAYS[value(Unit::IsoDayOfWeek) as usize - 1];
            out.push_str(named(name, width.max(3)));
            return;
        }
        Field::AmPm => {
            out.push_str(if value(Unit::Hour) < 12 { "AM" } else { "PM" });
            return;
        }
        Field::Era => {
            out.push_str(if value(Unit::Year) > 0 { "AD" } else { "BC" });
            return;
        }
        Field::Fraction => {
            let nanos = format!("{:09}", value(Unit::Nanosecond));
            out.extend(nanos.chars().chain(std::iter::repeat('0')).take(width));
            return;
        }
        Field::Offset => {
            let minutes = offset_ms / 60_000;
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.abs();
            let colon = if width >= 3 { ":" } else { "" };
            let _ = write!(out, "{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60);
            return;
        }
        Field::Quarter if width >= 3 => {
            let quarter = value(Unit::Quarter);
            let _ = match (width, quarter) {
                (3, quarter) => write!(out, "Q{quarter}"),
                (4, 1) => write!(out, "1st quarter"),
                (4, 2) => write!(out, "2nd quarter"),
                (4, 3) => write!(out, "3rd quarter"),
                (4, quarter) => write!(out, "{quarter}th quarter"),
                (_, quarter) => write!(out, "{quarter}"),
            };
            return;
        }
        Field::Quarter => value(Unit::Quarter),
        Field::Month => value(Unit::Month),
        Field::WeekOfYear => week(time.ms.div_euclid(DAY_MS)).1,
        Field::DayOfMonth => value(Unit::Day),
        Field::DayOfYear => value(Unit::DayOfYear),
        Field::DayNumber => value(Unit::DayOfWeek),
        Field::Hour => value(Unit::Hour),
        Field::ClockHour => (value(Unit::Hour) + 23) % 24 + 1,
        Field::HourOfAmPm => value(Unit::Hour) % 12,
        Field::ClockHourOfAmPm => (value(Unit::Hour) + 11) % 12 + 1,
        Field::Minute => value(Unit::Minute),
        Field::Second => value(Unit::Second),
    };
    let _ = write!(out, "{number:0width$}");
}
