#![allow(clippy::unwrap_used)]
//! A savepoint of two subtasks, read as a table from any position, and listed.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId, SubtaskIndex, VertexId};
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::operator::{OperatorContext, StateBackendHandle, SystemClock};
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, RowsConsumer};
use alpheus_dataflow::source::{NextSplit, Source, SourcePoll, SourceReader, SourceReaderContext};
use alpheus_dataflow::{OperatorResult, TypeKind};
use alpheus_state::encryption::EncryptedFileSystem;
use alpheus_state::handle::{OperatorStateHandle, TaskId, TaskSnapshot};
use alpheus_state::metadata::VertexMetadata;
use alpheus_state::rocksdb::{
    NativeSnapshot, NativeUploads, RocksDb, RocksDbBackend, RocksDbOptions, RocksDbOwner,
};
use alpheus_state::{
    CheckpointMetadata, MapState, MapStateSpec, NamespacedTable, SlotColumns, SnapshotFileWriter,
    SortColumn, Table,
};
use alpheus_storage::{FileSystem, LocalFileSystem};
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
    publish(&folder, CheckpointKind::Savepoint, tasks, None);
    temporary
}

fn publish(
    folder: &Location,
    kind: CheckpointKind,
    tasks: Vec<TaskSnapshot>,
    ring: Option<&KeyRing>,
) {
    let metadata = CheckpointMetadata {
        job: JobId(1),
        job_name: "test".to_owned(),
        attempt: AttemptNumber(1),
        checkpoint: CheckpointId(3),
        kind,
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
    metadata.publish(&LocalFileSystem, folder, ring).unwrap();
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
    let table = metadata::table(&path, None);
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

/// A number for each key.
struct Numbers(CowVec<i64>);

impl SlotColumns for Numbers {
    fn fields(&self) -> Vec<Field> {
        vec![Field::new("number", TypeKind::BigInt.not_null())]
    }
    fn resize(&mut self, slots: usize) {
        self.0.resize(slots);
    }
    fn clear(&mut self, slots: &[u32]) {
        slots
            .iter()
            .for_each(|&slot| *self.0.get_mut(slot as usize) = 0);
    }
    fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let values = slots.iter().map(|&slot| *self.0.get(slot as usize));
        Ok(vec![Arc::new(Int64Array::from_iter_values(values))])
    }
    fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
        let values = columns[0].as_primitive::<Int64Type>().values();
        let slots = slots.iter().zip(values);
        slots.for_each(|(&slot, value)| *self.0.get_mut(slot as usize) += value);
        Ok(())
    }
    fn freeze(&mut self) -> Self {
        Numbers(self.0.freeze())
    }
    fn memory_size(&self) -> usize {
        self.0.memory_size()
    }
}

const KEYS: i64 = 10;

/// A checkpoint of RocksDB's own files, with a state of each kind, encrypted or not.
fn database(ring: Option<&KeyRing>) -> tempfile::TempDir {
    let key = ring.map(|ring| ring.new_key().unwrap());
    let local = tempfile::tempdir().unwrap();
    let mut options = RocksDbOptions::new(local.path().join("worker"));
    options.incremental = true;
    let owner = RocksDbOwner {
        name: "operator-0".to_owned(),
        key_groups: KeyGroupRange::all(128),
        clock: Arc::new(SystemClock),
    };
    let worker = Arc::new(RocksDb::new(options).unwrap());
    let backend = RocksDbBackend::new(worker, owner);
    let context = OperatorContext {
        state: StateBackendHandle::new(Arc::new(backend)),
        max_parallelism: 128,
        ..context(1, 1, 1)
    };
    let types = [TypeKind::BigInt.nullable()];
    let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(0..KEYS))];
    let hashes = hash_columns(&keys, KEYS as usize).unwrap();
    let mut slots = Vec::new();

    let mut rows = MapState::new(MapStateSpec {
        name: "rows".to_owned(),
        keys: types.to_vec(),
        entry: vec![SortColumn::ascending(TypeKind::BigInt.not_null())],
        counters: vec!["count".to_owned()],
        payload: RowType::new(vec![Field::new("name", TypeKind::string().nullable())]),
        ttl_ms: 1 << 50,
    })
    .unwrap();
    rows.open(&context).unwrap();
    rows.begin(1_000);
    rows.load(&keys, &hashes, &mut slots).unwrap();
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..KEYS).map(|key| format!("n{key}")),
    ));
    let entries = rows.entry_codec().encode(&keys).unwrap();
    let names = rows.payload_codec().encode(&[names]).unwrap();
    for (row, &slot) in slots.iter().enumerate() {
        rows.put(slot, entries.row(row), &[row as i64 + 5], names.row(row))
            .unwrap();
    }
    rows.store().unwrap();

    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..KEYS).map(|key| key * 2)));
    let mut table = Table::new("table", &types, Numbers(CowVec::default()), 0).unwrap();
    table.open(&context).unwrap();
    table.load(&keys, &hashes, &mut slots).unwrap();
    table
        .columns_mut()
        .merge(&slots, &[Arc::clone(&numbers)])
        .unwrap();
    table.store(&slots).unwrap();

    let mut windows = NamespacedTable::new("windows", &types, Numbers(CowVec::default())).unwrap();
    windows.open(&context).unwrap();
    windows
        .merge_rows(60_000, &keys, &hashes, &[numbers])
        .unwrap();
    windows.finish_batch().unwrap();

    let barrier = CheckpointBarrier {
        id: CheckpointId(3),
        timestamp: 0,
        kind: CheckpointKind::Checkpoint,
        overtake_after_ms: None,
    };
    windows.freeze(barrier).unwrap();
    let mut frozen = rows.freeze(barrier).unwrap();
    frozen.rows.seal().unwrap();
    let files = frozen.rows.native().unwrap();
    let files: Arc<NativeSnapshot> = files.downcast().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let folder = Location::local(temporary.path()).join("chk-3");
    let fs: Arc<dyn FileSystem> = match &key {
        Some(key) => Arc::new(EncryptedFileSystem::new(
            Arc::new(LocalFileSystem),
            key.data.clone(),
        )),
        None => Arc::new(LocalFileSystem),
    };
    let wrapped = key.as_ref().map(|key| &key.wrapped);
    let checkpoint = (AttemptNumber(1), CheckpointId(3));
    let mut uploads = NativeUploads::default();
    let (native, _) = uploads
        .upload(&*fs, &folder, checkpoint, wrapped, &files)
        .unwrap();
    let task = TaskSnapshot {
        task: TaskId {
            vertex: VertexId(0),
            subtask: SubtaskIndex(0),
        },
        operators: vec![OperatorStateHandle {
            operator: OPERATOR,
            native: vec![native],
            keyed: Vec::new(),
            lists: Vec::new(),
            committables: Vec::new(),
        }],
        splits: Vec::new(),
        channels: Vec::new(),
    };
    publish(&folder, CheckpointKind::Checkpoint, vec![task], ring);
    temporary
}

