//! Rows for people and programs: JSON lines, CSV, and tables that grow. Pure: columns in, text out.

pub mod cells;
pub mod csv;
pub mod json;
pub mod table;

use alpheus_functions::time::text::{LocalTime, write_timestamp};

/// A point in time (ms since 1970) in UTC: `yyyy-MM-dd HH:mm:ss` with so many digits of a fraction.
pub fn utc(ms: i64, digits: u8) -> String {
    let mut text = String::new();
    write_timestamp(&mut text, LocalTime { ms, nanos: 0 }, digits);
    text
}

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// A table with a column for the kind of change, as Flink's TABLEAU mode.
    Table,
    /// A header, then a line per change.
    Csv,
    /// One object per change: `{"op":"+I","row":{...}}`.
    Json,
}

#[cfg(test)]
mod tests;
