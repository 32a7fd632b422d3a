//! From a deployment to tasks: which subtasks are ours, in which slots, over which channels.
//!
//! Every worker reads the same deployment and numbers channels in the same way, so that both ends of a
//! channel agree on its number without talking. Operators are not built here but on the slots' threads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::{Edge, JobGraph, Partitioning, Vertex};
use alpheus_dataflow::ids::{SubtaskIndex, VertexId};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::{Clock, OperatorContext, OperatorMetrics};
use alpheus_dataflow::schema::RowType;
use alpheus_hadoop_conf::MemorySize;
use alpheus_hadoop_conf::options::taskmanager as options;
use alpheus_state::LocalBackup;
use alpheus_state::restored::SnapshotFiles;

use super::build::TaskBuilder;
use super::in_flight::ChannelNames;
use super::state_backend::StateBackends;
use crate::control::{Deployment, TaskId, TaskRestore, WorkerId};
use crate::exchange::{
    Channel, ChannelLimits, ChannelSender, Exchange, InboundChannel, InboundPeer, LinkChannel,
    PeerKey, RemoteSender, Upstream, Window, local_channel,
};
use crate::metrics::TaskGauges;
use crate::operators::BuildContext;
use crate::slot::TaskPlan;
use crate::task::{ChannelPlace, GateInput, TaskEvents};
use crate::waker::SlotWaker;

/// `taskmanager.memory.process.size` where nobody says (Flink's).
const DEFAULT_PROCESS_BYTES: u64 = 1728 << 20;

/// What tasks are built with, besides the deployment.
pub struct DeployContext<'a> {
    /// This worker.
    pub worker: WorkerId,
    /// Wakers of the slots.
    pub slots: Vec<SlotWaker>,
    /// To other workers.
    pub exchange: Option<&'a Exchange>,
    /// How much may lie in a channel.
    pub limits: ChannelLimits,
    /// For operators.
    pub build: BuildContext,
    /// Copies of checkpoint files to read instead of the originals.
    pub copies: Option<Arc<LocalBackup>>,
    /// For operators.
    pub clock: Arc<dyn Clock>,
    /// Where tasks report to.
    pub events: TaskEvents,
}

/// A task to be, its slot, and what can be read of it while it runs.
pub struct PlannedTask {
    /// Which slot.
    pub slot: usize,
    /// What to build.
    pub plan: TaskPlan,
    /// Its numbers.
    pub gauges: TaskGauges,
}

/// A channel of the whole job.
pub(super) struct ChannelSpec<'d> {
    number: u32,
    edge: &'d Edge,
    pub(super) from: TaskId,
    pub(super) to: TaskId,
}

/// The channels of an edge, by sender and then receiver; `first` is the number of the first.
fn channels_of<'d>(
    edge: &'d Edge,
    from: u32,
    to: u32,
    first: u32,
) -> impl Iterator<Item = ChannelSpec<'d>> {
    let pairs = (0..from).flat_map(move |sender| (0..to).map(move |receiver| (sender, receiver)));
    let task = |vertex: VertexId, subtask| TaskId {
        vertex,
        subtask: SubtaskIndex(subtask),
    };
    pairs
        .filter(move |(sender, receiver)| match edge.partitioning {
            Partitioning::Forward => sender == receiver,
            Partitioning::Global => *receiver == 0,
            Partitioning::Hash { .. } | Partitioning::Rebalance | Partitioning::Broadcast => true,
        })
        .zip(first..)
        .map(move |((sender, receiver), number)| ChannelSpec {
            number,
            edge,
            from: task(edge.from, sender),
            to: task(edge.to, receiver),
        })
}

/// The channels behind one edge of a task, by the receiver's subtask.
pub type Receivers = BTreeMap<SubtaskIndex, (ChannelSender, ChannelPlace)>;

#[derive(Default)]
struct Wiring {
    inputs: HashMap<TaskId, Vec<GateInput>>,
    /// By edge (its position in the graph).
    outputs: HashMap<TaskId, BTreeMap<usize, Receivers>>,
}

