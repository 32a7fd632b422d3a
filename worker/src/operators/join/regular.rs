//! The join that keeps both sides (Flink's `StreamingJoinOperator` and `StreamingSemiAntiJoinOperator`).
//!
//! Each side's rows are state under their join key, with how often each occurs. A row that comes in is
//! looked up among the rows of the other side, emitted with each that fits, and kept for those that come
//! later; a retraction takes the same pairs back. Where a row without a partner comes out too (outer and
//! anti joins) or a row with one comes out once (semi joins), its entry also says how many rows of the
//! other side fit it: the change from none to one and back is what others see.
//!
//! A batch belongs to one input, so the other side does not change while it is processed but for those
//! numbers. All rows that its keys meet are decoded once and the condition is evaluated for all pairs
//! together; only counting goes row by row, in order.
//!
//! A row whose key is NULL where NULL equals nothing fits nobody, ever: it is not kept.
//!
//! What is emitted follows Flink: pairs have the kind of the row that came in, but `+I` and `-D` where
//! the other side's rows also come out alone; rows padded with NULLs have `+I` and `-D`.
//!
//! State `join-left` and `join-right`: join key, row, count, associations.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::join::{JoinKind, JoinSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult, RowType};
use alpheus_functions::compile::EvalContext;
use alpheus_state::map_state::{EntryRange, MapState, MapStateSpec, NO_SLOT, ScanOrder};
use alpheus_state::row_codec::{RowBuffer, SortColumn};
use arrow::array::{ArrayRef, UInt32Array};

use super::{Emitted, Keys, Pairing, is_true, join_key_types, other};

/// About how many pairs are tested and emitted together.
const PAIRS: usize = 16 * 1024;
const COUNT: usize = 0;
const ASSOCIATIONS: usize = 1;

/// The operator; see the module's documentation.
pub struct RegularJoin {
    spec: JoinSpec,
    node: OperatorNode,
    sides: [MapState; 2],
    pairing: Option<Pairing>,
    clock: Arc<dyn Clock>,
    own_slots: Vec<u32>,
    other_slots: Vec<u32>,
}

impl RegularJoin {
    /// The operator of a `Join` node.
    ///
    /// # Errors
    /// When a key or a column cannot be kept.
    pub fn new(node: &OperatorNode, spec: &JoinSpec) -> OperatorResult<Self> {
        Ok(RegularJoin {
            sides: [side(spec, 0)?, side(spec, 1)?],
            spec: spec.clone(),
            node: node.clone(),
            pairing: None,
            clock: Arc::new(SystemClock),
            own_slots: Vec::new(),
            other_slots: Vec::new(),
        })
    }

    fn now(&self) -> i64 {
        match self
            .spec
            .left
            .state_ttl_ms
            .max(self.spec.right.state_ttl_ms)
        {
            0 => 0,
            _ => self.clock.now_ms(),
        }
    }

    /// Whether an entry of the input's state says how many rows of the other side fit it.
    fn has_associations(spec: &JoinSpec, input: usize) -> bool {
        let one_sided = matches!(spec.kind, JoinKind::Semi | JoinKind::Anti);
        spec.pads(input) || (one_sided && input == 0)
    }
}

/// The state of a side.
fn side(spec: &JoinSpec, input: usize) -> OperatorResult<MapState> {
    let columns = &spec.input(input).columns;
    let mut counters = vec!["count".to_owned()];
    if RegularJoin::has_associations(spec, input) {
        counters.push("associations".to_owned());
    }
    let entry = columns.fields.iter();
    let state = MapState::new(MapStateSpec {
        name: ["join-left", "join-right"][input].to_owned(),
        keys: join_key_types(spec)?,
        entry: entry
            .map(|field| SortColumn::ascending(field.ty.clone()))
            .collect(),
        counters,
        payload: RowType::default(),
        ttl_ms: spec.input(input).state_ttl_ms,
    })?;
    Ok(state.with_unordered_entries())
}

/// Rows of the other side that a batch may meet, each once.
#[derive(Default)]
struct Candidates {
    rows: RowBuffer,
    slots: Vec<u32>,
    counts: Vec<i64>,
    /// How many rows fit each; changes while the batch is processed.
    associations: Vec<i64>,
    changed: Vec<bool>,
    /// Which of them each row of the batch may meet.
    of_row: Vec<Range<u32>>,
}

