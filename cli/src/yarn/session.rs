//! Sessions: an application on YARN that takes several jobs (Flink's `yarn-session.sh`, and `flink run -t yarn-session`).

use std::time::{Duration, Instant};

use alpheus_am::yarn::rest::TOKENS;
use alpheus_am::yarn::session::rest::{CLUSTER, JOBS};
use alpheus_am::yarn::settings::{JobFile, SubmittedJob, Work};
use alpheus_am::yarn::shape::ApplicationShape;
use alpheus_am::yarn::tokens::AccessStatus;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::Configuration;
use alpheus_sql::{JobMode, Session};
use alpheus_yarn::{ApplicationId, NodeState};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::attach::Reached;
use super::cluster::Cluster;
use super::session_jobs::{self, ListedJob};
use super::submit::{self, Submission};
use super::{attach, checks, credentials, follow, last_session, plan, staging};
use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;
use crate::render::table::text_table;
use crate::statements::{new_job_id, operators};
use crate::target::Target;

/// What YARN shows as the name of a session without one.
const NAME: &str = "Alpheus session cluster";

/// Between two looks at a job that is followed.
const POLL: Duration = Duration::from_millis(300);

/// How long a master that does not answer is looked for: YARN may have to start the next attempt.
const MASTER_PATIENCE: Duration = Duration::from_secs(180);

/// How long to wait for a session's end.
const END_PATIENCE: Duration = Duration::from_secs(90);

/// Starts a session, and, `attached`, waits for its end; then a signal ends it, as it does `yarn-session.sh`'s.
///
/// # Errors
/// When the cluster does not take it.
pub fn start(configuration: &Configuration, attached: bool) -> CliResult<Exit> {
    checks::places(configuration)?;
    let runtime = job_runner::runtime()?;
    let (cluster, id) = runtime.block_on(async {
        let cluster = Cluster::connect(configuration).await?;
        let submission = Submission {
            job: new_job_id(),
            name: NAME.to_owned(),
            work: Work::Session,
            configuration: configuration.clone(),
        };
        let id = submit::submit(&cluster, submission).await?;
        println!("{id}");
        let runs = follow::until_running(&cluster, id).await;
        if runs.is_err() {
            let root = cluster.staging_root(configuration)?;
            staging::sweep(&root, &cluster.resource_manager).await;
        }
        runs.map(|_| (cluster, id))
    })?;
    last_session::write(configuration, &cluster.user, id)?;
    if !attached {
        return Ok(Exit::Finished);
    }
    eprintln!("the session runs until it is ended: by Ctrl-C here, or by `alpheus session stop`");
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = follow::to_the_end(&cluster, id) => Some(ended),
            () = told_to_end() => None,
        }
    });
    match ended {
        Some(ended) => {
            last_session::forget(configuration, &cluster.user, id)?;
            ended
        }
        None => {
            eprintln!("ending the session");
            let mut named = configuration.clone();
            name(&mut named, id)?;
            stop(&named)
        }
    }
}

/// Names a session in a configuration.
fn name(configuration: &mut Configuration, id: ApplicationId) -> CliResult<()> {
    use alpheus_hadoop_conf::Source;
    use alpheus_hadoop_conf::options::yarn::APPLICATION_ID;
    let source = Source::CommandLine;
    Ok(configuration.set_option(&APPLICATION_ID, &id.to_string(), source)?)
}

