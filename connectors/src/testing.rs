//! What the tests of several modules need.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::operator::{Clock, OperatorContext, OperatorMetrics, StateBackendHandle};
use alpheus_dataflow::source::{
    NextSplit, Source, SourcePoll, SourceReader, SourceReaderContext, SplitEnumerator,
};
use alpheus_dataflow::{
    AttemptNumber, CheckpointId, JobId, KeyGroupRange, OperatorId, RowType, SubtaskIndex,
};
use arrow::array::{Array, Int32Array, RecordBatch, StringArray};
use arrow::util::display::array_value_to_string;

/// A table definition.
pub(crate) fn table(connector: &str, options: &[(&str, &str)], schema: RowType) -> TableSpec {
    let mut map: BTreeMap<String, String> = options
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    map.insert("connector".to_owned(), connector.to_owned());
    TableSpec {
        identifier: "default_catalog.default_database.t".to_owned(),
        connector: connector.to_owned(),
        options: map,
        schema,
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    }
}

/// A session in UTC.
pub(crate) fn session() -> Arc<SessionSettings> {
    Arc::new(SessionSettings {
        time_zone: "UTC".to_owned(),
        planned_at: 0,
        bounded: true,
    })
}

struct Midnight;

impl Clock for Midnight {
    fn now_ms(&self) -> i64 {
        0
    }
}

/// Where an operator of `job` runs; its clock stands at 0.
pub(crate) fn context(job: u128, attempt: u32, parallelism: u32) -> OperatorContext {
    OperatorContext {
        job: JobId(job),
        attempt: AttemptNumber(attempt),
        operator: OperatorId(1),
        name: "test".to_owned(),
        subtask: SubtaskIndex(0),
        parallelism,
        max_parallelism: 128,
        key_groups: KeyGroupRange::all(128),
        session: session(),
        configuration: Arc::new(BTreeMap::new()),
        metrics: OperatorMetrics::default(),
        clock: Arc::new(Midnight),
        state: StateBackendHandle::default(),
    }
}

/// A barrier.
pub(crate) fn barrier(id: u64, kind: CheckpointKind) -> CheckpointBarrier {
    CheckpointBarrier {
        id: CheckpointId(id),
        timestamp: 0,
        kind,
        overtake_after_ms: None,
    }
}

/// A batch of an INT and a STRING column.
pub(crate) fn int_text_batch(schema: &RowType, rows: &[(i32, &str)]) -> RecordBatch {
    let numbers: Int32Array = rows.iter().map(|row| Some(row.0)).collect();
    let texts: StringArray = rows.iter().map(|row| Some(row.1)).collect();
    RecordBatch::try_new(schema.to_arrow(), vec![Arc::new(numbers), Arc::new(texts)]).unwrap()
}

/// A reader with batches of `batch_size`.
pub(crate) fn reader(source: &dyn Source, batch_size: usize) -> Box<dyn SourceReader> {
    source
        .create_reader(SourceReaderContext {
            operator: context(1, 0, 1),
            waker: Arc::new(|| {}),
            batch_size,
        })
        .unwrap()
}

/// The rows of a batch as text, NULL as `~`.
pub(crate) fn rows(batch: &RecordBatch) -> Vec<String> {
    let cell = |array: &dyn Array, row| {
        if array.is_null(row) {
            "~".to_owned()
        } else {
            array_value_to_string(array, row).unwrap()
        }
    };
    (0..batch.num_rows())
        .map(|row| {
            let cells = batch
                .columns()
                .iter()
                .map(|column| cell(column.as_ref(), row));
            cells.collect::<Vec<_>>().join("|")
        })
        .collect()
}

/// The next batch; `None` when there are no more splits, or none before some time.
pub(crate) fn next_batch(
    enumerator: &mut dyn SplitEnumerator,
    reader: &mut dyn SourceReader,
) -> Option<RecordBatch> {
    loop {
        match reader.poll_next().unwrap() {
            SourcePoll::Batch(batch) => return Some(batch.rows().clone()),
            SourcePoll::Pending(Some(_)) => return None,
            // Its waker is about to be called.
            SourcePoll::Pending(None) => std::thread::yield_now(),
            SourcePoll::NeedSplit => match enumerator.next_split(0).unwrap() {
                NextSplit::Split(split) => reader.add_split(split).unwrap(),
                NextSplit::Wait | NextSplit::NoMore => return None,
            },
        }
    }
}

/// All rows of a source, read by one reader.
pub(crate) fn read_all(source: &dyn Source, batch_size: usize) -> Vec<String> {
    let mut enumerator = source.create_enumerator(1, None).unwrap();
    let mut reader = reader(source, batch_size);
    let mut all = Vec::new();
    while let Some(batch) = next_batch(enumerator.as_mut(), reader.as_mut()) {
        all.extend(rows(&batch));
    }
    all
}

/// All rows of a source that is torn down after every batch and restored from its snapshots.
pub(crate) fn read_with_restarts(source: &dyn Source, batch_size: usize) -> Vec<String> {
    let mut enumerator = source.create_enumerator(1, None).unwrap();
    let mut live = reader(source, batch_size);
    let mut all = Vec::new();
    while let Some(batch) = next_batch(enumerator.as_mut(), live.as_mut()) {
        all.extend(rows(&batch));
        let state = enumerator.snapshot().unwrap();
        let splits = live.snapshot().unwrap();
        enumerator = source.create_enumerator(1, Some(&state)).unwrap();
        live = reader(source, batch_size);
        enumerator.add_back(splits);
    }
    all
}
