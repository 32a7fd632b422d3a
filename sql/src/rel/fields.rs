//! Columns of a plan node: name, type, and what role they play in time.

use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::LogicalType;

/// What a column means for time (Flink's time attributes and window properties).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeRole {
    /// An ordinary value.
    #[default]
    None,
    /// Event time with a watermark.
    Rowtime,
    /// Processing time (`PROCTIME()`).
    Proctime,
    /// `window_start` of a window function.
    WindowStart,
    /// `window_end` of a window function.
    WindowEnd,
    /// `window_time` of a window function; may serve as event time again.
    WindowTime,
}

impl TimeRole {
    /// Whether windows can be made over a column of this role.
    pub fn is_time_attribute(self) -> bool {
        matches!(
            self,
            TimeRole::Rowtime | TimeRole::Proctime | TimeRole::WindowTime
        )
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanField {
    /// Its name; may repeat.
    pub name: String,
    /// Its type.
    pub ty: LogicalType,
    /// Its role in time.
    pub role: TimeRole,
}

impl PlanField {
    /// An ordinary column.
    pub fn new(name: impl Into<String>, ty: LogicalType) -> Self {
        PlanField {
            name: name.into(),
            ty,
            role: TimeRole::None,
        }
    }

    /// The same column in another role.
    pub fn with_role(mut self, role: TimeRole) -> Self {
        self.role = role;
        self
    }
}

/// The columns of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanSchema {
    /// In order.
    pub fields: Vec<PlanField>,
}

impl PlanSchema {
    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Names and types alone.
    pub fn row_type(&self) -> RowType {
        RowType::new(
            self.fields
                .iter()
                .map(|f| Field::new(f.name.clone(), f.ty.clone()))
                .collect(),
        )
    }

    /// Position of the first column with this role.
    pub fn position_of_role(&self, role: TimeRole) -> Option<usize> {
        self.fields.iter().position(|field| field.role == role)
    }
}