/// Waits for SIGINT or SIGTERM.
async fn told_to_end() {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Ends a session; its jobs are cancelled.
///
/// # Errors
/// When there is none, it is somebody else's, or it takes too long.
pub fn stop(configuration: &Configuration) -> CliResult<Exit> {
    let session = attach::reach(Target::YarnSession, configuration)?;
    let id = session.id();
    session.api.send("DELETE", CLUSTER, None)?;
    if !session.wait_for_end(END_PATIENCE)? {
        return Err(CliError::failed(format!(
            "session {id} is still ending after {} s; `yarn application -kill {id}` ends it at once",
            END_PATIENCE.as_secs()
        )));
    }
    last_session::forget(configuration, &session.cluster().user, id)?;
    eprintln!("session {id} has ended");
    Ok(Exit::Finished)
}

/// Plans a script, hands its job to a session, and, `attached`, follows it to its end.
///
/// # Errors
/// When the script is wrong, the session does not take it, or the job fails.
pub fn run(
    configuration: Configuration,
    job: JobId,
    (name, script): (&str, &str),
    attached: bool,
) -> CliResult<Exit> {
    let planned = plan::plan(&mut Session::new(configuration), name, script)?;
    let graph = match planned.mode {
        JobMode::Streaming => operators(planned.graph)?,
        JobMode::Batch => {
            return Err(CliError::usage(format!(
                "{name} is a bounded script in batch mode, and a session runs streaming jobs: submit it as an application \
                 of its own (-t yarn-application), or without execution.runtime-mode=BATCH"
            )));
        }
    };
    let mut configuration = planned.configuration;
    checks::places(&configuration)?;
    let mut session = attach::reach(Target::YarnSession, &configuration)?;
    let shape = ApplicationShape::of(&configuration, graph.required_slots())?;
    fits(&session, &configuration, &shape)?;
    // The session has a login of its own.
    submit::without_keytab(&mut configuration);
    let submitted = SubmittedJob {
        job,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        file: JobFile {
            work: Work::Stream(graph),
            configuration: configuration.clone(),
        },
    };
    let body = serde_json::to_value(&submitted).map_err(CliError::failed)?;
    session.api.send("POST", JOBS, Some(&body))?;
    println!("{job}");
    if !attached {
        return Ok(Exit::Finished);
    }
    follow_job(&mut session, &configuration, job)
}

/// What the session's master cannot know, or would say later.
fn fits(
    session: &Reached,
    configuration: &Configuration,
    shape: &ApplicationShape,
) -> CliResult<()> {
    let id = session.id();
    let cluster = session.cluster();
    if !session.is_own() {
        return Err(CliError::refused(format!(
            "{id} is another user's session: its jobs would run in that user's name, so only its owner submits them; start a \
             session of your own by `alpheus session`"
        )));
    }
    let status: AccessStatus = serde_json::from_value(session.api.get(TOKENS)?)
        .map_err(|error| CliError::failed(format!("{id} does not say how it stands: {error}")))?;
    let root = cluster.staging_root(configuration)?;
    let mut wanted = credentials::name_spaces(cluster.conf(), configuration, &root)?;
    wanted.retain(|space| !status.name_spaces.contains(space));
    if cluster.is_secure() && !wanted.is_empty() {
        return Err(CliError::usage(format!(
            "session {id} has no tokens for {}: name them in security.kerberos.access.hadoopFileSystems when a session is started",
            wanted.join(", ")
        )));
    }
    let nodes = cluster.resource_manager.nodes(&[NodeState::Running]);
    checks::memory(&session.wait(nodes)?, 0, shape)?;
    checks::writable(cluster, configuration, id)
}

/// Follows a job to its end, whichever attempt of the master it has.
fn follow_job(session: &mut Reached, configuration: &Configuration, job: JobId) -> CliResult<Exit> {
    let path = format!("/jobs/{job}/status");
    let mut last = String::new();
    let mut silent_since: Option<Instant> = None;
    loop {
        match session.api.get(&path) {
            Ok(status) => {
                silent_since = None;
                let state = status["status"].as_str().unwrap_or_default();
                if state != last {
                    eprintln!("job {job} is {state}");
                    state.clone_into(&mut last);
                }
                if session_jobs::is_final(state) {
                    return verdict(session, job, state);
                }
            }
            Err(error) => {
                let since = *silent_since.get_or_insert_with(Instant::now);
                let report = session.report_now()?;
                if report.state.is_final() {
                    return Err(CliError::failed(format!(
                        "session {} has ended before its job {job}: {}",
                        session.id(),
                        report.diagnostics.trim()
                    )));
                }
                if since.elapsed() > MASTER_PATIENCE {
                    return Err(error);
                }
                // It fails as long as there is no next attempt.
                let _ = session.again(configuration);
            }
        }
        std::thread::sleep(POLL);
    }
}

fn verdict(session: &Reached, job: JobId, state: &str) -> CliResult<Exit> {
    if state != "FAILED" {
        return Ok(Exit::Finished);
    }
    let exceptions = session.api.get(&format!("/jobs/{job}/exceptions"))?;
    let reason = exceptions["root-exception"].as_str();
    Err(CliError::failed(format!(
        "job {job} has failed: {}",
        reason.unwrap_or("its log says why")
    )))
}

/// Shows the jobs of a session.
///
/// # Errors
/// When there is no session, or it does not answer.
pub fn list(configuration: &Configuration, as_json: bool) -> CliResult<Exit> {
    let session = attach::reach(Target::YarnSession, configuration)?;
    let jobs = session.jobs()?;
    if as_json {
        for job in &jobs {
            println!("{}", as_object(&session, job));
        }
        return Ok(Exit::Finished);
    }
    if jobs.is_empty() {
        eprintln!("session {} has no jobs", session.id());
        return Ok(Exit::Finished);
    }
    let columns = ["job", "name", "state", "for", "tasks"].map(str::to_owned);
    let rows: Vec<Vec<Option<String>>> = jobs.iter().map(row).collect();
    let mut out = String::new();
    text_table(&columns, &rows, &mut out);
    print!("{out}");
    Ok(Exit::Finished)
}

fn row(job: &ListedJob) -> Vec<Option<String>> {
    let seconds = job.duration as f64 / 1000.0;
    vec![
        Some(job.id.to_string()),
        Some(job.name.clone()),
        Some(job.state.clone()),
        Some(format!("{seconds:.1} s")),
        Some(job.tasks.to_string()),
    ]
}

fn as_object(session: &Reached, job: &ListedJob) -> serde_json::Value {
    json!({
        "application": session.id().to_string(), "jid": job.id, "name": job.name, "state": job.state,
        "start-time": job.started, "duration": job.duration,
    })
}
