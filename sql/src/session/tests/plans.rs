//! What queries become.

use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::schema::RowType;

use super::{plan, result};

#[test]
fn projections_and_filters() {
    assert_eq!(
        plan("SELECT a + 1 AS n, s FROM t WHERE b = 3 AND s LIKE 'x%'"),
        "Project(select=[(a + 1) AS n, s])
+- Filter(where=[((b = 3) AND (s LIKE 'x%'))])
   +- TableSourceScan(table=[default_catalog.default_database.t], fields=[a, b, s], filters=[(b = 3)])
"
    );
}

#[test]
fn a_window_aggregate_is_recognized() {
    assert_eq!(
        plan(
            "SELECT k, window_start, COUNT(*) AS c, SUM(v) FILTER (WHERE v > 0) AS s
             FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
             WHERE k <> 'x' GROUP BY k, window_start, window_end HAVING COUNT(*) > 1"
        ),
        "Project(select=[k, window_start, $f3 AS c, $f4 AS s])
+- Filter(where=[($f3 > 1)])
   +- Project(select=[k, window_start, $f3, $f4])
      +- WindowAggregate(groupBy=[k], window=[TUMBLE(time_col=[ts], size=[1 min])], select=[COUNT(*), SUM(v) FILTER $f4])
         +- Project(select=[k, v, (v > 0) AS $f4, ts])
            +- Filter(where=[(k <> 'x')])
               +- WatermarkAssigner(rowtime=[ts], watermark=[(ts - INTERVAL '5 s')])
                  +- TableSourceScan(table=[default_catalog.default_database.bid], fields=[ts, k, v])
"
    );
}

#[test]
fn a_group_by_is_an_aggregate() {
    assert_eq!(
        plan("SELECT s, COUNT(*), SUM(a) FROM t GROUP BY s"),
        "Project(select=[s, $f1 AS EXPR$1, $f2 AS EXPR$2])
+- GroupAggregate(groupBy=[s], select=[COUNT(*), SUM(a)])
   +- Project(select=[s, a])
      +- TableSourceScan(table=[default_catalog.default_database.t], fields=[a, s])
"
    );
}

#[test]
fn names_and_types_of_results() {
    for (query, expected) in [
        (
            "SELECT a, a AS z, a + 1, t.s FROM t",
            "a INT, z INT, EXPR$2 INT, s STRING",
        ),
        ("SELECT a, a, a FROM t", "a INT, a0 INT, a1 INT"),
        ("SELECT * FROM out2", "k STRING, c BIGINT"),
        ("SELECT o.* FROM out2 AS o", "k STRING, c BIGINT"),
        (
            "SELECT r.f, bid.r.g.h, id FROM bid",
            "f INT, h STRING, id INT NOT NULL",
        ),
        (
            "SELECT default_catalog.default_database.t.a FROM t",
            "a INT",
        ),
        (
            "SELECT 1, 'ab', 1.50, NULL IS NULL",
            "EXPR$0 INT NOT NULL, EXPR$1 CHAR(2) NOT NULL, EXPR$2 DECIMAL(3, 2) NOT NULL, EXPR$3 BOOLEAN NOT NULL",
        ),
        (
            "SELECT x FROM (VALUES (1, 'a'), (NULL, 'bcd')) AS v(x, y)",
            "x INT",
        ),
        (
            "SELECT y FROM (VALUES (1, 'a'), (2, 'bcd')) AS v(x, y)",
            "y VARCHAR(3) NOT NULL",
        ),
        (
            "VALUES (1, 2.5), (2, 3)",
            "EXPR$0 INT NOT NULL, EXPR$1 DECIMAL(11, 1) NOT NULL",
        ),
        ("WITH w (n) AS (SELECT a FROM t) SELECT n FROM w", "n INT"),
        (
            "SELECT COUNT(*) AS c, SUM(a) AS s, AVG(d) AS m, MAX(s) AS x FROM t",
            "c BIGINT NOT NULL, s INT, m DECIMAL(38, 6), x STRING",
        ),
        ("SELECT SUM(id) AS s FROM bid GROUP BY k", "s INT NOT NULL"),
        (
            "SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END AS c, COALESCE(a, 0) AS d, CAST(a AS STRING) AS e FROM t",
            "c INT NOT NULL, d INT NOT NULL, e STRING",
        ),
        (
            "SELECT a / 2 AS h, d * d AS q, a > 1 AS g, NOT p AS n FROM t",
            "h INT, q DECIMAL(21, 4), g BOOLEAN, n BOOLEAN",
        ),
        ("SELECT a FROM t UNION ALL SELECT b FROM t", "a BIGINT"),
        ("SELECT a FROM t UNION SELECT id FROM bid", "a INT"),
        ("SELECT DISTINCT s FROM t", "s STRING"),
        (
            "SELECT ts + INTERVAL '1' DAY AS n, EXTRACT(DAY FROM ts) AS d, PROCTIME() AS p FROM t",
            "n TIMESTAMP(3), d BIGINT, p TIMESTAMP_LTZ(3) NOT NULL",
        ),
        (
            "SELECT ARRAY[1, 2][1] AS e, MAP['k', a]['k'] AS m, ROW(a, s) AS r FROM t",
            "e INT, m INT, r ROW<`EXPR$0` INT, `EXPR$1` STRING> NOT NULL",
        ),
        (
            "SELECT a BETWEEN 1 AND 2 AS b, a IN (1, 2) AS i, s NOT LIKE 'x' AS l, a IS DISTINCT FROM b AS d FROM t",
            "b BOOLEAN, i BOOLEAN, l BOOLEAN, d BOOLEAN NOT NULL",
        ),
        (
            "SELECT a + 1 AS g, COUNT(*) FROM t GROUP BY a + 1",
            "g INT, EXPR$1 BIGINT NOT NULL",
        ),
        (
            "SELECT window_start, window_end, window_time, k FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
            "window_start TIMESTAMP(3) NOT NULL, window_end TIMESTAMP(3) NOT NULL, window_time TIMESTAMP(3) NOT NULL, k STRING",
        ),
    ] {
        assert_eq!(result(query), expected, "{query}");
    }
}

