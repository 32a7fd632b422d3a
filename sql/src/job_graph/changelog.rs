//! Which changes each operator emits: only what somebody needs (Flink's
//! `FlinkChangelogModeInferenceProgram`).
//!
//! Operators are built as if every update named what it replaces (`-U` before `+U`). Then two passes
//! over all of them settle it:
//!
//! 1. From the sinks up: who needs `-U`? An operator emits it when one of its readers needs it;
//!    [`needs_update_before`] says what an operator needs itself, given what is wanted of it.
//! 2. From the sources down: with that known, [`settle_operator`] gives each operator the mode of its
//!    output from the modes of its inputs, and writes both into its specification.
//!
//! # Invariants
//!
//! * An operator may be given `-U` although it does not need it: another reader of the same rows does.
//! * Rows without `-U` reach only operators that know the upsert key that makes up for it.

use std::collections::BTreeSet;

use alpheus_dataflow::changelog::{ChangelogMode, RowKind};
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{AggregatePhase, OperatorSpec};

use super::physical::PhysicalOperator;
use crate::rel::UniqueKey;

/// Settles the modes of all operators (inputs stand before their readers).
pub(super) fn settle(operators: &mut [PhysicalOperator]) {
    let mut wanted = vec![false; operators.len()];
    for position in (0..operators.len()).rev() {
        let operator = &operators[position];
        for input in &operator.inputs {
            let source = &operators[input.operator];
            wanted[input.operator] |= source.changelog.contains(RowKind::UpdateAfter)
                && needs_update_before(
                    &operator.spec,
                    input.input,
                    &source.upsert_keys,
                    wanted[position],
                );
        }
    }
    for position in 0..operators.len() {
        let modes = modes_of_inputs(operators, position);
        let operator = &mut operators[position];
        operator.changelog = settle_operator(
            &mut operator.spec,
            operator.changelog,
            &modes,
            wanted[position],
        );
    }
}

/// What reaches each input of an operator.
fn modes_of_inputs(operators: &[PhysicalOperator], position: usize) -> Vec<ChangelogMode> {
    let mut modes = Vec::new();
    for input in &operators[position].inputs {
        if modes.len() <= input.input {
            modes.resize(input.input + 1, ChangelogMode::InsertOnly);
        }
        let mode = operators[input.operator].changelog;
        modes[input.input] = mode.union(modes[input.input]);
    }
    modes
}

/// Whether an operator needs `-U` on its input `_input`, whose rows have these upsert keys, when its own
/// readers want `-U` or not. Who keeps state by row, and cannot find a replaced row by its key, does.
fn needs_update_before(
    spec: &OperatorSpec,
    _input: usize,
    upsert_keys: &[UniqueKey],
    wanted: bool,
) -> bool {
    match spec {
        // A filter may drop the new row: only -U can then take the old one back, unless it had the same
        // values in the columns that the filter looks at.
        OperatorSpec::Calc { filter, .. } => {
            let within_key = |filter: &Expr| {
                let columns: BTreeSet<usize> = filter.referenced_columns().into_iter().collect();
                upsert_keys.iter().any(|key| columns.is_subset(key))
            };
            wanted || !filter.as_ref().is_none_or(within_key)
        }
        OperatorSpec::ChangelogNormalize { .. } => false,
        // A row is found by its upsert key.
        OperatorSpec::Rank { update_fast, .. } => update_fast.is_empty(),
        // The planner has written down what the sink asked for.
        OperatorSpec::Sink { input, .. } => !input.is_upsert(),
        _ => true,
    }
}

/// What an operator emits for inputs with these modes; its specification is told. `planned` is the mode
/// it was built with.
fn settle_operator(
    spec: &mut OperatorSpec,
    planned: ChangelogMode,
    inputs: &[ChangelogMode],
    wanted: bool,
) -> ChangelogMode {
    let first = inputs.first().copied().unwrap_or(ChangelogMode::InsertOnly);
    match spec {
        OperatorSpec::Calc { .. } | OperatorSpec::Unnest { .. } | OperatorSpec::Collect { .. } => {
            first
        }
        // Partial results are rows that come once.
        OperatorSpec::GroupAggregate {
            phase: AggregatePhase::Local,
            ..
        } => planned,
        OperatorSpec::GroupAggregate {
            input,
            generate_update_before,
            ..
        } => {
            *input = first;
            *generate_update_before = wanted;
            if wanted {
                planned
            } else {
                planned.without_update_before()
            }
        }
        OperatorSpec::Rank {
            input,
            generate_update_before,
            ..
        }
        | OperatorSpec::UpdatingOver {
            input,
            generate_update_before,
            ..
        } => {
            *input = first;
            *generate_update_before = wanted;
            if wanted {
                planned
            } else {
                planned.without_update_before()
            }
        }
        OperatorSpec::Deduplicate {
            generate_update_before,
            ..
        }
        | OperatorSpec::ChangelogNormalize {
            generate_update_before,
            ..
        } => {
            *generate_update_before = wanted;
            if wanted {
                planned
            } else {
                planned.without_update_before()
            }
        }
        OperatorSpec::AttachedWindowAggregate { input, .. } => {
            *input = first;
            planned
        }
        OperatorSpec::Join(join) => {
            join.left.changelog = first;
            join.right.changelog = inputs.get(1).copied().unwrap_or(first);
            planned
        }
        OperatorSpec::MultiJoin(join) => {
            for (input, mode) in join.inputs.iter_mut().zip(inputs) {
                input.changelog = *mode;
            }
            planned
        }
        OperatorSpec::Sink { input, .. } => {
            *input = first;
            first
        }
        _ => planned,
    }
}

/// The mode of a Top-N over rows of mode `input`. With the number each rank is a row, which changes and goes
/// only when rows are taken back; without, rows come and go.
pub(super) fn of_rank(numbered: bool, input: ChangelogMode) -> ChangelogMode {
    match numbered {
        true => ChangelogMode::of(true, input != ChangelogMode::InsertOnly, true),
        false => ChangelogMode::InsertDelete,
    }
}

/// The mode of a GROUP BY over rows of mode `input`: a group goes only when rows are taken back.
pub(super) fn of_group_aggregate(has_aggregates: bool, input: ChangelogMode) -> ChangelogMode {
    let deletes = input != ChangelogMode::InsertOnly;
    // The keys alone never change: DISTINCT over inserts only inserts.
    ChangelogMode::of(has_aggregates, deletes, true)
}
