//! GROUP BY window_start, window_end over a window function, as one node.
//!
//! Between the aggregate and the window function there may be filters and projections (the binder
//! makes one for the keys and arguments). They are moved below the window function, which is right as
//! long as they only pass the window's columns on. Where they compute with them, or an aggregate's
//! argument is one, the plan stays as it is: an ordinary aggregate over windowed rows, as in Flink.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::window::WindowSpec;

use crate::rel::{PlanField, PlanSchema, Rel, RelNode, TimeRole, is_repeatable, substitute};

const WINDOW_COLUMNS: usize = 3;

pub(super) fn recognize(rel: Arc<Rel>) -> Arc<Rel> {
    try_recognize(&rel).unwrap_or(rel)
}

fn try_recognize(rel: &Arc<Rel>) -> Option<Arc<Rel>> {
    let RelNode::Aggregate {
        input,
        keys,
        aggregates,
    } = &rel.node
    else {
        return None;
    };
    let role = |column: usize| input.schema.fields[column].role;
    let has_key = |wanted: TimeRole| keys.iter().any(|&key| role(key) == wanted);
    if !has_key(TimeRole::WindowStart) || !has_key(TimeRole::WindowEnd) {
        return None;
    }
    let below = BelowWindow::of(input)?;
    let Some(RelNode::Window {
        window,
        time,
        keys: session_keys,
        ..
    }) = below.window.map(|rel| &rel.node)
    else {
        return None;
    };

    // Keys and arguments in terms of what is left once the window's columns are gone.
    let plain_keys: Vec<usize> = keys
        .iter()
        .copied()
        .filter(|&key| below.window_column(key).is_none())
        .collect();
    let used = aggregates
        .iter()
        .flat_map(|call| call.args.iter().chain(&call.filter));
    if used
        .chain(&plain_keys)
        .any(|&column| below.window_column(column).is_some())
    {
        return None;
    }
    if let WindowSpec::Session { .. } = window {
        let mut partition: Vec<Option<usize>> = session_keys
            .iter()
            .map(|&key| below.output_of(key))
            .collect();
        let mut grouping: Vec<Option<usize>> = plain_keys.iter().copied().map(Some).collect();
        partition.sort_unstable();
        grouping.sort_unstable();
        if partition != grouping {
            return None;
        }
    }

    let window_rel = below.window?;
    let base_width = window_rel.schema.len() - WINDOW_COLUMNS;
    // The time column has to reach the aggregate: project it behind the others.
    let (projected, position_of, time) = below.project_base(base_width, *time)?;
    let map = |column: usize| position_of[column];
    let plain_keys: Option<Vec<usize>> = plain_keys.iter().map(|&key| map(key)).collect();
    let plain_keys = plain_keys?;
    let mut calls = aggregates.clone();
    for call in &mut calls {
        call.args = call
            .args
            .iter()
            .map(|&arg| map(arg))
            .collect::<Option<_>>()?;
        call.filter = match call.filter {
            Some(filter) => Some(map(filter)?),
            None => None,
        };
        for (column, _, _) in &mut call.order_by {
            *column = map(*column)?;
        }
    }

    let mut fields: Vec<PlanField> = plain_keys
        .iter()
        .map(|&key| projected.schema.fields[key].clone())
        .collect();
    let aggregate_fields = &rel.schema.fields[keys.len()..];
    fields.extend(aggregate_fields.iter().cloned());
    fields.extend(window_rel.schema.fields[base_width..].iter().cloned());
    let first_window_column = plain_keys.len() + calls.len();
    let aggregate = Arc::new(Rel {
        node: RelNode::WindowAggregate {
            input: projected,
            window: *window,
            time,
            keys: plain_keys,
            aggregates: calls,
        },
        schema: PlanSchema { fields },
    });

    // Back to the order and names of the original aggregate.
    let mut next_plain_key = 0;
    let mut columns = Vec::with_capacity(rel.schema.len());
    for (&key, field) in keys.iter().zip(&rel.schema.fields) {
        let position = match below.window_column(key) {
            Some(offset) => first_window_column + offset,
            None => {
                next_plain_key += 1;
                next_plain_key - 1
            }
        };
        columns.push((
            field.name.clone(),
            Expr::input(position, aggregate.schema.fields[position].ty.clone()),
        ));
    }
    for (offset, field) in aggregate_fields.iter().enumerate() {
        columns.push((
            field.name.clone(),
            Expr::input(next_plain_key + offset, field.ty.clone()),
        ));
    }
    Some(Rel::project(aggregate, columns))
}

