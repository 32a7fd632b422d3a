//! The aggregating operators against a model that looks at one row at a time: any batches and
//! watermarks, over several subtasks, snapshotted to a file at any point and restored at another
//! parallelism.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_dataflow::changelog::RowKind;
use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::window::TimeAttribute;
use arrow::array::TimestampMillisecondArray;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;

use super::super::group_aggregate::GroupAggregate;
use super::*;
use crate::operators::harness::Harness;

const OPERATOR: OperatorId = OperatorId(5);

/// key, time, value, whether it is taken back
type Row = (Option<i64>, i64, i64, bool);

#[derive(Clone, Debug)]
enum Event {
    Rows(Vec<Row>),
    Watermark(i64),
}

fn input_type() -> RowType {
    RowType::new(vec![
        Field::new("k", TypeKind::BigInt.nullable()),
        Field::new("t", TypeKind::Timestamp(3).nullable()),
        Field::new("v", TypeKind::BigInt.nullable()),
    ])
}

fn calls() -> Vec<AggregateCall> {
    let call = |function: &str, args: &[usize], distinct| AggregateCall {
        function: function.to_owned(),
        args: args.to_vec(),
        arg_types: args.iter().map(|_| TypeKind::BigInt.nullable()).collect(),
        distinct,
        filter: None,
        order_by: Vec::new(),
        ty: TypeKind::BigInt.nullable(),
    };
    vec![
        call("COUNT", &[], false),
        call("SUM", &[2], false),
        call("MIN", &[2], false),
        call("COUNT", &[2], true),
    ]
}

fn result_fields() -> Vec<Field> {
    let names = ["n", "s", "m", "d"];
    names
        .map(|name| Field::new(name, TypeKind::BigInt.nullable()))
        .to_vec()
}

fn node(spec: OperatorSpec, keyed: bool, windowed: bool) -> OperatorNode {
    let mut fields = Vec::new();
    if keyed {
        fields.push(Field::new("k", TypeKind::BigInt.nullable()));
    }
    fields.extend(result_fields());
    if windowed {
        for name in ["window_start", "window_end", "window_time"] {
            fields.push(Field::new(name, TypeKind::Timestamp(3).nullable()));
        }
    }
    OperatorNode {
        id: OPERATOR,
        name: "Aggregate".to_owned(),
        spec,
        output: RowType::new(fields),
        changelog: ChangelogMode::All,
    }
}

fn window_node(window: WindowSpec, keyed: bool) -> OperatorNode {
    let spec = OperatorSpec::WindowAggregate {
        window,
        time: TimeAttribute::Event { column: 1 },
        keys: if keyed { vec![0] } else { vec![] },
        aggregates: calls(),
        phase: AggregatePhase::Single,
        input: ChangelogMode::InsertOnly,
    };
    node(spec, keyed, true)
}

fn batch(rows: &[Row]) -> ChangelogBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(
            rows.iter()
                .map(|row| Some(row.1))
                .collect::<TimestampMillisecondArray>(),
        ),
        Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Int64Array>()),
    ];
    let rows_batch = RecordBatch::try_new(input_type().to_arrow(), columns).unwrap();
    let ops = rows.iter().any(|row| row.3).then(|| {
        let kind = |back| {
            if back {
                RowKind::Delete
            } else {
                RowKind::Insert
            }
        };
        rows.iter()
            .map(|row| Some(kind(row.3) as u8))
            .collect::<UInt8Array>()
    });
    ChangelogBatch::try_new(rows_batch, ops).unwrap()
}

/// Starts the operator of this node.
fn start(node: OperatorNode, input: RowType, keyed: bool, parallelism: u32) -> Harness {
    let keys = if keyed { &[0][..] } else { &[] };
    let make = move |node: &OperatorNode| -> Box<dyn Operator> {
        match &node.spec {
            OperatorSpec::GroupAggregate { .. } => {
                Box::new(GroupAggregate::new(node, &input).unwrap())
            }
            _ => build(node, &input).unwrap(),
        }
    };
    Harness::new(node.spec, node.output, keys, parallelism, make)
}

fn happen(harness: &mut Harness, event: &Event) {
    match event {
        Event::Rows(rows) => harness.send(&batch(rows)),
        Event::Watermark(watermark) => harness.watermark(*watermark),
    }
}

/// Starts again from a checkpoint.
fn restart(harness: &mut Harness, parallelism: u32) {
    let poison: Vec<Row> = (0..3).map(|k| (Some(k), 1_000, 77, false)).collect();
    // What the poison rows add is not counted.
    let late = harness.metrics.metric("numLateRecordsDropped").value();
    harness.restart(parallelism, &batch(&poison));
    harness
        .metrics
        .metric("numLateRecordsDropped")
        .set(late as i64);
}

