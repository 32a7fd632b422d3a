//! Who starts workers: this process itself, child processes, YARN ([`crate::yarn`]).
//!
//! The job master names the workers it wants by number; a [`DeploymentDriver`] brings them up, hands
//! their control connections over as events and says when one is gone and why. What runs on them is
//! none of its business.

pub mod child_process;
pub mod control_server;
pub mod handover;
pub mod in_process;
pub mod worker_process;

use std::time::Duration;

use alpheus_worker::control::WorkerId;
use alpheus_worker::control_connection::WorkerConnection;
use tokio::runtime::Handle;

use crate::event::{Event, EventSender};
use crate::job_master::fact::{Fact, Fault};

/// Starts and ends workers. Called from the job master's thread: must not block for long.
pub trait DeploymentDriver: Send {
    /// Starts workers with these numbers. Each is answered by [`Event::Connected`] or, when it cannot be
    /// started or ends before that, by [`Fact::WorkerLost`].
    fn start_workers(&mut self, workers: &[WorkerId]);

    /// A worker has said in which container it runs; news only if another attempt of the AM has started it.
    fn adopt(&mut self, worker: WorkerId, container: &str) {
        let _ = (worker, container);
    }

    /// How far the job has come, 0 to 1; `None` where it never ends or nobody knows.
    fn progress(&mut self, share: Option<f32>) {
        let _ = share;
    }

    /// Ends a worker at once, whatever it is doing; fine when it is gone already.
    fn stop_worker(&mut self, worker: WorkerId);

    /// Waits until all workers, which were told to shut down, have ended; ends those that take longer.
    fn shut_down(&mut self, patience: Duration);
}

/// Passes what a worker says to the loop, and the end of its connection as its loss.
pub(crate) fn attach(
    worker: WorkerId,
    connection: WorkerConnection,
    events: &EventSender,
    runtime: &Handle,
) {
    let WorkerConnection {
        sender,
        mut receiver,
    } = connection;
    events.send(Event::Connected { worker, sender });
    let events = events.clone();
    runtime.spawn(async move {
        let broken = loop {
            match receiver.recv().await {
                Ok(message) => events.send(Event::FromWorker(worker, message)),
                Err(broken) => break broken,
            }
        };
        events.send(Event::Fact(Fact::WorkerLost {
            worker,
            reason: broken.to_string(),
            fault: Fault::Worker,
        }));
    });
}
