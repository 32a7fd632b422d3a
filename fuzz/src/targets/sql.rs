//! SQL text: the parser, and the planner over a few tables.

use std::cell::RefCell;

use alpheus_hadoop_conf::Configuration;
use alpheus_sql::Session;
use alpheus_sql_parser::{is_complete, parse_expression, parse_script, parse_type};

use super::texts;
use crate::Target;

pub(super) const PARSE: Target = Target {
    name: "sql",
    run: parse,
    seeds,
    words: WORDS,
};

pub(super) const PLAN: Target = Target {
    name: "plan",
    run: plan,
    seeds,
    words: WORDS,
};

const WORDS: &[&str] = &[
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "HAVING",
    "ORDER BY",
    "LIMIT 1",
    "UNION ALL",
    "UNION",
    "VALUES",
    "AS x",
    "CASE WHEN",
    "THEN 1",
    "ELSE NULL",
    "END",
    "CAST(",
    "AS INT)",
    "AS DECIMAL(38, 38))",
    "TRY_CAST(",
    "NULL",
    "NOT",
    "IS NULL",
    "IN (1, NULL)",
    "BETWEEN",
    "LIKE",
    "ESCAPE '!'",
    "AND",
    "OR",
    "||",
    "INTERVAL '1' DAY",
    "INTERVAL '1-2' YEAR TO MONTH",
    "DATE '2020-02-29'",
    "TIMESTAMP '2020-01-01 00:00:00'",
    "TIMESTAMPADD(YEAR, 2147483647, ",
    "EXTRACT(WEEK FROM",
    "CEIL(ts TO YEAR)",
    "SUBSTRING(s FROM",
    "TRIM(",
    "OVERLAY(s PLACING",
    "ARRAY[1, NULL]",
    "MAP['a', 1]",
    "ROW(1, 'x')",
    "[1]",
    ".f",
    "COUNT(*)",
    "SUM(v)",
    "COUNT(DISTINCT k)",
    "FILTER (WHERE v > 1)",
    "LISTAGG(k)",
    "TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts),",
    "TABLE(SESSION(TABLE bid PARTITION BY k, DESCRIPTOR(ts),",
    "window_start",
    "window_end",
    "bid",
    "t",
    "(",
    ")",
    "JSON_VALUE(s, '$.a' DEFAULT 1 ON ERROR)",
    "JSON_OBJECT('k' VALUE 1)",
    "EXPLAIN",
    "SHOW CREATE TABLE bid",
    "DESCRIBE t",
    "CREATE VIEW w AS",
    "WATERMARK FOR",
    "/*+ OPTIONS('a'='b') */",
    "--",
    "/*",
    "*/",
    "`",
    "U&'\\00e9'",
    "X'0f'",
    "1e38",
    "99999999999999999999999999999999999999",
    "REPEAT('a', 5)",
    "LPAD(s, 3, 'x')",
    "REGEXP_EXTRACT(s, '(a+)+$', 1)",
    "DATE_FORMAT(ts, 'yyyy')",
    "OVER (PARTITION BY k ORDER BY ts)",
    ";",
    "GROUPING SETS ((k), ())",
    "INSERT INTO out2",
    "EXECUTE STATEMENT SET BEGIN",
    "-- \n",
    "\u{0}",
];

fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "SELECT k, SUM(v) AS s FROM bid WHERE v > 1 AND k LIKE 'a%' GROUP BY k HAVING COUNT(*) > 2",
        "SELECT window_start, k, COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' MINUTES)) GROUP BY window_start, window_end, k",
        "SELECT window_start, MAX(v) FROM TABLE(HOP(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '5' MINUTES, SIZE => INTERVAL '10' MINUTES)) GROUP BY window_start, window_end",
        "SELECT window_end, COUNT(DISTINCT k) FROM TABLE(SESSION(TABLE bid PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end",
        "SELECT CASE WHEN a > 1 THEN CAST(b AS STRING) ELSE s END, TRY_CAST(s AS DECIMAL(10, 2)) + d, a / 3, x % 2 FROM t",
        "SELECT EXTRACT(YEAR FROM ts), CEIL(ts TO MONTH), ts + INTERVAL '1 02:03' DAY TO MINUTE, TIMESTAMPDIFF(DAY, ts, TIMESTAMP '2020-01-01 00:00:00') FROM t",
        "SELECT UPPER(s), SUBSTRING(s FROM 2 FOR 3), TRIM(BOTH 'x' FROM s), REPLACE(s, 'a', 'b'), s || 'z', CHAR_LENGTH(s), REGEXP_REPLACE(s, 'a+', 'b') FROM t",
        "SELECT ARRAY[1, a, NULL], MAP['k', b], ROW(1, s), r.f, r.g.h, ARRAY[1, 2][1], CARDINALITY(ARRAY[1]) FROM t, bid",
        "SELECT JSON_VALUE(s, '$.a' RETURNING INT DEFAULT 1 ON EMPTY NULL ON ERROR), JSON_QUERY(s, '$.b[*]' WITH WRAPPER), JSON_OBJECT('k' VALUE a ABSENT ON NULL), s IS JSON FROM t",
        "WITH x AS (SELECT a, b FROM t), y (c, d) AS (VALUES (1, CAST(2 AS BIGINT))) SELECT * FROM x UNION ALL SELECT c, d FROM y",
        "INSERT INTO out2 (c, k) SELECT b, s FROM t /*+ OPTIONS('csv.ignore-parse-errors' = 'true') */ WHERE NOT (p IS NOT TRUE)",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO out2 SELECT s, b FROM t; INSERT INTO printed SELECT k, COUNT(*) FROM bid GROUP BY k; END",
        "CREATE TABLE n (a INT NOT NULL, c AS a + 1, ts TIMESTAMP(3) METADATA, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (a) NOT ENFORCED) COMMENT 'x' PARTITIONED BY (a) WITH ('connector' = 'datagen', 'rows-per-second' = '1')",
        "CREATE TEMPORARY VIEW IF NOT EXISTS w (k, n) AS SELECT s, COUNT(*) FILTER (WHERE a > 0) FROM t GROUP BY s; DROP VIEW w; SET 'parallelism.default' = '2'; RESET; SHOW TABLES LIKE 'a%'",
        "EXPLAIN CHANGELOG_MODE SELECT DISTINCT a, d FROM t WHERE (a, b) IN ((1, 2)) OR s BETWEEN SYMMETRIC 'a' AND 'b'",
        "SELECT * FROM ev MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.v AS m PATTERN (A B*? C{2,3}) DEFINE B AS B.v > PREV(A.v, 1))",
        "SELECT SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM bid a LEFT JOIN t FOR SYSTEM_TIME AS OF a.ts AS r ON a.k = r.s QUALIFY ROW_NUMBER() OVER (ORDER BY k) = 1",
        "ALTER TABLE t SET ('path' = '/tmp/u'); DESCRIBE t; SELECT a FROM t ORDER BY a DESC NULLS LAST OFFSET 1 ROWS FETCH NEXT 4 ROWS ONLY",
        "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM bid LEFT JOIN t AS u ON bid.v = u.a AND u.b > t.b WHERE bid.k = t.s) AND (a, b) IN (SELECT v, v FROM bid UNION SELECT a, t.a FROM t AS w)",
        "SELECT a, (SELECT MAX(v) FROM bid WHERE v > (SELECT MIN(u.a) FROM t AS u WHERE u.s = t.s)) FROM t JOIN bid ON t.a = bid.v AND t.s IN (SELECT k FROM bid)",
        "SET 'table.optimizer.distinct-agg.split.enabled' = 'true'; SET 'table.optimizer.multi-join.enabled' = 'true'; SELECT s, COUNT(DISTINCT t.a) FROM t JOIN bid ON t.a = bid.v LEFT JOIN t AS u ON u.a = bid.v GROUP BY s",
        "SELECT /*+ LOOKUP('table' = 'r', 'async' = 'true') */ a FROM t; EXPLAIN CREATE TABLE n WITH ('connector' = 'print') AS SELECT a FROM t; SHOW PARTITIONS t",
    ])
}

fn parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    is_complete(&text);
    match parse_script(&text) {
        Err(error) => {
            assert!(
                error.span.range().start <= text.len(),
                "an error lies in the text"
            );
            error.render("fuzz", &text);
        }
        Ok(statements) => assert!(
            statements.iter().all(|s| s.span.range().end <= text.len()),
            "statements lie in the text"
        ),
    }
    if let Ok(tree) = parse_expression(&text) {
        let shown = tree.to_string();
        let again = parse_expression(&shown);
        assert!(
            again.as_ref().is_ok_and(|again| *again == tree),
            "`{shown}` is not what was read: {again:?}"
        );
    }
    if let Ok(tree) = parse_type(&text) {
        let shown = tree.to_string();
        let again = parse_type(&shown);
        assert!(
            again.as_ref().is_ok_and(|again| *again == tree),
            "`{shown}` is not what was read: {again:?}"
        );
    }
}

const TABLES: &str = "
CREATE TABLE bid (ts TIMESTAMP(3), k STRING, v INT, r ROW<f INT, g ROW<h STRING>>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '/tmp/bid', 'format' = 'json');
CREATE TABLE t (a INT, b BIGINT, s STRING, d DECIMAL(10, 2), x DOUBLE, ts TIMESTAMP(3), p BOOLEAN)
  WITH ('connector' = 'filesystem', 'path' = '/tmp/t', 'format' = 'csv');
CREATE TABLE out2 (k STRING, c BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '/tmp/out', 'format' = 'csv');
CREATE TABLE printed (k STRING, c BIGINT) WITH ('connector' = 'print');
";

/// A session of its own for each mode, with the tables.
fn session(mode: &str) -> Session {
    let mut session = Session::new(Configuration::new());
    let script = format!(
        "SET 'table.local-time-zone' = 'UTC'; SET 'execution.runtime-mode' = '{mode}';{TABLES}"
    );
    for statement in parse_script(&script).into_iter().flatten() {
        let done = session.execute(&statement, &script);
        assert!(done.is_ok(), "the tables can be made: {:?}", done.err());
    }
    session
}

fn plan(bytes: &[u8]) {
    thread_local! {
        /// Sessions, made anew when a statement has changed them.
        static SESSIONS: RefCell<Vec<Session>> = const { RefCell::new(Vec::new()) };
    }
    let text = String::from_utf8_lossy(bytes);
    let Ok(statements) = parse_script(&text) else {
        return;
    };
    SESSIONS.with_borrow_mut(|sessions| {
        // A panic leaves the list empty, and the next input starts anew.
        let mut used = std::mem::take(sessions);
        if used.is_empty() {
            used = vec![session("streaming"), session("batch")];
        }
        let mut changed = false;
        for session in &mut used {
            for statement in &statements {
                use alpheus_sql_parser::ast::StatementKind::{
                    Describe, Explain, Insert, Query, Show,
                };
                changed |= !matches!(
                    statement.kind,
                    Query(_) | Insert(_) | Explain { .. } | Show(_) | Describe(_)
                );
                if let Err(error) = session.execute(statement, &text) {
                    error.render("fuzz", &text);
                }
            }
            session.take_warnings();
            session.complete(&text);
        }
        if !changed {
            *sessions = used;
        }
    });
}
