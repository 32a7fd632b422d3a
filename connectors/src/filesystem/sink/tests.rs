#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::{ChangelogBatch, Field, RowType, TypeKind};

use super::*;
use crate::testing::{barrier, context, int_text_batch, table};

fn schema() -> RowType {
    RowType::new(vec![
        Field::new("n", TypeKind::Integer.nullable()),
        Field::new("k", TypeKind::string().nullable()),
    ])
}

fn sink(folder: &Path, set: &[(&str, &str)], partitioned: bool, overwrite: bool) -> FileSink {
    let mut options = vec![("path", folder.to_str().unwrap()), ("format", "csv")];
    options.extend_from_slice(set);
    let mut spec = table("filesystem", &options, schema());
    if partitioned {
        spec.partition_keys = vec!["k".to_owned()];
    }
    FileSink::new(FileTable::read(&spec).unwrap(), overwrite, BTreeMap::new()).unwrap()
}

fn batch(rows: &[(i32, &str)]) -> ChangelogBatch {
    ChangelogBatch::inserts(int_text_batch(&schema(), rows))
}

/// Visible files below `folder` with their content, part names cut off.
fn visible(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let base = Location::local(folder);
    let files = alpheus_storage::glob::find_files(&alpheus_storage::LocalFileSystem, &base);
    for file in files.unwrap_or_default() {
        let relative = file.location.relative_to(&base).unwrap().to_owned();
        let place = relative.rsplit_once('/').map_or("", |(folder, _)| folder);
        let content = std::fs::read_to_string(file.location.to_path()).unwrap();
        found.push((place.to_owned(), content));
    }
    found.sort();
    found
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
    owned.collect()
}

#[test]
fn nothing_is_visible_before_the_commit_and_committing_twice_is_committing() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), &[], false, false);
    let mut writer = sink.create_writer(&context(7, 0, 1)).unwrap();
    let mut committer = sink.create_committer().unwrap().unwrap();
    writer.write(batch(&[(1, "a"), (2, "b")])).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Checkpoint))
        .unwrap();
    assert!(visible(folder.path()).is_empty());
    committer.commit(&prepared).unwrap();
    committer.commit(&prepared).unwrap();
    assert_eq!(visible(folder.path()), owned(&[("", "1,a\n2,b\n")]));
    // Nothing new, nothing prepared.
    assert!(
        writer
            .prepare_commit(barrier(2, CheckpointKind::Final))
            .unwrap()
            .is_empty()
    );
    committer.clean_up(&[JobId(7)], &[]).unwrap();
    assert!(
        !folder
            .path()
            .join(format!(".staging-{}", JobId(7)))
            .is_dir()
    );
}

#[test]
fn a_crash_between_prepare_and_commit_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), &[], false, false);
    let mut committer = sink.create_committer().unwrap().unwrap();
    let mut writer = sink.create_writer(&context(7, 0, 1)).unwrap();
    writer.write(batch(&[(1, "a")])).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Checkpoint))
        .unwrap();
    writer.write(batch(&[(2, "lost with the crash")])).unwrap();
    drop(writer);
    // The restored job keeps what its checkpoint names and commits it.
    committer.clean_up(&[JobId(7)], &prepared).unwrap();
    let mut writer = sink.create_writer(&context(7, 1, 1)).unwrap();
    committer.commit(&prepared).unwrap();
    writer.write(batch(&[(2, "again")])).unwrap();
    let last = writer
        .prepare_commit(barrier(2, CheckpointKind::Final))
        .unwrap();
    committer.commit(&last).unwrap();
    committer.clean_up(&[JobId(7)], &[]).unwrap();
    assert_eq!(
        visible(folder.path()),
        owned(&[("", "1,a\n"), ("", "2,again\n")])
    );
}

#[test]
fn what_was_removed_before_its_commit_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), &[], false, false);
    let mut committer = sink.create_committer().unwrap().unwrap();
    let mut writer = sink.create_writer(&context(7, 0, 1)).unwrap();
    writer.write(batch(&[(1, "a")])).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Checkpoint))
        .unwrap();
    committer.clean_up(&[JobId(7)], &[]).unwrap();
    let error = committer.commit(&prepared).unwrap_err();
    assert!(error.message.contains("older checkpoint"), "{error}");
}

#[test]
fn partitions_get_folders_and_success_files() {
    let folder = tempfile::tempdir().unwrap();
    let set = [("sink.partition-commit.policy.kind", "success-file")];
    let sink = sink(folder.path(), &set, true, false);
    let mut writer = sink.create_writer(&context(7, 0, 1)).unwrap();
    writer.write(batch(&[(1, "a"), (2, ""), (3, "a")])).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Final))
        .unwrap();
    sink.create_committer()
        .unwrap()
        .unwrap()
        .commit(&prepared)
        .unwrap();
    assert_eq!(
        visible(folder.path()),
        owned(&[("k=__DEFAULT_PARTITION__", "2\n"), ("k=a", "1\n3\n")])
    );
    assert!(folder.path().join("k=a/_SUCCESS").is_file());
}

