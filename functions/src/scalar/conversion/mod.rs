//! TYPEOF, and CURRENT_DATABASE, which is a constant of the statement. CAST and TRY_CAST are forms of expressions.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use arrow::array::{ArrayRef, StringArray};

use crate::compile::Args;
use crate::registry::signature::{Param, Returns, Simple, optional, takes};
use crate::registry::{Category, ScalarFunction};

pub(crate) static TABLE: &[ScalarFunction] = &[
    ScalarFunction::new(
        Category::Conversion,
        "TYPEOF",
        "TYPEOF(any [, BOOLEAN force_serializable])",
        optional(&[Param::Any, Param::Bool], 1, Returns::NotNull(Simple::Str)),
        type_of,
    )
    .doc("The type of an expression as text.", "TYPEOF(1)"),
    ScalarFunction::lazy(
        Category::Conversion,
        "CURRENT_DATABASE",
        "CURRENT_DATABASE()",
        takes(&[], Returns::NotNull(Simple::Str)),
    )
    .doc(
        "The database that is in use when the statement is planned.",
        "CURRENT_DATABASE()",
    ),
];

fn type_of(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let name = args.types[0].to_string();
    Ok(Arc::new(StringArray::from_iter_values(
        std::iter::repeat_n(name, args.rows),
    )))
}
