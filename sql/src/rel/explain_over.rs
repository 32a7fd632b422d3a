//! OVER windows and ranking as text, in the manner of Flink's EXPLAIN.

use alpheus_dataflow::order::{RankRange, SortKey};
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};

use alpheus_dataflow::window::TimeAttribute;

use super::explain::{column, columns, duration, explain_aggregate, list, names, sort_keys};
use super::{PlanSchema, Rel};

/// `OverAggregate(partitionBy=[..], orderBy=[..], window=[..], select=[..])`
pub(super) fn describe_over(
    input: &PlanSchema,
    partition: &[usize],
    order: &[SortKey],
    frame: OverFrame,
    calls: &[OverCall],
) -> String {
    let mut text = "OverAggregate(".to_owned();
    if !partition.is_empty() {
        text += &format!("partitionBy=[{}], ", columns(input, partition));
    }
    if !order.is_empty() {
        text += &format!("orderBy=[{}], ", sort_keys(input, order));
    }
    let is_time = order.first().is_some_and(|key| {
        let kind = input.fields.get(key.column).map(|field| &field.ty.kind);
        kind.is_some_and(|kind| kind.is_datetime())
    });
    let calls = calls.iter().map(|call| explain_call(call, input));
    text + &format!(
        "window=[{}], select=[{}])",
        explain_frame(frame, is_time),
        list(calls)
    )
}

fn explain_frame(frame: OverFrame, is_time: bool) -> String {
    let distance = |distance: i64| match frame.rows || !is_time {
        true => distance.to_string(),
        false => duration(distance),
    };
    let bound = |bound: FrameBound| match bound {
        FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
        FrameBound::Preceding(rows) => format!("{} PRECEDING", distance(rows)),
        FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        FrameBound::Following(rows) => format!("{} FOLLOWING", distance(rows)),
        FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
    };
    let unit = if frame.rows { "ROWS" } else { "RANGE" };
    format!(
        "{unit} BETWEEN {} AND {}",
        bound(frame.start),
        bound(frame.end)
    )
}

fn explain_call(call: &OverCall, input: &PlanSchema) -> String {
    match call {
        OverCall::Aggregate(call) => explain_aggregate(call, input),
        OverCall::Ntile { buckets } => format!("NTILE({buckets})"),
        OverCall::Lag {
            value,
            offset,
            default,
            ..
        } => {
            let mut text = format!("{}({}", call.name(), column(input, *value));
            if default.is_some() || *offset != 1 {
                text += &format!(", {}", offset.abs());
            }
            if let Some(default) = default {
                text += &format!(", {}", column(input, *default));
            }
            text + ")"
        }
        other => format!("{}()", other.name()),
    }
}

/// `Rank(rankType=[ROW_NUMBER], rankRange=[rankStart=1, rankEnd=3], ..)`
pub(super) fn describe_rank(
    name: &str,
    input: &PlanSchema,
    partition: &[usize],
    order: &[SortKey],
    range: RankRange,
    rel: &Rel,
) -> String {
    let partition = match partition {
        [] => String::new(),
        keys => format!("partitionBy=[{}], ", columns(input, keys)),
    };
    format!(
        "{name}(rankType=[ROW_NUMBER], rankRange=[rankStart={}, rankEnd={}], {partition}orderBy=[{}], select=[{}])",
        range.start,
        range.end,
        sort_keys(input, order),
        names(&rel.schema),
    )
}

/// `Deduplicate(keep=[FirstRow], key=[..], order=[ROWTIME])`
pub(super) fn describe_deduplicate(
    input: &PlanSchema,
    keys: &[usize],
    time: TimeAttribute,
    keep_last: bool,
) -> String {
    let keep = if keep_last { "LastRow" } else { "FirstRow" };
    let order = match time {
        TimeAttribute::Event { .. } => "ROWTIME",
        TimeAttribute::Processing => "PROCTIME",
    };
    format!(
        "Deduplicate(keep=[{keep}], key=[{}], order=[{order}])",
        columns(input, keys)
    )
}
