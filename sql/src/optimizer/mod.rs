//! Rewrites that keep the meaning of a plan and make it cheaper.
//!
//! These passes, in this order, over all outputs of a job together:
//!
//! 1. [`repeat_below_window`], [`window_aggregate`] and [`attached_window`]: GROUP BY over a window function becomes one node that knows when a group is
//!    complete, so that its result is append-only.
//! 2. [`join`]: filters move below joins; [`time_join`]: joins whose rows meet within bounds of time.
//! 3. [`rank`], for streams: a bounded ROW_NUMBER becomes Top-N or deduplication.
//! 4. [`push_down`]: conjuncts of filters right above a scan are offered to the source.
//! 5. [`join`] again: equalities in joins' conditions become keys.
//! 6. [`prune`]: columns that nobody reads are not produced; scans of one table in several queries
//!    agree on the columns that any of them needs, so that they can be one source.
//! 7. [`merge`]: projections right above each other become one.
//! 8. [`row_fields`]: fields of ROW columns that nobody reads are not produced either.
//!
//! Before the last three, where it is asked for, [`split_distinct`] makes two steps of distinct aggregates of streams.

mod attached_window;
mod join;
mod merge;
mod prune;
mod push_down;
mod rank;
mod repeat_below_window;
mod row_fields;
mod split_distinct;
mod time_join;
mod window_aggregate;

use std::sync::Arc;

pub(crate) use time_join::without_bounds;

use crate::rel::{Output, Rel};
use crate::session::JobMode;

/// What the configuration says about rewrites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptimizerOptions {
    /// How many parts distinct values are cut into (`table.optimizer.distinct-agg.split.*`).
    pub distinct_buckets: Option<i64>,
}

/// Applies all passes that fit the mode.
pub fn optimize(outputs: Vec<Output>, mode: JobMode, options: &OptimizerOptions) -> Vec<Output> {
    let rewrite = |query: &Arc<Rel>| {
        let query = rewrite_bottom_up(query, &repeat_below_window::push);
        let query = rewrite_bottom_up(&query, &window_aggregate::recognize);
        let query = rewrite_bottom_up(&query, &attached_window::recognize);
        let query = settle_joins(&query);
        let query = match mode {
            JobMode::Streaming => rewrite_bottom_up(&query, &rank::recognize),
            JobMode::Batch => query,
        };
        let query = rewrite_bottom_up(&query, &push_down::offer_filters);
        let query = rewrite_bottom_up(&query, &join::extract_keys);
        match (mode, options.distinct_buckets) {
            (JobMode::Streaming, Some(buckets)) => {
                rewrite_bottom_up(&query, &|rel| split_distinct::split(rel, buckets))
            }
            _ => query,
        }
    };
    let outputs: Vec<Output> = outputs
        .into_iter()
        .map(|output| Output {
            query: rewrite(&output.query),
            ..output
        })
        .collect();
    let outputs = prune::prune_columns(outputs);
    let outputs = outputs
        .into_iter()
        .map(|output| Output {
            query: rewrite_bottom_up(&output.query, &merge::merge_projections),
            ..output
        })
        .collect();
    row_fields::leave_out_fields(outputs)
}

/// Moves filters below joins and finds the joins that time bounds. The binder asks for it, too: what a join
/// keeps of event time decides whether windows can be made over it.
pub(crate) fn settle_joins(rel: &Arc<Rel>) -> Arc<Rel> {
    let rel = join::push_filters(rel);
    rewrite_bottom_up(&rel, &time_join::recognize)
}

/// Rebuilds the tree with `rule` applied to every node, inputs first.
fn rewrite_bottom_up(rel: &Arc<Rel>, rule: &dyn Fn(Arc<Rel>) -> Arc<Rel>) -> Arc<Rel> {
    let inputs: Vec<Arc<Rel>> = rel
        .inputs()
        .into_iter()
        .map(|input| rewrite_bottom_up(input, rule))
        .collect();
    let unchanged = rel
        .inputs()
        .iter()
        .zip(&inputs)
        .all(|(old, new)| Arc::ptr_eq(old, new));
    let rebuilt = if unchanged {
        Arc::clone(rel)
    } else {
        Arc::new(rel.with_inputs(inputs))
    };
    rule(rebuilt)
}
