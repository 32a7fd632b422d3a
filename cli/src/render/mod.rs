//! Rows for people and programs: JSON lines, CSV, and tables that grow. Pure: columns in, text out.

pub mod cells;
pub mod csv;
pub mod json;
pub mod table;
pub mod time;

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
