//! Events to the projected columns.

use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::NexmarkTable;
use super::bids::{Bids, Field};
use super::event::{self, EventKind, Scratch, Timeline, Value, Wanted};
use super::text::{PIECE, texts};
use crate::columns::{Column, Values};
use crate::generator::RowMaker;

/// After so many rows a batch makes room for what is to come; some rounds of events.
const SAMPLE: usize = 250;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// 0, 1 or 2.
    EventType,
    /// The event's time, of whatever kind.
    Time,
    /// A ROW of one kind's fields; NULL for other kinds.
    Row(EventKind, Vec<usize>),
    /// A field of the table's only kind.
    Field(EventKind, usize),
}

/// Makes the rows of a table.
pub(super) struct NexmarkMaker {
    schema: SchemaRef,
    columns: Vec<(LogicalType, Target)>,
    only: Option<EventKind>,
    timeline: Timeline,
    /// The wanted fields of persons, auctions and bids.
    wanted: [Wanted; 3],
}

impl NexmarkMaker {
    pub(super) fn new(table: &NexmarkTable, projection: &[usize]) -> Self {
        let fields = table.schema.fields.iter().map(|field| &field.ty);
        let all: Vec<_> = fields.zip(&table.targets).collect();
        let columns: Vec<(LogicalType, Target)> = projection
            .iter()
            .filter_map(|&i| {
                all.get(i)
                    .map(|(ty, target)| ((*ty).clone(), (*target).clone()))
            })
            .collect();
        let mut wanted = [Wanted::default(); 3];
        for (_, target) in &columns {
            match target {
                Target::Row(kind, places) => {
                    for place in places {
                        wanted[*kind as usize].0 |= 1 << place;
                    }
                }
                Target::Field(kind, place) => wanted[*kind as usize].0 |= 1 << place,
                Target::EventType | Target::Time => {}
            }
        }
        NexmarkMaker {
            schema: table.schema.project(projection).to_arrow(),
            columns,
            only: table.only,
            timeline: table.timeline,
            wanted,
        }
    }
}

/// Stores a number or a text; what is missing or does not fit, which reading the table rules out, as
/// NULL.
#[inline]
fn push(column: &mut Column, value: Value<'_>) {
    match (&mut column.values, value) {
        (Values::Int64(values), Value::Number(number)) => {
            values.push(number);
            column.pushed();
        }
        (_, Value::Text(text)) => column.push_bytes(text.as_bytes()),
        _ => column.push_null(),
    }
}

/// A column under construction, and how many NULLs are to follow: most rows of a column of auctions are NULL,
/// and one after the other they would cost more than the auctions.
struct Building {
    column: Column,
    nulls: usize,
}

impl Building {
    fn flush(&mut self) -> &mut Column {
        if self.nulls > 0 {
            self.column.push_nulls(std::mem::take(&mut self.nulls));
        }
        &mut self.column
    }
}

