//! What statements become as jobs: targets, modes, graphs.

use alpheus_dataflow::ChangelogMode;
use alpheus_dataflow::graph::{OperatorSpec, Partitioning};

use super::{error, job, job_in, new_session, rows, run};
use crate::session::JobMode;

const TUMBLE: &str = "SELECT k, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end";

#[test]
fn a_window_aggregate_may_be_written_to_files() {
    let job = job(&format!(
        "SET 'parallelism.default' = '2'; INSERT INTO out2 {TUMBLE}"
    ));
    let graph = job.graph.unwrap();
    let operators: Vec<_> = graph.vertices.iter().flat_map(|v| &v.chain).collect();
    assert!(
        operators
            .iter()
            .all(|node| node.changelog == ChangelogMode::InsertOnly)
    );
    assert!(
        operators
            .iter()
            .any(|node| matches!(node.spec, OperatorSpec::WindowAggregate { .. }))
    );
    assert!(
        graph
            .edges
            .iter()
            .any(|edge| matches!(edge.partitioning, Partitioning::Hash { .. }))
    );
    assert_eq!(graph.required_slots(), 2);
    assert_eq!(
        job.name,
        "insert-into_default_catalog.default_database.out2"
    );
    assert!(job.result.is_none());
}

#[test]
fn an_unbounded_group_by_is_a_changelog() {
    let job = job("INSERT INTO printed SELECT s, COUNT(*) FROM t GROUP BY s");
    let graph = job.graph.unwrap();
    let last = graph.vertices.last().unwrap().chain.last().unwrap();
    assert!(matches!(
        last.spec,
        OperatorSpec::Sink {
            input: ChangelogMode::RetractWithoutDelete,
            ..
        }
    ));
}

#[test]
fn a_statement_set_shares_its_source() {
    let job = job(&format!(
        "EXECUTE STATEMENT SET BEGIN
           INSERT INTO out2 {TUMBLE};
           INSERT INTO printed SELECT k, CAST(SUM(v) AS BIGINT) FROM bid GROUP BY k;
         END"
    ));
    let graph = job.graph.unwrap();
    let is_source = |spec: &OperatorSpec| matches!(spec, OperatorSpec::Source { .. });
    let operators = graph.vertices.iter().flat_map(|v| &v.chain);
    assert_eq!(operators.filter(|node| is_source(&node.spec)).count(), 1);
    assert_eq!(job.outputs.len(), 2);
}

#[test]
fn another_insert_leaves_the_ids_of_the_first() {
    let ids = |script: &str| -> Vec<_> {
        let graph = job(script).graph.unwrap();
        graph
            .vertices
            .iter()
            .flat_map(|v| &v.chain)
            .map(|node| node.id)
            .collect()
    };
    let insert = "INSERT INTO printed SELECT k, COUNT(*) FROM bid GROUP BY k;";
    let alone = ids(&format!("EXECUTE STATEMENT SET BEGIN {insert} END"));
    let both = ids(&format!(
        "EXECUTE STATEMENT SET BEGIN {insert} INSERT INTO printed SELECT k, SUM(id) FROM bid GROUP BY k; END"
    ));
    // The source reads one column more, so all that follows from it differs; but a second run is the same.
    assert_eq!(
        both,
        ids(&format!(
            "EXECUTE STATEMENT SET BEGIN {insert} INSERT INTO printed SELECT k, SUM(id) FROM bid GROUP BY k; END"
        ))
    );
    assert_eq!(alone, ids(insert));
}

#[test]
fn columns_are_brought_into_place() {
    let plan = job("INSERT INTO printed (c, k) SELECT a, s FROM t").outputs[0]
        .query
        .to_string();
    assert!(
        plan.contains("Project(select=[s AS k, CAST(a AS BIGINT) AS c])"),
        "{plan}"
    );
    let plan = job("INSERT INTO printed (k) SELECT s FROM t").outputs[0]
        .query
        .to_string();
    assert!(plan.contains("NULL AS c"), "{plan}");
    let plan = job("INSERT INTO printed VALUES ('a', 1), ('bc', NULL)").outputs[0]
        .query
        .to_string();
    assert!(plan.contains("Values("), "{plan}");
}