/// Plans this worker's tasks and makes their channels and connections.
///
/// # Errors
/// When the deployment cannot be right: an invalid graph, a subtask without a place, a worker without an
/// address.
pub fn plan(
    deployment: &Arc<Deployment>,
    context: &DeployContext<'_>,
) -> OperatorResult<Vec<PlannedTask>> {
    let graph = &deployment.graph;
    let validated = graph.validate();
    validated.map_err(|error| OperatorError::fatal(error.to_string()))?;
    crate::user_functions::install(graph)?;
    let places: HashMap<TaskId, WorkerId> = deployment.placement.iter().copied().collect();
    let subtasks: BTreeSet<SubtaskIndex> = places
        .iter()
        .filter(|(_, worker)| **worker == context.worker)
        .map(|(task, _)| task.subtask)
        .collect();
    // Subtasks of one number share a slot; those that this worker has are dealt over its slots.
    let slot_of: HashMap<SubtaskIndex, usize> = subtasks
        .iter()
        .enumerate()
        .map(|(rank, subtask)| (*subtask, rank % context.slots.len()))
        .collect();
    let mut wiring = wire(deployment, context, &places, &slot_of)?;
    let restore: HashMap<TaskId, &TaskRestore> = deployment
        .restore
        .iter()
        .map(|(task, restore)| (*task, restore))
        .collect();
    let files = SnapshotFiles::with_copies(context.copies.clone());
    let session = Arc::new(graph.session.clone());
    let configuration = Arc::new(graph.configuration.clone());
    let backend = StateBackends::new(deployment, context.worker)?;
    let mut tasks = Vec::new();
    for vertex in &graph.vertices {
        for subtask in (0..vertex.parallelism).map(SubtaskIndex) {
            let id = TaskId {
                vertex: vertex.id,
                subtask,
            };
            if places.get(&id) != Some(&context.worker) {
                continue;
            }
            let slot = slot_of[&subtask];
            let mut gauges = TaskGauges::new(id);
            let key_groups =
                KeyGroupRange::for_subtask(subtask.0, vertex.parallelism, graph.max_parallelism);
            let operators: Vec<OperatorContext> = vertex
                .chain
                .iter()
                .map(|node| OperatorContext {
                    job: deployment.origin,
                    attempt: deployment.attempt,
                    operator: node.id,
                    name: node.name.clone(),
                    subtask,
                    parallelism: vertex.parallelism,
                    max_parallelism: graph.max_parallelism,
                    key_groups,
                    session: Arc::clone(&session),
                    configuration: Arc::clone(&configuration),
                    metrics: OperatorMetrics::default(),
                    clock: Arc::clone(&context.clock),
                    state: backend.for_operator(node.id, subtask, key_groups, &context.clock),
                })
                .collect();
            gauges.operators = operators
                .iter()
                .map(|context| (context.operator, context.metrics.clone()))
                .collect();
            let edges = wiring.outputs.remove(&id).unwrap_or_default();
            let name = format!("{} ({}/{})", vertex.name, subtask.0 + 1, vertex.parallelism);
            let builder = TaskBuilder {
                id,
                name: name.clone(),
                deployment: Arc::clone(deployment),
                operators,
                inputs: wiring.inputs.remove(&id).unwrap_or_default(),
                outputs: edges,
                restore: restore.get(&id).map(|restore| (*restore).clone()),
                files: files.clone(),
                waker: context.slots[slot].clone(),
                build: context.build.clone(),
                events: Arc::clone(&context.events),
                metrics: gauges.metrics.clone(),
                times: gauges.times(),
            };
            tasks.push(PlannedTask {
                slot,
                plan: TaskPlan {
                    id,
                    attempt: deployment.attempt,
                    name,
                    build: Box::new(move || builder.build()),
                },
                gauges,
            });
        }
    }
    Ok(tasks)
}

