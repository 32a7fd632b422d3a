//! The table of arithmetic functions.

use alpheus_dataflow::types::TypeKind;

use super::{math, operators, random, rounding};
use crate::registry::signature::{
    Mismatch, Param, Returns, Simple, Typing, optional, takes, variadic,
};
use crate::registry::{Argument, Category, Kernel, Resolution, ScalarFunction};
use crate::typing::{ArithmeticOperator, arithmetic_types, decimal_round};

const C: Category = Category::Arithmetic;

const fn new(
    name: &'static str,
    signature: &'static str,
    typing: Typing,
    kernel: Kernel,
) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, typing, kernel)
}

const ONE_DOUBLE: Typing = takes(&[Param::Double], Returns::Is(Simple::Double));
const TWO_DOUBLES: Typing = takes(&[Param::Double, Param::Double], Returns::Is(Simple::Double));
const NO_ARGS_DOUBLE: Typing = takes(&[], Returns::NotNull(Simple::Double));

pub(crate) static TABLE: &[ScalarFunction] = &[
    new("+", "a + b", Typing::By(plus), operators::plus)
        .doc("Sum; also date or time plus interval.", "1 + 2"),
    new("-", "a - b", Typing::By(minus), operators::minus)
        .doc("Difference; also date or time minus interval.", "3 - 2"),
    new("*", "a * b", Typing::By(times), operators::times).doc("Product.", "2 * 3"),
    new("/", "a / b", Typing::By(divide), operators::divide)
        .doc(
            "Quotient; integers are truncated, INT and DECIMAL fail on zero.",
            "7 / 2",
        )
        .fails(),
    new(
        "%",
        "a % b or MOD(a, b)",
        Typing::By(modulo),
        operators::modulo,
    )
    .alias(&["MOD"])
    .doc("Remainder with the sign of the dividend.", "7 % 2")
    .fails(),
    new("NEGATE", "-a", Typing::By(negate), operators::negate).doc("The negative.", "-a"),
    new(
        "ABS",
        "ABS(number)",
        takes(&[Param::Number], Returns::Arg(0)),
        math::abs,
    )
    .doc(
        "Absolute value; the least integer stays as it is.",
        "ABS(-1)",
    ),
    new(
        "SIGN",
        "SIGN(number)",
        takes(&[Param::Number], Returns::Arg(0)),
        math::sign,
    )
    .doc("-1, 0 or 1.", "SIGN(-5)"),
    new("POWER", "POWER(base, exponent)", TWO_DOUBLES, math::power)
        .alias(&["POW"])
        .doc("Base to the power of exponent.", "POWER(2, 10)"),
    new("SQRT", "SQRT(number)", ONE_DOUBLE, math::sqrt).doc("Square root.", "SQRT(9)"),
    new("EXP", "EXP(number)", ONE_DOUBLE, math::exp).doc("e to that power.", "EXP(1)"),
    new("LN", "LN(number)", ONE_DOUBLE, math::ln).doc("Natural logarithm.", "LN(E())"),
    new("LOG10", "LOG10(number)", ONE_DOUBLE, math::log10).doc("Logarithm to 10.", "LOG10(100)"),
    new("LOG2", "LOG2(number)", ONE_DOUBLE, math::log2).doc("Logarithm to 2.", "LOG2(8)"),
    new(
        "LOG",
        "LOG(number) or LOG(base, number)",
        optional(
            &[Param::Double, Param::Double],
            1,
            Returns::Is(Simple::Double),
        ),
        math::log,
    )
    .doc(
        "Natural logarithm, or the logarithm to a base.",
        "LOG(2, 8)",
    ),
    new("SIN", "SIN(radians)", ONE_DOUBLE, math::sin).doc("Sine.", "SIN(0)"),
    new("COS", "COS(radians)", ONE_DOUBLE, math::cos).doc("Cosine.", "COS(0)"),
    new("TAN", "TAN(radians)", ONE_DOUBLE, math::tan).doc("Tangent.", "TAN(0)"),
    new("COT", "COT(radians)", ONE_DOUBLE, math::cot).doc("Cotangent.", "COT(1)"),
    new("ASIN", "ASIN(number)", ONE_DOUBLE, math::asin).doc("Arc sine.", "ASIN(0)"),
    new("ACOS", "ACOS(number)", ONE_DOUBLE, math::acos).doc("Arc cosine.", "ACOS(1)"),
    new("ATAN", "ATAN(number)", ONE_DOUBLE, math::atan).doc("Arc tangent.", "ATAN(0)"),
    new("ATAN2", "ATAN2(y, x)", TWO_DOUBLES, math::atan2)
        .doc("Angle of the point (x, y).", "ATAN2(0, 1)"),
    new("SINH", "SINH(number)", ONE_DOUBLE, math::sinh).doc("Hyperbolic sine.", "SINH(0)"),
    new("COSH", "COSH(number)", ONE_DOUBLE, math::cosh).doc("Hyperbolic cosine.", "COSH(0)"),
    new("TANH", "TANH(number)", ONE_DOUBLE, math::tanh).doc("Hyperbolic tangent.", "TANH(0)"),
    new("DEGREES", "DEGREES(radians)", ONE_DOUBLE, math::degrees)
        .doc("Radians to degrees.", "DEGREES(PI())"),
    new("RADIANS", "RADIANS(degrees)", ONE_DOUBLE, math::radians)
        .doc("Degrees to radians.", "RADIANS(180)"),
    new("PI", "PI()", NO_ARGS_DOUBLE, math::pi).doc("The number pi.", "PI()"),
    new("E", "E()", NO_ARGS_DOUBLE, math::e).doc("The number e.", "E()"),
    new(
        "ROUND",
        "ROUND(number [, INT digits])",
        Typing::By(round),
        rounding::round,
    )
    .doc(
        "Rounds half away from zero; negative digits round whole digits.",
        "ROUND(2.345, 2)",
    ),
    new(
        "TRUNCATE",
        "TRUNCATE(number [, INT digits])",
        Typing::By(round),
        rounding::truncate,
    )
    .doc("Cuts digits off.", "TRUNCATE(2.345, 2)"),
    new(
        "FLOOR",
        "FLOOR(number) or FLOOR(time TO unit)",
        Typing::By(floor),
        rounding::floor,
    )
    .doc(
        "Largest whole number not above, or start of the unit of time.",
        "FLOOR(2.5)",
    ),
    new(
        "CEIL",
        "CEIL(number) or CEIL(time TO unit)",
        Typing::By(floor),
        rounding::ceil,
    )
    .alias(&["CEILING"])
    .doc(
        "Least whole number not below, or next start of the unit of time.",
        "CEIL(2.5)",
    ),
    new(
        "RAND",
        "RAND([INT seed])",
        optional(&[Param::Int], 0, Returns::Is(Simple::Double)),
        random::rand,
    )
    .random()
    .doc("A DOUBLE from 0 to below 1.", "RAND()"),
    new(
        "RAND_INTEGER",
        "RAND_INTEGER([INT seed,] INT bound)",
        optional(&[Param::Int, Param::Int], 1, Returns::Is(Simple::Int)),
        random::rand_integer,
    )
    .random()
    .fails()
    .doc("An INT from 0 to below the bound.", "RAND_INTEGER(6)"),
    new(
        "UUID",
        "UUID()",
        takes(&[], Returns::NotNull(Simple::Str)),
        random::uuid,
    )
    .random()
    .doc("A random UUID (type 4).", "UUID()"),
    new(
        "BIN",
        "BIN(integer)",
        takes(&[Param::Long], Returns::Is(Simple::Str)),
        math::bin,
    )
    .doc("Binary digits; negative numbers as 64 bits.", "BIN(4)"),
    new(
        "GREATEST",
        "GREATEST(a, b, ...)",
        variadic(
            &[Param::Any],
            Param::Any,
            Returns::By(crate::typing::merged_type),
        ),
        math::greatest,
    )
    .doc("Largest argument; NULL if one is.", "GREATEST(1, 3, 2)"),
    new(
        "LEAST",
        "LEAST(a, b, ...)",
        variadic(
            &[Param::Any],
            Param::Any,
            Returns::By(crate::typing::merged_type),
        ),
        math::least,
    )
    .doc("Smallest argument; NULL if one is.", "LEAST(1, 3, 2)"),
];

