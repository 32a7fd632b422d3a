//! Signatures as data: which arguments a function takes, and what type it returns.

use alpheus_dataflow::types::{LogicalType, TypeKind};

use super::{Argument, Resolution};
use crate::typing::{common_type, merged_type};

/// Why arguments do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Number or types of the arguments.
    Signature,
    /// Something that can be said better.
    Because(String),
}

/// What one parameter takes; anything else is refused, NULL fits everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// CHAR or VARCHAR.
    Str,
    /// BINARY or VARBINARY.
    Bytes,
    /// Text or bytes.
    StrOrBytes,
    /// BOOLEAN.
    Bool,
    /// An integer, converted to INT.
    Int,
    /// An integer, converted to BIGINT.
    Long,
    /// A number, converted to DOUBLE.
    Double,
    /// A number as it is.
    Number,
    /// DATE, or a timestamp converted to it.
    Date,
    /// TIMESTAMP as it is; DATE converts to TIMESTAMP(3).
    Timestamp,
    /// DATE, TIME, TIMESTAMP or TIMESTAMP_LTZ as it is.
    Temporal,
    /// ARRAY.
    Array,
    /// MAP.
    Map,
    /// Any type.
    Any,
}

impl Param {
    /// The type the argument converts to, or `None` when it does not fit.
    pub fn accept(self, arg: &Argument) -> Option<LogicalType> {
        use TypeKind as K;
        let kind = &arg.ty.kind;
        let as_is = |fits: bool| fits.then(|| kind.clone());
        let accepted = match (self, kind) {
            (Param::Any, _) => kind.clone(),
            (_, K::Null) => self.of_null()?,
            (Param::Str, _) => as_is(kind.is_character())?,
            (Param::Bytes, _) => as_is(kind.is_binary())?,
            (Param::StrOrBytes, _) => as_is(kind.is_character() || kind.is_binary())?,
            (Param::Bool, _) => as_is(*kind == K::Boolean)?,
            (Param::Int, _) => kind.is_integer().then_some(K::Integer)?,
            (Param::Long, _) => kind.is_integer().then_some(K::BigInt)?,
            (Param::Double, _) => kind.is_numeric().then_some(K::Double)?,
            (Param::Number, _) => as_is(kind.is_numeric())?,
            (Param::Date, _) => (*kind == K::Date || kind.is_timestamp()).then_some(K::Date)?,
            (Param::Timestamp, K::Date) => K::Timestamp(3),
            (Param::Timestamp, _) => as_is(kind.is_timestamp())?,
            (Param::Temporal, _) => as_is(kind.is_datetime())?,
            (Param::Array, _) => as_is(matches!(kind, K::Array(_)))?,
            (Param::Map, _) => as_is(matches!(kind, K::Map(..)))?,
        };
        Some(LogicalType {
            kind: accepted,
            nullable: arg.ty.nullable,
        })
    }

    fn of_null(self) -> Option<TypeKind> {
        Some(match self {
            Param::Str | Param::StrOrBytes => TypeKind::string(),
            Param::Bytes => TypeKind::bytes(),
            Param::Bool => TypeKind::Boolean,
            Param::Int | Param::Number => TypeKind::Integer,
            Param::Long => TypeKind::BigInt,
            Param::Double => TypeKind::Double,
            Param::Date => TypeKind::Date,
            Param::Timestamp | Param::Temporal => TypeKind::Timestamp(3),
            Param::Array | Param::Map => return None,
            Param::Any => TypeKind::Null,
        })
    }
}

/// Result types without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Simple {
    Str,
    Bytes,
    Bool,
    Int,
    Long,
    Double,
    Date,
    Timestamp(u8),
    TimestampLtz(u8),
    Time(u8),
}

impl Simple {
    /// The kind it stands for.
    pub fn kind(self) -> TypeKind {
        match self {
            Simple::Str => TypeKind::string(),
            Simple::Bytes => TypeKind::bytes(),
            Simple::Bool => TypeKind::Boolean,
            Simple::Int => TypeKind::Integer,
            Simple::Long => TypeKind::BigInt,
            Simple::Double => TypeKind::Double,
            Simple::Date => TypeKind::Date,
            Simple::Timestamp(p) => TypeKind::Timestamp(p),
            Simple::TimestampLtz(p) => TypeKind::TimestampLtz(p),
            Simple::Time(p) => TypeKind::Time(p),
        }
    }
}

