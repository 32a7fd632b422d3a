//! The attempt that runs: its tasks, their numbers, its checkpoints; and how the worker reports them.

use std::collections::HashMap;
use std::sync::Arc;

use alpheus_dataflow::error::OperatorError;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_hadoop_conf::options::checkpointing::COMPRESSION;

use super::deploy::{DeployContext, plan};
use super::{Event, Worker};
use crate::checkpoint::{CheckpointWriter, Gathering, Order};
use crate::control::{Deployment, FromWorker, TaskId, TaskState};
use crate::environment::ResultReceiver;
use crate::metrics::TaskGauges;
use crate::operators::BuildContext;
use crate::results::ResultLink;
use crate::slot::SlotCommand;
use crate::task::{SnapshotEvent, TaskEvent, failed};

/// The attempt that runs.
pub(super) struct RunningAttempt {
    number: AttemptNumber,
    slots: HashMap<TaskId, usize>,
    gauges: HashMap<TaskId, TaskGauges>,
    gathering: Gathering<Box<SnapshotEvent>>,
    /// To the client, if it is not in this process.
    results: Option<Arc<ResultLink>>,
}

impl Drop for RunningAttempt {
    /// A task that waits for the client must not keep its slot from being told to stop.
    fn drop(&mut self) {
        if let Some(results) = &self.results {
            results.close();
        }
    }
}

impl RunningAttempt {
    pub(super) fn number(&self) -> AttemptNumber {
        self.number
    }

    pub(super) fn slot_of(&self, task: TaskId) -> Option<usize> {
        self.slots.get(&task).copied()
    }

    pub(super) fn trigger(
        &mut self,
        checkpoint: CheckpointId,
        directory: &str,
        writer: &CheckpointWriter,
    ) {
        let orders = self.gathering.on_trigger(checkpoint, directory);
        carry_out(self.number, orders, writer);
    }

    pub(super) fn rows_taken(&self, bytes: u64) {
        if let Some(results) = &self.results {
            results.taken(bytes);
        }
    }

    pub(super) fn abort(&mut self, checkpoint: CheckpointId) {
        self.gathering.on_abort(checkpoint);
    }
}

fn carry_out(
    attempt: AttemptNumber,
    orders: Vec<Order<Box<SnapshotEvent>>>,
    writer: &CheckpointWriter,
) {
    for order in orders {
        match order {
            Order::Write(checkpoint, directory, part) => {
                writer.write(attempt, checkpoint, directory, part);
            }
            Order::Finish(checkpoint) => writer.finish(attempt, checkpoint),
        }
    }
}

impl Worker {
    pub(super) fn deploy(&mut self, mut deployment: Deployment) {
        let ours = self.config.overrides.clone();
        deployment.graph.configuration.extend(ours);
        if let Some(running) = &self.attempt {
            // The AM cancels first; should it not, two attempts still never run together.
            let number = running.number;
            self.cancel(number);
        }
        let deployment = Arc::new(deployment);
        let (results, link) = match &self.config.results {
            Some(here) => (Arc::clone(here), None),
            None => {
                let link = Arc::new(ResultLink::new(self.sender.clone(), deployment.attempt));
                (Arc::clone(&link) as Arc<dyn ResultReceiver>, Some(link))
            }
        };
        let compress = COMPRESSION.of_job(&deployment.graph.configuration);
        let compress = compress.map_err(OperatorError::fatal);
        let copies = self.copies.of(&deployment, self.config.worker);
        let planned = compress.and_then(|compress| {
            self.writer.compress(compress);
            let copies = copies?;
            self.writer.back_up(copies.write);
            let context = DeployContext {
                copies: copies.read,
                worker: self.config.worker,
                slots: self.slots.iter().map(|slot| slot.waker().clone()).collect(),
                exchange: self.exchange.as_ref(),
                limits: self.config.channels,
                build: BuildContext {
                    job: deployment.job,
                    session: Arc::new(deployment.graph.session.clone()),
                    connectors: Arc::clone(&self.config.connectors),
                    results,
                },
                clock: Arc::clone(&self.config.clock),
                events: Arc::clone(&self.task_events),
            };
            plan(&deployment, &context)
        });
        let planned = match planned {
            Ok(planned) => planned,
            Err(error) => {
                let ours = deployment
                    .placement
                    .iter()
                    .find(|(_, worker)| *worker == self.config.worker);
                if let Some((task, _)) = ours {
                    let state = failed("the deployment", &error);
                    self.report_state(deployment.attempt, *task, state);
                }
                return;
            }
        };
        let mut attempt = RunningAttempt {
            number: deployment.attempt,
            slots: HashMap::new(),
            gauges: HashMap::new(),
            gathering: Gathering::new(planned.iter().map(|task| task.plan.id)),
            results: link,
        };
        let mut by_slot: Vec<Vec<_>> = self.slots.iter().map(|_| Vec::new()).collect();
        for task in planned {
            attempt.slots.insert(task.plan.id, task.slot);
            attempt.gauges.insert(task.plan.id, task.gauges);
            by_slot[task.slot].push(task.plan);
        }
        self.tracker
            .on_deploy(attempt.number, attempt.slots.keys().copied());
        self.attempt = Some(attempt);
        for (slot, plans) in self.slots.iter().zip(by_slot) {
            slot.tell(SlotCommand::Deploy(plans));
        }
    }

