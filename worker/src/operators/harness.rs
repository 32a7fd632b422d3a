//! An operator with one input as a job runs it: several subtasks that own key groups, rows that are sent
//! to their owners, checkpoints that are written to a file, and restores at another parallelism. With each
//! restart the state backend changes: memory first, then RocksDB, then memory again.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode, RowKind};
use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind, Watermark};
use alpheus_dataflow::graph::{JobGraph, OperatorNode, OperatorSpec, SessionSettings, Vertex};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::ids::{
    AttemptNumber, CheckpointId, JobId, OperatorId, SubtaskIndex, VertexId,
};
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::operator::{
    Clock, Operator, OperatorContext, OperatorMetrics, StateBackendHandle,
};
use alpheus_dataflow::schema::RowType;
use alpheus_state::SnapshotFileWriter;
use alpheus_state::handle::{OperatorStateHandle, TaskId, TaskRestore, TaskSnapshot};
use alpheus_state::metadata::CheckpointMetadata;
use alpheus_state::redistribute::redistribute;
use alpheus_state::restored::{RestoredState, SnapshotFiles};
use alpheus_state::rocksdb::{RocksDb, RocksDbBackend, RocksDbOptions, RocksDbOwner};
use alpheus_storage::{LocalFileSystem, Location};
use arrow::array::{ArrayRef, RecordBatch, UInt8Array};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::event_time::ByEventTime;
use super::testing::context;

/// How many key groups there are.
pub const GROUPS: u32 = 16;
const OPERATOR: OperatorId = OperatorId(5);

/// A clock that tests set.
pub struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

type Make = Box<dyn Fn(&OperatorNode) -> Box<dyn Operator>>;

/// The subtasks of one run of an operator.
pub struct Harness {
    node: OperatorNode,
    keys: Vec<usize>,
    make: Make,
    /// Counters of all subtasks.
    pub metrics: OperatorMetrics,
    /// The clock of all subtasks.
    pub clock: Arc<TestClock>,
    subtasks: Vec<Box<dyn Operator>>,
    /// How far event time has come for each since it started.
    times: Vec<i64>,
    /// Where RocksDB keeps state, in every other start.
    disk: Option<tempfile::TempDir>,
    /// What was emitted.
    pub out: Vec<ChangelogBatch>,
}

impl Harness {
    /// Starts the operator of this spec, whose rows are routed by `keys`.
    pub fn new(
        spec: OperatorSpec,
        output: RowType,
        keys: &[usize],
        parallelism: u32,
        make: impl Fn(&OperatorNode) -> Box<dyn Operator> + 'static,
    ) -> Self {
        let mut harness = Harness {
            node: OperatorNode {
                id: OPERATOR,
                name: "Operator".to_owned(),
                spec,
                output,
                changelog: ChangelogMode::All,
            },
            keys: keys.to_vec(),
            make: Box::new(make),
            metrics: OperatorMetrics::default(),
            clock: Arc::new(TestClock(0.into())),
            subtasks: Vec::new(),
            times: Vec::new(),
            disk: Some(tempfile::tempdir().unwrap()),
            out: Vec::new(),
        };
        harness.start(parallelism, &[]);
        harness
    }

    fn start(&mut self, parallelism: u32, restore: &[(TaskId, TaskRestore)]) {
        self.subtasks.clear();
        self.times = vec![i64::MIN; parallelism as usize];
        self.disk = match self.disk.take() {
            Some(_) => None,
            None => Some(tempfile::tempdir().unwrap()),
        };
        let rocksdb = self.disk.as_ref().map(|disk| {
            let mut options = RocksDbOptions::new(disk.path().join("worker"));
            options.cached_keys = 3;
            Arc::new(RocksDb::new(options).unwrap())
        });
        for subtask in 0..parallelism {
            let mut operator = (self.make)(&self.node);
            let key_groups = KeyGroupRange::for_subtask(subtask, parallelism, GROUPS);
            let state = rocksdb.as_ref().map(|rocksdb| {
                let owner = RocksDbOwner {
                    name: format!("operator-{subtask}"),
                    key_groups,
                    clock: self.clock.clone(),
                };
                let backend = RocksDbBackend::new(Arc::clone(rocksdb), owner);
                StateBackendHandle::new(Arc::new(backend))
            });
            let context = OperatorContext {
                state: state.unwrap_or_default(),
                operator: OPERATOR,
                subtask: SubtaskIndex(subtask),
                parallelism,
                max_parallelism: GROUPS,
                key_groups,
                metrics: self.metrics.clone(),
                clock: self.clock.clone(),
                ..context(BTreeMap::new())
            };
            let own = restore.iter().find(|(task, _)| task.subtask.0 == subtask);
            let state = own.and_then(|(_, restore)| {
                RestoredState::for_operator(restore, OPERATOR, key_groups, SnapshotFiles::default())
            });
            if let Some(state) = &state {
                let mut make = || Ok((self.make)(&self.node));
                let divided = ByEventTime::divide(&self.node.spec, key_groups, state, &mut make);
                if let Some(divided) = divided.unwrap() {
                    operator = Box::new(divided);
                }
            }
            operator.open(&context).unwrap();
            if let Some(state) = state {
                operator.restore(&state).unwrap();
            }
            self.subtasks.push(operator);
        }
    }

