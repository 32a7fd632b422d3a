//! Aggregates to operators, in one phase or two.
//!
//! In two phases a local operator before the exchange makes partial results, which a global one merges:
//! an exchange then carries a row a key and not each row (`table.optimizer.agg-phase-strategy`). As in
//! Flink an unbounded GROUP BY has two phases only with mini-batches: without, a partial result would be
//! of a few rows. Windows of a key are aggregated in one phase unless two are asked for; windows without
//! keys, which one subtask has to finish, in two.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{AggregatePhase, OperatorSpec, Partitioning};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_hadoop_conf::options::table::AggPhaseStrategy;

use super::physical::{Builder, Draft, Streams};
use super::{PlanError, changelog};
use crate::rel::{Rel, RelNode};

impl Builder<'_> {
    /// The operators of an `Aggregate` or `WindowAggregate`.
    pub(super) fn build_aggregate(&mut self, rel: &Arc<Rel>) -> Result<Streams, PlanError> {
        match &rel.node {
            RelNode::WindowAggregate {
                input,
                window,
                time,
                keys,
                aggregates,
            } => {
                let streams = self.build(input)?;
                self.need_inserts("WindowAggregate", &streams)?;
                let spec =
                    |phase: AggregatePhase, keys: Vec<usize>| OperatorSpec::WindowAggregate {
                        window: *window,
                        time: *time,
                        keys,
                        aggregates: aggregates.clone(),
                        phase,
                        input: ChangelogMode::InsertOnly,
                    };
                let in_slices = !matches!(window, WindowSpec::Session { .. })
                    && matches!(time, TimeAttribute::Event { .. });
                let two = match self.settings.aggregate_phases {
                    AggPhaseStrategy::OnePhase => false,
                    AggPhaseStrategy::TwoPhase => true,
                    AggPhaseStrategy::Auto => keys.is_empty() && self.parallelism_of(&streams) > 1,
                };
                let local = if two && in_slices {
                    let slice_end = Field::new("slice_end", TypeKind::BigInt.not_null());
                    partial_results(input, keys, aggregates, None, Some(slice_end))
                } else {
                    None
                };
                let aggregate = Aggregate {
                    rel,
                    name: "WindowAggregate",
                    streams,
                    keys,
                    changelog: ChangelogMode::InsertOnly,
                };
                Ok(self.add_aggregate(aggregate, local, &spec))
            }
            RelNode::Aggregate {
                input,
                keys,
                aggregates,
            } => {
                let streams = self.build(input)?;
                let input_mode = self.changelog_of(&streams);
                let state_ttl_ms = input.state_ttl().unwrap_or(self.settings.state_ttl_ms);
                let spec = |phase: AggregatePhase, keys: Vec<usize>| OperatorSpec::GroupAggregate {
                    keys,
                    aggregates: aggregates.clone(),
                    input: input_mode,
                    generate_update_before: true,
                    state_ttl_ms,
                    phase,
                };
                let two = match self.settings.aggregate_phases {
                    AggPhaseStrategy::OnePhase => false,
                    AggPhaseStrategy::TwoPhase => true,
                    AggPhaseStrategy::Auto => self.parallelism_of(&streams) > 1,
                };
                let two = two && self.settings.mini_batch;
                let local = if two && input_mode == ChangelogMode::InsertOnly {
                    let rows = Field::new("rows", TypeKind::BigInt.not_null());
                    partial_results(input, keys, aggregates, Some(rows), None)
                } else {
                    None
                };
                let aggregate = Aggregate {
                    rel,
                    name: "GroupAggregate",
                    streams,
                    keys,
                    changelog: changelog::of_group_aggregate(!aggregates.is_empty(), input_mode),
                };
                Ok(self.add_aggregate(aggregate, local, &spec))
            }
            _ => Ok(Streams::new()),
        }
    }

    /// One operator, or a local one whose output is `local` and a global one.
    fn add_aggregate(
        &mut self,
        aggregate: Aggregate<'_>,
        local: Option<RowType>,
        spec: &dyn Fn(AggregatePhase, Vec<usize>) -> OperatorSpec,
    ) -> Streams {
        let Aggregate {
            rel,
            name,
            mut streams,
            keys,
            changelog,
        } = aggregate;
        let (mut name, mut description) = (name.to_owned(), rel.describe());
        // The same state in one phase or two, so that a job keeps it at another parallelism.
        let digest = self.digest(&description, &streams);
        let mut keys = keys.to_vec();
        let mut phase = AggregatePhase::Single;
        if let Some(output) = local {
            let local = streams.iter().map(|&stream| {
                self.add(Draft {
                    name: format!("Local{name}"),
                    description: format!("Local{description}"),
                    spec: spec(AggregatePhase::Local, keys.clone()),
                    output: output.clone(),
                    changelog: ChangelogMode::InsertOnly,
                    parallelism: self.operators[stream].parallelism,
                    streams: &[stream],
                    partitioning: Partitioning::Forward,
                    reuse: true,
                })
            });
            streams = local.collect();
            keys = (0..keys.len()).collect();
            phase = AggregatePhase::Global;
            name = format!("Global{name}");
            description = format!("Global{description}");
        }
        let (partitioning, parallelism) = self.by_keys(&keys);
        let draft = Draft {
            name,
            description,
            spec: spec(phase, keys),
            output: rel.schema.row_type(),
            changelog,
            parallelism,
            streams: &streams,
            partitioning,
            reuse: true,
        };
        vec![self.add_as(digest, draft, &[])]
    }
}

/// What is the same for both phases.
struct Aggregate<'r> {
    rel: &'r Rel,
    name: &'static str,
    streams: Streams,
    keys: &'r [usize],
    changelog: ChangelogMode,
}

/// The columns of partial results: keys, `first`, accumulators, `last`. `None` when the accumulators of a
/// call cannot be told (the operator will say why).
fn partial_results(
    input: &Rel,
    keys: &[usize],
    aggregates: &[AggregateCall],
    first: Option<Field>,
    last: Option<Field>,
) -> Option<RowType> {
    let fields = &input.schema.fields;
    let keys = keys.iter().map(|&key| &fields[key]);
    let mut columns: Vec<Field> = keys
        .map(|key| Field::new(key.name.clone(), key.ty.clone()))
        .collect();
    columns.extend(first);
    columns.extend(AggregateSet::state_fields_of(aggregates, false).ok()?);
    columns.extend(last);
    Some(RowType::new(columns))
}
