//! Puts sub-queries aside while an expression is bound.

use std::rc::Rc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, BinaryOp, ExprKind, Quantifier, Query};

use super::super::expr::{ExprBinder, operator};
use super::{Outer, PLACEHOLDER, Pending, Question};
use crate::error::SqlError;
use crate::rel::Rel;

impl ExprBinder<'_> {
    pub(in super::super) fn exists(&self, query: &Query, span: Span) -> Result<Expr, SqlError> {
        let ty = TypeKind::Boolean.not_null();
        self.put_query_aside(Question::Exists, Vec::new(), query, span, |_| Ok(ty))
    }

    pub(in super::super) fn value_of(&self, query: &Query, span: Span) -> Result<Expr, SqlError> {
        self.put_query_aside(Question::Value, Vec::new(), query, span, |rel| {
            match rel.schema.fields.as_slice() {
                [only] => Ok(only.ty.with_nullable(true)),
                fields => Err(SqlError::invalid(
                    format!(
                        "a sub-query as a value has one column, this one has {}",
                        fields.len()
                    ),
                    span,
                )),
            }
        })
    }

    pub(in super::super) fn in_query(
        &self,
        operand: &ast::Expr,
        query: &Query,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let operands = match &operand.kind {
            ExprKind::Row(items) => items.iter().map(|item| self.bind(item)).collect(),
            _ => self.bind(operand).map(|operand| vec![operand]),
        };
        self.compared(Question::In, BinaryOp::Equal, operands?, query, span)
    }

    pub(in super::super) fn quantified(
        &self,
        left: &ast::Expr,
        op: BinaryOp,
        quantifier: Quantifier,
        query: &Query,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let left = vec![self.bind(left)?];
        // ALL: no row for which the comparison's opposite holds.
        let (op, negated) = match quantifier {
            Quantifier::Any => (op, false),
            Quantifier::All => (opposite(op), true),
        };
        let question = match op {
            BinaryOp::Equal => Question::In,
            op => Question::Any(op),
        };
        let any = self.compared(question, op, left, query, span)?;
        match negated {
            true => self.call("NOT", vec![any], span),
            false => Ok(any),
        }
    }

    fn compared(
        &self,
        question: Question,
        op: BinaryOp,
        operands: Vec<Expr>,
        query: &Query,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let given = operands.clone();
        self.put_query_aside(question, operands, query, span, |rel| {
            if rel.schema.len() != given.len() {
                return Err(SqlError::invalid(
                    format!(
                        "{} values are compared with a sub-query of {} columns",
                        given.len(),
                        rel.schema.len()
                    ),
                    span,
                )
                .with_help("select as many columns as there are values on the left"));
            }
            let mut nullable = false;
            for (at, operand) in given.iter().enumerate() {
                let column = Expr::input(at, rel.schema.fields[at].ty.clone());
                let compared = self.call(operator(op), vec![operand.clone(), column], span)?;
                nullable |= compared.ty().nullable;
            }
            Ok(TypeKind::Boolean.not_null().with_nullable(nullable))
        })
    }

    fn put_query_aside(
        &self,
        question: Question,
        operands: Vec<Expr>,
        query: &Query,
        span: Span,
        ty: impl FnOnce(&Rel) -> Result<LogicalType, SqlError>,
    ) -> Result<Expr, SqlError> {
        let Some(subqueries) = self.subqueries else {
            return Err(SqlError::unsupported("a sub-query here", span)
                .with_help("sub-queries can stand in SELECT, WHERE, HAVING and FROM"));
        };
        let outer = Rc::new(Outer::new(self.scope.clone(), self.binder.outer.clone()));
        let mut binder = self.binder.clone();
        binder.outer = Some(Rc::clone(&outer));
        let rel = binder.subquery(query, subqueries.named)?;
        let ty = ty(&rel)?;
        let pending = Pending {
            question,
            rel,
            operands: operands.len(),
            span,
        };
        let mut args = operands;
        args.extend(outer.references());
        for column in args.iter().flat_map(Expr::referenced_columns) {
            self.references.borrow_mut().entry(column).or_insert(span);
        }
        let mut all = subqueries.pending.borrow_mut();
        all.push(pending);
        Ok(Expr::call(
            format!("{PLACEHOLDER}{}", all.len() - 1),
            args,
            ty,
        ))
    }
}

fn opposite(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        other => other,
    }
}
