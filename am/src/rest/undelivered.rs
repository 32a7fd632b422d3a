//! Answers that clients still wait for: a savepoint is asked for with one request and its outcome fetched
//! with another, and a job that stops with it must not take its outcome along (Flink's
//! `CompletedOperationCache` holds the shutdown back in the same way).

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::checkpoint::TriggerId;

/// The operations that were accepted and whose outcome nobody has fetched.
#[derive(Debug, Default)]
pub(crate) struct Undelivered {
    operations: Mutex<BTreeSet<TriggerId>>,
    delivered: Condvar,
}

impl Undelivered {
    /// A client was told to ask again.
    pub(crate) fn accepted(&self, trigger: TriggerId) {
        self.lock().insert(trigger);
    }

    /// A client has the outcome.
    pub(crate) fn delivered(&self, trigger: TriggerId) {
        self.lock().remove(&trigger);
        self.delivered.notify_all();
    }

    /// Waits until every outcome is fetched, at most for `patience`: a client may have gone away. Blocks.
    pub(crate) fn wait(&self, patience: Duration) {
        let waiting = self
            .delivered
            .wait_timeout_while(self.lock(), patience, |operations| !operations.is_empty());
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<TriggerId>> {
        self.operations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_waits_for_whoever_was_told_to_ask_again() {
        let outcomes = Undelivered::default();
        outcomes.wait(Duration::MAX); // Nobody waits.
        outcomes.accepted(1);
        outcomes.accepted(2);
        outcomes.wait(Duration::ZERO); // Who never comes is not waited for longer than that.
        std::thread::scope(|scope| {
            let end = scope.spawn(|| outcomes.wait(Duration::from_secs(600)));
            outcomes.delivered(1);
            outcomes.delivered(1);
            outcomes.delivered(2);
            end.join().unwrap();
        });
        assert!(outcomes.lock().is_empty());
    }
}
