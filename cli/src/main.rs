//! `alpheus`: the one binary. Each command is a module below [`commands`]; everything that takes time is
//! done when it is needed and not before, so that a command is there at once.

mod batch_runner;
mod commands;
mod config;
mod connectors;
mod exit;
mod job_runner;
mod logging;
mod progress;
mod render;
mod resident;
mod rest_client;
mod results;
mod rolling_file;
mod shell;
mod statements;
mod target;
mod yarn;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::{CliResult, Exit};
use crate::logging::LogFormat;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Streams and batches of Flink SQL, without a JVM
#[derive(Debug, Parser)]
#[command(name = "alpheus", version, max_term_width = 100)]
#[command(after_help = "Examples:
  alpheus sql                          # a prompt
  alpheus run job.sql                  # run a job on this machine
  alpheus list                         # jobs that run
  alpheus help run                     # more about a command

Exit codes: 0 finished, 1 failed, 2 wrong usage, 3 refused.
Configuration: -D key=value, then conf/config.yaml (ALPHEUS_CONF_DIR names the folder). Logs: RUST_LOG.")]
struct Cli {
    /// How logs are written to standard error
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        env = "ALPHEUS_LOG_FORMAT"
    )]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(commands::run::RunArgs),
    Sql(commands::sql::SqlArgs),
    Explain(commands::explain::ExplainArgs),
    Session(commands::session::SessionArgs),
    List(commands::list::ListArgs),
    Logs(commands::logs::LogsArgs),
    Cancel(commands::cancel::CancelArgs),
    Stop(commands::stop::StopArgs),
    Savepoint(commands::savepoint::SavepointArgs),
    Checkpoint(commands::checkpoint::CheckpointArgs),
    Doctor(commands::doctor::DoctorArgs),
    Fs(commands::fs::FsArgs),
    Token(commands::token::TokenArgs),
    Completion(commands::completion::CompletionArgs),
    #[command(hide = true)]
    Docs(commands::docs::DocsArgs),
    #[command(hide = true)]
    Worker(commands::worker::WorkerArgs),
    #[command(hide = true)]
    Am(commands::am::AmArgs),
}

impl Command {
    /// What is logged without `RUST_LOG`: much where a log file is read later, little where people look.
    fn log_level(&self) -> &'static str {
        match self {
            Command::Run(_) if !std::io::stderr().is_terminal() => "info",
            Command::Worker(_) | Command::Am(_) => "info",
            _ => "warn",
        }
    }

    /// Whether YARN has started this process.
    fn is_in_container(&self) -> bool {
        match self {
            Command::Am(_) => true,
            Command::Worker(args) => args.is_in_container(),
            _ => false,
        }
    }

    /// Whether it may run for days.
    fn is_long(&self) -> bool {
        matches!(
            self,
            Command::Run(_) | Command::Sql(_) | Command::Worker(_) | Command::Am(_)
        )
    }

    fn run(self, log_format: LogFormat) -> CliResult<Exit> {
        match self {
            Command::Run(args) => args.run(log_format),
            Command::Sql(args) => args.run(log_format),
            Command::Explain(args) => args.run(),
            Command::Session(args) => args.run(),
            Command::List(args) => args.run(),
            Command::Logs(args) => args.run(),
            Command::Cancel(args) => args.run(),
            Command::Stop(args) => args.run(),
            Command::Savepoint(args) => args.run(),
            Command::Checkpoint(args) => args.run(),
            Command::Doctor(args) => args.run(),
            Command::Fs(args) => args.run(),
            Command::Token(args) => args.run(),
            Command::Completion(args) => args.run(),
            Command::Docs(args) => args.run(),
            Command::Worker(args) => args.run(),
            Command::Am(args) => args.run(),
        }
    }
}

fn main() -> ExitCode {
    // SAFETY: this is the first thing that the process does; there is no other thread.
    unsafe { alpheus_hadoop::token_file::adopt() };
    resident::without_huge_pages();
    let cli = Cli::parse();
    match cli.command.is_in_container() {
        true => logging::start_in_container(cli.log_format, cli.command.log_level()),
        false => logging::start(cli.log_format, cli.command.log_level()),
    }
    if cli.command.is_long() {
        resident::settle_after_start();
    }
    match cli.command.run(cli.log_format) {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.report();
            error.exit.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
