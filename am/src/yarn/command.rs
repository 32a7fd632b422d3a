//! What the [master loop](super::master_loop) is told, and what it works with.

use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_worker::control::WorkerId;
use alpheus_yarn::{Container, ContainerId, FinalStatus, Resource, YarnError};
use tokio::sync::oneshot;

use super::blame::Blacklisting;
use crate::event::EventSender;

/// What the loop is told.
pub enum Command {
    /// How to speak to YARN from now on.
    Pace(Pace),
    /// From now on there is a job that needs workers.
    Serve(JobId, Box<Serving>),
    /// These workers of a job need containers.
    Start(JobId, Vec<WorkerId>),
    /// This worker of a job says that it runs in this container: one of ours, or one of an earlier attempt.
    Adopt(JobId, WorkerId, ContainerId),
    /// This worker of a job is no longer wanted.
    Stop(JobId, WorkerId),
    /// A job has ended: its containers go back.
    Leave(JobId),
    /// How far the job has come, 0 to 1; `None` where it never ends or nobody knows.
    Progress(Option<f32>),
    /// Say good-bye; answered when the ResourceManager has written it down. The loop ends.
    Finish {
        /// What became of the job.
        status: FinalStatus,
        /// Why.
        diagnostics: String,
        /// Answered at the end.
        done: oneshot::Sender<Result<(), YarnError>>,
    },
}

/// Starts a worker in a container that was allocated for it.
pub trait Launcher: Send + Sync {
    /// What the NodeManager is to run. Called when the container is there, because its credentials name the node.
    ///
    /// # Errors
    /// When certificates or options fail.
    fn launch(
        &self,
        worker: WorkerId,
        container: &Container,
    ) -> Result<alpheus_yarn::ContainerLaunch, super::YarnApplicationError>;

    /// The worker may no longer connect.
    fn forget(&self, worker: WorkerId);
}

/// How the loop speaks to YARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between heartbeats when nothing is awaited.
    pub idle_interval: Duration,
    /// Between heartbeats when something is.
    pub busy_interval: Duration,
    /// When a node is avoided.
    pub blacklisting: Blacklisting,
}

/// What the loop works with for a job.
pub struct Serving {
    /// How large workers are.
    pub worker: Resource,
    /// The label of the nodes that they may run on.
    pub node_label: Option<String>,
    /// Makes launches.
    pub launcher: Arc<dyn Launcher>,
    /// Who is told of lost workers.
    pub events: EventSender,
}
