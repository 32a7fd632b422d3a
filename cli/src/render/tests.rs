#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    ListArray, RecordBatch, StringArray, Time32MillisecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray,
};
use arrow::buffer::OffsetBuffer;
use proptest::prelude::*;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_functions::compile::Session;

use super::cells::{write_json, write_shown};
use super::{csv, json, table};

fn session(zone: &str) -> Session {
    Session::new(&SessionSettings {
        time_zone: zone.to_owned(),
        planned_at: 0,
        bounded: false,
    })
    .unwrap()
}

fn json_of(kind: TypeKind, column: ArrayRef) -> String {
    let ty = kind.nullable();
    let mut out = Vec::new();
    for row in 0..column.len() {
        let mut text = String::new();
        write_json(&ty, &column, row, &session("UTC"), &mut text);
        out.push(text);
    }
    out.join(" ")
}

fn batch(
    fields: &[(&str, TypeKind)],
    columns: Vec<ArrayRef>,
    kind: RowKind,
) -> (ChangelogBatch, RowType) {
    let fields = fields
        .iter()
        .map(|(name, kind)| Field::new(*name, kind.clone().nullable()));
    let row_type = RowType::new(fields.collect());
    let rows = RecordBatch::try_new(row_type.to_arrow(), columns).unwrap();
    (ChangelogBatch::uniform(rows, kind), row_type)
}

#[test]
fn json_values_are_those_that_the_command_promises() {
    let decimals = Decimal128Array::from(vec![Some(1250), Some(-5), None])
        .with_precision_and_scale(10, 2)
        .unwrap();
    assert_eq!(
        json_of(TypeKind::Decimal(10, 2), Arc::new(decimals)),
        r#""12.50" "-0.05" null"#
    );
    let doubles = Float64Array::from(vec![1.5, -0.0, f64::NAN, f64::NEG_INFINITY, 1e300]);
    assert_eq!(
        json_of(TypeKind::Double, Arc::new(doubles)),
        r#"1.5 -0.0 "NaN" "-Infinity" 1.0E300"#
    );
    let timestamps = TimestampMillisecondArray::from(vec![1_709_210_096_007, -1]);
    assert_eq!(
        json_of(TypeKind::Timestamp(3), Arc::new(timestamps)),
        r#""2024-02-29 12:34:56.007" "1969-12-31 23:59:59.999""#
    );
    let nanos = TimestampNanosecondArray::from(vec![1_000_000_001]);
    assert_eq!(
        json_of(TypeKind::Timestamp(9), Arc::new(nanos)),
        r#""1970-01-01 00:00:01.000000001""#
    );
    let dates = Date32Array::from(vec![0, -719_528, 19_782]);
    assert_eq!(
        json_of(TypeKind::Date, Arc::new(dates)),
        r#""1970-01-01" "0000-01-01" "2024-02-29""#
    );
    let times = Time32MillisecondArray::from(vec![45_296_007]);
    assert_eq!(json_of(TypeKind::Time(0), Arc::new(times)), r#""12:34:56""#);
    let bytes = BinaryArray::from_vec(vec![b"", b"f", b"fo", b"foo"]);
    assert_eq!(
        json_of(TypeKind::bytes(), Arc::new(bytes)),
        r#""" "Zg==" "Zm8=" "Zm9v""#
    );
}

#[test]
fn nested_values_are_json() {
    let element = TypeKind::Integer.nullable();
    let list = ListArray::new(
        alpheus_dataflow::types::element_field(&element),
        OffsetBuffer::from_lengths([2, 0]),
        Arc::new(Int32Array::from(vec![Some(1), None])),
        None,
    );
    assert_eq!(
        json_of(TypeKind::Array(Box::new(element)), Arc::new(list)),
        "[1,null] []"
    );
}

#[test]
fn a_table_shows_values_as_flinks_client_does() {
    let shown = |kind: TypeKind, column: ArrayRef| {
        let mut out = String::new();
        write_shown(&kind.nullable(), &column, 0, &session("UTC"), &mut out);
        out
    };
    let doubles = Float64Array::from(vec![12_345_678.9]);
    assert_eq!(shown(TypeKind::Double, Arc::new(doubles)), "1.23456789E7");
    let bytes = BinaryArray::from_vec(vec![b"Hel"]);
    assert_eq!(shown(TypeKind::bytes(), Arc::new(bytes)), "x'48656c'");
    let nothing = Int32Array::from(vec![None::<i32>]);
    assert_eq!(shown(TypeKind::Integer, Arc::new(nothing)), "<NULL>");
    let element = TypeKind::Integer.nullable();
    let list = ListArray::new(
        alpheus_dataflow::types::element_field(&element),
        OffsetBuffer::from_lengths([2]),
        Arc::new(Int32Array::from(vec![Some(1), None])),
        None,
    );
    assert_eq!(
        shown(TypeKind::Array(Box::new(element)), Arc::new(list)),
        "[1, NULL]"
    );
}

#[test]
fn points_in_time_are_shown_in_the_session_s_zone() {
    let column = TimestampMillisecondArray::from(vec![1_720_000_000_000]).with_timezone("UTC");
    let ty = TypeKind::TimestampLtz(3).nullable();
    for (zone, expected) in [
        ("UTC", "2024-07-03 09:46:40.000"),
        ("Europe/Paris", "2024-07-03 11:46:40.000"),
        ("+05:30", "2024-07-03 15:16:40.000"),
        ("GMT-01:00", "2024-07-03 08:46:40.000"),
    ] {
        let mut text = String::new();
        write_shown(&ty, &column, 0, &session(zone), &mut text);
        assert_eq!(text, expected, "{zone}");
    }
}

#[test]
fn a_json_line_has_the_kind_and_the_row() {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("a\"\n\u{1}é"), None])),
        Arc::new(Int64Array::from(vec![1, 2])),
    ];
    let (batch, row_type) = batch(
        &[("na\"me", TypeKind::string()), ("n", TypeKind::BigInt)],
        columns,
        RowKind::UpdateAfter,
    );
    let mut out = String::new();
    json::write(&batch, &row_type, &session("UTC"), &mut out);
    let lines: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["op"], "+U");
    assert_eq!(lines[0]["row"]["na\"me"], "a\"\n\u{1}é");
    assert_eq!(lines[1]["row"]["na\"me"], serde_json::Value::Null);
    assert_eq!(lines[1]["row"]["n"], 2);
}

