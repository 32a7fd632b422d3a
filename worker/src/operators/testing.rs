//! What operators need to be tried on their own.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::ids::{AttemptNumber, JobId, OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::{
    OperatorContext, OperatorMetrics, StateBackendHandle, SystemClock,
};
use alpheus_dataflow::snapshot::StateReader;
use arrow::array::RecordBatch;

/// A state that was made by hand.
pub struct Restored {
    /// Rows by the state's name.
    pub keyed: Vec<(&'static str, RecordBatch)>,
    /// Entries by the list's name.
    pub lists: Vec<(&'static str, Vec<u8>)>,
}

impl StateReader for Restored {
    fn keyed<'a>(
        &'a self,
        name: &str,
    ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>> {
        let found = self.keyed.iter().filter(|(state, _)| *state == name);
        let rows: Vec<_> = found.map(|(_, rows)| Ok(rows.clone())).collect();
        Ok(Box::new(rows.into_iter()))
    }

    fn list(&self, name: &str) -> OperatorResult<Vec<Vec<u8>>> {
        let found = self.lists.iter().filter(|(list, _)| *list == name);
        Ok(found.map(|(_, entry)| entry.clone()).collect())
    }
}

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
