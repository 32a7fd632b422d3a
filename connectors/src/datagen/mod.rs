//! The `datagen` connector: random or counting values (Flink's `DataGenTableSourceFactory`).
//!
//! A value is a function of the seed, its column and the row's number. Timestamps follow the clock that
//! Flink would show: the time at which the source was started, plus the row's number at the rate of
//! `rows-per-second`, minus a random part of `max-past`; so they, too, are the same after a restart.

mod fields;
mod maker;

#[cfg(test)]
mod tests;

use alpheus_dataflow::RowType;
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::source::{Boundedness, Source};

use crate::error::ConnectorError;
use crate::generator::{GeneratorSource, Pace};
use crate::options::{OptionDef, OptionKind, Options, option};
use fields::FieldPlan;

/// The declarations.
pub(crate) const OPTIONS: &[OptionDef] = &[
    option(
        "rows-per-second",
        OptionKind::Integer(1),
        Some("10000"),
        "How many rows are made in a second, by all subtasks together.",
    ),
    option(
        "number-of-rows",
        OptionKind::Integer(0),
        None,
        "How many rows there are; without it, and without a sequence, the table never ends.",
    ),
    option(
        "seed",
        OptionKind::Integer(i64::MIN),
        Some("0"),
        "Another seed makes other random values.",
    ),
    option(
        "fields.#.kind",
        OptionKind::Choice(&["random", "sequence"]),
        Some("random"),
        "Whether a column's values are random or count from `start` to `end`.",
    ),
    option(
        "fields.#.min",
        OptionKind::Text,
        None,
        "The least random number.",
    ),
    option(
        "fields.#.max",
        OptionKind::Text,
        None,
        "The greatest random number.",
    ),
    option(
        "fields.#.max-past",
        OptionKind::Duration,
        None,
        "How far a random timestamp may lie before the row's time.",
    ),
    option(
        "fields.#.length",
        OptionKind::Integer(1),
        None,
        "Length of random text (100), bytes (20) and collections (3).",
    ),
    option(
        "fields.#.var-len",
        OptionKind::Boolean,
        Some("false"),
        "Random text and bytes have any length from 1 to `length`.",
    ),
    option(
        "fields.#.null-rate",
        OptionKind::Ratio,
        Some("0"),
        "Which part of the random values is NULL.",
    ),
    option(
        "fields.#.start",
        OptionKind::Integer(i64::MIN),
        None,
        "The first number of a sequence.",
    ),
    option(
        "fields.#.end",
        OptionKind::Integer(i64::MIN),
        None,
        "The last number of a sequence; the table ends with the shortest one.",
    ),
];

/// A table, checked.
pub(crate) struct DatagenTable {
    schema: RowType,
    plans: Vec<FieldPlan>,
    count: Option<u64>,
    per_second: u64,
    seed: u64,
}

impl DatagenTable {
    /// Reads a table's definition.
    ///
    /// # Errors
    /// When an option does not fit a column.
    pub(crate) fn read(table: &TableSpec) -> Result<Self, ConnectorError> {
        let options = Options::new(&table.options, OPTIONS, "");
        let plans = table
            .schema
            .fields
            .iter()
            .map(|field| FieldPlan::read(options, &field.name, &field.ty))
            .collect::<Result<Vec<_>, _>>()?;
        let mut paths = Vec::new();
        for (field, plan) in table.schema.fields.iter().zip(&plans) {
            plan.paths(&field.name, &mut paths);
        }
        for key in table.options.keys() {
            let Some(rest) = key.strip_prefix("fields.") else {
                continue;
            };
            let path = rest.rsplit_once('.').map_or(rest, |(path, _)| path);
            if !paths.iter().any(|known| known == path) {
                return Err(ConnectorError::unknown(
                    format!("column in option '{key}'"),
                    path,
                    paths.iter().map(String::as_str),
                ));
            }
        }
        let rows = options
            .integer("number-of-rows")?
            .map(|rows| rows.max(0) as u64);
        let sequences = plans.iter().filter_map(FieldPlan::sequence_length);
        Ok(DatagenTable {
            schema: table.schema.clone(),
            count: sequences.chain(rows).min(),
            per_second: options.integer("rows-per-second")?.unwrap_or(10_000).max(1) as u64,
            seed: options.integer("seed")?.unwrap_or(0) as u64,
            plans,
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
pub(crate) fn source(
    table: DatagenTable,
    projection: &[usize],
    base_ms: i64,
) -> impl Source + use<> {
    let pace = Pace {
        count: table.count,
        per_second: Some(table.per_second),
        block: 1,
        base_ms,
    };
    GeneratorSource::new(maker::DatagenMaker::new(&table, projection), pace)
}
