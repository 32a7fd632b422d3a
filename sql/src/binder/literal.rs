//! Constants as written to constants as held, with the types that Calcite gives them.

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::{
    MAX_DECIMAL_PRECISION, TypeKind, timestamp_unit, units_per_millisecond,
};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, IntervalQualifier, TimeUnit};
use chrono::{NaiveDate, NaiveTime, Timelike};

use super::types::interval;
use crate::error::SqlError;

/// The constant as an expression.
pub(super) fn literal(written: &ast::Literal, span: Span) -> Result<Expr, SqlError> {
    let wrong = |what: &str, text: &str, form: &str| {
        SqlError::invalid(format!("'{text}' is no {what}"), span)
            .with_help(format!("write it as {form}"))
    };
    let of = |value: Literal, kind: TypeKind| Ok(Expr::literal(value, kind.not_null()));
    match written {
        ast::Literal::Null => Ok(Expr::literal(Literal::Null, TypeKind::Null.nullable())),
        ast::Literal::Unknown => Ok(Expr::literal(Literal::Null, TypeKind::Boolean.nullable())),
        ast::Literal::Boolean(value) => of(Literal::Boolean(*value), TypeKind::Boolean),
        ast::Literal::Number(text) => number(text, span),
        ast::Literal::String(text) => Ok(string(text)),
        ast::Literal::Binary(bytes) => {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            of(Literal::Bytes(bytes.clone()), TypeKind::Binary(length))
        }
        ast::Literal::Date(text) => match date(text) {
            Some(date) => of(Literal::Int(days(date)), TypeKind::Date),
            None => Err(wrong("date", text, "DATE 'yyyy-MM-dd'")),
        },
        ast::Literal::Time(text) => match time(text) {
            Some((time, digits)) => {
                let (seconds, nanos) = (
                    i64::from(time.num_seconds_from_midnight()),
                    i64::from(time.nanosecond()),
                );
                let value = match digits {
                    0..=3 => seconds * 1_000 + nanos / 1_000_000,
                    _ => seconds * 1_000_000_000 + nanos,
                };
                of(Literal::Int(value), TypeKind::Time(digits))
            }
            None => Err(wrong("time", text, "TIME 'HH:mm:ss'")),
        },
        ast::Literal::Timestamp(text) => match timestamp(text) {
            Some((value, digits)) => of(Literal::Int(value), TypeKind::Timestamp(digits)),
            None => Err(wrong(
                "timestamp",
                text,
                "TIMESTAMP 'yyyy-MM-dd HH:mm:ss.SSS'",
            )),
        },
        ast::Literal::Interval {
            negative,
            value,
            qualifier,
        } => {
            let amount = interval_amount(value, qualifier).ok_or_else(|| {
                wrong(
                    &format!("interval of {}", qualifier_name(qualifier)),
                    value,
                    "INTERVAL '5' MINUTE or INTERVAL '1 02:30:00' DAY TO SECOND",
                )
            })?;
            let amount = if *negative { -amount } else { amount };
            of(Literal::Int(amount), interval(qualifier.from))
        }
    }
}

/// Text as a CHAR of its length.
pub(super) fn string(text: &str) -> Expr {
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    Expr::literal(
        Literal::String(text.to_owned()),
        TypeKind::Char(length).not_null(),
    )
}

/// An INT.
pub(super) fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), TypeKind::Integer.not_null())
}

fn number(text: &str, span: Span) -> Result<Expr, SqlError> {
    let of = |value: Literal, kind: TypeKind| Ok(Expr::literal(value, kind.not_null()));
    let too_long = || {
        SqlError::invalid(format!("{text} has more than 38 digits"), span)
            .with_help("write it with an exponent (1e40) to make it a DOUBLE")
    };
    if text.contains(['e', 'E']) {
        return match text.parse::<f64>() {
            Ok(value) if value.is_finite() => of(Literal::Float(value), TypeKind::Double),
            _ => Err(SqlError::invalid(
                format!("{text} is too large for a DOUBLE"),
                span,
            )),
        };
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.is_empty() {
        if let Ok(value) = whole.parse::<i32>() {
            return of(Literal::Int(value.into()), TypeKind::Integer);
        }
        if let Ok(value) = whole.parse::<i64>() {
            return of(Literal::Int(value), TypeKind::BigInt);
        }
    }
    let digits = whole.len() + fraction.len();
    let precision = u8::try_from(digits).map_err(|_| too_long())?;
    if precision > MAX_DECIMAL_PRECISION {
        return Err(too_long());
    }
    let unscaled: i128 = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| too_long())?;
    // `precision` is at most 38, and the fraction is part of it.
    let scale = fraction.len() as u8;
    of(
        Literal::Decimal(unscaled),
        TypeKind::Decimal(precision.max(1), scale),
    )
}

