#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::TypeKind;
use alpheus_dataflow::key_group::KeyGroupRange;
use arrow::array::{Array, AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;

use super::*;
use crate::encryption::DataKeys;
use crate::handle::NativeStateHandle;
use crate::map_state::native_tests::Job;
use crate::map_state::{MapState, MapStateSpec};
use crate::rocksdb::testing::backend_of;

const GROUPS: u32 = 128;
type Key = Option<i64>;
/// What each key has to do.
type Model = BTreeMap<Key, BTreeSet<i64>>;

fn columns(keys: &[Key]) -> Vec<ArrayRef> {
    vec![Arc::new(Int64Array::from(keys.to_vec()))]
}

fn timers(backend: Option<&Arc<RocksDbBackend>>) -> KeyTimers {
    let mut timers = KeyTimers::new(&[TypeKind::BigInt.nullable()]).unwrap();
    timers.max_parallelism = GROUPS;
    if let Some(backend) = backend {
        timers.bind(backend).unwrap();
    }
    timers
}

fn register(timers: &mut KeyTimers, model: &mut Model, batch: &[(Key, i64)]) {
    let keys: Vec<Key> = batch.iter().map(|(key, _)| *key).collect();
    let times: Vec<i64> = batch.iter().map(|(_, time)| *time).collect();
    timers.register_all(&columns(&keys), &times).unwrap();
    for (key, time) in batch {
        model.entry(*key).or_default().insert(*time);
    }
}

/// Takes out what is due and registers what is left, as operators do. Which keys were due.
fn take(timers: &mut KeyTimers, model: &mut Model, until: i64, most: usize) -> BTreeSet<Key> {
    let mut found = BTreeSet::new();
    loop {
        let due = timers.take_due(until, most).unwrap();
        if due.is_empty() {
            break;
        }
        assert!(due.len() <= most);
        let keys = timers.decode(&due).unwrap();
        let keys = keys[0].as_primitive::<Int64Type>();
        let keys = (0..keys.len()).map(|row| keys.is_valid(row).then(|| keys.value(row)));
        for (key, bytes) in keys.zip(&due) {
            found.insert(key);
            let times = model.get_mut(&key).unwrap();
            times.retain(|time| *time > until);
            if let Some(next) = times.first() {
                timers.register(*next, bytes);
            }
        }
        timers.store().unwrap();
    }
    assert!(timers.next().is_none_or(|next| next > until));
    found
}

fn due(model: &Model, until: i64) -> BTreeSet<Key> {
    let is_due = |times: &BTreeSet<i64>| times.first().is_some_and(|time| *time <= until);
    let due = model.iter().filter(|(_, times)| is_due(times));
    due.map(|(key, _)| *key).collect()
}

type Step = (Vec<(Key, i64)>, i64, usize);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = prop::option::of(0..12i64);
    let time = prop_oneof![-20..40i64, Just(i64::MIN), Just(i64::MAX)];
    let batch = prop::collection::vec((key, time), 0..12);
    prop::collection::vec((batch, -25..45i64, 1..5usize), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn keys_are_due_when_they_have_something_to_do(steps in steps(), on_disk in any::<bool>()) {
        let place = on_disk.then(|| backend_of(KeyGroupRange::all(GROUPS), false));
        let mut timers = timers(place.as_ref().map(|(_, backend)| backend));
        let mut model = Model::new();
        for (batch, until, most) in &steps {
            register(&mut timers, &mut model, batch);
            let expected = due(&model, *until);
            prop_assert_eq!(take(&mut timers, &mut model, *until, *most), expected);
        }
        let expected = due(&model, i64::MAX);
        prop_assert_eq!(take(&mut timers, &mut model, i64::MAX, 100), expected);
        prop_assert!(timers.is_empty().unwrap());
    }

    #[test]
    fn files_hold_timers_at_any_parallelism(steps in steps(), after in 1u32..4) {
        let (_folder, backend) = backend_of(KeyGroupRange::all(GROUPS), true);
        let mut before = timers(Some(&backend));
        let mut model = Model::new();
        for (batch, until, most) in &steps {
            register(&mut before, &mut model, batch);
            take(&mut before, &mut model, *until, *most);
        }
        // The files are those of all states of an operator.
        let rows = || MapState::new(MapStateSpec {
            name: "rows".to_owned(),
            keys: vec![TypeKind::BigInt.nullable()],
            entry: Vec::new(),
            counters: Vec::new(),
            payload: alpheus_dataflow::RowType::default(),
            ttl_ms: 0,
        });
        let mut rows = rows().unwrap();
        rows.bind(&backend).unwrap();
        let mut job = Job::new();
        let handle: NativeStateHandle = job.take(&mut rows, 1).0;
        let expected = due(&model, i64::MAX);
        let mut found = BTreeSet::new();
        for subtask in 0..after {
            let range = KeyGroupRange::for_subtask(subtask, after, GROUPS);
            let (_folder, backend) = backend_of(range, true);
            backend.restore_from(vec![handle.clone()], DataKeys::default());
            let mut part = timers(Some(&backend));
            found.extend(take(&mut part, &mut model, i64::MAX, 3));
        }
        prop_assert_eq!(found, expected);
    }
}
