//! What operators need to be tried on their own.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::ids::{AttemptNumber, JobId, OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::{
    OperatorContext, OperatorMetrics, StateBackendHandle, SystemClock,
};

/// A context of a single subtask with this configuration.
pub fn context(configuration: BTreeMap<String, String>) -> OperatorContext {
    OperatorContext {
        job: JobId(1),
        attempt: AttemptNumber(1),
        operator: OperatorId(1),
        name: "operator".to_owned(),
        subtask: SubtaskIndex(0),
        parallelism: 1,
        max_parallelism: 128,
        key_groups: KeyGroupRange::all(128),
        session: Arc::new(SessionSettings {
            time_zone: "UTC".to_owned(),
            planned_at: 0,
            bounded: false,
        }),
        configuration: Arc::new(configuration),
        metrics: OperatorMetrics::default(),
        clock: Arc::new(SystemClock),
        state: StateBackendHandle::default(),
    }
}
