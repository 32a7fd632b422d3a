#![allow(clippy::unwrap_used)]
//! A map state against a model: random batches, snapshots while it changes, restore at another parallelism.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::ids::CheckpointId;
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::{FrozenRows, StateReader};
use alpheus_dataflow::{OperatorResult, RowType, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Int64Type};
use proptest::prelude::*;

use super::*;
use crate::rocksdb::testing::{backend, backend_caching};
use crate::row_codec::SortColumn;

pub(super) const BARRIER: CheckpointBarrier = CheckpointBarrier {
    id: CheckpointId(1),
    timestamp: 0,
    kind: CheckpointKind::Checkpoint,
    overtake_after_ms: None,
};

/// Key, then (number, text), which come in descending order of the number.
pub(super) type Model = BTreeMap<i64, Entries>;
/// The entries of a key: counter and note.
pub(super) type Entries = BTreeMap<(std::cmp::Reverse<i32>, String), (i64, Option<String>)>;

fn spec(ttl_ms: u64) -> MapStateSpec {
    MapStateSpec {
        name: "rows".to_owned(),
        keys: vec![TypeKind::BigInt.nullable()],
        entry: vec![
            SortColumn {
                ty: TypeKind::Integer.nullable(),
                descending: true,
                nulls_first: false,
            },
            SortColumn::ascending(TypeKind::string().nullable()),
        ],
        counters: vec!["count".to_owned(), "associations".to_owned()],
        payload: RowType::new(vec![Field::new("note", TypeKind::string().nullable())]),
        ttl_ms,
    }
}

pub(super) fn state(ttl_ms: u64) -> MapState {
    let mut state = MapState::new(spec(ttl_ms)).unwrap();
    state.max_parallelism = 128;
    state
}

/// A state on RocksDB, with the folder that it lies in.
fn rocks_state(ttl_ms: u64) -> (tempfile::TempDir, MapState) {
    rocks_state_caching(ttl_ms, 500)
}

/// The same with so many bytes of entries in memory.
fn rocks_state_caching(ttl_ms: u64, bytes: usize) -> (tempfile::TempDir, MapState) {
    let (folder, backend) = backend_caching(bytes);
    let mut state = state(ttl_ms).with_packed_payload();
    state.bind(&backend).unwrap();
    (folder, state)
}

/// Rows of a snapshot, of the key groups of one subtask.
pub(super) struct Rows(
    pub(super) Vec<(KeyGroup, RecordBatch)>,
    pub(super) KeyGroupRange,
);

impl StateReader for Rows {
    fn keyed<'a>(
        &'a self,
        name: &str,
    ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>> {
        assert_eq!(name, "rows");
        let mine = self.0.iter().filter(|(group, _)| self.1.contains(*group));
        Ok(Box::new(mine.map(|(_, rows)| Ok(rows.clone()))))
    }
    fn list(&self, _name: &str) -> OperatorResult<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}

pub(super) fn write_out(frozen: Box<dyn FrozenRows>) -> Vec<(KeyGroup, RecordBatch)> {
    let mut rows = Vec::new();
    let schema = frozen.schema();
    frozen
        .write(&mut |group, batch| {
            assert_eq!(batch.schema(), schema);
            rows.push((group, batch));
            Ok(())
        })
        .unwrap();
    assert!(rows.is_sorted_by_key(|(group, _)| *group));
    rows
}

pub(super) fn model_of(rows: &[(KeyGroup, RecordBatch)]) -> Model {
    let mut model = Model::new();
    for (_, rows) in rows {
        let keys = rows.column(0).as_primitive::<Int64Type>();
        let numbers = rows.column(1).as_primitive::<Int32Type>();
        let texts = rows.column(2).as_string::<i32>();
        let counts = rows.column(4).as_primitive::<Int64Type>();
        let notes = rows.column(6).as_string::<i32>();
        for row in 0..rows.num_rows() {
            let entry = (
                std::cmp::Reverse(numbers.value(row)),
                texts.value(row).to_owned(),
            );
            let note = notes.is_valid(row).then(|| notes.value(row).to_owned());
            let before = model
                .entry(keys.value(row))
                .or_default()
                .insert(entry, (counts.value(row), note));
            assert!(before.is_none(), "an entry came twice");
        }
    }
    model
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Put(i64, Option<String>),
    Remove,
    RemoveFrom,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (any::<i64>(), prop::option::of("[a-z]{0,300}")).prop_map(|(c, note)| Action::Put(c, note)),
        2 => Just(Action::Remove),
        1 => Just(Action::RemoveFrom),
    ]
}

