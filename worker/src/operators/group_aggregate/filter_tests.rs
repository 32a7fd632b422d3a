#![allow(clippy::unwrap_used)]
//! DISTINCT of one column under several filters: one set for all of them.

use std::collections::BTreeMap;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::AggregatePhase;
use proptest::prelude::*;

use super::*;
use crate::operators::harness::{Harness, changelog, row_texts};
use crate::operators::local_group_aggregate::{LocalGroupAggregate, partial_fields};
use crate::operators::testing::{Restored, context};

/// Key, value, text, and two filters.
fn input() -> RowType {
    RowType::new(vec![
        Field::new("k", TypeKind::BigInt.nullable()),
        Field::new("v", TypeKind::BigInt.nullable()),
        Field::new("t", TypeKind::string().nullable()),
        Field::new("f", TypeKind::Boolean.nullable()),
        Field::new("g", TypeKind::Boolean.nullable()),
    ])
}

fn call(function: &str, column: usize, filter: Option<usize>) -> AggregateCall {
    AggregateCall {
        function: function.to_owned(),
        args: vec![column],
        arg_types: vec![input().fields[column].ty.clone()],
        distinct: true,
        filter,
        order_by: Vec::new(),
        ty: TypeKind::BigInt.nullable(),
    }
}

fn calls() -> Vec<AggregateCall> {
    vec![
        call("COUNT", 1, Some(3)),
        call("COUNT", 2, None),
        call("COUNT", 1, None),
        call("SUM", 1, Some(4)),
        call("COUNT", 2, Some(4)),
        call("SUM", 1, Some(3)),
    ]
}

fn spec(mode: ChangelogMode, phase: AggregatePhase, state_ttl_ms: u64) -> (OperatorSpec, RowType) {
    let spec = OperatorSpec::GroupAggregate {
        keys: vec![0],
        aggregates: calls(),
        input: mode,
        generate_update_before: true,
        state_ttl_ms,
        phase,
    };
    let results = (0..calls().len()).map(|at| format!("a{at}"));
    let names = std::iter::once("k".to_owned()).chain(results);
    let fields = names.map(|name| Field::new(name, TypeKind::BigInt.nullable()));
    (spec, RowType::new(fields.collect()))
}

fn node(spec: OperatorSpec, output: RowType) -> OperatorNode {
    OperatorNode {
        id: alpheus_dataflow::ids::OperatorId(1),
        name: "GroupAggregate".to_owned(),
        spec,
        output,
        changelog: ChangelogMode::All,
    }
}

/// A row without the key: value (and text, by the same number), filters.
type Row = (Option<i64>, Option<bool>, Option<bool>);

fn batch(rows: &[(i64, Row)], back: &[bool]) -> ChangelogBatch {
    let texts = rows.iter().map(|(_, (v, ..))| v.map(|v| format!("t{v}")));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
        Arc::new(Int64Array::from_iter(rows.iter().map(|(_, row)| row.0))),
        Arc::new(texts.collect::<arrow::array::StringArray>()),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|(_, row)| row.1))),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|(_, row)| row.2))),
    ];
    changelog(&input(), columns, back)
}