impl Candidates {
    fn collect(state: &MapState, slots: &[u32], counted: bool) -> OperatorResult<Self> {
        let mut found = Candidates::default();
        let mut of_slot: HashMap<u32, Range<u32>> = HashMap::new();
        for &slot in slots {
            if slot == NO_SLOT {
                found.of_row.push(0..0);
                continue;
            }
            if let Some(known) = of_slot.get(&slot) {
                found.of_row.push(known.clone());
                continue;
            }
            let start = found.counts.len() as u32;
            let all = &EntryRange::ALL;
            state.scan(slot, all, ScanOrder::Forward, &mut |entry, value| {
                found.rows.push(entry);
                found.slots.push(slot);
                found.counts.push(value.counter(COUNT));
                let associations = if counted {
                    value.counter(ASSOCIATIONS)
                } else {
                    0
                };
                found.associations.push(associations);
                ControlFlow::Continue(())
            })?;
            let all = start..found.counts.len() as u32;
            of_slot.insert(slot, all.clone());
            found.of_row.push(all);
        }
        found.changed = vec![false; found.counts.len()];
        Ok(found)
    }

    /// Writes associations that changed back.
    fn store(&self, state: &mut MapState) -> OperatorResult<()> {
        for (index, row) in self.rows.iter().enumerate() {
            if self.changed[index] {
                let counters = [self.counts[index], self.associations[index]];
                state.put(self.slots[index], row, &counters, &[])?;
            }
        }
        Ok(())
    }

    /// One more row fits; whether it is the first.
    fn associate(&mut self, index: u32) -> bool {
        let index = index as usize;
        self.changed[index] = true;
        self.associations[index] += 1;
        self.associations[index] == 1
    }

    /// One row less fits; whether it was the last.
    fn dissociate(&mut self, index: u32) -> bool {
        let index = index as usize;
        // What came before the row has expired, and the number with it.
        if self.associations[index] == 0 {
            return false;
        }
        self.changed[index] = true;
        self.associations[index] -= 1;
        self.associations[index] == 0
    }
}

/// The kind without the difference between new and updated.
fn plain(kind: RowKind) -> RowKind {
    match kind.is_additive() {
        true => RowKind::Insert,
        false => RowKind::Delete,
    }
}

/// What a row of the input does, given the candidates that fit it.
fn react(
    spec: &JoinSpec,
    input: usize,
    (row, kind): (u32, RowKind),
    fitting: &[u32],
    candidates: &mut Candidates,
    out: &mut Emitted,
) {
    let additive = kind.is_additive();
    if matches!(spec.kind, JoinKind::Semi | JoinKind::Anti) {
        let wanted = spec.kind == JoinKind::Semi;
        if input == 0 {
            if fitting.is_empty() != wanted {
                out.push(Some(row), None, kind, 1);
            }
            return;
        }
        for &candidate in fitting {
            let turns = match additive {
                true => candidates.associate(candidate),
                false => candidates.dissociate(candidate),
            };
            if turns {
                let appears = additive == wanted;
                let kind = if appears {
                    RowKind::Insert
                } else {
                    RowKind::Delete
                };
                let times = candidates.counts[candidate as usize];
                out.push(None, Some(candidate), kind, times);
            }
        }
        return;
    }
    if fitting.is_empty() {
        if spec.pads(input) {
            out.push(Some(row), None, plain(kind), 1);
        }
        return;
    }
    let other_pads = spec.pads(other(input));
    let pair_kind = if other_pads { plain(kind) } else { kind };
    for &candidate in fitting {
        let times = candidates.counts[candidate as usize];
        if other_pads && additive && candidates.associate(candidate) {
            out.push(None, Some(candidate), RowKind::Delete, times);
        }
        out.push(Some(row), Some(candidate), pair_kind, times);
        if other_pads && !additive && candidates.dissociate(candidate) {
            out.push(None, Some(candidate), RowKind::Insert, times);
        }
    }
}

