//! The applications of Alpheus that are waiting or running.

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_yarn::{ApplicationFilter, ApplicationReport, ApplicationState};
use serde_json::json;

use super::cluster::Cluster;
use super::submit::TYPE;
use crate::exit::{CliResult, Exit};
use crate::job_runner;
use crate::render::table::text_table;

/// Shows them.
///
/// # Errors
/// When the ResourceManager does not answer.
pub fn list(configuration: &Configuration, as_json: bool) -> CliResult<Exit> {
    let kind = configuration.get(&options::APPLICATION_TYPE)?;
    let filter = ApplicationFilter {
        kinds: vec![kind.unwrap_or_else(|| TYPE.to_owned())],
        states: vec![
            ApplicationState::Submitted,
            ApplicationState::Accepted,
            ApplicationState::Running,
        ],
        ..ApplicationFilter::default()
    };
    let runtime = job_runner::runtime()?;
    let mut found = runtime.block_on(async {
        let cluster = Cluster::connect(configuration).await?;
        Ok::<_, crate::exit::CliError>(cluster.resource_manager.applications(&filter).await?)
    })?;
    found.sort_by_key(|report| report.id);
    if as_json {
        for report in &found {
            println!("{}", as_object(report));
        }
        return Ok(Exit::Finished);
    }
    if found.is_empty() {
        eprintln!("no running applications");
        return Ok(Exit::Finished);
    }
    let columns = [
        "application",
        "name",
        "user",
        "queue",
        "state",
        "containers",
        "pages",
    ];
    let rows: Vec<Vec<Option<String>>> = found.iter().map(row).collect();
    let mut out = String::new();
    text_table(&columns.map(str::to_owned), &rows, &mut out);
    print!("{out}");
    Ok(Exit::Finished)
}

fn row(report: &ApplicationReport) -> Vec<Option<String>> {
    let shown = |text: String| Some(text).filter(|text| !text.is_empty());
    vec![
        Some(report.id.to_string()),
        Some(report.name.clone()),
        Some(report.user.clone()),
        Some(report.queue.clone()),
        Some(report.state.to_string()),
        Some(report.usage.containers.to_string()),
        shown(report.tracking_url.clone()),
    ]
}

fn as_object(report: &ApplicationReport) -> serde_json::Value {
    json!({
        "application": report.id.to_string(), "name": report.name, "user": report.user,
        "queue": report.queue, "state": report.state.to_string(),
        "start-time": report.started, "containers": report.usage.containers,
        "tracking-url": report.tracking_url,
    })
}
