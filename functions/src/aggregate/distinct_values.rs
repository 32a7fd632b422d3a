//! The sets of DISTINCT in memory: for each group its tuples, and of each tuple through which filters it came.
//!
//! What is kept of a tuple ([`Tally`]) is a bit for each filter where rows only come, and how often it occurs for each
//! filter where they may be taken back. Each group has its own table behind an `Arc`, so that after a freeze only groups
//! that change are copied. Integers with up to eight bits have a table of their own ([`MaskTable`]).

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::{ArrayRef, Int64Array};
use hashbrown::{DefaultHashBuilder, HashMap};

use super::distinct_sets::Changed;
use super::mask_table::MaskTable;
use super::multiset::{AnyKeys, ByteKeys, IntegerKeys, Keys, keys_for};

/// The numbers that a set keeps of each tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// How often it occurs, of a set with one filter.
    Count,
    /// A bit for each filter, where rows are never taken back.
    Mask,
    /// How often it occurs for each of so many filters.
    Counts(usize),
}

impl Tally {
    /// Of a set with so many filters; `retractable` where rows may be taken back.
    pub fn new(filters: usize, retractable: bool) -> Self {
        match (filters, retractable) {
            (0 | 1, _) => Tally::Count,
            (_, false) => Tally::Mask,
            (filters, true) => Tally::Counts(filters),
        }
    }

    /// The names of the numbers in snapshots.
    pub fn names(self) -> Vec<String> {
        match self {
            Tally::Count => vec!["count".to_owned()],
            Tally::Mask => vec!["filters".to_owned()],
            Tally::Counts(filters) => (0..filters).map(|at| format!("count{at}")).collect(),
        }
    }

    /// How many numbers there are.
    pub fn width(self) -> usize {
        match self {
            Tally::Count | Tally::Mask => 1,
            Tally::Counts(filters) => filters,
        }
    }

    /// The filters that a tuple occurs for, as bits.
    pub fn present(self, numbers: &[i64]) -> u64 {
        match self {
            Tally::Mask => numbers[0] as u64,
            Tally::Count | Tally::Counts(_) => {
                let filters = numbers.iter().enumerate();
                filters.fold(0, |bits, (at, &count)| bits | u64::from(count > 0) << at)
            }
        }
    }

    /// Adds `by` occurrences for the filters with these bits, and gives those for which the tuple has come or gone.
    #[inline]
    pub fn add(self, numbers: &mut [i64], filters: u64, by: i64) -> u64 {
        if self == Tally::Mask {
            let before = numbers[0] as u64;
            let after = match by > 0 {
                true => before | filters,
                false => before & !filters,
            };
            numbers[0] = after as i64;
            return before ^ after;
        }
        let (mut rest, mut changed) = (filters, 0);
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let count = &mut numbers[at as usize];
            let before = *count;
            *count += by;
            changed |= u64::from((before > 0) != (*count > 0)) << at;
        }
        changed
    }

    /// What is to be added to nothing to get these numbers: filters, and how many occurrences.
    pub fn parts(self, numbers: impl Iterator<Item = i64>) -> impl Iterator<Item = (u64, i64)> {
        let parts = numbers.enumerate().map(move |(at, number)| match self {
            Tally::Mask => (number as u64, 1),
            Tally::Count | Tally::Counts(_) => (1 << at, number),
        });
        parts.filter(|&(filters, by)| filters != 0 && by != 0)
    }
}

/// The tuples of some groups, each with the position of its group.
pub struct DistinctEntries {
    /// Where the group of each tuple stands among those that were asked for, ascending.
    pub owners: Vec<u32>,
    /// The columns of the tuples.
    pub values: Vec<ArrayRef>,
    /// What is kept of each, named as [`Tally::names`] says.
    pub numbers: Vec<Int64Array>,
}

impl DistinctEntries {
    /// Cut out of lists of numbers, one after the other.
    fn new(owners: Vec<u32>, values: Vec<ArrayRef>, numbers: &[i64], width: usize) -> Self {
        let column = |at: usize| numbers.iter().skip(at).step_by(width).copied();
        DistinctEntries {
            owners,
            values,
            numbers: (0..width)
                .map(|at| Int64Array::from_iter_values(column(at)))
                .collect(),
        }
    }
}

