//! How the rest of the process speaks to a job, while it runs and once it has ended.
//!
//! The loop answers questions as long as it lives. Before it goes it leaves its last picture behind, so
//! that whoever asks a moment later (how the savepoint ended with which the job was stopped) still
//! gets an answer.

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use alpheus_dataflow::ids::JobId;
use tokio::sync::oneshot;

use super::view::JobView;
use crate::checkpoint::{Drain, TriggerId};
use crate::event::{Event, EventSender, event_channel};
use crate::job_status::JobStatus;

/// Something a user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRequest {
    /// End the job without a savepoint.
    Cancel,
    /// Take a savepoint.
    Savepoint {
        /// Under which its outcome is kept.
        trigger: TriggerId,
        /// The folder that gets the savepoint's folder; `None` for the configured one.
        directory: Option<String>,
        /// Whether to stop with it.
        stop: Option<Drain>,
    },
}

/// How a job ended.
#[derive(Clone, Debug)]
pub struct JobOutcome {
    /// The terminal status.
    pub status: JobStatus,
    /// Why it failed.
    pub failure: Option<String>,
    /// The last picture of the job.
    pub view: Box<JobView>,
}

/// The last picture of a job: set once, when it ends.
pub(crate) type LastView = Arc<OnceLock<JobView>>;

/// Asks and commands; cheap to clone. Commands have no effect once the job has ended.
#[derive(Clone)]
pub struct JobGateway {
    job: JobId,
    events: EventSender,
    last: LastView,
}

impl JobGateway {
    pub(crate) fn new(job: JobId, events: EventSender, last: LastView) -> Self {
        JobGateway { job, events, last }
    }

    /// For a job that has ended in another process: there is a picture of it, and nobody who takes a command.
    pub(crate) fn of_ended(view: JobView) -> Self {
        let job = view.job;
        let last = Arc::new(OnceLock::from(view));
        JobGateway::new(job, event_channel().0, last)
    }

    /// The job.
    pub fn job(&self) -> JobId {
        self.job
    }

    /// Ends the job without a savepoint.
    pub fn cancel(&self) {
        self.events.send(Event::Request(UserRequest::Cancel));
    }

    /// Asks for a savepoint; [`JobView::savepoints`] tells how it stands under the number returned.
    pub fn savepoint(&self, directory: Option<String>, stop: Option<Drain>) -> TriggerId {
        let trigger = crate::random::bits128();
        self.events.send(Event::Request(UserRequest::Savepoint {
            trigger,
            directory,
            stop,
        }));
        trigger
    }

    /// A picture of the job: as of now, or its last one when it has ended. `None` when its loop broke down.
    pub async fn view(&self) -> Option<JobView> {
        let answer = match self.last() {
            Some(last) => return Some(last),
            None => self.ask(),
        };
        answer.await.ok().or_else(|| self.last())
    }

    /// As [`JobGateway::view`], for threads outside the runtime.
    pub fn view_blocking(&self) -> Option<JobView> {
        let answer = match self.last() {
            Some(last) => return Some(last),
            None => self.ask(),
        };
        answer.blocking_recv().ok().or_else(|| self.last())
    }

    /// The last picture of a job that has ended.
    fn last(&self) -> Option<JobView> {
        self.last.get().cloned()
    }

    /// Asks the loop. A question that it no longer takes is dropped with its queue.
    fn ask(&self) -> oneshot::Receiver<JobView> {
        let (answer, view) = oneshot::channel();
        self.events.send(Event::Query(answer));
        view
    }
}

/// A running job.
pub struct JobHandle {
    pub(crate) gateway: JobGateway,
    pub(crate) thread: JoinHandle<JobOutcome>,
}

impl JobHandle {
    /// For asking and commanding.
    pub fn gateway(&self) -> &JobGateway {
        &self.gateway
    }

    /// Whether the job has ended.
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the job to end. Blocks; not for threads of the runtime.
    ///
    /// # Errors
    /// When the job master itself broke down, with what it said.
    pub fn wait(self) -> Result<JobOutcome, String> {
        self.thread.join().map_err(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            text.unwrap_or_else(|| "the job master broke down".to_owned())
        })
    }
}
