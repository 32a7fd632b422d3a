//! Top-N: of each partition the rows whose number is in a range, as a changelog (Flink's
//! `AppendOnlyTopNFunction`, `UpdatableTopNFunction` and `RetractableTopNFunction`).
//!
//! A batch is a unit: its rows are applied to the partitions in order, and each partition that it touches
//! emits how its Top-N differs from the one before.
//!
//! * With the number in the output, each number is a row of its own: `+I` where the partition has grown
//!   to it, `-D` where it has shrunk, `-U` (unless nobody needs it) and `+U` where another row has it.
//! * Without, rows come (`+I`) and go (`-D`).
//!
//! Over inserts alone, only the first `n` rows of a partition are kept; where rows may be taken back, all
//! of them, because the next one moves up. Where rows are updated by key and an update can only move a row
//! up, again only the first `n` are kept: a row that was pushed out comes back by its own update. Rows with equal sort keys are in the order of arrival. Without
//! sort keys it is LIMIT. A row that is taken back and not known (its state has expired) is ignored.
//!
//! State `rank`: partition, sort key, number of arrival, row.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::order::{RankRange, SortKey};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_state::map_state::{EntryRange, ScanOrder};
use alpheus_state::row_codec::RowBuffer;
use arrow::array::{ArrayRef, Int64Array, UInt8Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use hashbrown::HashMap;

use super::group_aggregate::key_types;
use super::kept_rows::{KeptRows, UpsertKey};
use super::ordered_rows::{FirstRows, OrderedRows, pick, sort_columns};

const STATE: &str = "rank";
/// Room for at most so many rows is made ahead.
const MOST_RESERVED: usize = 64;

/// The operator; see the module's documentation.
pub struct Rank {
    partition: Vec<usize>,
    order: Vec<SortKey>,
    range: RankRange,
    numbered: bool,
    append_only: bool,
    update_fast: Option<UpsertKey>,
    update_before: bool,
    timed: bool,
    rows: OrderedRows,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
}

/// The first rows of a partition.
#[derive(Default)]
struct Top {
    entries: RowBuffer,
    rows: RowBuffer,
}

/// A partition that a batch touches.
struct Touched {
    slot: u32,
    /// Which rows were wanted before the batch; where only those are kept, as of now.
    first: FirstRows,
    /// How many of them no row of the batch comes before.
    unchanged: usize,
    /// The ones behind those, from the first change on that may matter.
    before: Option<Top>,
    /// Where rows that are updated in place lie.
    kept: KeptRows,
}

impl Rank {
    /// The operator of a `Rank` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a column can be no key.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::Rank {
            partition,
            order,
            range,
            numbered,
            update_fast,
            input: mode,
            generate_update_before,
            state_ttl_ms,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!("{} is no Rank", node.name)));
        };
        Ok(Rank {
            rows: OrderedRows::new(
                STATE,
                key_types(partition, input)?,
                sort_columns(order, input)?,
                input,
                *state_ttl_ms,
            )?,
            partition: partition.clone(),
            order: order.clone(),
            range: *range,
            numbered: *numbered,
            append_only: *mode == ChangelogMode::InsertOnly,
            update_fast: match update_fast.as_slice() {
                [] => None,
                columns => Some(UpsertKey::new(columns, input)?),
            },
            update_before: *generate_update_before,
            timed: *state_ttl_ms > 0,
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
        })
    }

    /// Whether rows only come, so that what is kept is never replaced in its place.
    fn appends(&self) -> bool {
        self.append_only && self.update_fast.is_none()
    }

    fn now(&self) -> i64 {
        if self.timed { self.clock.now_ms() } else { 0 }
    }

    /// The first rows of a partition without the very first `unchanged`.
    fn top(&self, slot: u32, unchanged: usize) -> OperatorResult<Top> {
        let mut top = Top::default();
        let needed = self.range.needed();
        if needed <= unchanged {
            return Ok(top);
        }
        let all = EntryRange::ALL;
        let mut seen = 0;
        let mut visit = |entry: &[u8], value: &alpheus_state::map_state::Value<'_>| {
            seen += 1;
            if seen <= unchanged {
                return ControlFlow::Continue(());
            }
            if top.rows.is_empty() {
                let rows = (needed - unchanged).min(MOST_RESERVED);
                top.entries.reserve(rows, rows * entry.len());
                top.rows.reserve(rows, rows * value.payload().len());
            }
            top.entries.push(entry);
            top.rows.push(value.payload());
            match seen == needed {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        self.rows
            .state
            .scan(slot, &all, ScanOrder::Forward, &mut visit)?;
        Ok(top)
    }

    fn touch(&self, slot: u32) -> OperatorResult<Touched> {
        let kept = match &self.update_fast {
            None => KeptRows::default(),
            Some(key) => {
                let top = self.top(slot, 0)?;
                let codec = self.rows.state.payload_codec();
                KeptRows::of(key, codec, &top.entries, &top.rows)?
            }
        };
        Ok(Touched {
            slot,
            first: self.rows.first_rows(slot, self.range.needed())?,
            unchanged: 0,
            before: None,
            kept,
        })
    }

    /// The partition is about to change at this entry. Behind the wanted rows nothing shows, as long as
    /// nothing has changed among them.
    fn note(&self, touched: &mut Touched, entry: &[u8]) -> OperatorResult<()> {
        if touched.before.is_none() && touched.first.takes(entry, self.range.needed()) {
            if self.appends() {
                // The rows that are added to a partition come in its order.
                touched.unchanged = self.rows.rows_before(touched.slot, entry)?;
            }
            touched.before = Some(self.top(touched.slot, touched.unchanged)?);
        }
        Ok(())
    }

    fn add(&mut self, touched: &mut Touched, entry: &[u8], row: &[u8]) -> OperatorResult<()> {
        self.note(touched, entry)?;
        let needed = self.range.needed();
        if !self.append_only {
            return self.rows.state.put(touched.slot, entry, &[], row);
        }
        match touched.first.takes(entry, needed) {
            true => {
                let slot = touched.slot;
                self.rows
                    .put_first(slot, &mut touched.first, needed, entry, row)
            }
            false => Ok(()),
        }
    }

    /// Puts a row in the place of the one with its upsert key, or, where that has another sort key now, to
    /// where it belongs.
    fn update(
        &mut self,
        touched: &mut Touched,
        key: &[u8],
        (entry, prefix): (&[u8], &[u8]),
        row: &[u8],
    ) -> OperatorResult<()> {
        let slot = touched.slot;
        if let Some(old) = touched.kept.entry(key).map(<[u8]>::to_vec) {
            self.note(touched, &old)?;
            if old.starts_with(prefix) {
                return self.rows.state.put(slot, &old, &[], row);
            }
            self.rows.state.remove(slot, &old)?;
            touched.first.removed();
            touched.kept.forget(&old);
        }
        self.note(touched, entry)?;
        let needed = self.range.needed();
        if !touched.first.takes(entry, needed) {
            return Ok(());
        }
        if let Some(pushed_out) = touched.first.last() {
            touched.kept.forget(pushed_out);
        }
        touched.kept.put(key, entry);
        self.rows
            .put_first(slot, &mut touched.first, needed, entry, row)
    }

    /// Takes back the first row that equals this one.
    fn remove(&mut self, touched: &mut Touched, prefix: &[u8], row: &[u8]) -> OperatorResult<()> {
        let slot = touched.slot;
        let mut found: Option<Vec<u8>> = None;
        let mut visit = |entry: &[u8], value: &alpheus_state::map_state::Value<'_>| {
            if value.payload() != row {
                return ControlFlow::Continue(());
            }
            found = Some(entry.to_vec());
            ControlFlow::Break(())
        };
        let range = EntryRange::prefix(prefix);
        self.rows
            .state
            .scan(slot, &range, ScanOrder::Forward, &mut visit)?;
        match found {
            Some(entry) => {
                self.note(touched, &entry)?;
                self.rows.state.remove(slot, &entry)
            }
            None => Ok(()),
        }
    }

    fn apply(&mut self, batch: &ChangelogBatch) -> OperatorResult<Vec<Touched>> {
        let columns = batch.rows().columns();
        let count = batch.num_rows();
        let keys = pick(columns, self.partition.iter().copied());
        let slots = self.rows.load(&keys, count)?;
        let sort = pick(columns, self.order.iter().map(|key| key.column));
        let entries = self.rows.entries(&sort, count)?;
        let rows = self.rows.payloads(columns)?;
        let upsert_keys = match &self.update_fast {
            Some(key) => Some(key.encode(columns)?),
            None => None,
        };
        let prefixes = match batch.ops() {
            _ if upsert_keys.is_some() => Some(self.rows.prefixes(&sort)?),
            Some(_) => Some(self.rows.prefixes(&sort)?),
            None => None,
        };
        let mut touched: Vec<Touched> = Vec::new();
        let mut known: HashMap<u32, usize> = HashMap::new();
        for (row, &slot) in slots.iter().enumerate() {
            let at = match known.get(&slot) {
                Some(&at) => at,
                None => {
                    touched.push(self.touch(slot)?);
                    known.insert(slot, touched.len() - 1);
                    touched.len() - 1
                }
            };
            let touched = &mut touched[at];
            let is_additive = batch.kind(row).is_additive();
            if let (Some(keys), Some(prefixes)) = (&upsert_keys, &prefixes) {
                // A -U is for other readers of the same rows.
                if is_additive {
                    let place = (entries.row(row), prefixes.row(row));
                    self.update(touched, keys.row(row), place, rows.row(row))?;
                }
            } else if is_additive {
                self.add(touched, entries.row(row), rows.row(row))?;
            } else if let Some(prefixes) = &prefixes {
                self.remove(touched, prefixes.row(row), rows.row(row))?;
            }
        }
        Ok(touched)
    }

    /// [`Rank::apply`] over inserts alone. Sort keys decide first: only rows that are among the first of their
    /// partition when the batch is over are encoded and kept.
    fn append(&mut self, batch: &ChangelogBatch) -> OperatorResult<Vec<Touched>> {
        let columns = batch.rows().columns();
        let (count, needed) = (batch.num_rows(), self.range.needed());
        let keys = pick(columns, self.partition.iter().copied());
        let slots = self.rows.load(&keys, count)?;
        let sort = pick(columns, self.order.iter().map(|key| key.column));
        let entries = self.rows.entries(&sort, count)?;
        // With each partition, its new first rows in order.
        let mut touched: Vec<(Touched, Vec<u32>)> = Vec::new();
        let mut known: HashMap<u32, usize> = HashMap::new();
        for (row, &slot) in slots.iter().enumerate() {
            let at = match known.get(&slot) {
                Some(&at) => at,
                None => {
                    touched.push((self.touch(slot)?, Vec::new()));
                    known.insert(slot, touched.len() - 1);
                    touched.len() - 1
                }
            };
            let (touched, fresh) = &mut touched[at];
            let entry = entries.row(row);
            if !touched.first.takes(entry, needed) {
                continue;
            }
            let place = fresh.partition_point(|&other| entries.row(other as usize) < entry);
            if place < needed {
                fresh.insert(place, row as u32);
                fresh.truncate(needed);
            }
        }
        let kept = touched.iter().flat_map(|(_, fresh)| fresh).copied();
        let kept = UInt32Array::from_iter_values(kept);
        let columns = columns.iter().map(|column| take(column, &kept, None));
        let rows = columns.collect::<Result<Vec<_>, _>>()?;
        let rows = self.rows.payloads(&rows)?;
        let mut at = 0;
        for (touched, fresh) in &mut touched {
            for &row in fresh.iter() {
                self.add(touched, entries.row(row as usize), rows.row(at))?;
                at += 1;
            }
        }
        Ok(touched.into_iter().map(|(touched, _)| touched).collect())
    }

    fn emit(&self, changes: Changes, out: &mut dyn Collector) -> OperatorResult<()> {
        if changes.ops.is_empty() {
            return Ok(());
        }
        let numbers: Vec<ArrayRef> = match self.numbered {
            true => vec![Arc::new(Int64Array::from(changes.numbers))],
            false => Vec::new(),
        };
        let rows = self.rows.decode(&changes.rows, numbers, &self.output)?;
        let inserts = changes.ops.iter().all(|&op| op == RowKind::Insert as u8);
        let ops = (!inserts).then(|| UInt8Array::from(changes.ops));
        out.collect(ChangelogBatch::try_new(rows, ops)?);
        Ok(())
    }
}

