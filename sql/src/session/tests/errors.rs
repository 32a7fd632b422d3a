//! What is said about wrong statements.

use super::error;

#[test]
fn an_unknown_column_is_shown_where_it_stands() {
    assert_eq!(
        error("SELECT a,\n  nmae FROM (SELECT a, s AS name FROM t)"),
        "error: column 'nmae' not found in any table
 --> job.sql:2:3
  |
2 |   nmae FROM (SELECT a, s AS name FROM t)
  |   ^^^^
  = help: did you mean 'name'?
"
    );
}

/// A statement, the text that the caret stands under, and what is said.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "SELECT nope FROM t",
        "nope",
        "column 'nope' not found in any table",
    ),
    ("SELECT A FROM t", "A", "did you mean 'a'?"),
    (
        "SELECT JSON(s) FROM t",
        "JSON(s)",
        "JSON(text) stands only as a value of JSON_OBJECT or JSON_ARRAY",
    ),
    (
        "SELECT JSON_VALUE(s, '$.a' RETURNING BIGINT) FROM t",
        "JSON_VALUE(s, '$.a' RETURNING BIGINT)",
        "it cannot return BIGINT",
    ),
    (
        "SELECT JSON_VALUE(s, '$..a') FROM t",
        "JSON_VALUE(s, '$..a')",
        "a deep scan (..)",
    ),
    ("SELECT z.a FROM t", "z", "table 'z' not found"),
    (
        "SELECT r.nope FROM bid",
        "nope",
        "the row has no field 'nope'",
    ),
    ("SELECT a.x FROM t", "x", "needs a ROW, but this is INT"),
    (
        "SELECT q FROM (SELECT a AS q, b AS q FROM t)",
        "q",
        "column 'q' is ambiguous",
    ),
    ("SELECT 1 FROM tt", "tt", "table 'tt' not found"),
    ("SELECT 1 FROM printd", "printd", "did you mean 'printed'?"),
    (
        "SELECT 1 FROM printed",
        "printed",
        "connector 'print' only writes",
    ),
    ("SELECT COUNTT(a) FROM t", "COUNTT", "did you mean 'COUNT'?"),
    ("SELECT UPER(s) FROM t", "UPER", "did you mean 'UPPER'?"),
    ("SELECT UPPER(a) FROM t", "UPPER(a)", "cannot take (INT)"),
    ("SELECT s + 1 FROM t", "s + 1", "operator + cannot take"),
    ("SELECT a = s FROM t", "a = s", "cannot be compared"),
    (
        "SELECT a FROM t WHERE a",
        "a",
        "WHERE needs a condition, but this is INT",
    ),
    (
        "SELECT CAST(ts AS INT) FROM t",
        "CAST(ts AS INT)",
        "the cast from TIMESTAMP type to NUMERIC type is not allowed",
    ),
    (
        "SELECT CASE WHEN p THEN 1 ELSE 'x' END FROM t",
        "CASE WHEN p THEN 1 ELSE 'x' END",
        "no common type",
    ),
    (
        "SELECT a, COUNT(*) FROM t",
        "a",
        "expression 'a' is not being grouped",
    ),
    (
        "SELECT a + b FROM t GROUP BY a",
        "b",
        "expression 'b' is not being grouped",
    ),
    (
        "SELECT s FROM t HAVING COUNT(*) > 1",
        "s",
        "is not being grouped",
    ),
    (
        "SELECT SUM(SUM(a)) FROM t",
        "SUM(a)",
        "cannot be used in an aggregate function",
    ),
    (
        "SELECT a FROM t WHERE SUM(a) > 1",
        "SUM(a)",
        "conditions on aggregates belong in HAVING",
    ),
    (
        "SELECT 1 FROM t GROUP BY SUM(a)",
        "SUM(a)",
        "cannot be used in GROUP BY",
    ),
    ("SELECT MAX(*) FROM t", "MAX(*)", "only COUNT(*)"),
    (
        "SELECT a FROM t UNION ALL SELECT a, b FROM t",
        "SELECT a FROM t UNION ALL SELECT a, b FROM t",
        "have 1 and 2 columns",
    ),
    (
        "SELECT a FROM t UNION ALL SELECT s FROM t",
        "SELECT a FROM t UNION ALL SELECT s FROM t",
        "type mismatch in column 1",
    ),
    (
        "VALUES (1), (1, 2)",
        "1",
        "this row has 2 values, the first 1",
    ),
    (
        "SELECT x FROM t AS u(x)",
        "x",
        "1 column names are given for 7 columns",
    ),
    (
        "SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
        "ts",
        "requires the timecol is a time attribute type, but is TIMESTAMP(3)",
    ),
    (
        "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(zz), INTERVAL '1' MINUTE))",
        "zz",
        "column 'zz' not found",
    ),
    (
        "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MONTH))",
        "INTERVAL '1' MONTH",
        "months differ in length",
    ),
    (
        "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '0' SECOND))",
        "INTERVAL '0' SECOND",
        "must be longer than 0",
    ),
    (
        "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts)))",
        "TUMBLE(TABLE bid, DESCRIPTOR(ts))",
        "TUMBLE needs SIZE",
    ),
    (
        "SELECT * FROM TABLE(TUMBEL(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
        "TUMBEL",
        "did you mean 'TUMBLE'?",
    ),
    (
        "SELECT * FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '5' SECOND))",
        "CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '5' SECOND)",
        "integral multiple",
    ),
    (
        "SELECT * FROM t /*+ OPTIONS('nope' = '1') */",
        "t",
        "`nope` is unknown",
    ),
    (
        "INSERT INTO out2 SELECT s FROM t",
        "SELECT s FROM t",
        "different number of columns",
    ),
    (
        "INSERT INTO out2 SELECT a, b FROM t",
        "SELECT a, b FROM t",
        "incompatible types for sink column 'k' at position 0",
    ),
    (
        "INSERT INTO out2 (k, kk) SELECT s, b FROM t",
        "kk",
        "did you mean 'k'?",
    ),
    (
        "INSERT INTO out2 SELECT s, COUNT(*) FROM t GROUP BY s",
        "INSERT INTO out2 SELECT s, COUNT(*) FROM t GROUP BY s",
        "takes only inserts",
    ),
    (
        "INSERT INTO nowhere SELECT 1",
        "nowhere",
        "table 'nowhere' not found",
    ),
    (
        "SET 'parallelism.defalt' = '2'",
        "'parallelism.defalt'",
        "did you mean 'parallelism.default'?",
    ),
    (
        "SET 'parallelism.default' = 'two'",
        "'two'",
        "cannot be 'two'",
    ),
    ("CREATE TABLE u (a INT, a INT)", "a", "two columns 'a'"),
    ("CREATE TABLE t (a INT)", "t", "table 't' already exists"),
    (
        "CREATE TABLE u (a INT, PRIMARY KEY (a))",
        "PRIMARY KEY (a)",
        "NOT ENFORCED",
    ),
    (
        "CREATE TABLE u (a INT, PRIMARY KEY (b) NOT ENFORCED)",
        "b",
        "primary key column 'b' is not defined",
    ),
    (
        "CREATE TABLE u (a INT) PARTITIONED BY (b)",
        "b",
        "partition column 'b' is not defined",
    ),
    (
        "CREATE TABLE u (a INT, WATERMARK FOR a AS a)",
        "a",
        "must be TIMESTAMP(p)",
    ),
    (
        "CREATE TABLE u (a INT, b AS c + 1)",
        "c",
        "column 'c' not found",
    ),
    (
        "CREATE TABLE u (a DECIMAL(40, 2))",
        "DECIMAL(40, 2)",
        "is no type",
    ),
    (
        "CREATE VIEW v AS SELECT a, a AS a0, b AS a FROM nope",
        "nope",
        "table 'nope' not found",
    ),
    ("DROP TABLE nope", "nope", "table 'nope' not found"),
    (
        "USE nope",
        "nope",
        "database 'default_catalog.nope' not found",
    ),
    ("DESCRIBE nope", "nope", "table 'nope' not found"),
    (
        "SELECT TUMBLE_START(ts, INTERVAL '2' DAY) FROM bid GROUP BY TUMBLE(ts, INTERVAL '1' DAY)",
        "TUMBLE_START(ts, INTERVAL '2' DAY)",
        "TUMBLE_START needs a call of TUMBLE with the same arguments in GROUP BY",
    ),
    (
        "SELECT HOP_END(ts, INTERVAL '2' DAY, INTERVAL '2' DAY) FROM bid",
        "HOP_END(ts, INTERVAL '2' DAY, INTERVAL '2' DAY)",
        "HOP_END needs a call of HOP with the same arguments in GROUP BY",
    ),
    (
        "SELECT TUMBLE(ts, INTERVAL '1' DAY) FROM bid GROUP BY TUMBLE(ts, INTERVAL '1' DAY)",
        "TUMBLE(ts, INTERVAL '1' DAY)",
        "the window function TUMBLE can only stand in GROUP BY or in FROM TABLE(...)",
    ),
    (
        "SELECT COUNT(*) FROM bid GROUP BY TUMBLE(ts, INTERVAL '1' DAY), SESSION(ts, INTERVAL '1' DAY)",
        "SESSION(ts, INTERVAL '1' DAY)",
        "only one group window may be used in GROUP BY",
    ),
    (
        "SELECT COUNT(*) FROM bid GROUP BY TUMBLE(id, INTERVAL '1' DAY)",
        "id",
        "TUMBLE requires the timecol is a time attribute type, but is INT",
    ),
    (
        "SELECT TUMBLE_PROCTIME(ts, INTERVAL '1' DAY) FROM bid GROUP BY TUMBLE(ts, INTERVAL '1' DAY)",
        "TUMBLE_PROCTIME(ts, INTERVAL '1' DAY)",
        "TUMBLE_PROCTIME needs a window of processing time",
    ),
];