/// Tuples with their numbers, by group.
struct Tables<K: Keys, N> {
    keys: K,
    tally: Tally,
    /// The numbers of a tuple that is not there.
    none: N,
    groups: CowVec<Arc<HashMap<K::Key, N>>>,
}

impl<K: Keys, N: Clone + Send + Sync + AsRef<[i64]> + AsMut<[i64]>> Tables<K, N> {
    fn add(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        (filters, by): (&[u64], &[i64]),
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()> {
        let batch = self.keys.encode(args)?;
        let mut row = 0;
        for run in groups.chunk_by(|one, next| one == next) {
            let table = Arc::make_mut(self.groups.get_mut(run[0] as usize));
            for _ in run {
                if filters[row] != 0 && by[row] != 0 {
                    let numbers = K::value_mut(table, &batch, row, &self.none);
                    let bits = self.tally.add(numbers.as_mut(), filters[row], by[row]);
                    if numbers.as_ref().iter().all(|&number| number == 0) {
                        K::remove(table, &batch, row);
                    }
                    if bits != 0 {
                        changed(row, bits);
                    }
                }
                row += 1;
            }
        }
        Ok(())
    }

    fn entries(&self, groups: &[u32]) -> OperatorResult<DistinctEntries> {
        let tables = groups.iter().map(|&group| self.groups.get(group as usize));
        let entries = || tables.clone().flat_map(|table| table.iter());
        let owners = tables
            .clone()
            .enumerate()
            .flat_map(|(at, table)| std::iter::repeat_n(at as u32, table.len()));
        let values = self.keys.decode(entries().map(|(key, _)| Some(key)))?;
        let numbers: Vec<i64> = entries()
            .flat_map(|(_, numbers)| numbers.as_ref().iter().copied())
            .collect();
        let width = self.none.as_ref().len();
        Ok(DistinctEntries::new(
            owners.collect(),
            values,
            &numbers,
            width,
        ))
    }

    fn memory_size(&self) -> usize {
        let beside = size_of_val(self.none.as_ref()).saturating_sub(size_of::<N>());
        let entry = size_of::<(K::Key, N)>() + 1 + beside;
        let places: usize = self.groups.iter().map(|table| table.capacity()).sum();
        self.groups.memory_size() + places * entry
    }

    fn freeze(&mut self) -> Self {
        Tables {
            keys: self.keys.clone(),
            tally: self.tally,
            none: self.none.clone(),
            groups: self.groups.freeze(),
        }
    }
}

/// Integers with a mask of filters, by group.
struct Masks {
    keys: IntegerKeys,
    hashes: DefaultHashBuilder,
    groups: CowVec<Arc<MaskTable>>,
}

impl Masks {
    fn add(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        filters: &[u64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()> {
        let batch = self.keys.encode(args)?;
        let mut row = 0;
        for run in groups.chunk_by(|one, next| one == next) {
            let table = Arc::make_mut(self.groups.get_mut(run[0] as usize));
            for _ in run {
                let value = IntegerKeys::key(&batch, row);
                let bits = table.add(&self.hashes, value, filters[row] as u8);
                if bits != 0 {
                    changed(row, u64::from(bits));
                }
                row += 1;
            }
        }
        Ok(())
    }

    fn entries(&self, groups: &[u32]) -> OperatorResult<DistinctEntries> {
        let (mut owners, mut values, mut masks) = (Vec::new(), Vec::new(), Vec::new());
        for (at, &group) in groups.iter().enumerate() {
            for (value, mask) in self.groups.get(group as usize).entries() {
                owners.push(at as u32);
                values.push(value);
                masks.push(i64::from(mask));
            }
        }
        let values = self.keys.decode(values.iter().map(Some))?;
        Ok(DistinctEntries::new(owners, values, &masks, 1))
    }
}

enum Any {
    Masks(Masks),
    Integer(Tables<IntegerKeys, [i64; 1]>),
    Integers(Tables<IntegerKeys, Box<[i64]>>),
    Byte(Tables<ByteKeys, [i64; 1]>),
    Bytes(Tables<ByteKeys, Box<[i64]>>),
}

/// One set of distinct tuples in memory, by group.
pub struct DistinctValues(Any);

/// Does the same with either kind of table.
macro_rules! either {
    ($values:expr, $name:ident => $work:expr) => {
        match $values {
            Any::Masks($name) => $work,
            Any::Integer($name) => $work,
            Any::Integers($name) => $work,
            Any::Byte($name) => $work,
            Any::Bytes($name) => $work,
        }
    };
}

fn tables<K: Keys, N>(keys: K, tally: Tally, none: N) -> Tables<K, N> {
    Tables {
        keys,
        tally,
        none,
        groups: CowVec::default(),
    }
}

impl DistinctValues {
    /// A set of tuples of these types with so many filters.
    ///
    /// # Errors
    /// When a type cannot be compared.
    pub fn new(types: &[LogicalType], filters: usize, retractable: bool) -> OperatorResult<Self> {
        let tally = Tally::new(filters, retractable);
        let several: Box<[i64]> = vec![0; filters].into();
        Ok(DistinctValues(match (keys_for(types)?, tally) {
            (AnyKeys::Integer(keys), _) if !retractable && filters <= 8 => Any::Masks(Masks {
                keys,
                hashes: DefaultHashBuilder::default(),
                groups: CowVec::default(),
            }),
            (AnyKeys::Integer(keys), Tally::Counts(_)) => {
                Any::Integers(tables(keys, tally, several))
            }
            (AnyKeys::Integer(keys), _) => Any::Integer(tables(keys, tally, [0])),
            (AnyKeys::Bytes(keys), Tally::Counts(_)) => Any::Bytes(tables(keys, tally, several)),
            (AnyKeys::Bytes(keys), _) => Any::Byte(tables(keys, tally, [0])),
        }))
    }

    /// Makes room for at least `groups` groups.
    pub fn resize(&mut self, groups: usize) {
        either!(&mut self.0, tables => tables.groups.resize(groups));
    }

    /// Empties groups.
    pub fn clear(&mut self, groups: &[u32]) {
        either!(&mut self.0, tables => for &group in groups {
            *tables.groups.get_mut(group as usize) = Arc::default();
        });
    }

    /// Whether no tuple is in the group.
    pub fn is_empty(&self, group: u32) -> bool {
        either!(&self.0, tables => tables.groups.get(group as usize).len() == 0)
    }

    /// See [`DistinctSets::add`](super::DistinctSets::add).
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn add(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        filters: &[u64],
        by: &[i64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()> {
        match &mut self.0 {
            Any::Masks(tables) => tables.add(args, groups, filters, changed),
            Any::Integer(tables) => tables.add(args, groups, (filters, by), changed),
            Any::Integers(tables) => tables.add(args, groups, (filters, by), changed),
            Any::Byte(tables) => tables.add(args, groups, (filters, by), changed),
            Any::Bytes(tables) => tables.add(args, groups, (filters, by), changed),
        }
    }

    /// The tuples of these groups.
    ///
    /// # Errors
    /// When they cannot be represented.
    pub fn entries(&self, groups: &[u32]) -> OperatorResult<DistinctEntries> {
        either!(&self.0, tables => tables.entries(groups))
    }

    /// A copy as of now that shares memory with this one.
    pub fn freeze(&mut self) -> Self {
        DistinctValues(match &mut self.0 {
            Any::Masks(tables) => Any::Masks(Masks {
                keys: tables.keys.clone(),
                hashes: tables.hashes.clone(),
                groups: tables.groups.freeze(),
            }),
            Any::Integer(tables) => Any::Integer(tables.freeze()),
            Any::Integers(tables) => Any::Integers(tables.freeze()),
            Any::Byte(tables) => Any::Byte(tables.freeze()),
            Any::Bytes(tables) => Any::Bytes(tables.freeze()),
        })
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        match &self.0 {
            Any::Masks(tables) => {
                let sizes = tables.groups.iter().map(|table| table.memory_size());
                let fixed = size_of::<MaskTable>() * tables.groups.len();
                tables.groups.memory_size() + fixed + sizes.sum::<usize>()
            }
            Any::Integer(tables) => tables.memory_size(),
            Any::Integers(tables) => tables.memory_size(),
            Any::Byte(tables) => tables.memory_size(),
            Any::Bytes(tables) => tables.memory_size(),
        }
    }
}
