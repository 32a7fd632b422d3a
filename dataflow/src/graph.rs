//! The job graph: what the planner makes of SQL and the AM makes subtasks of.
//!
//! A vertex is a chain of operators that run in one task, one calling the next; edges are where rows
//! change tasks. Everything in it is data: it is sent to workers as JSON and built into objects there.
//!
//! # Invariants (checked by [`JobGraph::validate`])
//!
//! * Edges go from lower to higher vertex ids, so that the vertices are in topological order.
//! * A chain's first operator is a source exactly when no edge enters its vertex.
//! * A `Forward` edge connects equal parallelism.
//! * Operator ids are unique.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::aggregate::AggregateCall;
use crate::changelog::ChangelogMode;
use crate::expr::Expr;
use crate::ids::{OperatorId, VertexId};
use crate::join::{
    IntervalBounds, JoinSpec, LookupTable, MultiJoinSpec, TimeColumns, WindowColumns,
};
use crate::order::{RankRange, SortKey};
use crate::over::{OverCall, OverFrame};
use crate::pattern::RowPattern;
use crate::schema::RowType;
use crate::user_functions::UserFunctions;
use crate::window::{TimeAttribute, WindowSpec};

/// A planned job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobGraph {
    /// What people call it (`pipeline.name`).
    pub name: String,
    /// Vertices; a vertex's id is its position.
    pub vertices: Vec<Vertex>,
    /// Connections between them.
    pub edges: Vec<Edge>,
    /// How many key groups keyed state is divided into, for the life of the job's state.
    pub max_parallelism: u32,
    /// What expressions need to know of the session.
    pub session: SessionSettings,
    /// The job's effective configuration by key, for operators and connectors.
    pub configuration: BTreeMap<String, String>,
    /// Functions of users that its expressions call.
    #[serde(default, skip_serializing_if = "UserFunctions::is_empty")]
    pub functions: UserFunctions,
}

/// What expressions need to know of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSettings {
    /// `table.local-time-zone`: an IANA name or an offset such as `+08:00`.
    pub time_zone: String,
    /// When the job was planned, ms since the epoch: `CURRENT_TIMESTAMP` of a batch query.
    pub planned_at: i64,
    /// Whether time functions are fixed at [`planned_at`](Self::planned_at) (batch) or move (streaming).
    pub bounded: bool,
}

/// A chain of operators that run in one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vertex {
    /// Its position in the graph.
    pub id: VertexId,
    /// The operators' names joined by ` -> `, as Flink shows it.
    pub name: String,
    /// How many subtasks run it.
    pub parallelism: u32,
    /// The operators, first to last; never empty.
    pub chain: Vec<OperatorNode>,
}

/// One operator of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorNode {
    /// Under which its state is kept.
    pub id: OperatorId,
    /// For people, for example `GroupWindowAggregate[5]`.
    pub name: String,
    /// What it does.
    pub spec: OperatorSpec,
    /// The columns it emits; for sinks, those it takes.
    pub output: RowType,
    /// The kinds of change it emits.
    pub changelog: ChangelogMode,
}

/// A connection between two vertices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// Where rows come from: the last operator of that chain.
    pub from: VertexId,
    /// Where they go: the first operator of that chain.
    pub to: VertexId,
    /// Which of its inputs. Several edges may feed one input: that is a union.
    pub input: usize,
    /// Which subtask gets which row.
    pub partitioning: Partitioning,
}

/// Which subtask gets which row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Partitioning {
    /// Subtask i to subtask i.
    Forward,
    /// By key group of these columns of the sender's output.
    Hash {
        /// Key columns.
        keys: Vec<usize>,
    },
    /// In turn, by batch.
    Rebalance,
    /// All to subtask 0.
    Global,
    /// Each to all.
    Broadcast,
}

/// A table as its connector needs to know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableSpec {
    /// `catalog.database.table`, for messages.
    pub identifier: String,
    /// `WITH ('connector' = ...)`.
    pub connector: String,
    /// All options of WITH and of hints, `connector` included.
    pub options: BTreeMap<String, String>,
    /// The physical columns, in order, computed ones left out.
    pub schema: RowType,
    /// Columns that hold metadata of the connector: column name to metadata key.
    pub metadata: BTreeMap<String, String>,
    /// PRIMARY KEY columns.
    pub primary_key: Vec<String>,
    /// PARTITIONED BY columns.
    pub partition_keys: Vec<String>,
}

