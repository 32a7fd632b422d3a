//! Encoded rows and what has happened to each, until they are emitted.

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::operator::Collector;
use alpheus_state::row_codec::{RowBuffer, RowCodec};
use arrow::array::{RecordBatch, RecordBatchOptions, UInt8Array};
use arrow::datatypes::SchemaRef;

/// Changes of rows in the order in which they are to be emitted.
#[derive(Default)]
pub struct RowChanges {
    rows: RowBuffer,
    kinds: Vec<u8>,
}

impl RowChanges {
    /// Adds a change.
    pub fn push(&mut self, kind: RowKind, row: &[u8]) {
        self.rows.push(row);
        self.kinds.push(kind as u8);
    }

    /// Emits all of them as one batch.
    ///
    /// # Errors
    /// When they are no rows of `codec`, or not of the schema.
    pub fn emit(
        self,
        codec: &RowCodec,
        schema: &SchemaRef,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if self.kinds.is_empty() {
            return Ok(());
        }
        let columns = codec.decode(self.rows.iter())?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.kinds.len()));
        let rows = RecordBatch::try_new_with_options(schema.clone(), columns, &options)?;
        let inserts = self.kinds.iter().all(|&kind| kind == RowKind::Insert as u8);
        let kinds = (!inserts).then(|| UInt8Array::from(self.kinds));
        out.collect(ChangelogBatch::try_new(rows, kinds)?);
        Ok(())
    }
}
