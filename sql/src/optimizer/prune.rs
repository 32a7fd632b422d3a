//! Column pruning: nobody produces what nobody reads.
//!
//! Works from the outputs down with the set of columns that are needed. Scans of one table (same
//! identifier, same options) get the union of what all of them need, so that the job graph can make
//! them one source: that is why it runs twice, once to collect and once to rewrite.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::join::JoinKey;

use crate::rel::{Output, PlanSchema, Rel, RelNode, SortKey, join_schema};

type Columns = BTreeSet<usize>;

pub(super) fn prune_columns(outputs: Vec<Output>) -> Vec<Output> {
    let mut needs = ScanNeeds::default();
    for output in &outputs {
        prune(&output.query, &all(&output.query), &mut needs);
    }
    needs.collecting = false;
    let rewrite = |output: Output| {
        let columns = all(&output.query);
        let (query, mapping) = prune(&output.query, &columns, &mut needs);
        // A shared scan may have brought columns that only another query needs.
        let kept: Vec<usize> = columns.into_iter().collect();
        Output {
            query: select(&query, &kept, &mapping),
            ..output
        }
    };
    outputs.into_iter().map(rewrite).collect()
}

fn all(rel: &Rel) -> Columns {
    (0..rel.schema.len()).collect()
}

/// Physical columns that each table's scans need, together.
struct ScanNeeds {
    collecting: bool,
    tables: Vec<(Arc<TableSpec>, Columns)>,
}

impl Default for ScanNeeds {
    fn default() -> Self {
        ScanNeeds {
            collecting: true,
            tables: Vec::new(),
        }
    }
}

impl ScanNeeds {
    fn of(&mut self, table: &Arc<TableSpec>, columns: Columns) -> Columns {
        let position = match self.tables.iter().position(|(known, _)| known == table) {
            Some(position) => position,
            None => {
                self.tables.push((Arc::clone(table), Columns::new()));
                self.tables.len() - 1
            }
        };
        let needed = &mut self.tables[position].1;
        if self.collecting {
            needed.extend(columns);
        }
        needed.clone()
    }
}

/// Where each old column is now.
type Mapping = BTreeMap<usize, usize>;

