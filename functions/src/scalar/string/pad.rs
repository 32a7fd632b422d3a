//! Blanks and other characters at the ends.

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::ArrayRef;

use crate::compile::Args;
use crate::scalar::rows;

fn trimmed<'a>(
    args: &Args<'a>,
    text: usize,
    characters: Option<usize>,
    left: bool,
    right: bool,
) -> OperatorResult<ArrayRef> {
    let texts = args.str(text);
    let sets = characters.map(|index| args.str(index));
    rows::slices(args.rows, move |row| {
        let text: &'a str = texts.get(row)?;
        let set: &'a str = match &sets {
            Some(sets) => sets.get(row)?,
            None => " ",
        };
        let listed = |c: char| set.contains(c);
        let text = if left {
            text.trim_start_matches(listed)
        } else {
            text
        };
        Some(if right {
            text.trim_end_matches(listed)
        } else {
            text
        })
    })
}

/// TRIM(string), or TRIM(flag, characters, string) as the binder passes the SQL form.
pub(super) fn trim(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.len() == 1 {
        return trimmed(args, 0, None, true, true);
    }
    match args.literal_text(0)?.to_uppercase().as_str() {
        "BOTH" => trimmed(args, 2, Some(1), true, true),
        "LEADING" => trimmed(args, 2, Some(1), true, false),
        "TRAILING" => trimmed(args, 2, Some(1), false, true),
        other => Err(OperatorError::fatal(format!(
            "TRIM takes BOTH, LEADING or TRAILING, not {other}"
        ))),
    }
}

fn second(args: &Args<'_>) -> Option<usize> {
    (args.len() > 1).then_some(1)
}

pub(super) fn ltrim(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    trimmed(args, 0, second(args), true, false)
}

pub(super) fn rtrim(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    trimmed(args, 0, second(args), false, true)
}

pub(super) fn btrim(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    trimmed(args, 0, second(args), true, true)
}

fn padded(args: &Args<'_>, left: bool) -> OperatorResult<ArrayRef> {
    let (texts, lengths, pads) = (args.str(0), args.int(1), args.str(2));
    rows::strings(args.rows, |row, out| {
        let Some(((text, length), pad)) = texts.get(row).zip(lengths.get(row)).zip(pads.get(row))
        else {
            return Ok(None);
        };
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        let known = text.chars().count();
        if known >= length {
            out.extend(text.chars().take(length));
            return Ok(Some(()));
        }
        if pad.is_empty() {
            return Ok(None);
        }
        let filling = pad.chars().cycle().take(length - known);
        if left {
            out.extend(filling);
            out.push_str(text);
        } else {
            out.push_str(text);
            out.extend(filling);
        }
        Ok(Some(()))
    })
}

pub(super) fn lpad(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    padded(args, true)
}

pub(super) fn rpad(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    padded(args, false)
}
