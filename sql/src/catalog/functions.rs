//! Functions of users by name. Names of functions do not distinguish between small and large letters, as in Flink.

use std::fmt;
use std::sync::Arc;

use alpheus_functions::{aggregate, registry};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::ObjectName;

use super::{CatalogFunction, Catalogs, Definition, ObjectKind, ObjectPath, unwritable};
use crate::error::SqlError;

/// Where a function is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionPlace {
    /// Temporary and in no database: before the built-in function of its name.
    System(String),
    /// Temporary, in a database.
    Temporary(ObjectPath),
    /// In a database.
    Permanent(ObjectPath),
}

impl fmt::Display for FunctionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FunctionPlace::System(name) => f.write_str(name),
            FunctionPlace::Temporary(path) | FunctionPlace::Permanent(path) => path.fmt(f),
        }
    }
}

fn normalized(mut path: ObjectPath) -> ObjectPath {
    path.object = path.object.to_lowercase();
    path
}

fn is_built_in(name: &str) -> bool {
    let upper = name.to_uppercase();
    registry::lookup(&upper).is_some()
        || aggregate::all()
            .iter()
            .any(|function| function.name == upper)
}

impl Catalogs {
    /// The place that CREATE and DROP mean.
    ///
    /// # Errors
    /// When the name has too many parts.
    pub fn function_place(
        &self,
        name: &ObjectName,
        temporary: bool,
        system: bool,
    ) -> Result<FunctionPlace, SqlError> {
        if system {
            return match name.single() {
                Some(name) => Ok(FunctionPlace::System(name.value.to_lowercase())),
                None => Err(SqlError::invalid(
                    format!("a system function is in no database, but '{name}' names one"),
                    name.span,
                )),
            };
        }
        let path = normalized(self.path(name)?);
        Ok(match temporary {
            true => FunctionPlace::Temporary(path),
            false => FunctionPlace::Permanent(path),
        })
    }

    /// The function at a place.
    pub fn function_at(&self, place: &FunctionPlace) -> Option<&Arc<CatalogFunction>> {
        match place {
            FunctionPlace::System(name) => self.system_functions.get(name),
            FunctionPlace::Temporary(path) => self.temporary_functions.get(path),
            FunctionPlace::Permanent(path) => {
                let database = self.database(&path.catalog, &path.database)?;
                database.functions.get(&path.object)
            }
        }
    }

    /// The function that a call means under this catalog and database, with its full name: temporary system functions
    /// come first, then the built-in ones (for which this gives nothing), then those of the database.
    pub fn find_function(
        &self,
        name: &ObjectName,
        catalog: &str,
        database: &str,
    ) -> Option<(String, &Arc<CatalogFunction>)> {
        if let Some(single) = name.single() {
            let lower = single.value.to_lowercase();
            if let Some(function) = self.system_functions.get(&lower) {
                return Some((lower, function));
            }
            if is_built_in(&single.value) {
                return None;
            }
        }
        let path = normalized(self.path_under(name, catalog, database).ok()?);
        let full_name = path.to_string();
        let temporary = self.temporary_functions.get(&path);
        let permanent = || self.function_at(&FunctionPlace::Permanent(path.clone()));
        Some((full_name, temporary.or_else(permanent)?))
    }

    /// Puts a function at a place.
    ///
    /// # Errors
    /// When its database does not exist or cannot be written.
    pub fn put_function(
        &mut self,
        name: &ObjectName,
        place: FunctionPlace,
        function: Arc<CatalogFunction>,
    ) -> Result<(), SqlError> {
        let path = match place {
            FunctionPlace::System(name) => {
                self.system_functions.insert(name, function);
                return Ok(());
            }
            FunctionPlace::Temporary(path) => {
                self.temporary_functions.insert(path, function);
                return Ok(());
            }
            FunctionPlace::Permanent(path) => path,
        };
        let missing = self.not_found("function", name, &path);
        let Some(catalog) = self.catalogs.get_mut(&path.catalog) else {
            return Err(missing);
        };
        let Some(database) = catalog.databases.get_mut(&path.database) else {
            return Err(missing);
        };
        if let Some(file) = &catalog.file {
            let key = (ObjectKind::Function, path.object.clone());
            let definition = Definition::Function(Arc::clone(&function));
            let before = database.stored.get(&key);
            let stored = file
                .put(&path.database, &path.object, &definition, before)
                .map_err(|error| unwritable(&path.catalog, &error, name.span))?;
            database.stored.insert(key, stored);
        }
        database.functions.insert(path.object, function);
        Ok(())
    }

    /// Takes a function away; false when there is none.
    ///
    /// # Errors
    /// When its catalog cannot be written.
    pub fn remove_function(&mut self, place: &FunctionPlace, span: Span) -> Result<bool, SqlError> {
        let path = match place {
            FunctionPlace::System(name) => return Ok(self.system_functions.remove(name).is_some()),
            FunctionPlace::Temporary(path) => {
                return Ok(self.temporary_functions.remove(path).is_some());
            }
            FunctionPlace::Permanent(path) => path,
        };
        let Some(catalog) = self.catalogs.get_mut(&path.catalog) else {
            return Ok(false);
        };
        let Some(database) = catalog.databases.get_mut(&path.database) else {
            return Ok(false);
        };
        let key = (ObjectKind::Function, path.object.clone());
        if let (Some(file), Some(stored)) = (&catalog.file, database.stored.remove(&key)) {
            file.remove(&path.database, key.0, &path.object, &stored)
                .map_err(|error| unwritable(&path.catalog, &error, span))?;
        }
        Ok(database.functions.remove(&path.object).is_some())
    }

    /// Names of the functions that can be called by one word.
    pub fn function_names(&self) -> Vec<String> {
        let (catalog, database) = (&self.current_catalog, &self.current_database);
        let permanent = self.database(catalog, database);
        let permanent = permanent.into_iter().flat_map(|d| d.functions.keys());
        let temporary = self.temporary_functions.keys();
        let temporary = temporary
            .filter(|path| path.catalog == *catalog && path.database == *database)
            .map(|path| &path.object);
        let mut names: Vec<String> = self
            .system_functions
            .keys()
            .chain(temporary)
            .chain(permanent)
            .cloned()
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
