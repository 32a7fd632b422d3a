//! Functions of dates and times.

mod arithmetic;
mod clock;
mod fields;
mod format;
mod parse;
#[cfg(test)]
mod tests;

use alpheus_dataflow::types::TypeKind;

use crate::registry::signature::{Mismatch, Param, Returns, Simple, Typing, optional, takes};
use crate::registry::{Argument, Category, Kernel, Resolution, ScalarFunction};
use crate::time::unit::{self, Unit};

const C: Category = Category::Temporal;

const fn new(
    name: &'static str,
    signature: &'static str,
    typing: Typing,
    kernel: Kernel,
) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, typing, kernel)
}

/// A field of a date or time, as BIGINT.
const FIELD: Typing = takes(&[Param::Temporal], Returns::Is(Simple::Long));
const LTZ: Typing = takes(&[], Returns::NotNull(Simple::TimestampLtz(3)));
const TEXT_OR_NULL: Returns = Returns::Nullable(Simple::Str);

pub(crate) static TABLE: &[ScalarFunction] = &[
    new("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", LTZ, clock::timestamp_ltz)
        .alias(&["NOW"])
        .dynamic()
        .doc("The point in time now; SQL also writes NOW().", "CURRENT_TIMESTAMP"),
    new("CURRENT_ROW_TIMESTAMP", "CURRENT_ROW_TIMESTAMP()", LTZ, clock::timestamp_ltz)
        .dynamic()
        .doc("The point in time at which the record is evaluated.", "CURRENT_ROW_TIMESTAMP()"),
    new("PROCTIME", "PROCTIME()", LTZ, clock::timestamp_ltz)
        .dynamic()
        .doc("Processing time.", "PROCTIME()"),
    new(
        "LOCALTIMESTAMP",
        "LOCALTIMESTAMP",
        takes(&[], Returns::NotNull(Simple::Timestamp(3))),
        clock::local_timestamp,
    )
    .dynamic()
    .doc("Date and time now in the session's zone.", "LOCALTIMESTAMP"),
    new("CURRENT_DATE", "CURRENT_DATE", takes(&[], Returns::NotNull(Simple::Date)), clock::date)
        .dynamic()
        .doc("Today in the session's zone.", "CURRENT_DATE"),
    new(
        "LOCALTIME",
        "LOCALTIME",
        takes(&[], Returns::NotNull(Simple::Time(0))),
        clock::local_time,
    )
    .alias(&["CURRENT_TIME"])
    .dynamic()
    .doc("Time of day now in the session's zone.", "LOCALTIME"),
    new("EXTRACT", "EXTRACT(unit FROM time)", Typing::By(extract), fields::extract_literal)
        .doc("A field of a date or time as BIGINT.", "EXTRACT(DAY FROM DATE '2024-02-29')"),
    new("YEAR", "YEAR(date)", FIELD, fields::year).doc("The year.", "YEAR(DATE '2024-02-29')"),
    new("QUARTER", "QUARTER(date)", FIELD, fields::quarter)
        .doc("The quarter, 1 to 4.", "QUARTER(DATE '2024-02-29')"),
    new("MONTH", "MONTH(date)", FIELD, fields::month)
        .doc("The month, 1 to 12.", "MONTH(DATE '2024-02-29')"),
    new("WEEK", "WEEK(date)", FIELD, fields::week)
        .doc("The ISO week, 1 to 53.", "WEEK(DATE '2024-02-29')"),
    new("DAYOFYEAR", "DAYOFYEAR(date)", FIELD, fields::day_of_year)
        .doc("The day of the year, 1 to 366.", "DAYOFYEAR(DATE '2024-02-29')"),
    new("DAYOFMONTH", "DAYOFMONTH(date)", FIELD, fields::day_of_month)
        .doc("The day of the month, 1 to 31.", "DAYOFMONTH(DATE '2024-02-29')"),
    new("DAYOFWEEK", "DAYOFWEEK(date)", FIELD, fields::day_of_week)
        .doc("The day of the week; Sunday is 1.", "DAYOFWEEK(DATE '2024-02-29')"),
    new("HOUR", "HOUR(time)", FIELD, fields::hour)
        .doc("The hour, 0 to 23.", "HOUR(TIMESTAMP '2024-02-29 12:34:56')"),
    new("MINUTE", "MINUTE(time)", FIELD, fields::minute)
        .doc("The minute, 0 to 59.", "MINUTE(TIMESTAMP '2024-02-29 12:34:56')"),
    new("SECOND", "SECOND(time)", FIELD, fields::second)
        .doc("The second, 0 to 59.", "SECOND(TIMESTAMP '2024-02-29 12:34:56')"),
    new("TIMESTAMPADD", "TIMESTAMPADD(unit, INT, time)", Typing::By(add), arithmetic::add)
        .doc("So many units later.", "TIMESTAMPADD(WEEK, 1, DATE '2024-02-29')"),
    new(
        "TIMESTAMPDIFF",
        "TIMESTAMPDIFF(unit, from, to)",
        Typing::By(difference),
        arithmetic::difference,
    )
    .doc("Whole units from one time to another, as INT.", "TIMESTAMPDIFF(DAY, DATE '2024-01-01', DATE '2024-02-29')"),
    new(
        "DATE_FORMAT",
        "DATE_FORMAT(timestamp or string, pattern)",
        Typing::AnyOf(&[
            takes(&[Param::Timestamp, Param::Str], TEXT_OR_NULL),
            takes(&[Param::Str, Param::Str], TEXT_OR_NULL),
        ]),
        format::date_format,
    )
    .fails()
    .doc("A timestamp as text in a Java pattern.", "DATE_FORMAT(ts, 'yyyy-MM-dd')"),
    new(
        "FROM_UNIXTIME",
        "FROM_UNIXTIME(BIGINT seconds [, pattern])",
        optional(&[Param::Long, Param::Str], 1, TEXT_OR_NULL),
        format::from_unixtime,
    )
    .fails()
    .doc("Seconds since 1970 as text in the session's zone.", "FROM_UNIXTIME(44)"),
    new(
        "UNIX_TIMESTAMP",
        "UNIX_TIMESTAMP([string [, pattern]])",
        optional(&[Param::Str, Param::Str], 0, Returns::Is(Simple::Long)),
        parse::unix_timestamp,
    )
    .dynamic()
    .fails()
    .doc("Seconds since 1970 of now, or of a text in the session's zone.", "UNIX_TIMESTAMP('1970-01-01 00:00:44')"),
    new(
        "CONVERT_TZ",
        "CONVERT_TZ(string, from_zone, to_zone)",
        takes(&[Param::Str, Param::Str, Param::Str], TEXT_OR_NULL),
        format::convert_tz,
    )
    .doc("A time 'yyyy-MM-dd HH:mm:ss' as another zone's clocks show it.", "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'Asia/Tokyo')"),
    new(
        "TO_DATE",
        "TO_DATE(string [, pattern])",
        optional(&[Param::Str, Param::Str], 1, Returns::Nullable(Simple::Date)),
        parse::to_date,
    )
    .fails()
    .doc("A date from text, by default 'yyyy-MM-dd'; NULL if it is none.", "TO_DATE('20240229', 'yyyyMMdd')"),
    new(
        "TO_TIMESTAMP",
        "TO_TIMESTAMP(string [, pattern])",
        optional(&[Param::Str, Param::Str], 1, Returns::Nullable(Simple::Timestamp(3))),
        parse::to_timestamp,
    )
    .fails()
    .doc("A TIMESTAMP(3) from text, by default 'yyyy-MM-dd HH:mm:ss'; NULL if it is none.", "TO_TIMESTAMP('2024-02-29 12:00:00')"),
    new(
        "TO_TIMESTAMP_LTZ",
        "TO_TIMESTAMP_LTZ(number [, 0 | 3]) or TO_TIMESTAMP_LTZ(string [, pattern [, zone]])",
        Typing::By(to_timestamp_ltz),
        parse::to_timestamp_ltz,
    )
    .fails()
    .doc("A TIMESTAMP_LTZ(3) from seconds (0) or milliseconds (3) since 1970, or from text, by default in UTC.", "TO_TIMESTAMP_LTZ(1000, 3)"),
    ScalarFunction::refuse(
        C,
        "CURRENT_WATERMARK",
        "expressions do not see the watermark; filter late rows with a window instead",
    ),
    ScalarFunction::refuse(
        C,
        "SOURCE_WATERMARK",
        "no source brings watermarks of its own; declare WATERMARK FOR .. AS with an expression",
    ),
];

