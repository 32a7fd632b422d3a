//! The join operators against models that compare every row with every other: any changes in any batches,
//! over several subtasks, snapshotted at any point and restored at another parallelism.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind, Watermark};
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::ids::{CheckpointId, OperatorId, SubtaskIndex};
use alpheus_dataflow::join::{
    IntervalBounds, JoinInput, JoinKey, JoinKind, TimeColumns, WindowColumns,
};
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::operator::Operator;
use alpheus_dataflow::snapshot::StateReader;
use alpheus_dataflow::{Field as RowField, RowType, TypeKind};
use arrow::array::{AsArray, Int64Array, TimestampMillisecondArray};
use arrow::datatypes::{Int64Type, TimestampMillisecondType};
use proptest::prelude::*;

use super::*;
use crate::operators::testing::context;

const GROUPS: u32 = 16;
const KINDS: [JoinKind; 6] = [
    JoinKind::Inner,
    JoinKind::Left,
    JoinKind::Right,
    JoinKind::Full,
    JoinKind::Semi,
    JoinKind::Anti,
];

/// key, time, value
type Row = (Option<i64>, i64, i64);
type Half = Option<Row>;
/// Output rows with how often each is there.
type Bag = BTreeMap<(Half, Half), i64>;

#[derive(Clone, Debug)]
enum Event {
    /// Rows of an input: additions, or with `false` something taken back.
    Rows(usize, Vec<(Row, bool)>),
    Watermark(i64),
    /// Stop, and go on with so many subtasks.
    Restart(u32),
}

fn columns() -> RowType {
    RowType::new(vec![
        RowField::new("k", TypeKind::BigInt.nullable()),
        RowField::new("t", TypeKind::Timestamp(3).nullable()),
        RowField::new("v", TypeKind::BigInt.nullable()),
    ])
}

fn batch(rows: &[(Row, RowKind)]) -> ChangelogBatch {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0.0).collect::<Int64Array>()),
        Arc::new(TimestampMillisecondArray::from_iter_values(
            rows.iter().map(|row| row.0.1),
        )),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0.2))),
    ];
    let rows_batch = RecordBatch::try_new(columns().to_arrow(), arrays).unwrap();
    let ops = UInt8Array::from_iter_values(rows.iter().map(|row| row.1 as u8));
    ChangelogBatch::try_new(rows_batch, Some(ops)).unwrap()
}

fn half(rows: &RecordBatch, first: usize, row: usize) -> Half {
    let value = rows.column(first + 2).as_primitive::<Int64Type>();
    let key = rows.column(first).as_primitive::<Int64Type>();
    let time = rows
        .column(first + 1)
        .as_primitive::<TimestampMillisecondType>();
    value.is_valid(row).then(|| {
        let key = key.is_valid(row).then(|| key.value(row));
        (key, time.value(row), value.value(row))
    })
}

fn join_spec(kind: JoinKind, keys: &[usize], condition: bool) -> JoinSpec {
    let input = JoinInput {
        columns: columns(),
        changelog: ChangelogMode::All,
        state_ttl_ms: 0,
    };
    let value = |column| Expr::input(column, TypeKind::BigInt.nullable());
    let less = Expr::call("<", vec![value(2), value(5)], TypeKind::Boolean.nullable());
    JoinSpec {
        kind,
        left: input.clone(),
        right: input,
        keys: keys
            .iter()
            .map(|&column| JoinKey {
                left: column,
                right: column,
                null_safe: false,
            })
            .collect(),
        condition: condition.then_some(less),
        top_of_batch: None,
    }
}

fn node(spec: OperatorSpec, kind: JoinKind) -> OperatorNode {
    let mut fields = columns().fields;
    if kind.has_right_columns() {
        fields.extend(columns().fields);
    }
    OperatorNode {
        id: OperatorId(1),
        name: "Join".to_owned(),
        spec,
        output: RowType::new(fields),
        changelog: ChangelogMode::All,
    }
}

