//! GROUP BY and aggregates.
//!
//! Everything that is selected, or asked for in HAVING, is bound over the input first, aggregates put
//! aside. Then the plan gets a projection of keys and arguments, the aggregate, and the expressions are
//! rewritten over its output: what equals a key becomes that key; a column that is left is the error
//! "is not being grouped".

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::LogicalType;
use alpheus_sql_parser::Span;

use super::Binder;
use super::grouping::{Grouping, is_grouping_function};
use super::over::OVER_COLUMNS;
use super::scope::Scope;
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode};

/// An aggregate with its arguments over the input.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PendingAggregate {
    /// The call; positions of columns are filled in when the plan is built.
    pub(super) call: AggregateCall,
    pub(super) args: Vec<Expr>,
    pub(super) filter: Option<Expr>,
    pub(super) order_by: Vec<(Expr, bool, bool)>,
}

/// The aggregates of a SELECT, each once.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pending: Vec<PendingAggregate>,
    /// Whether there is a GROUPING(..).
    pub(super) asks_for_grouping: bool,
    /// Whether it is for an expression of MATCH_RECOGNIZE, where FIRST and LAST pick a row.
    pub(super) of_pattern: bool,
    /// The type of the event time that rows of a pattern are ordered by.
    pub(super) pattern_time: Option<LogicalType>,
}

impl Collector {
    /// Where the aggregate stands among all.
    pub(super) fn add(&mut self, aggregate: PendingAggregate) -> usize {
        match self.pending.iter().position(|known| *known == aggregate) {
            Some(position) => position,
            None => {
                self.pending.push(aggregate);
                self.pending.len() - 1
            }
        }
    }

    /// A collector for an expression of MATCH_RECOGNIZE.
    pub(super) fn of_pattern(time: Option<LogicalType>) -> Self {
        Collector {
            of_pattern: true,
            pattern_time: time,
            ..Collector::default()
        }
    }

    /// What was collected, in order.
    pub(super) fn into_pending(self) -> Vec<PendingAggregate> {
        self.pending
    }

    /// Whether the SELECT is one over groups.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty() && !self.asks_for_grouping
    }
}

impl Binder<'_> {
    /// The aggregate over `input`: keys, then the collected aggregates, then, with several sets of keys,
    /// the number of the set.
    pub(super) fn aggregate_rel(
        &self,
        input: Arc<Rel>,
        grouping: &Grouping,
        collector: &RefCell<Collector>,
    ) -> Arc<Rel> {
        let keys = &grouping.keys;
        let grouped = !keys.is_empty() || grouping.is_several();
        let mut columns = Columns::new(input.schema.clone());
        let key_positions: Vec<usize> = keys
            .iter()
            .map(|key| columns.add(self.fold(key.clone())))
            .collect();
        let mut calls = Vec::new();
        for pending in &collector.borrow().pending {
            let mut call = pending.call.clone();
            call.args = (pending.args.iter())
                .map(|arg| columns.add(self.fold(arg.clone())))
                .collect();
            call.filter = (pending.filter.as_ref()).map(|f| columns.add(self.fold(f.clone())));
            call.order_by = (pending.order_by.iter())
                .map(|(expr, ascending, nulls)| {
                    (columns.add(self.fold(expr.clone())), *ascending, *nulls)
                })
                .collect();
            call.ty = result_type(&call, grouped);
            calls.push(call);
        }
        let projected = Rel::project(input, columns.columns);
        if !grouping.is_several() {
            return aggregate_node(projected, key_positions, calls);
        }
        let width = projected.schema.len();
        let expanded = grouping.expand(projected, &key_positions);
        let all_keys = (width..expanded.schema.len()).collect();
        let count = keys.len();
        let results = count + 1..count + 1 + calls.len();
        let rel = aggregate_node(expanded, all_keys, calls);
        let columns = (0..count).chain(results).chain([count]).map(|at| {
            let field = &rel.schema.fields[at];
            (field.name.clone(), Expr::input(at, field.ty.clone()))
        });
        let columns = columns.collect();
        Rel::project(rel, columns)
    }
}

