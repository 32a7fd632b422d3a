//! Joins of two streams.
//!
//! [`regular`] keeps both sides and joins changelogs, [`interval`] rows whose times are near each other,
//! [`window`] rows of one window, [`temporal`] a row with the version of its time,
//! [`lookup`] a row with a table as it is now; [`multi`] is a chain of the first kind on one key. What the first and the last keep of an input is in [`side`]. What all joins share is here: finding the key of a
//! row ([`Keys`]), testing the condition over pairs of rows and building output rows from them ([`Pairing`]).
//! Everything is done for many pairs at once: an operator first collects which rows meet, then asks for
//! the condition of all of them, then takes all output columns in one gather each.

mod batch_top;
mod bounded;
mod by_slot;
mod by_time;
pub mod interval;
pub mod lookup;
pub mod multi;
pub mod regular;
mod side;
pub mod temporal;
#[cfg(test)]
mod tests;
pub mod window;

use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{OperatorNode, SessionSettings};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::join::JoinSpec;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use alpheus_functions::compile::{CompiledExpr, EvalContext};
use arrow::array::{
    Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt32Array,
    new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::group_aggregate::key_types;

/// The other input.
pub(super) fn other(input: usize) -> usize {
    1 - input
}

/// Types of the join keys in the state of either side, which both sides look up.
pub(super) fn join_key_types(spec: &JoinSpec) -> OperatorResult<Vec<LogicalType>> {
    let types = key_types(&spec.key_columns(0), &spec.left.columns)?;
    Ok(types.iter().map(|ty| ty.with_nullable(true)).collect())
}

/// The key columns of a batch.
pub(super) struct Keys {
    pub columns: Vec<ArrayRef>,
    pub hashes: Vec<u64>,
    /// False where a key is NULL that equals nothing; `None` if all keys can match.
    matching: Option<NullBuffer>,
}

impl Keys {
    pub fn of(spec: &JoinSpec, input: usize, rows: &RecordBatch) -> OperatorResult<Self> {
        let positions = spec.key_columns(input);
        let columns: Vec<ArrayRef> = positions
            .iter()
            .map(|&column| rows.column(column).clone())
            .collect();
        let strict = spec
            .keys
            .iter()
            .zip(&columns)
            .filter(|(key, _)| !key.null_safe);
        let matching = strict.fold(None, |all, (_, column)| {
            NullBuffer::union(all.as_ref(), column.logical_nulls().as_ref())
        });
        Ok(Keys {
            hashes: hash_columns(&columns, rows.num_rows())?,
            matching: matching.filter(|nulls| nulls.null_count() > 0),
            columns,
        })
    }

    /// Whether the key of the row can equal any.
    pub fn can_match(&self, row: usize) -> bool {
        self.matching
            .as_ref()
            .is_none_or(|nulls| nulls.is_valid(row))
    }
}

/// Tests pairs of rows and builds output from them.
pub(super) struct Pairing {
    condition: Option<Condition>,
    output: SchemaRef,
    has_right_columns: bool,
}

struct Condition {
    expr: CompiledExpr,
    /// Which columns it reads, of left then right.
    columns: Vec<usize>,
    left_width: usize,
    schema: SchemaRef,
}

impl Pairing {
    pub fn new(
        spec: &JoinSpec,
        node: &OperatorNode,
        session: &Arc<SessionSettings>,
    ) -> OperatorResult<Self> {
        let condition = spec.condition.as_ref();
        Ok(Pairing {
            condition: condition
                .map(|condition| Condition::new(spec, condition, session))
                .transpose()?,
            output: node.output.to_arrow(),
            has_right_columns: spec.kind.has_right_columns(),
        })
    }

    /// Which of the pairs fulfil the condition; `None` if all do. A pair is a row of each side.
    pub fn fulfilled(
        &self,
        sides: [&[ArrayRef]; 2],
        pairs: [&UInt32Array; 2],
        context: &EvalContext,
    ) -> OperatorResult<Option<BooleanArray>> {
        let Some(condition) = &self.condition else {
            return Ok(None);
        };
        let columns = condition.columns.iter().map(|&column| {
            match column.checked_sub(condition.left_width) {
                None => take(&sides[0][column], pairs[0], None),
                Some(column) => take(&sides[1][column], pairs[1], None),
            }
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(pairs[0].len()));
        let schema = condition.schema.clone();
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        let mask = condition.expr.evaluate_predicate(&batch, context)?;
        Ok(Some(mask))
    }

    /// Output rows; where a side has no row, its columns are NULL.
    pub fn rows(
        &self,
        sides: [&[ArrayRef]; 2],
        pairs: [UInt32Array; 2],
        kinds: Vec<u8>,
    ) -> OperatorResult<ChangelogBatch> {
        let [left, right] = pairs;
        let of_left = sides[0].iter().map(|column| gather(column, &left));
        let of_right = sides[1].iter().map(|column| gather(column, &right));
        let columns = match self.has_right_columns {
            true => of_left.chain(of_right).collect::<Result<Vec<_>, _>>()?,
            false => of_left.collect::<Result<Vec<_>, _>>()?,
        };
        let options = RecordBatchOptions::new().with_row_count(Some(kinds.len()));
        let rows = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
        let inserts = kinds.iter().all(|&kind| kind == RowKind::Insert as u8);
        let ops = (!inserts).then(|| UInt8Array::from(kinds));
        Ok(ChangelogBatch::try_new(rows, ops)?)
    }
}

/// Rows to emit: positions in the batch and among rows of the other side.
#[derive(Default)]
pub(super) struct Emitted {
    pub own: Vec<Option<u32>>,
    pub other: Vec<Option<u32>>,
    pub kinds: Vec<u8>,
}

impl Emitted {
    pub fn push(&mut self, own: Option<u32>, other: Option<u32>, kind: RowKind, times: i64) {
        for _ in 0..times {
            self.own.push(own);
            self.other.push(other);
            self.kinds.push(kind as u8);
        }
    }
}

/// Whether a pair fulfils the condition.
pub(super) fn is_true(mask: Option<&BooleanArray>, row: usize) -> bool {
    mask.is_none_or(|mask| mask.is_valid(row) && mask.value(row))
}

/// The rows at `indices`, NULL where there is none.
pub(super) fn gather(column: &ArrayRef, indices: &UInt32Array) -> Result<ArrayRef, ArrowError> {
    match column.is_empty() {
        true => Ok(new_null_array(column.data_type(), indices.len())),
        false => take(column, indices, None),
    }
}

impl Condition {
    fn new(
        spec: &JoinSpec,
        condition: &Expr,
        session: &Arc<SessionSettings>,
    ) -> OperatorResult<Self> {
        let columns = condition.referenced_columns();
        let left_width = spec.left.columns.len();
        let all = spec.left.columns.fields.iter();
        let all: Vec<_> = all.chain(&spec.right.columns.fields).collect();
        let fields = columns.iter().map(|&column| {
            let field = all.get(column).ok_or_else(|| {
                OperatorError::fatal(format!(
                    "a join's condition reads column {column}, which is not there"
                ))
            })?;
            Ok(Field::new(&field.name, field.ty.to_arrow(), true))
        });
        let fields = fields.collect::<OperatorResult<Vec<_>>>()?;
        let position = |column: usize| {
            columns
                .iter()
                .position(|&c| c == column)
                .unwrap_or_default()
        };
        let compact = condition.clone().map_columns(&position);
        Ok(Condition {
            expr: CompiledExpr::compile(&compact, session)?,
            schema: Arc::new(Schema::new(fields)),
            left_width,
            columns,
        })
    }
}
