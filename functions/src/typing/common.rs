//! The type that several values have in common.
//!
//! Folding pairs from left to right is enough: every rule below is associative, because each family has
//! a top (the longest string, the widest number, the finest timestamp), or the left one wins (FLOAT and DOUBLE).

use alpheus_dataflow::Field;
use alpheus_dataflow::types::{LogicalType, MAX_DECIMAL_PRECISION, TypeKind};

/// The least type that all of `types` convert to without loss, or `None` when there is none.
///
/// NULL gives way to any other type; the result is nullable when one of the types is. Text of different
/// lengths becomes VARCHAR of the longest, TIMESTAMP with TIMESTAMP_LTZ becomes TIMESTAMP_LTZ.
pub fn common_type(types: &[LogicalType]) -> Option<LogicalType> {
    let nullable = types.iter().any(|ty| ty.nullable);
    let mut kinds = types.iter().map(|ty| ty.kind.clone());
    let first = kinds.next()?;
    let kind = kinds.try_fold(first, |left, right| common_kind(&left, &right))?;
    Some(LogicalType { kind, nullable })
}

/// The common type where Flink, not Calcite, looks for it (COALESCE, GREATEST, LEAST): the same, but DOUBLE wins over FLOAT.
pub fn merged_type(types: &[LogicalType]) -> Option<LogicalType> {
    let mut types = types.to_vec();
    types.sort_by_key(|ty| ty.kind != TypeKind::Double);
    common_type(&types)
}

/// The result type of CASE: results of the branches and of ELSE. Without ELSE it is nullable.
pub fn case_type(results: &[LogicalType], has_else: bool) -> Option<LogicalType> {
    let ty = common_type(results)?;
    let nullable = ty.nullable || !has_else;
    Some(ty.with_nullable(nullable))
}

/// The type in which two values are compared.
///
/// Beyond [`common_type`], text compared with a date, time or timestamp is read as one. Numbers and text
/// are never compared, as in Flink ("implicit type conversion ... is not supported").
pub fn comparison_type(left: &LogicalType, right: &LogicalType) -> Option<LogicalType> {
    let nullable = left.nullable || right.nullable;
    if left.kind.is_datetime() && right.kind.is_character() {
        return Some(left.with_nullable(nullable));
    }
    if right.kind.is_datetime() && left.kind.is_character() {
        return Some(right.with_nullable(nullable));
    }
    common_type(&[left.clone(), right.clone()])
}

/// The DECIMAL that holds every value of an integer type.
pub fn decimal_of_integer(kind: &TypeKind) -> Option<(u8, u8)> {
    match kind {
        TypeKind::TinyInt => Some((3, 0)),
        TypeKind::SmallInt => Some((5, 0)),
        TypeKind::Integer => Some((10, 0)),
        TypeKind::BigInt => Some((19, 0)),
        TypeKind::Decimal(p, s) => Some((*p, *s)),
        _ => None,
    }
}

fn common_kind(left: &TypeKind, right: &TypeKind) -> Option<TypeKind> {
    use TypeKind::*;
    if left == right {
        return Some(left.clone());
    }
    match (left, right) {
        (Null, other) | (other, Null) => Some(other.clone()),
        (Char(a) | Varchar(a), Char(b) | Varchar(b)) => Some(Varchar(*a.max(b))),
        (Binary(a) | Varbinary(a), Binary(b) | Varbinary(b)) => Some(Varbinary(*a.max(b))),
        (a, b) if a.is_numeric() && b.is_numeric() => common_number(a, b),
        (Timestamp(a), Timestamp(b)) => Some(Timestamp(*a.max(b))),
        (Timestamp(a) | TimestampLtz(a), Timestamp(b) | TimestampLtz(b)) => {
            Some(TimestampLtz(*a.max(b)))
        }
        (Time(a), Time(b)) => Some(Time(*a.max(b))),
        (Date, other @ (Timestamp(_) | TimestampLtz(_)))
        | (other @ (Timestamp(_) | TimestampLtz(_)), Date) => Some(other.clone()),
        (Array(a), Array(b)) => Some(Array(common_child(a, b)?)),
        (Multiset(a), Multiset(b)) => Some(Multiset(common_child(a, b)?)),
        (Map(ak, av), Map(bk, bv)) => Some(Map(common_child(ak, bk)?, common_child(av, bv)?)),
        (Row(a), Row(b)) if a.len() == b.len() => {
            let fields = a.iter().zip(b).map(|(a, b)| {
                let ty = common_type(&[a.ty.clone(), b.ty.clone()])?;
                Some(Field::new(a.name.clone(), ty))
            });
            Some(Row(fields.collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    }
}

fn common_child(left: &LogicalType, right: &LogicalType) -> Option<Box<LogicalType>> {
    common_type(&[left.clone(), right.clone()]).map(Box::new)
}

fn common_number(left: &TypeKind, right: &TypeKind) -> Option<TypeKind> {
    use TypeKind::*;
    Some(match (left, right) {
        // Calcite takes them for equally wide: the left one wins.
        (Float, Double) => Float,
        (Double, _) | (_, Double) => Double,
        (Float, Decimal(..)) | (Decimal(..), Float) => Double,
        (Float, _) | (_, Float) => Float,
        (Decimal(..), _) | (_, Decimal(..)) => {
            let (p1, s1) = decimal_of_integer(left)?;
            let (p2, s2) = decimal_of_integer(right)?;
            let scale = s1.max(s2);
            let digits = (p1 - s1).max(p2 - s2);
            let precision = (digits + scale).min(MAX_DECIMAL_PRECISION);
            // Whole digits come first when both do not fit.
            Decimal(precision, scale.min(MAX_DECIMAL_PRECISION - digits))
        }
        (BigInt, _) | (_, BigInt) => BigInt,
        (Integer, _) | (_, Integer) => Integer,
        (SmallInt, _) | (_, SmallInt) => SmallInt,
        _ => TinyInt,
    })
}
