//! SUM and AVG of numbers, with and without retraction: a sum and how many values are in it.
//!
//! Flink's rules: SUM keeps an integer's type and wraps; AVG of integers is cut towards zero; sums of
//! DECIMAL(p, s) are DECIMAL(38, s) and become NULL when they need more than 38 digits; AVG of a
//! DECIMAL is rounded half up. No value at all gives NULL.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowNativeType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type,
};

use super::Accumulator;

/// What sums are kept in.
pub(super) trait Total: ArrowNativeType {
    /// The column type of partial results.
    type Column: ArrowPrimitiveType<Native = Self>;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

impl Total for i64 {
    type Column = Int64Type;
    #[inline]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

impl Total for f64 {
    type Column = Float64Type;
    #[inline]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        self - other
    }
}

/// A decimal sum that left the range; it stays there.
const OVERFLOW: i128 = i128::MAX;
/// One more than the greatest unscaled DECIMAL(38, s).
const DECIMAL_LIMIT: i128 = 10i128.pow(38);

fn in_range(value: Option<i128>) -> i128 {
    value
        .filter(|value| value.unsigned_abs() < DECIMAL_LIMIT as u128)
        .unwrap_or(OVERFLOW)
}

impl Total for i128 {
    type Column = Decimal128Type;
    #[inline]
    fn plus(self, other: Self) -> Self {
        if self == OVERFLOW || other == OVERFLOW {
            return OVERFLOW;
        }
        in_range(self.checked_add(other))
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        if self == OVERFLOW || other == OVERFLOW {
            return OVERFLOW;
        }
        in_range(self.checked_sub(other))
    }
}

/// A column type that can be summed.
pub(super) trait Summand: ArrowPrimitiveType {
    /// What its sums are kept in.
    type Sum: Total;
    fn widen(value: Self::Native) -> Self::Sum;
    /// The sum as a value of the column's type; `None` is NULL.
    fn narrow(sum: Self::Sum) -> Option<Self::Native>;
    /// The mean; `shift` is how many digits the result has more than the sum.
    fn mean(sum: Self::Sum, count: i64, shift: u32) -> Option<Self::Native>;
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl Summand for $ty {
            type Sum = i64;
            #[inline]
            fn widen(value: Self::Native) -> i64 {
                i64::from(value)
            }
            #[inline]
            fn narrow(sum: i64) -> Option<Self::Native> {
                Some(sum as Self::Native)
            }
            #[inline]
            fn mean(sum: i64, count: i64, _shift: u32) -> Option<Self::Native> {
                sum.checked_div(count).map(|mean| mean as Self::Native)
            }
        }
    )*};
}
integers!(Int8Type, Int16Type, Int32Type, Int64Type);

macro_rules! floats {
    ($($ty:ty),*) => {$(
        impl Summand for $ty {
            type Sum = f64;
            #[inline]
            fn widen(value: Self::Native) -> f64 {
                f64::from(value)
            }
            #[inline]
            fn narrow(sum: f64) -> Option<Self::Native> {
                Some(sum as Self::Native)
            }
            #[inline]
            fn mean(sum: f64, count: i64, _shift: u32) -> Option<Self::Native> {
                Some((sum / count as f64) as Self::Native)
            }
        }
    )*};
}
floats!(Float32Type, Float64Type);

impl Summand for Decimal128Type {
    type Sum = i128;
    #[inline]
    fn widen(value: i128) -> i128 {
        value
    }
    #[inline]
    fn narrow(sum: i128) -> Option<i128> {
        (sum != OVERFLOW).then_some(sum)
    }
    fn mean(sum: i128, count: i64, shift: u32) -> Option<i128> {
        if sum == OVERFLOW {
            return None;
        }
        // Whole part and remainder apart, so that scaling cannot overflow before it must.
        let (count, scale) = (i128::from(count), 10i128.checked_pow(shift)?);
        let whole = sum.checked_div(count)?.checked_mul(scale)?;
        let rest = (sum % count) * scale;
        let fraction = rest / count;
        let round = if (rest % count).abs() * 2 >= count.abs() {
            (rest % count).signum() * count.signum()
        } else {
            0
        };
        narrow_decimal(whole.checked_add(fraction)?.checked_add(round)?)
    }
}

fn narrow_decimal(value: i128) -> Option<i128> {
    (value.unsigned_abs() < DECIMAL_LIMIT as u128).then_some(value)
}

#[derive(Clone, Copy, Default)]
struct Running<S> {
    sum: S,
    count: i64,
}

