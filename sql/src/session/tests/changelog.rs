//! Which changes operators emit, and where updates cannot be trusted.

use alpheus_dataflow::graph::OperatorSpec;

use super::{error, new_session, rows};

const SINKS: &str = "
CREATE TABLE by_key (k STRING, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
CREATE TABLE by_count (k STRING, c BIGINT, PRIMARY KEY (c) NOT ENFORCED) WITH ('connector' = 'blackhole');
";

/// What EXPLAIN CHANGELOG_MODE adds.
fn modes(statement: &str) -> String {
    let text = rows(
        &mut new_session(),
        &format!("{SINKS} EXPLAIN CHANGELOG_MODE {statement}"),
    )
    .remove(0);
    let (_, tree) = text.split_once("== Optimized Physical Plan ==\n").unwrap();
    tree.to_owned()
}

#[test]
fn a_sink_with_the_querys_key_is_spared_update_before() {
    let count = "SELECT s, COUNT(*) FROM t GROUP BY s";
    assert_eq!(
        modes(&format!("INSERT INTO by_key {count}")),
        "Sink(table=[default_catalog.default_database.by_key], fields=[k, c], changelogMode=[NONE])
+- GroupAggregate(groupBy=[s], select=[COUNT(*)], changelogMode=[I,UA])
   +- Exchange(distribution=[hash[s]], changelogMode=[I])
      +- TableSourceScan(table=[default_catalog.default_database.t], fields=[s], changelogMode=[I])
"
    );
    let all = "GroupAggregate(groupBy=[s], select=[COUNT(*)], changelogMode=[I,UB,UA])";
    // Another key, and a client that shows every change.
    let tree = modes(&format!("INSERT INTO by_count {count}"));
    assert!(tree.contains(all), "{tree}");
    let tree = modes(count);
    assert!(tree.contains(all), "{tree}");
}

#[test]
fn a_filter_on_a_result_needs_update_before() {
    let tree = modes("INSERT INTO by_key SELECT s, COUNT(*) FROM t GROUP BY s HAVING COUNT(*) > 1");
    assert!(
        tree.contains("Calc(select=[s, $f1], where=[($f1 > 1)], changelogMode=[I,UB,UA])"),
        "{tree}"
    );
    let tree = modes(
        "INSERT INTO by_key SELECT * FROM (SELECT s, COUNT(*) FROM t GROUP BY s) AS g (s, c) WHERE s <> 'x'",
    );
    assert!(!tree.contains("UB"), "{tree}");
}

#[test]
fn an_aggregate_needs_update_before_and_deletes_groups() {
    let tree = modes(
        "INSERT INTO by_key SELECT CAST(c AS STRING), COUNT(*) FROM (SELECT s, COUNT(*) AS c FROM t GROUP BY s) GROUP BY c",
    );
    assert!(
        tree.contains("select=[COUNT(*)], changelogMode=[I,UA,D])"),
        "{tree}"
    );
    assert!(
        tree.contains("select=[COUNT(*)], changelogMode=[I,UB,UA])"),
        "{tree}"
    );
}

#[test]
fn a_shared_aggregate_emits_what_any_reader_needs() {
    let tree = modes(
        "STATEMENT SET BEGIN
           INSERT INTO by_key SELECT s, COUNT(*) FROM t GROUP BY s;
           INSERT INTO printed SELECT s, COUNT(*) FROM t GROUP BY s;
         END",
    );
    assert_eq!(
        tree.matches("changelogMode=[I,UB,UA])").count(),
        2,
        "{tree}"
    );
}

#[test]
fn changes_go_to_a_wider_sink_by_its_key() {
    let text = error(
        "CREATE TABLE wide (k STRING, c BIGINT) WITH ('connector' = 'print', 'sink.parallelism' = '3');
         INSERT INTO wide SELECT s, COUNT(*) FROM t GROUP BY s",
    );
    assert!(text.contains("it needs a PRIMARY KEY"), "{text}");
    let tree = rows(
        &mut new_session(),
        "CREATE TABLE wide (k STRING, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'print', 'sink.parallelism' = '3');
         EXPLAIN CHANGELOG_MODE FOR INSERT INTO wide SELECT s, COUNT(*) FROM t GROUP BY s",
    )
    .remove(0);
    assert!(
        tree.contains("+- Exchange(distribution=[hash[s]], changelogMode=[I,UB,UA])"),
        "{tree}"
    );
}

#[test]
fn a_value_of_the_clock_in_an_update_is_found() {
    let advice = |statement: &str| {
        rows(
            &mut new_session(),
            &format!("{SINKS} EXPLAIN PLAN_ADVICE {statement}"),
        )
        .remove(0)
    };
    let updated =
        "SELECT CAST(CURRENT_DATE AS STRING), c FROM (SELECT s, COUNT(*) AS c FROM t GROUP BY s)";
    let text = advice(&format!("INSERT INTO printed {updated}"));
    assert!(text.contains("[WARNING] column "), "{text}");
    assert!(text.contains("is computed by CURRENT_DATE"), "{text}");
    let error = error(&format!(
        "SET 'table.optimizer.non-deterministic-update.strategy' = 'TRY_RESOLVE'; INSERT INTO printed {updated}"
    ));
    assert!(error.contains("is computed by CURRENT_DATE"), "{error}");
    for fine in [
        // Each row comes once.
        "INSERT INTO printed SELECT CAST(CURRENT_DATE AS STRING), b FROM t",
        // Computed before the rows are updated.
        "INSERT INTO printed SELECT d, COUNT(*) FROM (SELECT CAST(CURRENT_DATE AS STRING) AS d FROM t) GROUP BY d",
        // Nobody finds rows by it.
        "INSERT INTO by_key SELECT s, c + EXTRACT(DAY FROM CURRENT_DATE) FROM (SELECT s, COUNT(*) AS c FROM t GROUP BY s)",
    ] {
        let text = advice(fine);
        assert!(text.ends_with("== Advice ==\nnone\n"), "{text}");
    }
}

#[test]
fn a_hint_says_how_long_state_is_kept() {
    let ttl = |select: &str| -> Vec<u64> {
        let graph = super::job(&format!("SET 'table.exec.state.ttl' = '9 ms'; {select}")).graph;
        let operators = graph.unwrap().vertices.into_iter().flat_map(|v| v.chain);
        let of = operators.map(|node| match node.spec {
            OperatorSpec::GroupAggregate { state_ttl_ms, .. } => vec![state_ttl_ms],
            OperatorSpec::Join(join) => vec![join.left.state_ttl_ms, join.right.state_ttl_ms],
            _ => Vec::new(),
        });
        of.flatten().collect()
    };
    let hint = "/*+ STATE_TTL('x' = '1 s') */";
    let group = "s, COUNT(*) FROM t AS x WHERE a > 1 GROUP BY s";
    assert_eq!(ttl(&format!("SELECT {group}")), [9]);
    assert_eq!(ttl(&format!("SELECT {hint} {group}")), [1_000]);
    let join = "x.s, y.s FROM t AS x JOIN t AS y ON x.a = y.b";
    assert_eq!(ttl(&format!("SELECT {hint} {join}")), [1_000, 9]);
    let both = "/*+ STATE_TTL('x' = '1 s', 'y' = '0 s') */";
    assert_eq!(ttl(&format!("SELECT {both} {join}")), [1_000, 0]);
    // The hint is for its own SELECT.
    let inner = "SELECT s, COUNT(*) AS c FROM t AS x GROUP BY s";
    assert_eq!(
        ttl(&format!(
            "SELECT /*+ STATE_TTL('g' = '1 s') */ c, COUNT(*) FROM ({inner}) AS g GROUP BY c"
        )),
        [9, 1_000]
    );
    let text = error(&format!("SELECT /*+ STATE_TTL('z' = '1 s') */ {group}"));
    assert!(text.contains("names 'z', which is no table"), "{text}");
    let text = error(&format!("SELECT /*+ STATE_TTL('x' = 'long') */ {group}"));
    assert!(text.contains("STATE_TTL of 'x' cannot be 'long'"), "{text}");
}

#[test]
fn a_sink_with_another_key_keeps_rows_apart() {
    let count = "SELECT s, COUNT(*) FROM t GROUP BY s";
    let tree = modes(&format!("INSERT INTO by_count {count}"));
    let expected =
        "Sink(table=[default_catalog.default_database.by_count], fields=[k, c], upsertMaterialize=[true], changelogMode=[NONE])
+- SinkMaterializer(primaryKey=[c], upsertKey=[k], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[$f1]], changelogMode=[I,UB,UA])
";
    assert!(tree.starts_with(expected), "{tree}");
    // One that contains the query's own does not need it, but is told what is replaced.
    let both = "CREATE TABLE by_both (k STRING, c BIGINT, PRIMARY KEY (k, c) NOT ENFORCED) WITH ('connector' = 'blackhole');";
    let explain = |set: &str, insert: &str| {
        let script = format!("{SINKS} {both} {set} EXPLAIN CHANGELOG_MODE INSERT INTO {insert}");
        rows(&mut new_session(), &script).remove(0)
    };
    let tree = explain("", &format!("by_both {count}"));
    assert!(
        !tree.contains("SinkMaterializer") && tree.contains("UB"),
        "{tree}"
    );
    let never = "SET 'table.exec.sink.upsert-materialize' = 'NONE';";
    let tree = explain(never, &format!("by_count {count}"));
    assert!(!tree.contains("SinkMaterializer"), "{tree}");
    let always = "SET 'table.exec.sink.upsert-materialize' = 'FORCE';";
    let tree = explain(always, "by_key SELECT s, b FROM t");
    assert!(
        tree.contains("SinkMaterializer(primaryKey=[k], upsertKey=[], changelogMode=[I,UA,D])"),
        "{tree}"
    );
    let tree = explain(always, &format!("printed {count}"));
    assert!(!tree.contains("SinkMaterializer"), "{tree}");
}

