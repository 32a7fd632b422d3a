//! Plan nodes to operators.

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{OperatorSpec, Partitioning, TableSpec};
use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::window::WindowSpec;

use super::calc::Calc;
use super::{PlanError, PlannerSettings, TableModes, changelog, sink};
use crate::rel::{Output, Rel, RelNode, Target, UniqueKey, explain_expr, is_repeatable};
use crate::values;

/// An operator before it is put into a vertex.
pub(super) struct PhysicalOperator {
    pub(super) id: OperatorId,
    pub(super) name: String,
    pub(super) spec: OperatorSpec,
    pub(super) output: RowType,
    pub(super) changelog: ChangelogMode,
    pub(super) parallelism: u32,
    pub(super) inputs: Vec<Input>,
    /// Columns that identify a row of the output, while the changes of it are in order.
    pub(super) upsert_keys: Vec<UniqueKey>,
    /// What it does.
    description: String,
    /// Everything that makes two operators the same: what it does and what it reads.
    digest: String,
}

/// Where an operator's rows come from.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) operator: usize,
    pub(super) input: usize,
    pub(super) partitioning: Partitioning,
}

pub(super) struct Builder<'a> {
    pub(super) settings: &'a PlannerSettings,
    pub(super) modes: &'a dyn Fn(&TableSpec) -> TableModes,
    pub(super) operators: Vec<PhysicalOperator>,
}

/// The operators whose union a node is; one, except for UNION ALL.
pub(super) type Streams = Vec<usize>;