#[test]
fn constants_are_computed() {
    let scan = "TableSourceScan(table=[default_catalog.default_database.t], fields=[a]";
    assert_eq!(
        plan("SELECT a FROM t WHERE 1 = 0 AND a > 2 * 3"),
        format!("Filter(where=[FALSE])\n+- {scan})\n")
    );
    assert_eq!(
        plan("SELECT a FROM t WHERE a > 2 * 3"),
        format!("Filter(where=[(a > 6)])\n+- {scan}, filters=[(a > 6)])\n")
    );
    assert_eq!(
        plan("SELECT 1 + 1 AS two"),
        "Project(select=[2 AS two])\n+- Values(tuples=[()])\n"
    );
    assert_eq!(
        plan("SELECT x FROM (VALUES (1 + 1, 'a'), (NULL, 'b')) AS v(x, y)"),
        "Project(select=[EXPR$0 AS x])\n+- Values(tuples=[(2), (NULL)])\n"
    );
}

#[test]
fn windows_of_all_kinds() {
    for (call, expected) in [
        (
            "HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '3' MINUTE)",
            "HOP(time_col=[ts], size=[3 min], slide=[1 min])",
        ),
        (
            "CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '1' DAY, INTERVAL '8' HOUR)",
            "CUMULATE(time_col=[ts], max_size=[1 d], step=[1 h], offset=[8 h])",
        ),
        (
            "TUMBLE(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND, `OFFSET` => INTERVAL -'2' SECOND)",
            "TUMBLE(time_col=[ts], size=[10 s], offset=[-2 s])",
        ),
        (
            "SESSION(TABLE bid PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
            "SESSION(time_col=[ts], gap=[10 s])",
        ),
    ] {
        let plan = plan(&format!(
            "SELECT k, COUNT(*) FROM TABLE({call}) GROUP BY k, window_start, window_end"
        ));
        assert!(plan.contains("WindowAggregate(groupBy=[k]"), "{plan}");
        assert!(plan.contains(expected), "{plan}");
    }
}

#[test]
fn a_window_without_aggregate_stays_a_function() {
    let plan = plan(
        "SELECT id, window_end FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '6' MINUTES)) WHERE id <= 4",
    );
    assert!(plan.contains("WindowTableFunction(window=[HOP"), "{plan}");
    assert!(
        plan.contains("WatermarkAssigner(rowtime=[ts], watermark=[(ts - INTERVAL '5 s')])"),
        "{plan}"
    );
}

