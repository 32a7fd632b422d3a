//! Exchanges that would bring every row to where it already is.
//!
//! A join on a key, and a Top-N by the same key behind it: each row that leaves a subtask of the join belongs
//! to the subtask of the Top-N with the same number, because both own the same key groups. Such rows are passed
//! straight on, and the two share a task, where an exchange would hash and copy all of them once more.
//!
//! What the rows of an operator are partitioned by is a list of columns, in the order in which they are hashed.
//! They have to be the very keys of the next operator: rows that agree in more columns meet in one
//! subtask, too, but state is divided by the key group of its own key. Only operators of one stream
//! are looked at, since others are not chained; and the plan's text keeps its exchanges, which say what has to hold.

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{AggregatePhase, OperatorSpec, Partitioning};
use alpheus_dataflow::join::{JoinKind, JoinSpec, MultiJoinSpec};

use super::physical::PhysicalOperator;

/// Key columns, in the order in which they are hashed.
type Columns = Vec<usize>;

/// Passes rows straight on where they are partitioned as the operator wants them.
pub(super) fn forward_rows_in_place(operators: &mut [PhysicalOperator]) {
    // Of each operator so far, by what its rows are partitioned.
    let mut known: Vec<Vec<Columns>> = Vec::with_capacity(operators.len());
    for at in 0..operators.len() {
        let partitioned = partitioned_by(&operators[at], &known);
        let parallelism = operators[at].parallelism;
        if let [input] = operators[at].inputs.as_slice()
            && let Partitioning::Hash { keys } = &input.partitioning
            && operators[input.operator].parallelism == parallelism
            && known[input.operator].contains(keys)
        {
            operators[at].inputs[0].partitioning = Partitioning::Forward;
        }
        known.push(partitioned);
    }
}

/// By what the rows of an operator are partitioned, given the same of those before it.
fn partitioned_by(operator: &PhysicalOperator, known: &[Vec<Columns>]) -> Vec<Columns> {
    match &operator.spec {
        OperatorSpec::Calc { projection, .. } => match operator.inputs.as_slice() {
            [input] if input.partitioning == Partitioning::Forward => {
                let below = known[input.operator].iter();
                below
                    .filter_map(|keys| projected(keys, projection))
                    .collect()
            }
            _ => Vec::new(),
        },
        OperatorSpec::WatermarkAssigner(_) => match operator.inputs.as_slice() {
            [input] if input.partitioning == Partitioning::Forward => known[input.operator].clone(),
            _ => Vec::new(),
        },
        // They begin with their keys.
        OperatorSpec::GroupAggregate { keys, phase, .. }
        | OperatorSpec::WindowAggregate { keys, phase, .. } => match phase {
            AggregatePhase::Single | AggregatePhase::Global => keyed((0..keys.len()).collect()),
            AggregatePhase::Local => Vec::new(),
        },
        OperatorSpec::AttachedWindowAggregate { keys, .. } => keyed((0..keys.len()).collect()),
        // They begin with the columns of their input.
        OperatorSpec::Rank { partition, .. }
        | OperatorSpec::WindowRank { partition, .. }
        | OperatorSpec::OverAggregate { partition, .. }
        | OperatorSpec::UpdatingOver { partition, .. } => keyed(partition.clone()),
        OperatorSpec::Deduplicate { keys, .. } | OperatorSpec::ChangelogNormalize { keys, .. } => {
            keyed(keys.clone())
        }
        OperatorSpec::Join(join)
        | OperatorSpec::IntervalJoin { join, .. }
        | OperatorSpec::WindowJoin { join, .. }
        | OperatorSpec::TemporalJoin { join, .. } => of_join(join),
        OperatorSpec::MultiJoin(join) => of_multi_join(join),
        _ => Vec::new(),
    }
}

/// Partitioned by these columns; without any, everything is in one subtask.
fn keyed(columns: Columns) -> Vec<Columns> {
    match columns.is_empty() {
        true => Vec::new(),
        false => vec![columns],
    }
}

/// Where a projection has the columns.
fn projected(keys: &[usize], projection: &[Expr]) -> Option<Columns> {
    let places = keys.iter().map(|key| {
        let is_key = |expr: &Expr| matches!(expr, Expr::Input { index, .. } if index == key);
        projection.iter().position(is_key)
    });
    places.collect()
}

/// By the keys of a side, unless its columns may be NULL for want of a partner.
fn of_join(join: &JoinSpec) -> Vec<Columns> {
    let mut all = Vec::new();
    if !join.kind.left_is_optional() {
        all.extend(keyed(join.key_columns(0)));
    }
    if join.kind.has_right_columns() && !join.kind.right_is_optional() {
        let width = join.left.columns.len();
        let right = join.key_columns(1).into_iter();
        all.extend(keyed(right.map(|column| width + column).collect()));
    }
    all
}

/// As of a join: by the keys of the first input, and of those that are joined by INNER steps.
fn of_multi_join(join: &MultiJoinSpec) -> Vec<Columns> {
    let mut all = Vec::new();
    let mut start = 0;
    for (input, keys) in join.keys.iter().enumerate() {
        let step = input.checked_sub(1).map(|step| join.steps[step].kind);
        if step.is_none_or(|kind| kind == JoinKind::Inner) {
            all.extend(keyed(keys.iter().map(|column| start + column).collect()));
        }
        start += join.inputs[input].columns.len();
    }
    all
}
