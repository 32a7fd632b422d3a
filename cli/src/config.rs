//! The configuration of a command: the file, then `-D`; what is odd about it goes to standard error.

use alpheus_hadoop_conf::{Configuration, Locations};

use crate::exit::CliResult;

/// Options that every command with a configuration has.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ConfigArgs {
    /// Set an option of the configuration; may be given several times
    #[arg(short = 'D', value_name = "KEY=VALUE")]
    pub define: Vec<String>,
}

/// Reads the configuration.
///
/// # Errors
/// On an unknown key or a wrong value, with exit code 2.
pub fn load(args: &ConfigArgs) -> CliResult<Configuration> {
    let (configuration, warnings) = Configuration::load(&Locations::of_process(), &args.define)?;
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    Ok(configuration)
}
