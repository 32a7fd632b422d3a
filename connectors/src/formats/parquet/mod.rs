//! Parquet, through the `parquet` crate.
//!
//! Columns are found by name; one that a file does not have is NULL. Whatever physical type a file has
//! (INT96 or INT64 timestamps, decimals in any form), the column built is the canonical one of its SQL
//! type. Times are UTC in files. Row groups whose statistics cannot satisfy a predicate are not read.

mod convert;
mod input;
mod preload;
mod pruning;
mod writer;

pub(crate) use convert::{canonical, null_column};
pub(crate) use input::{Chunks, parquet_error};
pub(crate) use preload::{Fetch, Preloaded, ranges};
pub(crate) use pruning::surviving_row_groups;
pub(crate) use writer::ParquetEncoder;

use alpheus_dataflow::{ChangelogMode, LogicalType, TypeKind};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};

use super::FormatDef;
use crate::error::ConnectorError;
use crate::options::{OptionDef, OptionKind, Options, option};

/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: "parquet",
    options: OPTIONS,
    description: "Parquet files, with projection and row-group statistics used when reading.",
    changelog: ChangelogMode::InsertOnly,
    check_type,
    check_options: |options| ParquetOptions::read(options).map(|_| ()),
};

const OPTIONS: &[OptionDef] = &[
    option(
        "compression",
        OptionKind::Choice(&["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"]),
        Some("SNAPPY"),
        "How pages are compressed when writing.",
    ),
    option(
        "utc-timezone",
        OptionKind::Boolean,
        Some("true"),
        "Timestamps in files are UTC; 'false' (the machine's zone) is not supported.",
    ),
    option(
        "write.int64.timestamp",
        OptionKind::Boolean,
        Some("true"),
        "Timestamps are written as INT64; 'false' (INT96) is not supported. Both are read.",
    ),
];

/// The format's options, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParquetOptions {
    compression: Compression,
}

impl ParquetOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// When an option asks for what is not there.
    pub(crate) fn read(options: Options<'_>) -> Result<Self, ConnectorError> {
        for key in ["utc-timezone", "write.int64.timestamp"] {
            if !options.boolean(key)? {
                return Err(ConnectorError::unsupported(
                    format!("'parquet.{key}' = 'false'"),
                    "leave the option out",
                ));
            }
        }
        let compression = match options.text("compression") {
            Some("UNCOMPRESSED") => Compression::UNCOMPRESSED,
            Some("GZIP") => Compression::GZIP(GzipLevel::default()),
            Some("ZSTD") => Compression::ZSTD(ZstdLevel::default()),
            Some("LZ4_RAW") => Compression::LZ4_RAW,
            _ => Compression::SNAPPY,
        };
        Ok(ParquetOptions { compression })
    }
}

fn check_type(ty: &LogicalType) -> Result<(), String> {
    match &ty.kind {
        TypeKind::Null
        | TypeKind::IntervalYearMonth
        | TypeKind::IntervalDayTime
        | TypeKind::Multiset(_) => Err(format!("parquet cannot hold a {ty}; cast it")),
        TypeKind::Array(element) => check_type(element),
        TypeKind::Map(key, value) => check_type(key).and_then(|()| check_type(value)),
        TypeKind::Row(fields) => fields.iter().try_for_each(|field| check_type(&field.ty)),
        _ => Ok(()),
    }
}
