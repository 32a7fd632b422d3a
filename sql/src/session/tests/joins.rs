//! What joins and sub-queries become.

use super::{error, new_session, plan, result, rows};

const BID: &str = "default_catalog.default_database.bid";

/// The first line of the plan that begins with `Join` or the like, without its indentation.
fn join_of(script: &str) -> String {
    let plan = plan(script);
    let line = plan.lines().find(|line| line.contains("joinType="));
    line.map_or(plan.clone(), |line| {
        line.trim_start_matches([' ', '+', '-']).to_owned()
    })
}

#[test]
fn equalities_are_keys_and_filters_go_below() {
    assert_eq!(
        plan("SELECT t.a, o.c FROM t JOIN out2 AS o ON t.s = o.k AND t.a > 1 WHERE o.c < 5 AND t.b < o.c"),
        "Project(select=[a, c])
+- Join(joinType=[InnerJoin], where=[((s = k) AND (b < c))])
   +- Filter(where=[(a > 1)])
      +- TableSourceScan(table=[default_catalog.default_database.t], fields=[a, b, s], filters=[(a > 1)])
   +- Filter(where=[(c < 5)])
      +- TableSourceScan(table=[default_catalog.default_database.out2], fields=[k, c], filters=[(c < 5)])
"
    );
}

#[test]
fn outer_joins_keep_their_filters() {
    for (script, expected) in [
        (
            "SELECT t.a FROM t LEFT JOIN out2 o ON t.s = o.k AND t.a > 1",
            "Join(joinType=[LeftOuterJoin], where=[((s = k) AND (a > 1))])",
        ),
        (
            "SELECT t.a FROM t LEFT JOIN out2 o ON t.s = o.k WHERE o.c > 1",
            "Join(joinType=[InnerJoin], where=[(s = k)])",
        ),
        (
            "SELECT t.a FROM t FULL JOIN out2 o ON t.s = o.k WHERE t.a > 1",
            "Join(joinType=[LeftOuterJoin], where=[(s = k)])",
        ),
        (
            "SELECT t.a FROM t LEFT JOIN out2 o ON t.s = o.k WHERE o.c IS NULL",
            "Join(joinType=[LeftOuterJoin], where=[(s = k)])",
        ),
        (
            "SELECT t.a FROM t JOIN out2 o ON t.b + 1 = o.c",
            "Join(joinType=[InnerJoin], where=[($f7 = c)])",
        ),
        (
            "SELECT t.a FROM t, out2 o WHERE t.s IS NOT DISTINCT FROM o.k",
            "Join(joinType=[InnerJoin], where=[(s IS NOT DISTINCT FROM k)])",
        ),
        (
            "SELECT t.a FROM t WHERE t.s NOT IN (SELECT k FROM out2)",
            "Join(joinType=[LeftAntiJoin], where=[((s = k) OR ((s = k) IS NULL))])",
        ),
        (
            "SELECT t.a FROM t WHERE EXISTS (SELECT 1 FROM out2 o WHERE o.k = t.s AND o.c > t.b AND o.c > 3)",
            "Join(joinType=[LeftSemiJoin], where=[((s = k) AND (c > b))])",
        ),
    ] {
        assert_eq!(join_of(script), expected, "{script}");
    }
}

#[test]
fn time_decides_how_a_stream_joins() {
    let minute = "INTERVAL '1' MINUTE";
    let window = format!("(SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), {minute})))");
    let hop = format!("(SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), {minute}, {minute})))");
    let same = "l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k";
    for (script, expected) in [
        (
            format!(
                "SELECT l.id FROM bid l JOIN bid r ON l.k = r.k AND l.ts BETWEEN r.ts - {minute} AND r.ts"
            ),
            "IntervalJoin(joinType=[InnerJoin], windowBounds=[isRowTime=true, leftLowerBound=-60000, leftUpperBound=0,",
        ),
        (
            format!(
                "SELECT l.id FROM bid l, bid r WHERE l.k = r.k AND l.ts + {minute} > r.ts AND l.ts < r.ts"
            ),
            "IntervalJoin(joinType=[InnerJoin], windowBounds=[isRowTime=true, leftLowerBound=-59999, leftUpperBound=-1,",
        ),
        (
            format!("SELECT l.id FROM bid l JOIN bid r ON l.k = r.k AND l.ts > r.ts - {minute}"),
            "Join(joinType=[InnerJoin], where",
        ),
        (
            format!("SELECT l.id FROM {window} l FULL JOIN {window} r ON {same}"),
            "WindowJoin(joinType=[FullOuterJoin], windowEnd=[window_end = window_end]",
        ),
        (
            format!("SELECT l.id FROM {window} l JOIN {hop} r ON {same}"),
            "Join(joinType=[InnerJoin], where",
        ),
        (
            format!("SELECT l.id FROM {window} l JOIN {window} r ON l.window_end = r.window_end"),
            "Join(joinType=[InnerJoin], where",
        ),
    ] {
        let join = join_of(&script);
        assert!(join.starts_with(expected), "{script}: {join}");
    }
}

