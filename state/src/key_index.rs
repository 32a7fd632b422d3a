//! From key columns to dense slots: the hash table under every keyed operator.
//!
//! [`KeyIndex::intern`] takes a batch of keys with their [hashes](alpheus_dataflow::hash), which the
//! caller has computed once, and gives each row the slot of its key; state lives in columns indexed by
//! slot. One or two integer-like key columns are compared as `i64`, a single text as it is; all other keys as
//! [packed](RowCodec::packed) bytes. Nothing is allocated per row; a new byte key allocates once.
//!
//! Keys and hashes are in copy-on-write columns, so that [`KeyIndex::freeze`] is cheap; the hash table
//! itself is only an index over them and is not part of a frozen copy.

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, fixed};
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::row_codec::{RowCodec, SortColumn};

/// Keys to slots; see the module's documentation.
pub struct KeyIndex {
    keys: Keys,
    table: HashTable<u32>,
    free: Vec<u32>,
}

/// The keys of a [`KeyIndex`] by slot, also as of a freeze.
pub struct Keys {
    values: Values,
    hashes: CowVec<u64>,
    live: CowVec<bool>,
}

enum Values {
    /// No key columns: at most one key.
    None,
    Integer(LogicalType, CowVec<Option<i64>>),
    Integers(Box<[LogicalType; 2]>, CowVec<TwoIntegers>),
    Text(CowVec<Option<Arc<str>>>),
    Bytes(Box<RowCodec>, CowVec<Arc<[u8]>>),
}

/// Two integers, 0 where they are NULL, and which of them are.
type TwoIntegers = ([i64; 2], [bool; 2]);

/// Two key columns as integers.
struct TwoColumns([(ScalarBuffer<i64>, Option<NullBuffer>); 2]);

impl TwoColumns {
    fn new(types: &[LogicalType; 2], columns: &[ArrayRef]) -> OperatorResult<Self> {
        let [one, other] = types;
        Ok(TwoColumns([
            integer_keys(one, &columns[0])?,
            integer_keys(other, &columns[1])?,
        ]))
    }

    #[inline]
    fn key(&self, row: usize) -> TwoIntegers {
        let [one, other] = &self.0;
        let of = |(values, nulls): &(ScalarBuffer<i64>, Option<NullBuffer>)| match nulls {
            Some(nulls) if nulls.is_null(row) => (0, true),
            _ => (values[row], false),
        };
        let ((one, one_null), (other, other_null)) = (of(one), of(other));
        ([one, other], [one_null, other_null])
    }
}

/// The slot of a key that is not there; see [`KeyIndex::find`].
pub const NO_SLOT: u32 = u32::MAX;

/// Where the table looks for a hash. Its tag comes from the top bits, which all keys of a subtask
/// share because the key group does too; so the halves change places.
#[inline]
fn spread(hash: u64) -> u64 {
    hash.rotate_left(32)
}

