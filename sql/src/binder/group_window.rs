//! The group windows `TUMBLE(ts, size)`, `HOP(ts, slide, size)` and `SESSION(ts, gap)` of GROUP BY, which
//! window table functions have replaced, and their parts `TUMBLE_START(ts, size)` and so on.
//!
//! They are bound to what replaces them: the window function over the rows of FROM and WHERE, grouped by its
//! three columns. Those stand in a relation of the scope that no name reaches; a part becomes the column
//! that it asks for. The source of what is accepted is Calcite's `SqlGroupedWindowFunction`, with Flink's
//! limits.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::window::TimeAttribute;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{
    self, ArgValue, ExprKind, FunctionArg, FunctionCall, GroupBy, GroupItem,
};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::scope::Scope;
use super::window_function::{Arguments, Function, WINDOW_COLUMNS, window_rel};
use crate::error::SqlError;
use crate::rel::{PlanSchema, Rel, columns_of};

const FUNCTIONS: &[Function] = &[
    Function {
        name: "TUMBLE",
        parameters: &["TIME", "SIZE"],
        required: 2,
    },
    Function {
        name: "HOP",
        parameters: &["TIME", "SLIDE", "SIZE"],
        required: 3,
    },
    Function {
        name: "SESSION",
        parameters: &["TIME", "GAP"],
        required: 2,
    },
];

/// What can be asked of the window of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Start,
    End,
    Rowtime,
    Proctime,
}

const PARTS: &[(&str, Part)] = &[
    ("_START", Part::Start),
    ("_END", Part::End),
    ("_ROWTIME", Part::Rowtime),
    ("_PROCTIME", Part::Proctime),
];

/// The window that a SELECT groups by.
#[derive(Debug)]
pub(super) struct GroupWindow {
    /// Its function and arguments: a part is one of this window if it repeats them.
    function: &'static str,
    args: Vec<Expr>,
    processing_time: bool,
    /// Its columns: start, end and time, over the extended input.
    columns: Vec<Expr>,
}

impl GroupWindow {
    /// What GROUP BY groups by in place of the call.
    pub(super) fn keys(&self) -> &[Expr] {
        &self.columns
    }
}

/// Whether the name is one of a group window or of a part of one.
pub(super) fn is_group_window_name(name: &str) -> bool {
    FUNCTIONS.iter().any(|function| function.name == name) || part_of(name).is_some()
}

/// The function and the call, if the expression is one of a group window.
pub(super) fn group_window_call(expr: &ast::Expr) -> Option<(&'static Function, &FunctionCall)> {
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    let name = call.name.single()?.value.to_uppercase();
    let function = FUNCTIONS.iter().find(|function| function.name == name)?;
    call.over.is_none().then_some((function, call))
}

/// The window's function and what is asked of it, if the name is one of a part.
fn part_of(name: &str) -> Option<(&'static Function, Part)> {
    PARTS.iter().find_map(|(suffix, part)| {
        let window = name.strip_suffix(suffix)?;
        let function = FUNCTIONS.iter().find(|function| function.name == window)?;
        Some((function, *part))
    })
}

/// The group window of GROUP BY; an error when there are two, or when it stands where none can.
fn only_call(group_by: &GroupBy) -> Result<Option<(&'static Function, &FunctionCall)>, SqlError> {
    let mut found = None;
    let mut sets = false;
    for item in &group_by.items {
        match item {
            GroupItem::Expr(expr) => match group_window_call(expr) {
                Some((_, call)) if found.is_some() => {
                    return Err(SqlError::invalid(
                        "only one group window may be used in GROUP BY",
                        call.span,
                    ));
                }
                Some(window) => found = Some(window),
                None => {}
            },
            _ => sets = true,
        }
    }
    match found {
        Some((_, call)) if sets => Err(SqlError::unsupported(
            "GROUPING SETS, ROLLUP or CUBE beside a group window",
            call.span,
        )
        .with_help(TABLE_FUNCTION_INSTEAD)),
        found => Ok(found),
    }
}

const TABLE_FUNCTION_INSTEAD: &str = "use a window table function: FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end";

