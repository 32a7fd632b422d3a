//! CSV as Flink reads and writes it (Jackson's dialect).
//!
//! A quote is special only at the start of a field; inside quotes it is doubled. Lines end with LF, CR
//! LF or CR. An empty line is a record with one empty field. Reading:
//!
//! * a record with fewer fields than the query reads columns, or with too many, fails the job; with
//!   `ignore-parse-errors` missing columns are NULL, unless `fail-on-missing-columns`;
//! * an empty field of a type other than text fails unless `null-literal` is empty;
//! * a field equal to `null-literal`, quoted or not, is NULL;
//! * `ignore-parse-errors` makes a bad field NULL and drops records that are malformed or too long.
//!
//! Writing quotes only what has to be quoted.

mod decoder;
mod encoder;
mod scan;
mod tokenizer;

#[cfg(test)]
mod tests;

pub(crate) use decoder::CsvDecoder;
pub(crate) use encoder::CsvEncoder;
pub(crate) use scan::QuoteScanner;

use alpheus_dataflow::{ChangelogMode, LogicalType, TypeKind};

use super::FormatDef;
use crate::error::ConnectorError;
use crate::options::{OptionDef, OptionKind, Options, option};

/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: "csv",
    options: OPTIONS,
    description: "Separated values, as Flink's `csv` format reads and writes them.",
    changelog: ChangelogMode::InsertOnly,
    check_type,
    check_options: |options| CsvOptions::read(options).map(|_| ()),
};

const OPTIONS: &[OptionDef] = &[
    option(
        "field-delimiter",
        OptionKind::Character,
        Some(","),
        "Separates fields.",
    ),
    option(
        "disable-quote-character",
        OptionKind::Boolean,
        Some("false"),
        "Quotes have no meaning; 'csv.quote-character' may not be set then.",
    ),
    option(
        "quote-character",
        OptionKind::Character,
        Some("\""),
        "Encloses fields.",
    ),
    option(
        "allow-comments",
        OptionKind::Boolean,
        Some("false"),
        "Lines that start with `#` are left out. Set 'csv.ignore-parse-errors' too to allow empty rows.",
    ),
    option(
        "ignore-parse-errors",
        OptionKind::Boolean,
        Some("false"),
        "Bad fields become NULL and malformed records are dropped and counted, instead of failing.",
    ),
    option(
        "array-element-delimiter",
        OptionKind::Text,
        Some(";"),
        "Separates the elements of an ARRAY and the fields of a ROW.",
    ),
    option(
        "escape-character",
        OptionKind::Character,
        None,
        "Takes the special meaning from the character behind it.",
    ),
    option(
        "null-literal",
        OptionKind::Text,
        None,
        "What stands for NULL.",
    ),
    option(
        "write-bigdecimal-in-scientific-notation",
        OptionKind::Boolean,
        Some("true"),
        "Writes DECIMAL 100000 as 1E+5 rather than as 100000.",
    ),
    option(
        "trim-spaces",
        OptionKind::Boolean,
        Some("false"),
        "Blanks around fields that are not quoted are left out.",
    ),
    option(
        "ignore-trailing-unmappable",
        OptionKind::Boolean,
        Some("false"),
        "Fields beyond the last column are left out instead of failing.",
    ),
    option(
        "allow-trailing-comma",
        OptionKind::Boolean,
        Some("true"),
        "One empty field beyond the last column is left out.",
    ),
    option(
        "fail-on-missing-columns",
        OptionKind::Boolean,
        Some("false"),
        "With 'csv.ignore-parse-errors' too, a record with too few fields is dropped instead of having NULL in the missing ones.",
    ),
    option(
        "empty-string-as-null",
        OptionKind::Boolean,
        Some("false"),
        "Empty fields are NULL.",
    ),
];

/// The format's options, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CsvOptions {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
    pub(crate) comments: bool,
    pub(crate) ignore_errors: bool,
    pub(crate) element_delimiter: Vec<u8>,
    pub(crate) null_literal: Option<Vec<u8>>,
    pub(crate) scientific_decimals: bool,
    pub(crate) trim: bool,
    pub(crate) ignore_extra: bool,
    pub(crate) trailing_delimiter: bool,
    pub(crate) fail_on_missing: bool,
    pub(crate) empty_as_null: bool,
}

