//! The relational plan: what a query means, resolved and typed, before anything is decided about how.
//!
//! The binder makes it from the syntax tree; the optimizer rewrites it; [`crate::job_graph`] turns it
//! into operators for streaming and `alpheus-batch` into a DataFusion plan for bounded input. Nodes are
//! immutable and shared (`Arc`), so that a view used twice is one node, and rewriting is rebuilding.
//!
//! # Invariants
//!
//! * Expressions address the columns of the node's input by position (for joins: left, then right).
//! * Every implicit conversion is an explicit cast; argument types match signatures exactly.
//! * A column's [`TimeRole`] survives only a plain reference to the column: any computation makes it an
//!   ordinary value, as Flink's time attributes do.

mod compose;
mod explain;
mod explain_over;
mod fields;
mod join;
mod keys;
mod repeat;

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{TableSpec, WatermarkSpec};
use alpheus_dataflow::join::{JoinKey, JoinKind};
use alpheus_dataflow::over::{OverCall, OverFrame};
use alpheus_dataflow::pattern::RowPattern;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};

pub use alpheus_dataflow::order::{RankRange, SortKey};
pub(crate) use compose::{computes_once, is_repeatable, substitute};
pub use explain::explain_expr;
pub use fields::{PlanField, PlanSchema, TimeRole};
pub use join::JoinStrategy;
pub(crate) use join::{all_columns, columns_of, conjunction, conjuncts_of, join_schema, shifted};
pub use keys::UniqueKey;
pub(crate) use repeat::repeated;

/// A node of the plan with the columns it produces.
#[derive(Clone, Debug, PartialEq)]
pub struct Rel {
    /// What it does.
    pub node: RelNode,
    /// What comes out.
    pub schema: PlanSchema,
}

