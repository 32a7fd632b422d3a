use alpheus_dataflow::Expr;
use alpheus_dataflow::types::TypeKind;
use proptest::prelude::*;

use crate::testing::{
    call, cast, decimal, double, int, long, null, result, text, timestamp, value,
};

#[test]
fn wraps_truncates_and_fails_as_flink_does() {
    let max = int(i64::from(i32::MAX));
    assert_eq!(result("+", vec![max, int(1)]), i32::MIN.to_string());
    assert_eq!(result("/", vec![int(-7), int(2)]), "-3");
    assert_eq!(
        result("/", vec![int(i64::from(i32::MIN)), int(-1)]),
        i32::MIN.to_string()
    );
    assert_eq!(result("%", vec![int(-7), int(3)]), "-1");
    assert!(result("/", vec![int(1), int(0)]).contains("division by zero"));
    assert!(result("/", vec![decimal("1", 3, 1), int(0)]).contains("division by zero"));
    assert_eq!(result("/", vec![double(1.0), double(0.0)]), "Infinity");
    assert_eq!(result("/", vec![double(0.0), double(0.0)]), "NaN");
    assert_eq!(result("/", vec![int(1), null(TypeKind::Integer)]), "NULL");
}

#[test]
fn computes_decimals() {
    let a = || decimal("1.25", 10, 2);
    assert_eq!(result("+", vec![a(), int(1)]), "2.25");
    assert_eq!(result("*", vec![a(), a()]), "1.5625");
    assert_eq!(
        result("/", vec![decimal("1.00", 10, 2), decimal("3.00", 10, 2)]),
        "0.3333333333333"
    );
    assert_eq!(result("%", vec![decimal("-5.5", 3, 1), int(2)]), "-1.5");
    let nines = || decimal(&"9".repeat(38), 38, 0);
    assert_eq!(result("+", vec![nines(), nines()]), "NULL");
    assert_eq!(
        result("ROUND", vec![decimal("2.345", 5, 3), int(2)]),
        "2.35"
    );
    assert_eq!(result("FLOOR", vec![decimal("-2.5", 5, 1)]), "-3");
}

#[test]
fn rounds() {
    assert_eq!(result("ROUND", vec![double(2.5)]), "3.0");
    assert_eq!(result("ROUND", vec![double(1.005), int(2)]), "1.01");
    assert_eq!(result("ROUND", vec![double(-1234.5), int(-2)]), "-1200.0");
    assert_eq!(result("TRUNCATE", vec![double(2.789), int(2)]), "2.78");
    assert_eq!(result("ROUND", vec![int(155), int(-1)]), "160");
}

#[test]
fn computes_with_times() {
    let interval = |ms| cast(long(ms), TypeKind::IntervalDayTime);
    let months = |n| cast(int(n), TypeKind::IntervalYearMonth);
    let ts = || timestamp("2024-01-31 00:00:00");
    assert_eq!(
        result("+", vec![ts(), months(1)]),
        "2024-02-29 00:00:00.000"
    );
    assert_eq!(
        result("-", vec![ts(), interval(1)]),
        "2024-01-30 23:59:59.999"
    );
    assert_eq!(
        result(
            "+",
            vec![
                interval(86_400_000),
                cast(text("2024-02-28"), TypeKind::Date)
            ]
        ),
        "2024-02-29"
    );
    assert_eq!(
        result("-", vec![ts(), timestamp("2024-01-30 00:00:00")]),
        "+1 00:00:00.000"
    );
    assert_eq!(
        result("*", vec![interval(1_500), int(2)]),
        "+0 00:00:03.000"
    );
}

#[test]
fn takes_extremes() {
    assert_eq!(result("GREATEST", vec![int(1), long(3), int(2)]), "3");
    assert_eq!(result("LEAST", vec![text("B"), text("a")]), "B");
    assert_eq!(
        result("GREATEST", vec![null(TypeKind::Integer), int(2), int(3)]),
        "NULL"
    );
    assert_eq!(
        result("LEAST", vec![int(1), int(2), null(TypeKind::Integer)]),
        "NULL"
    );
}

#[test]
fn seeds_as_java_does() {
    // new java.util.Random(42): nextInt(10), and nextDouble().
    assert_eq!(result("RAND_INTEGER", vec![int(42), int(10)]), "0");
    assert_eq!(result("RAND", vec![int(42)]), "0.7275636800328681");
    let uuid = result("UUID", vec![]);
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
}

fn scaled(unscaled: i64, scale: u8) -> Expr {
    use alpheus_dataflow::Literal;
    Expr::literal(
        Literal::Decimal(i128::from(unscaled)),
        TypeKind::Decimal(19, scale).not_null(),
    )
}

proptest! {
    #[test]
    fn sum_and_difference_undo_each_other(a in -1_000_000_000i64..1_000_000_000, b in -1_000_000_000i64..1_000_000_000) {
        let (x, y) = (scaled(a, 4), scaled(b, 2));
        let back = call("-", vec![call("+", vec![x.clone(), y.clone()]), y]);
        let back = cast(back, TypeKind::Decimal(19, 4));
        prop_assert_eq!(value(&back), value(&x));
    }

    #[test]
    fn quotient_and_remainder_belong_together(a: i32, b: i32) {
        prop_assume!(b != 0);
        let (a, b) = (i64::from(a), i64::from(b));
        let whole = call("*", vec![call("/", vec![int(a), int(b)]), int(b)]);
        let sum = call("+", vec![whole, call("%", vec![int(a), int(b)])]);
        prop_assert_eq!(value(&sum), a.to_string());
    }
}
