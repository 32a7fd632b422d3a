//! OVER windows as DataFusion window expressions.
//!
//! DataFusion sorts, partitions and finds frames; what a function gives comes from here: aggregates are
//! those of the function library ([`crate::aggregate`]), ranking functions and LAG are written out over
//! a whole partition, with Flink's types.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};
use alpheus_sql::rel::PlanSchema;
use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Field, FieldRef, IntervalMonthDayNano};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, PartitionEvaluator, Signature, Volatility,
    WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, WindowUDF,
    WindowUDFImpl, col, lit,
};

use crate::aggregate::window_aggregate;
use crate::error::BatchError;
use crate::lower::{column_name, project};

const NANOS_PER_MS: i64 = 1_000_000;
const MS_PER_DAY: i64 = 86_400_000;

/// The window of a [`RelNode::Over`](alpheus_sql::rel::RelNode::Over).
pub(crate) struct Window<'a> {
    pub(crate) partition: &'a [usize],
    pub(crate) order: &'a [SortKey],
    pub(crate) frame: OverFrame,
}

/// The rows of `plan`, whose columns are `input`, with a column for each call.
pub(crate) fn lower_over(
    plan: LogicalPlan,
    input: &PlanSchema,
    window: &Window<'_>,
    calls: &[OverCall],
) -> Result<LogicalPlan, BatchError> {
    let name = |position: usize| format!("w{position}");
    let functions = (calls.iter().enumerate())
        .map(|(position, call)| Ok(function(call, input, window)?.alias(name(position))))
        .collect::<Result<Vec<DfExpr>, BatchError>>()?;
    let plan = LogicalPlanBuilder::from(plan).window(functions)?.build()?;
    let columns = (0..input.len()).map(|column| col(column_name(column)));
    let results = (0..calls.len()).map(|position| col(name(position)));
    project(plan, columns.chain(results).collect())
}

fn function(
    call: &OverCall,
    input: &PlanSchema,
    window: &Window<'_>,
) -> Result<DfExpr, BatchError> {
    let column = |column: usize| col(column_name(column));
    let (definition, args, filter) = match call {
        OverCall::Aggregate(call) => {
            let slides = !matches!(window.frame.start, FrameBound::UnboundedPreceding);
            let mut args: Vec<DfExpr> = call.args.iter().map(|&arg| column(arg)).collect();
            if args.is_empty() {
                args.push(lit(true));
            }
            let function = window_aggregate(call, args.len(), slides);
            (
                WindowFunctionDefinition::AggregateUDF(function),
                args,
                call.filter.map(|filter| Box::new(column(filter))),
            )
        }
        call => {
            let args: Vec<DfExpr> = call.columns().into_iter().map(column).collect();
            let signature = match args.len() {
                0 => Signature::nullary(Volatility::Immutable),
                count => Signature::any(count, Volatility::Immutable),
            };
            let function = FlinkWindowFunction {
                identity: format!("{call:?}"),
                call: call.clone(),
                signature,
            };
            let function = Arc::new(WindowUDF::new_from_impl(function));
            (WindowFunctionDefinition::WindowUDF(function), args, None)
        }
    };
    let mut function = WindowFunction::new(definition, args);
    function.params.partition_by = window.partition.iter().map(|&key| column(key)).collect();
    let order = window.order.iter();
    function.params.order_by = order
        .map(|key| column(key.column).sort(key.ascending, key.nulls_first))
        .collect();
    function.params.window_frame = frame(input, window);
    function.params.filter = filter;
    Ok(DfExpr::WindowFunction(Box::new(function)))
}

fn frame(input: &PlanSchema, window: &Window<'_>) -> WindowFrame {
    let rows = window.frame.rows || window.order.is_empty();
    let is_time = window.order.first().is_some_and(|key| {
        let kind = &input.fields[key.column].ty.kind;
        kind.is_datetime()
    });
    let distance = |distance: i64| match (rows, is_time) {
        (true, _) => ScalarValue::UInt64(Some(distance.unsigned_abs())),
        // As text it gets the column's own type; one of another type would count as unbounded.
        (false, false) => ScalarValue::Utf8(Some(distance.to_string())),
        // Days are days here, too: a session's zone means nothing to the distance of instants.
        (false, true) => ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(
            0,
            i32::try_from(distance / MS_PER_DAY).unwrap_or(i32::MAX),
            distance % MS_PER_DAY * NANOS_PER_MS,
        ))),
    };
    let unbounded = || match (rows, is_time) {
        (true, _) => ScalarValue::UInt64(None),
        (false, false) => ScalarValue::Null,
        (false, true) => ScalarValue::IntervalMonthDayNano(None),
    };
    let bound = |bound: FrameBound| match bound {
        FrameBound::UnboundedPreceding => WindowFrameBound::Preceding(unbounded()),
        FrameBound::Preceding(rows) => WindowFrameBound::Preceding(distance(rows)),
        FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
        FrameBound::Following(rows) => WindowFrameBound::Following(distance(rows)),
        FrameBound::UnboundedFollowing => WindowFrameBound::Following(unbounded()),
    };
    let units = match rows {
        true => WindowFrameUnits::Rows,
        false => WindowFrameUnits::Range,
    };
    WindowFrame::new_bounds(units, bound(window.frame.start), bound(window.frame.end))
}

