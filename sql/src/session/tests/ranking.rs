//! OVER, Top-N, deduplication, ORDER BY and LIMIT: what is planned, and what is refused.

use super::{error, job_in, new_session, plan, rows, run};

/// The operators of a streaming job, the last statement of the script.
fn operators(script: &str) -> String {
    let (before, query) = script.rsplit_once(';').unwrap_or(("", script));
    let session = &mut new_session();
    run(session, before).unwrap();
    rows(session, &format!("EXPLAIN {query}")).join("\n")
}

fn top(order: &str, filter: &str) -> String {
    format!(
        "SELECT id, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {order}) AS rn FROM bid) WHERE {filter}"
    )
}

#[test]
fn a_bounded_row_number_is_a_top_n() {
    for (filter, range) in [
        ("rn <= 3", "rankStart=1, rankEnd=3"),
        ("3 > rn", "rankStart=1, rankEnd=2"),
        ("rn BETWEEN 2 AND 5", "rankStart=2, rankEnd=5"),
        ("rn >= 2 AND rn < 5 AND rn <= 9", "rankStart=2, rankEnd=4"),
        ("rn = 2", "rankStart=2, rankEnd=2"),
    ] {
        let plan = plan(&top("v DESC", filter));
        assert!(plan.contains(&format!("rankRange=[{range}]")), "{plan}");
        assert!(
            plan.contains("partitionBy=[k], orderBy=[v DESC NULLS LAST]"),
            "{plan}"
        );
        assert!(!plan.contains("OverAggregate"), "{plan}");
    }
    // The rest of the condition comes after the numbers; below, it would change them.
    let text = plan(&top("v", "rn <= 3 AND id > 7"));
    let (above, below) = text.split_once("Rank(").unwrap();
    assert!(above.contains("Filter(where=[(id > 7)])"), "{text}");
    assert!(!below.contains("Filter"), "{text}");
    // Nobody reads the number.
    let text = plan(&top("v", "rn <= 3").replace(", rn FROM", " FROM"));
    assert!(text.contains("select=[ts, k, v, id]"), "{text}");
    // QUALIFY is a filter, too, and knows the names of the SELECT list.
    let text = plan(
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v) AS rn FROM bid QUALIFY rn <= 3",
    );
    assert!(text.contains("rankEnd=3"), "{text}");
}

#[test]
fn the_first_row_by_time_is_deduplication() {
    for (order, expected) in [
        (
            "ts",
            "Deduplicate(keep=[FirstRow], key=[k], order=[ROWTIME])",
        ),
        (
            "ts DESC",
            "Deduplicate(keep=[LastRow], key=[k], order=[ROWTIME])",
        ),
        (
            "PROCTIME()",
            "Deduplicate(keep=[FirstRow], key=[k], order=[PROCTIME])",
        ),
    ] {
        let plan = plan(&top(order, "rn = 1"));
        assert!(plan.contains(expected), "{plan}");
    }
    for (order, filter) in [("ts, v", "rn = 1"), ("ts", "rn <= 2"), ("v", "rn = 1")] {
        assert!(plan(&top(order, filter)).contains("Rank("));
    }
    // The first row is final, so that its time is still a time attribute.
    let first = top("ts", "rn = 1").replace("id, k,", "ts, k,");
    let windowed = operators(&format!(
        "CREATE VIEW f AS {first}; SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end"
    ));
    assert!(windowed.contains("WindowAggregate"), "{windowed}");
}

#[test]
fn a_top_n_of_windows_waits_for_them() {
    let query = "SELECT k, rn FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY SUM(v) DESC) AS rn
        FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end) WHERE rn <= 3";
    let text = plan(query);
    assert!(text.contains("WindowRank("), "{text}");
    assert!(text.contains("WindowAggregate("), "{text}");
    let text = plan(&query.replace("window_start, window_end ORDER", "window_start ORDER"));
    assert!(!text.contains("WindowRank("), "{text}");
}