struct Sum<T: Summand> {
    groups: CowVec<Running<T::Sum>>,
    average: bool,
    shift: u32,
    argument: LogicalType,
    result: LogicalType,
}

/// SUM, or AVG when `average`, for the call's types.
pub(super) fn create(call: &AggregateCall, average: bool) -> OperatorResult<Box<dyn Accumulator>> {
    fn make<T: Summand>(call: &AggregateCall, average: bool, shift: u32) -> Box<dyn Accumulator> {
        Box::new(Sum::<T> {
            groups: CowVec::default(),
            average,
            shift,
            argument: call.arg_types[0].clone(),
            result: call.ty.clone(),
        })
    }
    Ok(match (&call.arg_types[0].kind, &call.ty.kind) {
        (TypeKind::TinyInt, _) => make::<Int8Type>(call, average, 0),
        (TypeKind::SmallInt, _) => make::<Int16Type>(call, average, 0),
        (TypeKind::Integer, _) => make::<Int32Type>(call, average, 0),
        (TypeKind::BigInt, _) => make::<Int64Type>(call, average, 0),
        (TypeKind::Float, _) => make::<Float32Type>(call, average, 0),
        (TypeKind::Double, _) => make::<Float64Type>(call, average, 0),
        (TypeKind::Decimal(_, from), TypeKind::Decimal(_, to)) if to >= from => {
            make::<Decimal128Type>(call, average, u32::from(to - from))
        }
        (argument, result) => {
            return Err(OperatorError::fatal(format!(
                "{} of {argument} giving {result} is not supported",
                call.function
            )));
        }
    })
}

impl<T: Summand> Sum<T> {
    #[inline]
    fn each(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        apply: impl Fn(&mut Running<T::Sum>, T::Sum),
    ) {
        let column = args[0].as_primitive::<T>();
        let values = column.values();
        match column.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => {
                for (&group, &value) in groups.iter().zip(values) {
                    apply(self.groups.get_mut(group as usize), T::widen(value));
                }
            }
            Some(nulls) => {
                for (row, (&group, &value)) in groups.iter().zip(values).enumerate() {
                    if nulls.is_valid(row) {
                        apply(self.groups.get_mut(group as usize), T::widen(value));
                    }
                }
            }
        }
    }

    /// The type of the partial sum.
    fn sum_type(&self) -> LogicalType {
        match &self.argument.kind {
            TypeKind::Decimal(_, scale) => TypeKind::Decimal(38, *scale).nullable(),
            kind if kind.is_integer() => TypeKind::BigInt.nullable(),
            _ => TypeKind::Double.nullable(),
        }
    }
}

impl<T: Summand> Accumulator for Sum<T> {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.each(args, groups, |running, value| {
            running.sum = running.sum.plus(value);
            running.count += 1;
        });
        Ok(())
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.each(args, groups, |running, value| {
            running.sum = running.sum.minus(value);
            running.count -= 1;
        });
        Ok(())
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let results: PrimitiveArray<T> = groups
            .iter()
            .map(|&group| {
                let running = self.groups.get(group as usize);
                if running.count == 0 {
                    None
                } else if self.average {
                    T::mean(running.sum, running.count, self.shift)
                } else {
                    T::narrow(running.sum)
                }
            })
            .collect();
        Ok(Arc::new(results.with_data_type(self.result.to_arrow())))
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = Running::default();
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![
            Field::new("sum", self.sum_type()),
            Field::new("count", TypeKind::BigInt.not_null()),
        ]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let running = || groups.iter().map(|&group| self.groups.get(group as usize));
        let sums = PrimitiveArray::<<T::Sum as Total>::Column>::from_iter_values(
            running().map(|running| running.sum),
        );
        let counts =
            PrimitiveArray::<Int64Type>::from_iter_values(running().map(|running| running.count));
        Ok(vec![
            Arc::new(sums.with_data_type(self.sum_type().to_arrow())),
            Arc::new(counts),
        ])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        let sums = state[0].as_primitive::<<T::Sum as Total>::Column>();
        let counts = state[1].as_primitive::<Int64Type>();
        for ((&group, &sum), count) in groups.iter().zip(sums.values()).zip(counts.values()) {
            let running = self.groups.get_mut(group as usize);
            running.sum = running.sum.plus(sum);
            running.count += count;
        }
        Ok(())
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(Sum::<T> {
            groups: self.groups.freeze(),
            average: self.average,
            shift: self.shift,
            argument: self.argument.clone(),
            result: self.result.clone(),
        })
    }

    fn memory_size(&self) -> usize {
        self.groups.memory_size()
    }
}
