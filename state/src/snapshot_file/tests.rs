#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::ids::{OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, RowsConsumer};
use alpheus_storage::{FileSystem, InputFile, LocalFileSystem, Location};
use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::error::{Result, StateError};
use crate::handle::KeyedStateHandle;

/// Rows (group, value) that are sorted by group.
struct Rows(Vec<(u16, i64)>);

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("value", DataType::Int64, true),
        Field::new("text", DataType::Utf8, true),
    ]))
}

impl FrozenRows for Rows {
    fn schema(&self) -> SchemaRef {
        schema()
    }
    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        for (group, value) in self.0 {
            let columns: Vec<arrow::array::ArrayRef> = vec![
                Arc::new(Int64Array::from(vec![value])),
                Arc::new(StringArray::from(vec![format!("text {value}")])),
            ];
            consumer(KeyGroup(group), RecordBatch::try_new(schema(), columns)?)?;
        }
        Ok(())
    }
}

struct Memory(Bytes);

impl InputFile for Memory {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }
    fn read_range(&self, offset: u64, length: usize) -> alpheus_storage::Result<Bytes> {
        let start = (offset as usize).min(self.0.len());
        Ok(self.0.slice(start..(start + length).min(self.0.len())))
    }
}

fn write(states: &[(&str, Vec<(u16, i64)>)]) -> (Vec<u8>, Vec<KeyedStateHandle>) {
    write_as(states, false)
}

fn write_as(
    states: &[(&str, Vec<(u16, i64)>)],
    compress: bool,
) -> (Vec<u8>, Vec<KeyedStateHandle>) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Location::local(temporary.path());
    let mut writer = SnapshotFileWriter::create(&LocalFileSystem, &folder, "state-0").unwrap();
    if compress {
        writer = writer.compressing().unwrap();
    }
    let mut handles = Vec::new();
    for (name, rows) in states {
        let snapshot = KeyedSnapshot {
            name: (*name).to_owned(),
            rows: Box::new(Rows(rows.clone())),
        };
        let handle = writer
            .write(OperatorId(1), SubtaskIndex(0), snapshot)
            .unwrap();
        handles.extend(handle);
    }
    writer.finish().unwrap();
    (
        LocalFileSystem
            .read(&folder.join("state-0"))
            .unwrap()
            .to_vec(),
        handles,
    )
}

fn read(bytes: &[u8], handle: &KeyedStateHandle, range: KeyGroupRange) -> Result<Vec<i64>> {
    let file: Arc<dyn InputFile> = Arc::new(Memory(Bytes::copy_from_slice(bytes)));
    let mut values = Vec::new();
    for batch in SectionReader::open(file, "state-0", handle)?.rows(range) {
        let batch = batch?;
        assert_eq!(batch.column(1).len(), batch.num_rows());
        values.extend(batch.column(0).as_primitive::<Int64Type>().values());
    }
    Ok(values)
}

#[test]
fn only_the_groups_asked_for_come_back() {
    let rows = vec![(3, 30), (3, 31), (4, 40), (90, 900)];
    let (bytes, handles) = write(&[("a", rows), ("empty", vec![]), ("b", vec![(0, 1)])]);
    assert_eq!(handles.len(), 2, "a state without rows has no section");
    assert_eq!(handles[0].key_groups, (3, 91));
    let of = |start, end| read(&bytes, &handles[0], KeyGroupRange { start, end }).unwrap();
    assert_eq!(of(0, 128), [30, 31, 40, 900]);
    assert_eq!(of(4, 90), [40]);
    assert_eq!(of(5, 6), [0i64; 0]);
    let file = Memory(Bytes::from(bytes.clone()));
    let directory = read_directory(&file, "state-0").unwrap();
    assert_eq!(directory.iter().map(|s| s.rows).collect::<Vec<_>>(), [4, 1]);
    assert_eq!(directory[1].offset, handles[1].offset);
}