/// The aggregate node: its columns are the keys and a column for each call.
pub(super) fn aggregate_node(
    input: Arc<Rel>,
    keys: Vec<usize>,
    aggregates: Vec<AggregateCall>,
) -> Arc<Rel> {
    let mut fields: Vec<PlanField> = keys
        .iter()
        .map(|&key| input.schema.fields[key].clone())
        .collect();
    for call in &aggregates {
        let name = format!("$f{}", fields.len());
        fields.push(PlanField::new(name, call.ty.clone()));
    }
    Arc::new(Rel {
        node: RelNode::Aggregate {
            input,
            keys,
            aggregates,
        },
        schema: PlanSchema { fields },
    })
}

/// Over a group that has rows, and without FILTER, these give no NULL that is not in the argument.
fn result_type(call: &AggregateCall, grouped: bool) -> LogicalType {
    let passes_nulls = matches!(
        call.function.as_str(),
        "SUM" | "AVG" | "MIN" | "MAX" | "FIRST_VALUE" | "LAST_VALUE"
    );
    let nullable = call.arg_types.iter().any(|ty| ty.nullable);
    if passes_nulls && grouped && call.filter.is_none() && !nullable {
        call.ty.with_nullable(false)
    } else {
        call.ty.clone()
    }
}

/// Columns to project, each expression once.
struct Columns {
    input: PlanSchema,
    columns: Vec<(String, Expr)>,
}

impl Columns {
    fn new(input: PlanSchema) -> Self {
        Columns {
            input,
            columns: Vec::new(),
        }
    }

    fn add(&mut self, expr: Expr) -> usize {
        if let Some(position) = self.columns.iter().position(|(_, known)| *known == expr) {
            return position;
        }
        let name = match &expr {
            Expr::Input { index, .. } => self.input.fields[*index].name.clone(),
            _ => format!("$f{}", self.columns.len()),
        };
        self.columns.push((name, expr));
        self.columns.len() - 1
    }
}

/// Rewrites expressions over the input into ones over the aggregate's output.
pub(super) struct OverGroups<'g> {
    pub(super) grouping: &'g Grouping,
    /// The aggregate's output.
    pub(super) schema: &'g PlanSchema,
    /// How many columns the input has: what lies behind are aggregates.
    pub(super) width: usize,
}

impl OverGroups<'_> {
    pub(super) fn rewrite(
        &self,
        expr: Expr,
        references: &BTreeMap<usize, Span>,
        scope: &Scope,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let sub = |expr: Expr| self.rewrite(expr, references, scope, span);
        if let Some(position) = self.grouping.keys.iter().position(|key| *key == expr) {
            return Ok(self.column(position));
        }
        Ok(match expr {
            // OVER is computed over the groups.
            over @ Expr::Input { index, .. } if index >= OVER_COLUMNS => over,
            Expr::Input { index, .. } if index >= self.width => {
                self.column(self.grouping.keys.len() + index - self.width)
            }
            Expr::Input { index, .. } => {
                let name = scope.field(index).map_or("", |field| field.name.as_str());
                let span = references.get(&index).copied().unwrap_or(span);
                return Err(SqlError::invalid(
                    format!("expression '{name}' is not being grouped"),
                    span,
                )
                .with_help(format!(
                    "add {name} to GROUP BY, or aggregate it, for example MAX({name})"
                )));
            }
            literal @ Expr::Literal { .. } => literal,
            Expr::Call { function, args, .. } if is_grouping_function(&function) => {
                // The number of the set comes last.
                let several = self.grouping.is_several();
                let number = several.then(|| self.column(self.schema.len() - 1));
                self.grouping.function(&function, &args, number, span)?
            }
            Expr::Call { function, args, ty } => {
                let args: Result<Vec<Expr>, SqlError> = args.into_iter().map(sub).collect();
                Expr::call(function, args?, ty)
            }
            Expr::Cast {
                input,
                ty,
                try_cast,
            } => Expr::Cast {
                input: Box::new(sub(*input)?),
                ty,
                try_cast,
            },
            Expr::Case {
                branches,
                otherwise,
                ty,
            } => {
                let branches: Result<Vec<(Expr, Expr)>, SqlError> = branches
                    .into_iter()
                    .map(|(condition, result)| Ok((sub(condition)?, sub(result)?)))
                    .collect();
                Expr::Case {
                    branches: branches?,
                    otherwise: match otherwise {
                        Some(otherwise) => Some(Box::new(sub(*otherwise)?)),
                        None => None,
                    },
                    ty,
                }
            }
        })
    }

    fn column(&self, position: usize) -> Expr {
        Expr::input(position, self.schema.fields[position].ty.clone())
    }
}