#[test]
fn null_rows_are_dropped_on_request() {
    let table = "CREATE TABLE strict (k STRING NOT NULL) WITH ('connector' = 'print');";
    let plan = job(&format!(
        "{table} SET 'table.exec.sink.not-null-enforcer' = 'DROP'; INSERT INTO strict SELECT s FROM t"
    ));
    assert!(
        plan.outputs[0]
            .query
            .to_string()
            .contains("(k IS NOT NULL)")
    );
    let error = error(
        "CREATE TABLE two (a INT NOT NULL, b INT) WITH ('connector' = 'print'); INSERT INTO two (b) SELECT a FROM t",
    );
    assert!(error.contains("column 'a' has no default value"), "{error}");
}

#[test]
fn static_partitions_are_constants() {
    let table = "CREATE TABLE p (v INT, dt STRING, h INT) PARTITIONED BY (dt, h) WITH ('connector' = 'filesystem', 'path' = '/p', 'format' = 'csv');";
    let job = job(&format!(
        "{table} INSERT INTO p PARTITION (dt = '2024-01-01', h = 3) SELECT a FROM t"
    ));
    let crate::rel::Target::Table {
        static_partition, ..
    } = &job.outputs[0].target
    else {
        panic!("no table");
    };
    assert_eq!(static_partition["dt"], "2024-01-01");
    assert_eq!(static_partition["h"], "3");
    let plan = job.outputs[0].query.to_string();
    assert!(plan.contains("'2024-01-01' AS dt, 3 AS h"), "{plan}");
}

#[test]
fn batch_mode_sorts_and_limits() {
    let session = &mut new_session();
    run(session, "SET 'execution.runtime-mode' = 'batch'").unwrap();
    let job = job_in(
        session,
        "SELECT s, SUM(a) AS n FROM t GROUP BY s ORDER BY n DESC, MAX(b), 1 LIMIT 5 OFFSET 2",
    );
    assert_eq!(job.mode, JobMode::Batch);
    assert!(job.graph.is_none());
    let plan = job.outputs[0].query.to_string();
    assert!(plan.contains("Sort(orderBy=[n DESC NULLS LAST, $sort0 ASC NULLS FIRST, s ASC NULLS FIRST], offset=[2], fetch=[5])"), "{plan}");
    assert_eq!(super::columns(&job.result.unwrap()), "s STRING, n INT");
    // Any timestamp will do for a window, and watermarks are nothing.
    let job = job_in(
        session,
        "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end",
    );
    assert!(job.outputs[0].query.to_string().contains("WindowAggregate"));
    assert!(
        !job_in(session, "SELECT * FROM bid").outputs[0]
            .query
            .to_string()
            .contains("Watermark")
    );
}

#[test]
fn automatic_is_batch_when_everything_ends() {
    let session = &mut new_session();
    run(session, "SET 'execution.runtime-mode' = 'automatic'").unwrap();
    assert_eq!(
        job_in(session, "SELECT a FROM t ORDER BY a").mode,
        JobMode::Batch
    );
    assert_eq!(job_in(session, "SELECT 1").mode, JobMode::Batch);
    let watched = "SELECT a FROM t /*+ OPTIONS('source.monitor-interval' = '1 s') */";
    assert_eq!(job_in(session, watched).mode, JobMode::Streaming);
    let text = error(&format!(
        "SET 'execution.runtime-mode' = 'batch'; {watched}"
    ));
    assert!(text.contains("never ends"), "{text}");
}

