//! Functions of arrays and maps.

mod arrays;
mod maps;
mod sets;
#[cfg(test)]
mod tests;

use alpheus_dataflow::types::{LogicalType, TypeKind};

use crate::registry::signature::{Mismatch, Param, Returns, Simple, Typing, takes, unified};
use crate::registry::{Argument, Category, Kernel, Resolution, ScalarFunction};
use crate::typing::common_type;

const C: Category = Category::Collection;

const fn new(
    name: &'static str,
    signature: &'static str,
    typing: Typing,
    kernel: Kernel,
) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, typing, kernel)
}

const ONE_ARRAY: Typing = takes(&[Param::Array], Returns::Arg(0));
const ELEMENT_OF: Typing = takes(&[Param::Array], Returns::By(element));

const fn bitmap(name: &'static str) -> ScalarFunction {
    ScalarFunction::refuse(C, name, "the BITMAP type does not exist here")
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    new(
        "CARDINALITY",
        "CARDINALITY(array or map)",
        Typing::AnyOf(&[
            takes(&[Param::Array], Returns::Is(Simple::Int)),
            takes(&[Param::Map], Returns::Is(Simple::Int)),
        ]),
        arrays::cardinality,
    )
    .doc("Number of elements or entries.", "CARDINALITY(ARRAY[1, 2])"),
    new("ELEMENT", "ELEMENT(array)", ELEMENT_OF, arrays::element)
        .fails()
        .doc(
            "The only element; NULL if there is none, an error if there are more.",
            "ELEMENT(ARRAY[1])",
        ),
    new(
        "ARRAY_APPEND",
        "ARRAY_APPEND(array, element)",
        Typing::By(with_new_element),
        arrays::append,
    )
    .doc(
        "With an element added at the end.",
        "ARRAY_APPEND(ARRAY[1], 2)",
    ),
    new(
        "ARRAY_PREPEND",
        "ARRAY_PREPEND(array, element)",
        Typing::By(with_new_element),
        arrays::prepend,
    )
    .doc(
        "With an element added at the front.",
        "ARRAY_PREPEND(ARRAY[1], 0)",
    ),
    new(
        "ARRAY_CONTAINS",
        "ARRAY_CONTAINS(array, element)",
        CONTAINS,
        arrays::contains,
    )
    .doc(
        "Whether an element is there; NULL is found.",
        "ARRAY_CONTAINS(ARRAY[1], 1)",
    ),
    new(
        "ARRAY_POSITION",
        "ARRAY_POSITION(array, element)",
        POSITION,
        arrays::position,
    )
    .doc(
        "Where an element first is, from 1; 0 if it is not.",
        "ARRAY_POSITION(ARRAY[7, 8], 8)",
    ),
    new(
        "ARRAY_REMOVE",
        "ARRAY_REMOVE(array, element)",
        Typing::By(with_element),
        arrays::remove,
    )
    .doc(
        "Without the elements equal to the value.",
        "ARRAY_REMOVE(ARRAY[1, 2, 1], 1)",
    ),
    new(
        "ARRAY_REVERSE",
        "ARRAY_REVERSE(array)",
        ONE_ARRAY,
        arrays::reverse,
    )
    .doc("Back to front.", "ARRAY_REVERSE(ARRAY[1, 2])"),
    new(
        "ARRAY_SLICE",
        "ARRAY_SLICE(array, INT from [, INT to])",
        Typing::AnyOf(&[
            takes(&[Param::Array, Param::Int], Returns::Arg(0)),
            takes(&[Param::Array, Param::Int, Param::Int], Returns::Arg(0)),
        ]),
        arrays::slice,
    )
    .doc(
        "Elements from one position to another; negative ones count from the end.",
        "ARRAY_SLICE(ARRAY[1, 2, 3], 2, 3)",
    ),
    new(
        "ARRAY_SORT",
        "ARRAY_SORT(array [, BOOLEAN ascending [, BOOLEAN nulls_first]])",
        Typing::AnyOf(&[
            takes(&[Param::Array], Returns::Arg(0)),
            takes(&[Param::Array, Param::Bool], Returns::Arg(0)),
            takes(&[Param::Array, Param::Bool, Param::Bool], Returns::Arg(0)),
        ]),
        arrays::sort,
    )
    .doc(
        "Sorted, NULL first when ascending and last when descending.",
        "ARRAY_SORT(ARRAY[2, 1])",
    ),
    new("ARRAY_MAX", "ARRAY_MAX(array)", ELEMENT_OF, arrays::max).doc(
        "The largest element, NULL left aside.",
        "ARRAY_MAX(ARRAY[1, 3])",
    ),
    new("ARRAY_MIN", "ARRAY_MIN(array)", ELEMENT_OF, arrays::min).doc(
        "The smallest element, NULL left aside.",
        "ARRAY_MIN(ARRAY[1, 3])",
    ),
    new(
        "ARRAY_JOIN",
        "ARRAY_JOIN(array, delimiter [, null_replacement])",
        JOIN,
        arrays::join,
    )
    .doc(
        "Elements of text joined; NULL left out unless replaced.",
        "ARRAY_JOIN(ARRAY['a', 'b'], ',')",
    ),
    new(
        "ARRAY_CONCAT",
        "ARRAY_CONCAT(array, ...)",
        Typing::By(same_arrays),
        sets::concat,
    )
    .doc(
        "All elements of all arrays.",
        "ARRAY_CONCAT(ARRAY[1], ARRAY[2])",
    ),
    new(
        "ARRAY_DISTINCT",
        "ARRAY_DISTINCT(array)",
        ONE_ARRAY,
        sets::distinct,
    )
    .doc(
        "Each element once, where it first was.",
        "ARRAY_DISTINCT(ARRAY[1, 2, 1])",
    ),
    new(
        "ARRAY_UNION",
        "ARRAY_UNION(array, array)",
        Typing::By(two_arrays),
        sets::union,
    )
    .doc(
        "Each element of either once.",
        "ARRAY_UNION(ARRAY[1], ARRAY[1, 2])",
    ),
    new(
        "ARRAY_INTERSECT",
        "ARRAY_INTERSECT(array, array)",
        Typing::By(two_arrays),
        sets::intersect,
    )
    .doc(
        "Each element of both once.",
        "ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2])",
    ),
    new(
        "ARRAY_EXCEPT",
        "ARRAY_EXCEPT(array, array)",
        Typing::By(two_arrays),
        sets::except,
    )
    .doc(
        "Each element of the first that the second lacks once.",
        "ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2])",
    ),
    new(
        "MAP_KEYS",
        "MAP_KEYS(map)",
        takes(&[Param::Map], Returns::By(keys)),
        maps::keys,
    )
    .doc("The keys as an array.", "MAP_KEYS(MAP['a', 1])"),
    new(
        "MAP_VALUES",
        "MAP_VALUES(map)",
        takes(&[Param::Map], Returns::By(values)),
        maps::values,
    )
    .doc("The values as an array.", "MAP_VALUES(MAP['a', 1])"),
    new(
        "MAP_ENTRIES",
        "MAP_ENTRIES(map)",
        takes(&[Param::Map], Returns::By(entries)),
        maps::entries,
    )
    .doc(
        "The entries as an array of rows (key, value).",
        "MAP_ENTRIES(MAP['a', 1])",
    ),
    new(
        "MAP_FROM_ARRAYS",
        "MAP_FROM_ARRAYS(keys, values)",
        FROM_ARRAYS,
        maps::from_arrays,
    )
    .fails()
    .doc(
        "A map of two arrays of one length.",
        "MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1])",
    ),
    new(
        "MAP_UNION",
        "MAP_UNION(map1, ...)",
        Typing::By(same_maps),
        maps::union,
    )
    .doc(
        "The entries of all maps; of equal keys the last one counts.",
        "MAP_UNION(MAP['a', 1], MAP['b', 2])",
    ),
    ScalarFunction::refuse(
        C,
        "OBJECT_OF",
        "structured types do not exist here; use ROW",
    ),
    ScalarFunction::refuse(
        C,
        "OBJECT_UPDATE",
        "structured types do not exist here; use ROW",
    ),
    bitmap("BITMAP_AND"),
    bitmap("BITMAP_ANDNOT"),
    bitmap("BITMAP_BUILD"),
    bitmap("BITMAP_CARDINALITY"),
    bitmap("BITMAP_FROM_BYTES"),
    bitmap("BITMAP_OR"),
    bitmap("BITMAP_TO_ARRAY"),
    bitmap("BITMAP_TO_BYTES"),
    bitmap("BITMAP_TO_STRING"),
    bitmap("BITMAP_XOR"),
    // Aggregates, which have no refused rows of their own.
    bitmap("BITMAP_AND_AGG"),
    bitmap("BITMAP_AND_CARDINALITY_AGG"),
    bitmap("BITMAP_BUILD_AGG"),
    bitmap("BITMAP_BUILD_CARDINALITY_AGG"),
    bitmap("BITMAP_OR_AGG"),
    bitmap("BITMAP_OR_CARDINALITY_AGG"),
    bitmap("BITMAP_XOR_AGG"),
    bitmap("BITMAP_XOR_CARDINALITY_AGG"),
];