#[test]
fn overwriting_replaces_what_others_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for (job, overwrite, rows) in [
        (1, false, &[(1, "a"), (1, "b")][..]),
        (2, true, &[(2, "b"), (2, "c")]),
    ] {
        let sink = sink(folder.path(), &[], true, overwrite);
        let mut writer = sink.create_writer(&context(job, 0, 1)).unwrap();
        writer.write(batch(rows)).unwrap();
        let prepared = writer
            .prepare_commit(barrier(1, CheckpointKind::Final))
            .unwrap();
        let mut committer = sink.create_committer().unwrap().unwrap();
        committer.commit(&prepared).unwrap();
        committer.commit(&prepared).unwrap();
    }
    assert_eq!(
        visible(folder.path()),
        owned(&[("k=a", "1\n"), ("k=b", "2\n"), ("k=c", "2\n")])
    );
    // Without partitions everything goes, also when no row comes.
    let sink = sink(folder.path(), &[], false, true);
    let mut writer = sink.create_writer(&context(3, 0, 1)).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Final))
        .unwrap();
    sink.create_committer()
        .unwrap()
        .unwrap()
        .commit(&prepared)
        .unwrap();
    assert!(visible(folder.path()).is_empty());
}

#[test]
fn parts_are_rolled_by_size_and_age() {
    let folder = tempfile::tempdir().unwrap();
    let set = [
        ("sink.rolling-policy.file-size", "8b"),
        ("sink.rolling-policy.rollover-interval", "1 s"),
    ];
    let sink = sink(folder.path(), &set, false, false);
    let mut writer = sink.create_writer(&context(7, 0, 1)).unwrap();
    writer.write(batch(&[(1, "large enough")])).unwrap();
    assert_eq!(writer.next_timer(), Some(60_000));
    writer.write(batch(&[(2, "x")])).unwrap();
    writer.on_processing_time(60_000).unwrap();
    assert_eq!(writer.next_timer(), None);
    writer.write(batch(&[(3, "y")])).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Final))
        .unwrap();
    assert_eq!(prepared.len(), 3);
}

#[test]
fn parquet_is_written_and_read_by_row_groups_and_statistics() {
    use crate::filesystem::source::FileSource;
    use crate::testing::{read_all, read_with_restarts};
    use alpheus_dataflow::{Expr, Literal};

    let folder = tempfile::tempdir().unwrap();
    let sink = sink(
        folder.path(),
        &[
            ("format", "parquet"),
            ("sink.rolling-policy.file-size", "1b"),
        ],
        false,
        false,
    );
    let mut writer = sink.create_writer(&context(7, 0, 1)).unwrap();
    writer
        .write(batch(&[(1, "a"), (2, "b"), (3, "c")]))
        .unwrap();
    writer.write(batch(&[(10, "x"), (11, "y")])).unwrap();
    let prepared = writer
        .prepare_commit(barrier(1, CheckpointKind::Final))
        .unwrap();
    sink.create_committer()
        .unwrap()
        .unwrap()
        .commit(&prepared)
        .unwrap();

    let path = folder.path().to_str().unwrap();
    let mut fields = schema().fields;
    fields.insert(
        1,
        Field::new("not_there", TypeKind::Timestamp(3).nullable()),
    );
    let spec = table(
        "filesystem",
        &[
            ("path", path),
            ("format", "parquet"),
            ("source.split-size", "1b"),
        ],
        RowType::new(fields),
    );
    let source =
        |filters: &[Expr]| FileSource::new(FileTable::read(&spec).unwrap(), &[2, 1, 0], filters);
    let all = ["a|~|1", "b|~|2", "c|~|3", "x|~|10", "y|~|11"];
    assert_eq!(read_all(&source(&[]), 2), all);
    assert_eq!(read_with_restarts(&source(&[]), 2), all);
    let int = TypeKind::Integer.nullable();
    let compare = |function: &str, value| {
        let args = vec![
            Expr::literal(Literal::Int(value), int.clone()),
            Expr::input(0, int.clone()),
        ];
        Expr::call(function, args, TypeKind::Boolean.nullable())
    };
    assert_eq!(read_all(&source(&[compare("<", 5)]), 9), all[3..]);
    assert_eq!(read_all(&source(&[compare("=", 2)]), 9), all[..3]);
    assert!(read_all(&source(&[compare("=", 5)]), 9).is_empty());

    // The same on what is not this machine, where row groups are fetched whole.
    alpheus_storage::register("elsewhere", Arc::new(alpheus_storage::LocalFileSystem));
    let mut spec = spec.clone();
    spec.options
        .insert("path".to_owned(), format!("elsewhere://{path}"));
    for size in ["1b", "1mb"] {
        spec.options
            .insert("source.split-size".to_owned(), size.to_owned());
        let source = FileSource::new(FileTable::read(&spec).unwrap(), &[2, 1, 0], &[]);
        assert_eq!(read_all(&source, 2), all);
        assert_eq!(read_with_restarts(&source, 2), all);
    }
}
