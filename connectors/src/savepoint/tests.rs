#![allow(clippy::unwrap_used)]
//! A savepoint of two subtasks, read as a table from any position, and listed.

use std::collections::BTreeMap;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId, SubtaskIndex, VertexId};
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, RowsConsumer};
use alpheus_dataflow::source::{NextSplit, Source, SourcePoll, SourceReader, SourceReaderContext};
use alpheus_dataflow::{OperatorResult, TypeKind};
use alpheus_state::handle::{OperatorStateHandle, TaskId, TaskSnapshot};
use alpheus_state::metadata::VertexMetadata;
use alpheus_state::{CheckpointMetadata, SnapshotFileWriter};
use alpheus_storage::LocalFileSystem;
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, SchemaRef};

use super::*;
use crate::testing::{context, session};
use crate::{create_source, validate_table};

const OPERATOR: OperatorId = OperatorId(7);

/// Some keys with a name each, three rows a batch.
struct Keys(Vec<i64>);

impl FrozenRows for Keys {
    fn schema(&self) -> SchemaRef {
        let fields = vec![
            Field::new("k0", TypeKind::BigInt.nullable()),
            Field::new("name", TypeKind::string().nullable()),
        ];
        RowType::new(fields).to_arrow()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        for (number, keys) in self.0.chunks(3).enumerate() {
            let names = keys.iter().map(|key| format!("n{key}"));
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from(keys.to_vec())),
                Arc::new(StringArray::from_iter_values(names)),
            ];
            let rows = RecordBatch::try_new(self.schema(), columns)?;
            consumer(KeyGroup(keys[0] as u16 / 10 * 64 + number as u16), rows)?;
        }
        Ok(())
    }
}

/// A savepoint with the states `a` and, if wanted, `b` of one operator.
fn savepoint(states: &[&str]) -> tempfile::TempDir {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Location::local(temporary.path());
    let mut writer = SnapshotFileWriter::create(&LocalFileSystem, &folder, "state-0").unwrap();
    let tasks = (0..2u32).map(|subtask| {
        let keyed = states.iter().map(|state| {
            let first = i64::from(subtask) * 10;
            let keyed = KeyedSnapshot {
                name: (*state).to_owned(),
                rows: Box::new(Keys((first..first + 8).collect())),
            };
            writer
                .write(OPERATOR, SubtaskIndex(subtask), keyed)
                .unwrap()
                .unwrap()
        });
        TaskSnapshot {
            task: TaskId {
                vertex: VertexId(0),
                subtask: SubtaskIndex(subtask),
            },
            operators: vec![OperatorStateHandle {
                operator: OPERATOR,
                native: Vec::new(),
                keyed: keyed.collect(),
                lists: Vec::new(),
                committables: Vec::new(),
            }],
            splits: Vec::new(),
            channels: Vec::new(),
        }
    });
    let tasks = tasks.collect();
    writer.finish().unwrap();
    let metadata = CheckpointMetadata {
        job: JobId(1),
        job_name: "test".to_owned(),
        attempt: AttemptNumber(1),
        checkpoint: CheckpointId(3),
        kind: CheckpointKind::Savepoint,
        timestamp: 0,
        max_parallelism: 128,
        vertices: vec![VertexMetadata {
            id: VertexId(0),
            name: "v".to_owned(),
            parallelism: 2,
            operators: vec![(OPERATOR, "Aggregate".to_owned())],
        }],
        tasks,
        enumerators: Vec::new(),
        committables: Vec::new(),
        ancestors: Vec::new(),
        finished: false,
    };
    metadata.publish(&LocalFileSystem, &folder, None).unwrap();
    temporary
}

fn table(
    folder: &tempfile::TempDir,
    more: &[(&str, &str)],
    columns: &[(&str, TypeKind)],
) -> TableSpec {
    let path = Location::local(folder.path()).to_string();
    let mut options = BTreeMap::from([
        ("connector".to_owned(), "savepoint".to_owned()),
        ("state.path".to_owned(), path),
    ]);
    options.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let fields = columns.iter();
    let fields = fields.map(|(name, kind)| Field::new(*name, kind.clone().nullable()));
    TableSpec {
        identifier: "t".to_owned(),
        connector: "savepoint".to_owned(),
        options,
        schema: RowType::new(fields.collect()),
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    }
}

fn reader(source: &dyn Source) -> Box<dyn SourceReader> {
    let context = SourceReaderContext {
        operator: context(1, 1, 1),
        waker: Arc::new(|| {}),
        batch_size: 100,
    };
    source.create_reader(context).unwrap()
}

