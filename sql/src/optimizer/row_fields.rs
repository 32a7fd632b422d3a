//! Fields of ROW columns that nobody reads are not produced either (Flink's nested projection,
//! `PushProjectIntoTableSourceScanRule`).
//!
//! Column pruning keeps a ROW column whole as soon as one of its fields is read. Here the fields that are
//! read are followed down to the scans through nodes that pass columns on, and the table that is scanned
//! gets a schema without the others, where its connector can leave fields out
//! ([`reads_row_fields`]). Columns keep their places; only types of ROW columns and the positions in
//! `ROW_FIELD` change. Whatever reads a column in another way than by `ROW_FIELD` keeps it whole.
//!
//! Scans of one table (same identifier, same options) agree on the fields, as on the columns, so that they
//! can be one source: fields are collected over all outputs before anything is rewritten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_connectors::reads_row_fields;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::types::{LogicalType, TypeKind};

use crate::rel::{Output, PlanSchema, Rel, RelNode};

/// Leaves out of the tables that are scanned what no output reads.
pub(super) fn leave_out_fields(outputs: Vec<Output>) -> Vec<Output> {
    let mut tables = Vec::new();
    for output in &outputs {
        collect(
            &output.query,
            vec![Use::Whole; output.query.schema.len()],
            &mut tables,
        );
    }
    let tables: Vec<Narrowed> = tables.into_iter().map(Narrowed::new).collect();
    if tables.iter().all(|table| table.rows.is_empty()) {
        return outputs;
    }
    let rewritten = outputs.into_iter().map(|output| Output {
        query: rewrite(&output.query, &tables).0,
        ..output
    });
    rewritten.collect()
}

/// What is read of a column.
#[derive(Clone, Debug)]
enum Use {
    Fields(BTreeSet<usize>),
    Whole,
}

impl Use {
    fn nothing() -> Use {
        Use::Fields(BTreeSet::new())
    }

    fn add(&mut self, other: &Use) {
        match (&mut *self, other) {
            (Use::Fields(fields), Use::Fields(more)) => fields.extend(more),
            (_, Use::Whole) => *self = Use::Whole,
            (Use::Whole, _) => {}
        }
    }
}

/// The column and field of `ROW_FIELD(column, field)`.
fn field_access(expr: &Expr) -> Option<(usize, usize)> {
    let Expr::Call { function, args, .. } = expr else {
        return None;
    };
    match args.as_slice() {
        [
            Expr::Input { index, .. },
            Expr::Literal {
                value: Literal::Int(field),
                ..
            },
        ] if function == "ROW_FIELD" => Some((*index, usize::try_from(*field).ok()?)),
        _ => None,
    }
}

fn add_uses(expr: &Expr, uses: &mut [Use]) {
    if let Some((column, field)) = field_access(expr) {
        uses[column].add(&Use::Fields(BTreeSet::from([field])));
    } else if let Expr::Input { index, .. } = expr {
        uses[*index] = Use::Whole;
    } else {
        for child in expr.children() {
            add_uses(child, uses);
        }
    }
}

/// A table that is scanned, with what is read of each of its columns.
type Scanned = (Arc<TableSpec>, Vec<Use>);

/// Adds what the node reads of tables when `required` is read of its own columns.
fn collect(rel: &Rel, mut required: Vec<Use>, tables: &mut Vec<Scanned>) {
    match &rel.node {
        RelNode::Scan {
            table,
            projection,
            filters,
        } => {
            let width = table.schema.fields.len();
            let position = tables.iter().position(|(known, _)| known == table);
            let position = position.unwrap_or_else(|| {
                tables.push((Arc::clone(table), vec![Use::nothing(); width]));
                tables.len() - 1
            });
            let uses = &mut tables[position].1;
            for (&column, required) in projection.iter().zip(&required) {
                uses[column].add(required);
            }
            for filter in filters {
                add_uses(filter, uses);
            }
        }
        RelNode::Project { input, exprs } => {
            let mut below = vec![Use::nothing(); input.schema.len()];
            for (expr, required) in exprs.iter().zip(&required) {
                match expr {
                    Expr::Input { index, .. } => below[*index].add(required),
                    computed => add_uses(computed, &mut below),
                }
            }
            collect(input, below, tables);
        }
        RelNode::Filter { input, predicate } => {
            add_uses(predicate, &mut required);
            collect(input, required, tables);
        }
        RelNode::Watermark { input, spec } => {
            add_uses(&spec.expr, &mut required);
            required[spec.rowtime] = Use::Whole;
            collect(input, required, tables);
        }
        RelNode::StateTtl { input, .. } => collect(input, required, tables),
        _ => {
            for input in rel.inputs() {
                collect(input, vec![Use::Whole; input.schema.len()], tables);
            }
        }
    }
}

/// A ROW column without some of its fields.
#[derive(Debug)]
struct NarrowRow {
    ty: LogicalType,
    /// Where the fields that are left were.
    places: BTreeMap<usize, usize>,
}

