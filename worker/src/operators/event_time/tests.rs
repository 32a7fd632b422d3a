#![allow(clippy::unwrap_used)]
//! Subtasks that a checkpoint finds at different event times, restored at any parallelism, give what they would
//! have given without a restart.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::Operator;
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};
use alpheus_dataflow::{LogicalType, TypeKind};
use arrow::array::{ArrayRef, Int64Array, TimestampMillisecondArray};
use proptest::prelude::*;

use crate::operators::deduplicate::Deduplicate;
use crate::operators::harness::{GROUPS, Harness, changelog};
use crate::operators::over_aggregate::OverAggregate;
use crate::operators::session_window_aggregate::SessionWindowAggregate;
use crate::operators::temporal_sort::TemporalSort;
use crate::operators::window_aggregate::WindowAggregate;

const TIME: TimeAttribute = TimeAttribute::Event { column: 1 };

fn int() -> LogicalType {
    TypeKind::BigInt.nullable()
}

fn input() -> RowType {
    RowType::new(vec![
        Field::new("k", int()),
        Field::new("ts", TypeKind::Timestamp(3).nullable()),
        Field::new("v", int()),
    ])
}

type Row = (i64, i64, i64);

fn batch(rows: &[Row]) -> ChangelogBatch {
    let column = |value: fn(&Row) -> i64| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| Some(value(row)))
                .collect::<Int64Array>(),
        )
    };
    let times: TimestampMillisecondArray = rows.iter().map(|row| Some(row.1)).collect();
    let columns = vec![
        column(|row| row.0),
        Arc::new(times) as ArrayRef,
        column(|row| row.2),
    ];
    changelog(&input(), columns, &vec![false; rows.len()])
}

fn sum() -> AggregateCall {
    AggregateCall {
        function: "SUM".to_owned(),
        args: vec![2],
        arg_types: vec![int()],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty: int(),
    }
}

/// The operator and its output.
fn spec(kind: usize) -> (OperatorSpec, RowType) {
    let windows = |window: WindowSpec| {
        let mut fields = vec![Field::new("k", int()), Field::new("s", int())];
        let names = ["window_start", "window_end", "window_time"].into_iter();
        fields.extend(names.map(|name| Field::new(name, TypeKind::Timestamp(3).nullable())));
        let spec = OperatorSpec::WindowAggregate {
            window,
            time: TIME,
            keys: vec![0],
            aggregates: vec![sum()],
            phase: AggregatePhase::Single,
            input: ChangelogMode::InsertOnly,
        };
        (spec, RowType::new(fields))
    };
    let over = |start: FrameBound| {
        let mut fields = input().fields;
        fields.push(Field::new("s", int()));
        let frame = OverFrame {
            rows: true,
            start,
            end: FrameBound::CurrentRow,
        };
        let spec = OperatorSpec::OverAggregate {
            partition: vec![0],
            time: TIME,
            frame,
            calls: vec![OverCall::Aggregate(sum())],
            state_ttl_ms: 0,
        };
        (spec, RowType::new(fields))
    };
    match kind {
        0 => windows(WindowSpec::Tumble {
            size: 10,
            offset: 0,
        }),
        1 => windows(WindowSpec::Hop {
            size: 15,
            slide: 5,
            offset: 0,
        }),
        2 => windows(WindowSpec::Session { gap: 4 }),
        3 => over(FrameBound::UnboundedPreceding),
        // It takes rows behind the watermark too, and emits them with the next one.
        4 => over(FrameBound::Preceding(2)),
        5 => {
            let spec = OperatorSpec::Deduplicate {
                keys: vec![0],
                time: TIME,
                keep_last: false,
                generate_update_before: true,
                state_ttl_ms: 0,
            };
            (spec, input())
        }
        _ => {
            let spec = OperatorSpec::TemporalSort {
                time: TIME,
                order: Vec::new(),
            };
            (spec, input())
        }
    }
}

fn make(node: &OperatorNode) -> Box<dyn Operator> {
    match &node.spec {
        OperatorSpec::WindowAggregate {
            window: WindowSpec::Session { .. },
            ..
        } => Box::new(SessionWindowAggregate::new(node, &input()).unwrap()),
        OperatorSpec::WindowAggregate { .. } => {
            Box::new(WindowAggregate::new(node, &input()).unwrap())
        }
        OperatorSpec::TemporalSort { .. } => Box::new(TemporalSort::new(node, &input()).unwrap()),
        OperatorSpec::OverAggregate { .. } => Box::new(OverAggregate::new(node, &input()).unwrap()),
        _ => Box::new(Deduplicate::new(node, &input()).unwrap()),
    }
}

/// Rows, how far event time comes with them in each of up to four subtasks, and a restart behind them.
type Step = (Vec<Row>, Vec<i64>, Option<u32>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let row = (0..12i64, 0..60i64, 0..9i64);
    let rows = prop::collection::vec(row, 0..12);
    let watermarks = prop::collection::vec(0..60i64, 4);
    let restart = prop::option::weighted(0.4, 1u32..5);
    prop::collection::vec((rows, watermarks, restart), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn keys_at_different_times_stay_what_they_are(steps in steps(), kind in 0..6usize, first in 1u32..5) {
        let start = |parallelism| {
            let (spec, output) = spec(kind);
            Harness::new(spec, output, &[0], parallelism, make)
        };
        let mut restarted = start(first);
        // Without a restart: each key group is a subtask of its own.
        let mut whole = start(GROUPS);
        let mut of_groups = vec![i64::MIN; GROUPS as usize];
        let mut parallelism = first;
        for (rows, watermarks, restart) in &steps {
            restarted.send(&batch(rows));
            whole.send(&batch(rows));
            restarted.watermarks(watermarks);
            for (subtask, &watermark) in watermarks.iter().take(parallelism as usize).enumerate() {
                let range = KeyGroupRange::for_subtask(subtask as u32, parallelism, GROUPS);
                for group in range.iter() {
                    let before = &mut of_groups[group.0 as usize];
                    *before = watermark.max(*before);
                }
            }
            whole.watermarks(&of_groups);
            if let Some(after) = restart {
                restarted.restart(*after, &batch(&[(1, 59, 1), (2, 59, 1)]));
                parallelism = *after;
            }
        }
        restarted.watermark(i64::MAX);
        whole.watermark(i64::MAX);
        prop_assert_eq!(restarted.materialized(), whole.materialized());
    }
}

#[test]
fn after_a_restart_event_time_does_not_go_back() {
    let (bounded_over, sort) = (4, 6);
    let output = |kind, restart: bool| {
        let (spec, output) = spec(kind);
        let mut harness = Harness::new(spec, output, &[0], 1, make);
        harness.watermarks(&[50]);
        // Behind the watermark, but behind no row of its key: it comes out with the next watermark.
        harness.send(&batch(&[(1, 40, 1)]));
        if restart {
            harness.restart(1, &batch(&[(2, 59, 1)]));
        }
        // The source begins before the checkpoint, and gives watermarks of that time again.
        harness.watermarks(&[45]);
        harness.watermarks(&[50]);
        harness.send(&batch(&[(1, 35, 2)]));
        harness.watermarks(&[60]);
        harness.materialized()
    };
    for kind in [bounded_over, sort] {
        let expected = output(kind, false);
        assert_eq!(expected.len(), 2);
        assert_eq!(output(kind, true), expected);
    }
}