/// What a batch does: key, number, text, action.
pub(super) type Batch = Vec<(i64, i32, String, Action)>;

pub(super) fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let row = (0i64..5, 0i32..40, "[ab]{0,2}", action());
    prop::collection::vec(prop::collection::vec(row, 1..60), 1..10)
}

pub(super) fn apply(state: &mut MapState, model: &mut Model, batch: &Batch) {
    let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(
        batch.iter().map(|row| row.0),
    ))];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(batch.iter().map(|row| row.1))),
        Arc::new(StringArray::from_iter_values(
            batch.iter().map(|row| &row.2),
        )),
    ];
    let notes: ArrayRef = Arc::new(
        batch
            .iter()
            .map(|row| match &row.3 {
                Action::Put(_, note) => note.clone(),
                _ => None,
            })
            .collect::<StringArray>(),
    );
    let hashes = hash_columns(&keys, batch.len()).unwrap();
    let mut slots = Vec::new();
    state.begin(0);
    state.load(&keys, &hashes, &mut slots).unwrap();
    let entries = state.entry_codec().encode(&columns).unwrap();
    // What is read together makes no difference but for the time it takes.
    match batch.len() % 4 {
        0 => state.fetch_keys(&slots, 1 << 20).unwrap(),
        1 => state.fetch_keys(&slots, 300).unwrap(),
        2 => {
            let all = slots.iter().enumerate();
            let all = all.map(|(row, &slot)| (slot, entries.row(row)));
            state.fetch(all).unwrap();
        }
        _ => {}
    }
    let numbers = state.entry_codec().prefix(1).unwrap();
    let numbers = numbers.encode(&columns[..1]).unwrap();
    let payloads = state.payload_codec().encode(&[notes]).unwrap();
    for (row, (key, number, text, action)) in batch.iter().enumerate() {
        let (slot, entry) = (slots[row], entries.row(row));
        let map = model.entry(*key).or_default();
        let known = (std::cmp::Reverse(*number), text.clone());
        let found = state
            .get(slot, entry)
            .unwrap()
            .map(|value| value.counter(0));
        assert_eq!(found, map.get(&known).map(|(count, _)| *count));
        match action {
            Action::Put(count, note) => {
                let payload = payloads.row(row);
                state.put(slot, entry, &[*count, 0], payload).unwrap();
                map.insert(known, (*count, note.clone()));
            }
            Action::Remove => {
                state.remove(slot, entry).unwrap();
                map.remove(&known);
            }
            Action::RemoveFrom => {
                let range = EntryRange {
                    from: Bound::Included(numbers.row(row)),
                    to: Bound::Unbounded,
                };
                state.remove_range(slot, &range).unwrap();
                map.retain(|(other, _), _| other.0 > *number);
            }
        }
        check_scan(state, slot, map, numbers.row(row), *number);
    }
    state.store().unwrap();
    model.retain(|_, map| !map.is_empty());
    if let Backing::Memory(map) = &state.map {
        assert_eq!(map.len(), model.len());
        assert!(map.counts_its_memory());
    }
}

fn check_scan(state: &MapState, slot: u32, map: &Entries, prefix: &[u8], number: i32) {
    type Keep = fn(i32, i32) -> bool;
    let ranges: [(EntryRange<'_>, Keep); 4] = [
        (EntryRange::ALL, |_, _| true),
        (EntryRange::prefix(prefix), |other, number| other == number),
        (EntryRange::after(prefix), |other, number| other < number),
        (EntryRange::up_to(prefix), |other, number| other >= number),
    ];
    for (range, keep) in ranges {
        for order in [ScanOrder::Forward, ScanOrder::Backward] {
            let mut found = Vec::new();
            let mut visit = |_: &[u8], value: &Value<'_>| {
                found.push(value.counter(0));
                ControlFlow::Continue(())
            };
            state.scan(slot, &range, order, &mut visit).unwrap();
            let expected = map.iter().filter(|((other, _), _)| keep(other.0, number));
            let mut expected: Vec<i64> = expected.map(|(_, (count, _))| *count).collect();
            if order == ScanOrder::Backward {
                expected.reverse();
            }
            assert_eq!(found, expected);
        }
    }
}

