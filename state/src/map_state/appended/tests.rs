#![allow(clippy::unwrap_used)]
//! Rows of every kind of column against a model, and against a map state over the same snapshots.

use std::collections::BTreeMap;

use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::{RowType, TypeKind};
use arrow::array::{
    BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, StringArray,
};
use proptest::prelude::*;

use super::rows::CHUNK;
use super::*;
use crate::map_state::MapState;
use crate::map_state::tests::{BARRIER, Rows as Snapshot, write_out};
use crate::row_codec::SortColumn;

fn spec() -> MapStateSpec {
    let types = [
        TypeKind::BigInt.nullable(),
        TypeKind::string().nullable(),
        TypeKind::Boolean.nullable(),
        TypeKind::TinyInt.nullable(),
        TypeKind::SmallInt.nullable(),
        TypeKind::Integer.nullable(),
        TypeKind::Double.nullable(),
        TypeKind::Decimal(20, 2).nullable(),
        TypeKind::bytes().nullable(),
    ];
    MapStateSpec {
        name: "rows".to_owned(),
        keys: vec![TypeKind::BigInt.nullable()],
        entry: types.map(SortColumn::ascending).to_vec(),
        counters: vec!["count".to_owned()],
        payload: RowType::default(),
        ttl_ms: 0,
    }
}

fn appended() -> AppendedRows {
    let mut state = AppendedRows::new(&spec()).unwrap().unwrap();
    state.max_parallelism = 128;
    state
}

/// Key and row; a row is made of one number.
type Keyed = (i64, Option<i64>);

fn columns(rows: &[Keyed]) -> Vec<ArrayRef> {
    let values = || rows.iter().map(|(_, row)| *row);
    let decimals = values().map(|row| row.map(|row| i128::from(row) << 3));
    let decimals = decimals.collect::<Decimal128Array>();
    let bytes: Vec<_> = values().map(|row| row.map(i64::to_be_bytes)).collect();
    let bytes = bytes.iter().map(|row| row.as_ref().map(|row| &row[..]));
    vec![
        Arc::new(values().collect::<Int64Array>()),
        Arc::new(
            values()
                .map(|row| row.map(|row| format!("the text of number {row}")))
                .collect::<StringArray>(),
        ),
        Arc::new(
            values()
                .map(|row| row.map(|row| row % 2 == 0))
                .collect::<BooleanArray>(),
        ),
        Arc::new(
            values()
                .map(|row| row.map(|row| row as i8))
                .collect::<Int8Array>(),
        ),
        Arc::new(
            values()
                .map(|row| row.map(|row| row as i16))
                .collect::<Int16Array>(),
        ),
        Arc::new(
            values()
                .map(|row| row.map(|row| row as i32))
                .collect::<Int32Array>(),
        ),
        Arc::new(
            values()
                .map(|row| row.map(|row| row as f64 / 7.0))
                .collect::<Float64Array>(),
        ),
        Arc::new(decimals.with_precision_and_scale(20, 2).unwrap()),
        Arc::new(bytes.collect::<BinaryArray>()),
    ]
}

fn add(state: &mut AppendedRows, rows: &[Keyed]) {
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)));
    let keys = [keys];
    let hashes = hash_columns(&keys, rows.len()).unwrap();
    let mut slots = Vec::new();
    state.load(&keys, &hashes, &mut slots).unwrap();
    state.append(&slots, &columns(rows)).unwrap();
    state.store();
}

/// The rows of a key in order, as columns.
fn of_key(state: &AppendedRows, key: i64) -> Option<Vec<ArrayRef>> {
    let keys: [ArrayRef; 1] = [Arc::new(Int64Array::from(vec![key]))];
    let hashes = hash_columns(&keys, 1).unwrap();
    let (mut slots, mut numbers) = (Vec::new(), Vec::new());
    state.probe(&keys, &hashes, &mut slots).unwrap();
    state.rows_of(slots[0], &mut numbers);
    (!numbers.is_empty()).then(|| state.take(&numbers).unwrap())
}

/// How often each row is in snapshots, and that each is there once.
fn bag(parts: Vec<Box<dyn alpheus_dataflow::snapshot::FrozenRows>>) -> BTreeMap<Keyed, i64> {
    let mut bag = BTreeMap::new();
    for (_, rows) in parts.into_iter().flat_map(write_out) {
        let (keys, values) = (
            rows.column(0).as_primitive::<Int64Type>(),
            rows.column(1).as_primitive::<Int64Type>(),
        );
        let counts = rows.column(rows.num_columns() - 1);
        for row in 0..rows.num_rows() {
            let keyed = (
                keys.value(row),
                values.is_valid(row).then(|| values.value(row)),
            );
            let count = counts.as_primitive::<Int64Type>().value(row);
            assert_eq!(bag.insert(keyed, count), None, "{keyed:?} comes twice");
            let expected = columns(&[keyed]);
            assert!((0..9).all(|at| *rows.column(at + 1).slice(row, 1) == *expected[at]));
        }
    }
    bag
}

