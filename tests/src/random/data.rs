//! The tables of a random query, as rows that are there and as changes that lead to them.

use std::collections::BTreeMap;
use std::fmt::Write;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

/// How the tables are given to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// As rows.
    Rows,
    /// As inserts, updates and deletes; with a primary key, or without.
    Changes {
        /// Whether the tables declare their primary key.
        keyed: bool,
    },
}

/// Tables that may be given as changes, with their columns.
const TABLES: [(&str, &str); 3] = [
    (
        "t",
        "id INT, k INT, n BIGINT, s STRING, d DECIMAL(10, 2), x DOUBLE, b BOOLEAN, ts TIMESTAMP(3), dt DATE",
    ),
    (
        "u",
        "id INT, k BIGINT, n INT, s STRING, d DECIMAL(6, 3), x FLOAT, b BOOLEAN, ts TIMESTAMP(3), dt DATE",
    ),
    (
        "v",
        "id INT, k SMALLINT, s STRING, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, ra ARRAY<ROW<x INT, y STRING>>",
    ),
];

/// Tables with a time attribute, always given as rows.
const TIMED: [&str; 2] = ["w", "z"];
const TIMED_COLUMNS: &str = "id INT, k INT, n BIGINT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";

/// The rows of all tables, as JSON.
#[derive(Debug)]
pub struct Tables {
    rows: BTreeMap<&'static str, Vec<String>>,
    changes: BTreeMap<&'static str, Vec<String>>,
}

impl Tables {
    /// Random ones.
    pub fn new(random: &mut StdRng) -> Tables {
        let mut rows = BTreeMap::new();
        let mut changes = BTreeMap::new();
        for (name, _) in TABLES {
            let count = random.random_range(0..=14);
            let of_table: Vec<String> = (0..count).map(|id| row(name, id, random)).collect();
            changes.insert(name, changes_to(name, &of_table, random));
            rows.insert(name, of_table);
        }
        for name in TIMED {
            rows.insert(name, timed_rows(random));
        }
        Tables { rows, changes }
    }

    /// Files by name.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for (name, rows) in &self.rows {
            files.insert(format!("{name}.json"), lines(rows));
        }
        for (name, changes) in &self.changes {
            files.insert(format!("{name}.changes"), lines(changes));
        }
        files
    }

    /// Statements that declare the tables, whose files are in `folder`.
    pub fn declarations(inputs: Inputs, folder: &str) -> String {
        let mut ddl = String::new();
        for (name, columns) in TABLES {
            let (key, file, format) = match inputs {
                Inputs::Rows => ("", "json", "json"),
                Inputs::Changes { keyed: true } => (
                    ", PRIMARY KEY (id) NOT ENFORCED",
                    "changes",
                    "debezium-json",
                ),
                Inputs::Changes { keyed: false } => ("", "changes", "debezium-json"),
            };
            declare(
                &mut ddl,
                name,
                &format!("{columns}{key}"),
                folder,
                file,
                format,
            );
        }
        for name in TIMED {
            declare(&mut ddl, name, TIMED_COLUMNS, folder, "json", "json");
        }
        let versions = "id INT, k INT NOT NULL, n BIGINT, s STRING, ts TIMESTAMP(3), \
             WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (k) NOT ENFORCED";
        declare(&mut ddl, "y", versions, folder, "json", "json");
        ddl.replace("/y.json", "/z.json")
    }
}

fn declare(ddl: &mut String, name: &str, columns: &str, folder: &str, file: &str, format: &str) {
    writeln!(
        ddl,
        "CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{folder}/{name}.{file}', 'format' = '{format}');"
    )
    .expect("a string can be written to");
}