/// The negative of a numeric or interval constant; anything else stays for the function library.
pub(super) fn negated(expr: &Expr) -> Option<Expr> {
    let Expr::Literal { value, ty } = expr else {
        return None;
    };
    let numeric = ty.kind.is_numeric() || ty.kind.is_interval();
    let value = match value {
        Literal::Int(value) if numeric => Literal::Int(value.checked_neg()?),
        Literal::Decimal(value) => Literal::Decimal(-value),
        Literal::Float(value) => Literal::Float(-value),
        _ => return None,
    };
    Some(Expr::literal(value, ty.clone()))
}

fn days(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some() || ![year, month, day].into_iter().all(plain) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Time of day and the digits of its fraction.
fn time(text: &str) -> Option<(NaiveTime, u8)> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let plain =
        |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some() || ![hour, minute, second].into_iter().all(plain) {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    let time = NaiveTime::from_hms_nano_opt(
        hour.parse().ok()?,
        minute.parse().ok()?,
        second.parse().ok()?,
        nanos,
    )?;
    Some((time, fraction.len() as u8))
}

/// The value in the unit of its column, and the digits of its fraction.
fn timestamp(text: &str) -> Option<(i64, u8)> {
    let (day, clock) = match text.trim().split_once([' ', 'T']) {
        Some((day, clock)) => (date(day)?, clock),
        None => (date(text.trim())?, "00:00:00"),
    };
    let (time, digits) = time(clock.trim())?;
    let instant = day.and_time(time).and_utc();
    let value = match units_per_millisecond(timestamp_unit(digits)) {
        1 => instant.timestamp_millis(),
        1_000 => instant.timestamp_micros(),
        _ => instant.timestamp_nanos_opt()?,
    };
    Some((value, digits))
}

fn qualifier_name(qualifier: &IntervalQualifier) -> String {
    match qualifier.to {
        Some(to) => format!("{} TO {}", qualifier.from.name(), to.name()),
        None => qualifier.from.name().to_owned(),
    }
}

/// Months or milliseconds.
fn interval_amount(text: &str, qualifier: &IntervalQualifier) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => (-1, rest),
        Some(rest) => (1, rest),
        None => (1, text),
    };
    let amount = match qualifier.to {
        None => one_unit(text, qualifier.from)?,
        Some(to) => several_units(text, qualifier.from, to)?,
    };
    Some(sign * amount)
}

/// How many months or milliseconds a unit has.
fn unit_length(unit: TimeUnit) -> Option<i64> {
    Some(match unit {
        TimeUnit::Year => 12,
        TimeUnit::Quarter => 3,
        TimeUnit::Month => 1,
        TimeUnit::Week => 604_800_000,
        TimeUnit::Day => 86_400_000,
        TimeUnit::Hour => 3_600_000,
        TimeUnit::Minute => 60_000,
        TimeUnit::Second => 1_000,
        TimeUnit::Millisecond => 1,
        _ => return None,
    })
}

fn one_unit(text: &str, unit: TimeUnit) -> Option<i64> {
    if unit == TimeUnit::Second {
        return seconds(text);
    }
    digits(text)?.checked_mul(unit_length(unit)?)
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `12.345` seconds in ms; finer digits are cut.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.is_empty() && digits(fraction).is_none() {
        return None;
    }
    let millis: String = format!("{fraction:0<3}").chars().take(3).collect();
    digits(whole)?
        .checked_mul(1_000)?
        .checked_add(digits(&millis)?)
}