#[test]
fn csv_tells_null_from_empty_and_quotes_what_needs_it() {
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(vec![
        Some("a,b"),
        Some(""),
        None,
        Some("say \"x\""),
    ]))];
    let (batch, row_type) = batch(&[("s", TypeKind::string())], columns, RowKind::Insert);
    let mut out = String::new();
    csv::header(&row_type, &mut out);
    csv::write(&batch, &row_type, &session("UTC"), &mut out);
    assert_eq!(
        out,
        "op,s\n+I,\"a,b\"\n+I,\"\"\n+I,\n+I,\"say \"\"x\"\"\"\n"
    );
}

#[test]
fn a_table_grows_line_by_line_and_cuts_long_texts() {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["short", "far too long for it"])),
        Arc::new(Int32Array::from(vec![-1, 22])),
    ];
    let (batch, row_type) = batch(
        &[("s", TypeKind::string()), ("n", TypeKind::Integer)],
        columns,
        RowKind::Insert,
    );
    let mut grown = table::ChangelogTable::new(row_type, 10, session("UTC"));
    let mut out = String::new();
    grown.header(&mut out);
    grown.rows(&batch, &mut out);
    grown.footer(&mut out);
    let expected = "\
+----+------------+-------------+
| op |          s |           n |
+----+------------+-------------+
| +I |      short |          -1 |
| +I | far too... |          22 |
+----+------------+-------------+
Received a total of 2 rows
";
    assert_eq!(out, expected);
}

#[test]
fn text_tables_fit_their_cells_and_plans_are_shown_as_they_are() {
    let mut out = String::new();
    let rows = vec![vec![Some("long name".to_owned()), None]];
    table::text_table(&["a".to_owned(), "b".to_owned()], &rows, &mut out);
    assert!(out.contains("| long name | <NULL> |"), "{out}");
    let mut plan = String::new();
    let rows = vec![vec![Some("line 1\nline 2\n".to_owned())]];
    table::text_table(&["result".to_owned()], &rows, &mut plan);
    assert_eq!(plan, "line 1\nline 2\n");
}

proptest! {
    #[test]
    fn any_text_survives_json(text in ".*") {
        let column: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
        let parsed: String = serde_json::from_str(&json_of(TypeKind::string(), column)).unwrap();
        prop_assert_eq!(parsed, text);
    }

    #[test]
    fn any_double_survives_json(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
        let ty: LogicalType = TypeKind::Double.nullable();
        let mut out = String::new();
        write_json(&ty, &Float64Array::from(vec![value]), 0, &session("UTC"), &mut out);
        prop_assert_eq!(out.parse::<f64>().unwrap(), value);
    }
}
