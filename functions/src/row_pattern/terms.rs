//! Expressions of DEFINE and MEASURES over the rows of matches.

use std::sync::Arc;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::pattern::{PatternExpr, PatternTerm};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;

use crate::aggregate::create;
use crate::compile::{CompiledExpr, EvalContext};

/// Rows of a match with their elements.
type MatchedRows<'m> = &'m [(u32, u32)];

/// An expression made ready.
pub(super) struct Compiled {
    terms: Vec<PatternTerm>,
    /// For a condition that looks at no row but the one it is about: the columns that the terms are.
    of_row: Option<Vec<usize>>,
    schema: SchemaRef,
    compiled: CompiledExpr,
}

impl Compiled {
    /// `element` is the one that a condition belongs to, `None` for a measure.
    pub(super) fn new(
        expr: &PatternExpr,
        element: Option<usize>,
        session: &Arc<SessionSettings>,
    ) -> OperatorResult<Self> {
        let of_row = |term: &PatternTerm| match term {
            PatternTerm::Last {
                element: of,
                column,
                offset: 0,
                ..
            } if of.is_none() || *of == element => Some(*column),
            _ => None,
        };
        let of_row: Option<Vec<usize>> = expr.terms.iter().map(of_row).collect();
        let fields = expr.terms.iter().enumerate();
        let fields = fields.map(|(at, term)| Field::new(format!("t{at}"), term.ty().clone()));
        Ok(Compiled {
            terms: expr.terms.clone(),
            of_row: of_row.filter(|_| element.is_some()),
            schema: RowType::new(fields.collect()).to_arrow(),
            compiled: CompiledExpr::compile(&expr.expr, session)?,
        })
    }

    /// Which of the rows meet a condition that needs no other row.
    pub(super) fn mask(
        &self,
        rows: &RecordBatch,
        context: &EvalContext,
    ) -> OperatorResult<Option<BooleanArray>> {
        let Some(columns) = &self.of_row else {
            return Ok(None);
        };
        let columns = columns.iter().map(|&column| rows.column(column).clone());
        let terms = self.batch(columns.collect(), rows.num_rows())?;
        Ok(Some(self.compiled.evaluate_predicate(&terms, context)?))
    }

    /// Whether a condition is met by the last of these rows, the others being matched before.
    pub(super) fn is_true(
        &self,
        rows: &RecordBatch,
        matched: MatchedRows<'_>,
        context: &EvalContext,
    ) -> OperatorResult<bool> {
        let terms = self.terms_of(rows, &[matched])?;
        let mask = self.compiled.evaluate_predicate(&terms, context)?;
        Ok(mask.is_valid(0) && mask.value(0))
    }

    /// The value for each match.
    pub(super) fn evaluate(
        &self,
        rows: &RecordBatch,
        matches: &[MatchedRows<'_>],
        context: &EvalContext,
    ) -> OperatorResult<ArrayRef> {
        let terms = self.terms_of(rows, matches)?;
        self.compiled.evaluate(&terms, context)
    }

    fn terms_of(
        &self,
        rows: &RecordBatch,
        matches: &[MatchedRows<'_>],
    ) -> OperatorResult<RecordBatch> {
        let columns = self.terms.iter().map(|term| values(term, rows, matches));
        self.batch(columns.collect::<OperatorResult<_>>()?, matches.len())
    }

    fn batch(&self, columns: Vec<ArrayRef>, rows: usize) -> OperatorResult<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.schema);
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(OperatorError::from)
    }
}

/// The rows of an element; of all when it is `None`.
fn rows_of(
    matched: MatchedRows<'_>,
    element: Option<usize>,
) -> impl DoubleEndedIterator<Item = u32> {
    let belongs = move |of: u32| element.is_none_or(|element| element == of as usize);
    let rows = matched.iter().filter(move |(of, _)| belongs(*of));
    rows.map(|(_, row)| *row)
}

/// A term's value for each match.
fn values(
    term: &PatternTerm,
    rows: &RecordBatch,
    matches: &[MatchedRows<'_>],
) -> OperatorResult<ArrayRef> {
    match term {
        PatternTerm::First {
            element,
            column,
            offset,
            ..
        } => {
            let picked = matches.iter();
            let picked = picked.map(|rows| rows_of(rows, *element).nth(*offset as usize));
            pick(rows, *column, picked.collect())
        }
        PatternTerm::Last {
            element,
            column,
            offset,
            ..
        } => {
            let picked = matches.iter();
            let picked = picked.map(|rows| rows_of(rows, *element).rev().nth(*offset as usize));
            pick(rows, *column, picked.collect())
        }
        PatternTerm::Aggregate { element, call } => {
            let mut all = Vec::new();
            let mut groups = Vec::new();
            for (group, matched) in matches.iter().enumerate() {
                for row in rows_of(matched, *element) {
                    all.push(row);
                    groups.push(group as u32);
                }
            }
            let all = UInt32Array::from(all);
            let args = call.args.iter();
            let args = args.map(|&arg| take(rows.column(arg), &all, None));
            let args = args.collect::<Result<Vec<ArrayRef>, _>>()?;
            let mut accumulator = create(call, false)?;
            accumulator.resize(matches.len());
            accumulator.accumulate(&args, &groups)?;
            let results: Vec<u32> = (0..matches.len() as u32).collect();
            accumulator.evaluate(&results)
        }
    }
}

fn pick(rows: &RecordBatch, column: usize, picked: Vec<Option<u32>>) -> OperatorResult<ArrayRef> {
    Ok(take(rows.column(column), &UInt32Array::from(picked), None)?)
}