#[test]
fn changes_of_a_source_may_come_twice() {
    let table = "CREATE TABLE changes (id INT, k STRING, v BIGINT, PRIMARY KEY (id) NOT ENFORCED)
        WITH ('connector' = 'filesystem', 'path' = '/tmp/c', 'format' = 'debezium-json');";
    let explain = |set: &str| {
        let script =
            format!("{SINKS} {table} {set} EXPLAIN CHANGELOG_MODE SELECT k, v FROM changes");
        rows(&mut new_session(), &script).remove(0)
    };
    let tree = explain("");
    assert!(
        tree.contains("fields=[k, v], changelogMode=[I,UB,UA,D])") && !tree.contains("Normalize"),
        "{tree}"
    );
    let tree = explain("SET 'table.exec.source.cdc-events-duplicate' = 'true';");
    let expected = "+- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
      +- Exchange(distribution=[hash[id]], changelogMode=[I,UB,UA,D])
         +- TableSourceScan(table=[default_catalog.default_database.changes], fields=[id, k, v]";
    assert!(tree.contains(expected), "{tree}");
}

#[test]
fn set_operations_change_with_the_answer_only() {
    let tree = modes("SELECT s FROM t INTERSECT SELECT k FROM bid");
    assert!(
        tree.contains(
            "GroupAggregate(groupBy=[s], select=[MAX($left), MAX($right)], changelogMode=[I,UB,UA])"
        ),
        "{tree}"
    );
}
