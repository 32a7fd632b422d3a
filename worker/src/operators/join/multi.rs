//! A chain of joins on one key in one operator (Flink's `StreamingMultiJoinOperator`).
//!
//! A chain of binary joins keeps the result of each as the state of the next one. Where all of them compare the
//! same key, the rows of every input under that key are enough: what a change does to the result is
//! computed from them. Input 0 is joined with input 1, the result with input 2, and so on, each step
//! INNER or LEFT.
//!
//! A row of input 0 is extended step by step by the rows that fit, or by NULLs. One of another input meets
//! all combinations of the inputs before it (the *prefixes*), which are put together first; of a LEFT step
//! each prefix counts how many rows fit it, so that the combination with NULLs goes with the first one and
//! comes back with the last. What that gives is extended by the steps behind it. All of a batch is done step by step
//! together: pairs are collected, the condition is evaluated for all of them, and columns are gathered once.
//!
//! A row whose key is NULL fits nobody: of input 0 it comes out where all steps are LEFT, of others it is
//! dropped; it is never kept.
//!
//! State `join-0`, `join-1`, ..: key, row, count.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{OperatorNode, SessionSettings};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::join::{JoinKind, MultiJoinSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_functions::compile::{CompiledExpr, EvalContext};
use alpheus_state::map_state::NO_SLOT;
use arrow::array::{
    Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt32Array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Field, Schema, SchemaRef};

use super::by_slot::BySlot;
use super::side::{Found, Side};
use super::{gather, is_true};
use crate::operators::group_aggregate::key_types;
use crate::operators::ordered_rows::pick;

/// About how many rows are emitted together.
const OUTPUT_ROWS: usize = 8 * 1024;

/// The operator; see the module's documentation.
pub struct MultiJoin {
    spec: MultiJoinSpec,
    sides: Vec<Side>,
    /// Of each step, the first of which is none.
    conditions: Vec<Option<Condition>>,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
}

/// Rows of each key, by its number.
type OfKey = HashMap<u32, Range<u32>, BySlot>;

/// Rows of one input: those of a batch, or those that its keys meet in state.
struct Source {
    columns: Vec<ArrayRef>,
    /// How often each row of the state occurs.
    counts: Vec<i64>,
    /// Which rows a key has, by the number of the key in the batch.
    of_key: OfKey,
}

/// Combinations of rows, of the first inputs.
#[derive(Default)]
struct Combinations {
    keys: Vec<u32>,
    /// For each input so far a row of each combination; `None` where it has none.
    rows: Vec<Vec<Option<u32>>>,
    times: Vec<i64>,
    kinds: Vec<RowKind>,
}

impl Combinations {
    fn of_inputs(inputs: usize) -> Self {
        Combinations {
            rows: vec![Vec::new(); inputs],
            ..Combinations::default()
        }
    }

    fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds combination `at` of `from` with a row of the next input.
    fn extend(
        &mut self,
        from: &Combinations,
        at: usize,
        row: Option<u32>,
        kind: RowKind,
        times: i64,
    ) {
        self.keys.push(from.keys[at]);
        self.kinds.push(kind);
        self.times.push(times);
        let last = self.rows.len() - 1;
        for (to, rows) in self.rows[..last].iter_mut().zip(&from.rows) {
            to.push(rows[at]);
        }
        self.rows[last].push(row);
    }
}

/// What has to be TRUE of a prefix and a row of the step's input.
struct Condition {
    expr: CompiledExpr,
    /// The columns that it reads: input and column.
    columns: Vec<(usize, usize)>,
    schema: SchemaRef,
}

impl Condition {
    fn new(
        spec: &MultiJoinSpec,
        condition: &Expr,
        session: &Arc<SessionSettings>,
    ) -> OperatorResult<Self> {
        let referenced = condition.referenced_columns();
        let mut columns = Vec::with_capacity(referenced.len());
        let mut fields = Vec::with_capacity(referenced.len());
        for &column in &referenced {
            let (input, column) = spec.place(column).ok_or_else(|| {
                OperatorError::fatal(format!(
                    "a join's condition reads column {column}, which is not there"
                ))
            })?;
            let field = &spec.inputs[input].columns.fields[column];
            fields.push(Field::new(&field.name, field.ty.to_arrow(), true));
            columns.push((input, column));
        }
        let position = |column: usize| {
            let found = referenced.iter().position(|&known| known == column);
            found.unwrap_or_default()
        };
        let compact = condition.clone().map_columns(&position);
        Ok(Condition {
            expr: CompiledExpr::compile(&compact, session)?,
            schema: Arc::new(Schema::new(fields)),
            columns,
        })
    }

