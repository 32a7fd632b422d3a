//! A whole job master with REST, over workers that are simulated: real loop, real I/O thread, real
//! checkpoint folders, real HTTP. What tasks do is the worker crate's business.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alpheus_am::checkpoint::StateStore;
use alpheus_am::deployment::DeploymentDriver;
use alpheus_am::event::{Event, EventSender};
use alpheus_am::job_directory::{JobDirectory, Retention};
use alpheus_am::job_master::fact::{Fact, Fault};
use alpheus_am::job_master::{self, JobHandle, JobSubmission};
use alpheus_am::job_status::JobStatus;
use alpheus_am::rest::RestServer;
use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{
    JobGraph, OperatorNode, OperatorSpec, SessionSettings, TableSpec, Vertex,
};
use alpheus_dataflow::ids::{JobId, OperatorId, VertexId};
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::source::{
    Boundedness, NextSplit, Source, SourceReader, SourceReaderContext, SourceSplit, SplitEnumerator,
};
use alpheus_hadoop_conf::Configuration;
use alpheus_security::audit::AuditLog;
use alpheus_security::rest_token::RestToken;
use alpheus_state::handle::{OperatorStateHandle, TaskId, TaskSnapshot};
use alpheus_worker::control::{FromWorker, TaskState, ToWorker, WorkerId};
use alpheus_worker::control_connection::in_process;
use alpheus_worker::environment::{Connectors, SinkRequest};
use serde_json::{Value, json};

const SINK: OperatorId = OperatorId(2);

type Committed = Arc<Mutex<Vec<String>>>;

struct Tables(Committed);
struct EndlessSource;
struct NoSplits;
struct RecordingSink(Committed);
struct RecordingCommitter(Committed);

impl Connectors for Tables {
    fn create_source(
        &self,
        _: &TableSpec,
        _: &[usize],
        _: &[Expr],
        _: &Arc<SessionSettings>,
    ) -> OperatorResult<Box<dyn Source>> {
        Ok(Box::new(EndlessSource))
    }

    fn create_sink(&self, _: &SinkRequest<'_>) -> OperatorResult<Box<dyn Sink>> {
        Ok(Box::new(RecordingSink(Arc::clone(&self.0))))
    }
}

impl Source for EndlessSource {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Unbounded
    }

    fn create_enumerator(
        &self,
        _: u32,
        _: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Ok(Box::new(NoSplits))
    }

    fn create_reader(&self, _: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        unreachable!("tasks are simulated")
    }
}

impl SplitEnumerator for NoSplits {
    fn next_split(&mut self, _: u32) -> OperatorResult<NextSplit> {
        Ok(NextSplit::Wait)
    }

    fn add_back(&mut self, _: Vec<SourceSplit>) {}

    fn snapshot(&self) -> OperatorResult<Vec<u8>> {
        Ok(vec![1])
    }
}

impl Sink for RecordingSink {
    fn accepts(&self) -> ChangelogMode {
        ChangelogMode::InsertOnly
    }

    fn create_writer(&self, _: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        unreachable!("tasks are simulated")
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        Ok(Some(Box::new(RecordingCommitter(Arc::clone(&self.0)))))
    }
}

impl Committer for RecordingCommitter {
    fn commit(&mut self, committables: &[Vec<u8>]) -> OperatorResult<()> {
        let mut committed = self.0.lock().unwrap();
        for committable in committables {
            let text = String::from_utf8(committable.clone()).unwrap();
            // As every committer must: doing it again changes nothing.
            if !committed.contains(&text) {
                committed.push(text);
            }
        }
        Ok(())
    }

    fn clean_up(&mut self, _: &[JobId], _: &[Vec<u8>]) -> OperatorResult<()> {
        Ok(())
    }
}

/// When a job has been where it is for so long, it is stuck.
const STUCK: Duration = Duration::from_secs(40);

/// Workers that say what real ones would say.
struct SimulatedWorkers(EventSender);

