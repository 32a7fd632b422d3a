//! MATCH_RECOGNIZE in batch: an aggregate that gathers the rows of a partition and gives its matches as a
//! list, which is then unnested.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::pattern::RowPattern;
use alpheus_dataflow::types::units_per_millisecond;
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, RowType, fixed};
use alpheus_functions::EvalContext;
use alpheus_functions::row_pattern::{Matcher, Partition, sort_rows};
use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::common::{Result, ScalarValue, UnnestOptions};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Expr as DfExpr, LogicalPlan, LogicalPlanBuilder,
    Signature, Volatility, col,
};

use crate::error::{BatchError, external};
use crate::lower::{column_name, internal_schema, project};

/// The matches of a pattern in the rows of `plan`, which have the columns `input`.
pub(crate) fn match_rows(
    plan: LogicalPlan,
    pattern: &RowPattern,
    input: &RowType,
    output: &RowType,
    session: &Arc<SessionSettings>,
) -> Result<LogicalPlan, BatchError> {
    if pattern.time == TimeAttribute::Processing {
        return Err(BatchError::Unsupported {
            feature: "MATCH_RECOGNIZE in the order of processing time",
            remedy: "order by a column of the data, or run with 'execution.runtime-mode' = 'streaming'",
        });
    }
    // A partition without rows has no match; one without columns still needs a group.
    let function = MatchFunction {
        pattern: pattern.clone(),
        input: internal_schema(input),
        output: internal_schema(output),
        session: Arc::clone(session),
        signature: Signature::any(input.len(), Volatility::Immutable),
    };
    let function = Arc::new(AggregateUDF::new_from_impl(function));
    let args = (0..input.len()).map(|column| col(column_name(column)));
    let found = AggregateFunction::new_udf(function, args.collect(), false, None, Vec::new(), None);
    let matches = column_name(0);
    let keys = pattern.partition.iter().enumerate();
    let keys = keys.map(|(at, &key)| col(column_name(key)).alias(format!("k{at}")));
    let found = DfExpr::AggregateFunction(found).alias("matches");
    let plan = LogicalPlanBuilder::from(plan)
        .aggregate(keys.collect::<Vec<_>>(), [found])?
        .build()?;
    let plan = project(plan, vec![col("matches")])?;
    let options = UnnestOptions::new().with_preserve_nulls(false);
    let plan = LogicalPlanBuilder::from(plan)
        .unnest_column_with_options(matches.as_str(), options)?
        .build()?;
    let field = |column: usize| get_field(col(matches.as_str()), column_name(column));
    project(plan, (0..output.len()).map(field).collect())
}

struct MatchFunction {
    pattern: RowPattern,
    input: SchemaRef,
    output: SchemaRef,
    session: Arc<SessionSettings>,
    signature: Signature,
}

impl MatchFunction {
    fn identity(&self) -> String {
        format!("{:?} over {:?}", self.pattern, self.input)
    }
}

impl fmt::Debug for MatchFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity())
    }
}

impl PartialEq for MatchFunction {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.input == other.input
    }
}

impl Eq for MatchFunction {}

impl Hash for MatchFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

fn list_of(schema: &SchemaRef) -> FieldRef {
    let rows = DataType::Struct(schema.fields().clone());
    Arc::new(Field::new("item", rows, true))
}

impl AggregateUDFImpl for MatchFunction {
    fn name(&self) -> &str {
        "match_recognize"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(list_of(&self.output)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let rows = DataType::List(list_of(&self.input));
        Ok(vec![Arc::new(Field::new(
            format!("{}[rows]", args.name),
            rows,
            true,
        ))])
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Rows {
            pattern: self.pattern.clone(),
            matcher: Matcher::new(&self.pattern, &self.session).map_err(external)?,
            input: self.input.clone(),
            output: self.output.clone(),
            now_ms: self.session.planned_at,
            rows: Vec::new(),
        }))
    }
}

/// The rows of a partition.
struct Rows {
    pattern: RowPattern,
    matcher: Matcher,
    input: SchemaRef,
    output: SchemaRef,
    now_ms: i64,
    rows: Vec<RecordBatch>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({} batches)", self.rows.len())
    }
}

impl Rows {
    fn matches(&self) -> Result<Vec<ArrayRef>> {
        let rows = concat_batches(&self.input, &self.rows)?;
        let rows = sort_rows(&rows, &self.pattern).map_err(external)?;
        let times = times(&rows, self.pattern.time).map_err(external)?;
        let mut partition = Partition::empty(&rows);
        let context = EvalContext {
            now_ms: self.now_ms,
        };
        let matcher = &self.matcher;
        let found = matcher.process(&mut partition, &rows, &times, &context);
        // Nothing comes any more: what waits for runs that are too long already is found, too.
        let last = matcher.advance(&mut partition, i64::MAX, &context);
        let parts = [found.map_err(external)?, last.map_err(external)?];
        let parts = parts
            .into_iter()
            .flatten()
            .map(|columns| RecordBatch::try_new(self.output.clone(), columns));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let all = concat_batches(&self.output, &parts)?;
        Ok(all.columns().to_vec())
    }
}

/// The times of rows in ms; NULLs, which come first, are before all others.
fn times(rows: &RecordBatch, time: TimeAttribute) -> Result<Vec<i64>, OperatorError> {
    let TimeAttribute::Event { column } = time else {
        return Ok(vec![0; rows.num_rows()]);
    };
    let column = rows.column(column);
    let (DataType::Timestamp(unit, _), Some((values, nulls))) =
        (column.data_type(), fixed::to_i64(column))
    else {
        return Err(OperatorError::fatal(format!(
            "rows are ordered by a time, not by {}",
            column.data_type()
        )));
    };
    let per_ms = units_per_millisecond(*unit);
    let time = |(row, value): (usize, &i64)| match &nulls {
        Some(nulls) if nulls.is_null(row) => i64::MIN / 2,
        _ => value.div_euclid(per_ms),
    };
    Ok(values.iter().enumerate().map(time).collect())
}

/// Rows as one value: a list of structs.
fn one_list(item: FieldRef, schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<ScalarValue> {
    let rows = StructArray::try_new(schema.fields().clone(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths([rows.len()]);
    let list = ListArray::try_new(item, offsets, Arc::new(rows), None)?;
    Ok(ScalarValue::List(Arc::new(list)))
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let count = values.first().map_or(0, |column| column.len());
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let columns = values.to_vec();
        let rows = RecordBatch::try_new_with_options(self.input.clone(), columns, &options)?;
        self.rows.push(rows);
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        one_list(list_of(&self.output), &self.output, self.matches()?)
    }

    fn size(&self) -> usize {
        let rows = self.rows.iter();
        rows.map(RecordBatch::get_array_memory_size).sum()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let rows = concat_batches(&self.input, &std::mem::take(&mut self.rows))?;
        let columns = rows.columns().to_vec();
        Ok(vec![one_list(list_of(&self.input), &self.input, columns)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists = states[0].as_list::<i32>();
        for list in lists.iter().flatten() {
            self.update_batch(list.as_struct().columns())?;
        }
        Ok(())
    }
}
