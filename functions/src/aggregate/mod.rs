//! Aggregate functions with Flink's semantics, over many groups at once.
//!
//! An [`Accumulator`] holds one aggregate for all groups of a table: typed columns indexed by the
//! group's slot, so that a batch is one loop without boxes, allocation or dynamic dispatch per row.
//! [`AggregateSet`] holds all aggregates of an operator and applies what they have in common: FILTER,
//! DISTINCT, and the split of a changelog batch into additions and retractions.
//!
//! # Invariants
//!
//! * State is in [`CowVec`](alpheus_dataflow::cow::CowVec)s: [`Accumulator::freeze`] shares blocks.
//! * There is one way to combine partial results, [`Accumulator::merge`] of the columns that
//!   [`Accumulator::state`] gave: panes, sessions, local and global phases and restored snapshots all
//!   go through it. Those columns are Flink types named by [`Accumulator::state_fields`]; they are our
//!   own format and stay readable for ever.
//! * A group that [`Accumulator::clear`] was called for equals one that was never touched.
//! * Retractions only take back what was added. Additions of a batch may be applied before its
//!   retractions: every function here gives the same result in either order.

mod count;
mod distinct;
pub mod distinct_sets;
mod distinct_values;
mod json;
mod list;
mod mask_table;
mod multiset;
mod pick;
mod registry;
mod set;
mod signature;
mod sum;
mod variance;

#[cfg(test)]
mod tests;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::user_functions::is_user_function;
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use arrow::array::ArrayRef;

pub use distinct_sets::{DistinctSet, DistinctSets};
pub use distinct_values::{DistinctEntries, DistinctValues, Tally};
pub use registry::{AggregateDescription, all, markdown};
pub use set::AggregateSet;
pub use signature::{AggregateSignature, AggregateSignatureError, infer};

/// One aggregate over many groups, columnar. Groups are slots `0..n`; the owner sizes and reuses them.
pub trait Accumulator: Send {
    /// Makes room for `groups` groups; new ones are empty.
    fn resize(&mut self, groups: usize);

    /// Adds row `i` of the argument columns to group `groups[i]`.
    ///
    /// # Errors
    /// When a value cannot be aggregated.
    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()>;

    /// Takes row `i` back from group `groups[i]`.
    ///
    /// # Errors
    /// When the function was not made for retractions.
    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()>;

    /// The results of the groups, in that order.
    ///
    /// # Errors
    /// When a result cannot be represented.
    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef>;

    /// Empties the groups, so that their slots can be used for others.
    fn clear(&mut self, groups: &[u32]);

    /// Names and types of the partial result's columns, stable across versions.
    fn state_fields(&self) -> Vec<Field>;

    /// Partial results of the groups, one column for each of [`Accumulator::state_fields`].
    ///
    /// # Errors
    /// When they cannot be represented.
    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>>;

    /// Adds partial result `i` to group `groups[i]`; groups may repeat. Where order matters, what is
    /// merged comes after what is there.
    ///
    /// # Errors
    /// When the columns have other types than [`Accumulator::state_fields`].
    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()>;

    /// A copy as of now that shares memory with this one.
    fn freeze(&mut self) -> Box<dyn Accumulator>;

    /// Rough size in bytes.
    fn memory_size(&self) -> usize;
}

/// The accumulator for a call, DISTINCT included, FILTER not (see [`AggregateSet`]).
///
/// `retractable` asks for one that can take rows back; that costs memory for MIN, MAX, FIRST_VALUE and
/// LAST_VALUE, which then keep every value.
///
/// # Errors
/// When there is no such function, or not for these types.
pub fn create(call: &AggregateCall, retractable: bool) -> OperatorResult<Box<dyn Accumulator>> {
    let inner = create_plain(call, retractable)?;
    if needs_distinct(call) {
        // A value leaves the inner function only with its last occurrence.
        return distinct::wrap(&call.arg_types, inner);
    }
    Ok(inner)
}