    fn fulfilled(
        &self,
        sources: &[&Source],
        rows: &[UInt32Array],
        pairs: usize,
        context: &EvalContext,
    ) -> OperatorResult<BooleanArray> {
        let columns = (self.columns.iter())
            .map(|&(input, column)| gather(&sources[input].columns[column], &rows[input]))
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(pairs));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?;
        self.expr.evaluate_predicate(&batch, context)
    }
}

impl MultiJoin {
    /// The operator of a `MultiJoin` node.
    ///
    /// # Errors
    /// When a key or a column cannot be kept.
    pub fn new(node: &OperatorNode, spec: &MultiJoinSpec) -> OperatorResult<Self> {
        let sides = (0..spec.inputs.len()).map(|input| side(spec, input));
        Ok(MultiJoin {
            sides: sides.collect::<OperatorResult<_>>()?,
            spec: spec.clone(),
            conditions: Vec::new(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
        })
    }

    fn keys(&mut self, input: usize, batch: &ChangelogBatch) -> OperatorResult<BatchKeys> {
        let positions = self.spec.keys[input].iter().copied();
        let columns = pick(batch.rows().columns(), positions);
        let hashes = hash_columns(&columns, batch.num_rows())?;
        let nulls = columns
            .iter()
            .fold(None, |all: Option<NullBuffer>, column| {
                NullBuffer::union(all.as_ref(), column.logical_nulls().as_ref())
            });
        let mut slots = Vec::new();
        self.sides[input].load(&columns, &hashes, &mut slots)?;
        Ok(BatchKeys {
            columns,
            hashes,
            slots,
            nulls,
        })
    }

    fn now(&self) -> i64 {
        let timed = self.spec.inputs.iter().any(|input| input.state_ttl_ms > 0);
        if timed { self.clock.now_ms() } else { 0 }
    }

    /// The rows of an input that the keys of a batch meet.
    fn met(&mut self, input: usize, keys: &BatchKeys) -> OperatorResult<Source> {
        let side = &mut self.sides[input];
        let mut slots = Vec::new();
        side.probe(&keys.columns, &keys.hashes, &mut slots)?;
        let (mut found, mut of_key) = (Found::default(), OfKey::default());
        for (row, &slot) in slots.iter().enumerate() {
            let Some(key) = keys.key(row) else { continue };
            if slot == NO_SLOT || of_key.contains_key(&key) {
                continue;
            }
            let start = found.len() as u32;
            side.find(slot, &mut found)?;
            of_key.insert(key, start..found.len() as u32);
        }
        Ok(Source {
            columns: side.columns(&found)?,
            counts: found.counts,
            of_key,
        })
    }

    /// Pairs of combinations with rows of the next input that fit, in order of combinations.
    fn pairs(
        &self,
        from: &Combinations,
        sources: &[&Source],
        candidates: &dyn Fn(u32) -> Range<u32>,
        context: &EvalContext,
    ) -> OperatorResult<Vec<(usize, u32)>> {
        let input = from.rows.len();
        let mut pairs: Vec<(usize, u32)> = Vec::new();
        for (at, &key) in from.keys.iter().enumerate() {
            pairs.extend(candidates(key).map(|row| (at, row)));
        }
        let Some(condition) = &self.conditions[input] else {
            return Ok(pairs);
        };
        let mut rows: Vec<UInt32Array> = (from.rows.iter())
            .map(|rows| pairs.iter().map(|&(at, _)| rows[at]).collect())
            .collect();
        rows.push(pairs.iter().map(|&(_, row)| Some(row)).collect());
        let mask = condition.fulfilled(sources, &rows, pairs.len(), context)?;
        let fits = pairs.into_iter().enumerate();
        let fits = fits.filter(|(pair, _)| is_true(Some(&mask), *pair));
        Ok(fits.map(|(_, pair)| pair).collect())
    }

    /// Combinations with the rows of the next input; without any, with NULLs in a LEFT step.
    fn extended(
        &self,
        from: &Combinations,
        sources: &[&Source],
        context: &EvalContext,
    ) -> OperatorResult<Combinations> {
        let input = from.rows.len();
        let source = sources[input];
        let candidates = |key: u32| source.of_key.get(&key).cloned().unwrap_or_default();
        let pairs = self.pairs(from, sources, &candidates, context)?;
        let is_left = self.spec.steps[input - 1].kind == JoinKind::Left;
        let mut to = Combinations::of_inputs(input + 1);
        let mut pairs = pairs.into_iter().peekable();
        for at in 0..from.len() {
            let (kind, times) = (from.kinds[at], from.times[at]);
            let mut fits = false;
            while let Some((_, row)) = pairs.next_if(|(of, _)| *of == at) {
                fits = true;
                to.extend(
                    from,
                    at,
                    Some(row),
                    kind,
                    times * source.counts[row as usize],
                );
            }
            if !fits && is_left {
                to.extend(from, at, None, kind, times);
            }
        }
        Ok(to)
    }

    /// What the rows of a batch of an input behind the first do to the prefixes and their NULLs.
    fn met_by(
        &self,
        prefixes: &Combinations,
        (input, batch): (usize, &ChangelogBatch),
        sources: &[&Source],
        own: Option<&Source>,
        context: &EvalContext,
    ) -> OperatorResult<Combinations> {
        let of_batch = sources[input];
        let candidates = |key: u32| of_batch.of_key.get(&key).cloned().unwrap_or_default();
        let pairs = self.pairs(prefixes, sources, &candidates, context)?;
        // How many rows fit each prefix; only a LEFT step asks.
        let mut fitting = vec![0i64; prefixes.len()];
        if let Some(own) = own {
            let mut sources = sources.to_vec();
            sources[input] = own;
            let candidates = |key: u32| own.of_key.get(&key).cloned().unwrap_or_default();
            for (at, row) in self.pairs(prefixes, &sources, &candidates, context)? {
                fitting[at] += own.counts[row as usize];
            }
        }
        let mut to = Combinations::of_inputs(input + 1);
        let mut pairs = pairs;
        // In the order of the batch's rows, which is that of the changes of a key.
        pairs.sort_by_key(|&(at, row)| (row, at));
        for (at, row) in pairs {
            let kind = batch.kind(row as usize);
            let times = prefixes.times[at];
            if own.is_none() {
                to.extend(prefixes, at, Some(row), self.kind(kind), times);
            } else if kind.is_additive() {
                if fitting[at] == 0 {
                    to.extend(prefixes, at, None, RowKind::Delete, times);
                }
                fitting[at] += 1;
                to.extend(prefixes, at, Some(row), RowKind::Insert, times);
            } else {
                to.extend(prefixes, at, Some(row), RowKind::Delete, times);
                // What came before the row may have expired.
                fitting[at] = (fitting[at] - 1).max(0);
                if fitting[at] == 0 {
                    to.extend(prefixes, at, None, RowKind::Insert, times);
                }
            }
        }
        Ok(to)
    }

    /// The kind of a combination that a row of this kind makes: with NULLs that come and go, rows only come
    /// and go.
    fn kind(&self, kind: RowKind) -> RowKind {
        match (self.spec.has_left_steps(), kind.is_additive()) {
            (false, _) => kind,
            (true, true) => RowKind::Insert,
            (true, false) => RowKind::Delete,
        }
    }

    fn emit(
        &self,
        combinations: &Combinations,
        sources: &[&Source],
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let repeated = combinations.times.iter().enumerate();
        let all: Vec<usize> = repeated
            .flat_map(|(at, &times)| std::iter::repeat_n(at, usize::try_from(times).unwrap_or(0)))
            .collect();
        for part in all.chunks(OUTPUT_ROWS) {
            let mut columns = Vec::with_capacity(self.output.fields().len());
            for (source, rows) in sources.iter().zip(&combinations.rows) {
                let rows: UInt32Array = part.iter().map(|&at| rows[at]).collect();
                for column in &source.columns {
                    columns.push(gather(column, &rows)?);
                }
            }
            let options = RecordBatchOptions::new().with_row_count(Some(part.len()));
            let rows = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
            let kinds: Vec<u8> = part
                .iter()
                .map(|&at| combinations.kinds[at] as u8)
                .collect();
            let inserts = kinds.iter().all(|&kind| kind == RowKind::Insert as u8);
            let kinds = (!inserts).then(|| UInt8Array::from(kinds));
            out.collect(ChangelogBatch::try_new(rows, kinds)?);
        }
        Ok(())
    }

    fn keep(
        &mut self,
        input: usize,
        keys: &BatchKeys,
        batch: &ChangelogBatch,
    ) -> OperatorResult<()> {
        let side = &mut self.sides[input];
        side.keep(&keys.slots, batch, |row| keys.key(row).is_some(), &[])?;
        side.store()
    }
}

/// The keys of a batch, numbered by their slots in the state of its own input.
struct BatchKeys {
    columns: Vec<ArrayRef>,
    hashes: Vec<u64>,
    slots: Vec<u32>,
    nulls: Option<NullBuffer>,
}

impl BatchKeys {
    /// The number of the row's key, unless it is NULL.
    fn key(&self, row: usize) -> Option<u32> {
        let valid = self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        valid.then(|| self.slots[row])
    }

