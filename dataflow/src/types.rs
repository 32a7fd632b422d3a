//! Flink's SQL types and the one Arrow type that each is held in.
//!
//! The names, parameters and printed forms are those of Flink's `LogicalType` classes. The mapping to
//! Arrow is total and has no alternatives, which is what lets kernels downcast without looking:
//!
//! | Flink | Arrow |
//! |---|---|
//! | CHAR, VARCHAR, STRING | Utf8 |
//! | BINARY, VARBINARY, BYTES | Binary |
//! | DECIMAL(p, s) | Decimal128(p, s) |
//! | DATE / TIME(p) | Date32 / Time32(ms), Time64(ns) when p > 3 |
//! | TIMESTAMP(p) | Timestamp(ms), (us) when p > 3, (ns) when p > 6 |
//! | TIMESTAMP_LTZ(p) | the same with time zone "UTC" |
//! | INTERVAL YEAR TO MONTH / DAY TO SECOND | Int32 months / Duration(ms) |
//! | ARRAY / MAP / MULTISET / ROW | List / Map / Map to Int32 / Struct |
//! | NULL | Null |

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Fields, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::schema::Field;

/// Length of STRING and BYTES, which Flink prints by those names.
pub const MAX_LENGTH: u32 = i32::MAX as u32;
/// The most digits a DECIMAL can have.
pub const MAX_DECIMAL_PRECISION: u8 = 38;

/// A SQL type with its nullability (Flink's `LogicalType`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogicalType {
    /// What the values are.
    pub kind: TypeKind,
    /// Whether NULL is one of them.
    pub nullable: bool,
}

/// The kinds of SQL values (Flink's `LogicalTypeRoot` with its parameters).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeKind {
    /// The type of an untyped NULL.
    Null,
    /// TRUE and FALSE.
    Boolean,
    /// Fixed length text, padded with blanks when cast to.
    Char(u32),
    /// Text of bounded length; [`MAX_LENGTH`] is STRING.
    Varchar(u32),
    /// Fixed length bytes.
    Binary(u32),
    /// Bytes of bounded length; [`MAX_LENGTH`] is BYTES.
    Varbinary(u32),
    /// Exact number with precision 1..=38 and scale 0..=precision.
    Decimal(u8, u8),
    /// 8-bit integer.
    TinyInt,
    /// 16-bit integer.
    SmallInt,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// 32-bit IEEE 754.
    Float,
    /// 64-bit IEEE 754.
    Double,
    /// Days since 1970-01-01.
    Date,
    /// Time of day with 0..=9 fractional digits.
    Time(u8),
    /// Date and time without zone, 0..=9 fractional digits.
    Timestamp(u8),
    /// A point in time, shown in the session's zone, 0..=9 fractional digits.
    TimestampLtz(u8),
    /// Months.
    IntervalYearMonth,
    /// Milliseconds.
    IntervalDayTime,
    /// Values of one type in order.
    Array(Box<LogicalType>),
    /// Keys to values.
    Map(Box<LogicalType>, Box<LogicalType>),
    /// Values to how often they occur.
    Multiset(Box<LogicalType>),
    /// Named fields.
    Row(Vec<Field>),
}

impl TypeKind {
    /// The type whose values may be NULL.
    pub fn nullable(self) -> LogicalType {
        LogicalType {
            kind: self,
            nullable: true,
        }
    }

    /// The type without NULL.
    pub fn not_null(self) -> LogicalType {
        LogicalType {
            kind: self,
            nullable: false,
        }
    }

    /// STRING.
    pub const fn string() -> Self {
        TypeKind::Varchar(MAX_LENGTH)
    }

    /// BYTES.
    pub const fn bytes() -> Self {
        TypeKind::Varbinary(MAX_LENGTH)
    }

    /// TINYINT to BIGINT.
    pub fn is_integer(&self) -> bool {
        matches!(
            self,
            TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Integer | TypeKind::BigInt
        )
    }

