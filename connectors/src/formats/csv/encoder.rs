//! Rows to CSV records.

use alpheus_dataflow::RowKind;

use super::CsvOptions;
use crate::columns::print::{stripped_decimal, write_scalar};
use crate::columns::text::TimestampFormat;
use crate::columns::view::{Cells, View};
use crate::formats::TextEncoder;

/// Encodes CSV.
pub(crate) struct CsvEncoder {
    options: CsvOptions,
    field: Vec<u8>,
}

impl CsvEncoder {
    /// An encoder with these options.
    pub(crate) fn new(options: CsvOptions) -> Self {
        CsvEncoder {
            options,
            field: Vec::new(),
        }
    }

    /// The field's text, before quoting.
    fn value(&mut self, view: &View<'_>, row: usize) {
        match &view.cells {
            Cells::List(list, items) => {
                let offsets = list.value_offsets();
                for item in offsets[row] as usize..offsets[row + 1] as usize {
                    if item > offsets[row] as usize {
                        self.field
                            .extend_from_slice(&self.options.element_delimiter);
                    }
                    scalar(&self.options, items, item, &mut self.field);
                }
            }
            Cells::Struct(fields) => {
                for (i, (_, field)) in fields.iter().enumerate() {
                    if i > 0 {
                        self.field
                            .extend_from_slice(&self.options.element_delimiter);
                    }
                    scalar(&self.options, field, row, &mut self.field);
                }
            }
            _ => scalar(&self.options, view, row, &mut self.field),
        }
    }

    /// Whether a reader would take the text for something else without quotes or escapes.
    fn is_special(&self, byte: u8) -> bool {
        byte == self.options.delimiter
            || matches!(byte, b'\n' | b'\r')
            || Some(byte) == self.options.quote
            || Some(byte) == self.options.escape
    }

    fn needs_protection(&self) -> bool {
        let ends_blank = |text: &[u8]| {
            matches!(text.first(), Some(b' ' | b'\t')) || matches!(text.last(), Some(b' ' | b'\t'))
        };
        self.field.iter().any(|&byte| self.is_special(byte))
            || (self.options.trim && ends_blank(&self.field))
            || (self.options.comments && self.field.first() == Some(&b'#'))
    }
}

fn scalar(options: &CsvOptions, view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    if view.is_null(row) {
        out.extend_from_slice(options.null_literal.as_deref().unwrap_or_default());
        return;
    }
    match &view.cells {
        Cells::Decimal(array, scale) => {
            stripped_decimal(array.value(row), *scale, options.scientific_decimals, out);
        }
        _ => write_scalar(view, row, TimestampFormat::Sql, out),
    }
}

impl TextEncoder for CsvEncoder {
    fn encode(&mut self, columns: &[View<'_>], row: usize, _kind: RowKind, out: &mut Vec<u8>) {
        for (i, view) in columns.iter().enumerate() {
            if i > 0 {
                out.push(self.options.delimiter);
            }
            self.field.clear();
            if view.is_null(row) {
                self.field
                    .extend_from_slice(self.options.null_literal.as_deref().unwrap_or_default());
            } else {
                self.value(view, row);
            }
            if !self.needs_protection() {
                out.extend_from_slice(&self.field);
                continue;
            }
            match (self.options.quote, self.options.escape) {
                (Some(quote), escape) => {
                    out.push(quote);
                    for &byte in &self.field {
                        if byte == quote {
                            out.push(quote);
                        } else if Some(byte) == escape {
                            out.push(byte);
                        }
                        out.push(byte);
                    }
                    out.push(quote);
                }
                (None, Some(escape)) => {
                    for &byte in &self.field {
                        match byte {
                            b'\n' => out.extend_from_slice(&[escape, b'n']),
                            b'\r' => out.extend_from_slice(&[escape, b'r']),
                            _ if self.is_special(byte) => out.extend_from_slice(&[escape, byte]),
                            _ => out.push(byte),
                        }
                    }
                }
                (None, None) => out.extend_from_slice(&self.field),
            }
        }
        out.push(b'\n');
    }
}
