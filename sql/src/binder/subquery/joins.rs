//! Makes joins of the sub-queries that were put aside.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::JoinKind;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::ObjectName;

use super::super::Binder;
use super::super::aggregate::aggregate_node;
use super::super::decorrelate::{Decorrelation, with_outer_values};
use super::super::expr::{Aggregates, ExprBinder};
use super::super::scope::Scope;
use super::{Pending, Question, innermost, placeholder};
use crate::error::SqlError;
use crate::rel::{Rel, RelNode, all_columns, conjunction, conjuncts_of, shifted, substitute};

impl Binder<'_> {
    /// A column of a query around this one.
    pub(in super::super) fn outer_column(
        &self,
        name: &ObjectName,
    ) -> Option<Result<Expr, SqlError>> {
        self.outer.as_ref()?.column(name)
    }

    /// The rows for which the predicate is TRUE.
    pub(in super::super) fn filtered(
        &self,
        input: Arc<Rel>,
        predicate: Expr,
        pending: &[Pending],
    ) -> Result<Arc<Rel>, SqlError> {
        if innermost(&predicate).is_none() {
            return Ok(Rel::filter(input, predicate));
        }
        let (with, without): (Vec<Expr>, Vec<Expr>) = conjuncts_of(&predicate)
            .into_iter()
            .partition(|conjunct| innermost(conjunct).is_some());
        let mut rel = match conjunction(without) {
            Some(predicate) => Rel::filter(input, predicate),
            None => input,
        };
        for conjunct in with {
            rel = self.filtered_by(rel, conjunct, pending)?;
        }
        Ok(rel)
    }

    fn filtered_by(
        &self,
        input: Arc<Rel>,
        conjunct: Expr,
        pending: &[Pending],
    ) -> Result<Arc<Rel>, SqlError> {
        let (kind, asked) = match &conjunct {
            Expr::Call { function, args, .. } if function == "NOT" => (JoinKind::Anti, &args[0]),
            other => (JoinKind::Semi, other),
        };
        if let Some((subquery, args)) = placeholder(asked, pending)
            && matches!(subquery.question, Question::Exists | Question::In)
            && args.iter().all(|arg| innermost(arg).is_none())
            && !is_one_row(&subquery.rel)
        {
            return self.existence_join(kind, input, subquery, &args);
        }
        let columns = all_columns(&input);
        let (joined, exprs) = self.with_values(input, vec![conjunct], pending)?;
        let filtered = exprs.into_iter().fold(joined, Rel::filter);
        Ok(Rel::project(filtered, columns))
    }

    /// Rows of `input` with, or without, a row of the sub-query.
    fn existence_join(
        &self,
        kind: JoinKind,
        input: Arc<Rel>,
        subquery: &Pending,
        args: &[Expr],
    ) -> Result<Arc<Rel>, SqlError> {
        let (operands, outer) = args.split_at(subquery.operands);
        let pulled = Decorrelation {
            span: subquery.span,
            counts_only: subquery.question == Question::Exists,
            outer: (&input, outer),
        }
        .pull(&subquery.rel)?;
        let width = input.schema.len();
        let correlated = pulled.conditions.iter();
        let mut conditions: Vec<Expr> = correlated
            .map(|condition| with_outer_values(shifted(condition, width), outer))
            .collect();
        for (at, operand) in operands.iter().enumerate() {
            let column = Expr::input(width + at, pulled.rel.schema.fields[at].ty.clone());
            let equal = self.computed("=", vec![operand.clone(), column], subquery.span)?;
            conditions.push(match kind {
                JoinKind::Anti if equal.ty().nullable => {
                    let unknown = self.computed("IS NULL", vec![equal.clone()], subquery.span)?;
                    self.computed("OR", vec![equal, unknown], subquery.span)?
                }
                _ => equal,
            });
        }
        let condition = conjunction(conditions).map(|condition| self.fold(condition));
        Ok(Rel::join(kind, input, pulled.rel, condition))
    }

    /// The rows with more columns behind, and the expressions over them without placeholders.
    pub(in super::super) fn with_values(
        &self,
        mut input: Arc<Rel>,
        mut exprs: Vec<Expr>,
        pending: &[Pending],
    ) -> Result<(Arc<Rel>, Vec<Expr>), SqlError> {
        while let Some(found) = exprs.iter().find_map(innermost) {
            let Some((subquery, args)) = placeholder(&found, pending) else {
                break;
            };
            let (joined, value) = self.value(input, subquery, &args)?;
            input = joined;
            let value = self.fold(value);
            for expr in &mut exprs {
                *expr = expr.clone().transform(&mut |expr| match expr == found {
                    true => value.clone(),
                    false => expr,
                });
            }
        }
        Ok((input, exprs))
    }

    fn value(
        &self,
        input: Arc<Rel>,
        subquery: &Pending,
        args: &[Expr],
    ) -> Result<(Arc<Rel>, Expr), SqlError> {
        let (operands, outer) = args.split_at(subquery.operands);
        let (rel, span) = (&subquery.rel, subquery.span);
        match subquery.question {
            Question::Exists if is_one_row(rel) => Ok((input, Expr::boolean(true))),
            Question::Value => self.scalar(input, one_value(rel), outer, span),
            Question::Exists => {
                let nothing = Rel::project(Arc::clone(rel), Vec::new());
                let counted = aggregate_node(nothing, Vec::new(), vec![count(None)]);
                let (joined, count) = self.scalar(input, counted, outer, span)?;
                let exists = self.computed(">", vec![count, zero()], span)?;
                Ok((joined, exists))
            }
            Question::In if is_one_row(rel) && operands.len() == 1 => {
                let (joined, value) = self.scalar(input, Arc::clone(rel), outer, span)?;
                let equal = self.computed("=", vec![operands[0].clone(), value], span)?;
                Ok((joined, equal))
            }
            Question::In if operands.len() > 1 => {
                self.row_membership(input, subquery, operands, outer)
            }
            Question::In => self.membership(input, subquery, operands, outer),
            Question::Any(op) => self.any(input, subquery, op, &operands[0], outer),
        }
    }

    /// The value of a sub-query that is a global aggregate: a left join, as there may be no row for it.
    fn scalar(
        &self,
        input: Arc<Rel>,
        rel: Arc<Rel>,
        outer: &[Expr],
        span: Span,
    ) -> Result<(Arc<Rel>, Expr), SqlError> {
        let column = Expr::input(0, rel.schema.fields[0].ty.clone());
        let (aggregate, mut values) = self.scalars(rel, vec![column]);
        let (joined, first) = self.left_join(input, &aggregate, Vec::new(), outer, span)?;
        let values = values.drain(..).map(|value| shifted(&value, first)).next();
        let value =
            values.unwrap_or_else(|| Expr::literal(Literal::Null, TypeKind::Null.nullable()));
        Ok((joined, value))
    }

    /// Expressions over an aggregate under projections as expressions over the aggregate itself, right also
    /// where a left join finds no row: there a COUNT is 0.
    pub(super) fn scalars(&self, rel: Arc<Rel>, mut values: Vec<Expr>) -> (Arc<Rel>, Vec<Expr>) {
        let mut rel = rel;
        while let RelNode::Project { input, exprs } = &rel.node {
            if is_one_row(input) {
                values = values
                    .iter()
                    .map(|value| substitute(value, exprs))
                    .collect();
                rel = Arc::clone(input);
            } else {
                break;
            }
        }
        let aggregates = match &rel.node {
            RelNode::Aggregate { aggregates, .. } => aggregates.as_slice(),
            _ => &[],
        };
        let columns: Vec<Expr> = (rel.schema.fields.iter().enumerate())
            .map(|(at, field)| {
                let column = Expr::input(at, field.ty.with_nullable(true));
                match aggregates.get(at) {
                    Some(call) if call.function == "COUNT" => {
                        let args = vec![column, zero()];
                        Expr::call("COALESCE", args, TypeKind::BigInt.not_null())
                    }
                    _ => column,
                }
            })
            .collect();
        let values = values
            .iter()
            .map(|value| substitute(value, &columns))
            .collect();
        (rel, values)
    }

    /// All rows of `input` with the row of `rel` that fits, if there is one, and the position of its first
    /// column.
    pub(super) fn left_join(
        &self,
        input: Arc<Rel>,
        rel: &Arc<Rel>,
        mut conditions: Vec<Expr>,
        outer: &[Expr],
        span: Span,
    ) -> Result<(Arc<Rel>, usize), SqlError> {
        let decorrelation = Decorrelation {
            span,
            counts_only: false,
            outer: (&input, outer),
        };
        let pulled = decorrelation.pull(rel)?;
        let width = input.schema.len();
        let correlated = pulled.conditions.iter();
        conditions.extend(
            correlated.map(|condition| with_outer_values(shifted(condition, width), outer)),
        );
        let condition = conjunction(conditions).map(|condition| self.fold(condition));
        let joined = Rel::join(JoinKind::Left, input, pulled.rel, condition);
        Ok((joined, width))
    }

    /// A call whose arguments are bound already.
    pub(super) fn computed(
        &self,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let scope = Scope::default();
        ExprBinder::new(self, &scope, Aggregates::Refused("a sub-query")).call(name, args, span)
    }
}

