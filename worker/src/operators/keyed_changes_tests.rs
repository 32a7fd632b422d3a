//! Operators that keep what a key last said, under changes in any order, with restarts in between.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{RowType, TypeKind};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, UInt8Array};
use proptest::prelude::*;

use super::changelog_normalize::ChangelogNormalize;
use super::harness::Harness;
use super::sink_upsert_materializer::SinkUpsertMaterializer;

/// A PRIMARY KEY, an upsert key, a value.
type Row = (i64, i64, i64);

fn row_type() -> RowType {
    let field = |name: &str| Field::new(name, TypeKind::BigInt.nullable());
    RowType::new(vec![field("pk"), field("uk"), field("v")])
}

fn batch(rows: &[(RowKind, Row)]) -> ChangelogBatch {
    let column = |value: fn(&Row) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|(_, row)| value(row)),
        ))
    };
    let columns = vec![column(|r| r.0), column(|r| r.1), column(|r| r.2)];
    let kinds = UInt8Array::from_iter_values(rows.iter().map(|(kind, _)| *kind as u8));
    let rows = RecordBatch::try_new(row_type().to_arrow(), columns).unwrap();
    ChangelogBatch::try_new(rows, Some(kinds)).unwrap()
}

fn text((pk, uk, v): &Row) -> String {
    format!("{pk} {uk} {v}")
}

/// Sends the rows in batches of three, with a restart after every other.
fn run(harness: &mut Harness, changes: &[(RowKind, Row)]) {
    let poison = batch(&[(RowKind::Insert, (0, 0, 99))]);
    for (round, part) in changes.chunks(3).enumerate() {
        harness.send(&batch(part));
        if round % 2 == 1 {
            harness.restart([2, 1, 3][round % 3], &poison);
        }
    }
}

/// Changes of a table whose rows are updated by their upsert key, as a query emits them: what is taken back
/// was there.
fn changelog(updates: &[(i64, Row, bool)]) -> Vec<(RowKind, Row)> {
    let mut table: BTreeMap<i64, Row> = BTreeMap::new();
    let mut changes = Vec::new();
    for &(uk, (pk, _, v), gone) in updates {
        let new = (pk, uk, v);
        match (table.remove(&uk), gone) {
            (Some(old), true) => changes.push((RowKind::Delete, old)),
            (None, true) => {}
            (Some(old), false) => {
                changes.push((RowKind::UpdateBefore, old));
                changes.push((RowKind::UpdateAfter, new));
                table.insert(uk, new);
            }
            (None, false) => {
                changes.push((RowKind::Insert, new));
                table.insert(uk, new);
            }
        }
    }
    changes
}

fn updates() -> impl Strategy<Value = Vec<(i64, Row, bool)>> {
    let update = (
        0i64..5,
        (0i64..3, Just(0), 0i64..4),
        prop::bool::weighted(0.3),
    );
    prop::collection::vec(update, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_last_row_of_each_primary_key_is_written(updates in updates(), with_key in any::<bool>()) {
        let changes = changelog(&updates);
        let spec = OperatorSpec::SinkUpsertMaterializer {
            keys: vec![0],
            upsert_key: if with_key { vec![1] } else { Vec::new() },
            state_ttl_ms: 0,
        };
        let mut harness = Harness::new(spec, row_type(), &[0], 2, |node| {
            Box::new(SinkUpsertMaterializer::new(node, &row_type()).unwrap())
        });
        run(&mut harness, &changes);
        let mut lists: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
        for (kind, row) in &changes {
            let list = lists.entry(row.0).or_default();
            match kind.is_additive() {
                true => list.push(*row),
                false => {
                    let at = list.iter().position(|other| other == row).unwrap();
                    list.remove(at);
                }
            }
        }
        let expected: Vec<String> = lists.values().filter_map(|l| l.last()).map(text).collect();
        let mut table: BTreeMap<String, String> = BTreeMap::new();
        for (kind, row) in harness.changes() {
            let key = row.split(' ').next().unwrap().to_owned();
            match kind {
                RowKind::Insert => prop_assert!(table.insert(key, row).is_none()),
                RowKind::UpdateAfter => prop_assert!(table.insert(key, row).is_some()),
                RowKind::Delete => prop_assert!(table.remove(&key).is_some()),
                RowKind::UpdateBefore => prop_assert!(false, "no -U"),
            }
        }
        prop_assert_eq!(table.into_values().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn repeated_changes_count_once(updates in updates(), repeats in prop::collection::vec(1usize..3, 80)) {
        // Upserts by the first column, each perhaps twice, deletes of keys that are not there among them.
        let mut changes = Vec::new();
        let mut expected: BTreeMap<i64, Row> = BTreeMap::new();
        for (at, &(uk, (pk, _, v), gone)) in updates.iter().enumerate() {
            let row = (pk, uk, v);
            let kind = match gone {
                true => RowKind::Delete,
                false => RowKind::UpdateAfter,
            };
            changes.extend(std::iter::repeat_n((kind, row), repeats[at]));
            changes.push((RowKind::UpdateBefore, (pk, 77, 77)));
            match gone {
                true => expected.remove(&pk),
                false => expected.insert(pk, row),
            };
        }
        let spec = OperatorSpec::ChangelogNormalize {
            keys: vec![0],
            generate_update_before: true,
            state_ttl_ms: 0,
        };
        let mut harness = Harness::new(spec, row_type(), &[0], 2, |node| {
            Box::new(ChangelogNormalize::new(node, &row_type()).unwrap())
        });
        run(&mut harness, &changes);
        prop_assert_eq!(harness.materialized(), expected.values().map(text).collect::<Vec<_>>());
    }
}

#[test]
fn without_readers_of_old_rows_none_are_emitted() {
    let spec = OperatorSpec::ChangelogNormalize {
        keys: vec![0],
        generate_update_before: false,
        state_ttl_ms: 0,
    };
    let mut harness = Harness::new(spec, row_type(), &[0], 1, |node| {
        Box::new(ChangelogNormalize::new(node, &row_type()).unwrap())
    });
    harness.send(&batch(&[
        (RowKind::UpdateAfter, (1, 1, 1)),
        (RowKind::UpdateAfter, (1, 1, 2)),
        (RowKind::UpdateAfter, (1, 1, 2)),
        (RowKind::Delete, (1, 0, 0)),
    ]));
    let expected = [
        (RowKind::Insert, "1 1 1".to_owned()),
        (RowKind::UpdateAfter, "1 1 2".to_owned()),
        (RowKind::Delete, "1 1 2".to_owned()),
    ];
    assert_eq!(harness.changes(), expected);
}