/// What is emitted.
#[derive(Default)]
struct Changes {
    rows: RowBuffer,
    numbers: Vec<i64>,
    ops: Vec<u8>,
}

impl Changes {
    fn push(&mut self, kind: RowKind, row: &[u8], number: usize) {
        self.rows.push(row);
        self.numbers.push(number as i64);
        self.ops.push(kind as u8);
    }

    /// Each number is a row. So many come before these rows, and so many of these are not wanted.
    fn by_number(
        &mut self,
        before: &Top,
        after: &Top,
        (unchanged, skipped): (usize, usize),
        update_before: bool,
    ) {
        let row_of = |top: &Top, at: usize| (at < top.rows.len()).then_some(at);
        for at in skipped..before.rows.len().max(after.rows.len()) {
            let number = unchanged + at + 1;
            match (row_of(before, at), row_of(after, at)) {
                (Some(old), Some(new)) => {
                    let (old, new) = (before.rows.row(old), after.rows.row(new));
                    if old == new {
                        continue;
                    }
                    if update_before {
                        self.push(RowKind::UpdateBefore, old, number);
                    }
                    self.push(RowKind::UpdateAfter, new, number);
                }
                (Some(old), None) => self.push(RowKind::Delete, before.rows.row(old), number),
                (None, Some(new)) => self.push(RowKind::Insert, after.rows.row(new), number),
                (None, None) => {}
            }
        }
    }

