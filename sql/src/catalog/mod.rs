//! Catalogs, databases, tables and views.
//!
//! A catalog of type `generic_in_memory` lives as long as its session. One of type `filesystem` keeps its
//! definitions in a folder ([`mod@file`]): what is here is a copy of it, brought up to date before each statement
//! ([`Catalogs::refresh`]) and written through by each change. [`store`] keeps the catalogs themselves
//! (`table.catalog-store.kind`).
//!
//! Names resolve as in Flink: one part is looked up in the current database, two parts in the current
//! catalog, three are complete; they are case-sensitive. A temporary object hides a permanent one of the
//! same full name; it belongs to its session, whatever its catalog is.

mod file;
mod function;
mod functions;
mod object;
mod path;
mod show;
mod store;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::ObjectName;

pub use function::{CatalogFunction, LoadedFunction};
pub use functions::FunctionPlace;
pub use object::{
    CatalogObject, CatalogTable, CatalogView, Column, ColumnKind, KeyDefinition, ObjectKind,
    WatermarkDefinition,
};
pub use path::ObjectPath;
pub use show::{show_create_catalog, show_create_table, show_create_view};
pub(crate) use store::CatalogStore;

use crate::error::{SqlError, nearest};
use file::{FileCatalog, FileCatalogError, StoredAs};

/// The option of a catalog that says what it is.
pub(crate) const TYPE: &str = "type";
/// The option of a catalog that names its first database.
pub(crate) const DEFAULT_DATABASE: &str = "default-database";
/// The option of a `filesystem` catalog that names its folder.
pub(crate) const PATH: &str = "path";
/// Definitions live as long as the session.
pub(crate) const IN_MEMORY: &str = "generic_in_memory";
/// Definitions are kept in a folder.
pub(crate) const FILE_SYSTEM: &str = "filesystem";

/// A catalog's databases with their permanent objects.
#[derive(Clone, Debug, Default)]
struct Catalog {
    databases: BTreeMap<String, Database>,
    definition: CatalogDefinition,
    /// Where the databases are kept, if they are.
    file: Option<FileCatalog>,
}

/// What CREATE CATALOG said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogDefinition {
    /// WITH.
    pub options: BTreeMap<String, String>,
    /// COMMENT.
    pub comment: Option<String>,
}

impl CatalogDefinition {
    /// The database that is current after USE CATALOG.
    pub fn default_database(&self) -> &str {
        self.options
            .get(DEFAULT_DATABASE)
            .map_or("default", String::as_str)
    }
}

/// A database.
#[derive(Clone, Debug, Default)]
pub struct Database {
    /// COMMENT.
    pub comment: Option<String>,
    /// WITH.
    pub options: BTreeMap<String, String>,
    objects: BTreeMap<String, CatalogObject>,
    functions: BTreeMap<String, Arc<CatalogFunction>>,
    /// The files that objects were read from.
    stored: BTreeMap<(ObjectKind, String), StoredAs>,
}

impl Database {
    fn definition(&self, (kind, name): &(ObjectKind, String)) -> Option<Definition> {
        if *kind == ObjectKind::Function {
            return self.functions.get(name).cloned().map(Definition::Function);
        }
        let object = self.objects.get(name)?;
        (object.object_kind() == *kind).then(|| Definition::Object(object.clone()))
    }

    fn insert(&mut self, name: &str, definition: Definition) {
        match definition {
            Definition::Object(object) => {
                self.objects.insert(name.to_owned(), object);
            }
            Definition::Function(function) => {
                self.functions.insert(name.to_owned(), function);
            }
        }
    }
}

/// What a file of a catalog holds.
enum Definition {
    Object(CatalogObject),
    Function(Arc<CatalogFunction>),
}

impl Definition {
    fn kind(&self) -> ObjectKind {
        match self {
            Definition::Object(object) => object.object_kind(),
            Definition::Function(_) => ObjectKind::Function,
        }
    }
}

/// Everything that has a name.
#[derive(Clone, Debug)]
pub struct Catalogs {
    catalogs: BTreeMap<String, Catalog>,
    temporary: BTreeMap<ObjectPath, CatalogObject>,
    temporary_functions: BTreeMap<ObjectPath, Arc<CatalogFunction>>,
    system_functions: BTreeMap<String, Arc<CatalogFunction>>,
    /// The catalog that names without one mean.
    pub current_catalog: String,
    /// The database that names without one mean.
    pub current_database: String,
}