    /// The rows of the batch by key; those of a key have to be next to each other, but for input 0, whose
    /// rows are not looked up.
    fn source(&self, batch: &ChangelogBatch) -> Source {
        let mut of_key = OfKey::default();
        for row in 0..batch.num_rows() {
            if let Some(key) = self.key(row) {
                let row = row as u32;
                of_key.entry(key).or_insert(row..row).end = row + 1;
            }
        }
        Source {
            columns: batch.rows().columns().to_vec(),
            counts: Vec::new(),
            of_key,
        }
    }
}

/// The state of an input.
fn side(spec: &MultiJoinSpec, input: usize) -> OperatorResult<Side> {
    let types = key_types(&spec.keys[0], &spec.inputs[0].columns)?;
    let keys = types.iter().map(|ty| ty.with_nullable(true)).collect();
    Side::new(&format!("join-{input}"), keys, &spec.inputs[input], false)
}

impl Operator for MultiJoin {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.conditions = vec![None];
        for step in &self.spec.steps {
            let condition = step.condition.as_ref();
            let condition =
                condition.map(|condition| Condition::new(&self.spec, condition, &context.session));
            self.conditions.push(condition.transpose()?);
        }
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
        if batch.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        for side in &mut self.sides {
            side.begin(now);
        }
        let mut keys = self.keys(input, &batch)?;
        let mut batch = batch;
        if input > 0 {
            // The rows of a key next to each other, in their order.
            let mut order: Vec<u32> = (0..batch.num_rows() as u32).collect();
            order.retain(|&row| keys.key(row as usize).is_some());
            order.sort_by_key(|&row| keys.slots[row as usize]);
            batch = batch.take(&UInt32Array::from(order))?;
            keys = self.keys(input, &batch)?;
        }
        let of_batch = keys.source(&batch);
        let inputs = self.spec.inputs.len();
        let mut met = Vec::with_capacity(inputs);
        for other in 0..inputs {
            met.push(match other == input {
                true => None,
                false => Some(self.met(other, &keys)?),
            });
        }
        let is_left = input > 0 && self.spec.steps[input - 1].kind == JoinKind::Left;
        let own = match is_left {
            true => Some(self.met(input, &keys)?),
            false => None,
        };
        let sources: Vec<&Source> = met
            .iter()
            .map(|met| met.as_ref().unwrap_or(&of_batch))
            .collect();

