//! The join of rows whose times are near each other (Flink's `TimeIntervalJoin`).
//!
//! Rows are kept by join key and time; a row that comes in is joined with those of the other side whose time
//! is within the bounds. Once the watermark says that no partner can come any more it is forgotten, and if it
//! had none and its side is padded, it comes out with NULLs. A row that is late on arrival still meets those
//! that are kept.
//!
//! Going through the state at every watermark would cost more than the join, so that happens when time has
//! moved by half the bounds' width, as in Flink, and in memory looks only at keys that had rows of that time. Output may have times as far behind the watermark as the
//! bounds reach, and padded rows as far as the last pass lies back: the watermark passed on is held back by that.
//!
//! In processing time the attribute's values decide who meets, and the machine's clock what is forgotten.
//!
//! State `interval-left` and `interval-right`: join key, time, row, count, whether it had a partner.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::join::{IntervalBounds, JoinSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult, RowKind, RowType, TypeKind};
use alpheus_functions::compile::EvalContext;
use alpheus_state::map_state::{EntryRange, MapState, MapStateSpec, NO_SLOT, ScanOrder, Value};
use alpheus_state::row_codec::{RowBuffer, RowCodec, SortColumn};
use arrow::array::{ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::datatypes::Int64Type;

use super::by_time::SlotsByTime;
use super::{Emitted, Keys, Pairing, is_true, join_key_types, other};
use crate::operators::time_column::TimeColumn;
use crate::operators::window_aggregate::OUTPUT_ROWS;

/// A key with more bytes on disk than this is read there, by time.
const FETCHED_BYTES: usize = 16 << 10;
const COUNT: usize = 0;
const MATCHED: usize = 1;

/// The operator; see the module's documentation.
pub struct IntervalJoin {
    spec: JoinSpec,
    bounds: IntervalBounds,
    node: OperatorNode,
    sides: [MapState; 2],
    /// Encodes the first column of entries: their time.
    time_codec: RowCodec,
    pairing: Option<Pairing>,
    clock: Arc<dyn Clock>,
    /// How far time has come.
    now: i64,
    /// When the state was last gone through.
    swept: i64,
    /// Where the rows of each side lie.
    by_time: [SlotsByTime; 2],
    own_slots: Vec<u32>,
    other_slots: Vec<u32>,
}

impl IntervalJoin {
    /// The operator of an `IntervalJoin` node.
    ///
    /// # Errors
    /// When a key or a column cannot be kept.
    pub fn new(
        node: &OperatorNode,
        spec: &JoinSpec,
        bounds: &IntervalBounds,
    ) -> OperatorResult<Self> {
        let sides = [side(spec, 0)?, side(spec, 1)?];
        let pass_interval = pass_interval(bounds);
        Ok(IntervalJoin {
            by_time: [0, 1].map(|_| SlotsByTime::new(pass_interval)),
            time_codec: sides[0].entry_codec().prefix(1)?,
            sides,
            spec: spec.clone(),
            bounds: *bounds,
            node: node.clone(),
            pairing: None,
            clock: Arc::new(SystemClock),
            now: i64::MIN,
            swept: i64::MIN,
            own_slots: Vec::new(),
            other_slots: Vec::new(),
        })
    }

    fn is_pass_due(&self) -> bool {
        self.now == i64::MAX || self.now >= self.swept.saturating_add(pass_interval(&self.bounds))
    }

    fn pads(&self) -> bool {
        self.spec.pads(0) || self.spec.pads(1)
    }

    /// Forgets what has no partner to wait for.
    fn pass(&mut self, out: &mut dyn Collector) -> OperatorResult<()> {
        self.swept = self.now;
        for input in [0, 1] {
            let last = self.bounds.over_until(input, self.now);
            let slots = self.by_time[input].take_until(last);
            let last = Int64Array::from(vec![last]);
            let bound = self.time_codec.encode(&[Arc::new(last) as ArrayRef])?;
            let pads = self.spec.pads(input);
            let (mut alone, mut counts) = (RowBuffer::default(), Vec::new());
            let side = &mut self.sides[input];
            side.begin(0);
            let mut visit = |entry: &[u8], value: &Value<'_>| {
                if value.counter(MATCHED) == 0 {
                    alone.push(entry);
                    counts.push(value.counter(COUNT));
                }
            };
            let slots = slots.as_deref();
            side.remove_up_to(
                bound.row(0),
                slots,
                if pads { Some(&mut visit) } else { None },
            )?;
            for start in (0..counts.len()).step_by(OUTPUT_ROWS) {
                let rows = start..counts.len().min(start + OUTPUT_ROWS);
                let codec = self.sides[input].entry_codec();
                let columns = codec.decode(rows.clone().map(|row| alone.row(row)))?;
                let mut emitted = Emitted::default();
                for (row, &count) in counts[rows].iter().enumerate() {
                    emitted.push(Some(row as u32), None, RowKind::Insert, count);
                }
                self.emit(input, [&columns[1..], &[]], emitted, out)?;
            }
        }
        Ok(())
    }

    /// Output from rows of the input, and of the other side.
    fn emit(
        &self,
        input: usize,
        [own, theirs]: [&[ArrayRef]; 2],
        emitted: Emitted,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if emitted.kinds.is_empty() {
            return Ok(());
        }
        let empty = empty_columns(&self.spec.input(other(input)).columns);
        let theirs = if theirs.is_empty() { &empty } else { theirs };
        let Some(pairing) = &self.pairing else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        let (own_rows, other_rows): (UInt32Array, UInt32Array) =
            (emitted.own.into(), emitted.other.into());
        let (sides, pairs) = match input {
            0 => ([own, theirs], [own_rows, other_rows]),
            _ => ([theirs, own], [other_rows, own_rows]),
        };
        out.collect(pairing.rows(sides, pairs, emitted.kinds)?);
        Ok(())
    }
}

