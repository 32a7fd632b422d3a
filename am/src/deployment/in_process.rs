//! The worker in the AM's own process: the default on one machine, nothing to encrypt, nothing to spawn.

use std::sync::Arc;
use std::time::Duration;

use alpheus_worker::control::WorkerId;
use alpheus_worker::control_connection::in_process;
use alpheus_worker::environment::{Connectors, ResultReceiver};
use alpheus_worker::task_manager::{TaskManager, TaskManagerConfig};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{DeploymentDriver, attach};
use crate::event::{Event, EventSender};
use crate::job_master::fact::{Fact, Fault};

/// How the worker is set up.
pub struct InProcessConfig {
    /// Slots of each worker.
    pub slots: u32,
    /// Does the I/O.
    pub runtime: Handle,
    /// Sources and sinks.
    pub connectors: Arc<dyn Connectors>,
    /// Who takes the rows of a SELECT.
    pub results: Option<Arc<dyn ResultReceiver>>,
    /// How often workers send their numbers.
    pub heartbeat_interval: Duration,
}

/// See the module's documentation.
pub struct InProcessDriver {
    config: InProcessConfig,
    events: EventSender,
    running: Vec<(WorkerId, JoinHandle<()>)>,
}

impl InProcessDriver {
    /// A driver that has started nothing.
    pub fn new(config: InProcessConfig, events: EventSender) -> Self {
        InProcessDriver {
            config,
            events,
            running: Vec::new(),
        }
    }
}

impl DeploymentDriver for InProcessDriver {
    fn start_workers(&mut self, workers: &[WorkerId]) {
        for &worker in workers {
            let (control, connection) = in_process();
            let mut config = TaskManagerConfig::new(
                worker,
                self.config.slots,
                self.config.runtime.clone(),
                Arc::clone(&self.config.connectors),
            );
            config.results.clone_from(&self.config.results);
            config.heartbeat_interval = self.config.heartbeat_interval;
            attach(worker, connection, &self.events, &self.config.runtime);
            match TaskManager::start(config, control) {
                Ok(manager) => {
                    let wait = self.config.runtime.spawn(async move {
                        manager.wait().await;
                    });
                    self.running.push((worker, wait));
                }
                Err(error) => self.events.send(Event::Fact(Fact::WorkerLost {
                    worker,
                    reason: format!("it could not be started: {error}"),
                    fault: Fault::Worker,
                })),
            }
        }
    }

    fn stop_worker(&mut self, worker: WorkerId) {
        // Dropping the wait does not end the worker; its connection is gone with the job master's
        // sender, and that does.
        self.running.retain(|(running, _)| *running != worker);
    }

    fn shut_down(&mut self, patience: Duration) {
        let running = std::mem::take(&mut self.running);
        if running.is_empty() {
            return;
        }
        let waited = self.config.runtime.block_on(async {
            let all = async {
                for (_, wait) in running {
                    let _ = wait.await;
                }
            };
            tokio::time::timeout(patience, all).await
        });
        if waited.is_err() {
            tracing::warn!("tasks did not end in time and are left to the end of the process");
        }
    }
}
