//! Wakes a slot's thread that found nothing to do.
//!
//! Parking keeps one token: a wake between "nothing to do" and "go to sleep" is not lost. A thread never
//! wakes itself: a slot only sleeps after a round in which no task did anything, so whatever its own
//! tasks put somewhere is seen in the next round anyway.

use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};

/// Wakes one thread; cheap to clone, callable from anywhere.
#[derive(Clone, Debug, Default)]
pub struct SlotWaker {
    thread: Arc<OnceLock<Thread>>,
}

impl SlotWaker {
    /// A waker whose thread is not there yet; waking it does nothing, because a thread begins by looking.
    pub fn new() -> Self {
        SlotWaker::default()
    }

    /// Makes the calling thread the one to wake. Only the first call counts.
    pub fn bind_to_current_thread(&self) {
        let _ = self.thread.set(thread::current());
    }

    /// Wakes the thread, unless it is the one that calls.
    pub fn wake(&self) {
        if let Some(thread) = self.thread.get()
            && thread.id() != thread::current().id()
        {
            thread.unpark();
        }
    }
}
