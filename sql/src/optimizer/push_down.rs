//! Offers conjuncts of a filter to the scan below it.
//!
//! Only where nothing but plain projections lies between: past a watermark assigner it would hide rows
//! from event time. The filter stays, so a source may use the offer or not.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;

use crate::rel::{Rel, RelNode, conjuncts_of};

pub(super) fn offer_filters(rel: Arc<Rel>) -> Arc<Rel> {
    let RelNode::Filter { input, predicate } = &rel.node else {
        return rel;
    };
    match offer(input, &conjuncts_of(predicate)) {
        Some(input) => Arc::new(rel.with_inputs(vec![input])),
        None => rel,
    }
}

fn offer(rel: &Arc<Rel>, conjuncts: &[Expr]) -> Option<Arc<Rel>> {
    match &rel.node {
        RelNode::Scan {
            table,
            projection,
            filters,
        } => {
            let mut filters = filters.clone();
            for conjunct in conjuncts.iter().filter(|conjunct| is_simple(conjunct)) {
                let physical = conjunct.clone().map_columns(&|column| projection[column]);
                if !filters.contains(&physical) {
                    filters.push(physical);
                }
            }
            let node = RelNode::Scan {
                table: Arc::clone(table),
                projection: projection.clone(),
                filters,
            };
            Some(Arc::new(Rel {
                node,
                schema: rel.schema.clone(),
            }))
        }
        RelNode::StateTtl { input, .. } => {
            Some(Arc::new(rel.with_inputs(vec![offer(input, conjuncts)?])))
        }
        RelNode::Project { input, exprs } => {
            let through: Vec<Expr> = conjuncts
                .iter()
                .filter(|conjunct| {
                    conjunct
                        .referenced_columns()
                        .iter()
                        .all(|&c| matches!(exprs[c], Expr::Input { .. }))
                })
                .map(|conjunct| {
                    conjunct
                        .clone()
                        .map_columns(&|column| match &exprs[column] {
                            Expr::Input { index, .. } => *index,
                            _ => column,
                        })
                })
                .collect();
            if through.is_empty() {
                return None;
            }
            Some(Arc::new(rel.with_inputs(vec![offer(input, &through)?])))
        }
        _ => None,
    }
}

/// A comparison of a column with a constant, or a NULL test of a column: what sources can use.
fn is_simple(expr: &Expr) -> bool {
    let Expr::Call { function, args, .. } = expr else {
        return false;
    };
    match function.as_str() {
        "=" | "<>" | "<" | "<=" | ">" | ">=" => matches!(
            args.as_slice(),
            [Expr::Input { .. }, Expr::Literal { .. }] | [Expr::Literal { .. }, Expr::Input { .. }]
        ),
        "IS NULL" | "IS NOT NULL" => matches!(args.as_slice(), [Expr::Input { .. }]),
        _ => false,
    }
}
