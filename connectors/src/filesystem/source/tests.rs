#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use alpheus_dataflow::source::{NextSplit, SourcePoll};
use alpheus_dataflow::{Field, RowType, TypeKind};
use proptest::prelude::*;

use super::*;
use crate::testing::{next_batch, read_all, read_with_restarts, reader, rows, table};

fn schema() -> RowType {
    RowType::new(vec![
        Field::new("n", TypeKind::Integer.nullable()),
        Field::new("s", TypeKind::string().nullable()),
    ])
}

fn source(path: &Path, set: &[(&str, &str)]) -> FileSource {
    let mut options = vec![("path", path.to_str().unwrap()), ("format", "csv")];
    options.extend_from_slice(set);
    let spec = table("filesystem", &options, schema());
    FileSource::new(FileTable::read(&spec).unwrap(), &[0, 1], &[])
}

fn splits(source: &FileSource) -> usize {
    let mut enumerator = source.create_enumerator(1, None).unwrap();
    let all = enumerator.share().unwrap();
    assert!(all.done == 0 && all.total > 0, "{all:?}");
    let mut count = 0;
    while let NextSplit::Split(_) = enumerator.next_split(0).unwrap() {
        count += 1;
    }
    count
}

fn csv_text(texts: &[String]) -> String {
    let mut data = String::new();
    for (i, text) in texts.iter().enumerate() {
        let _ = writeln!(data, "{i},\"{}\"", text.replace('"', "\"\""));
    }
    data
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cutting_and_restarting_anywhere_gives_the_same_rows(
        texts in prop::collection::vec("[a,\n\"é]{0,6}", 1..20),
        size in 1usize..40,
        batch_size in 1usize..8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, csv_text(&texts)).unwrap();
        let expected: Vec<_> = texts.iter().enumerate().map(|(i, text)| format!("{i}|{text}")).collect();
        let size = format!("{size}b");
        let source = source(&path, &[("source.split-size", &size)]);
        prop_assert_eq!(&read_all(&source, batch_size), &expected);
        prop_assert_eq!(&read_with_restarts(&source, batch_size), &expected);
    }

    #[test]
    fn json_too(numbers in prop::collection::vec(any::<i32>(), 1..20), size in 1usize..60) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.json");
        let lines: Vec<_> = numbers.iter().map(|n| format!("{{\"n\":{n},\"s\":\"x\"}}")).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let size = format!("{size}b");
        let source = source(&path, &[("format", "json"), ("source.split-size", &size)]);
        let expected: Vec<_> = numbers.iter().map(|n| format!("{n}|x")).collect();
        prop_assert_eq!(&read_all(&source, 3), &expected);
        prop_assert_eq!(&read_with_restarts(&source, 3), &expected);
    }
}

#[test]
fn compressed_files_are_read_whole_and_go_on_where_they_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..50).map(|i| format!("text {i}")).collect();
    let data = csv_text(&texts);
    let file = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(file("a.csv.gz"), flate2::Compression::fast());
    gzip.write_all(data.as_bytes()).unwrap();
    gzip.finish().unwrap();
    zstd::stream::copy_encode(data.as_bytes(), file("b.csv.zst"), 1).unwrap();
    let source = source(folder.path(), &[("source.split-size", "10b")]);
    let once: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| format!("{i}|{text}"))
        .collect();
    let expected = [once.clone(), once].concat();
    assert_eq!(splits(&source), 2);
    assert_eq!(read_all(&source, 7), expected);
    assert_eq!(read_with_restarts(&source, 7), expected);
}

#[test]
fn bad_rows_are_named_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "1,\"a\nb\"\n2,c\nx,d\n").unwrap();
    let source = source(&path, &[("source.split-size", "9b")]);
    let mut enumerator = source.create_enumerator(1, None).unwrap();
    let mut reader = reader(&source, 100);
    let error = loop {
        match reader.poll_next() {
            Ok(SourcePoll::NeedSplit) => match enumerator.next_split(0).unwrap() {
                NextSplit::Split(split) => reader.add_split(split).unwrap(),
                other => panic!("no error before {other:?}"),
            },
            Ok(_) => {}
            Err(error) => break error.message,
        }
    };
    assert!(
        error.contains("t.csv:4: column `n`: `x` is not an INT"),
        "{error}"
    );
}

#[test]
fn metadata_and_partitions_come_from_the_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("day=2024-02-29")).unwrap();
    std::fs::write(folder.path().join("day=2024-02-29/x.csv"), "1\n2\n").unwrap();
    let schema = RowType::new(vec![
        Field::new("day", TypeKind::Date.nullable()),
        Field::new("n", TypeKind::Integer.nullable()),
        Field::new("f", TypeKind::string().not_null()),
        Field::new("size", TypeKind::BigInt.not_null()),
    ]);
    let path = folder.path().to_str().unwrap();
    let mut spec = table("filesystem", &[("path", path), ("format", "csv")], schema);
    spec.partition_keys = vec!["day".to_owned()];
    spec.metadata.insert("f".to_owned(), "file.name".to_owned());
    spec.metadata
        .insert("size".to_owned(), "file.size".to_owned());
    let read = |projection: &[usize]| {
        read_all(
            &FileSource::new(FileTable::read(&spec).unwrap(), projection, &[]),
            10,
        )
    };
    assert_eq!(
        read(&[3, 1, 0, 2]),
        ["4|1|2024-02-29|x.csv", "4|2|2024-02-29|x.csv"]
    );
    assert_eq!(read(&[2]), ["x.csv", "x.csv"]);
    assert_eq!(read(&[]), ["", ""]);
}

#[test]
fn a_watched_folder_gives_each_file_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "1,a\n").unwrap();
    let source = source(
        folder.path(),
        &[
            ("source.monitor-interval", "1 s"),
            ("source.path.regex-pattern", ".*/[a-c].csv"),
        ],
    );
    assert_eq!(source.boundedness(), Boundedness::Unbounded);
    let mut enumerator = source.create_enumerator(1, None).unwrap();
    let mut reader = reader(&source, 10);
    let batch = next_batch(enumerator.as_mut(), reader.as_mut()).unwrap();
    assert_eq!(rows(&batch), ["1|a"]);
    assert_eq!(enumerator.next_split(0).unwrap(), NextSplit::Wait);
    std::fs::write(folder.path().join("b.csv"), "2,b\n").unwrap();
    std::fs::write(folder.path().join("d.csv"), "9,d\n").unwrap();
    let state = enumerator.snapshot().unwrap();
    let mut enumerator = source.create_enumerator(1, Some(&state)).unwrap();
    assert!(enumerator.discover().unwrap());
    let batch = next_batch(enumerator.as_mut(), reader.as_mut()).unwrap();
    assert_eq!(rows(&batch), ["2|b"]);
    assert!(!enumerator.discover().unwrap());
}

#[test]
fn a_missing_path_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(&folder.path().join("none"), &[]);
    let error = source.create_enumerator(1, None).err().unwrap();
    assert!(error.message.contains("none does not exist"), "{error}");
}
