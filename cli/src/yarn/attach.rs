//! Reaches the master of an application that runs: its address is in the ResourceManager's report, and what it takes to be
//! let in lies in the application's staging folder, which only its owner can read. Others come through YARN's proxy, as who
//! they are, and the application's lists decide.

use std::time::Duration;

use alpheus_am::registry::RunningJob;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_security::rest_token::RestToken;
use alpheus_security::secret::Secret;
use alpheus_security::tls::Identity;
use alpheus_storage::{StorageError, file_system_for};
use alpheus_yarn::{ApplicationId, ApplicationReport, ApplicationState, YarnError};
use tokio::runtime::Runtime;

use super::cluster::Cluster;
use super::credentials::{CLIENT_FILE, ClientSecrets};
use super::direct::Direct;
use super::web::Proxied;
use crate::exit::{CliError, CliResult};
use crate::job_runner;
use crate::rest_client::{RestClient, Transport};

/// Between two looks at an application that is ending.
const POLL: Duration = Duration::from_millis(200);

/// An application, and a way to its job.
pub struct Attached {
    runtime: Runtime,
    cluster: Cluster,
    /// Which.
    pub id: ApplicationId,
    /// Its job's REST API.
    pub client: RestClient,
}

/// The application that the configuration names.
///
/// # Errors
/// When it names none, or something else.
pub fn application_id(configuration: &Configuration) -> CliResult<ApplicationId> {
    let text = configuration.get(&options::APPLICATION_ID)?.ok_or_else(|| {
        CliError::usage(format!(
            "which application? give -D {}=application_...; `alpheus list -t yarn-application` shows them",
            options::APPLICATION_ID.key()
        ))
    })?;
    text.parse()
        .map_err(|error| CliError::usage(format!("{}: {error}", options::APPLICATION_ID.key())))
}

/// Reaches the application that the configuration names.
///
/// # Errors
/// When it is not there, does not run, or is somebody else's.
pub fn attach(configuration: &Configuration) -> CliResult<Attached> {
    let id = application_id(configuration)?;
    let runtime = job_runner::runtime()?;
    let (cluster, report) = runtime.block_on(async {
        let cluster = Cluster::connect(configuration).await?;
        let report = report(&cluster, id).await?;
        Ok::<_, CliError>((cluster, report))
    })?;
    if report.state != ApplicationState::Running {
        return Err(CliError::failed(format!(
            "{id} is {}, not running {}",
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
    let client = match secrets(&cluster, configuration, &report)? {
        Some(secrets) => direct(id, &report, &secrets, &runtime)?,
        None => proxied(id, &report, &cluster)?,
    };
    Ok(Attached {
        client,
        runtime,
        cluster,
        id,
    })
}

/// The owner's way.
fn direct(
    id: ApplicationId,
    report: &ApplicationReport,
    secrets: &ClientSecrets,
    runtime: &Runtime,
) -> CliResult<RestClient> {
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
    let job = job_of(id, report, &direct, rest, token.authorization())?;
    Ok(RestClient::over(job, Box::new(direct)))
}

/// The way of others, whom the master's lists admit or not.
fn proxied(
    id: ApplicationId,
    report: &ApplicationReport,
    cluster: &Cluster,
) -> CliResult<RestClient> {
    let refused = || {
        CliError::refused(format!(
            "{id} is {}'s, and user {} may not even see it: its owner names who may in yarn.view.acls and yarn.modify.acls",
            report.user, cluster.user
        ))
    };
    let hadoop = cluster.hadoop.clone();
    let proxied = Proxied::new(hadoop, id, &report.tracking_url).ok_or_else(refused)?;
    let rest = report.tracking_url.clone();
    let job = job_of(id, report, &proxied, rest, Secret::new(String::new()))?;
    Ok(RestClient::over(job, Box::new(proxied)))
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

/// The one job of an application, as the registry would describe it.
fn job_of(
    id: ApplicationId,
    report: &ApplicationReport,
    way: &impl Transport,
    rest: String,
    authorization: Secret,
) -> CliResult<RunningJob> {
    let answer = way.send("GET", "/v1/jobs/overview", None);
    let (status, text) = answer
        .map_err(|error| CliError::failed(format!("{id} does not answer at {rest}: {error}")))?;
    if matches!(status, 401 | 403) {
        return Err(CliError::refused(format!("{id} refuses: {text}")));
    }
    let overview: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let job = overview["jobs"][0]["jid"]
        .as_str()
        .and_then(|id| id.parse().ok());
    Ok(RunningJob {
        job: job.ok_or_else(|| CliError::failed(format!("{id} shows no job: {text}")))?,
        name: report.name.clone(),
        pid: 0,
        started_at: report.started,
        rest,
        authorization,
    })
}

impl Attached {
    /// The cluster that it runs on.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Waits for something.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Waits until the application has ended; false when it takes longer than that.
    ///
    /// # Errors
    /// When the ResourceManager does not answer.
    pub fn wait_for_end(&self, patience: Duration) -> CliResult<bool> {
        self.runtime.block_on(async {
            let waiting = async {
                while !report(&self.cluster, self.id).await?.state.is_final() {
                    tokio::time::sleep(POLL).await;
                }
                Ok::<_, CliError>(())
            };
            match tokio::time::timeout(patience, waiting).await {
                Ok(ended) => ended.map(|()| true),
                Err(_) => Ok(false),
            }
        })
    }

    /// Whether the job is the one that a command names, if it names one.
    ///
    /// # Errors
    /// When it is another.
    pub fn check_job(&self, named: Option<&str>) -> CliResult<()> {
        let job = self.client.job();
        match named {
            Some(named) if !job.job.to_string().starts_with(named) && job.name != named => {
                Err(CliError::usage(format!(
                    "{} runs job {} ({}), not `{named}`",
                    self.id, job.job, job.name
                )))
            }
            _ => Ok(()),
        }
    }
}