fn arithmetic(operator: ArithmeticOperator, args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [left, right] = args else {
        return Err(Mismatch::Signature);
    };
    let (types, result) =
        arithmetic_types(operator, &left.ty, &right.ty).ok_or(Mismatch::Signature)?;
    Ok(Resolution {
        arg_types: types.into(),
        result,
    })
}

fn plus(args: &[Argument]) -> Result<Resolution, Mismatch> {
    arithmetic(ArithmeticOperator::Plus, args)
}

fn minus(args: &[Argument]) -> Result<Resolution, Mismatch> {
    arithmetic(ArithmeticOperator::Minus, args)
}

fn times(args: &[Argument]) -> Result<Resolution, Mismatch> {
    arithmetic(ArithmeticOperator::Times, args)
}

fn divide(args: &[Argument]) -> Result<Resolution, Mismatch> {
    arithmetic(ArithmeticOperator::Divide, args)
}

fn modulo(args: &[Argument]) -> Result<Resolution, Mismatch> {
    arithmetic(ArithmeticOperator::Modulo, args)
}

fn negate(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [arg] = args else {
        return Err(Mismatch::Signature);
    };
    let ty = match &arg.ty.kind {
        TypeKind::Null => TypeKind::Integer.nullable(),
        kind if kind.is_numeric() || kind.is_interval() => arg.ty.clone(),
        _ => return Err(Mismatch::Signature),
    };
    Ok(Resolution {
        arg_types: vec![ty.clone()],
        result: ty,
    })
}