fn check_backends(
    batches: &[Batch],
    cut: usize,
    parallelism: u32,
    make: &mut dyn FnMut() -> MapState,
    make_again: &mut dyn FnMut() -> MapState,
) {
    let (mut one, mut model) = (make(), Model::new());
    for batch in &batches[..cut] {
        apply(&mut one, &mut model, batch);
    }
    let (frozen, at_barrier) = (one.freeze(BARRIER).unwrap(), model.clone());
    // The state goes on while the snapshot is not written yet.
    for batch in &batches[cut..] {
        apply(&mut one, &mut model, batch);
    }
    let rows = write_out(frozen.rows);
    assert_eq!(&model_of(&rows), &at_barrier);
    let mut restored = Model::new();
    for subtask in 0..parallelism {
        let range = KeyGroupRange::for_subtask(subtask, parallelism, 128);
        let mut part = make_again();
        part.restore(&Rows(rows.clone(), range), 0).unwrap();
        restored.extend(model_of(&write_out(part.freeze(BARRIER).unwrap().rows)));
        if parallelism == 1 {
            // Goes on as if nothing had happened.
            let mut again = at_barrier.clone();
            for batch in &batches[cut..] {
                apply(&mut part, &mut again, batch);
            }
            assert_eq!(&again, &model);
        }
    }
    assert_eq!(&restored, &at_barrier);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn agrees_with_a_model_through_snapshots_and_rescaling(
        batches in batches(), snapshot_at in any::<prop::sample::Index>(), parallelism in 1u32..4,
    ) {
        let cut = snapshot_at.index(batches.len());
        check_backends(&batches, cut, parallelism, &mut || state(0), &mut || state(0));
        let mut packed = || state(0).with_packed_payload();
        check_backends(&batches, cut, parallelism, &mut packed, &mut || state(0));
        check_backends(&batches, cut, parallelism, &mut || state(0), &mut packed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn rocksdb_agrees_too_and_may_be_changed_for_hashmap(
        batches in batches(), snapshot_at in any::<prop::sample::Index>(), parallelism in 1u32..4,
        before in any::<bool>(), after in any::<bool>(), cached in prop::sample::select(vec![0, 2000, 9000, 1 << 20]),
    ) {
        let mut folders = Vec::new();
        let mut rocks = || {
            let (folder, state) = rocks_state_caching(0, cached);
            folders.push(folder);
            state
        };
        let cut = snapshot_at.index(batches.len());
        let in_memory = || state(0).with_packed_payload();
        let mut one = Some(if before { rocks() } else { in_memory() });
        let mut make = || one.take().unwrap();
        let mut again = || if after { rocks() } else { in_memory() };
        check_backends(&batches, cut, parallelism, &mut make, &mut again);
    }
}

/// What is at or above a number goes; the greatest come first. Whether somebody sees them.
fn check_removal(
    state: &mut MapState,
    batches: &[Batch],
    number: i32,
    slots: Option<&[u32]>,
    seen: bool,
) {
    let mut model = Model::new();
    for batch in batches {
        apply(state, &mut model, batch);
    }
    let frozen = state.freeze(BARRIER).unwrap();
    let bound = state.entry_codec().prefix(1).unwrap();
    let column: ArrayRef = Arc::new(Int32Array::from(vec![number]));
    let bound = bound.encode(&[column]).unwrap();
    let mut shown: Vec<i64> = Vec::new();
    state.begin(0);
    let mut see = |_: &[u8], value: &Value<'_>| shown.push(value.counter(0));
    let visit: Option<&mut VisitRemoved<'_>> = if seen { Some(&mut see) } else { None };
    state.remove_up_to(bound.row(0), slots, visit).unwrap();
    assert_eq!(model_of(&write_out(frozen.rows)), model);
    let mut gone: Vec<i64> = Vec::new();
    for map in model.values_mut() {
        let (out, left) = std::mem::take(map)
            .into_iter()
            .partition(|((other, _), _)| other.0 >= number);
        *map = left;
        gone.extend(Entries::into_values(out).map(|(count, _)| count));
    }
    model.retain(|_, map| !map.is_empty());
    shown.sort_unstable();
    gone.sort_unstable();
    if seen {
        assert_eq!(shown, gone);
    }
    if let Backing::Memory(map) = &state.map {
        assert_eq!(map.len(), model.len());
        assert!(map.counts_its_memory());
    }
    let left = write_out(state.freeze(BARRIER).unwrap().rows);
    assert_eq!(model_of(&left), model);
    for batch in batches {
        let mut batch = batch.clone();
        batch.retain(|row| seen || row.1 < number);
        if !batch.is_empty() {
            apply(state, &mut model, &batch);
        }
    }
    let left = write_out(state.freeze(BARRIER).unwrap().rows);
    assert_eq!(model_of(&left), model);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_first_entries_of_all_keys_can_be_removed(
        batches in batches(), number in 0i32..40, seen in any::<bool>(),
        cached in prop::sample::select(vec![0, 2000, 9000, 1 << 20]),
    ) {
        check_removal(&mut state(0), &batches, number, None, seen);
        // Looking twice at a slot, or at one that nobody has, changes nothing.
        let slots: Vec<u32> = (0..200).rev().chain(0..100).collect();
        check_removal(&mut state(0), &batches, number, Some(&slots), seen);
        let (_folder, mut on_disk) = rocks_state_caching(0, cached);
        check_removal(&mut on_disk, &batches, number, None, seen);
    }
}

pub(super) fn one_row(key: i64, number: i32) -> (Vec<ArrayRef>, Vec<u64>, Vec<ArrayRef>) {
    let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![key]))];
    let hashes = hash_columns(&keys, 1).unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![number])),
        Arc::new(StringArray::from(vec![""])),
    ];
    (keys, hashes, columns)
}

