//! Calls written as calls: scalar functions, aggregates, and what is neither.

use std::cell::RefCell;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;
use alpheus_functions::{aggregate, registry};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{
    self, ArgValue, FunctionCall, NullTreatment, OrderItem, SetQuantifier,
};

use super::aggregate::{Collector, PendingAggregate};
use super::convert;
use super::expr::{Aggregates, ExprBinder};
use super::group_window::is_group_window_name;
use super::grouping::is_grouping_function;
use super::sort::nulls_first;
use crate::error::{SqlError, nearest};

/// Functions of rows over their neighbours.
const RANKING: &[&str] = &[
    "ROW_NUMBER",
    "RANK",
    "DENSE_RANK",
    "PERCENT_RANK",
    "CUME_DIST",
    "NTILE",
    "LEAD",
    "LAG",
];

/// The complaint about a name that no function has, with the nearest that one has.
pub(super) fn unknown_function(name: &str, span: Span) -> SqlError {
    let error = SqlError::invalid(format!("function '{name}' not found"), span);
    let aggregates = aggregate::all().iter().map(|function| function.name);
    let near = nearest(name, aggregates).or_else(|| registry::nearest(name));
    match near {
        Some(near) => error.with_help(format!("did you mean '{near}'?")),
        None => error.with_help("SHOW FUNCTIONS lists those there are"),
    }
}

impl ExprBinder<'_> {
    pub(super) fn function_call(&self, call: &FunctionCall) -> Result<Expr, SqlError> {
        if let Some(bound) = self.user_function(call)? {
            return Ok(bound);
        }
        let name = match call.name.single() {
            Some(name) => name.value.to_uppercase(),
            None => {
                return Err(unknown_function(&call.name.to_string(), call.name.span)
                    .with_help("SHOW USER FUNCTIONS lists those of a database"));
            }
        };
        if let Some(over) = &call.over {
            return self.over_call(&name, call, over);
        }
        if RANKING.contains(&name.as_str()) {
            return Err(SqlError::invalid(
                format!("{name} needs an OVER clause"),
                call.span,
            ));
        }
        if is_group_window_name(&name) {
            return self.group_window_part(&name, call);
        }
        if name == "CUMULATE" {
            return Err(SqlError::invalid(
                "the window function CUMULATE can only stand in FROM TABLE(...)",
                call.span,
            ));
        }
        if let Aggregates::Collect(collector) = self.aggregates
            && collector.borrow().of_pattern
            && let Some(found) = self.pattern_call(&name, call, collector)?
        {
            return Ok(found);
        }
        if is_grouping_function(&name) {
            return self.grouping_function(&name, call);
        }
        if aggregate::all()
            .iter()
            .any(|function| function.name == name)
        {
            return self.aggregate_call(&name, call);
        }
        let no_clause = |present: bool, clause: &str| match present {
            true => Err(SqlError::invalid(
                format!("{clause} needs an aggregate function, and {name} is none"),
                call.span,
            )),
            false => Ok(()),
        };
        if super::json::is_json(call) {
            return Err(super::json::misplaced(call.span));
        }
        // Whether the function exists comes first.
        if registry::lookup(&name).is_none() {
            return Err(unknown_function(&call.name.last().value, call.name.span));
        }
        no_clause(call.quantifier == Some(SetQuantifier::Distinct), "DISTINCT")?;
        no_clause(call.filter.is_some(), "FILTER")?;
        no_clause(!call.order_by.is_empty(), "ORDER BY")?;
        no_clause(!call.within_group.is_empty(), "WITHIN GROUP")?;
        no_clause(call.star, "'*'")?;
        let args: Result<Vec<Expr>, SqlError> =
            call.args.iter().map(|arg| self.bind(value(arg)?)).collect();
        let args = args?;
        if name == "CURRENT_DATABASE" && args.is_empty() {
            let database = self.binder.catalogs.current_database.clone();
            let ty = TypeKind::string().not_null();
            return Ok(Expr::literal(Literal::String(database), ty));
        }
        self.call(&name, args, call.span)
    }

    /// GROUPING(a, ..): what stands for it until the groups are known.
    fn grouping_function(&self, name: &str, call: &FunctionCall) -> Result<Expr, SqlError> {
        let Aggregates::Collect(collector) = self.aggregates else {
            return Err(SqlError::invalid(
                format!("{name} can be used over groups only: in SELECT, HAVING or ORDER BY"),
                call.span,
            ));
        };
        if call.args.is_empty() != (name == "GROUP_ID") {
            return Err(SqlError::invalid(
                format!("{name} has a wrong number of arguments"),
                call.span,
            )
            .with_help("write GROUPING(a), GROUPING_ID(a, b) or GROUP_ID()"));
        }
        collector.borrow_mut().asks_for_grouping = true;
        let args: Result<Vec<Expr>, SqlError> =
            call.args.iter().map(|arg| self.bind(value(arg)?)).collect();
        Ok(Expr::call(name, args?, TypeKind::BigInt.not_null()))
    }

    fn aggregate_call(&self, name: &str, call: &FunctionCall) -> Result<Expr, SqlError> {
        let collector = self.collector(name, call.span)?;
        let inner = self.inside_aggregate();
        let pending = pending_call(&inner, name, call)?;
        Ok(self.put_aside(collector, pending))
    }

    /// Puts an aggregate aside; what stands for it in the expression.
    pub(super) fn aggregate(
        &self,
        name: &str,
        args: &[&ast::Expr],
        distinct: bool,
        order_by: &[&OrderItem],
        filter: Option<&ast::Expr>,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let collector = self.collector(name, span)?;
        let inner = self.inside_aggregate();
        let pending = pending_aggregate(&inner, name, args, distinct, order_by, filter, span)?;
        Ok(self.put_aside(collector, pending))
    }

    /// Where aggregates go; an error where they may not stand.
    fn collector(&self, name: &str, span: Span) -> Result<&RefCell<Collector>, SqlError> {
        match self.aggregates {
            Aggregates::Collect(collector) => Ok(collector),
            Aggregates::Refused(place) => {
                let error = SqlError::invalid(
                    format!("the aggregate function {name} cannot be used in {place}"),
                    span,
                );
                Err(match place {
                    "WHERE" => error.with_help("conditions on aggregates belong in HAVING"),
                    "an aggregate function" => {
                        error.with_help("aggregate in a sub-query and then over its result")
                    }
                    _ => error,
                })
            }
        }
    }

    fn inside_aggregate(&self) -> ExprBinder<'_> {
        ExprBinder::new(
            self.binder,
            self.scope,
            Aggregates::Refused("an aggregate function"),
        )
    }

    fn put_aside(&self, collector: &RefCell<Collector>, pending: PendingAggregate) -> Expr {
        let ty = pending.call.ty.clone();
        let position = collector.borrow_mut().add(pending);
        Expr::input(self.scope.width() + position, ty)
    }
}

