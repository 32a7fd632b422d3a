//! Faults on demand, for tests of recovery. Nobody sets these in earnest.

use std::time::Duration;

use crate::option::{optional, options};

options! {
    "Testing";
    /// `N,M`: in the first attempt each source gives out N rows one by one, waits until a checkpoint has completed,
    /// gives out M more and then fails.
    FAIL_AFTER_CHECKPOINT: Option<String> = optional("alpheus.testing.fail-after-checkpoint");
    /// How long each source waits before it gives out the next batch.
    SOURCE_DELAY: Option<Duration> = optional("alpheus.testing.source-delay");
}
