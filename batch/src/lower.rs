//! From the relational plan to a DataFusion logical plan.
//!
//! Every node's columns are called `c0`, `c1`, ... in order, so names never clash; the real names are
//! in the plan's schema and come back at the end. Watermarks mean nothing to bounded input.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};
use alpheus_dataflow::{OperatorResult, RowType};
use alpheus_functions::compile::literal_to_array;
use alpheus_sql::rel::{PlanSchema, Rel, RelNode};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::concat;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::UnnestOptions;
use datafusion::datasource::{MemTable, TableProvider, provider_as_source};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, Sort, col, lit};

use crate::aggregate::lower_aggregate;
use crate::error::BatchError;
use crate::expression::lower_expr;
use crate::over::{Window, lower_over};
use crate::row_pattern::match_rows;
use crate::scan::source_table;
use crate::session::sessions;
use crate::unnest::{Collection, unnest};
use crate::window::{max_timestamp_of, start_of, window_ends};

/// The name of a node's column at this position.
pub(crate) fn column_name(index: usize) -> String {
    format!("c{index}")
}

/// The Arrow schema of these columns under internal names.
pub(crate) fn internal_schema(columns: &RowType) -> SchemaRef {
    let field = |(index, field): (usize, &alpheus_dataflow::Field)| {
        Field::new(column_name(index), field.ty.to_arrow(), true)
    };
    Arc::new(Schema::new(
        columns
            .fields
            .iter()
            .enumerate()
            .map(field)
            .collect::<Vec<_>>(),
    ))
}

/// What lowering needs to know.
pub(crate) struct Lowering<'a> {
    pub(crate) session: Arc<SessionSettings>,
    pub(crate) context: &'a OperatorContext,
    pub(crate) parallelism: u32,
    pub(crate) tables: usize,
}

