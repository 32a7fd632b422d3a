//! `=` and its kin, IN, LIKE's place is with strings.

mod kernels;
pub(super) use kernels::eq;
#[cfg(test)]
mod tests;

use alpheus_dataflow::types::TypeKind;

use crate::registry::signature::{Mismatch, Typing, unified};
use crate::registry::{Argument, Category, Resolution, ScalarFunction};
use crate::typing::comparison_type;

const C: Category = Category::Comparison;

const fn operator(
    name: &'static str,
    signature: &'static str,
    typing: fn(&[Argument]) -> Result<Resolution, Mismatch>,
    kernel: crate::registry::Kernel,
) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, Typing::By(typing), kernel)
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    operator("=", "a = b", comparable, kernels::eq).doc("Equal; NULL if a side is.", "1 = 1"),
    operator("<>", "a <> b", comparable, kernels::neq)
        .alias(&["!="])
        .doc("Not equal; NULL if a side is.", "1 <> 2"),
    operator("<", "a < b", ordered, kernels::lt).doc("Less.", "1 < 2"),
    operator("<=", "a <= b", ordered, kernels::lt_eq).doc("Less or equal.", "1 <= 1"),
    operator(">", "a > b", ordered, kernels::gt).doc("Greater.", "2 > 1"),
    operator(">=", "a >= b", ordered, kernels::gt_eq).doc("Greater or equal.", "2 >= 1"),
    operator(
        "IS DISTINCT FROM",
        "a IS DISTINCT FROM b",
        distinct,
        kernels::distinct,
    )
    .doc(
        "Different, where NULL equals NULL; never NULL.",
        "1 IS DISTINCT FROM NULL",
    ),
    operator(
        "IS NOT DISTINCT FROM",
        "a IS NOT DISTINCT FROM b",
        distinct,
        kernels::not_distinct,
    )
    .doc(
        "Equal, where NULL equals NULL; never NULL.",
        "NULL IS NOT DISTINCT FROM NULL",
    ),
    operator("IS NULL", "a IS NULL", one_of_any, kernels::is_null)
        .doc("Whether the value is NULL.", "a IS NULL"),
    operator(
        "IS NOT NULL",
        "a IS NOT NULL",
        one_of_any,
        kernels::is_not_null,
    )
    .doc("Whether the value is not NULL.", "a IS NOT NULL"),
    operator("IN", "value IN (a, b, ...)", in_list, kernels::in_list).doc(
        "Whether the value equals one of the list; NULL if it equals none and a NULL is about.",
        "1 IN (1, 2)",
    ),
];

fn comparable(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (arg_types, nullable) = compared(args)?;
    Ok(Resolution {
        arg_types,
        result: TypeKind::Boolean.nullable().with_nullable(nullable),
    })
}

/// What is ordered is compared in the wider type: only equality takes a DOUBLE for the FLOAT at its left.
fn ordered(args: &[Argument]) -> Result<Resolution, Mismatch> {
    match args {
        [left, right] if left.ty.kind == TypeKind::Float && right.ty.kind == TypeKind::Double => {
            let nullable = left.ty.nullable || right.ty.nullable;
            let double =
                |arg: &Argument| TypeKind::Double.nullable().with_nullable(arg.ty.nullable);
            Ok(Resolution {
                arg_types: vec![double(left), double(right)],
                result: TypeKind::Boolean.nullable().with_nullable(nullable),
            })
        }
        _ => comparable(args),
    }
}

fn distinct(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (arg_types, _) = compared(args)?;
    Ok(Resolution {
        arg_types,
        result: TypeKind::Boolean.not_null(),
    })
}

fn compared(args: &[Argument]) -> Result<(Vec<alpheus_dataflow::LogicalType>, bool), Mismatch> {
    let [left, right] = args else {
        return Err(Mismatch::Signature);
    };
    let nullable = left.ty.nullable || right.ty.nullable;
    let common = comparison_type(&left.ty, &right.ty).ok_or_else(|| {
        Mismatch::Because(format!(
            "{} and {} cannot be compared; add a CAST",
            left.ty.kind, right.ty.kind
        ))
    })?;
    let side = |arg: &Argument| {
        // Texts and bytes of any lengths compare as they are.
        let same = (arg.ty.kind.is_character() && common.kind.is_character())
            || (arg.ty.kind.is_binary() && common.kind.is_binary());
        if same {
            arg.ty.clone()
        } else {
            common.with_nullable(arg.ty.nullable)
        }
    };
    Ok((vec![side(left), side(right)], nullable))
}

fn one_of_any(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [arg] = args else {
        return Err(Mismatch::Signature);
    };
    Ok(Resolution {
        arg_types: vec![arg.ty.clone()],
        result: TypeKind::Boolean.not_null(),
    })
}

fn in_list(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.len() < 2 {
        return Err(Mismatch::Signature);
    }
    let nullable = args.iter().any(|arg| arg.ty.nullable);
    let value = &args[0];
    let common =
        if value.ty.kind.is_datetime() && args[1..].iter().all(|arg| arg.ty.kind.is_character()) {
            value.ty.clone()
        } else {
            unified(args)?
        };
    let arg_types = args
        .iter()
        .map(|arg| common.with_nullable(arg.ty.nullable))
        .collect();
    Ok(Resolution {
        arg_types,
        result: TypeKind::Boolean.nullable().with_nullable(nullable),
    })
}
