//! CASE's relatives. CASE itself is a form of expression, not a function.

#[cfg(test)]
mod tests;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{ArrayRef, AsArray};
use arrow::compute::nullif as null_where;

use crate::compile::Args;
use crate::registry::signature::{Mismatch, Param, Typing, merged, unified};
use crate::registry::{Argument, Category, Resolution, ScalarFunction, lookup};

const C: Category = Category::Conditional;

pub(crate) static TABLE: &[ScalarFunction] = &[
    ScalarFunction::lazy(
        C,
        "IF",
        "IF(condition, then, otherwise)",
        Typing::By(choice),
    )
    .doc(
        "The second argument where the condition is TRUE, else the third.",
        "IF(5 > 3, 'more', 'less')",
    ),
    ScalarFunction::lazy(C, "COALESCE", "COALESCE(a, b, ...)", Typing::By(coalesce))
        .doc("The first argument that is not NULL.", "COALESCE(NULL, 5)"),
    ScalarFunction::lazy(C, "IFNULL", "IFNULL(a, b)", Typing::By(if_null)).doc(
        "The first argument, or the second where it is NULL.",
        "IFNULL(NULL, 5)",
    ),
    ScalarFunction::new(C, "NULLIF", "NULLIF(a, b)", Typing::By(null_if), nullif).doc(
        "NULL where the arguments are equal, else the first.",
        "NULLIF(5, 5)",
    ),
];

fn choice(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [condition, then, otherwise] = args else {
        return Err(Mismatch::Signature);
    };
    let condition = Param::Bool.accept(condition).ok_or(Mismatch::Signature)?;
    let common = unified(&[then.clone(), otherwise.clone()])?;
    let arg_types = vec![
        condition,
        common.with_nullable(then.ty.nullable),
        common.with_nullable(otherwise.ty.nullable),
    ];
    Ok(Resolution {
        arg_types,
        result: common,
    })
}

fn coalesce(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.is_empty() {
        return Err(Mismatch::Signature);
    }
    let common = merged(args)?;
    let nullable = args.iter().all(|arg| arg.ty.nullable);
    let arg_types = args.iter().map(|arg| common.with_nullable(arg.ty.nullable));
    Ok(Resolution {
        arg_types: arg_types.collect(),
        result: common.with_nullable(nullable),
    })
}

fn if_null(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.len() == 2 {
        coalesce(args)
    } else {
        Err(Mismatch::Signature)
    }
}

fn null_if(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let equal = lookup("=").map(|equal| equal.typing);
    let compared = equal.map_or(Err(Mismatch::Signature), |typing| typing.resolve(args))?;
    let result = compared.arg_types[0].with_nullable(true);
    if result.kind == TypeKind::Null {
        return Err(Mismatch::Signature);
    }
    Ok(Resolution {
        result,
        arg_types: compared.arg_types,
    })
}

fn nullif(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let boolean = TypeKind::Boolean.nullable();
    let equal = super::comparison::eq(&Args {
        result: &boolean,
        ..*args
    })?;
    let equal = if equal.len() == args.rows {
        equal
    } else {
        crate::compile::Value::Constant(equal).into_column(args.rows)?
    };
    Ok(null_where(&args.column(0)?, equal.as_boolean())?)
}
