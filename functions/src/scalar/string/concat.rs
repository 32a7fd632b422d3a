//! Texts joined.

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;

use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn concat(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let parts: Vec<_> = (0..args.len()).map(|index| args.str(index)).collect();
    rows::strings(args.rows, |row, out| {
        for part in &parts {
            match part.get(row) {
                Some(text) => out.push_str(text),
                None => return Ok(None),
            }
        }
        Ok(Some(()))
    })
}

pub(super) fn concat_ws(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let separators = args.str(0);
    let parts: Vec<_> = (1..args.len()).map(|index| args.str(index)).collect();
    rows::strings(args.rows, |row, out| {
        let Some(separator) = separators.get(row) else {
            return Ok(None);
        };
        let mut first = true;
        for text in parts.iter().filter_map(|part| part.get(row)) {
            if !first {
                out.push_str(separator);
            }
            first = false;
            out.push_str(text);
        }
        Ok(Some(()))
    })
}