impl Lowering<'_> {
    pub(crate) fn lower(&mut self, rel: &Rel) -> Result<LogicalPlan, BatchError> {
        match &rel.node {
            RelNode::Scan {
                table,
                projection,
                filters,
            } => self.scan(table, projection, filters, &rel.schema),
            RelNode::Values { rows } => self.values(rows, &rel.schema),
            RelNode::Watermark { input, .. } | RelNode::StateTtl { input, .. } => self.lower(input),
            RelNode::Filter { input, predicate } => {
                let predicate = lower_expr(predicate, &self.session)?;
                Ok(LogicalPlanBuilder::from(self.lower(input)?)
                    .filter(predicate)?
                    .build()?)
            }
            RelNode::Project { input, exprs } => {
                let exprs = exprs.iter().map(|expr| lower_expr(expr, &self.session));
                let exprs = exprs.collect::<OperatorResult<Vec<_>>>()?;
                project(self.lower(input)?, exprs)
            }
            RelNode::Join {
                kind,
                left,
                right,
                keys,
                condition,
                ..
            } => self.join(*kind, (left, right), keys, condition.as_ref()),
            RelNode::Union { inputs } => {
                let mut inputs = inputs.iter();
                let first = inputs.next().ok_or(BatchError::Unsupported {
                    feature: "UNION of nothing",
                    remedy: "give it a query",
                })?;
                let mut plan = LogicalPlanBuilder::from(self.lower(first)?);
                for input in inputs {
                    plan = plan.union(self.lower(input)?)?;
                }
                Ok(plan.build()?)
            }
            RelNode::Sort {
                input,
                keys,
                fetch,
                offset,
            } => {
                let mut plan = self.lower(input)?;
                if !keys.is_empty() {
                    plan = sorted(plan, keys);
                }
                let mut plan = LogicalPlanBuilder::from(plan);
                let rows = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
                if fetch.is_some() || *offset > 0 {
                    plan = plan.limit(rows(*offset), fetch.map(rows))?;
                }
                Ok(plan.build()?)
            }
            RelNode::Match { input, pattern } => {
                let (columns, output) = (input.schema.row_type(), rel.schema.row_type());
                match_rows(
                    self.lower(input)?,
                    pattern,
                    &columns,
                    &output,
                    &self.session,
                )
            }
            RelNode::Unnest {
                input,
                collection,
                keep_collection,
                with_ordinality,
                outer,
            } => {
                let width = input.schema.len();
                let ty = &input.schema.fields[*collection].ty;
                let plan = self.lower(input)?;
                let collection = Collection {
                    column: *collection,
                    ty,
                    keep: *keep_collection,
                };
                unnest(plan, width, &collection, *with_ordinality, *outer)
            }
            RelNode::Window {
                input,
                window,
                time,
                keys,
            } => {
                let width = input.schema.len();
                self.windowed(input, *window, *time, keys, &(0..width).collect::<Vec<_>>())
            }
            RelNode::Over {
                input,
                partition,
                order,
                frame,
                calls,
            } => {
                let window = Window {
                    partition,
                    order,
                    frame: *frame,
                };
                lower_over(self.lower(input)?, &input.schema, &window, calls)
            }
            RelNode::Rank { .. }
            | RelNode::WindowRank { .. }
            | RelNode::Deduplicate { .. }
            | RelNode::ChangelogNormalize { .. } => Err(BatchError::Unsupported {
                feature: "a plan that was optimized for streams",
                remedy: "plan the statement with 'execution.runtime-mode' = 'batch'",
            }),
            RelNode::Aggregate {
                input,
                keys,
                aggregates,
            }
            | RelNode::AttachedWindowAggregate {
                input,
                keys,
                aggregates,
                ..
            } => {
                let plan = self.lower(input)?;
                aggregate(plan, keys, aggregates)
            }
            RelNode::WindowAggregate {
                input,
                window,
                time,
                keys,
                aggregates,
            } => {
                let width = input.schema.len();
                let kept = (0..width).collect::<Vec<_>>();
                let plan = self.windowed(input, *window, *time, keys, &kept)?;
                let mut all_keys = keys.clone();
                all_keys.extend(width..width + 3);
                let plan = aggregate(plan, &all_keys, aggregates)?;
                // Keys, aggregates, then the window's columns.
                let count = keys.len();
                let order = (0..count)
                    .chain(count + 3..count + 3 + aggregates.len())
                    .chain(count..count + 3);
                project(plan, order.map(|index| col(column_name(index))).collect())
            }
        }
    }

    fn scan(
        &mut self,
        table: &TableSpec,
        projection: &[usize],
        filters: &[Expr],
        schema: &PlanSchema,
    ) -> Result<LogicalPlan, BatchError> {
        let source = alpheus_connectors::create_source(table, projection, filters, &self.session)?;
        let provider = source_table(source, &schema.row_type(), self.context, self.parallelism)?;
        self.table(provider)
    }

    fn values(
        &mut self,
        rows: &[Vec<Expr>],
        schema: &PlanSchema,
    ) -> Result<LogicalPlan, BatchError> {
        let row_type = schema.row_type();
        let arrow_schema = internal_schema(&row_type);
        let column = |index: usize| -> Result<ArrayRef, BatchError> {
            let cells = rows.iter().map(|row| match &row[index] {
                Expr::Literal { value, .. } => literal_to_array(value, &row_type.fields[index].ty),
                other => Err(alpheus_dataflow::OperatorError::fatal(format!(
                    "VALUES holds an expression that is not constant: {other:?}"
                ))),
            });
            let cells = cells.collect::<OperatorResult<Vec<ArrayRef>>>()?;
            let cells: Vec<&dyn arrow::array::Array> =
                cells.iter().map(|cell| cell.as_ref()).collect();
            Ok(concat(&cells).map_err(alpheus_dataflow::OperatorError::from)?)
        };
        let columns = (0..row_type.len())
            .map(column)
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&arrow_schema), columns, &options)
            .map_err(alpheus_dataflow::OperatorError::from)?;
        let provider = MemTable::try_new(arrow_schema, vec![vec![batch]])?;
        self.table(Arc::new(provider))
    }

    fn table(&mut self, provider: Arc<dyn TableProvider>) -> Result<LogicalPlan, BatchError> {
        self.tables += 1;
        let name = format!("t{}", self.tables);
        let plan = LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?;
        Ok(plan.build()?)
    }

    /// The `kept` columns of `input`, then window_start, window_end, window_time; one row for each
    /// window that a row is in.
    fn windowed(
        &mut self,
        input: &Rel,
        window: WindowSpec,
        time: TimeAttribute,
        keys: &[usize],
        kept: &[usize],
    ) -> Result<LogicalPlan, BatchError> {
        let TimeAttribute::Event { column } = time else {
            return Err(BatchError::Unsupported {
                feature: "a window over processing time",
                remedy: "use a column of the data, or run with 'execution.runtime-mode' = 'streaming'",
            });
        };
        // Windows are laid out on the wall clock of the session's zone.
        let time_type = input.schema.fields[column].ty.clone();
        let local_type = TypeKind::Timestamp(3).nullable();
        let local = Expr::input(column, time_type.clone()).cast_to(local_type.clone());
        let local = lower_expr(&local, &self.session)?;
        let zoned = matches!(time_type.kind, TypeKind::TimestampLtz(_));

        if let WindowSpec::Session { gap } = window {
            let width = input.schema.len();
            let plan = sessions(self.lower(input)?, width, local, keys, gap)?;
            return self.with_window_time(plan, window, width, zoned);
        }
        let ends = column_name(kept.len());
        let mut columns: Vec<DfExpr> = kept.iter().map(|&index| col(column_name(index))).collect();
        columns.push(window_ends(window, local));
        let plan = project(self.lower(input)?, columns)?;
        let options = UnnestOptions::new().with_preserve_nulls(false);
        let plan = LogicalPlanBuilder::from(plan)
            .unnest_column_with_options(ends.as_str(), options)?
            .build()?;

        let mut columns: Vec<DfExpr> = (0..kept.len())
            .map(|index| col(column_name(index)))
            .collect();
        columns.push(start_of(window, col(&ends)));
        columns.push(col(&ends));
        let plan = project(plan, columns)?;
        self.with_window_time(plan, window, kept.len(), zoned)
    }

    /// `window_time` behind the window's bounds, which follow `width` columns.
    fn with_window_time(
        &self,
        plan: LogicalPlan,
        window: WindowSpec,
        width: usize,
        zoned: bool,
    ) -> Result<LogicalPlan, BatchError> {
        let last = width + 2;
        let mut columns: Vec<DfExpr> = (0..last).map(|index| col(column_name(index))).collect();
        columns.push(max_timestamp_of(window, col(column_name(last - 1))));
        let plan = project(plan, columns)?;
        if !zoned {
            return Ok(plan);
        }
        let local_type = TypeKind::Timestamp(3).nullable();
        let mut columns: Vec<DfExpr> = (0..last).map(|index| col(column_name(index))).collect();
        let zoned_type = TypeKind::TimestampLtz(3).nullable();
        let window_time = Expr::input(last, local_type).cast_to(zoned_type);
        columns.push(lower_expr(&window_time, &self.session)?);
        project(plan, columns)
    }
}

