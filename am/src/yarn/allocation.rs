//! Which container runs which worker: what the master wants, has been given and must give back.
//!
//! Pure. All workers have one shape, so any container does for any worker; the first that comes goes to the worker that
//! has waited longest. The count of [`Allocation::outstanding`] is absolute, as the ResourceManager wants it.

use std::collections::{BTreeMap, VecDeque};

use alpheus_worker::control::WorkerId;
use alpheus_yarn::{Container, ContainerId, ContainerStatus, NodeId};

use super::exit::{self, Cause};

/// What to do with a container that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Start this worker in it.
    Launch(WorkerId, Box<Container>),
    /// Nobody needs it.
    Release(ContainerId),
}

/// A container that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The worker that ran in it.
    pub worker: WorkerId,
    /// Where.
    pub host: String,
    /// Whose doing.
    pub cause: Cause,
    /// For the user.
    pub reason: String,
}

/// Containers and the workers in them.
#[derive(Clone, Debug, Default)]
pub struct Allocation {
    waiting: VecDeque<WorkerId>,
    held: BTreeMap<ContainerId, Held>,
}

#[derive(Clone, Debug)]
struct Held {
    worker: WorkerId,
    node: NodeId,
}

impl Allocation {
    /// Workers that need a container.
    pub fn want(&mut self, workers: &[WorkerId]) {
        self.waiting.extend(workers);
    }

    /// How many containers are needed beyond those that are there.
    pub fn outstanding(&self) -> u32 {
        self.waiting.len() as u32
    }

    /// Containers that are there.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// A worker is no longer wanted: its container, if it has one, to be stopped and given back.
    pub fn give_up(&mut self, worker: WorkerId) -> Option<(ContainerId, NodeId)> {
        self.waiting.retain(|waiting| *waiting != worker);
        let id = self.held.iter().find(|(_, held)| held.worker == worker)?.0;
        let id = *id;
        self.held.remove(&id).map(|held| (id, held.node))
    }

    /// Containers were given.
    pub fn allocated(&mut self, containers: Vec<Container>) -> Vec<Given> {
        let mut given = Vec::new();
        for container in containers {
            // The answer to a heartbeat that was repeated may bring a container twice.
            if self.held.contains_key(&container.id) {
                continue;
            }
            match self.waiting.pop_front() {
                Some(worker) => {
                    self.adopt(container.id, container.node.clone(), worker);
                    given.push(Given::Launch(worker, Box::new(container)));
                }
                None => given.push(Given::Release(container.id)),
            }
        }
        given
    }

    /// Whether a container is there and has its worker.
    pub fn holds(&self, id: ContainerId) -> bool {
        self.held.contains_key(&id)
    }

    /// A worker runs in a container of an earlier attempt.
    pub fn adopt(&mut self, id: ContainerId, node: NodeId, worker: WorkerId) {
        self.held.insert(id, Held { worker, node });
    }

    /// Containers have ended; those that were given up are no news.
    pub fn completed(&mut self, statuses: &[ContainerStatus]) -> Vec<Ended> {
        let mut ended = Vec::new();
        for status in statuses {
            if let Some(held) = self.held.remove(&status.id) {
                let end = exit::explain(status);
                ended.push(Ended {
                    worker: held.worker,
                    host: held.node.host,
                    cause: end.cause,
                    reason: end.reason,
                });
            }
        }
        ended
    }

    /// The worker in a container, if it is one of ours.
    pub fn worker_in(&self, id: ContainerId) -> Option<WorkerId> {
        self.held.get(&id).map(|held| held.worker)
    }

