//! One attempt of the ApplicationMaster, from its start to its good-bye.
//!
//! 1. Take over what the launch context brought; open the ports.
//! 2. Register with the ResourceManager, and at the same time read the job from the staging folder.
//! 3. Run the job master with workers in containers ([`super::job`]), or a bounded script in this process
//!    ([`super::batch`]), until the job has ended; or take jobs until the session has ([`super::session`]).
//! 4. Say good-bye with the job's outcome, then delete the staging folder: in this order, because an attempt that dies
//!    in between needs the folder. In it is also how the job has ended ([`super::ended_job`]): the attempt after one that
//!    dies before its good-bye does not run the job again.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::SystemTime;

use alpheus_hadoop_conf::Environment;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_security::hadoop::{Credentials, kind};
use alpheus_storage::{Location, file_system_for};
use alpheus_worker::environment::Connectors;
use alpheus_yarn::service::rpc_client;
use alpheus_yarn::{
    AccessLists, FinalStatus, Master, MasterAddress, NodeManagers, Resource, YarnError,
};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::batch::BatchRunner;
use super::command::Command;
use super::container::{ContainerEnvironment, named_tokens};
use super::ended_job::EndedJob;
use super::master_loop;
use super::settings::{self, HadoopSettings, JOB_FILE, JobFile, MasterSettings, Work};
use super::{YarnApplicationError, batch, hdfs, job, kept_tokens, session, succession};
use crate::job_master::Ended;
use crate::job_status::JobStatus;

/// The most bytes of a failure that go to the ResourceManager as diagnostics.
const MAX_DIAGNOSTICS: usize = 16 << 10;

/// What an attempt knows from its start.
pub(super) struct Attempt {
    /// Where it runs.
    pub container: ContainerEnvironment,
    /// What the client said.
    pub settings: MasterSettings,
    /// Hadoop's configuration, to be passed on.
    pub hadoop: HadoopSettings,
    /// Hadoop's configuration.
    pub conf: HadoopConf,
    /// What came with the launch context, or was pushed to an earlier attempt.
    pub credentials: Credentials,
    /// When pushed tokens end, if there are any among the credentials.
    pub pushed_until: Option<SystemTime>,
    /// Sources and sinks.
    pub connectors: Arc<dyn Connectors>,
    /// Runs bounded scripts.
    pub batch: Arc<dyn BatchRunner>,
    /// Does the I/O.
    pub runtime: Handle,
    /// For YARN's proxy.
    pub pages: TcpListener,
    /// For the command line.
    pub direct: TcpListener,
}

/// What the ResourceManager said at the registration.
pub(super) struct Given {
    /// Who may see and change the application.
    pub access: AccessLists,
    /// Containers of workers that an earlier attempt has left.
    pub survivors: usize,
    /// The largest container there can be.
    pub largest: Resource,
}

/// Runs the master that YARN has started in this process.
///
/// # Errors
/// When it cannot say good-bye as it should; then YARN starts the next attempt, if there may be one. That the job
/// has failed is no error.
pub fn run(
    connectors: Arc<dyn Connectors>,
    batch: Arc<dyn BatchRunner>,
    runtime: &Handle,
) -> Result<JobStatus, YarnApplicationError> {
    alpheus_security::harden::protect_process()?;
    let container = ContainerEnvironment::find(&Environment::process())?;
    let credentials = container.take_credentials()?;
    let settings: MasterSettings = settings::get_json(&credentials, settings::MASTER)?;
    let hadoop: HadoopSettings = settings::get_json(&credentials, settings::HADOOP)?;
    let conf = hadoop.conf();
    hdfs::register(&hadoop, &conf, &credentials, &container)?;
    let (pages, direct) = (settings.rest.listen()?, settings.rest.listen()?);
    let attempt = Attempt {
        container,
        settings,
        hadoop,
        conf,
        credentials,
        pushed_until: None,
        connectors,
        batch,
        runtime: runtime.clone(),
        pages,
        direct,
    };
    attempt.run()
}

