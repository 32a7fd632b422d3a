//! `left JOIN versions FOR SYSTEM_TIME AS OF left.ts ON ..`: each row with the version of its time.
//!
//! As of processing time it is the table as it is when the row comes by. As of event time the table is versioned: it has a time attribute and a primary key, or is a query that keeps one row of a key (the last
//! by time of a ROW_NUMBER). What is refused, and why, is Flink's.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::join::{JoinKind, TimeColumns};
use alpheus_dataflow::types::TypeKind;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, JoinConstraint};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::join::Scoped;
use crate::error::SqlError;
use crate::rel::{JoinStrategy, Rel, RelNode, TimeRole, conjuncts_of};

impl Binder<'_> {
    pub(super) fn temporal_join(
        &self,
        join: &ast::Join,
        left: Scoped,
        right: Scoped,
        as_of: &ast::Expr,
    ) -> Result<Scoped, SqlError> {
        let kind = match join.kind {
            ast::JoinKind::Inner => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            _ => {
                return Err(SqlError::unsupported(
                    "a temporal join other than INNER JOIN and LEFT JOIN",
                    join.span,
                )
                .with_help("put the versioned table on the right of a LEFT JOIN"));
            }
        };
        let time = ExprBinder::new(self, &left.1, Aggregates::Refused("FOR SYSTEM_TIME AS OF"))
            .bind(as_of)?;
        let role = |rel: &Rel, column: usize| rel.schema.fields[column].role;
        let left_time = match time {
            Expr::Input { index, .. } if role(&left.0, index).is_time_attribute() => index,
            Expr::Input { index, .. } if is_planning_time(&left.0, index) => index,
            _ if !self.is_streaming() => {
                return Err(
                    SqlError::unsupported("a temporal join in batch mode", join.span)
                        .with_help("SET 'execution.runtime-mode' = 'streaming'"),
                );
            }
            _ => {
                return Err(SqlError::invalid(
                    "FOR SYSTEM_TIME AS OF needs a time attribute of the left table",
                    as_of.span,
                )
                .with_help("name its rowtime column, as in FOR SYSTEM_TIME AS OF o.ts"));
            }
        };
        let looked_up = !self.is_streaming() || role(&left.0, left_time) == TimeRole::Proctime;
        let (strategy, right) = match looked_up {
            // A table that is looked up has no event time.
            true => (JoinStrategy::Lookup, (without_watermark(&right.0), right.1)),
            false => {
                let right_time = version_time(&right.0, join.right.span)?;
                let times = TimeColumns {
                    left: left_time,
                    right: right_time,
                };
                (JoinStrategy::Temporal(times), right)
            }
        };
        let JoinConstraint::On(condition) = &join.constraint else {
            return Err(SqlError::invalid(
                "a temporal join needs ON with the key of the versioned table",
                join.span,
            ));
        };
        let width = left.0.schema.len();
        let scope = left.1.beside(right.1);
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("ON"));
        let span = condition.span;
        let condition = self.fold(binder.condition(condition, "ON")?);
        let equals = |conjunct: &Expr| {
            let columns = conjunct.referenced_columns();
            matches!(conjunct, Expr::Call { function, .. } if function == "=")
                && columns.iter().any(|&column| column < width)
                && columns.iter().any(|&column| column >= width)
        };
        if !conjuncts_of(&condition).iter().any(equals) {
            return Err(SqlError::invalid(
                "a temporal join needs an equality with the key of the versioned table",
                span,
            ));
        }
        let rel = Rel::join(kind, left.0, right.0, Some(condition));
        let rel = rel.with_strategy(strategy);
        let scope = scope.typed(&rel.schema);
        Ok((rel, scope))
    }
}

/// Whether a column is `PROCTIME()`, which over bounded input is the one time at which the query was planned.
fn is_planning_time(rel: &Rel, column: usize) -> bool {
    match &rel.node {
        RelNode::Project { input, exprs } => match &exprs[column] {
            Expr::Input { index, .. } => is_planning_time(input, *index),
            Expr::Literal { ty, .. } => ty.kind == TypeKind::TimestampLtz(3),
            _ => false,
        },
        RelNode::Filter { input, .. } => is_planning_time(input, column),
        _ => false,
    }
}

fn without_watermark(rel: &Arc<Rel>) -> Arc<Rel> {
    match &rel.node {
        RelNode::Watermark { input, .. } => Arc::clone(input),
        RelNode::Project { input, .. } | RelNode::Filter { input, .. } => {
            Arc::new(rel.with_inputs(vec![without_watermark(input)]))
        }
        _ => Arc::clone(rel),
    }
}

/// The column that says when a version begins.
fn version_time(rel: &Rel, span: Span) -> Result<usize, SqlError> {
    let requires = "an event-time temporal join requires both primary key and row time attribute in the versioned table, but no";
    let Some(time) = rel.schema.position_of_role(TimeRole::Rowtime) else {
        return Err(
            SqlError::invalid(format!("{requires} row time attribute can be found"), span)
                .with_help("declare WATERMARK FOR the column that says when a version begins"),
        );
    };
    let mut base = rel;
    loop {
        match &base.node {
            RelNode::Project { input, .. }
            | RelNode::Filter { input, .. }
            | RelNode::ChangelogNormalize { input, .. }
            | RelNode::Watermark { input, .. } => base = input,
            RelNode::Scan { table, .. } if table.primary_key.is_empty() => {
                return Err(SqlError::invalid(
                    format!("{requires} primary key can be found"),
                    span,
                )
                .with_help(
                    "declare PRIMARY KEY (..) NOT ENFORCED, or keep the last row of a key with ROW_NUMBER() in a view",
                ));
            }
            _ => return Ok(time),
        }
    }
}