/// All rows; after each batch a new reader goes on from the last one's position.
fn read(table: &TableSpec, projection: &[usize]) -> OperatorResult<Vec<RecordBatch>> {
    let source = create_source(table, projection, &[], &session())?;
    let mut enumerator = source.create_enumerator(1, None)?;
    let (mut current, mut batches) = (reader(&*source), Vec::new());
    loop {
        match current.poll_next()? {
            SourcePoll::Batch(rows) => {
                batches.push(rows.rows().clone());
                let splits = current.snapshot()?;
                current = reader(&*source);
                for split in splits {
                    current.add_split(split)?;
                }
                let state = enumerator.snapshot()?;
                enumerator = source.create_enumerator(1, Some(&state))?;
            }
            SourcePoll::NeedSplit => match enumerator.next_split(0)? {
                NextSplit::Split(split) => current.add_split(split)?,
                _ => return Ok(batches),
            },
            SourcePoll::Pending(_) => panic!("a savepoint is there as a whole"),
        }
    }
}

#[test]
fn a_state_is_read_from_any_position() {
    let folder = savepoint(&["a"]);
    let renamed = [
        ("fields.label.state-name", "name"),
        ("operator.name", "Aggregate"),
    ];
    let columns = [("label", TypeKind::string()), ("k0", TypeKind::BigInt)];
    let batches = read(&table(&folder, &renamed, &columns), &[1, 0]).unwrap();
    let rows = batches.iter().flat_map(|rows| {
        let keys = rows.column(0).as_primitive::<Int64Type>().values().to_vec();
        let names = rows.column(1).as_string::<i32>();
        let names: Vec<String> = names.iter().map(|name| name.unwrap().to_owned()).collect();
        keys.into_iter().zip(names)
    });
    let mut rows: Vec<(i64, String)> = rows.collect();
    rows.sort();
    let keys = (0..8).chain(10..18);
    assert_eq!(
        rows,
        keys.map(|key| (key, format!("n{key}"))).collect::<Vec<_>>()
    );
    assert!(batches.len() > 4, "{} batches", batches.len());
}

#[test]
fn what_does_not_fit_is_named() {
    let folder = savepoint(&["a", "b"]);
    let error = |more: &[(&str, &str)], columns: &[(&str, TypeKind)]| {
        let table = table(&folder, more, columns);
        read(&table, &[0]).unwrap_err().to_string()
    };
    let k0 = [("k0", TypeKind::BigInt)];
    let several = error(&[], &k0);
    assert!(several.contains("`a` of Aggregate"), "{several}");
    assert!(several.contains("'state.name'"), "{several}");
    let missing = error(&[("state.name", "c")], &k0);
    assert!(missing.contains("savepoint_metadata"), "{missing}");
    let nobody = error(&[("operator.name", "Join")], &k0);
    assert!(nobody.contains("no operator"), "{nobody}");
    let a = [("state.name", "a")];
    let column = error(&a, &[("k1", TypeKind::BigInt)]);
    assert!(
        column.contains("`k1` is unknown; known are k0, name"),
        "{column}"
    );
    let ty = error(&a, &[("k0", TypeKind::Integer)]);
    assert!(ty.contains("declared as INT"), "{ty}");
    let listing = [("state.metadata", "true")];
    let wrong = validate_table(&table(&folder, &listing, &k0)).unwrap_err();
    assert!(wrong.to_string().contains("checkpoint-id"), "{wrong}");
}

#[test]
fn a_listing_says_how_to_declare_a_state() {
    let folder = savepoint(&["a", "b"]);
    let path = Location::local(folder.path()).to_string();
    let table = metadata::table(&path);
    validate_table(&table).unwrap();
    let batches = read(&table, &[7, 9, 2, 0]).unwrap();
    let [rows] = batches.as_slice() else {
        panic!("{batches:?}")
    };
    let text = |column: usize, row: usize| rows.column(column).as_string::<i32>().value(row);
    assert_eq!(rows.num_rows(), 2);
    assert_eq!((text(0, 0), text(0, 1)), ("a", "b"));
    assert_eq!(text(1, 0), "`k0` BIGINT, `name` STRING");
    assert_eq!(text(2, 1), OPERATOR.to_string());
    assert_eq!(rows.column(3).as_primitive::<Int64Type>().values(), &[3, 3]);
}