#[test]
fn over_windows_have_nodes_of_their_own() {
    let text = plan(
        "SELECT SUM(v) OVER w AS s, COUNT(*) OVER w AS c, MAX(v) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m
         FROM bid WINDOW w AS (PARTITION BY k ORDER BY ts)",
    );
    assert_eq!(text.matches("OverAggregate(").count(), 2, "{text}");
    assert!(
        text.contains(
            "window=[RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW], select=[SUM(v), COUNT(*)]"
        ),
        "{text}"
    );
    assert!(
        text.contains("window=[ROWS BETWEEN 2 PRECEDING AND CURRENT ROW], select=[MAX(v)]"),
        "{text}"
    );
    let text = plan(
        "SELECT SUM(v) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) FROM bid",
    );
    assert!(text.contains("RANGE BETWEEN 1 h PRECEDING"), "{text}");
}

#[test]
fn limits_and_sorts_of_streams() {
    for (query, expected) in [
        ("SELECT a FROM t ORDER BY b DESC LIMIT 3", "SortLimit["),
        ("SELECT a FROM t LIMIT 3 OFFSET 1", "  Limit["),
        ("SELECT id FROM bid ORDER BY ts, id DESC", "TemporalSort["),
    ] {
        let text = operators(query);
        assert!(text.contains(expected), "{text}");
    }
    // Any rows will do: what came first stays.
    let session = &mut new_session();
    let job = job_in(session, "INSERT INTO out2 SELECT s, b FROM t LIMIT 3");
    assert!(job.graph.is_some());
    // The order of what is read from is no order.
    let text = operators("SELECT a FROM (SELECT a, b FROM t ORDER BY b)");
    assert!(!text.contains("Sort"), "{text}");
}

#[test]
fn only_what_time_makes_final_is_append_only() {
    for (query, changelog) in [
        (
            "SELECT SUM(v) OVER (PARTITION BY k ORDER BY ts) FROM bid",
            "[I]",
        ),
        ("SELECT LAG(v) OVER (ORDER BY ts) FROM bid", "[I]"),
        (
            "SELECT SUM(v) OVER (PARTITION BY k ORDER BY id) FROM bid",
            "[I,UB,UA]",
        ),
        ("SELECT SUM(v) OVER (ORDER BY ts, id) FROM bid", "[I,UB,UA]"),
        ("SELECT SUM(v) OVER (PARTITION BY k) FROM bid", "[I,UB,UA]"),
        (
            "SELECT SUM(v) OVER (ORDER BY ts DESC) FROM bid",
            "[I,UB,UA]",
        ),
        (
            "SELECT SUM(v) OVER (ORDER BY ts ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM bid",
            "[I,UB,UA]",
        ),
        ("SELECT LEAD(v) OVER (ORDER BY ts) FROM bid", "[I,UB,UA]"),
        (
            "SELECT * FROM (SELECT *, RANK() OVER (PARTITION BY k ORDER BY v) AS rn FROM bid) WHERE rn <= 3",
            "[I,UB,UA]",
        ),
        (
            "SELECT SUM(n) OVER (ORDER BY n) FROM (SELECT k, COUNT(*) AS n FROM bid GROUP BY k)",
            "[I,UB,UA,D]",
        ),
    ] {
        let text = operators(query);
        let over = text.lines().find(|line| line.contains("OverAggregate["));
        assert!(over.unwrap().ends_with(changelog), "{query}\n{text}");
    }
}

#[test]
fn a_stream_has_no_end_to_sort_by() {
    for (query, said) in [
        (
            "SELECT a FROM t ORDER BY a",
            "ORDER BY on a field that is no time attribute",
        ),
        ("SELECT id FROM bid ORDER BY ts DESC", "not ascending by it"),
        ("SELECT a FROM t OFFSET 3", "OFFSET without LIMIT"),
    ] {
        let text = error(query);
        assert!(text.contains(said), "{query}\n{text}");
    }
}

