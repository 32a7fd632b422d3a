//! An aggregate of the function library as a DataFusion aggregate function.
//!
//! DataFusion numbers groups and asks for results in order; the accumulators do the rest, with their
//! own partial results between the two phases. FILTER and DISTINCT are inside the accumulator.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use alpheus_dataflow::AggregateCall;
use alpheus_functions::aggregate::{Accumulator as FlinkAccumulator, create};
use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr as DfExpr, GroupsAccumulator,
    Signature, Volatility, lit,
};

use crate::error::external;

/// The DataFusion aggregate for `call`; `args` and `filter` are its argument expressions.
pub(crate) fn lower_aggregate(
    call: &AggregateCall,
    args: Vec<DfExpr>,
    filter: Option<DfExpr>,
) -> DfExpr {
    // COUNT(*) counts rows; DataFusion wants something to count.
    let args = if args.is_empty() {
        vec![lit(true)]
    } else {
        args
    };
    let function = window_aggregate(call, args.len(), false);
    DfExpr::AggregateFunction(AggregateFunction::new_udf(
        function,
        args,
        false,
        filter.map(Box::new),
        Vec::new(),
        None,
    ))
}

/// The function of `call` alone; `slides` when rows leave its frame again.
pub(crate) fn window_aggregate(
    call: &AggregateCall,
    args: usize,
    slides: bool,
) -> Arc<AggregateUDF> {
    let function = FlinkAggregate {
        identity: format!("{call:?} {slides}"),
        name: format!("flink_{}", call.function),
        signature: Signature::any(args, Volatility::Immutable),
        call: AggregateCall {
            filter: None,
            ..call.clone()
        },
        slides,
    };
    Arc::new(AggregateUDF::new_from_impl(function))
}

struct FlinkAggregate {
    identity: String,
    name: String,
    signature: Signature,
    call: AggregateCall,
    slides: bool,
}

impl fmt::Debug for FlinkAggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity)
    }
}

impl PartialEq for FlinkAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for FlinkAggregate {}

impl Hash for FlinkAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl FlinkAggregate {
    fn groups(&self) -> Result<Groups> {
        let inner = create(&self.call, self.slides).map_err(external)?;
        Ok(Groups {
            call: self.call.clone(),
            inner,
            groups: 0,
            slides: self.slides,
        })
    }
}

impl AggregateUDFImpl for FlinkAggregate {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.call.ty.to_arrow())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let inner = create(&self.call, false).map_err(external)?;
        let field = |field: &alpheus_dataflow::Field| {
            Arc::new(Field::new(
                format!("{}[{}]", args.name, field.name),
                field.ty.to_arrow(),
                true,
            ))
        };
        Ok(inner.state_fields().iter().map(field).collect())
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let mut groups = self.groups()?;
        groups.make_room(1);
        Ok(Box::new(OneGroup(std::sync::Mutex::new(groups))))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups()?))
    }
}

/// All groups of one aggregate.
struct Groups {
    call: AggregateCall,
    inner: Box<dyn FlinkAccumulator>,
    groups: usize,
    slides: bool,
}

impl Groups {
    fn make_room(&mut self, groups: usize) {
        if groups > self.groups {
            self.inner.resize(groups);
            self.groups = groups;
        }
    }

    fn add(
        &mut self,
        values: &[ArrayRef],
        groups: &[u32],
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let values = &values[..self.call.arg_types.len()];
        let added = match filter {
            None => self.inner.accumulate(values, groups),
            Some(filter) => {
                let kept = values.iter().map(|column| compute::filter(column, filter));
                let kept = kept.collect::<std::result::Result<Vec<_>, _>>()?;
                let passes = |row: usize| filter.is_valid(row) && filter.value(row);
                let groups: Vec<u32> = groups
                    .iter()
                    .enumerate()
                    .filter(|(row, _)| passes(*row))
                    .map(|(_, &group)| group)
                    .collect();
                self.inner.accumulate(&kept, &groups)
            }
        };
        added.map_err(external)
    }

    /// Takes the first groups out; those behind them move to the front.
    fn emit<T>(
        &mut self,
        emit_to: EmitTo,
        read: impl FnOnce(&dyn FlinkAccumulator, &[u32]) -> alpheus_dataflow::OperatorResult<T>,
    ) -> Result<T> {
        let count = match emit_to {
            EmitTo::All => self.groups,
            EmitTo::First(count) => count.min(self.groups),
        };
        let first: Vec<u32> = (0..count as u32).collect();
        let result = read(self.inner.as_ref(), &first).map_err(external)?;
        let rest: Vec<u32> = (count as u32..self.groups as u32).collect();
        let mut fresh = create(&self.call, self.slides).map_err(external)?;
        fresh.resize(rest.len());
        if !rest.is_empty() {
            let state = self.inner.state(&rest).map_err(external)?;
            let slots: Vec<u32> = (0..rest.len() as u32).collect();
            fresh.merge(&slots, &state).map_err(external)?;
        }
        self.inner = fresh;
        self.groups = rest.len();
        Ok(result)
    }
}

fn slots(groups: &[usize]) -> Vec<u32> {
    groups.iter().map(|&group| group as u32).collect()
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.make_room(total_num_groups);
        self.add(values, &slots(group_indices), opt_filter)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.emit(emit_to, |inner, groups| inner.evaluate(groups))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.emit(emit_to, |inner, groups| inner.state(groups))
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.make_room(total_num_groups);
        self.inner
            .merge(&slots(group_indices), values)
            .map_err(external)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |column| column.len());
        let each: Vec<u32> = (0..rows as u32).collect();
        let inner = create(&self.call, false).map_err(external)?;
        let mut groups = Groups {
            call: self.call.clone(),
            inner,
            groups: 0,
            slides: false,
        };
        groups.make_room(rows);
        groups.add(values, &each, opt_filter)?;
        groups.inner.state(&each).map_err(external)
    }

    fn size(&self) -> usize {
        self.inner.memory_size()
    }
}

/// Aggregation without GROUP BY: one group. The lock is never contended; DataFusion asks for `Sync`.
struct OneGroup(std::sync::Mutex<Groups>);

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneGroup")
    }
}

impl OneGroup {
    fn groups(&mut self) -> &mut Groups {
        self.0
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |column| column.len());
        self.groups().add(values, &vec![0; rows], None)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let result = self.groups().inner.evaluate(&[0]).map_err(external)?;
        ScalarValue::try_from_array(&result, 0)
    }

    fn size(&self) -> usize {
        self.0.lock().map_or(0, |groups| groups.inner.memory_size())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let state = self.groups().inner.state(&[0]).map_err(external)?;
        state
            .iter()
            .map(|column| ScalarValue::try_from_array(column, 0))
            .collect()
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |column| column.len());
        let groups = self.groups();
        let values = &values[..groups.call.arg_types.len()];
        groups
            .inner
            .retract(values, &vec![0; rows])
            .map_err(external)
    }

    fn supports_retract_batch(&self) -> bool {
        self.0.lock().is_ok_and(|groups| groups.slides)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |column| column.len());
        self.groups()
            .inner
            .merge(&vec![0; rows], states)
            .map_err(external)
    }
}
