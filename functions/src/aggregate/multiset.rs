//! How often each value occurs in each group, in value order: what MIN and MAX with retraction,
//! COLLECT, PERCENTILE and DISTINCT are made of.
//!
//! Single integer-like columns are kept as `i64`, all other tuples as bytes in value order. Each group
//! has its own map behind an `Arc`, so that after a freeze only groups that change are copied. Who needs
//! no order, as DISTINCT, counts in a [`Hashed`] map.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::fixed;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::tuple::TupleCodec;
use alpheus_dataflow::types::element_field;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, ListArray, MapArray,
    StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::row::Rows;
use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use super::Accumulator;

/// Counts by key, in an order or in none.
pub(super) trait CountMap<K>: Default + Clone + Send + Sync + 'static {
    fn count_mut<Q: ?Sized + Ord + Hash>(&mut self, key: &Q) -> Option<&mut i64>
    where
        K: Borrow<Q>;
    fn insert(&mut self, key: K, count: i64);
    fn remove<Q: ?Sized + Ord + Hash>(&mut self, key: &Q)
    where
        K: Borrow<Q>;
    fn entries<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a i64)>
    where
        K: 'a;
    fn len(&self) -> usize;
}

impl<K: Ord + Clone + Send + Sync + 'static> CountMap<K> for BTreeMap<K, i64> {
    fn count_mut<Q: ?Sized + Ord + Hash>(&mut self, key: &Q) -> Option<&mut i64>
    where
        K: Borrow<Q>,
    {
        self.get_mut(key)
    }

    fn insert(&mut self, key: K, count: i64) {
        BTreeMap::insert(self, key, count);
    }

    fn remove<Q: ?Sized + Ord + Hash>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        BTreeMap::remove(self, key);
    }

    fn entries<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a i64)>
    where
        K: 'a,
    {
        self.iter()
    }

    fn len(&self) -> usize {
        BTreeMap::len(self)
    }
}

/// Counts in no order.
pub(super) type Hashed<K> = HashMap<<K as Keys>::Key, i64>;

impl<K: Hash + Eq + Clone + Send + Sync + 'static> CountMap<K> for HashMap<K, i64> {
    #[inline]
    fn count_mut<Q: ?Sized + Ord + Hash>(&mut self, key: &Q) -> Option<&mut i64>
    where
        K: Borrow<Q>,
    {
        self.get_mut(key)
    }

    fn insert(&mut self, key: K, count: i64) {
        HashMap::insert(self, key, count);
    }

    fn remove<Q: ?Sized + Ord + Hash>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        HashMap::remove(self, key);
    }

    fn entries<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a i64)>
    where
        K: 'a,
    {
        self.iter()
    }

    fn len(&self) -> usize {
        HashMap::len(self)
    }
}

/// How tuples of argument values become keys of maps.
pub(super) trait Keys: Clone + Send + Sync + 'static {
    type Key: Ord + Hash + Clone + Send + Sync + 'static;
    type Batch;
    fn types(&self) -> &[LogicalType];
    fn encode(&self, args: &[ArrayRef]) -> OperatorResult<Self::Batch>;
    /// Adds `by` to the count of the tuple in `row` and gives it before and after.
    fn add<M: CountMap<Self::Key>>(
        counts: &mut M,
        batch: &Self::Batch,
        row: usize,
        by: i64,
    ) -> (i64, i64);
    /// The value of the tuple in `row`, `none` where it is new.
    fn value_mut<'m, V: Clone>(
        map: &'m mut HashMap<Self::Key, V>,
        batch: &Self::Batch,
        row: usize,
        none: &V,
    ) -> &'m mut V;
    /// Forgets the tuple in `row`.
    fn remove<V>(map: &mut HashMap<Self::Key, V>, batch: &Self::Batch, row: usize);
    fn decode<'a>(
        &self,
        keys: impl Iterator<Item = Option<&'a Self::Key>>,
    ) -> OperatorResult<Vec<ArrayRef>>;
}

