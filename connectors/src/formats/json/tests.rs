#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use alpheus_dataflow::{Field, RowKind, RowType};
use arrow::array::{ArrayRef, RecordBatch};
use proptest::prelude::*;

use super::*;
use crate::columns::view::views;
use crate::formats::{BadRecord, Decoded, TextDecoder, TextEncoder};
use crate::testing::rows;

fn options(set: &[(&str, &str)]) -> JsonOptions {
    let map: BTreeMap<String, String> = set
        .iter()
        .map(|(key, value)| (format!("json.{key}"), (*value).to_owned()))
        .collect();
    JsonOptions::read(Options::new(&map, OPTIONS, "json.")).unwrap()
}

fn schema(fields: &[(&str, TypeKind)]) -> RowType {
    RowType::new(
        fields
            .iter()
            .map(|(name, kind)| Field::new(*name, kind.clone().nullable()))
            .collect(),
    )
}

fn decode(
    data: &[u8],
    set: &[(&str, &str)],
    schema: &RowType,
) -> Result<(Decoded, RecordBatch), BadRecord> {
    let projection: Vec<_> = (0..schema.len()).collect();
    let mut decoder = JsonDecoder::new(options(set), schema, &projection);
    let done = decoder.decode(data, usize::MAX, true, usize::MAX)?;
    let batch = RecordBatch::try_new(schema.to_arrow(), decoder.finish().unwrap().columns).unwrap();
    Ok((done, batch))
}

const INT: TypeKind = TypeKind::Integer;
const TEXT: TypeKind = TypeKind::string();

fn encode(schema: &RowType, arrays: &[ArrayRef], set: &[(&str, &str)]) -> Vec<u8> {
    let mut encoder = JsonEncoder::new(options(set), schema);
    let columns = views(schema.fields.iter().map(|f| &f.ty), arrays).unwrap();
    let mut out = Vec::new();
    for row in 0..arrays[0].len() {
        encoder.encode(&columns, row, RowKind::Insert, &mut out);
    }
    out
}

