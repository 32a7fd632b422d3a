//! A catalog in a folder, local or on HDFS, that keeps its definitions from session to session.
//!
//! A database is a sub-folder; an object is one JSON file in it, `<name>.<kind>.<version>.json`. A change writes
//! the next version under a hidden name, publishes it by rename, which never replaces a file, and deletes
//! the version before: of two sessions that change one object at the same time one fails, and a crash at any point
//! leaves the old or the new definition. Readers take the highest version. Names are escaped with `%XX`, so
//! that every name is a file name.
//!
//! Expressions and queries are kept as SQL text, types in the form of job graphs, so that nothing has to be
//! bound again when a catalog is opened.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use alpheus_storage::{
    CreateMode, FileStatus, FileSystem, Location, StorageError, file_system_for,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::stored::{self, StoredDatabase};
use super::{CatalogObject, Database, Definition, ObjectKind};

/// The file with a database's comment and options.
const DATABASE_FILE: &str = "_database.json";

/// A folder of definitions.
#[derive(Clone)]
pub(super) struct FileCatalog {
    root: Location,
    files: Arc<dyn FileSystem>,
}

impl fmt::Debug for FileCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileCatalog({})", self.root)
    }
}

/// Which file an object was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredAs {
    version: u64,
    length: u64,
    modified_ms: i64,
}

/// Why a catalog's folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileCatalogError {
    /// The file system says no.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file that is no definition.
    #[error("{location} holds no definition that this version reads: {reason}")]
    Damaged {
        /// The file.
        location: Location,
        /// What is wrong with it.
        reason: String,
    },
    /// Another session was faster.
    #[error("'{name}' was changed by another session at the same time; run the statement again")]
    Conflict {
        /// The object.
        name: String,
    },
}

impl FileCatalog {
    /// The catalog in that folder, which is made with its first database if it is not there.
    pub(super) fn open(
        path: &str,
        default_database: &str,
    ) -> Result<FileCatalog, FileCatalogError> {
        let root: Location = path.parse()?;
        let files = file_system_for(&root)?;
        let catalog = FileCatalog { root, files };
        let database = catalog.folder(default_database);
        if !catalog.files.exists(&database)? {
            catalog.files.create_directory(&database)?;
        }
        Ok(catalog)
    }

    fn folder(&self, database: &str) -> Location {
        self.root.join(&escape(database))
    }

    fn file(&self, database: &str, kind: ObjectKind, name: &str, version: u64) -> Location {
        let name = escape(name);
        let kind = kind.as_str();
        self.folder(database)
            .join(&format!("{name}.{kind}.{version}.json"))
    }

    /// All databases as they are now; what has not changed since `before` is not read again.
    pub(super) fn load(
        &self,
        before: &BTreeMap<String, Database>,
    ) -> Result<BTreeMap<String, Database>, FileCatalogError> {
        let mut databases = BTreeMap::new();
        for folder in self.files.list(&self.root)? {
            let name = folder.location.name();
            if folder.is_directory && !name.starts_with(['.', '_']) {
                let name = unescape(name);
                let known = before.get(&name);
                databases.insert(name, self.load_database(&folder.location, known)?);
            }
        }
        Ok(databases)
    }

