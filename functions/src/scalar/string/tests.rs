use crate::testing::{int, null, result, text};
use alpheus_dataflow::types::TypeKind;
use proptest::prelude::*;

use super::like::Like;

#[test]
fn substring_has_flinks_oddities() {
    let sub = |s: &str, from, length: Option<i64>| {
        let mut args = vec![text(s), int(from)];
        args.extend(length.map(int));
        result("SUBSTRING", args)
    };
    assert_eq!(sub("hello", 0, None), "hello");
    assert_eq!(sub("hello", -2, Some(2)), "lo");
    assert_eq!(sub("hello", 3, Some(100)), "llo");
    assert_eq!(sub("hello", 10, Some(2)), "");
    assert_eq!(sub("hello", 2, Some(0)), "");
    assert_eq!(sub("hello", -10, None), "");
    assert_eq!(sub("日本語テスト", 2, Some(3)), "本語テ");
    assert_eq!(
        result("RIGHT", vec![text("日本語テスト"), int(3)]),
        "テスト"
    );
    assert_eq!(result("LEFT", vec![text("hello"), int(-1)]), "");
}

#[test]
fn finds_positions() {
    assert_eq!(result("POSITION", vec![text("an"), text("banana")]), "2");
    assert_eq!(result("INSTR", vec![text("ééa"), text("a")]), "3");
    assert_eq!(
        result("LOCATE", vec![text("an"), text("banana"), int(3)]),
        "4"
    );
    assert_eq!(
        result("LOCATE", vec![text(""), text("banana"), int(3)]),
        "1"
    );
    assert_eq!(
        result("POSITION", vec![text("a"), null(TypeKind::string())]),
        "NULL"
    );
}

#[test]
fn overlays_replaces_and_translates() {
    let overlay = |s: &str, with: &str, from, length: Option<i64>| {
        let mut args = vec![text(s), text(with), int(from)];
        args.extend(length.map(int));
        result("OVERLAY", args)
    };
    assert_eq!(overlay("abcdef", "XX", 2, None), "aXXdef");
    assert_eq!(overlay("abcdef", "LONGER", 3, Some(1)), "abLONGERdef");
    assert_eq!(overlay("a", "XX", 2, None), "a");
    assert_eq!(
        result("TRANSLATE", vec![text("banana"), text("abc"), text("AB")]),
        "BAnAnA"
    );
    assert_eq!(
        result("REPLACE", vec![text("banana"), text("a"), text("aa")]),
        "baanaanaa"
    );
    assert_eq!(
        result("INITCAP", vec![text("o'neil mc-donald x2y")]),
        "O'Neil Mc-Donald X2y"
    );
}

#[test]
fn concatenates_with_nulls() {
    let absent = || null(TypeKind::string());
    assert_eq!(result("||", vec![text("x"), absent()]), "NULL");
    assert_eq!(
        result("CONCAT_WS", vec![text("-"), absent(), text("y"), text("z")]),
        "y-z"
    );
    assert_eq!(
        result("CONCAT_WS", vec![absent(), text("x"), text("y")]),
        "NULL"
    );
}

#[test]
fn uses_regular_expressions_as_flink_does() {
    let replace =
        |s: &str, p: &str, r: &str| result("REGEXP_REPLACE", vec![text(s), text(p), text(r)]);
    assert_eq!(replace("a-b c-d", r"(\w)-(\w)", "$2-$1"), "$2-$1 $2-$1");
    let extract = |s: &str, group| {
        result(
            "REGEXP_EXTRACT",
            vec![text(s), text("([a-z]+)([0-9]+)"), int(group)],
        )
    };
    assert_eq!(extract("abc123", 2), "123");
    assert_eq!(extract("ABC", 0), "NULL");
    let all = |s: &str| {
        result(
            "REGEXP_EXTRACT_ALL",
            vec![text(s), text("([a-z])([0-9])"), int(2)],
        )
    };
    assert_eq!(all("a1b22c333"), "[1, 2, 3]");
    assert_eq!(all("7"), "[]");
    assert_eq!(
        result("REGEXP_INSTR", vec![text("a1b"), text("[0-9]")]),
        "2"
    );
    assert_eq!(result("REGEXP", vec![text("a"), text("")]), "FALSE");
    assert_eq!(result("REGEXP", vec![text("٣"), text(r"\d")]), "FALSE");
    let refused = result("REGEXP", vec![text("a"), text("(?=a)")]);
    assert!(refused.contains("(?=a)"), "{refused}");
}

#[test]
fn encodes_and_decodes() {
    assert_eq!(result("TO_BASE64", vec![text("日本")]), "5pel5pys");
    assert_eq!(result("FROM_BASE64", vec![text("aGVsbG8=")]), "hello");
    assert_eq!(result("HEX", vec![int(510)]), "1FE");
    assert_eq!(result("HEX", vec![int(-1)]), "FFFFFFFFFFFFFFFF");
    assert_eq!(result("URL_ENCODE", vec![text("a b&c=d")]), "a+b%26c%3Dd");
    assert_eq!(result("URL_DECODE", vec![text("%E6%97%A5")]), "日");
    let url = text("http://u@h.com:80/p/a?k=v&q=1#r");
    assert_eq!(
        result("PARSE_URL", vec![url.clone(), text("HOST")]),
        "h.com"
    );
    assert_eq!(
        result("PARSE_URL", vec![url, text("QUERY"), text("q")]),
        "1"
    );
}

#[test]
fn splits() {
    assert_eq!(
        result("STR_TO_MAP", vec![text("k:v;z:w"), text(";"), text(":")]),
        "{k=v, z=w}"
    );
    assert_eq!(
        result("STR_TO_MAP", vec![text("novalue")]),
        "{novalue=NULL}"
    );
    assert_eq!(
        result("SPLIT_INDEX", vec![text("a,b"), text(","), int(1)]),
        "b"
    );
    assert_eq!(result("SPLIT", vec![text("a,b"), text(",")]), "[a, b]");
    assert_eq!(
        result(
            "PRINTF",
            vec![text("%05d|%-4s|%s"), int(42), text("x"), text("y")]
        ),
        "00042|x   |y"
    );
}

/// The definition of LIKE, spelled out.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
        Some((c, rest)) => text
            .split_first()
            .is_some_and(|(t, after)| (*c == '_' || c == t) && naive(rest, after)),
    }
}

proptest! {
    #[test]
    fn like_matches_as_defined(pattern in "[ab%_é]{0,8}", text in "[abé]{0,8}") {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        let compiled = Like::new(&pattern, None).map_err(TestCaseError::fail)?;
        prop_assert_eq!(compiled.matches(&text), naive(&chars(&pattern), &chars(&text)));
    }
}

#[test]
fn like_escapes() {
    let like = |s: &str, p: &str| result("LIKE", vec![text(s), text(p), text("!")]);
    assert_eq!(like("50%", "50!%"), "TRUE");
    assert_eq!(like("500", "50!%"), "FALSE");
    assert!(like("x", "!x").starts_with("error"));
    assert_eq!(
        result("SIMILAR TO", vec![text("abc"), text("(a|x)%")]),
        "TRUE"
    );
}
