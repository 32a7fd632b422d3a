//! Data types as written.
use super::{Ident, StringLit, TimeUnit};
use crate::span::Span;

/// A type, with its nullability if that was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataType {
    /// The type itself.
    pub kind: TypeKind,
    /// `Some(false)` for NOT NULL, `Some(true)` for NULL, `None` if not said (nullable, in Flink).
    pub nullable: Option<bool>,
    /// Where it stands.
    pub span: Span,
}

/// Which time zone a TIMESTAMP has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZoneKind {
    /// None: a wall-clock reading.
    Without,
    /// One per value; Flink has no such type in SQL.
    With,
    /// The session's: an instant (TIMESTAMP_LTZ).
    Local,
}

/// The types of Flink SQL. Lengths and precisions are `None` where not written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// CHAR(n)
    Char(Option<u32>),
    /// VARCHAR(n)
    Varchar(Option<u32>),
    /// STRING
    String,
    /// BOOLEAN
    Boolean,
    /// BINARY(n)
    Binary(Option<u32>),
    /// VARBINARY(n)
    Varbinary(Option<u32>),
    /// BYTES
    Bytes,
    /// DECIMAL(p, s), DEC, NUMERIC
    Decimal {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point.
        scale: Option<u32>,
    },
    /// TINYINT
    TinyInt,
    /// SMALLINT
    SmallInt,
    /// INT, INTEGER
    Int,
    /// BIGINT
    BigInt,
    /// FLOAT
    Float,
    /// `DOUBLE [PRECISION]`
    Double,
    /// DATE
    Date,
    /// TIME(p)
    Time(Option<u32>),
    /// TIMESTAMP(p), TIMESTAMP_LTZ(p)
    Timestamp {
        /// Digits of the second's fraction.
        precision: Option<u32>,
        /// Its time zone.
        zone: ZoneKind,
    },
    /// `INTERVAL unit [TO unit]`
    Interval(IntervalQualifier),
    /// `ARRAY<t>`
    Array(Box<DataType>),
    /// `MULTISET<t>`
    Multiset(Box<DataType>),
    /// `MAP<k, v>`
    Map(Box<DataType>, Box<DataType>),
    /// `ROW<a t, ..>`
    Row(Vec<RowField>),
    /// VARIANT
    Variant,
    /// BITMAP
    Bitmap,
    /// NULL
    Null,
}

/// A field of a ROW type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowField {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: DataType,
    /// Its description.
    pub comment: Option<StringLit>,
    /// Where it stands.
    pub span: Span,
}

/// The units of an interval: `DAY(3) TO SECOND(6)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IntervalQualifier {
    /// The leading unit.
    pub from: TimeUnit,
    /// Digits of the leading unit.
    pub precision: Option<u32>,
    /// The last unit, if there is more than one.
    pub to: Option<TimeUnit>,
    /// Digits of the second's fraction.
    pub fraction: Option<u32>,
    /// Where it stands.
    pub span: Span,
}
