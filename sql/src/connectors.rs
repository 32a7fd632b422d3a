//! What the binder asks of connectors: whether a table's definition is right and what it can be used for.

use alpheus_connectors::{TableCapabilities, validate_table};
use alpheus_dataflow::graph::TableSpec;

/// Knows connectors.
pub trait TableConnectors: Send + Sync {
    /// Checks a table's connector, format and options.
    ///
    /// # Errors
    /// A sentence with what is wrong and what would be right.
    fn validate(&self, table: &TableSpec) -> Result<TableCapabilities, String>;
}

/// The connectors of this engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownConnectors;

impl TableConnectors for KnownConnectors {
    fn validate(&self, table: &TableSpec) -> Result<TableCapabilities, String> {
        if table.connector.is_empty() {
            return Err(format!(
                "table '{}' has no 'connector' option; add WITH ('connector' = '..')",
                table.identifier
            ));
        }
        validate_table(table).map_err(|error| error.to_string())
    }
}
