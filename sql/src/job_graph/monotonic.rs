//! How updates move the columns of a row: what Top-N needs to know to keep only the rows that show (Flink's
//! `FlinkRelMdModifiedMonotonicity` and `RankProcessStrategy`).
//!
//! A count or a maximum over rows that are only added never falls. Where Top-N sorts by such columns so that
//! an update can only move a row up, a row that has been pushed out of the first `n` comes back by an
//! update of its own and by nothing else, and need not be kept.

use std::collections::BTreeSet;

use alpheus_dataflow::changelog::{ChangelogMode, RowKind};
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::window::TimeAttribute;

use super::physical::{Builder, PhysicalOperator, Streams};

/// How an update changes a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Not at all.
    Constant,
    /// Never to a lesser value.
    Rises,
    /// Never to a greater one.
    Falls,
    /// Anyhow.
    Any,
}

impl Builder<'_> {
    /// The upsert key by which a Top-N of `partition` and `order` may be updated in place; `None` where all
    /// rows have to be kept.
    pub(super) fn update_fast_key(
        &self,
        streams: &Streams,
        partition: &[usize],
        order: &[SortKey],
    ) -> Option<Vec<usize>> {
        let [stream] = streams.as_slice() else {
            return None;
        };
        let operator = &self.operators[*stream];
        if operator.changelog == ChangelogMode::InsertOnly || order.is_empty() {
            return None;
        }
        let changes = changes(&self.operators, operator)?;
        let moves_up = |key: &SortKey| {
            // A NULL gives way to a value.
            let nulls_last = !operator.output.fields[key.column].ty.nullable || !key.nulls_first;
            match changes[key.column] {
                Change::Constant => true,
                Change::Rises => !key.ascending && nulls_last,
                Change::Falls => key.ascending && nulls_last,
                Change::Any => false,
            }
        };
        let constant = |column: &usize| changes[*column] == Change::Constant;
        if !order.iter().all(moves_up) || !partition.iter().all(constant) {
            return None;
        }
        let partition: BTreeSet<usize> = partition.iter().copied().collect();
        let key = operator
            .upsert_keys
            .iter()
            .find(|key| partition.is_subset(key))?;
        Some(key.iter().copied().collect())
    }
}

/// How updates change the columns of an operator's output; `None` where rows may go for good, or nothing is
/// known.
fn changes(operators: &[PhysicalOperator], operator: &PhysicalOperator) -> Option<Vec<Change>> {
    if operator.changelog.contains(RowKind::Delete) {
        return None;
    }
    match &operator.spec {
        OperatorSpec::Calc { filter, projection } => {
            let [input] = operator.inputs.as_slice() else {
                return None;
            };
            let below = changes(operators, &operators[input.operator])?;
            let constant = |expr: &Expr| {
                let columns = expr.referenced_columns();
                columns
                    .iter()
                    .all(|&column| below[column] == Change::Constant)
            };
            // A filter on what changes lets rows go.
            if !filter.as_ref().is_none_or(constant) {
                return None;
            }
            let of = |expr: &Expr| match expr {
                Expr::Input { index, .. } => below[*index],
                expr if constant(expr) => Change::Constant,
                _ => Change::Any,
            };
            Some(projection.iter().map(of).collect())
        }
        OperatorSpec::GroupAggregate {
            keys, aggregates, ..
        } => {
            let results = aggregates.iter().map(|call| match call.function.as_str() {
                "COUNT" | "MAX" => Change::Rises,
                "MIN" => Change::Falls,
                _ => Change::Any,
            });
            let keys = std::iter::repeat_n(Change::Constant, keys.len());
            Some(keys.chain(results).collect())
        }
        OperatorSpec::Deduplicate {
            keys,
            time: TimeAttribute::Event { column },
            keep_last: true,
            ..
        } => Some(
            (0..operator.output.len())
                .map(|at| match at {
                    at if keys.contains(&at) => Change::Constant,
                    at if at == *column => Change::Rises,
                    _ => Change::Any,
                })
                .collect(),
        ),
        _ => None,
    }
}
