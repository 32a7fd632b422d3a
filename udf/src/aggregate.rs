//! Aggregate functions of a module.
//!
//! The state of a group is bytes that only the module understands; they are kept here, by group, and are the partial
//! result that snapshots and merges take. A call gets the states of the groups that its rows touch, each once, and
//! gives them back changed: NULL stands for a group without rows.

use std::collections::HashMap;
use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::user_functions::{UserFunctionSpec, function_name};
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use alpheus_functions::aggregate::Accumulator;
use alpheus_functions::user::UserAggregate;
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int32Array};
use arrow::compute;

use crate::abi::ColumnType;
use crate::code::Code;
use crate::error::UdfError;
use crate::scalar::failed;

/// An aggregate function of a module, ready to be called.
#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    code: Arc<Code>,
    entry: String,
    name: String,
    result: ColumnType,
    retractable: bool,
}

impl Aggregate {
    pub(crate) fn new(code: Arc<Code>, spec: &UserFunctionSpec) -> Result<Aggregate, UdfError> {
        for ty in &spec.arg_types {
            ColumnType::new(ty)?;
        }
        Ok(Aggregate {
            retractable: code.has(&format!("{}_retract", spec.entry)),
            code,
            entry: spec.entry.clone(),
            name: function_name(&spec.id).to_owned(),
            result: ColumnType::new(&spec.result)?,
        })
    }

    fn call(
        &self,
        step: &str,
        args: &[ArrayRef],
        rows: usize,
        result: &ColumnType,
        rows_out: usize,
    ) -> OperatorResult<ArrayRef> {
        let entry = format!("{}_{step}", self.entry);
        self.code
            .call(&entry, args, rows, result, rows_out)
            .map_err(|error| failed(&self.name, &error))
    }
}

impl UserAggregate for Aggregate {
    fn is_retractable(&self) -> bool {
        self.retractable
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(States {
            function: self.clone(),
            groups: CowVec::default(),
        })
    }
}

/// The states of all groups.
struct States {
    function: Aggregate,
    groups: CowVec<Option<Arc<[u8]>>>,
}

impl States {
    /// Calls a step for rows of groups and keeps the states that it answers.
    fn change(&mut self, step: &str, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        if groups.is_empty() {
            return Ok(());
        }
        let mut numbers: HashMap<u32, i32> = HashMap::new();
        let mut touched: Vec<u32> = Vec::new();
        let mut rows: Vec<i32> = Vec::with_capacity(groups.len());
        for &group in groups {
            let number = *numbers.entry(group).or_insert_with(|| {
                touched.push(group);
                touched.len() as i32 - 1
            });
            rows.push(number);
        }
        let mut columns = args.to_vec();
        columns.push(Arc::new(Int32Array::from(rows)));
        columns.push(Arc::new(self.column(&touched)));
        let state = ColumnType::state();
        let answer = self
            .function
            .call(step, &columns, groups.len(), &state, touched.len())?;
        let states = answer.as_binary::<i32>();
        for (row, &group) in touched.iter().enumerate() {
            let state = states.is_valid(row).then(|| Arc::from(states.value(row)));
            *self.groups.get_mut(group as usize) = state;
        }
        Ok(())
    }

    fn column(&self, groups: &[u32]) -> BinaryArray {
        let states = groups
            .iter()
            .map(|&group| self.groups.get(group as usize).as_deref());
        states.collect()
    }
}

impl Accumulator for States {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.change("accumulate", args, groups)
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        if !self.function.retractable {
            return Err(OperatorError::fatal(format!(
                "the aggregate function {} cannot take rows back: its module has no retract function",
                self.function.name
            )));
        }
        self.change("retract", args, groups)
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let states: ArrayRef = Arc::new(self.column(groups));
        let result = &self.function.result;
        self.function
            .call("evaluate", &[states], groups.len(), result, groups.len())
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = None;
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![Field::new("state", TypeKind::bytes().nullable())]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        Ok(vec![Arc::new(self.column(groups))])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        let incoming = state
            .first()
            .filter(|column| column.as_binary_opt::<i32>().is_some());
        let incoming = incoming.ok_or_else(|| {
            OperatorError::fatal(format!(
                "the state of the aggregate function {} is no column of BYTES",
                self.function.name
            ))
        })?;
        // A group without rows brings nothing.
        let there = compute::is_not_null(incoming)?;
        let kept = compute::filter(incoming, &there)?;
        let groups: Vec<u32> = groups
            .iter()
            .zip(there.values())
            .filter(|(_, there)| *there)
            .map(|(&group, _)| group)
            .collect();
        self.change("merge", &[kept], &groups)
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(States {
            function: self.function.clone(),
            groups: self.groups.freeze(),
        })
    }

    fn memory_size(&self) -> usize {
        let states: usize = self
            .groups
            .iter()
            .flatten()
            .map(|state| state.len() + 16)
            .sum();
        self.groups.memory_size() + states
    }
}
