//! Which columns identify a row: the unique keys of a node's result (Flink's `FlinkRelMdUpsertKeys`).
//!
//! On a changelog a unique key is an upsert key: at any time at most one row has these values, and all
//! changes of that row carry them. Operators use it to do without `-U`, joins and rankings to find the
//! row that a change replaces, sinks to see whether their PRIMARY KEY is the query's own. The empty set
//! is a key of what has at most one row.
//!
//! PRIMARY KEY is NOT ENFORCED: a table that breaks its own key gives wrong results, as in Flink.

use std::collections::BTreeSet;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::join::{JoinKey, JoinKind};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::WindowSpec;

use super::{Rel, RelNode};

/// Columns that together identify a row.
pub type UniqueKey = BTreeSet<usize>;

impl Rel {
    /// The unique keys of the rows, smallest first; none when nothing is known.
    pub fn unique_keys(&self) -> Vec<UniqueKey> {
        let mut keys = match &self.node {
            RelNode::Scan {
                table, projection, ..
            } => {
                let position = |column: &String| {
                    projection
                        .iter()
                        .position(|&physical| table.schema.fields[physical].name == *column)
                };
                let key: Option<UniqueKey> = table.primary_key.iter().map(position).collect();
                key.into_iter().filter(|key| !key.is_empty()).collect()
            }
            RelNode::Values { rows } if rows.len() <= 1 => vec![UniqueKey::new()],
            RelNode::Filter { input, .. }
            | RelNode::Watermark { input, .. }
            | RelNode::StateTtl { input, .. } => input.unique_keys(),
            RelNode::Project { input, exprs } => {
                let keys = input.unique_keys();
                keys.iter()
                    .filter_map(|key| projected(key, exprs))
                    .collect()
            }
            RelNode::Window { input, window, .. } => {
                let keys = input.unique_keys();
                let start = self.schema.len() - 3;
                match window {
                    // A row may be in several of these.
                    WindowSpec::Hop { .. } | WindowSpec::Cumulate { .. } => {
                        with_one_of(&keys, &[start, start + 1])
                    }
                    WindowSpec::Tumble { .. } | WindowSpec::Session { .. } => keys,
                }
            }
            // The position tells the elements of a row from each other.
            RelNode::Unnest {
                input,
                with_ordinality: true,
                ..
            } => with_one_of(&input.unique_keys(), &[self.schema.len() - 1]),
            RelNode::Aggregate { keys, .. } | RelNode::AttachedWindowAggregate { keys, .. } => {
                vec![(0..keys.len()).collect()]
            }
            RelNode::WindowAggregate { keys, .. } => {
                let start = self.schema.len() - 3;
                with_one_of(&[(0..keys.len()).collect()], &[start, start + 1])
            }
            RelNode::Over { input, .. } | RelNode::ChangelogNormalize { input, .. } => {
                input.unique_keys()
            }
            RelNode::Deduplicate { keys, .. } => vec![keys.iter().copied().collect()],
            RelNode::Rank {
                input,
                partition,
                range,
                numbered,
                ..
            }
            | RelNode::WindowRank {
                input,
                partition,
                range,
                numbered,
                ..
            } => {
                let mut keys = input.unique_keys();
                let partition: UniqueKey = partition.iter().copied().collect();
                if range.start == range.end {
                    keys.push(partition);
                } else if *numbered {
                    keys.extend(with_one_of(&[partition], &[self.schema.len() - 1]));
                }
                keys
            }
            RelNode::Sort { input, fetch, .. } => match fetch {
                Some(0 | 1) => vec![UniqueKey::new()],
                _ => input.unique_keys(),
            },
            RelNode::Join {
                kind,
                left,
                right,
                keys,
                ..
            } => joined(
                *kind,
                (left.unique_keys(), left.schema.len()),
                right.unique_keys(),
                keys,
            ),
            _ => Vec::new(),
        };
        keys.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        keys.dedup();
        keys
    }
}

/// A pair of rows has the keys of both; where each row of a side has one partner at most, its own key will do.
fn joined(
    kind: JoinKind,
    (left, width): (Vec<UniqueKey>, usize),
    right: Vec<UniqueKey>,
    keys: &[JoinKey],
) -> Vec<UniqueKey> {
    if !kind.has_right_columns() {
        return left;
    }
    let is_unique = |side: &[UniqueKey], column: &dyn Fn(&JoinKey) -> usize| {
        let columns: UniqueKey = keys.iter().map(column).collect();
        side.iter().any(|key| key.is_subset(&columns))
    };
    let of_right = |key: &UniqueKey| -> UniqueKey { key.iter().map(|c| width + c).collect() };
    let mut all: Vec<UniqueKey> = Vec::new();
    if !kind.left_is_optional() && is_unique(&right, &|key| key.right) {
        all.extend(left.iter().cloned());
    }
    if !kind.right_is_optional() && is_unique(&left, &|key| key.left) {
        all.extend(right.iter().map(of_right));
    }
    for key in &left {
        all.extend(
            right
                .iter()
                .map(|other| key.union(&of_right(other)).copied().collect()),
        );
    }
    all
}

/// Each key with each of these columns.
fn with_one_of(keys: &[UniqueKey], columns: &[usize]) -> Vec<UniqueKey> {
    let with = |key: &UniqueKey, column: usize| {
        let mut key = key.clone();
        key.insert(column);
        key
    };
    keys.iter()
        .flat_map(|key| columns.iter().map(move |&column| with(key, column)))
        .collect()
}

/// The key in the columns that a projection makes, if all of it is passed on.
fn projected(key: &UniqueKey, exprs: &[Expr]) -> Option<UniqueKey> {
    let position = |&column: &usize| exprs.iter().position(|e| passes_on(e) == Some(column));
    key.iter().map(position).collect()
}

/// The column whose different values stay different: the column itself, or a cast that loses nothing.
fn passes_on(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Input { index, .. } => Some(*index),
        Expr::Cast { input, ty, .. } => {
            passes_on(input).filter(|_| is_lossless(&input.ty().kind, &ty.kind))
        }
        _ => None,
    }
}

fn is_lossless(from: &TypeKind, to: &TypeKind) -> bool {
    use TypeKind as K;
    match (from, to) {
        (from, to) if from == to => true,
        (K::TinyInt, K::SmallInt | K::Integer | K::BigInt)
        | (K::SmallInt, K::Integer | K::BigInt)
        | (K::Integer, K::BigInt)
        | (K::Float, K::Double) => true,
        (K::Varchar(from), K::Varchar(to)) => from <= to,
        (K::Timestamp(from), K::Timestamp(to)) | (K::TimestampLtz(from), K::TimestampLtz(to)) => {
            from <= to
        }
        (
            K::TinyInt | K::SmallInt | K::Integer | K::BigInt | K::Boolean | K::Date,
            K::Varchar(length),
        ) => *length >= 20,
        _ => false,
    }
}
