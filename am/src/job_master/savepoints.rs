//! Savepoints that users asked for, until nobody asks about them any more.

use std::collections::BTreeMap;

use crate::checkpoint::TriggerId;

/// How a savepoint stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavepointOutcome {
    /// Under way.
    InProgress,
    /// Where it lies.
    Completed(String),
    /// Why there is none.
    Failed(String),
}

/// All of them (Flink's `CompletedOperationCache`).
#[derive(Debug, Default)]
pub struct Savepoints {
    known: BTreeMap<TriggerId, (SavepointOutcome, Option<i64>)>,
}

impl Savepoints {
    /// A user has asked.
    pub fn begin(&mut self, trigger: TriggerId) {
        self.known
            .insert(trigger, (SavepointOutcome::InProgress, None));
    }

    /// It is done, one way or the other. Outcomes older than `keep_ms` are forgotten.
    pub fn end(
        &mut self,
        trigger: TriggerId,
        result: Result<String, String>,
        now: i64,
        keep_ms: i64,
    ) {
        let outcome = match result {
            Ok(location) => SavepointOutcome::Completed(location),
            Err(reason) => SavepointOutcome::Failed(reason),
        };
        self.known
            .retain(|_, (_, ended)| ended.is_none_or(|at| now - at < keep_ms));
        self.known.insert(trigger, (outcome, Some(now)));
    }

    /// Whether any is still under way.
    pub fn outcomes(&self) -> BTreeMap<TriggerId, SavepointOutcome> {
        self.known
            .iter()
            .map(|(trigger, (outcome, _))| (*trigger, outcome.clone()))
            .collect()
    }
}
