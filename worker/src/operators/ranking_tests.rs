//! Top-N, deduplication, OVER and sorts against models that look at one row at a time: any batches and
//! watermarks, over several subtasks, snapshotted at any point and restored at another parallelism.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::order::{RankRange, SortKey};
use alpheus_dataflow::over::{FrameBound, OverCall, OverFrame};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::TimeAttribute;
use arrow::array::{ArrayRef, Int64Array, TimestampMillisecondArray};
use proptest::prelude::*;

use super::deduplicate::Deduplicate;
use super::harness::{Harness, changelog, row_texts};
use super::over_aggregate::OverAggregate;
use super::rank::Rank;
use super::temporal_sort::TemporalSort;
use super::updating_over::UpdatingOver;
use super::window_rank::WindowRank;

/// key, time, value, number
type Row = (i64, i64, i64, i64);

#[derive(Clone, Debug)]
enum Event {
    /// Rows, and whether each is taken back.
    Rows(Vec<(Row, bool)>),
    Watermark(i64),
    Restart(u32),
}

fn input_type() -> RowType {
    RowType::new(vec![
        Field::new("k", TypeKind::BigInt.nullable()),
        Field::new("t", TypeKind::Timestamp(3).nullable()),
        Field::new("v", TypeKind::BigInt.nullable()),
        Field::new("id", TypeKind::BigInt.nullable()),
    ])
}

fn output_type(more: &[&str]) -> RowType {
    let mut fields = input_type().fields;
    fields.extend(
        more.iter()
            .map(|n| Field::new(*n, TypeKind::BigInt.nullable())),
    );
    RowType::new(fields)
}

fn batch(rows: &[(Row, bool)]) -> ChangelogBatch {
    let numbers = |of: fn(&Row) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| of(&r.0))))
    };
    let times = rows.iter().map(|row| row.0.1);
    let columns: Vec<ArrayRef> = vec![
        numbers(|row| row.0),
        Arc::new(TimestampMillisecondArray::from_iter_values(times)),
        numbers(|row| row.2),
        numbers(|row| row.3),
    ];
    let back: Vec<bool> = rows.iter().map(|row| row.1).collect();
    changelog(&input_type(), columns, &back)
}

/// A row as the harness prints it.
fn text(row: &Row, more: &[Option<i64>]) -> String {
    let text = row_texts(batch(&[(*row, false)]).rows()).remove(0);
    let more = more
        .iter()
        .map(|n| n.map_or("NULL".to_owned(), |n| n.to_string()));
    std::iter::once(text)
        .chain(more)
        .collect::<Vec<_>>()
        .join(" ")
}

fn run(harness: &mut Harness, events: &[Event]) {
    for event in events {
        match event {
            Event::Rows(rows) => harness.send(&batch(rows)),
            Event::Watermark(to) => harness.watermark(*to),
            Event::Restart(parallelism) => {
                let poison = batch(&[((0, 1_000, -7, -1), false), ((1, 1_000, -7, -2), false)]);
                harness.restart(*parallelism, &poison);
            }
        }
    }
}

/// Batches of new rows, rising watermarks and restarts; with `retract` rows are taken back, too.
fn events(retract: bool) -> impl Strategy<Value = Vec<Event>> {
    let row = (
        0i64..3,
        0i64..40,
        0i64..5,
        any::<bool>(),
        any::<prop::sample::Index>(),
    );
    let rows = prop::collection::vec(row, 1..12);
    let event = prop_oneof![
        6 => rows.prop_map(Ok),
        3 => (1i64..12).prop_map(|step| Err(Event::Watermark(step))),
        1 => (1u32..4).prop_map(|p| Err(Event::Restart(p))),
    ];
    prop::collection::vec(event, 1..14).prop_map(move |raw| {
        let (mut live, mut id, mut watermark): (Vec<Row>, i64, i64) = (Vec::new(), 0, -1);
        let mut events = Vec::new();
        for event in raw {
            events.push(match event {
                Err(Event::Watermark(step)) => {
                    watermark += step;
                    Event::Watermark(watermark)
                }
                Err(event) => event,
                Ok(rows) => {
                    let rows = rows.into_iter().map(|(k, t, v, back, index)| {
                        if retract && back && !live.is_empty() {
                            let at = index.index(live.len());
                            return (live.remove(at), true);
                        }
                        id += 1;
                        // Times do not lag far behind the watermark.
                        let row = (k, watermark + t / 2 - 3, v, id);
                        live.push(row);
                        (row, false)
                    });
                    Event::Rows(rows.collect())
                }
            });
        }
        events
    })
}