/// Adds `by` to the count of `key` and gives it before and after; no key has a count of 0.
#[inline]
fn add<K: Borrow<Q>, Q: ?Sized + Ord + Hash, M: CountMap<K>>(
    counts: &mut M,
    key: &Q,
    owned: impl FnOnce() -> K,
    by: i64,
) -> (i64, i64) {
    let Some(count) = counts.count_mut(key) else {
        if by != 0 {
            counts.insert(owned(), by);
        }
        return (0, by);
    };
    let before = *count;
    *count += by;
    let after = *count;
    if after == 0 {
        counts.remove(key);
    }
    (before, after)
}

/// One integer-like column.
#[derive(Clone)]
pub(super) struct IntegerKeys([LogicalType; 1]);

impl IntegerKeys {
    /// The value in `row`, none for NULL.
    #[inline]
    pub(super) fn key(
        (values, nulls): &(ScalarBuffer<i64>, Option<NullBuffer>),
        row: usize,
    ) -> Option<i64> {
        let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        valid.then(|| values[row])
    }
}

impl Keys for IntegerKeys {
    type Key = Option<i64>;
    type Batch = (ScalarBuffer<i64>, Option<NullBuffer>);

    #[inline]
    fn value_mut<'m, V: Clone>(
        map: &'m mut HashMap<Option<i64>, V>,
        batch: &Self::Batch,
        row: usize,
        none: &V,
    ) -> &'m mut V {
        map.entry(Self::key(batch, row))
            .or_insert_with(|| none.clone())
    }

    fn remove<V>(map: &mut HashMap<Option<i64>, V>, batch: &Self::Batch, row: usize) {
        map.remove(&Self::key(batch, row));
    }

    fn types(&self) -> &[LogicalType] {
        &self.0
    }

    fn encode(&self, args: &[ArrayRef]) -> OperatorResult<Self::Batch> {
        fixed::to_i64(&args[0]).ok_or_else(|| {
            OperatorError::fatal(format!(
                "an aggregate over {} got a column of type {}",
                self.0[0],
                args[0].data_type()
            ))
        })
    }

    #[inline]
    fn add<M: CountMap<Option<i64>>>(
        counts: &mut M,
        batch: &Self::Batch,
        row: usize,
        by: i64,
    ) -> (i64, i64) {
        let key = Self::key(batch, row);
        add(counts, &key, || key, by)
    }

    fn decode<'a>(
        &self,
        keys: impl Iterator<Item = Option<&'a Option<i64>>>,
    ) -> OperatorResult<Vec<ArrayRef>> {
        let values = keys.map(|key| key.copied().flatten());
        let column = fixed::from_i64(values, &self.0[0].to_arrow())
            .expect("IntegerKeys are only made for integer-like types");
        Ok(vec![column])
    }
}

/// Any tuple.
#[derive(Clone)]
pub(super) struct ByteKeys {
    codec: TupleCodec,
    null: Arc<[u8]>,
}

impl Keys for ByteKeys {
    type Key = Arc<[u8]>;
    type Batch = Rows;

    #[inline]
    fn value_mut<'m, V: Clone>(
        map: &'m mut HashMap<Arc<[u8]>, V>,
        rows: &Rows,
        row: usize,
        none: &V,
    ) -> &'m mut V {
        let row = rows.row(row);
        let key: &[u8] = row.as_ref();
        match map.entry_ref(key) {
            EntryRef::Occupied(entry) => entry.into_mut(),
            EntryRef::Vacant(entry) => entry.insert_with_key(key.into(), none.clone()),
        }
    }

    fn remove<V>(map: &mut HashMap<Arc<[u8]>, V>, rows: &Rows, row: usize) {
        map.remove(rows.row(row).as_ref());
    }

    fn types(&self) -> &[LogicalType] {
        self.codec.types()
    }

    fn encode(&self, args: &[ArrayRef]) -> OperatorResult<Rows> {
        self.codec.encode(args)
    }

    #[inline]
    fn add<M: CountMap<Arc<[u8]>>>(counts: &mut M, rows: &Rows, row: usize, by: i64) -> (i64, i64) {
        let row = rows.row(row);
        let key: &[u8] = row.as_ref();
        add(counts, key, || key.into(), by)
    }

    fn decode<'a>(
        &self,
        keys: impl Iterator<Item = Option<&'a Arc<[u8]>>>,
    ) -> OperatorResult<Vec<ArrayRef>> {
        self.codec
            .decode(keys.map(|key| &**key.unwrap_or(&self.null)))
    }
}

