//! Options of the `filesystem` connector (Flink's `FileSystemConnectorOptions`).

use std::time::Duration;

use alpheus_storage::Location;
use regex::Regex;

use crate::error::ConnectorError;
use crate::options::{OptionDef, OptionKind, Options, option, required};

/// The declarations.
pub(crate) const OPTIONS: &[OptionDef] = &[
    required(
        "path",
        OptionKind::Text,
        "A file, a folder (read recursively; names starting with `_` or `.` are skipped) or, for reading, a pattern with `*`, `?`, `[..]`, `{a,b}`.",
    ),
    option(
        "source.monitor-interval",
        OptionKind::Duration,
        None,
        "Looks for new files that often, for ever; without it the table is bounded.",
    ),
    option(
        "source.path.regex-pattern",
        OptionKind::Text,
        None,
        "Only files whose whole path matches are read.",
    ),
    option(
        "source.split-size",
        OptionKind::MemorySize,
        Some("8mb"),
        "Larger csv and json files are read in pieces of about that size, in parallel. Finding where a csv record starts means looking for quotes from the start of the file on; 'csv.disable-quote-character' = 'true' spares that.",
    ),
    option(
        "source.report-statistics",
        OptionKind::Choice(&["NONE", "ALL"]),
        Some("NONE"),
        "Accepted for Flink's sake; it has no effect.",
    ),
    option(
        "lookup.cache",
        OptionKind::Choice(&["FULL", "PARTIAL", "NONE"]),
        Some("FULL"),
        "What a lookup join keeps of the table: all of it. 'PARTIAL' and 'NONE' are refused: each row that is looked up would read all files.",
    ),
    option(
        "lookup.max-retries",
        OptionKind::Integer(0),
        Some("3"),
        "How often a lookup join tries again to read the table, where that may help.",
    ),
    option(
        "lookup.partial-cache.max-rows",
        OptionKind::Integer(1),
        None,
        "Not supported, as 'lookup.cache' = 'PARTIAL'.",
    ),
    option(
        "lookup.partial-cache.expire-after-write",
        OptionKind::Duration,
        None,
        "Not supported, as 'lookup.cache' = 'PARTIAL'.",
    ),
    option(
        "lookup.partial-cache.expire-after-access",
        OptionKind::Duration,
        None,
        "Not supported, as 'lookup.cache' = 'PARTIAL'.",
    ),
    option(
        "lookup.partial-cache.cache-missing-key",
        OptionKind::Boolean,
        None,
        "Not supported, as 'lookup.cache' = 'PARTIAL'.",
    ),
    option(
        "lookup.full-cache.periodic-reload.interval",
        OptionKind::Duration,
        None,
        "How old a lookup join's copy of the table may be; without it the table is read once.",
    ),
    option(
        "partition.default-name",
        OptionKind::Text,
        Some("__DEFAULT_PARTITION__"),
        "The folder's value for NULL or an empty string.",
    ),
    option(
        "sink.rolling-policy.file-size",
        OptionKind::MemorySize,
        Some("128 mb"),
        "A part file is closed when it has reached this size. Every checkpoint closes them too.",
    ),
    option(
        "sink.rolling-policy.rollover-interval",
        OptionKind::Duration,
        Some("30 min"),
        "A part file is closed when it has been open for this long.",
    ),
    option(
        "sink.rolling-policy.inactivity-interval",
        OptionKind::Duration,
        Some("30 min"),
        "A part file is closed when nothing was written for this long.",
    ),
    option(
        "sink.rolling-policy.check-interval",
        OptionKind::Duration,
        Some("1 min"),
        "How often the two intervals are looked at.",
    ),
    option(
        "sink.shuffle-by-partition.enable",
        OptionKind::Boolean,
        Some("false"),
        "Not supported: must be false.",
    ),
    option(
        "sink.partition-commit.trigger",
        OptionKind::Choice(&["process-time", "partition-time"]),
        Some("process-time"),
        "What a partition's commit waits for. 'partition-time' is not supported.",
    ),
    option(
        "sink.partition-commit.delay",
        OptionKind::Duration,
        Some("0 s"),
        "Not supported: must be 0.",
    ),
    option(
        "sink.partition-commit.policy.kind",
        OptionKind::Text,
        None,
        "'success-file' puts an empty file into a partition's folder whenever data in it was committed. 'metastore' and 'custom' are not supported.",
    ),
    option(
        "sink.partition-commit.success-file.name",
        OptionKind::Text,
        Some("_SUCCESS"),
        "The name of that file.",
    ),
    option(
        "auto-compaction",
        OptionKind::Boolean,
        Some("false"),
        "Not supported: must be false.",
    ),
    option(
        "sink.part-prefix",
        OptionKind::Text,
        Some("part"),
        "How the names of part files start.",
    ),
];

/// The connector's options, checked.
#[derive(Clone, Debug)]
pub(crate) struct FileSystemOptions {
    pub(crate) path: Location,
    pub(crate) monitor_interval: Option<Duration>,
    pub(crate) path_pattern: Option<Regex>,
    pub(crate) split_size: u64,
    pub(crate) default_partition: String,
    pub(crate) roll_size: u64,
    pub(crate) rollover_interval: Duration,
    pub(crate) inactivity_interval: Duration,
    pub(crate) check_interval: Duration,
    pub(crate) success_file: Option<String>,
    pub(crate) part_prefix: String,
}