impl Binder<'_> {
    /// The input with the columns of GROUP BY's group window behind, the scope with a place for them, and
    /// the window; nothing when GROUP BY has none.
    pub(super) fn group_window(
        &self,
        input: &Arc<Rel>,
        scope: &Scope,
        group_by: Option<&GroupBy>,
    ) -> Result<Option<(Arc<Rel>, Scope, GroupWindow)>, SqlError> {
        let Some(group_by) = group_by else {
            return Ok(None);
        };
        let Some((function, call)) = only_call(group_by)? else {
            return Ok(None);
        };
        let arguments = Arguments::of(function, call)?;
        let binder = ExprBinder::new(self, scope, Aggregates::Refused("GROUP BY"));
        let args = bound_args(&binder, call)?;
        let spec = self.window_spec(&arguments)?;

        // The time as a column, then keys that a session needs as columns.
        let width = scope.width();
        let mut columns = columns_of(input, 0..width);
        let mut position = |expr: Expr| match expr {
            Expr::Input { index, .. } => index,
            computed => {
                columns.push((format!("$w{}", columns.len()), computed));
                columns.len() - 1
            }
        };
        let time_at = position(args[0].clone());
        let mut keys = Vec::new();
        if function.name == "SESSION" {
            for item in &group_by.items {
                if let GroupItem::Expr(expr) = item
                    && group_window_call(expr).is_none()
                {
                    keys.push(position(self.fold(binder.bind(expr)?)));
                }
            }
        }
        let projected = match columns.len() > width {
            true => Rel::project(Arc::clone(input), columns),
            false => Arc::clone(input),
        };
        let time_span = call.args.first().map_or(call.span, |arg| arg.span);
        let time = self.time_attribute(function, time_at, &projected, time_span)?;
        let windowed = window_rel(projected, spec, time, time_at, keys);

        let first = windowed.schema.len() - WINDOW_COLUMNS;
        let window = GroupWindow {
            function: function.name,
            args,
            processing_time: matches!(time, TimeAttribute::Processing),
            columns: (first..first + WINDOW_COLUMNS)
                .map(|at| Expr::input(at, windowed.schema.fields[at].ty.clone()))
                .collect(),
        };
        let (_, behind) = windowed.schema.fields.split_at(width);
        let behind = PlanSchema {
            fields: behind.to_vec(),
        };
        let scope = scope.clone().typed(&windowed.schema).with_unnamed(behind);
        Ok(Some((windowed, scope, window)))
    }
}

/// The arguments as expressions, the time first.
fn bound_args(binder: &ExprBinder<'_>, call: &FunctionCall) -> Result<Vec<Expr>, SqlError> {
    let bound = |arg: &FunctionArg| match &arg.value {
        ArgValue::Expr(expr) => Ok(binder.binder.fold(binder.bind(expr)?)),
        _ => Err(SqlError::invalid(
            format!(
                "the group window {} takes a time column and intervals",
                call.name
            ),
            arg.span,
        )
        .with_help(TABLE_FUNCTION_INSTEAD)),
    };
    call.args.iter().map(bound).collect()
}

impl ExprBinder<'_> {
    /// A call of a group window or of a part of one, outside of GROUP BY.
    pub(super) fn group_window_part(
        &self,
        name: &str,
        call: &FunctionCall,
    ) -> Result<Expr, SqlError> {
        let Some((function, part)) = part_of(name) else {
            return Err(SqlError::invalid(
                format!("the window function {name} can only stand in GROUP BY or in FROM TABLE(...)"),
                call.span,
            )
            .with_help(format!(
                "{name}_START and {name}_END, with the arguments of GROUP BY, give the window's bounds"
            )));
        };
        let window = self
            .group_window
            .filter(|window| window.function == function.name);
        let Some(window) = window else {
            return Err(no_match(name, function, call.span));
        };
        if bound_args(self, call)? != window.args {
            return Err(no_match(name, function, call.span));
        }
        let [start, end, time] = window.columns.as_slice() else {
            return Err(no_match(name, function, call.span));
        };
        match (part, window.processing_time) {
            (Part::Start, _) => Ok(start.clone()),
            (Part::End, _) => Ok(end.clone()),
            (Part::Rowtime, false) | (Part::Proctime, true) => Ok(time.clone()),
            (Part::Rowtime, true) => Err(SqlError::invalid(
                format!("{name} needs a window of event time"),
                call.span,
            )
            .with_help(format!("use {}_PROCTIME", function.name))),
            (Part::Proctime, false) => Err(SqlError::invalid(
                format!("{name} needs a window of processing time"),
                call.span,
            )
            .with_help(format!("use {}_ROWTIME", function.name))),
        }
    }
}

fn no_match(name: &str, function: &Function, span: Span) -> SqlError {
    SqlError::invalid(
        format!(
            "{name} needs a call of {} with the same arguments in GROUP BY",
            function.name
        ),
        span,
    )
    .with_help(format!("write GROUP BY {}", function.signature()))
}
