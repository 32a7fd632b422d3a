//! What a state in a database consists of: enough to read it without the operator that wrote it.

use std::sync::Arc;

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::FrozenRows;
use alpheus_dataflow::{LogicalType, OperatorResult, RowType};
use serde::{Deserialize, Serialize};

use super::{RocksDbBackend, table};
use crate::backend::snapshot_row_type;
use crate::map_state::{MapState, MapStateSpec};
use crate::namespaced::disk;

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateFormat {
    /// That of a [`MapState`].
    Map(MapStateSpec),
    /// That of a [`Table`](crate::Table).
    Table {
        /// Types of the key's columns.
        keys: Vec<LogicalType>,
        /// The values' columns.
        values: Vec<Field>,
        /// After how many ms a key is gone; 0 for never.
        ttl_ms: u64,
    },
    /// That of a [`NamespacedTable`](crate::NamespacedTable).
    Namespaced {
        /// Types of the key's columns.
        keys: Vec<LogicalType>,
        /// The values' columns.
        values: Vec<Field>,
    },
}

impl StateFormat {
    /// The columns that a savepoint has of the state.
    ///
    /// # Errors
    /// When a type can be no key.
    pub fn row_type(&self) -> OperatorResult<RowType> {
        match self {
            StateFormat::Map(spec) => MapState::row_type_of(spec),
            StateFormat::Table { keys, values, .. } => Ok(snapshot_row_type(keys, values.clone())),
            StateFormat::Namespaced { keys, values } => Ok(disk::row_type(keys, values.clone())),
        }
    }

    /// The rows of the state of that name.
    ///
    /// # Errors
    /// When the database cannot be read, or the state is another one.
    pub(super) fn rows(
        &self,
        name: &str,
        backend: &Arc<RocksDbBackend>,
    ) -> OperatorResult<Box<dyn FrozenRows>> {
        match self {
            StateFormat::Map(spec) => {
                let mut state = MapState::new(spec.clone())?;
                state.bind(backend)?;
                state.freeze_rows(None)
            }
            StateFormat::Table {
                keys,
                values,
                ttl_ms,
            } => table::freeze(backend, name, keys, values, *ttl_ms),
            StateFormat::Namespaced { keys, values } => disk::freeze(backend, name, keys, values),
        }
    }
}
