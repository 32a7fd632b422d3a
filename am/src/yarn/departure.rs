//! Which workers must go, and when: what a heartbeat's answer says of preemption and of nodes that leave (pure).
//!
//! A scheduler that wants containers for another queue names them some seconds before it kills them
//! (`PreemptionMessage`): given back in time, they cost only what came in since the checkpoint that is taken first. It
//! gives no others for them before it has them, so nothing is waited for. A node that is being decommissioned
//! (`yarn rmadmin -refreshNodes -g SECONDS`) gets no more containers and keeps those that it has until its time is over:
//! replacements are waited for during the first half of it.

use std::collections::BTreeMap;

use alpheus_worker::control::WorkerId;
use alpheus_yarn::{ContainerId, NodeReport, NodeState, Preemption};

use super::allocation::Allocation;
use crate::job_master::fact::Departure;

/// How long the capacity scheduler waits before it kills, by default
/// (`yarn.resourcemanager.monitor.capacity.preemption.max_wait_before_kill`), less a heartbeat and what giving back takes.
const PREEMPTION_MS: i64 = 8_000;

/// The time of a node that does not say how much it has (`yarn.resourcemanager.nodemanager-graceful-decommission-timeout-secs`).
const DECOMMISSION_SECONDS: u32 = 3600;

/// The least time that a move needs before its deadline.
const LEAST_MS: i64 = 5_000;

/// The workers that must go by what a heartbeat has brought.
pub fn departures(
    allocation: &Allocation,
    preemption: Option<&Preemption>,
    nodes: &[NodeReport],
    now_ms: i64,
) -> BTreeMap<WorkerId, Departure> {
    let mut found = BTreeMap::new();
    let wanted: Vec<ContainerId> = preemption
        .map(|preemption| {
            let strict = preemption.strict.iter();
            strict.chain(&preemption.negotiable).copied().collect()
        })
        .unwrap_or_default();
    for container in wanted {
        if let Some(worker) = allocation.worker_in(container) {
            let departure = Departure {
                reason: format!(
                    "the scheduler wants container {container} for another queue (preemption)"
                ),
                replace_until: None,
                deadline: now_ms.saturating_add(PREEMPTION_MS),
            };
            found.insert(worker, departure);
        }
    }
    for node in nodes
        .iter()
        .filter(|node| node.state == NodeState::Decommissioning)
    {
        let seconds = node.decommissioning_seconds.unwrap_or(DECOMMISSION_SECONDS);
        let left = i64::from(seconds).saturating_mul(1000);
        let deadline = now_ms.saturating_add((left - left / 4).max(left - LEAST_MS));
        for worker in allocation.workers_on(&node.id) {
            let departure = Departure {
                reason: format!("node {} is being decommissioned, in {seconds} s", node.id),
                replace_until: Some(now_ms.saturating_add(left / 2)),
                deadline,
            };
            found.entry(worker).or_insert(departure);
        }
    }
    found
}

/// The workers on nodes that are as they should be (again).
pub fn returns(allocation: &Allocation, nodes: &[NodeReport]) -> Vec<WorkerId> {
    let well = nodes.iter().filter(|node| node.state == NodeState::Running);
    well.flat_map(|node| allocation.workers_on(&node.id))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::allocation::tests::container;
    use super::*;

    fn two() -> Allocation {
        let mut allocation = Allocation::default();
        allocation.want(&[WorkerId(0), WorkerId(1)]);
        allocation.allocated(vec![container(2), container(3)]);
        allocation
    }

    #[test]
    fn named_containers_go_soon_and_strangers_are_nobodys() {
        let preemption = Preemption {
            strict: vec![container(3).id],
            negotiable: vec![container(9).id],
            ..Preemption::default()
        };
        let found = departures(&two(), Some(&preemption), &[], 1_000);
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [WorkerId(1)]);
        let departure = &found[&WorkerId(1)];
        assert_eq!(departure.replace_until, None);
        assert_eq!(departure.deadline, 9_000);
        assert!(
            departure.reason.contains("preemption"),
            "{}",
            departure.reason
        );
    }

    #[test]
    fn a_node_that_leaves_has_its_workers_moved_in_its_time() {
        let report = |state, seconds| NodeReport {
            id: container(2).node,
            state,
            decommissioning_seconds: seconds,
            http: String::new(),
            rack: String::new(),
            capability: Default::default(),
            used: Default::default(),
            containers: 1,
            health: String::new(),
            labels: Vec::new(),
        };
        let at = |state, seconds| departures(&two(), None, &[report(state, seconds)], 0);
        assert!(at(NodeState::Running, None).is_empty());
        let back = |state| returns(&two(), &[report(state, None)]);
        assert_eq!(back(NodeState::Running), [WorkerId(0)]);
        assert!(back(NodeState::Decommissioning).is_empty());
        let found = at(NodeState::Decommissioning, Some(60));
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [WorkerId(0)]);
        assert_eq!(found[&WorkerId(0)].replace_until, Some(30_000));
        assert_eq!(found[&WorkerId(0)].deadline, 55_000);
        assert_eq!(
            at(NodeState::Decommissioning, Some(4))[&WorkerId(0)].deadline,
            3_000
        );
    }
}
