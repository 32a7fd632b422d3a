//! Result types of aggregate functions, by Flink's rules.

use alpheus_dataflow::{LogicalType, TypeKind};

use super::registry;

/// What a call takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateSignature {
    /// Types the arguments have to be cast to.
    pub arg_types: Vec<LogicalType>,
    /// Type of the result. Nullable unless the function never gives NULL.
    pub result: LogicalType,
}

/// A call that no function takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AggregateSignatureError {
    /// No such function.
    #[error("there is no aggregate function {name}{}", near(.nearest))]
    Unknown {
        /// As written.
        name: String,
        /// The most similar name there is.
        nearest: Option<String>,
    },
    /// Wrong number or types of arguments.
    #[error("{name} does not take ({}); it takes {expected}", types(.found))]
    Arguments {
        /// The function.
        name: String,
        /// What it was given.
        found: Vec<LogicalType>,
        /// What it takes.
        expected: String,
    },
    /// DISTINCT over values that cannot be compared.
    #[error("DISTINCT does not support type {ty}; use a scalar column or cast it")]
    Distinct {
        /// The argument's type.
        ty: LogicalType,
    },
}

fn near(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or(String::new(), |name| format!("; did you mean {name}?"))
}

fn types(found: &[LogicalType]) -> String {
    let names: Vec<String> = found.iter().map(|ty| ty.kind.to_string()).collect();
    names.join(", ")
}

/// Precision and scale of AVG over DECIMAL(p, s) (Flink's `LogicalTypeMerging.findAvgAggType`).
fn average(kind: &TypeKind) -> TypeKind {
    match kind {
        TypeKind::Decimal(_, scale) => TypeKind::Decimal(38, (*scale).max(6)),
        other => other.clone(),
    }
}

fn is_comparable(kind: &TypeKind) -> bool {
    kind.is_numeric()
        || kind.is_character()
        || kind.is_datetime()
        || kind.is_interval()
        || *kind == TypeKind::Boolean
}

/// Whether values can be told apart by their canonical bytes: a MAP has no order.
fn has_identity(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Map(..) | TypeKind::Multiset(_) => false,
        TypeKind::Array(element) => has_identity(&element.kind),
        TypeKind::Row(fields) => fields.iter().all(|field| has_identity(&field.ty.kind)),
        _ => true,
    }
}

/// What a call of `name` (upper case) with arguments of these types takes and gives.
///
/// # Errors
/// When there is no such function, or not for these arguments.
pub fn infer(
    name: &str,
    arg_types: &[LogicalType],
    distinct: bool,
) -> Result<AggregateSignature, AggregateSignatureError> {
    let Some(description) = registry::find(name) else {
        return Err(AggregateSignatureError::Unknown {
            name: name.to_owned(),
            nearest: registry::nearest(name),
        });
    };
    let wrong = || AggregateSignatureError::Arguments {
        name: name.to_owned(),
        found: arg_types.to_vec(),
        expected: description.signature.to_owned(),
    };
    if distinct && let Some(ty) = arg_types.iter().find(|ty| !has_identity(&ty.kind)) {
        return Err(AggregateSignatureError::Distinct { ty: ty.clone() });
    }
    let unchanged = |result: LogicalType| AggregateSignature {
        arg_types: arg_types.to_vec(),
        result,
    };
    let kinds: Vec<&TypeKind> = arg_types.iter().map(|ty| &ty.kind).collect();
    Ok(match (name, kinds.as_slice()) {
        ("COUNT", []) if !distinct => unchanged(TypeKind::BigInt.not_null()),
        ("COUNT", [_]) => unchanged(TypeKind::BigInt.not_null()),
        ("COUNT", [_, ..]) if distinct => unchanged(TypeKind::BigInt.not_null()),
        ("APPROX_COUNT_DISTINCT", [kind]) if !kind.is_constructed() => {
            unchanged(TypeKind::BigInt.not_null())
        }
        ("SUM", [TypeKind::Decimal(_, scale)]) => {
            unchanged(TypeKind::Decimal(38, *scale).nullable())
        }
        ("SUM", [kind]) if kind.is_numeric() => unchanged((*kind).clone().nullable()),
        (
            "AVG" | "STDDEV_POP" | "STDDEV_SAMP" | "STDDEV" | "VAR_POP" | "VAR_SAMP" | "VARIANCE",
            [kind],
        ) if kind.is_numeric() => unchanged(average(kind).nullable()),
        ("MIN" | "MAX", [kind]) if is_comparable(kind) => unchanged((*kind).clone().nullable()),
        ("FIRST_VALUE" | "LAST_VALUE", [kind]) if **kind != TypeKind::Null => {
            unchanged((*kind).clone().nullable())
        }
        ("ARRAY_AGG", [_]) => {
            unchanged(TypeKind::Array(Box::new(arg_types[0].with_nullable(true))).nullable())
        }
        ("COLLECT", [_]) => {
            unchanged(TypeKind::Multiset(Box::new(arg_types[0].with_nullable(false))).not_null())
        }
        ("LISTAGG", [value] | [value, TypeKind::Char(_) | TypeKind::Varchar(_)])
            if value.is_character() =>
        {
            AggregateSignature {
                arg_types: arg_types
                    .iter()
                    .map(|ty| TypeKind::string().nullable().with_nullable(ty.nullable))
                    .collect(),
                result: TypeKind::string().nullable(),
            }
        }
        ("PERCENTILE", [value, percentage] | [value, percentage, _]) if value.is_numeric() => {
            let frequency = arg_types.get(2);
            if frequency.is_some_and(|ty| !ty.kind.is_integer()) {
                return Err(wrong());
            }
            let (percentage, result) = match percentage {
                TypeKind::Array(element) if element.kind.is_numeric() => {
                    let doubles = TypeKind::Array(Box::new(TypeKind::Double.nullable()));
                    (doubles.clone().not_null(), doubles.nullable())
                }
                kind if kind.is_numeric() => {
                    (TypeKind::Double.not_null(), TypeKind::Double.nullable())
                }
                _ => return Err(wrong()),
            };
            let mut arg_types = vec![TypeKind::Double.nullable(), percentage];
            arg_types.extend(frequency.map(|_| TypeKind::BigInt.nullable()));
            AggregateSignature { arg_types, result }
        }
        ("JSON_ARRAYAGG" | "JSON_ARRAYAGG_ABSENT_ON_NULL" | "JSON_ARRAYAGG_NULL_ON_NULL", [_]) => {
            unchanged(TypeKind::Varchar(2000).not_null())
        }
        (
            "JSON_OBJECTAGG" | "JSON_OBJECTAGG_NULL_ON_NULL" | "JSON_OBJECTAGG_ABSENT_ON_NULL",
            [key, _],
        ) if key.is_character() => unchanged(TypeKind::Varchar(2000).not_null()),
        _ => return Err(wrong()),
    })
}
