//! The split enumerators of a job: one thread that hands out splits and writes down what is left.
//!
//! Enumerators may block on I/O (listing a folder), so they have a thread of their own. What it answers
//! goes through the job master, which alone speaks to workers: splits and the triggers of checkpoints
//! therefore reach a worker in the order in which the enumerators gave them out and were frozen, and a
//! split is either in the enumerator's snapshot or with its reader, never in both or neither.
//!
//! A reader that was told to wait is served as soon as a discovery finds something.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, OperatorId, VertexId};
use alpheus_dataflow::source::{NextSplit, Source, SourceShare, SourceSplit, SplitEnumerator};
use alpheus_state::handle::TaskId;

use crate::checkpoint::store::Restored;
use crate::event::{Event, EventSender};
use crate::failure::Failure;
use crate::job_master::fact::{Fact, Prepared};

/// A source of the job.
pub struct JobSource {
    /// Its operator.
    pub operator: OperatorId,
    /// The vertex it stands in.
    pub vertex: VertexId,
    /// Its subtasks.
    pub parallelism: u32,
    /// The table.
    pub source: Box<dyn Source>,
}

/// Makes the sources of a job; called on the coordinator's thread, once.
pub type SourceFactory = Box<dyn FnOnce() -> Result<Vec<JobSource>, Failure> + Send>;

/// Something for the thread to do.
#[derive(Debug)]
pub enum SourceCommand {
    /// Make all enumerators anew, then tell the job master that the start is prepared.
    Reset {
        /// Which start of the job.
        attempt: AttemptNumber,
        /// What was restored, to be passed on.
        restored: Option<Restored>,
        /// What readers that run already have been given since; `None` when all of them are new.
        handed_out: Option<Vec<(TaskId, SourceSplit)>>,
    },
    /// A reader wants a split.
    Request {
        /// Of which start.
        attempt: AttemptNumber,
        /// Which reader.
        task: TaskId,
    },
    /// Write down what is not handed out.
    Freeze {
        /// Of which start.
        attempt: AttemptNumber,
        /// For which checkpoint.
        checkpoint: CheckpointId,
    },
    /// Answer nobody until the next reset.
    Silence,
}

/// Sends commands to the thread.
#[derive(Clone)]
pub struct SourceSender(Sender<SourceCommand>);

impl SourceSender {
    /// Queues a command; nothing happens when the thread has ended with the job.
    pub fn send(&self, command: SourceCommand) {
        let _ = self.0.send(command);
    }
}

/// Starts the thread; it ends when all senders are dropped.
///
/// # Errors
/// When no thread can be started.
pub fn start(
    factory: SourceFactory,
    events: EventSender,
) -> std::io::Result<(SourceSender, JoinHandle<()>)> {
    let (sender, commands) = channel();
    let thread = std::thread::Builder::new()
        .name("source-coordinator".to_owned())
        .spawn(move || {
            SourceCoordinator::new(factory, events).run(&commands);
        })?;
    Ok((SourceSender(sender), thread))
}

/// A share of 1, in whole percents; of nothing, everything has been handed out.
fn whole_percents(share: SourceShare) -> f32 {
    match share.total {
        0 => 1.0,
        total => (share.done as f64 / total as f64 * 100.0).floor() as f32 / 100.0,
    }
}

struct Active {
    enumerator: Box<dyn SplitEnumerator>,
    waiting: BTreeSet<TaskId>,
    next_discovery: Option<Instant>,
}

struct SourceCoordinator {
    factory: Option<SourceFactory>,
    sources: Vec<JobSource>,
    events: EventSender,
    attempt: Option<AttemptNumber>,
    active: BTreeMap<VertexId, Active>,
    /// What was told last of how far the sources have come.
    told: Option<Option<f32>>,
}

impl SourceCoordinator {
    fn new(factory: SourceFactory, events: EventSender) -> Self {
        SourceCoordinator {
            factory: Some(factory),
            sources: Vec::new(),
            events,
            attempt: None,
            active: BTreeMap::new(),
            told: None,
        }
    }

