//! When the next checkpoint is due, and when too many have failed.

/// `execution.checkpointing.*`, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerOptions {
    /// `interval`; `None` takes no periodic checkpoints.
    pub interval_ms: Option<i64>,
    /// `min-pause`: between the end of one and the start of the next.
    pub min_pause_ms: i64,
    /// `timeout`: after which one is given up.
    pub timeout_ms: i64,
    /// `max-concurrent-checkpoints`.
    pub max_concurrent: usize,
    /// `tolerable-failed-checkpoints`: consecutive failures before the job fails.
    pub tolerable_failures: u32,
}

/// What the coordinator sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TriggerFacts {
    /// The time now.
    pub now: i64,
    /// When the tasks began to run.
    pub running_since: i64,
    /// When the last periodic checkpoint was triggered.
    pub last_triggered: Option<i64>,
    /// When the last checkpoint or savepoint ended, well or not.
    pub last_ended: Option<i64>,
    /// How many are in flight.
    pub in_flight: usize,
}

/// What to do about the next periodic checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerDecision {
    /// Trigger it.
    Now,
    /// Look again then.
    At(i64),
    /// Nothing to wait for but the end of one in flight (or no interval at all).
    Wait,
}

/// When the next periodic checkpoint is due.
pub fn decide_trigger(facts: &TriggerFacts, options: &TriggerOptions) -> TriggerDecision {
    let Some(interval) = options.interval_ms else {
        return TriggerDecision::Wait;
    };
    if facts.in_flight >= options.max_concurrent.max(1) {
        return TriggerDecision::Wait;
    }
    let by_interval = facts.last_triggered.unwrap_or(facts.running_since) + interval;
    let by_pause = facts.last_ended.map(|ended| ended + options.min_pause_ms);
    let due = by_pause.map_or(by_interval, |pause| pause.max(by_interval));
    if due <= facts.now {
        TriggerDecision::Now
    } else {
        TriggerDecision::At(due)
    }
}

/// Whether a checkpoint that was triggered then is given up now.
pub fn has_timed_out(triggered: i64, now: i64, options: &TriggerOptions) -> bool {
    now - triggered >= options.timeout_ms
}

/// Whether that many failures in a row fail the job.
pub fn fails_job(consecutive_failures: u32, options: &TriggerOptions) -> bool {
    consecutive_failures > options.tolerable_failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_pause_and_concurrency_all_hold() {
        let options = TriggerOptions {
            interval_ms: Some(100),
            min_pause_ms: 50,
            timeout_ms: 1000,
            max_concurrent: 1,
            tolerable_failures: 0,
        };
        let mut facts = TriggerFacts {
            now: 1099,
            running_since: 1000,
            ..TriggerFacts::default()
        };
        assert_eq!(decide_trigger(&facts, &options), TriggerDecision::At(1100));
        facts.now = 1100;
        assert_eq!(decide_trigger(&facts, &options), TriggerDecision::Now);
        facts.last_triggered = Some(1100);
        facts.in_flight = 1;
        assert_eq!(decide_trigger(&facts, &options), TriggerDecision::Wait);
        facts.in_flight = 0;
        facts.last_ended = Some(1190);
        assert_eq!(decide_trigger(&facts, &options), TriggerDecision::At(1240));
        assert!(fails_job(1, &options) && !fails_job(0, &options));
        assert!(has_timed_out(0, 1000, &options) && !has_timed_out(1, 1000, &options));
    }
}
