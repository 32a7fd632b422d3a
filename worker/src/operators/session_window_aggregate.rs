//! Aggregation by key and SESSION window: rows of a key that are at most `gap` apart.
//!
//! A row opens the window `[time, time + gap)`, which is merged with the sessions of its key that it
//! overlaps or touches (as Flink's `TimeWindow.intersects`). A session that a row joins to another is
//! absorbed: its accumulators are merged. Rows of a batch first find their sessions, then absorbed
//! accumulators are merged, then all rows are aggregated at once.
//!
//! A row is late, is dropped and counted in `numLateRecordsDropped`, when its session, after merging,
//! is complete already.
//!
//! Sessions have slots of their own; those of a key form a linked list (few are open at a time). With RocksDB
//! they are a cache: the sessions of a key are in memory or on disk, never both. A batch takes those of its
//! keys from disk; when many keys are in memory, and at a barrier, all go back ([`Disk`]).
//!
//! State `sessions`: keys, start, end, partial results; with RocksDB `session-timers`, which keys to look at
//! when; and the watermark.

mod disk;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{
    FrozenRows, KeyedSnapshot, OperatorSnapshot, RowsConsumer, StateReader,
};
use alpheus_dataflow::window::WindowSpec;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_state::KeyIndex;
use alpheus_state::hashmap::runs_by_group;
use alpheus_state::key_index::{Keys, NO_SLOT};
use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow::datatypes::SchemaRef;

use self::disk::{Disk, Taken};
use super::event_time::{restored_time, watermark_list};
use super::group_aggregate::key_types;
use super::window_aggregate::{OUTPUT_ROWS, WindowClock, calls_with_count, results, types_from};

const STATE: &str = "sessions";
const NONE: u32 = u32::MAX;

/// A session's place and time. A free slot has no key.
#[derive(Clone, Copy)]
struct Session {
    key: u32,
    start: i64,
    end: i64,
}

impl Default for Session {
    fn default() -> Self {
        Session {
            key: NONE,
            start: 0,
            end: 0,
        }
    }
}

/// The operator; see the module's documentation.
pub struct SessionWindowAggregate {
    gap: i64,
    keys: Vec<usize>,
    key_types: Vec<LogicalType>,
    retractable: bool,
    clock: WindowClock,
    output: SchemaRef,
    max_parallelism: u32,
    disk: Disk,
    /// Accumulators without groups.
    empty: AggregateSet,
    index: KeyIndex,
    /// First session of each key.
    heads: Vec<u32>,
    /// The session after this one of the same key.
    next: Vec<u32>,
    sessions: CowVec<Session>,
    free: Vec<u32>,
    aggregates: AggregateSet,
    /// Sessions by an end that they had once; a session that has grown is put back. One that is gone leaves
    /// its entry here, also when its slot has been given to another.
    timers: BinaryHeap<Reverse<(i64, u32)>>,
    progress: i64,
    late: Metric,
    slots: Vec<u32>,
}