impl Catalogs {
    /// One catalog with one database, both current.
    pub fn new(catalog: &str, database: &str) -> Catalogs {
        let options = [(TYPE, IN_MEMORY), (DEFAULT_DATABASE, database)];
        let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let first = Catalog {
            databases: BTreeMap::from([(database.to_owned(), Database::default())]),
            definition: CatalogDefinition {
                options: BTreeMap::from(options),
                comment: None,
            },
            file: None,
        };
        Catalogs {
            catalogs: BTreeMap::from([(catalog.to_owned(), first)]),
            temporary: BTreeMap::new(),
            temporary_functions: BTreeMap::new(),
            system_functions: BTreeMap::new(),
            current_catalog: catalog.to_owned(),
            current_database: database.to_owned(),
        }
    }

    /// Reads what other sessions have changed in catalogs that are kept in folders.
    ///
    /// # Errors
    /// When a folder cannot be read; what was known stays then.
    pub fn refresh(&mut self) -> Result<(), SqlError> {
        for (name, catalog) in &mut self.catalogs {
            if let Some(file) = &catalog.file {
                let loaded = file.load(&catalog.databases);
                catalog.databases =
                    loaded.map_err(|error| unreadable(name, &error, Span::default()))?;
            }
        }
        Ok(())
    }

    /// The full name that `name` means when it stands under this catalog and database.
    ///
    /// # Errors
    /// When it has more than three parts.
    pub fn path_under(
        &self,
        name: &ObjectName,
        catalog: &str,
        database: &str,
    ) -> Result<ObjectPath, SqlError> {
        let parts: Vec<&str> = name.parts.iter().map(|part| part.value.as_str()).collect();
        match parts.as_slice() {
            [object] => Ok(ObjectPath::new(catalog, database, *object)),
            [database, object] => Ok(ObjectPath::new(catalog, *database, *object)),
            [catalog, database, object] => Ok(ObjectPath::new(*catalog, *database, *object)),
            _ => Err(
                SqlError::invalid(format!("'{name}' has more than three parts"), name.span)
                    .with_help("a full name is catalog.database.table"),
            ),
        }
    }

    /// The full name that `name` means now.
    ///
    /// # Errors
    /// When it has more than three parts.
    pub fn path(&self, name: &ObjectName) -> Result<ObjectPath, SqlError> {
        self.path_under(name, &self.current_catalog, &self.current_database)
    }

    /// The object, temporary ones first.
    pub fn find(&self, path: &ObjectPath) -> Option<&CatalogObject> {
        self.temporary.get(path).or_else(|| self.permanent(path))
    }

    fn permanent(&self, path: &ObjectPath) -> Option<&CatalogObject> {
        let catalog = self.catalogs.get(&path.catalog)?;
        let database = catalog.databases.get(&path.database)?;
        database.objects.get(&path.object)
    }

    /// Whether there is a temporary object of that name.
    pub fn has_temporary(&self, path: &ObjectPath) -> bool {
        self.temporary.contains_key(path)
    }

    /// Whether there is a permanent object of that name.
    pub fn has_permanent(&self, path: &ObjectPath) -> bool {
        self.permanent(path).is_some()
    }

    /// The complaint that nothing has this name, with the nearest name that something has.
    pub fn not_found(&self, what: &str, name: &ObjectName, path: &ObjectPath) -> SqlError {
        let error = SqlError::invalid(format!("{what} '{name}' not found"), name.span);
        if !self.catalogs.contains_key(&path.catalog) {
            return error
                .with_note(format!("there is no catalog '{}'", path.catalog))
                .suggesting(&path.catalog, self.catalogs());
        }
        if !self.has_database(&path.catalog, &path.database) {
            return error
                .with_note(format!(
                    "there is no database '{}' in catalog '{}'",
                    path.database, path.catalog
                ))
                .suggesting(&path.database, self.databases(&path.catalog));
        }
        let objects = self.objects(&path.catalog, &path.database);
        let names: Vec<&str> = objects.keys().map(String::as_str).collect();
        match nearest(&path.object, names.iter().copied()) {
            Some(near) => error.with_help(format!("did you mean '{near}'?")),
            None if names.is_empty() => {
                error.with_help("there are no tables yet: CREATE TABLE makes one")
            }
            None => error.with_help(format!("there are {}", enumerate(&names))),
        }
    }