    fn load_database(
        &self,
        folder: &Location,
        known: Option<&Database>,
    ) -> Result<Database, FileCatalogError> {
        let mut database = Database::default();
        let mut newest: BTreeMap<(ObjectKind, String), (StoredAs, Location)> = BTreeMap::new();
        for file in self.files.list(folder)? {
            if file.location.name() == DATABASE_FILE {
                let stored: StoredDatabase = self.read(&file.location)?;
                database.comment = stored.comment;
                database.options = stored.options;
            } else if let Some((kind, name, stored)) = parse_name(&file) {
                let entry = newest.entry((kind, name));
                let newer = |other: &(StoredAs, Location)| other.0.version < stored.version;
                match entry {
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert((stored, file.location));
                    }
                    std::collections::btree_map::Entry::Occupied(mut entry)
                        if newer(entry.get()) =>
                    {
                        entry.insert((stored, file.location));
                    }
                    std::collections::btree_map::Entry::Occupied(_) => {}
                }
            }
        }
        for ((kind, name), (stored, location)) in newest {
            let key = (kind, name);
            let same = known.filter(|known| known.stored.get(&key) == Some(&stored));
            let object = match same.and_then(|known| known.definition(&key)) {
                Some(object) => object,
                None => match self.read_definition(&location, kind) {
                    Ok(object) => object,
                    // Replaced or dropped since it was listed.
                    Err(FileCatalogError::Storage(error)) if error.is_not_found() => continue,
                    Err(error) => return Err(error),
                },
            };
            database.insert(&key.1, object);
            database.stored.insert(key, stored);
        }
        Ok(database)
    }

    fn read_definition(
        &self,
        location: &Location,
        kind: ObjectKind,
    ) -> Result<Definition, FileCatalogError> {
        let table = |table| Definition::Object(CatalogObject::Table(Arc::new(table)));
        let view = |view| Definition::Object(CatalogObject::View(Arc::new(view)));
        let function = |function| Definition::Function(Arc::new(function));
        let definition = match kind {
            ObjectKind::Table => stored::table(self.read(location)?).map(table),
            ObjectKind::View => stored::view(self.read(location)?).map(view),
            ObjectKind::Function => stored::function(self.read(location)?).map(function),
        };
        definition.map_err(|reason| FileCatalogError::Damaged {
            location: location.clone(),
            reason,
        })
    }

    fn read<T: DeserializeOwned>(&self, location: &Location) -> Result<T, FileCatalogError> {
        let bytes = self.files.read(location)?;
        serde_json::from_slice(&bytes).map_err(|error| FileCatalogError::Damaged {
            location: location.clone(),
            reason: error.to_string(),
        })
    }

    /// Writes an object's next version; `before` is the one that it replaces.
    pub(super) fn put(
        &self,
        database: &str,
        name: &str,
        definition: &Definition,
        before: Option<&StoredAs>,
    ) -> Result<StoredAs, FileCatalogError> {
        let kind = definition.kind();
        let text = match definition {
            Definition::Object(CatalogObject::Table(table)) => to_json(&stored::store_table(table)),
            Definition::Object(CatalogObject::View(view)) => to_json(&stored::store_view(view)),
            Definition::Function(function) => to_json(&stored::store_function(function)),
        };
        let version = before.map_or(1, |before| before.version + 1);
        let to = self.file(database, kind, name, version);
        let hidden = self.folder(database).join(&format!(".{}", unique()));
        self.files
            .write(&hidden, text.as_bytes(), CreateMode::New)?;
        if let Err(error) = self.files.rename(&hidden, &to) {
            // Nobody reads hidden files; the reason is what counts.
            let _ = self.files.delete(&hidden, false);
            return Err(match error {
                StorageError::AlreadyExists { .. } => FileCatalogError::Conflict {
                    name: name.to_owned(),
                },
                error => error.into(),
            });
        }
        if let Some(before) = before {
            let old = self.file(database, kind, name, before.version);
            self.files.delete(&old, false)?;
        }
        let status = self.files.status(&to)?;
        Ok(StoredAs {
            version,
            length: status.length,
            modified_ms: status.modified_ms,
        })
    }

    /// Deletes an object.
    pub(super) fn remove(
        &self,
        database: &str,
        kind: ObjectKind,
        name: &str,
        stored: &StoredAs,
    ) -> Result<(), FileCatalogError> {
        let location = self.file(database, kind, name, stored.version);
        self.files.delete(&location, false)?;
        Ok(())
    }

    /// Makes a database, or writes its comment and options anew.
    pub(super) fn put_database(
        &self,
        name: &str,
        comment: Option<&str>,
        options: &BTreeMap<String, String>,
    ) -> Result<(), FileCatalogError> {
        let folder = self.folder(name);
        self.files.create_directory(&folder)?;
        let file = folder.join(DATABASE_FILE);
        if comment.is_none() && options.is_empty() {
            self.files.delete(&file, false)?;
            return Ok(());
        }
        let stored = StoredDatabase {
            comment: comment.map(str::to_owned),
            options: options.clone(),
        };
        self.files
            .write(&file, to_json(&stored).as_bytes(), CreateMode::Overwrite)?;
        Ok(())
    }

    /// Deletes a database with all that is in it.
    pub(super) fn drop_database(&self, name: &str) -> Result<(), FileCatalogError> {
        self.files.delete(&self.folder(name), true)?;
        Ok(())
    }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A name that no other session makes at the same time.
fn unique() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |now| now.as_nanos());
    format!("{nanos:x}-{:x}", std::process::id())
}

/// Kind and name of the object that a file defines; nothing for other files.
fn parse_name(file: &FileStatus) -> Option<(ObjectKind, String, StoredAs)> {
    let name = file.location.name();
    if file.is_directory || name.starts_with(['.', '_']) {
        return None;
    }
    let rest = name.strip_suffix(".json")?;
    let (rest, version) = rest.rsplit_once('.')?;
    let (name, kind) = rest.rsplit_once('.')?;
    let stored = StoredAs {
        version: version.parse().ok()?,
        length: file.length,
        modified_ms: file.modified_ms,
    };
    Some((ObjectKind::parse(kind)?, unescape(name), stored))
}

/// A name as a file name: letters, digits, `-` and `_` (not first) stay, other bytes become `%XX`.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || (at > 0 && matches!(byte, b'-' | b'_'));
        if plain {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// What [`escape`] made; a stray `%` stays.
fn unescape(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| name.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalog::CatalogTable;

    #[test]
    fn every_name_is_a_file_name() {
        for name in ["orders", "_x", "a b/c", "..", "Größe%41", ".", "a.table.1"] {
            let escaped = escape(name);
            assert_eq!(unescape(&escaped), name);
            assert!(
                !escaped.contains(['/', '.']) && !escaped.starts_with('_'),
                "{escaped}"
            );
        }
        assert_ne!(escape("T"), escape("t"));
    }

    #[test]
    fn of_two_changes_at_the_same_time_one_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let catalog = FileCatalog::open(path, "default").unwrap();
        let table = Definition::Object(CatalogObject::Table(Arc::new(CatalogTable::default())));
        let first = catalog.put("default", "t", &table, None).unwrap();
        let taken = catalog.put("default", "t", &table, None).unwrap_err();
        assert!(
            matches!(taken, FileCatalogError::Conflict { .. }),
            "{taken}"
        );
        let second = catalog.put("default", "t", &table, Some(&first)).unwrap();
        assert_eq!(second.version, 2);
        let loaded = catalog.load(&BTreeMap::new()).unwrap();
        assert_eq!(loaded["default"].stored.len(), 1);
        let files = std::fs::read_dir(folder.path().join("default")).unwrap();
        assert_eq!(
            files.count(),
            1,
            "neither old versions nor hidden files stay"
        );
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = FileCatalog::open(folder.path().to_str().unwrap(), "d").unwrap();
        std::fs::write(folder.path().join("d/t.table.1.json"), "{").unwrap();
        let error = catalog.load(&BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("t.table.1.json"), "{error}");
    }
}
