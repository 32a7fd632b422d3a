//! What becomes of containers: given, started, lost, given back.

use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_dataflow::operator::{Clock, SystemClock};
use alpheus_worker::control::WorkerId;
use alpheus_yarn::{Allocation as Answer, Container, ContainerId, NodeId};
use tokio::time::Instant;

use super::{Client, GivenUp, MasterLoop};
use crate::event::Event;
use crate::job_master::fact::{Fact, Fault};
use crate::yarn::allocation::Given;
use crate::yarn::blame::Verdict;
use crate::yarn::departure::{departures, returns};
use crate::yarn::exit::{self, Cause};

/// How long heartbeats stay quick after a container was stopped or lost, so that its end is learned soon.
const CURIOSITY: Duration = Duration::from_secs(5);

/// After so many starts in a row that nodes have refused, there is a pause before the next request.
const HASTY_STARTS: u32 = 3;

/// That pause (`resourcemanager.start-worker.retry-interval` of Flink).
const START_PAUSE: Duration = Duration::from_secs(3);

/// How long a worker that was given up has to end by itself, or its node to notice that it has: a container that is stopped
/// before loses its exit code.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// How many containers' ends the good-bye of a failed job tells.
const MOST_ENDS: usize = 3;

/// How the start of a worker at its node has ended.
pub(super) struct Started {
    job: JobId,
    worker: WorkerId,
    container: ContainerId,
    node: NodeId,
    outcome: Result<(), String>,
}

impl MasterLoop {
    /// Containers of an earlier attempt are kept until their workers have had the time to say who they are.
    pub(super) fn on_previous(&mut self, containers: Vec<Container>) {
        for container in containers {
            let holds = |client: &Client| client.allocation.holds(container.id);
            if !self.clients.values().any(holds) {
                self.previous.insert(container.id, container.node);
            }
        }
    }

    pub(super) fn adopt(&mut self, job: JobId, worker: WorkerId, container: ContainerId) {
        let Some(client) = self.clients.get_mut(&job) else {
            return;
        };
        if let Some(node) = self.previous.remove(&container) {
            tracing::info!(worker = worker.0, %container, %node, "a worker has survived its master");
            client.allocation.adopt(container, node, worker);
        }
    }

    fn give_back_previous(&mut self) {
        if Instant::now() >= self.previous_until {
            for (container, node) in std::mem::take(&mut self.previous) {
                tracing::info!(%container, %node, "a container of an earlier attempt is given back");
                self.release(container, node);
            }
        }
    }

    pub(super) fn stop(&mut self, job: JobId, worker: WorkerId) {
        self.forget(job, worker);
        self.give_up(job, worker);
        self.ask(job);
    }

    fn give_up(&mut self, job: JobId, worker: WorkerId) {
        let client = self.clients.get_mut(&job);
        if let Some((container, node)) = client.and_then(|client| client.allocation.give_up(worker))
        {
            let given_up = GivenUp {
                job,
                worker,
                until: Instant::now() + CURIOSITY,
            };
            self.given_up.insert(container, given_up);
            self.stop_at_node(container, node, LAST_BREATH);
        }
    }

    /// A job has ended: nothing more is asked for, and what it has goes back. Its workers were told to end.
    pub(super) fn leave(&mut self, job: JobId) {
        self.wish(job, 0);
        let client = self.clients.get(&job);
        let workers: Vec<WorkerId> = client
            .into_iter()
            .flat_map(|client| client.allocation.workers())
            .collect();
        for worker in workers {
            self.give_up(job, worker);
        }
        self.clients.remove(&job);
    }

    /// Gives a container back, and has its node stop it: the ResourceManager alone takes two heartbeats to do so.
    fn release(&mut self, container: ContainerId, node: NodeId) {
        self.ledger.release(container);
        self.stop_at_node(container, node, Duration::ZERO);
    }

