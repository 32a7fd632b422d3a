//! JSON_QUOTE, JSON_UNQUOTE and IS JSON: text looked at as a document, without a path.

use std::fmt::Write as _;

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;

use super::document::{Json, parse, unescape};
use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn quote(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| write_quoted(out, text)))
    })
}

/// Slashes are escaped, and everything beyond ASCII; a character beyond 16 bits becomes its code point in
/// five digits followed by its second surrogate, as in Flink, although no JSON reader understands that.
fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{7f}' => out.push(c),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
                if let [_, low] = *c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{low:04x}");
                }
            }
        }
    }
    out.push('"');
}

pub(super) fn unquote(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| {
            if !write_unquoted(out, text) {
                out.clear();
                out.push_str(text);
            }
        }))
    })
}

/// Writes what stands between the outer quotes of a JSON string, or says that there is none. The text may
/// have quotes inside: Flink's check stops at the end of the first string.
fn write_unquoted(out: &mut String, text: &str) -> bool {
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(mut rest) = inner.filter(|_| parse(text).is_ok()) else {
        return false;
    };
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let Some((read, length)) = unescape(&rest[at..]) else {
            return false;
        };
        out.push(read);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    true
}

fn tested(args: &Args<'_>, negated: bool, test: fn(&Json) -> bool) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::booleans(args.rows, |row| {
        let is = texts
            .get(row)
            .and_then(|text| parse(text).ok())
            .is_some_and(|json| test(&json));
        Ok(Some(is != negated))
    })
}

macro_rules! tests {
    ($($name:ident, $negated:ident: $test:expr;)*) => {
        $(
            pub(super) fn $name(args: &Args<'_>) -> OperatorResult<ArrayRef> {
                tested(args, false, $test)
            }

            pub(super) fn $negated(args: &Args<'_>) -> OperatorResult<ArrayRef> {
                tested(args, true, $test)
            }
        )*
    };
}

tests! {
    is_value, is_not_value: |_| true;
    is_object, is_not_object: |json| matches!(json, Json::Object(_));
    is_array, is_not_array: |json| matches!(json, Json::Array(_));
    is_scalar, is_not_scalar: Json::is_scalar;
}
