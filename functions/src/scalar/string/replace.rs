//! Texts made from texts: repeated, reversed, replaced.

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::ArrayRef;

use crate::compile::Args;
use crate::scalar::rows;

/// The longest text REPEAT makes.
const MOST_BYTES: usize = 256 << 20;

pub(super) fn repeat(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, counts) = (args.str(0), args.int(1));
    rows::strings(args.rows, |row, out| {
        let Some((text, count)) = texts.get(row).zip(counts.get(row)) else {
            return Ok(None);
        };
        let count = count.max(0) as usize;
        if text.len().saturating_mul(count) > MOST_BYTES {
            return Err(OperatorError::data(format!(
                "REPEAT of {} bytes {count} times is longer than 256 MiB",
                text.len()
            )));
        }
        out.extend(std::iter::repeat_n(text, count));
        Ok(Some(()))
    })
}

pub(super) fn reverse(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| out.extend(text.chars().rev())))
    })
}

pub(super) fn replace(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, olds, news) = (args.str(0), args.str(1), args.str(2));
    rows::strings(args.rows, |row, out| {
        let Some(((text, old), new)) = texts.get(row).zip(olds.get(row)).zip(news.get(row)) else {
            return Ok(None);
        };
        out.push_str(&text.replace(old, new));
        Ok(Some(()))
    })
}

pub(super) fn translate(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, froms, tos) = (args.str(0), args.str(1), args.str(2));
    rows::strings(args.rows, |row, out| {
        let Some(text) = texts.get(row) else {
            return Ok(None);
        };
        // Of these NULL is as good as nothing, in Flink.
        let from = froms.get(row).unwrap_or("");
        let to = tos.get(row).unwrap_or("");
        for c in text.chars() {
            match from.chars().position(|listed| listed == c) {
                Some(place) => out.extend(to.chars().nth(place)),
                None => out.push(c),
            }
        }
        Ok(Some(()))
    })
}
