//! Regular expressions.
//!
//! They run on the `regex` crate: linear time, no look-around and no back-references, so expressions
//! that need those are refused with a message. `\d`, `\w` and `\s` are ASCII as in Java, and `\Q..\E`
//! quotes; possessive quantifiers and atomic groups do not exist. Of alternatives the leftmost that
//! matches wins, as in Java.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::ArrayRef;
use arrow::datatypes::Int32Type;
use regex::{Captures, Regex};

use super::split::text_lists;
use crate::compile::Args;
use crate::scalar::rows;

/// A pattern, or why it is none.
pub(crate) type Compiled = Result<Regex, String>;

/// Compiles a Java regular expression.
pub(crate) fn compiled(pattern: &str) -> Compiled {
    Regex::new(&from_java(pattern)).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim();
        format!("the regular expression '{pattern}' cannot be used: {reason}")
    })
}

/// The parts in which Java's syntax means something else.
fn from_java(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        let Some(c) = escaped.chars().next() else {
            out.push('\\');
            return out;
        };
        rest = &escaped[c.len_utf8()..];
        match c {
            'd' => out.push_str("[0-9]"),
            'D' => out.push_str("[^0-9]"),
            'w' => out.push_str("[A-Za-z0-9_]"),
            'W' => out.push_str("[^A-Za-z0-9_]"),
            's' => out.push_str(r"[ \t\n\x0B\f\r]"),
            'S' => out.push_str(r"[^ \t\n\x0B\f\r]"),
            'h' => out.push_str(r"[ \t\u{A0}]"),
            'b' => out.push_str(r"(?-u:\b)"),
            'Z' => out.push_str(r"(?:\r?\n)?\z"),
            'R' => out.push_str(r"(?:\r\n|[\n\x0B\f\r])"),
            'e' => out.push_str(r"\x1B"),
            'Q' => {
                let end = rest.find("\\E").unwrap_or(rest.len());
                out.push_str(&regex::escape(&rest[..end]));
                rest = rest.get(end + 2..).unwrap_or("");
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
    out
}

/// Calls `each` with the text and the pattern of every row where neither is NULL.
fn matched<'a, T>(
    args: &Args<'a>,
    row: usize,
    patterns: &mut crate::compile::Memo<'_, Compiled, fn(&str) -> Compiled>,
    each: impl FnOnce(&'a str, &Regex) -> Option<T>,
) -> OperatorResult<Option<T>> {
    let Some((text, pattern)) = args.str(0).get(row).zip(args.str(1).get(row)) else {
        return Ok(None);
    };
    match patterns.get(pattern).as_ref() {
        Ok(regex) => Ok(each(text, regex)),
        // A row whose expression Java would not understand either has no result, as in Flink.
        Err(reason) if is_none(reason) && !args.values[1].is_constant() && args.result.nullable => {
            Ok(None)
        }
        Err(reason) => Err(OperatorError::data(reason.clone())),
    }
}

/// Whether the reason says that it is no regular expression to Java either.
fn is_none(reason: &str) -> bool {
    [
        "unclosed group",
        "unopened group",
        "unclosed character class",
        "unclosed counted repetition",
        "repetition operator missing expression",
        "repetition quantifier expects a valid decimal",
        "incomplete escape sequence",
    ]
    .iter()
    .any(|known| reason.ends_with(known))
}

/// All matches as Java finds them: behind one that is not empty an empty one may follow at once.
fn matches<'a>(regex: &'a Regex, text: &'a str) -> impl Iterator<Item = Captures<'a>> {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let found = regex.captures_at(text, from?);
        from = found.as_ref().and_then(|found| {
            let whole = found.get(0)?;
            let beyond = text[whole.end()..].chars().next();
            match whole.is_empty() {
                // Nothing more can be found behind an empty match at the end.
                true => beyond.map(|c| whole.end() + c.len_utf8()),
                false => Some(whole.end()),
            }
        });
        found
    })
}

type Compile = fn(&str) -> Compiled;

pub(super) fn regexp(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    let (texts, expressions) = (args.str(0), args.str(1));
    rows::booleans(args.rows, |row| {
        let matches = matched(args, row, &mut patterns, |text, regex| {
            Some(!regex.as_str().is_empty() && regex.is_match(text))
        })?;
        // What is no expression matches nothing.
        let asked = texts.get(row).and(expressions.get(row));
        Ok(matches.or(asked.map(|_| false)))
    })
}

pub(super) fn replace(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    let news = args.str(2);
    rows::strings(args.rows, |row, out| {
        let Some(new) = news.get(row) else {
            return Ok(None);
        };
        matched(args, row, &mut patterns, |text, regex| {
            let mut copied = 0;
            for whole in matches(regex, text).filter_map(|found| found.get(0)) {
                out.push_str(&text[copied..whole.start()]);
                out.push_str(new);
                copied = whole.end();
            }
            out.push_str(&text[copied..]);
            Some(())
        })
    })
}

/// The group that the third argument names, or `default`.
fn group(args: &Args<'_>, row: usize, default: i32) -> Option<usize> {
    let group = if args.len() > 2 {
        args.int(2).get(row)
    } else {
        Some(default)
    };
    group.and_then(|group| usize::try_from(group).ok())
}

pub(super) fn extract(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    rows::strings(args.rows, |row, out| {
        let Some(group) = group(args, row, 0) else {
            return Ok(None);
        };
        matched(args, row, &mut patterns, |text, regex| {
            let found = regex.captures(text)?.get(group)?;
            out.push_str(found.as_str());
            Some(())
        })
    })
}

pub(super) fn extract_all(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    let mut lists = text_lists();
    for row in 0..args.rows {
        let found = match group(args, row, 1) {
            None => None,
            Some(group) => matched(args, row, &mut patterns, |text, regex| {
                (group < regex.captures_len()).then(|| {
                    for captures in matches(regex, text) {
                        lists
                            .values()
                            .append_option(captures.get(group).map(|m| m.as_str()));
                    }
                })
            })?,
        };
        lists.append(found.is_some());
    }
    Ok(Arc::new(lists.finish()))
}

pub(super) fn count(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    rows::primitives::<Int32Type>(args.rows, |row| {
        matched(args, row, &mut patterns, |text, regex| {
            Some(matches(regex, text).count() as i32)
        })
    })
}

pub(super) fn instr(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    rows::primitives::<Int32Type>(args.rows, |row| {
        matched(args, row, &mut patterns, |text, regex| {
            let found = regex.find(text);
            Some(found.map_or(0, |m| text[..m.start()].chars().count() as i32 + 1))
        })
    })
}

pub(super) fn substr(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut patterns = args.cache.memo(compiled as Compile);
    rows::strings(args.rows, |row, out| {
        matched(args, row, &mut patterns, |text, regex| {
            regex.find(text).map(|m| out.push_str(m.as_str()))
        })
    })
}
