//! Catalogs, databases, tables and views, in memory for the life of a session.
//!
//! Names resolve as in Flink: one part is looked up in the current database, two parts in the current
//! catalog, three are complete; they are case-sensitive. A temporary object hides a permanent one of the
//! same full name.

mod object;
mod path;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use alpheus_sql_parser::ast::ObjectName;

pub use object::{
    CatalogObject, CatalogTable, CatalogView, Column, ColumnKind, KeyDefinition,
    WatermarkDefinition,
};
pub use path::ObjectPath;
pub use show::{show_create_table, show_create_view};

use crate::error::{SqlError, nearest};

/// A catalog's databases with their permanent objects.
#[derive(Clone, Debug, Default)]
struct Catalog {
    databases: BTreeMap<String, BTreeMap<String, CatalogObject>>,
}

/// Everything that has a name.
#[derive(Clone, Debug)]
pub struct Catalogs {
    catalogs: BTreeMap<String, Catalog>,
    temporary: BTreeMap<ObjectPath, CatalogObject>,
    /// The catalog that names without one mean.
    pub current_catalog: String,
    /// The database that names without one mean.
    pub current_database: String,
}

impl Catalogs {
    /// One catalog with one database, both current.
    pub fn new(catalog: &str, database: &str) -> Catalogs {
        let databases = BTreeMap::from([(database.to_owned(), BTreeMap::new())]);
        Catalogs {
            catalogs: BTreeMap::from([(catalog.to_owned(), Catalog { databases })]),
            temporary: BTreeMap::new(),
            current_catalog: catalog.to_owned(),
            current_database: database.to_owned(),
        }
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
        catalog.databases.get(&path.database)?.get(&path.object)
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
    /// When the catalog or database does not exist (a temporary object needs neither).
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
        let catalog = self.catalogs.get_mut(&path.catalog);
        match catalog.and_then(|c| c.databases.get_mut(&path.database)) {
            Some(objects) => {
                objects.insert(path.object, object);
                Ok(())
            }
            None => Err(missing),
        }
    }

    /// Takes an object away.
    pub fn remove(&mut self, path: &ObjectPath, temporary: bool) -> Option<CatalogObject> {
        if temporary {
            return self.temporary.remove(path);
        }
        let catalog = self.catalogs.get_mut(&path.catalog)?;
        catalog
            .databases
            .get_mut(&path.database)?
            .remove(&path.object)
    }

    /// All objects of a database by name, temporary ones over permanent ones.
    pub fn objects(&self, catalog: &str, database: &str) -> BTreeMap<String, &CatalogObject> {
        let permanent = self
            .catalogs
            .get(catalog)
            .and_then(|catalog| catalog.databases.get(database))
            .into_iter()
            .flatten();
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

    /// Makes a catalog with an empty database `default`, as Flink's in-memory catalogs have.
    pub fn create_catalog(&mut self, name: &str, database: &str) {
        let databases = BTreeMap::from([(database.to_owned(), BTreeMap::new())]);
        self.catalogs.insert(name.to_owned(), Catalog { databases });
    }

    /// Takes a catalog away with all that is in it.
    pub fn drop_catalog(&mut self, name: &str) {
        self.catalogs.remove(name);
        self.temporary.retain(|path, _| path.catalog != name);
    }

    /// Makes an empty database; false when the catalog does not exist.
    pub fn create_database(&mut self, catalog: &str, database: &str) -> bool {
        let Some(catalog) = self.catalogs.get_mut(catalog) else {
            return false;
        };
        catalog.databases.entry(database.to_owned()).or_default();
        true
    }

    /// Takes a database away with all that is in it.
    pub fn drop_database(&mut self, catalog: &str, database: &str) {
        if let Some(catalog) = self.catalogs.get_mut(catalog) {
            catalog.databases.remove(database);
        }
        self.temporary
            .retain(|path, _| path.catalog != catalog || path.database != database);
    }
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
