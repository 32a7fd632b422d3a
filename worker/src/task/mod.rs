//! Tasks: one subtask of a vertex each, as a state machine that never blocks.
//!
//! [`Task::step`] does a bounded piece of work and says how things stand; the slot's thread decides who
//! is next (see [`crate::slot`]). A task never waits inside: when its outputs are full it is *blocked*,
//! when nothing comes in it is *idle*, and whoever changes that wakes the slot. Panics of operators are
//! caught here and end the task, not the thread.

mod alignment;
mod chain;
mod checkpointing;
mod in_flight;
mod input_gate;
mod output;
mod partitioner;
mod replay;
mod source_faults;
mod source_input;
mod watermark_valve;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind, StreamElement, Watermark};
use alpheus_dataflow::error::{ErrorClass, OperatorError, OperatorResult};
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, OperatorId};
use alpheus_dataflow::operator::{Clock, Metric};
use alpheus_dataflow::source::{NextSplit, SourceSplit};
use alpheus_state::channel_state::InFlight;

use checkpointing::{Announced, Prepared};

pub use chain::{Chain, ChainSnapshot, Stage, StageKind};
pub use in_flight::ChannelPlace;
pub use input_gate::{GateEvent, GateInput, GatePoll, InputGate};
pub use output::{Output, OutputGauges, Outputs};
pub use partitioner::Partitioner;
pub use replay::{Replay, ReplayChannel};
pub use source_faults::SourceFaults;
pub use source_input::{SourceInput, SourceStep};

use crate::control::{TaskId, TaskState};
use crate::metrics::TaskTimes;

/// How many events a step handles before other tasks get their turn.
const EVENTS_PER_STEP: usize = 8;

/// How things stand after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was done.
    Progress,
    /// Nothing to do.
    Idle {
        /// When there is, at the latest, if nothing else happens.
        until: Option<Instant>,
        /// Whether rows are held back that an eager step would process.
        holding: bool,
    },
    /// The outputs are full.
    Blocked,
    /// It has ended, well or not; it was reported.
    Finished,
}

/// What a task tells the worker.
pub enum TaskEvent {
    /// It has changed its state.
    State(TaskId, TaskState),
    /// Its source wants a split.
    RequestSplit(TaskId),
    /// Its part of a checkpoint.
    Snapshot(Box<SnapshotEvent>),
    /// It gave a checkpoint up.
    Declined(CheckpointId, String),
}

/// A task's part of a checkpoint.
pub struct SnapshotEvent {
    /// Which task.
    pub task: TaskId,
    /// Which checkpoint.
    pub checkpoint: CheckpointId,
    /// What its operators froze.
    pub operators: ChainSnapshot,
    /// What its source still has to read.
    pub splits: Vec<SourceSplit>,
    /// What the barrier has overtaken.
    pub channels: Vec<InFlight>,
    /// From the first barrier to the last.
    pub alignment: Duration,
    /// How long freezing took.
    pub freezing: Duration,
}

/// What the worker tells a task.
#[derive(Clone, Debug)]
pub enum TaskCommand {
    /// Sources: put this barrier into the output. Everybody: one that may overtake is under way.
    TriggerCheckpoint(CheckpointBarrier),
    /// The checkpoint is complete everywhere.
    CheckpointComplete(CheckpointId),
    /// The checkpoint is given up.
    CheckpointAborted(CheckpointId),
    /// Sources: the answer to a request.
    AssignSplit(NextSplit),
    /// Sources of this group may not go beyond this event time.
    AlignWatermarks {
        /// Which group.
        group: Arc<str>,
        /// Milliseconds since the epoch.
        max_watermark: i64,
    },
}

/// Where a task gets its rows from.
pub enum TaskInput {
    /// From other tasks.
    Gate(Box<InputGate>),
    /// From outside.
    Source(SourceInput),
}

/// Takes events of tasks, in order, from any thread.
pub type TaskEvents = Arc<dyn Fn(AttemptNumber, TaskEvent) + Send + Sync>;

/// One subtask of a vertex.
pub struct Task {
    /// Which one.
    pub id: TaskId,
    attempt: AttemptNumber,
    /// `name (subtask/parallelism)`, for messages.
    name: String,
    input: TaskInput,
    chain: Chain,
    events: TaskEvents,
    clock: Arc<dyn Clock>,
    times: TaskTimes,
    input_watermark: Metric,
    records_in: Metric,
    last_checkpoint: CheckpointId,
    /// The checkpoint whose barrier may overtake.
    announced: Option<Announced>,
    /// A part of a checkpoint that waits for the barrier to come through.
    unfinished: Option<Box<SnapshotEvent>>,
    prepared: Prepared,
    /// A savepoint to stop with has passed: what comes is the end, and it ends nothing in the operators.
    stopped: bool,
    /// It has been kept from reading, by full outputs or by alignment: that no rows came says nothing
    /// about its input.
    held: bool,
    /// All inputs have ended; what is left is to send what is pending.
    ended: Option<Vec<(OperatorId, Vec<Vec<u8>>)>>,
    done: bool,
}