/// Whether a plan is a global aggregate, under projections: it has one row, whatever it reads.
fn is_one_row(rel: &Rel) -> bool {
    match &rel.node {
        RelNode::Project { input, .. } => is_one_row(input),
        RelNode::Aggregate {
            keys, aggregates, ..
        } => keys.is_empty() && !aggregates.is_empty(),
        _ => false,
    }
}

/// The value of a query of one column: it may have one row at most.
fn one_value(rel: &Arc<Rel>) -> Arc<Rel> {
    if is_one_row(rel) {
        return Arc::clone(rel);
    }
    let ty = rel.schema.fields[0].ty.clone();
    let call = AggregateCall {
        function: "SINGLE_VALUE".to_owned(),
        args: vec![0],
        ty: ty.with_nullable(true),
        arg_types: vec![ty],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
    };
    aggregate_node(Arc::clone(rel), Vec::new(), vec![call])
}

pub(super) fn zero() -> Expr {
    Expr::literal(Literal::Int(0), TypeKind::BigInt.not_null())
}

/// COUNT of rows, or of the values of a column.
pub(super) fn count(column: Option<(usize, LogicalType)>) -> AggregateCall {
    AggregateCall {
        function: "COUNT".to_owned(),
        args: column.iter().map(|(column, _)| *column).collect(),
        arg_types: column.into_iter().map(|(_, ty)| ty).collect(),
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty: TypeKind::BigInt.not_null(),
    }
}