fn by(column: usize, ascending: bool) -> Vec<SortKey> {
    vec![SortKey {
        column,
        ascending,
        nulls_first: ascending,
    }]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rank_is_the_top_of_what_is_there(
        retract in any::<bool>(),
        numbered in any::<bool>(),
        ascending in any::<bool>(),
        update_before in any::<bool>(),
        (start, length) in (1u64..4, 0u64..4),
        events in any::<bool>().prop_flat_map(events),
    ) {
        let retracts = events.iter().any(|event| match event {
            Event::Rows(rows) => rows.iter().any(|row| row.1),
            _ => false,
        });
        let range = RankRange { start, end: start + length };
        let mode = match retract || retracts {
            true => ChangelogMode::All,
            false => ChangelogMode::InsertOnly,
        };
        let spec = OperatorSpec::Rank {
            partition: vec![0],
            order: by(2, ascending),
            range,
            numbered,
            update_fast: Vec::new(),
            input: mode,
            generate_update_before: true,
            state_ttl_ms: 0,
        };
        let output = output_type(if numbered { &["rn"] } else { &[] });
        let make = |node: &_| -> Box<dyn super::Operator> {
            Box::new(Rank::new(node, &input_type()).unwrap())
        };
        let mut harness = Harness::new(spec.clone(), output.clone(), &[0], 2, make);
        run(&mut harness, &events);

        let mut expected = Vec::new();
        for rows in there(&events).values_mut() {
            rows.sort_by_key(|row| if ascending { row.2 } else { -row.2 });
            for (at, row) in rows.iter().enumerate() {
                let number = at as u64 + 1;
                if (range.start..=range.end).contains(&number) {
                    let more = [Some(number as i64)];
                    expected.push(text(row, if numbered { &more } else { &[] }));
                }
            }
        }
        expected.sort();
        prop_assert_eq!(harness.materialized(), expected);

        // Without -U nothing else changes.
        let OperatorSpec::Rank { mut generate_update_before, .. } = spec else { unreachable!() };
        generate_update_before &= update_before;
        prop_assume!(!generate_update_before);
        let OperatorSpec::Rank { partition, order, range, numbered, input, state_ttl_ms, update_fast, .. } = spec
        else { unreachable!() };
        let spec = OperatorSpec::Rank {
            partition, order, range, numbered, update_fast, input, state_ttl_ms, generate_update_before,
        };
        let mut other = Harness::new(spec, output, &[0], 2, make);
        run(&mut other, &events);
        let needed = harness.changes().into_iter();
        let needed = needed.filter(|(kind, _)| *kind != alpheus_dataflow::RowKind::UpdateBefore);
        prop_assert_eq!(other.changes(), needed.collect::<Vec<_>>());
    }

    #[test]
    fn window_rank_emits_each_window_once(
        numbered in any::<bool>(),
        (start, length) in (1u64..3, 0u64..3),
        mut events in events(false),
    ) {
        events.push(Event::Watermark(1_000_000));
        let range = RankRange { start, end: start + length };
        // The time is the end of the window.
        let spec = OperatorSpec::WindowRank {
            window_end: 1,
            zoned: false,
            partition: vec![0, 1],
            order: by(2, false),
            range,
            numbered,
        };
        let output = output_type(if numbered { &["rn"] } else { &[] });
        let mut harness = Harness::new(spec, output, &[0, 1], 2, |node| {
            Box::new(WindowRank::new(node, &input_type()).unwrap())
        });
        run(&mut harness, &events);
        let (mut windows, mut watermark): (BTreeMap<_, Vec<Row>>, _) = (BTreeMap::new(), i64::MIN);
        for event in &events {
            match event {
                Event::Watermark(to) => watermark = *to,
                Event::Restart(_) => {}
                Event::Rows(rows) => {
                    for (row, _) in rows.iter().filter(|(row, _)| row.1 - 1 > watermark) {
                        windows.entry((row.0, row.1)).or_default().push(*row);
                    }
                }
            }
        }
        let mut expected = Vec::new();
        for rows in windows.values_mut() {
            rows.sort_by_key(|row| -row.2);
            for (at, row) in rows.iter().enumerate() {
                if (range.start..=range.end).contains(&(at as u64 + 1)) {
                    let more = [Some(at as i64 + 1)];
                    expected.push(text(row, if numbered { &more } else { &[] }));
                }
            }
        }
        expected.sort();
        let inserts = harness.changes().iter().all(|(kind, _)| kind.short_string() == "+I");
        prop_assert!(inserts);
        prop_assert_eq!(harness.materialized(), expected);
    }

    #[test]
    fn rows_that_only_move_up_need_not_be_kept(
        numbered in any::<bool>(),
        (start, length) in (1u64..3, 0u64..3),
        rounds in prop::collection::vec(prop::collection::vec((0i64..2, 0i64..6), 1..8), 1..8),
    ) {
        // A count for each id of a partition: the greatest first.
        let range = RankRange { start, end: start + length };
        let spec = OperatorSpec::Rank {
            partition: vec![0],
            order: by(2, false),
            range,
            numbered,
            update_fast: vec![0, 3],
            input: ChangelogMode::UpsertWithoutDelete,
            generate_update_before: true,
            state_ttl_ms: 0,
        };
        let output = output_type(if numbered { &["rn"] } else { &[] });
        let mut harness = Harness::new(spec, output, &[0], 2, |node| {
            Box::new(Rank::new(node, &input_type()).unwrap())
        });
        let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for (round, rows) in rounds.iter().enumerate() {
            let rows: Vec<(Row, bool)> = rows
                .iter()
                .map(|&(k, id)| {
                    let count = counts.entry((k, id)).or_default();
                    *count += 1 + id % 2;
                    ((k, round as i64, *count, id), false)
                })
                .collect();
            harness.send(&batch(&rows));
            if round % 3 == 1 {
                harness.restart(1 + round as u32 % 2, &batch(&[((0, 0, 99, 99), false)]));
            }
        }
        // Which of several rows with one count shows depends on when they came to it.
        let counts_of = |k: i64| {
            let mut counts: Vec<i64> = counts
                .iter()
                .filter(|((other, _), _)| *other == k)
                .map(|(_, count)| *count)
                .collect();
            counts.sort_by_key(|count| -count);
            let first = counts.into_iter().skip(start as usize - 1);
            first.take(length as usize + 1).collect::<Vec<_>>()
        };
        for k in 0..2 {
            let mut shown = Vec::new();
            for row in harness.materialized() {
                let cells: Vec<&str> = row.split(' ').collect();
                if cells[0] == k.to_string() {
                    let (count, id): (i64, i64) = (cells[2].parse().unwrap(), cells[3].parse().unwrap());
                    prop_assert_eq!(counts[&(k, id)], count, "a row is as it was updated last");
                    shown.push(count);
                }
            }
            shown.sort_by_key(|count| -count);
            prop_assert_eq!(shown, counts_of(k));
        }
    }

    #[test]
    fn deduplicate_keeps_the_first_or_last(
        keep_last in any::<bool>(),
        event_time in any::<bool>(),
        update_before in any::<bool>(),
        mut events in events(false),
    ) {
        events.push(Event::Watermark(1_000_000));
        let time = match event_time {
            true => TimeAttribute::Event { column: 1 },
            false => TimeAttribute::Processing,
        };
        let spec = OperatorSpec::Deduplicate {
            keys: vec![0],
            time,
            keep_last,
            generate_update_before: update_before,
            state_ttl_ms: 0,
        };
        let mut harness = Harness::new(spec, input_type(), &[0], 2, |node| {
            Box::new(Deduplicate::new(node, &input_type()).unwrap())
        });
        run(&mut harness, &events);
        let (mut kept, mut done, mut watermark) =
            (BTreeMap::<i64, Row>::new(), BTreeMap::<i64, Row>::new(), i64::MIN);
        for event in &events {
            match event {
                Event::Restart(_) => {}
                Event::Watermark(to) => {
                    watermark = *to;
                    if event_time && !keep_last {
                        let due = kept.iter().filter(|(_, row)| row.1 <= watermark);
                        done.extend(due.map(|(k, row)| (*k, *row)));
                        kept.retain(|k, _| !done.contains_key(k));
                    }
                }
                Event::Rows(rows) => {
                    for (row, _) in rows {
                        let time = |row: &Row| if event_time { row.1 } else { 0 };
                        let late = event_time && !keep_last
                            && (row.1 < watermark || done.contains_key(&row.0));
                        let replaces = kept.get(&row.0).is_none_or(|other| match keep_last {
                            true => time(row) >= time(other),
                            false => time(row) < time(other),
                        });
                        if replaces && !late {
                            kept.insert(row.0, *row);
                        }
                    }
                }
            }
        }
        kept.extend(done);
        let mut expected: Vec<String> = kept.values().map(|row| text(row, &[])).collect();
        expected.sort();
        if update_before {
            prop_assert_eq!(harness.materialized(), expected);
            return Ok(());
        }
        // Each row takes the place of the one with its key.
        let mut last = BTreeMap::new();
        for (kind, row) in harness.changes() {
            let key = row.split(' ').next().unwrap().to_owned();
            let is_new = last.insert(key, row).is_none();
            prop_assert_eq!(kind, if is_new { alpheus_dataflow::RowKind::Insert } else { alpheus_dataflow::RowKind::UpdateAfter });
        }
        prop_assert_eq!(last.into_values().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn over_sees_its_frame(
        rows in any::<bool>(),
        event_time in any::<bool>(),
        start in prop_oneof![
            Just(FrameBound::UnboundedPreceding),
            (0i64..6).prop_map(FrameBound::Preceding),
        ],
        offset in 0i64..4,
        mut events in events(false),
    ) {
        events.push(Event::Watermark(1_000_000));
        let frame = OverFrame { rows, start, end: FrameBound::CurrentRow };
        let bounded = start != FrameBound::UnboundedPreceding;
        let call = |function: &str| OverCall::Aggregate(AggregateCall {
            function: function.to_owned(),
            args: vec![2],
            arg_types: vec![TypeKind::BigInt.nullable()],
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            ty: TypeKind::BigInt.nullable(),
        });
        let mut calls = vec![call("SUM"), call("MAX"), call("FIRST_VALUE")];
        let mut names = vec!["s", "m", "f"];
        if !bounded {
            calls.push(OverCall::Lag {
                value: 3,
                offset,
                default: Some(2),
                ty: TypeKind::BigInt.nullable(),
            });
            calls.push(OverCall::RowNumber);
            names.extend(["l", "n"]);
        }
        let time = match event_time {
            true => TimeAttribute::Event { column: 1 },
            false => TimeAttribute::Processing,
        };
        let spec = OperatorSpec::OverAggregate {
            partition: vec![0],
            time,
            frame,
            calls,
            state_ttl_ms: 0,
        };
        let mut harness = Harness::new(spec, output_type(&names), &[0], 2, |node| {
            Box::new(OverAggregate::new(node, &input_type()).unwrap())
        });
        // By processing time each batch has an instant of its own.
        let mut now = 0;
        for event in &events {
            if matches!(event, Event::Rows(_)) {
                now += 2;
                harness.time(now);
            }
            run(&mut harness, std::slice::from_ref(event));
        }
        let expected = over_model(&events, event_time, frame, offset);
        prop_assert_eq!(harness.materialized(), expected);
    }

    #[test]
    fn updating_over_follows_what_is_there(
        ascending in any::<bool>(),
        before in 0i64..3,
        after in 0i64..3,
        offset in -2i64..3,
        events in any::<bool>().prop_flat_map(events),
    ) {
        let call = |function: &str| OverCall::Aggregate(AggregateCall {
            function: function.to_owned(),
            args: vec![3],
            arg_types: vec![TypeKind::BigInt.nullable()],
            distinct: false,
            filter: None,
            order_by: Vec::new(),
            ty: TypeKind::BigInt.nullable(),
        });
        let lag = OverCall::Lag {
            value: 3,
            offset,
            default: None,
            ty: TypeKind::BigInt.nullable(),
        };
        let spec = OperatorSpec::UpdatingOver {
            partition: vec![0],
            order: by(2, ascending),
            frame: OverFrame {
                rows: true,
                start: FrameBound::Preceding(before),
                end: FrameBound::Following(after),
            },
            calls: vec![
                call("SUM"),
                OverCall::RowNumber,
                call("MIN"),
                OverCall::Rank,
                OverCall::DenseRank,
                lag,
                OverCall::Ntile { buckets: 2 },
            ],
            input: ChangelogMode::All,
            generate_update_before: true,
            state_ttl_ms: 0,
        };
        let names = ["s", "rn", "m", "r", "d", "l", "n"];
        let mut harness = Harness::new(spec, output_type(&names), &[0], 2, |node| {
            Box::new(UpdatingOver::new(node, &input_type()).unwrap())
        });
        run(&mut harness, &events);
        let mut expected = Vec::new();
        for rows in there(&events).values_mut() {
            rows.sort_by_key(|row| if ascending { row.2 } else { -row.2 });
            let count = rows.len();
            for (at, row) in rows.iter().enumerate() {
                let first = at.saturating_sub(before as usize);
                let frame = &rows[first..(at + 1 + after as usize).min(count)];
                let peer = rows.iter().position(|other| other.2 == row.2).unwrap();
                let mut values: Vec<i64> = rows[..=at].iter().map(|row| row.2).collect();
                values.dedup();
                let other = usize::try_from(at as i64 - offset).ok();
                let half = count.div_ceil(2);
                expected.push(text(row, &[
                    Some(frame.iter().map(|row| row.3).sum()),
                    Some(at as i64 + 1),
                    frame.iter().map(|row| row.3).min(),
                    Some(peer as i64 + 1),
                    Some(values.len() as i64),
                    other.and_then(|other| rows.get(other)).map(|row| row.3),
                    Some(if at < half { 1 } else { 2 }),
                ]));
            }
        }
        expected.sort();
        prop_assert_eq!(harness.materialized(), expected);
    }

    #[test]
    fn temporal_sort_is_in_order(mut events in events(false)) {
        events.push(Event::Watermark(1_000_000));
        let mut order = by(1, true);
        order.extend(by(2, false));
        let spec = OperatorSpec::TemporalSort {
            time: TimeAttribute::Event { column: 1 },
            order,
        };
        let mut harness = Harness::new(spec, input_type(), &[], 1, |node| {
            Box::new(TemporalSort::new(node, &input_type()).unwrap())
        });
        let (mut waiting, mut sorted, mut last): (Vec<Row>, Vec<Row>, i64) =
            (Vec::new(), Vec::new(), i64::MIN);
        for event in &events {
            match event {
                Event::Rows(rows) => {
                    let rows = rows.iter().map(|row| row.0);
                    waiting.extend(rows.filter(|row| row.1 > last));
                }
                Event::Restart(_) => {}
                Event::Watermark(to) => {
                    let (mut due, rest): (Vec<Row>, _) =
                        waiting.iter().partition(|row| row.1 <= *to);
                    due.sort_by_key(|row| (row.1, -row.2));
                    last = due.last().map_or(last, |row| row.1);
                    sorted.extend(due);
                    waiting = rest;
                }
            }
            let event = match event {
                Event::Restart(_) => &Event::Restart(1),
                event => event,
            };
            run(&mut harness, std::slice::from_ref(event));
        }
        let got: Vec<String> = harness.changes().into_iter().map(|(_, row)| row).collect();
        let expected: Vec<String> = sorted.iter().map(|row| text(row, &[])).collect();
        prop_assert_eq!(got, expected);
    }
}

/// The rows that are there after all events, by key, in the order in which they came.
fn there(events: &[Event]) -> BTreeMap<i64, Vec<Row>> {
    let mut there: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for event in events {
        let Event::Rows(rows) = event else { continue };
        for (row, back) in rows {
            let rows = there.entry(row.0).or_default();
            match back {
                true => rows.retain(|other| other != row),
                false => rows.push(*row),
            }
        }
    }
    there
}

/// Every row with its results, sorted.
fn over_model(events: &[Event], event_time: bool, frame: OverFrame, offset: i64) -> Vec<String> {
    let bounded = frame.start != FrameBound::UnboundedPreceding;
    // Rows with the time that orders them, by partition, in order.
    let mut done: BTreeMap<i64, Vec<(i64, Row)>> = BTreeMap::new();
    let mut waiting: Vec<(i64, Row)> = Vec::new();
    let (mut watermark, mut now) = (i64::MIN, 0);
    let mut expected = Vec::new();
    for event in events {
        let mut due: Vec<(i64, Row)> = Vec::new();
        match event {
            Event::Restart(_) => {}
            Event::Watermark(to) => {
                watermark = *to;
                if event_time {
                    due.extend(waiting.iter().filter(|(time, _)| time <= to));
                    waiting.retain(|(time, _)| time > to);
                    due.sort_by_key(|(time, _)| *time);
                }
            }
            Event::Rows(rows) if event_time => {
                for (row, _) in rows {
                    let last = done.get(&row.0).and_then(|rows| rows.last());
                    let passed = match bounded {
                        true => last.is_some_and(|(last, _)| row.1 <= *last),
                        false => row.1 <= watermark,
                    };
                    let forgotten = frame.rows && frame.start == FrameBound::Preceding(0);
                    if !passed || forgotten {
                        waiting.push((row.1, *row));
                    }
                }
            }
            Event::Rows(rows) => {
                now += 2;
                due.extend(rows.iter().map(|(row, _)| (now, *row)));
            }
        }
        let mut partitions: BTreeMap<i64, Vec<(i64, Row)>> = BTreeMap::new();
        // What has left all frames is forgotten.
        let forget = |rows: &mut Vec<(i64, Row)>| match frame.start {
            FrameBound::Preceding(d) if event_time && !frame.rows => {
                rows.retain(|(time, _)| *time >= watermark.saturating_sub(d));
            }
            _ => {}
        };
        for row in due {
            partitions.entry(row.1.0).or_default().push(row);
        }
        for (key, new) in partitions {
            let rows = done.entry(key).or_default();
            let first_new = rows.len();
            rows.extend(new);
            let one_by_one = frame.rows || (!event_time && !bounded);
            for at in first_new..rows.len() {
                let last = match one_by_one {
                    true => at,
                    false => at + rows[at..].iter().take_while(|r| r.0 == rows[at].0).count() - 1,
                };
                let first = match frame.start {
                    FrameBound::Preceding(n) if frame.rows => at.saturating_sub(n as usize),
                    FrameBound::Preceding(d) => {
                        rows.iter().position(|r| r.0 >= rows[at].0 - d).unwrap()
                    }
                    _ => 0,
                };
                let values: Vec<i64> = rows[first..=last].iter().map(|r| r.1.2).collect();
                let mut more = vec![
                    Some(values.iter().sum()),
                    values.iter().max().copied(),
                    values.first().copied(),
                ];
                if !bounded {
                    let other = last.checked_sub(offset as usize);
                    more.push(Some(other.map_or(rows[at].1.2, |other| rows[other].1.3)));
                    more.push(Some(last as i64 + 1));
                }
                expected.push(text(&rows[at].1, &more));
            }
        }
        done.values_mut().for_each(forget);
    }
    expected.sort();
    expected
}
