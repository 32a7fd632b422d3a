//! What a catalog holds: tables and views.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::LogicalType;
use alpheus_sql_parser::ast;

use super::ObjectPath;

/// A table or a view.
#[derive(Clone, Debug, PartialEq)]
pub enum CatalogObject {
    /// A table.
    Table(Arc<CatalogTable>),
    /// A view.
    View(Arc<CatalogView>),
}

/// The kinds of object that a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A table.
    Table,
    /// A view.
    View,
    /// A function of the user.
    Function,
}

impl ObjectKind {
    /// `table`, `view` or `function`.
    pub fn as_str(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::View => "view",
            ObjectKind::Function => "function",
        }
    }

    /// What [`ObjectKind::as_str`] gave.
    pub fn parse(text: &str) -> Option<ObjectKind> {
        [ObjectKind::Table, ObjectKind::View, ObjectKind::Function]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl CatalogObject {
    /// What it is.
    pub fn object_kind(&self) -> ObjectKind {
        match self {
            CatalogObject::Table(_) => ObjectKind::Table,
            CatalogObject::View(_) => ObjectKind::View,
        }
    }

    /// `table` or `view`.
    pub fn kind(&self) -> &'static str {
        self.object_kind().as_str()
    }
}

/// A table as CREATE TABLE defined it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogTable {
    /// Columns in declared order.
    pub columns: Vec<Column>,
    /// WATERMARK FOR.
    pub watermark: Option<WatermarkDefinition>,
    /// PRIMARY KEY NOT ENFORCED.
    pub primary_key: Option<KeyDefinition>,
    /// PARTITIONED BY.
    pub partition_keys: Vec<String>,
    /// WITH.
    pub options: BTreeMap<String, String>,
    /// COMMENT.
    pub comment: Option<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type; for computed columns that of the expression.
    pub ty: LogicalType,
    /// Where its values come from.
    pub kind: ColumnKind,
    /// COMMENT.
    pub comment: Option<String>,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    /// The connector.
    Physical,
    /// An expression over the other columns.
    Computed(Arc<ast::Expr>),
    /// The connector's metadata.
    Metadata {
        /// FROM; the column's name if not written.
        key: Option<String>,
        /// VIRTUAL: read only.
        is_virtual: bool,
    },
}

/// `WATERMARK FOR column AS expr`.
#[derive(Clone, Debug, PartialEq)]
pub struct WatermarkDefinition {
    /// The event-time column.
    pub column: String,
    /// The watermark.
    pub expr: Arc<ast::Expr>,
}

/// A PRIMARY KEY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDefinition {
    /// Its name, written or made from its columns.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A view: a stored query with the names that its text is read under.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogView {
    /// The query.
    pub query: Arc<ast::Query>,
    /// Names and types of its columns when it was made.
    pub columns: Vec<Field>,
    /// The catalog that was current when it was made.
    pub catalog: String,
    /// The database that was current when it was made.
    pub database: String,
    /// COMMENT.
    pub comment: Option<String>,
}

impl Column {
    /// Whether the connector delivers it.
    pub fn is_read(&self) -> bool {
        !matches!(self.kind, ColumnKind::Computed(_))
    }

    /// Whether an INSERT has to provide it.
    pub fn is_written(&self) -> bool {
        match self.kind {
            ColumnKind::Physical => true,
            ColumnKind::Computed(_) => false,
            ColumnKind::Metadata { is_virtual, .. } => !is_virtual,
        }
    }
}

impl CatalogTable {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The table as a source's connector has to know it, with the hint's options over its own.
    pub fn as_source(&self, path: &ObjectPath, hints: &BTreeMap<String, String>) -> TableSpec {
        self.spec(path, hints, Column::is_read)
    }

    /// The table as a sink's connector has to know it.
    pub fn as_sink(&self, path: &ObjectPath, hints: &BTreeMap<String, String>) -> TableSpec {
        self.spec(path, hints, Column::is_written)
    }

    fn spec(
        &self,
        path: &ObjectPath,
        hints: &BTreeMap<String, String>,
        takes_part: impl Fn(&Column) -> bool,
    ) -> TableSpec {
        let columns: Vec<&Column> = self.columns.iter().filter(|c| takes_part(c)).collect();
        let mut options = self.options.clone();
        options.extend(hints.clone());
        let fields = columns.iter().map(|c| Field::new(&c.name, c.ty.clone()));
        let metadata = columns.iter().filter_map(|column| match &column.kind {
            ColumnKind::Metadata { key, .. } => {
                let key = key.clone().unwrap_or_else(|| column.name.clone());
                Some((column.name.clone(), key))
            }
            _ => None,
        });
        TableSpec {
            identifier: path.to_string(),
            connector: options.get("connector").cloned().unwrap_or_default(),
            schema: RowType::new(fields.collect()),
            metadata: metadata.collect(),
            primary_key: (self.primary_key.as_ref()).map_or_else(Vec::new, |k| k.columns.clone()),
            partition_keys: self.partition_keys.clone(),
            options,
        }
    }
}
