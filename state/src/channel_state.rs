//! Records in flight: what an unaligned checkpoint keeps of the channels between tasks.
//!
//! A barrier that overtakes leaves records behind that are in neither task's state: some wait at the
//! receiver, some are kept by a sender whose channel is full. Both sides write their part under the
//! channel's name, a [`ChannelKey`]. On restore the parts of a channel are put together, the receiver's
//! before the sender's, and the new receivers process them before anything new (Flink's channel state).
//!
//! Rows lie in the worker's state file like any other state, under one key group, because their order
//! counts; marks of event time lie in the handle.

use std::collections::VecDeque;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{StreamElement, Watermark};
use alpheus_dataflow::ids::{OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, RowsConsumer};
use arrow::array::{Array, AsArray, RecordBatch, UInt8Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt8Type};
use serde::{Deserialize, Serialize};

use crate::encryption::DataKeys;
use crate::error::{Result, StateError, for_operator};
use crate::handle::KeyedStateHandle;
use crate::restored::SnapshotFiles;
use crate::snapshot_file::{SectionReader, SnapshotFileWriter};

/// Name of the sections in state files.
const SECTION: &str = "in-flight";
/// Name of the column that row kinds are kept in, behind the others.
const KIND_COLUMN: &str = "row kind";
/// All rows of a channel lie under this group.
const GROUP: KeyGroup = KeyGroup(0);

/// Which channel, told apart by operators, which keep their ids when the graph is planned anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelKey {
    /// The operator that reads it: the first of its vertex.
    pub operator: OperatorId,
    /// Which of that operator's inputs it feeds.
    pub input: usize,
    /// The operator that writes into it: the last of its vertex.
    pub sender: OperatorId,
    /// The edge's position in the graph; tells two edges between the same vertices apart.
    pub edge: usize,
    /// The sender's subtask.
    pub from: SubtaskIndex,
    /// The receiver's subtask.
    pub to: SubtaskIndex,
    /// How many subtasks the receiver has.
    pub parallelism: u32,
    /// How many channels lead to the receiver: event time goes no further than all of them say.
    pub channels: usize,
    /// Whether the receiver owns the keys of its rows.
    pub keyed: bool,
    /// 0; higher for records that an earlier checkpoint had and that were not processed yet.
    pub lane: usize,
}

/// On which side of a channel records were. The order is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChannelSide {
    /// Received and not processed.
    Receiver,
    /// Not sent yet.
    Sender,
}

/// What was in flight on one side of a channel.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// The channel.
    pub channel: ChannelKey,
    /// The side.
    pub side: ChannelSide,
    /// Rows, watermarks and idle marks in their order; anything else is left out.
    pub elements: Vec<StreamElement>,
}

/// Where the records of one side of a channel lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelStateHandle {
    /// The channel.
    pub channel: ChannelKey,
    /// The side.
    pub side: ChannelSide,
    /// What was there, in order.
    pub elements: Vec<ChannelElement>,
    /// Where the rows lie, if there are any.
    pub rows: Option<KeyedStateHandle>,
}

/// One thing in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelElement {
    /// The next batch, of so many rows.
    Rows(usize),
    /// [`StreamElement::Watermark`].
    Watermark(i64),
    /// [`StreamElement::Idle`].
    Idle(bool),
}

struct InFlightRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl FrozenRows for InFlightRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let mut batches = self.batches.into_iter();
        batches.try_for_each(|batch| consumer(GROUP, batch))
    }
}

impl InFlight {
    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Whether there are rows, which need a file.
    pub fn has_rows(&self) -> bool {
        let mut elements = self.elements.iter();
        elements.any(|element| matches!(element, StreamElement::Data(batch) if !batch.is_empty()))
    }

    /// Writes the rows into the worker's state file, which must be there when there are some.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(self, file: Option<&mut SnapshotFileWriter>) -> Result<ChannelStateHandle> {
        let mut elements = Vec::with_capacity(self.elements.len());
        let mut batches = Vec::new();
        for element in &self.elements {
            match element {
                StreamElement::Data(batch) if batch.is_empty() => {}
                StreamElement::Data(batch) => {
                    elements.push(ChannelElement::Rows(batch.num_rows()));
                    batches.push(with_kinds(batch)?);
                }
                StreamElement::Watermark(watermark) => {
                    elements.push(ChannelElement::Watermark(watermark.0));
                }
                StreamElement::Idle(idle) => elements.push(ChannelElement::Idle(*idle)),
                StreamElement::Barrier(_) | StreamElement::EndOfInput => {}
            }
        }
        let rows = match (batches.first(), file) {
            (Some(first), Some(file)) => {
                let snapshot = KeyedSnapshot {
                    name: SECTION.to_owned(),
                    rows: Box::new(InFlightRows {
                        schema: first.schema(),
                        batches,
                    }),
                };
                file.write(self.channel.operator, self.channel.to, snapshot)?
            }
            _ => None,
        };
        Ok(ChannelStateHandle {
            channel: self.channel,
            side: self.side,
            elements,
            rows,
        })
    }
}

/// Columns that may all be null, and the row kinds: a schema that does not depend on who made a batch.
fn with_kinds(
    batch: &ChangelogBatch,
) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let rows = batch.rows();
    let mut fields: Vec<Field> = (rows.schema().fields().iter().enumerate())
        .map(|(position, field)| Field::new(position.to_string(), field.data_type().clone(), true))
        .collect();
    fields.push(Field::new(KIND_COLUMN, DataType::UInt8, false));
    let kinds = match batch.ops() {
        Some(kinds) => kinds.clone(),
        None => UInt8Array::from(vec![0; batch.num_rows()]),
    };
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(kinds));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

