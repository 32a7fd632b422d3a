//! What stands before a sink: which changes it is given, and how they come to its subtasks.
//!
//! A connector says what it takes. One that is updated by key (`[I,UA,D]`) is spared `-U` where the
//! query's upsert key is exactly the table's PRIMARY KEY; else `-U` tells it which row to take out. Where
//! changes go to another number of subtasks, they go by PRIMARY KEY, so that those of one row stay in
//! order (Flink's `table.exec.sink.keyed-shuffle`).

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{OperatorSpec, Partitioning, TableSpec};
use alpheus_hadoop_conf::options::table::KeyedShuffle;

use super::PlanError;
use super::physical::{Builder, Draft, names, short_name};
use crate::rel::{Rel, UniqueKey};

/// The table that rows go to, and how.
pub(super) struct Request<'o> {
    pub(super) table: &'o Arc<TableSpec>,
    pub(super) overwrite: bool,
    pub(super) static_partition: &'o BTreeMap<String, String>,
}

impl Builder<'_> {
    /// The sink of `query`, whose rows come from `streams`.
    pub(super) fn add_sink(
        &mut self,
        request: &Request<'_>,
        streams: &[usize],
        query: &Rel,
    ) -> Result<(), PlanError> {
        let table = request.table;
        let produced = self.changelog_of(streams);
        let accepts = (self.sink_accepts)(table);
        if accepts == ChangelogMode::InsertOnly && produced != ChangelogMode::InsertOnly {
            return Err(PlanError::SinkTakesInsertsOnly {
                table: table.identifier.clone(),
                produced: produced.explain(),
                operator: self.source_of_updates(streams),
            });
        }
        let row = query.schema.row_type();
        let primary_key = primary_key(table);
        let explicit = self.option(table, "sink.parallelism")?;
        let parallelism = explicit.unwrap_or_else(|| self.parallelism_of(streams));
        let partitioning = if produced == ChangelogMode::InsertOnly {
            Partitioning::Forward
        } else {
            self.partitioning(table, &primary_key, streams, parallelism)?
        };
        let by_key = accepts.is_upsert()
            && (primary_key.is_empty() || query.unique_keys().contains(&primary_key));
        let spec = OperatorSpec::Sink {
            table: (**table).clone(),
            input: if by_key {
                produced.without_update_before()
            } else {
                produced
            },
            overwrite: request.overwrite,
            static_partition: request.static_partition.clone(),
        };
        self.add(Draft {
            name: format!("Sink: {}", short_name(&table.identifier)),
            description: format!(
                "Sink(table=[{}], fields=[{}])",
                table.identifier,
                names(&row)
            ),
            spec,
            output: row,
            changelog: produced,
            parallelism,
            streams,
            partitioning,
            reuse: false,
        });
        Ok(())
    }

    /// How changes come to the subtasks of a sink.
    fn partitioning(
        &self,
        table: &TableSpec,
        primary_key: &UniqueKey,
        streams: &[usize],
        parallelism: u32,
    ) -> Result<Partitioning, PlanError> {
        let producer = self.parallelism_of(streams);
        let keyed = match self.settings.keyed_shuffle {
            KeyedShuffle::None => false,
            KeyedShuffle::Auto => producer != parallelism,
            KeyedShuffle::Force => parallelism > 1,
        };
        if keyed && !primary_key.is_empty() {
            return Ok(Partitioning::Hash {
                keys: primary_key.iter().copied().collect(),
            });
        }
        if producer != parallelism && primary_key.is_empty() {
            return Err(PlanError::SinkNeedsPrimaryKey {
                table: table.identifier.clone(),
                parallelism,
                producer,
                produced: self.changelog_of(streams).explain(),
            });
        }
        Ok(Partitioning::Forward)
    }
}

/// Positions of the PRIMARY KEY's columns.
fn primary_key(table: &TableSpec) -> UniqueKey {
    let fields = table.schema.fields.iter().enumerate();
    fields
        .filter(|(_, field)| table.primary_key.contains(&field.name))
        .map(|(position, _)| position)
        .collect()
}
