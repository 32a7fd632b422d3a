//! GROUP BY window_start, window_end over rows that already carry their window, as one node.
//!
//! Where [`super::window_aggregate`] found no window function right below, the window's columns come
//! from farther down: from another window aggregate, say. A group is complete when its window is, so the
//! result is append-only, as in Flink. Windows of processing time are left to the ordinary aggregate.

use std::sync::Arc;

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::TimeAttribute;

use crate::rel::{Rel, RelNode, TimeRole};

pub(super) fn recognize(rel: Arc<Rel>) -> Arc<Rel> {
    let RelNode::Aggregate {
        input,
        keys,
        aggregates,
    } = &rel.node
    else {
        return rel;
    };
    let key_of = |role: TimeRole| {
        let mut keys = keys.iter().copied();
        keys.find(|&key| input.schema.fields[key].role == role)
    };
    let (Some(_), Some(window_end)) = (key_of(TimeRole::WindowStart), key_of(TimeRole::WindowEnd))
    else {
        return rel;
    };
    let Some(zoned) = is_zoned(input) else {
        return rel;
    };
    Arc::new(Rel {
        node: RelNode::AttachedWindowAggregate {
            input: Arc::clone(input),
            keys: keys.clone(),
            window_end,
            zoned,
            aggregates: aggregates.clone(),
        },
        schema: rel.schema.clone(),
    })
}

/// Whether the windows below are those of a TIMESTAMP_LTZ; `None` when there are none of event time, or
/// of both sorts.
fn is_zoned(rel: &Rel) -> Option<bool> {
    match &rel.node {
        RelNode::Window { time, .. } | RelNode::WindowAggregate { time, .. } => match time {
            TimeAttribute::Event { .. } => {
                let window_time = rel.schema.fields.last()?;
                Some(matches!(window_time.ty.kind, TypeKind::TimestampLtz(_)))
            }
            TimeAttribute::Processing => None,
        },
        RelNode::AttachedWindowAggregate { zoned, .. } => Some(*zoned),
        _ => {
            let mut below = rel.inputs().into_iter().map(|input| is_zoned(input));
            let first = below.next()??;
            below.all(|zoned| zoned == Some(first)).then_some(first)
        }
    }
}
