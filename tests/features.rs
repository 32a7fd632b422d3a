//! Every row of the tables of features in `docs/sql.md` has a SQL case file: `sql/FEATURES` says which, and every
//! function of the tables that are printed from the code is called in one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alpheus_tests::case::find_cases;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first cells of the rows of all tables in a page.
fn first_cells(page: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with("| ") {
            continue;
        }
        // Above the line of dashes stands the table's head.
        if lines.peek().is_some_and(|next| next.starts_with("|---")) {
            continue;
        }
        let cell = line[2..].split(" | ").next().unwrap_or_default();
        cells.push(cell.trim().to_owned());
    }
    cells
}

/// Which cases each feature names.
fn features(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut feature = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(cases) = line.strip_prefix("  ") {
            let cases = cases.split_whitespace().map(str::to_owned);
            all.get_mut(&feature)
                .expect("cases stand below a feature")
                .extend(cases);
        } else if !line.is_empty() {
            feature = line.to_owned();
            let before = all.insert(feature.clone(), Vec::new());
            assert!(before.is_none(), "`{feature}` is there twice");
        }
    }
    all
}

#[test]
fn every_row_of_the_page_on_sql_has_a_case() {
    let folder = repository().join("tests/sql");
    let named = features(&read(&folder.join("FEATURES")));
    let rows = first_cells(&read(&repository().join("docs/templates/sql.md")));
    let mut wrong = Vec::new();
    for row in &rows {
        match named.get(row) {
            None => wrong.push(format!("row `{row}` is not in tests/sql/FEATURES")),
            Some(cases) if cases.is_empty() => wrong.push(format!("row `{row}` names no case")),
            Some(_) => {}
        }
    }
    for (feature, cases) in &named {
        if !rows.contains(feature) {
            wrong.push(format!("`{feature}` is no row of docs/templates/sql.md"));
        }
        let missing = cases.iter().filter(|case| !folder.join(case).is_file());
        wrong.extend(missing.map(|case| format!("`{feature}`: there is no case {case}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_function_is_called_in_a_case() {
    let page = read(&repository().join("docs/sql.md"));
    let (_, page) = page.split_once("## Scalar functions").unwrap();
    let (page, _) = page.split_once("## Connectors and formats").unwrap();
    let cases = find_cases(&repository().join("tests/sql"));
    let sql: String = cases.iter().map(|path| read(path).to_uppercase()).collect();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let called = |name: &str| {
        let calls = sql.match_indices(name);
        let mut calls = calls.filter(|(at, _)| !sql[..*at].ends_with(is_name));
        calls.any(|(at, _)| sql[at + name.len()..].trim_start().starts_with('('))
    };
    let mut missing = Vec::new();
    for cell in first_cells(page) {
        // `NAME(..)`; operators and forms with keywords have rows of other shapes.
        let signature = cell.trim_matches('`');
        let Some((name, _)) = signature.split_once('(') else {
            continue;
        };
        if !name.is_empty() && name.chars().all(is_name) && !called(name) {
            missing.push(name.to_owned());
        }
    }
    assert!(missing.is_empty(), "no case calls {}", missing.join(", "));
}
