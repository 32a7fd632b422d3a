//! `alpheus completion`: a script for the shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit::{CliResult, Exit};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  source <(alpheus completion bash)
  alpheus completion zsh > ~/.zfunc/_alpheus")]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// Never; the type is that of all commands.
    pub fn run(self) -> CliResult<Exit> {
        let mut command = crate::Cli::command();
        clap_complete::generate(self.shell, &mut command, "alpheus", &mut std::io::stdout());
        Ok(Exit::Finished)
    }
}