/// These expressions as `c0`, `c1`, ...; DataFusion cannot have no columns, so there is always one.
/// The rows in that order. Not by the plan builder's `sort`: it takes a key for what a projection calls otherwise, and as every node
/// calls its columns `c0`, `c1`, ..., a projection that changes their order would lead it to another column.
fn sorted(input: LogicalPlan, keys: &[SortKey]) -> LogicalPlan {
    let key = |key: &SortKey| col(column_name(key.column)).sort(key.ascending, key.nulls_first);
    LogicalPlan::Sort(Sort {
        expr: keys.iter().map(key).collect(),
        input: Arc::new(input),
        fetch: None,
    })
}

pub(crate) fn project(
    plan: LogicalPlan,
    mut exprs: Vec<DfExpr>,
) -> Result<LogicalPlan, BatchError> {
    if exprs.is_empty() {
        exprs.push(lit(true));
    }
    let named = exprs
        .into_iter()
        .enumerate()
        .map(|(index, expr)| expr.alias(column_name(index)));
    Ok(LogicalPlanBuilder::from(plan)
        .project(named.collect::<Vec<_>>())?
        .build()?)
}

fn aggregate(
    plan: LogicalPlan,
    keys: &[usize],
    aggregates: &[AggregateCall],
) -> Result<LogicalPlan, BatchError> {
    // Keys under names of their own: a column may be a key twice.
    let key_name = |position: usize| format!("k{position}");
    let mut columns: Vec<DfExpr> = keys
        .iter()
        .enumerate()
        .map(|(position, &key)| col(column_name(key)).alias(key_name(position)))
        .collect();
    let mut used: Vec<usize> = aggregates
        .iter()
        .flat_map(|c| c.args.iter().chain(&c.filter).copied())
        .collect();
    used.sort_unstable();
    used.dedup();
    columns.extend(used.iter().map(|&column| col(column_name(column))));
    if columns.is_empty() {
        columns.push(lit(true).alias("rows"));
    }
    let plan = LogicalPlanBuilder::from(plan).project(columns)?;
    let groups: Vec<DfExpr> = (0..keys.len())
        .map(|position| col(key_name(position)))
        .collect();
    let result_name = |position: usize| format!("a{position}");
    let results: Vec<DfExpr> = (aggregates.iter().enumerate())
        .map(|(position, call)| {
            let args = call.args.iter().map(|&arg| col(column_name(arg))).collect();
            let filter = call.filter.map(|filter| col(column_name(filter)));
            lower_aggregate(call, args, filter).alias(result_name(position))
        })
        .collect();
    let plan = plan.aggregate(groups, results)?.build()?;
    let keys = (0..keys.len()).map(|position| col(key_name(position)));
    let results = (0..aggregates.len()).map(|position| col(result_name(position)));
    project(plan, keys.chain(results).collect())
}
