//! Everything that reaches the job master's loop, from whichever thread.

use std::sync::mpsc::{Receiver, Sender, channel};

use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_dataflow::source::NextSplit;
use alpheus_state::handle::{TaskId, TaskRestore};
use alpheus_worker::control::{FreshTokens, FromWorker, ToWorker, WorkerId};
use alpheus_worker::control_connection::ControlSender;
use tokio::sync::oneshot;

use crate::job_master::fact::Fact;
use crate::job_master::handle::UserRequest;
use crate::job_master::view::JobView;

/// Something for the loop.
pub enum Event {
    /// A fact for the state machine.
    Fact(Fact),
    /// A worker's connection is there; its registration follows.
    Connected {
        /// Which.
        worker: WorkerId,
        /// How to speak to it.
        sender: ControlSender<ToWorker>,
    },
    /// A worker has said something.
    FromWorker(WorkerId, FromWorker),
    /// An enumerator's answer to a reader.
    Split {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// For which reader.
        task: TaskId,
        /// The answer.
        next: NextSplit,
    },
    /// State for the tasks of a start, to be deployed with it.
    Restored {
        /// Which start.
        attempt: AttemptNumber,
        /// The state.
        tasks: Vec<(TaskId, TaskRestore)>,
        /// The first of the jobs that the state came from.
        origin: Option<JobId>,
    },
    /// How much of the input has been handed out, 0 to 1; `None` where it never ends or nobody knows.
    Progress(Option<f32>),
    /// Workers need these tokens from now on.
    Tokens(FreshTokens),
    /// A user wants something done.
    Request(UserRequest),
    /// Somebody wants to see the job.
    Query(oneshot::Sender<JobView>),
}

/// Sends to the loop; cheap to clone, never blocks.
#[derive(Clone)]
pub struct EventSender(Sender<Event>);

impl EventSender {
    /// Queues an event. After the job's end nobody listens, and the event is dropped.
    pub fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

/// The loop's queue.
pub fn event_channel() -> (EventSender, Receiver<Event>) {
    let (sender, receiver) = channel();
    (EventSender(sender), receiver)
}
