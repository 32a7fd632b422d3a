//! Nothing panics, whatever comes in, and trees stay shallow.
use crate::{is_complete, parse_expression, parse_script, parse_type};
use proptest::prelude::*;

const SOUP: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "ORDER",
    "(",
    ")",
    ",",
    ";",
    "*",
    "a",
    "`b`",
    "'c'",
    "1",
    ".5",
    "AS",
    "t",
    ".",
    "JOIN",
    "LEFT",
    "ON",
    "=",
    "<",
    "AND",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "BETWEEN",
    "CASE",
    "WHEN",
    "THEN",
    "END",
    "CAST",
    "INT",
    "ROW",
    "ARRAY",
    "[",
    "]",
    "MAP",
    "INTERVAL",
    "DAY",
    "TO",
    "CREATE",
    "TABLE",
    "VIEW",
    "WITH",
    "/*+",
    "*/",
    "INSERT",
    "INTO",
    "VALUES",
    "UNION",
    "ALL",
    "EXPLAIN",
    "SET",
    "SHOW",
    "MATCH_RECOGNIZE",
    "PATTERN",
    "DEFINE",
    "{",
    "}",
    "-",
    "+",
    "|",
    "||",
    "?",
    "OVER",
    "PARTITION",
    "ROWS",
    "UNBOUNDED",
    "PRECEDING",
    "LATERAL",
    "UNNEST",
    "TRIM",
    "JSON_VALUE",
    "JSON_OBJECT",
    "KEY",
    "VALUE",
    "EXTRACT",
    "POSITION",
    "=>",
    "DESCRIPTOR",
    "WATERMARK",
    "FOR",
    "PRIMARY",
    "ALTER",
    "ADD",
    "LIKE",
    "EXECUTE",
    "STATEMENT",
    "BEGIN",
    "U&'\\'",
    "X'0'",
    "--",
    "\n",
    "é",
    "LIMIT",
    "EXISTS",
];

fn try_everything(text: &str) {
    is_complete(text);
    if let Err(error) = parse_script(text) {
        assert!(error.span.range().start <= text.len());
        error.render("fuzz", text);
    }
    let _ = parse_expression(text);
    let _ = parse_type(text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn token_soup_does_not_panic(words in prop::collection::vec(prop::sample::select(SOUP), 0..60)) {
        try_everything(&words.join(" "));
    }

    #[test]
    fn mutilated_statements_do_not_panic(
        query in prop::sample::select(super::accepted::QUERIES),
        cut in any::<prop::sample::Index>(),
        word in prop::sample::select(SOUP),
    ) {
        let mut at = cut.index(query.len() + 1);
        while !query.is_char_boundary(at) { at -= 1; }
        try_everything(&query[..at]);
        try_everything(&query[at..]);
        try_everything(&format!("{} {word} {}", &query[..at], &query[at..]));
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        try_everything(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |open: &str, close: &str| {
        format!("SELECT {}1{}", open.repeat(50_000), close.repeat(50_000))
    };
    for text in [
        nested("(", ")"),
        nested("f(", ")"),
        nested("NOT ", ""),
        nested("- ", ""),
        nested("(SELECT ", ")"),
        nested("CASE WHEN ", " THEN 1 END"),
        nested("ARRAY[", "]"),
        nested("a[", "]"),
        nested("CAST(", " AS INT)"),
        nested("1 IN (", ")"),
        nested("SUM(1) OVER (ORDER BY ", ")"),
        nested("TRIM(", ")"),
        format!("SELECT * FROM {}t", "(".repeat(50_000)),
        format!("SELECT * FROM {}", "(SELECT * FROM ".repeat(5_000)),
        "EXPLAIN ".repeat(50_000),
        format!("SELECT a FROM t GROUP BY {}", "ROLLUP (".repeat(50_000)),
        format!(
            "SELECT * FROM t MATCH_RECOGNIZE (PATTERN ({}",
            "(".repeat(50_000)
        ),
    ] {
        let error = parse_script(&text).unwrap_err();
        assert!(
            error.message.contains("levels deep") || text.starts_with("SELECT CASE"),
            "{}: {error}",
            &text[..30]
        );
    }
    assert!(parse_type(&"ARRAY<".repeat(50_000)).is_err());
}

#[test]
fn chains_are_bounded_but_long_enough() {
    assert!(
        parse_expression(&format!("1{}", " + 1".repeat(900)))
            .is_ok_and(|sum| sum.to_string().len() > 900)
    );
    for link in [" + 1", " OR a", "[1]", " IS NULL", ".f"] {
        let error = parse_expression(&format!("(a){}", link.repeat(100_000))).unwrap_err();
        assert!(error.message.contains("chain"), "{link}: {error}");
    }
    let joins = format!("SELECT * FROM t{}", " CROSS JOIN t".repeat(10_000));
    assert!(parse_script(&joins).is_err());
    assert!(parse_script(&format!("SELECT 1{}", " UNION SELECT 1".repeat(10_000))).is_err());
    assert!(parse_type(&format!("INT{}", " ARRAY".repeat(10_000))).is_err());
    // Long lists and many short chains side by side make no high tree.
    assert!(parse_expression(&format!("f(a + b - c{})", ", a + b - c".repeat(5_000))).is_ok());
    assert!(parse_expression(&format!("a IN (1{})", ", 1".repeat(50_000))).is_ok());
}

#[test]
fn sensible_nesting_parses() {
    let text = format!("SELECT {}1{}", "(".repeat(40), ")".repeat(40));
    assert!(parse_script(&text).is_ok());
}
