//! Taking the files of a database for a checkpoint beside the task.
//!
//! RocksDB flushes its write buffers for that, which takes as long as writing them does. The operator goes on
//! meanwhile; it may read, and what it changes stays in its memory. Whoever wants to write to the database
//! waits ([`Gate`]), so that the files are those of the barrier.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use alpheus_dataflow::{OperatorError, OperatorResult};

use super::native::NativeSnapshot;

/// Whether a database may be written to.
#[derive(Default)]
pub(super) struct Gate {
    closed: AtomicBool,
    lock: Mutex<()>,
    opened: Condvar,
}

impl Gate {
    /// Whether a writer would wait.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// From now on writers wait.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// They go on.
    pub fn open(&self) {
        let _lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.closed.store(false, Ordering::Release);
        self.opened.notify_all();
    }

    /// Waits while it is closed.
    pub fn pass(&self) {
        if !self.is_closed() {
            return;
        }
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.opened.wait_while(lock, |()| self.is_closed());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// The files, or why there are none.
type Taken = Result<Arc<NativeSnapshot>, String>;

/// Files that are being taken.
#[derive(Default)]
pub(crate) struct FileTaking {
    taken: Mutex<Option<Taken>>,
    done: Condvar,
}

impl FileTaking {
    /// They are there, or will never be.
    pub(super) fn finish(&self, taken: Taken) {
        let mut slot = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(taken);
        self.done.notify_all();
    }

    /// The files, once they are there.
    ///
    /// # Errors
    /// When they could not be taken.
    pub(super) fn wait(&self) -> OperatorResult<Arc<NativeSnapshot>> {
        let mut slot = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(taken) = &*slot {
                return taken.clone().map_err(OperatorError::transient);
            }
            slot = self.done.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_waits_until_the_gate_is_open() {
        let gate = Arc::new(Gate::default());
        gate.pass();
        gate.close();
        let passed = Arc::new(AtomicBool::new(false));
        let writer = std::thread::spawn({
            let (gate, passed) = (Arc::clone(&gate), Arc::clone(&passed));
            move || {
                gate.pass();
                passed.store(true, Ordering::Release);
            }
        });
        assert!(gate.is_closed() && !passed.load(Ordering::Acquire));
        gate.open();
        assert!(writer.join().is_ok() && passed.load(Ordering::Acquire));
    }
}