#[test]
fn windows_of_windows() {
    let plan = plan(
        "SELECT window_start, window_end, SUM(c) FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(rt), INTERVAL '1' HOUR))
         GROUP BY window_start, window_end".replace("TABLE w,", "(SELECT window_time AS rt, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time),").as_str()
    );
    assert_eq!(plan.matches("WindowAggregate(").count(), 2, "{plan}");
}

#[test]
fn json_clauses_are_bound() {
    let document = r#"{"a":1,"b":{"c":"x"}}"#;
    let shown = |call: &str| {
        let plan = plan(&format!(
            "SELECT {} AS v FROM t",
            call.replace("DOC", document)
        ));
        let (value, _) = plan.split_once(" AS v]").unwrap_or((&plan, ""));
        value.trim_start_matches("Project(select=[").to_string()
    };
    for (call, expected) in [
        ("JSON_EXISTS('DOC', '$.x' TRUE ON ERROR)", "TRUE"),
        (
            "JSON_VALUE('DOC', 'lax $.x' RETURNING INTEGER DEFAULT 7 ON EMPTY)",
            "7",
        ),
        (
            "JSON_VALUE('DOC', '$.x' RETURNING INTEGER NULL ON EMPTY DEFAULT 5 ON ERROR)",
            "5",
        ),
        ("JSON_VALUE('DOC', '$.x' DEFAULT 'err' ON ERROR)", "'err'"),
        ("JSON_QUERY('DOC', '$.a' WITH WRAPPER)", "'[1]'"),
        (
            "JSON_QUERY('DOC', '$.b' WITH CONDITIONAL WRAPPER)",
            r#"'[{"c":"x"}]'"#,
        ),
        (
            "JSON_QUERY('DOC', '$.a' EMPTY ARRAY ON EMPTY EMPTY OBJECT ON ERROR)",
            "'{}'",
        ),
        (
            "JSON_OBJECT('a' VALUE CAST(NULL AS INT), 'b' VALUE 2 ABSENT ON NULL)",
            r#"'{"b":2}'"#,
        ),
        (
            "JSON_OBJECT('a' VALUE JSON_OBJECT('z' VALUE 1, 'c' VALUE JSON_ARRAY(1, 'x')))",
            r#"JSON_OBJECT('a', JSON(JSON_OBJECT('z', 1, 'c', JSON('[1,"x"]'))))"#,
        ),
        (
            "JSON_OBJECT('k' VALUE JSON('DOC'))",
            r#"JSON_OBJECT('k', JSON('{"a":1,"b":{"c":"x"}}'))"#,
        ),
        (
            "JSON_ARRAY(1, CAST(NULL AS INT), '[]' NULL ON NULL)",
            r#"'[1,null,"[]"]'"#,
        ),
        ("'DOC' IS JSON OBJECT", "TRUE"),
        ("'DOC' IS JSON ARRAY", "FALSE"),
        ("'DOC' IS NOT JSON SCALAR", "TRUE"),
        ("'DOC' IS NOT JSON", "FALSE"),
    ] {
        assert_eq!(shown(call), expected, "{call}");
    }
    let types = "JSON_VALUE(s, '$.a' RETURNING DOUBLE) AS v, \
                 JSON_QUERY(s, '$' RETURNING ARRAY<STRING>) AS q, JSON_OBJECT('a' VALUE s) AS o";
    assert_eq!(
        result(&format!("SELECT {types} FROM t")),
        "v DOUBLE, q ARRAY<STRING>, o STRING NOT NULL"
    );
}

