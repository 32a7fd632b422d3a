//! All aggregates of one operator, fed together.

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::RowKind;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt8Array};
use arrow::compute::{FilterBuilder, FilterPredicate};

use super::distinct_sets::{self, DistinctSets};
use super::{Accumulator, create, create_plain, needs_distinct};

struct Entry {
    call: AggregateCall,
    accumulator: Box<dyn Accumulator>,
    state_width: usize,
    /// Whether the set of DISTINCT lies outside.
    has_set: bool,
}

/// A set that lies outside and was not given.
fn no_sets(entry: &Entry) -> OperatorError {
    OperatorError::fatal(format!(
        "the set of {}(DISTINCT ..) lies outside of its aggregates and was not given",
        entry.call.function
    ))
}

/// The accumulators of an operator's calls over one set of groups.
///
/// Partial results and snapshots hold the calls' state columns side by side, named `a<call>_<field>`.
pub struct AggregateSet {
    entries: Vec<Entry>,
    groups: usize,
}

/// The rows of a batch that go into (or out of) one aggregate.
struct Selection {
    predicate: FilterPredicate,
    groups: Vec<u32>,
}

impl Selection {
    fn new(mask: BooleanArray, groups: &[u32]) -> Self {
        let values = mask.values();
        let selected = groups.iter().enumerate();
        let groups = selected
            .filter(|(row, _)| values.value(*row))
            .map(|(_, &group)| group)
            .collect();
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

/// True where `wanted` of the row's kind and where `filter` is TRUE.
fn mask(
    ops: Option<&UInt8Array>,
    filter: Option<&BooleanArray>,
    rows: usize,
    additive: bool,
) -> BooleanArray {
    let is_additive =
        |byte: u8| byte == RowKind::Insert as u8 || byte == RowKind::UpdateAfter as u8;
    let keeps = |row: usize| {
        ops.map_or(additive, |ops| is_additive(ops.value(row)) == additive)
            && filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
    };
    BooleanArray::from((0..rows).map(keeps).collect::<Vec<bool>>())
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
        for entry in &mut set.entries {
            if needs_distinct(&entry.call) {
                entry.accumulator = create_plain(&entry.call, retractable)?;
                entry.state_width = entry.accumulator.state_fields().len();
                entry.has_set = true;
            }
        }
        Ok(set)
    }

    /// The calls whose sets lie outside: their position, and the types of their tuples.
    pub fn sets(&self) -> impl Iterator<Item = (usize, &[LogicalType])> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(_, entry)| entry.has_set)
            .map(|(call, entry)| (call, entry.call.arg_types.as_slice()))
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
        mut sets: Option<&mut dyn DistinctSets>,
    ) -> OperatorResult<()> {
        let rows = groups.len();
        let mut unfiltered: Option<(Selection, Selection)> = None;
        for (call, entry) in self.entries.iter_mut().enumerate() {
            let args: Vec<ArrayRef> = entry
                .call
                .args
                .iter()
                .map(|&i| columns[i].clone())
                .collect();
            let filter = entry.call.filter.map(|i| columns[i].as_boolean());
            let mut apply = |args: &[ArrayRef], groups: &[u32], by: i64| {
                if entry.has_set {
                    let Some(sets) = sets.as_deref_mut() else {
                        return Err(no_sets(entry));
                    };
                    let inner = &mut *entry.accumulator;
                    return distinct_sets::update(inner, (call, sets), args, groups, by);
                }
                if by > 0 {
                    entry.accumulator.accumulate(args, groups)
                } else {
                    entry.accumulator.retract(args, groups)
                }
            };
            if ops.is_none() && filter.is_none() {
                apply(&args, groups, 1)?;
                continue;
            }
            let select = |filter| {
                (
                    Selection::new(mask(ops, filter, rows, true), groups),
                    Selection::new(mask(ops, filter, rows, false), groups),
                )
            };
            let own;
            let (added, retracted) = if filter.is_some() {
                own = select(filter);
                &own
            } else {
                unfiltered.get_or_insert_with(|| select(None))
            };
            if !added.groups.is_empty() {
                apply(&added.args(&args)?, &added.groups, 1)?;
            }
            if !retracted.groups.is_empty() {
                apply(&retracted.args(&args)?, &retracted.groups, -1)?;
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
        for (call, entry) in self.entries.iter_mut().enumerate() {
            let width = entry.state_width + usize::from(entry.has_set);
            let (own, others) = rest.split_at_checked(width).ok_or_else(|| {
                OperatorError::fatal("partial results have fewer columns than the aggregates")
            })?;
            let inner = &mut *entry.accumulator;
            if entry.has_set {
                distinct_sets::merge_partial(inner, (call, &mut *sets), groups, own)?;
            } else {
                inner.merge(groups, own)?;
            }
            rest = others;
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
