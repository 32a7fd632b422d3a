//! Walking the tree of kernels for a batch, or for some of its rows.

use std::borrow::Cow;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::{FilterBuilder, SlicesIterator};

use super::args::Args;
use super::build::{Call, Form, Node, UserCall};
use super::lazy;
use super::session::Session;
use super::value::Value;
use crate::registry::{Determinism, Implementation};

/// The rows that are being evaluated: a batch, or a selection of it.
pub(super) struct Rows<'a> {
    columns: Cow<'a, [ArrayRef]>,
    pub(super) len: usize,
    session: &'a Session,
    now_ms: i64,
}

impl<'a> Rows<'a> {
    /// All rows of a batch.
    pub(super) fn new(batch: &'a RecordBatch, session: &'a Session, now_ms: i64) -> Self {
        let now_ms = if session.bounded {
            session.planned_at
        } else {
            now_ms
        };
        Rows {
            columns: Cow::Borrowed(batch.columns()),
            len: batch.num_rows(),
            session,
            now_ms,
        }
    }

    /// One row without columns, for what depends on none.
    pub(super) fn constant(session: &'a Session) -> Self {
        Rows {
            columns: Cow::Borrowed(&[]),
            len: 1,
            session,
            now_ms: session.planned_at,
        }
    }

    /// The rows where `mask` is true, with the columns that `node` reads.
    pub(super) fn select(&self, mask: &BooleanArray, node: &Node) -> OperatorResult<Rows<'a>> {
        let mut used = vec![false; self.columns.len()];
        node.mark_inputs(&mut used);
        let mut columns = self.columns.to_vec();
        let filter = FilterBuilder::new(mask).optimize().build();
        for (column, used) in columns.iter_mut().zip(used) {
            // Columns that nothing below reads keep their length: nobody looks.
            if used {
                *column = filter.filter(column)?;
            }
        }
        Ok(Rows {
            columns: Cow::Owned(columns),
            len: filter.count(),
            session: self.session,
            now_ms: self.now_ms,
        })
    }
}

/// Positions of the rows where `mask` is true.
pub(super) fn selected(mask: &BooleanArray) -> impl Iterator<Item = usize> + '_ {
    SlicesIterator::new(mask).flat_map(|(from, to)| from..to)
}

impl Node {
    /// The values for `rows`, which must not be empty.
    pub(super) fn evaluate(&self, rows: &Rows<'_>) -> OperatorResult<Value> {
        match &self.form {
            Form::Input(index) => match rows.columns.get(*index) {
                Some(column) => Ok(Value::Column(column.clone())),
                None => Err(OperatorError::fatal(format!(
                    "an expression reads column {index}, which the batch does not have"
                ))),
            },
            Form::Constant(array) => Ok(Value::Constant(array.clone())),
            Form::Call(call) => call.evaluate(rows),
            Form::User(call) => call.evaluate(rows),
            Form::Cast { input, plan } => match input.evaluate(rows)? {
                Value::Constant(array) => Ok(Value::Constant(plan.apply(&array)?)),
                Value::Column(array) => Ok(Value::Column(plan.apply(&array)?)),
            },
            Form::Case {
                branches,
                otherwise,
                ty,
            } => lazy::case(branches, otherwise.as_deref(), ty, rows),
            Form::Coalesce { args, ty } => lazy::coalesce(args, ty, rows),
            Form::Connective { left, right, and } => lazy::connective(left, right, *and, rows),
        }
    }

    fn mark_inputs(&self, used: &mut [bool]) {
        match &self.form {
            Form::Input(index) => {
                if let Some(slot) = used.get_mut(*index) {
                    *slot = true;
                }
            }
            Form::Constant(_) => {}
            Form::Call(call) => call.args.iter().for_each(|arg| arg.mark_inputs(used)),
            Form::User(call) => call.args.iter().for_each(|arg| arg.mark_inputs(used)),
            Form::Cast { input, .. } => input.mark_inputs(used),
            Form::Case {
                branches,
                otherwise,
                ..
            } => {
                for (condition, result) in branches {
                    condition.mark_inputs(used);
                    result.mark_inputs(used);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.mark_inputs(used);
                }
            }
            Form::Coalesce { args, .. } => args.iter().for_each(|arg| arg.mark_inputs(used)),
            Form::Connective { left, right, .. } => {
                left.mark_inputs(used);
                right.mark_inputs(used);
            }
        }
    }
}

impl UserCall {
    fn evaluate(&self, rows: &Rows<'_>) -> OperatorResult<Value> {
        let columns: Vec<ArrayRef> = self
            .args
            .iter()
            .map(|arg| arg.evaluate(rows)?.into_column(rows.len))
            .collect::<OperatorResult<_>>()?;
        let array = self.function.call(&columns, rows.len)?;
        if array.data_type() != &self.result.to_arrow() || array.len() != rows.len {
            return Err(OperatorError::fatal(format!(
                "the function {} answered {} values of {} for {} rows of {}",
                self.name,
                array.len(),
                array.data_type(),
                rows.len,
                self.result
            )));
        }
        Ok(Value::Column(array))
    }
}

impl Call {
    fn evaluate(&self, rows: &Rows<'_>) -> OperatorResult<Value> {
        let values: Vec<Value> = self
            .args
            .iter()
            .map(|arg| arg.evaluate(rows))
            .collect::<OperatorResult<_>>()?;
        let constant = self.function.determinism != Determinism::NonDeterministic
            && values.iter().all(Value::is_constant);
        let Implementation::Kernel(kernel) = self.function.implementation else {
            return Err(OperatorError::fatal(format!(
                "{} has no kernel",
                self.function.name
            )));
        };
        let array = kernel(&Args {
            values: &values,
            types: &self.arg_types,
            result: &self.result,
            rows: if constant { 1 } else { rows.len },
            session: rows.session,
            now_ms: rows.now_ms,
            cache: &self.cache,
        })?;
        debug_assert_eq!(
            array.data_type(),
            &self.result.to_arrow(),
            "{}",
            self.function.name
        );
        debug_assert_eq!(array.len(), if constant { 1 } else { rows.len });
        Ok(if constant {
            Value::Constant(array)
        } else {
            Value::Column(array)
        })
    }
}
