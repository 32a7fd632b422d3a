//! VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP and their short names.
//!
//! All are made of the number of values and of the sum of squares of their distances from the mean, `M2`, as Flink 2.3 makes
//! them (`WelfordM2AggFunction`). Flink computes M2 in doubles. So do we for FLOAT, DOUBLE and DECIMAL, by Welford's updates,
//! which can be taken back and merged (Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample
//! variances, 1979). For integers the sums are exact, so that a result does not depend on the order of rows, nor on rows that
//! came and went. The result is cast to the argument's type at the very end, which cuts integers.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use super::Accumulator;
use crate::cast::CastPlan;
use crate::compile::Session;

/// What M2 is computed from, beside the number of values.
trait Moments: Copy + Default + Send + Sync + 'static {
    /// What the argument is cast to.
    type Value: ArrowPrimitiveType;
    const VALUE: DataType;
    /// What each of the two numbers is stored as.
    type Stored: ArrowPrimitiveType;
    fn stored_type() -> LogicalType;
    const NAMES: [&'static str; 2];

    /// With a value more, the `count`th.
    fn add(&mut self, count: i64, value: <Self::Value as ArrowPrimitiveType>::Native);
    /// Without a value that was added, which leaves `count`.
    fn remove(&mut self, count: i64, value: <Self::Value as ArrowPrimitiveType>::Native);
    /// With those of `others` values, beside `count` of its own.
    fn merge(&mut self, count: i64, other: Self, others: i64);
    /// M2 of `count` values, at least one.
    fn m2(&self, count: i64) -> f64;

    fn store(&self) -> [<Self::Stored as ArrowPrimitiveType>::Native; 2];
    fn load(stored: [<Self::Stored as ArrowPrimitiveType>::Native; 2]) -> Self;
}

#[derive(Clone, Copy, Default)]
struct Doubles {
    mean: f64,
    m2: f64,
}

impl Moments for Doubles {
    type Value = Float64Type;
    const VALUE: DataType = DataType::Float64;
    type Stored = Float64Type;
    fn stored_type() -> LogicalType {
        TypeKind::Double.not_null()
    }
    const NAMES: [&'static str; 2] = ["mean", "m2"];

    fn add(&mut self, count: i64, value: f64) {
        let distance = value - self.mean;
        self.mean += distance / count as f64;
        self.m2 += distance * (value - self.mean);
    }

    fn remove(&mut self, count: i64, value: f64) {
        if count == 0 {
            *self = Doubles::default();
            return;
        }
        let distance = value - self.mean;
        self.mean -= distance / count as f64;
        self.m2 -= distance * (value - self.mean);
    }

    fn merge(&mut self, count: i64, other: Doubles, others: i64) {
        let all = (count + others) as f64;
        if others == 0 || all == 0.0 {
            return;
        }
        let distance = other.mean - self.mean;
        let (count, others) = (count as f64, others as f64);
        self.mean += distance * (others / all);
        self.m2 += other.m2 + distance * distance * (count * others / all);
    }

    fn m2(&self, _: i64) -> f64 {
        // Taking values back can leave a tiny negative number.
        if self.m2 < 0.0 { 0.0 } else { self.m2 }
    }

    fn store(&self) -> [f64; 2] {
        [self.mean, self.m2]
    }

    fn load([mean, m2]: [f64; 2]) -> Doubles {
        Doubles { mean, m2 }
    }
}

/// Both wrap: M2 comes out right as long as it has fewer than 128 bits itself.
#[derive(Clone, Copy, Default)]
struct Integers {
    sum: i128,
    squares: i128,
}

impl Moments for Integers {
    type Value = Int64Type;
    const VALUE: DataType = DataType::Int64;
    type Stored = Decimal128Type;
    fn stored_type() -> LogicalType {
        TypeKind::Decimal(38, 0).not_null()
    }
    const NAMES: [&'static str; 2] = ["sum", "squares"];

    fn add(&mut self, _: i64, value: i64) {
        let value = i128::from(value);
        self.sum = self.sum.wrapping_add(value);
        self.squares = self.squares.wrapping_add(value.wrapping_mul(value));
    }

    fn remove(&mut self, _: i64, value: i64) {
        let value = i128::from(value);
        self.sum = self.sum.wrapping_sub(value);
        self.squares = self.squares.wrapping_sub(value.wrapping_mul(value));
    }

    fn merge(&mut self, _: i64, other: Integers, _: i64) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.squares = self.squares.wrapping_add(other.squares);
    }

    /// With sum = count * mean + rest in whole numbers, sum² / count is mean * (sum + rest) + rest² / count.
    fn m2(&self, count: i64) -> f64 {
        let count = i128::from(count);
        let (mean, rest) = (self.sum.div_euclid(count), self.sum.rem_euclid(count));
        let whole = self
            .squares
            .wrapping_sub(mean.wrapping_mul(self.sum.wrapping_add(rest)));
        whole as f64 - (rest * rest) as f64 / count as f64
    }

    fn store(&self) -> [i128; 2] {
        [self.sum, self.squares]
    }

