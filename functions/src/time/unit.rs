//! Units of time as EXTRACT, FLOOR, TIMESTAMPADD and TIMESTAMPDIFF name them.

use crate::registry::{Argument, Mismatch};

/// A unit or field of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Epoch,
}

impl Unit {
    /// The unit of that name, in any case, with Calcite's abbreviations (`SQL_TSI_DAY` too).
    pub fn parse(name: &str) -> Option<Unit> {
        let upper = name.trim().to_uppercase();
        let name = upper.strip_prefix("SQL_TSI_").unwrap_or(&upper);
        Some(match name {
            "MILLENNIUM" => Unit::Millennium,
            "CENTURY" => Unit::Century,
            "DECADE" => Unit::Decade,
            "YEAR" | "YEARS" => Unit::Year,
            "ISOYEAR" => Unit::IsoYear,
            "QUARTER" | "QUARTERS" => Unit::Quarter,
            "MONTH" | "MONTHS" => Unit::Month,
            "WEEK" | "WEEKS" => Unit::Week,
            "DAY" | "DAYS" | "DAYOFMONTH" => Unit::Day,
            "DOW" | "DAYOFWEEK" => Unit::DayOfWeek,
            "ISODOW" => Unit::IsoDayOfWeek,
            "DOY" | "DAYOFYEAR" => Unit::DayOfYear,
            "HOUR" | "HOURS" => Unit::Hour,
            "MINUTE" | "MINUTES" => Unit::Minute,
            "SECOND" | "SECONDS" => Unit::Second,
            "MILLISECOND" | "MILLISECONDS" => Unit::Millisecond,
            "MICROSECOND" | "MICROSECONDS" => Unit::Microsecond,
            "NANOSECOND" | "NANOSECONDS" => Unit::Nanosecond,
            "EPOCH" => Unit::Epoch,
            _ => return None,
        })
    }
}

/// The unit that a string literal names.
pub(crate) fn literal(arg: &Argument) -> Result<Unit, Mismatch> {
    let name = arg.text().ok_or_else(|| {
        Mismatch::Because("the unit of time has to be a literal such as 'DAY'".to_string())
    })?;
    Unit::parse(name).ok_or_else(|| {
        Mismatch::Because(format!(
            "{name} is no unit of time; use YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND"
        ))
    })
}
