//! Flink SQL in, job graph out.
//!
//! Text becomes a syntax tree (`alpheus-sql-parser`), a resolved relational plan ([`rel`]), a rewritten
//! one ([`optimizer`]) and finally a [`JobGraph`](alpheus_dataflow::JobGraph) for the streaming runtime
//! ([`job_graph`]). Bounded plans go from [`rel`] to DataFusion in `alpheus-batch` instead. Everything a
//! statement can get wrong is reported here, with its position, before anything runs.

pub mod job_graph;
pub mod optimizer;
pub mod rel;
pub mod values;
