#![allow(clippy::unwrap_used)]
//! DISTINCT with a state TTL: values expire one by one.

use std::sync::atomic::Ordering;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::AggregatePhase;

use super::*;
use crate::operators::harness::{Harness, changelog, row_texts};
use crate::operators::testing::{Restored, context};

fn input() -> RowType {
    let field = |name: &str| Field::new(name, TypeKind::BigInt.nullable());
    RowType::new(vec![field("k"), field("v")])
}

fn calls() -> Vec<AggregateCall> {
    let call = |function: &str, distinct| AggregateCall {
        function: function.to_owned(),
        args: vec![1],
        arg_types: vec![TypeKind::BigInt.nullable()],
        distinct,
        filter: None,
        order_by: Vec::new(),
        ty: TypeKind::BigInt.nullable(),
    };
    vec![call("COUNT", true), call("SUM", false)]
}

fn spec() -> (OperatorSpec, RowType) {
    let spec = OperatorSpec::GroupAggregate {
        keys: vec![0],
        aggregates: calls(),
        input: ChangelogMode::All,
        generate_update_before: false,
        state_ttl_ms: 100,
        phase: AggregatePhase::Single,
    };
    let field = |name: &str| Field::new(name, TypeKind::BigInt.nullable());
    (spec, RowType::new(vec![field("k"), field("d"), field("s")]))
}

fn row(value: i64, back: bool) -> ChangelogBatch {
    let column = |value: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![value])) };
    changelog(&input(), vec![column(1), column(value)], &[back])
}

#[test]
fn a_value_that_was_not_seen_for_the_ttl_counts_anew() {
    for restarts in [false, true] {
        let (spec, output) = spec();
        let make = |node: &OperatorNode| -> Box<dyn Operator> {
            Box::new(GroupAggregate::new(node, &input()).unwrap())
        };
        let mut harness = Harness::new(spec, output, &[0], 2, make);
        let mut at = |now: i64, value: i64, back: bool| {
            harness.clock.0.store(now, Ordering::Relaxed);
            if restarts {
                harness.restart(3, &row(77, false));
            }
            harness.out.clear();
            harness.send(&row(value, back));
            let changes = harness.changes().into_iter();
            changes.map(|(_, row)| row).collect::<Vec<_>>()
        };
        assert_eq!(at(1_000, 5, false), ["1 1 5"]);
        assert_eq!(at(1_060, 6, false), ["1 2 11"]);
        assert_eq!(at(1_090, 5, false), ["1 2 16"], "both were seen lately");
        assert_eq!(at(1_170, 6, false), ["1 3 22"], "6 was seen at 1,060");
        assert_eq!(at(1_180, 5, false), ["1 3 27"], "5 was seen at 1,090");
        // What is taken back of it has expired: nothing of it is in the set.
        assert_eq!(at(1_279, 6, true), ["1 3 21"]);
        assert_eq!(at(1_279, 6, false), ["1 4 27"]);
    }
}

#[test]
fn sets_in_the_rows_of_an_earlier_savepoint_are_read() {
    let (spec, output) = spec();
    let mut groups = GroupColumns::new(AggregateSet::new(&calls(), true).unwrap());
    groups.resize(1);
    *groups.rows.get_mut(0) = 3;
    *groups.written.get_mut(0) = 1_000;
    let column = |values: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let rows = [column(vec![1, 1, 1]), column(vec![5, 5, 6])];
    let aggregates = &mut groups.aggregates;
    aggregates
        .update_with(&rows, None, &[0, 0, 0], None)
        .unwrap();
    let mut fields = vec![Field::new("k0", TypeKind::BigInt.nullable())];
    fields.extend(groups.fields());
    let mut columns = vec![column(vec![1])];
    columns.extend(groups.read(&[0]).unwrap());
    let rows = RecordBatch::try_new(RowType::new(fields).to_arrow(), columns).unwrap();
    let node = OperatorNode {
        id: alpheus_dataflow::ids::OperatorId(1),
        name: "GroupAggregate".to_owned(),
        spec,
        output,
        changelog: ChangelogMode::All,
    };
    let mut operator = GroupAggregate::new(&node, &input()).unwrap();
    operator.open(&context(Default::default())).unwrap();
    let clock = crate::operators::harness::TestClock(1_050.into());
    operator.clock = Arc::new(clock);
    let state = Restored {
        keyed: vec![(STATE, rows)],
        lists: Vec::new(),
    };
    operator.restore(&state).unwrap();
    let mut out: Vec<ChangelogBatch> = Vec::new();
    for (value, back) in [(5, false), (6, true), (7, false)] {
        operator
            .process_batch(0, row(value, back), &mut out)
            .unwrap();
    }
    let texts: Vec<String> = out.iter().flat_map(|out| row_texts(out.rows())).collect();
    assert_eq!(texts, ["1 2 21", "1 1 15", "1 2 22"]);
}
