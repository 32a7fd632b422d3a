//! OVER: functions of a row over its neighbors.
//!
//! As aggregates, they are collected while the expressions of a SELECT are bound, and stand in them as
//! columns of their own ([`OVER_COLUMNS`] and behind). They are evaluated after GROUP BY, so that their
//! arguments may contain aggregates, and before QUALIFY, DISTINCT and ORDER BY. Calls with the same
//! window become one node of the plan.

use std::cell::RefCell;
use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_functions::aggregate;
use alpheus_functions::typing::can_cast;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, FunctionCall, Ident, NamedWindow, OrderItem, Over};

use super::aggregate::PendingAggregate;
use super::call::{pending_call, unknown_function, value};
use super::expr::ExprBinder;
use super::sort::nulls_first;
use super::{Binder, convert};
use crate::error::SqlError;
use crate::rel::{PlanField, Rel, RelNode};

/// Where the columns of OVER calls begin: behind every column that there can be.
pub(super) const OVER_COLUMNS: usize = usize::MAX / 2;

/// Where OVER calls go, and the windows that they can name.
#[derive(Clone, Copy)]
pub(super) struct Overs<'e> {
    pub(super) collector: &'e RefCell<OverCollector>,
    /// The WINDOW clause.
    pub(super) windows: &'e [NamedWindow],
}

/// The OVER calls of a SELECT, each once.
#[derive(Debug, Default)]
pub(super) struct OverCollector {
    pending: Vec<PendingOver>,
}

/// A call with everything it reads as expressions over the input.
#[derive(Clone, Debug, PartialEq)]
struct PendingOver {
    window: PendingWindow,
    function: PendingFunction,
}

#[derive(Clone, Debug, PartialEq)]
struct PendingWindow {
    partition: Vec<Expr>,
    /// What, ascending, nulls first.
    order: Vec<(Expr, bool, bool)>,
    frame: OverFrame,
}

#[derive(Clone, Debug, PartialEq)]
enum PendingFunction {
    Aggregate(PendingAggregate),
    /// One that reads no columns.
    Plain(OverCall),
    Lag {
        value: Expr,
        offset: i64,
        default: Option<Expr>,
        ty: LogicalType,
    },
}

/// A window as written, with what it takes from the one it refines.
#[derive(Default)]
struct Written<'q> {
    partition: &'q [ast::Expr],
    order: &'q [OrderItem],
    frame: Option<&'q ast::WindowFrame>,
}

impl OverCollector {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Rewrites everything that the calls read.
    ///
    /// # Errors
    /// Those of `rewrite`.
    pub(super) fn try_rewrite(
        &mut self,
        rewrite: impl Fn(Expr) -> Result<Expr, SqlError>,
    ) -> Result<(), SqlError> {
        for pending in &mut self.pending {
            for expr in pending.exprs_mut() {
                *expr = rewrite(expr.clone())?;
            }
        }
        Ok(())
    }
}

impl PendingOver {
    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let mut exprs: Vec<&mut Expr> = self.window.partition.iter_mut().collect();
        exprs.extend(self.window.order.iter_mut().map(|(expr, _, _)| expr));
        match &mut self.function {
            PendingFunction::Plain(_) => {}
            PendingFunction::Lag { value, default, .. } => {
                exprs.push(value);
                exprs.extend(default);
            }
            PendingFunction::Aggregate(call) => {
                exprs.extend(&mut call.args);
                exprs.extend(&mut call.filter);
                exprs.extend(call.order_by.iter_mut().map(|(expr, _, _)| expr));
            }
        }
        exprs
    }

    fn ty(&self) -> LogicalType {
        match &self.function {
            PendingFunction::Aggregate(pending) => pending.call.ty.clone(),
            PendingFunction::Plain(call) => call.ty(),
            PendingFunction::Lag { ty, .. } => ty.clone(),
        }
    }
}

