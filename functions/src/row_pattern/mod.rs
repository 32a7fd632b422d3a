//! Finds matches of a row pattern in the ordered rows of one partition (Flink's `NFA`).
//!
//! A *run* is a match that has begun: which rows it has, and which element it is in. Every row is offered
//! to every run and to a new one that begins with it. A run that cannot take the row ends, because rows of
//! a match follow each other directly; one that can take it in several ways becomes several. A run whose
//! remaining elements need no row is a match.
//!
//! As in Flink, a greedy element keeps a row that meets its condition from the elements behind it, even when
//! it has as many rows as it may; there is no going back. Of the matches that are found, the one that began first goes first, and only once no run
//! that began before it is still open; then AFTER MATCH SKIP says which runs and matches fall away.
//!
//! [`Matcher`] is what is the same for all partitions, [`Partition`] what is kept for one: open runs,
//! found matches that wait, and the rows that these hold.

mod terms;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::pattern::{AfterMatch, RowPattern};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{
    SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch,
};
use serde::{Deserialize, Serialize};

use crate::compile::EvalContext;
use terms::Compiled;

/// A match, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// Its rows with their elements, in order. Positions in the partition's rows.
    rows: Vec<(u32, u32)>,
    /// The element that the last row belongs to.
    element: u32,
    /// How many rows that element has.
    count: u32,
}

impl Run {
    fn start(&self) -> u32 {
        self.rows.first().map_or(u32::MAX, |(_, row)| *row)
    }
}

/// What is kept of a partition between its rows.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Rows that runs and waiting matches have.
    rows: RecordBatch,
    times: Vec<i64>,
    /// Which they are of all rows that the partition was given.
    places: Vec<u32>,
    /// How many it was given.
    given: u32,
    state: Runs,
}

/// Open runs by start, and matches that wait for runs which began before them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    open: Vec<Run>,
    waiting: Vec<Run>,
}

impl Runs {
    /// What [`Partition::encode_runs`] gave.
    ///
    /// # Errors
    /// When it is something else.
    pub fn decode(bytes: &[u8]) -> OperatorResult<Self> {
        serde_json::from_slice(bytes)
            .map_err(|error| OperatorError::fatal(format!("a pattern's state is damaged: {error}")))
    }

    /// How many rows they hold: the first ones of those that are kept of their partition.
    pub fn held(&self) -> usize {
        let runs = self.open.iter().chain(&self.waiting);
        let rows = runs.flat_map(|run| &run.rows);
        rows.map(|(_, row)| *row as usize + 1).max().unwrap_or(0)
    }
}

impl Partition {
    /// A partition in which nothing has begun, for rows like these.
    pub fn empty(rows: &RecordBatch) -> Self {
        Partition {
            rows: rows.slice(0, 0),
            times: Vec::new(),
            places: Vec::new(),
            given: 0,
            state: Runs::default(),
        }
    }

    /// Whether nothing has begun.
    pub fn is_idle(&self) -> bool {
        self.state.open.is_empty() && self.state.waiting.is_empty()
    }

    /// Which rows are kept: places among those that [`Partition::new`] and then [`Matcher::process`] were
    /// given, ascending.
    pub fn kept(&self) -> &[u32] {
        &self.places
    }

    /// When the first row of a match that is still open was, in ms.
    pub fn open_since(&self) -> Option<i64> {
        let starts = self.state.open.iter().map(Run::start);
        starts.map(|row| self.times[row as usize]).min()
    }

    /// The runs as bytes, for [`Runs::decode`].
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn encode_runs(&self) -> OperatorResult<Vec<u8>> {
        serde_json::to_vec(&self.state)
            .map_err(|error| OperatorError::fatal(format!("a pattern's state: {error}")))
    }

