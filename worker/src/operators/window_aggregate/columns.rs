//! What window operators keep for a key: the accumulators of its aggregates.

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{OperatorResult, TypeKind};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_state::SlotColumns;
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Int64Type;

/// Accumulators by slot. When rows can be taken back there is one more than the query has: COUNT(*),
/// because a group without rows has no result.
pub(crate) struct AggregateColumns {
    pub(crate) aggregates: AggregateSet,
}

/// The calls that are really computed.
pub(crate) fn calls_with_count(calls: &[AggregateCall], retractable: bool) -> Vec<AggregateCall> {
    let mut calls = calls.to_vec();
    if retractable {
        calls.push(AggregateCall {
            function: "COUNT".to_owned(),
            args: Vec::new(),
            arg_types: Vec::new(),
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            ty: TypeKind::BigInt.not_null(),
        });
    }
    calls
}

impl AggregateColumns {
    pub(crate) fn new(calls: &[AggregateCall], retractable: bool) -> OperatorResult<Self> {
        let calls = calls_with_count(calls, retractable);
        Ok(AggregateColumns {
            aggregates: AggregateSet::new(&calls, retractable)?,
        })
    }
}

/// Which of the slots have rows, with their results (without the hidden count).
pub(crate) fn results(
    aggregates: &AggregateSet,
    slots: Vec<u32>,
    retractable: bool,
) -> OperatorResult<(Vec<u32>, Vec<ArrayRef>)> {
    let mut columns = aggregates.evaluate(&slots)?;
    if !retractable {
        return Ok((slots, columns));
    }
    let Some(counts) = columns.pop() else {
        return Ok((slots, columns));
    };
    let counts = counts.as_primitive::<Int64Type>().values();
    if counts.iter().all(|count| *count > 0) {
        return Ok((slots, columns));
    }
    let filled: Vec<u32> = slots
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(slot, _)| *slot)
        .collect();
    let mut columns = aggregates.evaluate(&filled)?;
    columns.pop();
    Ok((filled, columns))
}

impl SlotColumns for AggregateColumns {
    fn fields(&self) -> Vec<Field> {
        self.aggregates.state_fields()
    }
    fn resize(&mut self, slots: usize) {
        self.aggregates.resize(slots);
    }
    fn clear(&mut self, slots: &[u32]) {
        self.aggregates.clear(slots);
    }
    fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        self.aggregates.state(slots)
    }
    fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
        self.aggregates.merge(slots, columns)
    }
    fn freeze(&mut self) -> Self {
        AggregateColumns {
            aggregates: self.aggregates.freeze(),
        }
    }
    fn memory_size(&self) -> usize {
        self.aggregates.memory_size()
    }
}
