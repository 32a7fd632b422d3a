//! The join of rows that are all there: a hash table over the right side, probed by the left.

use alpheus_dataflow::join::{JoinKind, JoinSpec};
use alpheus_dataflow::operator::Collector;
use alpheus_dataflow::{OperatorResult, RowKind};
use alpheus_functions::compile::EvalContext;
use alpheus_state::KeyIndex;
use alpheus_state::map_state::NO_SLOT;
use arrow::array::{RecordBatch, UInt32Array};

use super::{Emitted, Keys, Pairing, is_true, join_key_types};

/// About how many pairs are tested and emitted together.
const PAIRS: usize = 16 * 1024;

/// Rows of a side, each with how often it occurs.
pub(super) struct Side {
    pub rows: RecordBatch,
    pub counts: Vec<i64>,
}

/// Rows of the right side by key.
pub(super) struct Lookup {
    index: KeyIndex,
    /// Row numbers, those of one slot together.
    rows: Vec<u32>,
    starts: Vec<u32>,
}

impl Lookup {
    pub fn new(spec: &JoinSpec, side: &Side) -> OperatorResult<Self> {
        let keys = Keys::of(spec, 1, &side.rows)?;
        let mut index = KeyIndex::new(&join_key_types(spec)?)?;
        let mut slots = Vec::new();
        index.intern(&keys.columns, &keys.hashes, &mut slots)?;
        let mut by_slot: Vec<(u32, u32)> = (slots.iter().copied().zip(0u32..))
            .filter(|(_, row)| keys.can_match(*row as usize))
            .collect();
        by_slot.sort_unstable();
        let mut starts = vec![0; index.capacity() + 1];
        for (slot, _) in &by_slot {
            starts[*slot as usize + 1] += 1;
        }
        for slot in 1..starts.len() {
            starts[slot] += starts[slot - 1];
        }
        Ok(Lookup {
            index,
            rows: by_slot.into_iter().map(|(_, row)| row).collect(),
            starts,
        })
    }

    fn of(&self, slot: u32) -> &[u32] {
        let slot = slot as usize;
        &self.rows[self.starts[slot] as usize..self.starts[slot + 1] as usize]
    }
}

/// Emits the join of the two sides, as inserts; `lookup` is that of the right side.
pub(super) fn join(
    spec: &JoinSpec,
    pairing: &Pairing,
    [left, right]: [&Side; 2],
    lookup: &Lookup,
    context: &EvalContext,
    out: &mut dyn Collector,
) -> OperatorResult<()> {
    let keys = Keys::of(spec, 0, &left.rows)?;
    let mut slots = Vec::new();
    lookup.index.find(&keys.columns, &keys.hashes, &mut slots)?;
    let sides = [left.rows.columns(), right.rows.columns()];
    let mut emit = |emitted: Emitted| -> OperatorResult<()> {
        if !emitted.kinds.is_empty() {
            let pairs = [emitted.own.into(), emitted.other.into()];
            out.collect(pairing.rows(sides, pairs, emitted.kinds)?);
        }
        Ok(())
    };
    let mut fits = [
        vec![false; left.counts.len()],
        vec![false; right.counts.len()],
    ];
    let mut row = 0;
    while row < slots.len() {
        let (mut left_rows, mut right_rows) = (Vec::new(), Vec::new());
        while row < slots.len() && left_rows.len() < PAIRS {
            if slots[row] != NO_SLOT && keys.can_match(row) {
                for &partner in lookup.of(slots[row]) {
                    left_rows.push(row as u32);
                    right_rows.push(partner);
                }
            }
            row += 1;
        }
        let pairs = [
            UInt32Array::from(left_rows.clone()),
            UInt32Array::from(right_rows.clone()),
        ];
        let fulfilled = pairing.fulfilled(sides, [&pairs[0], &pairs[1]], context)?;
        let mut emitted = Emitted::default();
        for (pair, (&of_left, &of_right)) in left_rows.iter().zip(&right_rows).enumerate() {
            if !is_true(fulfilled.as_ref(), pair) {
                continue;
            }
            fits[0][of_left as usize] = true;
            fits[1][of_right as usize] = true;
            if spec.kind.has_right_columns() {
                let times = left.counts[of_left as usize] * right.counts[of_right as usize];
                emitted.push(Some(of_left), Some(of_right), RowKind::Insert, times);
            }
        }
        emit(emitted)?;
    }
    let mut alone = Emitted::default();
    let wanted = match spec.kind {
        JoinKind::Semi => Some(true),
        JoinKind::Anti | JoinKind::Left | JoinKind::Full => Some(false),
        JoinKind::Inner | JoinKind::Right => None,
    };
    for (row, &count) in left.counts.iter().enumerate() {
        if wanted == Some(fits[0][row]) {
            alone.push(Some(row as u32), None, RowKind::Insert, count);
        }
    }
    if spec.pads(1) {
        for (row, &count) in right.counts.iter().enumerate() {
            if !fits[1][row] {
                alone.push(None, Some(row as u32), RowKind::Insert, count);
            }
        }
    }
    emit(alone)
}
