//! Reaches the master of an application that runs: its address is in the ResourceManager's report, and what it takes to be
//! let in lies in the application's staging folder, which only its owner can read.

use std::time::Duration;

use alpheus_am::registry::RunningJob;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_security::rest_token::RestToken;
use alpheus_security::tls::Identity;
use alpheus_storage::{StorageError, file_system_for};
use alpheus_yarn::{ApplicationId, ApplicationReport, ApplicationState, YarnError};
use tokio::runtime::Runtime;

use super::cluster::Cluster;
use super::credentials::{CLIENT_FILE, ClientSecrets};
use super::direct::Direct;
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
    let secrets = secrets(&cluster, configuration, &report)?;
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
    let job = job_of(id, &report, &direct, &token, &address)?;
    Ok(Attached {
        client: RestClient::over(job, Box::new(direct)),
        runtime,
        cluster,
        id,
    })
}

async fn report(cluster: &Cluster, id: ApplicationId) -> CliResult<ApplicationReport> {
    match cluster.resource_manager.report(id).await {
        Err(YarnError::ApplicationNotFound(_)) => Err(CliError::usage(format!(
            "the ResourceManager knows no {id}; `alpheus list -t yarn-application` shows what runs"
        ))),
        report => Ok(report?),
    }
}

fn secrets(
    cluster: &Cluster,
    configuration: &Configuration,
    report: &ApplicationReport,
) -> CliResult<ClientSecrets> {
    let root = cluster.staging_root_of(configuration, &report.user)?;
    let location = root.join(&report.id.to_string()).join(CLIENT_FILE);
    let bytes = file_system_for(&location)?.read(&location);
    let bytes = bytes.map_err(|error| match error {
        StorageError::PermissionDenied { .. } => CliError::refused(format!(
            "{} is {}'s, and user {} may not command it: whoever is on its lists sees it at {}, and ends it by \
             `yarn application -kill {}`",
            report.id, report.user, cluster.user, report.tracking_url, report.id
        )),
        error => CliError::from(error),
    })?;
    let bytes = zeroize::Zeroizing::new(bytes.to_vec());
    serde_json::from_slice(&bytes)
        .map_err(|error| CliError::failed(format!("{location} is damaged: {error}")))
}

/// The one job of an application, as the registry would describe it.
fn job_of(
    id: ApplicationId,
    report: &ApplicationReport,
    direct: &Direct,
    token: &RestToken,
    address: &str,
) -> CliResult<RunningJob> {
    let answer = direct.send("GET", "/v1/jobs/overview", None);
    let (_, text) = answer
        .map_err(|error| CliError::failed(format!("{id} does not answer at {address}: {error}")))?;
    let overview: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let job = overview["jobs"][0]["jid"]
        .as_str()
        .and_then(|id| id.parse().ok());
    Ok(RunningJob {
        job: job.ok_or_else(|| CliError::failed(format!("{id} shows no job: {text}")))?,
        name: report.name.clone(),
        pid: 0,
        started_at: report.started,
        rest: format!("https://{address}"),
        authorization: token.authorization(),
    })
}

impl Attached {
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