#[test]
fn distinct_aggregates_are_split_where_asked_for() {
    let split = "SET 'table.optimizer.distinct-agg.split.enabled' = 'true';
        SET 'table.optimizer.distinct-agg.split.bucket-num' = '16';";
    assert_eq!(
        plan(&format!(
            "{split} SELECT k, COUNT(DISTINCT v), MAX(id) FROM bid GROUP BY k"
        )),
        "Project(select=[k, $f1 AS EXPR$1, $f2 AS EXPR$2])
+- GroupAggregate(groupBy=[k], select=[SUM($f1), MAX($f2)])
   +- GroupAggregate(groupBy=[k, $bucket], select=[COUNT(DISTINCT v), MAX(id)])
      +- Project(select=[k, v, id, (HASH_CODE(v) % 16) AS $bucket])
         +- WatermarkAssigner(rowtime=[ts], watermark=[(ts - INTERVAL '5 s')])
            +- TableSourceScan(table=[default_catalog.default_database.bid], fields=[ts, k, v, id])
"
    );
    for parts in [
        "SELECT k, COUNT(DISTINCT v), COUNT(DISTINCT id) FILTER (WHERE v > 1) FROM bid GROUP BY k",
        "SELECT k, COUNT(DISTINCT v), AVG(id) FROM bid GROUP BY k",
        "SELECT AVG(DISTINCT v) FROM bid",
    ] {
        let plan = plan(&format!("{split} {parts}"));
        assert!(plan.contains("$bucket], select="), "{plan}");
    }
    for whole in [
        "SELECT k, COUNT(DISTINCT k), COUNT(DISTINCT v) FROM bid GROUP BY k",
        "SELECT k, COUNT(DISTINCT v), FIRST_VALUE(id) FROM bid GROUP BY k",
        "SELECT k, COUNT(*) FROM bid GROUP BY k",
    ] {
        let plan = plan(&format!("{split} {whole}"));
        assert!(!plan.contains("$bucket"), "{plan}");
    }
}

#[test]
fn fields_of_rows_that_nobody_reads_are_left_out() {
    let tables = "CREATE TABLE events (event_type INT, person ROW<id BIGINT, name STRING, city STRING>,
           bid ROW<auction BIGINT, price BIGINT, url STRING, `dateTime` TIMESTAMP(3)>,
           ts AS bid.`dateTime`, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'nexmark');
         CREATE VIEW bids AS SELECT bid.price AS price, bid.url AS url, ts FROM events WHERE event_type = 2;";
    let scanned = |query: &str| {
        let job = super::job(&format!("{tables} {query}"));
        let graph = job.graph.unwrap();
        let nodes = graph.vertices.iter().flat_map(|vertex| &vertex.chain);
        let tables = nodes.filter_map(|node| match &node.spec {
            OperatorSpec::Source {
                table, projection, ..
            } => Some((table.schema.clone(), projection.clone())),
            _ => None,
        });
        let text = tables.map(|(schema, projection)| {
            let fields = projection
                .iter()
                .map(|&column| schema.fields[column].clone());
            super::columns(&RowType::new(fields.collect()))
        });
        text.collect::<Vec<_>>()
    };
    let time = "`dateTime` TIMESTAMP(3)";
    assert_eq!(
        scanned("SELECT price FROM bids WHERE price > 5"),
        [format!("event_type INT, bid ROW<`price` BIGINT, {time}>")]
    );
    // Every scan of the table has what one of them needs, so that there is one source.
    assert_eq!(
        scanned(
            "SELECT b.url FROM bids AS b JOIN (SELECT person.id AS id, event_type FROM events) AS p ON b.price = p.id"
        ),
        [format!(
            "event_type INT, person ROW<`id` BIGINT>, bid ROW<`price` BIGINT, `url` STRING, {time}>"
        )]
    );
    // Read in another way than by its fields.
    assert_eq!(
        scanned("SELECT bid FROM events WHERE bid.price > 1"),
        [format!(
            "bid ROW<`auction` BIGINT, `price` BIGINT, `url` STRING, {time}>"
        )]
    );
    assert_eq!(
        plan(&format!("{tables} SELECT url FROM bids")),
        "Project(select=[ROW_FIELD(bid, 0) AS url])
+- Filter(where=[(event_type = 2)])
   +- WatermarkAssigner(rowtime=[ts], watermark=[(ts - INTERVAL '1 s')])
      +- Project(select=[event_type, bid, ROW_FIELD(bid, 1) AS ts])
         +- TableSourceScan(table=[default_catalog.default_database.events], fields=[event_type, bid])
"
    );
    // A connector that has to find all fields.
    assert_eq!(
        scanned("SELECT bid.r.f FROM bid"),
        ["ts TIMESTAMP(3), r ROW<`f` INT, `g` ROW<`h` STRING>>"]
    );
}
