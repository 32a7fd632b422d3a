//! The logs of an application that is over, where YARN has collected them.

use alpheus_yarn::ApplicationReport;

use super::cluster::Cluster;
use super::logs::Wanted;
use crate::exit::{CliError, CliResult, Exit};

/// Shows them.
///
/// # Errors
/// With the command that does.
pub fn show(_: &Cluster, report: &ApplicationReport, wanted: &Wanted) -> CliResult<Exit> {
    let container = match wanted {
        Wanted::All => String::new(),
        Wanted::Master => " -am ALL".to_owned(),
        Wanted::Worker(id) => format!(" -containerId {id}"),
    };
    Err(CliError::usage(format!(
        "{} is over, and its logs are where YARN has collected them: yarn logs -applicationId {}{container} -appOwner {} \
         -log_files_pattern 'alpheus.log.*'",
        report.id, report.id, report.user
    )))
}
