//! The shape of trees: precedence, spans, what a statement holds.
use crate::ast::*;
use crate::{parse_expression, parse_script, parse_statement};

#[test]
fn precedence_is_calcites() {
    for (text, same) in [
        ("a OR b AND NOT c = d", "a OR (b AND (NOT (c = d)))"),
        ("a + b * c - d", "(a + (b * c)) - d"),
        ("a = b IS NULL", "(a = b) IS NULL"),
        ("NOT a IS NULL", "NOT (a IS NULL)"),
        ("a < b = c", "(a < b) = c"),
        ("a BETWEEN 1 AND 2 AND b", "(a BETWEEN 1 AND 2) AND b"),
        ("a IN (1) = b", "(a IN (1)) = b"),
        ("a || b * c", "(a || b) * c"),
        ("-a * b", "(-a) * b"),
        ("-a[1]", "-(a[1])"),
        ("a LIKE b || c AND d", "(a LIKE (b || c)) AND d"),
        (
            "a IS DISTINCT FROM b + 1 AND c",
            "(a IS DISTINCT FROM (b + 1)) AND c",
        ),
    ] {
        assert_eq!(
            parse_expression(text).unwrap(),
            parse_expression(same).unwrap(),
            "{text}"
        );
    }
}

#[test]
fn spans_point_at_their_text() {
    let text = "SELECT 1;\n  SELECT a.b + 2 AS c FROM t  ; ";
    let statements = parse_script(text).unwrap();
    assert_eq!(statements[1].text(text), "SELECT a.b + 2 AS c FROM t");
    let StatementKind::Query(query) = &statements[1].kind else {
        panic!("no query")
    };
    let QueryBody::Select(select) = &query.body else {
        panic!("no select")
    };
    let SelectItem::Expr { expr, alias } = &select.items[0] else {
        panic!("no expression")
    };
    assert_eq!(expr.span.text(text), "a.b + 2");
    assert_eq!(alias.as_ref().unwrap().span.text(text), "c");
    let ExprKind::Binary { left, .. } = &expr.kind else {
        panic!("no sum")
    };
    assert_eq!(left.span.text(text), "a.b");
    assert_eq!(select.from[0].span.text(text), "t");
}

#[test]
fn a_table_definition_holds_what_was_written() {
    let text = "CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED, b AS a + 1, c STRING METADATA FROM 'k' VIRTUAL, \
                WATERMARK FOR ts AS ts) PARTITIONED BY (a) WITH ('k' = 'v') LIKE u (EXCLUDING OPTIONS)";
    let StatementKind::CreateTable(table) = parse_statement(text).unwrap().kind else {
        panic!("no table")
    };
    let key = table.primary_key.unwrap();
    assert_eq!(
        (key.columns, key.not_enforced),
        (vec![Ident::new("a")], true)
    );
    assert!(matches!(table.columns[0].kind, ColumnKind::Physical(_)));
    assert!(matches!(table.columns[1].kind, ColumnKind::Computed(_)));
    assert!(
        matches!(&table.columns[2].kind, ColumnKind::Metadata { key: Some(key), is_virtual: true, .. } if key.value == "k")
    );
    assert_eq!(table.watermark.unwrap().column.last().value, "ts");
    assert_eq!(table.options[0].value.value, "v");
    assert_eq!(table.like.unwrap().options[0].feature, LikeFeature::Options);
}

#[test]
fn settings_may_be_bare() {
    for (text, key, value) in [
        ("SET 'a.b' = 'c d'", "a.b", "c d"),
        (
            "SET execution.runtime-mode = batch",
            "execution.runtime-mode",
            "batch",
        ),
        ("SET a.b-c = 10 s", "a.b-c", "10 s"),
        ("SET x = hdfs://n:1/p", "x", "hdfs://n:1/p"),
    ] {
        let StatementKind::Set(Some(pair)) = parse_statement(text).unwrap().kind else {
            panic!("no pair")
        };
        assert_eq!(
            (pair.key.value.as_str(), pair.value.value.as_str()),
            (key, value)
        );
    }
}

#[test]
fn set_operations_bind_as_in_the_standard() {
    let same = [
        "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3",
        "SELECT 1 UNION SELECT 2 EXCEPT ALL SELECT 3",
    ]
    .map(|text| {
        let StatementKind::Query(query) = parse_statement(text).unwrap().kind else {
            panic!("no query")
        };
        let QueryBody::Set(set) = query.body else {
            panic!("no set operation")
        };
        (set.op, set.all)
    });
    assert_eq!(
        same,
        [(SetOperator::Union, false), (SetOperator::Except, true)]
    );
}