const CONTAINS: Typing = Typing::By(contains);
const POSITION: Typing = Typing::By(position);
const JOIN: Typing = Typing::AnyOf(&[
    takes(&[Param::Array, Param::Str], Returns::By(joined)),
    takes(&[Param::Array, Param::Str, Param::Str], Returns::By(joined)),
]);
const FROM_ARRAYS: Typing = takes(&[Param::Array, Param::Array], Returns::By(map_of));

fn element_type(ty: &LogicalType) -> Option<&LogicalType> {
    match &ty.kind {
        TypeKind::Array(element) => Some(element),
        _ => None,
    }
}

fn element(args: &[LogicalType]) -> Option<LogicalType> {
    element_type(&args[0]).map(|element| element.with_nullable(true))
}

fn joined(args: &[LogicalType]) -> Option<LogicalType> {
    let text = element_type(&args[0])?.kind.is_character();
    text.then(|| TypeKind::string().nullable())
}

fn array_of(element: LogicalType, nullable: bool) -> LogicalType {
    TypeKind::Array(Box::new(element))
        .nullable()
        .with_nullable(nullable)
}

fn keys(args: &[LogicalType]) -> Option<LogicalType> {
    match &args[0].kind {
        TypeKind::Map(key, _) => Some(array_of((**key).clone(), args[0].nullable)),
        _ => None,
    }
}

