//! What mistakes look like to the user.
use crate::{parse_script, parse_statement, parse_type};

fn rendered(text: &str) -> String {
    parse_script(text).unwrap_err().render("job.sql", text)
}

#[test]
fn a_mistyped_keyword_is_named() {
    let text = "SET 'a' = 'b';\nSELEC id FROM t;";
    let shown = rendered(text);
    assert!(shown.contains("job.sql:2:1"), "{shown}");
    assert!(
        shown.contains("2 | SELEC id FROM t;\n  | ^^^^^\n"),
        "{shown}"
    );
    assert!(shown.contains("did you mean SELECT?"), "{shown}");
    for (text, meant) in [
        ("SELECT a FORM t", "did you mean FROM instead of 'FORM'?"),
        (
            "SELECT a FROM t WHER x = 1",
            "did you mean WHERE instead of 'WHER'?",
        ),
        (
            "SELECT a FROM t GROPU BY x",
            "did you mean GROUP instead of 'GROPU'?",
        ),
        ("CREATE TABEL t (a INT)", "did you mean TABLE?"),
        ("CREATE TABLE t (a INTT)", "did you mean INT?"),
        ("INSERT INOT t SELECT 1", "did you mean INTO?"),
    ] {
        assert!(rendered(text).contains(meant), "{}", rendered(text));
    }
}

#[test]
fn a_statement_that_there_is_not_is_refused_by_its_name() {
    for (text, name, instead) in [
        (
            "ANALYZE TABLE t COMPUTE STATISTICS",
            "ANALYZE TABLE",
            "no statistics",
        ),
        ("TRUNCATE TABLE t", "TRUNCATE TABLE", "INSERT OVERWRITE"),
        (
            "DELETE FROM t WHERE a = 1",
            "DELETE FROM",
            "INSERT OVERWRITE",
        ),
        ("UPDATE t SET a = 1", "UPDATE", "INSERT OVERWRITE"),
        ("ADD JAR '/x.jar'", "ADD JAR", "WebAssembly"),
        ("USE MODULES core", "USE MODULES", "always there"),
        (
            "CREATE MATERIALIZED TABLE m AS SELECT 1",
            "CREATE MATERIALIZED TABLE",
            "INSERT INTO",
        ),
        ("QUIT", "QUIT", "prompt"),
    ] {
        let shown = rendered(text);
        let expected = format!("error: {name} is not supported");
        assert!(
            shown.starts_with(&expected) && shown.contains(instead),
            "{shown}"
        );
    }
    // As names these words are what they were.
    parse_statement("SELECT source, model FROM jar").unwrap();
}

#[test]
fn a_reserved_word_as_name_gets_its_remedy() {
    for (text, word) in [
        ("CREATE TABLE t (timestamp BIGINT)", "`timestamp`"),
        ("CREATE TABLE t (a INT, value INT)", "`value`"),
        ("SELECT a AS date FROM t", "`date`"),
        ("SELECT value FROM t", "`value`"),
        ("SELECT timestamp, a FROM t", "`timestamp`"),
        ("SELECT a FROM t WHERE date = 1", "`date`"),
        ("SELECT * FROM user", "`user`"),
    ] {
        let shown = rendered(text);
        assert!(
            shown.contains(word) && shown.contains("reserved word"),
            "{shown}"
        );
    }
}

#[test]
fn what_was_expected_is_listed() {
    let error = parse_statement("CREATE TABLE t (a INT").unwrap_err();
    assert!(
        error.expected.contains(&")".to_string()) && error.expected.contains(&",".to_string()),
        "{error:?}"
    );
    assert_eq!(error.found, "end of the text");
    assert!(
        parse_statement("SELECT 1 2")
            .unwrap_err()
            .expected
            .contains(&"FROM".to_string())
    );
}

#[test]
fn refusals_have_names() {
    for (text, part) in [
        ("SELECT * FROM a LEFT SEMI JOIN b ON a.x = b.x", "SEMI JOIN"),
        ("SELECT INTERVAL 5 DAY", "INTERVAL '5'"),
        (
            "CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED, PRIMARY KEY (a) NOT ENFORCED)",
            "at most one primary key",
        ),
        ("CREATE TABLE t (a)", "no data type"),
        ("SELECT 'abc", "has no end"),
        ("SELECT MAP['a']", "a value for each key"),
        ("SELECT INTERVAL '1' SECOND TO DAY", "smaller"),
        ("EXPLAIN SET 'a' = 'b'", "has a plan"),
        ("SELECT ?", "'?'"),
        ("SELECT \"a\" FROM t", "backticks"),
        ("SELECT #", "'#'"),
    ] {
        assert!(rendered(text).contains(part), "{}", rendered(text));
    }
    assert!(
        parse_type("RAW('a', 'b')")
            .unwrap_err()
            .message
            .contains("RAW")
    );
}
