//! Every option that is documented does something: the code outside its table names it.
//!
//! The tables are in hadoop-conf/src/options, one file a section. An option is read where a source file mentions its
//! section's module and its constant, or its key.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Whether `word` stands in `text` as a word of its own.
fn mentions(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(part_of_word) && !text[at + word.len()..].starts_with(part_of_word)
    })
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !["target", "tests"].contains(&name.as_str())
        {
            sources(&path, into);
        } else if name.ends_with(".rs") && !name.contains("test") {
            into.push(path);
        }
    }
}

/// The constants and keys of a table, as `NAME: Type = option("key", ...)`.
fn options(table: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in table
        .match_indices(" = option")
        .chain(table.match_indices(" =\n"))
    {
        let line = table[..at].rsplit('\n').next().unwrap().trim();
        let Some((name, _)) = line.split_once(": ") else {
            continue;
        };
        let is_constant = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !name.is_empty() && name.chars().all(is_constant) {
            let key = table[at..].split('"').nth(1).unwrap();
            found.push((name.to_owned(), key.to_owned()));
        }
    }
    found
}

#[test]
fn every_option_is_read_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tables = root.join("hadoop-conf/src/options");
    let mut paths = Vec::new();
    sources(root, &mut paths);
    paths.retain(|path| !path.starts_with(&tables));
    let texts: Vec<String> = paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let (mut unread, mut count) = (Vec::new(), 0);
    for entry in fs::read_dir(&tables).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        let table = fs::read_to_string(&path).unwrap();
        let readers: Vec<&String> = texts
            .iter()
            .filter(|text| mentions(text, &module))
            .collect();
        for (constant, key) in options(&table) {
            count += 1;
            let quoted = format!("\"{key}\"");
            let read = readers.iter().any(|text| mentions(text, &constant))
                || texts.iter().any(|text| text.contains(&quoted));
            if !read {
                unread.push(key);
            }
        }
    }
    assert!(count > 120, "only {count} options were found");
    assert!(
        unread.is_empty(),
        "nothing reads these options; read them, or say in hadoop-conf/src/flink_keys.rs why they change nothing: {unread:#?}"
    );
}
