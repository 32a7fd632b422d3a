//! Joins to operators.
//!
//! Both inputs are partitioned by their join keys, so that rows that may belong together meet in one subtask.
//! A join without keys has everything in one subtask, as in Flink.

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{OperatorSpec, Partitioning};
use alpheus_dataflow::join::{JoinInput, JoinKind, JoinSpec, LookupTable};

use super::PlanError;
use super::calc::Calc;
use super::physical::{Builder, Draft, Streams};
use crate::optimizer::without_bounds;
use crate::rel::{JoinStrategy, Rel, RelNode};

impl Builder<'_> {
    pub(super) fn build_join(&mut self, rel: &Rel) -> Result<Streams, PlanError> {
        let RelNode::Join {
            kind,
            left,
            right,
            keys,
            condition,
            strategy,
        } = &rel.node
        else {
            return Ok(Streams::new());
        };
        if *strategy == JoinStrategy::Lookup {
            return self.build_lookup(rel);
        }
        if let Some(streams) = self.build_multi_join(rel)? {
            return Ok(streams);
        }
        let (left_streams, right_streams) = (self.build(left)?, self.build(right)?);
        let input = |rel: &Rel, changelog: ChangelogMode| JoinInput {
            columns: rel.schema.row_type(),
            changelog,
            state_ttl_ms: rel.state_ttl().unwrap_or(self.settings.state_ttl_ms),
        };
        let modes = [&left_streams, &right_streams].map(|streams| self.changelog_of(streams));
        let spec = JoinSpec {
            kind: *kind,
            left: input(left, modes[0]),
            right: input(right, modes[1]),
            keys: keys.clone(),
            condition: condition.clone(),
            top_of_batch: None,
        };
        let (left_partitioning, parallelism) = self.by_keys(&spec.key_columns(0));
        let (right_partitioning, _) = self.by_keys(&spec.key_columns(1));
        // Rows that may be taken back are not gone with their time: such inputs are joined as any others.
        let inserts = modes.iter().all(|mode| *mode == ChangelogMode::InsertOnly);
        let strategy = match strategy {
            JoinStrategy::Interval(_) | JoinStrategy::Window(_) if !inserts => {
                &JoinStrategy::Regular
            }
            strategy => strategy,
        };
        let (name, spec, changelog) = match strategy {
            JoinStrategy::Regular | JoinStrategy::Lookup => {
                let changelog = produced(*kind, modes);
                ("Join", OperatorSpec::Join(spec), changelog)
            }
            JoinStrategy::Interval(bounds) => {
                let width = left.schema.len();
                let spec = OperatorSpec::IntervalJoin {
                    join: JoinSpec {
                        condition: without_bounds(spec.condition.as_ref(), width, bounds),
                        ..spec
                    },
                    bounds: *bounds,
                };
                ("IntervalJoin", spec, ChangelogMode::InsertOnly)
            }
            JoinStrategy::Window(windows) => {
                let spec = OperatorSpec::WindowJoin {
                    join: spec,
                    windows: *windows,
                };
                ("WindowJoin", spec, ChangelogMode::InsertOnly)
            }
            JoinStrategy::Temporal(times) => {
                let spec = OperatorSpec::TemporalJoin {
                    join: spec,
                    times: *times,
                };
                ("TemporalJoin", spec, modes[0])
            }
        };
        let draft = Draft {
            name: name.to_owned(),
            description: rel.describe(),
            spec,
            output: rel.schema.row_type(),
            changelog,
            parallelism,
            streams: &left_streams,
            partitioning: left_partitioning,
            reuse: true,
        };
        let right = [(&right_streams[..], right_partitioning)];
        Ok(vec![self.add_with(draft, &right)])
    }
}

impl Builder<'_> {
    fn build_lookup(&mut self, rel: &Rel) -> Result<Streams, PlanError> {
        let RelNode::Join {
            kind,
            left,
            right,
            keys,
            condition,
            ..
        } = &rel.node
        else {
            return Ok(Streams::new());
        };
        let streams = self.build(left)?;
        self.need_inserts("LookupJoin", &streams)?;
        let calc = Calc::ending_at(right);
        let RelNode::Scan {
            table,
            projection,
            filters,
        } = &calc.base.node
        else {
            return Err(PlanError::LookupNeedsTable);
        };
        let emits = (self.modes)(table).emits;
        if emits != ChangelogMode::InsertOnly {
            return Err(PlanError::NeedsInserts {
                operator: format!("LookupJoin with table {}", table.identifier),
                produced: emits.explain(),
            });
        }
        let input = |rel: &Rel| JoinInput {
            columns: rel.schema.row_type(),
            changelog: ChangelogMode::InsertOnly,
            state_ttl_ms: 0,
        };
        let spec = OperatorSpec::LookupJoin {
            join: JoinSpec {
                kind: *kind,
                left: input(left),
                right: input(right),
                keys: keys.clone(),
                condition: condition.clone(),
                top_of_batch: None,
            },
            table: Box::new(LookupTable {
                table: (**table).clone(),
                projection: projection.clone(),
                filters: filters.clone(),
                filter: calc.filter.clone(),
                columns: calc.projection.clone(),
            }),
        };
        let parallelism = self.parallelism_of(&streams);
        Ok(vec![self.add(Draft {
            name: "LookupJoin".to_owned(),
            description: format!("{} lookup[{}]", rel.describe(), calc.base.describe()),
            spec,
            output: rel.schema.row_type(),
            changelog: ChangelogMode::InsertOnly,
            parallelism,
            streams: &streams,
            partitioning: Partitioning::Forward,
            reuse: true,
        })])
    }
}

/// What a join emits: a row that was alone is taken back when a partner comes, so only of pairs, and of rows
/// that need a partner, nothing is taken back that an input does not take back.
fn produced(kind: JoinKind, [left, right]: [ChangelogMode; 2]) -> ChangelogMode {
    match kind {
        JoinKind::Inner => left.union(right),
        JoinKind::Semi if right == ChangelogMode::InsertOnly => left,
        JoinKind::Semi => left.union(ChangelogMode::InsertDelete),
        JoinKind::Left | JoinKind::Right | JoinKind::Full | JoinKind::Anti => ChangelogMode::All,
    }
}
