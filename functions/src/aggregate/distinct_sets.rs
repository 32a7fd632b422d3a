//! DISTINCT whose sets lie outside of the accumulators, so that a set may be larger than memory.
//!
//! An [`AggregateSet`](super::AggregateSet) that was made [with sets](super::AggregateSet::with_sets) keeps
//! only the inner functions. Who owns it counts, for each call, how often each argument tuple occurs in each
//! group ([`DistinctSets`]); the inner function gets a tuple with its first occurrence and loses it with its
//! last, as where the set is part of the accumulator. [`DistinctCounts`] are such counts in memory.

use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::{ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::compute::take;

use super::Accumulator;
use super::multiset::{AnyKeys, ByteKeys, Counts, Hashed, IntegerKeys, entries_of, keys_for};

/// Told of a row: how often its tuple occurred before and after.
pub type Changed<'c> = dyn FnMut(usize, i64, i64) + 'c;

/// How often each argument tuple occurs in each group, for each call with DISTINCT.
pub trait DistinctSets {
    /// Adds `by[row]` to the count of each row's tuple in its group. `call` is the position of the call in
    /// its [`AggregateSet`](super::AggregateSet).
    ///
    /// # Errors
    /// When a disk fails.
    fn add(
        &mut self,
        call: usize,
        args: &[ArrayRef],
        groups: &[u32],
        by: &[i64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()>;

    /// Whether no tuple is in the group.
    ///
    /// # Errors
    /// When a disk fails.
    fn is_empty(&mut self, call: usize, group: u32) -> OperatorResult<bool>;
}

fn gather(columns: &[ArrayRef], rows: Vec<u32>) -> OperatorResult<Vec<ArrayRef>> {
    let rows = UInt32Array::from(rows);
    let taken: Result<_, _> = columns
        .iter()
        .map(|column| take(column, &rows, None))
        .collect();
    Ok(taken?)
}

/// Adds rows to a call whose set lies outside, or takes them back (`by` is -1).
pub(super) fn update(
    inner: &mut dyn Accumulator,
    (call, sets): (usize, &mut dyn DistinctSets),
    args: &[ArrayRef],
    groups: &[u32],
    by: i64,
) -> OperatorResult<()> {
    let (mut rows, mut owners) = (Vec::new(), Vec::new());
    let mut changed = |row: usize, before: i64, after: i64| {
        if (before > 0) != (after > 0) {
            rows.push(row as u32);
            owners.push(groups[row]);
        }
    };
    sets.add(call, args, groups, &vec![by; groups.len()], &mut changed)?;
    if rows.is_empty() {
        return Ok(());
    }
    let args = gather(args, rows)?;
    if by > 0 {
        inner.accumulate(&args, &owners)
    } else {
        inner.retract(&args, &owners)
    }
}

/// Merges partial results in which the set is a column before those of the inner function.
pub(super) fn merge_partial(
    inner: &mut dyn Accumulator,
    (call, sets): (usize, &mut dyn DistinctSets),
    groups: &[u32],
    state: &[ArrayRef],
) -> OperatorResult<()> {
    let list = state[0].as_list::<i32>();
    let (values, counts) = entries_of(list);
    let offsets = list.value_offsets();
    // A group without tuples takes the inner result as it is, which keeps the order of ARRAY_AGG.
    let (mut whole, mut whole_owners) = (Vec::new(), Vec::new());
    let (mut entries, mut entry_owners) = (Vec::new(), Vec::new());
    for (row, &group) in groups.iter().enumerate() {
        let is_first = sets.is_empty(call, group)?;
        if is_first {
            whole.push(row as u32);
            whole_owners.push(group);
        }
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        let own: Vec<ArrayRef> = values.iter().map(|v| v.slice(start, end - start)).collect();
        let mut changed = |entry: usize, before: i64, after: i64| {
            if !is_first && before <= 0 && after > 0 {
                entries.push((start + entry) as u32);
                entry_owners.push(group);
            }
        };
        let by = &counts.values()[start..end];
        sets.add(call, &own, &vec![group; end - start], by, &mut changed)?;
    }
    if !whole.is_empty() {
        inner.merge(&whole_owners, &gather(&state[1..], whole)?)?;
    }
    if entries.is_empty() {
        return Ok(());
    }
    inner.accumulate(&gather(&values, entries)?, &entry_owners)
}

/// The tuples of some groups, each with the position of its group.
pub struct DistinctEntries {
    /// Where the group of each tuple stands among those that were asked for, ascending.
    pub owners: Vec<u32>,
    /// The columns of the tuples.
    pub values: Vec<ArrayRef>,
    /// How often each occurs.
    pub counts: Int64Array,
}

enum AnyCounts {
    Integer(Counts<IntegerKeys, Hashed<IntegerKeys>>),
    Bytes(Counts<ByteKeys, Hashed<ByteKeys>>),
}

/// The counts of one call in memory, by group.
pub struct DistinctCounts(AnyCounts);

/// Does the same with either kind of counts.
macro_rules! either {
    ($counts:expr, $name:ident => $work:expr) => {
        match $counts {
            AnyCounts::Integer($name) => $work,
            AnyCounts::Bytes($name) => $work,
        }
    };
}

impl DistinctCounts {
    /// Counts of tuples of these types.
    ///
    /// # Errors
    /// When a type cannot be compared.
    pub fn new(types: &[LogicalType]) -> OperatorResult<Self> {
        Ok(DistinctCounts(match keys_for(types)? {
            AnyKeys::Integer(keys) => AnyCounts::Integer(Counts::new(keys)),
            AnyKeys::Bytes(keys) => AnyCounts::Bytes(Counts::new(keys)),
        }))
    }

    /// Makes room for at least `groups` groups.
    pub fn resize(&mut self, groups: usize) {
        either!(&mut self.0, counts => counts.resize(groups));
    }

    /// Empties groups.
    pub fn clear(&mut self, groups: &[u32]) {
        either!(&mut self.0, counts => counts.clear(groups));
    }

    /// Whether no tuple is in the group.
    pub fn is_empty(&self, group: u32) -> bool {
        either!(&self.0, counts => counts.is_empty(group))
    }

    /// See [`DistinctSets::add`].
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn add(
        &mut self,
        args: &[ArrayRef],
        groups: &[u32],
        by: &[i64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()> {
        either!(&mut self.0, counts => counts.add_each(args, groups, by, changed))
    }

    /// The tuples of these groups.
    ///
    /// # Errors
    /// When they cannot be represented.
    pub fn entries(&self, groups: &[u32]) -> OperatorResult<DistinctEntries> {
        let state = either!(&self.0, counts => counts.state(groups))?;
        let list = state.as_list::<i32>();
        let (values, counts) = entries_of(list);
        let lengths = list
            .value_offsets()
            .windows(2)
            .map(|pair| pair[1] - pair[0]);
        let owners = lengths.enumerate().flat_map(|(position, length)| {
            std::iter::repeat_n(position as u32, length.max(0) as usize)
        });
        Ok(DistinctEntries {
            owners: owners.collect(),
            values,
            counts,
        })
    }

    /// A copy as of now that shares memory with this one.
    pub fn freeze(&mut self) -> Self {
        DistinctCounts(match &mut self.0 {
            AnyCounts::Integer(counts) => AnyCounts::Integer(counts.freeze()),
            AnyCounts::Bytes(counts) => AnyCounts::Bytes(counts.freeze()),
        })
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        either!(&self.0, counts => counts.memory_size())
    }
}
