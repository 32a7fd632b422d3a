//! Repeats rows before they are put into windows, and not after.
//!
//! GROUPING SETS repeat each row once for each set. Above a window function that would stand between it
//! and the aggregate and hide that groups are complete when their window is; a row's windows do not
//! depend on its repetitions, so they are made below. SESSION windows stay: there the keys of windows
//! and aggregates differ anyway.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::window::WindowSpec;

use crate::rel::{Rel, RelNode, columns_of};

pub(super) fn push(rel: Arc<Rel>) -> Arc<Rel> {
    let RelNode::Unnest {
        input,
        collection,
        with_ordinality: true,
        outer: false,
        ..
    } = &rel.node
    else {
        return rel;
    };
    let RelNode::Project { exprs, .. } = &input.node else {
        return rel;
    };
    match &exprs[*collection] {
        count @ Expr::Literal { .. } => repeated(input, count, &rel).unwrap_or(rel),
        _ => rel,
    }
}

/// The columns of `rel`, then the number of the repetition (the last column of `like`), if there is a
/// window function to go below.
fn repeated(rel: &Arc<Rel>, count: &Expr, like: &Rel) -> Option<Arc<Rel>> {
    let number = like.schema.fields.last()?.clone();
    let with_number = |rel: &Rel| {
        let mut schema = rel.schema.clone();
        schema.fields.push(number.clone());
        schema
    };
    match &rel.node {
        RelNode::Filter { input, predicate } => Some(Rel::filter(
            repeated(input, count, like)?,
            predicate.clone(),
        )),
        RelNode::Project { input, exprs } => {
            let input = repeated(input, count, like)?;
            let mut exprs = exprs.clone();
            exprs.push(Expr::input(input.schema.len() - 1, number.ty.clone()));
            Some(Arc::new(Rel {
                schema: with_number(rel),
                node: RelNode::Project { input, exprs },
            }))
        }
        RelNode::Window {
            input,
            window:
                window @ (WindowSpec::Tumble { .. }
                | WindowSpec::Hop { .. }
                | WindowSpec::Cumulate { .. }),
            time,
            keys,
        } => {
            let width = input.schema.len();
            let mut columns = columns_of(input, 0..width);
            columns.push(("$sets".to_owned(), count.clone()));
            let projected = Rel::project(Arc::clone(input), columns);
            let unnest = Arc::new(Rel {
                schema: with_number(&projected),
                node: RelNode::Unnest {
                    input: projected,
                    collection: width,
                    keep_collection: false,
                    with_ordinality: true,
                    outer: false,
                },
            });
            let mut schema = rel.schema.clone();
            let between = unnest.schema.fields[width..].iter().cloned();
            schema.fields.splice(width..width, between);
            let windowed = Arc::new(Rel {
                schema,
                node: RelNode::Window {
                    input: unnest,
                    window: *window,
                    time: *time,
                    keys: keys.clone(),
                },
            });
            // Columns of the input, the window's, the number.
            let mut columns = columns_of(&windowed, 0..width);
            columns.extend(columns_of(&windowed, width + 2..windowed.schema.len()));
            columns.extend(columns_of(&windowed, width + 1..width + 2));
            Some(Rel::project(windowed, columns))
        }
        _ => None,
    }
}
