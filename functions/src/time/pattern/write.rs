//! Writing a time by a pattern.

use std::fmt::Write as _;

use super::{DAYS, Field, Item, MONTHS, Pattern};
use crate::time::DAY_MS;
use crate::time::calendar::Civil;
use crate::time::fields::extract;
use crate::time::text::LocalTime;
use crate::time::unit::Unit;

impl Pattern {
    /// Writes a local time; `offset_ms` is what its clock is ahead of UTC.
    pub fn write(&self, out: &mut String, time: LocalTime, offset_ms: i64) {
        write_items(&self.items, out, time, offset_ms);
    }
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

fn write_field(field: Field, width: usize, out: &mut String, time: LocalTime, offset_ms: i64) {
    let value = |unit: Unit| extract(unit, time.ms, time.nanos);
    let number = match field {
        Field::Year | Field::WeekYear => {
            let year = match field {
                Field::Year => Civil::from_days(time.ms.div_euclid(DAY_MS)).year,
                _ => value(Unit::IsoYear),
            };
            if width == 2 {
                year.rem_euclid(100)
            } else {
                year
            }
        }
        Field::Month if width >= 3 => {
            let name = MONTHS[value(Unit::Month) as usize - 1];
            out.push_str(if width == 3 { &name[..3] } else { name });
            return;
        }
        Field::DayName => {
            let name = DAYS[value(Unit::IsoDayOfWeek) as usize - 1];
            out.push_str(if width <= 3 { &name[..3] } else { name });
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
        Field::Quarter => value(Unit::Quarter),
        Field::Month => value(Unit::Month),
        Field::WeekOfYear => value(Unit::Week),
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
