//! Watermark alignment: sources of one group wait for the slowest (`scan.watermark.alignment.*`).
//!
//! Workers report each source task's watermark with their metrics; the least of a group plus the allowed
//! drift is sent back as the event time that nobody of the group may pass. A task that is idle is not waited
//! for, as in Flink.

use std::collections::BTreeMap;

use alpheus_dataflow::graph::{JobGraph, OperatorSpec};
use alpheus_dataflow::ids::VertexId;
use alpheus_worker::control::ToWorker;
use alpheus_worker::metrics::OUTPUT_IDLE;

use super::view::{MetricScope, MetricValues};

/// Flink's name of the number that is compared.
const WATERMARK: &str = "currentOutputWatermark";

struct Group {
    vertices: Vec<VertexId>,
    max_drift_ms: i64,
    last_sent: Option<i64>,
}

/// The groups of a job.
#[derive(Default)]
pub struct WatermarkAlignments {
    groups: BTreeMap<String, Group>,
}

impl WatermarkAlignments {
    /// The groups that a graph's sources name.
    pub fn of(graph: &JobGraph) -> Self {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for vertex in &graph.vertices {
            for node in &vertex.chain {
                let OperatorSpec::WatermarkAssigner(spec) = &node.spec else {
                    continue;
                };
                let Some(alignment) = &spec.alignment else {
                    continue;
                };
                let drift = i64::try_from(alignment.max_drift_ms).unwrap_or(i64::MAX);
                let group = groups.entry(alignment.group.clone()).or_insert(Group {
                    vertices: Vec::new(),
                    max_drift_ms: drift,
                    last_sent: None,
                });
                group.vertices.push(vertex.id);
                group.max_drift_ms = group.max_drift_ms.min(drift);
            }
        }
        WatermarkAlignments { groups }
    }

    /// Whether nothing is to be aligned.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The limits that have moved.
    pub fn update(&mut self, metrics: &BTreeMap<MetricScope, MetricValues>) -> Vec<ToWorker> {
        let mut messages = Vec::new();
        for (name, group) in &mut self.groups {
            let least = metrics
                .iter()
                .filter(|((_, task, operator), _)| {
                    operator.is_none()
                        && task.is_some_and(|task| group.vertices.contains(&task.vertex))
                })
                .filter_map(|(_, values)| match values.get(OUTPUT_IDLE) {
                    Some(1) => Some(i64::MAX),
                    _ => values.get(WATERMARK).copied(),
                })
                .filter(|watermark| *watermark > i64::MIN)
                .min();
            let limit = least.map(|least| least.saturating_add(group.max_drift_ms));
            if let Some(limit) = limit
                && group.last_sent != Some(limit)
            {
                group.last_sent = Some(limit);
                messages.push(ToWorker::AlignWatermarks {
                    group: name.clone(),
                    max_watermark: limit,
                });
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::ids::SubtaskIndex;
    use alpheus_state::handle::TaskId;
    use alpheus_worker::control::WorkerId;

    use super::*;

    fn limit(alignments: &mut WatermarkAlignments, tasks: &[(i64, bool)]) -> Option<i64> {
        let metrics = tasks
            .iter()
            .zip(0..)
            .map(|((watermark, idle), subtask)| {
                let task = TaskId {
                    vertex: VertexId(0),
                    subtask: SubtaskIndex(subtask),
                };
                let values = BTreeMap::from([
                    (WATERMARK.to_owned(), *watermark),
                    (OUTPUT_IDLE.to_owned(), i64::from(*idle)),
                ]);
                ((WorkerId(subtask), Some(task), None), values)
            })
            .collect();
        alignments
            .update(&metrics)
            .into_iter()
            .map(|message| match message {
                ToWorker::AlignWatermarks { max_watermark, .. } => max_watermark,
                other => panic!("unexpected {other:?}"),
            })
            .next()
    }

    #[test]
    fn the_slowest_that_is_not_idle_sets_the_limit() {
        let group = Group {
            vertices: vec![VertexId(0)],
            max_drift_ms: 100,
            last_sent: None,
        };
        let mut alignments = WatermarkAlignments {
            groups: BTreeMap::from([("g".to_owned(), group)]),
        };
        let unknown = i64::MIN;
        assert_eq!(limit(&mut alignments, &[(unknown, false)]), None);
        let tasks = [(5000, false), (2000, false), (unknown, false)];
        assert_eq!(limit(&mut alignments, &tasks), Some(2100));
        assert_eq!(limit(&mut alignments, &tasks), None, "it has not moved");
        let idle = [(5000, false), (2000, true), (unknown, true)];
        assert_eq!(limit(&mut alignments, &idle), Some(5100));
        // Nobody is waited for, so whoever gets rows first may go on.
        let all_idle = [(5000, true), (2000, true)];
        assert_eq!(limit(&mut alignments, &all_idle), Some(i64::MAX));
    }
}
