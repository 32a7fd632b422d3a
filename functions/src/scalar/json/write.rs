//! JSON as text, the way Flink writes it: no blanks, members sorted by name, only what must be escaped
//! escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::document::Json;

/// Writes a value.
pub(super) fn value(out: &mut String, json: &Json) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Json::Integer(digits) | Json::Decimal(digits) => out.push_str(digits),
        Json::String(text) => string(out, text),
        Json::Array(items) => array(out, items, value),
        Json::Object(members) => {
            // Of a name that repeats the last value stays.
            let sorted: BTreeMap<&str, &Json> = members
                .iter()
                .map(|(name, member)| (name.as_str(), member))
                .collect();
            object(out, sorted, value);
        }
    }
}

/// Writes `[..]`.
pub(super) fn array<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

/// Writes `{..}` with the members in the order they come in.
pub(super) fn object<'a, T>(
    out: &mut String,
    members: impl IntoIterator<Item = (&'a str, T)>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('{');
    for (at, (name, member)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        string(out, name);
        out.push(':');
        write(out, member);
    }
    out.push('}');
}

/// Writes a text in quotes, as Jackson does.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