impl ChannelStateHandle {
    /// Reads back what was in flight, rows with the columns of `schema`. The handle must name its file
    /// absolutely, as [`redistribute`](crate::redistribute) does.
    ///
    /// # Errors
    /// When the file is torn or damaged, or its rows have other columns.
    pub fn read(
        &self,
        schema: &SchemaRef,
        files: &SnapshotFiles,
        keys: &DataKeys,
    ) -> OperatorResult<VecDeque<StreamElement>> {
        for_operator(self.try_read(schema, files, keys))
    }

    fn try_read(
        &self,
        schema: &SchemaRef,
        files: &SnapshotFiles,
        keys: &DataKeys,
    ) -> Result<VecDeque<StreamElement>> {
        let mut batches = match &self.rows {
            Some(handle) => {
                let file = files.open(&handle.file, handle.key.as_ref(), keys)?;
                let section = SectionReader::open(file, &handle.file, handle)?;
                let groups = KeyGroupRange {
                    start: GROUP.0,
                    end: GROUP.0 + 1,
                };
                section.rows(groups).collect::<Result<VecDeque<_>>>()?
            }
            None => VecDeque::new(),
        };
        let file = self
            .rows
            .as_ref()
            .map_or("_metadata", |handle| &handle.file);
        let mut elements = VecDeque::with_capacity(self.elements.len());
        for element in &self.elements {
            elements.push_back(match element {
                ChannelElement::Rows(count) => {
                    let batch = batches.pop_front();
                    let batch = batch.filter(|batch| batch.num_rows() == *count);
                    let batch = batch.and_then(|batch| without_kinds(&batch, schema));
                    StreamElement::Data(batch.ok_or_else(|| {
                        StateError::damaged(file, "its records in flight are not those of the job")
                    })?)
                }
                ChannelElement::Watermark(time) => StreamElement::Watermark(Watermark(*time)),
                ChannelElement::Idle(idle) => StreamElement::Idle(*idle),
            });
        }
        Ok(elements)
    }
}

fn without_kinds(batch: &RecordBatch, schema: &SchemaRef) -> Option<ChangelogBatch> {
    let (kinds, columns) = batch.columns().split_last()?;
    let kinds = kinds.as_primitive_opt::<UInt8Type>()?.clone();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let rows = RecordBatch::try_new_with_options(Arc::clone(schema), columns.to_vec(), &options);
    let inserts = kinds.null_count() == 0 && kinds.values().iter().all(|kind| *kind == 0);
    ChangelogBatch::try_new(rows.ok()?, (!inserts).then_some(kinds)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alpheus_storage::{LocalFileSystem, Location};
    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    fn key() -> ChannelKey {
        ChannelKey {
            operator: OperatorId(1),
            input: 1,
            sender: OperatorId(2),
            edge: 3,
            from: SubtaskIndex(4),
            to: SubtaskIndex(5),
            parallelism: 6,
            channels: 7,
            keyed: true,
            lane: 0,
        }
    }

    fn rows(values: &[i64], kinds: Option<Vec<u8>>) -> StreamElement {
        let column: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
        let batch = RecordBatch::try_from_iter([("v", column)]).unwrap();
        StreamElement::Data(ChangelogBatch::try_new(batch, kinds.map(UInt8Array::from)).unwrap())
    }

    #[test]
    fn records_in_flight_come_back_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::local(folder.path());
        let mut file = SnapshotFileWriter::create(&LocalFileSystem, &location, "s").unwrap();
        let elements = vec![
            StreamElement::Idle(true),
            rows(&[1, 2], None),
            StreamElement::Watermark(Watermark(9)),
            rows(&[], None),
            rows(&[3, 4], Some(vec![1, 2])),
            StreamElement::EndOfInput,
        ];
        let in_flight = InFlight {
            channel: key(),
            side: ChannelSide::Receiver,
            elements,
        };
        let mut handle = in_flight.write(Some(&mut file)).unwrap();
        file.finish().unwrap();
        let place = handle.rows.as_mut().unwrap();
        place.file = location.join(&place.file).to_string();
        let schema: SchemaRef =
            Arc::new(Schema::new(vec![Field::new("v", DataType::Int64, false)]));
        let read = |handle: &ChannelStateHandle, schema: &SchemaRef| {
            handle.read(schema, &SnapshotFiles::default(), &DataKeys::default())
        };
        let back = read(&handle, &schema).unwrap();
        let text = |element: &StreamElement| match element {
            StreamElement::Data(batch) => {
                let values = batch
                    .rows()
                    .column(0)
                    .as_primitive::<arrow::datatypes::Int64Type>();
                (0..batch.num_rows())
                    .map(|row| format!("{}{}", batch.kind(row).short_string(), values.value(row)))
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            other => format!("{other:?}"),
        };
        let back: Vec<String> = back.iter().map(text).collect();
        assert_eq!(
            back,
            [
                "Idle(true)",
                "+I1 +I2",
                "Watermark(Watermark(9))",
                "-U3 +U4"
            ]
        );
        // Other columns, or fewer batches than there should be.
        let other: SchemaRef = Arc::new(Schema::new(vec![Field::new("v", DataType::Utf8, false)]));
        assert!(read(&handle, &other).is_err());
        handle.elements.push(ChannelElement::Rows(1));
        assert!(read(&handle, &schema).is_err());
    }
}