    /// Sends each row to the subtask that owns its key.
    pub fn send(&mut self, batch: &ChangelogBatch) {
        self.try_send(batch).unwrap();
    }

    /// The same with rows that may be refused.
    ///
    /// # Errors
    /// The operator's.
    pub fn try_send(&mut self, batch: &ChangelogBatch) -> OperatorResult<()> {
        let keys: Vec<ArrayRef> = (self.keys.iter())
            .map(|&key| batch.rows().column(key).clone())
            .collect();
        let hashes = hash_columns(&keys, batch.num_rows())?;
        let parallelism = self.subtasks.len() as u32;
        for (subtask, operator) in self.subtasks.iter_mut().enumerate() {
            let mine = hashes.iter().map(|&hash| {
                let group = KeyGroup::of_hash(hash, GROUPS);
                Some(group.owner(parallelism, GROUPS) as usize == subtask)
            });
            let part = batch.filter(&mine.collect())?;
            operator.process_batch(0, part, &mut self.out)?;
        }
        Ok(())
    }

    /// Event time has come this far.
    pub fn watermark(&mut self, watermark: i64) {
        for operator in &mut self.subtasks {
            let watermark = Watermark(watermark);
            operator
                .process_watermark(watermark, &mut self.out)
                .unwrap();
        }
    }

    /// Event time of each subtask has come this far, or further than that since it started.
    pub fn watermarks(&mut self, watermarks: &[i64]) {
        let subtasks = self.subtasks.iter_mut().zip(&mut self.times);
        for ((operator, time), &watermark) in subtasks.zip(watermarks) {
            if watermark > *time {
                *time = watermark;
                let watermark = Watermark(watermark);
                operator
                    .process_watermark(watermark, &mut self.out)
                    .unwrap();
            }
        }
    }

    /// When the first timer fires.
    pub fn next_timer(&self) -> Option<i64> {
        let timers = self.subtasks.iter().map(|operator| operator.next_timer());
        timers.flatten().min()
    }

    /// The clock shows this, and timers fire.
    pub fn time(&mut self, now: i64) {
        self.clock.0.store(now, Ordering::Relaxed);
        for operator in &mut self.subtasks {
            if operator.next_timer().is_some_and(|timer| timer <= now) {
                operator.on_processing_time(now, &mut self.out).unwrap();
            }
        }
    }