/// Makes the channels that begin or end here, and connects those that do only one of both.
fn wire(
    deployment: &Deployment,
    context: &DeployContext<'_>,
    places: &HashMap<TaskId, WorkerId>,
    slot_of: &HashMap<SubtaskIndex, usize>,
) -> OperatorResult<Wiring> {
    let graph = &deployment.graph;
    let mut wiring = Wiring::default();
    let mut inbound: BTreeMap<WorkerId, InboundPeer> = BTreeMap::new();
    let mut outbound: BTreeMap<WorkerId, Vec<(ChannelSpec<'_>, usize, Arc<Window>)>> =
        BTreeMap::new();
    let place = |task: TaskId| {
        places.get(&task).copied().ok_or_else(|| {
            OperatorError::fatal(format!(
                "the deployment gives subtask {} of vertex {} no worker",
                task.subtask, task.vertex
            ))
        })
    };
    let slot = |task: TaskId| context.slots[slot_of[&task.subtask]].clone();
    let parallelism = |vertex| {
        graph
            .vertex(vertex)
            .map_or(0, |vertex: &Vertex| vertex.parallelism)
    };
    // The same for all workers, because both ends of a channel count with it.
    let channels: usize = (graph.edges.iter())
        .map(|edge| channels_of(edge, parallelism(edge.from), parallelism(edge.to), 0).count())
        .sum();
    let workers = places.values().collect::<BTreeSet<_>>().len();
    let memory = network_memory(graph).map_err(OperatorError::fatal)?;
    let limits = context
        .limits
        .sharing(memory, channels.div_ceil(workers.max(1)));
    let mut first = 0;
    for (position, edge) in graph.edges.iter().enumerate() {
        let (from, to) = (parallelism(edge.from), parallelism(edge.to));
        let sender_type = graph
            .vertex(edge.from)
            .and_then(|vertex| vertex.chain.last());
        let schema = sender_type.map_or_else(RowType::default, |node| node.output.clone());
        let schema = schema.to_arrow();
        let name = ChannelNames::of(graph, position);
        for channel in channels_of(edge, from, to, first) {
            first = first.max(channel.number + 1);
            let named = || name.place(&channel);
            let (sender, receiver) = (place(channel.from)?, place(channel.to)?);
            let receives = receiver == context.worker;
            match (sender == context.worker, receives) {
                (true, true) => {
                    let (sender, queue) =
                        local_channel(limits, slot(channel.from), slot(channel.to));
                    wiring.add_input(&channel, queue, named());
                    let sender = ChannelSender::Local(sender);
                    wiring.add_output(&channel, position, (sender, named()));
                }
                (false, true) => {
                    let peer = inbound
                        .entry(sender)
                        .or_insert_with(|| InboundPeer::new(limits));
                    let credits = peer.credit_return(channel.number);
                    let queue = Arc::new(Channel::new(slot(channel.to), Upstream::Remote(credits)));
                    wiring.add_input(&channel, Arc::clone(&queue), named());
                    let schema = Arc::clone(&schema);
                    peer.add(
                        channel.number,
                        InboundChannel {
                            channel: queue,
                            schema,
                        },
                    );
                }
                (true, false) => {
                    let window = Arc::new(Window::new(limits));
                    let to = outbound.entry(receiver).or_default();
                    to.push((channel, position, window));
                }
                (false, false) => {}
            }
        }
    }
    let key = |worker| PeerKey {
        job: deployment.job,
        attempt: deployment.attempt,
        worker,
    };
    if inbound.is_empty() && outbound.is_empty() {
        return Ok(wiring);
    }
    let exchange = context.exchange.ok_or_else(|| {
        OperatorError::fatal("the job runs on several workers, but this one takes no connections")
    })?;
    let codec = options::EXCHANGE_CODEC.of_job(&graph.configuration);
    let codec = codec.map_err(OperatorError::fatal)?;
    for (worker, peer) in inbound {
        exchange.expect(key(worker), peer);
    }
    for (worker, channels) in outbound {
        let address = deployment.exchange_addresses.get(&worker).ok_or_else(|| {
            OperatorError::fatal(format!(
                "the deployment has no address of worker {}",
                worker.0
            ))
        })?;
        let ends = channels.iter().map(|(channel, _, window)| LinkChannel {
            channel: channel.number,
            window: Arc::clone(window),
            producer: slot(channel.from),
        });
        let link = exchange.connect(key(worker), address.clone(), ends.collect(), codec);
        for (channel, position, window) in channels {
            let sender = RemoteSender::new(channel.number, window, Arc::clone(&link));
            let place = ChannelNames::of(graph, position).place(&channel);
            wiring.add_output(&channel, position, (ChannelSender::Remote(sender), place));
        }
    }
    Ok(wiring)
}

/// How much memory a worker has for records between tasks, in bytes: Flink's fraction of the process, within
/// its bounds.
fn network_memory(graph: &JobGraph) -> Result<u64, String> {
    let settings = &graph.configuration;
    let process = options::PROCESS_SIZE.of_job(settings)?;
    let process = match process {
        Some(size) => Some(size),
        None => options::FLINK_SIZE.of_job(settings)?,
    };
    let process = process.map_or(DEFAULT_PROCESS_BYTES, MemorySize::bytes);
    let part = (process as f64 * options::NETWORK_FRACTION.of_job(settings)?) as u64;
    let least = options::NETWORK_MIN.of_job(settings)?.bytes();
    let most = options::NETWORK_MAX
        .of_job(settings)?
        .map_or(u64::MAX, MemorySize::bytes);
    Ok(part.max(least).min(most))
}

impl Wiring {
    fn add_input(&mut self, channel: &ChannelSpec<'_>, queue: Arc<Channel>, place: ChannelPlace) {
        let inputs = self.inputs.entry(channel.to).or_default();
        inputs.push(GateInput {
            input: channel.edge.input,
            queue,
            place,
        });
    }

    fn add_output(
        &mut self,
        channel: &ChannelSpec<'_>,
        edge: usize,
        sender: (ChannelSender, ChannelPlace),
    ) {
        let edges = self.outputs.entry(channel.from).or_default();
        let receivers = edges.entry(edge).or_default();
        receivers.insert(channel.to.subtask, sender);
    }
}
