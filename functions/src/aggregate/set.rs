//! All aggregates of one operator, fed together.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::RowKind;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt8Array, UInt64Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{FilterBuilder, FilterPredicate};
use arrow::datatypes::UInt64Type;

use super::distinct_sets::{self, DistinctSet, DistinctSets};
use super::{Accumulator, create, create_plain, needs_distinct};

pub(super) struct Entry {
    call: AggregateCall,
    pub(super) accumulator: Box<dyn Accumulator>,
    state_width: usize,
    /// Whether the set of DISTINCT lies outside.
    has_set: bool,
}

/// The accumulators of an operator's calls over one set of groups.
///
/// Partial results and snapshots hold the calls' state columns side by side, named `a<call>_<field>`.
pub struct AggregateSet {
    entries: Vec<Entry>,
    /// The sets that lie outside.
    sets: Vec<DistinctSet>,
    groups: usize,
}

/// The rows of a batch that go into (or out of) one aggregate.
struct Selection {
    predicate: FilterPredicate,
    groups: Vec<u32>,
}

impl Selection {
    fn new(mask: BooleanBuffer, groups: &[u32]) -> Self {
        let groups = mask.set_indices().map(|row| groups[row]).collect();
        let mask = BooleanArray::from(mask);
        Selection {
            predicate: FilterBuilder::new(&mask).optimize().build(),
            groups,
        }
    }

    fn args(&self, args: &[ArrayRef]) -> OperatorResult<Vec<ArrayRef>> {
        let filtered: Result<_, _> = args
            .iter()
            .map(|arg| self.predicate.filter(arg.as_ref()))
            .collect();
        Ok(filtered?)
    }
}

/// Rows to add (1) and rows to take back (-1).
type Signed = Vec<(i64, Selection)>;

/// The rows of a batch by filter and by whether they are added, each made once.
struct Selections<'a> {
    columns: &'a [ArrayRef],
    /// Which rows are added, and which are taken back; without, all are added.
    kinds: Option<[BooleanBuffer; 2]>,
    groups: &'a [u32],
    made: Vec<(Option<usize>, Signed)>,
}

impl<'a> Selections<'a> {
    fn new(columns: &'a [ArrayRef], ops: Option<&UInt8Array>, groups: &'a [u32]) -> Self {
        let is_additive =
            |byte: u8| byte == RowKind::Insert as u8 || byte == RowKind::UpdateAfter as u8;
        let kinds = ops.map(|ops| {
            [true, false].map(|additive| {
                let values = ops.values();
                BooleanBuffer::collect_bool(values.len(), |row| {
                    is_additive(values[row]) == additive
                })
            })
        });
        Selections {
            columns,
            kinds,
            groups,
            made: Vec::new(),
        }
    }

    /// Whether all rows go in without looking at them.
    fn takes_all(&self, filter: Option<usize>) -> bool {
        self.kinds.is_none() && filter.is_none()
    }

    /// The rows for which the filter is TRUE, those to add (1) before those to take back (-1).
    fn of(&mut self, filter: Option<usize>) -> &[(i64, Selection)] {
        if let Some(known) = self.made.iter().position(|(made, _)| *made == filter) {
            return &self.made[known].1;
        }
        let passed = filter.map(|filter| {
            let filter = self.columns[filter].as_boolean();
            match filter.nulls() {
                Some(nulls) => filter.values() & nulls.inner(),
                None => filter.values().clone(),
            }
        });
        let all = || BooleanBuffer::new_set(self.groups.len());
        let masks = match &self.kinds {
            None => vec![(1, passed.unwrap_or_else(all))],
            Some([added, retracted]) => {
                let mask = |kind: &BooleanBuffer| match &passed {
                    Some(passed) => passed & kind,
                    None => kind.clone(),
                };
                vec![(1, mask(added)), (-1, mask(retracted))]
            }
        };
        let selections = masks
            .into_iter()
            .filter(|(_, mask)| mask.count_set_bits() > 0)
            .map(|(by, mask)| (by, Selection::new(mask, self.groups)));
        let selections = selections.collect();
        self.made.push((filter, selections));
        &self.made[self.made.len() - 1].1
    }
}

