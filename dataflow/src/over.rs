//! OVER windows: the functions of a row over its neighbors, and which neighbors those are.

use serde::{Deserialize, Serialize};

use crate::aggregate::AggregateCall;
use crate::types::{LogicalType, TypeKind};

/// Which rows of its partition a row's functions see (Calcite's `RexWindow`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverFrame {
    /// ROWS: bounds count rows. Otherwise RANGE: they are distances of the sort key, and rows with
    /// equal sort keys are in each other's frames.
    pub rows: bool,
    /// The first row.
    pub start: FrameBound,
    /// The last row.
    pub end: FrameBound,
}

/// An end of a frame. Distances are rows, milliseconds of a time, or units of a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING.
    UnboundedPreceding,
    /// `n PRECEDING`.
    Preceding(i64),
    /// CURRENT ROW.
    CurrentRow,
    /// `n FOLLOWING`.
    Following(i64),
    /// UNBOUNDED FOLLOWING.
    UnboundedFollowing,
}

impl OverFrame {
    /// Everything up to the current row.
    pub fn up_to_current_row(rows: bool) -> OverFrame {
        OverFrame {
            rows,
            start: FrameBound::UnboundedPreceding,
            end: FrameBound::CurrentRow,
        }
    }

    /// The whole partition.
    pub fn whole_partition() -> OverFrame {
        OverFrame {
            rows: false,
            start: FrameBound::UnboundedPreceding,
            end: FrameBound::UnboundedFollowing,
        }
    }
}

/// One function of an OVER window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OverCall {
    /// An aggregate over the frame.
    Aggregate(AggregateCall),
    /// The row's number in its partition, from 1.
    RowNumber,
    /// One more than the number of rows before the row's equals.
    Rank,
    /// One more than the number of different sort keys before the row's.
    DenseRank,
    /// `(rank - 1) / (rows - 1)`.
    PercentRank,
    /// The share of rows that are not after the row.
    CumeDist,
    /// Which of so many equally large parts of the partition the row is in, from 1.
    Ntile {
        /// How many parts, > 0.
        buckets: i64,
    },
    /// The value of another row of the partition.
    Lag {
        /// The column.
        value: usize,
        /// How many rows before (LAG) or, below zero, behind (LEAD).
        offset: i64,
        /// The column with the value where there is no such row; NULL without one.
        default: Option<usize>,
        /// Type of the result.
        ty: LogicalType,
    },
}

impl OverCall {
    /// As SQL calls it.
    pub fn name(&self) -> &str {
        match self {
            OverCall::Aggregate(call) => &call.function,
            OverCall::RowNumber => "ROW_NUMBER",
            OverCall::Rank => "RANK",
            OverCall::DenseRank => "DENSE_RANK",
            OverCall::PercentRank => "PERCENT_RANK",
            OverCall::CumeDist => "CUME_DIST",
            OverCall::Ntile { .. } => "NTILE",
            OverCall::Lag { offset, .. } if *offset < 0 => "LEAD",
            OverCall::Lag { .. } => "LAG",
        }
    }

    /// Type of the result.
    pub fn ty(&self) -> LogicalType {
        match self {
            OverCall::Aggregate(call) => call.ty.clone(),
            OverCall::Lag { ty, .. } => ty.clone(),
            OverCall::PercentRank | OverCall::CumeDist => TypeKind::Double.not_null(),
            OverCall::RowNumber | OverCall::Rank | OverCall::DenseRank | OverCall::Ntile { .. } => {
                TypeKind::BigInt.not_null()
            }
        }
    }

    /// The columns it reads.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            OverCall::Aggregate(call) => {
                let ordered = call.order_by.iter().map(|(column, _, _)| column);
                call.args
                    .iter()
                    .chain(&call.filter)
                    .chain(ordered)
                    .copied()
                    .collect()
            }
            OverCall::Lag { value, default, .. } => {
                std::iter::once(*value).chain(*default).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The same function of other columns: `mapping(old position)` is the new one.
    pub fn map_columns(&self, mapping: &dyn Fn(usize) -> usize) -> OverCall {
        let mut call = self.clone();
        match &mut call {
            OverCall::Aggregate(call) => {
                call.args.iter_mut().for_each(|arg| *arg = mapping(*arg));
                call.filter = call.filter.map(mapping);
                for (column, _, _) in &mut call.order_by {
                    *column = mapping(*column);
                }
            }
            OverCall::Lag { value, default, .. } => {
                *value = mapping(*value);
                *default = default.map(mapping);
            }
            _ => {}
        }
        call
    }
}
