//! Owns the jobs of a session: takes them, starts them, and sees to what they leave (Flink's `Dispatcher`).
//!
//! Which jobs it takes is in [`super::terms`]. One thread does all of it, in the order in which it is asked. A job's end is told by a thread that waits for it.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use alpheus_dataflow::ids::JobId;
use alpheus_dataflow::operator::{Clock, SystemClock};
use alpheus_storage::Location;
use tokio::sync::oneshot;

use super::job_files::{JobFiles, KeptJob};
use super::terms::{Refused, Terms};
use crate::job_directory::JobDirectory;
use crate::job_master::{Ended, JobOutcome};
use crate::yarn::YarnApplicationError;
use crate::yarn::application::Given;
use crate::yarn::command::Command;
use crate::yarn::ended_job::EndedJob;
use crate::yarn::job::{self, JobSpec};
use crate::yarn::services::Services;
use crate::yarn::settings::{JobFile, SubmittedJob, Work};

/// How long the end of a session waits for its jobs to be cancelled.
const PATIENCE: Duration = Duration::from_secs(45);

/// How often jobs that have ended long ago are looked for.
const TIDY: Duration = Duration::from_secs(60);

/// What the dispatcher is asked.
pub enum Wish {
    /// To run a job; answered once it is kept and started.
    Submit(Box<SubmittedJob>, oneshot::Sender<Result<(), Refused>>),
    /// To see to what a job leaves.
    Ended(JobId, Box<Result<JobOutcome, String>>),
    /// To end the session.
    End,
}

/// See the module's documentation.
pub(super) struct Dispatcher {
    services: Services,
    jobs: JobDirectory,
    files: JobFiles,
    terms: Terms,
    running: BTreeSet<JobId>,
    wishes: Sender<Wish>,
}

impl Dispatcher {
    /// A dispatcher without jobs.
    ///
    /// # Errors
    /// When the staging folder is none.
    pub fn new(
        services: Services,
        jobs: JobDirectory,
        wishes: Sender<Wish>,
        given: &Given,
    ) -> Result<Self, YarnApplicationError> {
        let staging: Location = services.attempt.settings.staging.parse()?;
        Ok(Dispatcher {
            files: JobFiles::of(&staging)?,
            terms: Terms {
                session: services.configuration.clone(),
                staging,
                largest: given.largest.clone(),
            },
            services,
            jobs,
            running: BTreeSet::new(),
            wishes,
        })
    }

    /// What the jobs share.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Goes on with the jobs of the attempt before, of whose workers so many may have survived.
    ///
    /// # Errors
    /// When they cannot be found.
    pub fn take_over(&mut self, survivors: usize) -> Result<(), YarnApplicationError> {
        for KeptJob { job, file, ended } in self.files.all()? {
            let end = ended.as_ref().map(EndedJob::ended);
            if let Some(ended) = ended {
                self.show(job, ended);
            }
            let Some(file) = file else {
                continue;
            };
            tracing::info!(%job, has_ended = end.is_some(), "taking a job over");
            // What stops one must not stop the others.
            if let Err(error) = self.start(job, file, end, survivors) {
                tracing::error!(%job, %error, "the job cannot be taken over");
            }
        }
        Ok(())
    }

    /// Shows a job that has ended, for the rest of its time.
    fn show(&self, job: JobId, ended: EndedJob) {
        let age = SystemClock.now_ms().saturating_sub(ended.at());
        let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        let now = Instant::now();
        // A clock that has not run for so long has little to forget.
        let at = now.checked_sub(age).unwrap_or(now);
        match ended.view() {
            Ok(view) => self.jobs.insert_ended(view, at),
            Err(error) => tracing::warn!(%job, %error, "a job that has ended cannot be shown"),
        }
    }

