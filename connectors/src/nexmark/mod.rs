//! The `nexmark` connector: the auction site of the Nexmark benchmark (Tucker et al. 2002), seeded.
//!
//! An event is a pure function of the seed and its number, so that every parallelism reads the same
//! data and a restart goes on exactly. Proportions, ids, hot items, prices and text follow the public
//! Flink generator: of 50 events one is a person, three are auctions, 46 are bids. Two things differ on
//! purpose: the public generator has no seed, and it adds the first person's id to bidders twice, so
//! that they match no person; here they match.
//!
//! A table has the public shape (`event_type` and three nullable ROWs) or, by `kind`, one kind's columns
//! alone. Columns are found by name and may be left out, also inside the ROWs; what is left out or not
//! projected is not made.

mod bids;
mod event;
mod maker;
mod price;
mod text;

#[cfg(test)]
mod tests;

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::source::{Boundedness, Source};
use alpheus_dataflow::{LogicalType, RowType, TypeKind};

use crate::columns::text::{TimestampFormat, timestamp};
use crate::error::ConnectorError;
use crate::generator::{GeneratorSource, Pace};
use crate::options::{OptionDef, OptionKind, Options, option};
use event::{EventKind, FieldKind, Timeline};
use maker::{NexmarkMaker, Target};

/// The declarations.
pub(crate) const OPTIONS: &[OptionDef] = &[
    option(
        "kind",
        OptionKind::Choice(&["events", "person", "auction", "bid"]),
        Some("events"),
        "What a row is: any event (`event_type INT, person ROW<...>, auction ROW<...>, bid ROW<...>, dateTime TIMESTAMP(3)`), or the columns of one kind.",
    ),
    option(
        "events.num",
        OptionKind::Integer(0),
        None,
        "How many events there are, of all kinds; without it the table never ends.",
    ),
    option(
        "next-event.rate",
        OptionKind::Integer(1),
        Some("10000"),
        "Events in a second of event time.",
    ),
    option(
        "rows-per-second",
        OptionKind::Integer(1),
        None,
        "Events made in a second of real time, by all subtasks together; without it as fast as possible.",
    ),
    option(
        "seed",
        OptionKind::Integer(i64::MIN),
        Some("6840140014114590046"),
        "Another seed makes other events.",
    ),
    option(
        "base-time",
        OptionKind::Text,
        Some("2015-07-15 00:00:00"),
        "The time of the first event.",
    ),
];

/// A table, checked.
pub(crate) struct NexmarkTable {
    schema: RowType,
    targets: Vec<Target>,
    /// The only kind of event that makes rows, where there is one.
    only: Option<EventKind>,
    timeline: Timeline,
    count: Option<u64>,
    per_second: Option<u64>,
}

impl NexmarkTable {
    /// Reads a table's definition.
    ///
    /// # Errors
    /// When an option or a column does not fit.
    pub(crate) fn read(table: &TableSpec) -> Result<Self, ConnectorError> {
        let options = Options::new(&table.options, OPTIONS, "");
        let only = match options.text("kind") {
            Some("person") => Some(EventKind::Person),
            Some("auction") => Some(EventKind::Auction),
            Some("bid") => Some(EventKind::Bid),
            _ => None,
        };
        let targets = table
            .schema
            .fields
            .iter()
            .map(|field| match only {
                Some(kind) => kind_field(kind, &field.name, &field.name, &field.ty)
                    .map(|place| Target::Field(kind, place)),
                None => event_column(&field.name, &field.ty),
            })
            .collect::<Result<_, _>>()?;
        let base = options.text("base-time").unwrap_or_default();
        let base_ms = timestamp(base.as_bytes(), 3, TimestampFormat::Sql)
            .filter(|&ms| ms >= 0)
            .ok_or_else(|| {
                ConnectorError::invalid_value(
                    "base-time",
                    base,
                    "a timestamp since 1970 such as 2015-07-15 00:00:00",
                )
            })?;
        let positive = |value: i64| value.max(0) as u64;
        Ok(NexmarkTable {
            schema: table.schema.clone(),
            targets,
            only,
            timeline: Timeline {
                seed: options.integer("seed")?.unwrap_or_default() as u64,
                base_ms: positive(base_ms),
                rate: options
                    .integer("next-event.rate")?
                    .map_or(10_000, positive)
                    .max(1),
            },
            count: options.integer("events.num")?.map(positive),
            per_second: options.integer("rows-per-second")?.map(positive),
        })
    }

    pub(crate) fn boundedness(&self) -> Boundedness {
        match self.count {
            Some(_) => Boundedness::Bounded,
            None => Boundedness::Unbounded,
        }
    }
}

/// The source of a table.
pub(crate) fn source(table: NexmarkTable, projection: &[usize]) -> impl Source + use<> {
    let pace = Pace {
        count: table.count,
        per_second: table.per_second,
        block: event::EVENTS_PER_ROUND,
        base_ms: 0,
    };
    GeneratorSource::new(NexmarkMaker::new(&table, projection), pace)
}

/// What a column of the table of all events holds.
fn event_column(name: &str, ty: &LogicalType) -> Result<Target, ConnectorError> {
    let kind = match name {
        "event_type" if ty.kind == TypeKind::Integer => return Ok(Target::EventType),
        "dateTime" if is_time(ty) => return Ok(Target::Time),
        "person" => EventKind::Person,
        "auction" => EventKind::Auction,
        "bid" => EventKind::Bid,
        "event_type" => {
            return Err(ConnectorError::column(
                name,
                format!("it is an INT, not {ty}"),
            ));
        }
        "dateTime" => {
            return Err(ConnectorError::column(
                name,
                format!("it is a TIMESTAMP(3), not {ty}"),
            ));
        }
        _ => {
            let known = ["event_type", "person", "auction", "bid", "dateTime"];
            return Err(ConnectorError::unknown("nexmark column", name, known));
        }
    };
    let TypeKind::Row(fields) = &ty.kind else {
        return Err(ConnectorError::column(
            name,
            format!("it is a ROW, not {ty}"),
        ));
    };
    let places = fields
        .iter()
        .map(|field| {
            kind_field(
                kind,
                &format!("{name}.{}", field.name),
                &field.name,
                &field.ty,
            )
        })
        .collect::<Result<_, _>>()?;
    Ok(Target::Row(kind, places))
}

/// The place of a field among those of its kind.
fn kind_field(
    kind: EventKind,
    path: &str,
    name: &str,
    ty: &LogicalType,
) -> Result<usize, ConnectorError> {
    let fields = kind.fields();
    let Some(place) = fields.iter().position(|(known, _)| *known == name) else {
        return Err(ConnectorError::unknown(
            "nexmark column",
            path,
            fields.iter().map(|(known, _)| *known),
        ));
    };
    let (fits, expected) = match fields[place].1 {
        FieldKind::Number => (ty.kind == TypeKind::BigInt, "a BIGINT"),
        FieldKind::Text => (ty.kind.is_character(), "a STRING"),
        FieldKind::Time => (is_time(ty), "a TIMESTAMP(3)"),
    };
    if fits {
        Ok(place)
    } else {
        Err(ConnectorError::column(
            path,
            format!("it is {expected}, not {ty}"),
        ))
    }
}

fn is_time(ty: &LogicalType) -> bool {
    matches!(
        ty.kind,
        TypeKind::Timestamp(0..=3) | TypeKind::TimestampLtz(0..=3)
    )
}
