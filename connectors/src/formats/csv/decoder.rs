//! Records to typed columns.

use alpheus_dataflow::{OperatorResult, RowType};

use super::CsvOptions;
use super::tokenizer::{Token, Tokenizer};
use crate::columns::text::{TimestampFormat, push_text, trim};
use crate::columns::{Column, Values};
use crate::formats::{BadRecord, Decoded, Rows, TextDecoder, columns_for, excerpt};

/// Decodes CSV.
pub(crate) struct CsvDecoder {
    options: CsvOptions,
    tokenizer: Tokenizer,
    /// How many columns a record has.
    width: usize,
    /// For each column built, its position in the record and its name.
    sources: Vec<(usize, String)>,
    columns: Vec<Column>,
    rows: usize,
}

impl CsvDecoder {
    /// A decoder of records with the columns `schema` that builds those of `projection`.
    pub(crate) fn new(options: CsvOptions, schema: &RowType, projection: &[usize]) -> Self {
        let sources = projection
            .iter()
            .filter_map(|&i| schema.fields.get(i).map(|field| (i, field.name.clone())))
            .collect();
        CsvDecoder {
            tokenizer: Tokenizer::new(&options),
            width: schema.len(),
            sources,
            columns: columns_for(schema, projection),
            rows: 0,
            options,
        }
    }

    /// Whether the record has a number of fields that is allowed; else why not.
    fn check_width(&self, data: &[u8]) -> Result<(), String> {
        let fields = self.tokenizer.fields();
        if fields.len() == self.width {
            return Ok(());
        }
        if fields.len() < self.width {
            // Without the option, Flink compares with the columns that the query reads.
            let too_few = self.options.fail_on_missing
                || (!self.options.ignore_errors && fields.len() < self.sources.len());
            if too_few {
                return Err(format!(
                    "the record has {} fields, the table {} columns; set 'csv.ignore-parse-errors' = 'true' and 'csv.fail-on-missing-columns' = 'false' to read NULL for the missing ones",
                    fields.len(),
                    self.width
                ));
            }
            return Ok(());
        }
        let trailing = self.options.trailing_delimiter
            && fields.len() == self.width + 1
            && fields.last().is_some_and(|&field| {
                !field.quoted && self.tokenizer.bytes(data, field).is_empty()
            });
        if trailing || self.options.ignore_extra {
            return Ok(());
        }
        Err(format!(
            "the record has {} fields, the table {} columns; set 'csv.ignore-trailing-unmappable' = 'true' to leave the others out, or 'csv.ignore-parse-errors' = 'true' to drop such records",
            fields.len(),
            self.width
        ))
    }

    /// Stores the fields of the tokenizer's record as a row.
    #[inline]
    fn store(&mut self, data: &[u8]) -> Result<(), String> {
        for (column, (position, name)) in self.columns.iter_mut().zip(&self.sources) {
            let Some(&field) = self.tokenizer.fields().get(*position) else {
                column.push_null();
                continue;
            };
            let text = self.tokenizer.bytes(data, field);
            if self.options.null_literal.as_deref() == Some(text)
                || (self.options.empty_as_null && text.is_empty())
            {
                column.push_null();
                continue;
            }
            if let Err(expected) = push_field(column, text, &self.options) {
                if !self.options.ignore_errors {
                    return Err(format!(
                        "column `{name}`: {} is not {expected}; set 'csv.ignore-parse-errors' = 'true' to read NULL instead{}",
                        excerpt(text),
                        if text.is_empty() {
                            ", or 'csv.null-literal' = '' if empty fields are NULL"
                        } else {
                            ""
                        }
                    ));
                }
                column.push_null();
            }
        }
        Ok(())
    }
}

/// Stores one field, nested ones split at the element delimiter.
#[inline]
fn push_field(column: &mut Column, text: &[u8], options: &CsvOptions) -> Result<(), &'static str> {
    let before = column.len();
    match &mut column.values {
        Values::List { items, .. } => {
            if !text.is_empty() {
                for element in split(text, &options.element_delimiter) {
                    if let Err(expected) = push_element(items, element, options) {
                        column.truncate(before);
                        return Err(expected);
                    }
                }
            }
        }
        Values::Struct(fields) => {
            let mut elements = split(text, &options.element_delimiter);
            let mut failure = None;
            for field in fields.iter_mut() {
                match elements.next() {
                    Some(element) => {
                        if let Err(expected) = push_element(field, element, options) {
                            failure = Some(expected);
                            break;
                        }
                    }
                    None => field.push_null(),
                }
            }
            if failure.is_none() && elements.next().is_some() {
                failure = Some("a ROW with that few fields");
            }
            if let Some(expected) = failure {
                column.truncate(before);
                return Err(expected);
            }
        }
        _ => return push_text(column, text, TimestampFormat::Sql),
    }
    column.end_nested();
    Ok(())
}

fn push_element(
    column: &mut Column,
    text: &[u8],
    options: &CsvOptions,
) -> Result<(), &'static str> {
    if options.null_literal.as_deref() == Some(text) {
        column.push_null();
        return Ok(());
    }
    push_text(column, text, TimestampFormat::Sql)
}

/// Pieces between delimiters; the whole text when the delimiter is empty.
fn split<'a>(text: &'a [u8], delimiter: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let found = if delimiter.is_empty() {
            None
        } else {
            memchr::memmem::find(current, delimiter)
        };
        match found {
            Some(at) => {
                rest = Some(&current[at + delimiter.len()..]);
                Some(&current[..at])
            }
            None => {
                rest = None;
                Some(current)
            }
        }
    })
}

impl TextDecoder for CsvDecoder {
    fn decode(
        &mut self,
        data: &[u8],
        stop: usize,
        last: bool,
        limit: usize,
    ) -> Result<Decoded, BadRecord> {
        let mut done = Decoded::default();
        while done.consumed < data.len().min(stop) && done.rows < limit {
            let start = done.consumed;
            let bad = |reason: String| BadRecord { at: start, reason };
            match self.tokenizer.next(data, start, last) {
                Token::Incomplete => break,
                Token::Skip(next, reason) => {
                    if let Some(reason) = reason {
                        if !self.options.ignore_errors {
                            return Err(bad(format!(
                                "{reason}; set 'csv.ignore-parse-errors' = 'true' to drop such records, or 'csv.disable-quote-character' = 'true' if quotes mean nothing"
                            )));
                        }
                        done.skipped += 1;
                    }
                    done.consumed = next;
                }
                Token::Record(next) => {
                    let blank = || {
                        matches!(self.tokenizer.fields(), [field]
                            if !field.quoted && trim(self.tokenizer.bytes(data, *field)).is_empty())
                    };
                    // With comments allowed, Jackson leaves blank lines out as well.
                    if self.options.comments && blank() {
                        done.consumed = next;
                        continue;
                    }
                    match self.check_width(data) {
                        Ok(()) => {
                            if let Err(reason) = self.store(data) {
                                for column in &mut self.columns {
                                    column.truncate(self.rows);
                                }
                                return Err(bad(reason));
                            }
                            self.rows += 1;
                            done.rows += 1;
                        }
                        Err(_) if self.options.ignore_errors => done.skipped += 1,
                        Err(reason) => return Err(bad(reason)),
                    }
                    done.consumed = next;
                }
            }
        }
        Ok(done)
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn finish(&mut self) -> OperatorResult<Rows> {
        let count = std::mem::take(&mut self.rows);
        let arrays = self.columns.iter_mut().map(Column::finish);
        Ok(Rows::inserts(arrays.collect::<Result<_, _>>()?, count))
    }
}
