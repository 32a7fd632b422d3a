//! The vocabulary of the engine.
//!
//! Everything that two crates of the engine must agree on lives here, and nothing else: Flink's type
//! system and its mapping to Arrow ([`types`], [`schema`]), the unit of data ([`changelog`]), what
//! travels in band with it ([`element`]), identifiers ([`ids`]), key groups and the hash that routes
//! rows to them ([`key_group`], [`hash`]), expressions and aggregate calls in a form that can be sent
//! to another process ([`expr`], [`aggregate`], [`order`], [`over`]), joins ([`join`]), windows ([`window`]), the job graph ([`graph`]), the
//! functions of users ([`user_functions`]), the
//! memory that state is made of ([`cow`], [`fixed`], [`tuple`](mod@tuple)), and
//! the traits of operators, sources and sinks ([`operator`], [`source`], [`sink`], [`snapshot`]).
//!
//! # Invariants
//!
//! * A [`ChangelogBatch`] never mixes schemas on one edge: the edge's [`RowType`] fixes column count,
//!   order and Arrow types of every batch that crosses it.
//! * Columns are canonical: a [`LogicalType`] has exactly one Arrow representation
//!   ([`LogicalType::to_arrow`]), so kernels never meet dictionaries, views or large offsets.
//! * Event time is `i64` milliseconds since the epoch everywhere outside a column.
//! * Routing depends on nothing but [`hash`]: a savepoint is only as stable as that module.

pub mod aggregate;
pub mod changelog;
pub mod cow;
pub mod element;
pub mod error;
pub mod expr;
pub mod fixed;
pub mod graph;
pub mod hash;
pub mod ids;
pub mod join;
pub mod key_group;
pub mod operator;
pub mod order;
pub mod over;
pub mod pattern;
pub mod schema;
pub mod sink;
pub mod snapshot;
pub mod source;
pub mod tuple;
pub mod types;
pub mod user_functions;
pub mod window;

pub use aggregate::AggregateCall;
pub use changelog::{ChangelogBatch, ChangelogMode, RowKind};
pub use element::{CheckpointBarrier, StreamElement, Watermark};
pub use error::{DataflowError, OperatorError, OperatorResult};
pub use expr::{Expr, Literal};
pub use graph::{Edge, JobGraph, OperatorNode, OperatorSpec, Partitioning, Vertex};
pub use ids::{AttemptNumber, CheckpointId, JobId, OperatorId, SubtaskIndex, VertexId};
pub use join::{
    IntervalBounds, JoinInput, JoinKey, JoinKind, JoinSpec, LookupTable, TimeColumns, WindowColumns,
};
pub use key_group::{KeyGroup, KeyGroupRange};
pub use schema::{Field, RowType};
pub use types::{LogicalType, TypeKind};