    /// Does what is asked until the session has ended; how many jobs were cancelled for it.
    pub fn run(&mut self, queue: &Receiver<Wish>) -> usize {
        loop {
            match queue.recv_timeout(TIDY) {
                Ok(Wish::Submit(job, answer)) => drop(answer.send(self.submit(*job))),
                Ok(Wish::Ended(job, outcome)) => self.ended(job, *outcome),
                Ok(Wish::End) => return self.end(queue),
                Err(RecvTimeoutError::Timeout) => {}
                // We hold a sender ourselves.
                Err(RecvTimeoutError::Disconnected) => return 0,
            }
            for job in self.jobs.tidy(Instant::now()) {
                self.files.remove(job);
            }
        }
    }

    fn submit(&mut self, submitted: SubmittedJob) -> Result<(), Refused> {
        let job = submitted.job;
        if self.jobs.get(job).is_some() {
            return Err(Refused::Known(job));
        }
        let file = self.terms.admit(submitted)?;
        self.files.put(job, &file)?;
        let started = self.start(job, file, None, 0);
        if started.is_err() {
            self.files.remove(job);
        }
        Ok(started?)
    }

    fn start(
        &mut self,
        job: JobId,
        file: JobFile,
        ended: Option<Ended>,
        survivors: usize,
    ) -> Result<(), YarnApplicationError> {
        let JobFile {
            work,
            configuration,
        } = file;
        let graph = match work {
            Work::Stream(graph) => graph,
            Work::Batch(_) | Work::Session => {
                return Err(YarnApplicationError::Broken(
                    "a session keeps streaming jobs only".to_owned(),
                ));
            }
        };
        let is_over = ended.is_some();
        tracing::info!(%job, name = graph.name, "starting a job");
        let spec = JobSpec {
            job,
            graph,
            configuration,
            survivors,
            folder: self.files.folder(job),
            shows_progress: false,
            ended,
        };
        let handle = job::start(&self.services, spec)?;
        // One that only cleans up is shown as it was.
        if !is_over {
            self.jobs.insert(handle.gateway().clone());
        }
        self.running.insert(job);
        let wishes = self.wishes.clone();
        std::thread::Builder::new()
            .name("job-end".to_owned())
            .spawn(move || {
                let outcome = Box::new(handle.wait());
                // Nobody listens any more when the session has ended.
                let _ = wishes.send(Wish::Ended(job, outcome));
            })?;
        Ok(())
    }

    /// A job has ended: its outcome is in the directory and on the file system, but for one whose master broke down.
    fn ended(&mut self, job: JobId, outcome: Result<JobOutcome, String>) {
        match outcome {
            Ok(outcome) => {
                match outcome.failure {
                    None => tracing::info!(%job, status = %outcome.status, "a job has ended"),
                    Some(failure) => {
                        tracing::error!(%job, status = %outcome.status, failure, "a job has ended");
                    }
                }
                self.files.conclude(job, self.services.attempt.number());
            }
            Err(reason) => {
                tracing::error!(%job, reason, "a job master broke down");
                self.files.remove(job);
            }
        }
        self.services.fresh.remove(job);
        let _ = self.services.commands.send(Command::Leave(job));
        self.running.remove(&job);
        self.jobs.ended(job, Instant::now());
    }

    /// Cancels what runs and waits for it, but not for ever; how many jobs that were.
    fn end(&mut self, queue: &Receiver<Wish>) -> usize {
        let count = self.running.len();
        tracing::info!(jobs = count, "the session is ending");
        for job in &self.running {
            if let Some(gateway) = self.jobs.get(*job) {
                gateway.cancel();
            }
        }
        let until = Instant::now() + PATIENCE;
        while !self.running.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            match queue.recv_timeout(left) {
                Ok(Wish::Submit(_, answer)) => drop(answer.send(Err(Refused::Ending))),
                Ok(Wish::Ended(job, outcome)) => self.ended(job, *outcome),
                Ok(Wish::End) => {}
                Err(_) => {
                    let jobs = self.running.len();
                    tracing::warn!(jobs, "jobs that are still being cancelled are left to YARN");
                    break;
                }
            }
        }
        count
    }
}
