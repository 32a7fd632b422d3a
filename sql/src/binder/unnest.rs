//! UNNEST in FROM: a row for each element of a collection of the row on its left.

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;
use alpheus_functions::unnest::element_columns;
use alpheus_sql_parser::ast::{self, Join, JoinConstraint, JoinKind, TableRef, TableRefKind};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::query::repeated;
use super::scope::Scope;
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, all_columns};

impl Binder<'_> {
    /// The rows of `left`, each with the elements of a collection; `outer` keeps rows without elements.
    pub(super) fn unnest(
        &self,
        (left, scope): (Arc<Rel>, Scope),
        table: &TableRef,
        outer: bool,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        let TableRefKind::Unnest {
            exprs,
            with_ordinality,
        } = &table.kind
        else {
            return Err(SqlError::invalid("UNNEST is expected here", table.span));
        };
        let [expr] = exprs.as_slice() else {
            return Err(
                SqlError::unsupported("UNNEST of several collections", table.span)
                    .with_help("join one UNNEST for each, WITH ORDINALITY, on the position"),
            );
        };
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("UNNEST"));
        let collection = self.fold(binder.bind(expr)?);
        let elements = match collection.ty().kind {
            TypeKind::BigInt => None,
            _ => element_columns(collection.ty()),
        };
        let Some(elements) = elements else {
            return Err(SqlError::invalid(
                format!(
                    "UNNEST takes an ARRAY, MAP or MULTISET, but this is {}",
                    collection.ty().kind
                ),
                expr.span,
            ));
        };
        let nullable = |field: PlanField| PlanField {
            ty: field.ty.with_nullable(outer || field.ty.nullable),
            ..field
        };
        let mut added: Vec<PlanField> = elements
            .iter()
            .map(|field| nullable(PlanField::new(&field.name, field.ty.clone())))
            .collect();
        if *with_ordinality {
            let position = PlanField::new("ORDINALITY", TypeKind::Integer.not_null());
            added.push(nullable(position));
        }
        name_elements(&mut added, table, elements.len())?;

        let width = left.schema.len();
        let (input, column) = match collection {
            Expr::Input { index, .. } => (left, index),
            computed => (with_column(left, computed), width),
        };
        let mut fields = input.schema.fields.clone();
        fields.extend(added.iter().cloned());
        let rel = Arc::new(Rel {
            node: RelNode::Unnest {
                input,
                collection: column,
                keep_collection: true,
                with_ordinality: *with_ordinality,
                outer,
            },
            schema: PlanSchema { fields },
        });
        let rel = if rel.schema.len() > width + added.len() {
            without_column(rel, width)
        } else {
            rel
        };
        let alias = table.alias.iter().map(|alias| alias.name.value.clone());
        let elements = Scope::of(alias.collect(), PlanSchema { fields: added });
        Ok((rel, scope.beside(elements)))
    }
}

impl Binder<'_> {
    /// `left JOIN UNNEST(..)`: CROSS, INNER or LEFT.
    pub(super) fn unnest_join(
        &self,
        join: &Join,
        left: (Arc<Rel>, Scope),
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        let outer = match join.kind {
            JoinKind::Inner | JoinKind::Cross => false,
            JoinKind::Left => true,
            JoinKind::Right | JoinKind::Full => {
                return Err(SqlError::unsupported(
                    "RIGHT or FULL JOIN of UNNEST, which depends on its left side",
                    join.span,
                ));
            }
        };
        let (rel, scope) = self.unnest(left, &join.right, outer)?;
        let condition = match &join.constraint {
            JoinConstraint::None => return Ok((rel, scope)),
            JoinConstraint::On(condition) => condition,
            _ => {
                return Err(
                    SqlError::unsupported("NATURAL or USING with UNNEST", join.span)
                        .with_help("write the condition with ON"),
                );
            }
        };
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("ON"));
        let predicate = self.fold(binder.condition(condition, "ON")?);
        let is_true = matches!(
            &predicate,
            Expr::Literal {
                value: Literal::Boolean(true),
                ..
            }
        );
        if is_true {
            return Ok((rel, scope));
        }
        if outer {
            return Err(SqlError::unsupported(
                "a condition other than TRUE in LEFT JOIN UNNEST",
                condition.span,
            )
            .with_help("filter the elements in WHERE"));
        }
        Ok((Rel::filter(rel, predicate), scope))
    }
}

/// Names the columns as the alias says. A single one without name is called as the table is.
fn name_elements(
    added: &mut [PlanField],
    table: &TableRef,
    elements: usize,
) -> Result<(), SqlError> {
    let Some(ast::TableAlias { name, columns, .. }) = &table.alias else {
        return Ok(());
    };
    if columns.is_empty() {
        if let ([only], 1) = (&mut *added, elements) {
            only.name.clone_from(&name.value);
        }
        return Ok(());
    }
    if columns.len() != added.len() {
        return Err(SqlError::invalid(
            format!(
                "{} column names are given for {} columns of UNNEST",
                columns.len(),
                added.len()
            ),
            table.span,
        )
        .with_help("name all columns, or none"));
    }
    if let Some(twice) = repeated(columns.iter().map(|column| column.value.as_str())) {
        return Err(SqlError::invalid(
            format!("the column name '{}' is given twice", columns[twice].value),
            columns[twice].span,
        ));
    }
    for (field, column) in added.iter_mut().zip(columns) {
        field.name.clone_from(&column.value);
    }
    Ok(())
}

fn with_column(rel: Arc<Rel>, expr: Expr) -> Arc<Rel> {
    let mut columns = all_columns(&rel);
    columns.push(("$collection".to_owned(), expr));
    Rel::project(rel, columns)
}

fn without_column(rel: Arc<Rel>, column: usize) -> Arc<Rel> {
    let mut columns = all_columns(&rel);
    columns.remove(column);
    Rel::project(rel, columns)
}
