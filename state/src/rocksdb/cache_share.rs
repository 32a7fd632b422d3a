//! Memory for entries that states in RocksDB keep by key, divided evenly among all states of a worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory of a worker.
pub(super) struct CacheBudget {
    bytes: usize,
    states: AtomicUsize,
}

impl CacheBudget {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        CacheBudget {
            bytes,
            states: AtomicUsize::new(0),
        }
    }
}

/// What one state may take of it. It is given back with this value.
pub(crate) struct CacheShare(Arc<CacheBudget>);

impl CacheShare {
    /// One more state shares the budget.
    pub(super) fn new(budget: &Arc<CacheBudget>) -> Self {
        budget.states.fetch_add(1, Ordering::Relaxed);
        CacheShare(Arc::clone(budget))
    }

    /// Bytes; fewer when there are more states.
    pub fn bytes(&self) -> usize {
        self.0.bytes / self.0.states.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for CacheShare {
    fn drop(&mut self) {
        self.0.states.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_share_evenly() {
        let budget = Arc::new(CacheBudget::new(100));
        let one = CacheShare::new(&budget);
        assert_eq!(one.bytes(), 100);
        let other = CacheShare::new(&budget);
        assert_eq!((one.bytes(), other.bytes()), (50, 50));
        drop(other);
        assert_eq!(one.bytes(), 100);
    }
}
