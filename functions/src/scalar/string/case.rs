//! Upper and lower case.

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;

use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn upper(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| {
            if text.is_ascii() {
                out.push_str(text);
                out.make_ascii_uppercase();
            } else {
                out.extend(text.chars().flat_map(char::to_uppercase));
            }
        }))
    })
}

pub(super) fn lower(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| {
            if text.is_ascii() {
                out.push_str(text);
                out.make_ascii_lowercase();
            } else {
                out.push_str(&text.to_lowercase());
            }
        }))
    })
}

/// Words are runs of ASCII letters and digits.
pub(super) fn initcap(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| {
            let mut inside = false;
            for c in text.chars() {
                out.push(if inside {
                    c.to_ascii_lowercase()
                } else {
                    c.to_ascii_uppercase()
                });
                inside = c.is_ascii_alphanumeric();
            }
        }))
    })
}
