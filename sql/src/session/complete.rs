//! What the prompt offers when TAB is pressed.
//!
//! No parse: the text is unfinished. The word before the one being typed says whether a table is wanted;
//! an open quote behind SET or RESET, that an option's key is. Columns are those of the tables that the
//! text names.

use alpheus_hadoop_conf::all_options;
use alpheus_sql_parser::keywords;

use super::{Session, show};
use crate::catalog::CatalogObject;

/// Words behind which a table or view is named.
const BEFORE_TABLES: &[&str] = &[
    "FROM",
    "JOIN",
    "INTO",
    "TABLE",
    "OVERWRITE",
    "DESCRIBE",
    "DESC",
    "VIEW",
    "LIKE",
];

/// Candidates for the last word of `text`, in alphabetical order.
pub(super) fn complete(session: &Session, text: &str) -> Vec<String> {
    let statement = text.rsplit(';').next().unwrap_or_default();
    let start = statement
        .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '`')))
        .map_or(0, |at| {
            at + statement[at..].chars().next().map_or(1, char::len_utf8)
        });
    let (before, word) = statement.split_at(start);
    let first = statement
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_uppercase();
    let in_quotes = before.matches('\'').count() % 2 == 1;
    let candidates = match (first.as_str(), in_quotes) {
        ("SET" | "RESET", true) if !before.contains('=') => {
            all_options().map(|spec| spec.key.to_owned()).collect()
        }
        (_, true) => Vec::new(),
        _ => names(session, statement, before),
    };
    let mut fitting: Vec<String> = candidates
        .into_iter()
        .filter(|candidate| fits(candidate, word))
        .collect();
    fitting.sort_unstable();
    fitting.dedup();
    fitting
}

/// Whether `candidate` can become of `word`; keywords and functions in any case.
fn fits(candidate: &str, word: &str) -> bool {
    let head = candidate.get(..word.len());
    let ignores_case = candidate.chars().all(|c| !c.is_lowercase());
    candidate.len() > word.len()
        && head
            .is_some_and(|head| head == word || (ignores_case && head.eq_ignore_ascii_case(word)))
}

fn names(session: &Session, statement: &str, before: &str) -> Vec<String> {
    let catalogs = &session.catalogs;
    let objects = catalogs.objects(&catalogs.current_catalog, &catalogs.current_database);
    let previous = before
        .split_whitespace()
        .next_back()
        .unwrap_or_default()
        .to_uppercase();
    let previous = previous.trim_start_matches('(');
    let mut names: Vec<String> = objects.keys().cloned().collect();
    if previous == "USE" {
        names = catalogs
            .databases(&catalogs.current_catalog)
            .map(str::to_owned)
            .collect();
        names.push("CATALOG".to_owned());
        return names;
    }
    if BEFORE_TABLES.contains(&previous) {
        let databases = catalogs.databases(&catalogs.current_catalog);
        names.extend(databases.map(|database| format!("{database}.")));
        return names;
    }
    if before.trim().is_empty() {
        return keywords::STATEMENT_STARTS
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
    }
    let words: Vec<&str> = statement
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    for (name, object) in &objects {
        if !words.contains(&name.as_str()) {
            continue;
        }
        match object {
            CatalogObject::Table(table) => {
                names.extend(table.columns.iter().map(|column| column.name.clone()));
            }
            CatalogObject::View(view) => {
                names.extend(view.columns.iter().map(|column| column.name.clone()));
            }
        }
    }
    names.extend(show::function_names());
    names.extend(keywords::RESERVED.iter().map(|word| (*word).to_owned()));
    names.extend(keywords::CLAUSE_WORDS.iter().map(|word| (*word).to_owned()));
    names
}
