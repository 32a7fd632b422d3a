//! Named columns: the type of a row, and its Arrow schema.

use std::sync::Arc;

use arrow::datatypes::{Field as ArrowField, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use crate::types::LogicalType;

/// A named column or ROW field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The name, as written; SQL identifiers are case sensitive as in Flink.
    pub name: String,
    /// The type of its values.
    pub ty: LogicalType,
}

impl Field {
    /// A field of the given name and type.
    pub fn new(name: impl Into<String>, ty: LogicalType) -> Self {
        Field {
            name: name.into(),
            ty,
        }
    }

    /// The Arrow field. Always nullable: NOT NULL is checked where rows enter and leave, not by kernels.
    pub fn to_arrow(&self) -> ArrowField {
        ArrowField::new(&self.name, self.ty.to_arrow(), true)
    }
}

/// The columns of a table, an edge or an operator's output (Flink's `RowType`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowType {
    /// Columns in order. Names need not be unique inside a plan.
    pub fields: Vec<Field>,
}

impl RowType {
    /// A row of these fields.
    pub fn new(fields: Vec<Field>) -> Self {
        RowType { fields }
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no column at all (a row may still exist: `SELECT COUNT(*)` reads none).
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Position of the first column of that exact name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The Arrow schema of batches with these columns.
    pub fn to_arrow(&self) -> SchemaRef {
        Arc::new(Schema::new(
            self.fields.iter().map(Field::to_arrow).collect::<Vec<_>>(),
        ))
    }

    /// The columns at `indices`, in that order.
    ///
    /// # Panics
    /// When an index is out of bounds: indices come from the planner that made this row type.
    pub fn project(&self, indices: &[usize]) -> RowType {
        RowType::new(indices.iter().map(|&i| self.fields[i].clone()).collect())
    }
}
