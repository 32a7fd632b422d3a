//! SESSION as a table function: each row once, when its session is complete, with `window_start`,
//! `window_end` and `window_time` behind its columns (Flink's `UnalignedWindowTableFunctionOperator`).
//!
//! Until then nobody knows where a session ends, so its rows are kept. That is what an aggregation over
//! SESSION windows does with ARRAY_AGG; here each column is aggregated so, and the arrays are laid out
//! again as rows. Rows of a session come in the order in which they arrived; late ones are dropped and
//! counted as there.

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Collector, Operator, OperatorContext};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;

use super::session_window_aggregate::SessionWindowAggregate;

/// Window columns behind the row's own.
const WINDOW_COLUMNS: usize = 3;

/// The operator; see the module's documentation.
pub struct SessionWindowTableFunction {
    sessions: SessionWindowAggregate,
    layout: Layout,
}

/// From the sessions' arrays to rows.
struct Layout {
    /// Columns of the PARTITION BY, which the aggregation emits first.
    keys: usize,
    output: SchemaRef,
}

impl SessionWindowTableFunction {
    /// The operator of a node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::WindowTableFunction { window, time, keys } = &node.spec else {
            return Err(OperatorError::fatal(format!(
                "{} is no WindowTableFunction",
                node.name
            )));
        };
        let array = |field: &Field| {
            TypeKind::Array(Box::new(field.ty.clone().with_nullable(true))).nullable()
        };
        let calls = input
            .fields
            .iter()
            .enumerate()
            .map(|(column, field)| AggregateCall {
                function: "ARRAY_AGG".to_owned(),
                args: vec![column],
                arg_types: vec![field.ty.clone()],
                distinct: false,
                filter: None,
                order_by: Vec::new(),
                ty: array(field),
            });
        let mut fields: Vec<Field> = (keys.iter())
            .filter_map(|&key| input.fields.get(key).cloned())
            .collect();
        fields.extend(
            (input.fields.iter()).map(|field| Field::new(field.name.clone(), array(field))),
        );
        let windows = node.output.fields.len().saturating_sub(WINDOW_COLUMNS);
        fields.extend(node.output.fields[windows..].iter().cloned());
        let aggregation = OperatorNode {
            spec: OperatorSpec::WindowAggregate {
                window: *window,
                time: *time,
                keys: keys.clone(),
                aggregates: calls.collect(),
                phase: AggregatePhase::Single,
                input: ChangelogMode::InsertOnly,
            },
            output: RowType::new(fields),
            ..node.clone()
        };
        Ok(SessionWindowTableFunction {
            sessions: SessionWindowAggregate::new(&aggregation, input)?,
            layout: Layout {
                keys: keys.len(),
                output: node.output.to_arrow(),
            },
        })
    }

    fn emit(
        &mut self,
        out: &mut dyn Collector,
        advance: impl FnOnce(
            &mut SessionWindowAggregate,
            &mut Vec<ChangelogBatch>,
        ) -> OperatorResult<()>,
    ) -> OperatorResult<()> {
        let mut complete = Vec::new();
        advance(&mut self.sessions, &mut complete)?;
        for batch in complete {
            out.collect(ChangelogBatch::inserts(self.layout.rows(&batch)?));
        }
        Ok(())
    }
}

impl Layout {
    fn rows(&self, sessions: &ChangelogBatch) -> OperatorResult<RecordBatch> {
        let columns = sessions.rows().columns();
        let (arrays, windows) =
            columns[self.keys..].split_at(columns.len() - self.keys - WINDOW_COLUMNS);
        let arrays: Vec<&ListArray> = arrays.iter().map(|array| array.as_list::<i32>()).collect();
        let mut session_of = Vec::new();
        if let Some(first) = arrays.first() {
            for session in 0..first.len() {
                let length = first.value_length(session).max(0) as usize;
                session_of.extend(std::iter::repeat_n(session as u32, length));
            }
        }
        let session_of = UInt32Array::from(session_of);
        let mut rows: Vec<ArrayRef> = arrays.into_iter().map(values_of).collect();
        for window in windows {
            rows.push(take(window, &session_of, None)?);
        }
        Ok(RecordBatch::try_new(self.output.clone(), rows)?)
    }
}

/// The values of all lists, one after the other.
fn values_of(lists: &ListArray) -> ArrayRef {
    let offsets = lists.value_offsets();
    let (first, last) = match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => (*first as usize, *last as usize),
        _ => (0, 0),
    };
    lists.values().slice(first, last - first)
}

impl Operator for SessionWindowTableFunction {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.sessions.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.sessions.restore(state)
    }

    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        self.emit(out, |sessions, complete| {
            sessions.process_batch(input, batch, complete)
        })
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        self.emit(out, |sessions, complete| {
            sessions.process_watermark(watermark, complete).map(drop)
        })?;
        Ok(Some(watermark))
    }

    fn next_timer(&self) -> Option<i64> {
        self.sessions.next_timer()
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        self.emit(out, |sessions, complete| {
            sessions.on_processing_time(now_ms, complete)
        })
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        self.sessions.snapshot(barrier)
    }

    fn state_size(&self) -> usize {
        self.sessions.state_size()
    }
}