fn round(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let (number, digits) = match args {
        [number] => (number, Some(0)),
        [number, digits] => (number, digits.integer()),
        _ => return Err(Mismatch::Signature),
    };
    let mut arg_types = vec![Param::Number.accept(number).ok_or(Mismatch::Signature)?];
    let mut nullable = number.ty.nullable;
    if let Some(digits) = args.get(1) {
        arg_types.push(Param::Int.accept(digits).ok_or(Mismatch::Signature)?);
        nullable |= digits.ty.nullable;
    }
    let kind = match (&arg_types[0].kind, digits) {
        (TypeKind::Decimal(p, s), Some(digits)) => {
            let (p, s) = decimal_round(*p, *s, digits);
            TypeKind::Decimal(p, s)
        }
        (kind, _) => kind.clone(),
    };
    Ok(Resolution {
        arg_types,
        result: kind.nullable().with_nullable(nullable),
    })
}

fn floor(args: &[Argument]) -> Result<Resolution, Mismatch> {
    match args {
        [number] => {
            let ty = Param::Number.accept(number).ok_or(Mismatch::Signature)?;
            let kind = match ty.kind {
                TypeKind::Decimal(p, s) if s > 0 => TypeKind::Decimal((p - s + 1).min(38), 0),
                ref kind => kind.clone(),
            };
            Ok(Resolution {
                result: kind.nullable().with_nullable(ty.nullable),
                arg_types: vec![ty],
            })
        }
        [time, unit] => {
            let ty = Param::Temporal.accept(time).ok_or(Mismatch::Signature)?;
            crate::time::unit::literal(unit)?;
            Ok(Resolution {
                arg_types: vec![ty.clone(), unit.ty.clone()],
                result: ty,
            })
        }
        _ => Err(Mismatch::Signature),
    }
}
