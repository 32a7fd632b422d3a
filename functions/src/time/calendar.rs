//! Days since 1970-01-01 and the proleptic Gregorian calendar.
//!
//! The conversion counts in eras of 400 years that start on 1 March, so that the leap day is the last day
//! of a year and no table of months is needed. Correct for every day an `i32` can number.

/// Year, month 1..=12, day 1..=31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Proleptic year; 0 is 1 BC.
    pub year: i64,
    /// 1..=12
    pub month: u32,
    /// 1..=31
    pub day: u32,
}

const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: i64 = 719_468;

impl Civil {
    /// The date of a day number.
    pub fn from_days(days: i64) -> Civil {
        let shifted = days + EPOCH_SHIFT;
        let era = shifted.div_euclid(DAYS_PER_ERA);
        let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u32,
            day: day as u32,
        }
    }

    /// The day number of the date. A day beyond its month rolls over into the next.
    pub fn to_days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = i64::from(self.month);
        let month_from_march = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT
    }

    /// Whether there is such a day.
    pub fn exists(self) -> bool {
        (1..=12).contains(&self.month)
            && self.day >= 1
            && self.day <= days_in_month(self.year, self.month)
    }

    /// The same day `months` later, or the last day of that month if it is shorter.
    pub fn plus_months(self, months: i64) -> Civil {
        let total = self.year * 12 + i64::from(self.month) - 1 + months;
        let year = total.div_euclid(12);
        let month = total.rem_euclid(12) as u32 + 1;
        Civil {
            year,
            month,
            day: self.day.min(days_in_month(year, month)),
        }
    }

    /// 1..=366
    pub fn day_of_year(self) -> i64 {
        let first = Civil {
            year: self.year,
            month: 1,
            day: 1,
        };
        self.to_days() - first.to_days() + 1
    }
}

/// 28..=31
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Monday is 1, Sunday 7.
pub fn iso_day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// ISO 8601 week-based year and week 1..=53: the week belongs to the year of its Thursday.
pub fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days - iso_day_of_week(days) + 4;
    let civil = Civil::from_days(thursday);
    (civil.year, (civil.day_of_year() - 1) / 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_the_weeks_at_new_year() {
        let days = |year, month, day| Civil { year, month, day }.to_days();
        assert_eq!(iso_week(days(2021, 1, 3)), (2020, 53));
        assert_eq!(iso_week(days(2000, 1, 1)), (1999, 52));
        assert_eq!(iso_week(days(2024, 2, 29)), (2024, 9));
        assert_eq!(iso_day_of_week(days(1970, 1, 1)), 4);
        assert_eq!(
            Civil::from_days(0),
            Civil {
                year: 1970,
                month: 1,
                day: 1
            }
        );
        let leap = Civil {
            year: 2024,
            month: 1,
            day: 31,
        };
        assert_eq!(
            leap.plus_months(1),
            Civil {
                year: 2024,
                month: 2,
                day: 29
            }
        );
        assert_eq!(
            leap.plus_months(-2),
            Civil {
                year: 2023,
                month: 11,
                day: 30
            }
        );
    }

    proptest! {
        #[test]
        fn day_numbers_round_trip(days in -3_000_000i64..3_000_000) {
            let civil = Civil::from_days(days);
            prop_assert!(civil.exists());
            prop_assert_eq!(civil.to_days(), days);
            prop_assert!(Civil::from_days(days + 1) > civil);
        }
    }
}
