//! Functions that keep all values of a group in order: ARRAY_AGG, LISTAGG, JSON_ARRAYAGG,
//! JSON_OBJECTAGG, FIRST_VALUE and LAST_VALUE with retraction, and SINGLE_VALUE (a sub-query as a value).
//!
//! A retraction removes the first occurrence of the value, as Flink's do.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::tuple::TupleCodec;
use alpheus_dataflow::types::element_field;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, StringBuilder, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;

use super::multiset::list_of_rows;
use super::{Accumulator, json};

/// What is made of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    First,
    Last,
    Array,
    /// The only value; more are an error.
    Single,
    Joined,
    JsonArray {
        keep_null: bool,
    },
    JsonObject {
        keep_null: bool,
    },
}

impl Finish {
    fn skips_null(self) -> bool {
        !matches!(
            self,
            Finish::Array
                | Finish::Single
                | Finish::JsonArray { keep_null: true }
                | Finish::JsonObject { .. }
        )
    }
}

type Values = Arc<Vec<Arc<[u8]>>>;

struct ListFunction {
    codec: TupleCodec,
    groups: CowVec<Values>,
    finish: Finish,
}

/// The function for the call's types.
pub(super) fn create(call: &AggregateCall, finish: Finish) -> OperatorResult<Box<dyn Accumulator>> {
    if !call.order_by.is_empty() {
        return Err(OperatorError::fatal(format!(
            "ORDER BY inside {} is not supported",
            call.function
        )));
    }
    Ok(Box::new(ListFunction {
        codec: TupleCodec::new(&call.arg_types)?,
        groups: CowVec::default(),
        finish,
    }))
}

impl ListFunction {
    fn values(&self, group: u32) -> &[Arc<[u8]>] {
        self.groups.get(group as usize)
    }

    /// All tuples of the groups as columns, with each group's share.
    fn decode(&self, groups: &[u32]) -> OperatorResult<(OffsetBuffer<i32>, Vec<ArrayRef>)> {
        let offsets =
            OffsetBuffer::from_lengths(groups.iter().map(|&group| self.values(group).len()));
        let tuples = groups.iter().flat_map(|&group| self.values(group));
        Ok((offsets, self.codec.decode(tuples.map(|tuple| &**tuple))?))
    }

    fn state_type(&self) -> LogicalType {
        let types = self.codec.types().iter().enumerate();
        let fields = types
            .map(|(i, ty)| Field::new(format!("v{i}"), ty.with_nullable(true)))
            .collect();
        TypeKind::Array(Box::new(TypeKind::Row(fields).not_null())).not_null()
    }
}

impl Accumulator for ListFunction {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        let rows = self.codec.encode(args)?;
        let nulls = args[0].logical_nulls().filter(|_| self.finish.skips_null());
        for (row, &group) in groups.iter().enumerate() {
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                let values = self.groups.get_mut(group as usize);
                Arc::make_mut(values).push(rows.row(row).as_ref().into());
            }
        }
        Ok(())
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        let rows = self.codec.encode(args)?;
        for (row, &group) in groups.iter().enumerate() {
            let encoded = rows.row(row);
            let value: &[u8] = encoded.as_ref();
            let values = Arc::make_mut(self.groups.get_mut(group as usize));
            if let Some(position) = values.iter().position(|kept| **kept == *value) {
                values.remove(position);
            }
        }
        Ok(())
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let (offsets, columns) = self.decode(groups)?;
        let spans = || {
            offsets
                .windows(2)
                .map(|pair| pair[0] as usize..pair[1] as usize)
        };
        match self.finish {
            Finish::First | Finish::Last => {
                let positions: UInt32Array = spans()
                    .map(|span| {
                        let position = if self.finish == Finish::First {
                            span.clone().next()
                        } else {
                            span.clone().next_back()
                        };
                        position.map(|position| position as u32)
                    })
                    .collect();
                Ok(take(&columns[0], &positions, None)?)
            }
            Finish::Single => {
                if spans().any(|span| span.len() > 1) {
                    return Err(OperatorError::data(
                        "a sub-query that stands for a value gave more than one row; aggregate in it, \
                         or make its condition select one",
                    ));
                }
                let positions: UInt32Array = spans()
                    .map(|mut span| span.next().map(|position| position as u32))
                    .collect();
                Ok(take(&columns[0], &positions, None)?)
            }
            Finish::Array => {
                let nulls: NullBuffer = spans().map(|span| !span.is_empty()).collect();
                Ok(Arc::new(ListArray::try_new(
                    element_field(&self.codec.types()[0]),
                    offsets.clone(),
                    columns[0].clone(),
                    Some(nulls),
                )?))
            }
            Finish::Joined => {
                let texts = columns[0].as_string::<i32>();
                let separators = columns.get(1).map(|column| column.as_string::<i32>());
                let mut joined = StringBuilder::new();
                let mut text = String::new();
                for span in spans() {
                    if span.is_empty() {
                        joined.append_null();
                        continue;
                    }
                    text.clear();
                    for entry in span.clone() {
                        if entry > span.start {
                            text.push_str(separators.map_or(",", |texts| texts.value(entry)));
                        }
                        text.push_str(texts.value(entry));
                    }
                    joined.append_value(&text);
                }
                Ok(Arc::new(joined.finish()))
            }
            Finish::JsonArray { .. } => {
                let texts: Result<Vec<String>, _> =
                    spans().map(|span| json::array(&columns[0], span)).collect();
                Ok(Arc::new(StringArray::from(texts?)))
            }
            Finish::JsonObject { keep_null } => {
                let texts: Result<Vec<String>, _> = spans()
                    .map(|span| json::object(&columns[0], &columns[1], span, keep_null))
                    .collect();
                Ok(Arc::new(StringArray::from(texts?)))
            }
        }
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = Values::default();
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![Field::new("values", self.state_type())]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let (offsets, columns) = self.decode(groups)?;
        Ok(vec![list_of_rows(&self.state_type(), offsets, columns)?])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        let list = state[0].as_list::<i32>();
        let rows = self.codec.encode(list.values().as_struct().columns())?;
        let offsets = list.value_offsets();
        for (row, &group) in groups.iter().enumerate() {
            let values = Arc::make_mut(self.groups.get_mut(group as usize));
            let entries = offsets[row] as usize..offsets[row + 1] as usize;
            values.extend(entries.map(|entry| Arc::<[u8]>::from(rows.row(entry).as_ref())));
        }
        Ok(())
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(ListFunction {
            codec: self.codec.clone(),
            groups: self.groups.freeze(),
            finish: self.finish,
        })
    }

    fn memory_size(&self) -> usize {
        let values: usize = self
            .groups
            .iter()
            .flat_map(|values| values.iter())
            .map(|value| value.len() + 32)
            .sum();
        self.groups.memory_size() + values
    }
}
