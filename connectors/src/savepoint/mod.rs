//! The `savepoint` connector: the keyed state of an operator as a table (Flink's state processor API in SQL).
//!
//! A state is rows already: key columns, entry columns, counters, values. A table's columns take those of the
//! same name; `fields.<column>.state-name` names another one. The state is that of `state.name` in the
//! operator that `operator.uid.hash` or `operator.name` names; whatever is the only one may be left out.
//! Each section of a state file is a split, and each database of RocksDB's own files; its position is the number of
//! batches read.
//!
//! [`metadata`] lists what is in a savepoint: the table function `savepoint_metadata`.

pub mod metadata;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::{OperatorError, OperatorResult, RowType};
use alpheus_state::encryption::{DataKeys, KeyRing};
use alpheus_state::handle::{KeyedStateHandle, NativeFile, NativeStateHandle, OperatorStateHandle};
use alpheus_state::paths::{FoundCheckpoint, resolve_restore_path};
use alpheus_state::redistribute::absolute;
use alpheus_storage::{Location, file_system_for};
use serde::{Deserialize, Serialize};

pub(crate) use self::source::SavepointSource;
use crate::error::{ConnectorError, storage_error};
use crate::options::{OptionDef, OptionKind, Options, option, required};

/// The declarations.
pub(crate) const OPTIONS: &[OptionDef] = &[
    required(
        "state.path",
        OptionKind::Text,
        "A savepoint's folder, a checkpoint's, or a job's folder of checkpoints (then the newest complete one).",
    ),
    option(
        "state.backend.type",
        OptionKind::Choice(&["hashmap", "rocksdb"]),
        None,
        "Understood as Flink has it, and not needed: what is read says what it is.",
    ),
    option(
        "operator.uid.hash",
        OptionKind::Text,
        None,
        "The operator's id, 32 hexadecimal digits, as `savepoint_metadata` lists it.",
    ),
    option(
        "operator.name",
        OptionKind::Text,
        None,
        "The operator's name, where only one has it.",
    ),
    option(
        "state.name",
        OptionKind::Text,
        None,
        "Which of the operator's states; needed where it has several.",
    ),
    option(
        "fields.#.state-name",
        OptionKind::Text,
        None,
        "The column of the state that this column shows; the one of its own name otherwise.",
    ),
    option(
        "state.metadata",
        OptionKind::Boolean,
        Some("false"),
        "Lists what is in the savepoint instead; the columns are some of those of `savepoint_metadata`.",
    ),
    option(
        "encryption.key-file",
        OptionKind::Text,
        None,
        "The key file of an encrypted savepoint (`execution.checkpointing.encryption.key-file`).",
    ),
];

/// A table, checked.
#[derive(Clone, Debug)]
pub(crate) struct SavepointTable {
    identifier: String,
    path: Location,
    operator: Option<OperatorId>,
    operator_name: Option<String>,
    state: Option<String>,
    key_file: Option<PathBuf>,
    /// Whether it lists what is there.
    pub(crate) is_listing: bool,
    schema: RowType,
    /// For each column, the name of the state's column.
    names: Vec<String>,
}

impl SavepointTable {
    /// Reads a table's definition.
    ///
    /// # Errors
    /// When an option does not fit.
    pub(crate) fn read(table: &TableSpec) -> Result<Self, ConnectorError> {
        let options = Options::new(&table.options, OPTIONS, "");
        let path = options.text("state.path").unwrap_or_default();
        let location: Location = path.parse().map_err(|error| {
            ConnectorError::invalid_value("state.path", path, format!("a location: {error}"))
        })?;
        let operator = match options.text("operator.uid.hash") {
            Some(text) => Some(text.parse().map_err(|_| {
                let key = "operator.uid.hash";
                ConnectorError::invalid_value(key, text, "32 hexadecimal digits")
            })?),
            None => None,
        };
        for key in table.options.keys() {
            let column = key.strip_prefix("fields.");
            let column = column.and_then(|rest| rest.strip_suffix(".state-name"));
            if let Some(column) = column.filter(|name| table.schema.index_of(name).is_none()) {
                let known = table.schema.fields.iter().map(|field| field.name.as_str());
                return Err(ConnectorError::unknown(
                    format!("column in '{key}':"),
                    column,
                    known,
                ));
            }
        }
        let names = table.schema.fields.iter().map(|field| {
            let key = format!("fields.{}.state-name", field.name);
            options.text(&key).unwrap_or(&field.name).to_owned()
        });
        let is_listing = options.boolean("state.metadata")?;
        if is_listing {
            metadata::check(table)?;
        }
        Ok(SavepointTable {
            identifier: table.identifier.clone(),
            path: location,
            operator,
            operator_name: options.text("operator.name").map(str::to_owned),
            state: options.text("state.name").map(str::to_owned),
            key_file: options.text("encryption.key-file").map(PathBuf::from),
            names: names.collect(),
            is_listing,
            schema: table.schema.clone(),
        })
    }

    fn error(&self, reason: &str) -> OperatorError {
        OperatorError::fatal(format!("table {}: {reason}", self.identifier))
    }