#[test]
fn entries_expire_one_by_one() {
    let mut in_memory = state(100);
    expire(&mut in_memory);
    assert_eq!(
        in_memory.estimated_len(),
        0,
        "expired entries and their key are dropped"
    );
    let (_folder, mut on_disk) = rocks_state(100);
    expire(&mut on_disk);
}

fn expire(state: &mut MapState) {
    let mut slots = Vec::new();
    let mut note = |state: &mut MapState, now: i64, number: i32, put: bool| {
        let (keys, hashes, columns) = one_row(1, number);
        state.begin(now);
        state.load(&keys, &hashes, &mut slots).unwrap();
        let entry = state.entry_codec().encode(&columns).unwrap();
        let found = state.get(slots[0], entry.row(0)).unwrap().is_some();
        let mut seen = 0;
        let mut count = |_: &[u8], _: &Value<'_>| {
            seen += 1;
            ControlFlow::Continue(())
        };
        state
            .scan(slots[0], &EntryRange::ALL, ScanOrder::Forward, &mut count)
            .unwrap();
        if put {
            state.put(slots[0], entry.row(0), &[1, 0], &[]).unwrap();
        }
        state.store().unwrap();
        (found, seen)
    };
    assert_eq!(note(state, 1000, 1, true), (false, 0));
    assert_eq!(note(state, 1050, 2, true), (false, 1));
    assert_eq!(note(state, 1099, 1, false), (true, 2));
    assert_eq!(note(state, 1100, 1, false), (false, 1));
    assert_eq!(note(state, 1149, 2, false), (true, 1));
    assert_eq!(note(state, 1150, 2, false), (false, 0));
}

