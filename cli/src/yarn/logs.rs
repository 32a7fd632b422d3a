//! The logs of an application: while it runs, from the pages of the NodeManagers, which let in whoever may see the application;
//! when it is over, from where YARN has collected them.

use std::collections::btree_map::Entry;
use std::io::Write;
use std::time::Duration;

use alpheus_hadoop_conf::Configuration;
use alpheus_yarn::{ApplicationReport, ContainerId, ContainerReport};

use super::cluster::Cluster;
use super::web::Web;
use super::{attach, collected_logs};
use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;
use crate::target::Target;

/// How often a NodeManager that has failed is asked again, and after how long.
const BUSY_TRIES: u32 = 10;
const BUSY_PAUSE: Duration = Duration::from_millis(300);

/// Between two looks at a log that is followed.
const POLL: Duration = Duration::from_secs(1);

/// The log of a process of ours; rolled ones have a number behind it.
const LOG: &str = "alpheus.log";

/// Whose logs are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All containers'.
    All,
    /// The master's.
    Master,
    /// A worker's: its container's id, or the number at that one's end.
    Worker(String),
}

impl Wanted {
    /// Whether a container is wanted. The master's is the first of its attempt.
    pub fn takes(&self, container: &str) -> bool {
        let number = container.rsplit('_').next().unwrap_or_default();
        let number = number.trim_start_matches('0');
        match self {
            Wanted::All => true,
            Wanted::Master => number == "1",
            Wanted::Worker(id) => container == id || number == id.trim_start_matches('0'),
        }
    }
}

/// Shows logs; `follow` goes on until the application has ended.
///
/// # Errors
/// When there is no such application or container, or one may not see it.
pub fn logs(
    target: Target,
    configuration: &Configuration,
    wanted: &Wanted,
    follow: bool,
) -> CliResult<Exit> {
    let runtime = job_runner::runtime()?;
    let (cluster, report) = runtime.block_on(async {
        let cluster = Cluster::connect(configuration).await?;
        let id = attach::application_id(target, configuration, &cluster)?;
        let report = attach::report(&cluster, id).await?;
        Ok::<_, CliError>((cluster, report))
    })?;
    let id = report.id;
    if report.state.is_final() {
        return collected_logs::show(&cluster, &report, wanted);
    }
    let mut shown = Shown::default();
    let web = Web::new(cluster.hadoop.clone());
    let mut report = report;
    loop {
        let containers = runtime.block_on(containers(&cluster, &report))?;
        let mut found = false;
        for container in &containers {
            if wanted.takes(&container.id.to_string()) {
                found = true;
                shown.show(&web, container)?;
            }
        }
        shown.last_words(&web, &containers);
        if !found && !follow {
            return Err(none(
                &report,
                containers.iter().map(|container| container.id),
            ));
        }
        if !follow || report.state.is_final() {
            return Ok(Exit::Finished);
        }
        std::thread::sleep(POLL);
        report = runtime.block_on(attach::report(&cluster, id))?;
    }
}

/// Nothing of what is wanted is there.
fn none(report: &ApplicationReport, there: impl Iterator<Item = ContainerId>) -> CliError {
    let there: Vec<String> = there.map(|id| id.to_string()).collect();
    CliError::usage(match there.as_slice() {
        [] => format!(
            "{} is {} and has no containers yet",
            report.id, report.state
        ),
        there => format!(
            "{} runs no such container; there are {}",
            report.id,
            there.join(", ")
        ),
    })
}

async fn containers(
    cluster: &Cluster,
    report: &ApplicationReport,
) -> CliResult<Vec<ContainerReport>> {
    let Some(attempt) = report.attempt else {
        return Ok(Vec::new());
    };
    let found = cluster.resource_manager.containers(attempt).await;
    let mut found = found.map_err(|error| {
        let error = error.to_string();
        // The ResourceManager has no class of exceptions for it.
        match error.contains("does not have privilege") {
            true => CliError::refused(format!(
                "{error}: its owner names who may in yarn.view.acls"
            )),
            false => CliError::failed(error),
        }
    })?;
    found.sort_by_key(|container| container.id);
    Ok(found)
}

/// Asks a container's NodeManager for something of its logs; `None` if it is not there: the container has not begun to write,
/// or is over.
fn ask(web: &Web, container: &ContainerReport, path: &str) -> CliResult<Option<String>> {
    let pages = container.log_url.split("/node/").next().unwrap_or_default();
    let pages = match pages.starts_with("http") {
        true => pages.to_owned(),
        false => format!("http://{}", pages.trim_start_matches('/')),
    };
    let url = format!("{pages}/ws/v1/node/{path}");
    let get = || {
        web.send("GET", &url, None, "").map_err(|error| {
            CliError::failed(format!(
                "the log of {} cannot be had: {error}",
                container.id
            ))
        })
    };
    let (mut status, mut text) = get()?;
    // A NodeManager fails so while it makes or moves the container's folders; soon it does not.
    for _ in 0..BUSY_TRIES {
        if status != 500 {
            break;
        }
        std::thread::sleep(BUSY_PAUSE);
        (status, text) = get()?;
    }
    match status {
        200 => Ok(Some(text)),
        404 => Ok(None),
        401 | 403 => Err(CliError::refused(format!(
            "the node of {} does not show its log: is this user on the application's list (yarn.view.acls)?",
            container.id
        ))),
        status => Err(CliError::failed(format!(
            "{url} answers {status}: {}",
            text.trim()
        ))),
    }
}