/// Whether a call sees each argument tuple once.
fn needs_distinct(call: &AggregateCall) -> bool {
    match call.function.as_str() {
        "APPROX_COUNT_DISTINCT" => true,
        // MIN and MAX of distinct values are those of all values.
        "MIN" | "MAX" => false,
        _ => call.distinct,
    }
}

fn create_plain(call: &AggregateCall, retractable: bool) -> OperatorResult<Box<dyn Accumulator>> {
    let arity = |expected: std::ops::RangeInclusive<usize>| {
        if expected.contains(&call.arg_types.len()) {
            Ok(())
        } else {
            Err(OperatorError::fatal(format!(
                "{} got {} arguments, expected {} to {}",
                call.function,
                call.arg_types.len(),
                expected.start(),
                expected.end()
            )))
        }
    };
    let name = call.function.as_str();
    if is_user_function(name) {
        return crate::user::accumulator(name, retractable);
    }
    match name {
        "COUNT" => Ok(Box::new(count::Count::default())),
        "APPROX_COUNT_DISTINCT" => {
            arity(1..=1)?;
            Ok(Box::new(count::Count::default()))
        }
        "SUM" | "AVG" => {
            arity(1..=1)?;
            sum::create(call, name == "AVG")
        }
        "STDDEV_POP" | "STDDEV_SAMP" | "STDDEV" | "VAR_POP" | "VAR_SAMP" | "VARIANCE" => {
            arity(1..=1)?;
            variance::create(call)
        }
        "MIN" | "MAX" | "FIRST_VALUE" | "LAST_VALUE" => {
            arity(1..=1)?;
            let choice = match name {
                "MIN" => pick::Choice::Min,
                "MAX" => pick::Choice::Max,
                "FIRST_VALUE" => pick::Choice::First,
                _ => pick::Choice::Last,
            };
            match (retractable, choice) {
                (false, _) => pick::create(&call.arg_types[0], choice),
                (true, pick::Choice::Min) => {
                    multiset::create(&call.arg_types, multiset::Finish::Min)
                }
                (true, pick::Choice::Max) => {
                    multiset::create(&call.arg_types, multiset::Finish::Max)
                }
                (true, pick::Choice::First) => list::create(call, list::Finish::First),
                (true, pick::Choice::Last) => list::create(call, list::Finish::Last),
            }
        }
        "SINGLE_VALUE" => {
            arity(1..=1)?;
            list::create(call, list::Finish::Single)
        }
        "COLLECT" => {
            arity(1..=1)?;
            multiset::create(&call.arg_types, multiset::Finish::Collect)
        }
        "PERCENTILE" => {
            arity(2..=3)?;
            let several = matches!(call.arg_types[1].kind, TypeKind::Array(_));
            multiset::create(&call.arg_types, multiset::Finish::Percentile { several })
        }
        "ARRAY_AGG" => {
            arity(1..=1)?;
            list::create(call, list::Finish::Array)
        }
        "LISTAGG" => {
            arity(1..=2)?;
            list::create(call, list::Finish::Joined)
        }
        "JSON_ARRAYAGG" | "JSON_ARRAYAGG_ABSENT_ON_NULL" | "JSON_ARRAYAGG_NULL_ON_NULL" => {
            arity(1..=1)?;
            let keep_null = name == "JSON_ARRAYAGG_NULL_ON_NULL";
            list::create(call, list::Finish::JsonArray { keep_null })
        }
        "JSON_OBJECTAGG" | "JSON_OBJECTAGG_NULL_ON_NULL" | "JSON_OBJECTAGG_ABSENT_ON_NULL" => {
            arity(2..=2)?;
            let keep_null = name != "JSON_OBJECTAGG_ABSENT_ON_NULL";
            list::create(call, list::Finish::JsonObject { keep_null })
        }
        other => Err(OperatorError::fatal(format!(
            "there is no aggregate function {other}"
        ))),
    }
}

/// What a function without retraction answers to one.
fn not_retractable(function: &str) -> OperatorError {
    OperatorError::fatal(format!(
        "{function} was planned for insert-only input but got a retraction"
    ))
}