/// Either kind of keys, as the types ask for.
pub(super) enum AnyKeys {
    Integer(IntegerKeys),
    Bytes(ByteKeys),
}

/// The keys for tuples of these types.
pub(super) fn keys_for(types: &[LogicalType]) -> OperatorResult<AnyKeys> {
    if let [ty] = types
        && fixed::is_integer_like(&ty.to_arrow())
    {
        return Ok(AnyKeys::Integer(IntegerKeys([ty.clone()])));
    }
    let codec = TupleCodec::new(types)?;
    let nulls: Vec<ArrayRef> = types
        .iter()
        .map(|ty| new_null_array(&ty.to_arrow(), 1))
        .collect();
    let null = codec.encode(&nulls)?.row(0).as_ref().into();
    Ok(AnyKeys::Bytes(ByteKeys { codec, null }))
}

/// Value counts of many groups.
pub(super) struct Counts<K: Keys, M = BTreeMap<<K as Keys>::Key, i64>> {
    pub(super) keys: K,
    groups: CowVec<Arc<M>>,
}

impl<K: Keys, M: CountMap<K::Key>> Counts<K, M> {
    pub(super) fn new(keys: K) -> Self {
        Counts {
            keys,
            groups: CowVec::default(),
        }
    }

    pub(super) fn resize(&mut self, groups: usize) {
        self.groups.resize(groups);
    }

    pub(super) fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.groups.get_mut(group as usize) = Arc::default();
        }
    }

    pub(super) fn is_empty(&self, group: u32) -> bool {
        self.groups.get(group as usize).len() == 0
    }

    pub(super) fn freeze(&mut self) -> Self {
        Counts {
            keys: self.keys.clone(),
            groups: self.groups.freeze(),
        }
    }

    pub(super) fn memory_size(&self) -> usize {
        let entry = size_of::<(K::Key, i64)>() + 16;
        let entries: usize = self.groups.iter().map(|counts| counts.len()).sum();
        self.groups.memory_size() + entries * entry
    }

    /// Adds `by` for each row that `wanted` lets through, and reports counts before and after.
    pub(super) fn add(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        by: i64,
        wanted: impl Fn(usize) -> bool,
        mut changed: impl FnMut(usize, i64, i64),
    ) -> OperatorResult<()> {
        let batch = self.keys.encode(args)?;
        for (row, &group) in groups.iter().enumerate() {
            if wanted(row) {
                let counts = Arc::make_mut(self.groups.get_mut(group as usize));
                let (before, after) = K::add(counts, &batch, row, by);
                changed(row, before, after);
            }
        }
        Ok(())
    }

    /// Values that occur in the group, with how often.
    fn entries(&self, group: u32) -> impl Iterator<Item = (&K::Key, i64)> {
        let counts = self.groups.get(group as usize).entries();
        counts.map(|(key, &count)| (key, count))
    }

    /// The type of [`Counts::state`]: ARRAY<ROW<v0, v1, .., count BIGINT>>.
    pub(super) fn state_type(&self) -> LogicalType {
        let values = self.keys.types().iter().enumerate();
        let mut fields: Vec<Field> = values
            .map(|(i, ty)| Field::new(format!("v{i}"), ty.with_nullable(true)))
            .collect();
        fields.push(Field::new("count", TypeKind::BigInt.not_null()));
        TypeKind::Array(Box::new(TypeKind::Row(fields).not_null())).not_null()
    }

    pub(super) fn state(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let lengths = (groups.iter()).map(|&group| self.groups.get(group as usize).len());
        let offsets = OffsetBuffer::from_lengths(lengths);
        let all = || groups.iter().flat_map(|&group| self.entries(group));
        let mut columns = self.keys.decode(all().map(|(key, _)| Some(key)))?;
        columns.push(Arc::new(Int64Array::from_iter_values(
            all().map(|(_, count)| count),
        )));
        list_of_rows(&self.state_type(), offsets, columns)
    }

    /// Adds what [`Counts::state`] gave; reports (row, entry, before, after) for each value.
    pub(super) fn merge(
        &mut self,
        groups: &[u32],
        state: &ArrayRef,
        mut changed: impl FnMut(usize, usize, i64, i64),
    ) -> OperatorResult<()> {
        let list = state.as_list::<i32>();
        let (values, counts) = entries_of(list);
        let batch = self.keys.encode(&values)?;
        for (row, &group) in groups.iter().enumerate() {
            let map = Arc::make_mut(self.groups.get_mut(group as usize));
            let offsets = list.value_offsets();
            for entry in offsets[row] as usize..offsets[row + 1] as usize {
                let (before, after) = K::add(map, &batch, entry, counts.value(entry));
                changed(row, entry, before, after);
            }
        }
        Ok(())
    }
}

