//! The thread that does the job master's slow work: publishing, committing, restoring, deleting.
//!
//! Commands are carried out one after the other. That order is a promise: a checkpoint is committed
//! before the next one is published, and a restore that follows a publication sees it.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use alpheus_dataflow::error::ErrorClass;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId, OperatorId};
use alpheus_dataflow::operator::{Clock, SystemClock};
use alpheus_dataflow::sink::Committer;
use alpheus_dataflow::source::SourceSplit;
use alpheus_state::handle::TaskId;

use super::pending::{CheckpointContents, Committables, add_committables};
use super::store::{CheckpointStore, Restored};
use crate::event::{Event, EventSender};
use crate::failure::Failure;
use crate::job_master::JobView;
use crate::job_master::fact::{Fact, RestoreFrom};
use crate::source_coordinator::{SourceCommand, SourceSender};

/// How often a commit that fails for a passing reason is tried in all (`sink.committer.retries` of Flink
/// is 10 retries).
const COMMIT_TRIES: u32 = 11;

/// Something for the thread to do.
#[derive(Debug)]
pub enum IoCommand {
    /// Publish and, where it says so, commit.
    Store(Box<CheckpointContents>),
    /// Commit without a checkpoint.
    Commit(Committables),
    /// Delete a checkpoint.
    Discard(String),
    /// Restore, recommit, clean up; then have the sources made.
    Prepare {
        /// For which start of the job.
        attempt: AttemptNumber,
        /// From where.
        from: RestoreFrom,
    },
    /// Commit again, and have the sources made for tasks that run already.
    Adopt {
        /// Which start of the job.
        attempt: AttemptNumber,
        /// The newest checkpoint.
        from: RestoreFrom,
        /// What sources have been given since.
        handed_out: Vec<(TaskId, SourceSplit)>,
    },
    /// Remove what is not kept.
    Conclude {
        /// The job as it will be when it has ended.
        view: Box<JobView>,
        /// Checkpoints to delete.
        discard: Vec<String>,
        /// Whether the job may be resumed from what is kept.
        keep: bool,
        /// The job's checkpoint folder and whether to delete all of it.
        root: Option<(String, bool)>,
    },
}

/// Makes the committers of a job, by operator; called once, when there is first something to commit.
pub type CommitterFactory =
    Box<dyn FnOnce() -> Result<BTreeMap<OperatorId, Box<dyn Committer>>, Failure> + Send>;

/// What the thread works with.
pub struct IoContext {
    /// The job.
    pub job: JobId,
    /// Checkpoints.
    pub store: Box<dyn CheckpointStore>,
    /// Sinks.
    pub committers: CommitterFactory,
    /// Where outcomes go.
    pub events: EventSender,
    /// Where restored enumerators go.
    pub sources: SourceSender,
    /// Called when everything is committed that will be, before what the job could run again from is removed.
    pub before_end: BeforeEnd,
}

/// Takes note of how a job ends: it is not to be run again. Where that cannot be done, which it says by false, everything stays:
/// whoever runs the job again must find its last checkpoint, and that everything is committed.
pub type BeforeEnd = Box<dyn FnOnce(&JobView) -> bool + Send>;

/// Starts the thread; it ends when the sender is dropped.
///
/// # Errors
/// When no thread can be started.
pub fn start(context: IoContext) -> std::io::Result<(Sender<IoCommand>, JoinHandle<()>)> {
    let (sender, commands) = channel();
    let thread = std::thread::Builder::new()
        .name("checkpoint-io".to_owned())
        .spawn(move || IoThread::new(context).run(&commands))?;
    Ok((sender, thread))
}

enum Committers {
    ToMake(CommitterFactory),
    Made(BTreeMap<OperatorId, Box<dyn Committer>>),
    Failed(Failure),
}

