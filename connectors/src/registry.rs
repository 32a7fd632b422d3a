//! All connectors, and the checks that every table goes through.

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::source::Boundedness;
use alpheus_dataflow::{ChangelogMode, LogicalType, RowType};

use crate::error::{ConnectorError, nearest};
use crate::formats::{self, FormatDef};
use crate::options::{OptionDef, OptionKind, Options, key_matches, option};
use crate::{datagen, filesystem, nexmark, print, savepoint};

/// What a table can be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCapabilities {
    /// Whether it can be read.
    pub source: bool,
    /// Whether it can be written.
    pub sink: bool,
    /// Whether reading ends; meaningless when it cannot be read.
    pub boundedness: Boundedness,
    /// The changes that reading gives; meaningless when it cannot be read.
    pub source_emits: ChangelogMode,
    /// The richest changelog it takes; meaningless when it cannot be written.
    pub sink_accepts: ChangelogMode,
    /// Whether INSERT OVERWRITE and PARTITION (...) are understood.
    pub overwrite: bool,
    /// Metadata columns it offers: key and type.
    pub metadata: Vec<(String, LogicalType)>,
}

/// A connector's declaration.
pub(crate) struct ConnectorDef {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) options: &'static [OptionDef],
    pub(crate) source: bool,
    pub(crate) sink: bool,
    /// Whether it needs a format.
    pub(crate) has_format: bool,
    /// Whether tables may be PARTITIONED BY.
    pub(crate) partitions: bool,
    /// Whether a table whose ROW columns are declared with fewer fields has the same values in those that
    /// are left.
    pub(crate) row_fields: bool,
    pub(crate) sink_accepts: ChangelogMode,
    pub(crate) metadata: fn() -> Vec<(&'static str, LogicalType)>,
    /// Checks what goes beyond single options, and says whether reading ends.
    pub(crate) check: fn(&TableSpec) -> Result<Boundedness, ConnectorError>,
}

/// Options of every table that can be read.
const SOURCE_OPTIONS: &[OptionDef] = &[
    option(
        "scan.parallelism",
        OptionKind::Integer(1),
        None,
        "How many subtasks read the table; `parallelism.default` otherwise.",
    ),
    option(
        "scan.watermark.idle-timeout",
        OptionKind::Duration,
        None,
        "After how long without rows a subtask no longer holds the watermark back.",
    ),
    option(
        "scan.watermark.alignment.group",
        OptionKind::Text,
        None,
        "Sources of one group wait for each other.",
    ),
    option(
        "scan.watermark.alignment.max-drift",
        OptionKind::Duration,
        None,
        "How far a source may be ahead of the slowest of its group.",
    ),
    option(
        "scan.watermark.alignment.update-interval",
        OptionKind::Duration,
        Some("1 s"),
        "How often the group's slowest time is exchanged.",
    ),
];

/// Options of every table that can be written.
const SINK_OPTIONS: &[OptionDef] = &[option(
    "sink.parallelism",
    OptionKind::Integer(1),
    None,
    "How many subtasks write the table; that of the rows' producer otherwise.",
)];

const FORMAT_OPTION: OptionDef = option("format", OptionKind::Text, None, "How files are encoded.");
const CONNECTOR_OPTION: OptionDef = option(
    "connector",
    OptionKind::Text,
    None,
    "Which connector it is.",
);

