//! DISTINCT whose sets lie outside of the accumulators, so that a set may be larger than memory.
//!
//! An [`AggregateSet`](super::AggregateSet) that was made [with sets](super::AggregateSet::with_sets) keeps
//! only the inner functions. Calls over the same columns share a set ([`DistinctSet`], Flink's `DistinctInfo`), whatever
//! their filters are. Who owns it keeps, of each argument tuple of each group, through which filters it came
//! ([`DistinctSets`]); an inner function gets a tuple when it first comes through its filter and loses it with the
//! last, as where the set is part of the accumulator. [`DistinctValues`](super::DistinctValues) are such sets in memory.

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;

use super::multiset::entries_of;
use super::set::Entry;

/// Told of a row for which filters, as bits, its tuple has come or gone.
pub type Changed<'c> = dyn FnMut(usize, u64) + 'c;

/// So many filters fit into the bits of a tuple.
const MOST_FILTERS: usize = u64::BITS as usize;

/// What is in each set, by its position among the [`AggregateSet`](super::AggregateSet::sets)'s.
pub trait DistinctSets {
    /// Adds `by[row]` occurrences of each row's tuple to its group, for the filters with the bits `filters[row]`.
    ///
    /// # Errors
    /// When a disk fails.
    fn add(
        &mut self,
        set: usize,
        args: &[ArrayRef],
        groups: &[u32],
        filters: &[u64],
        by: &[i64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()>;

    /// Whether no tuple is in the group.
    ///
    /// # Errors
    /// When a disk fails.
    fn is_empty(&mut self, set: usize, group: u32) -> OperatorResult<bool>;
}

/// One set for all calls with DISTINCT over the same columns.
#[derive(Clone, Debug)]
pub struct DistinctSet {
    args: Vec<usize>,
    types: Vec<LogicalType>,
    /// The columns of the filters, in the order of their bits; none of a call without one.
    filters: Vec<Option<usize>>,
    /// The calls and the positions of their filters.
    calls: Vec<(usize, usize)>,
}

impl DistinctSet {
    /// Puts a call into the set of its columns, or into a new one.
    pub(super) fn assign(sets: &mut Vec<DistinctSet>, at: usize, call: &AggregateCall) {
        let fits = |set: &DistinctSet| {
            set.args == call.args
                && (set.filters.len() < MOST_FILTERS || set.filters.contains(&call.filter))
        };
        let found = sets.iter().position(fits).unwrap_or(sets.len());
        if found == sets.len() {
            sets.push(DistinctSet {
                args: call.args.clone(),
                types: call.arg_types.clone(),
                filters: Vec::new(),
                calls: Vec::new(),
            });
        }
        let set = &mut sets[found];
        let known = set.filters.iter().position(|&known| known == call.filter);
        let filter = known.unwrap_or(set.filters.len());
        if known.is_none() {
            set.filters.push(call.filter);
        }
        set.calls.push((at, filter));
    }

    /// The types of its tuples.
    pub fn types(&self) -> &[LogicalType] {
        &self.types
    }

    /// How many filters there are, the absence of one among them.
    pub fn filters(&self) -> usize {
        self.filters.len()
    }

    /// The positions of its calls in the [`AggregateSet`](super::AggregateSet), ascending, and the bits of their
    /// filters.
    pub fn calls(&self) -> impl Iterator<Item = (usize, u64)> {
        self.calls.iter().map(|&(call, filter)| (call, 1 << filter))
    }

    /// Of each filter, the first call that has it, and its bit.
    pub fn first_calls(&self) -> impl Iterator<Item = (usize, u64)> {
        let filters = 0..self.filters.len();
        filters.filter_map(|filter| self.calls().find(|(_, bit)| *bit == 1 << filter))
    }

    /// The columns of its tuples.
    pub(super) fn columns(&self, input: &[ArrayRef]) -> Vec<ArrayRef> {
        self.args.iter().map(|&i| input[i].clone()).collect()
    }

    /// Which filters let each row through.
    pub(super) fn passed(&self, input: &[ArrayRef], rows: usize) -> Vec<u64> {
        let always = self.filters.iter().enumerate();
        let always = always.filter(|(_, filter)| filter.is_none());
        let mut bits = vec![always.fold(0, |bits, (at, _)| bits | 1 << at); rows];
        for (at, filter) in self.filters.iter().enumerate() {
            let Some(filter) = filter.map(|filter| input[filter].as_boolean()) else {
                continue;
            };
            for row in filter.values().set_indices() {
                bits[row] |= u64::from(filter.is_valid(row)) << at;
            }
        }
        bits
    }
}

fn gather(columns: &[ArrayRef], rows: Vec<u32>) -> OperatorResult<Vec<ArrayRef>> {
    if columns
        .first()
        .is_some_and(|column| column.len() == rows.len())
    {
        // Ascending, so it is all of them.
        return Ok(columns.to_vec());
    }
    let rows = UInt32Array::from(rows);
    let taken: Result<_, _> = columns
        .iter()
        .map(|column| take(column, &rows, None))
        .collect();
    Ok(taken?)
}

/// Adds rows to the calls of a set that lies outside, or takes them back (`by` is -1).
pub(super) fn update(
    entries: &mut [Entry],
    (at, set): (usize, &DistinctSet),
    sets: &mut dyn DistinctSets,
    (args, groups): (&[ArrayRef], &[u32]),
    filters: &[u64],
    by: i64,
) -> OperatorResult<()> {
    let mut changes: Vec<(u32, u64)> = Vec::new();
    let mut changed = |row: usize, bits: u64| changes.push((row as u32, bits));
    let by_row = vec![by; groups.len()];
    sets.add(at, args, groups, filters, &by_row, &mut changed)?;
    for (call, bit) in set.calls() {
        let own = changes.iter().filter(|(_, bits)| bits & bit != 0);
        let rows: Vec<u32> = own.map(|&(row, _)| row).collect();
        if rows.is_empty() {
            continue;
        }
        let owners: Vec<u32> = rows.iter().map(|&row| groups[row as usize]).collect();
        let args = gather(args, rows)?;
        let inner = &mut entries[call].accumulator;
        if by > 0 {
            inner.accumulate(&args, &owners)?;
        } else {
            inner.retract(&args, &owners)?;
        }
    }
    Ok(())
}

/// Merges partial results of the calls of a set, in which the set of each call is a column before those of the inner
/// function.
pub(super) fn merge_partial(
    entries: &mut [Entry],
    (at, set): (usize, &DistinctSet),
    sets: &mut dyn DistinctSets,
    groups: &[u32],
    states: &[&[ArrayRef]],
) -> OperatorResult<()> {
    // A group without tuples takes the inner result as it is, which keeps the order of ARRAY_AGG.
    let mut seen = hashbrown::HashSet::new();
    let is_first = groups
        .iter()
        .map(|&group| Ok(seen.insert(group) && sets.is_empty(at, group)?));
    let is_first = is_first.collect::<OperatorResult<Vec<bool>>>()?;
    let whole: Vec<u32> = (0..groups.len() as u32)
        .filter(|&row| is_first[row as usize])
        .collect();
    for (first_call, bit) in set.first_calls() {
        let Some(list) = states[first_call].first() else {
            return Err(OperatorError::fatal("a partial result has no set"));
        };
        let list = list.as_list::<i32>();
        let (values, counts) = entries_of(list);
        let offsets = list.value_offsets();
        let (first, last) = (offsets[0] as usize, offsets[groups.len()] as usize);
        let values: Vec<ArrayRef> = (values.iter())
            .map(|column| column.slice(first, last - first))
            .collect();
        let lengths = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
        let owners: Vec<u32> = lengths
            .enumerate()
            .flat_map(|(row, length)| std::iter::repeat_n(row as u32, length))
            .collect();
        let entry_groups: Vec<u32> = owners.iter().map(|&row| groups[row as usize]).collect();
        let mut new = Vec::new();
        let mut changed = |entry: usize, _: u64| {
            if !is_first[owners[entry] as usize] {
                new.push(entry as u32);
            }
        };
        let by = &counts.values()[first..last];
        let filters = vec![bit; entry_groups.len()];
        sets.add(at, &values, &entry_groups, &filters, by, &mut changed)?;
        let owners: Vec<u32> = (new.iter())
            .map(|&entry| entry_groups[entry as usize])
            .collect();
        let new = gather(&values, new)?;
        for (call, _) in set.calls().filter(|(_, other)| *other == bit) {
            let inner = &mut entries[call].accumulator;
            if !whole.is_empty() {
                let owners: Vec<u32> = whole.iter().map(|&row| groups[row as usize]).collect();
                inner.merge(&owners, &gather(&states[call][1..], whole.clone())?)?;
            }
            if !owners.is_empty() {
                inner.accumulate(&new, &owners)?;
            }
        }
    }
    Ok(())
}
