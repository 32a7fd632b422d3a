//! A whole application whose master is the test. (YARN's unmanaged masters would be simpler, but a secured ResourceManager gives
//! them no token: it compares the user's short name with the caller's full one.)

use crate::{POLL, conf, identity, name_node, resource_manager};
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_rpc::Identity;
use alpheus_security::hadoop::{Credentials, CredentialsFormat, kind};
use alpheus_security::secret::SecretBytes;
use alpheus_yarn::service::rpc_client;
use alpheus_yarn::{
    ApplicationId, ApplicationState, ApplicationSubmission, Container, ContainerLaunch,
    ContainerStatus, FinalStatus, Ledger, Master, MasterAddress, NodeManagers, Priority,
    Registration, Resource, ResourceManager, ResourceRequest,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The size of containers in tests: small, so that a scheduler rounds it up.
pub fn size() -> Resource {
    Resource::new(100, 1)
}

/// An application whose master is the test.
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// The client's side.
    pub client: ResourceManager,
    /// The master's side.
    pub master: Master,
    /// What the master wants.
    pub ledger: Ledger,
    /// The nodes.
    pub nodes: NodeManagers,
    /// What the ResourceManager said first.
    pub registration: Registration,
    /// Everything that heartbeats brought and nobody has taken yet.
    pub completed: Vec<ContainerStatus>,
    /// How often the ResourceManager was found to have forgotten us.
    pub registrations: usize,
    folder: PathBuf,
    user: String,
    conf: HadoopConf,
    identity: Arc<Identity>,
}

impl Application {
    /// Submits an application as a user and registers as its master.
    pub async fn start(user: &str, queue: &str) -> Self {
        let conf = conf();
        let identity = identity(&conf, user).await;
        let client = resource_manager(&conf, Arc::clone(&identity)).await;
        let new = client.new_application().await.unwrap();
        // The master's container only waits; the test is the master, with the credentials that YARN gave the container.
        let master = ContainerLaunch {
            command: vec!["until [ -e done ]; do sleep 0.1; done".to_owned()],
            tokens: launch_tokens(&conf, &identity).await,
            ..ContainerLaunch::default()
        };
        let submission = ApplicationSubmission {
            queue: queue.into(),
            kind: "ALPHEUS-TEST".into(),
            tags: ["a test".to_owned()].into(),
            max_attempts: 1,
            ..ApplicationSubmission::new(new.id, "a test", master, size())
        };
        client.submit_and_wait(&submission, POLL).await.unwrap();
        let folder = loop {
            let report = client.report(new.id).await.unwrap();
            assert!(
                !report.state.is_final(),
                "{}: {}",
                report.state,
                report.diagnostics
            );
            match container_folder(user, new.id) {
                Some(folder) => break folder,
                None => tokio::time::sleep(POLL).await,
            }
        };
        let credentials =
            Credentials::decode(&std::fs::read(folder.join("container_tokens")).unwrap()).unwrap();
        let token = credentials.of_kind(kind::AM_RM).next().unwrap().clone();
        let address = MasterAddress {
            host: "localhost".into(),
            port: -1,
            tracking_url: String::new(),
        };
        let rpc = rpc_client(&conf, Some(format!("TEST_{}", new.id))).unwrap();
        let mut master = Master::new(&conf, rpc.clone(), token, address)
            .await
            .unwrap();
        let registration = master.register().await.unwrap();
        let nodes = NodeManagers::new(&conf, rpc).unwrap();
        Self {
            id: new.id,
            client,
            master,
            ledger: Ledger::new(),
            nodes,
            registration,
            completed: Vec::new(),
            registrations: 1,
            folder,
            user: user.to_owned(),
            conf,
            identity,
        }
    }

    /// One heartbeat; returns what was allocated.
    pub async fn beat(&mut self) -> Vec<Container> {
        let beat = self.master.heartbeat(&mut self.ledger, 0.5).await.unwrap();
        self.registrations += usize::from(beat.registered_again.is_some());
        self.nodes.add_tokens(beat.allocation.node_tokens);
        self.completed.extend(beat.allocation.completed);
        beat.allocation.allocated
    }

    /// Heartbeats until so many containers are there.
    pub async fn containers(&mut self, count: u32) -> Vec<Container> {
        self.ledger
            .want(ResourceRequest::anywhere(Priority(1), size(), count));
        let mut got = Vec::new();
        while got.len() < count as usize {
            got.extend(self.beat().await);
            tokio::time::sleep(POLL).await;
        }
        assert_eq!(self.ledger.outstanding(), 0);
        got
    }

    /// Starts a shell command in a container.
    pub async fn run(&self, container: &Container, command: &str) {
        let tokens = launch_tokens(&self.conf, &self.identity).await;
        let launch = ContainerLaunch {
            environment: BTreeMap::from([("GREETING".to_owned(), format!("hello {}", self.user))]),
            command: vec![
                command.to_owned(),
                "1><LOG_DIR>/stdout 2><LOG_DIR>/stderr".to_owned(),
            ],
            tokens,
            ..ContainerLaunch::default()
        };
        self.nodes.start(container, &launch).await.unwrap();
    }

    /// Heartbeats until a container has ended.
    pub async fn end_of(&mut self, container: &Container) -> ContainerStatus {
        loop {
            if let Some(at) = self
                .completed
                .iter()
                .position(|status| status.id == container.id)
            {
                return self.completed.remove(at);
            }
            self.beat().await;
            tokio::time::sleep(POLL).await;
        }
    }

    /// Says good-bye and waits for the end.
    pub async fn finish(mut self) {
        self.master
            .unregister(FinalStatus::Succeeded, "done", "")
            .await
            .unwrap();
        std::fs::write(self.folder.join("done"), "").unwrap();
        loop {
            let report = self.client.report(self.id).await.unwrap();
            if report.state.is_final() {
                assert_eq!(
                    (report.state, report.final_status),
                    (ApplicationState::Finished, FinalStatus::Succeeded)
                );
                assert_eq!(report.user, self.user);
                // A restarted ResourceManager puts its own words in front.
                assert!(
                    report.diagnostics.ends_with("done"),
                    "{}",
                    report.diagnostics
                );
                return;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The working folder of an application's first container, once its process was started.
fn container_folder(user: &str, id: ApplicationId) -> Option<PathBuf> {
    let nodes = std::fs::read_dir(crate::dir().join("daemons")).unwrap();
    nodes.flatten().find_map(|node| {
        let of_application = node
            .path()
            .join(format!("local/usercache/{user}/appcache/{id}"));
        let containers = std::fs::read_dir(of_application).ok()?;
        containers
            .flatten()
            .map(|entry| entry.path())
            .find(|folder| {
                let name = folder
                    .file_name()
                    .and_then(|n| n.to_str())
                    .unwrap_or_default();
                name.starts_with("container_")
                    && folder.join("launch_container.sh").is_file()
                    && folder.join("container_tokens").is_file()
            })
    })
}

/// What a container needs besides what YARN gives it: without a token for HDFS the NodeManager could not collect its logs.
async fn launch_tokens(conf: &HadoopConf, identity: &Arc<Identity>) -> Option<SecretBytes> {
    let hdfs = name_node(conf, Arc::clone(identity)).await;
    let renewer = format!("rm/localhost@{}", crate::REALM);
    let mut credentials = Credentials::new();
    credentials.add_by_service(hdfs.delegation_token(&renewer).await.unwrap()?);
    Some(credentials.encode(CredentialsFormat::Writable))
}
