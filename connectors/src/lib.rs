//! Sources and sinks, and the formats that files are written in.
//!
//! A connector is a folder (or a file) with the declarations of its options, a `Source` or a `Sink`;
//! [`validate_table`] checks a table's definition against the declarations, [`create_source`] and
//! [`create_sink`] make the objects, [`markdown`] documents them. Formats turn bytes into the projected
//! Arrow columns and back, with nothing in between.
//!
//! # Invariants
//!
//! * Names that are not declared are refused, with the nearest one that is.
//! * Decoders never panic, whatever the bytes are; an error names file and line.
//! * Sources are deterministic: a split read from a position gives the same rows every time.
//! * Sinks that claim exactly-once show nothing before the commit, and committing twice is committing.

mod blackhole;
mod columns;
mod constraints;
mod datagen;
mod error;
mod filesystem;
mod formats;
#[doc(hidden)]
pub mod fuzzing;
mod generator;
mod nexmark;
mod options;
mod print;
mod random;
mod registry;
#[cfg(test)]
mod registry_tests;
pub mod savepoint;
#[cfg(test)]
mod testing;
pub mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::sink::Sink;
use alpheus_dataflow::source::Source;
use alpheus_dataflow::{ChangelogMode, Expr, OperatorResult};

pub use error::ConnectorError;
pub use registry::{TableCapabilities, markdown, reads_row_fields, validate_table};

/// The source of a table.
///
/// `projection` names physical columns in the order in which they are wanted; `filters` are predicates
/// over the physical columns that may be used to skip data and are applied again by others.
///
/// # Errors
/// When the definition is wrong or the table cannot be read.
pub fn create_source(
    table: &TableSpec,
    projection: &[usize],
    filters: &[Expr],
    session: &Arc<SessionSettings>,
) -> OperatorResult<Box<dyn Source>> {
    if table.connector == values::CONNECTOR {
        return Ok(Box::new(values::ValuesSource::new(table, projection)?));
    }
    let capabilities = validate_table(table)?;
    if let Some(column) = projection.iter().find(|&&i| i >= table.schema.len()) {
        return Err(ConnectorError::column(
            &column.to_string(),
            format!(
                "table {} has {} columns",
                table.identifier,
                table.schema.len()
            ),
        )
        .into());
    }
    match table.connector.as_str() {
        "filesystem" => Ok(Box::new(filesystem::source::FileSource::new(
            filesystem::FileTable::read(table)?,
            projection,
            filters,
        ))),
        "datagen" => Ok(Box::new(datagen::source(
            datagen::DatagenTable::read(table)?,
            projection,
            session.planned_at,
        ))),
        "savepoint" => {
            let table = savepoint::SavepointTable::read(table)?;
            if table.is_listing {
                let listing = savepoint::metadata::listing(&table)?;
                return Ok(Box::new(values::ValuesSource::new(&listing, projection)?));
            }
            Ok(Box::new(savepoint::SavepointSource::new(table, projection)))
        }
        "nexmark" => Ok(Box::new(nexmark::source(
            nexmark::NexmarkTable::read(table)?,
            projection,
        ))),
        _ => {
            debug_assert!(!capabilities.source);
            Err(ConnectorError::unsupported(
                format!(
                    "reading table {} with connector '{}'",
                    table.identifier, table.connector
                ),
                "it can only be written",
            )
            .into())
        }
    }
}

/// The partitions that a table has now, each as `key=value/..`.
///
/// # Errors
/// When the definition is wrong, or the partitions cannot be listed.
pub fn list_partitions(table: &TableSpec) -> OperatorResult<Vec<String>> {
    let capabilities = validate_table(table)?;
    match table.connector.as_str() {
        "filesystem" if capabilities.overwrite => {
            filesystem::partition::list(&filesystem::FileTable::read(table)?)
        }
        _ => Ok(Vec::new()),
    }
}

/// The sink of a table.
///
/// `input` is the changelog it will be given, `overwrite` says INSERT OVERWRITE, `static_partition` is
/// PARTITION (k = 'v', ...) of the INSERT; rows have all physical columns, those of the static
/// partition included.
///
/// # Errors
/// When the definition is wrong, the table cannot be written, or cannot take such a changelog.
pub fn create_sink(
    table: &TableSpec,
    input: ChangelogMode,
    overwrite: bool,
    static_partition: &BTreeMap<String, String>,
    _session: &Arc<SessionSettings>,
) -> OperatorResult<Box<dyn Sink>> {
    let capabilities = validate_table(table)?;
    let unsupported = |what: String, remedy: &str| {
        Err(
            ConnectorError::unsupported(format!("table {}: {what}", table.identifier), remedy)
                .into(),
        )
    };
    if !capabilities.sink {
        return unsupported(
            format!("writing with connector '{}'", table.connector),
            "it can only be read",
        );
    }
    if capabilities.sink_accepts == ChangelogMode::InsertOnly && input != ChangelogMode::InsertOnly
    {
        return unsupported(
            format!(
                "writing a changelog {} with connector '{}'",
                input.explain(),
                table.connector
            ),
            "it takes inserts only; aggregate in windows, use the format 'debezium-json', or use 'print'",
        );
    }
    if !capabilities.overwrite && (overwrite || !static_partition.is_empty()) {
        return unsupported(
            format!(
                "INSERT OVERWRITE or PARTITION with connector '{}'",
                table.connector
            ),
            "use a plain INSERT INTO",
        );
    }
    let sink: Box<dyn Sink> = match table.connector.as_str() {
        "print" => Box::new(print::PrintSink::new(table)?),
        "blackhole" => Box::new(blackhole::BlackholeSink),
        _ => Box::new(filesystem::sink::FileSink::new(
            filesystem::FileTable::read(table)?,
            overwrite,
            static_partition.clone(),
        )?),
    };
    Ok(constraints::enforce(sink, table))
}
