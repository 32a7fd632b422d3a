//! Trees back to SQL: one canonical spelling, for EXPLAIN, SHOW CREATE and the names of derived columns.
//!
//! Keywords are in upper case, parentheses stand only where precedence needs them, names are quoted only where they
//! must be. What is printed parses back to an equal tree.
mod expr;
mod json;
mod query;
mod types;

use crate::ast::{Ident, ObjectName, OptionPair, StringLit};
use crate::keywords::is_reserved;
use crate::lexer::is_plain_word;
use std::fmt::{Display, Formatter, Result};

impl Display for Ident {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if is_plain_word(&self.value) && !is_reserved(&self.value.to_ascii_uppercase()) {
            f.write_str(&self.value)
        } else {
            write!(f, "`{}`", self.value.replace('`', "``"))
        }
    }
}

impl Display for ObjectName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        list(f, &self.parts, ".")
    }
}

impl Display for StringLit {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        string(f, &self.value)
    }
}

impl Display for OptionPair {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = {}", self.key, self.value)
    }
}

/// A string literal.
fn string(f: &mut Formatter<'_>, value: &str) -> Result {
    write!(f, "'{}'", value.replace('\'', "''"))
}

/// Items with `between` between them.
fn list<T: Display>(f: &mut Formatter<'_>, items: &[T], between: &str) -> Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// ` KEYWORD a, b`, or nothing for an empty list.
fn clause<T: Display>(f: &mut Formatter<'_>, keyword: &str, items: &[T]) -> Result {
    if items.is_empty() {
        return Ok(());
    }
    write!(f, " {keyword} ")?;
    list(f, items, ", ")
}

/// ` KEYWORD x`, or nothing.
fn option<T: Display>(f: &mut Formatter<'_>, keyword: &str, item: &Option<T>) -> Result {
    match item {
        Some(item) => write!(f, " {keyword} {item}"),
        None => Ok(()),
    }
}

/// ` (a, b)`, or nothing for an empty list.
fn columns(f: &mut Formatter<'_>, names: &[Ident]) -> Result {
    if names.is_empty() {
        return Ok(());
    }
    f.write_str(" (")?;
    list(f, names, ", ")?;
    f.write_str(")")
}