impl<K: Keys> Counts<K> {
    /// Values that occur in the group, ascending, with how often.
    fn present(&self, group: u32) -> impl DoubleEndedIterator<Item = (&K::Key, i64)> {
        let counts = self.groups.get(group as usize).iter();
        counts
            .map(|(key, &count)| (key, count))
            .filter(|(_, count)| *count > 0)
    }
}

/// The value columns and the counts inside a column that [`Counts::state`] made.
pub(super) fn entries_of(list: &ListArray) -> (Vec<ArrayRef>, Int64Array) {
    let mut columns = list.values().as_struct().columns().to_vec();
    let counts = columns
        .pop()
        .expect("the last field of an entry is its count");
    (columns, counts.as_primitive::<Int64Type>().clone())
}

/// A column of the ARRAY<ROW<..>> type `ty` from its rows' columns.
pub(super) fn list_of_rows(
    ty: &LogicalType,
    offsets: OffsetBuffer<i32>,
    columns: Vec<ArrayRef>,
) -> OperatorResult<ArrayRef> {
    let TypeKind::Array(element) = &ty.kind else {
        return Err(OperatorError::fatal(format!("{ty} is no ARRAY of ROW")));
    };
    let DataType::Struct(fields) = element.to_arrow() else {
        return Err(OperatorError::fatal(format!("{ty} is no ARRAY of ROW")));
    };
    let length = columns.first().map_or(0, |column| column.len());
    let rows = StructArray::try_new_with_length(fields, columns, None, length)?;
    Ok(Arc::new(ListArray::try_new(
        element_field(element),
        offsets,
        Arc::new(rows),
        None,
    )?))
}

/// What is made of the counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finish {
    Min,
    Max,
    Collect,
    /// `several`: the second argument is an array of percentages.
    Percentile {
        several: bool,
    },
}

struct MultisetFunction<K: Keys> {
    counts: Counts<K>,
    finish: Finish,
}

/// The function for arguments of these types.
pub(super) fn create(
    types: &[LogicalType],
    finish: Finish,
) -> OperatorResult<Box<dyn Accumulator>> {
    Ok(match keys_for(types)? {
        AnyKeys::Integer(keys) => Box::new(MultisetFunction {
            counts: Counts::new(keys),
            finish,
        }),
        AnyKeys::Bytes(keys) => Box::new(MultisetFunction {
            counts: Counts::new(keys),
            finish,
        }),
    })
}

impl<K: Keys> MultisetFunction<K> {
    fn add(&mut self, args: &[ArrayRef], groups: &[u32], by: i64) -> OperatorResult<()> {
        let nulls = args[0].logical_nulls();
        let wanted = |row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        self.counts.add(args, groups, by, wanted, |_, _, _| {})
    }

    fn collect(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let counts = &self.counts;
        let lengths = groups.iter().map(|&group| counts.present(group).count());
        let offsets = OffsetBuffer::from_lengths(lengths);
        let all = || groups.iter().flat_map(|&group| counts.present(group));
        let mut columns = counts.keys.decode(all().map(|(key, _)| Some(key)))?;
        columns.push(Arc::new(Int32Array::from_iter_values(
            all().map(|(_, count)| count as i32),
        )));
        let ty = TypeKind::Multiset(Box::new(counts.keys.types()[0].clone()))
            .nullable()
            .to_arrow();
        let DataType::Map(entries, _) = &ty else {
            return Err(OperatorError::fatal(format!("{ty} is no map")));
        };
        let DataType::Struct(fields) = entries.data_type() else {
            return Err(OperatorError::fatal(format!("{ty} is no map")));
        };
        let pairs = StructArray::try_new(fields.clone(), columns, None)?;
        Ok(Arc::new(MapArray::try_new(
            entries.clone(),
            offsets,
            pairs,
            None,
            false,
        )?))
    }

