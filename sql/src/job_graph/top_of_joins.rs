//! Joins that a Top-N is the only reader of.
//!
//! Where both only insert, the join need not put together rows that others of the same batch keep out of the first
//! places ([`TopOfBatch`]). For the auctions of a site and their highest bids that is most of them.

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::join::TopOfBatch;
use alpheus_dataflow::order::SortKey;

use super::physical::PhysicalOperator;

/// Tells such joins what is wanted of them.
pub(super) fn tell_joins_what_is_wanted(operators: &mut [PhysicalOperator]) {
    let mut readers = vec![0usize; operators.len()];
    for input in operators.iter().flat_map(|operator| &operator.inputs) {
        readers[input.operator] += 1;
    }
    for at in 0..operators.len() {
        let OperatorSpec::Rank {
            partition,
            order,
            range,
            update_fast,
            input: ChangelogMode::InsertOnly,
            ..
        } = &operators[at].spec
        else {
            continue;
        };
        let [input] = operators[at].inputs.as_slice() else {
            continue;
        };
        if !update_fast.is_empty() {
            continue;
        }
        let mut wanted = Some(TopOfBatch {
            partition: partition.clone(),
            order: order.clone(),
            rows: range.needed(),
        });
        let mut below = input.operator;
        // Under projections that only pass columns on.
        while let OperatorSpec::Calc {
            filter: None,
            projection,
        } = &operators[below].spec
            && let [input] = operators[below].inputs.as_slice()
            && readers[below] == 1
        {
            wanted = wanted.and_then(|wanted| under_projection(wanted, projection));
            below = input.operator;
        }
        let is_only_reader = readers[below] == 1;
        let below = &mut operators[below];
        if let OperatorSpec::Join(join) = &mut below.spec
            && below.changelog == ChangelogMode::InsertOnly
            && is_only_reader
        {
            join.top_of_batch = wanted;
        }
    }
}

/// The same of the rows that are projected, if its columns are only passed on.
fn under_projection(wanted: TopOfBatch, projection: &[Expr]) -> Option<TopOfBatch> {
    let place = |column: usize| match projection.get(column) {
        Some(Expr::Input { index, .. }) => Some(*index),
        _ => None,
    };
    let partition = wanted.partition.into_iter().map(place);
    let order = wanted.order.into_iter().map(|key| {
        let column = place(key.column)?;
        Some(SortKey { column, ..key })
    });
    Some(TopOfBatch {
        partition: partition.collect::<Option<_>>()?,
        order: order.collect::<Option<_>>()?,
        rows: wanted.rows,
    })
}
