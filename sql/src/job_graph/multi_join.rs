//! Chains of joins on one key to one operator (Flink's `JoinToMultiJoinRule` and `MultiJoin`,
//! `table.optimizer.multi-join.enabled`).
//!
//! The left side of a join is followed as long as it is an inner or left join itself, under projections that
//! only pass columns on. What the steps have in common of their keys, traced back to the inputs that the
//! columns come from, is the key of the chain; what else they compare is a condition of its step. An
//! equality with a column of an input that may be missing says, too, that it is not: it stays a condition.

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::join::{JoinInput, JoinKind, MultiJoinSpec, MultiJoinStep};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::TypeKind;

use super::PlanError;
use super::physical::{Builder, Draft, Streams};
use crate::rel::{JoinStrategy, Rel, RelNode, conjunction};

/// A column of an input.
type Place = (usize, usize);

/// A chain as far as it is known.
struct Chain {
    inputs: Vec<Arc<Rel>>,
    steps: Vec<Step>,
    /// Where the columns of the result come from.
    columns: Vec<Place>,
}

struct Step {
    kind: JoinKind,
    /// Columns of inputs before, and of this one, that have to be equal.
    keys: Vec<(Place, usize)>,
    /// Over the columns of all inputs up to this one.
    condition: Option<Expr>,
}

impl Chain {
    fn of(rel: &Arc<Rel>) -> Chain {
        match &rel.node {
            RelNode::Project { input, exprs } => {
                let chain = Chain::of(input);
                let passed = exprs.iter().map(|expr| match expr {
                    Expr::Input { index, .. } => Some(chain.columns[*index]),
                    _ => None,
                });
                match passed.collect() {
                    Some(columns) if !chain.steps.is_empty() => Chain { columns, ..chain },
                    _ => Chain::input(rel),
                }
            }
            RelNode::Join {
                kind: kind @ (JoinKind::Inner | JoinKind::Left),
                left,
                right,
                keys,
                condition,
                strategy: JoinStrategy::Regular,
            } if !keys.is_empty() && keys.iter().all(|key| !key.null_safe) => {
                let mut chain = Chain::of(left);
                let input = chain.inputs.len();
                let width = left.schema.len();
                let keys = keys.iter().map(|key| (chain.columns[key.left], key.right));
                let keys = keys.collect();
                chain
                    .columns
                    .extend((0..right.schema.len()).map(|column| (input, column)));
                chain.inputs.push(Arc::clone(right));
                let condition = condition.as_ref().map(|condition| {
                    let place = |column: usize| match column < width {
                        true => chain.columns[column],
                        false => (input, column - width),
                    };
                    condition
                        .clone()
                        .map_columns(&|column| chain.position(place(column)))
                });
                chain.steps.push(Step {
                    kind: *kind,
                    keys,
                    condition,
                });
                chain
            }
            _ => Chain::input(rel),
        }
    }

    fn input(rel: &Arc<Rel>) -> Chain {
        Chain {
            inputs: vec![Arc::clone(rel)],
            steps: Vec::new(),
            columns: (0..rel.schema.len()).map(|column| (0, column)).collect(),
        }
    }

    /// The column among those of all inputs.
    fn position(&self, (input, column): Place) -> usize {
        let before = self.inputs[..input].iter().map(|rel| rel.schema.len());
        before.sum::<usize>() + column
    }

    /// Whether the input's columns may be NULL for want of a row.
    fn is_optional(&self, input: usize) -> bool {
        input > 0 && self.steps[input - 1].kind == JoinKind::Left
    }

    /// The key columns of each input that all steps compare; `None` where there are none. What else the steps
    /// compare becomes a condition.
    fn common_key(&mut self) -> Option<Vec<Vec<usize>>> {
        let first = self.steps.first()?;
        // Candidates: the column of each input so far, `None` once a step does not compare it.
        let mut candidates: Vec<Vec<Option<usize>>> = (first.keys.iter())
            .map(|&((_, left), right)| vec![Some(left), Some(right)])
            .collect();
        for step in &self.steps[1..] {
            for candidate in &mut candidates {
                let found = step.keys.iter().find(|((input, column), _)| {
                    candidate.get(*input).copied().flatten() == Some(*column)
                });
                candidate.push(found.map(|(_, right)| *right));
            }
        }
        let common: Option<Vec<Vec<usize>>> = Some(
            candidates
                .iter()
                .filter_map(|candidate| candidate.iter().copied().collect())
                .collect(),
        );
        let common = common.filter(|common| !common.is_empty())?;
        for at in 0..self.steps.len() {
            let input = at + 1;
            let mut conditions: Vec<Expr> = self.steps[at].condition.take().into_iter().collect();
            for &((from, column), right) in &self.steps[at].keys {
                let in_key = common
                    .iter()
                    .any(|key| key[from] == column && key[input] == right);
                if !in_key || self.is_optional(from) {
                    let of = |place: Place| {
                        let ty = &self.inputs[place.0].schema.fields[place.1].ty;
                        Expr::input(self.position(place), ty.with_nullable(true))
                    };
                    let args = vec![of((from, column)), of((input, right))];
                    conditions.push(Expr::call("=", args, TypeKind::Boolean.nullable()));
                }
            }
            self.steps[at].condition = conjunction(conditions);
        }
        let inputs = 0..self.inputs.len();
        Some(
            inputs
                .map(|input| common.iter().map(|key| key[input]).collect())
                .collect(),
        )
    }
}

