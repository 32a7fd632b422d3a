//! Joins: keys become a hash join, anything else a nested loop, both DataFusion's.
//!
//! Both sides have columns called `c0`, `c1`, ...; those of the right one are renumbered behind the left
//! one's, which is how conditions count them, too.

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::join::{JoinKey, JoinKind};
use alpheus_dataflow::types::TypeKind;
use alpheus_sql::rel::Rel;
use datafusion::common::{JoinType, NullEquality};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, col, lit};

use crate::error::BatchError;
use crate::expression::lower_expr;
use crate::lower::{Lowering, column_name, project};

impl Lowering<'_> {
    pub(crate) fn join(
        &mut self,
        kind: JoinKind,
        (left, right): (&Rel, &Rel),
        keys: &[JoinKey],
        condition: Option<&Expr>,
    ) -> Result<LogicalPlan, BatchError> {
        let width = left.schema.len();
        let left_plan = numbered(self.lower(left)?, width, 0, "left")?;
        let right_plan = numbered(self.lower(right)?, right.schema.len(), width, "right")?;
        // One notion of equality for all keys: with both there, those where NULL equals NULL are tested.
        let null_safe = keys.iter().all(|key| key.null_safe);
        let (hashed, tested): (Vec<JoinKey>, Vec<JoinKey>) =
            keys.iter().partition(|key| key.null_safe == null_safe);
        let equal = tested.iter().map(|key| {
            let column = |rel: &Rel, at: usize, offset: usize| {
                Expr::input(offset + at, rel.schema.fields[at].ty.clone())
            };
            let args = vec![column(left, key.left, 0), column(right, key.right, width)];
            Expr::call("IS NOT DISTINCT FROM", args, TypeKind::Boolean.not_null())
        });
        let conditions = equal.chain(condition.cloned());
        let conditions = conditions.map(|condition| lower_expr(&condition, &self.session));
        let conditions = conditions.collect::<Result<Vec<DfExpr>, _>>()?;
        let equality = match null_safe {
            true => NullEquality::NullEqualsNull,
            false => NullEquality::NullEqualsNothing,
        };
        let names: (Vec<String>, Vec<String>) = (
            hashed.iter().map(|key| column_name(key.left)).collect(),
            hashed
                .iter()
                .map(|key| column_name(width + key.right))
                .collect(),
        );
        let filter = conditions.into_iter().reduce(DfExpr::and);
        // An outer join needs something to test.
        let unconditional = hashed.is_empty() && kind != JoinKind::Inner;
        let filter = filter.or_else(|| unconditional.then(|| lit(true)));
        let plan = LogicalPlanBuilder::from(left_plan)
            .join_detailed(right_plan, join_type(kind), names, filter, equality)?
            .build()?;
        let columns = match kind.has_right_columns() {
            true => width + right.schema.len(),
            false => width,
        };
        project(plan, (0..columns).map(|at| col(column_name(at))).collect())
    }
}

fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
        JoinKind::Semi => JoinType::LeftSemi,
        JoinKind::Anti => JoinType::LeftAnti,
    }
}

/// The first `count` columns, numbered from `first`. A side without columns still has rows.
fn numbered(
    plan: LogicalPlan,
    count: usize,
    first: usize,
    rows: &str,
) -> Result<LogicalPlan, BatchError> {
    let columns = (0..count).map(|at| col(column_name(at)).alias(column_name(first + at)));
    let mut columns: Vec<DfExpr> = columns.collect();
    if columns.is_empty() {
        columns.push(lit(true).alias(rows));
    }
    Ok(LogicalPlanBuilder::from(plan).project(columns)?.build()?)
}
