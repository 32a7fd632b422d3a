//! The TaskManager: one per worker process; does what the AM says and reports what happens.
//!
//! One asynchronous loop owns everything that concerns the whole worker. It takes the AM's messages in
//! order and passes them on in that order, and tells the AM what tasks report. It never computes and
//! never blocks, so that heartbeats go out however busy the tasks are.
//!
//! Where there may be another attempt of the AM, its death does not stop the tasks: the loop goes on without it until the
//! next one is there, and then says how everything stands ([`crate::standing`]).

mod attempt;
mod build;
mod config;
mod deploy;
mod in_flight;
mod local_backup;
mod state_backend;

use std::sync::Arc;

use alpheus_dataflow::ids::AttemptNumber;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::local_backup::LocalCopies;
use crate::checkpoint::{CheckpointWriter, Written};
use crate::control::{FromWorker, ToWorker};
use crate::control_connection::{
    ConnectionBroken, ControlConnection, ControlReceiver, ControlSender,
};
use crate::exchange::Exchange;
use crate::slot::{Slot, SlotCommand};
use crate::standing::Tracker;
use crate::task::{TaskCommand, TaskEvent, TaskEvents};
use attempt::RunningAttempt;
pub use config::{ExchangeConfig, Reconnect, Reconnecting, TakeTokens, TaskManagerConfig};

/// Why a TaskManager has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskManagerExit {
    /// The AM said so.
    Shutdown,
    /// The connection to the AM is gone; all tasks were stopped.
    ConnectionLost(ConnectionBroken),
    /// It has as much memory as it may; the AM was told.
    OutOfMemory(String),
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
        let runtime = config.runtime.clone();
        let (events, inbox) = mpsc::unbounded_channel();
        let worker = Worker::start(config, control.sender, events)?;
        let run = runtime.spawn(worker.run(control.receiver, inbox));
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

/// The connection to the next AM, once it is there; never, while there is one.
async fn next_master(
    without_master: &mut Option<Reconnecting>,
) -> Result<ControlConnection, String> {
    match without_master {
        Some(reconnecting) => reconnecting.await,
        None => std::future::pending().await,
    }
}

/// What happens in this process that the loop must know.
enum Event {
    Task(AttemptNumber, TaskEvent),
    Written(Written),
    Canceled(AttemptNumber),
    OutOfMemory(String),
}

struct Worker {
    config: TaskManagerConfig,
    sender: ControlSender<FromWorker>,
    slots: Vec<Slot>,
    exchange: Option<Exchange>,
    writer: CheckpointWriter,
    copies: LocalCopies,
    events: mpsc::UnboundedSender<Event>,
    task_events: TaskEvents,
    attempt: Option<RunningAttempt>,
    tracker: Tracker,
    exchange_address: String,
}

impl Worker {
    fn start(
        mut config: TaskManagerConfig,
        sender: ControlSender<FromWorker>,
        events: mpsc::UnboundedSender<Event>,
    ) -> std::io::Result<Worker> {
        let report = events.clone();
        let task_events: TaskEvents = Arc::new(move |attempt, event| {
            // After the loop has ended nobody wants to know.
            let _ = report.send(Event::Task(attempt, event));
        });
        if let Some(bytes) = config.memory_bytes {
            let report = events.clone();
            crate::memory::watch(bytes, move |what| {
                let _ = report.send(Event::OutOfMemory(what));
            })?;
        }
        let report = events.clone();
        let writer = CheckpointWriter::start(config.worker, move |written| {
            let _ = report.send(Event::Written(written));
        })?;
        let slots = (0..config.slots.max(1))
            .map(|number| Slot::start(number, Arc::clone(&task_events)))
            .collect::<std::io::Result<Vec<_>>>()?;
        let mut address = String::new();
        let exchange = match config.exchange.take() {
            None => None,
            Some(exchange) => {
                address = exchange.address;
                let runtime = config.runtime.clone();
                Some(Exchange::start(
                    config.worker,
                    exchange.listener,
                    exchange.tls,
                    runtime,
                )?)
            }
        };
        let worker = Worker {
            config,
            sender,
            slots,
            exchange,
            writer,
            copies: LocalCopies::default(),
            events,
            task_events,
            attempt: None,
            tracker: Tracker::default(),
            exchange_address: address,
        };
        worker.register();
        Ok(worker)
    }

    fn register(&self) {
        self.sender.send(FromWorker::Register {
            worker: self.config.worker,
            pid: std::process::id(),
            slots: self.config.slots,
            exchange_address: self.exchange_address.clone(),
            container: self.config.container.clone(),
            standing: self.tracker.standing().map(Box::new),
        });
    }

