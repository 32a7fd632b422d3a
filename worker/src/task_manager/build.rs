//! Builds one task on its slot's thread: reader or gate, operators, edges, restored state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec, Vertex};
use alpheus_dataflow::operator::{OperatorContext, OperatorMetrics};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::StateReader;
use alpheus_dataflow::source::SourceReaderContext;
use alpheus_state::RestoredState;
use alpheus_state::restored::SnapshotFiles;
use alpheus_state::rocksdb::RocksDbBackend;

use super::deploy::Receivers;
use super::in_flight::{RestoredInFlight, restore_in_flight};
use crate::control::{Deployment, TaskId, TaskRestore};
use crate::metrics::{OUTPUT_IDLE, TaskTimes};
use crate::operators::event_time::ByEventTime;
use crate::operators::{BuildContext, build_operator, duration_option};
use crate::task::{
    Chain, GateInput, InputGate, Output, OutputGauges, Outputs, Partitioner, SourceFaults,
    SourceInput, Stage, StageKind, Task, TaskEvents, TaskInput, TaskParts,
};
use crate::waker::SlotWaker;

/// About how many rows a batch of a source should have.
const BATCH_ROWS: usize = 8192;
/// `execution.buffer-timeout.interval` where the job says nothing.
const BUFFER_TIMEOUT_MS: i64 = 100;
/// For how long rows wait where the time limit is switched off.
const NO_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Everything that a task is built from.
pub struct TaskBuilder {
    /// Which task.
    pub id: TaskId,
    /// For messages.
    pub name: String,
    /// What it is part of.
    pub deployment: Arc<Deployment>,
    /// For each operator of its chain.
    pub operators: Vec<OperatorContext>,
    /// Its input channels.
    pub inputs: Vec<GateInput>,
    /// Its output channels, by edge and receiver.
    pub outputs: BTreeMap<usize, Receivers>,
    /// What it starts from.
    pub restore: Option<TaskRestore>,
    /// The restored state's files.
    pub files: SnapshotFiles,
    /// Its slot.
    pub waker: SlotWaker,
    /// For operators.
    pub build: BuildContext,
    /// Where it reports to.
    pub events: TaskEvents,
    /// Counters of the task as a whole.
    pub metrics: OperatorMetrics,
    /// Where its time goes.
    pub times: TaskTimes,
}

impl TaskBuilder {
    /// Builds, opens and restores.
    ///
    /// # Errors
    /// Those of connectors, operators and state.
    pub fn build(mut self) -> OperatorResult<Task> {
        let deployment = Arc::clone(&self.deployment);
        let graph = &deployment.graph;
        let broken = || OperatorError::fatal("the deployment's graph lacks this task's vertex");
        let vertex = graph.vertex(self.id.vertex).ok_or_else(broken)?;
        let (head, context) = match (vertex.chain.first(), self.operators.first()) {
            (Some(head), Some(context)) => (head, context.clone()),
            _ => return Err(broken()),
        };
        let source = matches!(head.spec, OperatorSpec::Source { .. });
        let in_flight = match &self.restore {
            Some(restore) => restore_in_flight(graph, vertex, &context, restore, &self.files)?,
            None => RestoredInFlight::default(),
        };
        let (input, inputs, mut row_type) = if source {
            (
                TaskInput::Source(self.source(vertex, head, &context)?),
                1,
                head.output.clone(),
            )
        } else {
            let inputs = self.inputs.iter().map(|channel| channel.input + 1).max();
            let channels = std::mem::take(&mut self.inputs);
            let gate = InputGate::new(channels, buffer_timeout(&context)?, in_flight.replay);
            let edges = graph.inputs_of(vertex.id);
            let from = edges.min_by_key(|edge| edge.input).map(|edge| edge.from);
            let sender = from.and_then(|from| graph.vertex(from)?.chain.last());
            let row_type = sender.map_or_else(RowType::default, |node| node.output.clone());
            (
                TaskInput::Gate(Box::new(gate)),
                inputs.unwrap_or(0),
                row_type,
            )
        };
        let (mut stages, mut restored) = (Vec::new(), Vec::new());
        for (node, context) in vertex
            .chain
            .iter()
            .zip(&self.operators)
            .skip(usize::from(source))
        {
            let mut stage = build_operator(node, &row_type, &self.build)?;
            let state = self.restored_state(context);
            if let Some(divided) = self.divided(node, &row_type, context, state.as_ref())? {
                stage = StageKind::Operator(Box::new(divided));
            }
            restored.extend(state.map(|state| (context.operator, state)));
            stages.push(Stage::new(stage, context.clone()));
            row_type = node.output.clone();
        }
        self.restore_databases()?;
        let mut chain = Chain::new(stages, self.outputs(), inputs);
        chain.open(|operator| {
            let state = restored.iter().find(|(id, _)| *id == operator);
            state.map(|(_, state)| state as &dyn StateReader)
        })?;
        for (position, batch) in in_flight.inside {
            chain.process_batch_at(position - usize::from(source), batch)?;
        }
        Ok(Task::start(TaskParts {
            id: self.id,
            attempt: deployment.attempt,
            name: self.name,
            input,
            chain,
            events: self.events,
            clock: context.clock,
            times: self.times,
            input_watermark: self.metrics.metric("currentInputWatermark"),
            records_in: self.metrics.metric("numRecordsIn"),
        }))
    }

