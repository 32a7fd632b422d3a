//! The syntax of lists and maps inside one value.
//!
//! Flink's older form separates the items of a list by semicolons and the entries of a map by commas
//! (`key:value,key:value`), with single or double quotes around what contains a separator and a doubled quote
//! for the quote itself (`StructuredOptionsSplitter`). Its newer form is YAML's flow style, `[a, b]` and
//! `{a: b}`. Both are read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::yaml;

/// Splits a list.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse_list(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if text.starts_with('[') {
        return yaml::flow_list(text);
    }
    let items = split(text, ';')?;
    Ok(items.into_iter().filter(|item| !item.is_empty()).collect())
}

/// Splits a map.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse_map(text: &str) -> Result<BTreeMap<String, String>, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return yaml::flow_map(text);
    }
    let mut map = BTreeMap::new();
    for entry in split(text, ',')?
        .into_iter()
        .filter(|entry| !entry.is_empty())
    {
        let parts = split(&entry, ':')?;
        let [key, value] = <[String; 2]>::try_from(parts)
            .map_err(|_| format!("expected entries of the form key:value, but found '{entry}'"))?;
        map.insert(key, value);
    }
    Ok(map)
}

/// Writes a list so that [`parse_list`] reads the same items back.
#[must_use]
pub fn format_list(items: &[String]) -> String {
    let plain = |item: &str| {
        !item.is_empty()
            && item.trim() == item
            && !item.starts_with('[')
            && !item.contains([';', '\'', '"', '\n'])
    };
    let quoted: Vec<String> = items
        .iter()
        .map(|item| {
            if plain(item) {
                item.clone()
            } else {
                format!("\"{}\"", item.replace('"', "\"\""))
            }
        })
        .collect();
    quoted.join(";")
}

/// Splits at a separator outside quotes; trims what is not quoted. A map's entry keeps its quotes for the second
/// split, so quotes are taken off only at the level that has no deeper one: an item that is wholly quoted loses
/// them, an item with quotes inside keeps them.
fn split(text: &str, separator: char) -> Result<Vec<String>, String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut quote: Option<char> = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match quote {
            Some(q) if c == q && characters.peek() == Some(&q) => {
                characters.next();
                item.push(q);
                item.push(q);
            }
            Some(q) => {
                item.push(c);
                if c == q {
                    quote = None;
                }
            }
            None if c == separator => items.push(unquote(std::mem::take(&mut item).trim())),
            None => {
                if matches!(c, '\'' | '"') {
                    quote = Some(c);
                }
                item.push(c);
            }
        }
    }
    if let Some(q) = quote {
        return Err(format!("the quote {q} is not closed"));
    }
    items.push(unquote(item.trim()));
    Ok(items)
}

/// Takes the quotes off an item that is quoted from its first to its last character.
fn unquote(item: &str) -> String {
    let Some(q @ ('\'' | '"')) = item.chars().next() else {
        return item.to_owned();
    };
    let doubled: String = [q, q].iter().collect();
    let inner = &item[1..];
    match inner.strip_suffix(q) {
        Some(inner) if !inner.replace(&doubled, "").contains(q) => {
            inner.replace(&doubled, &q.to_string())
        }
        _ => item.to_owned(),
    }
}

/// Local folders, separated by commas, colons or bars as in `io.tmp.dirs` (Flink's `ConfigurationUtils.splitPaths`); at least one,
/// `/tmp` where none is named.
#[must_use]
pub fn parse_folders(text: &str) -> Vec<PathBuf> {
    let parts = text.split([',', ':', '|']).map(str::trim);
    let folders: Vec<_> = parts
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .collect();
    if folders.is_empty() {
        return vec![PathBuf::from("/tmp")];
    }
    folders
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_are_separated_as_flink_separates_them() {
        let folders = |text| parse_folders(text);
        let two = [PathBuf::from("/a"), PathBuf::from("/b c")];
        for text in ["/a,/b c", "/a:/b c", " /a | /b c ", "/a,,/b c:"] {
            assert_eq!(folders(text), two, "{text}");
        }
        assert_eq!(folders(" "), [PathBuf::from("/tmp")]);
    }

    #[test]
    fn reads_both_forms() {
        assert_eq!(
            parse_list("a; b;'c;d';\"e\"\"f\"").unwrap(),
            ["a", "b", "c;d", "e\"f"]
        );
        assert_eq!(parse_list("[a, 'b c', 3]").unwrap(), ["a", "b c", "3"]);
        assert_eq!(parse_list("").unwrap(), Vec::<String>::new());
        assert!(parse_list("'a;b").is_err());
        let map = parse_map("OPERATOR:70,'a,b':'c:d'").unwrap();
        assert_eq!(map["OPERATOR"], "70");
        assert_eq!(map["a,b"], "c:d");
        assert_eq!(parse_map("{x: 1, y: z}").unwrap()["y"], "z");
        assert!(parse_map("a").is_err());
    }

    proptest! {
        #[test]
        fn a_printed_list_parses_back(items in proptest::collection::vec("[a-z;'\" \\[\\]]{1,6}", 0..5)) {
            prop_assert_eq!(parse_list(&format_list(&items)).unwrap(), items);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,20}") {
            let _ = parse_list(&text);
            let _ = parse_map(&text);
        }
    }
}