/// What a task is made of.
pub struct TaskParts {
    /// Which one.
    pub id: TaskId,
    /// Which start of the job.
    pub attempt: AttemptNumber,
    /// `name (subtask/parallelism)`, for messages.
    pub name: String,
    /// Where rows come from.
    pub input: TaskInput,
    /// Its opened operators.
    pub chain: Chain,
    /// Where it reports to.
    pub events: TaskEvents,
    /// The clock of its operators.
    pub clock: Arc<dyn Clock>,
    /// Where it counts its time.
    pub times: TaskTimes,
    /// `currentInputWatermark`.
    pub input_watermark: Metric,
    /// `numRecordsIn`.
    pub records_in: Metric,
}

impl Task {
    /// A task that is ready to run; says so.
    pub fn start(parts: TaskParts) -> Task {
        let task = Task {
            id: parts.id,
            attempt: parts.attempt,
            name: parts.name,
            input: parts.input,
            chain: parts.chain,
            events: parts.events,
            clock: parts.clock,
            times: parts.times,
            input_watermark: parts.input_watermark,
            records_in: parts.records_in,
            last_checkpoint: CheckpointId(0),
            announced: None,
            unfinished: None,
            prepared: Prepared::default(),
            stopped: false,
            held: false,
            ended: None,
            done: false,
        };
        task.input_watermark.set(Watermark::MIN.0);
        task.report(TaskEvent::State(task.id, TaskState::Running));
        task
    }

    /// Which start of the job it belongs to.
    pub fn attempt(&self) -> AttemptNumber {
        self.attempt
    }

    fn report(&self, event: TaskEvent) {
        (self.events)(self.attempt, event);
    }

    /// Does a bounded piece of work. `eager` says that the slot has nothing else to do.
    pub fn step(&mut self, eager: bool) -> Step {
        if self.done {
            return Step::Finished;
        }
        let begin = Instant::now();
        let step = self.guarded(|task| task.try_step(eager, begin));
        let step = step.unwrap_or(Step::Finished);
        self.times.record(begin, step);
        step
    }

    /// Obeys; the effect on the order of things is immediate, whatever the outputs' state.
    pub fn command(&mut self, command: &TaskCommand) {
        if !self.done {
            self.guarded(|task| task.obey(command));
        }
    }

    /// Lets go of everything without a word.
    pub fn cancel(mut self) {
        // A panic in `close` must not keep the others from being closed.
        let _ = catch_unwind(AssertUnwindSafe(|| self.chain.close()));
    }

