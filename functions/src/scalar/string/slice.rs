//! Parts of a text.

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;

use super::position::byte_of;
use crate::compile::Args;
use crate::scalar::rows;

/// SUBSTRING: 0 acts as 1, negative positions count from the end.
///
/// A start before the text, or a length below 1, gives nothing.
fn substring_of(text: &str, start: i32, length: Option<i32>) -> &str {
    let from = if start >= 0 {
        i64::from(start.max(1)) - 1
    } else {
        text.chars().count() as i64 + i64::from(start)
    };
    if from < 0 || length.is_some_and(|length| length <= 0) {
        return "";
    }
    let Some(begin) = byte_of(text, from as usize) else {
        return "";
    };
    let rest = &text[begin..];
    match length {
        Some(length) => &rest[..byte_of(rest, length as usize).unwrap_or(rest.len())],
        None => rest,
    }
}

/// A negative length gives NULL, as in Flink.
pub(super) fn substring(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, starts) = (args.str(0), args.int(1));
    let lengths = (args.len() > 2).then(|| args.int(2));
    rows::slices(args.rows, |row| {
        let (text, start) = texts.get(row).zip(starts.get(row))?;
        match &lengths {
            Some(lengths) => {
                let length = lengths.get(row).filter(|length| *length >= 0)?;
                Some(substring_of(text, start, Some(length)))
            }
            None => Some(substring_of(text, start, None)),
        }
    })
}

pub(super) fn left(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, lengths) = (args.str(0), args.int(1));
    rows::slices(args.rows, |row| {
        let (text, length) = texts.get(row).zip(lengths.get(row))?;
        Some(substring_of(text, 1, Some(length)))
    })
}

pub(super) fn right(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, lengths) = (args.str(0), args.int(1));
    rows::slices(args.rows, |row| {
        let (text, length) = texts.get(row).zip(lengths.get(row))?;
        let skipped = (text.chars().count() as i64 - i64::from(length)).max(0);
        if length <= 0 {
            return Some("");
        }
        byte_of(text, skipped as usize).map(|from| &text[from..])
    })
}

/// A position outside the text changes nothing; without a length the replacement's own counts.
pub(super) fn overlay(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, news, starts) = (args.str(0), args.str(1), args.int(2));
    let lengths = (args.len() > 3).then(|| args.int(3));
    rows::strings(args.rows, |row, out| {
        let Some(((text, new), start)) = texts.get(row).zip(news.get(row)).zip(starts.get(row))
        else {
            return Ok(None);
        };
        let length = match &lengths {
            Some(lengths) => lengths.get(row),
            None => Some(new.chars().count() as i32),
        };
        let Some(length) = length else {
            return Ok(None);
        };
        let count = text.chars().count() as i64;
        if start <= 0 || i64::from(start) > count {
            out.push_str(text);
            return Ok(Some(()));
        }
        let begin = start as usize - 1;
        out.extend(text.chars().take(begin));
        out.push_str(new);
        // A negative length takes the rest away with it.
        if length >= 0 {
            out.extend(text.chars().skip(begin + length as usize));
        }
        Ok(Some(()))
    })
}
