//! Java's date and time patterns (`yyyy-MM-dd HH:mm:ss.SSS`), compiled once, for writing and reading.
//!
//! The letters are those of `DateTimeFormatter` that make sense for SQL values; others are refused by
//! name. Names of months and days are English, as under Java's root locale.

mod read;
mod write;

pub use read::Reading;

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    items: Vec<Item>,
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Literal(String),
    Field(Field, usize),
    /// `[...]`: read if it is there, always written.
    Optional(Vec<Item>),
}

/// What a pattern letter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Era,
    Year,
    WeekYear,
    Quarter,
    Month,
    WeekOfYear,
    DayOfMonth,
    DayOfYear,
    DayName,
    DayNumber,
    AmPm,
    Hour,
    ClockHour,
    HourOfAmPm,
    ClockHourOfAmPm,
    Minute,
    Second,
    Fraction,
    Offset,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl Pattern {
    /// Compiles a pattern; the error says which letter is not known.
    pub fn new(pattern: &str) -> Result<Pattern, String> {
        let mut chars = pattern.chars().peekable();
        let mut open: Vec<Vec<Item>> = vec![Vec::new()];
        while let Some(c) = chars.next() {
            let item = match c {
                '\'' => Item::Literal(quoted(&mut chars, pattern)?),
                '[' => {
                    open.push(Vec::new());
                    continue;
                }
                ']' => match (open.pop(), open.len()) {
                    (Some(items), 1..) => Item::Optional(items),
                    _ => {
                        return Err(format!(
                            "the pattern '{pattern}' closes a [ it never opened"
                        ));
                    }
                },
                c if c.is_ascii_alphabetic() => {
                    let mut width = 1;
                    while chars.next_if_eq(&c).is_some() {
                        width += 1;
                    }
                    Item::Field(field(c, pattern)?, width)
                }
                c => Item::Literal(c.to_string()),
            };
            if let Some(items) = open.last_mut() {
                items.push(item);
            }
        }
        match (open.pop(), open.is_empty()) {
            (Some(items), true) => Ok(Pattern { items }),
            _ => Err(format!("the pattern '{pattern}' opens a [ it never closes")),
        }
    }
}

fn quoted(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    pattern: &str,
) -> Result<String, String> {
    if chars.next_if_eq(&'\'').is_some() {
        return Ok("'".to_string());
    }
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c != '\'' {
            text.push(c);
        } else if chars.next_if_eq(&'\'').is_some() {
            text.push('\'');
        } else {
            return Ok(text);
        }
    }
    Err(format!(
        "the pattern '{pattern}' has a quote that never ends"
    ))
}

