//! MIN, MAX, FIRST_VALUE and LAST_VALUE over insert-only input: one kept value a group.
//!
//! Numbers, dates and times are kept as they are, texts by their bytes; everything else as bytes in value order
//! ([`TupleCodec`]). NULL is never chosen (also by FIRST_VALUE and LAST_VALUE, as in Flink).
//! Of doubles NaN is the greatest, and -0.0 is below 0.0.

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::tuple::TupleCodec;
use alpheus_dataflow::{LogicalType, OperatorResult, TypeKind};
use arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray, StringArray,
    new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64NanosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

use super::{Accumulator, not_retractable};

/// Which value of a group is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Min,
    Max,
    First,
    Last,
}

impl Choice {
    #[inline]
    fn replaces(self, order: impl FnOnce() -> std::cmp::Ordering) -> bool {
        match self {
            Choice::Min => order().is_lt(),
            Choice::Max => order().is_gt(),
            Choice::First => false,
            Choice::Last => true,
        }
    }
}

/// The function for values of this type.
pub(super) fn create(ty: &LogicalType, choice: Choice) -> OperatorResult<Box<dyn Accumulator>> {
    fn make<T: ArrowPrimitiveType>(ty: &LogicalType, choice: Choice) -> Box<dyn Accumulator> {
        Box::new(PickNumber::<T> {
            groups: CowVec::default(),
            choice,
            ty: ty.clone(),
        })
    }
    Ok(match ty.to_arrow() {
        DataType::Boolean | DataType::Int8 => make::<Int8Type>(ty, choice),
        DataType::Int16 => make::<Int16Type>(ty, choice),
        DataType::Int32 => make::<Int32Type>(ty, choice),
        DataType::Int64 => make::<Int64Type>(ty, choice),
        DataType::Float32 => make::<Float32Type>(ty, choice),
        DataType::Float64 => make::<Float64Type>(ty, choice),
        DataType::Decimal128(..) => make::<Decimal128Type>(ty, choice),
        DataType::Date32 => make::<Date32Type>(ty, choice),
        DataType::Time32(_) => make::<Time32MillisecondType>(ty, choice),
        DataType::Time64(_) => make::<Time64NanosecondType>(ty, choice),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            make::<TimestampMillisecondType>(ty, choice)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            make::<TimestampMicrosecondType>(ty, choice)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => make::<TimestampNanosecondType>(ty, choice),
        DataType::Duration(_) => make::<DurationMillisecondType>(ty, choice),
        other => Box::new(PickBytes {
            groups: CowVec::default(),
            choice,
            ty: ty.clone(),
            codec: match other {
                DataType::Utf8 => None,
                _ => Some(TupleCodec::new(std::slice::from_ref(ty))?),
            },
        }),
    })
}

struct PickNumber<T: ArrowPrimitiveType> {
    groups: CowVec<Option<T::Native>>,
    choice: Choice,
    ty: LogicalType,
}

impl<T: ArrowPrimitiveType> PickNumber<T> {
    fn update(&mut self, column: &ArrayRef, groups: &[u32]) -> OperatorResult<()> {
        let converted;
        let column = if self.ty.kind == TypeKind::Boolean {
            converted = cast(column, &DataType::Int8)?;
            converted.as_primitive::<T>()
        } else {
            column.as_primitive::<T>()
        };
        let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0);
        for (row, (&group, &value)) in groups.iter().zip(column.values()).enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let kept = self.groups.get_mut(group as usize);
            match kept {
                None => *kept = Some(value),
                Some(old) => {
                    if self.choice.replaces(|| value.compare(*old)) {
                        *old = value;
                    }
                }
            }
        }
        Ok(())
    }

    fn values(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let values: PrimitiveArray<T> = groups
            .iter()
            .map(|&group| *self.groups.get(group as usize))
            .collect();
        if self.ty.kind == TypeKind::Boolean {
            return Ok(cast(&values, &DataType::Boolean)?);
        }
        Ok(Arc::new(values.with_data_type(self.ty.to_arrow())))
    }
}

