//! What is printed parses back to an equal tree.
use super::accepted::QUERIES;
use crate::{parse_expression, parse_query, parse_type};
use proptest::prelude::*;

#[test]
fn queries_round_trip() {
    for text in QUERIES {
        let tree = parse_query(text).unwrap();
        let printed = tree.to_string();
        let again = parse_query(&printed);
        assert!(
            again.is_ok(),
            "{}",
            again.unwrap_err().render("printed", &printed)
        );
        assert_eq!(again.unwrap(), tree, "{text}\n{printed}");
    }
}

#[test]
fn types_round_trip() {
    for text in [
        "CHAR(3)",
        "VARCHAR(5) NOT NULL",
        "DECIMAL(10, 2)",
        "DECIMAL(5)",
        "TIMESTAMP(3) WITH TIME ZONE",
        "TIMESTAMP_LTZ(9) NULL",
        "INTERVAL DAY(2) TO SECOND(3)",
        "MAP<STRING, MULTISET<ROW<a INT NOT NULL 'it''s', `b c` ARRAY<DOUBLE>>>>",
    ] {
        assert_eq!(parse_type(text).unwrap().to_string(), text);
    }
}

#[test]
fn printing_is_canonical() {
    for (text, printed) in [
        ("select_ + ( b*c )", "select_ + b * c"),
        ("(a + b) * c", "(a + b) * c"),
        ("a - (b - c)", "a - (b - c)"),
        ("- - 1", "-(-1)"),
        ("`a``b`.`select`", "`a``b`.`select`"),
        ("not (a or b) and c", "NOT (a OR b) AND c"),
        ("(a).b", "(a).b"),
        ("count(*)", "count(*)"),
        ("x in ((select 1))", "x IN ((SELECT 1))"),
        (
            "case when a then 'it''s' end",
            "CASE WHEN a THEN 'it''s' END",
        ),
    ] {
        assert_eq!(parse_expression(text).unwrap().to_string(), printed);
    }
}

/// Expressions grown from the grammar's operators.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        &[
            "a",
            "`x y`.b",
            "1",
            "2.5",
            "'s'",
            "NULL",
            "TRUE",
            "INTERVAL '1' DAY",
            "CURRENT_DATE",
        ][..],
    )
    .prop_map(str::to_string);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let operators = [
            "=",
            "<>",
            "<",
            "AND",
            "OR",
            "+",
            "-",
            "*",
            "/",
            "%",
            "||",
            "IS DISTINCT FROM",
            "LIKE",
        ];
        prop_oneof![
            (prop::sample::select(operators.to_vec()), two.clone())
                .prop_map(|(op, (a, b))| format!("({a}) {op} ({b})")),
            (prop::sample::select(operators.to_vec()), two.clone())
                .prop_map(|(op, (a, b))| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("NOT ({a})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("({a}) IS NOT NULL")),
            (inner.clone(), two.clone())
                .prop_map(|(a, (b, c))| format!("({a}) NOT BETWEEN ({b}) AND ({c})")),
            two.clone()
                .prop_map(|(a, b)| format!("({a}) IN (({b}), {a})")),
            two.clone().prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a}).f")),
            two.clone()
                .prop_map(|(a, b)| format!("CASE WHEN {a} THEN {b} END")),
            two.prop_map(|(a, b)| format!("f({a}, ({b}, 1), x => CAST({a} AS INT))")),
            inner.prop_map(|a| format!("POSITION(({a}) IN {a})")),
        ]
    })
}

proptest! {
    #[test]
    fn expressions_round_trip(text in expression()) {
        // Some of the texts without parentheses are no SQL (`a IS DISTINCT FROM NOT b`).
        if let Ok(tree) = parse_expression(&text) {
            let printed = tree.to_string();
            match parse_expression(&printed) {
                Ok(again) => prop_assert_eq!(again, tree, "{} printed {}", text, printed),
                Err(error) => prop_assert!(error.message.contains("levels deep"), "{}: {}", printed, error),
            }
        }
    }
}