impl KeyIndex {
    /// An index for keys of these types.
    ///
    /// # Errors
    /// When a type cannot be a key.
    pub fn new(types: &[LogicalType]) -> OperatorResult<Self> {
        let values = match types {
            [] => Values::None,
            [ty] if fixed::is_integer_like(&ty.to_arrow()) => {
                Values::Integer(ty.clone(), CowVec::default())
            }
            [ty] if ty.to_arrow() == DataType::Utf8 => Values::Text(CowVec::default()),
            [one, other]
                if types
                    .iter()
                    .all(|ty| fixed::is_integer_like(&ty.to_arrow())) =>
            {
                let types = Box::new([one.clone(), other.clone()]);
                Values::Integers(types, CowVec::default())
            }
            types => {
                let columns = types.iter().cloned().map(SortColumn::ascending);
                let codec = RowCodec::new(&columns.collect::<Vec<_>>())?;
                Values::Bytes(Box::new(codec.packed()), CowVec::default())
            }
        };
        Ok(KeyIndex {
            keys: Keys {
                values,
                hashes: CowVec::default(),
                live: CowVec::default(),
            },
            table: HashTable::new(),
            free: Vec::new(),
        })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// One more than the greatest slot ever given out: how long columns must be.
    pub fn capacity(&self) -> usize {
        self.keys.live.len()
    }

    /// The keys by slot.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Puts the slot of each row's key into `slots` (which is emptied first); new keys get free slots.
    ///
    /// # Errors
    /// When the columns are not of the index's types.
    pub fn intern(
        &mut self,
        columns: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        slots.clear();
        slots.reserve(hashes.len());
        let KeyIndex { keys, table, free } = self;
        let Keys {
            values,
            hashes: known,
            live,
        } = keys;
        let interning = Interning {
            table,
            free,
            known,
            live,
            hashes,
            slots,
        };
        match values {
            Values::None => interning.run(&mut (), |(), _, _| true, |(), _, _| {}),
            Values::Integer(ty, values) => {
                let (column, nulls) = integer_keys(ty, &columns[0])?;
                let key = |row: usize| {
                    let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                    valid.then(|| column[row])
                };
                interning.run(
                    values,
                    |values, slot, row| *values.get(slot) == key(row),
                    |values, slot, row| set(values, slot, key(row)),
                );
            }
            Values::Text(values) => {
                let column = text_keys(&columns[0])?;
                let key = |row: usize| column.is_valid(row).then(|| column.value(row));
                interning.run(
                    values,
                    |values, slot, row| values.get(slot).as_deref() == key(row),
                    |values, slot, row| set(values, slot, key(row).map(Arc::from)),
                );
            }
            Values::Integers(types, values) => {
                let columns = TwoColumns::new(types, columns)?;
                interning.run(
                    values,
                    |values, slot, row| *values.get(slot) == columns.key(row),
                    |values, slot, row| set(values, slot, columns.key(row)),
                );
            }
            Values::Bytes(codec, values) => {
                let rows = codec.encode(columns)?;
                interning.run(
                    values,
                    |values, slot, row| **values.get(slot) == *rows.row(row),
                    |values, slot, row| set(values, slot, rows.row(row).into()),
                );
            }
        }
        Ok(())
    }

    /// Puts the slot of each row's key into `slots` (which is emptied first), [`NO_SLOT`] for keys that are
    /// not there.
    ///
    /// # Errors
    /// When the columns are not of the index's types.
    pub fn find(
        &self,
        columns: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        let keys = &self.keys;
        match &keys.values {
            Values::None => self.find_rows(hashes, slots, |_, _| true),
            Values::Integer(ty, values) => {
                let (column, nulls) = integer_keys(ty, &columns[0])?;
                self.find_rows(hashes, slots, |slot, row| {
                    let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                    *values.get(slot) == valid.then(|| column[row])
                });
            }
            Values::Text(values) => {
                let column = text_keys(&columns[0])?;
                self.find_rows(hashes, slots, |slot, row| {
                    values.get(slot).as_deref() == column.is_valid(row).then(|| column.value(row))
                });
            }
            Values::Integers(types, values) => {
                let columns = TwoColumns::new(types, columns)?;
                self.find_rows(hashes, slots, |slot, row| {
                    *values.get(slot) == columns.key(row)
                });
            }
            Values::Bytes(codec, values) => {
                let rows = codec.encode(columns)?;
                self.find_rows(hashes, slots, |slot, row| {
                    **values.get(slot) == *rows.row(row)
                });
            }
        }
        Ok(())
    }

    fn find_rows(
        &self,
        hashes: &[u64],
        slots: &mut Vec<u32>,
        equal: impl Fn(usize, usize) -> bool,
    ) {
        let known = &self.keys.hashes;
        slots.clear();
        slots.extend(hashes.iter().enumerate().map(|(row, &hash)| {
            let found = self.table.find(spread(hash), |&slot| {
                *known.get(slot as usize) == hash && equal(slot as usize, row)
            });
            found.copied().unwrap_or(NO_SLOT)
        }));
    }

    /// Forgets the keys in these slots, which will be given to other keys. Slots that are free already
    /// are left alone.
    pub fn remove(&mut self, slots: &[u32]) {
        for &slot in slots {
            let index = slot as usize;
            if !*self.keys.live.get(index) {
                continue;
            }
            let hash = spread(*self.keys.hashes.get(index));
            if let Ok(entry) = self.table.find_entry(hash, |&other| other == slot) {
                entry.remove();
            }
            *self.keys.live.get_mut(index) = false;
            match &mut self.keys.values {
                Values::Bytes(_, values) => *values.get_mut(index) = Arc::default(),
                Values::Text(values) => *values.get_mut(index) = None,
                Values::None | Values::Integer(..) | Values::Integers(..) => {}
            }
            self.free.push(slot);
        }
    }

    /// The keys as of now, sharing memory.
    pub fn freeze(&mut self) -> Keys {
        Keys {
            values: match &mut self.keys.values {
                Values::None => Values::None,
                Values::Integer(ty, values) => Values::Integer(ty.clone(), values.freeze()),
                Values::Integers(types, values) => Values::Integers(types.clone(), values.freeze()),
                Values::Text(values) => Values::Text(values.freeze()),
                Values::Bytes(codec, values) => Values::Bytes(codec.clone(), values.freeze()),
            },
            hashes: self.keys.hashes.freeze(),
            live: self.keys.live.freeze(),
        }
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        let values = match &self.keys.values {
            Values::None => 0,
            Values::Integer(_, values) => values.memory_size(),
            Values::Integers(_, values) => values.memory_size(),
            Values::Text(values) => {
                let texts = values.iter().flatten().map(|text| text.len() + 16);
                values.memory_size() + texts.sum::<usize>()
            }
            Values::Bytes(_, values) => {
                values.memory_size() + values.iter().map(|key| key.len() + 16).sum::<usize>()
            }
        };
        values
            + self.keys.hashes.memory_size()
            + self.keys.live.memory_size()
            + self.table.capacity() * 5
    }
}

/// A key column as integers, and which are not NULL.
fn text_keys(column: &ArrayRef) -> OperatorResult<&StringArray> {
    column.as_string_opt::<i32>().ok_or_else(|| {
        OperatorError::fatal(format!(
            "a key of text got a column of type {}",
            column.data_type()
        ))
    })
}

fn integer_keys(
    ty: &LogicalType,
    column: &ArrayRef,
) -> OperatorResult<(ScalarBuffer<i64>, Option<NullBuffer>)> {
    fixed::to_i64(column).ok_or_else(|| {
        OperatorError::fatal(format!(
            "a key of type {ty} got a column of type {}",
            column.data_type()
        ))
    })
}

/// The fields of an index, borrowed apart, and the rows whose keys it is given.
struct Interning<'i> {
    table: &'i mut HashTable<u32>,
    free: &'i mut Vec<u32>,
    known: &'i mut CowVec<u64>,
    live: &'i mut CowVec<bool>,
    hashes: &'i [u64],
    slots: &'i mut Vec<u32>,
}

