use alpheus_dataflow::types::{LogicalType, TypeKind};
use proptest::prelude::*;

use super::*;

fn n(kind: TypeKind) -> LogicalType {
    kind.nullable()
}

#[test]
fn finds_the_common_type() {
    use TypeKind::*;
    let common = |a, b| common_type(&[n(a), n(b)]).map(|ty| ty.kind);
    assert_eq!(common(Integer, BigInt), Some(BigInt));
    assert_eq!(common(BigInt, Decimal(2, 2)), Some(Decimal(21, 2)));
    assert_eq!(common(Float, Decimal(5, 2)), Some(Double));
    assert_eq!(common(Char(1), Char(3)), Some(Varchar(3)));
    assert_eq!(common(Char(3), Char(3)), Some(Char(3)));
    assert_eq!(common(Timestamp(3), TimestampLtz(6)), Some(TimestampLtz(6)));
    assert_eq!(common(Null, Date), Some(Date));
    assert_eq!(common(Integer, TypeKind::string()), None);
    assert_eq!(
        common(Decimal(38, 0), Decimal(38, 10)),
        Some(Decimal(38, 0))
    );
    assert_eq!(common_type(&[]), None);
    let not_null = [Integer.not_null(), BigInt.not_null()];
    assert_eq!(common_type(&not_null), Some(BigInt.not_null()));
    assert_eq!(case_type(&not_null, false), Some(BigInt.nullable()));
}

#[test]
fn derives_arithmetic_results() {
    use ArithmeticOperator::*;
    use TypeKind::*;
    let result = |op, a, b| arithmetic_types(op, &n(a), &n(b)).map(|(_, ty)| ty.kind);
    assert_eq!(result(Divide, Integer, Integer), Some(Integer));
    assert_eq!(result(Modulo, BigInt, Integer), Some(Integer));
    assert_eq!(
        result(Plus, Decimal(10, 2), Decimal(5, 3)),
        Some(Decimal(12, 3))
    );
    assert_eq!(
        result(Times, Decimal(10, 2), Decimal(10, 2)),
        Some(Decimal(21, 4))
    );
    assert_eq!(
        result(Divide, Decimal(10, 2), Decimal(10, 2)),
        Some(Decimal(23, 13))
    );
    assert_eq!(
        result(Divide, Decimal(38, 10), Decimal(38, 10)),
        Some(Decimal(38, 6))
    );
    assert_eq!(result(Plus, Float, Decimal(3, 1)), Some(Double));
    assert_eq!(
        result(Plus, Timestamp(3), IntervalDayTime),
        Some(Timestamp(3))
    );
    assert_eq!(
        result(Minus, Timestamp(3), Timestamp(6)),
        Some(IntervalDayTime)
    );
    assert_eq!(result(Plus, Time(0), IntervalYearMonth), None);
    assert_eq!(result(Plus, Integer, TypeKind::string()), None);
    assert_eq!(result(Plus, Integer, Null), Some(Integer));
    assert_eq!(average_decimal(2), (38, 6));
}

#[test]
fn knows_which_casts_exist() {
    use TypeKind::*;
    let casts = |a, b| can_cast(&n(a), &n(b));
    assert!(casts(Integer, TypeKind::string()));
    assert!(casts(TypeKind::string(), Timestamp(3)));
    assert!(casts(Boolean, Integer));
    assert!(casts(Double, Boolean));
    assert!(!casts(Date, Boolean));
    assert!(!casts(Timestamp(3), BigInt));
    assert!(!casts(Date, Integer));
    assert!(!casts(TypeKind::string(), Array(Box::new(n(Integer)))));
    assert!(casts(
        Array(Box::new(n(Integer))),
        Array(Box::new(n(TypeKind::string())))
    ));
    assert!(can_cast_implicitly(&n(Integer), &n(BigInt)));
    assert!(!can_cast_implicitly(&n(BigInt), &n(Integer)));
}

fn kinds() -> impl Strategy<Value = TypeKind> {
    use TypeKind::*;
    prop_oneof![
        Just(Null),
        Just(Boolean),
        (1u32..9).prop_map(Char),
        (1u32..9).prop_map(Varchar),
        Just(TinyInt),
        Just(Integer),
        Just(BigInt),
        Just(Float),
        Just(Double),
        (1u8..=38)
            .prop_flat_map(|p| (Just(p), 0..=p))
            .prop_map(|(p, s)| Decimal(p, s)),
        Just(Date),
        (0u8..=9).prop_map(Timestamp),
        (0u8..=9).prop_map(TimestampLtz),
    ]
}

proptest! {
    #[test]
    fn common_type_is_symmetric_and_reachable(a in kinds(), b in kinds()) {
        let left = common_type(&[n(a.clone()), n(b.clone())]);
        let right = common_type(&[n(b.clone()), n(a.clone())]);
        if [&a, &b].contains(&&TypeKind::Float) && [&a, &b].contains(&&TypeKind::Double) {
            // The one pair where the side decides.
            prop_assert_eq!(left.as_ref().map(|ty| &ty.kind), Some(&a));
            prop_assert_eq!(right.as_ref().map(|ty| &ty.kind), Some(&b));
        } else {
            prop_assert_eq!(&left, &right);
        }
        if let Some(common) = left {
            prop_assert!(common.kind == a || can_cast(&n(a), &common));
            prop_assert!(common.kind == b || can_cast(&n(b), &common));
        }
    }

    #[test]
    fn merged_type_is_symmetric(a in kinds(), b in kinds()) {
        prop_assert_eq!(
            merged_type(&[n(a.clone()), n(b.clone())]),
            merged_type(&[n(b), n(a)])
        );
    }

    #[test]
    fn decimal_results_are_valid(a in (1u8..=38).prop_flat_map(|p| (Just(p), 0..=p)), b in (1u8..=38).prop_flat_map(|p| (Just(p), 0..=p))) {
        for f in [decimal_addition, decimal_multiplication, decimal_division, decimal_modulo] {
            let (p, s) = f(a.0, a.1, b.0, b.1);
            prop_assert!((1..=38).contains(&p) && s <= p);
        }
    }
}
