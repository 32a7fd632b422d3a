//! What a state backend is to an operator (`state.backend.type`).
//!
//! A keyed operator works batch by batch: it [loads](KeyedTable::load) the slots of a batch's keys,
//! changes typed columns in place by slot, and [stores](KeyedTable::store) the slots it has written.
//! In memory ([`hashmap`](crate::hashmap)) load is a hash table and store does nothing; a backend that
//! keeps keys on disk reads the missing ones of the batch at `load` and writes back at `store`, which
//! is why operators may only touch slots between the two.

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::FrozenRows;
use alpheus_dataflow::{OperatorError, OperatorResult, RowType};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Schema;
use std::sync::Arc;

/// The values of a keyed state: columns by slot.
pub trait SlotColumns: Send + Sized + 'static {
    /// Names and types of [`SlotColumns::read`], stable across versions.
    fn fields(&self) -> Vec<Field>;

    /// Makes room for `slots` slots; new ones are empty.
    fn resize(&mut self, slots: usize);

    /// Empties slots.
    fn clear(&mut self, slots: &[u32]);

    /// The values of the slots as columns.
    ///
    /// # Errors
    /// When they cannot be represented.
    fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>>;

    /// Adds what [`SlotColumns::read`] gave to slots.
    ///
    /// # Errors
    /// When the columns are not those of [`SlotColumns::fields`].
    fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()>;

    /// When a slot was last written, in ms, for states with a TTL.
    fn written(&self, _slot: u32) -> i64 {
        0
    }

    /// A copy as of now that shares memory with this one.
    fn freeze(&mut self) -> Self;

    /// Rough size in bytes.
    fn memory_size(&self) -> usize;
}

/// A keyed state of one operator.
pub trait KeyedTable: Send {
    /// Its values.
    type Columns: SlotColumns;

    /// Gives each row the slot of its key; keys that are new get an empty slot. `hashes` are those of
    /// [`alpheus_dataflow::hash`] over `keys`.
    ///
    /// # Errors
    /// When the columns are not of the key's types, or a disk fails.
    fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()>;

    /// The values.
    fn columns(&self) -> &Self::Columns;

    /// The values, to be changed in slots that were loaded since the last [`KeyedTable::store`].
    fn columns_mut(&mut self) -> &mut Self::Columns;

    /// The key columns of slots.
    ///
    /// # Errors
    /// When a key cannot be decoded.
    fn key_columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>>;

    /// These slots were written; they may leave memory.
    ///
    /// # Errors
    /// When a disk fails.
    fn store(&mut self, _slots: &[u32]) -> OperatorResult<()> {
        Ok(())
    }

    /// Forgets keys; their slots are emptied and used again.
    fn remove(&mut self, slots: &[u32]);

    /// How many keys there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows as of now: key columns, then the values' columns.
    fn freeze(&mut self, max_parallelism: u32) -> Box<dyn FrozenRows>;

    /// Rough size in bytes.
    fn memory_size(&self) -> usize;
}

/// The row type of a snapshot: `k0`, `k1`, .., then the values.
pub(crate) fn snapshot_row_type(
    key_types: &[alpheus_dataflow::LogicalType],
    values: Vec<Field>,
) -> RowType {
    let keys = key_types.iter().enumerate();
    let mut fields: Vec<Field> = keys
        .map(|(i, ty)| Field::new(format!("k{i}"), ty.clone()))
        .collect();
    fields.extend(values);
    RowType::new(fields)
}

/// Rows of a snapshot with the columns that an operator keeps.
///
/// Columns may have been added since the snapshot was written: behind the key, found by their names, with
/// the value that `default` gives in one row. Everything else that differs is refused.
///
/// # Errors
/// When a column is missing and has no default, is there and not kept, or has another type.
pub(crate) fn adapt_snapshot_rows(
    rows: &RecordBatch,
    expected: &RowType,
    keys: usize,
    default: &mut dyn FnMut(usize) -> OperatorResult<Option<ArrayRef>>,
) -> OperatorResult<RecordBatch> {
    let found = rows.schema();
    let same_type =
        |position: usize, field: &Field| *found.field(position).data_type() == field.ty.to_arrow();
    let fields = expected.fields.iter().enumerate();
    if found.fields().len() == expected.len()
        && fields
            .clone()
            .all(|(position, field)| same_type(position, field))
    {
        return Ok(rows.clone());
    }
    let refuse = |reason: String| {
        Err(OperatorError::fatal(format!(
            "{reason}: the snapshot has the columns {}, the operator keeps {}; it was written by another \
             version of the query, of which only added columns that may be NULL are taken over; start \
             without it or restore the old query",
            describe(&found),
            describe(&expected.to_arrow())
        )))
    };
    for field in found.fields() {
        if expected.index_of(field.name()).is_none() {
            let (name, ty) = (field.name(), field.data_type());
            return refuse(format!(
                "column `{name}` ({ty}) of the snapshot is kept no more"
            ));
        }
    }
    let mut columns = Vec::with_capacity(expected.len());
    for (position, field) in fields {
        let name = &field.name;
        match found.index_of(name) {
            Ok(at) if same_type(at, field) => columns.push(Arc::clone(rows.column(at))),
            Ok(at) => {
                let (old, new) = (found.field(at).data_type(), field.ty.to_arrow());
                return refuse(format!("column `{name}` was {old} and is {new} now"));
            }
            Err(_) => {
                let value = if position < keys {
                    None
                } else {
                    default(position)?
                };
                let Some(value) = value else {
                    let ty = &field.ty;
                    return refuse(format!("the snapshot has no column `{name}` ({ty})"));
                };
                let repeated = UInt32Array::from(vec![0; rows.num_rows()]);
                columns.push(take(&value, &repeated, None)?);
            }
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    let schema = expected.to_arrow();
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}

/// [`adapt_snapshot_rows`] for values by slot: what a slot holds that nobody has written is the default.
///
/// # Errors
/// Those of [`adapt_snapshot_rows`].
pub(crate) fn adapt_slot_rows<C: SlotColumns>(
    rows: &RecordBatch,
    key_types: &[alpheus_dataflow::LogicalType],
    empty: &mut C,
) -> OperatorResult<RecordBatch> {
    let expected = snapshot_row_type(key_types, empty.fields());
    let mut empty = empty.freeze();
    empty.resize(1);
    adapt_snapshot_rows(rows, &expected, key_types.len(), &mut |position| {
        let values = empty.read(&[0])?;
        Ok(values.get(position - key_types.len()).cloned())
    })
}

/// Names and types of columns, for messages.
pub(crate) fn describe(schema: &Schema) -> String {
    let columns = schema.fields().iter();
    let columns: Vec<String> = columns
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect();
    format!("({})", columns.join(", "))
}
