//! UNION, INTERSECT, EXCEPT and VALUES: rows from several places under one set of column types.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_functions::typing::common_type;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{QueryBody, SetOperation, SetOperator, Values};

use super::expr::{Aggregates, ExprBinder};
use super::intersect_except::intersect_or_except;
use super::query::Named;
use super::scope::Scope;
use super::select::distinct;
use super::{Binder, convert};
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, TimeRole};

impl Binder<'_> {
    pub(super) fn set_operation(
        &self,
        operation: &SetOperation,
        named: Option<&Named<'_>>,
    ) -> Result<Arc<Rel>, SqlError> {
        // A chain of unions of one kind leans to the left: take it in a loop.
        let mut bodies = vec![(&operation.right, operation.span)];
        let mut first = &operation.left;
        if operation.op != SetOperator::Union {
            let sides = vec![
                self.body(first, named)?,
                self.body(&operation.right, named)?,
            ];
            let (sides, columns) = aligned(name_of(operation.op), sides, &[operation.span; 2])?;
            return Ok(intersect_or_except(
                operation.op,
                operation.all,
                sides,
                columns,
            ));
        }
        while let QueryBody::Set(inner) = first {
            if (inner.op, inner.all) != (operation.op, operation.all) {
                break;
            }
            bodies.push((&inner.right, inner.span));
            first = &inner.left;
        }
        let mut inputs = vec![self.body(first, named)?];
        let mut spans = vec![operation.span];
        for (body, span) in bodies.into_iter().rev() {
            inputs.push(self.body(body, named)?);
            spans.push(span);
        }
        let union = union(inputs, &spans)?;
        Ok(if operation.all {
            union
        } else {
            distinct(union)
        })
    }

    /// VALUES: constant rows.
    pub(super) fn values(&self, values: &Values) -> Result<Arc<Rel>, SqlError> {
        let scope = Scope::default();
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("VALUES"));
        let mut rows: Vec<Vec<Expr>> = Vec::with_capacity(values.rows.len());
        for row in &values.rows {
            let bound: Result<Vec<Expr>, SqlError> =
                row.iter().map(|expr| binder.bind(expr)).collect();
            let bound = bound?;
            if let Some(first) = rows.first()
                && first.len() != bound.len()
            {
                let span = row.first().map_or(values.span, |expr| expr.span);
                return Err(SqlError::invalid(
                    format!(
                        "this row has {} values, the first {}",
                        bound.len(),
                        first.len()
                    ),
                    span,
                ));
            }
            rows.push(bound);
        }
        let width = rows.first().map_or(0, Vec::len);
        let mut types = Vec::with_capacity(width);
        for column in 0..width {
            let of_column: Vec<LogicalType> =
                rows.iter().map(|row| row[column].ty().clone()).collect();
            types.push(common_type(&of_column).ok_or_else(|| {
                let kinds: Vec<String> = of_column.iter().map(|ty| ty.kind.to_string()).collect();
                SqlError::invalid(
                    format!(
                        "column {} of VALUES has no common type: {}",
                        column + 1,
                        kinds.join(", ")
                    ),
                    values.span,
                )
                .with_help("add a CAST to the values that differ")
            })?);
        }
        let rows = rows
            .into_iter()
            .map(|row| {
                let typed = row.into_iter().zip(&types);
                typed
                    .map(|(expr, ty)| self.fold(convert(expr, ty)))
                    .collect()
            })
            .collect();
        let fields = types
            .into_iter()
            .enumerate()
            .map(|(at, ty)| PlanField::new(format!("EXPR${at}"), ty))
            .collect();
        Ok(constant_rows(rows, PlanSchema { fields }))
    }
}