impl DeploymentDriver for SimulatedWorkers {
    fn start_workers(&mut self, workers: &[WorkerId]) {
        for &worker in workers {
            let (mut mine, am) = in_process();
            let events = self.0.clone();
            let sender = am.sender.clone();
            events.send(Event::Connected { worker, sender });
            std::thread::spawn(move || {
                let tell = |message| events.send(Event::FromWorker(worker, message));
                tell(FromWorker::Register {
                    worker,
                    pid: 1,
                    slots: 2,
                    exchange_address: String::new(),
                    container: None,
                    standing: None,
                });
                let mut current = None;
                let mut tasks: Vec<TaskId> = Vec::new();
                while let Ok(message) = mine.receiver.blocking_recv() {
                    match message {
                        ToWorker::Deploy(deployment) => {
                            current = Some(deployment.attempt);
                            tasks = deployment
                                .placement
                                .iter()
                                .filter(|(_, on)| *on == worker)
                                .map(|(task, _)| *task)
                                .collect();
                            for task in &tasks {
                                tell(FromWorker::RequestSplit { task: *task });
                                tell(FromWorker::Task {
                                    attempt: deployment.attempt,
                                    task: *task,
                                    state: TaskState::Running,
                                });
                            }
                        }
                        ToWorker::TriggerCheckpoint { barrier, .. } => {
                            tell(FromWorker::CheckpointAck {
                                attempt: current.unwrap(),
                                checkpoint: barrier.id,
                                tasks: tasks
                                    .iter()
                                    .map(|task| snapshot(*task, barrier.id.0))
                                    .collect(),
                                statistics: Default::default(),
                            });
                        }
                        ToWorker::Cancel(attempt) => tell(FromWorker::Canceled(attempt)),
                        ToWorker::Shutdown => return,
                        _ => {}
                    }
                }
            });
        }
    }

    fn stop_worker(&mut self, _: WorkerId) {}

    fn shut_down(&mut self, _: Duration) {}
}

fn snapshot(task: TaskId, checkpoint: u64) -> TaskSnapshot {
    TaskSnapshot {
        task,
        operators: vec![OperatorStateHandle {
            operator: SINK,
            native: Vec::new(),
            keyed: Vec::new(),
            lists: Vec::new(),
            committables: vec![format!("{checkpoint}-{}", task.subtask).into_bytes()],
        }],
        splits: Vec::new(),
        channels: Vec::new(),
    }
}

fn table() -> TableSpec {
    TableSpec {
        identifier: "t".to_owned(),
        connector: "simulated".to_owned(),
        options: BTreeMap::new(),
        schema: RowType::default(),
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    }
}

fn graph() -> JobGraph {
    let node = |id, name: &str, spec| OperatorNode {
        id: OperatorId(id),
        name: name.to_owned(),
        spec,
        output: RowType::default(),
        changelog: ChangelogMode::InsertOnly,
    };
    let source = OperatorSpec::Source {
        table: table(),
        projection: Vec::new(),
        filters: Vec::new(),
    };
    let sink = OperatorSpec::Sink {
        table: table(),
        input: ChangelogMode::InsertOnly,
        overwrite: false,
        static_partition: BTreeMap::new(),
    };
    JobGraph {
        name: "simulated".to_owned(),
        vertices: vec![Vertex {
            id: VertexId(0),
            name: "Source -> Sink".to_owned(),
            parallelism: 4,
            chain: vec![node(1, "Source", source), node(SINK.0, "Sink", sink)],
        }],
        edges: Vec::new(),
        max_parallelism: 128,
        session: SessionSettings {
            time_zone: "UTC".to_owned(),
            planned_at: 0,
            bounded: false,
        },
        functions: alpheus_dataflow::user_functions::UserFunctions::default(),
        configuration: BTreeMap::new(),
    }
}