    /// A partition with these runs, the rows that they hold, and the times of these.
    ///
    /// # Errors
    /// When there are more or fewer rows than that.
    pub fn new(rows: RecordBatch, times: Vec<i64>, runs: Runs) -> OperatorResult<Self> {
        let kept = rows.num_rows();
        if times.len() != kept || runs.held() != kept {
            return Err(OperatorError::fatal(format!(
                "a pattern's state has {kept} rows, but its open matches hold {}",
                runs.held()
            )));
        }
        Ok(Partition {
            rows,
            times,
            places: (0..kept as u32).collect(),
            given: kept as u32,
            state: runs,
        })
    }
}

/// A pattern made ready for rows.
pub struct Matcher {
    pattern: RowPattern,
    conditions: Vec<Option<Compiled>>,
    measures: Vec<Compiled>,
}

/// The rows at hand: those that are kept, then new ones.
struct Data<'d> {
    rows: &'d RecordBatch,
    /// Position of the first new row.
    first: usize,
    /// For conditions that look at the new row alone: which rows meet them.
    masks: Vec<Option<BooleanArray>>,
    context: &'d EvalContext,
}

impl Matcher {
    /// A matcher for a pattern over the columns of the input.
    ///
    /// # Errors
    /// When an expression cannot be compiled.
    pub fn new(pattern: &RowPattern, session: &Arc<SessionSettings>) -> OperatorResult<Self> {
        let conditions = pattern.elements.iter().enumerate().map(|(at, element)| {
            let condition = element.condition.as_ref();
            condition
                .map(|c| Compiled::new(c, Some(at), session))
                .transpose()
        });
        let measures = pattern.measures.iter();
        Ok(Matcher {
            conditions: conditions.collect::<OperatorResult<_>>()?,
            measures: measures
                .map(|measure| Compiled::new(measure, None, session))
                .collect::<OperatorResult<_>>()?,
            pattern: pattern.clone(),
        })
    }

    /// Offers rows, which come after all before, to the partition. Gives the matches that are complete:
    /// the partition's columns and the measures, a row each; `None` when there is no match.
    ///
    /// # Errors
    /// When an expression fails, or AFTER MATCH SKIP leads nowhere.
    pub fn process(
        &self,
        partition: &mut Partition,
        rows: &RecordBatch,
        times: &[i64],
        context: &EvalContext,
    ) -> OperatorResult<Option<Vec<ArrayRef>>> {
        let first = partition.rows.num_rows();
        let all = concat_batches(&rows.schema(), [&partition.rows, rows])?;
        partition.times.extend_from_slice(times);
        let given = partition.given + times.len() as u32;
        partition.places.extend(partition.given..given);
        partition.given = given;
        let masks = self.conditions.iter().map(|condition| match condition {
            Some(condition) => condition.mask(rows, context),
            None => Ok(None),
        });
        let data = Data {
            rows: &all,
            first,
            masks: masks.collect::<OperatorResult<_>>()?,
            context,
        };
        let mut matches = Vec::new();
        for row in first..all.num_rows() {
            self.offer(partition, &data, row as u32, &mut matches)?;
        }
        let output = match matches.as_slice() {
            [] => None,
            matches => Some(self.output(&all, matches, context)?),
        };
        partition.rows = all;
        compact(partition)?;
        Ok(output)
    }

    /// Time has come to `time`: runs that can no longer be short enough end, and matches that waited for
    /// them are complete. As [`Matcher::process`].
    ///
    /// # Errors
    /// As [`Matcher::process`].
    pub fn advance(
        &self,
        partition: &mut Partition,
        time: i64,
        context: &EvalContext,
    ) -> OperatorResult<Option<Vec<ArrayRef>>> {
        if self.pattern.within_ms.is_none() {
            return Ok(None);
        }
        self.end_long_runs(partition, time);
        let mut matches = Vec::new();
        self.take_matches(&mut partition.state, &mut matches)?;
        let output = match matches.as_slice() {
            [] => None,
            matches => Some(self.output(&partition.rows, matches, context)?),
        };
        compact(partition)?;
        Ok(output)
    }

    fn end_long_runs(&self, partition: &mut Partition, time: i64) {
        if let Some(within) = self.pattern.within_ms {
            let times = &partition.times;
            // The last watermark is as far as time goes, and rows may be older than 1970.
            let is_short = |run: &Run| time.saturating_sub(times[run.start() as usize]) < within;
            partition.state.open.retain(is_short);
        }
    }

