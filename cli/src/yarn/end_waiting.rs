//! Ends an application that has no master yet, and so nobody to speak to but the ResourceManager.

use std::time::Duration;

use alpheus_hadoop_conf::Configuration;
use alpheus_yarn::{ApplicationId, ApplicationState};

use super::cluster::Cluster;
use super::{attach, staging};
use crate::exit::CliResult;
use crate::job_runner;
use crate::target::Target;

/// Between two looks at an application that ends.
const POLL: Duration = Duration::from_millis(200);

/// Ends the application that the configuration names, if it is still waiting; its id.
///
/// # Errors
/// When there is no such application, or one may not.
pub fn end_waiting(configuration: &Configuration) -> CliResult<Option<ApplicationId>> {
    job_runner::runtime()?.block_on(async {
        let cluster = Cluster::connect(configuration).await?;
        let id = attach::application_id(Target::YarnApplication, configuration, &cluster)?;
        let state = attach::report(&cluster, id).await?.state;
        if state.is_final() || state == ApplicationState::Running {
            return Ok(None);
        }
        let rm = &cluster.resource_manager;
        let why = format!("canceled by {} before it ran", cluster.user);
        rm.kill_and_wait(id, Some(&why), POLL).await?;
        staging::sweep(&cluster.staging_root(configuration)?, rm).await;
        Ok(Some(id))
    })
}