impl ExprBinder<'_> {
    /// `f(..) OVER ..`: puts it aside; what stands for it in the expression.
    pub(super) fn over_call(
        &self,
        name: &str,
        call: &FunctionCall,
        over: &Over,
    ) -> Result<Expr, SqlError> {
        let Some(overs) = self.overs else {
            return Err(SqlError::invalid(
                format!("{name}(..) OVER (..) cannot be used here"),
                call.span,
            )
            .with_help(
                "OVER can stand in SELECT, QUALIFY and ORDER BY; compute it in a sub-query first",
            ));
        };
        let written = match over {
            Over::Name(window) => named_window(window, overs.windows)?,
            Over::Spec(spec) => refined(spec, overs.windows)?,
        };
        let inner = ExprBinder {
            overs: None,
            ..ExprBinder::new(self.binder, self.scope, self.aggregates)
        };
        let function = inner.over_function(name, call)?;
        let window = inner.over_window(&function, &written, call.span)?;
        let references = inner.references.take();
        self.references.borrow_mut().extend(references);

        let pending = PendingOver { window, function };
        let ty = pending.ty();
        let mut collector = overs.collector.borrow_mut();
        let known = collector.pending.iter().position(|known| *known == pending);
        let position = known.unwrap_or_else(|| {
            collector.pending.push(pending);
            collector.pending.len() - 1
        });
        Ok(Expr::input(OVER_COLUMNS + position, ty))
    }

    fn over_function(&self, name: &str, call: &FunctionCall) -> Result<PendingFunction, SqlError> {
        if aggregate::all().iter().any(|known| known.name == name) {
            let pending = pending_call(self, name, call)?;
            if !pending.order_by.is_empty() {
                return Err(SqlError::unsupported(
                    format!("ORDER BY inside {name}(..) OVER (..)"),
                    call.span,
                )
                .with_help("order the window instead"));
            }
            return Ok(PendingFunction::Aggregate(pending));
        }
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(self.binder.fold(self.bind(value(arg)?)?));
        }
        let plain = match name {
            "ROW_NUMBER" => OverCall::RowNumber,
            "RANK" => OverCall::Rank,
            "DENSE_RANK" => OverCall::DenseRank,
            "PERCENT_RANK" => OverCall::PercentRank,
            "CUME_DIST" => OverCall::CumeDist,
            "NTILE" => {
                let buckets = match args.as_slice() {
                    [buckets] => whole_number(buckets).filter(|buckets| *buckets > 0),
                    _ => None,
                };
                let Some(buckets) = buckets else {
                    return Err(SqlError::invalid(
                        "NTILE needs a constant number of parts, above 0",
                        call.span,
                    ));
                };
                return Ok(PendingFunction::Plain(OverCall::Ntile { buckets }));
            }
            "LAG" | "LEAD" => return lag(name, args, call),
            _ => {
                let error = unknown_function(&call.name.last().value, call.name.span);
                return Err(match alpheus_functions::registry::lookup(name) {
                    None => error,
                    Some(_) => SqlError::invalid(
                        format!("OVER needs an aggregate or ranking function, and {name} is none"),
                        call.span,
                    ),
                });
            }
        };
        if !args.is_empty() || call.star {
            return Err(SqlError::invalid(
                format!("{name} takes no arguments"),
                call.span,
            ));
        }
        Ok(PendingFunction::Plain(plain))
    }

    fn over_window(
        &self,
        function: &PendingFunction,
        written: &Written<'_>,
        span: Span,
    ) -> Result<PendingWindow, SqlError> {
        let is_constant = |expr: &Expr| matches!(expr, Expr::Literal { .. });
        let mut partition = Vec::with_capacity(written.partition.len());
        for expr in written.partition {
            let key = self.binder.fold(self.bind(expr)?);
            if !is_constant(&key) && !partition.contains(&key) {
                partition.push(key);
            }
        }
        let mut order: Vec<(Expr, bool, bool)> = Vec::with_capacity(written.order.len());
        for item in written.order {
            let key = self.binder.fold(self.bind(&item.expr)?);
            if !is_constant(&key) && order.iter().all(|(known, _, _)| *known != key) {
                order.push((key, !item.descending, nulls_first(item)));
            }
        }
        let ranks = match function {
            PendingFunction::Plain(_) | PendingFunction::Lag { .. } => true,
            PendingFunction::Aggregate(_) => false,
        };
        if ranks && order.is_empty() {
            return Err(SqlError::invalid(
                "the window rank function requires order by clause with non-constant fields",
                span,
            )
            .with_help("write OVER (PARTITION BY .. ORDER BY ..)"));
        }
        let frame = match (function, written.frame) {
            (PendingFunction::Plain(OverCall::RowNumber), None) => {
                OverFrame::up_to_current_row(true)
            }
            (_, None) if order.is_empty() => OverFrame::whole_partition(),
            (_, None) => OverFrame::up_to_current_row(false),
            (_, Some(frame)) if ranks => {
                return Err(SqlError::invalid(
                    "ROWS and RANGE are not allowed with ranking functions, LAG and LEAD",
                    frame.span,
                ));
            }
            (_, Some(frame)) => self.frame(frame, &order)?,
        };
        Ok(PendingWindow {
            partition,
            order,
            frame,
        })
    }

    fn frame(
        &self,
        frame: &ast::WindowFrame,
        order: &[(Expr, bool, bool)],
    ) -> Result<OverFrame, SqlError> {
        let rows = !frame.range;
        let bound = |bound: &ast::FrameBound| {
            Ok::<_, SqlError>(match bound {
                ast::FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
                ast::FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
                ast::FrameBound::CurrentRow => FrameBound::CurrentRow,
                ast::FrameBound::Preceding(distance) => {
                    FrameBound::Preceding(self.distance(distance, rows, order)?)
                }
                ast::FrameBound::Following(distance) => {
                    FrameBound::Following(self.distance(distance, rows, order)?)
                }
            })
        };
        let start = bound(&frame.start)?;
        let end = match &frame.end {
            Some(end) => bound(end)?,
            None => FrameBound::CurrentRow,
        };
        let backwards = position(start) > position(end);
        if backwards
            || start == FrameBound::UnboundedFollowing
            || end == FrameBound::UnboundedPreceding
        {
            return Err(
                SqlError::invalid("the window's frame ends before it begins", frame.span)
                    .with_help("write ROWS BETWEEN .. PRECEDING AND CURRENT ROW"),
            );
        }
        Ok(OverFrame { rows, start, end })
    }

    /// How far a bound is: rows, milliseconds, or units of a whole number.
    fn distance(
        &self,
        expr: &ast::Expr,
        rows: bool,
        order: &[(Expr, bool, bool)],
    ) -> Result<i64, SqlError> {
        let bound = self.binder.constant(expr, "the bound of a window")?;
        if rows {
            return whole_number(&bound)
                .filter(|rows| *rows >= 0)
                .ok_or_else(|| {
                    SqlError::invalid(
                        "ROWS needs a constant number of rows, not below 0",
                        expr.span,
                    )
                });
        }
        let [(key, _, _)] = order else {
            return Err(SqlError::invalid(
                "RANGE with a distance needs exactly one column in ORDER BY",
                expr.span,
            ));
        };
        let distance = match &bound {
            Expr::Literal {
                value: Literal::Int(value),
                ty,
            } if key.ty().kind.is_datetime() => {
                (ty.kind == TypeKind::IntervalDayTime).then_some(*value)
            }
            bound if key.ty().kind.is_integer() => whole_number(bound),
            _ => None,
        };
        distance.filter(|distance| *distance >= 0).ok_or_else(|| {
            SqlError::invalid(
                format!(
                    "RANGE over {} cannot reach as far as this",
                    key.ty().kind
                ),
                expr.span,
            )
            .with_help("a time needs an interval of days to seconds, such as INTERVAL '1' HOUR; a whole number a whole number")
        })
    }
}

