//! A job whose output is known: numbers and their doubles, each once, whatever happens on the way.

use crate::program::{cat, wait_for};
use crate::{dev_cluster, try_dev_cluster};

/// Small containers, and a checkpoint each second.
pub const SMALL: &[&str] = &[
    "-Dtaskmanager.memory.process.size=256mb",
    "-Djobmanager.memory.process.size=256mb",
    "-Dexecution.checkpointing.interval=1s",
];

/// A job that doubles so many numbers, so many a second.
pub fn numbers(out: &str, rate: u32, count: u32) -> String {
    format!(
        "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}',
           'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '{count}');
         CREATE TABLE doubled (id BIGINT, twice BIGINT) WITH (
           'connector' = 'filesystem', 'path' = '{out}', 'format' = 'csv');
         INSERT INTO doubled SELECT id, id * 2 FROM numbers;"
    )
}

/// Hadoop's own commands are alice's.
pub fn as_alice() {
    static LOGIN: std::sync::Once = std::sync::Once::new();
    LOGIN.call_once(|| drop(dev_cluster(&["kinit", "alice"])));
}

/// A folder of HDFS that is not there yet.
pub fn place(name: &str) -> String {
    let folder = format!("/user/alice/{name}-{}", std::process::id());
    try_dev_cluster(&["hdfs", "dfs", "-rm", "-r", "-skipTrash", &folder]);
    folder
}

/// Whether the output is every number once, with its double.
pub fn assert_complete(folder: &str, count: u32) {
    let text = cat(folder);
    let mut found: Vec<u32> = text
        .lines()
        .map(|line| {
            let (id, twice) = line.split_once(',').unwrap();
            let id = id.parse().unwrap();
            assert_eq!(twice.parse::<u32>().unwrap(), 2 * id);
            id
        })
        .collect();
    found.sort_unstable();
    assert!(
        found.iter().copied().eq(1..=count),
        "{} rows of {count}",
        found.len()
    );
}

/// What applications of alice have left in her home folder.
pub fn left_behind() -> String {
    let listed = try_dev_cluster(&["hdfs", "dfs", "-ls", "/user/alice/.alpheus"]);
    String::from_utf8_lossy(&listed.stdout).into_owned()
}

/// [`SMALL`] and more.
pub fn options<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = SMALL.to_vec();
    all.extend(more);
    all
}

/// Waits until a job writes.
pub fn running(out: &str) {
    wait_for("output", || (!cat(out).is_empty()).then_some(()));
}