/// Rows of expressions without columns. What folding could not make a constant is computed when the
/// query runs.
pub(super) fn constant_rows(rows: Vec<Vec<Expr>>, schema: PlanSchema) -> Arc<Rel> {
    let constant = |row: &Vec<Expr>| row.iter().all(|e| matches!(e, Expr::Literal { .. }));
    if rows.iter().all(constant) {
        return Arc::new(Rel {
            node: RelNode::Values { rows },
            schema,
        });
    }
    let inputs: Vec<Arc<Rel>> = rows
        .into_iter()
        .map(|exprs| {
            Arc::new(Rel {
                node: RelNode::Project {
                    input: one_row(),
                    exprs,
                },
                schema: schema.clone(),
            })
        })
        .collect();
    match inputs.as_slice() {
        [only] => Arc::clone(only),
        _ => Arc::new(Rel {
            node: RelNode::Union { inputs },
            schema,
        }),
    }
}

/// One row without columns: what a SELECT without FROM reads.
pub(super) fn one_row() -> Arc<Rel> {
    Arc::new(Rel {
        node: RelNode::Values {
            rows: vec![Vec::new()],
        },
        schema: PlanSchema::default(),
    })
}

fn name_of(op: SetOperator) -> &'static str {
    match op {
        SetOperator::Union => "UNION",
        SetOperator::Intersect => "INTERSECT",
        SetOperator::Except => "EXCEPT",
    }
}

/// All rows of all inputs; columns are named by the first.
fn union(inputs: Vec<Arc<Rel>>, spans: &[Span]) -> Result<Arc<Rel>, SqlError> {
    let (inputs, fields) = aligned("UNION", inputs, spans)?;
    Ok(Arc::new(Rel {
        node: RelNode::Union { inputs },
        schema: PlanSchema { fields },
    }))
}

/// The inputs with the same column types, and the columns they have together.
fn aligned(
    name: &str,
    inputs: Vec<Arc<Rel>>,
    spans: &[Span],
) -> Result<(Vec<Arc<Rel>>, Vec<PlanField>), SqlError> {
    let width = inputs[0].schema.len();
    for (input, span) in inputs.iter().zip(spans) {
        if input.schema.len() != width {
            return Err(SqlError::invalid(
                format!(
                    "the sides of {name} have {width} and {} columns",
                    input.schema.len()
                ),
                *span,
            )
            .with_help("select the same number of columns on both sides"));
        }
    }
    let mut fields = Vec::with_capacity(width);
    for column in 0..width {
        let of_column: Vec<&PlanField> = inputs
            .iter()
            .map(|input| &input.schema.fields[column])
            .collect();
        let mut ty = of_column[0].ty.clone();
        for (field, span) in of_column.iter().zip(spans) {
            ty = common_type(&[ty.clone(), field.ty.clone()]).ok_or_else(|| {
                SqlError::invalid(
                    format!(
                        "type mismatch in column {} of {name}: {} and {}",
                        column + 1,
                        ty.kind,
                        field.ty.kind
                    ),
                    *span,
                )
                .with_help("add a CAST on one side")
            })?;
        }
        let role = of_column[0].role;
        let all_same = of_column
            .iter()
            .all(|f| f.role == role && f.ty.kind == ty.kind);
        let role = if all_same { role } else { TimeRole::None };
        fields.push(PlanField::new(&of_column[0].name, ty).with_role(role));
    }
    let inputs = inputs
        .into_iter()
        .map(|input| typed(input, &fields))
        .collect();
    Ok((inputs, fields))
}

/// The rows with columns of these types.
fn typed(input: Arc<Rel>, fields: &[PlanField]) -> Arc<Rel> {
    let fits = |(have, want): (&PlanField, &PlanField)| have.ty.kind == want.ty.kind;
    if input.schema.fields.iter().zip(fields).all(fits) {
        return input;
    }
    let columns = input.schema.fields.iter().zip(fields).enumerate();
    let columns = columns
        .map(|(at, (have, want))| {
            let column = Expr::input(at, have.ty.clone());
            let column = match have.ty.kind {
                TypeKind::Null => Expr::literal(alpheus_dataflow::Literal::Null, want.ty.clone()),
                _ => convert(column, &want.ty),
            };
            (want.name.clone(), column)
        })
        .collect();
    Rel::project(input, columns)
}