#[test]
fn wrong_windows_are_refused() {
    for (query, said) in [
        (
            "SELECT ROW_NUMBER() OVER (PARTITION BY k) FROM bid",
            "requires order by clause with non-constant fields",
        ),
        (
            "SELECT RANK() OVER (ORDER BY 1 + 1) FROM bid",
            "requires order by clause with non-constant fields",
        ),
        (
            "SELECT ROW_NUMBER() OVER (ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM bid",
            "are not allowed with ranking functions",
        ),
        ("SELECT SUM(v) OVER w FROM bid", "window 'w' not found"),
        (
            "SELECT SUM(v) OVER (w ORDER BY id) FROM bid WINDOW w AS (ORDER BY ts)",
            "ORDER BY is given by the window that this one refines",
        ),
        (
            "SELECT k FROM bid WHERE ROW_NUMBER() OVER (ORDER BY ts) = 1",
            "cannot be used here",
        ),
        (
            "SELECT UPPER(k) OVER (ORDER BY ts) FROM bid",
            "needs an aggregate or ranking function",
        ),
        (
            "SELECT SUM(v) OVER (ORDER BY ts ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM bid",
            "ends before it begins",
        ),
        (
            "SELECT SUM(v) OVER (ORDER BY ts ROWS -1 PRECEDING) FROM bid",
            "not below 0",
        ),
        (
            "SELECT SUM(v) OVER (ORDER BY ts RANGE 5 PRECEDING) FROM bid",
            "cannot reach as far as this",
        ),
        ("SELECT NTILE(0) OVER (ORDER BY ts) FROM bid", "above 0"),
        (
            "SELECT LAG(v, id) OVER (ORDER BY ts) FROM bid",
            "constant number of rows",
        ),
        (
            "SELECT k FROM bid QUALIFY v > 1",
            "QUALIFY needs an OVER window",
        ),
    ] {
        let text = error(query);
        assert!(text.contains(said), "{query}\n{text}");
    }
}

/// What EXPLAIN CHANGELOG_MODE says of the Rank in a Top-N of this query.
fn top_of(query: &str, order: &str) -> String {
    let script = format!(
        "EXPLAIN CHANGELOG_MODE SELECT * FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {order}) AS rn FROM ({query})
         ) WHERE rn <= 3"
    );
    let text = rows(&mut new_session(), &script).remove(0);
    let lines = text
        .split("== Optimized Physical Plan ==")
        .nth(1)
        .unwrap()
        .lines();
    let from = lines.skip_while(|line| !line.contains("Rank("));
    from.take(3).map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_top_of_what_only_rises_is_updated_in_place() {
    let counts = "SELECT k, id, COUNT(*) AS c, MIN(v) AS low, SUM(v) AS s FROM bid GROUP BY k, id";
    assert_eq!(
        top_of(counts, "c DESC"),
        "+- Rank(strategy=[UpdateFastStrategy[0,1]], rankType=[ROW_NUMBER], rankRange=[rankStart=1, rankEnd=3], partitionBy=[k], orderBy=[c DESC NULLS LAST], select=[k, id, c, low, s, w5$orow_number], changelogMode=[I,UB,UA])
+- Exchange(distribution=[hash[k]], changelogMode=[I,UA])
+- GroupAggregate(groupBy=[k, id], select=[COUNT(*), MIN(v), SUM(v)], changelogMode=[I,UA])"
    );
    for order in ["c DESC, id", "id", "low ASC NULLS LAST"] {
        assert!(top_of(counts, order).contains("UpdateFast"), "{order}");
    }
    // A NULL would go down; a sum may fall; a count that rises goes up only when the greatest come first.
    for order in ["low", "s DESC", "c"] {
        assert!(!top_of(counts, order).contains("UpdateFast"), "{order}");
    }
    // A filter on what changes, and groups that go, let rows go.
    let filtered = format!("SELECT * FROM ({counts}) WHERE s > 0");
    assert!(!top_of(&filtered, "c DESC").contains("UpdateFast"));
    let filtered = format!("SELECT * FROM ({counts}) WHERE id > 0");
    assert!(top_of(&filtered, "c DESC").contains("UpdateFast"));
    let of_counts = "SELECT c AS k, MAX(id) AS m, COUNT(*) AS n FROM (
        SELECT id, COUNT(*) AS c FROM bid GROUP BY id) GROUP BY c";
    assert!(!top_of(of_counts, "n DESC").contains("UpdateFast"));
}