impl Interning<'_> {
    /// `equal` says whether the key in a slot is that of a row, `insert` puts the row's there; both are given the keys.
    #[inline]
    fn run<V>(
        self,
        values: &mut V,
        equal: impl Fn(&V, usize, usize) -> bool,
        insert: impl Fn(&mut V, usize, usize),
    ) {
        let Interning {
            table,
            free,
            known,
            live,
            hashes,
            slots,
        } = self;
        let mut last: Option<(u64, u32)> = None;
        for (row, &hash) in hashes.iter().enumerate() {
            // Neighbors often share their key.
            if let Some((previous, slot)) = last
                && previous == hash
                && equal(values, slot as usize, row)
            {
                slots.push(slot);
                continue;
            }
            let entry = table.entry(
                spread(hash),
                |&slot| *known.get(slot as usize) == hash && equal(values, slot as usize, row),
                |&slot| spread(*known.get(slot as usize)),
            );
            let slot = match entry {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let slot = free.pop().unwrap_or(live.len() as u32);
                    let index = slot as usize;
                    entry.insert(slot);
                    set(known, index, hash);
                    set(live, index, true);
                    insert(values, index, row);
                    slot
                }
            };
            last = Some((hash, slot));
            slots.push(slot);
        }
    }
}

/// Puts a value into a slot, which may be the first beyond the others.
fn set<T: Clone + Default>(values: &mut CowVec<T>, slot: usize, value: T) {
    values.resize(slot + 1);
    *values.get_mut(slot) = value;
}

impl Keys {
    /// The hash of the key in this slot.
    pub fn hash(&self, slot: u32) -> u64 {
        *self.hashes.get(slot as usize)
    }

    /// The key group of the key in this slot.
    pub fn key_group(&self, slot: u32, max_parallelism: u32) -> KeyGroup {
        KeyGroup::of_hash(self.hash(slot), max_parallelism)
    }

    /// Slots that hold a key, ascending.
    pub fn live_slots(&self) -> impl Iterator<Item = u32> {
        let slots = self.live.iter().enumerate();
        slots
            .filter(|(_, live)| **live)
            .map(|(slot, _)| slot as u32)
    }