    /// Runs `work`; an error or panic in it ends the task and is reported.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> OperatorResult<T>) -> Option<T> {
        let failure = match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error,
            Err(panic) => panicked(panic.as_ref()),
        };
        self.done = true;
        let _ = catch_unwind(AssertUnwindSafe(|| self.chain.close()));
        self.report(TaskEvent::State(self.id, failed(&self.name, &failure)));
        None
    }

    fn try_step(&mut self, eager: bool, now: Instant) -> OperatorResult<Step> {
        let overtaken = self.advance_checkpoint(now)?;
        if !self.chain.outputs.drain()? {
            self.held = true;
            return Ok(match overtaken {
                true => Step::Progress,
                false => Step::Blocked,
            });
        }
        self.report_part(now)?;
        if let Some(committables) = self.ended.take() {
            self.done = true;
            self.chain.close();
            self.report(TaskEvent::State(
                self.id,
                TaskState::Finished {
                    committables,
                    last_checkpoint: self.last_checkpoint,
                },
            ));
            return Ok(Step::Finished);
        }
        let mut progress = self.fire_timers()?;
        for _ in 0..EVENTS_PER_STEP {
            if self.chain.outputs.is_blocked() || self.ended.is_some() {
                return Ok(Step::Progress);
            }
            match self.advance(eager, now)? {
                Step::Progress => progress = true,
                other if !progress => return Ok(self.with_timer(other)),
                _ => return Ok(Step::Progress),
            }
        }
        Ok(Step::Progress)
    }

    fn fire_timers(&mut self) -> OperatorResult<bool> {
        let now_ms = self.clock.now_ms();
        if std::mem::take(&mut self.held) {
            self.chain.restart_idleness(now_ms);
        }
        let due = self.chain.next_timer().is_some_and(|timer| timer <= now_ms);
        if due {
            self.chain.on_processing_time(now_ms)?;
        }
        Ok(due)
    }

    /// The step with the operators' next timer taken into account.
    fn with_timer(&self, step: Step) -> Step {
        let Step::Idle { until, holding } = step else {
            return step;
        };
        let timer = self.chain.next_timer().map(|timer| {
            let wait = timer
                .saturating_sub(self.clock.now_ms())
                .clamp(0, 3_600_000);
            Instant::now() + Duration::from_millis(wait as u64)
        });
        let until = match (until, timer) {
            (Some(until), Some(timer)) => Some(until.min(timer)),
            (until, timer) => until.or(timer),
        };
        Step::Idle { until, holding }
    }

    /// One event of the input.
    fn advance(&mut self, eager: bool, now: Instant) -> OperatorResult<Step> {
        let idle = |until, holding| Ok(Step::Idle { until, holding });
        match &mut self.input {
            TaskInput::Gate(gate) => match gate.poll(eager, now)? {
                GatePoll::Event(event) => self.handle(event)?,
                GatePoll::Holding(until) => return idle(Some(until), true),
                GatePoll::Empty => return idle(None, false),
                GatePoll::Ended => self.end()?,
            },
            TaskInput::Source(source) => {
                match source.poll(self.chain.outputs.current_watermark(), now)? {
                    SourceStep::Rows(batch) => self.chain.process_batch(0, batch)?,
                    SourceStep::NeedSplit => {
                        self.report(TaskEvent::RequestSplit(self.id));
                    }
                    SourceStep::Wait(until) => return idle(until, false),
                    SourceStep::Held => {
                        self.held = true;
                        return idle(None, false);
                    }
                    SourceStep::Ended => {
                        if !self.stopped {
                            self.chain.process_watermark(Watermark::MAX)?;
                            self.chain.end_of_input(0)?;
                        }
                        self.end()?;
                    }
                }
            }
        }
        Ok(Step::Progress)
    }

    fn handle(&mut self, event: GateEvent) -> OperatorResult<()> {
        match event {
            GateEvent::Data(input, batch) => {
                self.records_in.add(batch.num_rows() as u64);
                self.chain.process_batch(input, batch)
            }
            GateEvent::Watermark(watermark) => {
                self.input_watermark.set(watermark.0);
                self.chain.process_watermark(watermark)
            }
            GateEvent::Idle(idle) => {
                self.chain.process_idle(idle);
                Ok(())
            }
            GateEvent::Barrier(barrier, alignment) => {
                self.take_snapshot(barrier, alignment, Vec::new(), Instant::now())
            }
            GateEvent::GivenUp(checkpoint) => {
                self.give_up(checkpoint);
                Ok(())
            }
            GateEvent::EndOfInput(_) if self.stopped => Ok(()),
            GateEvent::EndOfInput(input) => self.chain.end_of_input(input),
        }
    }

    fn obey(&mut self, command: &TaskCommand) -> OperatorResult<()> {
        if let TaskCommand::TriggerCheckpoint(barrier) = command {
            self.announce(*barrier, Instant::now());
        }
        match (command, &mut self.input) {
            (TaskCommand::TriggerCheckpoint(barrier), TaskInput::Source(source)) => {
                let now = Instant::now();
                if self.ended.is_some() || self.stopped {
                    return Ok(());
                }
                let splits = source.snapshot()?;
                if let CheckpointKind::StopWithSavepoint { drain } = barrier.kind {
                    source.stop();
                    if drain {
                        self.chain.process_watermark(Watermark::MAX)?;
                    }
                }
                self.take_snapshot(*barrier, Duration::ZERO, splits, now)
            }
            (TaskCommand::CheckpointAborted(checkpoint), _) => {
                self.abort_checkpoint(*checkpoint);
                Ok(())
            }
            (TaskCommand::CheckpointComplete(checkpoint), input) => {
                self.prepared.complete(*checkpoint);
                if let TaskInput::Source(source) = input {
                    source.checkpoint_complete();
                }
                self.chain.checkpoint_complete(*checkpoint)
            }
            (TaskCommand::AssignSplit(next), TaskInput::Source(source)) => source.assign(next),
            (
                TaskCommand::AlignWatermarks {
                    group,
                    max_watermark,
                },
                TaskInput::Source(source),
            ) => {
                source.align(group, Watermark(*max_watermark));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The input is over: the sinks prepare what is left, and the outputs end.
    fn end(&mut self) -> OperatorResult<()> {
        let mut committables = match self.stopped {
            // All there was is part of the savepoint.
            true => Vec::new(),
            false => self.chain.final_committables(CheckpointBarrier {
                id: self.last_checkpoint.next(),
                timestamp: self.clock.now_ms(),
                kind: CheckpointKind::Final,
                overtake_after_ms: None,
            })?,
        };
        committables.extend(self.prepared.take_left());
        self.chain.outputs.broadcast(StreamElement::EndOfInput);
        self.ended = Some(committables);
        Ok(())
    }
}

/// What a panic says.
pub fn panicked(panic: &(dyn std::any::Any + Send)) -> OperatorError {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    OperatorError::data(format!(
        "an operator panicked, which is a defect of it or of Alpheus: {text}"
    ))
}

/// The state of a task that cannot go on.
pub fn failed(name: &str, error: &OperatorError) -> TaskState {
    TaskState::Failed {
        message: format!("{name}: {error}"),
        fatal: error.class == ErrorClass::Fatal,
    }
}