/// How a source makes watermarks (`WATERMARK FOR`, `scan.watermark.*`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatermarkSpec {
    /// The rowtime column.
    pub rowtime: usize,
    /// The watermark as a timestamp, computed for each row, for example `ts - INTERVAL '5' SECOND`.
    pub expr: Expr,
    /// After how many ms without rows a subtask no longer holds the others back; 0 is never.
    pub idle_timeout_ms: u64,
    /// Hold sources back that run ahead of their group.
    pub alignment: Option<WatermarkAlignment>,
}

/// `scan.watermark.alignment.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatermarkAlignment {
    /// Sources of one group wait for each other.
    pub group: String,
    /// How far a source may be ahead of the slowest, in ms.
    pub max_drift_ms: u64,
    /// How often the group's minimum is exchanged, in ms.
    pub update_interval_ms: u64,
}

/// What an operator does. A worker builds the object from this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OperatorSpec {
    /// Reads a table.
    Source {
        /// Which.
        table: TableSpec,
        /// Physical columns to produce, in this order.
        projection: Vec<usize>,
        /// Predicates over the *physical* columns that the source may use to skip data. They are
        /// applied again by a `Calc`, so that a source may ignore them.
        filters: Vec<Expr>,
    },
    /// Filters and projects.
    Calc {
        /// Rows for which this is not TRUE are dropped.
        filter: Option<Expr>,
        /// The output columns.
        projection: Vec<Expr>,
    },
    /// A row for each element of a collection: the input's columns, then those of the element, then its
    /// position from 1 if asked for.
    Unnest {
        /// The collection; a BIGINT repeats the row so often.
        column: usize,
        /// Whether the collection itself is wanted in the output; else its column is NULL.
        keep_collection: bool,
        /// Whether the element's position is a last column.
        with_ordinality: bool,
        /// Whether a row without elements comes once, with NULLs.
        outer: bool,
    },
    /// Makes watermarks from rows.
    WatermarkAssigner(WatermarkSpec),
    /// Window table-valued function: adds `window_start`, `window_end`, `window_time`, one row for
    /// each window that a row belongs to. SESSION is keyed by `keys`.
    WindowTableFunction {
        /// Which windows.
        window: WindowSpec,
        /// Of which time.
        time: TimeAttribute,
        /// PARTITION BY of SESSION.
        keys: Vec<usize>,
    },
    /// Aggregates by key and window. Emits keys, aggregates, then `window_start`, `window_end`
    /// (TIMESTAMP(3)) and `window_time` (type of the time attribute).
    WindowAggregate {
        /// Which windows.
        window: WindowSpec,
        /// Of which time.
        time: TimeAttribute,
        /// Key columns.
        keys: Vec<usize>,
        /// Aggregates.
        aggregates: Vec<AggregateCall>,
        /// Whether this one sees raw rows or partial results.
        phase: AggregatePhase,
        /// What the input carries; retractions are subtracted.
        input: ChangelogMode,
    },
    /// Aggregates by key over rows that already carry their window, whose bounds are among the keys.
    /// Emits keys, then aggregates, when the watermark has passed the window's end.
    AttachedWindowAggregate {
        /// Key columns.
        keys: Vec<usize>,
        /// The column of the window's end, TIMESTAMP(3).
        window_end: usize,
        /// Whether it is on the wall clock of the session's zone (windows of a TIMESTAMP_LTZ).
        zoned: bool,
        /// Aggregates.
        aggregates: Vec<AggregateCall>,
        /// What the input carries.
        input: ChangelogMode,
    },
    /// MATCH_RECOGNIZE. Emits the partition's columns and the measures of each match.
    Match(RowPattern),
    /// Unbounded GROUP BY. Emits keys, then aggregates, as a changelog.
    GroupAggregate {
        /// Key columns; none is one global group.
        keys: Vec<usize>,
        /// Aggregates.
        aggregates: Vec<AggregateCall>,
        /// What the input carries.
        input: ChangelogMode,
        /// Whether `-U` has to be emitted before `+U`.
        generate_update_before: bool,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
        /// Whether this one sees rows or partial results.
        phase: AggregatePhase,
    },
    /// Top-N: of each partition the rows whose number by `order` is in a range, as a changelog. Without
    /// `order` any rows will do. Emits the input's columns and, if `numbered`, the number.
    Rank {
        /// PARTITION BY; none is one partition.
        partition: Vec<usize>,
        /// ORDER BY.
        order: Vec<SortKey>,
        /// Which numbers.
        range: RankRange,
        /// Whether the number is the last column.
        numbered: bool,
        /// What rows of the input are updated by, where an update can only move a row up: then no more rows
        /// are kept than show. None otherwise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        update_fast: Vec<usize>,
        /// What the input carries.
        input: ChangelogMode,
        /// Whether `-U` has to be emitted before `+U`.
        generate_update_before: bool,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
    },
    /// Top-N within each event-time window; emits when the window is complete.
    WindowRank {
        /// The column `window_end`, TIMESTAMP(3).
        window_end: usize,
        /// Whether windows are those of a TIMESTAMP_LTZ.
        zoned: bool,
        /// PARTITION BY, the window's columns included.
        partition: Vec<usize>,
        /// ORDER BY.
        order: Vec<SortKey>,
        /// Which numbers.
        range: RankRange,
        /// Whether the number is the last column.
        numbered: bool,
    },
    /// The first or last row of each key by time.
    Deduplicate {
        /// Key columns; none is one global key.
        keys: Vec<usize>,
        /// Which time.
        time: TimeAttribute,
        /// The last row instead of the first.
        keep_last: bool,
        /// Whether `-U` has to be emitted before `+U`.
        generate_update_before: bool,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
    },
    /// Changes by key, or that come twice, to a changelog that says what is replaced.
    ChangelogNormalize {
        /// The key.
        keys: Vec<usize>,
        /// Whether `-U` has to be emitted before `+U`.
        generate_update_before: bool,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
    },
    /// For each PRIMARY KEY of a sink the row that came last, where several have it in turn.
    SinkUpsertMaterializer {
        /// The sink's PRIMARY KEY.
        keys: Vec<usize>,
        /// What rows of the input are found by; none is all columns.
        upsert_key: Vec<usize>,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
    },
    /// Functions over an OVER window ordered by time. Emits the input's columns, then the results.
    OverAggregate {
        /// PARTITION BY; none is one partition.
        partition: Vec<usize>,
        /// ORDER BY, ascending.
        time: TimeAttribute,
        /// Which rows a function sees; ends at the current row.
        frame: OverFrame,
        /// The functions.
        calls: Vec<OverCall>,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
    },
    /// Functions over an OVER window of rows that may change, or that no time orders: a changelog of the
    /// input's columns and the results.
    UpdatingOver {
        /// PARTITION BY; none is one partition.
        partition: Vec<usize>,
        /// ORDER BY; without, rows are in the order of arrival.
        order: Vec<SortKey>,
        /// Which rows an aggregate sees.
        frame: OverFrame,
        /// The functions.
        calls: Vec<OverCall>,
        /// What the input carries.
        input: ChangelogMode,
        /// Whether `-U` has to be emitted before `+U`.
        generate_update_before: bool,
        /// `table.exec.state.ttl` in ms; 0 keeps state for ever.
        state_ttl_ms: u64,
    },
    /// Rows in the order of time, then of further keys.
    TemporalSort {
        /// Which time, ascending.
        time: TimeAttribute,
        /// What orders rows of the same time.
        order: Vec<SortKey>,
    },
    /// Joins two changelogs by state of both sides. Emits the columns of the left input, then of the right
    /// (of SEMI and ANTI the left ones alone).
    Join(JoinSpec),
    /// A chain of joins on one key. Emits the columns of all inputs.
    MultiJoin(MultiJoinSpec),
    /// Joins rows whose times are near each other and forgets them when time has passed. Inserts only.
    IntervalJoin {
        /// What belongs together.
        join: JoinSpec,
        /// How near.
        bounds: IntervalBounds,
    },
    /// Joins the rows of each window when it is complete. Inserts only.
    WindowJoin {
        /// What belongs together; the windows' bounds are among the keys.
        join: JoinSpec,
        /// When a window is complete.
        windows: WindowColumns,
    },
    /// Joins each row with the version of the right side that is valid at its time.
    TemporalJoin {
        /// What belongs together.
        join: JoinSpec,
        /// Which times.
        times: TimeColumns,
    },
    /// Joins each row with a table as it is when the row comes by. Inserts only.
    LookupJoin {
        /// What belongs together; the table is the right side.
        join: JoinSpec,
        /// The table.
        table: Box<LookupTable>,
    },
    /// Writes a table.
    Sink {
        /// Which.
        table: TableSpec,
        /// What it is given.
        input: ChangelogMode,
        /// INSERT OVERWRITE.
        overwrite: bool,
        /// PARTITION (k = 'v', ...) of the INSERT.
        static_partition: BTreeMap<String, String>,
    },
    /// Hands rows to the client that waits for them (the last SELECT of `alpheus sql`).
    Collect {
        /// Which of the job's results this is.
        result: u32,
    },
}