/// A statement, the text that the caret stands under, and the feature.
const UNSUPPORTED: &[(&str, &str, &str)] = &[
    (
        "SELECT k FROM bid GROUP BY ROLLUP(k), TUMBLE(ts, INTERVAL '1' DAY)",
        "TUMBLE(ts, INTERVAL '1' DAY)",
        "GROUPING SETS, ROLLUP or CUBE beside a group window",
    ),
    (
        "CREATE FUNCTION f AS 'x.Y' LANGUAGE JAVA",
        "JAVA",
        "a function in JAVA",
    ),
    (
        "CREATE CATALOG c WITH ('type' = 'hive')",
        "'type' = 'hive'",
        "a catalog of type 'hive'",
    ),
    (
        "SELECT SUM((SELECT MAX(a) FROM t)) FROM t",
        "(SELECT MAX(a) FROM t)",
        "a sub-query here",
    ),
    (
        "SELECT /*+ BROADCAST(t) */ a FROM t",
        "BROADCAST(t)",
        "the hint BROADCAST",
    ),
    (
        "EXPLAIN ESTIMATED_COST SELECT 1",
        "SELECT 1",
        "EXPLAIN ESTIMATED_COST",
    ),
    ("SHOW JOBS", "SHOW JOBS", "SHOW JOBS"),
];

