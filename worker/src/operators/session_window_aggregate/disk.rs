//! The sessions of keys that are not in memory.
//!
//! A [`MapState`] holds them under their key and start. Which of them have to be looked at when time has
//! come far enough says a [`NamespacedTable`] of keys, whose namespaces are spans of time: a key is in the
//! span of each end that one of its sessions had when it was written. What is found there may be out of
//! date, so the key's sessions are taken into memory and looked at.

use std::ops::ControlFlow;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::snapshot::{KeyedSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use alpheus_state::map_state::{EntryRange, MapStateSpec, ScanOrder, StateRows, Value};
use alpheus_state::rocksdb::CacheLimit;
use alpheus_state::row_codec::{RowBuffer, SortColumn};
use alpheus_state::{HashMapTable, KeyedTable, MapState, NamespacedTable, SlotColumns};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::STATE;

const TIMERS: &str = "session-timers";
/// How many spans there are in a gap.
const SPANS: i64 = 8;
/// Keys that are taken from disk together.
const KEYS: usize = 4096;

/// Keys without values.
struct Present;

impl SlotColumns for Present {
    fn fields(&self) -> Vec<Field> {
        Vec::new()
    }
    fn resize(&mut self, _slots: usize) {}
    fn clear(&mut self, _slots: &[u32]) {}
    fn read(&self, _slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        Ok(Vec::new())
    }
    fn merge(&mut self, _slots: &[u32], _columns: &[ArrayRef]) -> OperatorResult<()> {
        Ok(())
    }
    fn freeze(&mut self) -> Self {
        Present
    }
    fn memory_size(&self) -> usize {
        0
    }
}

/// Sessions that were taken from disk, or from a snapshot.
pub(super) struct Taken {
    /// The key of each.
    pub keys: Vec<u32>,
    /// Start and end of each.
    pub times: Vec<(i64, i64)>,
    /// Their partial results.
    pub states: Vec<ArrayRef>,
}

/// Some rows of a snapshot: keys, start and end, partial results.
type Rows = (Vec<ArrayRef>, Vec<(i64, i64)>, Vec<ArrayRef>);

/// See the module's documentation.
pub(super) struct Disk {
    sessions: MapState,
    timers: NamespacedTable<Present>,
    /// How much may be in memory beside it.
    limit: Option<CacheLimit>,
    /// How long a span of time is, in ms.
    span: i64,
}

fn millis(column: &ArrayRef) -> OperatorResult<&[i64]> {
    let numbers = column.as_primitive_opt::<Int64Type>();
    let numbers = numbers.filter(|numbers| numbers.null_count() == 0);
    let numbers = numbers
        .ok_or_else(|| OperatorError::fatal("a session of the snapshot has no start or no end"))?;
    Ok(numbers.values())
}

impl Disk {
    /// For sessions with these keys and partial results.
    ///
    /// # Errors
    /// When a type cannot be a key.
    pub fn new(keys: &[LogicalType], states: Vec<Field>, gap: i64) -> OperatorResult<Self> {
        let mut payload = vec![Field::new("end", TypeKind::BigInt.not_null())];
        payload.extend(states);
        let start = SortColumn::ascending(TypeKind::BigInt.not_null());
        Ok(Disk {
            sessions: MapState::new(MapStateSpec {
                name: STATE.to_owned(),
                keys: keys.to_vec(),
                entry: vec![start],
                counters: Vec::new(),
                payload: RowType::new(payload),
                ttl_ms: 0,
            })?,
            timers: NamespacedTable::new(TIMERS, keys, Present)?,
            limit: None,
            span: (gap / SPANS).max(1),
        })
    }

    /// Binds the state to the worker's backend.
    ///
    /// # Errors
    /// When the backend cannot make room for it.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.sessions.open(context)?;
        self.limit = self.sessions.cache_limit();
        self.timers.open(context)
    }

    /// Whether sessions may be on disk.
    pub fn is_used(&self) -> bool {
        !self.sessions.is_in_memory()
    }

    /// Whether so many keys, which take so many bytes, are too much to keep in memory.
    pub fn is_full(&mut self, keys: usize, bytes: impl FnOnce() -> usize) -> bool {
        let limit = self.limit.as_mut();
        limit.is_some_and(|limit| limit.is_exceeded(keys, bytes))
    }

    pub fn size(&self) -> usize {
        match self.is_used() {
            true => self.sessions.memory_size() + self.timers.size(),
            false => 0,
        }
    }

    /// The columns of a snapshot.
    pub fn snapshot_schema(&self) -> SchemaRef {
        self.sessions.row_type().to_arrow()
    }

    /// The state as of now; nothing is in memory.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze(&mut self, barrier: CheckpointBarrier) -> OperatorResult<KeyedSnapshot> {
        // They go with the files of the database; rows do without them.
        self.timers.write_out()?;
        self.sessions.freeze(barrier)
    }

    /// The sessions of a snapshot in rows.
    ///
    /// # Errors
    /// When they cannot be read, or have other columns.
    pub fn visit_snapshot(
        &self,
        state: &dyn StateReader,
        visit: &mut dyn FnMut(Rows) -> OperatorResult<()>,
    ) -> OperatorResult<()> {
        let mut visit_rows = |rows: StateRows<'_>| {
            let (end, states) = rows
                .payload
                .split_first()
                .ok_or_else(|| OperatorError::fatal("a session of the snapshot has no end"))?;
            let starts = millis(&rows.entry[0])?.iter().copied();
            let times = starts.zip(millis(end)?.iter().copied()).collect();
            visit((rows.keys.to_vec(), times, states.to_vec()))
        };
        self.sessions.visit_snapshot(state, &mut visit_rows)
    }

    /// Takes the sessions of some keys: pairs of the key's slot in memory and its row in `keys`.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn take(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        wanted: &[(u32, u32)],
    ) -> OperatorResult<Taken> {
        let rows = UInt32Array::from_iter_values(wanted.iter().map(|(_, row)| *row));
        let keys: Result<Vec<ArrayRef>, _> =
            keys.iter().map(|key| take(key, &rows, None)).collect();
        let hashes: Vec<u64> = wanted
            .iter()
            .map(|(_, row)| hashes[*row as usize])
            .collect();
        let mut slots = Vec::new();
        self.sessions.begin(0);
        self.sessions.load(&keys?, &hashes, &mut slots)?;
        let (mut starts, mut payloads) = (RowBuffer::default(), RowBuffer::default());
        let mut owners = Vec::new();
        for (&slot, (key, _)) in slots.iter().zip(wanted) {
            let mut visit = |start: &[u8], value: &Value<'_>| {
                starts.push(start);
                payloads.push(value.payload());
                owners.push((slot, *key));
                ControlFlow::Continue(())
            };
            let all = EntryRange::ALL;
            self.sessions
                .scan(slot, &all, ScanOrder::Forward, &mut visit)?;
        }
        for (start, (slot, _)) in starts.iter().zip(&owners) {
            self.sessions.remove(*slot, start)?;
        }
        self.sessions.store()?;
        let entries = self.sessions.entry_codec().decode(starts.iter())?;
        let mut payload = self.sessions.payload_codec().decode(payloads.iter())?;
        let ends = payload.remove(0);
        let starts = millis(&entries[0])?.iter().copied();
        Ok(Taken {
            keys: owners.iter().map(|(_, key)| *key).collect(),
            times: starts.zip(millis(&ends)?.iter().copied()).collect(),
            states: payload,
        })
    }

    /// Puts sessions, each with its key, its start and end, and its partial results.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn put(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        times: &[(i64, i64)],
        states: Vec<ArrayRef>,
    ) -> OperatorResult<()> {
        let mut slots = Vec::new();
        self.sessions.begin(0);
        self.sessions.load(keys, hashes, &mut slots)?;
        let column = |numbers: &mut dyn Iterator<Item = i64>| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(numbers))
        };
        let starts = column(&mut times.iter().map(|(start, _)| *start));
        let starts = self.sessions.entry_codec().encode(&[starts])?;
        let mut payload = vec![column(&mut times.iter().map(|(_, end)| *end))];
        payload.extend(states);
        let payload = self.sessions.payload_codec().encode(&payload)?;
        for (row, &slot) in slots.iter().enumerate() {
            self.sessions
                .put(slot, starts.row(row), &[], payload.row(row))?;
        }
        self.sessions.store()?;
        let mut buckets: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for (row, (_, end)) in times.iter().enumerate() {
            let bucket = end.div_euclid(self.span).saturating_mul(self.span);
            buckets.entry(bucket).or_default().push(row as u32);
        }
        for (bucket, rows) in buckets {
            let hashes: Vec<u64> = rows.iter().map(|&row| hashes[row as usize]).collect();
            let rows = UInt32Array::from(rows);
            let keys: Result<Vec<ArrayRef>, _> =
                keys.iter().map(|key| take(key, &rows, None)).collect();
            self.timers.load(bucket, &keys?, &hashes, &mut slots)?;
            self.timers.store(bucket, &slots);
        }
        self.timers.finish_batch()
    }

    /// The spans of time in which sessions may end, by their beginnings.
    pub fn buckets(&self) -> Vec<i64> {
        self.timers.namespaces().collect()
    }

    /// The first of them.
    pub fn first_bucket(&self) -> Option<i64> {
        self.timers.namespaces().next()
    }

    /// Takes the keys whose sessions may end in a span, some thousands at a time.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn take_bucket(&mut self, bucket: i64) -> OperatorResult<Vec<Vec<ArrayRef>>> {
        let mut parts = Vec::new();
        let mut visit = |table: &HashMapTable<Present>| {
            for slots in table.live_slots().chunks(KEYS) {
                parts.push(table.key_columns(slots)?);
            }
            Ok(())
        };
        self.timers.visit(&[bucket], &mut visit)?;
        self.timers.remove(bucket)?;
        Ok(parts)
    }
}