impl NarrowRow {
    /// Nothing when the column stays as it is.
    fn new(ty: &LogicalType, uses: &Use) -> Option<NarrowRow> {
        let (TypeKind::Row(fields), Use::Fields(used)) = (&ty.kind, uses) else {
            return None;
        };
        // A column that only another scan of the table asked for is read by nobody; a ROW has a field.
        if used.is_empty() || used.len() >= fields.len() {
            return None;
        }
        let kept = used.iter().filter_map(|&field| fields.get(field).cloned());
        Some(NarrowRow {
            ty: TypeKind::Row(kept.collect())
                .nullable()
                .with_nullable(ty.nullable),
            places: (used.iter().enumerate())
                .map(|(new, &old)| (old, new))
                .collect(),
        })
    }
}

/// For each column of a node, how it was narrowed.
type Columns = Vec<Option<Arc<NarrowRow>>>;

/// A table before and after.
struct Narrowed {
    from: Arc<TableSpec>,
    to: Arc<TableSpec>,
    /// By physical column; empty when nothing changes.
    rows: Columns,
}

impl Narrowed {
    fn new((from, uses): Scanned) -> Narrowed {
        let mut rows: Columns = Vec::new();
        if reads_row_fields(&from) {
            let columns = from.schema.fields.iter().zip(&uses);
            rows.extend(columns.map(|(field, uses)| NarrowRow::new(&field.ty, uses).map(Arc::new)));
        }
        let mut to = Arc::clone(&from);
        if rows.iter().any(Option::is_some) {
            let fields = &mut Arc::make_mut(&mut to).schema.fields;
            for (field, row) in fields.iter_mut().zip(&rows) {
                if let Some(row) = row {
                    field.ty = row.ty.clone();
                }
            }
        } else {
            rows.clear();
        }
        Narrowed { from, to, rows }
    }
}

/// The expression over narrowed columns.
fn adapt(expr: &Expr, columns: &Columns) -> Expr {
    expr.clone().transform(&mut |expr| match expr {
        Expr::Input { index, ty } => Expr::Input {
            ty: columns[index].as_ref().map_or(ty, |row| row.ty.clone()),
            index,
        },
        mut call @ Expr::Call { .. } => {
            if let Some((column, field)) = field_access(&call)
                && let Some(row) = &columns[column]
                && let Expr::Call { args, .. } = &mut call
                && let Some(Expr::Literal { value, .. }) = args.last_mut()
            {
                *value = Literal::Int(row.places[&field] as i64);
            }
            call
        }
        other => other,
    })
}

fn narrow_schema(rel: &Rel, columns: &Columns) -> PlanSchema {
    let mut schema = rel.schema.clone();
    for (field, row) in schema.fields.iter_mut().zip(columns) {
        if let Some(row) = row {
            field.ty = row.ty.clone();
        }
    }
    schema
}

/// The node over narrowed tables, and which of its columns are narrower now.
fn rewrite(rel: &Arc<Rel>, tables: &[Narrowed]) -> (Arc<Rel>, Columns) {
    let (node, columns) = match &rel.node {
        RelNode::Scan {
            table,
            projection,
            filters,
        } => {
            let narrowed = tables.iter().find(|narrowed| narrowed.from == *table);
            let Some(narrowed) = narrowed.filter(|narrowed| !narrowed.rows.is_empty()) else {
                return (Arc::clone(rel), vec![None; projection.len()]);
            };
            let node = RelNode::Scan {
                table: Arc::clone(&narrowed.to),
                projection: projection.clone(),
                filters: (filters.iter())
                    .map(|filter| adapt(filter, &narrowed.rows))
                    .collect(),
            };
            let columns = projection.iter().map(|&p| narrowed.rows[p].clone());
            (node, columns.collect())
        }
        RelNode::Project { input, exprs } => {
            let (input, below) = rewrite(input, tables);
            let columns = exprs.iter().map(|expr| match expr {
                Expr::Input { index, .. } => below[*index].clone(),
                _ => None,
            });
            let columns = columns.collect();
            let exprs = exprs.iter().map(|expr| adapt(expr, &below)).collect();
            (RelNode::Project { input, exprs }, columns)
        }
        RelNode::Filter { input, predicate } => {
            let (input, columns) = rewrite(input, tables);
            let predicate = adapt(predicate, &columns);
            (RelNode::Filter { input, predicate }, columns)
        }
        RelNode::Watermark { input, spec } => {
            let (input, columns) = rewrite(input, tables);
            let mut spec = spec.clone();
            spec.expr = adapt(&spec.expr, &columns);
            (RelNode::Watermark { input, spec }, columns)
        }
        RelNode::StateTtl { input, .. } => {
            let (input, columns) = rewrite(input, tables);
            (rel.with_inputs(vec![input]).node, columns)
        }
        _ => {
            let inputs = rel.inputs();
            let inputs = inputs.iter().map(|input| rewrite(input, tables).0);
            let node = rel.with_inputs(inputs.collect()).node;
            (node, vec![None; rel.schema.len()])
        }
    };
    let schema = narrow_schema(rel, &columns);
    (Arc::new(Rel { node, schema }), columns)
}