/// The node with at least the `required` columns, and their new positions. Outputs ask for all columns,
/// so the root keeps its shape.
fn prune(rel: &Arc<Rel>, required: &Columns, needs: &mut ScanNeeds) -> (Arc<Rel>, Mapping) {
    let kept: Vec<usize> = required.iter().copied().collect();
    match &rel.node {
        RelNode::Scan {
            table,
            projection,
            filters,
        } => {
            let physical: Columns = required.iter().map(|&column| projection[column]).collect();
            let physical: Vec<usize> = needs.of(table, physical).into_iter().collect();
            let mapping = required
                .iter()
                .filter_map(|&column| {
                    physical
                        .iter()
                        .position(|&p| p == projection[column])
                        .map(|new| (column, new))
                })
                .collect();
            let fields = physical
                .iter()
                .filter_map(|&p| projection.iter().position(|&old| old == p))
                .map(|old| rel.schema.fields[old].clone())
                .collect::<Vec<_>>();
            // A projection that another query needs and this one never had.
            let fields = if fields.len() == physical.len() {
                fields
            } else {
                let field = |&p: &usize| {
                    let physical = &table.schema.fields[p];
                    crate::rel::PlanField::new(physical.name.clone(), physical.ty.clone())
                };
                physical.iter().map(field).collect()
            };
            let node = RelNode::Scan {
                table: Arc::clone(table),
                projection: physical,
                filters: filters.clone(),
            };
            (
                Arc::new(Rel {
                    node,
                    schema: PlanSchema { fields },
                }),
                mapping,
            )
        }
        RelNode::Values { rows } => {
            let pick = |row: &Vec<Expr>| kept.iter().map(|&column| row[column].clone()).collect();
            let node = RelNode::Values {
                rows: rows.iter().map(pick).collect(),
            };
            (with_columns(rel, node, &kept), dense(&kept))
        }
        RelNode::Project { input, exprs } => {
            let mut below = Columns::new();
            for &column in &kept {
                below.extend(exprs[column].referenced_columns());
            }
            let (input, mapping) = prune(input, &below, needs);
            let exprs = kept
                .iter()
                .map(|&column| remap(&exprs[column], &mapping))
                .collect();
            (
                with_columns(rel, RelNode::Project { input, exprs }, &kept),
                dense(&kept),
            )
        }
        RelNode::Filter { input, predicate } => {
            let mut below = required.clone();
            below.extend(predicate.referenced_columns());
            let (input, mapping) = prune(input, &below, needs);
            let predicate = remap(predicate, &mapping);
            (Rel::filter(input, predicate), mapping)
        }
        RelNode::Watermark { input, spec } => {
            let mut below = required.clone();
            below.insert(spec.rowtime);
            below.extend(spec.expr.referenced_columns());
            let (input, mapping) = prune(input, &below, needs);
            let mut spec = spec.clone();
            spec.rowtime = mapping[&spec.rowtime];
            spec.expr = remap(&spec.expr, &mapping);
            let schema = roles_of(rel, &input, &mapping);
            (
                Arc::new(Rel {
                    node: RelNode::Watermark { input, spec },
                    schema,
                }),
                mapping,
            )
        }
        RelNode::Window {
            input,
            window,
            time,
            keys,
        } => {
            let width = input.schema.len();
            let mut below: Columns = required
                .iter()
                .copied()
                .filter(|&column| column < width)
                .collect();
            below.extend(keys.iter().copied());
            if let alpheus_dataflow::window::TimeAttribute::Event { column } = time {
                below.insert(*column);
            }
            let (input, mut mapping) = prune(input, &below, needs);
            let keys = keys.iter().map(|key| mapping[key]).collect();
            let time = remap_time(*time, &mapping);
            let mut fields = roles_of(rel, &input, &mapping).fields;
            for offset in 0..rel.schema.len() - width {
                mapping.insert(width + offset, fields.len());
                fields.push(rel.schema.fields[width + offset].clone());
            }
            let node = RelNode::Window {
                input,
                window: *window,
                time,
                keys,
            };
            (
                Arc::new(Rel {
                    node,
                    schema: PlanSchema { fields },
                }),
                mapping,
            )
        }
        RelNode::Aggregate {
            input,
            keys,
            aggregates,
        }
        | RelNode::AttachedWindowAggregate {
            input,
            keys,
            aggregates,
            ..
        } => {
            let mut below: Columns = keys.iter().copied().collect();
            aggregates
                .iter()
                .for_each(|call| below.extend(aggregate_columns(call)));
            let (input, mapping) = prune(input, &below, needs);
            let keys = keys.iter().map(|key| mapping[key]).collect();
            let aggregates = aggregates
                .iter()
                .map(|call| remap_aggregate(call, &mapping))
                .collect();
            let node = match &rel.node {
                RelNode::AttachedWindowAggregate {
                    window_end, zoned, ..
                } => RelNode::AttachedWindowAggregate {
                    input,
                    keys,
                    window_end: mapping[window_end],
                    zoned: *zoned,
                    aggregates,
                },
                _ => RelNode::Aggregate {
                    input,
                    keys,
                    aggregates,
                },
            };
            (
                Arc::new(Rel {
                    node,
                    schema: rel.schema.clone(),
                }),
                identity(rel),
            )
        }
        RelNode::WindowAggregate {
            input,
            window,
            time,
            keys,
            aggregates,
        } => {
            let mut below: Columns = keys.iter().copied().collect();
            aggregates
                .iter()
                .for_each(|call| below.extend(aggregate_columns(call)));
            if let alpheus_dataflow::window::TimeAttribute::Event { column } = time {
                below.insert(*column);
            }
            let (input, mapping) = prune(input, &below, needs);
            let keys = keys.iter().map(|key| mapping[key]).collect();
            let aggregates = aggregates
                .iter()
                .map(|call| remap_aggregate(call, &mapping))
                .collect();
            let time = remap_time(*time, &mapping);
            let node = RelNode::WindowAggregate {
                input,
                window: *window,
                time,
                keys,
                aggregates,
            };
            (
                Arc::new(Rel {
                    node,
                    schema: rel.schema.clone(),
                }),
                identity(rel),
            )
        }
        RelNode::Over {
            input,
            partition,
            order,
            frame,
            calls,
        } => {
            let width = input.schema.len();
            let kept_calls: Vec<usize> = (0..calls.len())
                .filter(|call| required.contains(&(width + call)))
                .collect();
            let own = required.iter().copied().filter(|&column| column < width);
            if kept_calls.is_empty() {
                return prune(input, &own.collect(), needs);
            }
            let mut below: Columns = own.chain(partition.iter().copied()).collect();
            below.extend(order.iter().map(|key| key.column));
            below.extend(kept_calls.iter().flat_map(|&call| calls[call].columns()));
            let (input, mut mapping) = prune(input, &below, needs);
            let node = RelNode::Over {
                partition: partition.iter().map(|key| mapping[key]).collect(),
                order: remap_order(order, &mapping),
                frame: *frame,
                calls: (kept_calls.iter())
                    .map(|&call| calls[call].map_columns(&|column| mapping[&column]))
                    .collect(),
                input: Arc::clone(&input),
            };
            let mut schema = input.schema.clone();
            for call in kept_calls {
                mapping.insert(width + call, schema.len());
                schema.fields.push(rel.schema.fields[width + call].clone());
            }
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::Rank {
            input,
            partition,
            order,
            ..
        }
        | RelNode::WindowRank {
            input,
            partition,
            order,
            ..
        } => {
            let number = input.schema.len();
            let mut below = required.clone();
            let numbers = below.remove(&number);
            below.extend(partition.iter().copied());
            below.extend(order.iter().map(|key| key.column));
            let (input, mut mapping) = prune(input, &below, needs);
            let mut schema = input.schema.clone();
            if numbers {
                mapping.insert(number, schema.len());
                schema.fields.push(rel.schema.fields[number].clone());
            }
            let mut node = rel.with_inputs(vec![input]).node;
            if let RelNode::WindowRank { window_end, .. } = &mut node {
                *window_end = mapping[window_end];
            }
            if let RelNode::Rank {
                partition,
                order,
                numbered,
                ..
            }
            | RelNode::WindowRank {
                partition,
                order,
                numbered,
                ..
            } = &mut node
            {
                partition.iter_mut().for_each(|key| *key = mapping[key]);
                *order = remap_order(order, &mapping);
                *numbered = numbers;
            }
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::Deduplicate {
            input,
            keys,
            time,
            keep_last,
        } => {
            let mut below = required.clone();
            below.extend(keys.iter().copied());
            if let alpheus_dataflow::window::TimeAttribute::Event { column } = time {
                below.insert(*column);
            }
            let (input, mapping) = prune(input, &below, needs);
            let node = RelNode::Deduplicate {
                keys: keys.iter().map(|key| mapping[key]).collect(),
                time: remap_time(*time, &mapping),
                keep_last: *keep_last,
                input: Arc::clone(&input),
            };
            let schema = input.schema.clone();
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::Sort { input, keys, .. } => {
            let mut below = required.clone();
            below.extend(keys.iter().map(|key| key.column));
            let (input, mapping) = prune(input, &below, needs);
            let schema = input.schema.clone();
            let mut node = rel.with_inputs(vec![input]).node;
            if let RelNode::Sort { keys, .. } = &mut node {
                *keys = remap_order(keys, &mapping);
            }
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::Unnest {
            input, collection, ..
        } => {
            // Elements come after the columns of the input.
            let width = input.schema.len();
            let mut below: Columns = required.range(..width).copied().collect();
            let is_read = below.contains(collection);
            below.insert(*collection);
            let (input, mut mapping) = prune(input, &below, needs);
            let mut fields = input.schema.fields.clone();
            for offset in 0..rel.schema.len() - width {
                mapping.insert(width + offset, fields.len());
                fields.push(rel.schema.fields[width + offset].clone());
            }
            let mut node = rel.with_inputs(vec![input]).node;
            if let RelNode::Unnest {
                collection,
                keep_collection,
                ..
            } = &mut node
            {
                *collection = mapping[collection];
                *keep_collection = is_read;
            }
            let schema = PlanSchema { fields };
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::ChangelogNormalize { input, keys } => {
            let mut below = required.clone();
            below.extend(keys.iter().copied());
            let (input, mapping) = prune(input, &below, needs);
            let schema = input.schema.clone();
            let keys = keys.iter().map(|key| mapping[key]).collect();
            let node = RelNode::ChangelogNormalize { input, keys };
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::StateTtl { input, .. } => {
            let (input, mapping) = prune(input, required, needs);
            let schema = input.schema.clone();
            let node = rel.with_inputs(vec![input]).node;
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::Match { input, pattern } => {
            let below: Columns = pattern.columns().into_iter().collect();
            let (input, mapping) = prune(input, &below, needs);
            let pattern = Arc::new(pattern.map_columns(&|column| mapping[&column]));
            let node = RelNode::Match { input, pattern };
            let schema = rel.schema.clone();
            (Arc::new(Rel { node, schema }), identity(rel))
        }
        RelNode::Join {
            kind,
            left,
            right,
            keys,
            condition,
            strategy,
        } => {
            let width = left.schema.len();
            let mut below = required.clone();
            below.extend(condition.iter().flat_map(Expr::referenced_columns));
            below.extend(keys.iter().flat_map(|key| [key.left, width + key.right]));
            let timed = strategy.columns();
            below.extend(
                timed
                    .iter()
                    .flat_map(|(left, right)| [*left, width + right]),
            );
            let of_right: Columns = below.split_off(&width).iter().map(|c| c - width).collect();
            let (left, left_map) = prune(left, &below, needs);
            let (right, right_map) = prune(right, &of_right, needs);
            let mut mapping = left_map.clone();
            let new_width = left.schema.len();
            mapping.extend(
                right_map
                    .iter()
                    .map(|(c, new)| (width + c, new_width + new)),
            );
            let strategy =
                strategy.over(timed.map(|(left, right)| (left_map[&left], right_map[&right])));
            let keys = keys.iter().map(|key| JoinKey {
                left: left_map[&key.left],
                right: right_map[&key.right],
                ..*key
            });
            let node = RelNode::Join {
                kind: *kind,
                keys: keys.collect(),
                condition: condition.as_ref().map(|c| remap(c, &mapping)),
                strategy,
                left: Arc::clone(&left),
                right: Arc::clone(&right),
            };
            if !kind.has_right_columns() {
                mapping = left_map;
            }
            let mut schema = join_schema(*kind, &left.schema, &right.schema, strategy);
            for (&old, &new) in &mapping {
                schema.fields[new] = rel.schema.fields[old].clone();
            }
            (Arc::new(Rel { node, schema }), mapping)
        }
        RelNode::Union { inputs } => {
            let pruned = inputs.iter().map(|input| {
                let (input, mapping) = prune(input, required, needs);
                select(&input, &kept, &mapping)
            });
            let node = RelNode::Union {
                inputs: pruned.collect(),
            };
            (with_columns(rel, node, &kept), dense(&kept))
        }
    }
}

/// The same rows with exactly the `kept` columns in that order.
fn select(input: &Arc<Rel>, kept: &[usize], mapping: &Mapping) -> Arc<Rel> {
    if input.schema.len() == kept.len()
        && kept
            .iter()
            .enumerate()
            .all(|(new, old)| mapping[old] == new)
    {
        return Arc::clone(input);
    }
    let columns = kept.iter().map(|old| {
        let field = &input.schema.fields[mapping[old]];
        (
            field.name.clone(),
            Expr::input(mapping[old], field.ty.clone()),
        )
    });
    Rel::project(Arc::clone(input), columns.collect())
}

fn with_columns(rel: &Rel, node: RelNode, kept: &[usize]) -> Arc<Rel> {
    let fields = kept
        .iter()
        .map(|&column| rel.schema.fields[column].clone())
        .collect();
    Arc::new(Rel {
        node,
        schema: PlanSchema { fields },
    })
}

fn dense(kept: &[usize]) -> Mapping {
    kept.iter()
        .enumerate()
        .map(|(new, &old)| (old, new))
        .collect()
}

fn identity(rel: &Rel) -> Mapping {
    (0..rel.schema.len())
        .map(|column| (column, column))
        .collect()
}

/// The columns of `input` with the roles that `rel` gave to those it passes on.
fn roles_of(rel: &Rel, input: &Rel, mapping: &Mapping) -> PlanSchema {
    let mut schema = input.schema.clone();
    for (&old, &new) in mapping {
        schema.fields[new] = rel.schema.fields[old].clone();
    }
    schema
}

fn remap(expr: &Expr, mapping: &Mapping) -> Expr {
    expr.clone().map_columns(&|column| mapping[&column])
}

fn remap_order(order: &[SortKey], mapping: &Mapping) -> Vec<SortKey> {
    let moved = order.iter().map(|key| SortKey {
        column: mapping[&key.column],
        ..*key
    });
    moved.collect()
}

fn remap_time(
    time: alpheus_dataflow::window::TimeAttribute,
    mapping: &Mapping,
) -> alpheus_dataflow::window::TimeAttribute {
    use alpheus_dataflow::window::TimeAttribute;
    match time {
        TimeAttribute::Event { column } => TimeAttribute::Event {
            column: mapping[&column],
        },
        TimeAttribute::Processing => TimeAttribute::Processing,
    }
}

fn aggregate_columns(call: &alpheus_dataflow::AggregateCall) -> impl Iterator<Item = usize> {
    let ordered = call.order_by.iter().map(|(column, _, _)| column);
    call.args.iter().chain(&call.filter).chain(ordered).copied()
}

fn remap_aggregate(
    call: &alpheus_dataflow::AggregateCall,
    mapping: &Mapping,
) -> alpheus_dataflow::AggregateCall {
    let mut call = call.clone();
    call.args.iter_mut().for_each(|arg| *arg = mapping[arg]);
    call.filter = call.filter.map(|filter| mapping[&filter]);
    call.order_by
        .iter_mut()
        .for_each(|(column, _, _)| *column = mapping[column]);
    call
}