    fn report_state(&self, attempt: AttemptNumber, task: TaskId, state: TaskState) {
        self.sender.send(FromWorker::Task {
            attempt,
            task,
            state,
        });
    }

    pub(super) fn handle(&mut self, event: Event) {
        let running = |worker: &Worker, number| {
            worker
                .attempt
                .as_ref()
                .is_some_and(|attempt| attempt.number == number)
        };
        match event {
            Event::Task(attempt, event) if running(self, attempt) => self.on_task(attempt, event),
            Event::Written(written) if running(self, written.attempt) => {
                let checkpoint = written.checkpoint;
                if written.result.is_ok() {
                    self.tracker.on_acknowledged(checkpoint);
                }
                self.sender.send(match written.result {
                    Ok((tasks, statistics)) => FromWorker::CheckpointAck {
                        attempt: written.attempt,
                        checkpoint,
                        tasks,
                        statistics,
                    },
                    Err(reason) => FromWorker::CheckpointDeclined { checkpoint, reason },
                });
            }
            // News of an attempt that is over; and what the loop has seen.
            Event::Task(..) | Event::Written(_) | Event::OutOfMemory(_) => {}
            Event::Canceled(attempt) => {
                self.sender.send(FromWorker::Canceled(attempt));
            }
        }
    }

    /// Tells the AM that the tasks of this worker cannot go on.
    pub(super) fn fail(&self, why: &str) {
        let task = |attempt: &RunningAttempt| attempt.slots.keys().next().copied();
        if let Some(attempt) = &self.attempt
            && let Some(task) = task(attempt)
        {
            self.sender.send(FromWorker::Task {
                attempt: attempt.number,
                task,
                state: TaskState::Failed {
                    message: why.to_owned(),
                    fatal: false,
                },
            });
        }
    }

    fn on_task(&mut self, number: AttemptNumber, event: TaskEvent) {
        if matches!(event, TaskEvent::State(_, TaskState::Finished { .. })) {
            // The last numbers of a task go before its end: nobody asks for them afterwards.
            self.report_metrics();
        }
        let Some(attempt) = &mut self.attempt else {
            return;
        };
        match event {
            TaskEvent::State(task, state) => {
                // First the state, so that the AM knows who takes part before it sees who did.
                let finished = matches!(state, TaskState::Finished { .. });
                self.tracker.on_state(task, &state);
                self.sender.send(FromWorker::Task {
                    attempt: number,
                    task,
                    state,
                });
                if finished {
                    let orders = attempt.gathering.on_task_finished(task);
                    carry_out(number, orders, &self.writer);
                }
            }
            TaskEvent::RequestSplit(task) => {
                self.tracker.on_request(task);
                self.sender.send(FromWorker::RequestSplit { task });
            }
            TaskEvent::Snapshot(part) => {
                let (checkpoint, task) = (part.checkpoint, part.task);
                let orders = attempt.gathering.on_part(checkpoint, task, part);
                carry_out(number, orders, &self.writer);
            }
            TaskEvent::Declined(checkpoint, reason) => {
                attempt.gathering.on_abort(checkpoint);
                self.writer.abort(checkpoint);
                self.sender
                    .send(FromWorker::CheckpointDeclined { checkpoint, reason });
            }
        }
    }

    pub(super) fn report_metrics(&mut self) {
        let gauges = self
            .attempt
            .iter_mut()
            .flat_map(|attempt| attempt.gauges.values_mut());
        let metrics = gauges.flat_map(TaskGauges::read).collect();
        self.sender.send(FromWorker::Heartbeat { metrics });
    }
}
