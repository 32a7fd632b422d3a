//! Bounded plans, run by DataFusion on one machine.
//!
//! The same relational plan that streaming turns into operators becomes a DataFusion plan here
//! ([`lower`]), which brings hash aggregation, sorting and spilling. What gives results their meaning is
//! shared with streaming: expressions are the compiled Flink expressions inside scalar functions
//! ([`expression`]), aggregates are the same accumulators inside aggregate functions ([`aggregate`]),
//! tables are read and written by the same connectors ([`scan`], [`write`](mod@write)). So both modes agree by
//! construction, except where Flink's own modes differ: batch knows neither watermarks nor late rows,
//! and a global aggregate of nothing is one row.
//!
//! This is the only crate that knows DataFusion.

mod aggregate;
mod error;
mod expression;
mod join;
mod lower;
mod memory;
mod over;
mod row_pattern;
mod run;
mod scan;
mod session;
mod unnest;
mod window;
mod write;

#[cfg(test)]
mod tests;

pub use error::BatchError;
pub use memory::MemoryBudget;
pub use run::{BatchJob, BatchSummary, run};