impl Attempt {
    fn run(mut self) -> Result<JobStatus, YarnApplicationError> {
        let staging: Location = self.settings.staging.parse()?;
        let runtime = self.runtime.clone();
        let mut master = runtime.block_on(self.master())?;
        let registering = runtime.spawn(async move {
            let registration = master.register().await;
            (master, registration)
        });
        self.take_pushed_tokens(&staging);
        let job = read_job(&staging);
        let (master, registration) = runtime
            .block_on(registering)
            .map_err(|error| YarnApplicationError::Broken(error.to_string()))?;
        let registration = registration?;
        tracing::info!(
            application = %self.container.id.attempt.application,
            attempt = self.container.id.attempt.attempt,
            queue = registration.queue,
            "registered with the ResourceManager"
        );
        let given = Given {
            access: registration.access.clone(),
            survivors: registration.previous_containers.len(),
            largest: registration.maximum.clone(),
        };
        let nodes = NodeManagers::new(&self.conf, rpc_client(&self.conf, Some(self.caller()))?)?;
        let (commands, queue) = mpsc::unbounded_channel();
        runtime.spawn(master_loop::run(
            master,
            registration,
            nodes,
            succession::PATIENCE,
            queue,
        ));
        let (job_status, status, diagnostics) = self.outcome(&staging, job, &given, &commands);
        runtime.block_on(good_bye(&commands, status, shortened(diagnostics)))?;
        remove_staging(&staging);
        Ok(job_status)
    }

    /// Does what the application is for, unless an attempt before has done it; what the ResourceManager is told.
    fn outcome(
        self,
        staging: &Location,
        job: Result<JobFile, YarnApplicationError>,
        given: &Given,
        commands: &mpsc::UnboundedSender<Command>,
    ) -> Verdict {
        let ended = match self.number() {
            1 => Ok(None),
            _ => file_system_for(staging)
                .map_err(YarnApplicationError::from)
                .and_then(|fs| EndedJob::find(&*fs, staging)),
        };
        // Where it is not known whether the job has ended, it must not run.
        let ended = match ended {
            Ok(ended) => ended.map(|job| job.ended()),
            Err(error) => return cannot_run(None, &error),
        };
        if let Some(Ended { status, .. }) = &ended {
            tracing::warn!(%status, "the attempt before died when the job had ended; this one says good-bye for it");
        }
        let known = ended.clone();
        job.and_then(|job| self.work(job, known, given, commands.clone()))
            .unwrap_or_else(|error| cannot_run(ended, &error))
    }

