use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{Expr, Literal};
use proptest::prelude::*;

use crate::testing::{call, cast, decimal, double, int, long, null, text, value, value_in};

fn casted(input: Expr, kind: TypeKind) -> String {
    value(&cast(input, kind))
}

#[test]
fn reads_text_as_flink_does() {
    assert_eq!(casted(text(" 15"), TypeKind::Integer), "15");
    assert_eq!(casted(text("3.7"), TypeKind::Integer), "3");
    let error = casted(text("1e3"), TypeKind::Integer);
    assert!(
        error.contains("'1e3' to INT") && error.contains("TRY_CAST"),
        "{error}"
    );
    assert!(casted(text("2147483648"), TypeKind::Integer).starts_with("error"));
    assert_eq!(casted(text("1e3"), TypeKind::Decimal(10, 1)), "1000.0");
    assert_eq!(casted(text("0.05"), TypeKind::Decimal(3, 1)), "0.1");
    assert_eq!(casted(text("1000"), TypeKind::Decimal(3, 1)), "NULL");
    assert_eq!(casted(text("Yes"), TypeKind::Boolean), "TRUE");
    assert!(casted(text(" true"), TypeKind::Boolean).starts_with("error"));
    assert_eq!(casted(text("2023-04-31"), TypeKind::Date), "NULL");
    assert_eq!(
        casted(text("2023-04-31 01:02:03"), TypeKind::Timestamp(0)),
        "2023-04-30 01:02:03"
    );
    let tried = Expr::Cast {
        input: Box::new(text("x")),
        ty: TypeKind::Integer.nullable(),
        try_cast: true,
    };
    assert_eq!(value(&tried), "NULL");
}

#[test]
fn narrows_numbers_as_flink_does() {
    assert_eq!(casted(int(300), TypeKind::TinyInt), "44");
    assert_eq!(casted(double(1e20), TypeKind::Integer), "2147483647");
    assert_eq!(casted(double(f64::NAN), TypeKind::BigInt), "0");
    assert_eq!(
        casted(decimal("123.45", 5, 2), TypeKind::Decimal(3, 1)),
        "NULL"
    );
    assert_eq!(
        casted(decimal("12.45", 5, 2), TypeKind::Decimal(3, 1)),
        "12.5"
    );
    assert_eq!(casted(decimal("-12.99", 5, 2), TypeKind::Integer), "-12");
    assert_eq!(casted(Expr::boolean(true), TypeKind::Integer), "1");
    assert_eq!(casted(double(0.1), TypeKind::Decimal(5, 3)), "0.100");
}

#[test]
fn sizes_text() {
    assert_eq!(casted(text("ab"), TypeKind::Char(5)), "ab   ");
    assert_eq!(
        casted(text("日本語テキスト"), TypeKind::Char(5)),
        "日本語テキ"
    );
    assert_eq!(casted(int(12_345), TypeKind::Varchar(3)), "123");
    assert_eq!(casted(Expr::boolean(true), TypeKind::string()), "TRUE");
    assert_eq!(casted(double(1e307), TypeKind::string()), "1.0E307");
    assert_eq!(casted(null(TypeKind::Integer), TypeKind::string()), "NULL");
}

#[test]
fn prints_collections() {
    let array = call("ARRAY", vec![text("x"), null(TypeKind::string())]);
    assert_eq!(casted(array, TypeKind::string()), "[x, NULL]");
    let map = call("MAP", vec![text("y z"), int(2)]);
    assert_eq!(casted(map, TypeKind::string()), "{y z=2}");
    let row = call("ROW", vec![int(1), text("x")]);
    assert_eq!(casted(row, TypeKind::string()), "(1, x)");
    let numbers = call("ARRAY", vec![int(1), int(2)]);
    let wider = TypeKind::Array(Box::new(TypeKind::string().nullable()));
    assert_eq!(casted(numbers, wider), "[1, 2]");
}

#[test]
fn moves_timestamps_through_the_zone() {
    let ts = Expr::literal(Literal::Int(0), TypeKind::Timestamp(3).not_null());
    let ltz = cast(ts, TypeKind::TimestampLtz(3));
    assert_eq!(value_in(&ltz, "Asia/Shanghai"), "1970-01-01 00:00:00.000");
    let epoch = call("EXTRACT", vec![text("EPOCH"), ltz]);
    assert_eq!(value_in(&epoch, "Asia/Shanghai"), "-28800");
    let before = Expr::literal(Literal::Int(-1), TypeKind::Timestamp(3).not_null());
    assert_eq!(casted(before.clone(), TypeKind::Date), "1969-12-31");
    assert_eq!(
        casted(before.clone(), TypeKind::Timestamp(6)),
        "1969-12-31 23:59:59.999000"
    );
    assert_eq!(
        casted(before, TypeKind::Timestamp(0)),
        "1969-12-31 23:59:59"
    );
}

proptest! {
    #[test]
    fn integers_survive_text(number: i64) {
        let back = cast(cast(long(number), TypeKind::string()), TypeKind::BigInt);
        prop_assert_eq!(value(&back), number.to_string());
    }

    #[test]
    fn doubles_survive_text(number: f64) {
        let back = cast(cast(double(number), TypeKind::string()), TypeKind::Double);
        prop_assert_eq!(value(&back), value(&double(number)));
    }

    #[test]
    fn decimals_survive_text(unscaled in -(10i128.pow(20))..10i128.pow(20)) {
        let kind = TypeKind::Decimal(25, 7);
        let number = Expr::literal(Literal::Decimal(unscaled), kind.clone().not_null());
        let back = cast(cast(number.clone(), TypeKind::string()), kind);
        prop_assert_eq!(value(&back), value(&number));
    }
}