impl FileSystemOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// When a value cannot be used, or asks for what is not there.
    pub(crate) fn read(options: Options<'_>) -> Result<Self, ConnectorError> {
        let path = options.text("path").unwrap_or_default();
        let location = path
            .parse::<Location>()
            .map_err(|error| ConnectorError::invalid_value("path", path, error.to_string()))?;
        let path_pattern = match options.text("source.path.regex-pattern") {
            None => None,
            // Java's `matches` is about the whole text.
            Some(text) => Some(Regex::new(&format!("^(?:{text})$")).map_err(|error| {
                ConnectorError::invalid_value(
                    "source.path.regex-pattern",
                    text,
                    format!("a regular expression ({error})"),
                )
            })?),
        };
        let split_size = options.memory_size("source.split-size")?.unwrap_or(8 << 20);
        if split_size == 0 {
            return Err(ConnectorError::invalid_value(
                "source.split-size",
                "0",
                "at least one byte",
            ));
        }
        let monitor_interval = options.duration("source.monitor-interval")?;
        if monitor_interval.is_some_and(|interval| interval.is_zero()) {
            return Err(ConnectorError::invalid_value(
                "source.monitor-interval",
                "0",
                "a positive duration",
            ));
        }
        refuse_what_is_not_there(options)?;
        let part_prefix = options.text("sink.part-prefix").unwrap_or("part");
        check_file_name("sink.part-prefix", part_prefix, false)?;
        Ok(FileSystemOptions {
            path: location,
            monitor_interval,
            path_pattern,
            split_size,
            default_partition: options
                .text("partition.default-name")
                .unwrap_or("__DEFAULT_PARTITION__")
                .to_owned(),
            roll_size: options
                .memory_size("sink.rolling-policy.file-size")?
                .unwrap_or(128 << 20),
            rollover_interval: required_duration(options, "sink.rolling-policy.rollover-interval")?,
            inactivity_interval: required_duration(
                options,
                "sink.rolling-policy.inactivity-interval",
            )?,
            check_interval: required_duration(options, "sink.rolling-policy.check-interval")?
                .max(Duration::from_millis(1)),
            success_file: success_file(options)?,
            part_prefix: part_prefix.to_owned(),
        })
    }
}

fn required_duration(options: Options<'_>, key: &str) -> Result<Duration, ConnectorError> {
    Ok(options.duration(key)?.unwrap_or(Duration::from_secs(1800)))
}

/// A name that readers of the folder see, or (`hidden`) may be hidden from them.
fn check_file_name(key: &str, name: &str, hidden: bool) -> Result<(), ConnectorError> {
    if name.is_empty() || name.contains('/') || (!hidden && alpheus_storage::glob::is_hidden(name))
    {
        return Err(ConnectorError::invalid_value(
            key,
            name,
            if hidden {
                "a file name without `/`"
            } else {
                "a file name without `/` that does not start with `_` or `.`"
            },
        ));
    }
    Ok(())
}

fn success_file(options: Options<'_>) -> Result<Option<String>, ConnectorError> {
    let Some(kinds) = options.text("sink.partition-commit.policy.kind") else {
        return Ok(None);
    };
    for kind in kinds.split(',').map(str::trim) {
        match kind {
            "success-file" => {}
            "metastore" | "custom" => {
                return Err(ConnectorError::unsupported(
                    format!("'sink.partition-commit.policy.kind' = '{kind}'"),
                    "use 'success-file'",
                ));
            }
            other => {
                return Err(ConnectorError::invalid_value(
                    "sink.partition-commit.policy.kind",
                    other,
                    "success-file",
                ));
            }
        }
    }
    let name = options
        .text("sink.partition-commit.success-file.name")
        .unwrap_or("_SUCCESS");
    check_file_name("sink.partition-commit.success-file.name", name, true)?;
    Ok(Some(name.to_owned()))
}

/// Files are not looked up by key.
fn refuse_partial_lookups(options: Options<'_>) -> Result<(), ConnectorError> {
    let remedy = "use 'lookup.cache' = 'FULL', which reads the table into memory: a lookup of a key would read all files";
    let refuse = |what: String| Err(ConnectorError::unsupported(what, remedy));
    if let Some(cache @ ("PARTIAL" | "NONE")) = options.text("lookup.cache") {
        return refuse(format!("'lookup.cache' = '{cache}' of files"));
    }
    for key in [
        "max-rows",
        "expire-after-write",
        "expire-after-access",
        "cache-missing-key",
    ] {
        let key = format!("lookup.partial-cache.{key}");
        if options.text(&key).is_some() {
            return refuse(format!("'{key}' of files"));
        }
    }
    Ok(())
}

fn refuse_what_is_not_there(options: Options<'_>) -> Result<(), ConnectorError> {
    refuse_partial_lookups(options)?;
    if options.boolean("auto-compaction")? {
        return Err(ConnectorError::unsupported(
            "'auto-compaction' = 'true'",
            "raise 'execution.checkpointing.interval' for fewer and larger files",
        ));
    }
    if options.boolean("sink.shuffle-by-partition.enable")? {
        return Err(ConnectorError::unsupported(
            "'sink.shuffle-by-partition.enable' = 'true'",
            "leave the option out",
        ));
    }
    if options.text("sink.partition-commit.trigger") == Some("partition-time") {
        return Err(ConnectorError::unsupported(
            "'sink.partition-commit.trigger' = 'partition-time'",
            "use 'process-time'",
        ));
    }
    if options
        .duration("sink.partition-commit.delay")?
        .is_some_and(|delay| !delay.is_zero())
    {
        return Err(ConnectorError::unsupported(
            "'sink.partition-commit.delay'",
            "leave it out: partitions are committed with the checkpoint that holds their data",
        ));
    }
    Ok(())
}