fn position(bound: FrameBound) -> i64 {
    match bound {
        FrameBound::UnboundedPreceding => i64::MIN,
        FrameBound::Preceding(distance) => -distance,
        FrameBound::CurrentRow => 0,
        FrameBound::Following(distance) => distance,
        FrameBound::UnboundedFollowing => i64::MAX,
    }
}

fn whole_number(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal {
            value: Literal::Int(value),
            ty,
        } if ty.kind.is_integer() => Some(*value),
        _ => None,
    }
}

/// `LAG(value [, offset [, default]])` and LEAD.
fn lag(name: &str, args: Vec<Expr>, call: &FunctionCall) -> Result<PendingFunction, SqlError> {
    if call.nulls.is_some() {
        return Err(SqlError::unsupported(
            format!("IGNORE NULLS or RESPECT NULLS in {name}"),
            call.span,
        ));
    }
    let mut args = args.into_iter();
    let (value, offset, default) = (args.next(), args.next(), args.next());
    let (Some(value), None) = (value, args.next()) else {
        return Err(SqlError::invalid(
            format!("it is called as {name}(value [, offset [, default]])"),
            call.span,
        ));
    };
    let offset = match &offset {
        None => Some(1),
        Some(offset) => whole_number(offset).filter(|offset| *offset >= 0),
    };
    let Some(offset) = offset else {
        return Err(SqlError::invalid(
            format!("{name} needs a constant number of rows, not below 0"),
            call.span,
        ));
    };
    let default = match default {
        None => None,
        Some(default) if !can_cast(default.ty(), value.ty()) => {
            return Err(SqlError::invalid(
                format!(
                    "the default of {name} is {}, and its value {}",
                    default.ty().kind,
                    value.ty().kind
                ),
                call.span,
            ));
        }
        Some(default) => Some(convert(default, value.ty())),
    };
    // As in Flink (Calcite's `SqlLeadLagAggFunction`), whatever the value's own nullability.
    let never_null = default
        .as_ref()
        .is_some_and(|default| !default.ty().nullable);
    let ty = value.ty().with_nullable(!never_null);
    Ok(PendingFunction::Lag {
        value,
        offset: if name == "LEAD" { -offset } else { offset },
        default,
        ty,
    })
}

