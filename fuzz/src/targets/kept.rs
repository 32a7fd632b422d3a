//! What sessions keep in files: definitions of a catalog in a folder, and compiled plans.
//!
//! Each thread has a folder of its own below the temporary one; the files in it are written anew for each
//! input. Good inputs are what a session writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use alpheus_hadoop_conf::Configuration;
use alpheus_sql::Session;
use alpheus_sql_parser::parse_script;

use crate::Target;

pub(super) const CATALOG: Target = Target {
    name: "catalog",
    run: catalog,
    seeds: catalog_seeds,
    words: &[
        "\"format\":1",
        "\"columns\":[",
        "\"kind\":\"computed\"",
        "\"expression\":\"a + 1\"",
        "\"kind\":\"metadata\"",
        "\"watermark\":{",
        "\"query\":\"SELECT 1\"",
        "\"options\":{}",
        "null",
        "18446744073709551616",
    ],
};

pub(super) const COMPILED: Target = Target {
    name: "compiled",
    run: compiled,
    seeds: compiled_seeds,
    words: &[
        "\"format\": 1",
        "\"Input\": {",
        "\"index\": 99",
        "\"parallelism\": 0",
        "\"max_parallelism\": 0",
        "\"scalable\": [",
        "\"edges\": []",
        "\"chain\": []",
        "\"keys\": [99]",
        "\"Forward\"",
        "\"GroupAggregate\": {",
        "-1",
        "null",
    ],
};

const TABLES: &str = "
CREATE TABLE t (a INT NOT NULL, b AS a + 1 COMMENT 'more', ts TIMESTAMP(3), f STRING METADATA FROM 'file.name' VIRTUAL,
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND, PRIMARY KEY (a) NOT ENFORCED) COMMENT 'x' PARTITIONED BY (a)
  WITH ('connector' = 'filesystem', 'path' = '/t', 'format' = 'csv');
CREATE TABLE p (a INT, b BIGINT) WITH ('connector' = 'print');
CREATE VIEW v (x, n) AS SELECT b, COUNT(*) FROM t GROUP BY b;
";

/// This thread's folder for the target, empty.
fn folder(target: &str) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let thread = thread.replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let name = format!("alpheus-fuzz-{}-{target}-{thread}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&folder);
    assert!(
        fs::create_dir_all(&folder).is_ok(),
        "{} can be made",
        folder.display()
    );
    folder
}

/// Runs a script as far as it goes.
fn run(session: &mut Session, script: &str) {
    for statement in parse_script(script).into_iter().flatten() {
        if let Err(error) = session.execute(&statement, script) {
            error.render("fuzz", script);
        }
    }
}

fn session(folder: &Path) -> Session {
    let mut session = Session::new(Configuration::new());
    let script = format!(
        "SET 'table.local-time-zone' = 'UTC';
         CREATE CATALOG c WITH ('type' = 'filesystem', 'path' = '{}'); USE CATALOG c;",
        folder.display()
    );
    run(&mut session, &script);
    session
}

/// Files of a catalog with their places in it.
fn definitions(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let bytes = fs::read(&path).unwrap_or_default();
                    let inside = path.strip_prefix(root).map(Path::to_owned);
                    found.extend(inside.ok().map(|inside| (inside, bytes)));
                }
            }
        }
    }
    found.sort();
    found
}

/// What a session writes for the tables.
static WRITTEN: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let folder = folder("written");
    run(&mut session(&folder), TABLES);
    let found = definitions(&folder);
    let _ = fs::remove_dir_all(&folder);
    found
});

fn catalog_seeds() -> Vec<Vec<u8>> {
    WRITTEN.iter().map(|(_, bytes)| bytes.clone()).collect()
}

/// The input as each of the definitions in turn.
fn catalog(bytes: &[u8]) {
    let folder = folder("catalog");
    for (place, _) in WRITTEN.iter() {
        let _ = fs::remove_dir_all(&folder);
        let path = folder.join(place);
        if let Some(parent) = path.parent() {
            let _ = fs::create_dir_all(parent);
        }
        let _ = fs::write(&path, bytes);
        let mut session = session(&folder);
        run(
            &mut session,
            "SHOW TABLES; SHOW CREATE TABLE t; DESCRIBE t; SHOW CREATE VIEW v; SELECT * FROM t; SELECT * FROM v;
             INSERT INTO p SELECT * FROM v; ALTER TABLE t RENAME a TO z; DROP VIEW v; DROP TABLE t",
        );
    }
    let _ = fs::remove_dir_all(&folder);
}

fn compiled_seeds() -> Vec<Vec<u8>> {
    let folder = folder("plans");
    let mut session = Session::new(Configuration::new());
    run(&mut session, TABLES);
    let queries = [
        "INSERT INTO p SELECT * FROM v",
        "INSERT INTO p SELECT l.a, COUNT(DISTINCT r.b) FROM t AS l LEFT JOIN t AS r ON l.a = r.a AND l.b < r.b GROUP BY l.a",
        "INSERT INTO p SELECT a, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY f ORDER BY a DESC) AS rn FROM t) WHERE rn <= 3",
    ];
    let mut seeds = Vec::new();
    for (at, query) in queries.iter().enumerate() {
        let path = folder.join(format!("{at}.json"));
        let script = format!("COMPILE PLAN '{}' FOR {query}", path.display());
        run(&mut session, &script);
        seeds.push(fs::read(&path).unwrap_or_default());
    }
    let _ = fs::remove_dir_all(&folder);
    seeds
}

fn compiled(bytes: &[u8]) {
    let folder = folder("compiled");
    let path = folder.join("plan.json");
    let _ = fs::write(&path, bytes);
    let mut session = Session::new(Configuration::new());
    run(&mut session, &format!("EXECUTE PLAN '{}'", path.display()));
    let _ = fs::remove_dir_all(&folder);
}