impl<T: ArrowPrimitiveType> Accumulator for PickNumber<T> {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.update(&args[0], groups)
    }

    fn retract(&mut self, _args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        refuse_retraction(self.choice, groups)
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        self.values(groups)
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = None;
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![Field::new("value", self.ty.with_nullable(true))]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        Ok(vec![self.values(groups)?])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        self.update(&state[0], groups)
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(PickNumber::<T> {
            groups: self.groups.freeze(),
            choice: self.choice,
            ty: self.ty.clone(),
        })
    }

    fn memory_size(&self) -> usize {
        self.groups.memory_size()
    }
}

struct PickBytes {
    groups: CowVec<Option<Arc<[u8]>>>,
    choice: Choice,
    ty: LogicalType,
    /// None of texts.
    codec: Option<TupleCodec>,
}

impl PickBytes {
    fn update(&mut self, column: &ArrayRef, groups: &[u32]) -> OperatorResult<()> {
        let Some(codec) = &self.codec else {
            let texts = column.as_string::<i32>();
            let value = |row: usize| texts.value(row).as_bytes();
            self.pick(groups, column.nulls(), value);
            return Ok(());
        };
        let rows = codec.encode(std::slice::from_ref(column))?;
        let nulls = column.logical_nulls();
        self.pick(groups, nulls.as_ref(), |row| rows.row(row).data());
        Ok(())
    }

    fn pick<'v>(
        &mut self,
        groups: &[u32],
        nulls: Option<&NullBuffer>,
        value: impl Fn(usize) -> &'v [u8],
    ) {
        for (row, &group) in groups.iter().enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let value = value(row);
            match self.groups.get_mut(group as usize) {
                none @ None => *none = Some(value.into()),
                Some(old) => {
                    if self.choice.replaces(|| value.cmp(&**old)) && **old != *value {
                        match Arc::get_mut(old) {
                            Some(old) if old.len() == value.len() => old.copy_from_slice(value),
                            _ => *old = value.into(),
                        }
                    }
                }
            }
        }
    }

    fn values(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let kept = groups
            .iter()
            .map(|&group| self.groups.get(group as usize).as_deref());
        let Some(codec) = &self.codec else {
            let texts = kept.map(|kept| kept.and_then(|bytes| std::str::from_utf8(bytes).ok()));
            return Ok(Arc::new(texts.collect::<StringArray>()));
        };
        // NULL in the same encoding stands for "none".
        let null = codec.encode(&[new_null_array(&self.ty.to_arrow(), 1)])?;
        let null_row = null.row(0);
        let null: &[u8] = null_row.as_ref();
        let mut columns = codec.decode(kept.map(|kept| kept.unwrap_or(null)))?;
        Ok(columns.remove(0))
    }
}

impl Accumulator for PickBytes {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.update(&args[0], groups)
    }

    fn retract(&mut self, _args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        refuse_retraction(self.choice, groups)
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        self.values(groups)
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = None;
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![Field::new("value", self.ty.with_nullable(true))]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        Ok(vec![self.values(groups)?])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        self.update(&state[0], groups)
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(PickBytes {
            groups: self.groups.freeze(),
            choice: self.choice,
            ty: self.ty.clone(),
            codec: self.codec.clone(),
        })
    }

    fn memory_size(&self) -> usize {
        let bytes: usize = self.groups.iter().flatten().map(|value| value.len()).sum();
        self.groups.memory_size() + bytes
    }
}

fn refuse_retraction(choice: Choice, groups: &[u32]) -> OperatorResult<()> {
    if groups.is_empty() {
        return Ok(());
    }
    Err(not_retractable(match choice {
        Choice::Min => "MIN",
        Choice::Max => "MAX",
        Choice::First => "FIRST_VALUE",
        Choice::Last => "LAST_VALUE",
    }))
}
