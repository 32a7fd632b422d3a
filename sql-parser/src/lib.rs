//! Flink SQL text to a syntax tree with positions.
//!
//! A hand-written lexer and recursive-descent parser (Pratt style for expressions) for the dialect that Flink's own
//! parser accepts: hints, window table functions, `MATCH_RECOGNIZE`, `FOR SYSTEM_TIME AS OF`, watermarks, metadata
//! columns. Every node carries the [`Span`] of text it came from, so that the planner's complaints can point at the
//! place in the user's file with the same [`Diagnostic`] as the parser's own.
//!
//! Invariants:
//! * parsing never panics and never overflows the stack: nesting and operator chains are bounded;
//! * spans take no part in the equality of trees, so two expressions are equal when they say the same thing;
//! * `parse(display(tree)) == tree` for expressions, types and queries.
//!
//! The crate knows nothing of Arrow, catalogs or types' meaning: names are resolved and types are checked by the binder.
pub mod ast;
mod complete;
pub mod diagnostic;
mod display;
pub mod error;
pub mod keywords;
pub mod lexer;
pub mod parser;
pub mod span;
pub mod token;

pub use complete::is_complete;
pub use diagnostic::{Diagnostic, Severity};
pub use error::ParseError;
pub use parser::{parse_expression, parse_query, parse_script, parse_statement, parse_type};
pub use span::{Position, Span};

#[cfg(test)]
mod tests;
