//! The functions of an OVER window over whole partitions.

use std::ops::Range;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};
use alpheus_functions::aggregate::AggregateSet;
use arrow::array::{ArrayRef, Float64Array, Int64Array, new_null_array};
use arrow::compute::interleave;

use super::frames::Rows;
use crate::operators::over_aggregate::evaluate::{Functions, Partition};

/// A partition's part of the rows.
pub(super) struct Sorted {
    /// Which rows.
    pub(super) rows: Range<usize>,
    /// For each of them the first one, from 0, that has equal sort keys.
    pub(super) peers: Vec<usize>,
    /// See [`Rows::keys`].
    pub(super) keys: Vec<i128>,
}

/// The functions of a window.
pub(super) struct WholeFunctions {
    calls: Vec<OverCall>,
    frame: OverFrame,
    aggregates: Functions,
}

impl WholeFunctions {
    pub(super) fn new(calls: &[OverCall], frame: OverFrame) -> Self {
        let is_aggregate = |call: &&OverCall| matches!(call, OverCall::Aggregate(_));
        let aggregates: Vec<OverCall> = calls.iter().filter(is_aggregate).cloned().collect();
        WholeFunctions {
            calls: calls.to_vec(),
            frame,
            aggregates: Functions::new(&aggregates),
        }
    }

    /// Whether frames reach as far as a distance of the sort key.
    pub(super) fn needs_keys(&self) -> bool {
        let is_distance =
            |bound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_));
        !self.frame.rows && (is_distance(self.frame.start) || is_distance(self.frame.end))
    }

    /// One column a call, for all rows of the partitions, which lie one behind the other.
    pub(super) fn evaluate(
        &self,
        columns: &[ArrayRef],
        partitions: &[Sorted],
    ) -> OperatorResult<Vec<ArrayRef>> {
        let count = partitions.last().map_or(0, |last| last.rows.end);
        let mut aggregates = match self.aggregates.aggregates.is_empty() {
            true => Vec::new(),
            false => self.aggregate(columns, partitions, count)?,
        }
        .into_iter();
        let mut results = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            results.push(match call {
                OverCall::Aggregate(call) => match aggregates.next() {
                    Some(result) => result,
                    None => new_null_array(&call.ty.to_arrow(), count),
                },
                OverCall::Lag {
                    value,
                    offset,
                    default,
                    ..
                } => {
                    let value = &columns[*value];
                    let default = default.map(|default| columns[default].clone());
                    lag(value, default, *offset, partitions)?
                }
                call => rank(call, partitions),
            });
        }
        Ok(results)
    }

    fn aggregate(
        &self,
        columns: &[ArrayRef],
        partitions: &[Sorted],
        count: usize,
    ) -> OperatorResult<Vec<ArrayRef>> {
        let slides = !matches!(self.frame.start, FrameBound::UnboundedPreceding);
        let mut accumulators = AggregateSet::new(&self.aggregates.aggregates, slides)?;
        accumulators.resize(partitions.len());
        let steps: Vec<Partition> = (partitions.iter().enumerate())
            .map(|(group, partition)| {
                let rows = Rows {
                    peers: &partition.peers,
                    keys: &partition.keys,
                };
                Partition {
                    start: partition.rows.start,
                    group: group as u32,
                    steps: rows.steps(self.frame),
                }
            })
            .collect();
        let all: Vec<usize> = (0..count).collect();
        self.aggregates
            .evaluate(columns, &steps, &mut accumulators, &all)
    }
}

fn lag(
    value: &ArrayRef,
    default: Option<ArrayRef>,
    offset: i64,
    partitions: &[Sorted],
) -> OperatorResult<ArrayRef> {
    let default = default.unwrap_or_else(|| new_null_array(value.data_type(), value.len()));
    let mut from: Vec<(usize, usize)> = Vec::with_capacity(value.len());
    for partition in partitions {
        for row in partition.rows.clone() {
            let other = i64::try_from(row).map_or(-1, |row| row.saturating_sub(offset));
            let other = usize::try_from(other).ok();
            let other = other.filter(|other| partition.rows.contains(other));
            from.push(other.map_or((1, row), |other| (0, other)));
        }
    }
    match from.is_empty() {
        true => Ok(value.slice(0, 0)),
        false => Ok(interleave(&[value.as_ref(), default.as_ref()], &from)?),
    }
}

fn rank(call: &OverCall, partitions: &[Sorted]) -> ArrayRef {
    let mut numbers: Vec<i64> = Vec::new();
    let mut shares: Vec<f64> = Vec::new();
    for partition in partitions {
        let count = partition.peers.len();
        let mut dense = 0;
        for (row, &peer) in partition.peers.iter().enumerate() {
            dense += i64::from(peer == row);
            match call {
                OverCall::Rank => numbers.push(peer as i64 + 1),
                OverCall::DenseRank => numbers.push(dense),
                OverCall::Ntile { buckets } => numbers.push(ntile(row, count, *buckets)),
                OverCall::PercentRank => shares.push(match count {
                    1 => 0.0,
                    count => peer as f64 / (count as f64 - 1.0),
                }),
                OverCall::CumeDist => {
                    let same = partition.peers[row..].iter().take_while(|&&p| p == peer);
                    shares.push((row + same.count()) as f64 / count as f64);
                }
                _ => numbers.push(row as i64 + 1),
            }
        }
    }
    match call {
        OverCall::PercentRank | OverCall::CumeDist => Arc::new(Float64Array::from(shares)),
        _ => Arc::new(Int64Array::from(numbers)),
    }
}

/// The part of a row; the first parts are one longer where it does not come out even.
fn ntile(row: usize, count: usize, buckets: i64) -> i64 {
    let (row, count) = (row as i64, count as i64);
    let (size, longer) = (count / buckets, count % buckets);
    let in_longer = longer * (size + 1);
    match row < in_longer {
        true => row / (size + 1) + 1,
        false => longer + (row - in_longer) / size.max(1) + 1,
    }
}
