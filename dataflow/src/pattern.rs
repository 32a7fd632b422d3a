//! Row patterns: MATCH_RECOGNIZE as data (SQL:2016; the part of it that Flink's CEP library has).
//!
//! A pattern is a sequence of elements, each a variable with a quantifier: rows that follow each other
//! directly, so many for each element, all of which meet the element's condition. Expressions of DEFINE and
//! MEASURES are over *terms*: values that are picked from, or aggregated over, the rows matched so far.

use serde::{Deserialize, Serialize};

use crate::aggregate::AggregateCall;
use crate::expr::Expr;
use crate::types::LogicalType;
use crate::window::TimeAttribute;

/// What MATCH_RECOGNIZE looks for and what it gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowPattern {
    /// PARTITION BY.
    pub partition: Vec<usize>,
    /// The time attribute that rows are ordered by.
    pub time: TimeAttribute,
    /// What orders rows of one time: column, ascending, nulls first.
    pub order: Vec<(usize, bool, bool)>,
    /// The elements in order; at least one must match a row.
    pub elements: Vec<PatternElement>,
    /// The values of a match, which come after the partition's columns.
    pub measures: Vec<PatternExpr>,
    /// Where matching goes on after a match.
    pub after_match: AfterMatch,
    /// WITHIN: a match is shorter than so many ms.
    pub within_ms: Option<i64>,
}

/// A variable with its quantifier and condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatternElement {
    /// The variable.
    pub name: String,
    /// At least so many rows.
    pub min: u32,
    /// At most.
    pub max: Option<u32>,
    /// A row that meets the condition of this element does not go to the next, even when this one has as
    /// many rows as it may. Only for elements whose number of rows is open.
    pub greedy: bool,
    /// DEFINE; any row will do without.
    pub condition: Option<PatternExpr>,
}

/// An expression over terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatternExpr {
    /// The terms; the expression's columns.
    pub terms: Vec<PatternTerm>,
    /// The expression.
    pub expr: Expr,
}

/// A value of matched rows. `element` is `None` for all rows of the match; the row that a condition is
/// about counts as the last one of its element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PatternTerm {
    /// A column of a row counted from the first.
    First {
        /// Whose rows.
        element: Option<usize>,
        /// Which column of the input.
        column: usize,
        /// How many rows after the first.
        offset: u32,
        /// The column's type, with NULL for a row that is not there.
        ty: LogicalType,
    },
    /// A column of a row counted from the last.
    Last {
        /// Whose rows.
        element: Option<usize>,
        /// Which column of the input.
        column: usize,
        /// How many rows before the last.
        offset: u32,
        /// The column's type, with NULL for a row that is not there.
        ty: LogicalType,
    },
    /// An aggregate over rows.
    Aggregate {
        /// Whose rows.
        element: Option<usize>,
        /// The call; its arguments are columns of the input.
        call: AggregateCall,
    },
}

/// Where matching goes on (`AFTER MATCH SKIP`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterMatch {
    /// Behind the match.
    PastLastRow,
    /// At the row after the first of the match.
    ToNextRow,
    /// At the first row of this element.
    ToFirst(usize),
    /// At the last row of this element.
    ToLast(usize),
}

impl PatternTerm {
    /// The type of the value.
    pub fn ty(&self) -> &LogicalType {
        match self {
            PatternTerm::First { ty, .. } | PatternTerm::Last { ty, .. } => ty,
            PatternTerm::Aggregate { call, .. } => &call.ty,
        }
    }

    /// Columns of the input that it reads.
    pub fn columns(&self) -> &[usize] {
        match self {
            PatternTerm::First { column, .. } | PatternTerm::Last { column, .. } => {
                std::slice::from_ref(column)
            }
            PatternTerm::Aggregate { call, .. } => &call.args,
        }
    }

    /// The same over other columns.
    pub fn map_columns(mut self, to: &dyn Fn(usize) -> usize) -> Self {
        match &mut self {
            PatternTerm::First { column, .. } | PatternTerm::Last { column, .. } => {
                *column = to(*column);
            }
            PatternTerm::Aggregate { call, .. } => {
                call.args.iter_mut().for_each(|arg| *arg = to(*arg));
            }
        }
        self
    }
}

impl RowPattern {
    /// All expressions: conditions, then measures.
    pub fn exprs(&self) -> impl Iterator<Item = &PatternExpr> {
        let conditions = self.elements.iter().filter_map(|e| e.condition.as_ref());
        conditions.chain(&self.measures)
    }

    /// The columns of the input that are read, ascending.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = self.partition.clone();
        if let TimeAttribute::Event { column } = self.time {
            columns.push(column);
        }
        columns.extend(self.order.iter().map(|(column, _, _)| column));
        let terms = self.exprs().flat_map(|expr| &expr.terms);
        columns.extend(terms.flat_map(PatternTerm::columns));
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The same over other columns.
    pub fn map_columns(&self, to: &dyn Fn(usize) -> usize) -> Self {
        let expr = |expr: &PatternExpr| PatternExpr {
            terms: (expr.terms.iter().cloned())
                .map(|term| term.map_columns(to))
                .collect(),
            expr: expr.expr.clone(),
        };
        RowPattern {
            partition: self.partition.iter().map(|&column| to(column)).collect(),
            time: match self.time {
                TimeAttribute::Event { column } => TimeAttribute::Event { column: to(column) },
                TimeAttribute::Processing => TimeAttribute::Processing,
            },
            order: (self.order.iter())
                .map(|&(column, ascending, nulls)| (to(column), ascending, nulls))
                .collect(),
            elements: (self.elements.iter())
                .map(|element| PatternElement {
                    condition: element.condition.as_ref().map(expr),
                    ..element.clone()
                })
                .collect(),
            measures: self.measures.iter().map(expr).collect(),
            after_match: self.after_match,
            within_ms: self.within_ms,
        }
    }
}
