//! What `alpheus explain` prints below the logical plan: vertices, operators, changelogs, state.

use std::fmt::Write as _;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{
    AggregatePhase, JobGraph, OperatorNode, OperatorSpec, Partitioning, Vertex,
};
use alpheus_dataflow::over::FrameBound;
use alpheus_dataflow::window::WindowSpec;

/// The graph as text: for each vertex its parallelism and where its rows come from, for each operator
/// the changes it emits and the state it keeps and why.
pub fn explain(graph: &JobGraph) -> String {
    let mut text = String::new();
    for vertex in &graph.vertices {
        write_vertex(graph, vertex, &mut text);
    }
    text
}

fn write_vertex(graph: &JobGraph, vertex: &Vertex, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "Vertex {} (parallelism {})",
        vertex.id, vertex.parallelism
    );
    for edge in graph.inputs_of(vertex.id) {
        let columns = graph.vertex(edge.from).and_then(|from| from.chain.last());
        let how = match &edge.partitioning {
            Partitioning::Forward => "forward".to_owned(),
            Partitioning::Rebalance => "rebalance".to_owned(),
            Partitioning::Global => "global: all rows to subtask 0".to_owned(),
            Partitioning::Broadcast => "broadcast".to_owned(),
            Partitioning::Hash { keys } => {
                let name = |&key: &usize| {
                    columns.map_or_else(|| format!("${key}"), |c| c.output.fields[key].name.clone())
                };
                format!(
                    "hash[{}]",
                    keys.iter().map(name).collect::<Vec<_>>().join(", ")
                )
            }
        };
        let _ = writeln!(text, "  <- vertex {} by {how}", edge.from);
    }
    for node in &vertex.chain {
        let _ = writeln!(
            text,
            "  {} changelog {}",
            node.name,
            node.changelog.explain()
        );
        if let Some(state) = state_of(node) {
            let _ = writeln!(text, "    state: {state}");
        }
    }
}

/// What state an operator keeps and how long, in words; `None` when it keeps none.
fn state_of(node: &OperatorNode) -> Option<String> {
    match &node.spec {
        OperatorSpec::Source { .. } => Some("the position in each split".to_owned()),
        OperatorSpec::GroupAggregate {
            phase: AggregatePhase::Local,
            ..
        }
        | OperatorSpec::WindowAggregate {
            phase: AggregatePhase::Local,
            ..
        } => None,
        OperatorSpec::GroupAggregate {
            keys,
            aggregates,
            state_ttl_ms,
            ..
        } => {
            let what = if keys.is_empty() {
                "one row"
            } else {
                "one row a key"
            };
            Some(format!(
                "{what} with {} accumulators, because later rows may change any result; {}",
                aggregates.len(),
                until(*state_ttl_ms)
            ))
        }
        OperatorSpec::WindowAggregate {
            window, aggregates, ..
        } => Some(format!(
            "{} with {} accumulators, dropped when the watermark passes the window's end",
            match window {
                WindowSpec::Session { .. } => "one row a key and open session",
                _ => "one row a key and slice of time",
            },
            aggregates.len()
        )),
        OperatorSpec::AttachedWindowAggregate { aggregates, .. } => Some(format!(
            "one row a key and window with {} accumulators, dropped when the watermark passes the window's end",
            aggregates.len()
        )),
        OperatorSpec::Match(pattern) => Some(format!(
            "the rows of matches that have begun{}",
            match pattern.within_ms {
                Some(within) => format!(", {within} ms at most (WITHIN)"),
                None => "; without WITHIN they may stay for ever".to_owned(),
            }
        )),
        OperatorSpec::Rank {
            range,
            input,
            update_fast,
            state_ttl_ms,
            ..
        } => Some(format!(
            "{} of each partition; {}",
            match input {
                ChangelogMode::InsertOnly => format!("the first {} rows", range.end),
                _ if !update_fast.is_empty() => format!(
                    "the first {} rows, because updates only move a row up,",
                    range.end
                ),
                _ => "all rows, because any of them may move up,".to_owned(),
            },
            until(*state_ttl_ms)
        )),
        OperatorSpec::WindowRank { range, .. } => Some(format!(
            "the first {} rows of each partition, dropped when the watermark passes the window's end",
            range.end
        )),
        OperatorSpec::Deduplicate { state_ttl_ms, .. } => {
            Some(format!("one row a key; {}", until(*state_ttl_ms)))
        }
        OperatorSpec::ChangelogNormalize { state_ttl_ms, .. } => {
            Some(format!("the last row of each key; {}", until(*state_ttl_ms)))
        }
        OperatorSpec::SinkUpsertMaterializer { state_ttl_ms, .. } => Some(format!(
            "all rows of each PRIMARY KEY of the sink, because it is not the query's upsert key; {}",
            until(*state_ttl_ms)
        )),
        OperatorSpec::OverAggregate {
            frame,
            calls,
            state_ttl_ms,
            ..
        } => Some(match frame.start {
            FrameBound::UnboundedPreceding => format!(
                "one row a partition with {} results; {}; rows that the watermark has not reached",
                calls.len(),
                until(*state_ttl_ms)
            ),
            _ => "the rows of each partition's frame, and those that the watermark has not reached"
                .to_owned(),
        }),
        OperatorSpec::UpdatingOver { state_ttl_ms, .. } => Some(format!(
            "all rows of each partition with their results, because later rows may change them; {}",
            until(*state_ttl_ms)
        )),
        OperatorSpec::TemporalSort { .. } => {
            Some("rows that the watermark has not reached".to_owned())
        }
        OperatorSpec::WindowTableFunction {
            window: WindowSpec::Session { .. },
            ..
        } => Some("the rows of open sessions, until the watermark passes their end".to_owned()),
        OperatorSpec::Join(join) => {
            let until = match join.left.state_ttl_ms {
                0 => "kept for ever (table.exec.state.ttl = 0)".to_owned(),
                ttl => format!("dropped {ttl} ms after their last change (table.exec.state.ttl)"),
            };
            Some(format!(
                "the rows of both inputs, because either may meet a later row of the other; {until}"
            ))
        }
        OperatorSpec::MultiJoin(join) => Some(format!(
            "the rows of all {} inputs, because each may meet later rows of the others, and no results in between; {}",
            join.inputs.len(),
            until(join.inputs.iter().map(|input| input.state_ttl_ms).max().unwrap_or(0))
        )),
        OperatorSpec::IntervalJoin { bounds, .. } => Some(format!(
            "the rows of both inputs, until time is {} ms (left) or {} ms (right) past them",
            -bounds.lower_ms, bounds.upper_ms
        )),
        OperatorSpec::WindowJoin { .. } => Some(
            "the rows of both inputs, dropped when the watermark passes their window's end".to_owned(),
        ),
        OperatorSpec::LookupJoin { .. } => {
            Some("none; a copy of the table in memory, read again after a restart".to_owned())
        }
        OperatorSpec::TemporalJoin { .. } => Some(
            "the left input's rows until the watermark reaches them; of the right input, for each key the \
             version of the watermark and those that follow"
                .to_owned(),
        ),
        OperatorSpec::Sink { .. } => Some("what is written and not yet committed".to_owned()),
        _ => None,
    }
}

fn until(state_ttl_ms: u64) -> String {
    match state_ttl_ms {
        0 => "kept for ever (table.exec.state.ttl = 0)".to_owned(),
        ttl => format!("dropped {ttl} ms after its last change (table.exec.state.ttl)"),
    }
}