    /// Integers and DECIMAL.
    pub fn is_exact_numeric(&self) -> bool {
        self.is_integer() || matches!(self, TypeKind::Decimal(..))
    }

    /// FLOAT and DOUBLE.
    pub fn is_approximate_numeric(&self) -> bool {
        matches!(self, TypeKind::Float | TypeKind::Double)
    }

    /// All numbers.
    pub fn is_numeric(&self) -> bool {
        self.is_exact_numeric() || self.is_approximate_numeric()
    }

    /// CHAR and VARCHAR.
    pub fn is_character(&self) -> bool {
        matches!(self, TypeKind::Char(_) | TypeKind::Varchar(_))
    }

    /// BINARY and VARBINARY.
    pub fn is_binary(&self) -> bool {
        matches!(self, TypeKind::Binary(_) | TypeKind::Varbinary(_))
    }

    /// TIMESTAMP and TIMESTAMP_LTZ.
    pub fn is_timestamp(&self) -> bool {
        matches!(self, TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_))
    }

    /// DATE, TIME and the timestamps.
    pub fn is_datetime(&self) -> bool {
        self.is_timestamp() || matches!(self, TypeKind::Date | TypeKind::Time(_))
    }

    /// Both INTERVAL types.
    pub fn is_interval(&self) -> bool {
        matches!(
            self,
            TypeKind::IntervalYearMonth | TypeKind::IntervalDayTime
        )
    }

    /// ARRAY, MAP, MULTISET and ROW.
    pub fn is_constructed(&self) -> bool {
        matches!(
            self,
            TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_)
        )
    }
}