#[test]
fn event_time_survives_an_interval_join_alone() {
    let windowed = |join: &str| {
        format!(
            "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE (SELECT l.ts FROM bid l JOIN bid r ON {join}), DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end"
        )
        .replace("TABLE (SELECT", "(SELECT")
    };
    plan(&windowed(
        "l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '1' MINUTE",
    ));
    let complaint = error(&windowed("l.k = r.k"));
    assert!(complaint.contains("time attribute"), "{complaint}");
}

#[test]
fn names_and_types_of_joins() {
    for (query, expected) in [
        (
            "SELECT * FROM out2 a JOIN out2 b ON a.k = b.k",
            "k STRING, c BIGINT, k0 STRING, c0 BIGINT",
        ),
        (
            "SELECT * FROM out2 a JOIN out2 b USING (k)",
            "k STRING, c BIGINT, c0 BIGINT",
        ),
        (
            "SELECT b.* FROM out2 a JOIN out2 b USING (k)",
            "k STRING, c BIGINT",
        ),
        (
            "SELECT * FROM out2 a NATURAL JOIN out2 b",
            "k STRING, c BIGINT",
        ),
        (
            "SELECT l.id, r.id FROM bid l LEFT JOIN bid r ON l.k = r.k",
            "id INT NOT NULL, id0 INT",
        ),
        (
            "SELECT a IN (SELECT a FROM t) AS i, EXISTS (SELECT 1 FROM t) AS e, (SELECT id FROM bid) AS v FROM t",
            "i BOOLEAN, e BOOLEAN NOT NULL, v INT",
        ),
    ] {
        assert_eq!(result(query), expected, "{query}");
    }
}

#[test]
fn mistakes_in_joins() {
    for (script, said) in [
        (
            "SELECT k FROM out2 a JOIN out2 b ON a.k = b.k",
            "column 'k' is ambiguous",
        ),
        ("SELECT 1 FROM t JOIN out2", "this join has no condition"),
        (
            "SELECT 1 FROM t JOIN out2 USING (s)",
            "column 's' not found",
        ),
        ("SELECT 1 FROM t JOIN out2 ON t.a", "ON needs a condition"),
        (
            "SELECT 1 FROM t WHERE a IN (SELECT k, c FROM out2)",
            "1 values are compared with a sub-query of 2 columns",
        ),
        (
            "SELECT (SELECT k, c FROM out2) FROM t",
            "a sub-query as a value has one column",
        ),
        (
            "SELECT 1 FROM t WHERE a IN (SELECT k FROM out2 WHERE nope = t.a)",
            "column 'nope' not found",
        ),
        (
            "SELECT 1 FROM bid FOR SYSTEM_TIME AS OF ts",
            "FOR SYSTEM_TIME AS OF can stand behind the right table of a JOIN only",
        ),
        (
            "SELECT 1 FROM bid l JOIN bid FOR SYSTEM_TIME AS OF l.ts AS r ON l.k = r.k",
            "no primary key can be found",
        ),
        (
            "SELECT 1 FROM bid l JOIN t FOR SYSTEM_TIME AS OF l.ts AS r ON l.k = r.s",
            "no row time attribute can be found",
        ),
        (
            "SELECT 1 FROM t l JOIN bid FOR SYSTEM_TIME AS OF l.ts AS r ON l.s = r.k",
            "FOR SYSTEM_TIME AS OF needs a time attribute of the left table",
        ),
    ] {
        let complaint = error(script);
        assert!(complaint.contains(said), "{script}: {complaint}");
    }
}

#[test]
fn a_self_join_reads_its_table_once() {
    let plan = plan("SELECT l.id, r.v FROM bid l JOIN bid r ON l.k = r.k");
    let scan = format!("TableSourceScan(table=[{BID}], fields=[ts, k, v, id])");
    assert_eq!(plan.matches(&scan).count(), 2, "{plan}");
}

#[test]
fn a_chain_of_joins_on_one_key_is_one_operator() {
    let tree = |set: &str, query: &str| {
        let script = format!("{set} EXPLAIN CHANGELOG_MODE {query}");
        let text = rows(&mut new_session(), &script).remove(0);
        let (_, tree) = text.split_once("== Optimized Physical Plan ==\n").unwrap();
        tree.to_owned()
    };
    let off = "SET 'table.optimizer.multi-join.enabled' = 'false';";
    let chain = "SELECT t.a, u.b, w.s FROM t JOIN t AS u ON t.a = u.a LEFT JOIN t AS w ON u.a = w.a AND w.b > t.b";
    let text = tree("", chain);
    assert!(
        text.contains(
            "MultiJoin(commonJoinKey=[a], joinTypes=[InnerJoin, LeftOuterJoin], joinConditions=[true, "
        ),
        "{text}"
    );
    assert_eq!(
        text.matches("Exchange(distribution=[hash[a]]").count(),
        3,
        "{text}"
    );
    assert!(!tree(off, chain).contains("MultiJoin"));
    // Two joins on different keys, and other kinds, are what they were.
    for query in [
        "SELECT t.a FROM t JOIN t AS u ON t.a = u.a JOIN t AS w ON t.b = w.b",
        "SELECT t.a FROM t JOIN t AS u ON t.a = u.a FULL JOIN t AS w ON t.a = w.a",
        "SELECT t.a FROM t JOIN t AS u ON t.a = u.a",
    ] {
        assert!(!tree("", query).contains("MultiJoin"), "{query}");
    }
}
