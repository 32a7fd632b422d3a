//! A chain of operators in one task, each calling the next.
//!
//! Rows go depth first: what an operator collects is processed by the rest of the chain before its call
//! returns, so nothing is kept between operators. Everything in band passes stage by stage: before a
//! watermark or barrier reaches a stage, the stages before it have flushed what they held for a
//! mini-batch.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind, Watermark};
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::{CheckpointId, OperatorId};
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};

use alpheus_state::channel_state::InFlight;

use super::output::Outputs;
use crate::operators::watermark_assigner::{Assigned, WatermarkAssigner};

/// What a stage of a chain is: an operator, or the assigner, the only thing that makes watermarks in
/// the middle of a chain.
pub enum StageKind {
    /// Turns rows into rows.
    Operator(Box<dyn Operator>),
    /// Turns rows into rows and watermarks.
    Assigner(Box<WatermarkAssigner>),
}

/// An operator in its chain.
pub struct Stage {
    kind: StageKind,
    context: OperatorContext,
    records_in: Metric,
    records_out: Metric,
    watermark: Metric,
}

impl Stage {
    /// A stage that is not open yet.
    pub fn new(kind: StageKind, context: OperatorContext) -> Self {
        let metric = |name| context.metrics.metric(name);
        let watermark = metric("currentInputWatermark");
        watermark.set(Watermark::MIN.0);
        Stage {
            records_in: metric("numRecordsIn"),
            records_out: metric("numRecordsOut"),
            watermark,
            kind,
            context,
        }
    }

    fn open(&mut self, state: Option<&dyn StateReader>) -> OperatorResult<()> {
        match &mut self.kind {
            StageKind::Operator(operator) => {
                operator.open(&self.context)?;
                state.map_or(Ok(()), |state| operator.restore(state))
            }
            StageKind::Assigner(assigner) => assigner.open(&self.context),
        }
    }
}

/// The rest of a chain as the collector of the stage before it. Collecting cannot fail, so the first
/// failure is kept, and what comes after it is dropped.
struct Downstream<'a> {
    stages: &'a mut [Stage],
    outputs: &'a mut Outputs,
    records_out: &'a Metric,
    failure: OperatorResult<()>,
}

impl Collector for Downstream<'_> {
    fn collect(&mut self, batch: ChangelogBatch) {
        if !batch.is_empty() && self.failure.is_ok() {
            self.records_out.add(batch.num_rows() as u64);
            self.failure = deliver(self.stages, self.outputs, 0, batch);
        }
    }
}

/// Calls the first operator of `stages` with the rest as its collector.
fn call<T>(
    stage: &mut Stage,
    rest: &mut [Stage],
    outputs: &mut Outputs,
    operation: impl FnOnce(&mut dyn Operator, &mut dyn Collector) -> OperatorResult<T>,
) -> OperatorResult<Option<T>> {
    let StageKind::Operator(operator) = &mut stage.kind else {
        return Ok(None);
    };
    let mut downstream = Downstream {
        stages: rest,
        outputs,
        records_out: &stage.records_out,
        failure: Ok(()),
    };
    let result = operation(operator.as_mut(), &mut downstream);
    downstream.failure?;
    result
        .map(Some)
        .map_err(|error| named(error, &stage.context))
}

fn named(mut error: OperatorError, context: &OperatorContext) -> OperatorError {
    error.message = format!("{}: {}", context.name, error.message);
    error
}

fn deliver(
    stages: &mut [Stage],
    outputs: &mut Outputs,
    input: usize,
    batch: ChangelogBatch,
) -> OperatorResult<()> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        return outputs.emit(batch);
    };
    stage.records_in.add(batch.num_rows() as u64);
    if let StageKind::Assigner(assigner) = &mut stage.kind {
        let records_out = &stage.records_out;
        let mut failure = Ok(());
        let result = assigner.process_batch(batch, &mut |assigned| {
            failure = pass_on(assigned, rest, outputs, records_out);
            failure.is_ok()
        });
        failure?;
        return result.map_err(|error| named(error, &stage.context));
    }
    call(stage, rest, outputs, |operator, out| {
        operator.process_batch(input, batch, out)
    })?;
    Ok(())
}