fn batches() -> impl Strategy<Value = Vec<Vec<Keyed>>> {
    let row = prop_oneof![prop::option::of(0i64..6), any::<i64>().prop_map(Some)];
    let few = prop::collection::vec((0i64..5, row), 0..40);
    // Some batches fill chunks: of texts that repeat, and of texts that do not.
    let many = (0usize..3 * CHUNK, prop::bool::ANY).prop_map(|(count, repeats)| {
        let row = |at: i64| if repeats { at % 50 } else { at << 7 };
        (0..count as i64)
            .map(|at| (at % 11, Some(row(at))))
            .collect()
    });
    prop::collection::vec(prop_oneof![3 => few.boxed(), 1 => many.boxed()], 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn keeps_all_rows_in_order_over_snapshots(batches in batches(), parallelism in 1u32..4) {
        let mut state = appended();
        let mut model: BTreeMap<i64, Vec<Keyed>> = BTreeMap::new();
        let mut expected: BTreeMap<Keyed, i64> = BTreeMap::new();
        let mut earlier = None;
        for (at, batch) in batches.iter().enumerate() {
            if at == batches.len() / 2 {
                earlier = Some((state.freeze(BARRIER).rows, expected.clone()));
            }
            add(&mut state, batch);
            for &row in batch {
                model.entry(row.0).or_default().push(row);
                *expected.entry(row).or_default() += 1;
            }
        }
        for (key, rows) in &model {
            prop_assert_eq!(of_key(&state, *key).unwrap(), columns(rows));
        }
        prop_assert_eq!(of_key(&state, 99), None);
        let (frozen, as_of_then) = earlier.unwrap();
        prop_assert_eq!(bag(vec![frozen]), as_of_then);

        // To other subtasks, by way of a map state and back.
        let snapshot = write_out(state.freeze(BARRIER).rows);
        let mut maps = Vec::new();
        let mut restored = Vec::new();
        for subtask in 0..parallelism {
            let range = KeyGroupRange::for_subtask(subtask, parallelism, 128);
            let mut map = MapState::new(spec()).unwrap();
            map.max_parallelism = 128;
            map.restore(&Snapshot(snapshot.clone(), range), 0).unwrap();
            maps.push(map.freeze(BARRIER).unwrap().rows);
            let mut again = appended();
            again.restore(&Snapshot(snapshot.clone(), range)).unwrap();
            restored.push(again.freeze(BARRIER).rows);
        }
        prop_assert_eq!(bag(maps), expected.clone());
        prop_assert_eq!(bag(restored), expected);
    }
}

#[test]
fn a_key_without_rows_is_forgotten() {
    let mut state = appended();
    let keys: [ArrayRef; 1] = [Arc::new(Int64Array::from(vec![1, 2]))];
    let hashes = hash_columns(&keys, 2).unwrap();
    let mut slots = Vec::new();
    state.load(&keys, &hashes, &mut slots).unwrap();
    state
        .append(&slots[1..], &columns(&[(2, Some(5))]))
        .unwrap();
    state.store();
    assert_eq!(state.index.len(), 1);
    assert_eq!(of_key(&state, 2).unwrap(), columns(&[(2, Some(5))]));
}

#[test]
fn what_needs_more_than_adding_is_refused() {
    let timed = MapStateSpec {
        ttl_ms: 1,
        ..spec()
    };
    let counted = MapStateSpec {
        counters: vec!["count".to_owned(), "associations".to_owned()],
        ..spec()
    };
    for spec in [timed, counted] {
        assert!(AppendedRows::new(&spec).unwrap().is_none());
    }
    let mut state = appended();
    let wrong: Vec<ArrayRef> = columns(&[(1, Some(1))]).into_iter().rev().collect();
    assert!(state.append(&[0], &wrong).is_err());
}

#[test]
fn takes_less_than_entries_take() {
    let rows: Vec<Keyed> = (0..20_000).map(|row| (row / 16, Some(row % 500))).collect();
    let mut state = appended();
    let mut map = MapState::new(spec()).unwrap().with_unordered_entries();
    for batch in rows.chunks(1000) {
        add(&mut state, batch);
        let keys: [ArrayRef; 1] = [Arc::new(Int64Array::from_iter_values(
            batch.iter().map(|row| row.0),
        ))];
        let mut slots = Vec::new();
        let hashes = hash_columns(&keys, batch.len()).unwrap();
        map.load(&keys, &hashes, &mut slots).unwrap();
        let entries = map.entry_codec().encode(&columns(batch)).unwrap();
        for (row, &slot) in slots.iter().enumerate() {
            map.put(slot, entries.row(row), &[1], &[]).unwrap();
        }
        map.store().unwrap();
    }
    let (own, other) = (state.memory_size(), map.memory_size());
    assert!(own * 3 < other * 2, "{own} beside {other}");
}