/// What the calls give for these rows.
fn expected(rows: &[(i64, Row)]) -> Vec<String> {
    let mut groups: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for (key, row) in rows {
        groups.entry(*key).or_default().push(*row);
    }
    let lines = groups.into_iter().map(|(key, rows)| {
        let distinct = |wanted: fn(&Row) -> bool| {
            let values = rows
                .iter()
                .filter(|row| wanted(row))
                .filter_map(|row| row.0);
            values.collect::<std::collections::BTreeSet<i64>>()
        };
        let (f, all, g) = (
            distinct(|row| row.1 == Some(true)),
            distinct(|_| true),
            distinct(|row| row.2 == Some(true)),
        );
        let sum = |values: &std::collections::BTreeSet<i64>| match values.is_empty() {
            true => "NULL".to_owned(),
            false => values.iter().sum::<i64>().to_string(),
        };
        let (n, sum_g, n_g, sum_f) = (all.len(), sum(&g), g.len(), sum(&f));
        format!("{key} {} {n} {n} {sum_g} {n_g} {sum_f}", f.len())
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

fn rows() -> impl Strategy<Value = Vec<(i64, Row)>> {
    let value = prop::option::weighted(0.9, 0i64..12);
    let flag = || prop::option::weighted(0.9, any::<bool>());
    prop::collection::vec((0i64..3, (value, flag(), flag())), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_filter_sees_its_own_values(
        batches in prop::collection::vec((rows(), any::<bool>(), any::<u64>()), 1..6),
        updating in any::<bool>(),
        ttl in any::<bool>(),
    ) {
        let mode = if updating { ChangelogMode::All } else { ChangelogMode::InsertOnly };
        let ttl_ms = if ttl { 1_000_000 } else { 0 };
        let (spec, output) = spec(mode, AggregatePhase::Single, ttl_ms);
        let make = |node: &OperatorNode| -> Box<dyn Operator> {
            Box::new(GroupAggregate::new(node, &input()).unwrap())
        };
        let mut harness = Harness::new(spec, output, &[0], 2, make);
        harness.clock.0.store(1_000, std::sync::atomic::Ordering::Relaxed);
        let mut there: Vec<(i64, Row)> = Vec::new();
        for (at, (rows, restart, choice)) in batches.into_iter().enumerate() {
            let mut sent: Vec<((i64, Row), bool)> = rows.iter().map(|&row| (row, false)).collect();
            if updating {
                for step in 0..choice % 6 {
                    if !there.is_empty() {
                        let gone = (choice >> step) as usize % there.len();
                        sent.insert(step as usize % sent.len(), (there.swap_remove(gone), true));
                    }
                }
            }
            there.extend(rows);
            let (rows, back): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
            harness.send(&batch(&rows, &back));
            if restart {
                let poison = [(0, (Some(99), Some(true), Some(true)))];
                harness.restart(1 + at as u32 % 3, &batch(&poison, &[false]));
            }
        }
        prop_assert_eq!(harness.materialized(), expected(&there));
    }

    #[test]
    fn two_phases_give_the_same(batches in prop::collection::vec(rows(), 1..5)) {
        let (local, _) = spec(ChangelogMode::InsertOnly, AggregatePhase::Local, 0);
        let (global, output) = spec(ChangelogMode::InsertOnly, AggregatePhase::Global, 0);
        let mut partial = vec![Field::new("k", TypeKind::BigInt.nullable())];
        partial.extend(partial_fields(&calls()).unwrap());
        let partial = RowType::new(partial);
        let mut local = LocalGroupAggregate::new(&node(local, partial.clone()), &input()).unwrap();
        let mut global = GroupAggregate::new(&node(global, output), &partial).unwrap();
        global.open(&context(Default::default())).unwrap();
        let mut out: Vec<ChangelogBatch> = Vec::new();
        for rows in &batches {
            let mut partials: Vec<ChangelogBatch> = Vec::new();
            let back = vec![false; rows.len()];
            local.process_batch(0, batch(rows, &back), &mut partials).unwrap();
            for partial in partials {
                global.process_batch(0, partial, &mut out).unwrap();
            }
        }
        let mut last: BTreeMap<String, String> = BTreeMap::new();
        for row in out.iter().flat_map(|out| row_texts(out.rows())) {
            last.insert(row[..1].to_owned(), row);
        }
        prop_assert_eq!(last.into_values().collect::<Vec<_>>(), expected(&batches.concat()));
    }
}

#[test]
fn sets_of_each_call_of_an_earlier_savepoint_are_read() {
    let column = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    // Of key 1: 5 twice, 6 with f, 7 with g.
    let set = |values: &[i64], counts: &[i64]| {
        let integer = |name: &str| Field::new(name, TypeKind::BigInt.not_null());
        let fields = vec![
            Field::new("k0", TypeKind::BigInt.nullable()),
            Field::new("e0", TypeKind::BigInt.nullable()),
            integer("written"),
            integer("count"),
        ];
        let columns = vec![
            column(&vec![1; values.len()]),
            column(values),
            column(&vec![0; values.len()]),
            column(counts),
        ];
        RecordBatch::try_new(RowType::new(fields).to_arrow(), columns).unwrap()
    };
    for mode in [ChangelogMode::InsertOnly, ChangelogMode::All] {
        let aggregates = vec![
            call("COUNT", 1, Some(3)),
            call("COUNT", 1, None),
            call("SUM", 1, Some(4)),
            call("SUM", 1, Some(3)),
        ];
        let spec = OperatorSpec::GroupAggregate {
            keys: vec![0],
            aggregates: aggregates.clone(),
            input: mode,
            generate_update_before: false,
            state_ttl_ms: 0,
            phase: AggregatePhase::Single,
        };
        let fields = ["k", "a0", "a1", "a2", "a3"];
        let fields = fields.map(|name| Field::new(name, TypeKind::BigInt.nullable()));
        let mut operator =
            GroupAggregate::new(&node(spec, RowType::new(fields.to_vec())), &input()).unwrap();
        operator.open(&context(Default::default())).unwrap();
        let retractable = mode != ChangelogMode::InsertOnly;
        let mut groups =
            GroupColumns::new(AggregateSet::with_sets(&aggregates, retractable).unwrap());
        groups.resize(1);
        *groups.rows.get_mut(0) = 4;
        let mut partial = vec![Field::new("k0", TypeKind::BigInt.nullable())];
        partial.extend(groups.fields());
        let mut columns = vec![column(&[1])];
        columns.extend(groups.read(&[0]).unwrap());
        let rows = RecordBatch::try_new(RowType::new(partial).to_arrow(), columns).unwrap();
        let state = Restored {
            keyed: vec![
                (STATE, rows),
                ("distinct-0", set(&[6], &[1])),
                ("distinct-1", set(&[5, 6, 7], &[2, 1, 1])),
                ("distinct-2", set(&[7], &[1])),
                ("distinct-3", set(&[6], &[1])),
            ],
            lists: Vec::new(),
        };
        operator.restore(&state).unwrap();
        let mut out: Vec<ChangelogBatch> = Vec::new();
        // Known under each filter: nothing is counted again. 5 is new to both, 8 to all.
        let sent = [
            (1, (Some(6), Some(true), Some(false))),
            (1, (Some(7), None, Some(true))),
            (1, (Some(5), Some(true), Some(true))),
            (1, (Some(8), Some(false), None)),
        ];
        operator
            .process_batch(0, batch(&sent, &[false; 4]), &mut out)
            .unwrap();
        let texts: Vec<String> = out.iter().flat_map(|out| row_texts(out.rows())).collect();
        // From results that began at nothing, the new ones alone.
        assert_eq!(texts, ["1 1 1 5 5"], "{mode:?}");
        if retractable {
            out.clear();
            let back = [(1, (Some(6), Some(true), Some(false))); 2];
            operator
                .process_batch(0, batch(&back, &[true; 2]), &mut out)
                .unwrap();
            let texts: Vec<String> = out.iter().flat_map(|out| row_texts(out.rows())).collect();
            assert_eq!(texts, ["1 0 0 5 NULL"], "6 occurred twice, behind f too");
        }
    }
}
