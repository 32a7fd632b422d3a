//! Updates that depend on values which are not the same twice (Flink's
//! `StreamNonDeterministicUpdatePlanVisitor`).
//!
//! A change takes an earlier row back by carrying the same values, or at least the same key. A column
//! that is computed anew for the `-U` or `-D` of a row by `RAND()` or the time of day has another value
//! then: what it should take back is never found, in an aggregate's or join's state or in the sink's
//! table. Below an operator that turns inserts into updates nothing is lost: each row comes once.
//!
//! The check walks from every sink towards the sources with the columns that have to be deterministic,
//! as long as the rows are updated.

use std::collections::BTreeSet;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_functions::registry::{self, Determinism};

use super::physical::{Input, PhysicalOperator};

/// What is found, one sentence each; empty when all is well.
pub(super) fn check(operators: &[PhysicalOperator]) -> Vec<String> {
    let mut found = Vec::new();
    for position in 0..operators.len() {
        if let Some(required) = required_by_sink(&operators[position]) {
            check_inputs(operators, position, &required, &mut found);
        }
    }
    found.dedup();
    found
}

/// The columns of its input that a sink finds rows by.
fn required_by_sink(operator: &PhysicalOperator) -> Option<BTreeSet<usize>> {
    let all: BTreeSet<usize> = (0..operator.output.len()).collect();
    match &operator.spec {
        OperatorSpec::Collect { .. } => Some(all),
        OperatorSpec::Sink { table, input, .. } if input.is_upsert() => {
            let fields = operator.output.fields.iter().enumerate();
            let key = fields.filter(|(_, field)| table.primary_key.contains(&field.name));
            Some(key.map(|(column, _)| column).collect())
        }
        OperatorSpec::Sink { .. } => Some(all),
        _ => None,
    }
}

fn check_inputs(
    operators: &[PhysicalOperator],
    position: usize,
    required: &BTreeSet<usize>,
    found: &mut Vec<String>,
) {
    for input in &operators[position].inputs {
        let source = &operators[input.operator];
        if source.changelog == ChangelogMode::InsertOnly {
            continue;
        }
        match &source.spec {
            OperatorSpec::Calc { filter, projection } => {
                if let Some(function) = filter.as_ref().and_then(non_deterministic) {
                    found.push(format!(
                        "the condition of {} uses {function}, which is not the same twice, but its rows are updated: \
                         a row that was let in may not be let out again; evaluate it before the rows are updated",
                        source.name
                    ));
                }
                let mut below: BTreeSet<usize> =
                    filter.iter().flat_map(Expr::referenced_columns).collect();
                for (column, expr) in projection.iter().enumerate() {
                    if !required.contains(&column) {
                        continue;
                    }
                    if let Some(function) = non_deterministic(expr) {
                        found.push(format!(
                            "column '{}' of {} is computed by {function}, which is not the same twice, but its rows are \
                             updated and {} finds rows by it; compute it before the rows are updated, or leave it out",
                            source.output.fields[column].name, source.name, operators[position].name
                        ));
                    }
                    below.extend(expr.referenced_columns());
                }
                check_inputs(operators, input.operator, &below, found);
            }
            // Whoever else reads updates finds rows by all of their columns.
            _ => {
                let width = |input: &Input| operators[input.operator].output.len();
                let widest = source.inputs.iter().map(width).max().unwrap_or(0);
                check_inputs(operators, input.operator, &(0..widest).collect(), found);
            }
        }
    }
}

/// The first function in `expr` whose value is not the same for the same row later.
fn non_deterministic(expr: &Expr) -> Option<String> {
    let mut first = None;
    expr.visit(&mut |expr| {
        if let Expr::Call { function, .. } = expr
            && registry::lookup(function)
                .is_some_and(|found| found.determinism != Determinism::Deterministic)
        {
            first.get_or_insert_with(|| function.clone());
        }
    });
    first
}