/// How far time moves between two passes.
fn pass_interval(bounds: &IntervalBounds) -> i64 {
    let width = bounds.upper_ms.saturating_sub(bounds.lower_ms);
    (width / 2).max(1)
}

fn empty_columns(row: &RowType) -> Vec<ArrayRef> {
    let column =
        |field: &alpheus_dataflow::Field| arrow::array::new_empty_array(&field.ty.to_arrow());
    row.fields.iter().map(column).collect()
}

/// The state of a side.
fn side(spec: &JoinSpec, input: usize) -> OperatorResult<MapState> {
    let columns = spec.input(input).columns.fields.iter();
    let columns = columns.map(|field| SortColumn::ascending(field.ty.clone()));
    let time = SortColumn::ascending(TypeKind::BigInt.not_null());
    MapState::new(MapStateSpec {
        name: ["interval-left", "interval-right"][input].to_owned(),
        keys: join_key_types(spec)?,
        entry: std::iter::once(time).chain(columns).collect(),
        counters: vec!["count".to_owned(), "matched".to_owned()],
        payload: RowType::default(),
        ttl_ms: 0,
    })
}

impl Operator for IntervalJoin {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.pairing = Some(Pairing::new(&self.spec, &self.node, &context.session)?);
        for side in &mut self.sides {
            side.open(context)?;
        }
        Ok(())
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        for (side, by_time) in self.sides.iter_mut().zip(&mut self.by_time) {
            side.restore(state, 0)?;
            if side.is_in_memory() {
                side.for_each_batch(&mut |rows| {
                    let times = rows.entry[0].as_primitive::<Int64Type>().values();
                    times.iter().for_each(|&time| by_time.add_unlisted(time));
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        if self.bounds.processing_time {
            self.now = self.clock.now_ms().max(self.now);
        }
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let columns = batch.rows().columns();
        let time = match input {
            0 => self.bounds.left,
            _ => self.bounds.right,
        };
        let time = TimeColumn::new(&columns[time])?;
        let times = (0..rows).map(|row| {
            time.checked_millis(row).ok_or_else(|| {
                OperatorError::data("the time attribute of a row is NULL; filter such rows out")
            })
        });
        let times = times.collect::<OperatorResult<Vec<i64>>>()?;
        let keys = Keys::of(&self.spec, input, batch.rows())?;
        // Whom each row may meet.
        let theirs = &mut self.sides[other(input)];
        theirs.begin(0);
        theirs.probe(&keys.columns, &keys.hashes, &mut self.other_slots)?;
        theirs.fetch_keys(&self.other_slots, FETCHED_BYTES)?;
        let meets = |row: &usize| self.other_slots[*row] != NO_SLOT && keys.can_match(*row);
        let meeting: Vec<usize> = (0..rows).filter(meets).collect();
        let (from, to): (Vec<i64>, Vec<i64>) = (meeting.iter())
            .map(|&row| self.bounds.partners(input, times[row]))
            .unzip();
        let encode = |times: Vec<i64>| -> OperatorResult<_> {
            self.time_codec
                .encode(&[Arc::new(Int64Array::from(times)) as ArrayRef])
        };
        let (from, to) = (encode(from)?, encode(to)?);
        let mut found = RowBuffer::default();
        let (mut own_rows, mut counts, mut matched) = (Vec::new(), Vec::new(), Vec::new());
        for (at, &row) in meeting.iter().enumerate() {
            let slot = self.other_slots[row];
            let range = EntryRange {
                from: Bound::Included(from.row(at)),
                to: Bound::Included(to.row(at)),
            };
            theirs.scan(slot, &range, ScanOrder::Forward, &mut |entry, value| {
                found.push(entry);
                own_rows.push(row as u32);
                counts.push(value.counter(COUNT));
                matched.push(value.counter(MATCHED) != 0);
                ControlFlow::Continue(())
            })?;
        }
        let decoded = theirs.entry_codec().decode(found.iter())?;
        let decoded = &decoded[1..];
        let other_rows: Vec<u32> = (0..own_rows.len() as u32).collect();
        let pairs = [UInt32Array::from(own_rows.clone()), other_rows.into()];
        let (sides, pairs) = match input {
            0 => ([columns, decoded], [&pairs[0], &pairs[1]]),
            _ => ([decoded, columns], [&pairs[1], &pairs[0]]),
        };
        let Some(pairing) = &self.pairing else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        let fulfilled = pairing.fulfilled(sides, pairs, &context)?;
        let mut fits = vec![false; rows];
        let mut emitted = Emitted::default();
        for (pair, &row) in own_rows.iter().enumerate() {
            if is_true(fulfilled.as_ref(), pair) {
                fits[row as usize] = true;
                emitted.push(Some(row), Some(pair as u32), RowKind::Insert, counts[pair]);
            }
        }
        if self.spec.pads(other(input)) {
            for (pair, entry) in found.iter().enumerate() {
                if is_true(fulfilled.as_ref(), pair) && !matched[pair] {
                    let slot = self.other_slots[own_rows[pair] as usize];
                    theirs.put(slot, entry, &[counts[pair], 1], &[])?;
                }
            }
        }
        theirs.store()?;

        // Those for whom nobody can come are not kept.
        let over: Vec<bool> = (0..rows)
            .map(|row| {
                let last = self.bounds.partners(input, times[row]).1;
                !keys.can_match(row) || last <= self.now
            })
            .collect();
        if self.spec.pads(input) {
            for row in (0..rows).filter(|&row| over[row] && !fits[row]) {
                emitted.push(Some(row as u32), None, RowKind::Insert, 1);
            }
        }
        self.emit(input, [columns, decoded], emitted, out)?;

        let own = &mut self.sides[input];
        own.begin(0);
        own.load(&keys.columns, &keys.hashes, &mut self.own_slots)?;
        let mut entry: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(times.clone()))];
        entry.extend(columns.iter().cloned());
        let entries = own.entry_codec().encode(&entry)?;
        let kept = (0..rows).filter(|&row| !over[row]);
        own.fetch(kept.map(|row| (self.own_slots[row], entries.row(row))))?;
        let lists_slots = own.is_in_memory();
        for (row, &slot) in self.own_slots.iter().enumerate() {
            if over[row] {
                continue;
            }
            let known = own.get(slot, entries.row(row))?;
            let known = known.map(|value| (value.counter(COUNT), value.counter(MATCHED)));
            let (count, matched) = known.unwrap_or_default();
            let counters = [count + 1, matched.max(i64::from(fits[row]))];
            own.put(slot, entries.row(row), &counters, &[])?;
            if lists_slots {
                self.by_time[input].add(times[row], slot);
            }
        }
        own.store()
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if self.bounds.processing_time && watermark != Watermark::MAX {
            return Ok(Some(watermark));
        }
        self.now = self.now.max(watermark.0);
        if self.is_pass_due() {
            self.pass(out)?;
        }
        if watermark == Watermark::MAX {
            return Ok(Some(watermark));
        }
        let reached = if self.pads() { self.swept } else { self.now };
        let behind = self.bounds.upper_ms.max(-self.bounds.lower_ms).max(0);
        Ok(Some(Watermark(reached.saturating_sub(behind))))
    }

    fn next_timer(&self) -> Option<i64> {
        let holds = self.sides.iter().any(|side| !side.is_empty());
        (self.bounds.processing_time && holds).then(|| {
            self.now
                .max(self.swept.saturating_add(pass_interval(&self.bounds)))
        })
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        self.now = self.now.max(now_ms);
        match self.is_pass_due() {
            true => self.pass(out),
            false => Ok(()),
        }
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