struct IoThread {
    job: JobId,
    store: Box<dyn CheckpointStore>,
    committers: Committers,
    events: EventSender,
    sources: SourceSender,
    before_end: Option<BeforeEnd>,
    /// The jobs this one was restored from, itself included.
    jobs: Vec<JobId>,
    /// Committables that something published refers to and that are not known to be committed: the
    /// newest checkpoint's, and those of savepoints, which a later job may commit.
    needed: Committables,
    needed_known: bool,
    savepoints: Committables,
    /// What earlier attempts of the AM have left is among them.
    savepoints_known: bool,
}

impl IoThread {
    fn new(context: IoContext) -> Self {
        IoThread {
            job: context.job,
            store: context.store,
            committers: Committers::ToMake(context.committers),
            events: context.events,
            sources: context.sources,
            before_end: Some(context.before_end),
            jobs: vec![context.job],
            needed: Committables::new(),
            needed_known: false,
            savepoints: Committables::new(),
            savepoints_known: false,
        }
    }

    fn run(mut self, commands: &Receiver<IoCommand>) {
        while let Ok(command) = commands.recv() {
            match command {
                IoCommand::Store(contents) => self.store(&contents),
                IoCommand::Commit(committables) => {
                    let result = self.commit(&committables);
                    self.tell(Fact::Committed {
                        checkpoint: None,
                        result,
                    });
                }
                IoCommand::Discard(location) => self.discard(&location),
                IoCommand::Prepare { attempt, from } => self.prepare(attempt, &from),
                IoCommand::Adopt {
                    attempt,
                    from,
                    handed_out,
                } => self.adopt(attempt, &from, handed_out),
                IoCommand::Conclude {
                    view,
                    discard,
                    keep,
                    root,
                } => {
                    let before_end = self.before_end.take();
                    if before_end.is_none_or(|take_note| take_note(&view)) {
                        self.conclude(&discard, keep, root);
                    }
                    self.tell(Fact::Concluded);
                }
            }
        }
    }

    fn tell(&self, fact: Fact) {
        self.events.send(Event::Fact(fact));
    }

    fn store(&mut self, contents: &CheckpointContents) {
        let checkpoint = contents.barrier.id;
        let result = self.store.publish(contents);
        let published = result.is_ok();
        self.tell(Fact::Published { checkpoint, result });
        if !published {
            return;
        }
        let all = contents.all_committables();
        if contents.commits {
            self.needed = all.clone();
            self.commit_checkpoint(checkpoint, &all);
        } else {
            for (operator, new) in &all {
                add_committables(&mut self.savepoints, *operator, new);
            }
            self.tell(Fact::Committed {
                checkpoint: Some(checkpoint),
                result: Ok(()),
            });
        }
    }

    fn commit_checkpoint(&mut self, checkpoint: CheckpointId, all: &Committables) {
        let result = self.commit(all);
        self.tell(Fact::Committed {
            checkpoint: Some(checkpoint),
            result,
        });
    }

    fn made(&mut self) -> Result<&mut BTreeMap<OperatorId, Box<dyn Committer>>, Failure> {
        let placeholder = Committers::Failed(Failure::fatal("the committers are being made"));
        self.committers = match std::mem::replace(&mut self.committers, placeholder) {
            Committers::ToMake(factory) => match factory() {
                Ok(made) => Committers::Made(made),
                Err(failure) => Committers::Failed(failure),
            },
            other => other,
        };
        match &mut self.committers {
            Committers::Made(made) => Ok(made),
            Committers::Failed(failure) => Err(failure.clone()),
            Committers::ToMake(_) => Err(Failure::fatal("the committers were not made")),
        }
    }