fn extract(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [unit, time] = args else {
        return Err(Mismatch::Signature);
    };
    unit::literal(unit)?;
    let ty = Param::Temporal.accept(time).ok_or(Mismatch::Signature)?;
    Ok(Resolution {
        result: TypeKind::BigInt.nullable().with_nullable(ty.nullable),
        arg_types: vec![unit.ty.clone(), ty],
    })
}

fn add(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [unit, count, time] = args else {
        return Err(Mismatch::Signature);
    };
    let within_day = match unit::literal(unit)? {
        Unit::Hour | Unit::Minute | Unit::Second | Unit::Millisecond => true,
        Unit::Year | Unit::Quarter | Unit::Month | Unit::Week | Unit::Day => false,
        _ => {
            return Err(Mismatch::Because(
                "the unit has to be YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND"
                    .to_string(),
            ));
        }
    };
    let count = Param::Long.accept(count).ok_or(Mismatch::Signature)?;
    let mut ty = Param::Temporal.accept(time).ok_or(Mismatch::Signature)?;
    if ty.kind == TypeKind::Date && within_day {
        ty.kind = TypeKind::Timestamp(3);
    }
    let nullable = count.nullable || ty.nullable;
    Ok(Resolution {
        result: ty.with_nullable(nullable),
        arg_types: vec![unit.ty.clone(), count, ty],
    })
}

