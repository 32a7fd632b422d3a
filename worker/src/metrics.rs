//! Numbers of tasks and operators under Flink's names.
//!
//! Tasks and operators count in place; once a heartbeat the worker reads what they have counted and adds
//! the rates (`...PerSecond`) since the heartbeat before.

use std::collections::BTreeMap;
use std::time::Instant;

use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::operator::{Metric, OperatorMetrics};

use crate::control::{TaskId, TaskMetrics};
use crate::task::Step;

/// Whether a task has said that no rows are to be expected of it for now (1) or not (0).
pub const OUTPUT_IDLE: &str = "outputIdle";

/// Where the time of a task goes.
#[derive(Debug)]
pub struct TaskTimes {
    busy_us: Metric,
    blocked_us: Metric,
    blocked_since: Option<Instant>,
}

impl TaskTimes {
    fn new(gauges: &TaskGauges) -> Self {
        TaskTimes {
            busy_us: gauges.busy_us.clone(),
            blocked_us: gauges.blocked_us.clone(),
            blocked_since: None,
        }
    }

    /// A step that began at `begin` has just ended so.
    pub fn record(&mut self, begin: Instant, step: Step) {
        if let Some(since) = self.blocked_since.take() {
            let blocked = begin.saturating_duration_since(since);
            self.blocked_us.add(blocked.as_micros() as u64);
        }
        match step {
            Step::Blocked => self.blocked_since = Some(begin),
            Step::Progress | Step::Finished => {
                self.busy_us.add(begin.elapsed().as_micros() as u64);
            }
            Step::Idle { .. } => {}
        }
    }
}

/// What can be read of a task while it runs.
#[derive(Debug)]
pub struct TaskGauges {
    task: TaskId,
    /// Counters of the task as a whole.
    pub metrics: OperatorMetrics,
    /// Counters of its operators.
    pub operators: Vec<(OperatorId, OperatorMetrics)>,
    busy_us: Metric,
    blocked_us: Metric,
    last: Last,
}

#[derive(Debug)]
struct Last {
    at: Instant,
    busy_us: u64,
    blocked_us: u64,
    counters: BTreeMap<&'static str, u64>,
}

const RATES: [(&str, &str); 2] = [
    ("numRecordsIn", "numRecordsInPerSecond"),
    ("numRecordsOut", "numRecordsOutPerSecond"),
];

impl TaskGauges {
    /// Everything at zero.
    pub fn new(task: TaskId) -> Self {
        TaskGauges {
            task,
            metrics: OperatorMetrics::default(),
            operators: Vec::new(),
            busy_us: Metric::default(),
            blocked_us: Metric::default(),
            last: Last {
                at: Instant::now(),
                busy_us: 0,
                blocked_us: 0,
                counters: BTreeMap::new(),
            },
        }
    }

    /// The side that the task writes to.
    pub fn times(&self) -> TaskTimes {
        TaskTimes::new(self)
    }

    /// The values now, with rates since the call before; one entry for the task, one for each operator.
    pub fn read(&mut self) -> Vec<TaskMetrics> {
        let now = Instant::now();
        let elapsed_us = now.duration_since(self.last.at).as_micros().max(1) as u64;
        let (busy, blocked) = (self.busy_us.value(), self.blocked_us.value());
        let per_second = |amount: u64| (amount as f64 * 1e6 / elapsed_us as f64) as i64;
        let busy_ms = (per_second(busy - self.last.busy_us) / 1000).min(1000);
        let blocked_ms = per_second(blocked - self.last.blocked_us) / 1000;
        let blocked_ms = blocked_ms.min(1000 - busy_ms);
        let mut values = signed(&self.metrics);
        for (counter, rate) in RATES {
            let value = values.get(counter).map_or(0, |value| *value as u64);
            let before = self.last.counters.insert(counter, value).unwrap_or(0);
            values.insert(rate.to_owned(), per_second(value.saturating_sub(before)));
        }
        values.insert("busyTimeMsPerSecond".to_owned(), busy_ms);
        values.insert("backPressuredTimeMsPerSecond".to_owned(), blocked_ms);
        let idle_ms = 1000 - busy_ms - blocked_ms;
        values.insert("idleTimeMsPerSecond".to_owned(), idle_ms);
        self.last.at = now;
        self.last.busy_us = busy;
        self.last.blocked_us = blocked;
        let whole = TaskMetrics {
            task: Some(self.task),
            operator: None,
            values,
        };
        let operators = self
            .operators
            .iter()
            .map(|(operator, metrics)| TaskMetrics {
                task: Some(self.task),
                operator: Some(*operator),
                values: signed(metrics),
            });
        std::iter::once(whole).chain(operators).collect()
    }
}

fn signed(metrics: &OperatorMetrics) -> BTreeMap<String, i64> {
    let values = metrics.snapshot().into_iter();
    values.map(|(name, value)| (name, value as i64)).collect()
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::ids::{SubtaskIndex, VertexId};

    use super::*;

    #[test]
    fn times_add_up_to_a_second_a_second() {
        let mut gauges = TaskGauges::new(TaskId {
            vertex: VertexId(0),
            subtask: SubtaskIndex(0),
        });
        let mut times = gauges.times();
        times.record(Instant::now(), Step::Blocked);
        times.record(Instant::now(), Step::Progress);
        gauges.metrics.metric("numRecordsIn").add(10);
        let values = gauges.read().swap_remove(0).values;
        let sum: i64 = values
            .iter()
            .filter(|(name, _)| name.ends_with("TimeMsPerSecond"))
            .map(|(_, value)| value)
            .sum();
        assert_eq!(sum, 1000);
        assert!(values["numRecordsInPerSecond"] > 0);
    }
}