/// Where in a two-phase aggregation an operator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AggregatePhase {
    /// All in one.
    Single,
    /// Before the exchange: rows to partial results.
    Local,
    /// After it: partial results to final ones.
    Global,
}

/// A graph that breaks a rule: a defect of the planner, reported rather than run.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("invalid job graph: {0}")]
pub struct InvalidGraph(pub String);

impl JobGraph {
    /// The vertex with this id.
    pub fn vertex(&self, id: VertexId) -> Option<&Vertex> {
        self.vertices.get(id.0 as usize)
    }

    /// Edges that enter `id`, by input.
    pub fn inputs_of(&self, id: VertexId) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.to == id)
    }

    /// Edges that leave `id`.
    pub fn outputs_of(&self, id: VertexId) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.from == id)
    }

    /// The most subtasks any vertex has: how many slots the job needs (slots are shared).
    pub fn required_slots(&self) -> u32 {
        self.vertices
            .iter()
            .map(|vertex| vertex.parallelism)
            .max()
            .unwrap_or(0)
    }

    /// Checks the invariants of the module's documentation.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn validate(&self) -> Result<(), InvalidGraph> {
        let fail = |message: String| Err(InvalidGraph(message));
        let mut operators = HashSet::new();
        for (position, vertex) in self.vertices.iter().enumerate() {
            if vertex.id.0 as usize != position {
                return fail(format!(
                    "vertex {} stands at position {position}",
                    vertex.id
                ));
            }
            if vertex.parallelism == 0 || vertex.parallelism > self.max_parallelism {
                return fail(format!(
                    "vertex `{}` has parallelism {}, allowed are 1 to pipeline.max-parallelism = {}",
                    vertex.name, vertex.parallelism, self.max_parallelism
                ));
            }
            let Some(head) = vertex.chain.first() else {
                return fail(format!("vertex {position} has no operators"));
            };
            let is_source = matches!(head.spec, OperatorSpec::Source { .. });
            if is_source != self.inputs_of(vertex.id).next().is_none() {
                return fail(format!(
                    "vertex `{}` must be a source or have inputs, not both",
                    vertex.name
                ));
            }
            for node in &vertex.chain {
                if !operators.insert(node.id) {
                    return fail(format!(
                        "two operators have the id {} (`{}`)",
                        node.id, node.name
                    ));
                }
            }
        }
        for edge in &self.edges {
            let (Some(from), Some(to)) = (self.vertex(edge.from), self.vertex(edge.to)) else {
                return fail(format!(
                    "an edge joins {} and {}, which are not both there",
                    edge.from, edge.to
                ));
            };
            if edge.from >= edge.to {
                return fail(format!(
                    "an edge goes backwards from {} to {}",
                    edge.from, edge.to
                ));
            }
            if edge.partitioning == Partitioning::Forward && from.parallelism != to.parallelism {
                return fail(format!(
                    "a forward edge joins parallelism {} and {}",
                    from.parallelism, to.parallelism
                ));
            }
        }
        Ok(())
    }
}