    /// Does what the application is for; what the ResourceManager is told of its end.
    fn work(
        self,
        job: JobFile,
        ended: Option<Ended>,
        given: &Given,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Result<Verdict, YarnApplicationError> {
        match job.work {
            Work::Stream(graph) => {
                let work = (graph, job.configuration);
                let outcome = job::run(self, work, ended, given, commands)?;
                Ok(verdict(outcome.status, outcome.failure))
            }
            Work::Batch(script) => Ok(match batch::run(self, script, job.configuration)? {
                Ok(()) => verdict(JobStatus::Finished, None),
                Err(reason) => verdict(JobStatus::Failed, Some(reason)),
            }),
            Work::Session => {
                let cancelled = session::run(self, job.configuration, given, commands)?;
                let diagnostics =
                    format!("the session was ended; jobs cancelled for it: {cancelled}");
                Ok((JobStatus::Finished, FinalStatus::Succeeded, diagnostics))
            }
        }
    }

    /// Takes the tokens that were pushed to an earlier attempt in place of those of the submission.
    fn take_pushed_tokens(&mut self, staging: &Location) {
        if self.number() == 1 {
            return;
        }
        let now = SystemTime::now();
        let found = file_system_for(staging)
            .map_err(YarnApplicationError::from)
            .and_then(|fs| kept_tokens::find(&*fs, staging, now));
        let taken = found.and_then(|kept| match kept {
            None => Ok(()),
            Some((tokens, until)) => {
                // By the same names, and so in the place of the old ones; everything else stays.
                self.credentials.merge(tokens);
                self.pushed_until = Some(until);
                tracing::info!("the tokens that the owner has pushed are taken over");
                let spaces = &self.hadoop.name_spaces;
                self.container
                    .keep(&named_tokens(&self.credentials, &self.conf, spaces)?)
            }
        });
        if let Err(error) = taken {
            tracing::error!(%error, "this attempt has no tokens but those of the submission");
        }
    }

    /// Which attempt of the application this is, from 1 on.
    pub(super) fn number(&self) -> u32 {
        u32::try_from(self.container.id.attempt.attempt).unwrap_or(1)
    }

    async fn master(&self) -> Result<Master, YarnApplicationError> {
        let token = self.credentials.of_kind(kind::AM_RM).next();
        let token = token.ok_or(YarnApplicationError::Credentials(kind::AM_RM))?;
        let port = |listener: &TcpListener| listener.local_addr().map(|a| a.port());
        let host = self.container.host.clone();
        let address = match self.settings.batch {
            // Nothing to connect to, as YARN writes it.
            true => MasterAddress {
                tracking_url: String::new(),
                port: -1,
                host,
            },
            false => MasterAddress {
                tracking_url: format!("http://{host}:{}", port(&self.pages)?),
                port: i32::from(port(&self.direct)?),
                host,
            },
        };
        let rpc = rpc_client(&self.conf, Some(self.caller()))?;
        Ok(Master::new(&self.conf, rpc, token.clone(), address).await?)
    }

    /// How we are called in audit logs of Hadoop.
    fn caller(&self) -> String {
        format!("ALPHEUS_{}", self.container.id.attempt.application)
    }
}

fn read_job(staging: &Location) -> Result<JobFile, YarnApplicationError> {
    let location = staging.join(JOB_FILE);
    let bytes = file_system_for(&location)?.read(&location)?;
    serde_json::from_slice(&bytes).map_err(|error| YarnApplicationError::Malformed {
        what: JOB_FILE,
        reason: error.to_string(),
    })
}

/// How the job has ended, and what the ResourceManager is told of it.
type Verdict = (JobStatus, FinalStatus, String);

/// What keeps a job from starting keeps the next attempt from it too. But one that has ended has ended.
fn cannot_run(ended: Option<Ended>, error: &YarnApplicationError) -> Verdict {
    match ended {
        Some(ended) => {
            tracing::warn!(%error, "what the job does not need any more stays behind");
            verdict(ended.status, ended.failure)
        }
        None => {
            tracing::error!(%error, "the job cannot be run");
            (JobStatus::Failed, FinalStatus::Failed, error.to_string())
        }
    }
}

/// What the ResourceManager is told of a job's end.
fn verdict(status: JobStatus, failure: Option<String>) -> Verdict {
    let told = match status {
        JobStatus::Finished => FinalStatus::Succeeded,
        JobStatus::Canceled => FinalStatus::Killed,
        _ => FinalStatus::Failed,
    };
    let diagnostics = match failure {
        Some(failure) => format!("the job has failed: {failure}"),
        None => format!("the job is {status}"),
    };
    (status, told, diagnostics)
}

fn shortened(mut text: String) -> String {
    let cut = (0..=MAX_DIAGNOSTICS.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.truncate(cut.unwrap_or_default());
    text
}

async fn good_bye(
    commands: &mpsc::UnboundedSender<Command>,
    status: FinalStatus,
    diagnostics: String,
) -> Result<(), YarnError> {
    let (done, said) = oneshot::channel();
    let finish = Command::Finish {
        status,
        diagnostics,
        done,
    };
    if commands.send(finish).is_err() {
        return Ok(());
    }
    said.await.unwrap_or(Ok(()))
}

/// The application is over: nothing of it stays. What cannot be deleted now is deleted by the next command of its
/// owner that looks.
fn remove_staging(staging: &Location) {
    let removed = file_system_for(staging).and_then(|fs| fs.delete(staging, true));
    if let Err(error) = removed {
        tracing::warn!(%staging, %error, "the staging folder stays behind");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_has_ended_has_not_failed_because_its_leftovers_cannot_be_removed() {
        let error = YarnApplicationError::Broken("no login".to_owned());
        let (status, told, _) = cannot_run(None, &error);
        assert_eq!((status, told), (JobStatus::Failed, FinalStatus::Failed));
        let ended = |status, failure: Option<&str>| Ended {
            status,
            failure: failure.map(str::to_owned),
        };
        let (status, told, _) = cannot_run(Some(ended(JobStatus::Finished, None)), &error);
        assert_eq!(
            (status, told),
            (JobStatus::Finished, FinalStatus::Succeeded)
        );
        let failed = Some(ended(JobStatus::Failed, Some("division by zero")));
        let (_, told, diagnostics) = cannot_run(failed, &error);
        assert_eq!(told, FinalStatus::Failed);
        assert!(diagnostics.contains("division by zero"), "{diagnostics}");
    }

    #[test]
    fn diagnostics_are_cut_between_characters() {
        assert_eq!(shortened("short".to_owned()), "short");
        let long = shortened("ö".repeat(MAX_DIAGNOSTICS));
        assert!(long.len() <= MAX_DIAGNOSTICS && long.ends_with('ö'));
    }
}