    fn offer(
        &self,
        partition: &mut Partition,
        data: &Data<'_>,
        row: u32,
        matches: &mut Vec<Run>,
    ) -> OperatorResult<()> {
        self.end_long_runs(partition, partition.times[row as usize]);
        let state = &mut partition.state;
        let new = Run {
            rows: Vec::new(),
            element: 0,
            count: 0,
        };
        let runs: Vec<Run> = std::mem::take(&mut state.open);
        for run in runs.into_iter().chain([new]) {
            let (element, count) = (run.element as usize, run.count);
            self.step(&run, element, count, data, row, &mut state.open)?;
        }
        let complete = state.open.iter().filter(|run| self.is_complete(run));
        state.waiting.extend(complete.cloned());
        // What can take no further row is only a match.
        state.open.retain(|run| !self.is_closed(run));
        self.take_matches(state, matches)
    }

    /// What becomes of a run, with `count` rows in `element`, by a row.
    fn step(
        &self,
        run: &Run,
        element: usize,
        count: u32,
        data: &Data<'_>,
        row: u32,
        next: &mut Vec<Run>,
    ) -> OperatorResult<()> {
        let Some(quantified) = self.pattern.elements.get(element) else {
            return Ok(());
        };
        let has_room = quantified.max.is_none_or(|max| count < max);
        let meets = (has_room || quantified.greedy) && self.meets(run, element, data, row)?;
        if meets && has_room {
            let mut longer = run.clone();
            longer.rows.push((element as u32, row));
            (longer.element, longer.count) = (element as u32, count + 1);
            next.push(longer);
        }
        if count >= quantified.min && !(meets && quantified.greedy) {
            self.step(run, element + 1, 0, data, row, next)?;
        }
        Ok(())
    }

    fn meets(&self, run: &Run, element: usize, data: &Data<'_>, row: u32) -> OperatorResult<bool> {
        let Some(condition) = &self.conditions[element] else {
            return Ok(true);
        };
        if let Some(mask) = &data.masks[element] {
            let row = row as usize - data.first;
            return Ok(mask.is_valid(row) && mask.value(row));
        }
        let mut rows = run.rows.clone();
        rows.push((element as u32, row));
        condition.is_true(data.rows, &rows, data.context)
    }

    /// Whether the rest of the pattern needs no row.
    fn is_complete(&self, run: &Run) -> bool {
        let elements = &self.pattern.elements[run.element as usize..];
        let mut missing = elements.iter().map(|element| element.min);
        missing.next().is_some_and(|min| run.count >= min) && missing.all(|min| min == 0)
    }

    /// Whether the run cannot take a row any more.
    fn is_closed(&self, run: &Run) -> bool {
        let last = self.pattern.elements.len() - 1;
        let full = |max: Option<u32>| max.is_some_and(|max| run.count >= max);
        run.element as usize == last && full(self.pattern.elements[last].max)
    }

    /// Takes the matches that nothing before them is open for, and drops what they skip.
    fn take_matches(&self, state: &mut Runs, matches: &mut Vec<Run>) -> OperatorResult<()> {
        loop {
            let earliest = (0..state.waiting.len()).min_by_key(|&at| state.waiting[at].start());
            let Some(at) = earliest else { return Ok(()) };
            let start = state.waiting[at].start();
            if state.open.iter().any(|run| run.start() < start) {
                return Ok(());
            }
            let found = state.waiting.remove(at);
            let resume = self.resume_at(&found)?;
            let skipped = |run: &Run| run.start() >= resume && run.start() != start;
            state.open.retain(skipped);
            state.waiting.retain(skipped);
            matches.push(found);
        }
    }

