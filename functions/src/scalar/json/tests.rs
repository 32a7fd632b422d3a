//! Answers of Flink 2.3.0.

#![allow(clippy::unwrap_used)]

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{Expr, Literal};

use crate::registry::{Argument, lookup};
use crate::testing::{
    call, cast, decimal, double, int, long, null, result, text, timestamp, value,
};

const DOCUMENT: &str = r#"{"a":1,"b":{"c":"x","d":[1,2.50,{"e":true}]},"n":null,"f":1.50,"g":1e10,"h":12345678901234567890,"s":"12","t":"true","z":{"b":1,"a":2},"é":"ü"}"#;
const LIST: &str = r#"[{"a":1},{"a":[5,6]},7,null,{"b":2},[8,9]]"#;

fn at(function: &str, document: &str, path: &str) -> String {
    result(function, vec![text(document), text(path)])
}

/// JSON_VALUE with its clauses.
fn value_with(path: &str, returning: TypeKind, clauses: [Expr; 4]) -> String {
    let mut args = vec![text(DOCUMENT), text(path), null(returning)];
    args.extend(clauses);
    result("JSON_VALUE", args)
}

fn returned(path: &str, returning: TypeKind) -> String {
    let none = || null(TypeKind::Null);
    let clauses = [text("NULL"), none(), text("NULL"), none()];
    value_with(path, returning, clauses)
}

/// JSON_QUERY with its clauses.
fn query_with(document: &str, path: &str, returning: TypeKind, clauses: [&str; 3]) -> String {
    let mut args = vec![text(document), text(path), null(returning)];
    args.extend(clauses.map(text));
    result("JSON_QUERY", args)
}