/// All connectors.
pub(crate) const CONNECTORS: &[ConnectorDef] = &[
    ConnectorDef {
        name: "filesystem",
        description: "Files in a folder: csv, json (one object a line), debezium-json (changes) or parquet. Written exactly once.",
        options: filesystem::OPTIONS,
        source: true,
        sink: true,
        has_format: true,
        partitions: true,
        row_fields: false,
        sink_accepts: ChangelogMode::InsertOnly,
        metadata: filesystem::metadata,
        check: |table| {
            let table = filesystem::FileTable::read(table)?;
            Ok(match table.options.monitor_interval {
                Some(_) => Boundedness::Unbounded,
                None => Boundedness::Bounded,
            })
        },
    },
    ConnectorDef {
        name: "datagen",
        description: "Made-up rows: random or counting values. The same seed gives the same rows, also after a restart.",
        options: datagen::OPTIONS,
        source: true,
        sink: false,
        has_format: false,
        partitions: false,
        row_fields: false,
        sink_accepts: ChangelogMode::InsertOnly,
        metadata: Vec::new,
        check: |table| Ok(datagen::DatagenTable::read(table)?.boundedness()),
    },
    ConnectorDef {
        name: "nexmark",
        description: "The Nexmark benchmark's auction events. The same seed gives the same events at every parallelism.",
        options: nexmark::OPTIONS,
        source: true,
        sink: false,
        has_format: false,
        partitions: false,
        row_fields: true,
        sink_accepts: ChangelogMode::InsertOnly,
        metadata: Vec::new,
        check: |table| Ok(nexmark::NexmarkTable::read(table)?.boundedness()),
    },
    ConnectorDef {
        name: "savepoint",
        description: "The keyed state of an operator in a savepoint or checkpoint, a row for each row of the state. `SELECT * FROM savepoint_metadata('path')` lists operators, states and their columns.",
        options: savepoint::OPTIONS,
        source: true,
        sink: false,
        has_format: false,
        partitions: false,
        row_fields: false,
        sink_accepts: ChangelogMode::InsertOnly,
        metadata: Vec::new,
        check: |table| {
            savepoint::SavepointTable::read(table)?;
            Ok(Boundedness::Bounded)
        },
    },
    ConnectorDef {
        name: "print",
        description: "Prints rows to the worker's standard output.",
        options: print::OPTIONS,
        source: false,
        sink: true,
        has_format: false,
        partitions: false,
        row_fields: false,
        sink_accepts: ChangelogMode::All,
        metadata: Vec::new,
        check: |_| Ok(Boundedness::Bounded),
    },
    ConnectorDef {
        name: "blackhole",
        description: "Swallows rows.",
        options: &[],
        source: false,
        sink: true,
        has_format: false,
        partitions: false,
        row_fields: false,
        sink_accepts: ChangelogMode::Upsert,
        metadata: Vec::new,
        check: |_| Ok(Boundedness::Bounded),
    },
];

impl ConnectorDef {
    /// All top-level options: its own and those of every source or sink.
    pub(crate) fn all_options(&self) -> Vec<OptionDef> {
        let mut all = vec![CONNECTOR_OPTION];
        if self.has_format {
            all.push(FORMAT_OPTION);
        }
        all.extend_from_slice(self.options);
        if self.source {
            all.extend_from_slice(SOURCE_OPTIONS);
        }
        if self.sink {
            all.extend_from_slice(SINK_OPTIONS);
        }
        all
    }
}

/// The connector of a table.
pub(crate) fn connector(table: &TableSpec) -> Result<&'static ConnectorDef, ConnectorError> {
    CONNECTORS
        .iter()
        .find(|connector| connector.name == table.connector)
        .ok_or_else(|| {
            ConnectorError::unknown(
                "connector",
                &table.connector,
                CONNECTORS.iter().map(|connector| connector.name),
            )
        })
}

/// Whether fields of ROW columns may be left out of the table's schema when nobody reads them (Flink's
/// `SupportsProjectionPushDown.supportsNestedProjection`).
pub fn reads_row_fields(table: &TableSpec) -> bool {
    connector(table).is_ok_and(|connector| connector.row_fields)
}

/// Checks a table's definition: names of connector, format and options, values, columns.
///
/// # Errors
/// The first thing that is wrong, with what would be right.
pub fn validate_table(table: &TableSpec) -> Result<TableCapabilities, ConnectorError> {
    let connector = connector(table)?;
    let definitions = connector.all_options();
    let format = table_format(connector, table)?;
    for key in table.options.keys() {
        let own = definitions.iter().any(|d| key_matches(d.key, key));
        let of_format = format.is_some_and(|format| is_format_option(format, key));
        if !own && !of_format {
            return Err(unknown_option(connector, &definitions, format, key));
        }
    }
    let what = format!("connector '{}'", connector.name);
    Options::new(&table.options, &definitions, "").check(&what)?;
    if let Some(format) = format {
        let prefix = format!("{}.", format.name);
        let options = Options::new(&table.options, format.options, &prefix);
        options.check(&format!("format '{}'", format.name))?;
        (format.check_options)(options)?;
    }
    let metadata = (connector.metadata)();
    check_columns(connector, table, &metadata, format)?;
    let boundedness = (connector.check)(table)?;
    Ok(TableCapabilities {
        source: connector.source,
        sink: connector.sink,
        boundedness,
        source_emits: format.map_or(ChangelogMode::InsertOnly, |format| format.changelog),
        sink_accepts: format.map_or(connector.sink_accepts, |format| format.changelog),
        overwrite: connector.partitions,
        metadata: metadata
            .into_iter()
            .map(|(key, ty)| (key.to_owned(), ty))
            .collect(),
    })
}

fn table_format(
    connector: &ConnectorDef,
    table: &TableSpec,
) -> Result<Option<&'static FormatDef>, ConnectorError> {
    if !connector.has_format {
        return Ok(None);
    }
    match table.options.get("format") {
        Some(name) => formats::format(name).map(Some),
        None => {
            let names: Vec<_> = formats::FORMATS.iter().map(|format| format.name).collect();
            Err(ConnectorError::Missing {
                what: format!("connector '{}'", connector.name),
                key: "format".to_owned(),
                description: format!("how files are encoded, one of {}", names.join(", ")),
            })
        }
    }
}