/// Passes what an assigner made to the stages behind it.
fn pass_on(
    assigned: Assigned,
    rest: &mut [Stage],
    outputs: &mut Outputs,
    records_out: &Metric,
) -> OperatorResult<()> {
    match assigned {
        Assigned::Rows(batch) => {
            records_out.add(batch.num_rows() as u64);
            deliver(rest, outputs, 0, batch)
        }
        Assigned::Watermark(watermark) => advance(rest, outputs, watermark),
        Assigned::Idle(idle) => {
            outputs.idle(idle);
            Ok(())
        }
    }
}

fn advance(
    stages: &mut [Stage],
    outputs: &mut Outputs,
    watermark: Watermark,
) -> OperatorResult<()> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        outputs.watermark(watermark);
        return Ok(());
    };
    stage.watermark.set(watermark.0);
    if let StageKind::Assigner(_) = stage.kind {
        // Watermarks of the source are replaced by the assigner's, but the end of time is the end.
        return match watermark {
            Watermark::MAX => advance(rest, outputs, watermark),
            _ => Ok(()),
        };
    }
    call(stage, rest, outputs, |operator, out| operator.flush(out))?;
    let next = call(stage, rest, outputs, |operator, out| {
        operator.process_watermark(watermark, out)
    })?;
    match next.flatten() {
        Some(watermark) => advance(rest, outputs, watermark),
        None => Ok(()),
    }
}

/// What the operators of a chain gave at a barrier.
pub type ChainSnapshot = Vec<(OperatorId, OperatorSnapshot)>;

/// The operators of a task and the edges behind them.
pub struct Chain {
    stages: Vec<Stage>,
    /// The edges behind the last operator.
    pub outputs: Outputs,
    /// How many inputs of the first operator are still open.
    open_inputs: usize,
}

impl Chain {
    /// A chain whose first operator has `inputs` inputs.
    pub fn new(stages: Vec<Stage>, outputs: Outputs, inputs: usize) -> Self {
        Chain {
            stages,
            outputs,
            open_inputs: inputs,
        }
    }

