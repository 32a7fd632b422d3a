#![allow(clippy::unwrap_used)]
//! Both backends against a model, with a cache so small that keys are read and written all the time, and
//! snapshots that either takes from the other.

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::CheckpointId;
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{TypeKind, snapshot};
use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;

use super::*;
use crate::encryption::DataKeys;
use crate::map_state::native_tests::{Job, barrier};
use crate::rocksdb::testing::backend_of;

/// The digits of a key in the order in which they came.
#[derive(Default)]
struct Digits(CowVec<i64>);

impl SlotColumns for Digits {
    fn fields(&self) -> Vec<Field> {
        vec![Field::new("digits", TypeKind::BigInt.not_null())]
    }
    fn resize(&mut self, slots: usize) {
        self.0.resize(slots);
    }
    fn clear(&mut self, slots: &[u32]) {
        for &slot in slots {
            *self.0.get_mut(slot as usize) = 0;
        }
    }
    fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let values = slots.iter().map(|&slot| *self.0.get(slot as usize));
        Ok(vec![Arc::new(Int64Array::from_iter_values(values))])
    }
    fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
        let values = columns[0].as_primitive::<Int64Type>().values();
        for (&slot, &value) in slots.iter().zip(values) {
            let digits = self.0.get_mut(slot as usize);
            *digits = append(*digits, value);
        }
        Ok(())
    }
    fn freeze(&mut self) -> Self {
        Digits(self.0.freeze())
    }
    fn memory_size(&self) -> usize {
        self.0.memory_size()
    }
}

/// Digits and digits after them.
fn append(digits: i64, more: i64) -> i64 {
    let mut shift = 1;
    while shift <= more {
        shift *= 10;
    }
    digits.wrapping_mul(shift).wrapping_add(more) % 1_000_003
}

type Model = BTreeMap<i64, BTreeMap<i64, i64>>;

#[derive(Clone, Debug)]
enum Step {
    /// Namespace, and keys with digits.
    Rows(i64, Vec<(i64, i64)>),
    /// What some namespaces hold together.
    Visit(i64, i64),
    Fold(i64, i64),
    Remove(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rows = prop::collection::vec((0i64..40, 1i64..9), 1..20);
    let step = prop_oneof![
        6 => (-3i64..3, rows).prop_map(|(ns, rows)| Step::Rows(ns, rows)),
        2 => (-3i64..3, -3i64..3).prop_map(|(a, b)| Step::Visit(a.min(b), a.max(b))),
        1 => (-3i64..3, -3i64..3).prop_map(|(a, b)| Step::Fold(a.min(b), a.max(b))),
        1 => (-3i64..3).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 1..24)
}

fn state(
    range: KeyGroupRange,
    rocks: bool,
    folders: &mut Vec<tempfile::TempDir>,
) -> NamespacedTable<Digits> {
    let types = [TypeKind::BigInt.nullable()];
    let mut state = NamespacedTable::new("digits", &types, Digits::default()).unwrap();
    state.max_parallelism = 128;
    if rocks {
        let (folder, backend) = backend_of(range, false);
        folders.push(folder);
        state.bind(&backend).unwrap();
    }
    state
}

fn contents(into: &mut BTreeMap<i64, i64>, table: &HashMapTable<Digits>) {
    let slots = table.live_slots();
    let keys = table.key_columns(&slots).unwrap();
    let keys = keys[0].as_primitive::<Int64Type>();
    for (row, &slot) in slots.iter().enumerate() {
        let digits = *table.columns().0.get(slot as usize);
        assert_eq!(into.insert(keys.value(row), digits), None);
    }
}

fn together(model: &Model, from: i64, to: i64) -> BTreeMap<i64, i64> {
    let mut all = BTreeMap::new();
    for (key, digits) in model.range(from..=to).flat_map(|(_, keys)| keys) {
        let known = all.entry(*key).or_insert(0);
        *known = append(*known, *digits);
    }
    all
}

fn apply(state: &mut NamespacedTable<Digits>, model: &mut Model, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Rows(namespace, rows) => {
                let numbers = rows.iter().map(|row| row.0);
                let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(numbers))];
                let hashes = hash_columns(&keys, rows.len()).unwrap();
                let mut slots = Vec::new();
                let columns = state.load(*namespace, &keys, &hashes, &mut slots).unwrap();
                for (&slot, &(key, digit)) in slots.iter().zip(rows) {
                    let digits = columns.0.get_mut(slot as usize);
                    let known = model.entry(*namespace).or_default().entry(key).or_insert(0);
                    assert_eq!(*digits, *known);
                    *known = append(*known, digit);
                    *digits = *known;
                }
                state.store(*namespace, &slots);
                state.finish_batch().unwrap();
            }
            Step::Visit(from, to) => {
                let namespaces = state.namespaces_in(*from..=*to);
                let mut found = BTreeMap::new();
                let mut visit = |table: &HashMapTable<Digits>| {
                    contents(&mut found, table);
                    Ok(())
                };
                state.visit(&namespaces, &mut visit).unwrap();
                assert_eq!(found, together(model, *from, *to));
            }
            Step::Fold(from, to) => {
                let namespaces = state.namespaces_in(*from..=*to);
                let mut found = BTreeMap::new();
                let mut visit = |table: &HashMapTable<Digits>| {
                    contents(&mut found, table);
                    Ok(())
                };
                state.fold(&namespaces, &mut visit).unwrap();
                let all = together(model, *from, *to);
                assert_eq!(found, all);
                model.retain(|namespace, _| !(*from..=*to).contains(namespace));
                if let Some(first) = namespaces.first() {
                    model.insert(*first, all);
                }
            }
            Step::Remove(namespace) => {
                state.remove(*namespace).unwrap();
                model.remove(namespace);
            }
        }
        assert!(state.namespaces().eq(model.keys().copied()));
    }
}