impl SessionWindowAggregate {
    /// The operator of a node with SESSION windows whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate or key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::WindowAggregate {
            window: WindowSpec::Session { gap },
            time,
            keys,
            aggregates,
            phase: AggregatePhase::Single,
            input: mode,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no aggregation over SESSION windows in one phase",
                node.name
            )));
        };
        let retractable = *mode != ChangelogMode::InsertOnly;
        let key_types = key_types(keys, input)?;
        let calls = calls_with_count(aggregates, retractable);
        let mut empty = AggregateSet::new(&calls, retractable)?;
        Ok(SessionWindowAggregate {
            disk: Disk::new(&key_types, empty.state_fields(), *gap)?,
            aggregates: empty.freeze(),
            empty,
            gap: *gap,
            keys: keys.clone(),
            index: KeyIndex::new(&key_types)?,
            key_types,
            retractable,
            clock: WindowClock::new(*time, input),
            output: node.output.to_arrow(),
            max_parallelism: 1,
            heads: Vec::new(),
            next: Vec::new(),
            sessions: CowVec::default(),
            free: Vec::new(),
            timers: BinaryHeap::new(),
            progress: i64::MIN,
            late: Metric::default(),
            slots: Vec::new(),
        })
    }

    fn create(&mut self, key: u32, start: i64, end: i64) -> u32 {
        let slot = self.free.pop().unwrap_or(self.sessions.len() as u32);
        let index = slot as usize;
        self.sessions.resize(index + 1);
        if self.next.len() <= index {
            self.next.resize(index + 1, NONE);
        }
        *self.sessions.get_mut(index) = Session { key, start, end };
        self.next[index] = self.heads[key as usize];
        self.heads[key as usize] = slot;
        self.timers.push(Reverse((end, slot)));
        slot
    }

    /// Takes a session out of its key's list. Its slot stays in use until it is freed.
    fn unlink(&mut self, slot: u32) {
        let session = self.sessions.get_mut(slot as usize);
        let key = std::mem::replace(&mut session.key, NONE) as usize;
        let after = self.next[slot as usize];
        if self.heads[key] == slot {
            self.heads[key] = after;
            return;
        }
        let mut at = self.heads[key];
        while at != NONE {
            if self.next[at as usize] == slot {
                self.next[at as usize] = after;
                return;
            }
            at = self.next[at as usize];
        }
    }

    /// The session of a row; sessions it joins are absorbed by the first. `None` when it is late.
    fn assign(&mut self, key: u32, time: i64, absorbed: &mut Vec<(u32, u32)>) -> Option<u32> {
        let (mut start, mut end) = (time, time + self.gap);
        let mut found = NONE;
        let mut others = Vec::new();
        let mut at = self.heads[key as usize];
        while at != NONE {
            let session = *self.sessions.get(at as usize);
            if session.start <= time + self.gap && session.end >= time {
                start = start.min(session.start);
                end = end.max(session.end);
                if found == NONE {
                    found = at;
                } else {
                    others.push(at);
                }
            }
            at = self.next[at as usize];
        }
        if found == NONE {
            if self.clock.fires_at(end) <= self.progress {
                return None;
            }
            return Some(self.create(key, start, end));
        }
        for other in others {
            self.unlink(other);
            absorbed.push((other, found));
        }
        let session = self.sessions.get_mut(found as usize);
        (session.start, session.end) = (start, end);
        Some(found)
    }

    /// Merges the accumulators of absorbed sessions and points this batch's rows to what absorbed them.
    fn absorb(&mut self, absorbed: &[(u32, u32)], rows: &mut [u32]) -> OperatorResult<()> {
        if absorbed.is_empty() {
            return Ok(());
        }
        let by: std::collections::HashMap<u32, u32> = absorbed.iter().copied().collect();
        let resolve = |mut slot: u32| {
            while let Some(&into) = by.get(&slot) {
                slot = into;
            }
            slot
        };
        rows.iter_mut().for_each(|row| *row = resolve(*row));
        let from: Vec<u32> = absorbed.iter().map(|(from, _)| *from).collect();
        let into: Vec<u32> = from.iter().map(|&from| resolve(from)).collect();
        let states = self.aggregates.state(&from)?;
        self.aggregates.merge(&into, &states)?;
        self.aggregates.clear(&from);
        self.free.extend(from);
        Ok(())
    }

    fn advance(&mut self, progress: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        self.fire(progress, out)?;
        for bucket in self.disk.buckets() {
            if self.clock.fires_at(bucket) > progress {
                break;
            }
            for keys in self.disk.take_bucket(bucket)? {
                let rows = keys.first().map_or(1, |key| key.len());
                self.load(&keys, rows)?;
                self.fire(progress, out)?;
                let slots = std::mem::take(&mut self.slots);
                self.forget_empty(&slots);
                self.slots = slots;
                self.make_room()?;
            }
        }
        Ok(())
    }

    /// Emits the sessions in memory that are complete.
    fn fire(&mut self, progress: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        let mut complete = Vec::new();
        while let Some(&Reverse((end, slot))) = self.timers.peek() {
            if self.clock.fires_at(end) > progress {
                break;
            }
            self.timers.pop();
            let session = *self.sessions.get(slot as usize);
            // Of a session that was absorbed, or that had this slot before.
            if session.key == NONE || session.end < end {
                continue;
            }
            if session.end > end {
                self.timers.push(Reverse((session.end, slot)));
            } else if complete.last() != Some(&slot) {
                complete.push(slot);
            }
        }
        self.progress = self.progress.max(progress);
        complete.dedup();
        for slots in complete.chunks(OUTPUT_ROWS) {
            let (filled, values) = results(&self.aggregates, slots.to_vec(), self.retractable)?;
            if filled.is_empty() {
                continue;
            }
            let sessions = filled.iter().map(|&slot| *self.sessions.get(slot as usize));
            let key_slots: Vec<u32> = sessions.clone().map(|session| session.key).collect();
            let mut columns = self.index.keys().columns(&key_slots)?;
            columns.extend(values);
            let types = types_from(&self.output, columns.len());
            let windows = sessions.map(|session| (session.start, session.end));
            columns.extend(self.clock.window_columns(windows, &types)?);
            let rows = RecordBatch::try_new(self.output.clone(), columns)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        let keys: Vec<u32> = complete
            .iter()
            .map(|&slot| self.sessions.get(slot as usize).key)
            .collect();
        for &slot in &complete {
            self.unlink(slot);
        }
        self.aggregates.clear(&complete);
        self.free.extend(complete);
        self.forget_empty(&keys);
        Ok(())
    }

    /// Forgets keys without sessions.
    fn forget_empty(&mut self, keys: &[u32]) {
        let empty: Vec<u32> = keys
            .iter()
            .copied()
            .filter(|&key| self.heads[key as usize] == NONE)
            .collect();
        self.index.remove(&empty);
    }

    fn load(&mut self, keys: &[ArrayRef], rows: usize) -> OperatorResult<()> {
        let hashes = hash_columns(keys, rows)?;
        let mut known = Vec::new();
        if self.disk.is_used() {
            self.index.find(keys, &hashes, &mut known)?;
        }
        self.index.intern(keys, &hashes, &mut self.slots)?;
        self.heads.resize(self.index.capacity(), NONE);
        let mut missing: Vec<(u32, u32)> = known
            .iter()
            .zip(&self.slots)
            .enumerate()
            .filter(|(_, (known, _))| **known == NO_SLOT)
            .map(|(row, (_, &slot))| (slot, row as u32))
            .collect();
        missing.sort_unstable();
        missing.dedup_by_key(|(slot, _)| *slot);
        if missing.is_empty() {
            return Ok(());
        }
        let taken = self.disk.take(keys, &hashes, &missing)?;
        self.put(taken)
    }

    /// Puts sessions into memory.
    fn put(&mut self, taken: Taken) -> OperatorResult<()> {
        let sessions: Vec<u32> = taken
            .keys
            .iter()
            .zip(taken.times)
            .map(|(&key, (start, end))| self.create(key, start, end))
            .collect();
        self.aggregates.resize(self.sessions.len());
        self.aggregates.merge(&sessions, &taken.states)
    }

    /// Writes everything to disk when much is in memory.
    fn make_room(&mut self) -> OperatorResult<()> {
        let bytes = || self.index.memory_size() + self.aggregates.memory_size();
        if self.disk.is_full(self.index.len(), bytes) {
            self.write_out()?;
        }
        Ok(())
    }

    /// Writes everything to disk.
    fn write_out(&mut self) -> OperatorResult<()> {
        let slots = 0..self.sessions.len() as u32;
        let open: Vec<u32> = slots
            .filter(|&slot| self.sessions.get(slot as usize).key != NONE)
            .collect();
        for slots in open.chunks(OUTPUT_ROWS) {
            let sessions: Vec<Session> = slots
                .iter()
                .map(|&slot| *self.sessions.get(slot as usize))
                .collect();
            let key_slots: Vec<u32> = sessions.iter().map(|session| session.key).collect();
            let keys = self.index.keys();
            let hashes: Vec<u64> = key_slots.iter().map(|&slot| keys.hash(slot)).collect();
            let times = sessions.iter().map(|session| (session.start, session.end));
            self.disk.put(
                &keys.columns(&key_slots)?,
                &hashes,
                &times.collect::<Vec<_>>(),
                self.aggregates.state(slots)?,
            )?;
        }
        self.index = KeyIndex::new(&self.key_types)?;
        self.heads.clear();
        self.next.clear();
        self.sessions = CowVec::default();
        self.free.clear();
        self.aggregates = self.empty.freeze();
        self.timers.clear();
        Ok(())
    }
}