    fn restored_state(&self, context: &OperatorContext) -> Option<RestoredState> {
        let restore = self.restore.as_ref()?;
        let (groups, files) = (context.key_groups, self.files.clone());
        RestoredState::for_operator(restore, context.operator, groups, files)
    }

    /// The operator, if its keys were at different event times.
    fn divided(
        &self,
        node: &OperatorNode,
        input: &RowType,
        context: &OperatorContext,
        state: Option<&RestoredState>,
    ) -> OperatorResult<Option<ByEventTime>> {
        let Some(state) = state else { return Ok(None) };
        let mut make = || match build_operator(node, input, &self.build)? {
            StageKind::Operator(operator) => Ok(operator),
            StageKind::Assigner(_) => Err(OperatorError::fatal("an assigner keeps no state")),
        };
        ByEventTime::divide(&node.spec, context.key_groups, state, &mut make)
    }

    /// Gives the operators' backends what was written in their own format.
    fn restore_databases(&self) -> OperatorResult<()> {
        let Some(TaskRestore {
            native,
            keys,
            claimed,
            ..
        }) = &self.restore
        else {
            return Ok(());
        };
        for (operator, handles) in native {
            let contexts = self.operators.iter();
            let mut contexts = contexts.filter(|context| context.operator == *operator);
            let Some(context) = contexts.next() else {
                continue;
            };
            let backend = RocksDbBackend::of(context).ok_or_else(|| {
                OperatorError::fatal(format!(
                    "the checkpoint has the state of `{}` in RocksDB's own format: set \
                     state.backend.type to rocksdb, or change the backend by way of a savepoint",
                    context.name
                ))
            })?;
            backend.restore_from(handles.clone(), self.files.with_keys(keys));
            if *claimed {
                backend.claim_restored();
            }
        }
        Ok(())
    }

    fn outputs(&mut self) -> Outputs {
        let graph = &self.deployment.graph;
        let edges = std::mem::take(&mut self.outputs).into_iter();
        let edges = edges.filter_map(|(position, receivers)| {
            let edge = graph.edges.get(position)?;
            let targets = receivers.len() as u32;
            let partitioner = Partitioner::new(&edge.partitioning, targets, graph.max_parallelism);
            Some(Output::new(partitioner, receivers.into_values().collect()))
        });
        let gauges = OutputGauges {
            records: self.metrics.metric("numRecordsOut"),
            watermark: self.metrics.metric("currentOutputWatermark"),
            idle: self.metrics.metric(OUTPUT_IDLE),
        };
        Outputs::new(edges.collect(), gauges)
    }

    fn source(
        &self,
        vertex: &Vertex,
        head: &OperatorNode,
        context: &OperatorContext,
    ) -> OperatorResult<SourceInput> {
        let OperatorSpec::Source {
            table,
            projection,
            filters,
        } = &head.spec
        else {
            return Err(OperatorError::fatal("the first operator is no source"));
        };
        let connectors = &self.build.connectors;
        let source = connectors.create_source(table, projection, filters, &context.session)?;
        let waker = self.waker.clone();
        let faults = SourceFaults::of(context)?;
        let mut reader = source.create_reader(SourceReaderContext {
            operator: context.clone(),
            waker: Arc::new(move || waker.wake()),
            batch_size: faults.batch_rows(BATCH_ROWS),
        })?;
        for split in self.restore.iter().flat_map(|restore| &restore.splits) {
            reader.add_split(split.clone())?;
        }
        let group = vertex.chain.iter().find_map(|node| match &node.spec {
            OperatorSpec::WatermarkAssigner(spec) => spec.alignment.as_ref(),
            _ => None,
        });
        let group = group.map(|alignment| alignment.group.clone());
        let batch_rows = faults.batch_rows(BATCH_ROWS);
        let input = SourceInput::new(reader, batch_rows, faults, group);
        Ok(match waits_for_checkpoint(context) {
            true => input.paused_until_checkpoint(),
            false => input,
        })
    }
}

/// `pipeline.sources.pause-until-first-checkpoint`, which means nothing for a job without checkpoints.
fn waits_for_checkpoint(context: &OperatorContext) -> bool {
    let set = |key: &str| context.configuration.get(key);
    set("pipeline.sources.pause-until-first-checkpoint").is_some_and(|value| value == "true")
        && set("execution.checkpointing.interval").is_some()
}

fn buffer_timeout(context: &OperatorContext) -> OperatorResult<Duration> {
    let enabled = context
        .configuration
        .get("execution.buffer-timeout.enabled");
    if enabled.is_some_and(|enabled| enabled == "false") {
        return Ok(NO_TIMEOUT);
    }
    let key = "execution.buffer-timeout.interval";
    let ms = duration_option(context, key, BUFFER_TIMEOUT_MS)?;
    Ok(Duration::from_millis(ms.clamp(0, 86_400_000) as u64))
}
