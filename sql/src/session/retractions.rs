//! Whether functions of users that aggregate a changelog can take rows back: only their modules know.

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{JobGraph, OperatorSpec};
use alpheus_dataflow::user_functions::{function_name, is_user_function};
use alpheus_functions::user::{self, UserImplementation};

/// A function of the job that is given retractions and cannot take them.
pub(super) fn misplaced(graph: &JobGraph) -> Option<&str> {
    let nodes = graph.vertices.iter().flat_map(|vertex| &vertex.chain);
    let aggregates = nodes.filter_map(|node| match &node.spec {
        OperatorSpec::GroupAggregate {
            aggregates, input, ..
        }
        | OperatorSpec::WindowAggregate {
            aggregates, input, ..
        }
        | OperatorSpec::AttachedWindowAggregate {
            aggregates, input, ..
        } if *input != ChangelogMode::InsertOnly => Some(aggregates),
        _ => None,
    });
    let cannot = |call: &&AggregateCall| {
        is_user_function(&call.function)
            && user::find(&call.function).is_ok_and(|function| match &function.implementation {
                UserImplementation::Aggregate(aggregate) => !aggregate.is_retractable(),
                UserImplementation::Scalar(_) => false,
            })
    };
    let found = aggregates.flatten().find(cannot);
    found.map(|call| function_name(&call.function))
}