fn named_window<'q>(name: &Ident, windows: &'q [NamedWindow]) -> Result<Written<'q>, SqlError> {
    let position = windows
        .iter()
        .position(|known| known.name.value == name.value);
    let Some(position) = position else {
        let names = windows.iter().map(|known| known.name.value.as_str());
        return Err(
            SqlError::invalid(format!("window '{}' not found", name.value), name.span)
                .suggesting(&name.value, names),
        );
    };
    // A window can refine those before it.
    refined(&windows[position].spec, &windows[..position])
}

fn refined<'q>(
    spec: &'q ast::WindowSpec,
    windows: &'q [NamedWindow],
) -> Result<Written<'q>, SqlError> {
    let mut written = match &spec.base {
        Some(base) => named_window(base, windows)?,
        None => Written::default(),
    };
    let twice = |clause: &str| {
        Err(SqlError::invalid(
            format!("{clause} is given by the window that this one refines, too"),
            spec.span,
        ))
    };
    if !spec.partition_by.is_empty() {
        if spec.base.is_some() {
            return twice("PARTITION BY");
        }
        written.partition = &spec.partition_by;
    }
    if !spec.order_by.is_empty() {
        if !written.order.is_empty() {
            return twice("ORDER BY");
        }
        written.order = &spec.order_by;
    }
    if let Some(frame) = &spec.frame {
        if written.frame.is_some() {
            return twice("the frame");
        }
        written.frame = Some(frame);
    }
    Ok(written)
}