impl Operator for SessionWindowAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.max_parallelism = context.max_parallelism;
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.disk.open(context)?;
        self.clock.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.progress = restored_time(state, !self.clock.is_processing_time())?;
        let reader = Disk::new(&self.key_types, self.empty.state_fields(), self.gap)?;
        reader.visit_snapshot(state, &mut |(keys, times, states)| {
            let hashes = hash_columns(&keys, times.len())?;
            self.index.intern(&keys, &hashes, &mut self.slots)?;
            self.heads.resize(self.index.capacity(), NONE);
            let keys = self.slots.clone();
            self.put(Taken {
                keys,
                times,
                states,
            })?;
            self.make_room()
        })
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let columns = batch.rows().columns();
        let times = self.clock.row_times(columns, rows, self.progress)?;
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        self.load(&keys, rows)?;
        let key_slots = std::mem::take(&mut self.slots);
        let (mut kept, mut sessions) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut absorbed = Vec::new();
        for (row, (&key, &time)) in key_slots.iter().zip(&times).enumerate() {
            if let Some(session) = self.assign(key, time, &mut absorbed) {
                kept.push(row as u32);
                sessions.push(session);
            }
        }
        self.aggregates.resize(self.sessions.len());
        self.absorb(&absorbed, &mut sessions)?;
        if kept.len() == rows {
            self.aggregates.update(columns, batch.ops(), &sessions)?;
        } else {
            self.late.add((rows - kept.len()) as u64);
            self.forget_empty(&key_slots);
            let batch = batch.take(&UInt32Array::from(kept))?;
            self.aggregates
                .update(batch.rows().columns(), batch.ops(), &sessions)?;
        }
        self.slots = key_slots;
        self.make_room()
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if !self.clock.is_processing_time() || watermark == Watermark::MAX {
            self.advance(watermark.0, out)?;
        }
        Ok(Some(watermark))
    }

    fn next_timer(&self) -> Option<i64> {
        let in_memory = self.timers.peek().map(|Reverse((end, _))| *end);
        let on_disk = self.disk.first_bucket();
        let first = in_memory.into_iter().chain(on_disk).min()?;
        let timed = self.clock.is_processing_time();
        timed.then(|| self.clock.fires_at(first) + 1)
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        if self.clock.is_processing_time() {
            self.advance(now_ms - 1, out)?;
        }
        Ok(())
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let lists = vec![watermark_list(self.progress)];
        if self.disk.is_used() {
            self.write_out()?;
            return Ok(OperatorSnapshot {
                keyed: vec![self.disk.freeze(barrier)?],
                lists,
                ..OperatorSnapshot::default()
            });
        }
        let frozen = FrozenSessions {
            schema: self.disk.snapshot_schema(),
            keys: self.index.freeze(),
            sessions: self.sessions.freeze(),
            aggregates: self.aggregates.freeze(),
            max_parallelism: self.max_parallelism,
        };
        Ok(OperatorSnapshot {
            keyed: vec![KeyedSnapshot {
                name: STATE.to_owned(),
                rows: Box::new(frozen),
            }],
            lists,
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.disk.size()
            + self.index.memory_size()
            + self.sessions.memory_size()
            + self.aggregates.memory_size()
    }
}

struct FrozenSessions {
    schema: SchemaRef,
    keys: Keys,
    sessions: CowVec<Session>,
    aggregates: AggregateSet,
    max_parallelism: u32,
}

impl FrozenRows for FrozenSessions {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let mut slots: Vec<(KeyGroup, u32)> = self
            .sessions
            .iter()
            .enumerate()
            .filter(|(_, session)| session.key != NONE)
            .map(|(slot, session)| {
                let group = self.keys.key_group(session.key, self.max_parallelism);
                (group, slot as u32)
            })
            .collect();
        slots.sort_unstable();
        for (group, slots) in runs_by_group(&slots) {
            let sessions = slots.iter().map(|&slot| *self.sessions.get(slot as usize));
            let key_slots: Vec<u32> = sessions.clone().map(|session| session.key).collect();
            let mut columns = self.keys.columns(&key_slots)?;
            let times = |of: fn(Session) -> i64| -> ArrayRef {
                Arc::new(Int64Array::from_iter_values(sessions.clone().map(of)))
            };
            columns.push(times(|session| session.start));
            columns.push(Arc::new(Int64Array::from_value(0, slots.len())));
            columns.push(times(|session| session.end));
            columns.extend(self.aggregates.state(&slots)?);
            consumer(group, RecordBatch::try_new(self.schema.clone(), columns)?)?;
        }
        Ok(())
    }
}