/// The whole numbers of each row, sorted.
fn numbers(batches: &[RecordBatch]) -> Vec<Vec<i64>> {
    let mut rows: Vec<Vec<i64>> = batches
        .iter()
        .flat_map(|batch| {
            let columns = batch.columns().iter();
            let columns: Vec<_> = columns.map(|c| c.as_primitive::<Int64Type>()).collect();
            (0..batch.num_rows()).map(move |row| columns.iter().map(|c| c.value(row)).collect())
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn the_files_of_rocksdb_are_read() {
    let folder = database(None);
    let big = |names: &[&'static str]| -> Vec<(&str, TypeKind)> {
        names.iter().map(|name| (*name, TypeKind::BigInt)).collect()
    };
    let read_state = |state: &str, columns: &[&'static str]| {
        let table = table(&folder, &[("state.name", state)], &big(columns));
        let all: Vec<usize> = (0..columns.len()).collect();
        numbers(&read(&table, &all).unwrap())
    };
    let expected = |row: fn(i64) -> Vec<i64>| -> Vec<Vec<i64>> { (0..KEYS).map(row).collect() };
    assert_eq!(
        read_state("rows", &["k0", "e0", "written", "count"]),
        expected(|key| vec![key, key, 1_000, key + 5])
    );
    assert_eq!(
        read_state("table", &["k0", "number"]),
        expected(|key| vec![key, key * 2])
    );
    assert_eq!(
        read_state("windows", &["k0", "namespace", "number"]),
        expected(|key| vec![key, 60_000, key * 2])
    );
    let path = Location::local(folder.path()).to_string();
    let listed = read(&metadata::table(&path, None), &[7, 9]).unwrap();
    let states = listed[0].column(0).as_string::<i32>();
    let states: Vec<&str> = states.iter().flatten().collect();
    assert_eq!(states, ["rows", "table", "windows"]);
    let columns = listed[0].column(1).as_string::<i32>();
    assert_eq!(
        columns.value(2),
        "`namespace` BIGINT, `k0` BIGINT, `number` BIGINT"
    );
}

#[test]
fn encrypted_files_of_rocksdb_are_read_with_the_key_file() {
    let keys = tempfile::tempdir().unwrap();
    let key_file = keys.path().join("state.keys");
    std::fs::write(&key_file, format!("2026-01 {}\n", "ab".repeat(32))).unwrap();
    std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ring = KeyRing::read(&key_file).unwrap();
    let folder = database(Some(&ring));
    let key_file = key_file.display().to_string();
    let options = [
        ("state.name", "table"),
        ("encryption.key-file", key_file.as_str()),
    ];
    let columns = [("k0", TypeKind::BigInt), ("number", TypeKind::BigInt)];
    let rows = numbers(&read(&table(&folder, &options, &columns), &[0, 1]).unwrap());
    assert_eq!(rows[3], [3, 6]);
    let path = Location::local(folder.path()).to_string();
    let listed = read(&metadata::table(&path, Some(&key_file)), &[7]).unwrap();
    assert_eq!(listed[0].num_rows(), 3);
    let without = read(&table(&folder, &options[..1], &columns), &[0, 1]).unwrap_err();
    assert!(without.to_string().contains("key"), "{without}");
}