fn check(cases: &[(&str, &str, &str)], unsupported: bool) {
    let mut wrong = Vec::new();
    for (script, marked, said) in cases {
        let mut session = super::new_session();
        let statement = alpheus_sql_parser::parse_statement(script).unwrap();
        match session.execute(&statement, script) {
            Ok(_) => wrong.push(format!("{script}\n  is accepted")),
            Err(error) => {
                let text = error.render("job.sql", script);
                if error.diagnostic.span.text(script) != *marked
                    || !text.contains(said)
                    || error.is_unsupported() != unsupported
                {
                    wrong.push(format!("{script}\n  wanted: {said}\n{text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn wrong_statements_are_refused_where_they_are_wrong() {
    check(REFUSED, false);
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    check(UNSUPPORTED, true);
}

#[test]
fn a_view_may_not_lead_back_to_itself() {
    let text = error(
        "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; CREATE OR REPLACE VIEW v AS SELECT a FROM w",
    );
    assert!(text.contains("view 'v' is defined by itself"), "{text}");
}

#[test]
fn what_is_wrong_inside_a_view_is_shown_at_its_use() {
    let script = "CREATE TABLE gone (a INT) WITH ('connector' = 'filesystem', 'path' = '/x', 'format' = 'csv');
CREATE VIEW v AS SELECT a FROM gone; DROP TABLE gone;
SELECT a FROM v";
    let text = error(script);
    assert!(
        text.contains("in view 'v': table 'gone' not found"),
        "{text}"
    );
    assert!(text.contains("job.sql:3:15"), "{text}");
}