fn sorted_inserts(harness: &Harness) -> Vec<String> {
    let rows = harness.changes().into_iter().map(|(kind, row)| {
        assert_eq!(kind, RowKind::Insert);
        row
    });
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

fn key_text(keyed: bool, key: Option<i64>) -> String {
    match (keyed, key) {
        (false, _) => String::new(),
        (true, None) => "NULL ".to_owned(),
        (true, Some(key)) => format!("{key} "),
    }
}

fn aggregate(values: &[i64]) -> String {
    let distinct: BTreeSet<i64> = values.iter().copied().collect();
    let sum: i64 = values.iter().sum();
    format!(
        "{} {sum} {} {}",
        values.len(),
        distinct.first().unwrap(),
        distinct.len()
    )
}

fn window_row(key: &str, values: &[i64], start: i64, end: i64) -> String {
    let time = |ms: i64| {
        let column: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![ms]));
        let options = FormatOptions::default();
        ArrayFormatter::try_new(&column, &options)
            .unwrap()
            .value(0)
            .to_string()
    };
    format!(
        "{key}{} {} {} {}",
        aggregate(values),
        time(start),
        time(end),
        time(end - 1)
    )
}

type Windows = BTreeMap<(String, i64, i64), Vec<i64>>;

/// Rows of the results, and how many rows were late.
fn model(window: WindowSpec, keyed: bool, events: &[Event]) -> (Vec<String>, u64) {
    let (mut open, mut done) = (Windows::new(), Windows::new());
    let (mut watermark, mut late) = (i64::MIN, 0);
    for event in events {
        match event {
            Event::Watermark(to) => {
                watermark = watermark.max(*to);
                let complete: Vec<_> = open
                    .keys()
                    .filter(|k| k.2 - 1 <= watermark)
                    .cloned()
                    .collect();
                for key in complete {
                    let values = open.remove(&key).unwrap();
                    assert!(done.insert(key, values).is_none(), "no window fires twice");
                }
            }
            Event::Rows(rows) => {
                for &(key, time, value, _) in rows {
                    let key = key_text(keyed, key);
                    if let WindowSpec::Session { gap } = window {
                        let (mut start, mut end, mut values) = (time, time + gap, vec![]);
                        let touching: Vec<_> = open
                            .keys()
                            .filter(|k| k.0 == key && k.1 <= time + gap && k.2 >= time)
                            .cloned()
                            .collect();
                        if touching.is_empty() && end - 1 <= watermark {
                            late += 1;
                            continue;
                        }
                        for other in touching {
                            (start, end) = (start.min(other.1), end.max(other.2));
                            values.extend(open.remove(&other).unwrap());
                        }
                        values.push(value);
                        open.insert((key, start, end), values);
                        continue;
                    }
                    let windows = window.assign(time);
                    let windows = windows.iter().filter(|w| !w.is_complete(watermark));
                    let mut entered = false;
                    for w in windows {
                        let values = open.entry((key.clone(), w.start, w.end)).or_default();
                        values.push(value);
                        entered = true;
                    }
                    late += u64::from(!entered);
                }
            }
        }
    }
    done.extend(open);
    let rows = done
        .iter()
        .map(|((key, start, end), values)| window_row(key, values, *start, *end));
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    (rows, late)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let row = (
        prop::option::weighted(0.9, 0i64..4),
        0i64..120,
        0i64..6,
        Just(false),
    );
    let event = prop_oneof![
        3 => prop::collection::vec(row, 1..12).prop_map(Event::Rows),
        1 => (0i64..130).prop_map(Event::Watermark),
    ];
    prop::collection::vec(event, 1..12).prop_map(|mut events| {
        // Watermarks rise.
        let mut last = i64::MIN;
        for event in &mut events {
            if let Event::Watermark(watermark) = event {
                last = last.max(*watermark);
                *watermark = last;
            }
        }
        events
    })
}

