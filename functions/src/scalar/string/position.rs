//! Lengths and positions.

use alpheus_dataflow::OperatorResult;
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::Int32Type;

use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn char_length(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::primitives::<Int32Type>(args.rows, |row| {
        Ok(texts.get(row).map(|text| text.chars().count() as i32))
    })
}

pub(super) fn octet_length(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    debug_assert!(!args.array(0).data_type().is_nested());
    Ok(arrow::compute::kernels::length::length(args.array(0))?)
}

/// Where `part` occurs in `text` from position `from` (1-based); 0 if it does not.
fn find(text: &str, part: &str, from: i32) -> i32 {
    if part.is_empty() {
        return 1;
    }
    let skipped = from.max(1) as usize - 1;
    let Some(start) = byte_of(text, skipped) else {
        return 0;
    };
    match text[start..].find(part) {
        Some(at) => (skipped + text[start..start + at].chars().count() + 1) as i32,
        None => 0,
    }
}

/// The byte at which the `nth` code point (from 0) begins; the end counts as one.
pub(super) fn byte_of(text: &str, nth: usize) -> Option<usize> {
    if text.is_ascii() {
        return (nth <= text.len()).then_some(nth);
    }
    let starts = text.char_indices().map(|(at, _)| at);
    starts.chain([text.len()]).nth(nth)
}

fn located(args: &Args<'_>, part: usize, text: usize) -> OperatorResult<ArrayRef> {
    let (parts, texts) = (args.str(part), args.str(text));
    let from = (args.len() > 2).then(|| args.int(2));
    rows::primitives::<Int32Type>(args.rows, |row| {
        let from = match &from {
            Some(cells) => cells.get(row),
            None => Some(1),
        };
        let pair = texts.get(row).zip(parts.get(row));
        Ok(pair
            .zip(from)
            .map(|((text, part), from)| find(text, part, from)))
    })
}

pub(super) fn position(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    located(args, 0, 1)
}

pub(super) fn locate(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    located(args, 0, 1)
}

pub(super) fn instr(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    located(args, 1, 0)
}
