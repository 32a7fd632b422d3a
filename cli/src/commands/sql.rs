//! `alpheus sql`: runs statements and shows what they give; without any, a prompt.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use alpheus_sql::Session;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult, Exit};
use crate::logging::LogFormat;
use crate::render::OutputFormat;
use crate::shell;
use crate::statements::{Settings, read_script, run_script};

/// Run SQL statements and show their results; without -f and -e, a prompt
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus sql                                        # a prompt; TAB completes, statements end with ;
  alpheus sql -e \"SELECT 1 + 1 AS two\"
  alpheus sql -f query.sql --output json             # {\"op\":\"+I\",\"row\":{...}} per line, for the last SELECT
  alpheus sql -f query.sql -D execution.runtime-mode=batch --output csv")]
pub struct SqlArgs {
    /// Run the statements of a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "execute")]
    file: Option<PathBuf>,
    /// Run these statements
    #[arg(short, long, value_name = "STATEMENTS")]
    execute: Option<String>,
    /// How results are shown
    #[arg(long, value_enum, default_value = "table")]
    output: OutputFormat,
    #[command(flatten)]
    config: ConfigArgs,
}

impl SqlArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When a statement is wrong or fails.
    pub fn run(self, log_format: LogFormat) -> CliResult<Exit> {
        let configuration = config::load(&self.config)?;
        let mut session = Session::new(configuration);
        let settings = Settings {
            output: self.output,
            workers: None,
            progress: std::io::stderr().is_terminal(),
            job: None,
            log_format,
            last_select_only: self.output == OutputFormat::Json,
        };
        if let Some(path) = &self.file {
            let script = read_script(path)?;
            return run_script(
                &mut session,
                &path.display().to_string(),
                &script,
                &settings,
            );
        }
        if let Some(script) = &self.execute {
            return run_script(&mut session, "-e", script, &settings);
        }
        if std::io::stdin().is_terminal() {
            return shell::run(session, &settings);
        }
        let mut script = String::new();
        std::io::stdin()
            .read_to_string(&mut script)
            .map_err(CliError::usage)?;
        run_script(&mut session, "<stdin>", &script, &settings)
    }
}