    /// Rows come and go.
    fn by_row(&mut self, before: &Top, after: &Top, skipped: usize) {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        let (mut old, mut new) = (skipped, skipped);
        loop {
            let order = match (old < before.rows.len(), new < after.rows.len()) {
                (false, false) => break,
                (true, false) => std::cmp::Ordering::Less,
                (false, true) => std::cmp::Ordering::Greater,
                (true, true) => before.entries.row(old).cmp(after.entries.row(new)),
            };
            let same_place = order.is_eq();
            let updated = same_place && before.rows.row(old) != after.rows.row(new);
            if order.is_lt() || updated {
                gone.push(old);
            }
            if order.is_gt() || updated {
                come.push(new);
            }
            old += usize::from(order.is_le());
            new += usize::from(order.is_ge());
        }
        // An equal row that took the place is no change.
        gone.retain(|&old| {
            let row = before.rows.row(old);
            let equal = come.iter().position(|&new| after.rows.row(new) == row);
            equal.map(|at| come.remove(at)).is_none()
        });
        for old in gone {
            self.push(RowKind::Delete, before.rows.row(old), 0);
        }
        for new in come {
            self.push(RowKind::Insert, after.rows.row(new), 0);
        }
    }
}

impl Operator for Rank {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.rows.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let now = self.now();
        self.rows.restore(state, now)
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if batch.is_empty() || self.range.needed() == 0 {
            return Ok(());
        }
        let now = self.now();
        self.rows.state.begin(now);
        let touched = match self.appends() {
            true => self.append(&batch)?,
            false => self.apply(&batch)?,
        };
        let mut changes = Changes::default();
        for touched in &touched {
            let Some(before) = &touched.before else {
                continue;
            };
            let unchanged = touched.unchanged;
            let after = self.top(touched.slot, unchanged)?;
            let skipped = self.range.skipped().saturating_sub(unchanged);
            match self.numbered {
                true => {
                    let places = (unchanged, skipped);
                    changes.by_number(before, &after, places, self.update_before);
                }
                false => changes.by_row(before, &after, skipped),
            }
        }
        self.emit(changes, out)?;
        self.rows.state.store()
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let (rows, sequence) = self.rows.freeze(barrier)?;
        Ok(OperatorSnapshot {
            keyed: vec![rows],
            lists: vec![sequence],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.state.memory_size()
    }
}