fn values(args: &[LogicalType]) -> Option<LogicalType> {
    match &args[0].kind {
        TypeKind::Map(_, value) => Some(array_of((**value).clone(), args[0].nullable)),
        _ => None,
    }
}

fn entries(args: &[LogicalType]) -> Option<LogicalType> {
    use alpheus_dataflow::Field;
    match &args[0].kind {
        TypeKind::Map(key, value) => {
            let fields = vec![
                Field::new("key", (**key).clone()),
                Field::new("value", (**value).clone()),
            ];
            Some(array_of(TypeKind::Row(fields).not_null(), args[0].nullable))
        }
        _ => None,
    }
}

fn map_of(args: &[LogicalType]) -> Option<LogicalType> {
    let (key, value) = (element_type(&args[0])?, element_type(&args[1])?);
    let map = TypeKind::Map(Box::new(key.clone()), Box::new(value.clone()));
    Some(
        map.nullable()
            .with_nullable(args.iter().any(|arg| arg.nullable)),
    )
}

/// Array and element brought to one element type.
fn array_and_element(args: &[Argument]) -> Result<(LogicalType, LogicalType), Mismatch> {
    let [array, value] = args else {
        return Err(Mismatch::Signature);
    };
    let known = element_type(&array.ty).ok_or(Mismatch::Signature)?;
    let common = common_type(&[known.clone(), value.ty.clone()]).ok_or_else(|| {
        Mismatch::Because(format!(
            "an array of {} has no {} in it; add a CAST",
            known.kind, value.ty.kind
        ))
    })?;
    let array_type = array_of(common.clone(), array.ty.nullable);
    Ok((array_type, common.with_nullable(value.ty.nullable)))
}

fn with_new_element(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (array, value) = array_and_element(args)?;
    Ok(Resolution {
        result: array.clone(),
        arg_types: vec![array, value],
    })
}

fn with_element(args: &[Argument]) -> Result<Resolution, Mismatch> {
    with_new_element(args)
}

fn contains(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (array, value) = array_and_element(args)?;
    Ok(Resolution {
        result: TypeKind::Boolean.nullable().with_nullable(array.nullable),
        arg_types: vec![array, value],
    })
}

fn position(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (array, value) = array_and_element(args)?;
    Ok(Resolution {
        result: TypeKind::Integer
            .nullable()
            .with_nullable(array.nullable || value.nullable),
        arg_types: vec![array, value],
    })
}

fn same_arrays(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.is_empty() || !args.iter().all(|arg| element_type(&arg.ty).is_some()) {
        return Err(Mismatch::Signature);
    }
    let common = unified(args)?;
    Ok(Resolution {
        arg_types: args
            .iter()
            .map(|arg| common.with_nullable(arg.ty.nullable))
            .collect(),
        result: common,
    })
}

fn same_maps(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for arg in args {
        let TypeKind::Map(key, value) = &arg.ty.kind else {
            return Err(Mismatch::Signature);
        };
        keys.push((**key).clone());
        values.push((**value).clone());
    }
    let (Some(key), Some(value)) = (common_type(&keys), common_type(&values)) else {
        return Err(match args {
            [] => Mismatch::Signature,
            _ => Mismatch::Because("the maps have no type in common; add a CAST".to_owned()),
        });
    };
    let map = TypeKind::Map(Box::new(key), Box::new(value)).nullable();
    Ok(Resolution {
        arg_types: args
            .iter()
            .map(|arg| map.with_nullable(arg.ty.nullable))
            .collect(),
        result: map.with_nullable(args.iter().any(|arg| arg.ty.nullable)),
    })
}

fn two_arrays(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.len() == 2 {
        same_arrays(args)
    } else {
        Err(Mismatch::Signature)
    }
}