#[test]
fn json_value_finds_scalars() {
    for (path, expected) in [
        ("$", "NULL"),
        ("$.a", "1"),
        ("lax $.a", "1"),
        ("a", "1"),
        ("$.b", "NULL"),
        ("$.b.c", "x"),
        ("$.b.d[1]", "2.50"),
        ("$.b.d[-1].e", "true"),
        ("$['b']['c']", "x"),
        ("$.f", "1.50"),
        ("$.g", "1E+10"),
        ("$.h", "12345678901234567890"),
        ("$.s", "12"),
        ("$.n", "NULL"),
        ("$[*].a", "NULL"),
        ("$.é", "ü"),
        ("$.", "NULL"),
    ] {
        assert_eq!(at("JSON_VALUE", DOCUMENT, path), expected, "{path}");
    }
    for (document, path, expected) in [
        (r#"{"a":1} trailing"#, "$.a", "1"),
        (r#"{"a":1,"a":2}"#, "$.a", "2"),
        (r#"  {"a" : 0.10 }  "#, "$.a", "0.10"),
        (r#"{"a":"x\ty\u00e9"}"#, "$.a", "x\tyé"),
        (r#"{"a":-0.0}"#, "$.a", "0.0"),
        (r#""str""#, "$", "str"),
        ("1.0", "$", "1.0"),
        ("not json", "$", "NULL"),
        ("{'a':1}", "$.a", "NULL"),
        ("{\"a\":NaN}", "$.a", "NULL"),
        ("01", "$", "NULL"),
        ("[1,]", "$[0]", "NULL"),
        ("", "$", "NULL"),
    ] {
        assert_eq!(at("JSON_VALUE", document, path), expected, "{document}");
    }
    let nothing = vec![null(TypeKind::string()), text("$")];
    assert_eq!(result("JSON_VALUE", nothing), "NULL");
}

#[test]
fn json_value_tells_empty_from_error() {
    let defaults = || [text("DEFAULT"), text("emp"), text("DEFAULT"), text("err")];
    for (path, expected) in [
        ("$.x", "err"),
        ("lax $.x", "emp"),
        ("strict $.b", "err"),
        ("lax $.b", "emp"),
        ("$.n", "emp"),
    ] {
        assert_eq!(
            value_with(path, TypeKind::string(), defaults()),
            expected,
            "{path}"
        );
    }
    let none = || null(TypeKind::Null);
    let strict = || [text("NULL"), none(), text("ERROR"), none()];
    let error = value_with("$.x", TypeKind::string(), strict());
    assert!(error.contains("nothing at ['x']"), "{error}");
    assert_eq!(value_with("lax $.x", TypeKind::string(), strict()), "NULL");
    let full = [text("ERROR"), none(), text("NULL"), none()];
    let error = value_with("lax $.x", TypeKind::string(), full);
    assert!(error.contains("ERROR ON EMPTY"), "{error}");
}

#[test]
fn json_value_returns_what_is_of_the_type() {
    assert_eq!(returned("$.a", TypeKind::Integer), "1");
    assert_eq!(returned("$.f", TypeKind::Double), "1.5");
    assert_eq!(returned("$.b.d[2].e", TypeKind::Boolean), "TRUE");
    assert_eq!(returned("$.b", TypeKind::Integer), "NULL");
    for (path, kind) in [
        ("$.a", TypeKind::Double),
        ("$.h", TypeKind::Integer),
        ("$.f", TypeKind::Integer),
        ("$.s", TypeKind::Integer),
        ("$.t", TypeKind::Boolean),
    ] {
        let error = returned(path, kind);
        assert!(error.contains("TRY_CAST"), "{path}: {error}");
    }
    let five = [text("NULL"), null(TypeKind::Null), text("DEFAULT"), int(5)];
    assert_eq!(value_with("$.x", TypeKind::Integer, five), "5");
    let five = [text("NULL"), null(TypeKind::Null), text("DEFAULT"), int(5)];
    assert_eq!(value_with("$.x", TypeKind::string(), five), "5");
}

#[test]
fn json_exists_follows_paths() {
    for (document, path, expected) in [
        (DOCUMENT, "$", "TRUE"),
        (DOCUMENT, "$.b.d[2].e", "TRUE"),
        (DOCUMENT, "$.x", "FALSE"),
        (DOCUMENT, "$.n", "FALSE"),
        (DOCUMENT, "$.n[*]", "TRUE"),
        (DOCUMENT, "$.x[*]", "FALSE"),
        (DOCUMENT, "lax $.x[*]", "TRUE"),
        (LIST, "$[-1]", "TRUE"),
        (LIST, "$[9]", "FALSE"),
        (LIST, "$[*].a[0]", "TRUE"),
        ("null", "$", "FALSE"),
        ("not json", "lax $", "FALSE"),
    ] {
        assert_eq!(at("JSON_EXISTS", document, path), expected, "{path}");
    }
    let clause = |document: &str, path: &str, on_error: &str| {
        let args = vec![text(document), text(path), text(on_error)];
        result("JSON_EXISTS", args)
    };
    assert_eq!(clause(DOCUMENT, "$.x", "TRUE"), "TRUE");
    assert_eq!(clause(DOCUMENT, "lax $.x", "TRUE"), "FALSE");
    assert_eq!(clause(DOCUMENT, "strict $.x", "UNKNOWN"), "NULL");
    assert_eq!(clause("null", "lax $.x", "TRUE"), "TRUE");
    assert!(clause(DOCUMENT, "$.x", "ERROR").starts_with("error"));
}

#[test]
fn json_query_finds_arrays_and_objects() {
    for (document, path, expected) in [
        (DOCUMENT, "$.a", "NULL"),
        (DOCUMENT, "$.b", r#"{"c":"x","d":[1,2.50,{"e":true}]}"#),
        (DOCUMENT, "$.z", r#"{"a":2,"b":1}"#),
        (DOCUMENT, "$[*].a", "[2]"),
        (
            DOCUMENT,
            "$.*",
            r#"[1,{"c":"x","d":[1,2.50,{"e":true}]},null,1.50,1E+10,12345678901234567890,"12","true",{"a":2,"b":1},"ü"]"#,
        ),
        (DOCUMENT, "$.x[*]", "NULL"),
        (DOCUMENT, "lax $.x[*]", "[]"),
        (LIST, "$", LIST),
        (LIST, "$[*].a", "[1,[5,6]]"),
        (LIST, "$[5]", "[8,9]"),
        (r#"{"a":1,"b":3,"a":2}"#, "$", r#"{"a":2,"b":3}"#),
        (r#"{"a":1,"b":3,"a":2}"#, "$.*", "[2,3]"),
        (r#"["\u0001\/é"]"#, "$", r#"["\u0001/é"]"#),
    ] {
        assert_eq!(at("JSON_QUERY", document, path), expected, "{path}");
    }
}

#[test]
fn json_query_wraps_and_replaces() {
    let query = |path: &str, clauses| query_with(DOCUMENT, path, TypeKind::string(), clauses);
    for (path, wrapper, expected) in [
        ("$.a", "UNCONDITIONAL", "[1]"),
        ("$.a", "CONDITIONAL", "[1]"),
        ("$.a", "WITHOUT", "NULL"),
        ("$.z", "CONDITIONAL", r#"[{"a":2,"b":1}]"#),
        ("$.b.d", "CONDITIONAL", r#"[1,2.50,{"e":true}]"#),
        ("$.b.d[*]", "UNCONDITIONAL", r#"[[1,2.50,{"e":true}]]"#),
        ("$.x", "UNCONDITIONAL", "NULL"),
    ] {
        assert_eq!(query(path, [wrapper, "NULL", "NULL"]), expected, "{path}");
    }
    let replaced = ["WITHOUT", "EMPTY ARRAY", "EMPTY OBJECT"];
    assert_eq!(query("$.a", replaced), "{}");
    assert_eq!(query("lax $.a", replaced), "[]");
    assert_eq!(query("$.n", replaced), "[]");
    assert!(query("$.a", ["WITHOUT", "NULL", "ERROR"]).starts_with("error"));
    assert!(query("$.n", ["WITHOUT", "ERROR", "NULL"]).starts_with("error"));
}

#[test]
fn json_query_returns_arrays() {
    let texts = || TypeKind::Array(Box::new(TypeKind::string().nullable()));
    let plain = ["WITHOUT", "NULL", "NULL"];
    let wrapped = ["UNCONDITIONAL", "NULL", "NULL"];
    let items = r#"["x",null,1,[1],{"b":1,"a":2},true]"#;
    for (document, path, clauses, expected) in [
        (
            items,
            "$",
            plain,
            r#"[x, NULL, 1, [1], {"a":2,"b":1}, true]"#,
        ),
        (r#"{"a":1}"#, "$", plain, "NULL"),
        (r#"{"a":1}"#, "$", wrapped, r#"[{"a":1}]"#),
        ("[1]", "$", wrapped, "[[1]]"),
        ("[1,null]", "$[*]", plain, "[1, NULL]"),
        ("{}", "$.x", ["WITHOUT", "NULL", "EMPTY ARRAY"], "[]"),
    ] {
        assert_eq!(
            query_with(document, path, texts(), clauses),
            expected,
            "{document}"
        );
    }
}

#[test]
fn a_path_beyond_the_subset_is_refused_by_name() {
    let refused = |path: &str| {
        let args: Vec<Argument> = [DOCUMENT, path]
            .map(|value| Argument {
                ty: TypeKind::Char(1).not_null(),
                literal: Some(Literal::String(value.to_string())),
            })
            .into();
        let error = lookup("JSON_VALUE").unwrap().resolve(&args).unwrap_err();
        error.to_string()
    };
    assert!(refused("$..a").contains("a deep scan (..)"));
    assert!(refused("$.b.d[?(@ > 1)]").contains("a filter"));
    // A path that is no literal is refused when it comes.
    let path = call("CONCAT", vec![text("$."), text(".a")]);
    let late = value(&call("JSON_VALUE", vec![text(DOCUMENT), path]));
    assert!(late.contains("a deep scan (..)"), "{late}");
}

#[test]
fn clauses_that_do_not_fit_are_refused() {
    let arg = |kind: TypeKind, literal: Option<&str>| Argument {
        ty: kind.nullable(),
        literal: literal.map(|text| Literal::String(text.to_string())),
    };
    let word = |text: &str| arg(TypeKind::Char(1), Some(text));
    let (document, path) = (|| word("{}"), || word("$"));
    let error = lookup("JSON_EXISTS")
        .unwrap()
        .resolve(&[document(), path(), word("DEFAULT")]);
    assert!(error.unwrap_err().to_string().contains("clause"));
    let null = || arg(TypeKind::Null, None);
    let mut args = vec![document(), path(), arg(TypeKind::BigInt, None)];
    args.extend([word("NULL"), null(), word("NULL"), null()]);
    let error = lookup("JSON_VALUE").unwrap().resolve(&args).unwrap_err();
    assert!(
        error.to_string().contains("cannot return BIGINT"),
        "{error}"
    );
}

#[test]
fn json_string_writes_each_type() {
    let bytes = Expr::literal(
        Literal::Bytes(vec![1, 2, 255]),
        TypeKind::Binary(3).not_null(),
    );
    let ltz = cast(
        timestamp("2020-01-02 03:04:05.120"),
        TypeKind::TimestampLtz(3),
    );
    let map = call(
        "MAP",
        vec![text("b"), int(1), text("a"), null(TypeKind::Integer)],
    );
    for (arg, expected) in [
        (int(1), "1"),
        (long(i64::MAX), "9223372036854775807"),
        (text("x\"é/"), r#""x\"é/""#),
        (decimal("1.50", 3, 2), "1.50"),
        (decimal("0.0000001", 20, 10), "1.000E-7"),
        (Expr::boolean(true), "true"),
        (null(TypeKind::Integer), "NULL"),
        (double(1.5), "1.5"),
        (double(1e10), "1.0E+10"),
        (double(-0.0), "0.0"),
        (double(f64::NAN), "\"NaN\""),
        (double(f64::INFINITY), "\"Infinity\""),
        (
            cast(double(1e-5), TypeKind::Float),
            "0.000009999999747378752",
        ),
        (
            timestamp("2020-01-02 03:04:05.120"),
            "\"2020-01-02T03:04:05.12\"",
        ),
        (timestamp("2020-01-02 03:04:00"), "\"2020-01-02T03:04:00\""),
        (ltz, "\"2020-01-02T03:04:05.12Z\""),
        (bytes, "\"AQL/\""),
        (
            call("ARRAY", vec![int(1), null(TypeKind::Integer)]),
            "[1,null]",
        ),
        (map, r#"{"a":null,"b":1}"#),
    ] {
        assert_eq!(result("JSON_STRING", vec![arg]), expected);
    }
    let date = Argument::of(TypeKind::Date.nullable());
    let error = lookup("JSON_STRING").unwrap().resolve(&[date]).unwrap_err();
    assert!(error.to_string().contains("CAST it to STRING"), "{error}");
}

#[test]
fn json_object_sorts_and_json_array_leaves_null_out() {
    let no = || null(TypeKind::Integer);
    assert_eq!(result("JSON_OBJECT", vec![]), "{}");
    let args = vec![text("b"), int(1), text("a"), text("x"), text("B"), no()];
    assert_eq!(result("JSON_OBJECT", args), r#"{"B":null,"a":"x","b":1}"#);
    let args = || vec![text("b"), int(1), text("a"), no(), text("b"), no()];
    assert_eq!(result("JSON_OBJECT_ABSENT_ON_NULL", args()), r#"{"b":1}"#);
    assert_eq!(result("JSON_OBJECT", args()), r#"{"a":null,"b":null}"#);
    let nameless = vec![null(TypeKind::string()), int(1)];
    assert!(result("JSON_OBJECT", nameless).contains("a key of JSON_OBJECT is NULL"));
    let items = || {
        vec![
            int(1),
            no(),
            text("x"),
            decimal("2.5", 2, 1),
            Expr::boolean(true),
        ]
    };
    assert_eq!(result("JSON_ARRAY", items()), r#"[1,"x",2.5,true]"#);
    assert_eq!(
        result("JSON_ARRAY_NULL_ON_NULL", items()),
        r#"[1,null,"x",2.5,true]"#
    );
    assert_eq!(result("JSON_ARRAY", vec![]), "[]");
}

#[test]
fn json_of_a_text_nests() {
    let json = |document: &str| call("JSON", vec![text(document)]);
    let array = |items| result("JSON_ARRAY", items);
    assert_eq!(
        array(vec![json(r#"{"y":1.50,"x":[1]}"#)]),
        r#"[{"x":[1],"y":1.50}]"#
    );
    assert_eq!(array(vec![json(r#"{"a":1} x"#)]), r#"[{"a":1}]"#);
    assert_eq!(
        array(vec![json("null"), json("\"s\""), json("1e5")]),
        r#"[null,"s",1E+5]"#
    );
    assert!(array(vec![json("{bad")]).contains("JSON(): not a JSON document"));
    let nothing = || call("JSON", vec![null(TypeKind::string())]);
    assert_eq!(array(vec![nothing()]), "[]");
    assert_eq!(
        result("JSON_OBJECT", vec![text("a"), nothing()]),
        r#"{"a":null}"#
    );
    let inner = call("JSON", vec![call("JSON_ARRAY", vec![int(1), text("x")])]);
    assert_eq!(
        result("JSON_OBJECT", vec![text("a"), inner]),
        r#"{"a":[1,"x"]}"#
    );
    assert_eq!(array(vec![text("[1]")]), r#"["[1]"]"#);
}

#[test]
fn quotes_and_unquotes() {
    for (plain, quoted) in [
        ("str", "\"str\""),
        (
            "a\"b\\c/ü€😀\u{1}\u{7f}\u{80}\t",
            "\"a\\\"b\\\\c\\/\\u00fc\\u20ac\\u1f600\\ude00\u{1}\u{7f}\\u0080\\t\"",
        ),
    ] {
        assert_eq!(result("JSON_QUOTE", vec![text(plain)]), quoted);
    }
    for (quoted, plain) in [
        (r#""a\u00e9\n""#, "aé\n"),
        (r#""a\ud83d\ude00""#, "a😀"),
        (r#""a"b""#, "a\"b"),
        (r#""bad"#, r#""bad"#),
        (r#""\u12""#, r#""\u12""#),
        (r#""a"\q""#, r#""a"\q""#),
        (r#" "y" "#, r#" "y" "#),
        ("\"", "\""),
        (r#"["x"]"#, r#"["x"]"#),
    ] {
        assert_eq!(
            result("JSON_UNQUOTE", vec![text(quoted)]),
            plain,
            "{quoted}"
        );
    }
}

#[test]
fn is_json_tells_kinds_apart() {
    for (document, kinds) in [
        ("{\"a\":1} trailing", "VALUE OBJECT"),
        ("[]", "VALUE ARRAY"),
        ("\"a\"b\"", "VALUE SCALAR"),
        ("12", "VALUE SCALAR"),
        ("null", "VALUE SCALAR"),
        ("not json", ""),
        ("01", ""),
        ("[1,]", ""),
        ("12abc", ""),
        ("", ""),
    ] {
        for kind in ["VALUE", "OBJECT", "ARRAY", "SCALAR"] {
            let is = kinds.split(' ').any(|known| known == kind);
            let shown = |is: bool| if is { "TRUE" } else { "FALSE" };
            let test = |name: String| result(&name, vec![text(document)]);
            assert_eq!(
                test(format!("IS JSON {kind}")),
                shown(is),
                "{document} {kind}"
            );
            assert_eq!(
                test(format!("IS NOT JSON {kind}")),
                shown(!is),
                "{document} {kind}"
            );
        }
    }
    let nothing = || vec![null(TypeKind::string())];
    assert_eq!(result("IS JSON", nothing()), "FALSE");
    assert_eq!(result("IS NOT JSON", nothing()), "TRUE");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(result("IS JSON", vec![text(&nested(1000))]), "TRUE");
    assert_eq!(result("IS JSON", vec![text(&nested(100_000))]), "FALSE");
}