/// A snapshot of all subtasks, of which one reads its key groups.
struct Restored<'a> {
    keyed: &'a [(String, KeyGroup, RecordBatch)],
    lists: &'a [(String, Vec<u8>)],
    groups: KeyGroupRange,
}

impl StateReader for Restored<'_> {
    fn keyed<'a>(
        &'a self,
        name: &str,
    ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>> {
        let name = name.to_owned();
        let rows = self.keyed.iter();
        let own = rows.filter(move |(of, group, _)| *of == name && self.groups.contains(*group));
        Ok(Box::new(own.map(|(_, _, rows)| Ok(rows.clone()))))
    }

    fn list(&self, name: &str) -> OperatorResult<Vec<Vec<u8>>> {
        let entries = self.lists.iter().filter(|(of, _)| of == name);
        Ok(entries.map(|(_, entry)| entry.clone()).collect())
    }
}

/// Subtasks of an operator, and what they have emitted altogether.
struct Subtasks<'a> {
    make: &'a dyn Fn() -> Box<dyn Operator>,
    has_right: bool,
    /// Columns that rows are spread by.
    keys: Vec<usize>,
    operators: Vec<Box<dyn Operator>>,
    output: Bag,
    updates: bool,
}

impl<'a> Subtasks<'a> {
    fn new(make: &'a dyn Fn() -> Box<dyn Operator>, kind: JoinKind, keys: &[usize]) -> Self {
        let mut subtasks = Subtasks {
            make,
            has_right: kind.has_right_columns(),
            keys: keys.to_vec(),
            operators: Vec::new(),
            output: Bag::new(),
            updates: false,
        };
        subtasks.start(2, &[], &[]);
        subtasks
    }

    fn start(
        &mut self,
        parallelism: u32,
        keyed: &[(String, KeyGroup, RecordBatch)],
        lists: &[(String, Vec<u8>)],
    ) {
        self.operators = (0..parallelism)
            .map(|subtask| {
                let groups = KeyGroupRange::for_subtask(subtask, parallelism, GROUPS);
                let mut context = context(BTreeMap::new());
                context.subtask = SubtaskIndex(subtask);
                context.parallelism = parallelism;
                context.max_parallelism = GROUPS;
                context.key_groups = groups;
                let mut operator = (self.make)();
                operator.open(&context).unwrap();
                let state = Restored {
                    keyed,
                    lists,
                    groups,
                };
                operator.restore(&state).unwrap();
                operator
            })
            .collect();
    }

    fn restart(&mut self, parallelism: u32) {
        let barrier = CheckpointBarrier {
            id: CheckpointId(1),
            timestamp: 0,
            kind: CheckpointKind::Checkpoint,
            overtake_after_ms: None,
        };
        let (mut keyed, mut lists) = (Vec::new(), Vec::new());
        for operator in &mut self.operators {
            let snapshot = operator.snapshot(barrier).unwrap();
            for state in snapshot.keyed {
                let mut consume = |group, rows| {
                    keyed.push((state.name.clone(), group, rows));
                    Ok(())
                };
                state.rows.write(&mut consume).unwrap();
            }
            for list in snapshot.lists {
                lists.extend(
                    list.entries
                        .into_iter()
                        .map(|entry| (list.name.clone(), entry)),
                );
            }
        }
        self.start(parallelism, &keyed, &lists);
    }

    fn take(&mut self, emitted: Vec<ChangelogBatch>) {
        for batch in emitted {
            let rows = batch.rows();
            for row in 0..rows.num_rows() {
                let left = half(rows, 0, row);
                let right = self.has_right.then(|| half(rows, 3, row)).flatten();
                let kind = batch.kind(row);
                self.updates |= kind != RowKind::Insert;
                let change = if kind.is_additive() { 1 } else { -1 };
                *self.output.entry((left, right)).or_default() += change;
            }
        }
        self.output.retain(|_, count| *count != 0);
    }

