//! Timers in memory: the earliest of each key.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct MemoryTimers {
    times: HashMap<Arc<[u8]>, i64>,
    queue: BTreeSet<(i64, Arc<[u8]>)>,
}

impl MemoryTimers {
    pub fn register(&mut self, time: i64, key: &[u8]) {
        match self.times.get_mut(key) {
            Some(known) if *known <= time => {}
            Some(known) => {
                let key: Arc<[u8]> = key.into();
                self.queue.remove(&(*known, Arc::clone(&key)));
                *known = time;
                self.queue.insert((time, key));
            }
            None => {
                let key: Arc<[u8]> = key.into();
                self.times.insert(Arc::clone(&key), time);
                self.queue.insert((time, key));
            }
        }
    }

    pub fn take_due(&mut self, until: i64, most: usize) -> Vec<Arc<[u8]>> {
        let mut due = Vec::new();
        while due.len() < most
            && let Some((time, _)) = self.queue.first()
            && *time <= until
            && let Some((_, key)) = self.queue.pop_first()
        {
            self.times.remove(&key);
            due.push(key);
        }
        due
    }

    pub fn next(&self) -> Option<i64> {
        self.queue.first().map(|(time, _)| *time)
    }

    pub fn memory_size(&self) -> usize {
        const OVERHEAD: usize = 96;
        self.times.keys().map(|key| key.len() + OVERHEAD).sum()
    }
}
