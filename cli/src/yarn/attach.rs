//! Reaches the master of an application that runs: its address is in the ResourceManager's report, and what it takes to be
//! let in lies in the application's staging folder, which only its owner can read. Others come through YARN's proxy, as who
//! they are, and the application's lists decide.

use std::time::{Duration, Instant};

use alpheus_am::registry::RunningJob;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::{execution, yarn as options};
use alpheus_security::rest_token::RestToken;
use alpheus_security::secret::Secret;
use alpheus_security::tls::Identity;
use alpheus_storage::{StorageError, file_system_for};
use alpheus_yarn::{ApplicationId, ApplicationReport, ApplicationState, YarnError};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::cluster::Cluster;
use super::credentials::{CLIENT_FILE, ClientSecrets};
use super::direct::Direct;
use super::last_session;
use super::session_jobs::{self, ListedJob};
use super::web::Proxied;
use crate::exit::{CliError, CliResult};
use crate::job_runner;
use crate::rest_client::{Api, RestClient};
use crate::target::Target;

/// Between two looks at an application that is ending.
const POLL: Duration = Duration::from_millis(200);

/// An application that runs, and a way to its master.
pub struct Reached {
    target: Target,
    runtime: Runtime,
    cluster: Cluster,
    report: ApplicationReport,
    /// The master's REST API.
    pub api: Api,
    rest: String,
    authorization: Secret,
}

/// An application, and a way to a job in it.
pub struct Attached {
    reached: Reached,
    /// The job's REST API.
    pub client: RestClient,
}

/// The application that the configuration names, or, of sessions, the one that the user has started last.
///
/// # Errors
/// When it names none, or something else.
pub fn application_id(
    target: Target,
    configuration: &Configuration,
    cluster: &Cluster,
) -> CliResult<ApplicationId> {
    let key = options::APPLICATION_ID.key();
    if let Some(text) = configuration.get(&options::APPLICATION_ID)? {
        let id = text.parse();
        return id.map_err(|error| CliError::usage(format!("{key}: {error}")));
    }
    if target == Target::YarnSession {
        return last_session::read(configuration, &cluster.user)?.ok_or_else(|| {
            CliError::usage(format!(
                "which session? start one by `alpheus session`, or give -D {key}=application_..."
            ))
        });
    }
    Err(CliError::usage(format!(
        "which application? give -D {key}=application_...; `alpheus list -t yarn-application` shows them"
    )))
}

/// Reaches the application that the configuration names.
///
/// # Errors
/// When it is not there, does not run, is somebody else's, or of another kind than the target.
pub fn reach(target: Target, configuration: &Configuration) -> CliResult<Reached> {
    let runtime = job_runner::runtime()?;
    let (cluster, report) = runtime.block_on(async {
        let cluster = Cluster::connect(configuration).await?;
        let id = application_id(target, configuration, &cluster)?;
        let report = report(&cluster, id).await?;
        Ok::<_, CliError>((cluster, report))
    })?;
    let (api, rest, authorization) = open(target, &cluster, configuration, &report, &runtime)?;
    let reached = Reached {
        target,
        runtime,
        cluster,
        report,
        api,
        rest,
        authorization,
    };
    check_kind(
        target,
        reached.report.id,
        &reached.api.get("/jobmanager/config")?,
    )?;
    Ok(reached)
}

/// Reaches a job: of an application the only one, in a session the one that is named, or that runs alone.
///
/// # Errors
/// As for the application; when there is no such job, or several.
pub fn attach(
    target: Target,
    configuration: &Configuration,
    named: Option<&str>,
) -> CliResult<Attached> {
    let reached = reach(target, configuration)?;
    let jobs = reached.jobs()?;
    let id = reached.report.id;
    let job = match target {
        Target::YarnSession => session_jobs::choose(id, &jobs, named)?,
        _ => the_job(id, &reached.report.name, &jobs, named)?,
    };
    let client = reached.client(job);
    Ok(Attached { reached, client })
}

/// The one job of an application.
fn the_job<'a>(
    id: ApplicationId,
    name: &str,
    jobs: &'a [ListedJob],
    named: Option<&str>,
) -> CliResult<&'a ListedJob> {
    let job = jobs
        .first()
        .ok_or_else(|| CliError::failed(format!("{id} shows no job")))?;
    match named {
        Some(named) if !job.id.to_string().starts_with(named) && name != named => Err(
            CliError::usage(format!("{id} runs job {} ({name}), not `{named}`", job.id)),
        ),
        _ => Ok(job),
    }
}

