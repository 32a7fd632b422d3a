//! The syntax tree.
//!
//! Plain data: what was written, not what it means. Names are unresolved, numbers and times are text, types are
//! spelled as the user spelled them.
pub mod expr;
pub mod query;
pub mod statement;
pub mod types;

pub use expr::*;
pub use query::*;
pub use statement::*;
pub use types::*;

use crate::span::Span;
use std::hash::{Hash, Hasher};

/// One identifier. Flink's names are case-sensitive; whether backticks were used plays no part in equality.
#[derive(Debug, Clone)]
pub struct Ident {
    /// The name without backticks.
    pub value: String,
    /// Whether it was written in backticks.
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

impl Ident {
    /// A name that stands nowhere, for trees that are built by hand.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            quoted: false,
            span: Span::default(),
        }
    }
}

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Ident {}

impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

/// A dotted name: of a column, table, function, catalog or database.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// The parts, at least one.
    pub parts: Vec<Ident>,
    /// Where it stands.
    pub span: Span,
}

impl ObjectName {
    /// The last part: the object's own name.
    pub fn last(&self) -> &Ident {
        self.parts
            .last()
            .expect("the parser builds names of at least one part")
    }

    /// The name's single part, if it has no dots.
    pub fn single(&self) -> Option<&Ident> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// A character string where the grammar wants one (an option, a comment, a path).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StringLit {
    /// The decoded value.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

/// `'key' = 'value'` of WITH, SET or a hint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OptionPair {
    /// The key.
    pub key: StringLit,
    /// The value.
    pub value: StringLit,
    /// Both.
    pub span: Span,
}
