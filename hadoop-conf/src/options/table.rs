//! SQL.

use std::time::Duration;

use crate::config_enum;
use crate::memory::MemorySize;
use crate::option::{option, optional, options};

config_enum! {
    /// `table.exec.sink.not-null-enforcer`.
    NotNullEnforcer {
        /// A NULL in a NOT NULL column fails the job.
        Error = "ERROR",
        /// The row is dropped.
        Drop = "DROP",
    }
}

config_enum! {
    /// `table.exec.sink.type-length-enforcer`.
    TypeLengthEnforcer {
        /// Texts and bytes are written as they are.
        Ignore = "IGNORE",
        /// They are cut, and filled where the length is fixed.
        TrimPad = "TRIM_PAD",
        /// One that does not fit fails the job.
        Error = "ERROR",
    }
}

config_enum! {
    /// `table.exec.sink.upsert-materialize`.
    UpsertMaterialize {
        /// Never.
        None = "NONE",
        /// Where the PRIMARY KEY of the sink does not contain the query's upsert key.
        Auto = "AUTO",
        /// In front of every sink that is updated by key.
        Force = "FORCE",
    }
}

config_enum! {
    /// `table.optimizer.agg-phase-strategy`.
    AggPhaseStrategy {
        /// Two phases where they pay.
        Auto = "AUTO",
        /// Always two phases where possible.
        TwoPhase = "TWO_PHASE",
        /// Always one phase.
        OnePhase = "ONE_PHASE",
    }
}

config_enum! {
    /// `table.exec.sink.keyed-shuffle`.
    KeyedShuffle {
        /// Never.
        None = "NONE",
        /// Where the sink's parallelism is not that of the rows' producer.
        Auto = "AUTO",
        /// Always, unless one subtask writes.
        Force = "FORCE",
    }
}

config_enum! {
    /// `table.optimizer.non-deterministic-update.strategy`.
    NonDeterministicUpdateStrategy {
        /// A plan whose changes may not take back what they should is refused.
        TryResolve = "TRY_RESOLVE",
        /// It runs; EXPLAIN PLAN_ADVICE tells.
        Ignore = "IGNORE",
    }
}

config_enum! {
    /// `table.catalog-store.kind`.
    CatalogStoreKind {
        /// Catalogs live as long as their session.
        GenericInMemory = "generic_in_memory",
        /// They are kept in files of `table.catalog-store.file.path`.
        File = "file",
    }
}