    /// The parts of the state, with absolute files.
    fn parts(&self) -> OperatorResult<Vec<Part>> {
        let found = open(&self.path, self.key_file.as_ref())?.0;
        let metadata = &found.metadata;
        let path = &self.path;
        let operators = metadata
            .vertices
            .iter()
            .flat_map(|vertex| &vertex.operators);
        let named: Vec<OperatorId> = operators
            .filter(|(id, name)| {
                self.operator.is_none_or(|operator| operator == *id)
                    && self
                        .operator_name
                        .as_ref()
                        .is_none_or(|wanted| wanted == name)
            })
            .map(|(id, _)| *id)
            .collect();
        if named.is_empty() {
            return Err(self.error(&format!(
                "no operator of {path} is the one that is named; SELECT * FROM \
                 savepoint_metadata('{path}') lists what is there"
            )));
        }
        let handles = metadata.tasks.iter().flat_map(|task| &task.operators);
        let handles: Vec<_> = handles.filter(|h| named.contains(&h.operator)).collect();
        let wanted = |name: &str| self.state.as_ref().is_none_or(|state| *state == name);
        let mut parts: Vec<(OperatorId, Part)> = Vec::new();
        for handle in &handles {
            let rows = handle.keyed.iter().filter(|keyed| wanted(&keyed.state));
            let rows = rows.map(|keyed| Part::Rows(keyed_in(keyed, &found.folder)));
            parts.extend(rows.map(|part| (handle.operator, part)));
            for native in &handle.native {
                let states = native.states.keys().filter(|state| wanted(state));
                let files = states.map(|state| Part::Files {
                    database: native_in(native, &found.folder),
                    state: state.clone(),
                });
                parts.extend(files.map(|part| (handle.operator, part)));
            }
        }
        let mut states: Vec<String> = parts
            .iter()
            .map(|(operator, part)| {
                format!(
                    "`{}` of {} ({operator})",
                    part.state(),
                    metadata.operator_name(*operator)
                )
            })
            .collect();
        states.sort_unstable();
        states.dedup();
        match states.as_slice() {
            [_] => {}
            [] if handles.iter().any(|handle| is_unknown(handle)) => {
                return Err(self.error(&format!(
                    "{path} holds the files of RocksDB databases and does not say what is in them, because it was \
                     written by an earlier version; take a savepoint"
                )));
            }
            [] => {
                return Err(self.error(&format!(
                    "{path} has no such state, or nothing is in it; SELECT * FROM \
                     savepoint_metadata('{path}') lists what is there"
                )));
            }
            several => {
                return Err(self.error(&format!(
                    "the savepoint has several states that are meant: {}; say which by 'operator.uid.hash' \
                     and 'state.name'",
                    several.join(", ")
                )));
            }
        }
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    }
}

/// A part of a state.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Part {
    /// A section of a state file.
    Rows(KeyedStateHandle),
    /// A database that has the state in it.
    Files {
        database: NativeStateHandle,
        state: String,
    },
}

impl Part {
    fn state(&self) -> &str {
        match self {
            Part::Rows(keyed) => &keyed.state,
            Part::Files { state, .. } => state,
        }
    }

    fn key_groups(&self) -> (u16, u16) {
        match self {
            Part::Rows(keyed) => keyed.key_groups,
            Part::Files { database, .. } => database.key_groups,
        }
    }
}

/// Whether nothing says what is in its databases.
fn is_unknown(handle: &OperatorStateHandle) -> bool {
    let mut native = handle.native.iter();
    native.any(|native| native.states.is_empty())
}

fn keyed_in(keyed: &KeyedStateHandle, folder: &Location) -> KeyedStateHandle {
    KeyedStateHandle {
        file: absolute(&keyed.file, folder),
        ..keyed.clone()
    }
}

fn native_in(native: &NativeStateHandle, folder: &Location) -> NativeStateHandle {
    let files = native.files.iter().map(|file| NativeFile {
        file: absolute(&file.file, folder),
        ..file.clone()
    });
    NativeStateHandle {
        files: files.collect(),
        ..native.clone()
    }
}

/// The savepoint or checkpoint at a path, with the keys that its files are encrypted with.
fn open(
    path: &Location,
    key_file: Option<&PathBuf>,
) -> OperatorResult<(FoundCheckpoint, DataKeys)> {
    let ring = key_file.map(|file| KeyRing::read(file)).transpose();
    let ring = ring?;
    let file_system = file_system_for(path).map_err(storage_error)?;
    let found = resolve_restore_path(&*file_system, path, ring.as_ref())?;
    let mut keys = DataKeys::default();
    if let Some(ring) = &ring {
        let operators = found.metadata.tasks.iter().flat_map(|task| &task.operators);
        let native = operators.clone().flat_map(|operator| &operator.native);
        let native = native.flat_map(|native| &native.files);
        let native = native.filter_map(|file| file.key.as_ref());
        let keyed = operators.flat_map(|operator| &operator.keyed);
        for wrapped in keyed.filter_map(|keyed| keyed.key.as_ref()).chain(native) {
            if keys.get(wrapped).is_err() {
                keys.add(ring.unwrap(wrapped)?);
            }
        }
    }
    Ok((found, keys))
}

/// A table that is shared between its enumerator and its readers.
type Shared = Arc<SavepointTable>;