    /// The key columns of these slots.
    ///
    /// # Errors
    /// When a key cannot be decoded.
    pub fn columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        match &self.values {
            Values::None => Ok(Vec::new()),
            Values::Integer(ty, values) => {
                let keys = slots.iter().map(|&slot| *values.get(slot as usize));
                let column = fixed::from_i64(keys, &ty.to_arrow());
                Ok(vec![column.expect(
                    "integer keys are only made for integer-like types",
                )])
            }
            Values::Integers(types, values) => {
                let column = |at: usize| {
                    let keys = slots.iter().map(|&slot| {
                        let (values, nulls) = values.get(slot as usize);
                        (!nulls[at]).then_some(values[at])
                    });
                    fixed::from_i64(keys, &types[at].to_arrow())
                        .expect("integer keys are only made for integer-like types")
                };
                Ok(vec![column(0), column(1)])
            }
            Values::Text(values) => {
                let texts = slots
                    .iter()
                    .map(|&slot| values.get(slot as usize).as_deref());
                Ok(vec![Arc::new(texts.collect::<StringArray>())])
            }
            Values::Bytes(codec, values) => {
                codec.decode(slots.iter().map(|&slot| &**values.get(slot as usize)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashMap;

    use alpheus_dataflow::TypeKind;
    use alpheus_dataflow::hash::hash_columns;
    use arrow::array::{Int32Array, Int64Array};
    use proptest::prelude::*;

    use super::*;

    type Key = (Option<String>, Option<i32>, Option<i64>);

    proptest! {
        #[test]
        fn agrees_with_a_map(
            batches in prop::collection::vec(prop::collection::vec(
                (prop::option::of("[ab]{0,2}"), prop::option::of(-4i32..4), prop::option::of(-2i64..2)), 1..20), 1..8),
            range in prop::sample::select(vec![0..1, 1..2, 0..2, 1..3]),
        ) {
            let types = [TypeKind::string(), TypeKind::Integer, TypeKind::BigInt].map(|kind| kind.nullable());
            let types = &types[range.clone()];
            let mut index = KeyIndex::new(types).unwrap();
            let mut model: HashMap<Key, u32> = HashMap::new();
            let mut slots = Vec::new();
            for batch in batches {
                let texts: ArrayRef = Arc::new(batch.iter().map(|row| row.0.clone()).collect::<StringArray>());
                let numbers: ArrayRef = Arc::new(batch.iter().map(|row| row.1).collect::<Int32Array>());
                let more: ArrayRef = Arc::new(batch.iter().map(|row| row.2).collect::<Int64Array>());
                let columns = &[texts, numbers, more][range.clone()];
                let hashes = hash_columns(columns, batch.len()).unwrap();
                index.intern(columns, &hashes, &mut slots).unwrap();
                for (row, &slot) in batch.iter().zip(&slots) {
                    let key = (
                        row.0.clone().filter(|_| range.contains(&0)),
                        row.1.filter(|_| range.contains(&1)),
                        row.2.filter(|_| range.contains(&2)),
                    );
                    prop_assert_eq!(*model.entry(key).or_insert(slot), slot);
                }
                prop_assert_eq!(model.len(), index.len());
                let mut found = Vec::new();
                index.find(columns, &hashes, &mut found).unwrap();
                prop_assert_eq!(&found, &slots);
                let frozen = index.freeze();
                prop_assert_eq!(&frozen.columns(&slots).unwrap()[..], columns);
                // Forget the first row's key; its slot may come back for another.
                model.retain(|_, slot| *slot != slots[0]);
                index.remove(&[slots[0], slots[0]]);
                prop_assert_eq!(&frozen.columns(&slots).unwrap()[..], columns);
                prop_assert_eq!(index.keys().live_slots().count(), model.len());
            }
        }
    }

    #[test]
    fn no_columns_is_one_key() {
        let mut index = KeyIndex::new(&[]).unwrap();
        let mut slots = Vec::new();
        index.intern(&[], &[7, 7], &mut slots).unwrap();
        assert_eq!(slots, [0, 0]);
        index.remove(&[0]);
        assert!(index.is_empty());
        index.intern(&[], &[7], &mut slots).unwrap();
        assert_eq!((slots, index.capacity()), (vec![0], 1));
    }
}
