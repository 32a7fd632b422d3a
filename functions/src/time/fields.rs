//! Fields of a date and time, and rounding to units.
//!
//! Works on milliseconds of a local clock, which for TIMESTAMP are the value itself and for TIMESTAMP_LTZ
//! what [`Zone::to_local`](super::Zone::to_local) shows. Before 1970 this counts as the calendar does;
//! Flink 2.3 is wrong there.

use super::DAY_MS;
use super::calendar::{Civil, iso_day_of_week, iso_week};
use super::unit::Unit;

/// The value of EXTRACT(`unit` FROM ..) for a local time of `local_ms` and `nanos` beyond the millisecond.
pub fn extract(unit: Unit, local_ms: i64, nanos: i64) -> i64 {
    let days = local_ms.div_euclid(DAY_MS);
    let of_day = local_ms.rem_euclid(DAY_MS);
    let civil = Civil::from_days(days);
    match unit {
        Unit::Millennium => ceil_div(civil.year, 1_000),
        Unit::Century => ceil_div(civil.year, 100),
        Unit::Decade => civil.year.div_euclid(10),
        Unit::Year => civil.year,
        Unit::IsoYear => iso_week(days).0,
        Unit::Quarter => i64::from(civil.month - 1) / 3 + 1,
        Unit::Month => i64::from(civil.month),
        Unit::Week => iso_week(days).1,
        Unit::Day => i64::from(civil.day),
        Unit::DayOfWeek => iso_day_of_week(days) % 7 + 1,
        Unit::IsoDayOfWeek => iso_day_of_week(days),
        Unit::DayOfYear => civil.day_of_year(),
        Unit::Hour => of_day / 3_600_000,
        Unit::Minute => of_day / 60_000 % 60,
        Unit::Second => of_day / 1_000 % 60,
        Unit::Millisecond => of_day % 1_000,
        Unit::Microsecond => of_day % 1_000 * 1_000 + nanos / 1_000,
        Unit::Nanosecond => of_day % 1_000 * 1_000_000 + nanos,
        Unit::Epoch => local_ms.div_euclid(1_000),
    }
}

fn ceil_div(year: i64, span: i64) -> i64 {
    if year > 0 {
        (year + span - 1) / span
    } else {
        (year - span + 1) / span
    }
}

/// Whether a time of day has it.
pub fn is_of_day(unit: Unit) -> bool {
    use Unit::{Epoch, Hour, Microsecond, Millisecond, Minute, Nanosecond, Second};
    matches!(
        unit,
        Hour | Minute | Second | Millisecond | Microsecond | Nanosecond | Epoch
    )
}

fn is_day(unit: Unit) -> bool {
    use Unit::{Day, DayOfWeek, DayOfYear, IsoDayOfWeek};
    matches!(unit, Day | DayOfWeek | IsoDayOfWeek | DayOfYear)
}

/// The start of the unit that `local_ms` lies in. Weeks start on Sunday.
///
/// What milliseconds cannot count wraps, as in Java: NULL's place in a column may hold any number.
pub fn floor(unit: Unit, local_ms: i64) -> i64 {
    let days = local_ms.div_euclid(DAY_MS);
    let civil = Civil::from_days(days);
    let start = |year: i64, month: u32| {
        Civil {
            year,
            month,
            day: 1,
        }
        .to_days()
        .wrapping_mul(DAY_MS)
    };
    match unit {
        Unit::Millennium => start((civil.year - 1).div_euclid(1_000) * 1_000 + 1, 1),
        Unit::Century => start((civil.year - 1).div_euclid(100) * 100 + 1, 1),
        Unit::Decade => start(civil.year.div_euclid(10) * 10, 1),
        Unit::Year => start(civil.year, 1),
        Unit::IsoYear => {
            let (_, week) = iso_week(days);
            (days - iso_day_of_week(days) + 1 - (week - 1) * 7).wrapping_mul(DAY_MS)
        }
        Unit::Quarter => start(civil.year, (civil.month - 1) / 3 * 3 + 1),
        Unit::Month => start(civil.year, civil.month),
        Unit::Week => (days - iso_day_of_week(days) % 7).wrapping_mul(DAY_MS),
        Unit::Day | Unit::DayOfWeek | Unit::IsoDayOfWeek | Unit::DayOfYear => {
            days.wrapping_mul(DAY_MS)
        }
        Unit::Hour => floor_to(local_ms, 3_600_000),
        Unit::Minute => floor_to(local_ms, 60_000),
        Unit::Second | Unit::Epoch => floor_to(local_ms, 1_000),
        Unit::Millisecond | Unit::Microsecond | Unit::Nanosecond => local_ms,
    }
}

