//! Where the rows of a SELECT go: standard output, in the format that was asked for.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::schema::RowType;
use alpheus_functions::compile::Session;
use alpheus_worker::environment::ResultReceiver;

use crate::render::table::ChangelogTable;
use crate::render::{OutputFormat, csv, json};

/// Writes rows as they come.
pub struct ResultPrinter {
    columns: RowType,
    session: Session,
    state: Mutex<State>,
}

enum Format {
    Json,
    Csv,
    Table(ChangelogTable),
}

struct State {
    format: Format,
    text: String,
}

impl ResultPrinter {
    /// A printer of these columns; writes what stands above the rows.
    ///
    /// # Errors
    /// When nobody reads standard output any more.
    pub fn start(
        format: OutputFormat,
        columns: RowType,
        session: Session,
        max_width: usize,
    ) -> io::Result<Self> {
        let mut text = String::new();
        let format = match format {
            OutputFormat::Json => Format::Json,
            OutputFormat::Csv => {
                csv::header(&columns, &mut text);
                Format::Csv
            }
            OutputFormat::Table => {
                let table = ChangelogTable::new(columns.clone(), max_width, session.clone());
                table.header(&mut text);
                Format::Table(table)
            }
        };
        put(&text)?;
        Ok(ResultPrinter {
            columns,
            session,
            state: Mutex::new(State {
                format,
                text: String::new(),
            }),
        })
    }

    /// Writes rows.
    ///
    /// # Errors
    /// When nobody reads standard output any more.
    pub fn rows(&self, batch: &ChangelogBatch) -> io::Result<()> {
        // Rows of different subtasks must not mix within a line.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { format, text } = &mut *state;
        text.clear();
        match format {
            Format::Json => json::write(batch, &self.columns, &self.session, text),
            Format::Csv => csv::write(batch, &self.columns, &self.session, text),
            Format::Table(table) => table.rows(batch, text),
        }
        put(text)
    }

    /// Writes what stands below the rows.
    ///
    /// # Errors
    /// When nobody reads standard output any more.
    pub fn finish(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { format, text } = &mut *state;
        text.clear();
        if let Format::Table(table) = format {
            table.footer(text);
        }
        put(text)
    }
}

fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

impl ResultReceiver for ResultPrinter {
    fn receive(&self, _result: u32, batch: ChangelogBatch) -> OperatorResult<()> {
        self.rows(&batch).map_err(|error| {
            OperatorError::fatal(format!("the results cannot be written: {error}"))
        })
    }
}
