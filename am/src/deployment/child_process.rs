//! Workers as child processes on this machine (`--workers N`).
//!
//! Each gets its own certificate over its standard input ([`super::handover`]), connects back over mutual
//! TLS, and ends when this process does. The job's certificate authority exists in this process's memory
//! only. A worker that dies is reported with the reason that the operating system gives; the job master
//! then asks for another.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::{Configuration, Ports};
use alpheus_security::audit::AuditLog;
use alpheus_security::tls::{ApplicationName, Authority, Role};
use alpheus_worker::control::WorkerId;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::DeploymentDriver;
use super::control_server::ControlServer;
use super::handover::{self, WorkerSettings};
use crate::endpoint::Endpoint;
use crate::event::{Event, EventSender};
use crate::job_master::fact::{Fact, Fault};

/// How workers are started.
pub struct ChildProcessConfig {
    /// The job, whose name stands in the certificates.
    pub job: JobId,
    /// The program; its `worker` command is run.
    pub program: PathBuf,
    /// Further arguments of that command, for logging; nothing secret.
    pub arguments: Vec<String>,
    /// Slots of each worker.
    pub slots: u32,
    /// How often workers send their numbers.
    pub heartbeat_interval: Duration,
    /// Does the I/O.
    pub runtime: Handle,
    /// The job's configuration, without secrets.
    pub configuration: Configuration,
    /// Who is told of admissions and refusals.
    pub audit: Arc<AuditLog>,
}

/// See the module's documentation.
pub struct ChildProcessDriver {
    config: ChildProcessConfig,
    authority: Authority,
    server: ControlServer,
    events: EventSender,
    children: BTreeMap<WorkerId, oneshot::Sender<Duration>>,
    ended: (Sender<WorkerId>, Receiver<WorkerId>),
}

impl ChildProcessDriver {
    /// Makes the job's certificate authority and starts to listen on loopback.
    ///
    /// # Errors
    /// When OpenSSL or the port fails.
    pub fn new(config: ChildProcessConfig, events: EventSender) -> std::io::Result<Self> {
        let name = ApplicationName::new(&config.job.to_string()).map_err(std::io::Error::other)?;
        let authority = Authority::create(name).map_err(std::io::Error::other)?;
        let identity = authority
            .issue(Role::JobManager)
            .map_err(std::io::Error::other)?;
        let server = ControlServer::start(
            Endpoint::loopback(Ports::one(0)).listen()?,
            0,
            &identity,
            Arc::clone(&config.audit),
            events.clone(),
            &config.runtime,
        )?;
        Ok(ChildProcessDriver {
            config,
            authority,
            server,
            events,
            children: BTreeMap::new(),
            ended: channel(),
        })
    }

    fn start(&mut self, worker: WorkerId) -> std::io::Result<()> {
        let role = Role::worker(worker.0).map_err(std::io::Error::other)?;
        let identity = self.authority.issue(role).map_err(std::io::Error::other)?;
        // Spawned on this thread, not on one of the runtime's: the kernel ends a worker with the thread
        // that made it, and this one lives as long as the job.
        let _in_runtime = self.config.runtime.enter();
        let mut child = Command::new(&self.config.program)
            .arg("worker")
            .args(&self.config.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit())
            .spawn()?;
        tracing::info!(
            worker = worker.0,
            pid = child.id().unwrap_or_default(),
            "worker process started"
        );
        self.server.expect(worker);
        let settings = WorkerSettings {
            worker: worker.0,
            slots: self.config.slots,
            control_address: self.server.address().to_string(),
            parent: Some(std::process::id()),
            heartbeat_interval_ms: self.config.heartbeat_interval.as_millis() as u64,
            listen: Endpoint::loopback(Ports::one(0)),
            configuration: self.config.configuration.clone(),
            host: None,
            succession: None,
        };
        // Less than a pipe holds, so this does not wait for the worker; dropping the pipe ends it.
        let written = match child.stdin.take() {
            Some(pipe) => pipe
                .into_owned_fd()
                .and_then(|pipe| handover::write(File::from(pipe), &settings, &identity)),
            None => Err(std::io::Error::other("the worker has no standard input")),
        };
        if let Err(error) = &written {
            // Its exit, which is reported, has the better reason.
            tracing::debug!(worker = worker.0, %error, "the handover was not taken");
        }
        let (kill, killed) = oneshot::channel();
        self.children.insert(worker, kill);
        let (events, ended) = (self.events.clone(), self.ended.0.clone());
        self.config.runtime.spawn(async move {
            let reason = watch(child, killed).await;
            events.send(Event::Fact(Fact::WorkerLost {
                worker,
                reason,
                fault: Fault::Worker,
            }));
            let _ = ended.send(worker);
        });
        Ok(())
    }
}

/// Waits for the end of a process, ends it when told to, and says how it ended.
async fn watch(mut child: Child, kill: oneshot::Receiver<Duration>) -> String {
    let ended = tokio::select! {
        ended = child.wait() => Ok(ended),
        patience = kill => Err(patience.unwrap_or_default()),
    };
    let ended = match ended {
        Ok(ended) => ended,
        Err(patience) => match tokio::time::timeout(patience, child.wait()).await {
            Ok(ended) => ended,
            Err(_) => match child.start_kill() {
                Ok(()) => child.wait().await,
                Err(error) => return format!("its process cannot be ended: {error}"),
            },
        },
    };
    match ended {
        Ok(status) => describe(status),
        Err(error) => format!("its process cannot be waited for: {error}"),
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("its process ended with exit code {code}"),
        (None, Some(libc::SIGKILL)) => {
            "its process was killed by signal 9 (by somebody, or for want of memory)".to_owned()
        }
        (None, Some(signal)) => format!("its process was killed by signal {signal}"),
        (None, None) => format!("its process ended: {status}"),
    }
}

impl DeploymentDriver for ChildProcessDriver {
    fn start_workers(&mut self, workers: &[WorkerId]) {
        for &worker in workers {
            if let Err(error) = self.start(worker) {
                self.events.send(Event::Fact(Fact::WorkerLost {
                    worker,
                    reason: format!(
                        "its process could not be started from {}: {error}",
                        self.config.program.display()
                    ),
                    fault: Fault::Worker,
                }));
            }
        }
    }

    fn stop_worker(&mut self, worker: WorkerId) {
        self.server.forget(worker);
        if let Some(kill) = self.children.remove(&worker) {
            let _ = kill.send(Duration::ZERO);
        }
    }

    fn shut_down(&mut self, patience: Duration) {
        let children = std::mem::take(&mut self.children);
        let mut left: BTreeSet<_> = children.keys().copied().collect();
        for kill in children.into_values() {
            // An error means that it has ended already.
            let _ = kill.send(patience);
        }
        while !left.is_empty() {
            match self.ended.1.recv_timeout(patience + Duration::from_secs(1)) {
                Ok(worker) => drop(left.remove(&worker)),
                Err(_) => return,
            }
        }
    }
}
