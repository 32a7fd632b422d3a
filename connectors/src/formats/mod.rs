//! Formats: bytes to projected Arrow columns, and back.
//!
//! Text formats implement [`TextDecoder`] over a window of bytes that the reader slides along a file,
//! and [`TextEncoder`]. Only projected columns are parsed and built. Parquet works on whole files.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod parquet;

use alpheus_dataflow::{ChangelogMode, LogicalType, OperatorResult, RowKind, RowType};
use arrow::array::{ArrayRef, UInt8Array};

use crate::columns::Column;
use crate::columns::view::View;
use crate::error::ConnectorError;
use crate::options::{OptionDef, Options};

/// A format's name, options and checks.
pub(crate) struct FormatDef {
    /// As in `'format' = 'csv'`.
    pub(crate) name: &'static str,
    /// Its options, without the `name.` prefix.
    pub(crate) options: &'static [OptionDef],
    /// One sentence for documentation.
    pub(crate) description: &'static str,
    /// The changes it can hold, written as read.
    pub(crate) changelog: ChangelogMode,
    /// Refuses a type that the format cannot hold, saying why.
    pub(crate) check_type: fn(&LogicalType) -> Result<(), String>,
    /// Checks options against each other.
    pub(crate) check_options: fn(Options<'_>) -> Result<(), ConnectorError>,
}

/// All formats.
pub(crate) const FORMATS: &[FormatDef] = &[
    csv::FORMAT,
    json::FORMAT,
    json::debezium::FORMAT,
    parquet::FORMAT,
];

/// The format of that name.
pub(crate) fn format(name: &str) -> Result<&'static FormatDef, ConnectorError> {
    FORMATS
        .iter()
        .find(|format| format.name == name)
        .ok_or_else(|| {
            ConnectorError::unknown("format", name, FORMATS.iter().map(|format| format.name))
        })
}

/// What a decoder did with a window of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Bytes that are done with: up to the start of the first record not decoded.
    pub(crate) consumed: usize,
    /// Rows stored.
    pub(crate) rows: usize,
    /// Records dropped because they could not be read.
    pub(crate) skipped: usize,
}

/// Decoded rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// The columns, which may be none.
    pub(crate) columns: Vec<ArrayRef>,
    /// How many rows there are.
    pub(crate) count: usize,
    /// What happened to each row (bytes of [`RowKind`]); without, all are inserts.
    pub(crate) kinds: Option<UInt8Array>,
}

impl Rows {
    /// Rows that are inserted.
    pub(crate) fn inserts(columns: Vec<ArrayRef>, count: usize) -> Self {
        Rows {
            columns,
            count,
            kinds: None,
        }
    }
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadRecord {
    /// Where in the window it starts.
    pub(crate) at: usize,
    /// What is wrong: column, value and what was expected, or the broken syntax.
    pub(crate) reason: String,
}

/// Decodes records of a text format into columns.
pub(crate) trait TextDecoder: Send {
    /// Decodes records from `data`, which starts at the start of a record, until `limit` rows are
    /// stored, a record starts at or after `stop`, or the data ends. With `last` the end of `data` is
    /// the end of the file; else an unfinished record is left.
    fn decode(
        &mut self,
        data: &[u8],
        stop: usize,
        last: bool,
        limit: usize,
    ) -> Result<Decoded, BadRecord>;

    /// How many rows are stored.
    fn rows(&self) -> usize;

    /// What was stored since the last call.
    fn finish(&mut self) -> OperatorResult<Rows>;
}

/// Encodes rows of a text format.
pub(crate) trait TextEncoder: Send {
    /// Appends row `row`, to which `kind` has happened, with its line end.
    fn encode(&mut self, columns: &[View<'_>], row: usize, kind: RowKind, out: &mut Vec<u8>);
}

/// A text format set up for one table: what makes decoders and encoders.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TextFormat {
    Csv(csv::CsvOptions),
    Json(json::JsonOptions),
    Debezium(json::debezium::DebeziumOptions),
}

impl TextFormat {
    /// A decoder of files with the columns `schema` that builds those of `projection`.
    pub(crate) fn decoder(&self, schema: &RowType, projection: &[usize]) -> Box<dyn TextDecoder> {
        match self {
            TextFormat::Csv(options) => {
                Box::new(csv::CsvDecoder::new(options.clone(), schema, projection))
            }
            TextFormat::Json(options) => {
                Box::new(json::JsonDecoder::new(options.clone(), schema, projection))
            }
            TextFormat::Debezium(options) => Box::new(json::debezium::DebeziumDecoder::new(
                options.clone(),
                schema,
                projection,
            )),
        }
    }

    /// An encoder of rows of `schema`.
    pub(crate) fn encoder(&self, schema: &RowType) -> Box<dyn TextEncoder> {
        match self {
            TextFormat::Csv(options) => Box::new(csv::CsvEncoder::new(options.clone())),
            TextFormat::Json(options) => Box::new(json::JsonEncoder::new(options.clone(), schema)),
            TextFormat::Debezium(options) => Box::new(json::debezium::DebeziumEncoder::new(
                options.clone(),
                schema,
            )),
        }
    }
}

/// Builders for the projected columns of `schema`.
pub(crate) fn columns_for(schema: &RowType, projection: &[usize]) -> Vec<Column> {
    projection
        .iter()
        .filter_map(|&i| schema.fields.get(i))
        .map(|field| Column::new(&field.ty))
        .collect()
}

/// The longest piece of a bad value that a message shows.
pub(crate) fn excerpt(value: &[u8]) -> String {
    const LONGEST: usize = 60;
    let text = String::from_utf8_lossy(&value[..value.len().min(LONGEST)]);
    let more = if value.len() > LONGEST { "..." } else { "" };
    format!("`{}`{more}", text.escape_debug())
}
