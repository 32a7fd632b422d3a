//! Rows to JSON objects.

use alpheus_dataflow::{RowKind, RowType};

use super::JsonOptions;
use crate::columns::print::{stripped_decimal, write_scalar};
use crate::columns::view::{Cells, View};
use crate::formats::TextEncoder;

/// Encodes JSON lines.
pub(crate) struct JsonEncoder {
    options: JsonOptions,
    /// The columns' names as JSON strings.
    names: Vec<Vec<u8>>,
}

impl JsonEncoder {
    /// An encoder of rows of `schema`.
    pub(crate) fn new(options: JsonOptions, schema: &RowType) -> Self {
        let quoted = |name: &str| {
            let mut out = Vec::new();
            string(name.as_bytes(), &mut out);
            out
        };
        JsonEncoder {
            options,
            names: schema
                .fields
                .iter()
                .map(|field| quoted(&field.name))
                .collect(),
        }
    }

    /// The row as an object.
    pub(super) fn object(&self, columns: &[View<'_>], row: usize, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut first = true;
        for (name, view) in self.names.iter().zip(columns) {
            self.field(name, view, row, &mut first, out);
        }
        out.push(b'}');
    }

    fn value(&self, view: &View<'_>, row: usize, out: &mut Vec<u8>) {
        if view.is_null(row) {
            out.extend_from_slice(b"null");
            return;
        }
        match &view.cells {
            Cells::Text(array) => string(array.value(row).as_bytes(), out),
            Cells::Boolean(_) | Cells::Int8(_) | Cells::Int16(_) => self.bare(view, row, out),
            Cells::Int32(_) | Cells::Int64(_) => {
                if view.ty.kind.is_datetime() {
                    self.quoted(view, row, out);
                } else {
                    self.bare(view, row, out);
                }
            }
            Cells::Float32(array) => {
                let finite = array.value(row).is_finite();
                if finite {
                    self.bare(view, row, out)
                } else {
                    self.quoted(view, row, out)
                }
            }
            Cells::Float64(array) => {
                let finite = array.value(row).is_finite();
                if finite {
                    self.bare(view, row, out)
                } else {
                    self.quoted(view, row, out)
                }
            }
            Cells::Decimal(array, scale) => {
                stripped_decimal(array.value(row), *scale, !self.options.plain_decimals, out);
            }
            Cells::Binary(_) => self.quoted(view, row, out),
            Cells::List(array, items) => {
                let offsets = array.value_offsets();
                out.push(b'[');
                for item in offsets[row] as usize..offsets[row + 1] as usize {
                    if item > offsets[row] as usize {
                        out.push(b',');
                    }
                    self.value(items, item, out);
                }
                out.push(b']');
            }
            Cells::Map(array, keys, values) => {
                let offsets = array.value_offsets();
                out.push(b'{');
                for item in offsets[row] as usize..offsets[row + 1] as usize {
                    if item > offsets[row] as usize {
                        out.push(b',');
                    }
                    self.value(keys, item, out);
                    out.push(b':');
                    self.value(values, item, out);
                }
                out.push(b'}');
            }
            Cells::Struct(fields) => {
                let mut name = Vec::new();
                out.push(b'{');
                let mut first = true;
                for (field_name, field) in fields {
                    name.clear();
                    string(field_name.as_bytes(), &mut name);
                    self.field(&name, field, row, &mut first, out);
                }
                out.push(b'}');
            }
            Cells::Null => out.extend_from_slice(b"null"),
        }
    }

    fn bare(&self, view: &View<'_>, row: usize, out: &mut Vec<u8>) {
        write_scalar(view, row, self.options.timestamps, out);
    }

    fn quoted(&self, view: &View<'_>, row: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        self.bare(view, row, out);
        out.push(b'"');
    }

    fn field(&self, name: &[u8], view: &View<'_>, row: usize, first: &mut bool, out: &mut Vec<u8>) {
        if self.options.leave_nulls_out && view.is_null(row) {
            return;
        }
        if !std::mem::take(first) {
            out.push(b',');
        }
        out.extend_from_slice(name);
        out.push(b':');
        self.value(view, row, out);
    }
}

/// Writes a JSON string, escaping what has to be (as Jackson does).
fn string(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push(b'"');
    let mut copied = 0;
    for (at, &byte) in text.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            8 => b"\\b",
            12 => b"\\f",
            0..0x20 => &[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ],
            _ => continue,
        };
        out.extend_from_slice(&text[copied..at]);
        out.extend_from_slice(escape);
        copied = at + 1;
    }
    out.extend_from_slice(&text[copied..]);
    out.push(b'"');
}

impl TextEncoder for JsonEncoder {
    fn encode(&mut self, columns: &[View<'_>], row: usize, _kind: RowKind, out: &mut Vec<u8>) {
        self.object(columns, row, out);
        out.push(b'\n');
    }
}
