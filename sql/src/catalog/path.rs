//! Where an object is: catalog, database, name.

use std::fmt;

/// The full name of a table or view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPath {
    /// The catalog.
    pub catalog: String,
    /// The database.
    pub database: String,
    /// The object's own name.
    pub object: String,
}

impl ObjectPath {
    /// From its parts.
    pub fn new(
        catalog: impl Into<String>,
        database: impl Into<String>,
        object: impl Into<String>,
    ) -> ObjectPath {
        ObjectPath {
            catalog: catalog.into(),
            database: database.into(),
            object: object.into(),
        }
    }

    /// With backticks around each part, as it has to be written where names are odd.
    pub fn quoted(&self) -> String {
        let quote = |part: &str| format!("`{}`", part.replace('`', "``"));
        [&self.catalog, &self.database, &self.object]
            .map(|part| quote(part))
            .join(".")
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.catalog, self.database, self.object)
    }
}
