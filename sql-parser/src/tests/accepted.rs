//! Statements that Flink takes.
use crate::parse_script;

/// Queries and statements of every kind, for acceptance.
pub(super) const QUERIES: &[&str] = &[
    "SELECT id, 'it''s' AS q, U&'\\00e9\\4e2d' AS un FROM t",
    "SELECT DISTINCT a, t.*, * FROM db.t AS t WHERE NOT (a > 0) OR b IS NOT NULL",
    "SELECT a FROM t1, t2 x (a, b), LATERAL TABLE(f(t1.a)) AS l(v)",
    "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' MINUTES, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    "SELECT * FROM TABLE(HOP(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '5' MINUTES, SIZE => INTERVAL '10' MINUTES))",
    "SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
    "SELECT * FROM SESSION(TABLE bid PARTITION BY (k, l) ORDER BY ts DESC, DESCRIPTOR(ts), INTERVAL '10' SECOND) AS s",
    "SELECT o.id, r.rate FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur",
    "SELECT /*+ BROADCAST(b), STATE_TTL('a' = '1d') */ a.x FROM a JOIN b /*+ OPTIONS('k'='v') */ USING (x)",
    "SELECT t.id, u.e FROM t CROSS JOIN UNNEST(t.a) WITH ORDINALITY AS u (e, o)",
    "SELECT * FROM a NATURAL FULL OUTER JOIN b INNER JOIN (c CROSS JOIN d) ON a.x = d.x",
    "SELECT v, SUM(v) OVER w AS s, LAG(v, 2, -1) OVER (PARTITION BY k ORDER BY ts) FROM o WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)",
    "SELECT SUM(v) OVER (ORDER BY ts ROWS 2 PRECEDING), SUM(v) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING) FROM o",
    "SELECT a, SUM(b) FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP (a, (b, c)), CUBE (a), (a, d), ()",
    "SELECT a FROM t ORDER BY a DESC NULLS LAST, b LIMIT 10 OFFSET 3 ROWS",
    "SELECT a FROM t OFFSET 3 ROWS FETCH NEXT 4 ROWS ONLY",
    "SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT (SELECT 4 ORDER BY 1 LIMIT 1)",
    "WITH x AS (SELECT 1 AS a), y (b) AS (VALUES 1, 2) SELECT * FROM x, y",
    "(VALUES (1, 'a'), (2, NULL)) UNION (SELECT 1, 'b') ORDER BY 1",
    "SELECT * FROM (VALUES ROW(1, 2), (3, 4)) AS v(a, b)",
    "SELECT k, (SELECT MAX(k) FROM b) AS mx FROM a WHERE k < ((SELECT AVG(k) FROM b) + 1) AND EXISTS (SELECT 1 FROM b)",
    "SELECT k FROM a WHERE k >= ALL (SELECT k FROM b) OR k > SOME (SELECT 1) OR k = ANY (1, 2)",
    "SELECT k FROM a WHERE (a, b) IN (SELECT 1, 2) AND c NOT IN (1, (SELECT 2)) AND c IN ((SELECT 1), 2)",
    "SELECT a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC 5 AND c + 1, a LIKE '%!%' ESCAPE '!', a NOT SIMILAR TO b || 'x' FROM t",
    "SELECT a IS NOT DISTINCT FROM b, a IS JSON, a IS NOT JSON OBJECT, (a = b) IS UNKNOWN, a + b IS NULL FROM t",
    "SELECT a + b * -c % d - (e - f) / 2, -(-1), NOT (NOT a), a = (NOT b), (a OR b) AND c FROM t",
    "SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END FROM t",
    "SELECT CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS ROW<x INT NOT NULL 'c', y MAP<STRING, ARRAY<INT>>>) FROM t",
    "SELECT EXTRACT(ISODOW FROM ts), TRIM(LEADING 'x' FROM s), TRIM(s), TRIM(BOTH FROM s), TRIM('x' FROM s) FROM t",
    "SELECT SUBSTRING(s FROM 2 FOR 3), SUBSTRING(s, 2), OVERLAY(s PLACING 'x' FROM 2 FOR 1), POSITION('a' IN s FROM 2) FROM t",
    "SELECT CEIL(ts TO MINUTE), FLOOR(x), TIMESTAMPADD(DAY, 1, ts), TIMESTAMPDIFF(SECOND, a, b) FROM t",
    "SELECT CURRENT_TIMESTAMP, LOCALTIME, PROCTIME(), LEFT(s, 2), YEAR(d), `year`, `select` FROM t",
    "SELECT COUNT(DISTINCT (a, b)), COUNT(DISTINCT a) FILTER (WHERE a > 1), LISTAGG(a) WITHIN GROUP (ORDER BY b DESC) FROM t",
    "SELECT FIRST_VALUE(a) IGNORE NULLS OVER w, f(x => 1, y => DEFAULT), db.f(a) FROM t",
    "SELECT ROW(a, 1), (a, b), ROW(a), ARRAY[1, 2], ARRAY[], MAP['a', 1], a[1]['k'].f.g, (a).b, f(x).y, (a, b) FROM t",
    "SELECT JSON_VALUE(j, '$.a' RETURNING INT NULL ON EMPTY DEFAULT 1 ON ERROR), JSON_EXISTS(j, '$' FALSE ON ERROR) FROM t",
    "SELECT JSON_QUERY(j, '$' RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY ERROR ON ERROR), JSON_STRING(j) FROM t",
    "SELECT JSON_OBJECT(KEY 'a' VALUE 1, 'b' VALUE JSON_ARRAY(1, NULL NULL ON NULL) ABSENT ON NULL), JSON_OBJECT(), JSON_ARRAY() FROM t",
    "SELECT JSON_OBJECTAGG(KEY k VALUE v ABSENT ON NULL), JSON_ARRAYAGG(v ORDER BY v NULL ON NULL) FILTER (WHERE v > 1) FROM t",
    "SELECT DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01 10:00:00', X'00ff', 1.5e3, .5, UNKNOWN",
    "SELECT INTERVAL '1 02:03' DAY(3) TO MINUTE, INTERVAL '10' SECOND(5, 3), INTERVAL -'1-2' YEAR TO MONTH, INTERVAL '1.5' MINUTE TO SECOND(3)",
    "SELECT (a, b) OVERLAPS (c, INTERVAL '1' HOUR) FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1",
    "SELECT k, a_p FROM ev MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.price AS a_p, FINAL LAST(B.price) AS l ONE ROW PER MATCH AFTER MATCH SKIP TO LAST B PATTERN (A B*? (C | D){2,3} {- E -} F? G+ H{,4}) WITHIN INTERVAL '1' HOUR SUBSET U = (A, B) DEFINE B AS B.price > PREV(A.price, 1)) AS m",
];