/// How the result type follows from the converted arguments.
#[derive(Clone, Copy)]
pub enum Returns {
    /// This type, nullable when an argument is.
    Is(Simple),
    /// This type, always nullable.
    Nullable(Simple),
    /// This type, never NULL.
    NotNull(Simple),
    /// The type of that argument, nullable when any is.
    Arg(usize),
    /// Computed from the converted arguments.
    By(fn(&[LogicalType]) -> Option<LogicalType>),
}

/// The signatures of a function.
#[derive(Clone, Copy)]
pub enum Typing {
    /// Parameters in order, the last ones optional, perhaps followed by any number of one kind.
    Of {
        /// Parameters.
        params: &'static [Param],
        /// How many of them must be given.
        required: usize,
        /// What may follow them.
        rest: Option<Param>,
        /// The result.
        returns: Returns,
    },
    /// The first of these that fits.
    AnyOf(&'static [Typing]),
    /// Decided by code.
    By(fn(&[Argument]) -> Result<Resolution, Mismatch>),
    /// None.
    Never,
}

/// All parameters must be given.
pub(crate) const fn takes(params: &'static [Param], returns: Returns) -> Typing {
    Typing::Of {
        params,
        required: params.len(),
        rest: None,
        returns,
    }
}

/// The first `required` parameters must be given.
pub(crate) const fn optional(
    params: &'static [Param],
    required: usize,
    returns: Returns,
) -> Typing {
    Typing::Of {
        params,
        required,
        rest: None,
        returns,
    }
}

/// `params`, then any number of `rest`.
pub(crate) const fn variadic(params: &'static [Param], rest: Param, returns: Returns) -> Typing {
    Typing::Of {
        params,
        required: params.len(),
        rest: Some(rest),
        returns,
    }
}

impl Typing {
    /// Applies the signatures to a call.
    pub fn resolve(&self, args: &[Argument]) -> Result<Resolution, Mismatch> {
        match self {
            Typing::Of {
                params,
                required,
                rest,
                returns,
            } => {
                if args.len() < *required || (rest.is_none() && args.len() > params.len()) {
                    return Err(Mismatch::Signature);
                }
                let wanted = params.iter().copied().chain(std::iter::repeat_n(
                    rest.unwrap_or(Param::Any),
                    args.len().saturating_sub(params.len()),
                ));
                let arg_types: Option<Vec<LogicalType>> = args
                    .iter()
                    .zip(wanted)
                    .map(|(arg, param)| param.accept(arg))
                    .collect();
                let arg_types = arg_types.ok_or(Mismatch::Signature)?;
                let nullable = arg_types.iter().any(|ty| ty.nullable);
                let result = match returns {
                    Returns::Is(simple) => simple.kind().nullable().with_nullable(nullable),
                    Returns::Nullable(simple) => simple.kind().nullable(),
                    Returns::NotNull(simple) => simple.kind().not_null(),
                    Returns::Arg(index) => arg_types
                        .get(*index)
                        .ok_or(Mismatch::Signature)?
                        .with_nullable(nullable),
                    Returns::By(derive) => derive(&arg_types).ok_or(Mismatch::Signature)?,
                };
                Ok(Resolution { arg_types, result })
            }
            Typing::AnyOf(signatures) => signatures
                .iter()
                .map(|signature| signature.resolve(args))
                .reduce(|first, next| first.or(next))
                .unwrap_or(Err(Mismatch::Signature)),
            Typing::By(decide) => decide(args),
            Typing::Never => Err(Mismatch::Signature),
        }
    }
}

/// All of `args` converted to the type they have in common.
pub(crate) fn unified(args: &[Argument]) -> Result<LogicalType, Mismatch> {
    one_type(args, common_type)
}

/// The same by [`merged_type`].
pub(crate) fn merged(args: &[Argument]) -> Result<LogicalType, Mismatch> {
    one_type(args, merged_type)
}

fn one_type(
    args: &[Argument],
    of: fn(&[LogicalType]) -> Option<LogicalType>,
) -> Result<LogicalType, Mismatch> {
    let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.clone()).collect();
    of(&types).ok_or_else(|| {
        Mismatch::Because("the arguments have no type in common; add a CAST".to_string())
    })
}
