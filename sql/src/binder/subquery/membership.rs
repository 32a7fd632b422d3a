//! `IN` and `ANY` as values: what a row has of the sub-query's rows, counted.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::BinaryOp;

use super::super::Binder;
use super::super::aggregate::aggregate_node;
use super::super::decorrelate::outer_reference;
use super::super::expr::operator;
use super::Pending;
use super::joins::{count, zero};
use crate::error::SqlError;
use crate::rel::{Rel, conjunction, shifted};

impl Binder<'_> {
    /// `x IN (..)` as a value: TRUE if found, unknown if not found but something is NULL.
    pub(super) fn membership(
        &self,
        input: Arc<Rel>,
        subquery: &Pending,
        operands: &[Expr],
        outer: &[Expr],
    ) -> Result<(Arc<Rel>, Expr), SqlError> {
        let (rel, span) = (&subquery.rel, subquery.span);
        let all = rel.schema.len();
        let grouped = aggregate_node(Arc::clone(rel), (0..all).collect(), vec![count(None)]);
        let width = input.schema.len();
        let mut equalities = Vec::with_capacity(all);
        for (at, operand) in operands.iter().enumerate() {
            let column = Expr::input(width + at, rel.schema.fields[at].ty.clone());
            equalities.push(self.computed("=", vec![operand.clone(), column], span)?);
        }
        let nullable = equalities.iter().any(|equal| equal.ty().nullable);
        let (joined, first) = self.left_join(input, &grouped, equalities, outer, span)?;
        let matches = Expr::input(first + all, TypeKind::BigInt.nullable());
        let found = self.computed("IS NOT NULL", vec![matches], span)?;
        if !nullable {
            return Ok((joined, found));
        }
        let (joined, [rows, known]) = self.counted(joined, Arc::clone(rel), outer, span)?;
        let is_empty = self.computed("=", vec![rows.clone(), zero()], span)?;
        let unknown = self.computed("IS NULL", vec![operands[0].clone()], span)?;
        let some_null = self.computed("<", vec![known, rows], span)?;
        let ty = TypeKind::Boolean.nullable();
        let null = Expr::literal(Literal::Null, ty.clone());
        let value = Expr::Case {
            branches: vec![
                (found, Expr::boolean(true)),
                (is_empty, Expr::boolean(false)),
                (unknown, null.clone()),
                (some_null, null),
            ],
            otherwise: Some(Box::new(Expr::boolean(false))),
            ty,
        };
        Ok((joined, value))
    }

    /// The input with how many rows of `rel` there are for each of its rows, and how many of them have a first column
    /// that is not NULL.
    fn counted(
        &self,
        input: Arc<Rel>,
        rel: Arc<Rel>,
        outer: &[Expr],
        span: Span,
    ) -> Result<(Arc<Rel>, [Expr; 2]), SqlError> {
        let first = (0, rel.schema.fields[0].ty.clone());
        let counts = vec![count(None), count(Some(first))];
        let counted = aggregate_node(rel, Vec::new(), counts);
        let columns = [0, 1].map(|at| Expr::input(at, TypeKind::BigInt.not_null()));
        let (counted, values) = self.scalars(counted, columns.to_vec());
        let (joined, first) = self.left_join(input, &counted, Vec::new(), outer, span)?;
        let counts = [&values[0], &values[1]].map(|value| shifted(value, first));
        Ok((joined, counts))
    }

    /// `(x, y) IN (..)` as a value: TRUE if a row is equal, unknown if one may be, which has NULL where it is
    /// not equal.
    pub(super) fn row_membership(
        &self,
        input: Arc<Rel>,
        subquery: &Pending,
        operands: &[Expr],
        outer: &[Expr],
    ) -> Result<(Arc<Rel>, Expr), SqlError> {
        let (rel, span) = (&subquery.rel, subquery.span);
        // The operands are passed into the sub-query like other values of the row.
        let mut passed = outer.to_vec();
        passed.extend_from_slice(operands);
        let mut equalities = Vec::with_capacity(operands.len());
        for (at, operand) in operands.iter().enumerate() {
            let column = Expr::input(at, rel.schema.fields[at].ty.clone());
            let value = outer_reference(outer.len() + at, operand.ty().clone());
            equalities.push(self.computed("=", vec![value, column], span)?);
        }
        let equal = conjunction(equalities).unwrap_or_else(|| Expr::boolean(true));
        let possible = self.computed("IS NOT FALSE", vec![equal.clone()], span)?;
        let candidates = Rel::filter(Arc::clone(rel), possible);
        let one = Expr::Case {
            branches: vec![(
                equal,
                Expr::literal(Literal::Int(1), TypeKind::BigInt.not_null()),
            )],
            otherwise: None,
            ty: TypeKind::BigInt.nullable(),
        };
        let candidates = Rel::project(candidates, vec![("$equal".to_owned(), one)]);
        let (joined, [possible, equal]) = self.counted(input, candidates, &passed, span)?;
        let ty = TypeKind::Boolean.nullable();
        let value = Expr::Case {
            branches: vec![
                (
                    self.computed(">", vec![equal, zero()], span)?,
                    Expr::boolean(true),
                ),
                (
                    self.computed(">", vec![possible, zero()], span)?,
                    Expr::literal(Literal::Null, ty.clone()),
                ),
            ],
            otherwise: Some(Box::new(Expr::boolean(false))),
            ty,
        };
        Ok((joined, value))
    }

    /// `x < ANY (..)`: the comparison with the extreme of the rows, unknown if that fails and there is a NULL.
    pub(super) fn any(
        &self,
        input: Arc<Rel>,
        subquery: &Pending,
        op: BinaryOp,
        operand: &Expr,
        outer: &[Expr],
    ) -> Result<(Arc<Rel>, Expr), SqlError> {
        let (rel, span) = (&subquery.rel, subquery.span);
        let ty = rel.schema.fields[0].ty.clone();
        let extreme = |function: &str| AggregateCall {
            function: function.to_owned(),
            args: vec![0],
            arg_types: vec![ty.clone()],
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            ty: ty.with_nullable(true),
        };
        let calls = vec![
            extreme("MIN"),
            extreme("MAX"),
            count(None),
            count(Some((0, ty.clone()))),
        ];
        let columns = calls.iter().enumerate();
        let columns = columns
            .map(|(at, call)| Expr::input(at, call.ty.clone()))
            .collect();
        let aggregate = aggregate_node(Arc::clone(rel), Vec::new(), calls);
        let (aggregate, values) = self.scalars(aggregate, columns);
        let (joined, first) = self.left_join(input, &aggregate, Vec::new(), outer, span)?;
        let values: Vec<Expr> = values.iter().map(|value| shifted(value, first)).collect();
        let compare =
            |with: &Expr| self.computed(operator(op), vec![operand.clone(), with.clone()], span);
        let holds = match op {
            BinaryOp::Less | BinaryOp::LessEqual => compare(&values[1])?,
            BinaryOp::Greater | BinaryOp::GreaterEqual => compare(&values[0])?,
            // Some row differs if the least or the greatest does.
            _ => self.computed("OR", vec![compare(&values[0])?, compare(&values[1])?], span)?,
        };
        let is_empty = self.computed("=", vec![values[2].clone(), zero()], span)?;
        let some_null = self.computed("<", vec![values[3].clone(), values[2].clone()], span)?;
        let ty = TypeKind::Boolean.nullable();
        let value = Expr::Case {
            branches: vec![
                (is_empty, Expr::boolean(false)),
                (holds.clone(), Expr::boolean(true)),
                (some_null, Expr::literal(Literal::Null, ty.clone())),
            ],
            otherwise: Some(Box::new(holds)),
            ty,
        };
        Ok((joined, value))
    }
}