#[test]
fn queries_parse() {
    for query in QUERIES {
        let parsed = parse_script(query);
        assert!(
            parsed.is_ok(),
            "{}",
            parsed.unwrap_err().render("query", query)
        );
    }
}

#[test]
fn statements_parse() {
    let statements = [
        "CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (a INT NOT NULL COMMENT 'x', b AS a + 1 COMMENT 'y', \
         c TIMESTAMP(3) METADATA FROM 'ts' VIRTUAL, d STRING METADATA, WATERMARK FOR c AS c - INTERVAL '5' SECOND, \
         CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) COMMENT 't' DISTRIBUTED BY HASH(a) INTO 4 BUCKETS \
         PARTITIONED BY (d) WITH ('connector' = 'x') LIKE base (INCLUDING ALL OVERWRITING OPTIONS EXCLUDING WATERMARKS)",
        "CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED, b ROW<x INT, y STRING>) WITH ()",
        "CREATE TABLE t (WATERMARK FOR ts AS ts) LIKE base",
        "CREATE OR REPLACE TABLE t WITH ('a' = 'b') AS SELECT 1 AS x",
        "CREATE TABLE t (b, a) AS SELECT a, b FROM s",
        "CREATE TEMPORARY VIEW IF NOT EXISTS v (a, b) COMMENT 'c' AS SELECT 1, 2",
        "CREATE TEMPORARY SYSTEM FUNCTION f AS 'x.wasm' LANGUAGE WASM USING JAR 'a', JAR 'b'",
        "CREATE CATALOG c WITH ('type' = 'x'); CREATE DATABASE IF NOT EXISTS c.d COMMENT 'x' WITH ('a' = 'b')",
        "DROP TEMPORARY TABLE IF EXISTS t; DROP VIEW v; DROP DATABASE d CASCADE; DROP CATALOG c; DROP FUNCTION f",
        "ALTER VIEW v RENAME TO w; ALTER VIEW IF EXISTS v AS SELECT 1; ALTER DATABASE c.d SET ('a' = 'b')",
        "ALTER CATALOG c SET ('a' = 'b'); ALTER CATALOG c RESET ('a'); ALTER CATALOG c COMMENT 'x'",
        "DESCRIBE CATALOG c; DESC DATABASE EXTENDED c.d; DESCRIBE FUNCTION f; DESCRIBE t",
        "COMPILE AND EXECUTE PLAN 'p.json' IF NOT EXISTS FOR INSERT INTO t SELECT 1; EXECUTE PLAN 'p.json'",
        "ALTER TABLE t RENAME TO u; ALTER TABLE t RENAME a TO b; ALTER TABLE t SET ('a' = 'b'); ALTER TABLE t RESET ('a')",
        "ALTER TABLE t ADD (a INT FIRST, b STRING AFTER a, PRIMARY KEY (a) NOT ENFORCED); ALTER TABLE t DROP (a, b)",
        "ALTER TABLE IF EXISTS t MODIFY WATERMARK FOR ts AS ts; ALTER TABLE t DROP WATERMARK; ALTER TABLE t DROP a",
        "USE CATALOG c; USE c.d; SHOW TABLES FROM d NOT LIKE 'a%'; SHOW USER FUNCTIONS; SHOW CURRENT CATALOG",
        "SHOW CREATE TABLE t; SHOW COLUMNS FROM t LIKE 'a'; SHOW JOBS; SHOW FULL MODULES; DESCRIBE t; DESC a.b",
        "EXPLAIN SELECT 1; EXPLAIN PLAN FOR INSERT INTO t SELECT 1; EXPLAIN ESTIMATED_COST, CHANGELOG_MODE SELECT 1",
        "EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO u SELECT 2; END",
        "SET; SET 'a.b' = 'c'; SET execution.runtime-mode = batch; SET a = hdfs://x:1/y?z; SET a=; RESET; RESET 'a'; RESET a.b-c",
        "INSERT INTO t (a, b) SELECT 1, 2 FROM u JOIN v ON u.a = v.a ON CONFLICT DO DEDUPLICATE",
        "INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING",
        "INSERT INTO t SELECT a FROM u ON CONFLICT DO ERROR",
        "INSERT INTO t PARTITION (d = '1', e) (a, b) SELECT 1, 2; INSERT OVERWRITE t VALUES (1)",
        "INSERT INTO t /*+ OPTIONS('a'='b') */ (SELECT 1); INSERT INTO t (SELECT 1) UNION ALL SELECT 2",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO u SELECT 2; END;",
        "BEGIN STATEMENT SET; INSERT INTO t SELECT CASE WHEN a THEN 1 END FROM s; END;",
        "EXECUTE SELECT 1; EXECUTE INSERT INTO t SELECT 1; EXECUTE PLAN '/p.json'",
        "COMPILE PLAN '/p.json' IF NOT EXISTS FOR INSERT INTO t SELECT 1; STOP JOB 'x' WITH SAVEPOINT WITH DRAIN; CANCEL JOB 'x'",
        "",
        ";;",
        "-- nothing\n",
    ];
    for text in statements {
        let parsed = parse_script(text);
        assert!(
            parsed.is_ok(),
            "{}",
            parsed.unwrap_err().render("script", text)
        );
    }
}

#[test]
fn types_parse() {
    for text in [
        "CHAR(3)",
        "CHARACTER VARYING(5)",
        "VARCHAR",
        "STRING NOT NULL",
        "BINARY(2)",
        "VARBINARY(2)",
        "BYTES",
        "DEC(5)",
        "NUMERIC(5, 2)",
        "DOUBLE PRECISION",
        "TIME(0) WITHOUT TIME ZONE",
        "TIMESTAMP(3) WITH LOCAL TIME ZONE",
        "TIMESTAMP_LTZ(9) NULL",
        "INTERVAL DAY(2) TO SECOND(3)",
        "INTERVAL YEAR",
        "INT ARRAY",
        "INT NOT NULL MULTISET",
        "ARRAY<MAP<STRING, MULTISET<INT>>>",
        "ROW(a INT, `b c` ROW<>)",
        "VARIANT",
    ] {
        assert!(
            crate::parse_type(text).is_ok(),
            "{text}: {:?}",
            crate::parse_type(text)
        );
    }
}
