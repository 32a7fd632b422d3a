//! Numbers for workers, each given once.
//!
//! A worker's certificate names its number, and whoever connects to a worker expects the number that it was told. So jobs
//! that share an authority share the numbers too: then no worker of one job can be taken for one of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use alpheus_worker::control::WorkerId;

/// Where numbers come from; clones go on together.
#[derive(Clone, Debug, Default)]
pub struct WorkerNumbers(Arc<AtomicU32>);

impl WorkerNumbers {
    /// Numbers from `first` on.
    pub fn from(first: u32) -> Self {
        WorkerNumbers(Arc::new(AtomicU32::new(first)))
    }

    /// From now on no number below `first` is given.
    pub fn at_least(&self, first: u32) {
        self.0.fetch_max(first, Ordering::Relaxed);
    }

    /// The next number.
    pub fn next(&self) -> WorkerId {
        WorkerId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_that_share_numbers_never_have_the_same() {
        let numbers = WorkerNumbers::from(7);
        let of_another_job = numbers.clone();
        assert_eq!(numbers.next(), WorkerId(7));
        assert_eq!(of_another_job.next(), WorkerId(8));
        numbers.at_least(20);
        of_another_job.at_least(3);
        assert_eq!(of_another_job.next(), WorkerId(20));
    }
}