        let mut combinations = Combinations::of_inputs(1);
        if input == 0 {
            for row in 0..batch.num_rows() {
                // No other row has the number of a key that is NULL.
                combinations.keys.push(keys.key(row).unwrap_or(u32::MAX));
                combinations.rows[0].push(Some(row as u32));
                combinations.times.push(1);
                combinations.kinds.push(self.kind(batch.kind(row)));
            }
        } else {
            let mut keys: Vec<(&u32, &Range<u32>)> = sources[0].of_key.iter().collect();
            keys.sort_by_key(|(_, rows)| rows.start);
            for (&key, rows) in keys {
                for row in rows.clone() {
                    combinations.keys.push(key);
                    combinations.rows[0].push(Some(row));
                    combinations.times.push(sources[0].counts[row as usize]);
                    combinations.kinds.push(RowKind::Insert);
                }
            }
        }
        for step in 1..inputs {
            combinations = match step == input {
                false => self.extended(&combinations, &sources, &context)?,
                true => {
                    let change = (input, &batch);
                    self.met_by(&combinations, change, &sources, own.as_ref(), &context)?
                }
            };
        }
        self.emit(&combinations, &sources, out)?;
        for (other, side) in self.sides.iter_mut().enumerate() {
            if other != input {
                side.store()?;
            }
        }
        self.keep(input, &keys, &batch)
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