    fn commit(&mut self, all: &Committables) -> Result<(), Failure> {
        for (operator, committables) in all {
            if committables.is_empty() {
                continue;
            }
            let Some(committer) = self.made()?.get_mut(operator) else {
                // State of an operator that the job no longer has, left behind on the user's word.
                tracing::warn!(%operator, "nothing in this job commits for this operator any more");
                continue;
            };
            let mut tries = 0;
            loop {
                tries += 1;
                match committer.commit(committables) {
                    Ok(()) => break,
                    Err(error) if error.class == ErrorClass::Transient && tries < COMMIT_TRIES => {
                        tracing::warn!(%operator, tries, %error, "committing failed, trying again");
                        std::thread::sleep(committer.retry_delay());
                    }
                    Err(error) => {
                        return Err(Failure {
                            message: format!("committing failed: {error}"),
                            fatal: error.class == ErrorClass::Fatal,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Everything that is uncommitted and that somebody may still commit.
    fn kept_for(&self, operator: OperatorId) -> Vec<Vec<u8>> {
        let mut kept = Committables::new();
        for from in [&self.needed, &self.savepoints] {
            if let Some(committables) = from.get(&operator) {
                add_committables(&mut kept, operator, committables);
            }
        }
        kept.remove(&operator).unwrap_or_default()
    }

    fn remember_savepoints(&mut self) -> Result<(), Failure> {
        if !self.savepoints_known {
            for (operator, found) in self.store.savepoint_committables()? {
                add_committables(&mut self.savepoints, operator, &found);
            }
            self.savepoints_known = true;
        }
        Ok(())
    }

    fn clean_up(&mut self) -> Result<(), Failure> {
        self.remember_savepoints()?;
        let jobs = self.jobs.clone();
        let operators: Vec<OperatorId> = self.made()?.keys().copied().collect();
        for operator in operators {
            let keep = self.kept_for(operator);
            if let Some(committer) = self.made()?.get_mut(&operator) {
                committer.clean_up(&jobs, &keep)?;
            }
        }
        Ok(())
    }

    fn restore(&mut self, from: &RestoreFrom) -> Result<Option<Restored>, Failure> {
        let restored = self.store.load(from, SystemClock.now_ms())?;
        self.needed_known = true;
        match &restored {
            Some(restored) => {
                self.remember_jobs(&restored.jobs);
                self.needed = restored.committables.clone();
                self.commit(&restored.committables)?;
                self.clean_up()?;
            }
            None if matches!(from, RestoreFrom::Nothing { again: true }) => {
                self.needed.clear();
                self.clean_up()?;
            }
            None => {}
        }
        Ok(restored)
    }

    fn prepare(&mut self, attempt: AttemptNumber, from: &RestoreFrom) {
        match self.restore(from) {
            Ok(restored) => self.sources.send(SourceCommand::Reset {
                attempt,
                restored,
                handed_out: None,
            }),
            Err(failure) => self.tell(Fact::Prepared {
                attempt,
                result: Err(failure),
            }),
        }
    }

    /// Tasks run already: nothing of theirs may be removed, and what readers hold stays with them.
    fn adopt(
        &mut self,
        attempt: AttemptNumber,
        from: &RestoreFrom,
        handed_out: Vec<(TaskId, SourceSplit)>,
    ) {
        let loaded = self.store.load(from, SystemClock.now_ms());
        let committed = loaded.and_then(|restored| {
            self.needed_known = true;
            if let Some(restored) = &restored {
                self.remember_jobs(&restored.jobs);
                self.needed = restored.committables.clone();
                self.commit(&restored.committables)?;
            }
            Ok(restored)
        });
        match committed {
            Ok(restored) => self.sources.send(SourceCommand::Reset {
                attempt,
                restored: restored.map(Restored::without_readers),
                handed_out: Some(handed_out),
            }),
            Err(failure) => self.tell(Fact::Prepared {
                attempt,
                result: Err(failure),
            }),
        }
    }

    fn remember_jobs(&mut self, jobs: &[JobId]) {
        for job in jobs {
            if !self.jobs.contains(job) {
                self.jobs.push(*job);
            }
        }
    }

    fn discard(&mut self, location: &str) {
        if let Err(failure) = self.store.discard(location) {
            tracing::warn!(location, %failure, "a checkpoint that is not needed could not be deleted");
        }
    }

    fn conclude(&mut self, discard: &[String], keep: bool, root: Option<(String, bool)>) {
        if !keep {
            self.needed.clear();
        }
        // Where nothing was restored it is not known what a checkpoint that is kept needs.
        if (self.needed_known || !keep)
            && let Err(failure) = self.clean_up()
        {
            tracing::warn!(job = %self.job, %failure, "uncommitted data could not be removed");
        }
        for location in discard {
            self.discard(location);
        }
        if let Some((root, all)) = root
            && let Err(failure) = self.store.remove_root(&root, all)
        {
            tracing::warn!(location = root, %failure, "the job's checkpoint folder could not be removed");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use alpheus_dataflow::error::OperatorError;

    use super::*;
    use crate::checkpoint::CompletedCheckpoint;
    use crate::event::event_channel;
    use crate::job_status::JobStatus;
    use crate::source_coordinator;
    use crate::yarn::ended_job;

    /// Nothing is there.
    struct NoCheckpoints;

    impl CheckpointStore for NoCheckpoints {
        fn publish(&mut self, _: &CheckpointContents) -> Result<CompletedCheckpoint, Failure> {
            Err(Failure::fatal("nothing is published here"))
        }

        fn load(&mut self, _: &RestoreFrom, _: i64) -> Result<Option<Restored>, Failure> {
            Ok(None)
        }

        fn discard(&mut self, _: &str) -> Result<(), Failure> {
            Ok(())
        }

        fn remove_root(&mut self, _: &str, _: bool) -> Result<(), Failure> {
            Ok(())
        }
    }

    /// Counts how often uncommitted data is removed.
    struct Removals(Arc<Mutex<usize>>);

    impl Committer for Removals {
        fn commit(&mut self, _: &[Vec<u8>]) -> Result<(), OperatorError> {
            Ok(())
        }

        fn clean_up(&mut self, _: &[JobId], _: &[Vec<u8>]) -> Result<(), OperatorError> {
            *self.0.lock().unwrap() += 1;
            Ok(())
        }
    }

    /// The thread of a job with one sink, whose removals are counted.
    fn thread(removed: &Arc<Mutex<usize>>, before_end: BeforeEnd) -> (IoThread, Receiver<Event>) {
        let sink: Box<dyn Committer> = Box::new(Removals(Arc::clone(removed)));
        let (events, told) = event_channel();
        let no_sources = Box::new(|| Ok(Vec::new()));
        let (sources, _) = source_coordinator::start(no_sources, events.clone()).unwrap();
        let thread = IoThread::new(IoContext {
            job: JobId(1),
            store: Box::new(NoCheckpoints),
            committers: Box::new(|| Ok(BTreeMap::from([(OperatorId(7), sink)]))),
            events,
            sources,
            before_end,
        });
        (thread, told)
    }

    #[test]
    fn what_a_kept_checkpoint_may_need_is_not_removed_unread() {
        let removed = Arc::new(Mutex::new(0));
        let (mut thread, _told) = thread(&removed, Box::new(|_| true));
        let removals = |thread: &mut IoThread, keep| {
            thread.conclude(&[], keep, None);
            *removed.lock().unwrap()
        };
        assert_eq!(removals(&mut thread, true), 0);
        // Nothing is kept: everything may go.
        assert_eq!(removals(&mut thread, false), 1);
        thread.prepare(AttemptNumber(1), &RestoreFrom::Nothing { again: false });
        assert_eq!(removals(&mut thread, true), 2);
    }

    #[test]
    fn nothing_is_removed_of_a_job_whose_end_cannot_be_noted() {
        for noted in [false, true] {
            let removed = Arc::new(Mutex::new(0));
            let (thread, told) = thread(&removed, Box::new(move |_| noted));
            let ended = ended_job::tests::ended(JobId(1), JobStatus::Finished, 1);
            let (sender, commands) = channel();
            let conclude = IoCommand::Conclude {
                view: Box::new(ended.view().unwrap()),
                discard: Vec::new(),
                keep: false,
                root: None,
            };
            sender.send(conclude).unwrap();
            drop(sender);
            thread.run(&commands);
            assert_eq!(*removed.lock().unwrap(), usize::from(noted));
            // The job ends in either case.
            assert!(matches!(told.try_recv(), Ok(Event::Fact(Fact::Concluded))));
        }
    }
}