impl CsvOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// When two options contradict each other or a value cannot be parsed.
    pub(crate) fn read(options: Options<'_>) -> Result<Self, ConnectorError> {
        let quotes = !options.boolean("disable-quote-character")?;
        if !quotes && options.is_set("quote-character") {
            return Err(ConnectorError::invalid_value(
                "csv.disable-quote-character",
                "true",
                "false when 'csv.quote-character' is set",
            ));
        }
        let delimiter = options.character("field-delimiter")?.unwrap_or(b',');
        let quote = options.character("quote-character")?.filter(|_| quotes);
        let escape = options.character("escape-character")?;
        for (key, byte) in [
            ("csv.field-delimiter", Some(delimiter)),
            ("csv.quote-character", quote),
            ("csv.escape-character", escape),
        ] {
            if matches!(byte, Some(b'\n' | b'\r')) {
                return Err(ConnectorError::invalid_value(
                    key,
                    "a line end",
                    "a character that does not end lines",
                ));
            }
        }
        if quote == Some(delimiter) || escape == Some(delimiter) {
            return Err(ConnectorError::invalid_value(
                "csv.field-delimiter",
                &char::from(delimiter).to_string(),
                "a character that is neither the quote nor the escape character",
            ));
        }
        Ok(CsvOptions {
            delimiter,
            quote,
            escape,
            comments: options.boolean("allow-comments")?,
            ignore_errors: options.boolean("ignore-parse-errors")?,
            element_delimiter: options
                .text("array-element-delimiter")
                .unwrap_or(";")
                .as_bytes()
                .to_vec(),
            null_literal: options
                .text("null-literal")
                .map(|text| text.as_bytes().to_vec()),
            scientific_decimals: options.boolean("write-bigdecimal-in-scientific-notation")?,
            trim: options.boolean("trim-spaces")?,
            ignore_extra: options.boolean("ignore-trailing-unmappable")?,
            trailing_delimiter: options.boolean("allow-trailing-comma")?,
            fail_on_missing: options.boolean("fail-on-missing-columns")?,
            empty_as_null: options.boolean("empty-string-as-null")?,
        })
    }

    /// Whether a line end may be part of a record, and if so how to tell.
    pub(crate) fn line_ends(&self) -> LineEnds {
        match self.quote {
            _ if self.escape.is_some() => LineEnds::OnlyBySequentialReading,
            Some(_) if self.comments || self.trim => LineEnds::OnlyBySequentialReading,
            Some(quote) => LineEnds::ByQuotes {
                quote,
                delimiter: self.delimiter,
            },
            None => LineEnds::EndRecords,
        }
    }
}

/// What a line end means to somebody who does not read the file from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// It ends a record.
    EndRecords,
    /// It ends a record unless it is inside quotes: [`QuoteScanner`] finds out.
    ByQuotes {
        /// The quote character.
        quote: u8,
        /// The field delimiter.
        delimiter: u8,
    },
    /// Not to be told.
    OnlyBySequentialReading,
}

fn check_type(ty: &LogicalType) -> Result<(), String> {
    let flat = |ty: &LogicalType| {
        if ty.kind.is_constructed() {
            Err(format!(
                "csv cannot hold a {ty} inside an ARRAY or ROW; use json"
            ))
        } else {
            Ok(())
        }
    };
    match &ty.kind {
        TypeKind::Map(..) | TypeKind::Multiset(_) => {
            Err(format!("csv cannot hold a {ty}; use json"))
        }
        TypeKind::Null | TypeKind::IntervalYearMonth | TypeKind::IntervalDayTime => {
            Err(format!("csv cannot hold a {ty}; cast it"))
        }
        TypeKind::Time(precision) if *precision > 3 => Err(format!(
            "csv holds at most milliseconds of a {ty}; use TIME(3)"
        )),
        TypeKind::Array(element) => flat(element),
        TypeKind::Row(fields) => fields.iter().try_for_each(|field| flat(&field.ty)),
        _ => Ok(()),
    }
}