impl Builder<'_> {
    /// The operator of a chain that ends at this join; `None` if there is none, or nobody asked for it.
    pub(super) fn build_multi_join(&mut self, rel: &Rel) -> Result<Option<Streams>, PlanError> {
        if !self.settings.multi_join {
            return Ok(None);
        }
        let mut chain = Chain::of(&Arc::new(rel.clone()));
        if chain.inputs.len() < 3 {
            return Ok(None);
        }
        let Some(keys) = chain.common_key() else {
            return Ok(None);
        };
        let mut streams = Vec::with_capacity(chain.inputs.len());
        for input in &chain.inputs {
            streams.push(self.build(input)?);
        }
        let modes: Vec<ChangelogMode> = streams.iter().map(|s| self.changelog_of(s)).collect();
        let description = describe(&chain, &keys);
        let mut output = RowType::default();
        for (at, input) in chain.inputs.iter().enumerate() {
            let optional = chain.is_optional(at);
            let fields = input.schema.row_type().fields.into_iter();
            output.fields.extend(fields.map(|field| {
                let nullable = field.ty.nullable || optional;
                Field::new(field.name, field.ty.with_nullable(nullable))
            }));
        }
        let inputs = chain
            .inputs
            .iter()
            .zip(&modes)
            .map(|(input, &changelog)| JoinInput {
                columns: input.schema.row_type(),
                changelog,
                state_ttl_ms: input.state_ttl().unwrap_or(self.settings.state_ttl_ms),
            });
        let positions: Vec<usize> = (chain.columns.iter())
            .map(|&place| chain.position(place))
            .collect();
        let steps = chain.steps.into_iter().map(|step| MultiJoinStep {
            kind: step.kind,
            condition: step.condition,
        });
        let spec = MultiJoinSpec {
            inputs: inputs.collect(),
            steps: steps.collect(),
            keys: keys.clone(),
        };
        // Without rows that come out alone nothing is taken back that an input does not take back.
        let changelog = match spec.has_left_steps() {
            true => ChangelogMode::InsertDelete,
            false => modes
                .iter()
                .fold(ChangelogMode::InsertOnly, |all, mode| all.union(*mode)),
        };
        let (partitioning, parallelism) = self.by_keys(&keys[0]);
        let others = streams[1..].iter().zip(&keys[1..]);
        let others: Vec<_> = others
            .map(|(streams, keys)| (streams.as_slice(), self.by_keys(keys).0))
            .collect();
        let draft = Draft {
            name: "MultiJoin".to_owned(),
            description,
            spec: OperatorSpec::MultiJoin(spec),
            output: output.clone(),
            changelog,
            parallelism,
            streams: &streams[0],
            partitioning,
            reuse: true,
        };
        let joined = self.add_with(draft, &others);
        let unchanged = positions.iter().copied().eq(0..output.len());
        if unchanged {
            return Ok(Some(vec![joined]));
        }
        let projection: Vec<Expr> = (positions.iter())
            .map(|&at| Expr::input(at, output.fields[at].ty.clone()))
            .collect();
        let names: Vec<&str> = rel
            .schema
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        Ok(Some(vec![self.add(Draft {
            name: "Calc".to_owned(),
            description: format!("Calc(select=[{}])", names.join(", ")),
            spec: OperatorSpec::Calc {
                filter: None,
                projection,
            },
            output: rel.schema.row_type(),
            changelog,
            parallelism,
            streams: &[joined],
            partitioning: alpheus_dataflow::graph::Partitioning::Forward,
            reuse: true,
        })]))
    }
}

/// `MultiJoin(commonJoinKey=[k], joinTypes=[InnerJoin, LeftOuterJoin], ..)`
fn describe(chain: &Chain, keys: &[Vec<usize>]) -> String {
    let first = &chain.inputs[0].schema.fields;
    let key: Vec<&str> = keys[0]
        .iter()
        .map(|&column| first[column].name.as_str())
        .collect();
    let kinds: Vec<&str> = chain.steps.iter().map(|step| step.kind.explain()).collect();
    let all = crate::rel::PlanSchema {
        fields: (chain.inputs.iter())
            .flat_map(|input| input.schema.fields.iter().cloned())
            .collect(),
    };
    let conditions: Vec<String> = (chain.steps.iter())
        .map(|step| match &step.condition {
            None => "true".to_owned(),
            Some(condition) => crate::rel::explain_expr(condition, &all),
        })
        .collect();
    let names: Vec<&str> = all.fields.iter().map(|field| field.name.as_str()).collect();
    format!(
        "MultiJoin(commonJoinKey=[{}], joinTypes=[{}], joinConditions=[{}], select=[{}])",
        key.join(", "),
        kinds.join(", "),
        conditions.join(", "),
        names.join(", ")
    )
}