    /// The object of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(
        &self,
        what: &str,
        name: &ObjectName,
    ) -> Result<(ObjectPath, &CatalogObject), SqlError> {
        let path = self.path(name)?;
        match self.find(&path) {
            Some(object) => Ok((path, object)),
            None => Err(self.not_found(what, name, &path)),
        }
    }

    /// Puts an object under a name, over any that is there.
    ///
    /// # Errors
    /// When the catalog or database does not exist (a temporary object needs neither), or cannot be written.
    pub fn put(
        &mut self,
        name: &ObjectName,
        path: ObjectPath,
        object: CatalogObject,
        temporary: bool,
    ) -> Result<(), SqlError> {
        if temporary {
            self.temporary.insert(path, object);
            return Ok(());
        }
        let missing = self.not_found(object.kind(), name, &path);
        let Some(catalog) = self.catalogs.get_mut(&path.catalog) else {
            return Err(missing);
        };
        let Some(database) = catalog.databases.get_mut(&path.database) else {
            return Err(missing);
        };
        if let Some(file) = &catalog.file {
            let key = (object.object_kind(), path.object.clone());
            let before = database.stored.get(&key);
            let definition = Definition::Object(object.clone());
            let stored = file
                .put(&path.database, &path.object, &definition, before)
                .map_err(|error| unwritable(&path.catalog, &error, name.span))?;
            database.stored.insert(key, stored);
        }
        database.objects.insert(path.object, object);
        Ok(())
    }

    /// Takes an object away.
    ///
    /// # Errors
    /// When its catalog cannot be written.
    pub fn remove(
        &mut self,
        path: &ObjectPath,
        temporary: bool,
        span: Span,
    ) -> Result<Option<CatalogObject>, SqlError> {
        if temporary {
            return Ok(self.temporary.remove(path));
        }
        let Some(catalog) = self.catalogs.get_mut(&path.catalog) else {
            return Ok(None);
        };
        let Some(database) = catalog.databases.get_mut(&path.database) else {
            return Ok(None);
        };
        if let (Some(file), Some(object)) = (&catalog.file, database.objects.get(&path.object)) {
            let key = (object.object_kind(), path.object.clone());
            if let Some(stored) = database.stored.remove(&key) {
                file.remove(&path.database, key.0, &path.object, &stored)
                    .map_err(|error| unwritable(&path.catalog, &error, span))?;
            }
        }
        Ok(database.objects.remove(&path.object))
    }

    /// All objects of a database by name, temporary ones over permanent ones.
    pub fn objects(&self, catalog: &str, database: &str) -> BTreeMap<String, &CatalogObject> {
        let permanent = self
            .catalogs
            .get(catalog)
            .and_then(|catalog| catalog.databases.get(database))
            .into_iter()
            .flat_map(|database| &database.objects);
        let mut objects: BTreeMap<String, &CatalogObject> = permanent
            .map(|(name, object)| (name.clone(), object))
            .collect();
        let temporary = self
            .temporary
            .iter()
            .filter(|(path, _)| path.catalog == catalog && path.database == database);
        objects.extend(temporary.map(|(path, object)| (path.object.clone(), object)));
        objects
    }

    /// Names of the catalogs.
    pub fn catalogs(&self) -> impl Iterator<Item = &str> {
        self.catalogs.keys().map(String::as_str)
    }

    /// Names of a catalog's databases.
    pub fn databases<'a>(&'a self, catalog: &str) -> impl Iterator<Item = &'a str> {
        let catalog = self.catalogs.get(catalog);
        catalog
            .into_iter()
            .flat_map(|catalog| catalog.databases.keys().map(String::as_str))
    }

    /// Whether there is such a catalog.
    pub fn has_catalog(&self, catalog: &str) -> bool {
        self.catalogs.contains_key(catalog)
    }

    /// Whether there is such a database.
    pub fn has_database(&self, catalog: &str, database: &str) -> bool {
        self.databases(catalog).any(|name| name == database)
    }

    /// What CREATE CATALOG said of a catalog.
    pub fn definition(&self, catalog: &str) -> Option<&CatalogDefinition> {
        self.catalogs
            .get(catalog)
            .map(|catalog| &catalog.definition)
    }

    /// Changes what CREATE CATALOG said of a catalog; its databases stay.
    pub fn define(&mut self, catalog: &str, definition: CatalogDefinition) {
        if let Some(catalog) = self.catalogs.get_mut(catalog) {
            catalog.definition = definition;
        }
    }

    /// A database.
    pub fn database(&self, catalog: &str, database: &str) -> Option<&Database> {
        self.catalogs.get(catalog)?.databases.get(database)
    }

    /// Makes a catalog: an empty one in memory, or the one that is in a folder.
    ///
    /// # Errors
    /// When its options are wrong or its folder cannot be read.
    pub fn create_catalog(
        &mut self,
        name: &str,
        definition: CatalogDefinition,
        span: Span,
    ) -> Result<(), SqlError> {
        let first = definition.default_database().to_owned();
        let file = match definition.options.get(PATH) {
            Some(path)
                if definition
                    .options
                    .get(TYPE)
                    .is_some_and(|ty| ty == FILE_SYSTEM) =>
            {
                let file = FileCatalog::open(path, &first);
                Some(file.map_err(|error| unreadable(name, &error, span))?)
            }
            _ => None,
        };
        let databases = match &file {
            None => BTreeMap::from([(first, Database::default())]),
            Some(file) => file
                .load(&BTreeMap::new())
                .map_err(|error| unreadable(name, &error, span))?,
        };
        let catalog = Catalog {
            databases,
            definition,
            file,
        };
        self.catalogs.insert(name.to_owned(), catalog);
        Ok(())
    }

    /// Forgets a catalog; what is in memory is gone, what is in a folder stays there.
    pub fn drop_catalog(&mut self, name: &str) {
        self.catalogs.remove(name);
        self.temporary.retain(|path, _| path.catalog != name);
    }

    /// Makes a database, or changes its comment and options; false when the catalog does not exist.
    ///
    /// # Errors
    /// When its catalog cannot be written.
    pub fn put_database(
        &mut self,
        catalog: &str,
        database: &str,
        comment: Option<String>,
        options: BTreeMap<String, String>,
        span: Span,
    ) -> Result<bool, SqlError> {
        let name = catalog;
        let Some(catalog) = self.catalogs.get_mut(name) else {
            return Ok(false);
        };
        if let Some(file) = &catalog.file {
            file.put_database(database, comment.as_deref(), &options)
                .map_err(|error| unwritable(name, &error, span))?;
        }
        let database = catalog.databases.entry(database.to_owned()).or_default();
        database.comment = comment;
        database.options = options;
        Ok(true)
    }

    /// Takes a database away with all that is in it.
    ///
    /// # Errors
    /// When its catalog cannot be written.
    pub fn drop_database(
        &mut self,
        catalog: &str,
        database: &str,
        span: Span,
    ) -> Result<(), SqlError> {
        let name = catalog;
        if let Some(catalog) = self.catalogs.get_mut(name) {
            if let Some(file) = &catalog.file {
                file.drop_database(database)
                    .map_err(|error| unwritable(name, &error, span))?;
            }
            catalog.databases.remove(database);
        }
        self.temporary
            .retain(|path, _| path.catalog != name || path.database != database);
        Ok(())
    }
}

fn unreadable(catalog: &str, error: &FileCatalogError, span: Span) -> SqlError {
    SqlError::invalid(format!("catalog '{catalog}' cannot be read: {error}"), span)
}

fn unwritable(catalog: &str, error: &FileCatalogError, span: Span) -> SqlError {
    SqlError::invalid(
        format!("catalog '{catalog}' cannot be changed: {error}"),
        span,
    )
}

/// The first few names, for advice.
pub(crate) fn enumerate(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let unique: BTreeSet<&&str> = names.iter().collect();
    let names: Vec<&&str> = names.iter().filter(|name| unique.contains(name)).collect();
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("'{name}'"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(", ..");
    }
    text
}
