//! Which conversions exist: the table of Flink's `LogicalTypeCasts` and its documentation's CAST matrix.

use alpheus_dataflow::types::{LogicalType, TypeKind};

/// Whether `CAST(x AS to)` exists for an `x` of type `from`. Nullability does not matter: CAST keeps it.
pub fn can_cast(from: &LogicalType, to: &LogicalType) -> bool {
    use TypeKind::*;
    if can_cast_implicitly(from, to) {
        return true;
    }
    match (&from.kind, &to.kind) {
        (_, Null) => false,
        // Every value has a text.
        (_, Char(_) | Varchar(_)) => true,
        (Char(_) | Varchar(_), to) => !to.is_constructed(),
        (Binary(_) | Varbinary(_), Binary(_) | Varbinary(_)) => true,
        (a, b) if a.is_numeric() && b.is_numeric() => true,
        (Boolean, b) => b.is_numeric(),
        (a, Boolean) => a.is_numeric(),
        (Date, Timestamp(_) | TimestampLtz(_)) => true,
        (Time(_), Time(_) | Timestamp(_) | TimestampLtz(_)) => true,
        (Timestamp(_) | TimestampLtz(_), b) => b.is_datetime(),
        (a, b) if a.is_interval() && b.is_exact_numeric() => true,
        (a, b) if a.is_exact_numeric() && b.is_interval() => true,
        (Array(a), Array(b)) | (Multiset(a), Multiset(b)) => can_cast(a, b),
        (Map(ak, av), Map(bk, bv)) => can_cast(ak, bk) && can_cast(av, bv),
        (Row(a), Row(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| can_cast(&a.ty, &b.ty))
        }
        _ => false,
    }
}

/// Whether a value of type `from` may stand where `to` is expected without a CAST in the SQL.
pub fn can_cast_implicitly(from: &LogicalType, to: &LogicalType) -> bool {
    use TypeKind::*;
    match (&from.kind, &to.kind) {
        (a, b) if a == b => true,
        (Null, _) => true,
        (Char(_) | Varchar(_), Varchar(_)) | (Char(_), Char(_)) => true,
        (Binary(_) | Varbinary(_), Varbinary(_)) | (Binary(_), Binary(_)) => true,
        (a, Double | Decimal(..)) => a.is_numeric(),
        (a, Float) => a.is_exact_numeric() || *a == Float,
        (TinyInt, SmallInt | Integer | BigInt)
        | (SmallInt, Integer | BigInt)
        | (Integer, BigInt) => true,
        (Timestamp(_), Date | Time(_)) => true,
        (Time(_), Time(_)) => true,
        (Timestamp(_) | TimestampLtz(_), Timestamp(_) | TimestampLtz(_)) => true,
        (Array(a), Array(b)) | (Multiset(a), Multiset(b)) => can_cast_implicitly(a, b),
        (Map(ak, av), Map(bk, bv)) => can_cast_implicitly(ak, bk) && can_cast_implicitly(av, bv),
        (Row(a), Row(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| can_cast_implicitly(&a.ty, &b.ty))
        }
        _ => false,
    }
}
