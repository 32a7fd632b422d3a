//! ARRAY, MAP and ROW values, and access to their parts.

mod access;
mod build;
pub(crate) use build::map_array;
#[cfg(test)]
mod tests;

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{Field, LogicalType};

use crate::registry::signature::{Mismatch, Typing, unified};
use crate::registry::{Argument, Category, Resolution, ScalarFunction};
use crate::typing::can_cast_implicitly;

const C: Category = Category::Construction;

pub(crate) static TABLE: &[ScalarFunction] = &[
    ScalarFunction::new(C, "ARRAY", "ARRAY[a, b, ...]", Typing::By(array), build::array)
        .doc("An array of the values, all of their common type.", "ARRAY[1, 2]"),
    ScalarFunction::new(C, "MAP", "MAP[key, value, ...]", Typing::By(map), build::map)
        .doc("A map; the last of equal keys wins.", "MAP['a', 1]"),
    ScalarFunction::new(C, "ROW", "ROW(a, b, ...)", Typing::By(row), build::row)
        .doc("A row of the values; its fields are named EXPR$0, EXPR$1, ...", "ROW(1, 'a')"),
    ScalarFunction::new(C, "ITEM", "array[INT], map[key] or row[INT]", Typing::By(item), access::item)
        .doc("Element of an array (from 1), value of a key, or field of a row (from 1); NULL if there is none.", "ARRAY[7, 8][1]"),
    ScalarFunction::new(
        C,
        "ROW_FIELD",
        "ROW_FIELD(row, INT literal)",
        Typing::By(row_field),
        access::row_field,
    )
    .doc("The field at that position, from 0; SQL writes row.field.", "t.r.f"),
];

fn array(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.is_empty() {
        return Err(Mismatch::Because(
            "an array needs at least one element".to_string(),
        ));
    }
    let element = unified(args)?;
    Ok(Resolution {
        arg_types: vec![element.clone(); args.len()],
        result: TypeKind::Array(Box::new(element)).not_null(),
    })
}

fn map(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.is_empty() || args.len() % 2 == 1 {
        return Err(Mismatch::Because(
            "a map needs pairs of key and value".to_string(),
        ));
    }
    let every_other = |from: usize| {
        let picked: Vec<Argument> = args.iter().skip(from).step_by(2).cloned().collect();
        unified(&picked)
    };
    let (key, value) = (every_other(0)?, every_other(1)?);
    let arg_types = [key.clone(), value.clone()]
        .into_iter()
        .cycle()
        .take(args.len());
    Ok(Resolution {
        arg_types: arg_types.collect(),
        result: TypeKind::Map(Box::new(key), Box::new(value)).not_null(),
    })
}

fn row(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.is_empty() {
        return Err(Mismatch::Signature);
    }
    let fields = args
        .iter()
        .enumerate()
        .map(|(index, arg)| Field::new(format!("EXPR${index}"), arg.ty.clone()));
    Ok(Resolution {
        arg_types: args.iter().map(|arg| arg.ty.clone()).collect(),
        result: TypeKind::Row(fields.collect()).not_null(),
    })
}

fn item(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [container, key] = args else {
        return Err(Mismatch::Signature);
    };
    let (key_type, result) = match &container.ty.kind {
        TypeKind::Array(element) if key.ty.kind.is_integer() => {
            (TypeKind::Integer, element.with_nullable(true))
        }
        TypeKind::Map(wanted, value) => {
            if !can_cast_implicitly(&key.ty, wanted) {
                return Err(Mismatch::Because(format!(
                    "the keys are {} and not {}",
                    wanted.kind, key.ty.kind
                )));
            }
            (wanted.kind.clone(), value.with_nullable(true))
        }
        TypeKind::Row(fields) => {
            let at = key.integer().ok_or_else(|| {
                Mismatch::Because("a field of a row is picked by an integer literal".to_string())
            })?;
            let result = field(fields, at - 1, container.ty.nullable)?;
            (key.ty.kind.clone(), result)
        }
        _ => return Err(Mismatch::Signature),
    };
    Ok(Resolution {
        arg_types: vec![
            container.ty.clone(),
            key_type.nullable().with_nullable(key.ty.nullable),
        ],
        result,
    })
}

fn row_field(args: &[Argument]) -> Result<Resolution, Mismatch> {
    match args {
        [row, at] => match (&row.ty.kind, at.integer()) {
            (TypeKind::Row(fields), Some(index)) => Ok(Resolution {
                arg_types: vec![row.ty.clone(), at.ty.clone()],
                result: field(fields, index, row.ty.nullable)?,
            }),
            _ => Err(Mismatch::Signature),
        },
        _ => Err(Mismatch::Signature),
    }
}

fn field(fields: &[Field], index: i64, nullable: bool) -> Result<LogicalType, Mismatch> {
    let field = usize::try_from(index)
        .ok()
        .and_then(|index| fields.get(index));
    let field =
        field.ok_or_else(|| Mismatch::Because(format!("the row has {} fields", fields.len())))?;
    Ok(field.ty.with_nullable(field.ty.nullable || nullable))
}