/// The Arrow unit in which a TIMESTAMP of `precision` fractional digits is held.
pub fn timestamp_unit(precision: u8) -> TimeUnit {
    match precision {
        0..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

/// How many of `unit` make one millisecond; 1 for milliseconds themselves.
///
/// SECOND is not produced by [`timestamp_unit`]; it counts as 1 so that the function stays total.
pub fn units_per_millisecond(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second | TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1_000_000,
    }
}

impl LogicalType {
    /// The Arrow type that holds values of this type; see the table in the module's documentation.
    pub fn to_arrow(&self) -> DataType {
        match &self.kind {
            TypeKind::Null => DataType::Null,
            TypeKind::Boolean => DataType::Boolean,
            TypeKind::Char(_) | TypeKind::Varchar(_) => DataType::Utf8,
            TypeKind::Binary(_) | TypeKind::Varbinary(_) => DataType::Binary,
            TypeKind::Decimal(p, s) => DataType::Decimal128(*p, *s as i8),
            TypeKind::TinyInt => DataType::Int8,
            TypeKind::SmallInt => DataType::Int16,
            TypeKind::Integer => DataType::Int32,
            TypeKind::BigInt => DataType::Int64,
            TypeKind::Float => DataType::Float32,
            TypeKind::Double => DataType::Float64,
            TypeKind::Date => DataType::Date32,
            TypeKind::Time(0..=3) => DataType::Time32(TimeUnit::Millisecond),
            TypeKind::Time(_) => DataType::Time64(TimeUnit::Nanosecond),
            TypeKind::Timestamp(p) => DataType::Timestamp(timestamp_unit(*p), None),
            TypeKind::TimestampLtz(p) => {
                DataType::Timestamp(timestamp_unit(*p), Some("UTC".into()))
            }
            TypeKind::IntervalYearMonth => DataType::Int32,
            TypeKind::IntervalDayTime => DataType::Duration(TimeUnit::Millisecond),
            TypeKind::Array(element) => DataType::List(element_field(element)),
            TypeKind::Map(key, value) => map_type(key, value.to_arrow(), value.nullable),
            TypeKind::Multiset(element) => map_type(element, DataType::Int32, false),
            TypeKind::Row(fields) => {
                DataType::Struct(fields.iter().map(Field::to_arrow).collect::<Fields>())
            }
        }
    }

    /// The same type with the given nullability.
    pub fn with_nullable(&self, nullable: bool) -> Self {
        LogicalType {
            kind: self.kind.clone(),
            nullable,
        }
    }
}

/// The item field of a List column.
pub fn element_field(element: &LogicalType) -> Arc<ArrowField> {
    Arc::new(ArrowField::new("item", element.to_arrow(), true))
}

fn map_type(key: &LogicalType, value: DataType, value_nullable: bool) -> DataType {
    let entries = Fields::from(vec![
        ArrowField::new("keys", key.to_arrow(), false),
        ArrowField::new("values", value, value_nullable),
    ]);
    DataType::Map(
        Arc::new(ArrowField::new("entries", DataType::Struct(entries), false)),
        false,
    )
}

impl fmt::Display for TypeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeKind::Null => f.write_str("NULL"),
            TypeKind::Boolean => f.write_str("BOOLEAN"),
            TypeKind::Char(n) => write!(f, "CHAR({n})"),
            TypeKind::Varchar(MAX_LENGTH) => f.write_str("STRING"),
            TypeKind::Varchar(n) => write!(f, "VARCHAR({n})"),
            TypeKind::Binary(n) => write!(f, "BINARY({n})"),
            TypeKind::Varbinary(MAX_LENGTH) => f.write_str("BYTES"),
            TypeKind::Varbinary(n) => write!(f, "VARBINARY({n})"),
            TypeKind::Decimal(p, s) => write!(f, "DECIMAL({p}, {s})"),
            TypeKind::TinyInt => f.write_str("TINYINT"),
            TypeKind::SmallInt => f.write_str("SMALLINT"),
            TypeKind::Integer => f.write_str("INT"),
            TypeKind::BigInt => f.write_str("BIGINT"),
            TypeKind::Float => f.write_str("FLOAT"),
            TypeKind::Double => f.write_str("DOUBLE"),
            TypeKind::Date => f.write_str("DATE"),
            TypeKind::Time(p) => write!(f, "TIME({p})"),
            TypeKind::Timestamp(p) => write!(f, "TIMESTAMP({p})"),
            TypeKind::TimestampLtz(p) => write!(f, "TIMESTAMP_LTZ({p})"),
            TypeKind::IntervalYearMonth => f.write_str("INTERVAL YEAR TO MONTH"),
            TypeKind::IntervalDayTime => f.write_str("INTERVAL DAY TO SECOND(3)"),
            TypeKind::Array(element) => write!(f, "ARRAY<{element}>"),
            TypeKind::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            TypeKind::Multiset(element) => write!(f, "MULTISET<{element}>"),
            TypeKind::Row(fields) => {
                f.write_str("ROW<")?;
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "`{}` {}", field.name.replace('`', "``"), field.ty)?;
                }
                f.write_str(">")
            }
        }
    }
}

impl fmt::Display for LogicalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if !self.nullable {
            f.write_str(" NOT NULL")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_flink_does() {
        let row = TypeKind::Row(vec![
            Field::new("a", TypeKind::Integer.nullable()),
            Field::new(
                "b",
                TypeKind::Array(Box::new(TypeKind::string().not_null())).nullable(),
            ),
        ]);
        assert_eq!(
            row.not_null().to_string(),
            "ROW<`a` INT, `b` ARRAY<STRING NOT NULL>> NOT NULL"
        );
        assert_eq!(
            TypeKind::Decimal(10, 2).nullable().to_string(),
            "DECIMAL(10, 2)"
        );
        assert_eq!(
            TypeKind::TimestampLtz(3).nullable().to_string(),
            "TIMESTAMP_LTZ(3)"
        );
    }

    #[test]
    fn precision_decides_the_unit() {
        assert_eq!(
            TypeKind::Timestamp(0).nullable().to_arrow(),
            DataType::Timestamp(TimeUnit::Millisecond, None)
        );
        assert_eq!(
            TypeKind::Timestamp(6).nullable().to_arrow(),
            DataType::Timestamp(TimeUnit::Microsecond, None)
        );
        assert_eq!(
            TypeKind::TimestampLtz(9).nullable().to_arrow(),
            DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
        );
    }
}
