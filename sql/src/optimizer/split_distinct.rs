//! A distinct aggregate in two steps (Flink's `SplitAggregateRule`,
//! `table.optimizer.distinct-agg.split.enabled`).
//!
//! `COUNT(DISTINCT x)` of a key that has very many rows keeps one subtask busy with one large set. Grouped by
//! the key and `MOD(HASH_CODE(x), buckets)` first, the set is cut into as many parts, in all subtasks, none
//! of which has a value that another one has: what is counted in each adds up. Other aggregates of the same
//! GROUP BY go the same way, as far as they can be put together from parts.
//!
//! Left as they are: aggregates over several distinct columns, and those with a function whose parts do not
//! add up (`AVG`, `LISTAGG`, functions of users).

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;

use crate::rel::{PlanField, PlanSchema, Rel, RelNode, all_columns};

/// Splits an aggregate with one distinct column over this many buckets.
pub(super) fn split(rel: Arc<Rel>, buckets: i64) -> Arc<Rel> {
    try_split(&rel, buckets).unwrap_or(rel)
}

fn try_split(rel: &Arc<Rel>, buckets: i64) -> Option<Arc<Rel>> {
    let RelNode::Aggregate {
        input,
        keys,
        aggregates,
    } = &rel.node
    else {
        return None;
    };
    let mut distinct: Vec<usize> = (aggregates.iter())
        .filter(|call| call.distinct && has_set(call))
        .flat_map(|call| call.args.iter().copied())
        .collect();
    distinct.sort_unstable();
    distinct.dedup();
    let &[column] = distinct.as_slice() else {
        return None;
    };
    if !aggregates.iter().all(adds_up) || keys.contains(&column) {
        return None;
    }

    let int = TypeKind::Integer.not_null();
    let value = Expr::input(column, input.schema.fields[column].ty.clone());
    let hash = Expr::call("HASH_CODE", vec![value], int.clone());
    let buckets = Expr::literal(Literal::Int(buckets), int.clone());
    let bucket = Expr::call("%", vec![hash, buckets], int.clone());
    let bucket_at = input.schema.len();
    let mut columns = all_columns(input);
    columns.push(("$bucket".to_owned(), bucket));
    let rows = Rel::project(Arc::clone(input), columns);

    let (key_fields, results) = rel.schema.fields.split_at(keys.len());
    let mut fields = key_fields.to_vec();
    fields.push(PlanField::new("$bucket", int));
    fields.extend(results.iter().cloned());
    let mut partial_keys = keys.clone();
    partial_keys.push(bucket_at);
    let mut partial = Arc::new(Rel {
        node: RelNode::Aggregate {
            input: rows,
            keys: partial_keys,
            aggregates: aggregates.clone(),
        },
        schema: PlanSchema { fields },
    });
    if let Some(ttl_ms) = input.state_ttl() {
        let schema = partial.schema.clone();
        let node = RelNode::StateTtl {
            input: partial,
            ttl_ms,
        };
        partial = Arc::new(Rel { node, schema });
    }
    let finals = aggregates
        .iter()
        .enumerate()
        .map(|(at, call)| AggregateCall {
            function: match call.function.as_str() {
                "COUNT" => "SUM".to_owned(),
                other => other.to_owned(),
            },
            args: vec![keys.len() + 1 + at],
            arg_types: vec![call.ty.clone()],
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            ty: call.ty.clone(),
        });
    Some(Arc::new(Rel {
        node: RelNode::Aggregate {
            aggregates: finals.collect(),
            keys: (0..keys.len()).collect(),
            input: partial,
        },
        schema: rel.schema.clone(),
    }))
}

/// Whether DISTINCT makes a difference.
fn has_set(call: &AggregateCall) -> bool {
    !matches!(call.function.as_str(), "MIN" | "MAX")
}

/// Whether the results of parts give the result of the whole.
fn adds_up(call: &AggregateCall) -> bool {
    matches!(call.function.as_str(), "COUNT" | "SUM" | "MIN" | "MAX")
}
