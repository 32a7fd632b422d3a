//! Makes values up, column by column.

use alpheus_dataflow::types::{timestamp_unit, units_per_millisecond};
use alpheus_dataflow::{OperatorResult, TypeKind};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::DatagenTable;
use super::fields::{FieldPlan, ValuePlan};
use crate::columns::print::integer;
use crate::columns::{Column, Values};
use crate::generator::RowMaker;
use crate::random::Random;

const MS_PER_DAY: i64 = 86_400_000;

/// Makes the rows of a table.
pub(super) struct DatagenMaker {
    schema: SchemaRef,
    /// The projected columns, each with the seed of its own.
    columns: Vec<(u64, FieldPlan)>,
    per_second: u64,
}

impl DatagenMaker {
    pub(super) fn new(table: &DatagenTable, projection: &[usize]) -> Self {
        let mut seeds = Random::new(table.seed);
        let seeds: Vec<u64> = table.plans.iter().map(|_| seeds.bits()).collect();
        DatagenMaker {
            schema: table.schema.project(projection).to_arrow(),
            columns: projection
                .iter()
                .filter_map(|&i| Some((*seeds.get(i)?, table.plans.get(i)?.clone())))
                .collect(),
            per_second: table.per_second,
        }
    }
}

impl RowMaker for DatagenMaker {
    fn name(&self) -> &str {
        "datagen"
    }

    fn make(&self, numbers: &[u64], base_ms: i64) -> OperatorResult<RecordBatch> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (seed, plan) in &self.columns {
            let mut column = Column::new(&plan.ty);
            for &number in numbers {
                let offset = u128::from(number) * 1_000 / u128::from(self.per_second);
                let row = Row {
                    number,
                    now_ms: base_ms.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX)),
                };
                push(&mut column, plan, &mut Random::for_row(*seed, number), row);
            }
            arrays.push(column.finish()?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(numbers.len()));
        Ok(RecordBatch::try_new_with_options(
            self.schema.clone(),
            arrays,
            &options,
        )?)
    }
}

/// What values may depend on.
#[derive(Clone, Copy)]
struct Row {
    number: u64,
    now_ms: i64,
}

/// Stores one value. A plan that does not fit the column's type, which reading it rules out, gives NULL.
fn push(column: &mut Column, plan: &FieldPlan, random: &mut Random, row: Row) {
    if plan.null_rate > 0.0 && random.unit() < plan.null_rate {
        column.push_null();
        return;
    }
    match (&plan.values, &mut column.values) {
        (ValuePlan::Sequence { start, .. }, values) => {
            let value = start.wrapping_add(row.number as i64);
            match values {
                Values::Int8(v) => v.push(value as i8),
                Values::Int16(v) => v.push(value as i16),
                Values::Int32(v) => v.push(value as i32),
                Values::Int64(v) => v.push(value),
                Values::Float32(v) => v.push(value as f32),
                Values::Float64(v) => v.push(value as f64),
                Values::Decimal(v) => {
                    let TypeKind::Decimal(precision, scale) = column.ty.kind else {
                        return column.push_null();
                    };
                    let unscaled = i128::from(value).checked_mul(10i128.pow(u32::from(scale)));
                    let limit = 10i128.pow(u32::from(precision));
                    match unscaled.filter(|unscaled| unscaled.abs() < limit) {
                        Some(unscaled) => v.push(unscaled),
                        None => return column.push_null(),
                    }
                }
                _ => {
                    let mut text = Vec::new();
                    integer(value, &mut text);
                    return column.push_bytes(&text);
                }
            }
        }
        (ValuePlan::Boolean, Values::Boolean(v)) => v.push(random.bits() & 1 == 1),
        (ValuePlan::Integer { least, most }, values) => {
            let value = random.between(*least, *most);
            match values {
                Values::Int8(v) => v.push(value as i8),
                Values::Int16(v) => v.push(value as i16),
                Values::Int32(v) => v.push(value as i32),
                Values::Int64(v) => v.push(value),
                _ => return column.push_null(),
            }
        }
        (ValuePlan::Float { least, most }, values) => {
            let unit = random.unit();
            // Weighted, because the distance of the bounds may overflow.
            let value = least * (1.0 - unit) + most * unit;
            match values {
                Values::Float32(v) => v.push(value as f32),
                Values::Float64(v) => v.push(value),
                _ => return column.push_null(),
            }
        }
        (ValuePlan::Decimal { least, most }, Values::Decimal(v)) => {
            let bits = (u128::from(random.bits()) << 64) | u128::from(random.bits());
            let width = most.wrapping_sub(*least) as u128;
            v.push(least + (bits % (width + 1)) as i128);
        }
        (ValuePlan::Text { length, varies }, Values::Text { .. }) => {
            let length = drawn_length(*length, *varies, random);
            let text: Vec<u8> = (0..length)
                .map(|_| b"0123456789abcdef"[random.below(16) as usize])
                .collect();
            return column.push_bytes(&text);
        }
        (ValuePlan::Bytes { length, varies }, Values::Binary { .. }) => {
            let length = drawn_length(*length, *varies, random);
            let bytes: Vec<u8> = (0..length).map(|_| random.bits() as u8).collect();
            return column.push_bytes(&bytes);
        }
        (ValuePlan::Time { max_past }, values) => {
            let ms = row.now_ms.saturating_sub(random.between(0, *max_past));
            match (values, &plan.ty.kind) {
                (Values::Int32(v), TypeKind::Date) => v.push(ms.div_euclid(MS_PER_DAY) as i32),
                (Values::Int32(v), _) => v.push(ms.rem_euclid(MS_PER_DAY) as i32),
                (Values::Int64(v), TypeKind::Time(_)) => {
                    v.push(ms.rem_euclid(MS_PER_DAY) * 1_000_000);
                }
                (Values::Int64(v), TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p)) => {
                    v.push(ms.saturating_mul(units_per_millisecond(timestamp_unit(*p))));
                }
                _ => return column.push_null(),
            }
        }
        (ValuePlan::Array { length, element }, Values::List { items, .. }) => {
            for _ in 0..*length {
                push(items, element, random, row);
            }
            return column.end_nested();
        }
        (ValuePlan::Map { length, key, value }, Values::Map { keys, values, .. }) => {
            for _ in 0..*length {
                push(keys, key, random, row);
                push(values, value, random, row);
            }
            return column.end_nested();
        }
        (ValuePlan::Row(plans), Values::Struct(children)) => {
            for (child, (_, plan)) in children.iter_mut().zip(plans) {
                push(child, plan, random, row);
            }
            return column.end_nested();
        }
        _ => return column.push_null(),
    }
    column.pushed();
}

fn drawn_length(length: u32, varies: bool, random: &mut Random) -> u32 {
    if varies && length > 1 {
        1 + random.below(u64::from(length)) as u32
    } else {
        length
    }
}
