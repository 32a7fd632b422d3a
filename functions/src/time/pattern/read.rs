//! Reading a time by a pattern.

use super::{DAYS, Field, Item, MONTHS, Pattern};
use crate::time::DAY_MS;
use crate::time::calendar::{Civil, days_in_month};
use crate::time::text::LocalTime;

/// The fields a text gave. What it did not give is the start of 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    hour_of_half: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    nanos: i64,
    /// What the text's clock is ahead of UTC in milliseconds, if it says.
    pub offset_ms: Option<i64>,
}

impl Pattern {
    /// Reads a text, all of it; `None` when it does not follow the pattern.
    pub fn read(&self, text: &str) -> Option<Reading> {
        let mut reading = Reading::default();
        let rest = read_items(&self.items, text, false, &mut reading)?;
        rest.is_empty().then_some(reading)
    }

    /// Reads as Java's lenient `SimpleDateFormat` does: numbers have any number of digits, blanks before them are skipped, and what
    /// follows the pattern is ignored.
    pub fn read_leniently(&self, text: &str) -> Option<Reading> {
        let mut reading = Reading::default();
        read_items(&self.items, text, true, &mut reading)?;
        Some(reading)
    }
}

impl Reading {
    fn nanos_of_day(&self) -> i64 {
        let half = self
            .hour_of_half
            .map(|hour| hour % 12 + 12 * i64::from(self.afternoon));
        let hour = self.hour.or(half).unwrap_or(0);
        ((hour * 60 + self.minute) * 60 + self.second) * 1_000_000_000 + self.nanos
    }

    fn at(&self, days: i64) -> LocalTime {
        let nanos = self.nanos_of_day();
        LocalTime {
            ms: days * DAY_MS + nanos.div_euclid(1_000_000),
            nanos: nanos.rem_euclid(1_000_000),
        }
    }

    fn first_of_year(&self) -> Civil {
        Civil {
            year: self.year.unwrap_or(1970),
            month: 1,
            day: 1,
        }
    }

    /// The time as Java's `DateTimeFormatter` resolves it: a day up to 31 that its month does not have
    /// is the month's last; any other field out of range makes it no time.
    pub fn clamped(&self) -> Option<LocalTime> {
        let ok = self.hour.is_none_or(|hour| hour < 24)
            && self.hour_of_half.is_none_or(|hour| hour <= 12)
            && self.minute < 60
            && self.second < 60;
        if !ok {
            return None;
        }
        let first = self.first_of_year();
        if let Some(day) = self.day_of_year {
            let last = if days_in_month(first.year, 2) == 29 {
                366
            } else {
                365
            };
            return (1..=last)
                .contains(&day)
                .then(|| self.at(first.to_days() + day - 1));
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let month = month as u32;
        let date = Civil {
            month,
            day: (day as u32).min(days_in_month(first.year, month)),
            ..first
        };
        Some(self.at(date.to_days()))
    }

    /// The time as Java's lenient `SimpleDateFormat` resolves it: fields out of range carry over.
    pub fn rolled_over(&self) -> LocalTime {
        let first = self.first_of_year();
        if let Some(day) = self.day_of_year {
            return self.at(first.to_days() + day - 1);
        }
        let month = first.plus_months(self.month.unwrap_or(1) - 1);
        self.at(month.to_days() + self.day.unwrap_or(1) - 1)
    }
}

fn read_items<'a>(
    items: &[Item],
    text: &'a str,
    lenient: bool,
    reading: &mut Reading,
) -> Option<&'a str> {
    let mut rest = text;
    for (index, item) in items.iter().enumerate() {
        rest = match item {
            Item::Literal(literal) => rest.strip_prefix(literal.as_str())?,
            Item::Optional(inner) => {
                let mut attempt = *reading;
                match read_items(inner, rest, lenient, &mut attempt) {
                    Some(after) => {
                        *reading = attempt;
                        after
                    }
                    None => rest,
                }
            }
            Item::Field(field, width) => {
                // A number right before another must not take its digits.
                let adjacent = matches!(items.get(index + 1), Some(Item::Field(..)));
                if lenient {
                    rest = rest.trim_start_matches([' ', '\t']);
                }
                match lenient && !adjacent {
                    true => read_number(*field, *width, rest, reading)?,
                    false => read_field(*field, *width, adjacent, rest, reading)?,
                }
            }
        };
    }
    Some(rest)
}

