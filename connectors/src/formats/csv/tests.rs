#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::{Field, RowKind, RowType, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::util::display::array_value_to_string;
use proptest::prelude::*;

use super::*;
use crate::columns::view::views;
use crate::formats::{BadRecord, Decoded, TextDecoder, TextEncoder};

fn options(set: &[(&str, &str)]) -> CsvOptions {
    let map: BTreeMap<String, String> = set
        .iter()
        .map(|(key, value)| (format!("csv.{key}"), (*value).to_owned()))
        .collect();
    CsvOptions::read(Options::new(&map, OPTIONS, "csv.")).unwrap()
}

fn schema(types: &[TypeKind]) -> RowType {
    let fields = types.iter().enumerate();
    RowType::new(
        fields
            .map(|(i, kind)| Field::new(format!("c{i}"), kind.clone().nullable()))
            .collect(),
    )
}

fn read(
    data: &[u8],
    set: &[(&str, &str)],
    types: &[TypeKind],
) -> Result<(Decoded, Vec<ArrayRef>), BadRecord> {
    let schema = schema(types);
    let projection: Vec<_> = (0..types.len()).collect();
    let mut decoder = CsvDecoder::new(options(set), &schema, &projection);
    let done = decoder.decode(data, usize::MAX, true, usize::MAX)?;
    Ok((done, decoder.finish().unwrap().columns))
}