#[test]
fn looking_makes_no_keys() {
    let mut state = state(0);
    let (keys, hashes, columns) = one_row(9, 1);
    let mut slots = Vec::new();
    state.probe(&keys, &hashes, &mut slots).unwrap();
    assert_eq!(slots, [NO_SLOT]);
    let entry = state.entry_codec().encode(&columns).unwrap();
    assert_eq!(state.get(NO_SLOT, entry.row(0)).unwrap(), None);
    state.load(&keys, &hashes, &mut slots).unwrap();
    let nothing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
    let payload = state.payload_codec().encode(&[nothing]).unwrap();
    state
        .put(slots[0], entry.row(0), &[3, 4], payload.row(0))
        .unwrap();
    state.store().unwrap();
    state.probe(&keys, &hashes, &mut slots).unwrap();
    let value = state.get(slots[0], entry.row(0)).unwrap().unwrap();
    assert_eq!((value.counter(0), value.counter(1)), (3, 4));
    let mut all = Vec::new();
    state
        .for_each_batch(&mut |rows| {
            let number = |column: &ArrayRef| column.as_primitive::<Int64Type>().value(0);
            all.push((number(&rows.keys[0]), number(&rows.counters[1])));
            Ok(())
        })
        .unwrap();
    assert_eq!(all, [(9, 4)]);
}

#[test]
fn other_columns_are_refused() {
    let mut other = spec(0);
    other.counters.pop();
    let mut state = state(0);
    let mut written = MapState::new(other).unwrap();
    let (keys, hashes, columns) = one_row(9, 1);
    let mut slots = Vec::new();
    written.load(&keys, &hashes, &mut slots).unwrap();
    let entry = written.entry_codec().encode(&columns).unwrap();
    let nothing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
    let payload = written.payload_codec().encode(&[nothing]).unwrap();
    written
        .put(slots[0], entry.row(0), &[1], payload.row(0))
        .unwrap();
    let rows = write_out(written.freeze(BARRIER).unwrap().rows);
    let rows = Rows(rows, KeyGroupRange::all(128));
    let error = state.restore(&rows, 0).unwrap_err();
    assert!(
        error.to_string().contains("another version of the query"),
        "{error}"
    );
}

/// The rows of a state that has one entry with the payload `note`.
fn one_note(payload: RowType) -> Rows {
    let mut state = MapState::new(MapStateSpec { payload, ..spec(0) }).unwrap();
    let (keys, hashes, columns) = one_row(9, 1);
    let mut slots = Vec::new();
    state.load(&keys, &hashes, &mut slots).unwrap();
    let entry = state.entry_codec().encode(&columns).unwrap();
    let note: ArrayRef = Arc::new(StringArray::from(vec!["old"]));
    let payload = state.payload_codec().encode(&[note]).unwrap();
    state
        .put(slots[0], entry.row(0), &[1, 2], payload.row(0))
        .unwrap();
    let rows = write_out(state.freeze(BARRIER).unwrap().rows);
    Rows(rows, KeyGroupRange::all(128))
}

#[test]
fn columns_that_were_added_are_null() {
    let text = |name: &str| Field::new(name, TypeKind::string().nullable());
    let number = |name: &str| Field::new(name, TypeKind::BigInt.nullable());
    let old = one_note(RowType::new(vec![text("note")]));
    let with = |fields: Vec<Field>| {
        let payload = RowType::new(fields);
        MapState::new(MapStateSpec { payload, ..spec(0) }).unwrap()
    };
    for rocks in [false, true] {
        let mut state = with(vec![number("before"), text("note"), number("behind")]);
        let (_folder, backend) = backend();
        if rocks {
            state.bind(&backend).unwrap();
        }
        state.restore(&old, 0).unwrap();
        let rows = write_out(state.freeze(BARRIER).unwrap().rows);
        let rows = &rows[0].1;
        let column = |name: &str| rows.column_by_name(name).unwrap();
        assert_eq!(column("note").as_string::<i32>().value(0), "old");
        assert_eq!(column("before").null_count(), 1);
        assert_eq!(column("behind").null_count(), 1);
    }
    let error = |fields: Vec<Field>| with(fields).restore(&old, 0).unwrap_err().to_string();
    let ty = error(vec![number("note")]);
    assert!(
        ty.starts_with("column `note` was Utf8 and is Int64 now"),
        "{ty}"
    );
    let gone = error(vec![number("other"), number("third")]);
    assert!(
        gone.starts_with("column `note` (Utf8) of the snapshot is kept no more"),
        "{gone}"
    );
    let required = Field::new("more", TypeKind::BigInt.not_null());
    let required = error(vec![text("note"), required]);
    assert!(
        required.starts_with("the snapshot has no column `more` (BIGINT NOT NULL)"),
        "{required}"
    );
}
