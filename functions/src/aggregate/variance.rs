//! VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP and their short names.
//!
//! As in Flink (Calcite's `AggregateReduceFunctionsRule`) they are made of a count, a sum and a sum of
//! squares, so that they can be retracted and merged; integers are computed in integers, which cuts.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use super::Accumulator;
use super::sum::Total;

#[derive(Clone, Copy, Default)]
struct Moments<S> {
    count: i64,
    sum: S,
    squares: S,
}

/// How a variance is computed from moments.
trait Measure: Total {
    const COLUMN: DataType;
    fn state_type() -> LogicalType;
    /// The spread, as a double; `divisor` is n or n - 1.
    fn spread(moments: &Moments<Self>, divisor: i64, root: bool) -> f64;
}

impl Measure for f64 {
    const COLUMN: DataType = DataType::Float64;
    fn state_type() -> LogicalType {
        TypeKind::Double.not_null()
    }
    fn spread(moments: &Moments<f64>, divisor: i64, root: bool) -> f64 {
        let mean_square = moments.sum * moments.sum / moments.count as f64;
        // Rounding can leave a tiny negative number where all values are equal.
        let variance = (moments.squares - mean_square) / divisor as f64;
        let variance = if variance < 0.0 { 0.0 } else { variance };
        if root { variance.sqrt() } else { variance }
    }
}

impl Measure for i64 {
    const COLUMN: DataType = DataType::Int64;
    fn state_type() -> LogicalType {
        TypeKind::BigInt.not_null()
    }
    fn spread(moments: &Moments<i64>, divisor: i64, root: bool) -> f64 {
        let mean_square = moments.sum.wrapping_mul(moments.sum) / moments.count;
        let variance = moments.squares.wrapping_sub(mean_square) / divisor;
        if root {
            (variance as f64).sqrt().trunc()
        } else {
            variance as f64
        }
    }
}

struct Variance<S> {
    groups: CowVec<Moments<S>>,
    sample: bool,
    root: bool,
    result: LogicalType,
}

/// The function that the call names.
pub(super) fn create(call: &AggregateCall) -> OperatorResult<Box<dyn Accumulator>> {
    let sample = !call.function.ends_with("_POP");
    let root = call.function.starts_with("STDDEV");
    let result = call.ty.clone();
    if !call.arg_types[0].kind.is_numeric() {
        return Err(OperatorError::fatal(format!(
            "{} needs a number, not {}",
            call.function, call.arg_types[0]
        )));
    }
    Ok(if call.arg_types[0].kind.is_integer() {
        Box::new(Variance::<i64> {
            groups: CowVec::default(),
            sample,
            root,
            result,
        })
    } else {
        Box::new(Variance::<f64> {
            groups: CowVec::default(),
            sample,
            root,
            result,
        })
    })
}

impl<S: Measure> Variance<S> {
    fn each(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        apply: impl Fn(&mut Moments<S>, S),
    ) -> OperatorResult<()> {
        let column = cast_with_options(&args[0], &S::COLUMN, &CastOptions::default())?;
        let column = column.as_primitive::<S::Column>();
        for (row, &group) in groups.iter().enumerate() {
            if column.is_valid(row) {
                apply(self.groups.get_mut(group as usize), column.value(row));
            }
        }
        Ok(())
    }
}

impl<S: Measure> Accumulator for Variance<S> {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.each(args, groups, |moments, value| {
            moments.count += 1;
            moments.sum = moments.sum.plus(value);
            moments.squares = moments.squares.plus(value.times(value));
        })
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.each(args, groups, |moments, value| {
            moments.count -= 1;
            moments.sum = moments.sum.minus(value);
            moments.squares = moments.squares.minus(value.times(value));
        })
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let results: PrimitiveArray<Float64Type> = groups
            .iter()
            .map(|&group| {
                let moments = self.groups.get(group as usize);
                let divisor = moments.count - i64::from(self.sample);
                (moments.count != 0 && divisor != 0).then(|| S::spread(moments, divisor, self.root))
            })
            .collect();
        let results: ArrayRef = Arc::new(results);
        Ok(cast_with_options(
            &results,
            &self.result.to_arrow(),
            &CastOptions::default(),
        )?)
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = Moments::default();
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![
            Field::new("count", TypeKind::BigInt.not_null()),
            Field::new("sum", S::state_type()),
            Field::new("squares", S::state_type()),
        ]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let moments = || groups.iter().map(|&group| self.groups.get(group as usize));
        Ok(vec![
            Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(
                moments().map(|m| m.count),
            )),
            Arc::new(PrimitiveArray::<S::Column>::from_iter_values(
                moments().map(|m| m.sum),
            )),
            Arc::new(PrimitiveArray::<S::Column>::from_iter_values(
                moments().map(|m| m.squares),
            )),
        ])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        let counts = state[0].as_primitive::<Int64Type>();
        let sums = state[1].as_primitive::<S::Column>();
        let squares = state[2].as_primitive::<S::Column>();
        for (row, &group) in groups.iter().enumerate() {
            let moments = self.groups.get_mut(group as usize);
            moments.count += counts.value(row);
            moments.sum = moments.sum.plus(sums.value(row));
            moments.squares = moments.squares.plus(squares.value(row));
        }
        Ok(())
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(Variance {
            groups: self.groups.freeze(),
            sample: self.sample,
            root: self.root,
            result: self.result.clone(),
        })
    }

    fn memory_size(&self) -> usize {
        self.groups.memory_size()
    }
}
