#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use alpheus_dataflow::source::Boundedness;
use alpheus_dataflow::{ChangelogMode, Field, RowType, TypeKind};

use crate::testing::{session, table};
use crate::{create_sink, create_source, markdown, validate_table};

fn schema() -> RowType {
    RowType::new(vec![Field::new("n", TypeKind::Integer.nullable())])
}

/// The message with which a definition is refused.
fn refused(connector: &str, options: &[(&str, &str)]) -> String {
    let table = table(connector, options, schema());
    validate_table(&table).unwrap_err().to_string()
}

const FILES: [(&str, &str); 2] = [("path", "/tmp/t"), ("format", "csv")];

fn files_and<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&FILES[..], more].concat()
}

#[test]
fn names_are_refused_with_the_nearest_one() {
    assert!(refused("filesytem", &[]).contains("did you mean `filesystem`"));
    assert!(refused("filesystem", &[("path", "/x")]).contains("'format'"));
    assert!(refused("filesystem", &[("format", "csv")]).contains("'path'"));
    let message = refused("filesystem", &[("path", "/x"), ("format", "cvs")]);
    assert!(
        message.contains("format `cvs`") && message.contains("`csv`?"),
        "{message}"
    );
    let message = refused(
        "filesystem",
        &files_and(&[("source.monitor-intervall", "1 s")]),
    );
    assert!(message.contains("`source.monitor-interval`?"), "{message}");
    let message = refused("filesystem", &files_and(&[("csv.null-litteral", "x")]));
    assert!(
        message.contains("option of format 'csv'") && message.contains("`csv.null-literal`?"),
        "{message}"
    );
    assert!(
        refused(
            "filesystem",
            &files_and(&[("json.ignore-parse-errors", "true")])
        )
        .contains("unknown")
    );
}

#[test]
fn values_are_refused_with_what_is_allowed() {
    let message = refused(
        "filesystem",
        &files_and(&[("csv.ignore-parse-errors", "maybe")]),
    );
    assert!(
        message.contains("'csv.ignore-parse-errors'")
            && message.contains("'maybe'")
            && message.contains("true or false"),
        "{message}"
    );
    assert!(
        refused("filesystem", &files_and(&[("auto-compaction", "true")])).contains("not supported")
    );
    let trigger = [("sink.partition-commit.trigger", "partition-time")];
    assert!(refused("filesystem", &files_and(&trigger)).contains("process-time"));
    assert!(refused("datagen", &[("rows-per-second", "0")]).contains("from 1 upwards"));
}

#[test]
fn every_connector_says_what_it_can() {
    let of = |connector: &str, options: &[(&str, &str)]| {
        let table = table(connector, options, schema());
        validate_table(&table).unwrap()
    };
    let files = of("filesystem", &FILES);
    assert!(files.source && files.sink && files.overwrite);
    assert_eq!(files.boundedness, Boundedness::Bounded);
    assert_eq!(files.metadata.len(), 4);
    let watched = of(
        "filesystem",
        &files_and(&[("source.monitor-interval", "10 s")]),
    );
    assert_eq!(watched.boundedness, Boundedness::Unbounded);
    assert_eq!(of("datagen", &[]).boundedness, Boundedness::Unbounded);
    let print = of(
        "print",
        &[("print-identifier", "x"), ("sink.parallelism", "1")],
    );
    assert!(!print.source && print.sink_accepts == ChangelogMode::All);
    assert!(of("blackhole", &[]).sink);
}

#[test]
fn sources_and_sinks_refuse_what_they_cannot_do() {
    let source = |connector: &str, options: &[(&str, &str)]| {
        create_source(&table(connector, options, schema()), &[0], &[], &session())
    };
    assert!(source("filesystem", &FILES).is_ok());
    assert!(source("datagen", &[]).is_ok());
    assert!(
        source("print", &[])
            .err()
            .unwrap()
            .message
            .contains("only be written")
    );
    let sink = |connector: &str, options: &[(&str, &str)], input, overwrite| {
        let table = table(connector, options, schema());
        create_sink(&table, input, overwrite, &BTreeMap::new(), &session())
    };
    assert!(sink("filesystem", &FILES, ChangelogMode::InsertOnly, true).is_ok());
    assert!(sink("print", &[], ChangelogMode::All, false).is_ok());
    let error = sink("filesystem", &FILES, ChangelogMode::All, false)
        .err()
        .unwrap();
    assert!(error.message.contains("[I,UB,UA,D]"), "{error}");
    assert!(sink("print", &[], ChangelogMode::InsertOnly, true).is_err());
    assert!(sink("datagen", &[], ChangelogMode::InsertOnly, false).is_err());
}

#[test]
fn columns_have_to_fit_the_format() {
    let mut map = table("filesystem", &FILES, schema());
    let kind = TypeKind::Map(
        Box::new(TypeKind::string().not_null()),
        Box::new(TypeKind::Integer.nullable()),
    );
    map.schema.fields.push(Field::new("m", kind.nullable()));
    assert!(
        validate_table(&map)
            .unwrap_err()
            .to_string()
            .contains("use json")
    );
    let mut metadata = table("filesystem", &FILES, schema());
    metadata
        .metadata
        .insert("n".to_owned(), "file.sizes".to_owned());
    assert!(
        validate_table(&metadata)
            .unwrap_err()
            .to_string()
            .contains("file.size")
    );
    let mut partitioned = table("filesystem", &FILES, schema());
    partitioned.partition_keys.push("m".to_owned());
    assert!(
        validate_table(&partitioned)
            .unwrap_err()
            .to_string()
            .contains("PARTITIONED BY")
    );
}

#[test]
fn the_documentation_names_every_option() {
    let text = markdown();
    for key in [
        "`source.split-size`",
        "`csv.null-literal`",
        "`json.map-null-key.mode`",
        "`parquet.compression`",
        "`events.num`",
        "`fields.#.null-rate`",
    ] {
        assert!(text.contains(key), "{key}");
    }
}