options! {
    "SQL";
    /// Time zone of `TIMESTAMP_LTZ` when it is written as text or read from it: a name such as `Europe/Paris`, an
    /// offset such as `GMT+03:00`, or `default` for the process's own.
    LOCAL_TIME_ZONE: String = option("table.local-time-zone", "default");
    /// How long state that is not touched is kept; `0` keeps it for ever. Results of unbounded aggregates and
    /// joins are approximate when state is dropped.
    STATE_TTL: Duration = option("table.exec.state.ttl", "0 ms");
    /// A source that emits nothing for so long no longer holds watermarks back; `0` never.
    SOURCE_IDLE_TIMEOUT: Duration = option("table.exec.source.idle-timeout", "0 ms");
    /// Whether changelog operators gather records before they change state and emit.
    MINI_BATCH_ENABLED: bool = option("table.exec.mini-batch.enabled", "false");
    /// Longest time that records are gathered.
    MINI_BATCH_ALLOW_LATENCY: Duration = option("table.exec.mini-batch.allow-latency", "0 ms");
    /// Most records that are gathered; `-1` stands for not set.
    MINI_BATCH_SIZE: i64 = option("table.exec.mini-batch.size", "-1");
    /// Parallelism of SQL operators; `-1` takes `parallelism.default`.
    DEFAULT_PARALLELISM: i32 = option("table.exec.resource.default-parallelism", "-1").range(-1.0, 32768.0);
    /// What happens to a NULL in a NOT NULL column of a sink.
    NOT_NULL_ENFORCER: NotNullEnforcer = option("table.exec.sink.not-null-enforcer", "ERROR");
    /// What happens to a text that is longer than VARCHAR(n), CHAR(n), VARBINARY(n) or BINARY(n) in a sink, or
    /// shorter than the fixed ones.
    TYPE_LENGTH_ENFORCER: TypeLengthEnforcer = option("table.exec.sink.type-length-enforcer", "IGNORE");
    /// Whether the rows of each PRIMARY KEY of a sink are kept, so that changes of rows with different upsert keys
    /// do not undo each other.
    UPSERT_MATERIALIZE: UpsertMaterialize = option("table.exec.sink.upsert-materialize", "AUTO");
    /// Whether sources of changes may repeat them: the last row of each PRIMARY KEY is kept, and what changes
    /// nothing is dropped.
    CDC_EVENTS_DUPLICATE: bool = option("table.exec.source.cdc-events-duplicate", "false");
    /// Whether changes go to the subtasks of a sink by its PRIMARY KEY.
    KEYED_SHUFFLE: KeyedShuffle = option("table.exec.sink.keyed-shuffle", "AUTO");
    /// What is done about updates that depend on a value that is not the same twice, such as the time of day.
    NON_DETERMINISTIC_UPDATES: NonDeterministicUpdateStrategy =
        option("table.optimizer.non-deterministic-update.strategy", "IGNORE");
    /// Whether an aggregate is computed in part before the exchange.
    AGG_PHASE_STRATEGY: AggPhaseStrategy = option("table.optimizer.agg-phase-strategy", "AUTO");
    /// Whether a chain of inner and left joins on one key is one operator, without state of results in between. Flink,
    /// where this is new, has it off by default.
    MULTI_JOIN_ENABLED: bool = option("table.optimizer.multi-join.enabled", "true");
    /// Whether aggregates with DISTINCT are computed in two steps, the first of them by key and a hash of the
    /// distinct values, so that a key with very many rows does not keep one subtask busy alone.
    DISTINCT_AGG_SPLIT_ENABLED: bool = option("table.optimizer.distinct-agg.split.enabled", "false");
    /// How many parts the distinct values of a key are cut into then.
    DISTINCT_AGG_SPLIT_BUCKETS: i32 =
        option("table.optimizer.distinct-agg.split.bucket-num", "1024").range(1.0, 2_147_483_647.0);
    /// Whether `/*+ OPTIONS(...) */` hints are allowed.
    DYNAMIC_TABLE_OPTIONS: bool = option("table.dynamic-table-options.enabled", "true");
    /// Name of the catalog that a session starts with.
    CATALOG: String = option("table.builtin-catalog-name", "default_catalog");
    /// Name of the database that a session starts with.
    DATABASE: String = option("table.builtin-database-name", "default_database");
    /// Whether CREATE CATALOG counts for later sessions, too.
    CATALOG_STORE_KIND: CatalogStoreKind = option("table.catalog-store.kind", "generic_in_memory");
    /// Folder of a catalog store of the kind `file`: one YAML file for each catalog.
    CATALOG_STORE_PATH: Option<String> = optional("table.catalog-store.file.path");
    /// Whether COMPILE PLAN replaces a file that is there.
    PLAN_FORCE_RECOMPILE: bool = option("table.plan.force-recompile", "false");
    /// Bytes that the memory of a function in WebAssembly may grow to, for each task that calls it.
    WASM_MEMORY_LIMIT: MemorySize = option("table.exec.wasm.memory-limit", "64 mb");
    /// Work that a function in WebAssembly may do for each row of a batch, about one unit an instruction.
    WASM_FUEL_PER_ROW: u64 = option("table.exec.wasm.fuel-per-row", "100000").range(1.0, 1e15);
    /// Longest time of one call of a function in WebAssembly, which handles one batch of rows.
    WASM_TIMEOUT: Duration = option("table.exec.wasm.timeout", "10 s");
    /// Widest column that results are shown in, in characters.
    MAX_COLUMN_WIDTH: u32 =
        option("table.display.max-column-width", "30").was(&["sql-client.display.max-column-width"]).range(1.0, 100_000.0);
}