    fn load([sum, squares]: [i128; 2]) -> Integers {
        Integers { sum, squares }
    }
}

#[derive(Clone, Copy, Default)]
struct Group<M> {
    count: i64,
    moments: M,
}

struct Variance<M> {
    groups: CowVec<Group<M>>,
    sample: bool,
    root: bool,
    /// DOUBLE to the type of the result; NULL where a DECIMAL has no place for it.
    cast: Arc<CastPlan>,
}

/// The function that the call names.
pub(super) fn create(call: &AggregateCall) -> OperatorResult<Box<dyn Accumulator>> {
    let argument = &call.arg_types[0];
    if !argument.kind.is_numeric() {
        return Err(OperatorError::fatal(format!(
            "{} needs a number, not {argument}",
            call.function
        )));
    }
    Ok(match argument.kind.is_integer() {
        true => Box::new(Variance::<Integers>::new(call)?),
        false => Box::new(Variance::<Doubles>::new(call)?),
    })
}

impl<M: Moments> Variance<M> {
    fn new(call: &AggregateCall) -> OperatorResult<Self> {
        let double = TypeKind::Double.nullable();
        // Numbers know no zone.
        let session = SessionSettings {
            time_zone: "UTC".to_owned(),
            planned_at: 0,
            bounded: false,
        };
        let session = Arc::new(Session::new(&session)?);
        Ok(Variance {
            groups: CowVec::default(),
            sample: !call.function.ends_with("_POP"),
            root: call.function.starts_with("STDDEV"),
            cast: Arc::new(CastPlan::new(&double, &call.ty, true, &session)?),
        })
    }

    fn each(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        apply: impl Fn(&mut Group<M>, <M::Value as ArrowPrimitiveType>::Native),
    ) -> OperatorResult<()> {
        let column = cast_with_options(&args[0], &M::VALUE, &CastOptions::default())?;
        let column = column.as_primitive::<M::Value>();
        for (row, &group) in groups.iter().enumerate() {
            if column.is_valid(row) {
                apply(self.groups.get_mut(group as usize), column.value(row));
            }
        }
        Ok(())
    }
}

impl<M: Moments> Accumulator for Variance<M> {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.each(args, groups, |group, value| {
            group.count += 1;
            group.moments.add(group.count, value);
        })
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.each(args, groups, |group, value| {
            group.count -= 1;
            group.moments.remove(group.count, value);
        })
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let results: PrimitiveArray<Float64Type> = groups
            .iter()
            .map(|&group| {
                let group = self.groups.get(group as usize);
                let divisor = group.count - i64::from(self.sample);
                (group.count > 0 && divisor > 0).then(|| {
                    let variance = group.moments.m2(group.count) / divisor as f64;
                    if self.root { variance.sqrt() } else { variance }
                })
            })
            .collect();
        let results: ArrayRef = Arc::new(results);
        self.cast.apply(&results)
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = Group::default();
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        let [first, second] = M::NAMES;
        vec![
            Field::new("count", TypeKind::BigInt.not_null()),
            Field::new(first, M::stored_type()),
            Field::new(second, M::stored_type()),
        ]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let groups = || groups.iter().map(|&group| self.groups.get(group as usize));
        let stored = |at: usize| -> ArrayRef {
            let values = groups().map(|group| group.moments.store()[at]);
            let values = PrimitiveArray::<M::Stored>::from_iter_values(values);
            Arc::new(values.with_data_type(M::stored_type().to_arrow()))
        };
        let counts = groups().map(|group| group.count);
        Ok(vec![
            Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(counts)),
            stored(0),
            stored(1),
        ])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        let counts = state[0].as_primitive::<Int64Type>();
        let first = state[1].as_primitive::<M::Stored>();
        let second = state[2].as_primitive::<M::Stored>();
        for (row, &group) in groups.iter().enumerate() {
            let group = self.groups.get_mut(group as usize);
            let other = M::load([first.value(row), second.value(row)]);
            group.moments.merge(group.count, other, counts.value(row));
            group.count += counts.value(row);
        }
        Ok(())
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(Variance {
            groups: self.groups.freeze(),
            sample: self.sample,
            root: self.root,
            cast: Arc::clone(&self.cast),
        })
    }

    fn memory_size(&self) -> usize {
        self.groups.memory_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of<M: Moments>(values: &[<M::Value as ArrowPrimitiveType>::Native]) -> M {
        let mut moments = M::default();
        for (at, &value) in values.iter().enumerate() {
            moments.add(at as i64 + 1, value);
        }
        moments
    }

    #[test]
    fn distances_from_a_large_mean_are_not_lost() {
        let values = [1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0];
        assert!((of::<Doubles>(&values).m2(3) - 2.0).abs() < 1e-6);
        assert_eq!(of::<Integers>(&[i64::MAX, i64::MAX - 1]).m2(2), 0.5);
        assert_eq!(of::<Integers>(&[1, 2, 3, 4, 5, 6]).m2(6), 17.5);
    }

    proptest! {
        #[test]
        fn what_is_taken_back_or_merged_counts_the_same(
            kept in prop::collection::vec(-1000i64..1000, 1..20),
            gone in prop::collection::vec(-1000i64..1000, 0..20),
            cut in 0usize..20,
        ) {
            let count = kept.len() as i64;
            let expected = of::<Integers>(&kept).m2(count);
            let doubles: Vec<f64> = kept.iter().map(|&value| value as f64).collect();
            let mut moments = of::<Doubles>(&doubles);
            for (at, &value) in gone.iter().enumerate() {
                moments.add(count + at as i64 + 1, value as f64);
            }
            for (at, &value) in gone.iter().enumerate().rev() {
                moments.remove(count + at as i64, value as f64);
            }
            let near = |m2: f64| (m2 - expected).abs() <= 1e-6 * expected.max(1.0);
            prop_assert!(near(moments.m2(count)));
            let (left, right) = doubles.split_at(cut.min(doubles.len()));
            let mut moments = of::<Doubles>(left);
            moments.merge(left.len() as i64, of::<Doubles>(right), right.len() as i64);
            prop_assert!(near(moments.m2(count)));
        }
    }
}
