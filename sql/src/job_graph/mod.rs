//! From the relational plan to operators, and from operators to vertices.
//!
//! [`physical`] turns each plan node into an operator with its parallelism and the way rows reach it,
//! one operator for equal sub-plans, so that several INSERTs share their sources. [`calc`] folds runs
//! of filters and projections into one operator. [`chaining`] packs operators that hand rows straight
//! on into vertices, [`co_partitioned`] finds where they can though keys are asked for. [`explain`] prints the result. [`changelog`] settles which changes each operator
//! emits, [`sink`] what stands before a sink that is updated by key, [`top_of_joins`] which rows of a join nobody will see, and [`determinism`] finds where a
//! change could not take back what it should.
//!
//! An operator's id is the hash of what it does and of what it reads, not of where it stands in the
//! graph: adding another INSERT to a job leaves the state of the first one where it was.

mod aggregate;
mod calc;
mod chaining;
mod changelog;
mod co_partitioned;
mod determinism;
pub mod explain;
mod join;
mod monotonic;
mod multi_join;
mod physical;
mod physical_text;
mod ranking;
mod sink;
mod top_of_joins;

use std::collections::BTreeMap;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{InvalidGraph, JobGraph, SessionSettings, TableSpec};

use alpheus_hadoop_conf::options::table::{
    AggPhaseStrategy, KeyedShuffle, NonDeterministicUpdateStrategy, UpsertMaterialize,
};

use crate::rel::Output;

/// What planning a job depends on besides its queries.
#[derive(Clone, Debug)]
pub struct PlannerSettings {
    /// `pipeline.name`, or one made from the targets.
    pub job_name: Option<String>,
    /// `parallelism.default`.
    pub parallelism: u32,
    /// `pipeline.max-parallelism`.
    pub max_parallelism: u32,
    /// `pipeline.operator-chaining.enabled`.
    pub chaining: bool,
    /// `table.exec.state.ttl` in ms, 0 for ever.
    pub state_ttl_ms: u64,
    /// `table.optimizer.agg-phase-strategy`.
    pub aggregate_phases: AggPhaseStrategy,
    /// `table.exec.mini-batch.enabled`.
    pub mini_batch: bool,
    /// `table.optimizer.multi-join.enabled`.
    pub multi_join: bool,
    /// `table.exec.sink.keyed-shuffle`.
    pub keyed_shuffle: KeyedShuffle,
    /// `table.exec.sink.upsert-materialize`.
    pub upsert_materialize: UpsertMaterialize,
    /// `table.optimizer.non-deterministic-update.strategy`.
    pub non_deterministic_updates: NonDeterministicUpdateStrategy,
    /// Zone and time.
    pub session: SessionSettings,
    /// The effective configuration by key.
    pub configuration: BTreeMap<String, String>,
}

/// Which changes a table's connector handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableModes {
    /// What reading the table gives.
    pub emits: ChangelogMode,
    /// The richest changelog that can be written to it.
    pub accepts: ChangelogMode,
}

/// Why a plan cannot become a job.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// An append-only sink is given updates.
    #[error(
        "table sink `{table}` takes only inserts ([I]), but the query produces updates {produced} in {operator}; \
         aggregate over a window, or write to a connector that takes updates"
    )]
    SinkTakesInsertsOnly {
        /// The table.
        table: String,
        /// The kinds of change that would reach it.
        produced: &'static str,
        /// The operator that makes them.
        operator: String,
    },
    /// A window over rows that may be taken back.
    #[error(
        "{operator} cannot take updates {produced}: windows need rows that are only added; \
         aggregate inside the window, or use an unbounded GROUP BY"
    )]
    NeedsInserts {
        /// The operator.
        operator: String,
        /// The kinds of change that would reach it.
        produced: &'static str,
    },
    /// Changes of a row would overtake each other on their way to the sink.
    #[error(
        "table sink `{table}` has sink.parallelism {parallelism} and is given changes {produced} by {producer} \
         subtasks: it needs a PRIMARY KEY, so that changes of one row stay in order"
    )]
    SinkNeedsPrimaryKey {
        /// The table.
        table: String,
        /// Subtasks that write.
        parallelism: u32,
        /// Subtasks that the rows come from.
        producer: u32,
        /// The kinds of change.
        produced: &'static str,
    },
    /// A change that cannot take back what it should.
    #[error("{message} (table.optimizer.non-deterministic-update.strategy = TRY_RESOLVE)")]
    NonDeterministicUpdate {
        /// Which columns, which function, and why they have to be deterministic.
        message: String,
    },
    /// A lookup join with something that is computed.
    #[error(
        "a lookup join (FOR SYSTEM_TIME AS OF processing time) needs a table on its right, or a view that only filters \
         and projects one"
    )]
    LookupNeedsTable,
    /// An order that a stream cannot have.
    #[error("{reason}; {remedy}")]
    NoOrder {
        /// As Flink says it.
        reason: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A value of WITH or of a hint that planning needs.
    #[error("option `{key}` of table `{table}` is `{value}`, expected {expected}")]
    InvalidOption {
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A defect of the planner.
    #[error(transparent)]
    Invalid(#[from] InvalidGraph),
}

/// A streaming job and what people are told about it.
#[derive(Clone, Debug)]
pub struct StreamPlan {
    /// The job.
    pub graph: JobGraph,
    /// The operators as a tree, each with its changelog mode (`EXPLAIN CHANGELOG_MODE`).
    pub operators: String,
    /// Where a change may fail to take back what it should (`EXPLAIN PLAN_ADVICE`).
    pub advice: Vec<String>,
}

/// Plans a streaming job.
///
/// `modes` tells which changes a table's connector gives and takes.
///
/// # Errors
/// When a sink cannot take what the query produces.
pub fn plan(
    outputs: &[Output],
    settings: &PlannerSettings,
    modes: &dyn Fn(&TableSpec) -> TableModes,
) -> Result<StreamPlan, PlanError> {
    let mut builder = physical::Builder::new(settings, modes);
    for output in outputs {
        builder.add_output(output)?;
    }
    let mut operators = builder.finish();
    let advice = determinism::check(&operators);
    if settings.non_deterministic_updates == NonDeterministicUpdateStrategy::TryResolve
        && let Some(message) = advice.first()
    {
        return Err(PlanError::NonDeterministicUpdate {
            message: message.clone(),
        });
    }
    let text = physical_text::tree(&operators);
    co_partitioned::forward_rows_in_place(&mut operators);
    top_of_joins::tell_joins_what_is_wanted(&mut operators);
    let graph = chaining::build_graph(operators, settings);
    graph.validate()?;
    Ok(StreamPlan {
        graph,
        operators: text,
        advice,
    })
}
