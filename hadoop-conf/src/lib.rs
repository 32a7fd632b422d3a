//! Configuration, of both kinds that a process of Alpheus reads.
//!
//! - **Alpheus's own options** ([`options`]) carry Flink's keys, syntax and defaults. Each is a documented
//!   static ([`ConfigOption`]); a [`Configuration`] holds what was set and where (file and line, `-D`, a `SET`
//!   statement, the deployment), and answers `get(&OPTION)` with a typed value or an error that names the key,
//!   the value, its source and what is allowed. Keys that Flink has and Alpheus does not are answered with a
//!   reason ([`flink_keys`]); keys that nobody has are errors that name the nearest one.
//! - **Hadoop's** `core-site.xml`, `hdfs-site.xml`, `yarn-site.xml` ([`hadoop`]): what Hadoop's own
//!   `Configuration` class makes of them (final, XInclude, substitution, deprecated names), with the defaults of
//!   exactly those keys that Alpheus reads.
//!
//! Invariants: a value enters a [`Configuration`] only if it parses, so a wrong value is reported where it was
//! written and before anything runs; a secret's value never appears in an error, a `Debug` output or the
//! documentation; nothing here opens a network connection.

mod configuration;
mod docs;
mod duration;
mod error;
pub mod flink_keys;
pub mod hadoop;
mod known;
mod list;
mod load;
mod memory;
mod option;
pub mod options;
mod ports;
mod source;
mod value;
mod yaml;

pub use configuration::{Configuration, Warning, WarningKind};
pub use docs::markdown;
pub use duration::{format_duration, parse_duration};
pub use error::ConfigError;
pub use list::{format_list, parse_folders, parse_list, parse_map};
pub use load::{CONF_DIR_VARIABLE, CONF_FILE, Environment, Locations};
pub use memory::MemorySize;
pub use option::{ConfigOption, OptionSpec, Section};
pub use options::{all_options, sections};
pub use ports::Ports;
pub use source::Source;
pub use value::Value;
pub use yaml::parse_yaml;