/// The kinds of node.
#[derive(Clone, Debug, PartialEq)]
pub enum RelNode {
    /// Physical and metadata columns of a table, those at `projection`, in that order.
    Scan {
        /// The table.
        table: Arc<TableSpec>,
        /// Positions in `table.schema`.
        projection: Vec<usize>,
        /// Conjuncts over the physical columns that the source may use; the plan applies them again.
        filters: Vec<Expr>,
    },
    /// Constant rows; expressions without columns.
    Values {
        /// The rows.
        rows: Vec<Vec<Expr>>,
    },
    /// Rows for which the predicate is TRUE.
    Filter {
        /// Where rows come from.
        input: Arc<Rel>,
        /// BOOLEAN.
        predicate: Expr,
    },
    /// Computed columns.
    Project {
        /// Where rows come from.
        input: Arc<Rel>,
        /// One expression for each column of `schema`.
        exprs: Vec<Expr>,
    },
    /// Event time begins here (`WATERMARK FOR`).
    Watermark {
        /// Where rows come from.
        input: Arc<Rel>,
        /// The rowtime column and its watermark.
        spec: WatermarkSpec,
    },
    /// A window table-valued function: the input's columns, then `window_start`, `window_end`,
    /// `window_time`.
    Window {
        /// Where rows come from.
        input: Arc<Rel>,
        /// Which windows.
        window: WindowSpec,
        /// Of which time.
        time: TimeAttribute,
        /// PARTITION BY of SESSION.
        keys: Vec<usize>,
    },
    /// GROUP BY: key columns, then aggregates. SELECT DISTINCT is one without aggregates.
    Aggregate {
        /// Where rows come from.
        input: Arc<Rel>,
        /// Key columns; none with aggregates is one group.
        keys: Vec<usize>,
        /// The aggregates.
        aggregates: Vec<AggregateCall>,
    },
    /// GROUP BY window_start, window_end and more, right above a window: keys, aggregates, then
    /// `window_start`, `window_end`, `window_time`. Made by the optimizer.
    WindowAggregate {
        /// Where rows come from: the input of the window function.
        input: Arc<Rel>,
        /// Which windows.
        window: WindowSpec,
        /// Of which time.
        time: TimeAttribute,
        /// Key columns besides the window.
        keys: Vec<usize>,
        /// The aggregates.
        aggregates: Vec<AggregateCall>,
    },
    /// GROUP BY window_start, window_end and more over rows that already carry their window: keys, then
    /// aggregates. Made by the optimizer.
    AttachedWindowAggregate {
        /// Where rows come from.
        input: Arc<Rel>,
        /// Key columns, the window's bounds among them.
        keys: Vec<usize>,
        /// The column of the window's end.
        window_end: usize,
        /// Whether the windows are those of a TIMESTAMP_LTZ.
        zoned: bool,
        /// The aggregates.
        aggregates: Vec<AggregateCall>,
    },
    /// A row for each element of a collection: the input's columns, then those of the element, then its
    /// position if asked for.
    Unnest {
        /// Where rows come from.
        input: Arc<Rel>,
        /// The collection; a BIGINT repeats the row so often.
        collection: usize,
        /// Whether anybody reads the collection's own column; else it is NULL.
        keep_collection: bool,
        /// Whether the element's position (from 1) is a last column.
        with_ordinality: bool,
        /// Whether a row without elements comes once, with NULLs.
        outer: bool,
    },
    /// Changes of a table that are by key, or may come twice, made a changelog that says what is replaced.
    ChangelogNormalize {
        /// Where rows come from.
        input: Arc<Rel>,
        /// The PRIMARY KEY.
        keys: Vec<usize>,
    },
    /// The same rows; the join or aggregate that reads them keeps state of them for so long (the hint
    /// STATE_TTL).
    StateTtl {
        /// Where rows come from.
        input: Arc<Rel>,
        /// In ms; 0 is for ever.
        ttl_ms: u64,
    },
    /// MATCH_RECOGNIZE: the partition's columns, then the measures, a row for each match.
    Match {
        /// Where rows come from.
        input: Arc<Rel>,
        /// What is looked for.
        pattern: Arc<RowPattern>,
    },
    /// Functions over an OVER window: the input's columns, then a column for each call. All calls share
    /// the window; several windows are several nodes.
    Over {
        /// Where rows come from.
        input: Arc<Rel>,
        /// PARTITION BY.
        partition: Vec<usize>,
        /// ORDER BY, most significant first.
        order: Vec<SortKey>,
        /// ROWS or RANGE.
        frame: OverFrame,
        /// The functions.
        calls: Vec<OverCall>,
    },
    /// Top-N: of each partition the rows whose number by `order` is in a range. Made by the optimizer,
    /// for streams.
    Rank {
        /// Where rows come from.
        input: Arc<Rel>,
        /// PARTITION BY.
        partition: Vec<usize>,
        /// ORDER BY, most significant first; rows with equal keys are in the order of arrival.
        order: Vec<SortKey>,
        /// Which numbers.
        range: RankRange,
        /// Whether the number is the last column.
        numbered: bool,
    },
    /// Top-N within each window: partitions have the window's columns among their keys. Made by the
    /// optimizer, for streams.
    WindowRank {
        /// Where rows come from.
        input: Arc<Rel>,
        /// The column `window_end`.
        window_end: usize,
        /// Whether windows are those of a TIMESTAMP_LTZ.
        zoned: bool,
        /// PARTITION BY.
        partition: Vec<usize>,
        /// ORDER BY, as in [`RelNode::Rank`].
        order: Vec<SortKey>,
        /// Which numbers.
        range: RankRange,
        /// Whether the number is the last column.
        numbered: bool,
    },
    /// The first or the last row of each key by time. Made by the optimizer, for streams.
    Deduplicate {
        /// Where rows come from.
        input: Arc<Rel>,
        /// PARTITION BY.
        keys: Vec<usize>,
        /// By which time.
        time: TimeAttribute,
        /// The last row instead of the first.
        keep_last: bool,
    },
    /// Rows of two relations that belong together: columns of the left side, then of the right.
    Join {
        /// Which rows come out.
        kind: JoinKind,
        /// The left side.
        left: Arc<Rel>,
        /// The right side.
        right: Arc<Rel>,
        /// Columns that have to be equal.
        keys: Vec<JoinKey>,
        /// What else has to be TRUE of two rows, over the columns of both.
        condition: Option<Expr>,
        /// How a stream finds the rows.
        strategy: JoinStrategy,
    },
    /// UNION ALL of inputs with the same column types.
    Union {
        /// Where rows come from.
        inputs: Vec<Arc<Rel>>,
    },
    /// ORDER BY, OFFSET and LIMIT; in batch mode only. Without keys any rows will do.
    Sort {
        /// Where rows come from.
        input: Arc<Rel>,
        /// By what, most significant first.
        keys: Vec<SortKey>,
        /// LIMIT: how many rows at most.
        fetch: Option<u64>,
        /// OFFSET: how many rows to leave out first.
        offset: u64,
    },
}

/// Where the rows of a query go.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// INSERT INTO a table; the query's columns already have the table's types and order.
    Table {
        /// The table.
        table: Arc<TableSpec>,
        /// INSERT OVERWRITE.
        overwrite: bool,
        /// PARTITION (k = 'v', ...).
        static_partition: BTreeMap<String, String>,
    },
    /// To the client.
    Collect {
        /// Which of the job's results this is.
        result: u32,
    },
}

