//! SESSION windows in batch, which Flink does not have: rows of a key that are at most a gap apart.
//!
//! With a key's rows in the order of their time, a row that is farther than the gap from the one before it
//! opens a session; a running sum numbers them; the first and last row of a session are its bounds. Rows
//! without a time are in no session.

use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::functions_window::expr_fn::lag;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    AggregateUDF, Expr as DfExpr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, WindowFrame,
    WindowFunctionDefinition, cast, col, lit, when,
};
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};

use crate::error::BatchError;
use crate::lower::{column_name, project};

/// The `width` columns of `plan`, then the start and end of each row's session (TIMESTAMP(3)). `time` is
/// the row's time on the windows' clock, TIMESTAMP(3).
pub(crate) fn sessions(
    plan: LogicalPlan,
    width: usize,
    time: DfExpr,
    keys: &[usize],
    gap: i64,
) -> Result<LogicalPlan, BatchError> {
    let keys: Vec<DfExpr> = keys.iter().map(|&key| col(column_name(key))).collect();
    let input = |count: usize| (0..count).map(|index| col(column_name(index)));
    let at = |index: usize| col(column_name(index));

    let plan = project(
        plan,
        input(width).chain([cast(time, DataType::Int64)]).collect(),
    )?;
    let plan = LogicalPlanBuilder::from(plan)
        .filter(at(width).is_not_null())?
        .build()?;

    let by_time = vec![at(width).sort(true, true)];
    let before = lag(at(width), Some(1), None)
        .partition_by(keys.clone())
        .order_by(by_time.clone())
        .build()?;
    let plan = with_window_column(plan, before, width + 1)?;

    let apart = (at(width) - at(width + 1)).gt(lit(gap));
    let opens = when(at(width + 1).is_null().or(apart), lit(1_i64)).otherwise(lit(0_i64))?;
    let plan = project(plan, input(width + 1).chain([opens]).collect())?;
    let number = over(sum_udaf(), at(width + 1))
        .partition_by(keys.clone())
        .order_by(by_time)
        .window_frame(WindowFrame::new(Some(true)))
        .build()?;
    let plan = with_window_column(plan, number, width + 2)?;

    let mut session = keys;
    session.push(at(width + 2));
    let first = over(min_udaf(), at(width));
    let first = first.partition_by(session.clone()).build()?;
    let plan = with_window_column(plan, first, width + 3)?;
    let last = over(max_udaf(), at(width));
    let last = last.partition_by(session).build()?;
    let plan = with_window_column(plan, last, width + 4)?;

    let time = |ms: DfExpr| cast(ms, DataType::Timestamp(TimeUnit::Millisecond, None));
    let bounds = [time(at(width + 3)), time(at(width + 4) + lit(gap))];
    project(plan, input(width).chain(bounds).collect())
}

fn over(function: Arc<AggregateUDF>, arg: DfExpr) -> DfExpr {
    let function = WindowFunctionDefinition::AggregateUDF(function);
    DfExpr::from(WindowFunction::new(function, vec![arg]))
}

/// The columns of `plan` (there are `width`), then the value of a window function.
fn with_window_column(
    plan: LogicalPlan,
    function: DfExpr,
    width: usize,
) -> Result<LogicalPlan, BatchError> {
    let name = column_name(width);
    let function = function.alias(name.as_str());
    let plan = LogicalPlanBuilder::from(plan).window([function])?.build()?;
    project(
        plan,
        (0..=width).map(|index| col(column_name(index))).collect(),
    )
}
