//! Aggregate calls as the planner makes them.

use serde::{Deserialize, Serialize};

use crate::types::LogicalType;

/// One aggregate of a GROUP BY, window or (later) OVER: `function([DISTINCT] args) [FILTER (WHERE ..)]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregateCall {
    /// Canonical upper-case name, for example `SUM` or `COUNT` (no arguments: `COUNT(*)`).
    pub function: String,
    /// Argument columns of the operator's input; expressions were projected before it.
    pub args: Vec<usize>,
    /// Types of the arguments, in the same order.
    pub arg_types: Vec<LogicalType>,
    /// Whether each distinct argument tuple counts once.
    pub distinct: bool,
    /// A BOOLEAN column; rows where it is not TRUE are left out.
    pub filter: Option<usize>,
    /// ORDER BY inside the call (LISTAGG, ARRAY_AGG): column, ascending, nulls first.
    pub order_by: Vec<(usize, bool, bool)>,
    /// Type of the result.
    pub ty: LogicalType,
}
