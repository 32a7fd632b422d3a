//! Yes and no about a text.

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;

use crate::compile::Args;
use crate::scalar::rows;

fn edges(args: &Args<'_>, holds: fn(&[u8], &[u8]) -> bool) -> OperatorResult<ArrayRef> {
    if args.types[0].kind.is_binary() {
        let (whole, part) = (args.bytes(0), args.bytes(1));
        return rows::booleans(args.rows, |row| {
            Ok(whole
                .get(row)
                .zip(part.get(row))
                .map(|(whole, part)| holds(whole, part)))
        });
    }
    let (whole, part) = (args.str(0), args.str(1));
    rows::booleans(args.rows, |row| {
        let pair = whole.get(row).zip(part.get(row));
        Ok(pair.map(|(whole, part)| holds(whole.as_bytes(), part.as_bytes())))
    })
}

pub(super) fn starts_with(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    edges(args, <[u8]>::starts_with)
}

pub(super) fn ends_with(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    edges(args, <[u8]>::ends_with)
}

/// NULL is not of any kind: FALSE.
fn test(args: &Args<'_>, holds: fn(&str) -> bool) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::booleans(args.rows, |row| Ok(Some(texts.get(row).is_some_and(holds))))
}

pub(super) fn is_alpha(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    test(args, |text| {
        !text.is_empty() && text.chars().all(char::is_alphabetic)
    })
}

pub(super) fn is_digit(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    test(args, |text| {
        !text.is_empty() && text.chars().all(char::is_numeric)
    })
}

pub(super) fn is_decimal(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    test(args, |text| crate::cast::parse_double(text).is_some())
}