    fn percentile(&self, groups: &[u32], several: bool) -> OperatorResult<ArrayRef> {
        let mut results: Vec<Option<Vec<f64>>> = Vec::with_capacity(groups.len());
        for &group in groups {
            let entries: Vec<_> = self.counts.present(group).collect();
            if entries.is_empty() {
                results.push(None);
                continue;
            }
            let columns = self
                .counts
                .keys
                .decode(entries.iter().map(|(key, _)| Some(*key)))?;
            let values = cast(&columns[0], &DataType::Float64)?;
            let values = values.as_primitive::<Float64Type>();
            let frequencies = match columns.get(2) {
                Some(column) => Some(cast(column, &DataType::Int64)?),
                None => None,
            };
            let weights: Vec<i64> = entries
                .iter()
                .enumerate()
                .map(|(row, (_, count))| match &frequencies {
                    Some(column) => count * column.as_primitive::<Int64Type>().value(row).max(0),
                    None => *count,
                })
                .collect();
            let wanted = if several {
                columns[1].as_list::<i32>().value(0)
            } else {
                columns[1].slice(0, 1)
            };
            let wanted = cast(&wanted, &DataType::Float64)?;
            let wanted = wanted.as_primitive::<Float64Type>().values();
            if let Some(bad) = wanted.iter().find(|p| !(0.0..=1.0).contains(*p)) {
                return Err(OperatorError::data(format!(
                    "PERCENTILE needs percentages between 0.0 and 1.0, not {bad}"
                )));
            }
            let total: i64 = weights.iter().sum();
            results.push((total > 0).then(|| {
                wanted
                    .iter()
                    .map(|p| interpolate(values.values(), &weights, total, *p))
                    .collect()
            }));
        }
        if !several {
            let flat: Float64Array = results
                .into_iter()
                .map(|values| values.and_then(|values| values.first().copied()))
                .collect();
            return Ok(Arc::new(flat));
        }
        let nulls: NullBuffer = results.iter().map(Option::is_some).collect();
        let lengths = results
            .iter()
            .map(|values| values.as_ref().map_or(0, Vec::len));
        let offsets = OffsetBuffer::from_lengths(lengths);
        let flat = Float64Array::from_iter_values(results.into_iter().flatten().flatten());
        Ok(Arc::new(ListArray::try_new(
            element_field(&TypeKind::Double.nullable()),
            offsets,
            Arc::new(flat),
            Some(nulls),
        )?))
    }
}

/// The value at rank `(total - 1) * percentage` of the sorted, weighted values, between neighbors in
/// proportion.
fn interpolate(values: &[f64], weights: &[i64], total: i64, percentage: f64) -> f64 {
    let position = (total - 1) as f64 * percentage;
    let at = |rank: i64| {
        let mut before = 0;
        for (value, weight) in values.iter().zip(weights) {
            before += weight;
            if rank < before {
                return *value;
            }
        }
        values.last().copied().unwrap_or(f64::NAN)
    };
    let (lower, upper) = (at(position.floor() as i64), at(position.ceil() as i64));
    if lower == upper {
        return lower;
    }
    lower + (upper - lower) * (position - position.floor())
}

impl<K: Keys> Accumulator for MultisetFunction<K> {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.add(args, groups, 1)
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.add(args, groups, -1)
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        let counts = &self.counts;
        let mut columns = match self.finish {
            Finish::Min => counts.keys.decode(
                groups
                    .iter()
                    .map(|&group| counts.present(group).next().map(|(key, _)| key)),
            )?,
            Finish::Max => counts.keys.decode(
                groups
                    .iter()
                    .map(|&group| counts.present(group).next_back().map(|(key, _)| key)),
            )?,
            Finish::Collect => return self.collect(groups),
            Finish::Percentile { several } => return self.percentile(groups, several),
        };
        Ok(columns.remove(0))
    }

    fn clear(&mut self, groups: &[u32]) {
        self.counts.clear(groups);
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![Field::new("values", self.counts.state_type())]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        Ok(vec![self.counts.state(groups)?])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        self.counts.merge(groups, &state[0], |_, _, _, _| {})
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(MultisetFunction {
            counts: self.counts.freeze(),
            finish: self.finish,
        })
    }

    fn memory_size(&self) -> usize {
        self.counts.memory_size()
    }
}
