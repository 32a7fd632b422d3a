//! Data types as written to types as held.

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::types::{LogicalType, MAX_DECIMAL_PRECISION, MAX_LENGTH, TypeKind};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, TimeUnit, ZoneKind};

use crate::error::SqlError;

/// The type that `written` names. Not said otherwise, it is nullable.
pub(crate) fn data_type(written: &ast::DataType) -> Result<LogicalType, SqlError> {
    let kind = type_kind(written)?;
    Ok(LogicalType {
        kind,
        nullable: written.nullable.unwrap_or(true),
    })
}

fn type_kind(written: &ast::DataType) -> Result<TypeKind, SqlError> {
    let span = written.span;
    let length = |given: Option<u32>, what: &str| match given.unwrap_or(1) {
        0 => Err(SqlError::invalid(
            format!("the length of a {what} must be at least 1"),
            span,
        )),
        n if n > MAX_LENGTH => Err(SqlError::invalid(
            format!("the length of a {what} must be at most {MAX_LENGTH}"),
            span,
        )),
        n => Ok(n),
    };
    let fraction = |given: Option<u32>, default: u8| precision(given, default, 9, span);
    Ok(match &written.kind {
        ast::TypeKind::Char(n) => TypeKind::Char(length(*n, "CHAR")?),
        ast::TypeKind::Varchar(n) => TypeKind::Varchar(length(*n, "VARCHAR")?),
        ast::TypeKind::String => TypeKind::string(),
        ast::TypeKind::Boolean => TypeKind::Boolean,
        ast::TypeKind::Binary(n) => TypeKind::Binary(length(*n, "BINARY")?),
        ast::TypeKind::Varbinary(n) => TypeKind::Varbinary(length(*n, "VARBINARY")?),
        ast::TypeKind::Bytes => TypeKind::bytes(),
        ast::TypeKind::Decimal {
            precision: p,
            scale,
        } => decimal(*p, *scale, span)?,
        ast::TypeKind::TinyInt => TypeKind::TinyInt,
        ast::TypeKind::SmallInt => TypeKind::SmallInt,
        ast::TypeKind::Int => TypeKind::Integer,
        ast::TypeKind::BigInt => TypeKind::BigInt,
        ast::TypeKind::Float => TypeKind::Float,
        ast::TypeKind::Double => TypeKind::Double,
        ast::TypeKind::Date => TypeKind::Date,
        ast::TypeKind::Time(p) => TypeKind::Time(fraction(*p, 0)?),
        ast::TypeKind::Timestamp { precision: p, zone } => match zone {
            ZoneKind::Without => TypeKind::Timestamp(fraction(*p, 6)?),
            ZoneKind::Local => TypeKind::TimestampLtz(fraction(*p, 6)?),
            ZoneKind::With => {
                return Err(SqlError::unsupported("TIMESTAMP WITH TIME ZONE", span)
                    .with_help("use TIMESTAMP_LTZ, an instant shown in the session's zone"));
            }
        },
        ast::TypeKind::Interval(qualifier) => interval(qualifier.from),
        ast::TypeKind::Array(element) => TypeKind::Array(Box::new(data_type(element)?)),
        ast::TypeKind::Multiset(element) => TypeKind::Multiset(Box::new(data_type(element)?)),
        ast::TypeKind::Map(key, value) => {
            TypeKind::Map(Box::new(data_type(key)?), Box::new(data_type(value)?))
        }
        ast::TypeKind::Row(fields) => {
            let mut columns: Vec<Field> = Vec::with_capacity(fields.len());
            for field in fields {
                let name = &field.name.value;
                if columns.iter().any(|known| known.name == *name) {
                    return Err(SqlError::invalid(
                        format!("the row has two fields '{name}'"),
                        field.name.span,
                    ));
                }
                columns.push(Field::new(name, data_type(&field.data_type)?));
            }
            TypeKind::Row(columns)
        }
        ast::TypeKind::Variant => return Err(SqlError::unsupported("the type VARIANT", span)),
        ast::TypeKind::Bitmap => return Err(SqlError::unsupported("the type BITMAP", span)),
        ast::TypeKind::Null => TypeKind::Null,
    })
}

fn precision(given: Option<u32>, default: u8, most: u8, span: Span) -> Result<u8, SqlError> {
    match given {
        None => Ok(default),
        Some(p) => u8::try_from(p).ok().filter(|p| *p <= most).ok_or_else(|| {
            SqlError::invalid(format!("the precision must be from 0 to {most}"), span)
        }),
    }
}

fn decimal(p: Option<u32>, s: Option<u32>, span: Span) -> Result<TypeKind, SqlError> {
    let (p, s) = (p.unwrap_or(10), s.unwrap_or(0));
    let valid = (1..=u32::from(MAX_DECIMAL_PRECISION)).contains(&p) && s <= p;
    match (valid, u8::try_from(p), u8::try_from(s)) {
        (true, Ok(p), Ok(s)) => Ok(TypeKind::Decimal(p, s)),
        _ => Err(
            SqlError::invalid(format!("DECIMAL({p}, {s}) is no type"), span)
                .with_help("the precision must be from 1 to 38, the scale from 0 to the precision"),
        ),
    }
}

/// Whether intervals that start with this unit count months or milliseconds.
pub(super) fn interval(from: TimeUnit) -> TypeKind {
    match from {
        TimeUnit::Year | TimeUnit::Quarter | TimeUnit::Month => TypeKind::IntervalYearMonth,
        _ => TypeKind::IntervalDayTime,
    }
}