/// Rows as text, NULL as `~`.
fn shown(arrays: &[ArrayRef]) -> Vec<String> {
    let rows = arrays.first().map_or(0, |array| array.len());
    let cell = |array: &ArrayRef, row| {
        if array.is_null(row) {
            "~".to_owned()
        } else {
            array_value_to_string(array, row).unwrap()
        }
    };
    (0..rows)
        .map(|row| {
            arrays
                .iter()
                .map(|a| cell(a, row))
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect()
}

const INT: TypeKind = TypeKind::Integer;
const TEXT: TypeKind = TypeKind::string();

#[test]
fn quotes_and_line_ends() {
    let (_, arrays) = read(
        b"1,\"one\ntwo\"\r\n2,\"a \"\"b\"\"\" \n3,x\"y\r4,\"\"",
        &[],
        &[INT, TEXT],
    )
    .unwrap();
    assert_eq!(shown(&arrays), ["1|one\ntwo", "2|a \"b\"", "3|x\"y", "4|"]);
}

#[test]
fn empty_is_not_null_unless_said() {
    let error = read(b"1,a\n,b\n", &[], &[INT, TEXT]).unwrap_err();
    assert_eq!(error.at, 4);
    assert!(
        error.reason.contains("column `c0`") && error.reason.contains("an INT"),
        "{error:?}"
    );
    let (_, arrays) = read(b",\n\"\",x", &[("null-literal", "")], &[INT, TEXT]).unwrap();
    assert_eq!(shown(&arrays), ["~|~", "~|x"]);
    let (_, arrays) = read(b"~,\"~\"", &[("null-literal", "~")], &[INT, TEXT]).unwrap();
    assert_eq!(shown(&arrays), ["~|~"]);
}

#[test]
fn records_of_another_width() {
    let lenient = [("ignore-parse-errors", "true")];
    let (_, arrays) = read(b"1\n2,x,\n", &lenient, &[INT, TEXT]).unwrap();
    assert_eq!(shown(&arrays), ["1|~", "2|x"]);
    assert!(read(b"1\n2,x,\n", &[], &[INT, TEXT]).is_err());
    assert!(read(b"1,x,y", &[], &[INT, TEXT]).is_err());
    assert!(read(b"1", &[("fail-on-missing-columns", "true")], &[INT, TEXT]).is_err());
    let (done, arrays) = read(
        b"1,x,y\nabc,z\n\"u\"v,w\n3,z",
        &[("ignore-parse-errors", "true")],
        &[INT, TEXT],
    )
    .unwrap();
    assert_eq!(shown(&arrays), ["~|z", "3|z"]);
    assert_eq!(done.skipped, 2);
}

#[test]
fn comments_trim_and_escapes() {
    let set = [
        ("allow-comments", "true"),
        ("trim-spaces", "true"),
        ("escape-character", "\\"),
    ];
    let (_, arrays) = read(
        b"# 1,x\n\n 2 , a\\,b \n3,\"q\\\"\\n\" \n",
        &set,
        &[INT, TEXT],
    )
    .unwrap();
    assert_eq!(shown(&arrays), ["2|a,b", "3|q\"\n"]);
}

#[test]
fn nested_values_use_the_element_delimiter() {
    let row = TypeKind::Row(vec![
        Field::new("a", INT.nullable()),
        Field::new("b", TEXT.nullable()),
    ]);
    let array = TypeKind::Array(Box::new(INT.nullable()));
    let (_, arrays) = read(b"1;2,7;x\n,8\n", &[], &[array.clone(), row.clone()]).unwrap();
    assert_eq!(shown(&arrays), ["[1, 2]|{a: 7, b: x}", "[]|{a: 8, b: }"]);
    let (_, arrays) = read(
        b"1;z,7;x;y",
        &[("ignore-parse-errors", "true")],
        &[array, row],
    )
    .unwrap();
    assert_eq!(shown(&arrays), ["~|~"]);
}

#[test]
fn only_projected_columns_are_parsed() {
    let mut decoder = CsvDecoder::new(options(&[]), &schema(&[INT, TEXT, INT]), &[2]);
    decoder.decode(b"bad,x,5\n", usize::MAX, true, 10).unwrap();
    assert_eq!(shown(&decoder.finish().unwrap().columns), ["5"]);
}

#[test]
fn a_contradiction_is_refused() {
    let map = BTreeMap::from([
        ("csv.disable-quote-character".to_owned(), "true".to_owned()),
        ("csv.quote-character".to_owned(), "'".to_owned()),
    ]);
    assert!(CsvOptions::read(Options::new(&map, OPTIONS, "csv.")).is_err());
}

fn dialects() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop::sample::select(vec![
        vec![("null-literal", "\\N")],
        vec![
            ("null-literal", "nil"),
            ("field-delimiter", ";"),
            ("quote-character", "'"),
        ],
        vec![
            ("null-literal", "nil"),
            ("escape-character", "\\"),
            ("disable-quote-character", "true"),
        ],
        vec![
            ("null-literal", "nil"),
            ("trim-spaces", "true"),
            ("allow-comments", "true"),
        ],
    ])
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        rows in prop::collection::vec(
            (prop::option::of("[a-c,;'\"#\\\\\n\r \t]{0,8}"), prop::option::of("[x,\"\n ]{1,4}")), 1..12),
        set in dialects(),
        cut in 0usize..200,
    ) {
        type Row = (Option<String>, Option<String>);
        let column = |pick: fn(&Row) -> &Option<String>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| pick(row).as_deref()).collect::<StringArray>())
        };
        let arrays = vec![column(|row| &row.0), column(|row| &row.1)];
        let schema = schema(&[TEXT, TEXT]);
        let mut encoder = CsvEncoder::new(options(&set));
        let mut bytes = Vec::new();
        let columns = views(schema.fields.iter().map(|f| &f.ty), &arrays).unwrap();
        for row in 0..rows.len() {
            encoder.encode(&columns, row, RowKind::Insert, &mut bytes);
        }
        // Decoded in two windows, the first of which ends anywhere.
        let mut decoder = CsvDecoder::new(options(&set), &schema, &[0, 1]);
        let first = decoder
            .decode(&bytes[..cut.min(bytes.len())], usize::MAX, false, usize::MAX)
            .unwrap();
        decoder.decode(&bytes[first.consumed..], usize::MAX, true, usize::MAX).unwrap();
        let read = decoder.finish().unwrap().columns;
        for (read, written) in read.iter().zip(&arrays) {
            prop_assert_eq!(read.as_string::<i32>(), written.as_string::<i32>());
        }
    }

    #[test]
    fn any_bytes_are_survived(
        data in prop::collection::vec(prop::sample::select(b"a1,\"\\\n\r #\xFF;".to_vec()), 0..80),
        set in dialects(),
        ignore in any::<bool>(),
        cut in 0usize..80,
    ) {
        let mut set = set;
        if ignore {
            set.push(("ignore-parse-errors", "true"));
        }
        let mut decoder = CsvDecoder::new(options(&set), &schema(&[INT, TEXT]), &[1, 0]);
        let cut = cut.min(data.len());
        if let Ok(first) = decoder.decode(&data[..cut], usize::MAX, false, usize::MAX) {
            let second = decoder.decode(&data[first.consumed..], usize::MAX, true, usize::MAX);
            prop_assert!(second.is_ok() || !ignore);
        }
        decoder.finish().unwrap();
    }

    #[test]
    fn the_scanner_and_the_tokenizer_agree(
        data in prop::collection::vec(prop::sample::select(b"a,\"\n".to_vec()), 0..60),
    ) {
        // Well-formed files only: a malformed one fails or drops records however it is read.
        let mut decoder = CsvDecoder::new(options(&[("ignore-trailing-unmappable", "true")]), &schema(&[TEXT]), &[0]);
        let mut starts = Vec::new();
        let mut at = 0;
        while at < data.len() {
            match decoder.decode(&data[at..], usize::MAX, true, 1) {
                Ok(done) => at += done.consumed,
                Err(_) => return Ok(()),
            }
            if data[at - 1] == b'\n' {
                starts.push(at);
            }
        }
        let (mut scanner, mut at, mut found) = (QuoteScanner::new(b'"', b','), 0, Vec::new());
        while let Some(length) = scanner.next_record(&data[at..]) {
            at += length;
            found.push(at);
        }
        prop_assert_eq!(found, starts);
    }
}