/// A query and where its rows go. A job is one or several of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The query.
    pub query: Arc<Rel>,
    /// The target.
    pub target: Target,
}

impl Rel {
    /// The nodes that rows come from.
    pub fn inputs(&self) -> Vec<&Arc<Rel>> {
        match &self.node {
            RelNode::Scan { .. } | RelNode::Values { .. } => Vec::new(),
            RelNode::Filter { input, .. }
            | RelNode::Project { input, .. }
            | RelNode::Watermark { input, .. }
            | RelNode::Window { input, .. }
            | RelNode::Aggregate { input, .. }
            | RelNode::WindowAggregate { input, .. }
            | RelNode::AttachedWindowAggregate { input, .. }
            | RelNode::ChangelogNormalize { input, .. }
            | RelNode::StateTtl { input, .. }
            | RelNode::Unnest { input, .. }
            | RelNode::Match { input, .. }
            | RelNode::Over { input, .. }
            | RelNode::Rank { input, .. }
            | RelNode::WindowRank { input, .. }
            | RelNode::Deduplicate { input, .. }
            | RelNode::Sort { input, .. } => vec![input],
            RelNode::Join { left, right, .. } => vec![left, right],
            RelNode::Union { inputs } => inputs.iter().collect(),
        }
    }

    /// The same node over other inputs (as many as before).
    pub fn with_inputs(&self, new: Vec<Arc<Rel>>) -> Rel {
        let mut rel = self.clone();
        let mut new = new.into_iter();
        match &mut rel.node {
            RelNode::Scan { .. } | RelNode::Values { .. } => {}
            RelNode::Filter { input, .. }
            | RelNode::Project { input, .. }
            | RelNode::Watermark { input, .. }
            | RelNode::Window { input, .. }
            | RelNode::Aggregate { input, .. }
            | RelNode::WindowAggregate { input, .. }
            | RelNode::AttachedWindowAggregate { input, .. }
            | RelNode::ChangelogNormalize { input, .. }
            | RelNode::StateTtl { input, .. }
            | RelNode::Unnest { input, .. }
            | RelNode::Match { input, .. }
            | RelNode::Over { input, .. }
            | RelNode::Rank { input, .. }
            | RelNode::WindowRank { input, .. }
            | RelNode::Deduplicate { input, .. }
            | RelNode::Sort { input, .. } => {
                if let Some(replacement) = new.next() {
                    *input = replacement;
                }
            }
            RelNode::Join { left, right, .. } => {
                for side in [left, right] {
                    if let Some(replacement) = new.next() {
                        *side = replacement;
                    }
                }
            }
            RelNode::Union { inputs } => *inputs = new.collect(),
        }
        rel
    }

    /// Rows for which `predicate` is TRUE.
    pub fn filter(input: Arc<Rel>, predicate: Expr) -> Arc<Rel> {
        let schema = input.schema.clone();
        Arc::new(Rel {
            node: RelNode::Filter { input, predicate },
            schema,
        })
    }

    /// Computed columns under these names; a plain column keeps its time role.
    pub fn project(input: Arc<Rel>, columns: Vec<(String, Expr)>) -> Arc<Rel> {
        let fields = columns
            .iter()
            .map(|(name, expr)| PlanField {
                name: name.clone(),
                ty: expr.ty().clone(),
                role: match expr {
                    Expr::Input { index, .. } => input.schema.fields[*index].role,
                    Expr::Call { function, .. } if function == "PROCTIME" => TimeRole::Proctime,
                    _ => TimeRole::None,
                },
            })
            .collect();
        let exprs = columns.into_iter().map(|(_, expr)| expr).collect();
        Arc::new(Rel {
            node: RelNode::Project { input, exprs },
            schema: PlanSchema { fields },
        })
    }

    /// How long state of these rows is to be kept, in ms, if a hint says so.
    pub(crate) fn state_ttl(&self) -> Option<u64> {
        match &self.node {
            RelNode::StateTtl { ttl_ms, .. } => Some(*ttl_ms),
            RelNode::Filter { input, .. }
            | RelNode::Project { input, .. }
            | RelNode::Unnest { input, .. } => input.state_ttl(),
            _ => None,
        }
    }

    /// Whether this node and all below it read bounded tables only, given what `is_bounded` says.
    pub fn all_scans(&self, is_bounded: &dyn Fn(&TableSpec) -> bool) -> bool {
        match &self.node {
            RelNode::Scan { table, .. } => is_bounded(table),
            _ => self
                .inputs()
                .iter()
                .all(|input| input.all_scans(is_bounded)),
        }
    }
}
