//! Where a command works: `-t`, else `execution.target`.

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::execution;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult};

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This machine.
    Local,
    /// An application of its own on YARN.
    YarnApplication,
    /// An application on YARN that takes several jobs.
    YarnSession,
}

/// Options of commands that work on something that runs.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TargetArgs {
    /// Where it runs: `local` (this machine), `yarn-application` or `yarn-session`
    #[arg(short, long, value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl TargetArgs {
    /// The target and the configuration.
    ///
    /// # Errors
    /// When either is wrong.
    pub fn load(&self) -> CliResult<(Target, Configuration)> {
        let configuration = config::load(&self.config)?;
        let target = Target::choose(self.target.as_deref(), &configuration)?;
        Ok((target, configuration))
    }

    /// The same for a command that works on YARN and nowhere else: without a target it is this one.
    ///
    /// # Errors
    /// When either is wrong, or it is another target.
    pub fn load_for(&self, only: Target) -> CliResult<Configuration> {
        let (target, configuration) = self.load()?;
        let named = self.target.is_some() || configuration.get(&execution::TARGET)?.is_some();
        match target == only || !named {
            true => Ok(configuration),
            false => Err(CliError::usage(format!(
                "this is for -t {}, and the target is {}",
                only.name(),
                target.name()
            ))),
        }
    }
}

impl Target {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Target::Local => "local",
            Target::YarnApplication => "yarn-application",
            Target::YarnSession => "yarn-session",
        }
    }

    /// What the command line says, else the configuration, else this machine.
    ///
    /// # Errors
    /// When it is none that there is.
    pub fn choose(named: Option<&str>, configuration: &Configuration) -> CliResult<Self> {
        let configured = configuration.get(&execution::TARGET)?;
        match named.or(configured.as_deref()) {
            None | Some("local") => Ok(Target::Local),
            Some("yarn-application") => Ok(Target::YarnApplication),
            Some("yarn-session") => Ok(Target::YarnSession),
            Some(other) => Err(CliError::usage(format!(
                "target `{other}` is not supported; use -t local, -t yarn-application or -t yarn-session"
            ))),
        }
    }
}

/// The job that a command names, which on this machine it must.
///
/// # Errors
/// When it names none.
pub fn needs_job(named: Option<&str>) -> CliResult<&str> {
    named.ok_or_else(|| {
        CliError::usage(
            "which job? give its id, the beginning of it, or its name; `alpheus list` shows them",
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Source;

    #[test]
    fn the_command_line_wins() {
        let mut configuration = Configuration::new();
        let chosen = |named, configuration: &Configuration| Target::choose(named, configuration);
        assert_eq!(chosen(None, &configuration).unwrap(), Target::Local);
        configuration
            .set_option(&execution::TARGET, "yarn-application", Source::CommandLine)
            .unwrap();
        assert_eq!(
            chosen(None, &configuration).unwrap(),
            Target::YarnApplication
        );
        assert_eq!(
            chosen(Some("local"), &configuration).unwrap(),
            Target::Local
        );
        let session = chosen(Some(Target::YarnSession.name()), &configuration);
        assert_eq!(session.unwrap(), Target::YarnSession);
        let error = chosen(Some("kubernetes"), &configuration).unwrap_err();
        assert!(error.message.contains("kubernetes"), "{}", error.message);
    }
}