fn difference(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [unit, from, to] = args else {
        return Err(Mismatch::Signature);
    };
    unit::literal(unit)?;
    let from = Param::Temporal.accept(from).ok_or(Mismatch::Signature)?;
    let to = Param::Temporal.accept(to).ok_or(Mismatch::Signature)?;
    let nullable = from.nullable || to.nullable;
    Ok(Resolution {
        arg_types: vec![unit.ty.clone(), from, to],
        result: TypeKind::Integer.nullable().with_nullable(nullable),
    })
}

fn to_timestamp_ltz(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let result = TypeKind::TimestampLtz(3).nullable();
    let first = args.first().ok_or(Mismatch::Signature)?;
    let params: &[Param] = if first.ty.kind.is_character() {
        &[Param::Str, Param::Str, Param::Str]
    } else if first.ty.kind.is_integer() || first.ty.kind == TypeKind::Null {
        &[Param::Long, Param::Int]
    } else {
        &[Param::Double, Param::Int]
    };
    if args.len() > params.len() {
        return Err(Mismatch::Signature);
    }
    let precision_is_known = params.len() == 3
        || args
            .get(1)
            .is_none_or(|p| p.literal.is_none() || matches!(p.integer(), Some(0 | 3)));
    if !precision_is_known {
        return Err(Mismatch::Because(
            "the precision has to be 0 or 3".to_string(),
        ));
    }
    let arg_types: Option<Vec<_>> = args
        .iter()
        .zip(params)
        .map(|(arg, param)| param.accept(arg))
        .collect();
    Ok(Resolution {
        arg_types: arg_types.ok_or(Mismatch::Signature)?,
        result,
    })
}
