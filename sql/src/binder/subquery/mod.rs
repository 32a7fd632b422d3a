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

mod joins;
mod membership;
mod put_aside;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{BinaryOp, ObjectName};

use super::decorrelate::outer_reference;
use super::query::Named;
use super::scope::Scope;
use crate::error::SqlError;
use crate::rel::Rel;

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