    fn rows(&mut self, input: usize, rows: &[(Row, RowKind)]) {
        let parallelism = self.operators.len() as u32;
        for subtask in 0..parallelism {
            let own: Vec<_> = rows
                .iter()
                .filter(|change| {
                    let one = batch(std::slice::from_ref(*change));
                    let keys = self.keys.iter().map(|&key| one.rows().column(key).clone());
                    let hash = hash_columns(&keys.collect::<Vec<_>>(), 1).unwrap()[0];
                    KeyGroup::of_hash(hash, GROUPS).owner(parallelism, GROUPS) == subtask
                })
                .copied()
                .collect();
            if !own.is_empty() {
                let mut emitted = Vec::new();
                let operator = &mut self.operators[subtask as usize];
                operator
                    .process_batch(input, batch(&own), &mut emitted)
                    .unwrap();
                self.take(emitted);
            }
        }
    }

    fn watermark(&mut self, time: i64) {
        for subtask in 0..self.operators.len() {
            let mut emitted = Vec::new();
            let operator = &mut self.operators[subtask];
            operator
                .process_watermark(Watermark(time), &mut emitted)
                .unwrap();
            self.take(emitted);
        }
    }
}

/// The join of two bags of rows.
fn model(
    kind: JoinKind,
    left: &BTreeMap<Row, i64>,
    right: &BTreeMap<Row, i64>,
    fits: &dyn Fn(&Row, &Row) -> bool,
) -> Bag {
    let mut bag = Bag::new();
    let mut add = |left: Half, right: Half, count: i64| {
        *bag.entry((left, right)).or_default() += count;
    };
    for (l, l_count) in left {
        let partners: Vec<_> = right.iter().filter(|(r, _)| fits(l, r)).collect();
        match kind {
            JoinKind::Semi if !partners.is_empty() => add(Some(*l), None, *l_count),
            JoinKind::Anti if partners.is_empty() => add(Some(*l), None, *l_count),
            JoinKind::Semi | JoinKind::Anti => {}
            _ => {
                for (r, r_count) in &partners {
                    add(Some(*l), Some(**r), l_count * *r_count);
                }
                if partners.is_empty() && kind.right_is_optional() {
                    add(Some(*l), None, *l_count);
                }
            }
        }
    }
    if kind.left_is_optional() {
        for (r, r_count) in right {
            if !left.keys().any(|l| fits(l, r)) {
                add(None, Some(*r), *r_count);
            }
        }
    }
    bag
}

fn change(side: &mut BTreeMap<Row, i64>, row: Row, by: i64) {
    *side.entry(row).or_default() += by;
    side.retain(|_, count| *count > 0);
}

fn any_row() -> impl Strategy<Value = Row> {
    (prop::option::weighted(0.9, 0i64..4), 0i64..12, 0i64..4)
}

