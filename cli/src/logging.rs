//! Logs: to standard error, as text or JSON, never in the way of results; in a container of YARN to a file in its log
//! folder, so that standard error keeps the last words of a process that died.

use std::io::IsTerminal;
use std::path::Path;

use alpheus_am::yarn::container::ContainerEnvironment;
use alpheus_hadoop_conf::Environment;
use tracing_subscriber::EnvFilter;

use crate::rolling_file::RollingFile;

/// The file in a container's log folder.
const FILE: &str = "alpheus.log";

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// A line each, for people.
    Text,
    /// An object each, for programs.
    Json,
}

impl LogFormat {
    /// The argument that asks for it.
    pub fn as_str(self) -> &'static str {
        match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
    }
}

/// Starts logging. `RUST_LOG` decides what is logged; without it everything of level `default`.
pub fn start(format: LogFormat, default: &str) {
    let filter = std::env::var("RUST_LOG")
        .ok()
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| EnvFilter::try_new(text).ok())
        .unwrap_or_else(|| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // An error means that a logger is there already, which a test may have started.
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

/// Starts logging in a container; as [`start`], where this is none or its folder cannot be written to.
pub fn start_in_container(format: LogFormat, default: &str) {
    let folder = ContainerEnvironment::find(&Environment::process()).map(|found| found.log_dir);
    let file = folder
        .map_err(|error| error.to_string())
        .and_then(|folder| {
            let path = Path::new(&folder).join(FILE);
            RollingFile::open(&path).map_err(|error| format!("{}: {error}", path.display()))
        });
    let file = match file {
        Ok(file) => file,
        Err(reason) => {
            eprintln!("logs go to standard error: {reason}");
            return start(format, default);
        }
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(file)
        .with_ansi(false);
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    log_panics();
}

/// A panic is told to the log too: standard error is in the diagnostics, but nobody follows it.
fn log_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("{panic}");
        print(panic);
    }));
}
