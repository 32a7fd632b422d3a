//! CAST and TRY_CAST: every conversion between two types, with Flink's semantics.
//!
//! Numbers wrap when they narrow and saturate when a float becomes an integer; a DECIMAL that does not fit
//! is NULL, in CAST too; text is trimmed and its fraction cut for integers; text that is no value of the
//! target fails a CAST and is NULL for TRY_CAST ([`parse`]). Every value has a text ([`text`]). Timestamps
//! with and without zone meet in the session's zone ([`temporal`]); arrays, maps and rows convert part by
//! part ([`nested`]).

mod java;
mod nested;
mod number;
mod parse;
mod temporal;
pub mod text;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::types::{LogicalType, MAX_LENGTH, TypeKind};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::datatypes::DataType;

pub use java::write_double;
pub use parse::{parse_boolean, parse_decimal, parse_double, parse_integer};
pub(crate) use temporal::local;

use crate::compile::Session;
use crate::typing::can_cast;

/// A conversion from one type to another, prepared.
#[derive(Clone, Debug)]
pub struct CastPlan {
    from: LogicalType,
    to: LogicalType,
    try_cast: bool,
    session: Arc<Session>,
}

/// What every step of a conversion needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Mode<'a> {
    /// NULL instead of an error.
    pub(crate) try_cast: bool,
    /// For the zone.
    pub(crate) session: &'a Session,
}

impl CastPlan {
    /// Prepares a conversion; fails when CAST has no such pair.
    pub fn new(
        from: &LogicalType,
        to: &LogicalType,
        try_cast: bool,
        session: &Arc<Session>,
    ) -> OperatorResult<Self> {
        if !can_cast(from, to) {
            return Err(OperatorError::fatal(format!(
                "cannot cast {} to {}",
                from.kind, to.kind
            )));
        }
        Ok(CastPlan {
            from: from.clone(),
            to: to.clone(),
            try_cast,
            session: session.clone(),
        })
    }

    /// Whether values stay as they are: the same type, or text and bytes that fit the new length.
    pub fn is_identity(&self) -> bool {
        use TypeKind::{Binary, Char, Varbinary, Varchar};
        match (&self.from.kind, &self.to.kind) {
            (a, b) if a == b => self.from.to_arrow() == self.to.to_arrow(),
            (Char(a) | Varchar(a), Varchar(b)) | (Binary(a) | Varbinary(a), Varbinary(b)) => b >= a,
            _ => false,
        }
    }

    /// Whether a value can make it fail.
    pub fn may_fail(&self) -> bool {
        !self.try_cast && may_fail(&self.from.kind, &self.to.kind)
    }

    /// Converts a column.
    pub fn apply(&self, array: &ArrayRef) -> OperatorResult<ArrayRef> {
        let mode = Mode {
            try_cast: self.try_cast,
            session: &self.session,
        };
        convert(array, &self.from, &self.to, mode)
    }
}

fn may_fail(from: &TypeKind, to: &TypeKind) -> bool {
    match (from, to) {
        (TypeKind::Array(a), TypeKind::Array(b))
        | (TypeKind::Multiset(a), TypeKind::Multiset(b)) => may_fail(&a.kind, &b.kind),
        (TypeKind::Map(ak, av), TypeKind::Map(bk, bv)) => {
            may_fail(&ak.kind, &bk.kind) || may_fail(&av.kind, &bv.kind)
        }
        (TypeKind::Row(a), TypeKind::Row(b)) => a
            .iter()
            .zip(b)
            .any(|(a, b)| may_fail(&a.ty.kind, &b.ty.kind)),
        (from, TypeKind::Decimal(..)) => from.is_character() || from.is_approximate_numeric(),
        (from, to) => from.is_character() && !to.is_character() && !to.is_binary(),
    }
}

/// Converts a column of type `from` to type `to`.
pub(crate) fn convert(
    array: &ArrayRef,
    from: &LogicalType,
    to: &LogicalType,
    mode: Mode<'_>,
) -> OperatorResult<ArrayRef> {
    use TypeKind as K;
    let target = to.to_arrow();
    if from.kind == K::Null || *array.data_type() == DataType::Null {
        return Ok(new_null_array(&target, array.len()));
    }
    if from.kind == to.kind && *array.data_type() == target {
        return Ok(array.clone());
    }
    match (&from.kind, &to.kind) {
        (a, b) if a.is_character() && b.is_character() => sized_text(array, a, b),
        (a, b) if a.is_character() && b.is_binary() => {
            let bytes = arrow::compute::cast(array, &DataType::Binary)?;
            sized_bytes(&bytes, b)
        }
        (a, K::Char(_) | K::Varchar(_)) => {
            let full = text::column(array, from, mode.session)?;
            let _ = a;
            sized_text(&full, &TypeKind::string(), &to.kind)
        }
        (a, b) if a.is_binary() && b.is_binary() => sized_bytes(array, b),
        (a, b) if a.is_character() => parse::column(array, b, &target, mode),
        (a, b) if a.is_numeric() && b.is_numeric() => number::column(array, a, b, mode),
        (K::Boolean, _) => number::from_boolean(array, &to.kind),
        (_, K::Boolean) => number::to_boolean(array),
        (a, b) if a.is_interval() || b.is_interval() => number::interval(array, a, b, mode),
        (a, b) if a.is_datetime() && b.is_datetime() => temporal::column(array, a, b, mode.session),
        (a, b) if a.is_constructed() && b.is_constructed() => nested::column(array, a, to, mode),
        (a, b) => Err(OperatorError::fatal(format!("cannot cast {a} to {b}"))),
    }
}

/// Cuts text to its length in code points; CHAR is padded with blanks.
fn sized_text(array: &ArrayRef, from: &TypeKind, to: &TypeKind) -> OperatorResult<ArrayRef> {
    let (length, pad) = match to {
        TypeKind::Char(length) => (*length, true),
        TypeKind::Varchar(length) => (*length, false),
        _ => (MAX_LENGTH, false),
    };
    let known = match from {
        TypeKind::Char(known) | TypeKind::Varchar(known) => *known,
        _ => MAX_LENGTH,
    };
    if length == MAX_LENGTH || (!pad && known <= length) {
        return Ok(array.clone());
    }
    let texts = array.as_string::<i32>();
    let length = length as usize;
    crate::scalar::rows::strings(array.len(), |row, out| {
        if texts.is_null(row) {
            return Ok(None);
        }
        let text = texts.value(row);
        match text.char_indices().nth(length) {
            Some((end, _)) => out.push_str(&text[..end]),
            None => {
                out.push_str(text);
                if pad {
                    let missing = length - text.chars().count();
                    out.extend(std::iter::repeat_n(' ', missing));
                }
            }
        }
        Ok(Some(()))
    })
}

/// Cuts bytes to their length; BINARY is padded with zeros.
fn sized_bytes(array: &ArrayRef, to: &TypeKind) -> OperatorResult<ArrayRef> {
    let (length, pad) = match to {
        TypeKind::Binary(length) => (*length as usize, true),
        TypeKind::Varbinary(MAX_LENGTH) => return Ok(array.clone()),
        TypeKind::Varbinary(length) => (*length as usize, false),
        _ => return Ok(array.clone()),
    };
    let values = array.as_binary::<i32>();
    crate::scalar::rows::bytes(array.len(), |row| {
        Ok(values.is_valid(row).then(|| {
            let mut bytes = values.value(row).to_vec();
            bytes.truncate(length);
            if pad {
                bytes.resize(length, 0);
            }
            bytes
        }))
    })
}