impl AggregateSet {
    /// Accumulators for the calls; `retractable` when rows may be taken back.
    ///
    /// # Errors
    /// When a call names no function or has types it cannot take.
    pub fn new(calls: &[AggregateCall], retractable: bool) -> OperatorResult<Self> {
        let entries = calls.iter().map(|call| {
            let accumulator = create(call, retractable)?;
            Ok(Entry {
                call: call.clone(),
                state_width: accumulator.state_fields().len(),
                accumulator,
                has_set: false,
            })
        });
        Ok(AggregateSet {
            entries: entries.collect::<OperatorResult<_>>()?,
            sets: Vec::new(),
            groups: 0,
        })
    }

    /// The same, with the sets of DISTINCT outside: rows come by way of [`AggregateSet::update_with`], and
    /// what [`AggregateSet::state`] gives is without the sets.
    ///
    /// # Errors
    /// As [`AggregateSet::new`].
    pub fn with_sets(calls: &[AggregateCall], retractable: bool) -> OperatorResult<Self> {
        let mut set = AggregateSet::new(calls, retractable)?;
        let AggregateSet { entries, sets, .. } = &mut set;
        for (at, entry) in entries.iter_mut().enumerate() {
            if needs_distinct(&entry.call) {
                DistinctSet::assign(sets, at, &entry.call);
                entry.accumulator = create_plain(&entry.call, retractable)?;
                entry.state_width = entry.accumulator.state_fields().len();
                entry.has_set = true;
            }
        }
        Ok(set)
    }

    /// The sets that lie outside.
    pub fn sets(&self) -> &[DistinctSet] {
        &self.sets
    }

    /// Names and types of the columns of [`AggregateSet::state`] for these calls: what a local phase
    /// sends to the global one.
    ///
    /// # Errors
    /// As [`AggregateSet::new`].
    pub fn state_fields_of(
        calls: &[AggregateCall],
        retractable: bool,
    ) -> OperatorResult<Vec<Field>> {
        Ok(AggregateSet::new(calls, retractable)?.state_fields())
    }

    /// How many groups there is room for.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Makes room for at least `groups` groups.
    pub fn resize(&mut self, groups: usize) {
        if groups > self.groups {
            self.groups = groups;
            for entry in &mut self.entries {
                entry.accumulator.resize(groups);
            }
        }
    }

    /// Applies row `i` of the operator's input to group `groups[i]`: its FILTER decides whether, `ops`
    /// whether it is added or taken back. `columns` are all columns of the input.
    ///
    /// # Errors
    /// When a value cannot be aggregated.
    pub fn update(
        &mut self,
        columns: &[ArrayRef],
        ops: Option<&UInt8Array>,
        groups: &[u32],
    ) -> OperatorResult<()> {
        self.update_with(columns, ops, groups, None)
    }

    /// [`AggregateSet::update`] where the sets of DISTINCT lie outside.
    ///
    /// # Errors
    /// When a value cannot be aggregated, or a disk fails.
    pub fn update_with(
        &mut self,
        columns: &[ArrayRef],
        ops: Option<&UInt8Array>,
        groups: &[u32],
        sets: Option<&mut dyn DistinctSets>,
    ) -> OperatorResult<()> {
        let mut selections = Selections::new(columns, ops, groups);
        for entry in self.entries.iter_mut().filter(|entry| !entry.has_set) {
            let args = entry.call.args.iter().map(|&i| columns[i].clone());
            let args: Vec<ArrayRef> = args.collect();
            if selections.takes_all(entry.call.filter) {
                entry.accumulator.accumulate(&args, groups)?;
                continue;
            }
            for (by, selection) in selections.of(entry.call.filter) {
                let args = selection.args(&args)?;
                if *by > 0 {
                    entry.accumulator.accumulate(&args, &selection.groups)?;
                } else {
                    entry.accumulator.retract(&args, &selection.groups)?;
                }
            }
        }
        if self.sets.is_empty() {
            return Ok(());
        }
        let sets = sets.ok_or_else(|| {
            OperatorError::fatal("the sets of DISTINCT lie outside and were not given")
        })?;
        for set in self.sets.iter().enumerate() {
            let args = set.1.columns(columns);
            let filters = set.1.passed(columns, groups.len());
            let entries = &mut self.entries;
            if selections.takes_all(None) {
                distinct_sets::update(entries, set, sets, (&args, groups), &filters, 1)?;
                continue;
            }
            let filters: ArrayRef = Arc::new(UInt64Array::from(filters));
            for (by, selection) in selections.of(None) {
                let args = selection.args(&args)?;
                let filters = selection.predicate.filter(&filters)?;
                let filters = filters.as_primitive::<UInt64Type>().values();
                let rows = (args.as_slice(), selection.groups.as_slice());
                distinct_sets::update(entries, set, sets, rows, filters, *by)?;
            }
        }
        Ok(())
    }

