//! What the planner and the operators of joins have in common: kinds and keys.

use serde::{Deserialize, Serialize};

use crate::changelog::ChangelogMode;
use crate::expr::Expr;
use crate::graph::TableSpec;
use crate::order::SortKey;
use crate::schema::RowType;

/// Which rows a join lets through (Flink's `FlinkJoinType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JoinKind {
    /// Pairs.
    Inner,
    /// Pairs, and rows of the left side without a partner.
    Left,
    /// Pairs, and rows of the right side without a partner.
    Right,
    /// Pairs, and rows of either side without a partner.
    Full,
    /// Rows of the left side with a partner: IN, EXISTS.
    Semi,
    /// Rows of the left side without a partner: NOT IN, NOT EXISTS.
    Anti,
}

impl JoinKind {
    /// As Flink's plans print it.
    pub fn explain(self) -> &'static str {
        match self {
            JoinKind::Inner => "InnerJoin",
            JoinKind::Left => "LeftOuterJoin",
            JoinKind::Right => "RightOuterJoin",
            JoinKind::Full => "FullOuterJoin",
            JoinKind::Semi => "LeftSemiJoin",
            JoinKind::Anti => "LeftAntiJoin",
        }
    }

    /// Whether its rows have the columns of the right side, too.
    pub fn has_right_columns(self) -> bool {
        !matches!(self, JoinKind::Semi | JoinKind::Anti)
    }

    /// Whether the left side's columns may be NULL for want of a partner.
    pub fn left_is_optional(self) -> bool {
        matches!(self, JoinKind::Right | JoinKind::Full)
    }

    /// Whether the right side's columns may be NULL for want of a partner.
    pub fn right_is_optional(self) -> bool {
        matches!(self, JoinKind::Left | JoinKind::Full)
    }

    /// The kind with the sides changed over; SEMI and ANTI have none.
    pub fn flipped(self) -> Option<JoinKind> {
        match self {
            JoinKind::Left => Some(JoinKind::Right),
            JoinKind::Right => Some(JoinKind::Left),
            JoinKind::Inner | JoinKind::Full => Some(self),
            JoinKind::Semi | JoinKind::Anti => None,
        }
    }
}

/// A column of each side that have to be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JoinKey {
    /// Column of the left side.
    pub left: usize,
    /// Column of the right side.
    pub right: usize,
    /// Whether NULL equals NULL (`IS NOT DISTINCT FROM`); by `=` it equals nothing.
    pub null_safe: bool,
}

/// A side of a join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinInput {
    /// Its columns.
    pub columns: RowType,
    /// What it carries.
    pub changelog: ChangelogMode,
    /// After how many ms without a change a row is forgotten (`table.exec.state.ttl`); 0 keeps it for ever.
    pub state_ttl_ms: u64,
}

/// What every join operator has to know: which rows of two inputs belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinSpec {
    /// Which rows come out.
    pub kind: JoinKind,
    /// Input 0.
    pub left: JoinInput,
    /// Input 1.
    pub right: JoinInput,
    /// Columns that have to be equal; without any, all rows are of one key.
    pub keys: Vec<JoinKey>,
    /// What else has to be TRUE, over the columns of the left side, then the right.
    pub condition: Option<Expr>,
    /// Where not all rows of a batch are wanted, which are; of a join that only inserts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_of_batch: Option<TopOfBatch>,
}

/// The first rows of each partition are all that is wanted of what one batch gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopOfBatch {
    /// Columns of the output.
    pub partition: Vec<usize>,
    /// What orders the rows of a partition; equal ones are in the order of arrival.
    pub order: Vec<SortKey>,
    /// How many.
    pub rows: usize,
}

impl JoinSpec {
    /// The input's side.
    pub fn input(&self, input: usize) -> &JoinInput {
        match input {
            0 => &self.left,
            _ => &self.right,
        }
    }

    /// The key columns of an input.
    pub fn key_columns(&self, input: usize) -> Vec<usize> {
        let column = |key: &JoinKey| match input {
            0 => key.left,
            _ => key.right,
        };
        self.keys.iter().map(column).collect()
    }

    /// Whether rows of the input that have no partner come out, padded with NULLs.
    pub fn pads(&self, input: usize) -> bool {
        match input {
            0 => self.kind.right_is_optional(),
            _ => self.kind.left_is_optional(),
        }
    }
}

/// A chain of joins on one key: input 0 with input 1, the result with input 2, and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiJoinSpec {
    /// The inputs, three or more.
    pub inputs: Vec<JoinInput>,
    /// The columns of each input that have to be equal, in the same order.
    pub keys: Vec<Vec<usize>>,
    /// How each input but the first is joined with those before it.
    pub steps: Vec<MultiJoinStep>,
}

/// A join of such a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiJoinStep {
    /// INNER or LEFT.
    pub kind: JoinKind,
    /// What else has to be TRUE, over the columns of all inputs up to this one.
    pub condition: Option<Expr>,
}

impl MultiJoinSpec {
    /// Input and column of a column of the result.
    pub fn place(&self, column: usize) -> Option<(usize, usize)> {
        let mut column = column;
        for (input, side) in self.inputs.iter().enumerate() {
            match column.checked_sub(side.columns.len()) {
                None => return Some((input, column)),
                Some(rest) => column = rest,
            }
        }
        None
    }

    /// Whether rows come out without one of an input.
    pub fn has_left_steps(&self) -> bool {
        self.steps.iter().any(|step| step.kind == JoinKind::Left)
    }
}

/// In which stretch of time rows of two inputs meet: `lower <= left's time - right's time <= upper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntervalBounds {
    /// The time attribute of the left side.
    pub left: usize,
    /// The time attribute of the right side.
    pub right: usize,
    /// In ms, inclusive.
    pub lower_ms: i64,
    /// In ms, inclusive.
    pub upper_ms: i64,
    /// Whether time is the machine's clock rather than the watermark.
    pub processing_time: bool,
}

impl IntervalBounds {
    /// The first and the last time of the other side that a row of the input at `time` meets.
    pub fn partners(&self, input: usize, time: i64) -> (i64, i64) {
        match input {
            0 => (
                time.saturating_sub(self.upper_ms),
                time.saturating_sub(self.lower_ms),
            ),
            _ => (
                time.saturating_add(self.lower_ms),
                time.saturating_add(self.upper_ms),
            ),
        }
    }

    /// The last time of rows of the input that have no partner to wait for once time has come to `now`.
    pub fn over_until(&self, input: usize, now: i64) -> i64 {
        match input {
            _ if now == i64::MAX => i64::MAX,
            0 => now.saturating_add(self.lower_ms),
            _ => now.saturating_sub(self.upper_ms),
        }
    }
}

/// The time columns of a temporal join: `left FOR SYSTEM_TIME AS OF` its time, versions by theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeColumns {
    /// The event time of the left side.
    pub left: usize,
    /// When a version of the right side begins.
    pub right: usize,
}

/// The columns of a window join that say when a window is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowColumns {
    /// `window_end` of the left side.
    pub left_end: usize,
    /// `window_end` of the right side.
    pub right_end: usize,
    /// Whether windows are those of the session's zone (TIMESTAMP_LTZ).
    pub local: bool,
}

/// A table that is looked up, and what is made of its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookupTable {
    /// Which.
    pub table: TableSpec,
    /// Physical columns to read.
    pub projection: Vec<usize>,
    /// Predicates over the physical columns that the source may use.
    pub filters: Vec<Expr>,
    /// Rows of which this is not TRUE are left out.
    pub filter: Option<Expr>,
    /// The right side's columns, over those that are read.
    pub columns: Vec<Expr>,
}
