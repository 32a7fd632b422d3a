//! The job master's side of YARN: what it wants is passed on to the [master loop](super::master_loop), which speaks to
//! the ResourceManager and the NodeManagers; nothing here waits.

use std::time::Duration;

use alpheus_worker::control::WorkerId;
use tokio::sync::mpsc::UnboundedSender;

use super::command::Command;
use crate::deployment::DeploymentDriver;

/// See the module's documentation.
pub struct YarnDriver {
    commands: UnboundedSender<Command>,
}

impl YarnDriver {
    /// A driver that talks to a loop.
    pub fn new(commands: UnboundedSender<Command>) -> Self {
        YarnDriver { commands }
    }

    fn send(&self, command: Command) {
        // The loop ends after the job only.
        let _ = self.commands.send(command);
    }
}

impl DeploymentDriver for YarnDriver {
    fn start_workers(&mut self, workers: &[WorkerId]) {
        self.send(Command::Start(workers.to_vec()));
    }

    fn adopt(&mut self, worker: WorkerId, container: &str) {
        if let Ok(container) = container.parse() {
            self.send(Command::Adopt(worker, container));
        }
    }

    fn progress(&mut self, share: Option<f32>) {
        self.send(Command::Progress(share));
    }

    fn stop_worker(&mut self, worker: WorkerId) {
        self.send(Command::Stop(worker));
    }

    /// Workers have stopped their tasks and end by themselves; those that do not are ended by YARN when the
    /// application says good-bye, so nobody waits for them.
    fn shut_down(&mut self, _: Duration) {}
}
