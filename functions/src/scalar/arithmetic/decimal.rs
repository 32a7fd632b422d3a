//! DECIMAL arithmetic: exact, then rounded half up to the result's scale, NULL when it does not fit.
//!
//! The result's scale may be smaller than the exact one, because the type rules cap the precision at 38
//! digits. Intermediate values need up to 76 digits; those that fit 128 bits stay there.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{ArrayRef, Decimal128Array};
use arrow::datatypes::{Decimal128Type, i256};

use super::operators::by_zero;
use crate::compile::Args;
use crate::scalar::decimals::{fits, power_of_ten, rescale};

fn wide_power_of_ten(exponent: u32) -> i256 {
    i256::from_i128(10).wrapping_pow(exponent)
}

fn rescale_wide(value: i256, from: u32, to: u32, precision: u8) -> Option<i128> {
    let value = if to >= from {
        value.checked_mul(wide_power_of_ten(to - from))?
    } else {
        let divisor = wide_power_of_ten(from - to);
        let half = divisor.checked_div(i256::from_i128(2))?;
        let half = if value.is_negative() {
            half.wrapping_neg()
        } else {
            half
        };
        value.checked_add(half)?.checked_div(divisor)?
    };
    fits(value.to_i128()?, precision)
}

/// The scales of both operands and the type of the result.
struct Shape {
    left: u8,
    right: u8,
    precision: u8,
    scale: u8,
}

fn shape(args: &Args<'_>) -> Shape {
    let parts = |kind: &TypeKind| match kind {
        TypeKind::Decimal(p, s) => (*p, *s),
        // The signature converts both operands to DECIMAL.
        _ => (38, 0),
    };
    let (precision, scale) = parts(&args.result.kind);
    Shape {
        left: parts(&args.types[0].kind).1,
        right: parts(&args.types[1].kind).1,
        precision,
        scale,
    }
}

fn each(
    args: &Args<'_>,
    operate: impl Fn(i128, i128, &Shape) -> OperatorResult<Option<i128>>,
) -> OperatorResult<ArrayRef> {
    let shape = shape(args);
    let left = args.primitive::<Decimal128Type>(0);
    let right = args.primitive::<Decimal128Type>(1);
    let mut values = Decimal128Array::builder(args.rows);
    for row in 0..args.rows {
        match (left.get(row), right.get(row)) {
            (Some(a), Some(b)) => values.append_option(operate(a, b, &shape)?),
            _ => values.append_null(),
        }
    }
    let values = values.finish();
    Ok(Arc::new(values.with_precision_and_scale(
        shape.precision,
        shape.scale as i8,
    )?))
}

pub(super) fn add(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, |a, b, shape| Ok(sum(a, b, shape)))
}

pub(super) fn subtract(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, |a, b, shape| Ok(sum(a, -b, shape)))
}

fn sum(a: i128, b: i128, shape: &Shape) -> Option<i128> {
    let exact = shape.left.max(shape.right);
    let up = |value: i128, scale: u8| value.checked_mul(power_of_ten(exact - scale));
    let narrow = up(a, shape.left)
        .zip(up(b, shape.right))
        .and_then(|(a, b)| a.checked_add(b));
    match narrow {
        Some(sum) => rescale(sum, exact, shape.scale, shape.precision),
        None => {
            let up = |value: i128, scale: u8| {
                i256::from_i128(value).checked_mul(wide_power_of_ten(u32::from(exact - scale)))
            };
            let sum = up(a, shape.left)?.checked_add(up(b, shape.right)?)?;
            rescale_wide(
                sum,
                u32::from(exact),
                u32::from(shape.scale),
                shape.precision,
            )
        }
    }
}

pub(super) fn multiply(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, |a, b, shape| {
        let exact = u32::from(shape.left) + u32::from(shape.right);
        Ok(match a.checked_mul(b) {
            Some(product) if exact <= 38 => {
                rescale(product, exact as u8, shape.scale, shape.precision)
            }
            _ => i256::from_i128(a)
                .checked_mul(i256::from_i128(b))
                .and_then(|p| rescale_wide(p, exact, u32::from(shape.scale), shape.precision)),
        })
    })
}

pub(super) fn divide(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, |a, b, shape| {
        if b == 0 {
            return Err(by_zero());
        }
        Ok(quotient(a, b, shape))
    })
}

/// Long division: as many digits as the result's scale asks for, then one decision about rounding.
fn quotient(a: i128, b: i128, shape: &Shape) -> Option<i128> {
    let digits = i32::from(shape.scale) + i32::from(shape.right) - i32::from(shape.left);
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    // A divisor scaled up beyond 128 bits leaves nothing but zero.
    let b = b.checked_mul(10u128.checked_pow(digits.min(0).unsigned_abs())?);
    let Some(b) = b else { return Some(0) };
    let (mut quotient, mut remainder) = (a / b, a % b);
    for _ in 0..digits.max(0) {
        // remainder < b < 10^38, so ten times it fits 128 unsigned bits only below 3.4e37.
        let (digit, rest) = match remainder.checked_mul(10) {
            Some(next) => (next / b, next % b),
            None => {
                let next = i256::from_parts(remainder, 0).wrapping_mul(i256::from_i128(10));
                let wide = i256::from_parts(b, 0);
                let digit = next.checked_div(wide)?;
                let rest = next.wrapping_sub(digit.wrapping_mul(wide));
                (digit.to_i128()? as u128, rest.to_parts().0)
            }
        };
        quotient = quotient.checked_mul(10)?.checked_add(digit)?;
        remainder = rest;
    }
    if remainder >= b - remainder {
        quotient += 1;
    }
    let value = i128::try_from(quotient).ok()?;
    fits(if negative { -value } else { value }, shape.precision)
}

pub(super) fn modulo(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, |a, b, shape| {
        if b == 0 {
            return Err(by_zero());
        }
        let exact = shape.left.max(shape.right);
        let up = |value: i128, scale: u8| {
            i256::from_i128(value).checked_mul(wide_power_of_ten(u32::from(exact - scale)))
        };
        let remainder = up(a, shape.left)
            .zip(up(b, shape.right))
            .and_then(|(a, b)| a.checked_rem(b));
        Ok(remainder.and_then(|r| {
            rescale_wide(r, u32::from(exact), u32::from(shape.scale), shape.precision)
        }))
    })
}