/// The aggregate that is called, its arguments bound by `inner`.
pub(super) fn pending_call(
    inner: &ExprBinder<'_>,
    name: &str,
    call: &FunctionCall,
) -> Result<PendingAggregate, SqlError> {
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(value(arg)?);
    }
    if call.star && name != "COUNT" {
        return Err(SqlError::invalid(
            format!("{name}(*) does not exist, only COUNT(*)"),
            call.span,
        ));
    }
    if !call.star && args.is_empty() {
        return Err(SqlError::invalid(
            format!("{name} needs an argument"),
            call.span,
        ));
    }
    if call.nulls == Some(NullTreatment::Respect) {
        return Err(
            SqlError::unsupported(format!("RESPECT NULLS in {name}"), call.span)
                .with_help("FIRST_VALUE and LAST_VALUE skip NULLs"),
        );
    }
    let mut order_by: Vec<&OrderItem> = call.order_by.iter().collect();
    order_by.extend(&call.within_group);
    pending_aggregate(
        inner,
        name,
        &args,
        call.quantifier == Some(SetQuantifier::Distinct),
        &order_by,
        call.filter.as_deref(),
        call.span,
    )
}

/// An aggregate whose arguments `inner` binds.
fn pending_aggregate(
    inner: &ExprBinder<'_>,
    name: &str,
    args: &[&ast::Expr],
    distinct: bool,
    order_by: &[&OrderItem],
    filter: Option<&ast::Expr>,
    span: Span,
) -> Result<PendingAggregate, SqlError> {
    let args: Result<Vec<Expr>, SqlError> = args.iter().map(|arg| inner.bind(arg)).collect();
    let args = args?;
    let types: Vec<_> = args.iter().map(|arg| arg.ty().clone()).collect();
    let signature = super::user_function::aggregate_signature(name, &types, distinct, span)?;
    let mut args: Vec<Expr> = args
        .into_iter()
        .zip(&signature.arg_types)
        .map(|(arg, ty)| convert(arg, ty))
        .collect();
    if name == "COUNT" && !distinct && args.iter().all(|arg| !arg.ty().nullable) {
        // Nothing to look at: every row counts.
        args.clear();
    }
    let filter = match filter {
        Some(filter) => Some(inner.condition(filter, "FILTER")?),
        None => None,
    };
    let mut order = Vec::with_capacity(order_by.len());
    for item in order_by {
        order.push((inner.bind(&item.expr)?, !item.descending, nulls_first(item)));
    }
    Ok(PendingAggregate {
        call: AggregateCall {
            function: name.to_owned(),
            args: Vec::new(),
            arg_types: args.iter().map(|arg| arg.ty().clone()).collect(),
            distinct,
            filter: None,
            order_by: Vec::new(),
            ty: signature.result,
        },
        args,
        filter,
        order_by: order,
    })
}

/// The value of a positional argument.
pub(super) fn value(arg: &ast::FunctionArg) -> Result<&ast::Expr, SqlError> {
    if let Some(name) = &arg.name {
        return Err(SqlError::invalid(
            format!(
                "'{} =>': built-in functions take arguments by position",
                name.value
            ),
            arg.span,
        ));
    }
    match &arg.value {
        ArgValue::Expr(expr) => Ok(expr),
        ArgValue::Table(_) | ArgValue::Descriptor(_) => Err(SqlError::invalid(
            "tables and descriptors can be passed to table functions only",
            arg.span,
        )),
        ArgValue::Default => Err(SqlError::invalid(
            "DEFAULT cannot be passed to this function",
            arg.span,
        )),
    }
}