#[test]
fn compressed_rows_take_less_room_and_come_back() {
    // One batch a group, large enough to have something to save.
    struct Many;
    impl FrozenRows for Many {
        fn schema(&self) -> SchemaRef {
            schema()
        }
        fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
            let columns: Vec<arrow::array::ArrayRef> = vec![
                Arc::new(Int64Array::from_iter_values(0..4000)),
                Arc::new(StringArray::from(vec!["the same text"; 4000])),
            ];
            consumer(KeyGroup(3), RecordBatch::try_new(schema(), columns)?)
        }
    }
    let length = |compress: bool| {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Location::local(temporary.path());
        let mut writer = SnapshotFileWriter::create(&LocalFileSystem, &folder, "s").unwrap();
        if compress {
            writer = writer.compressing().unwrap();
        }
        let snapshot = KeyedSnapshot {
            name: "a".to_owned(),
            rows: Box::new(Many),
        };
        let handle = writer.write(OperatorId(1), SubtaskIndex(0), snapshot);
        let handle = handle.unwrap().unwrap();
        writer.finish().unwrap();
        let bytes = LocalFileSystem.read(&folder.join("s")).unwrap();
        let values = read(&bytes, &handle, KeyGroupRange::all(128)).unwrap();
        assert!(values.iter().copied().eq(0..4000));
        bytes.len()
    };
    assert!(length(true) * 2 < length(false));
    // Batches too small to gain anything are readable as well.
    let (bytes, handles) = write_as(&[("a", vec![(1, 10), (2, 20)])], true);
    assert_eq!(
        read(&bytes, &handles[0], KeyGroupRange::all(128)).unwrap(),
        [10, 20]
    );
}

#[test]
fn groups_out_of_order_are_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Location::local(temporary.path());
    let mut writer = SnapshotFileWriter::create(&LocalFileSystem, &folder, "s").unwrap();
    let snapshot = KeyedSnapshot {
        name: "a".to_owned(),
        rows: Box::new(Rows(vec![(3, 1), (2, 1)])),
    };
    let error = writer
        .write(OperatorId(1), SubtaskIndex(0), snapshot)
        .unwrap_err();
    assert!(
        matches!(
            error,
            StateError::KeyGroupOrder {
                last: 3,
                next: 2,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_newer_version_is_named() {
    let (mut bytes, handles) = write(&[("a", vec![(0, 1)])]);
    bytes[8] = 2;
    let error = read(&bytes, &handles[0], KeyGroupRange::all(128)).unwrap_err();
    assert!(
        matches!(error, StateError::NewerVersion { found: 2, .. }),
        "{error}"
    );
}

proptest! {
    /// Whatever happens to the bytes: the rows that were written, or an error.
    #[test]
    fn damage_is_an_error_or_harmless(
        position in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<bool>(), shift in -3i64..4,
    ) {
        static WRITTEN: std::sync::LazyLock<(Vec<u8>, Vec<KeyedStateHandle>)> =
            std::sync::LazyLock::new(|| {
                write(&[("a", vec![(1, 10), (2, 20)]), ("b", vec![(7, 70)])])
            });
        let (mut bytes, handles) = WRITTEN.clone();
        let position = position.index(bytes.len());
        if cut {
            bytes.truncate(position);
        } else {
            bytes[position] ^= 1 << bit;
        }
        for (handle, expected) in handles.iter().zip([vec![10, 20], vec![70]]) {
            if let Ok(values) = read(&bytes, handle, KeyGroupRange::all(128)) {
                prop_assert_eq!(values, expected);
            }
            // A handle that lies about its place must not panic either.
            let wrong = KeyedStateHandle {
                offset: handle.offset.wrapping_add_signed(shift),
                length: handle.length.wrapping_add_signed(-shift * 7),
                ..handle.clone()
            };
            let _ = read(&bytes, &wrong, KeyGroupRange::all(128));
        }
        let _ = read_directory(&Memory(Bytes::from(bytes)), "x");
    }
}