impl<'a> Builder<'a> {
    pub(super) fn new(
        settings: &'a PlannerSettings,
        modes: &'a dyn Fn(&TableSpec) -> TableModes,
    ) -> Self {
        Builder {
            settings,
            modes,
            operators: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> Vec<PhysicalOperator> {
        changelog::settle(&mut self.operators);
        self.operators
    }

    pub(super) fn add_output(&mut self, output: &Output) -> Result<(), PlanError> {
        let streams = self.build(&output.query)?;
        let produced = self.changelog_of(&streams);
        let row = output.query.schema.row_type();
        match &output.target {
            Target::Table {
                table,
                overwrite,
                static_partition,
            } => {
                let sink = sink::Request {
                    table,
                    overwrite: *overwrite,
                    static_partition,
                };
                self.add_sink(&sink, &streams, &output.query)?;
            }
            Target::Collect { result } => {
                self.add(Draft {
                    name: "Collect".to_owned(),
                    description: format!("Collect(result=[{result}])"),
                    spec: OperatorSpec::Collect { result: *result },
                    output: row,
                    changelog: produced,
                    parallelism: self.parallelism_of(&streams),
                    streams: &streams,
                    partitioning: Partitioning::Forward,
                    reuse: false,
                });
            }
        }
        Ok(())
    }

    pub(super) fn build(&mut self, rel: &Arc<Rel>) -> Result<Streams, PlanError> {
        let streams = self.build_node(rel)?;
        // Streams of a union have the keys of their own nodes already.
        if let [stream] = streams.as_slice() {
            self.operators[*stream].upsert_keys = rel.unique_keys();
        }
        Ok(streams)
    }

    fn build_node(&mut self, rel: &Arc<Rel>) -> Result<Streams, PlanError> {
        let output = rel.schema.row_type();
        match &rel.node {
            RelNode::Filter { .. } | RelNode::Project { .. } => self.build_calc(rel),
            RelNode::Join { .. } => self.build_join(rel),
            RelNode::Union { inputs } => {
                let mut streams = Streams::new();
                for input in inputs {
                    streams.extend(self.build(input)?);
                }
                Ok(streams)
            }
            RelNode::Scan {
                table,
                projection,
                filters,
            } => {
                let parallelism = self.option(table, "scan.parallelism")?;
                Ok(vec![self.add(Draft {
                    name: format!("Source: {}", short_name(&table.identifier)),
                    description: rel.describe(),
                    spec: OperatorSpec::Source {
                        table: (**table).clone(),
                        projection: projection.clone(),
                        filters: filters.clone(),
                    },
                    output,
                    changelog: (self.modes)(table).emits,
                    parallelism: parallelism.unwrap_or(self.settings.parallelism),
                    streams: &[],
                    partitioning: Partitioning::Forward,
                    reuse: true,
                })])
            }
            RelNode::StateTtl { input, .. } => self.build(input),
            RelNode::ChangelogNormalize { input, keys } => {
                let streams = self.build(input)?;
                let (partitioning, parallelism) = self.by_keys(keys);
                Ok(vec![self.add(Draft {
                    name: "ChangelogNormalize".to_owned(),
                    description: rel.describe(),
                    spec: OperatorSpec::ChangelogNormalize {
                        keys: keys.clone(),
                        generate_update_before: true,
                        state_ttl_ms: self.settings.state_ttl_ms,
                    },
                    output,
                    changelog: ChangelogMode::All,
                    parallelism,
                    streams: &streams,
                    partitioning,
                    reuse: true,
                })])
            }
            RelNode::Match { input, pattern } => {
                let streams = self.build(input)?;
                self.need_inserts("Match", &streams)?;
                let (partitioning, parallelism) = self.by_keys(&pattern.partition);
                Ok(vec![self.add(Draft {
                    name: "Match".to_owned(),
                    description: rel.describe(),
                    spec: OperatorSpec::Match((**pattern).clone()),
                    output,
                    changelog: ChangelogMode::InsertOnly,
                    parallelism,
                    streams: &streams,
                    partitioning,
                    reuse: true,
                })])
            }
            RelNode::Unnest {
                input,
                collection,
                keep_collection,
                with_ordinality,
                outer,
            } => {
                let below = self.build(input)?;
                let streams = below.iter().map(|&stream| {
                    self.add(Draft {
                        name: "Correlate".to_owned(),
                        description: rel.describe(),
                        spec: OperatorSpec::Unnest {
                            column: *collection,
                            keep_collection: *keep_collection,
                            with_ordinality: *with_ordinality,
                            outer: *outer,
                        },
                        output: output.clone(),
                        changelog: self.operators[stream].changelog,
                        parallelism: self.operators[stream].parallelism,
                        streams: &[stream],
                        partitioning: Partitioning::Forward,
                        reuse: true,
                    })
                });
                Ok(streams.collect())
            }
            RelNode::Rank { .. }
            | RelNode::WindowRank { .. }
            | RelNode::Deduplicate { .. }
            | RelNode::Over { .. }
            | RelNode::Sort { .. } => self.build_ranking(rel),
            RelNode::Values { rows } => {
                let (table, projection) = values::table(rows, &output);
                Ok(vec![self.add(Draft {
                    name: "Source: Values".to_owned(),
                    description: rel.describe(),
                    spec: OperatorSpec::Source {
                        table,
                        projection,
                        filters: Vec::new(),
                    },
                    output,
                    changelog: ChangelogMode::InsertOnly,
                    parallelism: 1,
                    streams: &[],
                    partitioning: Partitioning::Forward,
                    reuse: true,
                })])
            }
            RelNode::Watermark { input, spec } => {
                let streams = self.build(input)?;
                Ok(vec![self.add(Draft {
                    name: "WatermarkAssigner".to_owned(),
                    description: rel.describe(),
                    spec: OperatorSpec::WatermarkAssigner(spec.clone()),
                    output,
                    changelog: self.changelog_of(&streams),
                    parallelism: self.parallelism_of(&streams),
                    streams: &streams,
                    partitioning: Partitioning::Forward,
                    reuse: true,
                })])
            }
            RelNode::Window {
                input,
                window,
                time,
                keys,
            } => {
                let streams = self.build(input)?;
                self.need_inserts("WindowTableFunction", &streams)?;
                let keyed = matches!(window, WindowSpec::Session { .. });
                let (partitioning, parallelism) = if keyed {
                    self.by_keys(keys)
                } else {
                    (Partitioning::Forward, self.parallelism_of(&streams))
                };
                Ok(vec![self.add(Draft {
                    name: "WindowTableFunction".to_owned(),
                    description: rel.describe(),
                    spec: OperatorSpec::WindowTableFunction {
                        window: *window,
                        time: *time,
                        keys: keys.clone(),
                    },
                    output,
                    changelog: ChangelogMode::InsertOnly,
                    parallelism,
                    streams: &streams,
                    partitioning,
                    reuse: true,
                })])
            }
            RelNode::AttachedWindowAggregate {
                input,
                keys,
                window_end,
                zoned,
                aggregates,
            } => {
                let streams = self.build(input)?;
                let (partitioning, parallelism) = self.by_keys(keys);
                let spec = OperatorSpec::AttachedWindowAggregate {
                    keys: keys.clone(),
                    window_end: *window_end,
                    zoned: *zoned,
                    aggregates: aggregates.clone(),
                    input: self.changelog_of(&streams),
                };
                Ok(vec![self.add(Draft {
                    name: "WindowAggregate".to_owned(),
                    description: rel.describe(),
                    spec,
                    output,
                    changelog: ChangelogMode::InsertOnly,
                    parallelism,
                    streams: &streams,
                    partitioning,
                    reuse: true,
                })])
            }
            RelNode::Aggregate { .. } | RelNode::WindowAggregate { .. } => {
                self.build_aggregate(rel)
            }
        }
    }

    /// A run of filters and projections; above a union, one for each of its streams.
    fn build_calc(&mut self, rel: &Arc<Rel>) -> Result<Streams, PlanError> {
        let calc = Calc::ending_at(rel);
        let below = self.build(calc.base)?;
        if calc.is_identity() {
            return Ok(below);
        }
        let columns = calc
            .projection
            .iter()
            .map(|expr| explain_expr(expr, &calc.base.schema));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let description = match &calc.filter {
            None => format!("Calc(select=[{columns}])"),
            Some(filter) => {
                format!(
                    "Calc(select=[{columns}], where=[{}])",
                    explain_expr(filter, &calc.base.schema)
                )
            }
        };
        let streams = below.iter().map(|&stream| {
            self.add(Draft {
                name: "Calc".to_owned(),
                description: description.clone(),
                spec: OperatorSpec::Calc {
                    filter: calc.filter.clone(),
                    projection: calc.projection.clone(),
                },
                output: rel.schema.row_type(),
                changelog: self.operators[stream].changelog,
                parallelism: self.operators[stream].parallelism,
                streams: &[stream],
                partitioning: Partitioning::Forward,
                reuse: calc
                    .projection
                    .iter()
                    .chain(&calc.filter)
                    .all(is_repeatable),
            })
        });
        Ok(streams.collect())
    }

    pub(super) fn by_keys(&self, keys: &[usize]) -> (Partitioning, u32) {
        if keys.is_empty() {
            (Partitioning::Global, 1)
        } else {
            (
                Partitioning::Hash {
                    keys: keys.to_vec(),
                },
                self.settings.parallelism,
            )
        }
    }

    pub(super) fn parallelism_of(&self, streams: &[usize]) -> u32 {
        streams
            .iter()
            .map(|&stream| self.operators[stream].parallelism)
            .max()
            .unwrap_or(1)
    }

    pub(super) fn changelog_of(&self, streams: &[usize]) -> ChangelogMode {
        let modes = streams
            .iter()
            .map(|&stream| self.operators[stream].changelog);
        modes.fold(ChangelogMode::InsertOnly, ChangelogMode::union)
    }

    pub(super) fn need_inserts(&self, operator: &str, streams: &[usize]) -> Result<(), PlanError> {
        match self.changelog_of(streams) {
            ChangelogMode::InsertOnly => Ok(()),
            produced => Err(PlanError::NeedsInserts {
                operator: operator.to_owned(),
                produced: produced.explain(),
            }),
        }
    }

    /// The operator nearest to `streams` that turns inserts into updates.
    pub(super) fn source_of_updates(&self, streams: &[usize]) -> String {
        let updating = streams
            .iter()
            .find(|&&s| self.operators[s].changelog != ChangelogMode::InsertOnly);
        let Some(&stream) = updating else {
            return String::new();
        };
        let inputs: Streams = self.operators[stream]
            .inputs
            .iter()
            .map(|input| input.operator)
            .collect();
        match self.source_of_updates(&inputs) {
            deeper if !deeper.is_empty() => deeper,
            _ => self.operators[stream].description().to_owned(),
        }
    }

    pub(super) fn option(&self, table: &TableSpec, key: &str) -> Result<Option<u32>, PlanError> {
        let Some(value) = table.options.get(key) else {
            return Ok(None);
        };
        match value.trim().parse() {
            Ok(parallelism) if parallelism > 0 && parallelism <= self.settings.max_parallelism => {
                Ok(Some(parallelism))
            }
            _ => Err(PlanError::InvalidOption {
                table: table.identifier.clone(),
                key: key.to_owned(),
                value: value.clone(),
                expected: "a whole number from 1 to pipeline.max-parallelism",
            }),
        }
    }

    pub(super) fn add(&mut self, draft: Draft<'_>) -> usize {
        self.add_with(draft, &[])
    }

    /// An operator, perhaps with more inputs.
    pub(super) fn add_with(
        &mut self,
        draft: Draft<'_>,
        others: &[(&[usize], Partitioning)],
    ) -> usize {
        let more = others.iter().flat_map(|(streams, _)| streams.iter());
        let streams: Vec<usize> = draft.streams.iter().chain(more).copied().collect();
        let digest = self.digest(&draft.description, &streams);
        self.add_as(digest, draft, others)
    }

    /// What an operator of this description computes of these streams, and what they are made of.
    pub(super) fn digest(&self, description: &str, streams: &[usize]) -> String {
        let mut digest = description.to_owned();
        for &stream in streams {
            // Indented, so that the nesting is part of the digest.
            for line in self.operators[stream].digest.lines() {
                digest.push_str("\n ");
                digest.push_str(line);
            }
        }
        digest
    }

    /// An operator whose state goes by this digest.
    pub(super) fn add_as(
        &mut self,
        digest: String,
        draft: Draft<'_>,
        others: &[(&[usize], Partitioning)],
    ) -> usize {
        let same =
            |operator: &PhysicalOperator| operator.digest == digest && operator.spec == draft.spec;
        if draft.reuse
            && let Some(position) = self.operators.iter().position(same)
        {
            return position;
        }
        // The same text twice (two equal INSERTs): told apart by their order.
        let ordinal = self
            .operators
            .iter()
            .filter(|operator| operator.digest == digest)
            .count();
        let id = OperatorId::from_description(&format!("{digest}\n#{ordinal}"));
        let input = |stream: usize, input: usize, partitioning: &Partitioning| Input {
            operator: stream,
            input,
            partitioning: match partitioning {
                Partitioning::Forward
                    if self.operators[stream].parallelism != draft.parallelism =>
                {
                    self.redistribution(stream)
                }
                partitioning => partitioning.clone(),
            },
        };
        let mut inputs: Vec<Input> = (draft.streams.iter())
            .map(|&stream| input(stream, 0, &draft.partitioning))
            .collect();
        for (other, (streams, partitioning)) in others.iter().enumerate() {
            let streams = streams.iter();
            inputs.extend(streams.map(|&stream| input(stream, other + 1, partitioning)));
        }
        let position = self.operators.len();
        self.operators.push(PhysicalOperator {
            id,
            name: format!("{}[{}]", draft.name, position + 1),
            spec: draft.spec,
            output: draft.output,
            changelog: draft.changelog,
            parallelism: draft.parallelism,
            inputs,
            upsert_keys: Vec::new(),
            description: draft.description,
            digest,
        });
        position
    }

    /// How rows come to another number of subtasks: changes of one row must not overtake each other.
    fn redistribution(&self, stream: usize) -> Partitioning {
        let operator = &self.operators[stream];
        match operator.upsert_keys.first() {
            _ if operator.changelog == ChangelogMode::InsertOnly => Partitioning::Rebalance,
            Some(key) if key.is_empty() => Partitioning::Global,
            Some(key) => Partitioning::Hash {
                keys: key.iter().copied().collect(),
            },
            None => Partitioning::Hash {
                keys: (0..operator.output.len()).collect(),
            },
        }
    }
}

pub(super) struct Draft<'s> {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) spec: OperatorSpec,
    pub(super) output: RowType,
    pub(super) changelog: ChangelogMode,
    pub(super) parallelism: u32,
    pub(super) streams: &'s [usize],
    pub(super) partitioning: Partitioning,
    /// Whether an equal operator over equal inputs may serve instead.
    pub(super) reuse: bool,
}

impl PhysicalOperator {
    /// What it does, in one line.
    pub(super) fn description(&self) -> &str {
        self.description.lines().next().unwrap_or_default()
    }
}

pub(super) fn names(row: &RowType) -> String {
    row.fields
        .iter()
        .map(|field| field.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn short_name(identifier: &str) -> &str {
    identifier.rsplit('.').next().unwrap_or(identifier)
}
