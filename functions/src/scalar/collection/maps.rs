//! Functions of maps.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt64Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;
use hashbrown::HashMap;

use super::sets::{Pool, identities};
use crate::compile::Args;
use crate::scalar::map_array;

/// A list per map, of the given parts of its entries.
fn listed(args: &Args<'_>, parts: ArrayRef) -> OperatorResult<ArrayRef> {
    let DataType::List(field) = args.result.to_arrow() else {
        return Err(OperatorError::fatal(
            "a function of maps has to give an ARRAY",
        ));
    };
    let map = args.array(0).as_map();
    let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
    Ok(Arc::new(ListArray::try_new(field, offsets, parts, nulls)?))
}

pub(super) fn keys(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    listed(args, args.array(0).as_map().keys().clone())
}

pub(super) fn values(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    listed(args, args.array(0).as_map().values().clone())
}

pub(super) fn entries(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let map = args.array(0).as_map();
    let DataType::List(field) = args.result.to_arrow() else {
        return Err(OperatorError::fatal("MAP_ENTRIES has to give an ARRAY"));
    };
    let DataType::Struct(fields) = field.data_type() else {
        return Err(OperatorError::fatal(
            "MAP_ENTRIES has to give an ARRAY of ROW",
        ));
    };
    let columns = vec![map.keys().clone(), map.values().clone()];
    listed(
        args,
        Arc::new(StructArray::try_new(fields.clone(), columns, None)?),
    )
}

pub(super) fn from_arrays(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    // One pool cannot hold both: keys and values differ in type.
    let pair = |at: usize| Args {
        values: &args.values[at..=at],
        types: &args.types[at..=at],
        ..*args
    };
    let (key_args, value_args) = (pair(0), pair(1));
    let (keys, values) = (Pool::new(&key_args, 1)?, Pool::new(&value_args, 1)?);
    let (mut key_places, mut value_places) = (Vec::new(), Vec::new());
    let (mut sizes, mut valid) = (Vec::new(), Vec::new());
    for row in 0..args.rows {
        let both = keys.range(0, row).zip(values.range(0, row));
        valid.push(both.is_some());
        let (k, v) = both.unwrap_or((0..0, 0..0));
        if k.len() != v.len() {
            return Err(OperatorError::data(format!(
                "MAP_FROM_ARRAYS got {} keys and {} values; both have to be as many",
                k.len(),
                v.len()
            )));
        }
        if k.clone().any(|at| keys.values.is_null(at)) {
            return Err(OperatorError::data(
                "a key of a MAP is NULL; keys have to have values",
            ));
        }
        sizes.push(k.len());
        key_places.extend(k.map(|at| at as u64));
        value_places.extend(v.map(|at| at as u64));
    }
    map_array(
        args.result,
        take(&keys.values, &UInt64Array::from(key_places), None)?,
        take(&values.values, &UInt64Array::from(value_places), None)?,
        OffsetBuffer::from_lengths(sizes),
        Some(NullBuffer::from(valid)),
    )
}

pub(super) fn union(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let maps: Vec<&MapArray> = (0..args.len()).map(|at| args.array(at).as_map()).collect();
    let keys: Vec<&dyn Array> = maps.iter().map(|map| map.keys().as_ref()).collect();
    let values: Vec<&dyn Array> = maps.iter().map(|map| map.values().as_ref()).collect();
    let (keys, values) = (concat(&keys)?, concat(&values)?);
    let identities = identities(&keys)?;
    let (mut key_places, mut value_places) = (Vec::new(), Vec::new());
    let (mut sizes, mut valid) = (Vec::new(), Vec::new());
    let mut known: HashMap<u64, usize> = HashMap::new();
    for row in 0..args.rows {
        let place = |at: usize| match args.values[at].is_constant() {
            true => 0,
            false => row,
        };
        known.clear();
        let before = key_places.len();
        let all = maps
            .iter()
            .enumerate()
            .all(|(at, map)| map.is_valid(place(at)));
        valid.push(all);
        let mut base = 0;
        for (at, map) in maps.iter().enumerate().filter(|_| all) {
            let (row, offsets) = (place(at), map.value_offsets());
            for entry in offsets[row] as usize..offsets[row + 1] as usize {
                let entry = base + entry;
                let next = value_places.len();
                let position = *known.entry(identities[entry]).or_insert(next);
                if position == next {
                    key_places.push(entry as u64);
                    value_places.push(entry as u64);
                } else {
                    value_places[position] = entry as u64;
                }
            }
            base += map.keys().len();
        }
        sizes.push(key_places.len() - before);
    }
    map_array(
        args.result,
        take(&keys, &UInt64Array::from(key_places), None)?,
        take(&values, &UInt64Array::from(value_places), None)?,
        OffsetBuffer::from_lengths(sizes),
        Some(NullBuffer::from(valid)),
    )
}