/// `2-3` YEAR TO MONTH, `1 02:30:00.5` DAY TO SECOND and what lies between.
fn several_units(text: &str, from: TimeUnit, to: TimeUnit) -> Option<i64> {
    if (from, to) == (TimeUnit::Year, TimeUnit::Month) {
        let (years, months) = text.split_once('-')?;
        return digits(years)?.checked_mul(12)?.checked_add(digits(months)?);
    }
    const UNITS: [TimeUnit; 4] = [
        TimeUnit::Day,
        TimeUnit::Hour,
        TimeUnit::Minute,
        TimeUnit::Second,
    ];
    let first = UNITS.iter().position(|unit| *unit == from)?;
    let last = UNITS.iter().position(|unit| *unit == to)?;
    let mut parts: Vec<&str> = text.split(':').collect();
    if from == TimeUnit::Day {
        let (day, hour) = parts.first()?.split_once(' ')?;
        parts.splice(0..1, [day.trim(), hour.trim()]);
    }
    if first >= last || parts.len() != last - first + 1 {
        return None;
    }
    let units = &UNITS[first..=last];
    parts.iter().zip(units).try_fold(0i64, |sum, (part, unit)| {
        sum.checked_add(one_unit(part, *unit)?)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(sql: &str) -> String {
        let parsed = alpheus_sql_parser::parse_expression(sql).unwrap();
        let ast::ExprKind::Literal(written) = &parsed.kind else {
            panic!("{sql} is no literal");
        };
        match literal(written, parsed.span) {
            Ok(Expr::Literal { value, ty }) => format!("{value:?} {ty}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn constants_have_calcites_types() {
        for (sql, expected) in [
            ("1", "Int(1) INT NOT NULL"),
            ("2147483648", "Int(2147483648) BIGINT NOT NULL"),
            (
                "9223372036854775808",
                "Decimal(9223372036854775808) DECIMAL(19, 0) NOT NULL",
            ),
            ("0.25", "Decimal(25) DECIMAL(3, 2) NOT NULL"),
            ("1e3", "Float(1000.0) DOUBLE NOT NULL"),
            ("'é'", "String(\"é\") CHAR(1) NOT NULL"),
            ("DATE '1970-01-02'", "Int(1) DATE NOT NULL"),
            ("TIME '00:00:01.5'", "Int(1500) TIME(1) NOT NULL"),
            (
                "TIMESTAMP '1970-01-01 00:00:01'",
                "Int(1000) TIMESTAMP(0) NOT NULL",
            ),
            (
                "TIMESTAMP '1970-01-01 00:00:00.0001'",
                "Int(100) TIMESTAMP(4) NOT NULL",
            ),
            (
                "INTERVAL '1' DAY",
                "Int(86400000) INTERVAL DAY TO SECOND(3) NOT NULL",
            ),
            (
                "INTERVAL '1.5' SECOND",
                "Int(1500) INTERVAL DAY TO SECOND(3) NOT NULL",
            ),
            (
                "INTERVAL -'2-3' YEAR TO MONTH",
                "Int(-27) INTERVAL YEAR TO MONTH NOT NULL",
            ),
            (
                "INTERVAL '1 02:30:00' DAY TO SECOND",
                "Int(95400000) INTERVAL DAY TO SECOND(3) NOT NULL",
            ),
            (
                "INTERVAL '5:30' MINUTE TO SECOND",
                "Int(330000) INTERVAL DAY TO SECOND(3) NOT NULL",
            ),
            ("NULL", "Null NULL"),
        ] {
            assert_eq!(shown(sql), expected, "{sql}");
        }
    }

    #[test]
    fn wrong_constants_are_refused() {
        for sql in [
            "DATE '2020-02-30'",
            "DATE '2020-1'",
            "TIME '25:00:00'",
            "TIMESTAMP 'yesterday'",
            "INTERVAL 'x' DAY",
            "INTERVAL '1' DAY TO SECOND",
            "100000000000000000000000000000000000000000",
        ] {
            let text = shown(sql);
            assert!(
                text.contains("is no") || text.contains("digits"),
                "{sql}: {text}"
            );
        }
    }
}
