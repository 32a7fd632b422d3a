//! Which row groups can hold rows that satisfy the predicates.
//!
//! Only comparisons of a column with a constant are looked at, alone or joined by AND. Everything else
//! counts as satisfiable: the predicates are applied again to the rows.

use alpheus_dataflow::{Expr, Literal, LogicalType};
use arrow::array::{Array, ArrayRef, BooleanArray, Datum, Scalar};
use arrow::compute::kernels::cmp;
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;

use super::convert::canonical;
use crate::columns::{Column, Values};

/// A comparison with the column on its left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn of(function: &str) -> Option<Comparison> {
        Some(match function {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The same with the sides exchanged.
    fn flipped(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Equal,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        }
    }
}

/// For each row group, whether it may hold rows for which all of `filters` are true. `name_of` gives
/// the name that a physical column has in the file.
pub(crate) fn surviving_row_groups(
    metadata: &ArrowReaderMetadata,
    filters: &[Expr],
    name_of: &dyn Fn(usize) -> Option<String>,
) -> Vec<bool> {
    let mut keep = vec![true; metadata.metadata().num_row_groups()];
    for filter in filters {
        restrict(metadata, filter, name_of, &mut keep);
    }
    keep
}

fn restrict(
    metadata: &ArrowReaderMetadata,
    filter: &Expr,
    name_of: &dyn Fn(usize) -> Option<String>,
    keep: &mut [bool],
) {
    let Expr::Call { function, args, .. } = filter else {
        return;
    };
    if function == "AND" {
        for arg in args {
            restrict(metadata, arg, name_of, keep);
        }
        return;
    }
    let Some(comparison) = Comparison::of(function) else {
        return;
    };
    let (index, ty, value, comparison) = match args.as_slice() {
        [Expr::Input { index, ty }, Expr::Literal { value, .. }] => (*index, ty, value, comparison),
        [Expr::Literal { value, .. }, Expr::Input { index, ty }] => {
            (*index, ty, value, comparison.flipped())
        }
        _ => return,
    };
    let Some(constant) = constant(value, ty) else {
        return;
    };
    let Some(name) = name_of(index) else {
        return;
    };
    // Statistics that are missing or of another type keep the row group.
    if let Ok(Some(possible)) = possible(metadata, &name, ty, comparison, &constant) {
        for (keep, possible) in keep.iter_mut().zip(possible.iter()) {
            *keep &= possible.unwrap_or(true);
        }
    }
}

fn possible(
    metadata: &ArrowReaderMetadata,
    name: &str,
    ty: &LogicalType,
    comparison: Comparison,
    constant: &ArrayRef,
) -> Result<Option<BooleanArray>, ArrowError> {
    let converter =
        StatisticsConverter::try_new(name, metadata.schema(), metadata.parquet_schema())?;
    let groups = metadata.metadata().row_groups();
    let least = canonical(&converter.row_group_mins(groups)?, ty)?;
    let most = canonical(&converter.row_group_maxes(groups)?, ty)?;
    let (Some(least), Some(most)) = (least, most) else {
        return Ok(None);
    };
    let constant: &dyn Datum = &Scalar::new(constant.clone());
    Ok(Some(match comparison {
        Comparison::Equal => arrow::compute::and_kleene(
            &cmp::lt_eq(&least, constant)?,
            &cmp::gt_eq(&most, constant)?,
        )?,
        Comparison::Less => cmp::lt(&least, constant)?,
        Comparison::LessOrEqual => cmp::lt_eq(&least, constant)?,
        Comparison::Greater => cmp::gt(&most, constant)?,
        Comparison::GreaterOrEqual => cmp::gt_eq(&most, constant)?,
    }))
}

/// The constant as an array of length 1 of the column's type. NaN is no bound, and floats whose
/// statistics may leave NaN out are not compared.
fn constant(value: &Literal, ty: &LogicalType) -> Option<ArrayRef> {
    let mut column = Column::new(ty);
    match (&mut column.values, value) {
        (Values::Int8(v), Literal::Int(i)) => v.push(i8::try_from(*i).ok()?),
        (Values::Int16(v), Literal::Int(i)) => v.push(i16::try_from(*i).ok()?),
        (Values::Int32(v), Literal::Int(i)) => v.push(i32::try_from(*i).ok()?),
        (Values::Int64(v), Literal::Int(i)) => v.push(*i),
        (Values::Decimal(v), Literal::Decimal(i)) => v.push(*i),
        (Values::Text { .. }, Literal::String(text)) => {
            column.push_bytes(text.as_bytes());
            return column.finish().ok();
        }
        _ => return None,
    }
    column.pushed();
    column.finish().ok().filter(|array| array.len() == 1)
}
