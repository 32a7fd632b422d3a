//! The job master's side of YARN: what it wants is passed on to the [master loop](super::master_loop), which speaks to
//! the ResourceManager and the NodeManagers; nothing here waits.

use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_worker::control::WorkerId;
use tokio::sync::mpsc::UnboundedSender;

use super::command::Command;
use crate::deployment::DeploymentDriver;

/// See the module's documentation.
pub struct YarnDriver {
    job: JobId,
    /// Whether YARN shows how far this job has come: not where it is one of several.
    shows_progress: bool,
    commands: UnboundedSender<Command>,
}

impl YarnDriver {
    /// A job's driver that talks to a loop.
    pub fn new(job: JobId, shows_progress: bool, commands: UnboundedSender<Command>) -> Self {
        YarnDriver {
            job,
            shows_progress,
            commands,
        }
    }

    fn send(&self, command: Command) {
        // The loop ends after the job only.
        let _ = self.commands.send(command);
    }
}

impl DeploymentDriver for YarnDriver {
    fn start_workers(&mut self, workers: &[WorkerId]) {
        self.send(Command::Start(self.job, workers.to_vec()));
    }

    fn adopt(&mut self, worker: WorkerId, container: &str) {
        if let Ok(container) = container.parse() {
            self.send(Command::Adopt(self.job, worker, container));
        }
    }

    fn progress(&mut self, share: Option<f32>) {
        if self.shows_progress {
            self.send(Command::Progress(share));
        }
    }

    fn stop_worker(&mut self, worker: WorkerId) {
        self.send(Command::Stop(self.job, worker));
    }

    /// Workers have stopped their tasks and end by themselves; those that do not are ended by YARN when the
    /// application says good-bye, so nobody waits for them.
    fn shut_down(&mut self, _: Duration) {}
}