    /// One result column a call.
    ///
    /// # Errors
    /// When a result cannot be represented.
    pub fn evaluate(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let entries = self.entries.iter();
        entries
            .map(|entry| entry.accumulator.evaluate(groups))
            .collect()
    }

    /// Empties the groups.
    pub fn clear(&mut self, groups: &[u32]) {
        for entry in &mut self.entries {
            entry.accumulator.clear(groups);
        }
    }

    /// Names and types of the columns of [`AggregateSet::state`].
    pub fn state_fields(&self) -> Vec<Field> {
        let entries = self.entries.iter().enumerate();
        entries
            .flat_map(|(call, entry)| {
                let fields = entry.accumulator.state_fields().into_iter();
                fields.map(move |field| Field::new(format!("a{call}_{}", field.name), field.ty))
            })
            .collect()
    }

    /// Partial results of the groups.
    ///
    /// # Errors
    /// When they cannot be represented.
    pub fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let mut columns = Vec::new();
        for entry in &self.entries {
            columns.extend(entry.accumulator.state(groups)?);
        }
        Ok(columns)
    }

    /// Adds partial result `i` to group `groups[i]`.
    ///
    /// # Errors
    /// When the columns are not those of [`AggregateSet::state_fields`].
    pub fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        check_state(&self.state_fields(), state)?;
        let mut rest = state;
        for entry in &mut self.entries {
            let (own, others) = rest.split_at(entry.state_width);
            entry.accumulator.merge(groups, own)?;
            rest = others;
        }
        Ok(())
    }

    /// Adds partial results that hold the sets of DISTINCT, as a local phase sends them, where these lie
    /// outside.
    ///
    /// # Errors
    /// When the columns are not those that the local phase has, or a disk fails.
    pub fn merge_partial(
        &mut self,
        groups: &[u32],
        state: &[ArrayRef],
        sets: &mut dyn DistinctSets,
    ) -> OperatorResult<()> {
        let mut rest = state;
        let mut states = Vec::with_capacity(self.entries.len());
        for entry in &mut self.entries {
            let width = entry.state_width + usize::from(entry.has_set);
            let (own, others) = rest.split_at_checked(width).ok_or_else(|| {
                OperatorError::fatal("partial results have fewer columns than the aggregates")
            })?;
            if !entry.has_set {
                entry.accumulator.merge(groups, own)?;
            }
            states.push(own);
            rest = others;
        }
        for set in self.sets.iter().enumerate() {
            distinct_sets::merge_partial(&mut self.entries, set, &mut *sets, groups, &states)?;
        }
        Ok(())
    }

    /// A copy as of now that shares memory with this one.
    pub fn freeze(&mut self) -> AggregateSet {
        AggregateSet {
            entries: self
                .entries
                .iter_mut()
                .map(|entry| Entry {
                    call: entry.call.clone(),
                    accumulator: entry.accumulator.freeze(),
                    state_width: entry.state_width,
                    has_set: entry.has_set,
                })
                .collect(),
            sets: self.sets.clone(),
            groups: self.groups,
        }
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        let entries = self.entries.iter();
        entries.map(|entry| entry.accumulator.memory_size()).sum()
    }
}

fn check_state(expected: &[Field], state: &[ArrayRef]) -> OperatorResult<()> {
    let fits = expected.len() == state.len()
        && expected
            .iter()
            .zip(state)
            .all(|(field, column)| field.ty.to_arrow() == *column.data_type());
    if fits {
        return Ok(());
    }
    let found: Vec<_> = state.iter().map(|c| c.data_type().to_string()).collect();
    let wanted: Vec<_> = expected.iter().map(|f| f.ty.to_string()).collect();
    Err(OperatorError::fatal(format!(
        "partial results have the columns [{}], the aggregates keep [{}]: the state was written by other \
         aggregates",
        found.join(", "),
        wanted.join(", ")
    )))
}