    /// The workers that have a container.
    pub fn workers(&self) -> impl Iterator<Item = WorkerId> + '_ {
        self.held.values().map(|held| held.worker)
    }

    /// The workers on a node.
    pub fn workers_on<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = WorkerId> + 'a {
        let there = self.held.values().filter(move |held| held.node == *node);
        there.map(|held| held.worker)
    }

    /// Where a worker's container is.
    pub fn container_of(&self, worker: WorkerId) -> Option<(ContainerId, &NodeId)> {
        self.held
            .iter()
            .find(|(_, held)| held.worker == worker)
            .map(|(id, held)| (*id, &held.node))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;
    use alpheus_yarn::{ContainerState, ExecutionType, ExitStatus, Priority, Resource};
    use proptest::prelude::*;

    pub fn container(number: i64) -> Container {
        let id = format!("container_1700000000000_0007_01_{number:06}");
        Container {
            id: id.parse().unwrap(),
            node: NodeId {
                host: format!("node{}", number % 3),
                port: 45454,
            },
            node_http: String::new(),
            resource: Resource::new(1024, 1),
            priority: Priority(1),
            allocation_request_id: -1,
            execution: ExecutionType::Guaranteed,
            version: 0,
            token: None,
        }
    }

    fn ended(number: i64) -> ContainerStatus {
        ContainerStatus {
            id: container(number).id,
            state: ContainerState::Complete,
            exit: ExitStatus(137),
            diagnostics: String::new(),
        }
    }

    #[test]
    fn containers_go_to_whom_has_waited_longest_and_the_rest_back() {
        let mut allocation = Allocation::default();
        allocation.want(&[WorkerId(0), WorkerId(1)]);
        assert_eq!(allocation.outstanding(), 2);
        let given = allocation.allocated(vec![container(2), container(3), container(4)]);
        assert_eq!(
            given,
            [
                Given::Launch(WorkerId(0), Box::new(container(2))),
                Given::Launch(WorkerId(1), Box::new(container(3))),
                Given::Release(container(4).id),
            ]
        );
        assert_eq!(allocation.outstanding(), 0);
        assert!(allocation.allocated(vec![container(2)]).is_empty());
    }

    #[test]
    fn an_end_is_news_once_and_only_of_wanted_workers() {
        let mut allocation = Allocation::default();
        allocation.want(&[WorkerId(0), WorkerId(1)]);
        allocation.allocated(vec![container(2), container(3)]);
        let (given_up, _) = allocation.give_up(WorkerId(1)).unwrap();
        assert_eq!(given_up, container(3).id);
        let news = allocation.completed(&[ended(2), ended(3)]);
        assert_eq!(news.len(), 1);
        assert_eq!(
            (news[0].worker, news[0].cause),
            (WorkerId(0), Cause::Killed)
        );
        assert!(allocation.completed(&[ended(2)]).is_empty());
    }

    proptest! {
        /// However requests, gifts and ends interleave: nobody has two containers, no container two workers, and
        /// what is outstanding is what was wanted and neither given nor given up.
        #[test]
        fn nobody_is_forgotten(steps in prop::collection::vec((0u8..4, 0u32..6), 1..60)) {
            let mut allocation = Allocation::default();
            let mut next_worker = 0;
            let mut next_container = 2;
            let mut waiting = Vec::new();
            let mut running = BTreeMap::new();
            for (step, pick) in steps {
                match step {
                    0 => {
                        allocation.want(&[WorkerId(next_worker)]);
                        waiting.push(WorkerId(next_worker));
                        next_worker += 1;
                    }
                    1 => {
                        for given in allocation.allocated(vec![container(next_container)]) {
                            match given {
                                Given::Launch(worker, container) => {
                                    prop_assert_eq!(waiting.remove(0), worker);
                                    prop_assert!(running.insert(worker, container.id).is_none());
                                }
                                Given::Release(_) => prop_assert!(waiting.is_empty()),
                            }
                        }
                        next_container += 1;
                    }
                    2 => {
                        let worker = WorkerId(pick);
                        let was = running.remove(&worker);
                        waiting.retain(|w| *w != worker);
                        prop_assert_eq!(allocation.give_up(worker).map(|(id, _)| id), was);
                    }
                    _ => {
                        let number = i64::from(pick) + 2;
                        for end in allocation.completed(&[ended(number)]) {
                            prop_assert_eq!(running.remove(&end.worker), Some(container(number).id));
                        }
                    }
                }
                prop_assert_eq!(allocation.outstanding() as usize, waiting.len());
                prop_assert_eq!(allocation.held(), running.len());
            }
        }
    }
}
