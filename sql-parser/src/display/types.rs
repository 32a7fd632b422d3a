//! Types and interval units.
use super::list;
use crate::ast::{DataType, IntervalQualifier, RowField, TypeKind, ZoneKind};
use std::fmt::{Display, Formatter, Result};

impl Display for DataType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.kind.fmt(f)?;
        f.write_str(match self.nullable {
            Some(false) => " NOT NULL",
            Some(true) => " NULL",
            None => "",
        })
    }
}

impl Display for TypeKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let sized = |f: &mut Formatter<'_>, name: &str, size: &Option<u32>| match size {
            Some(size) => write!(f, "{name}({size})"),
            None => f.write_str(name),
        };
        match self {
            TypeKind::Char(length) => sized(f, "CHAR", length),
            TypeKind::Varchar(length) => sized(f, "VARCHAR", length),
            TypeKind::String => f.write_str("STRING"),
            TypeKind::Boolean => f.write_str("BOOLEAN"),
            TypeKind::Binary(length) => sized(f, "BINARY", length),
            TypeKind::Varbinary(length) => sized(f, "VARBINARY", length),
            TypeKind::Bytes => f.write_str("BYTES"),
            TypeKind::Decimal {
                precision: Some(precision),
                scale: Some(scale),
            } => {
                write!(f, "DECIMAL({precision}, {scale})")
            }
            TypeKind::Decimal { precision, .. } => sized(f, "DECIMAL", precision),
            TypeKind::TinyInt => f.write_str("TINYINT"),
            TypeKind::SmallInt => f.write_str("SMALLINT"),
            TypeKind::Int => f.write_str("INT"),
            TypeKind::BigInt => f.write_str("BIGINT"),
            TypeKind::Float => f.write_str("FLOAT"),
            TypeKind::Double => f.write_str("DOUBLE"),
            TypeKind::Date => f.write_str("DATE"),
            TypeKind::Time(precision) => sized(f, "TIME", precision),
            TypeKind::Timestamp {
                precision,
                zone: ZoneKind::Local,
            } => sized(f, "TIMESTAMP_LTZ", precision),
            TypeKind::Timestamp { precision, zone } => {
                sized(f, "TIMESTAMP", precision)?;
                f.write_str(if *zone == ZoneKind::With {
                    " WITH TIME ZONE"
                } else {
                    ""
                })
            }
            TypeKind::Interval(qualifier) => write!(f, "INTERVAL {qualifier}"),
            TypeKind::Array(item) => write!(f, "ARRAY<{item}>"),
            TypeKind::Multiset(item) => write!(f, "MULTISET<{item}>"),
            TypeKind::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            TypeKind::Row(fields) => {
                f.write_str("ROW<")?;
                list(f, fields, ", ")?;
                f.write_str(">")
            }
            TypeKind::Variant => f.write_str("VARIANT"),
            TypeKind::Bitmap => f.write_str("BITMAP"),
            TypeKind::Null => f.write_str("NULL"),
        }
    }
}

impl Display for RowField {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.name, self.data_type)?;
        self.comment
            .as_ref()
            .map_or(Ok(()), |comment| write!(f, " {comment}"))
    }
}

impl Display for IntervalQualifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.from.name())?;
        match (self.precision, self.to, self.fraction) {
            (Some(precision), None, Some(fraction)) => {
                return write!(f, "({precision}, {fraction})");
            }
            (Some(precision), ..) => write!(f, "({precision})")?,
            _ => {}
        }
        if let Some(to) = self.to {
            write!(f, " TO {}", to.name())?;
            if let Some(fraction) = self.fraction {
                write!(f, "({fraction})")?;
            }
        }
        Ok(())
    }
}