/// The filters and projections between an aggregate and a window function, flattened: each output
/// column as an expression over the window function's output, and the predicates likewise.
struct BelowWindow<'a> {
    columns: Vec<Expr>,
    names: Vec<String>,
    predicates: Vec<Expr>,
    window: Option<&'a Arc<Rel>>,
    base_width: usize,
}

impl<'a> BelowWindow<'a> {
    fn of(rel: &'a Arc<Rel>) -> Option<Self> {
        match &rel.node {
            RelNode::Window { .. } => Some(BelowWindow {
                columns: (rel.schema.fields.iter().enumerate())
                    .map(|(index, field)| Expr::input(index, field.ty.clone()))
                    .collect(),
                names: rel
                    .schema
                    .fields
                    .iter()
                    .map(|field| field.name.clone())
                    .collect(),
                predicates: Vec::new(),
                window: Some(rel),
                base_width: rel.schema.len().checked_sub(WINDOW_COLUMNS)?,
            }),
            RelNode::Filter { input, predicate } => {
                let mut below = Self::of(input)?;
                let predicate = substitute(predicate, &below.columns);
                if predicate
                    .referenced_columns()
                    .iter()
                    .any(|&column| column >= below.base_width)
                {
                    return None;
                }
                below.predicates.push(predicate);
                Some(below)
            }
            RelNode::Project { input, exprs } => {
                let mut below = Self::of(input)?;
                let columns: Vec<Expr> = (exprs.iter())
                    .map(|expr| substitute(expr, &below.columns))
                    .collect();
                // Below the function it would be computed once a row, and not once a window.
                if !columns.iter().all(is_repeatable) {
                    return None;
                }
                let computes_with_window = |expr: &Expr| {
                    !matches!(expr, Expr::Input { .. })
                        && expr
                            .referenced_columns()
                            .iter()
                            .any(|&column| column >= below.base_width)
                };
                if columns.iter().any(computes_with_window) {
                    return None;
                }
                below.columns = columns;
                below.names = rel
                    .schema
                    .fields
                    .iter()
                    .map(|field| field.name.clone())
                    .collect();
                Some(below)
            }
            _ => None,
        }
    }

    /// 0, 1, 2 when the column is window_start, window_end or window_time passed on.
    fn window_column(&self, column: usize) -> Option<usize> {
        match &self.columns[column] {
            Expr::Input { index, .. } => index.checked_sub(self.base_width),
            _ => None,
        }
    }

    /// Where a column of the window function's input comes out, if it is passed on.
    fn output_of(&self, base_column: usize) -> Option<usize> {
        let passes =
            |expr: &Expr| matches!(expr, Expr::Input { index, .. } if *index == base_column);
        self.columns.iter().position(passes)
    }

    /// The window function's input with the predicates and the computed columns applied and the time
    /// column kept; the new position of each column (none for the window's own); the time attribute.
    fn project_base(
        &self,
        base_width: usize,
        time: alpheus_dataflow::window::TimeAttribute,
    ) -> Option<(
        Arc<Rel>,
        Vec<Option<usize>>,
        alpheus_dataflow::window::TimeAttribute,
    )> {
        use alpheus_dataflow::window::TimeAttribute;
        let window = self.window?;
        let mut base = Arc::clone(window.inputs().first()?);
        for predicate in &self.predicates {
            base = Rel::filter(base, predicate.clone());
        }
        let mut positions = Vec::with_capacity(self.columns.len());
        let mut columns: Vec<(String, Expr)> = Vec::new();
        for (expr, name) in self.columns.iter().zip(&self.names) {
            let is_window_column =
                matches!(expr, Expr::Input { index, .. } if *index >= base_width);
            positions.push((!is_window_column).then_some(columns.len()));
            if !is_window_column {
                columns.push((name.clone(), expr.clone()));
            }
        }
        let time = match time {
            TimeAttribute::Processing => TimeAttribute::Processing,
            TimeAttribute::Event { column } => {
                let is_time = |(_, expr): &(String, Expr)| matches!(expr, Expr::Input { index, .. } if *index == column);
                let position = columns.iter().position(is_time).unwrap_or_else(|| {
                    let field = &base.schema.fields[column];
                    columns.push((field.name.clone(), Expr::input(column, field.ty.clone())));
                    columns.len() - 1
                });
                TimeAttribute::Event { column: position }
            }
        };
        Some((Rel::project(base, columns), positions, time))
    }
}