/// `local_ms` itself if a unit starts there, else the start of the next. Units longer than a day look at the day alone, as in Calcite:
/// on the first day of a month the time of day does not lead to the next one.
pub fn ceil(unit: Unit, local_ms: i64) -> i64 {
    let start = floor(unit, local_ms);
    let of_days = !is_of_day(unit) && floor(Unit::Day, local_ms) == start && !is_day(unit);
    if start == local_ms || of_days {
        return start;
    }
    let months = match unit {
        Unit::Millennium => 12_000,
        Unit::Century => 1_200,
        Unit::Decade => 120,
        Unit::Year => 12,
        Unit::Quarter => 3,
        Unit::Month => 1,
        Unit::IsoYear => {
            // 52 or 53 weeks on: into the next year, then back to its start.
            return floor(unit, start.wrapping_add(371 * DAY_MS));
        }
        Unit::Week => return start.wrapping_add(7 * DAY_MS),
        Unit::Hour => return start.wrapping_add(3_600_000),
        Unit::Minute => return start.wrapping_add(60_000),
        Unit::Second | Unit::Epoch => return start.wrapping_add(1_000),
        _ => return start.wrapping_add(DAY_MS),
    };
    Civil::from_days(start.div_euclid(DAY_MS))
        .plus_months(months)
        .to_days()
        .wrapping_mul(DAY_MS)
}

fn floor_to(value: i64, step: i64) -> i64 {
    value.div_euclid(step).wrapping_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: u32, day: u32, ms: i64) -> i64 {
        Civil { year, month, day }.to_days() * DAY_MS + ms
    }

    #[test]
    fn extracts_as_flink_does() {
        let units = [
            Unit::Quarter,
            Unit::Week,
            Unit::DayOfWeek,
            Unit::IsoDayOfWeek,
            Unit::DayOfYear,
            Unit::IsoYear,
            Unit::Century,
            Unit::Decade,
        ];
        let rows = [
            (at(2024, 2, 29, 45_296_789), [1, 9, 5, 4, 60, 2024, 21, 202]),
            (
                at(2023, 12, 31, 86_399_000),
                [4, 52, 1, 7, 365, 2023, 21, 202],
            ),
            (at(2021, 1, 3, 21_600_000), [1, 53, 1, 7, 3, 2020, 21, 202]),
            (at(2000, 1, 1, 1), [1, 52, 7, 6, 1, 1999, 20, 200]),
        ];
        for (time, expected) in rows {
            assert_eq!(units.map(|unit| extract(unit, time, 0)), expected);
        }
    }

    #[test]
    fn whatever_stands_in_the_place_of_null_is_rounded() {
        let units = [
            Unit::Century,
            Unit::Year,
            Unit::IsoYear,
            Unit::Month,
            Unit::Week,
            Unit::Day,
            Unit::Hour,
            Unit::Second,
        ];
        for unit in units {
            for ms in [i64::MIN, i64::MIN + 1, i64::MAX] {
                floor(unit, ms);
                ceil(unit, ms);
                extract(unit, ms, 0);
            }
        }
    }

    #[test]
    fn rounds_to_units() {
        let thursday = at(2024, 2, 29, 1);
        assert_eq!(floor(Unit::Week, thursday), at(2024, 2, 25, 0));
        assert_eq!(ceil(Unit::Month, thursday), at(2024, 3, 1, 0));
        assert_eq!(ceil(Unit::Month, at(2024, 3, 1, 0)), at(2024, 3, 1, 0));
        assert_eq!(floor(Unit::Quarter, thursday), at(2024, 1, 1, 0));
        assert_eq!(floor(Unit::Month, at(1969, 12, 31, 0)), at(1969, 12, 1, 0));
        assert_eq!(floor(Unit::Hour, -1), -3_600_000);
        assert_eq!(ceil(Unit::Year, -1), 0);
        assert_eq!(ceil(Unit::IsoYear, at(2021, 1, 3, 1)), at(2021, 1, 4, 0));
    }
}