/// A ranking function or LAG.
#[derive(Debug)]
struct FlinkWindowFunction {
    /// Two functions are the same when this is.
    identity: String,
    call: OverCall,
    signature: Signature,
}

impl PartialEq for FlinkWindowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for FlinkWindowFunction {}

impl Hash for FlinkWindowFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl WindowUDFImpl for FlinkWindowFunction {
    fn name(&self) -> &str {
        self.call.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _args: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Partition {
            call: self.call.clone(),
        }))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(
            args.name(),
            self.call.ty().to_arrow(),
            true,
        )))
    }
}

#[derive(Debug)]
struct Partition {
    call: OverCall,
}

impl PartitionEvaluator for Partition {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let rows = num_rows as i64;
        let numbers = |number: &dyn Fn(i64) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values((0..rows).map(number)))
        };
        match &self.call {
            OverCall::RowNumber => Ok(numbers(&|row| row + 1)),
            OverCall::Ntile { buckets } => {
                // The first parts are one longer where it does not come out even.
                let (size, longer) = (rows / buckets, rows % buckets);
                let in_longer = longer * (size + 1);
                Ok(numbers(&|row| match row < in_longer {
                    true => row / (size + 1) + 1,
                    false => longer + (row - in_longer) / size.max(1) + 1,
                }))
            }
            OverCall::Lag { offset, .. } => lag(values, *offset),
            other => datafusion::common::internal_err!("{} ranks", other.name()),
        }
    }

    fn evaluate_all_with_rank(
        &self,
        num_rows: usize,
        ranks_in_partition: &[Range<usize>],
    ) -> Result<ArrayRef> {
        let numbers = |number: &dyn Fn(usize, &Range<usize>) -> i64| -> ArrayRef {
            let ranges = ranks_in_partition.iter().enumerate();
            Arc::new(Int64Array::from_iter_values(ranges.flat_map(
                |(at, range)| std::iter::repeat_n(number(at, range), range.len()),
            )))
        };
        let shares = |share: &dyn Fn(&Range<usize>) -> f64| -> ArrayRef {
            let ranges = ranks_in_partition.iter();
            Arc::new(Float64Array::from_iter_values(ranges.flat_map(|range| {
                std::iter::repeat_n(share(range), range.len())
            })))
        };
        let rows = num_rows as f64;
        Ok(match &self.call {
            OverCall::Rank => numbers(&|_, range| range.start as i64 + 1),
            OverCall::DenseRank => numbers(&|at, _| at as i64 + 1),
            OverCall::PercentRank if num_rows < 2 => shares(&|_| 0.0),
            OverCall::PercentRank => shares(&|range| range.start as f64 / (rows - 1.0)),
            OverCall::CumeDist => shares(&|range| range.end as f64 / rows),
            other => return datafusion::common::internal_err!("{} does not rank", other.name()),
        })
    }

    fn include_rank(&self) -> bool {
        matches!(
            self.call,
            OverCall::Rank | OverCall::DenseRank | OverCall::PercentRank | OverCall::CumeDist
        )
    }
}

/// `values` are the value and, if there is one, the default.
fn lag(values: &[ArrayRef], offset: i64) -> Result<ArrayRef> {
    let (value, default) = match values {
        [value, default] => (value, Arc::clone(default)),
        [value] => (value, new_null_array(value.data_type(), value.len())),
        _ => return datafusion::common::internal_err!("LAG takes one or two columns"),
    };
    let rows = value.len() as i64;
    let from = |row: i64| match row - offset {
        other if (0..rows).contains(&other) => (0, other as usize),
        _ => (1, row as usize),
    };
    let indices: Vec<(usize, usize)> = (0..rows).map(from).collect();
    if indices.is_empty() {
        return Ok(value.slice(0, 0));
    }
    debug_assert_ne!(value.data_type(), &DataType::Null);
    Ok(interleave(&[value.as_ref(), default.as_ref()], &indices)?)
}
