//! The catalog store: which catalogs a session finds when it starts (`table.catalog-store.kind`).
//!
//! With `file`, each catalog is a file `<name>.yaml` of its options, as Flink's `FileCatalogStore` writes it,
//! in `table.catalog-store.file.path`. CREATE, ALTER and DROP CATALOG change the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_hadoop_conf::options::table::{self, CatalogStoreKind};
use alpheus_hadoop_conf::{Configuration, parse_yaml};
use alpheus_sql_parser::Span;
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError, file_system_for};

use super::CatalogDefinition;
use crate::error::SqlError;

/// The key under which a comment is kept; Flink has no key for it.
const COMMENT: &str = "alpheus.comment";

/// The folder of a `file` store.
pub(crate) struct CatalogStore {
    root: Location,
    files: Arc<dyn FileSystem>,
}

impl CatalogStore {
    /// The store that the configuration names; `None` when catalogs live for a session.
    ///
    /// # Errors
    /// When the path is missing or wrong.
    pub(crate) fn open(configuration: &Configuration) -> Result<Option<CatalogStore>, SqlError> {
        let wrong = |message: String| SqlError::invalid(message, Span::default());
        let kind = configuration.get(&table::CATALOG_STORE_KIND);
        if kind.map_err(|error| wrong(error.to_string()))? == CatalogStoreKind::GenericInMemory {
            return Ok(None);
        }
        let path = configuration.get(&table::CATALOG_STORE_PATH);
        let path = path
            .map_err(|error| wrong(error.to_string()))?
            .ok_or_else(|| {
                wrong(
                "option 'table.catalog-store.kind' = 'file' needs 'table.catalog-store.file.path'"
                    .to_owned(),
            )
            })?;
        let root: Location = path.parse().map_err(|error| failed(&error))?;
        let files = file_system_for(&root).map_err(|error| failed(&error))?;
        files
            .create_directory(&root)
            .map_err(|error| failed(&error))?;
        Ok(Some(CatalogStore { root, files }))
    }

    /// All catalogs by name.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(crate) fn load(&self) -> Result<BTreeMap<String, CatalogDefinition>, SqlError> {
        let mut catalogs = BTreeMap::new();
        let listed = self
            .files
            .list(&self.root)
            .map_err(|error| failed(&error))?;
        for file in listed.iter().filter(|file| !file.is_directory) {
            let Some(name) = file.location.name().strip_suffix(".yaml") else {
                continue;
            };
            let bytes = self
                .files
                .read(&file.location)
                .map_err(|error| failed(&error))?;
            let text = String::from_utf8_lossy(&bytes);
            let mut options = parse_yaml(&text).map_err(|reason| {
                let message = format!("the catalog store's file {}: {reason}", file.location);
                SqlError::invalid(message, Span::default())
            })?;
            let comment = options.remove(COMMENT);
            catalogs.insert(name.to_owned(), CatalogDefinition { options, comment });
        }
        Ok(catalogs)
    }

    /// Writes a catalog.
    ///
    /// # Errors
    /// When its name is no file name, or the folder cannot be written.
    pub(crate) fn put(&self, name: &str, definition: &CatalogDefinition) -> Result<(), SqlError> {
        let file = self.file(name)?;
        let comment = definition.comment.as_ref();
        let comment = comment.map(|comment| (COMMENT.to_owned(), comment.clone()));
        let pairs = definition.options.clone().into_iter().chain(comment);
        // A JSON string is a YAML string.
        let quoted = |text: String| serde_json::Value::String(text).to_string();
        let text: String = pairs
            .map(|(key, value)| format!("{}: {}\n", quoted(key), quoted(value)))
            .collect();
        self.files
            .write(&file, text.as_bytes(), CreateMode::Overwrite)
            .map_err(|error| failed(&error))
    }

    /// Deletes a catalog.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn remove(&self, name: &str) -> Result<(), SqlError> {
        let file = self.file(name)?;
        self.files
            .delete(&file, false)
            .map(|_| ())
            .map_err(|error| failed(&error))
    }

    fn file(&self, name: &str) -> Result<Location, SqlError> {
        if name.starts_with('.') || name.contains('/') {
            return Err(SqlError::invalid(
                format!("a catalog store in files cannot keep a catalog named '{name}'"),
                Span::default(),
            )
            .with_help("choose a name without '/' that does not start with '.'"));
        }
        Ok(self.root.join(&format!("{name}.yaml")))
    }
}

fn failed(error: &StorageError) -> SqlError {
    SqlError::invalid(format!("the catalog store: {error}"), Span::default())
}