impl Binder<'_> {
    /// The input with a column for each call; what the calls' columns are.
    pub(super) fn over_rel(
        &self,
        input: Arc<Rel>,
        collector: &RefCell<OverCollector>,
    ) -> (Arc<Rel>, Vec<Expr>) {
        let pending = &collector.borrow().pending;
        let mut columns: Vec<(String, Expr)> = (input.schema.fields.iter().enumerate())
            .map(|(at, field)| (field.name.clone(), Expr::input(at, field.ty.clone())))
            .collect();
        let mut column = |expr: &Expr| -> usize {
            let expr = self.fold(expr.clone());
            if let Some(position) = columns.iter().position(|(_, known)| *known == expr) {
                return position;
            }
            columns.push((format!("$o{}", columns.len()), expr));
            columns.len() - 1
        };
        // One node a window, in the order in which windows appear.
        let mut windows: Vec<(&PendingWindow, RelWindow)> = Vec::new();
        let mut places = Vec::with_capacity(pending.len());
        for over in pending {
            let call = match &over.function {
                PendingFunction::Plain(call) => call.clone(),
                PendingFunction::Lag {
                    value,
                    offset,
                    default,
                    ty,
                } => OverCall::Lag {
                    value: column(value),
                    offset: *offset,
                    default: default.as_ref().map(&mut column),
                    ty: ty.clone(),
                },
                PendingFunction::Aggregate(pending) => {
                    let mut call = pending.call.clone();
                    call.args = pending.args.iter().map(&mut column).collect();
                    call.filter = pending.filter.as_ref().map(&mut column);
                    OverCall::Aggregate(call)
                }
            };
            let at = match windows.iter().position(|(known, _)| **known == over.window) {
                Some(at) => at,
                None => {
                    let order = over.window.order.iter();
                    let window = RelWindow {
                        partition: over.window.partition.iter().map(&mut column).collect(),
                        order: order
                            .map(|(expr, ascending, nulls_first)| SortKey {
                                column: column(expr),
                                ascending: *ascending,
                                nulls_first: *nulls_first,
                            })
                            .collect(),
                        calls: Vec::new(),
                    };
                    windows.push((&over.window, window));
                    windows.len() - 1
                }
            };
            windows[at].1.calls.push(call);
            places.push((at, windows[at].1.calls.len() - 1));
        }

        let mut rel = if columns.len() == input.schema.len() {
            input
        } else {
            Rel::project(input, columns)
        };
        let mut starts = Vec::with_capacity(windows.len());
        for (window, node) in windows {
            starts.push(rel.schema.len());
            rel = over_node(rel, node, window.frame);
        }
        let columns = places.into_iter().map(|(window, call)| {
            let position = starts[window] + call;
            Expr::input(position, rel.schema.fields[position].ty.clone())
        });
        let columns = columns.collect();
        (rel, columns)
    }
}

struct RelWindow {
    partition: Vec<usize>,
    order: Vec<SortKey>,
    calls: Vec<OverCall>,
}

fn over_node(input: Arc<Rel>, window: RelWindow, frame: OverFrame) -> Arc<Rel> {
    let mut schema = input.schema.clone();
    for call in &window.calls {
        let name = format!("w{}$o{}", schema.len(), call.name().to_lowercase());
        schema.fields.push(PlanField::new(name, call.ty()));
    }
    Arc::new(Rel {
        node: RelNode::Over {
            input,
            partition: window.partition,
            order: window.order,
            frame,
            calls: window.calls,
        },
        schema,
    })
}

/// The expression with the columns of OVER calls instead of what stands for them.
pub(super) fn with_columns(expr: Expr, columns: &[Expr]) -> Expr {
    expr.transform(&mut |expr| match expr {
        Expr::Input { index, .. } if index >= OVER_COLUMNS => columns[index - OVER_COLUMNS].clone(),
        other => other,
    })
}
