#![allow(clippy::unwrap_used)]

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::pattern::{AfterMatch, PatternElement, PatternExpr, PatternTerm};
use alpheus_dataflow::{LogicalType, TypeKind};
use arrow::array::{Int64Builder, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field as ArrowField, Schema};
use proptest::prelude::*;

use super::*;
use crate::operators::harness::{Harness, changelog};
use crate::operators::testing::{Restored, context};

const KEY: usize = 0;
const VALUE: usize = 1;
const TIME: usize = 2;

fn int() -> LogicalType {
    TypeKind::BigInt.nullable()
}

fn input() -> RowType {
    RowType::new(vec![
        Field::new("k", int()),
        Field::new("v", int()),
        Field::new("ts", TypeKind::Timestamp(3).nullable()),
    ])
}

/// `A B+ C`: up from 3, never less than A, and down below A again, in less than 20 ms.
fn pattern(time: TimeAttribute) -> RowPattern {
    let last = |element: usize| PatternTerm::Last {
        element: Some(element),
        column: VALUE,
        offset: 0,
        ty: int(),
    };
    let compare = |op: &str, terms: Vec<PatternTerm>, constant: Option<i64>| {
        let mut args: Vec<Expr> = (0..terms.len()).map(|at| Expr::input(at, int())).collect();
        args.extend(constant.map(|value| Expr::literal(Literal::Int(value), int())));
        let expr = Expr::call(op, args, TypeKind::Boolean.nullable());
        Some(PatternExpr { terms, expr })
    };
    let element = |name: &str, max: Option<u32>, condition| PatternElement {
        name: name.to_owned(),
        min: 1,
        max,
        greedy: max.is_none(),
        condition,
    };
    let measure = |term: PatternTerm| PatternExpr {
        expr: Expr::input(0, int()),
        terms: vec![term],
    };
    RowPattern {
        partition: vec![KEY],
        time,
        order: vec![(VALUE, false, true)],
        elements: vec![
            element("A", Some(1), compare(">=", vec![last(0)], Some(3))),
            element("B", None, compare(">=", vec![last(1), last(0)], None)),
            element("C", Some(1), compare("<", vec![last(2), last(0)], None)),
        ],
        measures: vec![measure(last(0)), measure(last(1)), measure(last(2))],
        after_match: AfterMatch::ToNextRow,
        within_ms: Some(20),
    }
}

fn output() -> RowType {
    let names = ["k", "a", "b", "c"].into_iter();
    RowType::new(names.map(|name| Field::new(name, int())).collect())
}

fn harness(time: TimeAttribute) -> Harness {
    let make = |node: &OperatorNode| -> Box<dyn Operator> {
        Box::new(MatchRecognize::new(node, &input()).unwrap())
    };
    let spec = OperatorSpec::Match(pattern(time));
    Harness::new(spec, output(), &[KEY], 1, make)
}

type Row = (Option<i64>, i64, i64);

fn batch(rows: &[Row]) -> ChangelogBatch {
    let keys: Int64Array = rows.iter().map(|row| row.0).collect();
    let values: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    let times: TimestampMillisecondArray = rows.iter().map(|row| Some(row.2)).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(keys), Arc::new(values), Arc::new(times)];
    changelog(&input(), columns, &vec![false; rows.len()])
}

const EVENT: TimeAttribute = TimeAttribute::Event { column: TIME };

fn steps() -> impl Strategy<Value = Vec<(Vec<Row>, i64)>> {
    let key = prop::option::weighted(0.9, 0..3i64);
    // How far in front of the watermark.
    let rows = prop::collection::vec((key, 0..6i64, -1..14i64), 0..8);
    prop::collection::vec((rows, 0..9i64), 1..14)
}

/// What comes out.
fn run(time: TimeAttribute, steps: &[(Vec<Row>, i64)], restarts: &[u32]) -> Vec<String> {
    let mut harness = harness(time);
    let mut now = 0;
    for (at, (rows, forward)) in steps.iter().enumerate() {
        let rows: Vec<Row> = rows.iter().map(|&(k, v, ts)| (k, v, now + ts)).collect();
        harness.send(&batch(&rows));
        if let Some(&parallelism) = restarts.get(at) {
            let poison: Vec<Row> = (0..6).map(|v| (Some(v % 3), v, now + 1)).collect();
            harness.restart(parallelism, &batch(&poison));
        }
        now += forward;
        match time {
            TimeAttribute::Event { .. } => harness.watermark(now),
            TimeAttribute::Processing => harness.time(now),
        }
    }
    harness.watermark(i64::MAX);
    harness.materialized()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn restarts_change_nothing(
        steps in steps(), restarts in prop::collection::vec(1u32..4, 1..14), event_time in any::<bool>(),
    ) {
        let time = if event_time { EVENT } else { TimeAttribute::Processing };
        prop_assert_eq!(run(time, &steps, &restarts), run(time, &steps, &[]));
    }
}

#[test]
fn a_match_ends_when_time_has_passed_it() {
    let rise = vec![(Some(1), 3, 1), (Some(1), 4, 2)];
    let steps = |gap: i64| vec![(rise.clone(), gap), (vec![(Some(1), 0, 1)], 30)];
    assert_eq!(run(EVENT, &steps(19), &[]), ["1 3 4 0"]);
    assert!(run(EVENT, &steps(20), &[]).is_empty());
    // With nothing left, nothing is kept.
    let mut harness = harness(EVENT);
    harness.send(&batch(&rise));
    harness.watermark(2);
    assert_eq!(harness.state_rows("runs"), 1);
    harness.watermark(22);
    assert_eq!(harness.state_rows("runs"), 0);
    assert_eq!(harness.state_rows("rows"), 0);
}

#[test]
fn an_earlier_savepoint_is_read() {
    let held = batch(&[(Some(1), 3, 1), (Some(1), 4, 2), (Some(1), 0, 5)]);
    let mut fields: Vec<_> = held.rows().schema().fields().iter().cloned().collect();
    fields.push(Arc::new(ArrowField::new("$time", DataType::Int64, true)));
    fields.push(Arc::new(ArrowField::new("$runs", DataType::Binary, true)));
    let mut times = Int64Builder::new();
    times.append_value(1);
    times.append_value(2);
    times.append_null();
    let runs = br#"{"open":[{"rows":[[0,0],[1,1]],"element":1,"count":1}],"waiting":[]}"#;
    let runs = BinaryArray::from(vec![Some(&runs[..]), None, None]);
    let mut columns = held.rows().columns().to_vec();
    columns.push(Arc::new(times.finish()));
    columns.push(Arc::new(runs));
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let node = OperatorNode {
        id: alpheus_dataflow::ids::OperatorId(1),
        name: "Match".to_owned(),
        spec: OperatorSpec::Match(pattern(EVENT)),
        output: output(),
        changelog: alpheus_dataflow::changelog::ChangelogMode::InsertOnly,
    };
    let mut operator = MatchRecognize::new(&node, &input()).unwrap();
    operator.open(&context(Default::default())).unwrap();
    let state = Restored {
        keyed: vec![("pattern", rows)],
        lists: vec![("watermark", 2i64.to_le_bytes().to_vec())],
    };
    operator.restore(&state).unwrap();
    let mut out: Vec<ChangelogBatch> = Vec::new();
    operator.process_watermark(Watermark(5), &mut out).unwrap();
    let texts = crate::operators::harness::row_texts(out[0].rows());
    assert_eq!(texts, ["1 3 4 0"]);
}