fn field(letter: char, pattern: &str) -> Result<Field, String> {
    Ok(match letter {
        'G' => Field::Era,
        'y' | 'u' => Field::Year,
        'Y' => Field::WeekYear,
        'Q' | 'q' => Field::Quarter,
        'M' | 'L' => Field::Month,
        'w' => Field::WeekOfYear,
        'd' => Field::DayOfMonth,
        'D' => Field::DayOfYear,
        'E' => Field::DayName,
        'e' | 'c' => Field::DayNumber,
        'a' => Field::AmPm,
        'H' => Field::Hour,
        'k' => Field::ClockHour,
        'K' => Field::HourOfAmPm,
        'h' => Field::ClockHourOfAmPm,
        'm' => Field::Minute,
        's' => Field::Second,
        'S' => Field::Fraction,
        'x' | 'X' | 'Z' => Field::Offset,
        other => {
            return Err(format!(
                "the letter '{other}' in the date pattern '{pattern}' is not supported; use \
                 G y Y Q M w d D E e a H k K h m s S X, and quotes around other text"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::time::text::{LocalTime, parse_timestamp};
    use proptest::prelude::*;

    fn written(pattern: &str, text: &str) -> String {
        let mut out = String::new();
        Pattern::new(pattern)
            .unwrap()
            .write(&mut out, parse_timestamp(text).unwrap(), 0);
        out
    }

    fn read(pattern: &str, text: &str) -> Option<LocalTime> {
        Pattern::new(pattern).unwrap().read(text)?.clamped()
    }

    proptest! {
        #[test]
        fn texts_stay_the_same_for_their_period(
            pattern in prop::sample::select(vec![
                "yyyy-MM-dd", "HH:mm", "yyyy-MM-dd HH:mm:ss", "G YY w e E Q D a", "[h:]K 'o''clock'", "k",
            ]),
            ms in -100_000_000_000i64..4_000_000_000_000,
            share in 0i64..1_000,
        ) {
            let pattern = Pattern::new(pattern).unwrap();
            let text = |ms: i64| {
                let mut out = String::new();
                pattern.write(&mut out, LocalTime { ms, nanos: 0 }, 0);
                out
            };
            let period = pattern.period_ms().unwrap();
            let start = ms.div_euclid(period) * period;
            let later = start + share * period / 1_000;
            prop_assert_eq!(text(start), text(later));
            prop_assert_eq!(text(start), text(start + period - 1));
        }
    }

    #[test]
    fn fractions_and_offsets_have_no_period() {
        for pattern in ["ss.SSS", "HH:mmXXX", "yyyy[ SSS]"] {
            assert_eq!(
                Pattern::new(pattern).unwrap().period_ms(),
                None,
                "{pattern}"
            );
        }
    }

    #[test]
    fn writes_java_patterns() {
        let time = "2024-02-09 15:04:05.678";
        assert_eq!(
            written("yyyy-MM-dd HH:mm:ss.SSS", time),
            "2024-02-09 15:04:05.678"
        );
        assert_eq!(
            written("yy/M/d h 'o''clock' a", time),
            "24/2/9 3 o'clock PM"
        );
        assert_eq!(
            written("EEEE, d. MMMM; EEE MMM; Q D", time),
            "Friday, 9. February; Fri Feb; 1 40"
        );
        assert_eq!(written("yyyyMMdd", time), "20240209");
    }

    #[test]
    fn reads_java_patterns() {
        let at = |text: &str| parse_timestamp(text);
        assert_eq!(
            read("yyyyMMddHHmmss", "20240229123456"),
            at("2024-02-29 12:34:56")
        );
        assert_eq!(
            read("dd/MM/yy hh:mm a", "09/02/24 03:04 PM"),
            at("2024-02-09 15:04:00")
        );
        assert_eq!(read("yyyy-MM-dd", "2023-04-31"), at("2023-04-30"));
        assert_eq!(read("yyyy-MM-dd", "2023-13-01"), None);
        assert_eq!(read("yyyy-MM-dd", "2023-01-01x"), None);
        assert_eq!(read("yyyy-MM-dd[ HH:mm]", "2023-01-01"), at("2023-01-01"));
        assert_eq!(read("d MMM yyyy", "5 Mar 2021"), at("2021-03-05"));
        assert_eq!(read("yyyy D", "2024 60"), at("2024-02-29"));
        let rolled = Pattern::new("yyyy-MM-dd")
            .unwrap()
            .read("2023-04-31")
            .unwrap()
            .rolled_over();
        assert_eq!(Some(rolled), at("2023-05-01"));
    }

    #[test]
    fn names_what_it_does_not_know() {
        assert!(Pattern::new("yyyy-jj").unwrap_err().contains("'j'"));
        assert!(Pattern::new("yyyy 'open").is_err());
        assert!(Pattern::new("[yyyy").is_err());
        assert!(Pattern::new("yyyy]").is_err());
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote(ms in 0i64..253_000_000_000_000) {
            let pattern = Pattern::new("yyyy-MM-dd'T'HH:mm:ss.SSS").unwrap();
            let mut out = String::new();
            pattern.write(&mut out, LocalTime { ms, nanos: 0 }, 0);
            prop_assert_eq!(pattern.read(&out).unwrap().clamped(), Some(LocalTime { ms, nanos: 0 }));
        }
    }
}