#[test]
fn fields_come_in_any_order_once_or_not_at_all() {
    let schema = schema(&[("b", TEXT), ("a", INT)]);
    let data = br#"{"b":"y","a":2,"a":3}
{"zz":{"x":[1,{"y":"}"}]},"a":1}

{}
{"a" : 4.9 , "b" : {"k": [1, " x" ]} }"#;
    let (_, batch) = decode(data, &[], &schema).unwrap();
    assert_eq!(rows(&batch), ["y|2", "~|1", "~|~", r#"{"k":[1," x"]}|4"#]);
    let error = decode(b"{\"a\":1}", &[("fail-on-missing-field", "true")], &schema).unwrap_err();
    assert!(error.reason.contains("`b` is missing"), "{error:?}");
}

#[test]
fn strings_are_unescaped_and_scalars_become_text() {
    let schema = schema(&[("s", TEXT)]);
    let data = br#"{"s":"a\n\"\u00e9\ud83d\ude00\ud800"}
{"s":1.50}
{"s":true}"#;
    let (_, batch) = decode(data, &[], &schema).unwrap();
    assert_eq!(rows(&batch), ["a\n\"é😀\u{FFFD}", "1.50", "true"]);
}

#[test]
fn a_bad_value_is_null_and_a_bad_line_goes() {
    let row = TypeKind::Row(vec![
        Field::new("x", INT.nullable()),
        Field::new("y", INT.nullable()),
    ]);
    let schema = schema(&[("r", row), ("l", TypeKind::Array(Box::new(INT.nullable())))]);
    let data = br#"{"r":{"x":"no","y":2},"l":[1,"z",null]}
{"r":{"x":1
{"r":[1],"l":{}} trailing
{"r":7,"l":"8"}"#;
    let (done, batch) = decode(data, &[("ignore-parse-errors", "true")], &schema).unwrap();
    assert_eq!(rows(&batch), ["{x: , y: 2}|[1, , ]", "~|~"]);
    assert_eq!(done.skipped, 2);
    let error = decode(data, &[], &schema).unwrap_err();
    assert!(
        error.reason.contains("`r.x`") && error.reason.contains("no"),
        "{error:?}"
    );
    let error = decode(b"{}\n{broken", &[], &schema).unwrap_err();
    assert_eq!(error.at, 3);
    assert!(error.reason.contains("character 2"), "{error:?}");
}

#[test]
fn timestamps_follow_the_standard_asked_for() {
    let schema = schema(&[
        ("t", TypeKind::Timestamp(3)),
        ("z", TypeKind::TimestampLtz(3)),
    ]);
    let sql = br#"{"t":"2024-02-29 12:34:56.789","z":"1970-01-01 00:00:00Z"}"#;
    let iso = br#"{"t":"2024-02-29T12:34:56.789","z":"1970-01-01T00:00:00Z"}"#;
    let set = [("timestamp-format.standard", "ISO-8601")];
    let (_, a) = decode(sql, &[], &schema).unwrap();
    let (_, b) = decode(iso, &set, &schema).unwrap();
    assert_eq!(a, b);
    assert!(decode(sql, &set, &schema).is_err());
    let written = encode(&schema, b.columns(), &set);
    assert_eq!(written.trim_ascii_end(), iso);
}

#[test]
fn writes_as_jackson_does() {
    let map = TypeKind::Map(Box::new(TEXT.not_null()), Box::new(INT.nullable()));
    let schema = schema(&[
        ("d", TypeKind::Decimal(10, 2)),
        ("f", TypeKind::Double),
        ("m", map),
        ("b", TypeKind::bytes()),
    ]);
    let data = br#"{"d":1200.00,"f":1e10,"m":{"a\"":1,"b":null},"b":"aGk="}
{"d":null,"f":"NaN","m":{},"b":null}"#;
    let (_, batch) = decode(data, &[], &schema).unwrap();
    let text = String::from_utf8(encode(&schema, batch.columns(), &[])).unwrap();
    assert_eq!(
        text,
        "{\"d\":1.2E+3,\"f\":1.0E10,\"m\":{\"a\\\"\":1,\"b\":null},\"b\":\"aGk=\"}\n{\"d\":null,\"f\":\"NaN\",\"m\":{},\"b\":null}\n"
    );
    let set = [
        ("encode.ignore-null-fields", "true"),
        ("encode.decimal-as-plain-number", "true"),
    ];
    let text = String::from_utf8(encode(&schema, batch.columns(), &set)).unwrap();
    assert!(
        text.starts_with("{\"d\":1200,") && text.contains("\n{\"f\":\"NaN\",\"m\":{}}\n"),
        "{text}"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        lines in prop::collection::vec((any::<i32>(), any::<String>(), any::<Option<bool>>()), 1..20),
        cut in 0usize..300,
    ) {
        let schema = schema(&[("i", INT), ("s", TEXT), ("b", TypeKind::Boolean)]);
        let data: String = lines
            .iter()
            .map(|(i, s, b)| serde_json::json!({"i": i, "s": s, "b": b}).to_string() + "\n")
            .collect();
        let (_, batch) = decode(data.as_bytes(), &[], &schema).unwrap();
        let written = encode(&schema, batch.columns(), &[]);
        let mut decoder = JsonDecoder::new(options(&[]), &schema, &[0, 1, 2]);
        let cut = cut.min(written.len());
        let first = decoder.decode(&written[..cut], usize::MAX, false, usize::MAX).unwrap();
        decoder.decode(&written[first.consumed..], usize::MAX, true, usize::MAX).unwrap();
        let again = RecordBatch::try_new(schema.to_arrow(), decoder.finish().unwrap().columns).unwrap();
        prop_assert_eq!(&again, &batch);
        let texts: Vec<_> = lines.iter().map(|line| Some(line.1.as_str())).collect();
        let read = arrow::array::AsArray::as_string::<i32>(batch.column(1));
        prop_assert_eq!(read.iter().collect::<Vec<_>>(), texts);
    }

    #[test]
    fn any_bytes_are_survived(
        data in prop::collection::vec(prop::sample::select(b"{}[]\"\\:,a1-.eutrn l\n\xFF".to_vec()), 0..80),
        ignore in any::<bool>(),
    ) {
        let row = TypeKind::Row(vec![Field::new("a", INT.nullable())]);
        let schema = schema(&[("a", INT), ("", TEXT), ("1", row), ("l", TypeKind::Array(Box::new(TEXT.nullable())))]);
        let set: &[_] = if ignore { &[("ignore-parse-errors", "true")] } else { &[] };
        let result = decode(&data, set, &schema);
        prop_assert!(result.is_ok() || !ignore);
    }
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let deep = format!("{{\"s\":{}", "[".repeat(100_000));
    assert!(decode(deep.as_bytes(), &[], &schema(&[("s", TEXT)])).is_err());
    assert!(decode(deep.as_bytes(), &[], &schema(&[("other", TEXT)])).is_err());
}