    /// Has its node stop a container. One that has died by itself keeps its exit code, which one that is given back does
    /// not.
    fn stop_at_node(&mut self, container: ContainerId, node: NodeId, wait: Duration) {
        self.curious_until = Instant::now() + CURIOSITY;
        let nodes = self.nodes.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if let Err(error) = nodes.stop(&node, &[container]).await {
                tracing::debug!(%container, %error, "the node does not stop a container");
            }
        });
    }

    pub(super) fn on_allocation(&mut self, allocation: Answer) {
        self.cluster_nodes = allocation.nodes;
        self.on_previous(allocation.previous_containers);
        self.give_back_previous();
        self.nodes.add_tokens(allocation.node_tokens);
        if !allocation.allocated.is_empty() {
            self.waiting_since = Instant::now();
        }
        for container in allocation.allocated {
            self.given(container);
        }
        for status in &allocation.completed {
            self.previous.remove(&status.id);
            if let Some(GivenUp { job, worker, .. }) = self.given_up.remove(&status.id) {
                let end = exit::explain(status);
                tracing::info!(worker = worker.0, "worker's {}", end.reason);
                if end.cause != Cause::AsTold {
                    self.ended(job, worker, end.reason);
                }
            }
        }
        let mut ended = Vec::new();
        for (job, client) in &mut self.clients {
            let of_job = client.allocation.completed(&allocation.completed);
            ended.extend(of_job.into_iter().map(|ended| (*job, ended)));
        }
        for (job, ended) in ended {
            tracing::info!(
                worker = ended.worker.0,
                host = ended.host,
                "worker's {}",
                ended.reason
            );
            if matches!(ended.cause, Cause::Program | Cause::Killed | Cause::Node) {
                self.blame(&ended.host);
            }
            self.lost(job, ended.worker, ended.reason, ended.cause.fault());
        }
        for client in self.clients.values() {
            let departures = departures(
                &client.allocation,
                allocation.preemption.as_ref(),
                &allocation.updated_nodes,
                SystemClock.now_ms(),
            );
            if !departures.is_empty() {
                let leave = Fact::WorkersLeave(departures);
                client.serving.events.send(Event::Fact(leave));
            }
            let returns = returns(&client.allocation, &allocation.updated_nodes);
            if !returns.is_empty() {
                let stay = Fact::WorkersStay(returns);
                client.serving.events.send(Event::Fact(stay));
            }
        }
        for node in allocation.updated_nodes {
            tracing::info!(node = %node.id, state = %node.state, "a node has changed");
            if node.state.is_unusable() {
                self.nodes.forget(&node.id);
            }
        }
    }

    /// A container was given: for the job whose request it answers.
    fn given(&mut self, container: Container) {
        let request = container.allocation_request_id;
        let mut clients = self.clients.iter_mut();
        let Some((job, client)) = clients.find(|(_, client)| client.request == request) else {
            // Of a job that has ended meanwhile.
            return self.ledger.release(container.id);
        };
        let job = *job;
        for given in client.allocation.allocated(vec![container]) {
            match given {
                Given::Launch(worker, container) => self.launch(job, worker, &container),
                Given::Release(container) => self.ledger.release(container),
            }
        }
    }

    fn launch(&mut self, job: JobId, worker: WorkerId, container: &Container) {
        tracing::info!(
            worker = worker.0,
            container = %container.id,
            node = %container.node,
            "starting a worker"
        );
        let launch = match self.clients.get(&job) {
            Some(client) => client.serving.launcher.launch(worker, container),
            None => return,
        };
        let launch = match launch {
            Ok(launch) => launch,
            Err(error) => return self.not_started(job, worker, &error.to_string(), Fault::Worker),
        };
        let nodes = self.nodes.clone();
        let (container, started) = (container.clone(), self.started.clone());
        tokio::spawn(async move {
            let outcome = nodes.start(&container, &launch).await;
            let _ = started.send(Started {
                job,
                worker,
                container: container.id,
                node: container.node,
                outcome: outcome.map_err(|error| error.to_string()),
            });
        });
    }

    pub(super) fn on_started(&mut self, started: Started) {
        let Started {
            job,
            worker,
            container,
            node,
            outcome,
        } = started;
        match outcome {
            Ok(()) => {
                self.failed_starts = 0;
                self.blame.works(&node.host);
                // It may have been given up while its node was starting it.
                if self.given_up.contains_key(&container) {
                    self.release(container, node);
                }
            }
            Err(reason) => {
                self.blame(&node.host);
                self.failed_starts += 1;
                if self.failed_starts >= HASTY_STARTS {
                    self.ask_after = Some(Instant::now() + START_PAUSE);
                }
                let reason = format!("node {node} does not start it: {reason}");
                self.not_started(job, worker, &reason, Fault::Cluster);
            }
        }
    }

    fn not_started(&mut self, job: JobId, worker: WorkerId, reason: &str, fault: Fault) {
        let client = self.clients.get_mut(&job);
        if let Some((container, node)) = client.and_then(|client| client.allocation.give_up(worker))
        {
            self.release(container, node);
        }
        self.lost(job, worker, reason.to_owned(), fault);
    }

    fn lost(&mut self, job: JobId, worker: WorkerId, reason: String, fault: Fault) {
        self.forget(job, worker);
        if let Some(Client { serving, .. }) = self.clients.get(&job) {
            let lost = Fact::WorkerLost {
                worker,
                reason,
                fault,
            };
            serving.events.send(Event::Fact(lost));
        }
    }

    /// The connection of a worker broke before it was known how it has ended.
    fn ended(&mut self, job: JobId, worker: WorkerId, reason: String) {
        if let Some(Client { serving, .. }) = self.clients.get(&job) {
            let reason = reason.clone();
            let ended = Fact::WorkerEnded { worker, reason };
            serving.events.send(Event::Fact(ended));
        }
        self.ends.push(reason);
        if self.ends.len() > MOST_ENDS {
            self.ends.remove(0);
        }
    }

    fn forget(&self, job: JobId, worker: WorkerId) {
        if let Some(Client { serving, .. }) = self.clients.get(&job) {
            serving.launcher.forget(worker);
        }
    }

    fn blame(&mut self, host: &str) {
        match self.blame.failed(host, self.cluster_nodes) {
            None => {}
            Some(Verdict::Avoid(host)) => {
                tracing::warn!(
                    host,
                    "containers fail there again and again: it gets no more of them"
                );
                self.ledger.blacklist(&host, true);
            }
            Some(Verdict::Forgive(hosts)) => {
                tracing::warn!("containers fail on so many nodes that none is avoided any more");
                for host in hosts {
                    self.ledger.blacklist(&host, false);
                }
            }
        }
    }
}