    /// Takes a checkpoint into a file, goes on with `poison`, and starts again from the file.
    pub fn restart(&mut self, parallelism: u32, poison: &ChangelogBatch) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Location::local(temporary.path());
        let mut writer = SnapshotFileWriter::create(&LocalFileSystem, &folder, "state-0").unwrap();
        let barrier = barrier();
        let mut tasks = Vec::new();
        for (subtask, operator) in self.subtasks.iter_mut().enumerate() {
            let subtask = SubtaskIndex(subtask as u32);
            let snapshot = operator.snapshot(barrier).unwrap();
            // What comes after the barrier is not in the snapshot.
            operator
                .process_batch(0, poison.clone(), &mut Vec::new())
                .unwrap();
            let keyed = snapshot.keyed.into_iter();
            let keyed = keyed
                .filter_map(|keyed| writer.write(OPERATOR, subtask, keyed).unwrap())
                .collect();
            tasks.push(TaskSnapshot {
                task: TaskId {
                    vertex: VertexId(0),
                    subtask,
                },
                operators: vec![OperatorStateHandle {
                    operator: OPERATOR,
                    native: Vec::new(),
                    keyed,
                    lists: snapshot.lists,
                    committables: Vec::new(),
                }],
                splits: Vec::new(),
                channels: Vec::new(),
            });
        }
        writer.finish().unwrap();
        let before = self.graph(self.subtasks.len() as u32);
        let metadata = CheckpointMetadata {
            job: JobId(1),
            job_name: "test".to_owned(),
            attempt: AttemptNumber(1),
            checkpoint: CheckpointId(1),
            kind: CheckpointKind::Checkpoint,
            timestamp: 0,
            max_parallelism: GROUPS,
            vertices: CheckpointMetadata::vertices_of(&before),
            tasks,
            enumerators: Vec::new(),
            committables: Vec::new(),
            ancestors: Vec::new(),
            finished: false,
        };
        let graph = self.graph(parallelism);
        let plan = redistribute(&metadata, &folder, &graph, false).unwrap();
        self.start(parallelism, &plan.tasks);
    }

    /// How many rows a state has.
    pub fn state_rows(&mut self, name: &str) -> usize {
        let mut count = 0;
        for operator in &mut self.subtasks {
            let snapshot = operator.snapshot(barrier()).unwrap();
            let states = snapshot.keyed.into_iter();
            for state in states.filter(|state| state.name == name) {
                let mut visit = |_: KeyGroup, rows: RecordBatch| {
                    count += rows.num_rows();
                    Ok(())
                };
                state.rows.write(&mut visit).unwrap();
            }
        }
        count
    }

    fn graph(&self, parallelism: u32) -> JobGraph {
        JobGraph {
            name: "test".to_owned(),
            vertices: vec![Vertex {
                id: VertexId(0),
                name: "v".to_owned(),
                parallelism,
                chain: vec![self.node.clone()],
            }],
            edges: Vec::new(),
            max_parallelism: GROUPS,
            session: SessionSettings {
                time_zone: "UTC".to_owned(),
                planned_at: 0,
                bounded: false,
            },
            configuration: BTreeMap::new(),
            functions: Default::default(),
        }
    }

    /// What was emitted, as text, with kinds.
    pub fn changes(&self) -> Vec<(RowKind, String)> {
        let batches = self.out.iter();
        batches
            .flat_map(|batch| {
                let texts = row_texts(batch.rows());
                let kinds = (0..batch.num_rows()).map(|row| batch.kind(row));
                kinds.zip(texts).collect::<Vec<_>>()
            })
            .collect()
    }

    /// The rows that are there after all changes, sorted.
    pub fn materialized(&self) -> Vec<String> {
        let mut rows: BTreeMap<String, i64> = BTreeMap::new();
        for (kind, row) in self.changes() {
            let count = rows.entry(row.clone()).or_default();
            *count += if kind.is_additive() { 1 } else { -1 };
            assert!(*count >= 0, "{row} is taken back and was not there");
        }
        rows.into_iter()
            .flat_map(|(row, count)| std::iter::repeat_n(row, count as usize))
            .collect()
    }
}

fn barrier() -> CheckpointBarrier {
    CheckpointBarrier {
        id: CheckpointId(1),
        timestamp: 0,
        kind: CheckpointKind::Checkpoint,
        overtake_after_ms: None,
    }
}

/// Each row's values, separated by spaces.
pub fn row_texts(rows: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> = rows
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
        .collect();
    let text = |row| {
        let texts: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
        texts.join(" ")
    };
    (0..rows.num_rows()).map(text).collect()
}

/// These columns, each row added or taken back.
pub fn changelog(rows: &RowType, columns: Vec<ArrayRef>, back: &[bool]) -> ChangelogBatch {
    let rows = RecordBatch::try_new(rows.to_arrow(), columns).unwrap();
    let kind = |&back: &bool| match back {
        true => RowKind::Delete as u8,
        false => RowKind::Insert as u8,
    };
    let ops = back.iter().any(|back| *back);
    let ops = ops.then(|| UInt8Array::from_iter_values(back.iter().map(kind)));
    ChangelogBatch::try_new(rows, ops).unwrap()
}
