#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{ArrayRef, RecordBatch, TimestampMillisecondArray};

use super::*;
use crate::operators::testing::context;

fn batch(times: &[Option<i64>]) -> ChangelogBatch {
    let column: ArrayRef = Arc::new(TimestampMillisecondArray::from(times.to_vec()));
    ChangelogBatch::inserts(RecordBatch::try_from_iter([("ts", column)]).unwrap())
}

fn assigner(idle_timeout_ms: u64) -> WatermarkAssigner {
    let spec = WatermarkSpec {
        rowtime: 0,
        expr: Expr::input(0, TypeKind::Timestamp(3).nullable()),
        idle_timeout_ms,
        alignment: None,
    };
    let mut assigner = WatermarkAssigner::new(spec, "ts".to_owned());
    assigner.open(&context(BTreeMap::new())).unwrap();
    assigner
}

fn feed(assigner: &mut WatermarkAssigner, times: &[i64]) -> Vec<String> {
    let times: Vec<Option<i64>> = times.iter().map(|time| Some(*time)).collect();
    let mut seen = Vec::new();
    assigner
        .process_batch(batch(&times), &mut |assigned| {
            seen.push(match assigned {
                Assigned::Rows(rows) => format!("{} rows", rows.num_rows()),
                Assigned::Watermark(watermark) => format!("w{}", watermark.0),
                Assigned::Idle(idle) => format!("idle {idle}"),
            });
            true
        })
        .unwrap();
    seen
}

#[test]
fn rows_in_order_pass_whole_with_one_watermark_behind_them() {
    let mut assigner = assigner(0);
    assert_eq!(
        feed(&mut assigner, &[1000, 2000, 3000]),
        ["3 rows", "w3000"]
    );
    // Less than the interval: nothing is said until the clock says so.
    assert_eq!(feed(&mut assigner, &[3100]), ["1 rows"]);
    let timer = assigner.next_timer().unwrap();
    assert!(assigner.on_processing_time(timer - 1).is_none());
    assert!(matches!(
        assigner.on_processing_time(timer),
        Some(Assigned::Watermark(Watermark(3100)))
    ));
    assert!(assigner.next_timer().is_none());
}

#[test]
fn a_late_row_sees_the_watermark_of_the_rows_before_it() {
    let mut assigner = assigner(0);
    assert_eq!(
        feed(&mut assigner, &[1000, 5000, 2000, 6000, 5500]),
        ["2 rows", "w5000", "2 rows", "w6000", "1 rows"]
    );
}

#[test]
fn a_null_time_is_refused_by_name() {
    let mut assigner = assigner(0);
    let error = assigner
        .process_batch(batch(&[Some(1), None]), &mut |_| true)
        .unwrap_err();
    assert!(error.message.contains("`ts` is NULL"), "{error}");
}

#[test]
fn a_silent_source_becomes_idle_and_a_row_wakes_it() {
    let mut assigner = assigner(1000);
    feed(&mut assigner, &[1000]);
    let timer = assigner.next_timer().unwrap();
    assert!(matches!(
        assigner.on_processing_time(timer),
        Some(Assigned::Idle(true))
    ));
    assert!(assigner.next_timer().is_none());
    assert_eq!(feed(&mut assigner, &[1100])[0], "idle false");
}
