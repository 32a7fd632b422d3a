//! The logs of an application that is over, from where YARN has collected them: a folder of the application on HDFS, in it a
//! file for each node (and for each time that rolled logs were collected), in it the logs of that node's containers.
//!
//! (Hadoop: `LogAggregationTFileController`, `AggregatedLogFormat`.)

use std::sync::Arc;

use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_storage::{InputFile, StorageError, file_system_for};
use alpheus_yarn::{ApplicationId, ApplicationReport};

use super::cluster::Cluster;
use super::logs::{Wanted, head, print};
use super::tfile::{Records, TFileError};
use crate::exit::{CliError, CliResult, Exit};

/// Where YARN collects logs, where the configuration says nothing (`yarn-default.xml`).
const ROOT: &str = "/tmp/logs";

/// The folder of collected logs within a user's, likewise.
const SUFFIX: &str = "logs";

/// Applications are spread over so many folders.
const BUCKETS: u32 = 10_000;

/// One log of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Log {
    container: String,
    name: String,
    content: Vec<u8>,
}

/// Shows them.
///
/// # Errors
/// When there are none, they cannot be read, or one may not; with the command of Hadoop's that may help.
pub fn show(cluster: &Cluster, report: &ApplicationReport, wanted: &Wanted) -> CliResult<Exit> {
    let folder = folder(cluster.conf(), report.id, &report.user)?;
    let folder = cluster.on_default_file_system(&folder)?;
    let or_else = format!(
        "yarn logs -applicationId {} -appOwner {}",
        report.id, report.user
    );
    let fs = file_system_for(&folder)?;
    let nodes = match fs.list(&folder) {
        Err(error) if error.is_not_found() => {
            return Err(CliError::failed(format!(
                "{} is over, and there are no logs of it in {folder}: they are still being collected, were deleted, or lie \
                 elsewhere; try: {or_else}",
                report.id
            )));
        }
        Err(error @ StorageError::PermissionDenied { .. }) => return Err(CliError::refused(error)),
        nodes => nodes?,
    };
    let mut logs = Vec::new();
    for node in nodes {
        // What is being written has a name of its own.
        if node.location.name().ends_with(".tmp") {
            continue;
        }
        let file = fs.open(&node.location)?;
        let read = read(file, wanted, &mut logs);
        read.map_err(|error| match error {
            TFileError::Storage(error) => CliError::from(error),
            error => CliError::failed(format!("{}: {error}; try: {or_else}", node.location)),
        })?;
    }
    logs.retain(|log| !log.content.is_empty());
    logs.sort_by(|a, b| (&a.container, order(&a.name)).cmp(&(&b.container, order(&b.name))));
    if logs.is_empty() {
        return Err(CliError::usage(format!(
            "there are no such logs of {} in {folder}; `alpheus logs` without --am and --worker shows all",
            report.id
        )));
    }
    let mut last = None;
    for log in &logs {
        if last != Some(&log.container) {
            head(&log.container)?;
            last = Some(&log.container);
        }
        print(&String::from_utf8_lossy(&log.content))?;
    }
    Ok(Exit::Finished)
}

/// Where the logs of an application are (`LogAggregationUtils.getRemoteAppLogDir`).
fn folder(conf: &HadoopConf, id: ApplicationId, user: &str) -> CliResult<String> {
    let set = |keys: [&str; 2]| -> CliResult<Option<String>> {
        for key in keys {
            if let Some(value) = conf.text(key)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    };
    let root = set([
        "yarn.log-aggregation.TFile.remote-app-log-dir",
        "yarn.nodemanager.remote-app-log-dir",
    ])?;
    let root = root.unwrap_or_else(|| ROOT.to_owned());
    let suffix = match conf.text("yarn.log-aggregation.TFile.remote-app-log-dir-suffix")? {
        Some(suffix) => suffix,
        None => {
            let suffix = conf.text("yarn.nodemanager.remote-app-log-dir-suffix")?;
            format!("{}-tfile", suffix.unwrap_or_else(|| SUFFIX.to_owned()))
        }
    };
    let bucket = u32::try_from(id.sequence).unwrap_or_default() % BUCKETS;
    Ok(format!(
        "{}/{user}/bucket-{suffix}/{bucket:04}/{id}",
        root.trim_end_matches('/')
    ))
}

/// Reads the wanted logs of a node's file.
fn read(file: Arc<dyn InputFile>, wanted: &Wanted, logs: &mut Vec<Log>) -> Result<(), TFileError> {
    let mut records = Records::of(file)?;
    while let Some(key) = records.next_key()? {
        // The key is a text of Java's behind its length.
        let container = key
            .get(2..)
            .map(|text| String::from_utf8_lossy(text).into_owned());
        let container = container.unwrap_or_default();
        let ours = container.starts_with("container_") && wanted.takes(&container);
        while let Some(name) = records.next_text()? {
            if !container.starts_with("container_") {
                break;
            }
            let length = records.next_text()?.and_then(|text| text.parse().ok());
            let length: u64 = length.ok_or(TFileError::Malformed("a log has no length"))?;
            if ours && order(&name).is_some() {
                let content = records.take(length)?;
                logs.push(Log {
                    container: container.clone(),
                    name,
                    content,
                });
            } else {
                records.skip(length)?;
            }
        }
        records.skip_value()?;
    }
    Ok(())
}

/// Logs of ours in the order in which they were written, and what a process said at last; `None` for others' files.
fn order(name: &str) -> Option<u64> {
    const NOW: u64 = u64::MAX - 1;
    match name {
        "alpheus.log" => Some(NOW),
        "stderr" => Some(u64::MAX),
        rolled => rolled.strip_prefix("alpheus.log.")?.parse().ok(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Environment;

    #[test]
    fn applications_have_folders_of_their_own() {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        let id: ApplicationId = "application_1700000000000_12345".parse().unwrap();
        assert_eq!(
            folder(&conf, id, "alice").unwrap(),
            "/tmp/logs/alice/bucket-logs-tfile/2345/application_1700000000000_12345"
        );
        conf.set("yarn.nodemanager.remote-app-log-dir", "/logs/", "test");
        conf.set("yarn.nodemanager.remote-app-log-dir-suffix", "L", "test");
        let found = folder(&conf, id, "bob").unwrap();
        assert!(
            found.starts_with("/logs/bob/bucket-L-tfile/2345/"),
            "{found}"
        );
    }

    #[test]
    fn rolled_logs_come_first() {
        let mut names = ["stderr", "alpheus.log", "alpheus.log.10", "alpheus.log.9"];
        names.sort_by_key(|name| order(name));
        assert_eq!(
            names,
            ["alpheus.log.9", "alpheus.log.10", "alpheus.log", "stderr"]
        );
        assert_eq!(order("launch_container.sh"), None);
    }
}