impl Operator for RegularJoin {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.pairing = Some(Pairing::new(&self.spec, &self.node, &context.session)?);
        for side in &mut self.sides {
            side.open(context)?;
        }
        Ok(())
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let now = self.now();
        for side in &mut self.sides {
            side.restore(state, now)?;
        }
        Ok(())
    }

    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let Some(pairing) = &self.pairing else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        let now = self.now();
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let spec = &self.spec;
        let [left, right] = &mut self.sides;
        let (own, theirs) = match input {
            0 => (left, right),
            _ => (right, left),
        };
        let counted = Self::has_associations(spec, input);
        let keys = Keys::of(spec, input, batch.rows())?;
        own.begin(now);
        theirs.begin(now);
        theirs.probe(&keys.columns, &keys.hashes, &mut self.other_slots)?;
        for (row, slot) in self.other_slots.iter_mut().enumerate() {
            if !keys.can_match(row) {
                *slot = NO_SLOT;
            }
        }
        let mut candidates = Candidates::collect(
            theirs,
            &self.other_slots,
            Self::has_associations(spec, other(input)),
        )?;
        let found = theirs.entry_codec().decode(candidates.rows.iter())?;
        let columns: [&[ArrayRef]; 2] = [batch.rows().columns(), &found];
        let order = |own: UInt32Array, other: UInt32Array| match input {
            0 => [own, other],
            _ => [other, own],
        };
        let sides = match input {
            0 => columns,
            _ => [columns[1], columns[0]],
        };

        // How many rows fit each row of the batch, to be kept with it.
        let mut fitting_rows: Vec<i64> = Vec::new();
        let mut start = 0;
        while start < batch.num_rows() {
            let (mut own_rows, mut other_rows) = (Vec::new(), Vec::new());
            let mut end = start;
            while end < batch.num_rows() && own_rows.len() < PAIRS {
                for candidate in candidates.of_row[end].clone() {
                    own_rows.push(end as u32);
                    other_rows.push(candidate);
                }
                end += 1;
            }
            let pairs = order(own_rows.clone().into(), other_rows.clone().into());
            let fulfilled = pairing.fulfilled(sides, [&pairs[0], &pairs[1]], &context)?;
            let fits = |pair: usize| is_true(fulfilled.as_ref(), pair);
            let mut emitted = Emitted::default();
            let mut fitting = Vec::new();
            let mut pair = 0;
            for row in start..end {
                fitting.clear();
                while pair < own_rows.len() && own_rows[pair] as usize == row {
                    if fits(pair) {
                        fitting.push(other_rows[pair]);
                    }
                    pair += 1;
                }
                if counted {
                    let counts = fitting.iter().map(|&c| candidates.counts[c as usize]);
                    fitting_rows.push(counts.sum());
                }
                let change = (row as u32, batch.kind(row));
                react(spec, input, change, &fitting, &mut candidates, &mut emitted);
            }
            if !emitted.kinds.is_empty() {
                let (own, other) = (emitted.own.into(), emitted.other.into());
                out.collect(pairing.rows(sides, order(own, other), emitted.kinds)?);
            }
            start = end;
        }
        candidates.store(theirs)?;
        theirs.store()?;

        own.load(&keys.columns, &keys.hashes, &mut self.own_slots)?;
        let entries = own.entry_codec().encode(batch.rows().columns())?;
        for (row, &slot) in self.own_slots.iter().enumerate() {
            if !keys.can_match(row) {
                continue;
            }
            let entry = entries.row(row);
            let count = own
                .get(slot, entry)?
                .map_or(0, |value| value.counter(COUNT));
            let count = match batch.kind(row).is_additive() {
                true => count + 1,
                false => count - 1,
            };
            if count > 0 {
                let counters = [count, fitting_rows.get(row).copied().unwrap_or_default()];
                own.put(slot, entry, &counters[..1 + usize::from(counted)], &[])?;
            } else if count == 0 {
                own.remove(slot, entry)?;
            }
        }
        own.store()
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let sides = self.sides.iter_mut().map(|side| side.freeze(barrier));
        Ok(OperatorSnapshot {
            keyed: sides.collect::<OperatorResult<_>>()?,
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.sides.iter().map(MapState::memory_size).sum()
    }
}