fn write_out(state: &mut NamespacedTable<Digits>) -> (Vec<(KeyGroup, RecordBatch)>, Model) {
    let barrier = CheckpointBarrier {
        id: CheckpointId(1),
        timestamp: 0,
        kind: CheckpointKind::Savepoint,
        overtake_after_ms: None,
    };
    let (mut rows, mut model) = (Vec::new(), Model::new());
    let frozen = state.freeze(barrier).unwrap();
    let mut take = |group, batch: RecordBatch| {
        rows.push((group, batch));
        Ok(())
    };
    frozen.rows.write(&mut take).unwrap();
    for (_, rows) in &rows {
        let column = |index: usize| rows.column(index).as_primitive::<Int64Type>();
        for row in 0..rows.num_rows() {
            let keys = model.entry(column(0).value(row)).or_default();
            let before = keys.insert(column(1).value(row), column(2).value(row));
            assert_eq!(before, None);
        }
    }
    (rows, model)
}

struct Rows(Vec<(KeyGroup, RecordBatch)>, KeyGroupRange);

impl snapshot::StateReader for Rows {
    fn keyed<'a>(
        &'a self,
        _name: &str,
    ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>> {
        let mine = self.0.iter().filter(|(group, _)| self.1.contains(*group));
        Ok(Box::new(mine.map(|(_, rows)| Ok(rows.clone()))))
    }
    fn list(&self, _name: &str) -> OperatorResult<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}

#[test]
fn files_of_a_database_say_which_namespaces_there_are() {
    let (all, mut folders, mut model) = (KeyGroupRange::all(128), Vec::new(), Model::new());
    let (folder, backend) = backend_of(all, true);
    folders.push(folder);
    let mut one = state(all, false, &mut folders);
    one.bind(&backend).unwrap();
    let rows = |from: i64| (from..from + 30).map(|key| (key, 1 + key % 9)).collect();
    let steps = [
        Step::Rows(-2, rows(0)),
        Step::Rows(7, rows(20)),
        Step::Rows(9, rows(5)),
    ];
    apply(&mut one, &mut model, &steps);
    let mut job = Job::new();
    let (handle, _) = job.write(one.freeze(barrier(1)).unwrap(), 1);
    let (folder, backend) = backend_of(all, true);
    folders.push(folder);
    backend.restore_from(vec![handle], DataKeys::default());
    let mut two = state(all, false, &mut folders);
    two.bind(&backend).unwrap();
    let steps = [
        Step::Visit(-2, 9),
        Step::Rows(7, rows(3)),
        Step::Fold(-2, 7),
    ];
    apply(&mut two, &mut model, &steps);
    assert_eq!(write_out(&mut two).1, model);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn both_backends_agree_with_a_model_and_change_places(
        first in steps(), second in steps(), before in any::<bool>(), after in any::<bool>(),
    ) {
        let mut folders = Vec::new();
        let all = KeyGroupRange::all(128);
        let (mut one, mut model) = (state(all, before, &mut folders), Model::new());
        apply(&mut one, &mut model, &first);
        let (rows, written) = write_out(&mut one);
        prop_assert_eq!(&written, &model);
        let mut parts = Model::new();
        for subtask in 0..2 {
            let range = KeyGroupRange::for_subtask(subtask, 2, 128);
            let mut part = state(range, after, &mut folders);
            part.restore(&Rows(rows.clone(), range)).unwrap();
            for (namespace, keys) in write_out(&mut part).1 {
                parts.entry(namespace).or_default().extend(keys);
            }
        }
        prop_assert_eq!(&parts, &model);
        let mut whole = state(all, after, &mut folders);
        whole.restore(&Rows(rows, all)).unwrap();
        // A barrier writes what was changed; what is in memory stays there.
        apply(&mut whole, &mut model, &second);
        prop_assert_eq!(&write_out(&mut whole).1, &model);
        apply(&mut whole, &mut model, &first);
        prop_assert_eq!(&write_out(&mut whole).1, &model);
    }
}