#[test]
fn explain_shows_plan_and_operators() {
    let text = rows(
        &mut new_session(),
        &format!("EXPLAIN INSERT INTO out2 {TUMBLE}"),
    )
    .remove(0);
    for part in [
        "== Optimized Logical Plan ==",
        "WindowAggregate(groupBy=[k]",
        "== Operators ==",
        "state: one row a key and slice of time",
        "changelog [I]",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn what_gives_two_values_is_computed_once() {
    let job = job("SELECT r FROM (SELECT RAND() AS r FROM t) WHERE r > 0.5");
    let graph = job.graph.unwrap();
    let operators: Vec<_> = graph.vertices.iter().flat_map(|v| &v.chain).collect();
    let mut calls = 0;
    for node in &operators {
        if let OperatorSpec::Calc { filter, projection } = &node.spec {
            for expr in projection.iter().chain(filter) {
                expr.visit(&mut |expr| {
                    calls += usize::from(matches!(expr, alpheus_dataflow::Expr::Call { function, .. } if function == "RAND"));
                });
            }
        }
    }
    assert_eq!(calls, 1, "{operators:#?}");
}

#[test]
fn a_filter_and_a_projection_are_one_operator() {
    let graph = job("SELECT a + 1 FROM t WHERE b > 2 AND s <> 'x'")
        .graph
        .unwrap();
    let names: Vec<&str> = graph.vertices.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["Source: t[1] -> Calc[2] -> Collect[3]"]);
}

#[test]
fn a_union_feeds_one_sink_from_all_sides() {
    let graph = job("INSERT INTO out2 SELECT s, b FROM t UNION ALL SELECT k, c FROM (VALUES ('x', 1)) AS v(k, c)").graph.unwrap();
    let sink = graph.vertices.last().unwrap();
    assert_eq!(graph.inputs_of(sink.id).count(), 2);
}

#[test]
fn secrets_stay_out_of_the_graph() {
    let session = &mut new_session();
    let script = "SET 'flink.hadoop.ssl.server.keystore.password' = 'hidden'; SELECT 1";
    let graph = job_in(session, script).graph.unwrap();
    assert!(!graph.configuration.values().any(|value| value == "hidden"));
    let graph = job_in(session, "SET 'table.exec.state.ttl' = '1 h'; SELECT 1")
        .graph
        .unwrap();
    assert_eq!(graph.configuration["table.exec.state.ttl"], "1 h");
}

#[test]
fn an_aggregate_has_two_phases_where_that_pays() {
    let names = |settings: &str, query: &str| -> String {
        let script = format!("SET 'parallelism.default' = '2'; {settings} {query}");
        let graph = job(&script).graph.unwrap();
        let operators = graph.vertices.iter().flat_map(|v| &v.chain);
        let names: Vec<&str> = operators.map(|node| node.name.as_str()).collect();
        names.join(" ")
    };
    let grouped = "SELECT s, COUNT(*) FROM t GROUP BY s";
    let updated = "SELECT c, COUNT(*) FROM (SELECT s, COUNT(*) AS c FROM t GROUP BY s) GROUP BY c";
    let batch =
        "SET 'table.exec.mini-batch.enabled' = 'true'; SET 'table.exec.mini-batch.size' = '9';
                 SET 'table.exec.mini-batch.allow-latency' = '1 s';";
    let one = "SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';";
    let two = "SET 'table.optimizer.agg-phase-strategy' = 'TWO_PHASE';";
    assert!(!names("", grouped).contains("Local"));
    assert!(names(batch, grouped).contains("LocalGroupAggregate[2] GlobalGroupAggregate[3]"));
    assert!(!names(&format!("{batch}{one}"), grouped).contains("Local"));
    // What is taken back may have been added in another batch.
    assert_eq!(names(batch, updated).matches("Local").count(), 1);
    assert!(!names("", TUMBLE).contains("Local"));
    assert!(names(two, TUMBLE).contains("LocalWindowAggregate"));
    let global = TUMBLE
        .replace("k, COUNT", "COUNT")
        .replace("GROUP BY k, ", "GROUP BY ");
    assert!(names("", &global).contains("LocalWindowAggregate"));
}

#[test]
fn rows_that_are_where_they_belong_are_passed_straight_on() {
    // Whether the operator behind shares a task with the one before.
    let together = |query: &str, names: [&str; 2]| {
        let script = format!(
            "SET 'parallelism.default' = '2'; CREATE TABLE nothing (a BIGINT, b BIGINT) WITH ('connector' = 'blackhole');
             INSERT INTO nothing {query}"
        );
        let graph = job(&script).graph.unwrap();
        graph.validate().unwrap();
        let mut vertices = graph.vertices.iter();
        vertices.any(|vertex| names.iter().all(|name| vertex.name.contains(name)))
    };
    let top = |rows: &str, key: &str| {
        format!(
            "SELECT a, b FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY b DESC) AS n FROM ({rows}))
             WHERE n <= 1"
        )
    };
    let join = |kind: &str, columns: &str| {
        format!("SELECT {columns} FROM t AS l {kind} JOIN t AS r ON l.a = r.a AND l.s = r.s")
    };
    let behind_join = ["Join", "Rank"];
    for (query, expected) in [
        (top(&join("INNER", "l.a, r.b, l.s"), "a, s"), true),
        (top(&join("INNER", "l.b, r.a, r.s"), "a, s"), true),
        (top(&join("LEFT", "l.a, r.b, l.s"), "a, s"), true),
        // Hashed in another order, by fewer or more columns, or by some that may be NULL without a partner.
        (top(&join("INNER", "l.a, r.b, l.s"), "s, a"), false),
        (top(&join("INNER", "l.a, r.b, l.s"), "a"), false),
        (top(&join("INNER", "l.a, r.b, l.s, l.x"), "a, s, x"), false),
        (top(&join("LEFT", "l.b, r.a, r.s"), "a, s"), false),
        (top(&join("FULL", "l.a, r.b, l.s"), "a, s"), false),
        (top(&join("INNER", "l.a + 1 AS a, r.b, l.s"), "a, s"), false),
    ] {
        assert_eq!(together(&query, behind_join), expected, "{query}");
    }
    let counted = "SELECT a, COUNT(*) AS b FROM t GROUP BY a";
    let behind_counts = ["GroupAggregate", "Rank"];
    assert!(together(&top(counted, "a"), behind_counts));
    // A union of such rows is no task of its own.
    let two = format!("{counted} UNION ALL SELECT a, SUM(b) FROM t GROUP BY a");
    assert!(!together(&top(&two, "a"), behind_counts));
}

#[test]
fn a_join_knows_what_a_top_n_behind_it_shows() {
    let wanted = |query: &str| {
        let script = format!(
            "CREATE TABLE nothing (a BIGINT, b BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO nothing {query}"
        );
        let graph = job(&script).graph.unwrap();
        let mut operators = graph.vertices.into_iter().flat_map(|vertex| vertex.chain);
        operators
            .find_map(|node| match node.spec {
                OperatorSpec::Join(join) => Some(join.top_of_batch),
                _ => None,
            })
            .unwrap()
    };
    let top = |rows: &str| {
        format!(
            "SELECT a, b FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) AS n FROM ({rows}))
             WHERE n <= 3"
        )
    };
    let join = |kind: &str| format!("SELECT l.a, r.b FROM t AS l {kind} JOIN t AS r ON l.a = r.a");
    let of_inner = wanted(&top(&join("INNER"))).unwrap();
    assert_eq!((of_inner.partition, of_inner.rows), (vec![0], 3));
    // The join has columns a and b of both sides, of which some are projected away.
    assert_eq!(of_inner.order[0].column, 3);
    // A row that comes alone may be taken back, and what is not ranked is shown.
    assert_eq!(wanted(&top(&join("LEFT"))), None);
    assert_eq!(wanted(&join("INNER")), None);
}
