//! YAML into flat keys with their lines.
//!
//! The parser's events are turned into `key -> text` directly: nested mappings join their keys with dots, so
//! `a: {b: 1}` and `a.b: 1` are the same; a sequence of scalars becomes a list in the syntax of
//! [`crate::parse_list`]; a null is as if the key were absent. A key that is written twice is an error, because
//! one of the two would be lost silently. Aliases, several documents and sequences of mappings are refused: no
//! option needs them.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::format_list;

/// A mistake and its place, both from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// A flat key, its text and its line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FlatEntry {
    pub key: String,
    pub value: String,
    pub line: usize,
}

/// How deep mappings may be nested.
const MAX_DEPTH: usize = 32;

/// Flattens one YAML document.
pub(crate) fn flatten(text: &str) -> Result<Vec<FlatEntry>, YamlError> {
    let mut events = Events {
        parser: Parser::new_from_str(text),
    };
    let mut entries = Vec::new();
    let mut documents = 0;
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(error(
                        &span,
                        "a configuration file holds one document; remove the second '---'",
                    ));
                }
            }
            Event::MappingStart(..) => mapping(&mut events, &mut Vec::new(), &mut entries)?,
            Event::Scalar(text, style, ..) if is_null(&text, style) => {}
            _ => return Err(error(&span, "expected 'key: value' lines")),
        }
    }
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for entry in &entries {
        if let Some(first) = lines.insert(&entry.key, entry.line) {
            let message = format!(
                "the key '{}' is set twice; the first is at line {first}",
                entry.key
            );
            return Err(YamlError {
                line: entry.line,
                column: 1,
                message,
            });
        }
    }
    Ok(entries)
}

/// Reads a list in flow style.
pub(crate) fn flow_list(text: &str) -> Result<Vec<String>, String> {
    let entries = flatten(&format!("x: {text}")).map_err(|e| e.message)?;
    match entries.as_slice() {
        [FlatEntry { key, value, .. }] if key == "x" => crate::parse_list(value),
        _ => Err("expected a list such as [a, b]".to_owned()),
    }
}

/// Reads a map in flow style.
pub(crate) fn flow_map(text: &str) -> Result<BTreeMap<String, String>, String> {
    let entries = flatten(text).map_err(|e| e.message)?;
    Ok(entries
        .into_iter()
        .map(|entry| (entry.key, entry.value))
        .collect())
}

/// Flat keys and values of a YAML document of plain mappings, for example a catalog store's file.
///
/// # Errors
/// With the line when it is no such document, or a key is there twice.
pub fn parse_yaml(text: &str) -> Result<BTreeMap<String, String>, String> {
    let entries =
        flatten(text).map_err(|error| format!("line {}: {}", error.line, error.message))?;
    Ok(entries
        .into_iter()
        .map(|entry| (entry.key, entry.value))
        .collect())
}

struct Events<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(e)) => Err(YamlError {
                line: e.marker().line(),
                column: e.marker().col() + 1,
                message: format!("not valid YAML: {}", e.info()),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }
}

fn error(span: &Span, message: &str) -> YamlError {
    YamlError {
        line: span.start.line(),
        column: span.start.col() + 1,
        message: message.to_owned(),
    }
}

fn is_null(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn mapping<'a>(
    events: &mut Events<'a>,
    path: &mut Vec<String>,
    entries: &mut Vec<FlatEntry>,
) -> Result<(), YamlError> {
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::MappingEnd => return Ok(()),
            Event::Scalar(key, ..) if !key.is_empty() => path.push(key.into_owned()),
            _ => return Err(error(&span, "expected a key")),
        }
        if path.len() > MAX_DEPTH {
            return Err(error(&span, "keys are nested too deeply"));
        }
        let line = span.start.line();
        let (event, span) = events.next()?;
        match event {
            Event::Scalar(text, style, ..) if is_null(&text, style) => {}
            Event::Scalar(text, ..) => {
                entries.push(FlatEntry {
                    key: path.join("."),
                    value: text.into_owned(),
                    line,
                });
            }
            Event::MappingStart(..) => mapping(events, path, entries)?,
            Event::SequenceStart(..) => {
                let items = sequence(events)?;
                entries.push(FlatEntry {
                    key: path.join("."),
                    value: format_list(&items),
                    line,
                });
            }
            Event::Alias(_) => {
                return Err(error(
                    &span,
                    "aliases (*name) are not supported; write the value out",
                ));
            }
            _ => return Err(error(&span, "expected a value")),
        }
        path.pop();
    }
}

fn sequence(events: &mut Events<'_>) -> Result<Vec<String>, YamlError> {
    let mut items = Vec::new();
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::SequenceEnd => return Ok(items),
            Event::Scalar(text, ..) => items.push(text.into_owned()),
            _ => return Err(error(&span, "a list may hold plain values only")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flat(text: &str) -> Vec<(String, String, usize)> {
        flatten(text)
            .unwrap()
            .into_iter()
            .map(|e| (e.key, e.value, e.line))
            .collect()
    }

    #[test]
    fn nested_and_flat_keys_are_the_same() {
        let expected = vec![
            (
                "execution.checkpointing.interval".to_owned(),
                "10 s".to_owned(),
                3,
            ),
            ("parallelism.default".to_owned(), "4".to_owned(), 4),
        ];
        assert_eq!(
            flat(
                "# a comment\nexecution:\n  checkpointing.interval: 10 s\nparallelism: {default: 4}\n"
            ),
            expected
        );
    }

    #[test]
    fn lists_strings_and_nulls() {
        assert_eq!(
            flat("a: [x, 'y;z']\nb:\n  - 1\n  - 2\nc: ~\nd: \"null\"\ne:\n"),
            vec![
                ("a".to_owned(), "x;\"y;z\"".to_owned(), 1),
                ("b".to_owned(), "1;2".to_owned(), 2),
                ("d".to_owned(), "null".to_owned(), 6),
            ]
        );
        assert_eq!(flat(""), vec![]);
        assert_eq!(flat("# only a comment\n"), vec![]);
    }

    #[test]
    fn mistakes_have_a_place() {
        let at = |text: &str| flatten(text).map_err(|e| (e.line, e.message)).unwrap_err();
        assert_eq!(at("a: 1\nb: 2\na: 3").0, 3);
        assert!(at("a: 1\na: 3").1.contains("first is at line 1"));
        assert_eq!(at("a: 1\nb: [1, {c: 2}]").0, 2);
        assert_eq!(at("just text").0, 1);
        assert_eq!(at("a: &x 1\nb: *x").0, 2);
        assert_eq!(at("a: 1\n---\nb: 2").0, 2);
        assert!(at("a: 'open\n\n").1.contains("not valid YAML"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-c:\\-\\[\\]{}&*#'\"|>?! \n]{0,40}|.{0,40}") {
            let _ = flatten(&text);
        }
    }
}