    /// The first row that the next match may begin with.
    fn resume_at(&self, found: &Run) -> OperatorResult<u32> {
        let of = |element: usize| {
            let rows = found.rows.iter();
            rows.filter(move |(of, _)| *of as usize == element)
                .map(|(_, row)| *row)
        };
        let (element, which, row) = match self.pattern.after_match {
            AfterMatch::PastLastRow => {
                return Ok(found.rows.last().map_or(0, |(_, row)| row + 1));
            }
            AfterMatch::ToNextRow => return Ok(found.start() + 1),
            AfterMatch::ToFirst(element) => (element, "FIRST", of(element).next()),
            AfterMatch::ToLast(element) => (element, "LAST", of(element).next_back()),
        };
        let name = &self.pattern.elements[element].name;
        match row {
            Some(row) if row == found.start() => Err(OperatorError::data(format!(
                "AFTER MATCH SKIP TO {which} {name} leads to the first row of the match, so that it would be found for ever; \
                 skip to another variable, or TO NEXT ROW"
            ))),
            Some(row) => Ok(row),
            None => Err(OperatorError::data(format!(
                "AFTER MATCH SKIP TO {which} {name}: no row of the match belongs to {name}; \
                 skip to a variable that always has one"
            ))),
        }
    }

    /// The partition's columns and the measures of the matches.
    fn output(
        &self,
        rows: &RecordBatch,
        matches: &[Run],
        context: &EvalContext,
    ) -> OperatorResult<Vec<ArrayRef>> {
        let any_row = matches.iter().map(Run::start);
        let any_row = UInt32Array::from_iter_values(any_row);
        let mut columns = Vec::with_capacity(self.pattern.partition.len() + self.measures.len());
        for &column in &self.pattern.partition {
            let column = rows.column(column);
            columns.push(arrow::compute::take(column, &any_row, None)?);
        }
        let matched: Vec<&[(u32, u32)]> = matches.iter().map(|run| run.rows.as_slice()).collect();
        for measure in &self.measures {
            columns.push(measure.evaluate(rows, &matched, context)?);
        }
        Ok(columns)
    }
}

/// The rows in the order that the pattern asks for; equal ones stay as they are.
///
/// # Errors
/// When a column cannot be ordered by.
pub fn sort_rows(rows: &RecordBatch, pattern: &RowPattern) -> OperatorResult<RecordBatch> {
    let column = |column: usize, ascending: bool, nulls_first: bool| SortColumn {
        values: rows.column(column).clone(),
        options: Some(SortOptions {
            descending: !ascending,
            nulls_first,
        }),
    };
    let mut columns = Vec::new();
    if let TimeAttribute::Event { column: time } = pattern.time {
        columns.push(column(time, true, true));
    }
    let order = pattern.order.iter();
    columns.extend(order.map(|&(at, ascending, nulls)| column(at, ascending, nulls)));
    // Last by place, because the sort is not stable.
    columns.push(SortColumn {
        values: Arc::new(UInt32Array::from_iter_values(0..rows.num_rows() as u32)),
        options: None,
    });
    let order = lexsort_to_indices(&columns, None)?;
    Ok(take_record_batch(rows, &order)?)
}

/// Lets go of rows that nothing has.
fn compact(partition: &mut Partition) -> OperatorResult<()> {
    let count = partition.rows.num_rows();
    let Runs { open, waiting } = &mut partition.state;
    let mut kept = vec![false; count];
    for (_, row) in open.iter().chain(&*waiting).flat_map(|run| &run.rows) {
        kept[*row as usize] = true;
    }
    let rows: Vec<u32> = (0..count as u32)
        .filter(|&row| kept[row as usize])
        .collect();
    if rows.len() == count {
        return Ok(());
    }
    let mut position = vec![0u32; count];
    for (new, &old) in rows.iter().enumerate() {
        position[old as usize] = new as u32;
    }
    for run in open.iter_mut().chain(waiting) {
        for (_, row) in &mut run.rows {
            *row = position[*row as usize];
        }
    }
    partition.times = (rows.iter())
        .map(|&row| partition.times[row as usize])
        .collect();
    partition.places = (rows.iter())
        .map(|&row| partition.places[row as usize])
        .collect();
    partition.rows = take_record_batch(&partition.rows, &UInt32Array::from(rows))?;
    Ok(())
}
