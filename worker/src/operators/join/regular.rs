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
//! together; only counting goes row by row, in order. Where the reader is a Top-N, only rows that it may show
//! are put together ([`BatchTop`]).
//!
//! A row whose key is NULL where NULL equals nothing fits nobody, ever: it is not kept.
//!
//! What is emitted follows Flink: pairs have the kind of the row that came in, but `+I` and `-D` where
//! the other side's rows also come out alone; rows padded with NULLs have `+I` and `-D`.
//!
//! State `join-left` and `join-right`: join key, row, count, associations.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::join::{JoinKind, JoinSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_functions::compile::EvalContext;
use alpheus_state::map_state::NO_SLOT;
use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::UInt32Type;

use super::batch_top::BatchTop;
use super::by_slot::BySlot;
use super::side::{Found, Side};
use super::{Emitted, Keys, Pairing, is_true, join_key_types, other};

/// About how many pairs are tested and emitted together.
const PAIRS: usize = 16 * 1024;

/// The operator; see the module's documentation.
pub struct RegularJoin {
    spec: JoinSpec,
    node: OperatorNode,
    sides: [Side; 2],
    pairing: Option<Pairing>,
    top: Option<BatchTop>,
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
        let top = spec.top_of_batch.as_ref();
        let top = top.map(|wanted| BatchTop::new(wanted, &node.output, spec.left.columns.len()));
        Ok(RegularJoin {
            top: top.transpose()?,
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
fn side(spec: &JoinSpec, input: usize) -> OperatorResult<Side> {
    let name = ["join-left", "join-right"][input];
    let counted = RegularJoin::has_associations(spec, input);
    Side::new(name, join_key_types(spec)?, spec.input(input), counted)
}

/// Rows of the other side that a batch may meet, each once.
#[derive(Default)]
struct Candidates {
    /// With how many rows fit each, which changes while the batch is processed.
    found: Found,
    slots: Vec<u32>,
    changed: Vec<bool>,
    /// Which of them each row of the batch may meet.
    of_row: Vec<Range<u32>>,
}

impl Candidates {
    fn collect(side: &Side, slots: &[u32]) -> OperatorResult<Self> {
        let mut all = Candidates::default();
        let mut of_slot: HashMap<u32, Range<u32>, BySlot> = HashMap::default();
        all.of_row.reserve(slots.len());
        for &slot in slots {
            if slot == NO_SLOT {
                all.of_row.push(0..0);
                continue;
            }
            if let Some(known) = of_slot.get(&slot) {
                all.of_row.push(known.clone());
                continue;
            }
            let start = all.found.len();
            side.find(slot, &mut all.found)?;
            all.slots.resize(all.found.len(), slot);
            let met = start as u32..all.found.len() as u32;
            of_slot.insert(slot, met.clone());
            all.of_row.push(met);
        }
        all.changed = vec![false; all.found.len()];
        Ok(all)
    }

    /// Writes associations that changed back.
    fn store(&self, side: &mut Side) -> OperatorResult<()> {
        for (row, &slot) in self.slots.iter().enumerate() {
            if self.changed[row] {
                side.put(slot, &self.found, row)?;
            }
        }
        Ok(())
    }

    /// One more row fits; whether it is the first.
    fn associate(&mut self, index: u32) -> bool {
        let index = index as usize;
        self.changed[index] = true;
        self.found.associations[index] += 1;
        self.found.associations[index] == 1
    }

    /// One row less fits; whether it was the last.
    fn dissociate(&mut self, index: u32) -> bool {
        let index = index as usize;
        // What came before the row has expired, and the number with it.
        if self.found.associations[index] == 0 {
            return false;
        }
        self.changed[index] = true;
        self.found.associations[index] -= 1;
        self.found.associations[index] == 0
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
                let times = candidates.found.counts[candidate as usize];
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
        let times = candidates.found.counts[candidate as usize];
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
        let mut candidates = Candidates::collect(theirs, &self.other_slots)?;
        let found = theirs.columns(&candidates.found)?;
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
                    let counts = fitting.iter().map(|&c| candidates.found.counts[c as usize]);
                    fitting_rows.push(counts.sum());
                }
                let change = (row as u32, batch.kind(row));
                react(spec, input, change, &fitting, &mut candidates, &mut emitted);
            }
            if !emitted.kinds.is_empty() {
                let mut kinds = emitted.kinds;
                let mut pairs = order(emitted.own.into(), emitted.other.into());
                if let Some(top) = &self.top {
                    let shown = top.shown(sides, [&pairs[0], &pairs[1]])?;
                    let of_shown = |side: &UInt32Array| take(side, &shown, None);
                    pairs = [of_shown(&pairs[0])?, of_shown(&pairs[1])?]
                        .map(|pairs| pairs.as_primitive::<UInt32Type>().clone());
                    kinds.truncate(shown.len());
                }
                out.collect(pairing.rows(sides, pairs, kinds)?);
            }
            start = end;
        }
        candidates.store(theirs)?;
        theirs.store()?;

        own.load(&keys.columns, &keys.hashes, &mut self.own_slots)?;
        let can_match = |row| keys.can_match(row);
        own.keep(&self.own_slots, &batch, can_match, &fitting_rows)?;
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
        self.sides.iter().map(Side::memory_size).sum()
    }
}
