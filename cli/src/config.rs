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

/// Reads the configuration, and has file systems use it. To be called before any thread is started.
///
/// # Errors
/// On an unknown key or a wrong value, with exit code 2.
pub fn load(args: &ConfigArgs) -> CliResult<Configuration> {
    let (configuration, warnings) = Configuration::load(&Locations::of_process(), &args.define)?;
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    use_for_file_systems(&configuration);
    Ok(configuration)
}

/// Has `hdfs://` reached as a configuration says. To be called before any thread is started.
pub fn use_for_file_systems(configuration: &Configuration) {
    // SAFETY: commands read their configuration first; no thread has been started.
    unsafe { alpheus_hadoop::register_file_systems(configuration) };
}
