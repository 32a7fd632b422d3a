//! A slot: one thread that runs the tasks of one share of a job.
//!
//! Slots are shared as in Flink: one subtask of every vertex runs in a slot, so that a whole pipeline
//! fits into one thread. The thread gives every task a step in turn. When a round brought nothing, it
//! asks once more *eagerly*, which sets free the rows that are held back for larger batches; when that
//! brings nothing either, it sleeps until it is woken (see [`SlotWaker`]) or a timer is due.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::ids::AttemptNumber;
use tokio::sync::oneshot;

use crate::control::TaskId;
use crate::task::{Step, Task, TaskCommand, TaskEvent, TaskEvents, failed, panicked};
use crate::waker::SlotWaker;

/// A task to build on the slot's own thread: opening and restoring operators may take time.
pub struct TaskPlan {
    /// Which one.
    pub id: TaskId,
    /// Which start of the job.
    pub attempt: AttemptNumber,
    /// For messages.
    pub name: String,
    /// Builds it.
    pub build: Box<dyn FnOnce() -> OperatorResult<Task> + Send>,
}

/// What a slot is told; obeyed in order.
pub enum SlotCommand {
    /// Build these tasks and run them.
    Deploy(Vec<TaskPlan>),
    /// For one task.
    Task(TaskId, TaskCommand),
    /// For all tasks.
    All(TaskCommand),
    /// Drop all tasks of this and earlier attempts, then answer.
    Cancel(AttemptNumber, oneshot::Sender<()>),
    /// End the thread.
    Stop,
}

/// The outside of a slot.
pub struct Slot {
    commands: Sender<SlotCommand>,
    waker: SlotWaker,
    thread: JoinHandle<()>,
}

impl Slot {
    /// Starts the thread of slot `number`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(number: u32, events: TaskEvents) -> io::Result<Slot> {
        let (commands, inbox) = channel();
        let waker = SlotWaker::new();
        let thread = {
            let waker = waker.clone();
            let run = move || {
                waker.bind_to_current_thread();
                SlotThread {
                    inbox,
                    events,
                    tasks: Vec::new(),
                }
                .run();
            };
            thread::Builder::new()
                .name(format!("slot-{number}"))
                .spawn(run)?
        };
        Ok(Slot {
            commands,
            waker,
            thread,
        })
    }

    /// Wakes its thread.
    pub fn waker(&self) -> &SlotWaker {
        &self.waker
    }

    /// Tells it something. A slot that has stopped hears nothing.
    pub fn tell(&self, command: SlotCommand) {
        let _ = self.commands.send(command);
        self.waker.wake();
    }

    /// Ends the thread and waits for it.
    pub fn stop(self) {
        self.tell(SlotCommand::Stop);
        // Panics of operators are caught inside; one of the loop itself has been printed by now.
        let _ = self.thread.join();
    }
}

struct SlotThread {
    inbox: Receiver<SlotCommand>,
    events: TaskEvents,
    tasks: Vec<Task>,
}

impl SlotThread {
    fn run(mut self) {
        let mut eager = false;
        loop {
            loop {
                match self.inbox.try_recv() {
                    Ok(SlotCommand::Stop) | Err(TryRecvError::Disconnected) => {
                        self.tasks.drain(..).for_each(Task::cancel);
                        return;
                    }
                    Ok(command) => self.obey(command),
                    Err(TryRecvError::Empty) => break,
                }
            }
            let round = self.round(eager);
            if round.progress {
                eager = false;
            } else if round.holding && !eager {
                eager = true;
            } else {
                eager = false;
                match round.until {
                    None => thread::park(),
                    Some(until) => {
                        thread::park_timeout(until.saturating_duration_since(Instant::now()));
                    }
                }
            }
        }
    }

    fn round(&mut self, eager: bool) -> Round {
        let mut round = Round::default();
        self.tasks.retain_mut(|task| {
            let step = task.step(eager);
            // One that is over can do nothing but wait for others, who wake it.
            let deadline = task
                .deadline()
                .filter(|deadline| *deadline > Instant::now());
            round.wake_by(deadline);
            match step {
                Step::Progress => round.progress = true,
                Step::Blocked => {}
                Step::Idle { until, holding } => {
                    round.holding |= holding;
                    round.wake_by(until);
                }
                Step::Finished => {
                    round.progress = true;
                    return false;
                }
            }
            true
        });
        round
    }

    fn obey(&mut self, command: SlotCommand) {
        match command {
            SlotCommand::Deploy(plans) => {
                for plan in plans {
                    self.deploy(plan);
                }
            }
            SlotCommand::Task(id, command) => {
                if let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) {
                    task.command(&command);
                }
            }
            SlotCommand::All(command) => {
                for task in &mut self.tasks {
                    task.command(&command);
                }
            }
            SlotCommand::Cancel(attempt, done) => {
                let (canceled, kept) = std::mem::take(&mut self.tasks)
                    .into_iter()
                    .partition::<Vec<_>, _>(|task| task.attempt() <= attempt);
                self.tasks = kept;
                canceled.into_iter().for_each(Task::cancel);
                let _ = done.send(());
            }
            // Seen before.
            SlotCommand::Stop => {}
        }
    }

    fn deploy(&mut self, plan: TaskPlan) {
        let built = catch_unwind(AssertUnwindSafe(plan.build));
        let built = built.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        match built {
            Ok(task) => self.tasks.push(task),
            Err(error) => (self.events)(
                plan.attempt,
                TaskEvent::State(plan.id, failed(&plan.name, &error)),
            ),
        }
    }
}

#[derive(Default)]
struct Round {
    progress: bool,
    holding: bool,
    until: Option<Instant>,
}

impl Round {
    fn wake_by(&mut self, until: Option<Instant>) {
        self.until = match (self.until, until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}