/// Refuses an application of another kind than the target, by its configuration: what one of them means to its only job would
/// go to another.
fn check_kind(target: Target, id: ApplicationId, config: &Value) -> CliResult<()> {
    let entries = config.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_session = entries.iter().any(|entry| {
        entry["key"] == execution::TARGET.key() && entry["value"] == Target::YarnSession.name()
    });
    match (target, is_session) {
        (Target::YarnSession, false) => Err(CliError::usage(format!(
            "{id} is no session: it runs a job of its own (-t yarn-application)"
        ))),
        (Target::YarnApplication, true) => Err(CliError::usage(format!(
            "{id} is a session, which has several jobs: use -t yarn-session, and name one of those that \
             `alpheus list -t yarn-session -D yarn.application.id={id}` shows"
        ))),
        _ => Ok(()),
    }
}

/// A way to an application's master, if it runs.
fn open(
    target: Target,
    cluster: &Cluster,
    configuration: &Configuration,
    report: &ApplicationReport,
    runtime: &Runtime,
) -> CliResult<(Api, String, Secret)> {
    let id = report.id;
    if report.state != ApplicationState::Running {
        // A session that was remembered, perhaps.
        let remedy = match target == Target::YarnSession && report.state.is_final() {
            true => {
                "; start another session by `alpheus session`, or name one by -D yarn.application.id"
            }
            false => "",
        };
        return Err(CliError::failed(format!(
            "{id} is {}, not running {}{remedy}",
            report.state,
            report.diagnostics.trim()
        )));
    }
    // Of an application that the user may not see neither host nor port is told.
    if report.port < 0 && !report.host.is_empty() {
        return Err(CliError::usage(format!(
            "{id} runs a bounded script in batch mode, which nobody can speak to: `yarn application -kill {id}` ends it, and \
             nothing that it has written stays"
        )));
    }
    match secrets(cluster, configuration, report)? {
        Some(secrets) => direct(report, &secrets, runtime),
        None => proxied(report, cluster),
    }
}

/// The owner's way.
fn direct(
    report: &ApplicationReport,
    secrets: &ClientSecrets,
    runtime: &Runtime,
) -> CliResult<(Api, String, Secret)> {
    let id = report.id;
    let damaged = |error: &dyn std::fmt::Display| {
        CliError::failed(format!(
            "what {id} has left for its clients is damaged: {error}"
        ))
    };
    let identity = Identity::from_pem(secrets.identity.as_bytes()).map_err(|e| damaged(&e))?;
    let token = RestToken::from_bytes(secrets.token.as_bytes())
        .ok_or_else(|| damaged(&"it has no token"))?;
    let address = format!("{}:{}", report.host, report.port);
    let direct = Direct::new(address.clone(), &identity, &token, runtime.handle().clone())?;
    let rest = format!("https://{address}");
    let api = Api::new(format!("{id} at {rest}"), Box::new(direct));
    Ok((api, rest, token.authorization()))
}

/// The way of others, whom the master's lists admit or not.
fn proxied(report: &ApplicationReport, cluster: &Cluster) -> CliResult<(Api, String, Secret)> {
    let id = report.id;
    let refused = || {
        CliError::refused(format!(
            "{id} is {}'s, and user {} may not even see it: its owner names who may in yarn.view.acls and yarn.modify.acls",
            report.user, cluster.user
        ))
    };
    let hadoop = cluster.hadoop.clone();
    let proxied = Proxied::new(hadoop, id, &report.tracking_url).ok_or_else(refused)?;
    let rest = report.tracking_url.clone();
    let api = Api::new(format!("{id} at {rest}"), Box::new(proxied));
    Ok((api, rest, Secret::new(String::new())))
}

/// What the ResourceManager says of an application.
///
/// # Errors
/// When it knows none.
pub async fn report(cluster: &Cluster, id: ApplicationId) -> CliResult<ApplicationReport> {
    match cluster.resource_manager.report(id).await {
        Err(YarnError::ApplicationNotFound(_)) => Err(CliError::usage(format!(
            "the ResourceManager knows no {id}; `alpheus list -t yarn-application` shows what runs"
        ))),
        report => Ok(report?),
    }
}

