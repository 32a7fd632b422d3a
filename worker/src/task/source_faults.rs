//! Faults on demand in a source, so that tests can crash a job at a known row.
//!
//! `alpheus.testing.fail-after-checkpoint = N,M`: in the first attempt N rows come one by one, then
//! nothing until a checkpoint has completed, then M more rows and an error. `alpheus.testing.source-delay`
//! spaces batches out. Both are off unless a test sets them, and then cost one comparison a batch.

use std::time::{Duration, Instant};

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::AttemptNumber;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_hadoop_conf::parse_duration;

const FAIL_AFTER_CHECKPOINT: &str = "alpheus.testing.fail-after-checkpoint";
const SOURCE_DELAY: &str = "alpheus.testing.source-delay";
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What a source has to do wrong.
#[derive(Debug, Default)]
pub struct SourceFaults {
    crash: Option<Crash>,
    delay: Option<Duration>,
    next_batch: Option<Instant>,
}

#[derive(Debug)]
struct Crash {
    rows_before: u64,
    rows_after: u64,
    checkpoint_complete: bool,
}

impl SourceFaults {
    /// What the job's configuration asks for.
    ///
    /// # Errors
    /// When a value is malformed.
    pub fn of(context: &OperatorContext) -> OperatorResult<Self> {
        let invalid = |key: &str, expected: &str| {
            OperatorError::fatal(format!("option `{key}` is malformed, expected {expected}"))
        };
        let text = |key: &str| context.configuration.get(key);
        let crash = match text(FAIL_AFTER_CHECKPOINT) {
            Some(text) if context.attempt == AttemptNumber(1) => {
                let numbers = text.split_once(',').and_then(|(before, after)| {
                    Some((before.trim().parse().ok()?, after.trim().parse().ok()?))
                });
                let (rows_before, rows_after) =
                    numbers.ok_or_else(|| invalid(FAIL_AFTER_CHECKPOINT, "two numbers: N,M"))?;
                Some(Crash {
                    rows_before,
                    rows_after,
                    checkpoint_complete: false,
                })
            }
            _ => None,
        };
        let delay = match text(SOURCE_DELAY) {
            Some(text) => {
                Some(parse_duration(text).map_err(|_| invalid(SOURCE_DELAY, "a duration"))?)
            }
            None => None,
        };
        Ok(SourceFaults {
            crash,
            delay,
            next_batch: None,
        })
    }

    /// How many rows a batch may have.
    pub fn batch_rows(&self, usual: usize) -> usize {
        if self.crash.is_some() { 1 } else { usual }
    }

    /// Until when nothing may be given out; `None` when it may now.
    ///
    /// # Errors
    /// The fault.
    pub fn hold(&mut self, now: Instant) -> OperatorResult<Option<Instant>> {
        if let Some(crash) = &self.crash {
            if crash.rows_before == 0 && !crash.checkpoint_complete {
                return Ok(Some(now + LOOK_AGAIN));
            }
            if crash.rows_before == 0 && crash.rows_after == 0 {
                return Err(OperatorError::transient("a fault that a test asked for"));
            }
        }
        Ok(self.next_batch.filter(|next| now < *next))
    }

    /// Rows are being given out.
    pub fn gave(&mut self, rows: u64, now: Instant) {
        if let Some(crash) = &mut self.crash {
            let left = if crash.rows_before > 0 {
                &mut crash.rows_before
            } else {
                &mut crash.rows_after
            };
            *left = left.saturating_sub(rows);
        }
        self.next_batch = self.delay.map(|delay| now + delay);
    }

    /// A checkpoint has completed.
    pub fn checkpoint_complete(&mut self) {
        if let Some(crash) = &mut self.crash {
            crash.checkpoint_complete |= crash.rows_before == 0;
        }
    }
}
