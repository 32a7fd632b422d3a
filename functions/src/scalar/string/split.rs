//! Texts taken apart.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{Array, ArrayRef, ListBuilder, StringArray, StringBuilder, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Field};

use super::regex::compiled;
use crate::compile::Args;
use crate::scalar::{map_array, rows};

/// A builder of `ARRAY<STRING>` columns.
pub(super) fn text_lists() -> ListBuilder<StringBuilder> {
    ListBuilder::new(StringBuilder::new()).with_field(Field::new("item", DataType::Utf8, true))
}

pub(super) fn split_index(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, places) = (args.str(0), args.int(2));
    let by_code = args.types[1].kind == TypeKind::Integer;
    rows::strings(args.rows, |row, out| {
        let Some((text, place)) = texts.get(row).zip(places.get(row)) else {
            return Ok(None);
        };
        let mut code = [0; 4];
        let delimiter = if by_code {
            let found = args
                .int(1)
                .get(row)
                .and_then(|code| u8::try_from(code).ok());
            found
                .filter(|code| *code > 0)
                .map(|found| &*char::from(found).encode_utf8(&mut code))
        } else {
            args.str(1).get(row)
        };
        let Some((delimiter, place)) = delimiter.zip(usize::try_from(place).ok()) else {
            return Ok(None);
        };
        if text.is_empty() {
            return Ok(None);
        }
        let field = if delimiter.is_empty() {
            text.split_whitespace().nth(place)
        } else {
            text.split(delimiter).nth(place)
        };
        Ok(field.map(|field| out.push_str(field)))
    })
}

pub(super) fn split(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, delimiters) = (args.str(0), args.str(1));
    let mut lists = text_lists();
    for row in 0..args.rows {
        match texts.get(row).zip(delimiters.get(row)) {
            Some(("", _)) => lists.append(true),
            Some((text, "")) => {
                let mut buffer = [0; 4];
                for c in text.chars() {
                    lists.values().append_value(&*c.encode_utf8(&mut buffer));
                }
                lists.append(true);
            }
            Some((text, delimiter)) => {
                text.split(delimiter)
                    .for_each(|part| lists.values().append_value(part));
                lists.append(true);
            }
            None => lists.append(false),
        }
    }
    Ok(Arc::new(lists.finish()))
}

pub(super) fn str_to_map(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    let mut patterns = args.cache.memo(compiled);
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    let (mut sizes, mut valid) = (Vec::new(), Vec::new());
    for row in 0..args.rows {
        let delimiter = |index: usize, default: &'static str| {
            if args.len() > index {
                args.str(index).get(row)
            } else {
                Some(default)
            }
        };
        let all = texts.get(row).zip(delimiter(1, ",")).zip(delimiter(2, "="));
        let before = keys.len();
        if let Some(((text, entry), pair)) = all {
            let entry = patterns.get(entry);
            let pair = patterns.get(pair);
            let (entry, pair) = (entry.as_ref().as_ref(), pair.as_ref().as_ref());
            let (entry, pair) = (entry.map_err(Clone::clone), pair.map_err(Clone::clone));
            let (entry, pair) = (
                entry.map_err(alpheus_dataflow::OperatorError::data)?,
                pair.map_err(alpheus_dataflow::OperatorError::data)?,
            );
            let mut parts: Vec<&str> = entry.split(text).collect();
            // As `String.split` does; and no text has no entries.
            let last = parts.iter().rposition(|part| !part.is_empty());
            parts.truncate(last.map_or(0, |last| last + 1));
            for part in parts {
                let mut halves = pair.splitn(part, 2);
                let (key, value) = (halves.next().unwrap_or(""), halves.next());
                match keys[before..].iter().position(|known| *known == key) {
                    Some(place) => values[before + place] = value,
                    None => {
                        keys.push(key);
                        values.push(value);
                    }
                }
            }
        }
        valid.push(all.is_some());
        sizes.push(keys.len() - before);
    }
    map_array(
        args.result,
        Arc::new(StringArray::from(keys)),
        Arc::new(StringArray::from(values)),
        OffsetBuffer::from_lengths(sizes),
        Some(NullBuffer::from(valid)),
    )
}

pub(super) fn elt(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let places = args.int(0);
    let null = new_null_array(&args.result.to_arrow(), 1);
    let mut sources: Vec<&dyn Array> = vec![&null];
    sources.extend((1..args.len()).map(|index| args.array(index).as_ref()));
    let picked: Vec<(usize, usize)> = (0..args.rows)
        .map(|row| match places.get(row) {
            Some(place) if place >= 1 && (place as usize) < args.len() => {
                let place = place as usize;
                (
                    place,
                    if args.values[place].is_constant() {
                        0
                    } else {
                        row
                    },
                )
            }
            _ => (0, 0),
        })
        .collect();
    Ok(interleave(&sources, &picked)?)
}