/// How many checkpoints of a job there are.
fn checkpoints_of(folder: &Path, job: JobId) -> usize {
    match std::fs::read_dir(folder.join(job.to_string())) {
        Ok(entries) => entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("chk-"))
            .count(),
        Err(_) => 0,
    }
}

struct Running {
    handle: JobHandle,
    server: RestServer,
    token: RestToken,
    workers: EventSender,
    committed: Committed,
    /// How many checkpoints there were when the job was about to end.
    left: Arc<Mutex<Vec<usize>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Running {
    fn start(folder: &Path, more: &[String]) -> Self {
        let mut configuration = Configuration::new();
        let options = [
            format!("execution.checkpointing.dir={}/chk", folder.display()),
            "execution.checkpointing.interval=20 ms".to_owned(),
            "restart-strategy.type=fixed-delay".to_owned(),
            "restart-strategy.fixed-delay.delay=1 ms".to_owned(),
            "rest.port=0".to_owned(),
        ];
        for option in options.iter().chain(more) {
            configuration.add_override(option).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let job = JobId(alpheus_am::random::bits128());
        let committed = Committed::default();
        let (send, receive) = std::sync::mpsc::channel();
        let store = StateStore::new(job, Arc::new(graph()), &configuration).unwrap();
        let left = Arc::new(Mutex::new(Vec::new()));
        let (noted, chk) = (Arc::clone(&left), folder.join("chk"));
        let handle = job_master::start(JobSubmission {
            results: None,
            job,
            graph: graph(),
            configuration: configuration.clone(),
            workers: 2,
            connectors: Arc::new(Tables(Arc::clone(&committed))),
            store: Box::new(store),
            driver: Box::new(move |events| {
                send.send(events.clone()).unwrap();
                Ok(Box::new(SimulatedWorkers(events)))
            }),
            numbers: alpheus_am::job_master::WorkerNumbers::default(),
            takeover: None,
            listener: Box::new(|_, _| {}),
            before_end: Box::new(move |ending| {
                assert!(ending.status.is_terminal() && ending.end_time().is_some());
                noted.lock().unwrap().push(checkpoints_of(&chk, job));
                true
            }),
        })
        .unwrap();
        let token = RestToken::random().unwrap();
        let server = RestServer::start(
            handle.gateway().clone(),
            token.clone(),
            Arc::new(AuditLog::log_only()),
            &configuration,
            runtime.handle(),
        )
        .unwrap();
        Running {
            handle,
            server,
            token,
            workers: receive.recv().unwrap(),
            committed,
            left,
            _runtime: runtime,
        }
    }

    fn ask(&self, method: &str, path: &str, body: &str, authorization: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server.url()))
            .header("Authorization", authorization)
            .body(body.to_owned())
            .unwrap();
        let mut response = agent.run(request).unwrap();
        let status = response.status().as_u16();
        (status, response.body_mut().read_to_string().unwrap())
    }