fn windows() -> impl Strategy<Value = WindowSpec> {
    prop_oneof![
        (5i64..40, -9i64..9).prop_map(|(size, offset)| WindowSpec::Tumble { size, offset }),
        (5i64..20, 1i64..5, -9i64..9).prop_map(|(slide, factor, offset)| WindowSpec::Hop {
            size: slide * factor,
            slide,
            offset
        }),
        (4i64..7).prop_map(|slide| WindowSpec::Hop {
            size: slide * 2 + 1,
            slide,
            offset: 0
        }),
        (5i64..20, 1i64..5, -9i64..9).prop_map(|(step, factor, offset)| WindowSpec::Cumulate {
            max_size: step * factor,
            step,
            offset
        }),
        (1i64..25).prop_map(|gap| WindowSpec::Session { gap }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn windows_agree_with_the_model_over_a_restart(
        window in windows(), keyed in any::<bool>(), events in events(),
        cut in any::<prop::sample::Index>(), before in 1u32..4, after in 1u32..4,
    ) {
        let (before, after) = if keyed { (before, after) } else { (1, 1) };
        let mut harness = start(window_node(window, keyed), input_type(), keyed, before);
        let cut = cut.index(events.len());
        for (position, event) in events.iter().enumerate() {
            if position == cut {
                // A barrier that overtakes may find one subtask ahead of the others.
                if let Event::Watermark(ahead) = event {
                    harness.watermarks(&[*ahead]);
                }
                restart(&mut harness, after);
            }
            happen(&mut harness, event);
        }
        happen(&mut harness, &Event::Watermark(i64::MAX));
        let (expected, late) = model(window, keyed, &events);
        prop_assert_eq!(sorted_inserts(&harness), expected);
        prop_assert_eq!(harness.metrics.metric("numLateRecordsDropped").value(), late);
    }

    #[test]
    fn two_phases_give_what_one_gives(window in windows(), events in events()) {
        prop_assume!(window.slice_size().is_some());
        let single = window_node(window, true);
        let OperatorSpec::WindowAggregate { time, keys, aggregates, .. } = single.spec.clone() else {
            unreachable!()
        };
        let phase = |phase| OperatorSpec::WindowAggregate {
            window, time, keys: keys.clone(), aggregates: aggregates.clone(), phase,
            input: ChangelogMode::InsertOnly,
        };
        let mut fields = vec![Field::new("k", TypeKind::BigInt.nullable())];
        fields.extend(partial_fields(&aggregates, ChangelogMode::InsertOnly).unwrap());
        let partial = RowType::new(fields);
        let local = OperatorNode { spec: phase(AggregatePhase::Local), output: partial.clone(), ..single.clone() };
        let global = OperatorNode { spec: phase(AggregatePhase::Global), ..single };
        let mut local = start(local, input_type(), true, 1);
        let mut global = start(global, partial, true, 1);
        for event in events.iter().cloned().chain([Event::Watermark(i64::MAX)]) {
            happen(&mut local, &event);
            for batch in std::mem::take(&mut local.out) {
                global.send(&batch);
            }
            if let Event::Watermark(_) = event {
                happen(&mut global, &event);
            }
        }
        prop_assert_eq!(sorted_inserts(&global), model(window, true, &events).0);
    }

    #[test]
    fn groups_agree_with_the_model_over_a_restart(
        batches in prop::collection::vec(prop::collection::vec(
            (prop::option::weighted(0.9, 0i64..4), Just(0i64), 0i64..4, any::<bool>()), 1..10), 1..8),
        keyed in any::<bool>(), update_before in any::<bool>(),
        cut in any::<prop::sample::Index>(), before in 1u32..4, after in 1u32..4,
    ) {
        let spec = OperatorSpec::GroupAggregate {
            keys: if keyed { vec![0] } else { vec![] },
            aggregates: calls(),
            input: ChangelogMode::All,
            generate_update_before: update_before,
            state_ttl_ms: 0,
            phase: AggregatePhase::Single,
        };
        let (before, after) = if keyed { (before, after) } else { (1, 1) };
        let mut harness = start(node(spec, keyed, false), input_type(), keyed, before);
        let cut = cut.index(batches.len());
        let mut groups: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let mut emitted = 0;
        for (position, rows) in batches.iter().enumerate() {
            if position == cut {
                restart(&mut harness, after);
            }
            // Only rows that are there can be taken back.
            let mut possible = Vec::new();
            for &(key, time, value, back) in rows {
                let values = groups.entry(key_text(keyed, key)).or_default();
                let there = values.iter().position(|v| *v == value);
                match (back, there) {
                    (false, _) => values.push(value),
                    (true, Some(at)) => drop(values.remove(at)),
                    (true, None) => continue,
                }
                possible.push((key, time, value, back));
            }
            groups.retain(|_, values| !values.is_empty());
            if possible.is_empty() {
                continue;
            }
            happen(&mut harness, &Event::Rows(possible));
            let rows = harness.changes();
            for (kind, row) in &rows[emitted..] {
                let split = if keyed { row.find(' ').unwrap() + 1 } else { 0 };
                let (key, result) = (row[..split].to_owned(), row[split..].to_owned());
                match kind {
                    RowKind::Insert => prop_assert_eq!(seen.insert(key, result), None),
                    RowKind::UpdateBefore => {
                        prop_assert!(update_before);
                        prop_assert_eq!(seen.remove(&key), Some(result));
                    }
                    RowKind::UpdateAfter => {
                        let old = seen.insert(key, result.clone());
                        prop_assert_eq!(old.is_none(), update_before);
                        prop_assert_ne!(old, Some(result), "unchanged results are not sent");
                    }
                    RowKind::Delete => prop_assert_eq!(seen.remove(&key), Some(result)),
                }
            }
            emitted = rows.len();
            let expected: BTreeMap<String, String> =
                groups.iter().map(|(key, values)| (key.clone(), aggregate(values))).collect();
            prop_assert_eq!(&seen, &expected);
        }
    }
}

#[test]
fn a_session_is_complete_once_whoever_had_its_slot_before() {
    let window = WindowSpec::Session { gap: 7 };
    let mut harness = start(window_node(window, true), input_type(), true, 1);
    // The third batch joins two sessions, the fourth takes the slot that this frees.
    let events = [
        vec![(Some(2), 87, 0, false)],
        vec![(Some(2), 95, 0, false), (None, 64, 0, false)],
        vec![(Some(2), 88, 0, false)],
        vec![(None, 0, 0, false)],
    ]
    .map(Event::Rows);
    for event in &events {
        happen(&mut harness, event);
    }
    happen(&mut harness, &Event::Watermark(i64::MAX));
    assert_eq!(sorted_inserts(&harness), model(window, true, &events).0);
}

#[test]
fn expired_groups_start_anew() {
    let spec = OperatorSpec::GroupAggregate {
        keys: vec![0],
        aggregates: calls(),
        input: ChangelogMode::All,
        generate_update_before: true,
        state_ttl_ms: 100,
        phase: AggregatePhase::Single,
    };
    let mut harness = start(node(spec, true, false), input_type(), true, 1);
    let mut at = |now: i64, row: Row| {
        harness
            .clock
            .0
            .store(now, std::sync::atomic::Ordering::Relaxed);
        harness.out.clear();
        happen(&mut harness, &Event::Rows(vec![row]));
        harness
            .changes()
            .iter()
            .map(|(kind, row)| format!("{}{row}", kind.short_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(at(1_000, (Some(1), 0, 5, false)), ["+I1 1 5 5 1"]);
    assert_eq!(
        at(1_099, (Some(1), 0, 5, false)),
        ["-U1 1 5 5 1", "+U1 2 10 5 1"]
    );
    assert_eq!(at(1_199, (Some(1), 0, 7, false)), ["+I1 1 7 7 1"]);
    assert_eq!(
        at(1_299, (Some(1), 0, 7, true)),
        [""; 0],
        "nothing is left to take back"
    );
}

#[test]
fn windows_of_processing_time_fire_by_the_clock() {
    let mut node = window_node(
        WindowSpec::Tumble {
            size: 10,
            offset: 0,
        },
        true,
    );
    if let OperatorSpec::WindowAggregate { time, .. } = &mut node.spec {
        *time = TimeAttribute::Processing;
    }
    let mut harness = start(node, input_type(), true, 1);
    harness
        .clock
        .0
        .store(25, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(harness.next_timer(), None);
    happen(&mut harness, &Event::Rows(vec![(Some(1), 0, 5, false)]));
    happen(&mut harness, &Event::Watermark(1_000));
    assert!(harness.out.is_empty());
    let timer = harness.next_timer().unwrap();
    assert_eq!(timer, 30);
    harness.time(timer);
    assert_eq!(sorted_inserts(&harness), [window_row("1 ", &[5], 20, 30)]);
    assert_eq!(harness.next_timer(), None);
}

#[test]
fn a_row_without_time_fails_the_job() {
    let node = window_node(
        WindowSpec::Tumble {
            size: 10,
            offset: 0,
        },
        true,
    );
    let mut harness = start(node, input_type(), true, 1);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![1])),
        Arc::new(TimestampMillisecondArray::from(vec![None::<i64>])),
        Arc::new(Int64Array::from(vec![1])),
    ];
    let rows = RecordBatch::try_new(input_type().to_arrow(), columns).unwrap();
    let error = harness
        .try_send(&ChangelogBatch::inserts(rows))
        .unwrap_err();
    assert!(error.message.contains("is NULL"), "{error}");
}
