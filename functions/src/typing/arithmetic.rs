//! What `+ - * / %` give for each pair of types.
//!
//! Integers keep their type and wrap; DECIMAL follows the table of Flink's `LogicalTypeMerging` (SQL
//! Server's rules, scale sacrificed before whole digits, at least 6 kept); FLOAT with DECIMAL is DOUBLE;
//! dates and times take intervals.

use alpheus_dataflow::types::{LogicalType, MAX_DECIMAL_PRECISION, TypeKind};

use super::common::{common_type, decimal_of_integer};

/// Digits after the point that an adjusted DECIMAL keeps at least.
const MINIMUM_ADJUSTED_SCALE: u8 = 6;

/// The binary arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOperator {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Divide,
    /// `%` and MOD
    Modulo,
}

/// The types both operands convert to and the type of the result, or `None` when there is no such
/// operation.
pub fn arithmetic_types(
    operator: ArithmeticOperator,
    left: &LogicalType,
    right: &LogicalType,
) -> Option<([LogicalType; 2], LogicalType)> {
    let nullable = left.nullable || right.nullable;
    // An untyped NULL takes the other side's type; two of them are integers.
    let fallback = TypeKind::Integer.nullable();
    let known = |ty: &LogicalType, other: &LogicalType| match (&ty.kind, &other.kind) {
        (TypeKind::Null, TypeKind::Null) => fallback.clone(),
        (TypeKind::Null, other) if other.is_datetime() => TypeKind::IntervalDayTime.nullable(),
        (TypeKind::Null, _) => other.with_nullable(true),
        _ => ty.clone(),
    };
    let (a, b) = (known(left, right), known(right, left));
    let (args, kind) = if a.kind.is_numeric() && b.kind.is_numeric() {
        numeric(operator, &a, &b)?
    } else {
        temporal(operator, &a, &b)?
    };
    Some((args, LogicalType { kind, nullable }))
}

fn numeric(
    operator: ArithmeticOperator,
    a: &LogicalType,
    b: &LogicalType,
) -> Option<([LogicalType; 2], TypeKind)> {
    let both_exact = a.kind.is_exact_numeric() && b.kind.is_exact_numeric();
    let both_integer = a.kind.is_integer() && b.kind.is_integer();
    if both_exact && !both_integer {
        let (p1, s1) = decimal_of_integer(&a.kind)?;
        let (p2, s2) = decimal_of_integer(&b.kind)?;
        let (p, s) = match operator {
            ArithmeticOperator::Plus | ArithmeticOperator::Minus => {
                decimal_addition(p1, s1, p2, s2)
            }
            ArithmeticOperator::Times => decimal_multiplication(p1, s1, p2, s2),
            ArithmeticOperator::Divide => decimal_division(p1, s1, p2, s2),
            ArithmeticOperator::Modulo => decimal_modulo(p1, s1, p2, s2),
        };
        let decimal = |p, s, ty: &LogicalType| LogicalType {
            kind: TypeKind::Decimal(p, s),
            nullable: ty.nullable,
        };
        return Some((
            [decimal(p1, s1, a), decimal(p2, s2, b)],
            TypeKind::Decimal(p, s),
        ));
    }
    let common = common_type(&[a.clone(), b.clone()])?.kind;
    let result = match operator {
        // MOD has the type of its divisor.
        ArithmeticOperator::Modulo if both_integer => b.kind.clone(),
        _ => common.clone(),
    };
    let side = |ty: &LogicalType| LogicalType {
        kind: common.clone(),
        nullable: ty.nullable,
    };
    Some(([side(a), side(b)], result))
}

fn temporal(
    operator: ArithmeticOperator,
    a: &LogicalType,
    b: &LogicalType,
) -> Option<([LogicalType; 2], TypeKind)> {
    use ArithmeticOperator::{Divide, Minus, Plus, Times};
    use TypeKind::*;
    let as_is = [a.clone(), b.clone()];
    let takes_interval = |time: &TypeKind, interval: &TypeKind| match time {
        Time(_) => *interval == IntervalDayTime,
        other => other.is_datetime() && interval.is_interval(),
    };
    match (operator, &a.kind, &b.kind) {
        (Plus | Minus, time, interval) if takes_interval(time, interval) => {
            Some((as_is, time.clone()))
        }
        (Plus, interval, time) if takes_interval(time, interval) => Some((as_is, time.clone())),
        (Plus | Minus, x, y) if x.is_interval() && x == y => Some((as_is, x.clone())),
        (Minus, x, y) if x.is_datetime() && y.is_datetime() => {
            let common = common_type(&as_is)?;
            let side = |ty: &LogicalType| common.with_nullable(ty.nullable);
            Some(([side(a), side(b)], IntervalDayTime))
        }
        (Times | Divide, x, y) if x.is_interval() && y.is_numeric() => {
            Some(([a.clone(), factor(b)], x.clone()))
        }
        (Times, x, y) if y.is_interval() && x.is_numeric() => {
            Some(([factor(a), b.clone()], y.clone()))
        }
        _ => None,
    }
}

/// What an interval is multiplied with or divided by: BIGINT for integers, else DOUBLE.
fn factor(ty: &LogicalType) -> LogicalType {
    let kind = if ty.kind.is_integer() {
        TypeKind::BigInt
    } else {
        TypeKind::Double
    };
    LogicalType {
        kind,
        nullable: ty.nullable,
    }
}

/// Precision and scale of `a + b` and `a - b`.
pub fn decimal_addition(p1: u8, s1: u8, p2: u8, s2: u8) -> (u8, u8) {
    let scale = s1.max(s2);
    adjust((p1 - s1).max(p2 - s2) + scale + 1, scale)
}

/// Precision and scale of `a * b`.
pub fn decimal_multiplication(p1: u8, s1: u8, p2: u8, s2: u8) -> (u8, u8) {
    adjust(p1 + p2 + 1, s1 + s2)
}

/// Precision and scale of `a / b`.
pub fn decimal_division(p1: u8, s1: u8, p2: u8, s2: u8) -> (u8, u8) {
    let scale = (s1 + p2 + 1).max(MINIMUM_ADJUSTED_SCALE);
    adjust(p1 - s1 + s2 + scale, scale)
}

/// Precision and scale of `a % b`.
pub fn decimal_modulo(p1: u8, s1: u8, p2: u8, s2: u8) -> (u8, u8) {
    let scale = s1.max(s2);
    adjust((p1 - s1).min(p2 - s2) + scale, scale)
}

/// Precision and scale of AVG over DECIMAL(p, `scale`): a sum of 38 digits divided by a BIGINT count.
pub fn average_decimal(scale: u8) -> (u8, u8) {
    decimal_division(MAX_DECIMAL_PRECISION, scale, 20, 0)
}

/// Precision and scale of ROUND and TRUNCATE to `digits` places.
pub fn decimal_round(precision: u8, scale: u8, digits: i64) -> (u8, u8) {
    if digits >= i64::from(scale) {
        return (precision, scale);
    }
    if digits < 0 {
        return ((1 + precision - scale).min(MAX_DECIMAL_PRECISION), 0);
    }
    let kept = digits as u8; // 0 <= digits < scale <= 38
    (1 + precision - scale + kept, kept)
}

fn adjust(precision: u8, scale: u8) -> (u8, u8) {
    if precision <= MAX_DECIMAL_PRECISION {
        return (precision.max(1), scale);
    }
    let whole = precision - scale;
    let least = scale.min(MINIMUM_ADJUSTED_SCALE);
    let room = MAX_DECIMAL_PRECISION.saturating_sub(whole);
    (MAX_DECIMAL_PRECISION, room.max(least))
}