    /// Opens the operators, last first, so that each can emit into open ones, and gives each its state.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn open<'s>(
        &mut self,
        state: impl Fn(OperatorId) -> Option<&'s dyn StateReader>,
    ) -> OperatorResult<()> {
        for stage in self.stages.iter_mut().rev() {
            stage
                .open(state(stage.context.operator))
                .map_err(|error| named(error, &stage.context))?;
        }
        Ok(())
    }

    /// Rows for an input of the first operator.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn process_batch(&mut self, input: usize, batch: ChangelogBatch) -> OperatorResult<()> {
        deliver(&mut self.stages, &mut self.outputs, input, batch)
    }

    /// Rows for an operator in the middle of the chain: as if the one before it had given them out.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn process_batch_at(&mut self, stage: usize, batch: ChangelogBatch) -> OperatorResult<()> {
        let stages = self.stages.get_mut(stage..).unwrap_or_default();
        deliver(stages, &mut self.outputs, 0, batch)
    }

    /// Event time has advanced.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn process_watermark(&mut self, watermark: Watermark) -> OperatorResult<()> {
        advance(&mut self.stages, &mut self.outputs, watermark)
    }

    /// All inputs are idle, or one is active again. An assigner judges by rows alone.
    pub fn process_idle(&mut self, idle: bool) {
        let judges = |stage: &Stage| matches!(stage.kind, StageKind::Assigner(_));
        if !self.stages.iter().any(judges) {
            self.outputs.idle(idle);
        }
    }

    /// Rows were kept from coming until now: assigners count the time without rows from here.
    pub fn restart_idleness(&mut self, now_ms: i64) {
        for stage in &mut self.stages {
            if let StageKind::Assigner(assigner) = &mut stage.kind {
                assigner.restart_idleness(now_ms);
            }
        }
    }

    /// Flushes and freezes every operator in turn and sends the barrier on, with `overtake` in front of
    /// what the outputs keep; gives that too. A drain ends the operators' inputs first, so that the
    /// savepoint holds what they emit at their end.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn barrier(
        &mut self,
        barrier: CheckpointBarrier,
        overtake: bool,
    ) -> OperatorResult<(ChainSnapshot, Vec<InFlight>)> {
        if barrier.kind == (CheckpointKind::StopWithSavepoint { drain: true }) {
            for input in 0..self.open_inputs {
                self.end_of_input(input)?;
            }
        }
        let snapshot = self.freeze(barrier)?;
        Ok((snapshot, self.outputs.barrier(barrier, overtake)))
    }

    fn freeze(&mut self, barrier: CheckpointBarrier) -> OperatorResult<ChainSnapshot> {
        let mut snapshots = Vec::with_capacity(self.stages.len());
        for index in 0..self.stages.len() {
            let Some((stage, rest)) = self.stages[index..].split_first_mut() else {
                break;
            };
            let outputs = &mut self.outputs;
            call(stage, rest, outputs, |operator, out| operator.flush(out))?;
            let snapshot = call(stage, rest, outputs, |operator, _| {
                let mut snapshot = operator.snapshot(barrier)?;
                snapshot.seal()?;
                Ok(snapshot)
            })?;
            snapshots.extend(snapshot.map(|snapshot| (stage.context.operator, snapshot)));
        }
        Ok(snapshots)
    }

    /// What the sinks of the chain prepare as their input has ended.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn final_committables(
        &mut self,
        barrier: CheckpointBarrier,
    ) -> OperatorResult<Vec<(OperatorId, Vec<Vec<u8>>)>> {
        let snapshots = self.freeze(barrier)?;
        Ok(snapshots
            .into_iter()
            .filter(|(_, snapshot)| !snapshot.committables.is_empty())
            .map(|(operator, snapshot)| (operator, snapshot.committables))
            .collect())
    }

    /// An input of the first operator has ended; with the last one, those of all operators.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn end_of_input(&mut self, input: usize) -> OperatorResult<()> {
        self.open_inputs = self.open_inputs.saturating_sub(1);
        let stages = match self.open_inputs {
            0 => self.stages.len(),
            _ => 1.min(self.stages.len()),
        };
        for index in 0..stages {
            let Some((stage, rest)) = self.stages[index..].split_first_mut() else {
                break;
            };
            let input = if index == 0 { input } else { 0 };
            call(stage, rest, &mut self.outputs, |operator, out| {
                operator.flush(out)?;
                operator.end_of_input(input, out)
            })?;
        }
        Ok(())
    }

    /// When [`Chain::on_processing_time`] wants to be called next, in ms since the epoch.
    pub fn next_timer(&self) -> Option<i64> {
        let timers = self.stages.iter().filter_map(|stage| match &stage.kind {
            StageKind::Operator(operator) => operator.next_timer(),
            StageKind::Assigner(assigner) => assigner.next_timer(),
        });
        timers.min()
    }

    /// Fires the timers that are due.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn on_processing_time(&mut self, now_ms: i64) -> OperatorResult<()> {
        for index in 0..self.stages.len() {
            let Some((stage, rest)) = self.stages[index..].split_first_mut() else {
                break;
            };
            match &mut stage.kind {
                StageKind::Assigner(assigner) => {
                    while let Some(assigned) = assigner.on_processing_time(now_ms) {
                        pass_on(assigned, rest, &mut self.outputs, &stage.records_out)?;
                    }
                }
                StageKind::Operator(operator) => {
                    if operator.next_timer().is_some_and(|timer| timer <= now_ms) {
                        call(stage, rest, &mut self.outputs, |operator, out| {
                            operator.on_processing_time(now_ms, out)
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The checkpoint is complete everywhere.
    ///
    /// # Errors
    /// Those of the operators.
    pub fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> OperatorResult<()> {
        for stage in &mut self.stages {
            if let StageKind::Operator(operator) = &mut stage.kind {
                let completed = operator.checkpoint_complete(checkpoint);
                completed.map_err(|error| named(error, &stage.context))?;
            }
        }
        Ok(())
    }

    /// Closes the operators.
    pub fn close(&mut self) {
        for stage in &mut self.stages {
            if let StageKind::Operator(operator) = &mut stage.kind {
                operator.close();
            }
        }
    }

    /// Publishes the operators' own gauges.
    pub fn publish_state_size(&self) {
        for stage in &self.stages {
            if let StageKind::Operator(operator) = &stage.kind {
                let size = operator.state_size();
                if size > 0 {
                    stage.context.metrics.metric("stateSize").set(size as i64);
                }
            }
        }
    }
}
