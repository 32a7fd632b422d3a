//! The operators, one file each, and the factory that builds them from a graph's nodes.

pub mod attached_window_aggregate;
pub mod calc;
pub mod changelog_normalize;
pub mod collect;
pub mod deduplicate;
pub(crate) mod distinct_state;
pub mod event_time;
pub mod group_aggregate;
#[cfg(test)]
pub mod harness;
pub mod join;
pub mod kept_rows;
#[cfg(test)]
mod keyed_changes_tests;
pub mod local_group_aggregate;
pub mod match_recognize;
mod mini_batch;
pub mod ordered_rows;
pub mod over_aggregate;
pub mod rank;
#[cfg(test)]
mod ranking_tests;
pub mod row_changes;
pub mod session_window_aggregate;
pub mod session_window_table_function;
pub mod sink;
pub mod sink_upsert_materializer;
pub mod temporal_sort;
#[cfg(test)]
pub mod testing;
pub mod time_column;
pub mod unnest;
pub mod updating_over;
pub mod watermark_assigner;
pub mod window_aggregate;
pub mod window_rank;
pub mod window_table_function;

use std::sync::Arc;

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec, SessionSettings};
use alpheus_dataflow::ids::JobId;
use alpheus_dataflow::operator::{Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::window::WindowSpec;
use alpheus_hadoop_conf::parse_duration;

use crate::environment::{Connectors, ResultReceiver, SinkRequest};
use crate::task::StageKind;

/// What operators are built with.
#[derive(Clone)]
pub struct BuildContext {
    /// The job.
    pub job: JobId,
    /// What expressions need to know.
    pub session: Arc<SessionSettings>,
    /// Makes sinks.
    pub connectors: Arc<dyn Connectors>,
    /// Takes the rows of `Collect`.
    pub results: Arc<dyn ResultReceiver>,
}

/// Builds the operator of a node whose input has the columns `input`. Sources are no operators.
///
/// # Errors
/// When a connector refuses, or the node cannot stand in the middle of a chain.
pub fn build_operator(
    node: &OperatorNode,
    input: &RowType,
    context: &BuildContext,
) -> OperatorResult<StageKind> {
    let operator: Box<dyn Operator> = match &node.spec {
        OperatorSpec::Source { .. } => {
            return Err(OperatorError::fatal(format!(
                "{}: a source can only be the first of a chain",
                node.name
            )));
        }
        OperatorSpec::WatermarkAssigner(spec) => {
            let rowtime = input.fields.get(spec.rowtime);
            let name = rowtime.map_or_else(String::new, |field| field.name.clone());
            let assigner = watermark_assigner::WatermarkAssigner::new(spec.clone(), name);
            return Ok(StageKind::Assigner(Box::new(assigner)));
        }
        OperatorSpec::Calc { filter, projection } => Box::new(calc::Calc::new(
            filter.clone(),
            projection.clone(),
            &node.output,
        )),
        OperatorSpec::Match(_) => Box::new(match_recognize::MatchRecognize::new(node, input)?),
        OperatorSpec::Unnest { .. } => Box::new(unnest::Unnest::new(node, input)?),
        OperatorSpec::WindowTableFunction {
            window: WindowSpec::Session { .. },
            ..
        } => Box::new(session_window_table_function::SessionWindowTableFunction::new(node, input)?),
        OperatorSpec::WindowTableFunction { window, time, .. } => Box::new(
            window_table_function::WindowTableFunction::new(*window, *time, &node.output),
        ),
        OperatorSpec::Sink {
            table,
            input,
            overwrite,
            static_partition,
        } => {
            let sink = context.connectors.create_sink(&SinkRequest {
                job: context.job,
                table,
                input: *input,
                overwrite: *overwrite,
                static_partition,
                session: &context.session,
            })?;
            Box::new(sink::SinkOperator::new(Arc::from(sink)))
        }
        OperatorSpec::Collect { result } => {
            Box::new(collect::Collect::new(*result, Arc::clone(&context.results)))
        }
        OperatorSpec::GroupAggregate {
            phase: AggregatePhase::Local,
            ..
        } => Box::new(local_group_aggregate::LocalGroupAggregate::new(
            node, input,
        )?),
        OperatorSpec::GroupAggregate { .. } => {
            Box::new(group_aggregate::GroupAggregate::new(node, input)?)
        }
        OperatorSpec::AttachedWindowAggregate { .. } => Box::new(
            attached_window_aggregate::AttachedWindowAggregate::new(node, input)?,
        ),
        OperatorSpec::IntervalJoin { join, bounds } => {
            Box::new(join::interval::IntervalJoin::new(node, join, bounds)?)
        }
        OperatorSpec::WindowJoin { join, windows } => {
            Box::new(join::window::WindowJoin::new(node, join, windows)?)
        }
        OperatorSpec::TemporalJoin { join, times } => {
            Box::new(join::temporal::TemporalJoin::new(node, join, times)?)
        }
        OperatorSpec::LookupJoin { join, table } => {
            let connectors = Arc::clone(&context.connectors);
            Box::new(join::lookup::LookupJoin::new(node, join, table, connectors))
        }
        OperatorSpec::MultiJoin(spec) => Box::new(join::multi::MultiJoin::new(node, spec)?),
        OperatorSpec::Join(spec) => Box::new(join::regular::RegularJoin::new(node, spec)?),
        OperatorSpec::WindowAggregate {
            window: WindowSpec::Session { .. },
            ..
        } => Box::new(session_window_aggregate::SessionWindowAggregate::new(
            node, input,
        )?),
        OperatorSpec::Rank { .. } => Box::new(rank::Rank::new(node, input)?),
        OperatorSpec::WindowRank { .. } => Box::new(window_rank::WindowRank::new(node, input)?),
        OperatorSpec::ChangelogNormalize { .. } => {
            Box::new(changelog_normalize::ChangelogNormalize::new(node, input)?)
        }
        OperatorSpec::SinkUpsertMaterializer { .. } => Box::new(
            sink_upsert_materializer::SinkUpsertMaterializer::new(node, input)?,
        ),
        OperatorSpec::Deduplicate { .. } => Box::new(deduplicate::Deduplicate::new(node, input)?),
        OperatorSpec::OverAggregate { .. } => {
            Box::new(over_aggregate::OverAggregate::new(node, input)?)
        }
        OperatorSpec::UpdatingOver { .. } => {
            Box::new(updating_over::UpdatingOver::new(node, input)?)
        }
        OperatorSpec::TemporalSort { .. } => {
            Box::new(temporal_sort::TemporalSort::new(node, input)?)
        }
        OperatorSpec::WindowAggregate { .. } => {
            Box::new(window_aggregate::WindowAggregate::new(node, input)?)
        }
    };
    Ok(StageKind::Operator(operator))
}

/// A duration of the job's configuration in ms.
///
/// # Errors
/// When it is no duration.
pub fn duration_option(
    context: &OperatorContext,
    key: &str,
    default_ms: i64,
) -> OperatorResult<i64> {
    let Some(text) = context.configuration.get(key) else {
        return Ok(default_ms);
    };
    parse_duration(text)
        .map(|duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
        .map_err(|reason| OperatorError::fatal(format!("`{key}` is `{text}`: {reason}")))
}