fn any_events(updates: bool) -> impl Strategy<Value = Vec<Event>> {
    let changes = (any_row(), any::<bool>()).prop_map(move |(row, add)| (row, add || !updates));
    let event = prop_oneof![
        6 => (0usize..2, prop::collection::vec(changes, 1..8)).prop_map(|(i, rows)| Event::Rows(i, rows)),
        2 => (0i64..6).prop_map(Event::Watermark),
        1 => (1u32..4).prop_map(Event::Restart),
    ];
    prop::collection::vec(event, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn regular_joins_agree_with_the_model(
        events in any_events(true), kind in prop::sample::select(&KINDS[..]), condition in any::<bool>(),
        keyed in any::<bool>(), null_safe in any::<bool>(), only_inserts in any::<[bool; 2]>(),
    ) {
        let keys: &[usize] = if keyed { &[0] } else { &[] };
        let mut spec = join_spec(kind, keys, condition);
        for (side, only_inserts) in [&mut spec.left, &mut spec.right].into_iter().zip(only_inserts) {
            if only_inserts {
                side.changelog = ChangelogMode::InsertOnly;
            }
        }
        spec.keys.iter_mut().for_each(|key| key.null_safe = null_safe);
        let graph_node = node(OperatorSpec::Join(spec.clone()), kind);
        let make = || -> Box<dyn Operator> {
            Box::new(regular::RegularJoin::new(&graph_node, &spec).unwrap())
        };
        let fits = |l: &Row, r: &Row| {
            let equal = l.0 == r.0 && (null_safe || l.0.is_some());
            (!keyed || equal) && (!condition || l.2 < r.2)
        };
        let mut subtasks = Subtasks::new(&make, kind, keys);
        let mut sides = [BTreeMap::new(), BTreeMap::new()];
        for event in events {
            match event {
                Event::Restart(parallelism) => subtasks.restart(parallelism),
                Event::Watermark(_) => {}
                Event::Rows(input, rows) => {
                    let mut changes = Vec::new();
                    for (row, add) in rows {
                        // Only what is there is taken back.
                        let taken = sides[input].keys().next().copied();
                        match (add, taken) {
                            (false, Some(row)) if !only_inserts[input] => {
                                change(&mut sides[input], row, -1);
                                changes.push((row, RowKind::UpdateBefore));
                            }
                            _ => {
                                change(&mut sides[input], row, 1);
                                changes.push((row, RowKind::UpdateAfter));
                            }
                        }
                    }
                    subtasks.rows(input, &changes);
                }
            }
            prop_assert_eq!(&subtasks.output, &model(kind, &sides[0], &sides[1], &fits));
        }
    }

    #[test]
    fn time_bounded_joins_agree_with_the_model(
        events in any_events(false), kind in prop::sample::select(&KINDS[..4]), condition in any::<bool>(),
        lower in -6i64..2, width in 0i64..8, windows in any::<bool>(),
    ) {
        let bounds = IntervalBounds {
            left: 1, right: 1, lower_ms: lower, upper_ms: lower + width, processing_time: false,
        };
        // A window's end stands in the time column, so that it is a key as well.
        let ends = WindowColumns { left_end: 1, right_end: 1, local: false };
        let keys: &[usize] = if windows { &[0, 1] } else { &[0] };
        let spec = join_spec(kind, keys, condition);
        let graph_node = node(OperatorSpec::Join(spec.clone()), kind);
        let make = || -> Box<dyn Operator> {
            match windows {
                true => Box::new(window::WindowJoin::new(&graph_node, &spec, &ends).unwrap()),
                false => {
                    Box::new(interval::IntervalJoin::new(&graph_node, &spec, &bounds).unwrap())
                }
            }
        };
        let fits = |l: &Row, r: &Row| {
            let near = match windows {
                true => l.1 == r.1,
                false => (bounds.lower_ms..=bounds.upper_ms).contains(&(l.1 - r.1)),
            };
            l.0.is_some() && l.0 == r.0 && near && (!condition || l.2 < r.2)
        };
        let mut subtasks = Subtasks::new(&make, kind, keys);
        let mut sides = [BTreeMap::new(), BTreeMap::new()];
        let mut now = 0;
        for event in events {
            match event {
                Event::Restart(parallelism) => subtasks.restart(parallelism),
                Event::Watermark(by) => {
                    now += by;
                    subtasks.watermark(now);
                }
                Event::Rows(input, rows) => {
                    // None is late: behind the watermark, of a window that is still open.
                    let rows = rows.into_iter().map(|((key, time, value), _)| {
                        ((key, now + 2 + time, value), RowKind::Insert)
                    });
                    let rows: Vec<_> = rows.collect();
                    for (row, _) in &rows {
                        change(&mut sides[input], *row, 1);
                    }
                    subtasks.rows(input, &rows);
                }
            }
        }
        subtasks.watermark(i64::MAX);
        prop_assert!(!subtasks.updates);
        prop_assert_eq!(&subtasks.output, &model(kind, &sides[0], &sides[1], &fits));
    }

    #[test]
    fn temporal_joins_agree_with_the_model(
        events in any_events(true), left_join in any::<bool>(), condition in any::<bool>(),
    ) {
        let kind = if left_join { JoinKind::Left } else { JoinKind::Inner };
        let spec = join_spec(kind, &[0], condition);
        let times = TimeColumns { left: 1, right: 1 };
        let graph_node = node(OperatorSpec::Join(spec.clone()), kind);
        let make = || -> Box<dyn Operator> {
            Box::new(temporal::TemporalJoin::new(&graph_node, &spec, &times).unwrap())
        };
        let mut subtasks = Subtasks::new(&make, kind, &[0]);
        let mut left: Vec<Row> = Vec::new();
        // By key and time, the version that begins then; none where the row is gone.
        let mut versions: BTreeMap<(i64, i64), Option<Row>> = BTreeMap::new();
        let mut now = 0;
        for event in events {
            match event {
                Event::Restart(parallelism) => subtasks.restart(parallelism),
                Event::Watermark(by) => {
                    now += by;
                    subtasks.watermark(now);
                }
                Event::Rows(0, rows) => {
                    let rows = rows.into_iter().map(|((key, time, value), _)| (key, now + 1 + time, value));
                    let rows: Vec<_> = rows.map(|row| (row, RowKind::Insert)).collect();
                    left.extend(rows.iter().map(|(row, _)| *row));
                    subtasks.rows(0, &rows);
                }
                Event::Rows(_, rows) => {
                    let rows = rows.into_iter().map(|((key, time, value), add)| {
                        let kind = if add { RowKind::UpdateAfter } else { RowKind::Delete };
                        ((key, now + 1 + time, value), kind)
                    });
                    let rows: Vec<_> = rows.collect();
                    for (row, kind) in &rows {
                        if let Some(key) = row.0 {
                            versions.insert((key, row.1), kind.is_additive().then_some(*row));
                        }
                    }
                    subtasks.rows(1, &rows);
                }
            }
        }
        subtasks.watermark(i64::MAX);
        let mut expected = Bag::new();
        for row in left {
            let version = row.0.and_then(|key| {
                let until = versions.range((key, i64::MIN)..=(key, row.1));
                *until.last()?.1
            });
            let version = version.filter(|version| !condition || row.2 < version.2);
            if version.is_some() || left_join {
                *expected.entry((Some(row), version)).or_default() += 1;
            }
        }
        prop_assert_eq!(&subtasks.output, &expected);
    }
}

/// A clock that a test sets.
struct TestClock(std::sync::atomic::AtomicI64);

impl alpheus_dataflow::operator::Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[test]
fn rows_that_were_not_written_for_their_ttl_are_not_joined() {
    let mut spec = join_spec(JoinKind::Left, &[0], false);
    spec.left.state_ttl_ms = 1_000;
    spec.right.state_ttl_ms = 10;
    let graph_node = node(OperatorSpec::Join(spec.clone()), JoinKind::Left);
    let mut operator = regular::RegularJoin::new(&graph_node, &spec).unwrap();
    let clock = Arc::new(TestClock(std::sync::atomic::AtomicI64::new(100)));
    let mut context = context(BTreeMap::new());
    context.clock = clock.clone();
    operator.open(&context).unwrap();
    let mut emitted = |input: usize, at: i64, value: i64| {
        clock.0.store(at, std::sync::atomic::Ordering::Relaxed);
        let mut out = Vec::new();
        let rows = batch(&[((Some(1), 0, value), RowKind::Insert)]);
        operator.process_batch(input, rows, &mut out).unwrap();
        let row = |batch: &ChangelogBatch, row: usize| {
            let right = half(batch.rows(), 3, row).map(|row| row.2);
            (batch.kind(row).short_string(), right)
        };
        let rows = out
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |at| row(batch, at)));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(emitted(1, 100, 7), []);
    assert_eq!(emitted(0, 105, 1), [("+I", Some(7))]);
    // The right row is older than its 10 ms, the left ones are not older than theirs.
    assert_eq!(emitted(0, 120, 2), [("+I", None)]);
    assert_eq!(
        emitted(1, 200, 8),
        [("+I", Some(8)), ("-D", None), ("+I", Some(8))]
    );
}
