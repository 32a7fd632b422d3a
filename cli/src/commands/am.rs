//! `alpheus am`: the master of an application; started by YARN, never by hand.

use std::sync::Arc;

use alpheus_am::yarn::application;

use crate::connectors::BuiltInConnectors;
use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;
use crate::yarn::batch::ContainerBatch;

/// Be the ApplicationMaster of the application that YARN starts in this container
#[derive(Debug, clap::Args)]
pub struct AmArgs {
    /// The application, for people who look at the list of processes
    #[arg(value_name = "APPLICATION")]
    _application: String,
}

impl AmArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the master cannot say good-bye as it should.
    pub fn run(self) -> CliResult<Exit> {
        let runtime = job_runner::runtime()?;
        // A job that has failed is told to the ResourceManager; the process has done what it should.
        application::run(
            Arc::new(BuiltInConnectors),
            Arc::new(ContainerBatch),
            runtime.handle(),
        )
        .map(|_| Exit::Finished)
        .map_err(CliError::failed)
    }
}
