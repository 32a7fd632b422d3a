//! Top-N, deduplication, OVER windows, ORDER BY and LIMIT as operators.
//!
//! By a time attribute, rows are put in order as the watermark passes them, and results are final. Any
//! other OVER window is a changelog, computed anew as rows come; any other ORDER BY is possible only as
//! far as a Top-N, as in Flink.

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::order::{RankRange, SortKey};
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};
use alpheus_dataflow::window::TimeAttribute;

use super::PlanError;
use super::changelog::of_rank;
use super::physical::{Builder, Draft, Streams};
use crate::rel::{PlanSchema, Rel, RelNode, TimeRole};

/// An operator about to be added.
struct Ranking {
    name: &'static str,
    description: String,
    spec: OperatorSpec,
    changelog: ChangelogMode,
    keys: Vec<usize>,
}

impl Builder<'_> {
    /// The operator of one of the nodes that this module is about.
    pub(super) fn build_ranking(&mut self, rel: &Arc<Rel>) -> Result<Streams, PlanError> {
        let inputs = rel.inputs();
        let mut streams = Streams::new();
        for input in inputs {
            streams.extend(self.build(input)?);
        }
        let ranking = self.ranking(rel, &streams)?;
        let (partitioning, parallelism) = self.by_keys(&ranking.keys);
        Ok(vec![self.add(Draft {
            name: ranking.name.to_owned(),
            description: ranking.description,
            spec: ranking.spec,
            output: rel.schema.row_type(),
            changelog: ranking.changelog,
            parallelism,
            streams: &streams,
            partitioning,
            reuse: true,
        })])
    }

    fn ranking(&self, rel: &Rel, streams: &Streams) -> Result<Ranking, PlanError> {
        match &rel.node {
            RelNode::Rank {
                partition,
                order,
                range,
                numbered,
                ..
            } => Ok(self.top_n(rel, (partition, order), *range, *numbered, streams)),
            RelNode::WindowRank {
                window_end,
                zoned,
                partition,
                order,
                range,
                numbered,
                ..
            } => {
                self.need_inserts("WindowRank", streams)?;
                Ok(Ranking {
                    name: "WindowRank",
                    description: rel.describe(),
                    spec: OperatorSpec::WindowRank {
                        window_end: *window_end,
                        zoned: *zoned,
                        partition: partition.clone(),
                        order: order.clone(),
                        range: *range,
                        numbered: *numbered,
                    },
                    changelog: ChangelogMode::InsertOnly,
                    keys: partition.clone(),
                })
            }
            RelNode::Deduplicate {
                keys,
                time,
                keep_last,
                ..
            } => Ok(self.deduplicate(rel, keys, *time, *keep_last, streams)),
            RelNode::Over {
                input,
                partition,
                order,
                frame,
                calls,
            } => {
                let mode = self.changelog_of(streams);
                let time = over_time(&input.schema, order, *frame, calls);
                let time = time.filter(|_| mode == ChangelogMode::InsertOnly);
                let (spec, changelog) = match time {
                    Some(time) => (
                        OperatorSpec::OverAggregate {
                            partition: partition.clone(),
                            time,
                            frame: *frame,
                            calls: calls.clone(),
                            state_ttl_ms: self.settings.state_ttl_ms,
                        },
                        ChangelogMode::InsertOnly,
                    ),
                    None => (
                        OperatorSpec::UpdatingOver {
                            partition: partition.clone(),
                            order: order.clone(),
                            frame: *frame,
                            calls: calls.clone(),
                            input: mode,
                            generate_update_before: true,
                            state_ttl_ms: self.settings.state_ttl_ms,
                        },
                        ChangelogMode::of(true, mode != ChangelogMode::InsertOnly, true),
                    ),
                };
                Ok(Ranking {
                    name: "OverAggregate",
                    description: rel.describe(),
                    spec,
                    changelog,
                    keys: partition.clone(),
                })
            }
            RelNode::Sort {
                input,
                keys,
                fetch,
                offset,
            } => self.sort(rel, &input.schema, keys, *fetch, *offset, streams),
            _ => Err(PlanError::NoOrder {
                reason: "only ranking, OVER and ORDER BY are planned here",
                remedy: "please report this query",
            }),
        }
    }

    /// A Top-N in the cheapest way that its input allows (Flink's `RankProcessStrategy`).
    fn top_n(
        &self,
        rel: &Rel,
        (partition, order): (&[usize], &[SortKey]),
        range: RankRange,
        numbered: bool,
        streams: &Streams,
    ) -> Ranking {
        let mut ranking = Ranking {
            name: "Rank",
            description: rel.describe(),
            spec: self.rank(partition, order, range, numbered, streams),
            changelog: of_rank(numbered, self.changelog_of(streams)),
            keys: partition.to_vec(),
        };
        let key = self.update_fast_key(streams, partition, order);
        if let (Some(key), OperatorSpec::Rank { update_fast, .. }) = (key, &mut ranking.spec) {
            let columns: Vec<String> = key.iter().map(ToString::to_string).collect();
            let strategy = format!(
                "Rank(strategy=[UpdateFastStrategy[{}]], ",
                columns.join(",")
            );
            ranking.description = ranking.description.replacen("Rank(", &strategy, 1);
            *update_fast = key;
            if numbered {
                // A number that is taken stays taken.
                ranking.changelog = ChangelogMode::of(true, false, true);
            }
        }
        ranking
    }

    fn rank(
        &self,
        partition: &[usize],
        order: &[SortKey],
        range: RankRange,
        numbered: bool,
        streams: &Streams,
    ) -> OperatorSpec {
        OperatorSpec::Rank {
            partition: partition.to_vec(),
            order: order.to_vec(),
            range,
            numbered,
            update_fast: Vec::new(),
            input: self.changelog_of(streams),
            generate_update_before: true,
            state_ttl_ms: self.settings.state_ttl_ms,
        }
    }

    fn deduplicate(
        &self,
        rel: &Rel,
        keys: &[usize],
        time: TimeAttribute,
        keep_last: bool,
        streams: &Streams,
    ) -> Ranking {
        let first = RankRange { start: 1, end: 1 };
        if self.changelog_of(streams) != ChangelogMode::InsertOnly {
            // Rows that may be taken back leave room for the next one.
            let order: Vec<SortKey> = match time {
                TimeAttribute::Event { column } => vec![SortKey {
                    column,
                    ascending: !keep_last,
                    nulls_first: !keep_last,
                }],
                TimeAttribute::Processing => Vec::new(),
            };
            return Ranking {
                name: "Rank",
                description: rel.describe(),
                spec: self.rank(keys, &order, first, false, streams),
                changelog: of_rank(false, self.changelog_of(streams)),
                keys: keys.to_vec(),
            };
        }
        Ranking {
            name: "Deduplicate",
            description: rel.describe(),
            spec: OperatorSpec::Deduplicate {
                keys: keys.to_vec(),
                time,
                keep_last,
                generate_update_before: true,
                state_ttl_ms: self.settings.state_ttl_ms,
            },
            // The first row is known when time has passed it, and never changes then.
            changelog: match keep_last {
                true => ChangelogMode::RetractWithoutDelete,
                false => ChangelogMode::InsertOnly,
            },
            keys: keys.to_vec(),
        }
    }

    fn sort(
        &self,
        rel: &Rel,
        input: &PlanSchema,
        order: &[SortKey],
        fetch: Option<u64>,
        offset: u64,
        streams: &Streams,
    ) -> Result<Ranking, PlanError> {
        if fetch.is_none() && offset == 0 {
            let time = order
                .first()
                .filter(|key| key.ascending)
                .and_then(|key| time_attribute(input, key.column));
            let Some(time) = time else {
                return Err(PlanError::NoOrder {
                    reason: "ORDER BY on a field that is no time attribute, or not ascending by it, is not supported in streaming mode",
                    remedy: "order by event time first, add a LIMIT, or SET 'execution.runtime-mode' = 'batch' over bounded tables",
                });
            };
            self.need_inserts("TemporalSort", streams)?;
            return Ok(Ranking {
                name: "TemporalSort",
                description: rel.describe().replacen("Sort", "TemporalSort", 1),
                spec: OperatorSpec::TemporalSort {
                    time,
                    order: order.to_vec(),
                },
                changelog: ChangelogMode::InsertOnly,
                keys: Vec::new(),
            });
        }
        let Some(fetch) = fetch else {
            return Err(PlanError::NoOrder {
                reason: "OFFSET without LIMIT or FETCH is not supported in streaming mode",
                remedy: "say how many rows are wanted",
            });
        };
        let range = RankRange {
            start: offset.saturating_add(1),
            end: offset.saturating_add(fetch),
        };
        let input = self.changelog_of(streams);
        let (name, changelog) = match order {
            // The first rows that come are as good as any.
            [] if input == ChangelogMode::InsertOnly => ("Limit", input),
            [] => ("Limit", of_rank(false, input)),
            _ => ("SortLimit", of_rank(false, input)),
        };
        Ok(Ranking {
            name,
            description: rel.describe().replacen("Sort", name, 1),
            spec: self.rank(&[], order, range, false, streams),
            changelog,
            keys: Vec::new(),
        })
    }
}

fn time_attribute(schema: &PlanSchema, column: usize) -> Option<TimeAttribute> {
    match schema.fields.get(column)?.role {
        TimeRole::Rowtime | TimeRole::WindowTime => Some(TimeAttribute::Event { column }),
        TimeRole::Proctime => Some(TimeAttribute::Processing),
        _ => None,
    }
}

/// The time that orders an OVER window whose results time makes final: nothing in it looks ahead.
fn over_time(
    input: &PlanSchema,
    order: &[SortKey],
    frame: OverFrame,
    calls: &[OverCall],
) -> Option<TimeAttribute> {
    let looks_back = |call: &OverCall| match call {
        OverCall::Aggregate(_) | OverCall::RowNumber => true,
        OverCall::Lag { offset, .. } => *offset >= 0,
        _ => false,
    };
    let ends_here = frame.end == FrameBound::CurrentRow
        && matches!(
            frame.start,
            FrameBound::UnboundedPreceding | FrameBound::Preceding(_)
        );
    let [key] = order else { return None };
    let time = time_attribute(input, key.column)?;
    (key.ascending && ends_here && calls.iter().all(looks_back)).then_some(time)
}