fn store(
    columns: &mut [Building],
    targets: &[(LogicalType, Target)],
    kind: EventKind,
    time: i64,
    values: &[Value<'_>],
) {
    for (building, (_, target)) in columns.iter_mut().zip(targets) {
        if let Target::Row(of, _) = target
            && *of != kind
        {
            building.nulls += 1;
            continue;
        }
        let column = building.flush();
        match target {
            Target::EventType => match &mut column.values {
                Values::Int32(numbers) => {
                    numbers.push(kind as i32);
                    column.pushed();
                }
                _ => column.push_null(),
            },
            Target::Time => push(column, Value::Number(time)),
            Target::Field(_, place) => push(column, values[*place]),
            Target::Row(_, places) => {
                if let Values::Struct(children) = &mut column.values {
                    for (child, place) in children.iter_mut().zip(places) {
                        push(child, values[*place]);
                    }
                }
                column.end_nested();
            }
        }
    }
}

/// Stores a field of some bids.
fn push_field(column: &mut Column, bids: &Bids, place: usize) {
    match (&mut column.values, bids.field(place)) {
        (Values::Int64(values), Field::Numbers(numbers)) => values.extend_from_slice(numbers),
        (Values::Text { offsets, data }, Field::Texts(pieces)) => {
            let pool = texts().pool.as_bytes();
            data.reserve(pieces.len() * PIECE);
            for piece in pieces {
                let (start, end) = (piece.start as usize, data.len() + piece.len as usize);
                data.extend_from_slice(&pool[start..start + PIECE]);
                data.truncate(end);
                // As much text as fits a batch: some thousand pieces.
                offsets.push(end as i32);
            }
        }
        // Reading the table rules that out.
        _ => return column.push_nulls(bids.len()),
    }
    column.pushed_many(bids.len());
}

fn store_bids(columns: &mut [Building], targets: &[(LogicalType, Target)], bids: &Bids) {
    for (building, (_, target)) in columns.iter_mut().zip(targets) {
        if matches!(target, Target::Row(of, _) if *of != EventKind::Bid) {
            building.nulls += bids.len();
            continue;
        }
        let column = building.flush();
        match target {
            Target::EventType => {
                if let Values::Int32(numbers) = &mut column.values {
                    numbers.extend(std::iter::repeat_n(EventKind::Bid as i32, bids.len()));
                }
                column.pushed_many(bids.len());
            }
            Target::Time => {
                if let Values::Int64(numbers) = &mut column.values {
                    numbers.extend_from_slice(bids.times());
                }
                column.pushed_many(bids.len());
            }
            Target::Field(_, place) => push_field(column, bids, *place),
            Target::Row(_, places) => {
                if let Values::Struct(children) = &mut column.values {
                    for (child, place) in children.iter_mut().zip(places) {
                        push_field(child, bids, *place);
                    }
                }
                column.pushed_many(bids.len());
            }
        }
    }
}

/// How many of the first numbers follow each other and are bids of one round.
fn bids_ahead(numbers: &[u64]) -> usize {
    let follow = |(at, number): (usize, &u64)| {
        *number == numbers[0] + at as u64 && EventKind::of(*number) == EventKind::Bid
    };
    numbers
        .iter()
        .enumerate()
        .take_while(|at| follow(*at))
        .count()
}

impl RowMaker for NexmarkMaker {
    fn name(&self) -> &str {
        "nexmark"
    }

    fn make(&self, numbers: &[u64], _base_ms: i64) -> OperatorResult<RecordBatch> {
        let mut columns: Vec<Building> = (self.columns.iter())
            .map(|(ty, _)| Building {
                column: Column::new(ty),
                nulls: 0,
            })
            .collect();
        let mut scratch = Scratch::default();
        let mut bids = Bids::default();
        let (targets, timeline) = (&self.columns, &self.timeline);
        let (mut rows, mut has_room) = (0, false);
        let mut rest = numbers;
        while let [number, others @ ..] = rest {
            let number = *number;
            rest = others;
            let kind = EventKind::of(number);
            if self.only.is_some_and(|only| only != kind) {
                continue;
            }
            if rows >= SAMPLE && !has_room {
                has_room = true;
                for building in &mut columns {
                    building.flush().reserve_in_proportion(numbers.len());
                }
            }
            rows += 1;
            let wanted = self.wanted[kind as usize];
            match kind {
                EventKind::Bid => {
                    let more = bids_ahead(&numbers[numbers.len() - rest.len() - 1..]) - 1;
                    (rest, rows) = (&rest[more..], rows + more);
                    bids.make(timeline, number..number + more as u64 + 1, wanted);
                    store_bids(&mut columns, targets, &bids);
                }
                _ if wanted == Wanted::default() => {
                    let time = timeline.time(number);
                    store(&mut columns, targets, kind, time, &[Value::Number(0); 10]);
                }
                EventKind::Person => {
                    let values = event::person(timeline, number, wanted, &mut scratch);
                    let time = timeline.time(number);
                    store(&mut columns, targets, kind, time, &values);
                }
                EventKind::Auction => {
                    let values = event::auction(timeline, number, wanted, &mut scratch);
                    let time = timeline.time(number);
                    store(&mut columns, targets, kind, time, &values);
                }
            }
        }
        let arrays = columns
            .iter_mut()
            .map(|building| building.flush().finish())
            .collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            self.schema.clone(),
            arrays,
            &options,
        )?)
    }

    fn numbers_per_row(&self) -> usize {
        match self.only {
            Some(EventKind::Person) => 50,
            Some(EventKind::Auction) => 17,
            _ => 1,
        }
    }
}