    fn get(&self, path: &str) -> Value {
        let (status, text) = self.ask("GET", path, "", self.token.authorization().expose());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn post(&self, path: &str, body: &str) -> Value {
        let (status, text) = self.ask("POST", path, body, self.token.authorization().expose());
        assert_eq!(status, 202, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn of_job(&self, below: &str) -> String {
        format!("/v1/jobs/{}{below}", self.handle.gateway().job())
    }

    /// Asks until the answer is as wanted. A job that never gets there fails the test with how it stands.
    fn until(&self, below: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let asked = std::time::Instant::now();
        loop {
            let answer = self.get(&self.of_job(below));
            if wanted(&answer) {
                return answer;
            }
            if asked.elapsed() > STUCK {
                let job = self.get(&self.of_job(""));
                let checkpoints = self.get(&self.of_job("/checkpoints"));
                panic!("{below} stays {answer}\njob: {job}\ncheckpoints: {checkpoints}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks for a savepoint; the path below the job under which its outcome can be fetched.
    fn ask_savepoint(&self, operation: &str, body: &str) -> String {
        let asked = self.post(&self.of_job(operation), body);
        format!("/savepoints/{}", asked["request-id"].as_str().unwrap())
    }

    fn outcome(&self, path: &str) -> String {
        let done = self.until(path, |answer| answer["status"]["id"] == "COMPLETED");
        let location = done["operation"]["location"].as_str();
        location.unwrap_or_else(|| panic!("{done}")).to_owned()
    }
}

#[test]
fn nobody_is_served_without_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &[]);
    let job = running.of_job("?mode=cancel");
    for (method, path) in [
        ("GET", "/v1/overview"),
        ("GET", "/metrics"),
        ("GET", "/nowhere"),
        ("PATCH", job.as_str()),
    ] {
        for authorization in ["", "Bearer 00", "Basic YTpi"] {
            let (status, text) = running.ask(method, path, "", authorization);
            assert_eq!(status, 401, "{method} {path}");
            let errors: Value = serde_json::from_str(&text).unwrap();
            assert!(errors["errors"][0].is_string());
        }
    }
    let token = running.token.authorization();
    let other = format!("/v1/jobs/{}", JobId(0));
    assert_eq!(running.ask("GET", &other, "", token.expose()).0, 404);
    assert_eq!(running.ask("GET", "/nowhere", "", token.expose()).0, 404);
    running.until("", |job| job["state"] == "RUNNING");
    let (status, _) = running.ask("PATCH", &job, "", token.expose());
    assert_eq!(status, 202);
    let outcome = running.handle.wait().unwrap();
    assert_eq!(outcome.status, JobStatus::Canceled);
}

#[test]
fn a_job_survives_a_lost_worker_and_goes_on_from_its_savepoint() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &[]);
    let completed = |at_least: u64| {
        move |answer: &Value| answer["counts"]["completed"].as_u64().unwrap() >= at_least
    };
    running.until("/checkpoints", completed(2));
    running.workers.send(Event::Fact(Fact::WorkerLost {
        worker: WorkerId(1),
        reason: "killed by signal 9".to_owned(),
        fault: Fault::Worker,
    }));
    let restored = running.until("/checkpoints", |answer| answer["counts"]["restored"] == 1);
    let before = restored["counts"]["completed"].as_u64().unwrap();
    running.until("/checkpoints", completed(before + 2));
    let exceptions = running.get(&running.of_job("/exceptions"));
    let message = exceptions["root-exception"].as_str().unwrap();
    assert!(message.contains("killed by signal 9"), "{message}");
    let token = running.token.authorization();
    let (_, metrics) = running.ask("GET", "/metrics", "", token.expose());
    let restarts = metrics
        .lines()
        .find(|line| line.starts_with("alpheus_jobmanager_job_numRestarts{"));
    assert!(restarts.unwrap().ends_with(" 1"), "{metrics}");
    let overview = running.get("/v1/overview");
    assert_eq!(overview["taskmanagers"], 2);
    let workers = running.get("/v1/jobmanager/metrics?get=numRegisteredTaskManagers");
    assert_eq!(workers[0]["value"], "2");

    let target = folder.path().join("savepoints");
    let body = format!(r#"{{"target-directory":"{}"}}"#, target.display());
    let asked = running.ask_savepoint("/savepoints", &body);
    let savepoint = running.outcome(&asked);
    assert!(
        Path::new(savepoint.trim_start_matches("file://"))
            .join("_metadata")
            .is_file()
    );
    let body = format!(
        r#"{{"targetDirectory":"{}","drain":false}}"#,
        target.display()
    );
    let asked = running.ask_savepoint("/stop", &body);
    let stopped = running.of_job("/stop");
    // The job may end before anybody has asked how its savepoint went; the answer outlives it.
    while !running.handle.is_done() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let last = running.outcome(&asked);
    let again = running.ask(
        "POST",
        &stopped,
        &body,
        running.token.authorization().expose(),
    );
    assert_eq!(again.0, 409, "{}", again.1);
    let outcome = running.handle.wait().unwrap();
    assert_eq!(outcome.status, JobStatus::Finished);
    assert_eq!(outcome.view.restarts, 1);

    // Every published checkpoint's committables, in order, the last being the savepoint's.
    let committed = running.committed.lock().unwrap().clone();
    let of_checkpoint = |text: &String| text.split('-').next().unwrap().parse::<u64>().unwrap();
    assert!(committed.is_sorted_by_key(of_checkpoint), "{committed:?}");
    assert_eq!(
        committed.len() % 4,
        0,
        "all subtasks of each: {committed:?}"
    );

    let option = format!("execution.state-recovery.path={last}");
    let again = Running::start(folder.path(), &[option]);
    let checkpoints = again.until("/checkpoints", completed(1));
    assert_eq!(
        checkpoints["latest"]["restored"]["external_path"],
        Value::String(last)
    );
    // What the savepoint had prepared is committed again before anything runs.
    let first = again.committed.lock().unwrap()[0].clone();
    assert_eq!(
        of_checkpoint(&first),
        of_checkpoint(committed.last().unwrap())
    );
    let job = again.handle.gateway().job();
    again.handle.gateway().cancel();
    assert_eq!(again.handle.wait().unwrap().status, JobStatus::Canceled);
    // Whoever must not run it again was told before there was nothing to run it from.
    let left = again.left.lock().unwrap().clone();
    assert!(left.len() == 1 && left[0] > 0, "{left:?}");
    assert_eq!(checkpoints_of(&folder.path().join("chk"), job), 0);
}

#[test]
fn one_server_tells_jobs_apart() {
    let (one_folder, two_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = Running::start(one_folder.path(), &[]);
    let mut two = Running::start(two_folder.path(), &[]);
    let directory = JobDirectory::new(Retention {
        time: Duration::MAX,
        capacity: 1,
    });
    directory.insert(one.handle.gateway().clone());
    directory.insert(two.handle.gateway().clone());
    let mut configuration = Configuration::new();
    configuration.add_override("rest.port=0").unwrap();
    two.server = RestServer::start(
        directory,
        two.token.clone(),
        Arc::new(AuditLog::log_only()),
        &configuration,
        two._runtime.handle(),
    )
    .unwrap();
    let [first, second] = [&one, &two].map(|running| running.handle.gateway().job().to_string());
    let listed = two.get("/v1/jobs/overview");
    assert_eq!(
        (&listed["jobs"][0]["jid"], &listed["jobs"][1]["jid"]),
        (&json!(first), &json!(second))
    );
    let runs = |job: &Value| job["state"] == "RUNNING";
    one.until("", runs);
    two.until("", runs);
    let overview = two.get("/v1/overview");
    assert_eq!(
        (&overview["jobs-running"], &overview["taskmanagers"]),
        (&json!(2), &json!(4))
    );
    let path = format!("/v1/jobs/{first}?mode=cancel");
    let (status, _) = two.ask("PATCH", &path, "", two.token.authorization().expose());
    assert_eq!(status, 202);
    assert_eq!(one.handle.wait().unwrap().status, JobStatus::Canceled);
    assert_eq!(
        two.get(&format!("/v1/jobs/{first}/status"))["status"],
        "CANCELED"
    );
    two.until("", runs);
    let overview = two.get("/v1/overview");
    assert_eq!(
        (&overview["jobs-running"], &overview["jobs-cancelled"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(overview["taskmanagers"], 2);
}

#[test]
fn a_checkpoint_that_is_not_there_fails_the_job_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let option = format!(
        "execution.state-recovery.path={}/nothing",
        folder.path().display()
    );
    let running = Running::start(folder.path(), &[option]);
    let outcome = running.handle.wait().unwrap();
    assert_eq!(outcome.status, JobStatus::Failed);
    let failure = outcome.failure.unwrap();
    assert!(
        failure.contains("nothing") && failure.contains("check the path"),
        "{failure}"
    );
}