    fn run(mut self, commands: &Receiver<SourceCommand>) {
        loop {
            let next = self
                .active
                .values()
                .filter_map(|active| active.next_discovery)
                .min();
            let received = match next {
                None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => commands.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match received {
                Ok(command) => self.handle(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.discover();
            self.tell_progress();
        }
    }

    /// Says how far the sources have come, when it has changed by a percent.
    fn tell_progress(&mut self) {
        if self.active.is_empty() {
            return;
        }
        let mut all = Some(SourceShare::default());
        for active in self.active.values() {
            all = all
                .zip(active.enumerator.share())
                .map(|(all, one)| SourceShare {
                    done: all.done + one.done,
                    total: all.total + one.total,
                });
        }
        let now = all.map(whole_percents);
        if self.told != Some(now) {
            self.told = Some(now);
            self.events.send(Event::Progress(now));
        }
    }

    fn handle(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::Reset {
                attempt,
                restored,
                handed_out,
            } => {
                self.attempt = Some(attempt);
                let result = self
                    .reset(restored.as_ref())
                    .and_then(|()| self.take_out(&handed_out.unwrap_or_default()));
                let fact = Fact::Prepared {
                    attempt,
                    result: result.map(|()| Prepared {
                        restored: restored.as_ref().map(|restored| restored.record.clone()),
                        finished: restored.as_ref().is_some_and(|restored| restored.finished),
                    }),
                };
                let jobs = restored.as_ref().map(|restored| &restored.jobs);
                let origin = jobs.and_then(|jobs| jobs.last().copied());
                let tasks = restored.map(|restored| restored.tasks).unwrap_or_default();
                self.events.send(Event::Restored {
                    attempt,
                    tasks,
                    origin,
                });
                self.events.send(Event::Fact(fact));
            }
            SourceCommand::Request { attempt, task } if self.attempt == Some(attempt) => {
                self.answer(attempt, task);
            }
            SourceCommand::Freeze {
                attempt,
                checkpoint,
            } if self.attempt == Some(attempt) => {
                let result = self.freeze();
                self.events.send(Event::Fact(Fact::EnumeratorsFrozen {
                    attempt,
                    checkpoint,
                    result,
                }));
            }
            SourceCommand::Request { .. } | SourceCommand::Freeze { .. } => {}
            SourceCommand::Silence => {
                self.attempt = None;
                self.active.clear();
            }
        }
    }

    fn reset(&mut self, restored: Option<&Restored>) -> Result<(), Failure> {
        self.active.clear();
        if restored.is_some_and(|restored| restored.finished) {
            return Ok(());
        }
        if let Some(factory) = self.factory.take() {
            self.sources = factory()?;
        }
        for source in &self.sources {
            let (state, splits) = restored
                .and_then(|restored| restored.enumerators.get(&source.operator))
                .map_or((None, &[][..]), |(state, splits)| {
                    (state.as_deref(), splits.as_slice())
                });
            let mut enumerator = source.source.create_enumerator(source.parallelism, state)?;
            // What readers had begun goes back into the pool, with its positions.
            if !splits.is_empty() {
                enumerator.add_back(splits.to_vec());
            }
            let next_discovery = enumerator
                .discovery_interval()
                .map(|interval| Instant::now() + interval);
            let active = Active {
                enumerator,
                waiting: BTreeSet::new(),
                next_discovery,
            };
            self.active.insert(source.vertex, active);
        }
        Ok(())
    }

    /// Takes out what readers have already: it is drawn like any split, and what is drawn on the way goes back.
    fn take_out(&mut self, handed_out: &[(TaskId, SourceSplit)]) -> Result<(), Failure> {
        for source in &self.sources {
            let mut wanted: Vec<&SourceSplit> = handed_out
                .iter()
                .filter(|(task, _)| task.vertex == source.vertex)
                .map(|(_, split)| split)
                .collect();
            let Some(active) = self.active.get_mut(&source.vertex) else {
                continue;
            };
            if !wanted.is_empty() && active.enumerator.discovery_interval().is_some() {
                active.enumerator.discover()?;
            }
            let mut back = Vec::new();
            'readers: for subtask in 0..source.parallelism {
                while !wanted.is_empty() {
                    match active.enumerator.next_split(subtask)? {
                        NextSplit::Split(split) => match wanted.iter().position(|w| **w == split) {
                            Some(at) => drop(wanted.swap_remove(at)),
                            None => back.push(split),
                        },
                        NextSplit::Wait | NextSplit::NoMore => continue 'readers,
                    }
                }
            }
            if !back.is_empty() {
                active.enumerator.add_back(back);
            }
            if let Some(split) = wanted.first() {
                return Err(Failure::transient(format!(
                    "a reader has split {}, which its source no longer knows",
                    split.id
                )));
            }
        }
        Ok(())
    }

    fn answer(&mut self, attempt: AttemptNumber, task: TaskId) {
        let Some(active) = self.active.get_mut(&task.vertex) else {
            return;
        };
        match active.enumerator.next_split(task.subtask.0) {
            Ok(next) => {
                if next == NextSplit::Wait {
                    active.waiting.insert(task);
                } else {
                    active.waiting.remove(&task);
                }
                self.events.send(Event::Split {
                    attempt,
                    task,
                    next,
                });
            }
            Err(error) => self.fail(attempt, error.into()),
        }
    }

    fn freeze(&self) -> Result<Vec<(OperatorId, Vec<u8>)>, String> {
        let mut frozen = Vec::new();
        for source in &self.sources {
            if let Some(active) = self.active.get(&source.vertex) {
                let state = active
                    .enumerator
                    .snapshot()
                    .map_err(|error| error.message)?;
                frozen.push((source.operator, state));
            }
        }
        Ok(frozen)
    }

    fn discover(&mut self) {
        let Some(attempt) = self.attempt else {
            return;
        };
        let now = Instant::now();
        let mut to_serve = Vec::new();
        let mut failed = None;
        for active in self.active.values_mut() {
            if active.next_discovery.is_none_or(|at| at > now) {
                continue;
            }
            match active.enumerator.discover() {
                Ok(true) => to_serve.extend(std::mem::take(&mut active.waiting)),
                Ok(false) => {}
                Err(error) => failed = Some(Failure::from(error)),
            }
            let interval = active
                .enumerator
                .discovery_interval()
                .map(|interval| interval.max(Duration::from_millis(1)));
            active.next_discovery = interval.map(|interval| Instant::now() + interval);
        }
        for task in to_serve {
            // It knows that it waits: it is told again only when there is something.
            self.serve_waiting(attempt, task);
        }
        if let Some(failure) = failed {
            self.fail(attempt, failure);
        }
    }

    fn serve_waiting(&mut self, attempt: AttemptNumber, task: TaskId) {
        let Some(active) = self.active.get_mut(&task.vertex) else {
            return;
        };
        match active.enumerator.next_split(task.subtask.0) {
            Ok(NextSplit::Wait) => drop(active.waiting.insert(task)),
            Ok(next) => self.events.send(Event::Split {
                attempt,
                task,
                next,
            }),
            Err(error) => self.fail(attempt, error.into()),
        }
    }

    fn fail(&self, attempt: AttemptNumber, failure: Failure) {
        self.events
            .send(Event::Fact(Fact::SourceFailed { attempt, failure }));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
