//! Sub-queries in expressions: `IN`, `EXISTS`, `ANY` and `ALL`, and queries as values.
//!
//! Where they are allowed they are put aside like aggregates: the expression gets a placeholder, a call
//! whose arguments are the operands and the values that the sub-query takes from the outer query. Once the
//! clause's input is known, placeholders become joins, as in Flink:
//!
//! * `IN` and `EXISTS` that a row must satisfy: a semi join; with NOT an anti join. `NOT IN` keeps a row only if
//!   no comparison is TRUE or unknown.
//! * anything else: a left join with an aggregate, whose columns the expression then uses. A query that
//!   stands for a value is one aggregate (`SINGLE_VALUE` where it has none), so it has one row at most.
//!
//! [`decorrelate`](super::decorrelate) gets references to the outer query out of the way.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::JoinKind;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, BinaryOp, ExprKind, ObjectName, Quantifier, Query};

use super::Binder;
use super::aggregate::aggregate_node;
use super::decorrelate::{Decorrelation, outer_reference, with_outer_values};
use super::expr::{Aggregates, ExprBinder, operator};
use super::query::Named;
use super::scope::Scope;
use crate::error::SqlError;
use crate::rel::{Rel, RelNode, all_columns, conjunction, conjuncts_of, shifted, substitute};

const PLACEHOLDER: &str = "$subquery.";

/// The query around a sub-query, as the sub-query's binder sees it.
pub(super) struct Outer {
    scope: Scope,
    /// What the sub-query takes from it, over its columns.
    references: RefCell<Vec<Expr>>,
    outer: Option<Rc<Outer>>,
}

impl Outer {
    pub(super) fn new(scope: Scope, outer: Option<Rc<Outer>>) -> Outer {
        Outer {
            scope,
            references: RefCell::default(),
            outer,
        }
    }

    /// What the sub-query takes, over the columns of this query.
    pub(super) fn references(&self) -> Vec<Expr> {
        self.references.borrow().clone()
    }

    /// The value of a column of this query, or of one around it, inside the sub-query.
    pub(super) fn column(&self, name: &ObjectName) -> Option<Result<Expr, SqlError>> {
        let found = match self.scope.mentions(name) {
            true => self.scope.resolve(name),
            false => self.outer.as_ref()?.column(name)?,
        };
        Some(found.map(|expr| {
            let mut references = self.references.borrow_mut();
            let position = references.iter().position(|known| *known == expr);
            let ty = expr.ty().clone();
            let position = position.unwrap_or_else(|| {
                references.push(expr);
                references.len() - 1
            });
            outer_reference(position, ty)
        }))
    }
}

/// What is asked of a sub-query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Exists,
    In,
    Value,
    /// A comparison with any row.
    Any(BinaryOp),
}

/// A sub-query that was put aside.
pub(super) struct Pending {
    question: Question,
    rel: Arc<Rel>,
    operands: usize,
    span: Span,
}

/// Where sub-queries are put aside, and the names that WITH has given around them.
#[derive(Clone, Copy)]
pub(super) struct Subqueries<'e> {
    pub(super) pending: &'e RefCell<Vec<Pending>>,
    pub(super) named: Option<&'e Named<'e>>,
}

impl ExprBinder<'_> {
    pub(super) fn exists(&self, query: &Query, span: Span) -> Result<Expr, SqlError> {
        let ty = TypeKind::Boolean.not_null();
        self.put_query_aside(Question::Exists, Vec::new(), query, span, |_| Ok(ty))
    }

    pub(super) fn value_of(&self, query: &Query, span: Span) -> Result<Expr, SqlError> {
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

    pub(super) fn in_query(
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

    pub(super) fn quantified(
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

/// The sub-query that an expression stands for, and its arguments.
fn placeholder<'p>(expr: &Expr, pending: &'p [Pending]) -> Option<(&'p Pending, Vec<Expr>)> {
    let Expr::Call { function, args, .. } = expr else {
        return None;
    };
    let number: usize = function.strip_prefix(PLACEHOLDER)?.parse().ok()?;
    Some((pending.get(number)?, args.clone()))
}

/// Whether the expression has a placeholder of a sub-query in it.
pub(super) fn asks(expr: &Expr) -> bool {
    innermost(expr).is_some()
}

/// A placeholder whose arguments hold no other.
fn innermost(expr: &Expr) -> Option<Expr> {
    let inner = expr.children().into_iter().find_map(innermost);
    inner.or_else(|| match expr {
        Expr::Call { function, .. } if function.starts_with(PLACEHOLDER) => Some(expr.clone()),
        _ => None,
    })
}

impl Binder<'_> {
    /// A column of a query around this one.
    pub(super) fn outer_column(&self, name: &ObjectName) -> Option<Result<Expr, SqlError>> {
        self.outer.as_ref()?.column(name)
    }

    /// The rows for which the predicate is TRUE.
    pub(super) fn filtered(
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
    pub(super) fn with_values(
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
    fn scalars(&self, rel: Arc<Rel>, mut values: Vec<Expr>) -> (Arc<Rel>, Vec<Expr>) {
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
    fn left_join(
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

    /// `x IN (..)` as a value: TRUE if found, unknown if not found but something is NULL.
    fn membership(
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
        let counts = vec![
            count(None),
            count(Some((0, rel.schema.fields[0].ty.clone()))),
        ];
        let counted = aggregate_node(Arc::clone(rel), Vec::new(), counts);
        let columns = vec![
            Expr::input(0, TypeKind::BigInt.not_null()),
            Expr::input(1, TypeKind::BigInt.not_null()),
        ];
        let (counted, values) = self.scalars(counted, columns);
        let (joined, first) = self.left_join(joined, &counted, Vec::new(), outer, span)?;
        let [rows, known] = [&values[0], &values[1]].map(|value| shifted(value, first));
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

    /// `(x, y) IN (..)` as a value: TRUE if a row is equal, unknown if one may be, which has NULL where it is
    /// not equal.
    fn row_membership(
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
        let counts = vec![count(None), count(Some((0, TypeKind::BigInt.nullable())))];
        let counted = aggregate_node(candidates, Vec::new(), counts);
        let columns = vec![
            Expr::input(0, TypeKind::BigInt.not_null()),
            Expr::input(1, TypeKind::BigInt.not_null()),
        ];
        let (counted, values) = self.scalars(counted, columns);
        let (joined, first) = self.left_join(input, &counted, Vec::new(), &passed, span)?;
        let [possible, equal] = [&values[0], &values[1]].map(|value| shifted(value, first));
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
    fn any(
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

    /// A call whose arguments are bound already.
    fn computed(&self, name: &str, args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
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

fn zero() -> Expr {
    Expr::literal(Literal::Int(0), TypeKind::BigInt.not_null())
}

/// COUNT of rows, or of the values of a column.
fn count(column: Option<(usize, LogicalType)>) -> AggregateCall {
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