fn lines(rows: &[String]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// One of the values, or NULL.
fn some(random: &mut StdRng, values: &[&str]) -> String {
    match random.random_range(0..6) {
        0 => "null".to_owned(),
        _ => (*values.choose(random).expect("there are values")).to_owned(),
    }
}

const TEXTS: [&str; 10] = [
    "\"\"", "\"a\"", "\"b\"", "\"ab\"", "\"A\"", "\" a\"", "\"é\"", "\"b \"", "\"12\"", "\"-1.5\"",
];

fn row(table: &str, id: usize, random: &mut StdRng) -> String {
    let k = some(random, &["0", "1", "2", "3"]);
    let s = some(random, &TEXTS);
    if table == "v" {
        let a = some(random, &["[]", "[1]", "[1,null,2]", "[3,3]", "[0,1,2,3]"]);
        let m = some(random, &["{}", "{\"a\":1}", "{\"a\":null,\"b\":2}"]);
        let r = some(
            random,
            &[
                "{\"x\":1,\"y\":\"a\"}",
                "{\"x\":null,\"y\":\"\"}",
                "{\"x\":2,\"y\":null}",
            ],
        );
        let ra = some(
            random,
            &[
                "[]",
                "[{\"x\":1,\"y\":\"a\"}]",
                "[{\"x\":2,\"y\":null},{\"x\":null,\"y\":\"b\"}]",
            ],
        );
        return format!(
            "{{\"id\":{id},\"k\":{k},\"s\":{s},\"a\":{a},\"m\":{m},\"r\":{r},\"ra\":{ra}}}"
        );
    }
    let n = some(random, &["-3", "-1", "0", "1", "2", "5", "7", "2147483647"]);
    let d = some(
        random,
        &[
            "-1.50", "-0.01", "0.00", "0.5", "1", "2.25", "10.00", "999.99",
        ],
    );
    let x = some(
        random,
        &["-2.5", "-0.25", "0.0", "0.5", "1.0", "3.75", "100.0"],
    );
    let b = some(random, &["true", "false"]);
    let ts = some(
        random,
        &[
            "\"1969-12-31 23:59:58.500\"",
            "\"1970-01-01 00:00:00\"",
            "\"1970-01-01 00:00:07.250\"",
            "\"1960-02-29 12:30:00\"",
            "\"2024-02-29 23:59:59.999\"",
            "\"2024-03-01 00:00:00\"",
        ],
    );
    let dt = some(
        random,
        &[
            "\"1969-12-31\"",
            "\"1970-01-01\"",
            "\"1960-02-29\"",
            "\"2024-02-29\"",
            "\"2024-03-31\"",
        ],
    );
    format!(
        "{{\"id\":{id},\"k\":{k},\"n\":{n},\"s\":{s},\"d\":{d},\"x\":{x},\"b\":{b},\"ts\":{ts},\"dt\":{dt}}}"
    )
}

/// Rows around 1970 or a leap day, of which none is late.
fn timed_rows(random: &mut StdRng) -> Vec<String> {
    let mut seconds = 0;
    let (before, after) = *[
        ("1969-12-31 23:59:", "1970-01-01 00:0"),
        ("2024-02-29 23:59:", "2024-03-01 00:0"),
    ]
    .choose(random)
    .expect("there are two");
    (0..random.random_range(1..=16))
        .map(|id| {
            seconds += random.random_range(0..=9);
            // Three seconds of disorder are fewer than the watermark allows for.
            let at = seconds - random.random_range(0..=3);
            let (day, at) = match at < 30 {
                true => (before, at + 30),
                false => (after, at - 30),
            };
            let at = match day.ends_with('0') {
                true => format!("{}:{:02}", at / 60, at % 60),
                false => format!("{at:02}"),
            };
            let k = ["0", "1", "2"].choose(random).expect("there are keys");
            let n = some(random, &["-3", "-1", "0", "1", "2", "5"]);
            let s = some(random, &TEXTS);
            format!("{{\"id\":{id},\"k\":{k},\"n\":{n},\"s\":{s},\"ts\":\"{day}{at}\"}}")
        })
        .collect()
}

/// Debezium's events that leave these rows: some come late, some are updated to what they are, some others come and go.
fn changes_to(table: &str, rows: &[String], random: &mut StdRng) -> Vec<String> {
    let event = |before: &str, after: &str, op: &str| {
        format!("{{\"before\":{before},\"after\":{after},\"op\":\"{op}\"}}")
    };
    let mut of_ids: Vec<Vec<String>> = Vec::new();
    for (id, last) in rows.iter().enumerate() {
        let mut events = Vec::new();
        let mut now: Option<String> = None;
        for _ in 0..random.random_range(0..3) {
            now = match now {
                Some(old) if random.random_bool(0.4) => {
                    events.push(event(&old, "null", "d"));
                    None
                }
                Some(old) => {
                    let new = row(table, id, random);
                    events.push(event(&old, &new, "u"));
                    Some(new)
                }
                None => {
                    let new = row(table, id, random);
                    events.push(event("null", &new, "c"));
                    Some(new)
                }
            };
        }
        events.push(match now {
            Some(old) => event(&old, last, "u"),
            None => event("null", last, "c"),
        });
        of_ids.push(events);
    }
    for id in rows.len()..rows.len() + random.random_range(0..4) {
        let gone = row(table, id, random);
        of_ids.push(vec![event("null", &gone, "c"), event(&gone, "null", "d")]);
    }
    // Those of one row in their order, the rest mixed.
    let mut turns: Vec<usize> = Vec::new();
    for (id, events) in of_ids.iter().enumerate() {
        turns.extend(std::iter::repeat_n(id, events.len()));
    }
    turns.shuffle(random);
    let mut left: Vec<_> = of_ids.into_iter().map(Vec::into_iter).collect();
    turns.into_iter().filter_map(|id| left[id].next()).collect()
}