/// One of a container's files.
fn file(web: &Web, container: &ContainerReport, name: &str) -> CliResult<Option<String>> {
    let answer = ask(
        web,
        container,
        &format!("containerlogs/{}/{name}", container.id),
    )?;
    Ok(answer.map(|answer| content(&answer).to_owned()))
}

/// What of which log was shown already.
#[derive(Default)]
struct Shown {
    containers: std::collections::BTreeMap<ContainerId, Place>,
}

/// How far the log of a container was shown.
struct Place {
    container: ContainerReport,
    bytes: usize,
}

impl Shown {
    fn show(&mut self, web: &Web, container: &ContainerReport) -> CliResult<()> {
        let Some(text) = file(web, container, LOG)? else {
            return Ok(());
        };
        let place = match self.containers.entry(container.id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                head(&container.id.to_string())?;
                entry.insert(Place {
                    container: container.clone(),
                    bytes: 0,
                })
            }
        };
        if text.len() < place.bytes {
            // It was rolled and begins anew; the rest of the old one has a number now.
            let listed = ask(web, container, &format!("containers/{}/logs", container.id))?;
            if let Some(number) = last_rolled(&listed.unwrap_or_default())
                && let Some(old) = file(web, container, &format!("{LOG}.{number}"))?
            {
                print(old.get(place.bytes..).unwrap_or_default())?;
            }
            place.bytes = 0;
        }
        let new = text.get(place.bytes..).unwrap_or(&text);
        place.bytes = text.len();
        print(new)
    }

    /// What containers that are no longer there have written at last, as far as their nodes still have it: why one has died
    /// is in it.
    fn last_words(&mut self, web: &Web, running: &[ContainerReport]) {
        let ended = |id: &ContainerId| running.iter().all(|container| container.id != *id);
        let ended: Vec<ContainerId> = self.containers.keys().copied().filter(ended).collect();
        for id in ended {
            if let Some(container) = self
                .containers
                .get(&id)
                .map(|place| place.container.clone())
            {
                // A node may be gone, or have collected and deleted it.
                let _ = self.show(web, &container);
            }
            self.containers.remove(&id);
        }
    }
}

/// The highest number of a rolled log among the names that a NodeManager lists.
fn last_rolled(listed: &str) -> Option<u64> {
    let rolled = format!("{LOG}.");
    let after = listed.split(&rolled).skip(1);
    let numbers = after.filter_map(|rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    });
    numbers.max()
}

/// What a NodeManager's answer has between the lines about the file. The line behind it begins where the file ends, even within
/// a line; some versions put a line's end between, which the length of the file tells from the file's own.
fn content(answer: &str) -> &str {
    const LENGTH: &str = "LogLength:";
    const BEGIN: &str = "LogContents:\n";
    const END: &str = "End of LogType:";
    let (about, answer) = match answer.find(BEGIN) {
        Some(at) => (&answer[..at], &answer[at + BEGIN.len()..]),
        None => ("", answer),
    };
    let Some(at) = answer.rfind(END) else {
        return answer;
    };
    let content = &answer[..at];
    let length = about
        .lines()
        .find_map(|line| line.strip_prefix(LENGTH)?.trim().parse().ok());
    match content.strip_suffix('\n') {
        Some(shorter) if length == Some(shorter.len()) => shorter,
        _ => content,
    }
}

/// The line above a container's log.
///
/// # Errors
/// When nobody reads any more.
pub fn head(container: &str) -> CliResult<()> {
    print(&format!("==> {container} <==\n"))
}

/// Prints.
///
/// # Errors
/// When nobody reads any more.
pub fn print(text: &str) -> CliResult<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| CliError::failed(format!("the logs cannot be shown: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_master_is_the_first_container_and_workers_go_by_number() {
        let (master, worker) = (
            "container_1700000000000_0007_01_000001",
            "container_e17_1700000000000_0007_02_000012",
        );
        assert!(Wanted::Master.takes(master) && !Wanted::Master.takes(worker));
        for id in ["12", "000012", worker] {
            let wanted = Wanted::Worker(id.to_owned());
            assert!(wanted.takes(worker) && !wanted.takes(master), "{id}");
        }
        assert!(Wanted::All.takes(worker));
    }

    #[test]
    fn the_last_rolled_log_is_found_in_a_list_of_files() {
        let listed = r#"{"containerLogInfo":[{"fileName":"alpheus.log"},{"fileName":"alpheus.log.9"},{"fileName":"alpheus.log.10"}]}"#;
        assert_eq!(last_rolled(listed), Some(10));
        assert_eq!(last_rolled(r#"{"fileName":"alpheus.log"}"#), None);
    }

    #[test]
    fn lines_about_the_file_are_left_out() {
        let answer = |length: usize, content: &str| {
            format!(
                "Container: c on n\nLogLength:{length}\nLogContents:\n{content}End of LogType:alpheus.log\n****\n"
            )
        };
        for (given, file) in [
            ("a\nb\n", "a\nb\n"),
            ("a\nb", "a\nb"),
            ("a\nb\n\n", "a\nb\n"),
            ("", ""),
        ] {
            assert_eq!(content(&answer(file.len(), given)), file, "{given:?}");
        }
        assert_eq!(content("raw"), "raw");
    }
}
