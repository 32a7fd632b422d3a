//! Timers in RocksDB, as the keys of a column family: `key group, time, key`, without values.
//!
//! A key group's timers lie together in the order of their times. Of each group a time is known before which it
//! has none: a watermark looks only into groups that may have something, and begins behind what was deleted
//! there before, which a scan from the group's beginning would have to pass again and again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, RowType};

use crate::backend::{describe, snapshot_row_type};
use crate::rocksdb::{Column, GROUP, RocksDbBackend};

const STATE: &str = "timers";
/// Bytes of a time.
const TIME: usize = size_of::<i64>();

/// See the module's documentation.
pub(super) struct DiskTimers {
    column: Column,
    /// Registered in this batch: key group and key, and the earliest time.
    registered: HashMap<Vec<u8>, i64>,
    /// A time before which the group has no timer on disk; `i64::MAX` where it has none at all.
    from: BTreeMap<[u8; GROUP], i64>,
}

/// Bytes that compare as times do.
fn time_bytes(time: i64) -> [u8; TIME] {
    (time ^ i64::MIN).to_be_bytes()
}

fn split(timer: &[u8]) -> OperatorResult<(i64, &[u8])> {
    let rest = timer.get(GROUP..).and_then(|rest| rest.split_first_chunk());
    let (time, key) = rest.ok_or_else(|| OperatorError::fatal("a timer on disk has no time"))?;
    Ok((i64::from_be_bytes(*time) ^ i64::MIN, key))
}

impl DiskTimers {
    pub fn new(backend: &Arc<RocksDbBackend>, keys: &[LogicalType]) -> OperatorResult<Self> {
        let keys: RowType = snapshot_row_type(keys, Vec::new());
        let layout = format!("times and the columns {}", describe(&keys.to_arrow()));
        let groups = backend.key_groups();
        let groups = groups.start..groups.end;
        Ok(DiskTimers {
            column: backend.column(STATE, &layout, 0, None)?,
            registered: HashMap::new(),
            from: groups
                .map(|group| (group.to_be_bytes(), i64::MIN))
                .collect(),
        })
    }

    pub fn register(&mut self, time: i64, key: &[u8]) {
        match self.registered.get_mut(key) {
            Some(known) => *known = time.min(*known),
            None => {
                self.registered.insert(key.to_vec(), time);
            }
        }
    }

    pub fn store(&mut self) -> OperatorResult<()> {
        let mut timers = Vec::with_capacity(self.registered.len());
        for (key, time) in self.registered.drain() {
            if let Some((group, key)) = key.split_first_chunk::<GROUP>() {
                let from = self.from.entry(*group).or_insert(i64::MAX);
                *from = time.min(*from);
                timers.push([group.as_slice(), &time_bytes(time), key].concat());
            }
        }
        let timers = timers.iter();
        self.column
            .write(timers.map(|timer| (timer.as_slice(), Some(&[][..]))))
    }

    pub fn take_due(&mut self, until: i64, most: usize) -> OperatorResult<Vec<Arc<[u8]>>> {
        self.store()?;
        let mut due: HashSet<Arc<[u8]>> = HashSet::new();
        let mut taken: Vec<Vec<u8>> = Vec::new();
        for (group, from) in &mut self.from {
            if *from > until {
                continue;
            }
            if due.len() >= most {
                break;
            }
            let end = u16::from_be_bytes(*group).checked_add(1);
            let mut disk = self
                .column
                .iterator(end.map(|end| end.to_be_bytes().to_vec()))?;
            disk.seek([group.as_slice(), &time_bytes(*from)].concat());
            *from = i64::MAX;
            while let Some(timer) = disk.key() {
                let (time, key) = split(timer)?;
                if time > until || due.len() >= most {
                    *from = time;
                    break;
                }
                taken.push(timer.to_vec());
                due.insert([group, key].concat().into());
                disk.next();
            }
            self.column.check(&disk)?;
        }
        self.column
            .write(taken.iter().map(|timer| (timer.as_slice(), None)))?;
        Ok(due.into_iter().collect())
    }

    pub fn next(&self) -> Option<i64> {
        let known = self.from.values().chain(self.registered.values());
        known.copied().min().filter(|time| *time < i64::MAX)
    }

    pub fn is_empty(&self) -> OperatorResult<bool> {
        let mut disk = self.column.iterator(None)?;
        disk.seek_to_first();
        self.column.check(&disk)?;
        Ok(!disk.valid() && self.registered.is_empty())
    }

    pub fn size(&self) -> usize {
        self.column.estimated_bytes()
    }
}
