//! The `filesystem` connector: tables in files and folders, read in parallel, written exactly once.

mod options;
pub(crate) mod partition;
pub(crate) mod sink;
pub(crate) mod source;

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::{ChangelogMode, LogicalType, RowType, TypeKind};

pub(crate) use options::{FileSystemOptions, OPTIONS};

use crate::error::ConnectorError;
use crate::formats::{self, TextFormat, csv, json, parquet};
use crate::options::Options;

/// Metadata columns: key and type.
pub(crate) fn metadata() -> Vec<(&'static str, LogicalType)> {
    vec![
        ("file.path", TypeKind::string().not_null()),
        ("file.name", TypeKind::string().not_null()),
        ("file.size", TypeKind::BigInt.not_null()),
        (
            "file.modification-time",
            TypeKind::TimestampLtz(3).not_null(),
        ),
    ]
}

/// How the files of a table are encoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FileFormat {
    /// Records in text.
    Text(TextFormat),
    /// Parquet.
    Parquet(parquet::ParquetOptions),
}

impl FileFormat {
    fn read(table: &TableSpec) -> Result<Self, ConnectorError> {
        let name = table.options.get("format").map_or("", String::as_str);
        let format = formats::format(name)?;
        let prefix = format!("{name}.");
        let options = Options::new(&table.options, format.options, &prefix);
        Ok(match format.name {
            "csv" => FileFormat::Text(TextFormat::Csv(csv::CsvOptions::read(options)?)),
            "json" => FileFormat::Text(TextFormat::Json(json::JsonOptions::read(options)?)),
            "debezium-json" => FileFormat::Text(TextFormat::Debezium(
                json::debezium::DebeziumOptions::read(options)?,
            )),
            _ => FileFormat::Parquet(parquet::ParquetOptions::read(options)?),
        })
    }
}

impl FileFormat {
    /// The changes that files can hold.
    pub(crate) fn changelog(&self) -> ChangelogMode {
        match self {
            FileFormat::Text(TextFormat::Debezium(_)) => ChangelogMode::All,
            _ => ChangelogMode::InsertOnly,
        }
    }

    /// Refuses what can be read but not written.
    fn check_writable(&self) -> Result<(), ConnectorError> {
        match self {
            FileFormat::Text(TextFormat::Debezium(options)) => options.check_writable(),
            _ => Ok(()),
        }
    }
}

/// What stands where a physical column's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnSource {
    /// In the files, at this position of [`FileTable::data`].
    Data(usize),
    /// In the folders' names.
    Partition(usize),
    /// In the file's status.
    Metadata(String),
}

/// A table of files, checked.
#[derive(Clone, Debug)]
pub(crate) struct FileTable {
    /// The table's name, for messages.
    pub(crate) identifier: String,
    pub(crate) options: FileSystemOptions,
    pub(crate) format: FileFormat,
    /// All physical columns.
    pub(crate) schema: RowType,
    /// Where each physical column comes from.
    pub(crate) sources: Vec<ColumnSource>,
    /// The columns in the files.
    pub(crate) data: RowType,
    /// The PARTITIONED BY columns, in that order.
    pub(crate) partition_keys: RowType,
}

impl FileTable {
    /// Reads a table's definition.
    ///
    /// # Errors
    /// When an option or a column cannot be used.
    pub(crate) fn read(table: &TableSpec) -> Result<Self, ConnectorError> {
        let options = FileSystemOptions::read(Options::new(&table.options, OPTIONS, ""))?;
        let format = FileFormat::read(table)?;
        let mut partition_keys = RowType::default();
        for key in &table.partition_keys {
            let Some(i) = table.schema.index_of(key) else {
                return Err(ConnectorError::unknown(
                    "PARTITIONED BY column",
                    key,
                    table.schema.fields.iter().map(|field| field.name.as_str()),
                ));
            };
            let field = &table.schema.fields[i];
            if field.ty.kind.is_constructed() || field.ty.kind.is_binary() {
                return Err(ConnectorError::column(
                    key,
                    format!("a {} cannot be part of a folder's name", field.ty),
                ));
            }
            partition_keys.fields.push(field.clone());
        }
        let mut data = RowType::default();
        let mut sources = Vec::with_capacity(table.schema.len());
        for field in &table.schema.fields {
            let source = if let Some(key) = table.metadata.get(&field.name) {
                ColumnSource::Metadata(key.clone())
            } else if let Some(i) = partition_keys.index_of(&field.name) {
                ColumnSource::Partition(i)
            } else {
                data.fields.push(field.clone());
                ColumnSource::Data(data.len() - 1)
            };
            sources.push(source);
        }
        Ok(FileTable {
            identifier: table.identifier.clone(),
            options,
            format,
            schema: table.schema.clone(),
            sources,
            data,
            partition_keys,
        })
    }
}