    async fn run(
        mut self,
        mut receiver: ControlReceiver<ToWorker>,
        mut events: mpsc::UnboundedReceiver<Event>,
    ) -> TaskManagerExit {
        let mut heartbeat = tokio::time::interval(self.config.heartbeat_interval);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut without_master: Option<Reconnecting> = None;
        let exit = loop {
            tokio::select! {
                message = receiver.recv(), if without_master.is_none() => match message {
                    Ok(ToWorker::Shutdown) => break TaskManagerExit::Shutdown,
                    Ok(message) => self.obey(message),
                    Err(broken) => match &mut self.config.reconnect {
                        None => break TaskManagerExit::ConnectionLost(broken),
                        Some(reconnect) => {
                            tracing::warn!(%broken, "the job's master is gone; the tasks go on");
                            without_master = Some(reconnect.next());
                        }
                    },
                },
                connected = next_master(&mut without_master) => match connected {
                    Ok(connection) => {
                        without_master = None;
                        receiver = connection.receiver;
                        self.sender = connection.sender;
                        self.go_on();
                    }
                    Err(reason) => {
                        break TaskManagerExit::ConnectionLost(ConnectionBroken::Io(reason));
                    }
                },
                event = events.recv() => match event {
                    Some(Event::OutOfMemory(what)) => {
                        self.fail(&what);
                        // Stopping in good order would take memory, and time.
                        self.sender.flush().await;
                        return TaskManagerExit::OutOfMemory(what);
                    }
                    Some(event) => self.handle(event),
                    None => {}
                },
                _ = heartbeat.tick() => self.report_metrics(),
            }
        };
        self.sender.flush().await;
        self.stop().await;
        exit
    }

    /// Tells another AM how everything stands, and asks again what the one before has not answered.
    fn go_on(&self) {
        tracing::info!("another master is there");
        self.register();
        for task in self.tracker.asking() {
            self.sender.send(FromWorker::RequestSplit { task });
        }
    }

    fn obey(&mut self, message: ToWorker) {
        match message {
            ToWorker::Deploy(deployment) => self.deploy(*deployment),
            ToWorker::TriggerCheckpoint {
                barrier,
                directory,
                key,
            } => {
                self.writer.encrypt(barrier.id, key);
                self.tracker.on_trigger(barrier.id);
                if let Some(attempt) = &mut self.attempt {
                    attempt.trigger(barrier.id, &directory, &self.writer);
                    self.tell_all(TaskCommand::TriggerCheckpoint(barrier));
                }
            }
            ToWorker::CheckpointComplete(checkpoint) => {
                self.writer.complete(checkpoint);
                self.tracker.on_complete(checkpoint);
                self.tell_all(TaskCommand::CheckpointComplete(checkpoint));
            }
            ToWorker::CheckpointAborted(checkpoint) => {
                self.tracker.on_abort(checkpoint);
                if let Some(attempt) = &mut self.attempt {
                    attempt.abort(checkpoint);
                }
                self.writer.abort(checkpoint);
                self.tell_all(TaskCommand::CheckpointAborted(checkpoint));
            }
            ToWorker::AssignSplit { task, next } => {
                self.tracker.on_assign(task, &next);
                let slot = self
                    .attempt
                    .as_ref()
                    .and_then(|attempt| attempt.slot_of(task));
                if let Some(slot) = slot.and_then(|slot| self.slots.get(slot)) {
                    slot.tell(SlotCommand::Task(task, TaskCommand::AssignSplit(next)));
                }
            }
            ToWorker::AlignWatermarks {
                group,
                max_watermark,
            } => self.tell_all(TaskCommand::AlignWatermarks {
                group: group.into(),
                max_watermark,
            }),
            ToWorker::RowsTaken { attempt, bytes } => {
                if let Some(running) = &self.attempt
                    && running.number() == attempt
                {
                    running.rows_taken(bytes);
                }
            }
            ToWorker::Cancel(attempt) => self.cancel(attempt),
            ToWorker::UpdateTokens(tokens) => {
                if let Some(take) = &self.config.take_tokens {
                    take(&tokens.0);
                }
            }
            // Seen by the loop.
            ToWorker::Shutdown => {}
        }
    }

    fn tell_all(&self, command: TaskCommand) {
        for slot in &self.slots {
            slot.tell(SlotCommand::All(command.clone()));
        }
    }

    /// Drops the tasks of this and earlier attempts; says so when the last one is gone.
    fn cancel(&mut self, attempt: AttemptNumber) {
        if self
            .attempt
            .as_ref()
            .is_some_and(|running| running.number() <= attempt)
        {
            self.attempt = None;
            self.tracker.on_cancel();
            self.writer.abort_all();
        }
        let waits: Vec<_> = self
            .slots
            .iter()
            .map(|slot| {
                let (done, wait) = tokio::sync::oneshot::channel();
                slot.tell(SlotCommand::Cancel(attempt, done));
                wait
            })
            .collect();
        if let Some(exchange) = &self.exchange {
            exchange.close(attempt);
        }
        let events = self.events.clone();
        self.config.runtime.spawn(async move {
            for wait in waits {
                let _ = wait.await;
            }
            let _ = events.send(Event::Canceled(attempt));
        });
    }

    async fn stop(mut self) {
        self.attempt = None;
        if let Some(exchange) = &self.exchange {
            exchange.close(AttemptNumber(u32::MAX));
        }
        self.writer.abort_all();
        let slots = self.slots;
        // Joining threads blocks; a task in the middle of a long call takes its time.
        let _ = tokio::task::spawn_blocking(move || slots.into_iter().for_each(Slot::stop)).await;
    }
}
