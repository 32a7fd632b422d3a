//! What stands before a sink: which changes it is given, and how they come to its subtasks.
//!
//! A connector says what it takes. One that is updated by key (`[I,UA,D]`) is spared `-U` where the
//! query's upsert key is exactly the table's PRIMARY KEY; else `-U` tells it which row to take out. Where
//! the PRIMARY KEY does not even contain the upsert key, rows with different upsert keys may share it, and a
//! `SinkUpsertMaterializer` keeps them apart (`table.exec.sink.upsert-materialize`). Where
//! changes go to another number of subtasks, they go by PRIMARY KEY, so that those of one row stay in
//! order (Flink's `table.exec.sink.keyed-shuffle`).

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::graph::{OperatorSpec, Partitioning, TableSpec};
use alpheus_hadoop_conf::options::table::{KeyedShuffle, UpsertMaterialize};

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
        let accepts = (self.modes)(table).accepts;
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
        let keys = query.unique_keys();
        let materialized = self.materializes(accepts, produced, &primary_key, &keys);
        let materializer;
        let (streams, produced) = match materialized {
            true => {
                materializer =
                    [self.add_materializer(streams, &primary_key, &keys, parallelism, query)];
                (&materializer[..], ChangelogMode::Upsert)
            }
            false => (streams, produced),
        };
        let partitioning = if produced == ChangelogMode::InsertOnly {
            Partitioning::Forward
        } else {
            self.partitioning(table, &primary_key, streams, parallelism)?
        };
        let by_key = accepts.is_upsert()
            && (materialized || primary_key.is_empty() || keys.contains(&primary_key));
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
                "Sink(table=[{}], fields=[{}]{})",
                table.identifier,
                names(&row),
                if materialized {
                    ", upsertMaterialize=[true]"
                } else {
                    ""
                }
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

    /// Whether rows of a PRIMARY KEY have to be kept apart by their upsert key. A sink that is told what is
    /// replaced does that itself.
    fn materializes(
        &self,
        accepts: ChangelogMode,
        produced: ChangelogMode,
        primary_key: &UniqueKey,
        keys: &[UniqueKey],
    ) -> bool {
        let by_key = accepts.is_upsert() && !primary_key.is_empty();
        match self.settings.upsert_materialize {
            UpsertMaterialize::None => false,
            UpsertMaterialize::Force => by_key,
            UpsertMaterialize::Auto => {
                by_key
                    && produced != ChangelogMode::InsertOnly
                    && !keys.iter().any(|key| key.is_subset(primary_key))
            }
        }
    }

    fn add_materializer(
        &mut self,
        streams: &[usize],
        primary_key: &UniqueKey,
        keys: &[UniqueKey],
        parallelism: u32,
        query: &Rel,
    ) -> usize {
        let row = query.schema.row_type();
        let columns = |key: &UniqueKey| -> Vec<usize> { key.iter().copied().collect() };
        let upsert_key = keys.first().map(columns).unwrap_or_default();
        let list = |key: &[usize]| {
            let names: Vec<&str> = (key.iter())
                .map(|&column| row.fields[column].name.as_str())
                .collect();
            names.join(", ")
        };
        let keys = columns(primary_key);
        self.add(Draft {
            name: "SinkMaterializer".to_owned(),
            description: format!(
                "SinkMaterializer(primaryKey=[{}], upsertKey=[{}])",
                list(&keys),
                list(&upsert_key)
            ),
            spec: OperatorSpec::SinkUpsertMaterializer {
                keys: keys.clone(),
                upsert_key,
                state_ttl_ms: self.settings.state_ttl_ms,
            },
            output: row,
            changelog: ChangelogMode::Upsert,
            parallelism,
            streams,
            partitioning: Partitioning::Hash { keys },
            reuse: false,
        })
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