/// What the owner can read; `None` for others.
fn secrets(
    cluster: &Cluster,
    configuration: &Configuration,
    report: &ApplicationReport,
) -> CliResult<Option<ClientSecrets>> {
    let root = cluster.staging_root_of(configuration, &report.user)?;
    let location = root.join(&report.id.to_string()).join(CLIENT_FILE);
    let bytes = match file_system_for(&location)?.read(&location) {
        Err(StorageError::PermissionDenied { .. }) => return Ok(None),
        bytes => bytes?,
    };
    let bytes = zeroize::Zeroizing::new(bytes.to_vec());
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| CliError::failed(format!("{location} is damaged: {error}")))
}

impl Reached {
    /// The cluster that it runs on.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Which.
    pub fn id(&self) -> ApplicationId {
        self.report.id
    }

    /// Whether it is this user's own.
    pub fn is_own(&self) -> bool {
        self.report.user == self.cluster.user
    }

    /// Waits for something.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// What the ResourceManager says of it now.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn report_now(&self) -> CliResult<ApplicationReport> {
        self.wait(report(&self.cluster, self.report.id))
    }

    /// Finds the master again, which may be another attempt elsewhere.
    ///
    /// # Errors
    /// When none runs.
    pub fn again(&mut self, configuration: &Configuration) -> CliResult<()> {
        self.report = self.report_now()?;
        let (cluster, runtime) = (&self.cluster, &self.runtime);
        let way = open(self.target, cluster, configuration, &self.report, runtime)?;
        (self.api, self.rest, self.authorization) = way;
        Ok(())
    }

    /// Its jobs.
    ///
    /// # Errors
    /// When its master does not answer.
    pub fn jobs(&self) -> CliResult<Vec<ListedJob>> {
        let overview = self.api.get("/jobs/overview")?;
        let jobs = overview["jobs"].as_array().into_iter().flatten();
        Ok(jobs.filter_map(ListedJob::of).collect())
    }

    /// A client of a job of it.
    fn client(&self, job: &ListedJob) -> RestClient {
        let running = RunningJob {
            job: job.id,
            name: self.report.name.clone(),
            pid: 0,
            started_at: self.report.started,
            rest: self.rest.clone(),
            authorization: self.authorization.clone(),
        };
        RestClient::over(running, self.api.clone())
    }

    /// Waits until the application has ended; false when it takes longer than that.
    ///
    /// # Errors
    /// When the ResourceManager does not answer.
    pub fn wait_for_end(&self, patience: Duration) -> CliResult<bool> {
        wait_until(patience, || Ok(self.report_now()?.state.is_final()))
    }
}

/// Looks again and again until something is so; false when it takes too long.
fn wait_until(patience: Duration, mut is_so: impl FnMut() -> CliResult<bool>) -> CliResult<bool> {
    let end = Instant::now() + patience;
    while !is_so()? {
        if Instant::now() >= end {
            return Ok(false);
        }
        std::thread::sleep(POLL);
    }
    Ok(true)
}

impl Attached {
    /// Waits until the job has ended, and with it the application if it is no session; false when it takes longer than that.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn wait_for_end(&self, patience: Duration) -> CliResult<bool> {
        if self.reached.target != Target::YarnSession {
            return self.reached.wait_for_end(patience);
        }
        let path = format!("/jobs/{}/status", self.client.job().job);
        wait_until(patience, || {
            let status = self.client.get(&path)?;
            Ok(status["status"]
                .as_str()
                .is_some_and(session_jobs::is_final))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_application_is_taken_for_what_it_is() {
        let id = ApplicationId {
            cluster_timestamp: 1,
            sequence: 1,
        };
        let of = |target: Target| json!([{ "key": "execution.target", "value": target.name() }]);
        for (meant, is, words) in [
            (Target::YarnSession, Target::YarnSession, None),
            (Target::YarnApplication, Target::YarnApplication, None),
            (
                Target::YarnSession,
                Target::YarnApplication,
                Some("no session"),
            ),
            (
                Target::YarnApplication,
                Target::YarnSession,
                Some("use -t yarn-session"),
            ),
        ] {
            let checked = check_kind(meant, id, &of(is)).map_err(|error| error.message);
            match words {
                None => checked.unwrap(),
                Some(words) => assert!(checked.unwrap_err().contains(words)),
            }
        }
    }
}