fn is_format_option(format: &FormatDef, key: &str) -> bool {
    key.strip_prefix(format.name)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|own| format.options.iter().any(|d| key_matches(d.key, own)))
}

/// The error for a key that nobody declares, with the nearest one of connector and format.
fn unknown_option(
    connector: &ConnectorDef,
    definitions: &[OptionDef],
    format: Option<&FormatDef>,
    key: &str,
) -> ConnectorError {
    let mut known: Vec<String> = definitions.iter().map(|d| d.key.to_owned()).collect();
    let mut what = format!("option of connector '{}'", connector.name);
    if let Some(format) = format {
        let own: Vec<_> = format
            .options
            .iter()
            .map(|d| format!("{}.{}", format.name, d.key))
            .collect();
        let closest = nearest(key, known.iter().chain(&own).map(String::as_str));
        let prefix = format!("{}.", format.name);
        if key.starts_with(&prefix) || closest.is_some_and(|key| key.starts_with(&prefix)) {
            what = format!("option of format '{}'", format.name);
            known = own;
        }
    }
    ConnectorError::unknown(what, key, known.iter().map(String::as_str))
}

fn check_columns(
    connector: &ConnectorDef,
    table: &TableSpec,
    metadata: &[(&'static str, LogicalType)],
    format: Option<&FormatDef>,
) -> Result<(), ConnectorError> {
    for (column, key) in &table.metadata {
        let Some((_, ty)) = metadata.iter().find(|(known, _)| known == key) else {
            return Err(ConnectorError::unknown(
                format!(
                    "metadata key of column `{column}`, table {},",
                    table.identifier
                ),
                key,
                metadata.iter().map(|(key, _)| *key),
            ));
        };
        let declared = table
            .schema
            .index_of(column)
            .map(|i| &table.schema.fields[i].ty);
        if declared.is_some_and(|declared| declared.kind != ty.kind) {
            return Err(ConnectorError::column(
                column,
                format!("metadata '{key}' is of type {ty}; declare the column so"),
            ));
        }
    }
    if !connector.partitions && !table.partition_keys.is_empty() {
        return Err(ConnectorError::unsupported(
            format!("PARTITIONED BY with connector '{}'", connector.name),
            "leave the clause out",
        ));
    }
    if let Some(format) = format {
        let mut stored = RowType::default();
        for field in &table.schema.fields {
            let elsewhere = table.metadata.contains_key(&field.name)
                || table.partition_keys.contains(&field.name);
            if elsewhere {
                continue;
            }
            (format.check_type)(&field.ty)
                .map_err(|reason| ConnectorError::column(&field.name, reason))?;
            stored.fields.push(field.clone());
        }
        if stored.is_empty() {
            return Err(ConnectorError::unsupported(
                format!("table {} without a column in its files", table.identifier),
                "declare at least one column that is neither metadata nor PARTITIONED BY",
            ));
        }
    }
    Ok(())
}

/// The options of all connectors and formats as Markdown tables, for the documentation.
pub fn markdown() -> String {
    let mut text = String::new();
    for connector in CONNECTORS {
        let roles = match (connector.source, connector.sink) {
            (true, true) => "source and sink",
            (true, false) => "source",
            _ => "sink",
        };
        text.push_str(&format!(
            "### `{}` ({roles})\n\n{}\n\n",
            connector.name, connector.description
        ));
        option_table(&mut text, "", &connector.all_options());
        let metadata = (connector.metadata)();
        if !metadata.is_empty() {
            text.push_str("\n| Metadata key | Type |\n|---|---|\n");
            for (key, ty) in metadata {
                text.push_str(&format!("| `{key}` | {ty} |\n"));
            }
        }
        text.push('\n');
    }
    for format in formats::FORMATS {
        text.push_str(&format!(
            "### Format `{}`\n\n{}\n\n",
            format.name, format.description
        ));
        option_table(&mut text, &format!("{}.", format.name), format.options);
        text.push('\n');
    }
    text
}

fn option_table(text: &mut String, prefix: &str, options: &[OptionDef]) {
    text.push_str("| Option | Default | Value | Meaning |\n|---|---|---|---|\n");
    for definition in options {
        let required = definition.required || ["connector", "format"].contains(&definition.key);
        let default = match definition.default {
            Some(default) => format!("`{}`", default.replace('|', "\\|")),
            None if required => "required".to_owned(),
            None => "none".to_owned(),
        };
        text.push_str(&format!(
            "| `{prefix}{}` | {default} | {} | {} |\n",
            definition.key,
            definition.kind.describe().replace('|', "\\|"),
            definition.description.replace('|', "\\|")
        ));
    }
}