fn read_field<'a>(
    field: Field,
    width: usize,
    adjacent: bool,
    text: &'a str,
    reading: &mut Reading,
) -> Option<&'a str> {
    match field {
        Field::Month if width >= 3 => {
            let (index, rest) = named(text, &MONTHS, width == 3)?;
            reading.month = Some(index as i64 + 1);
            return Some(rest);
        }
        Field::DayName => return named(text, &DAYS, width <= 3).map(|(_, rest)| rest),
        Field::AmPm => {
            let half = text.get(..2)?;
            reading.afternoon = half.eq_ignore_ascii_case("PM");
            let known = reading.afternoon || half.eq_ignore_ascii_case("AM");
            return known.then(|| &text[2..]);
        }
        Field::Era => return text.strip_prefix("AD"),
        Field::Offset => return read_offset(text, reading),
        Field::Fraction => {
            let digits = text
                .get(..width)
                .filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
            let kept = &digits[..width.min(9)];
            let value: i64 = kept.parse().ok()?;
            reading.nanos = value * 10i64.pow(9 - kept.len() as u32);
            return Some(&text[width..]);
        }
        _ => {}
    }
    let most = match (field, width) {
        _ if adjacent => width.max(if width == 1 { 2 } else { width }),
        (Field::Year | Field::WeekYear, 2) => 2,
        // More digits would need a sign.
        (Field::Year | Field::WeekYear, 4..) => width.min(9),
        (Field::Year | Field::WeekYear, _) => 9,
        (Field::DayOfYear, _) => 3,
        _ => width.max(2),
    };
    let run = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    // Fixed widths are exact; a single letter takes what is there.
    if run == 0 || (width > 1 && run < width) {
        return None;
    }
    let value: i64 = text[..run].parse().ok()?;
    reading.set(field, width, value);
    Some(&text[run..])
}

/// A number of up to six digits, with a sign or without; other fields as ever.
fn read_number<'a>(
    field: Field,
    width: usize,
    text: &'a str,
    reading: &mut Reading,
) -> Option<&'a str> {
    let number = match field {
        Field::DayName | Field::AmPm | Field::Era | Field::Offset => false,
        Field::Month => width < 3,
        _ => true,
    };
    // Two digits of a year are those of a century.
    if !number || (field == Field::Year && width == 2) {
        return read_field(field, width, false, text, reading);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = unsigned.bytes().take(6).take_while(u8::is_ascii_digit);
    let end = text.len() - unsigned.len() + digits.count();
    let value: i64 = text[..end].parse().ok()?;
    match field {
        Field::Fraction => reading.nanos = value * 1_000_000,
        field => reading.set(field, width, value),
    }
    Some(&text[end..])
}

impl Reading {
    fn set(&mut self, field: Field, width: usize, value: i64) {
        match field {
            Field::Year if width == 2 => self.year = Some(2_000 + value),
            Field::Year => self.year = Some(value),
            Field::Month => self.month = Some(value),
            Field::DayOfMonth => self.day = Some(value),
            Field::DayOfYear => self.day_of_year = Some(value),
            Field::Hour => self.hour = Some(value),
            Field::ClockHour => self.hour = Some(value % 24),
            Field::HourOfAmPm | Field::ClockHourOfAmPm => self.hour_of_half = Some(value),
            Field::Minute => self.minute = value,
            Field::Second => self.second = value,
            // Weeks and quarters follow from the date.
            _ => {}
        }
    }
}

fn named<'a>(text: &'a str, names: &[&str], short: bool) -> Option<(usize, &'a str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = if short { &name[..3] } else { name };
        let found = text.get(..name.len())?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| (index, &text[name.len()..]))
    })
}

fn read_offset<'a>(text: &'a str, reading: &mut Reading) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix('Z') {
        reading.offset_ms = Some(0);
        return Some(rest);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let two = |text: &str| -> Option<i64> {
        let digits = text.get(..2)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let hours = two(&text[1..])?;
    let rest = &text[3..];
    let after_colon = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = match two(after_colon) {
        Some(minutes) => (minutes, &after_colon[2..]),
        None => (0, rest),
    };
    reading.offset_ms = Some(sign * (hours * 60 + minutes) * 60_000);
    Some(rest)
}
