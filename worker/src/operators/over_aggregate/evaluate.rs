//! The functions of an OVER window over the steps of many partitions.
//!
//! Steps are taken in rounds: the first step of every partition, then the second of every partition that
//! has one, and so on, so that accumulators work on many groups at a time.

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::RowKind;
use alpheus_dataflow::over::OverCall;
use alpheus_dataflow::types::TypeKind;
use alpheus_functions::aggregate::AggregateSet;
use arrow::array::{Array, ArrayRef, UInt8Array, UInt32Array, new_null_array};
use arrow::compute::{concat, interleave, take};

use super::frames::Step;

/// A partition's part of a batch.
pub(crate) struct Partition {
    /// Where its rows begin in the batch.
    pub(crate) start: usize,
    /// Its group among the accumulators.
    pub(crate) group: u32,
    /// What to do.
    pub(crate) steps: Vec<Step>,
}

/// The functions of a window.
pub(crate) struct Functions {
    calls: Vec<OverCall>,
    /// Those that are aggregates; ROW_NUMBER counts.
    pub(crate) aggregates: Vec<AggregateCall>,
    /// The columns that aggregates read.
    reads: Vec<usize>,
}

impl Functions {
    pub(crate) fn new(calls: &[OverCall]) -> Self {
        let aggregates: Vec<AggregateCall> = calls.iter().filter_map(as_aggregate).collect();
        let mut reads: Vec<usize> = aggregates
            .iter()
            .flat_map(|call| call.args.iter().chain(&call.filter).copied())
            .collect();
        reads.sort_unstable();
        reads.dedup();
        Functions {
            calls: calls.to_vec(),
            aggregates,
            reads,
        }
    }

    /// How many rows back LAG looks.
    pub(crate) fn look_back(&self) -> usize {
        let offsets = self.calls.iter().map(|call| match call {
            OverCall::Lag { offset, .. } => usize::try_from(*offset).unwrap_or(0),
            _ => 0,
        });
        offsets.max().unwrap_or(0)
    }

    /// One column a call: the results of the rows at `emitted`, in that order. `columns` are those of
    /// all partitions' rows.
    pub(crate) fn evaluate(
        &self,
        columns: &[ArrayRef],
        partitions: &[Partition],
        accumulators: &mut AggregateSet,
        emitted: &[usize],
    ) -> OperatorResult<Vec<ArrayRef>> {
        let rows = partitions
            .iter()
            .filter_map(|p| Some(p.start + p.steps.last()?.emit.end))
            .max()
            .unwrap_or(0);
        let mut result_of = vec![0u32; rows];
        let results = match self.aggregates.is_empty() {
            true => Vec::new(),
            false => self.aggregate(columns, partitions, accumulators, &mut result_of)?,
        };
        let picked: UInt32Array = emitted.iter().map(|&row| result_of[row]).collect();
        let mut results = results.into_iter();
        let mut evaluated = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            if let OverCall::Lag {
                value,
                offset,
                default,
                ..
            } = call
            {
                let offset = usize::try_from(*offset).unwrap_or(0);
                let from = looked_at(partitions, rows, offset);
                let value = &columns[*value];
                let default = match default {
                    Some(default) => columns[*default].clone(),
                    None => new_null_array(value.data_type(), value.len()),
                };
                let from: Vec<(usize, usize)> = emitted
                    .iter()
                    .map(|&row| from[row].map_or((1, row), |other| (0, other)))
                    .collect();
                evaluated.push(match from.is_empty() {
                    true => value.slice(0, 0),
                    false => interleave(&[value.as_ref(), default.as_ref()], &from)?,
                });
            } else if let Some(result) = results.next() {
                evaluated.push(take(&result, &picked, None)?);
            }
        }
        Ok(evaluated)
    }

    fn aggregate(
        &self,
        columns: &[ArrayRef],
        partitions: &[Partition],
        accumulators: &mut AggregateSet,
        result_of: &mut [u32],
    ) -> OperatorResult<Vec<ArrayRef>> {
        let rounds = partitions.iter().map(|p| p.steps.len()).max().unwrap_or(0);
        let mut results: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.aggregates.len()];
        let mut count = 0u32;
        for round in 0..rounds {
            let (mut rows, mut groups, mut ops) = (Vec::new(), Vec::new(), Vec::new());
            let mut evaluated = Vec::new();
            for partition in partitions {
                let Some(step) = partition.steps.get(round) else {
                    continue;
                };
                for (range, kind) in [
                    (&step.add, RowKind::Insert),
                    (&step.remove, RowKind::Delete),
                ] {
                    let positions = range.clone().map(|row| (partition.start + row) as u32);
                    rows.extend(positions);
                    groups.resize(rows.len(), partition.group);
                    ops.resize(rows.len(), kind as u8);
                }
                let emitted = partition.start + step.emit.start..partition.start + step.emit.end;
                result_of[emitted].fill(count + evaluated.len() as u32);
                evaluated.push(partition.group);
            }
            self.update(columns, rows, ops, &groups, accumulators)?;
            let values = accumulators.evaluate(&evaluated)?;
            for (all, values) in results.iter_mut().zip(values) {
                all.push(values);
            }
            count += evaluated.len() as u32;
        }
        let whole = results.iter().zip(&self.aggregates).map(|(parts, call)| {
            let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
            match parts.is_empty() {
                true => Ok(new_null_array(&call.ty.to_arrow(), 0)),
                false => Ok(concat(&parts)?),
            }
        });
        whole.collect()
    }

    /// Adds rows (and takes them back) as `ops` says.
    pub(crate) fn update(
        &self,
        columns: &[ArrayRef],
        rows: Vec<u32>,
        ops: Vec<u8>,
        groups: &[u32],
        accumulators: &mut AggregateSet,
    ) -> OperatorResult<()> {
        let rows = UInt32Array::from(rows);
        let mut read = columns.to_vec();
        for &column in &self.reads {
            read[column] = take(&columns[column], &rows, None)?;
        }
        let inserts = ops.iter().all(|&op| op == RowKind::Insert as u8);
        let ops = (!inserts).then(|| UInt8Array::from(ops));
        accumulators.update(&read, ops.as_ref(), groups)
    }
}

fn as_aggregate(call: &OverCall) -> Option<AggregateCall> {
    match call {
        OverCall::Aggregate(call) => Some(call.clone()),
        OverCall::RowNumber => Some(AggregateCall {
            function: "COUNT".to_owned(),
            args: Vec::new(),
            arg_types: Vec::new(),
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            ty: TypeKind::BigInt.not_null(),
        }),
        _ => None,
    }
}

/// For each row, which row LAG takes the value from: so many before the last row of its step.
fn looked_at(partitions: &[Partition], rows: usize, offset: usize) -> Vec<Option<usize>> {
    let mut from = vec![None; rows];
    for partition in partitions {
        for step in &partition.steps {
            let other = (step.emit.end - 1).checked_sub(offset);
            let emitted = partition.start + step.emit.start..partition.start + step.emit.end;
            from[emitted].fill(other.map(|other| partition.start + other));
        }
    }
    from
}
