//! When which key has something to do: timers by key (Flink's `InternalTimerService`), on whichever backend
//! the worker has.
//!
//! A timer is a time and a key. A key is due at the earliest time that was registered for it; whoever takes it
//! out looks at what there is to do and registers what is left, so that a timer too many does no harm. The
//! order in which keys are taken out says nothing.
//!
//! In memory each key has one timer ([`memory`]). With RocksDB timers are keys of a column family of their own
//! ([`disk`]), written at the end of a batch ([`KeyTimers::store`]).
//!
//! Timers are part of no savepoint: the rows that wait say when they are due. RocksDB's own files hold them,
//! and then a restored operator does not have to read all rows ([`KeyTimers::is_empty`]).

mod disk;
mod memory;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::ArrayRef;

use self::disk::DiskTimers;
use self::memory::MemoryTimers;
use crate::rocksdb::{GROUP, RocksDbBackend, key_bytes};
use crate::row_codec::{EncodedRows, RowBuffer, RowCodec, SortColumn};

enum Queue {
    Memory(MemoryTimers),
    Disk(DiskTimers),
}

/// The timers of an operator; see the module's documentation.
pub struct KeyTimers {
    key_types: Vec<LogicalType>,
    codec: RowCodec,
    max_parallelism: u32,
    queue: Queue,
}

/// Keys of a batch as [`KeyTimers::register`] takes them.
pub enum TimerKeys {
    /// The keys alone.
    Plain(EncodedRows),
    /// Each behind its key group.
    Grouped(RowBuffer),
}

impl TimerKeys {
    /// The key of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[u8] {
        match self {
            TimerKeys::Plain(rows) => rows.row(row),
            TimerKeys::Grouped(rows) => rows.row(row),
        }
    }
}

impl KeyTimers {
    /// Timers of keys of these types, in memory until [`KeyTimers::open`].
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn new(keys: &[LogicalType]) -> OperatorResult<Self> {
        let columns: Vec<SortColumn> = keys.iter().cloned().map(SortColumn::ascending).collect();
        Ok(KeyTimers {
            key_types: keys.to_vec(),
            codec: RowCodec::new(&columns)?,
            max_parallelism: 1,
            queue: Queue::Memory(MemoryTimers::default()),
        })
    }

    /// Binds the timers to the backend of the operator's worker. Called in the operator's `open`.
    ///
    /// # Errors
    /// When the backend cannot make room for them.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.max_parallelism = context.max_parallelism;
        match RocksDbBackend::of(context) {
            Some(backend) => self.bind(&backend),
            None => Ok(()),
        }
    }

    fn bind(&mut self, backend: &Arc<RocksDbBackend>) -> OperatorResult<()> {
        self.queue = Queue::Disk(DiskTimers::new(backend, &self.key_types)?);
        Ok(())
    }

    /// Keys as [`KeyTimers::register`] takes them.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn encode(&self, keys: &[ArrayRef], rows: usize) -> OperatorResult<TimerKeys> {
        let encoded = self.codec.encode(keys)?;
        if let Queue::Memory(_) = self.queue {
            return Ok(TimerKeys::Plain(encoded));
        }
        let mut grouped = RowBuffer::default();
        for (row, hash) in hash_columns(keys, rows)?.into_iter().enumerate() {
            let group = KeyGroup::of_hash(hash, self.max_parallelism);
            grouped.push(&key_bytes(group, encoded.row(row)));
        }
        Ok(TimerKeys::Grouped(grouped))
    }

    /// The key is due at this time, or earlier if it was already.
    pub fn register(&mut self, time: i64, key: &[u8]) {
        match &mut self.queue {
            Queue::Memory(timers) => timers.register(time, key),
            Queue::Disk(timers) => timers.register(time, key),
        }
    }

    /// The keys are due at these times.
    ///
    /// # Errors
    /// When the columns have other types, or a disk fails.
    pub fn register_all(&mut self, keys: &[ArrayRef], times: &[i64]) -> OperatorResult<()> {
        let encoded = self.encode(keys, times.len())?;
        for (row, &time) in times.iter().enumerate() {
            self.register(time, encoded.row(row));
        }
        self.store()
    }

    /// The batch is done.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn store(&mut self) -> OperatorResult<()> {
        match &mut self.queue {
            Queue::Memory(_) => Ok(()),
            Queue::Disk(timers) => timers.store(),
        }
    }

    /// Takes out up to `most` keys that are due at `until`, each once; none when no key is due any more.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn take_due(&mut self, until: i64, most: usize) -> OperatorResult<Vec<Arc<[u8]>>> {
        match &mut self.queue {
            Queue::Memory(timers) => Ok(timers.take_due(until, most)),
            Queue::Disk(timers) => timers.take_due(until, most),
        }
    }

    /// When a key is due next, or some time before.
    pub fn next(&self) -> Option<i64> {
        match &self.queue {
            Queue::Memory(timers) => timers.next(),
            Queue::Disk(timers) => timers.next(),
        }
    }

    /// Whether there are none, so that a restored operator has to register them.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn is_empty(&self) -> OperatorResult<bool> {
        match &self.queue {
            Queue::Memory(timers) => Ok(timers.next().is_none()),
            Queue::Disk(timers) => timers.is_empty(),
        }
    }

    /// The columns of encoded keys.
    ///
    /// # Errors
    /// When they are no keys.
    pub fn decode(&self, keys: &[Arc<[u8]>]) -> OperatorResult<Vec<ArrayRef>> {
        let before = match self.queue {
            Queue::Memory(_) => 0,
            Queue::Disk(_) => GROUP,
        };
        self.codec.decode(keys.iter().map(|key| &key[before..]))
    }

    /// Rough size in bytes, in memory or on disk.
    pub fn memory_size(&self) -> usize {
        match &self.queue {
            Queue::Memory(timers) => timers.memory_size(),
            Queue::Disk(timers) => timers.size(),
        }
    }
}
