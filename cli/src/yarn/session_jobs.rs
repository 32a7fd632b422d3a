//! The jobs of a session, as its master lists them, and which of them a command means.

use alpheus_am::job_status::JobStatus;
use alpheus_dataflow::ids::JobId;
use alpheus_yarn::ApplicationId;
use serde_json::Value;

use crate::exit::{CliError, CliResult};

/// A job, from `/jobs/overview`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    /// Its id.
    pub id: JobId,
    /// What people call it.
    pub name: String,
    /// Flink's name of its state.
    pub state: String,
    /// When it started, ms since the epoch.
    pub started: i64,
    /// How long it has run, or ran, ms.
    pub duration: i64,
    /// Tasks that run.
    pub tasks: i64,
}

/// Whether nothing follows a state.
pub fn is_final(state: &str) -> bool {
    let mut last = JobStatus::ALL.iter().filter(|status| status.is_terminal());
    last.any(|status| status.as_str() == state)
}

impl ListedJob {
    /// What the overview says of a job; `None` if it is none.
    pub fn of(listed: &Value) -> Option<Self> {
        let text = |key: &str| listed[key].as_str().unwrap_or_default().to_owned();
        let number = |value: &Value| value.as_i64().unwrap_or_default();
        Some(ListedJob {
            id: listed["jid"].as_str()?.parse().ok()?,
            name: text("name"),
            state: text("state"),
            started: number(&listed["start-time"]),
            duration: number(&listed["duration"]),
            tasks: number(&listed["tasks"]["running"]),
        })
    }
}

/// The job that a command means: the one whose id begins so or whose name is so, rather one that runs than one that has ended;
/// without a name the one that runs alone.
///
/// # Errors
/// When there is none, or it could be several.
pub fn choose<'a>(
    session: ApplicationId,
    jobs: &'a [ListedJob],
    named: Option<&str>,
) -> CliResult<&'a ListedJob> {
    let meant = |job: &&ListedJob| {
        named.is_none_or(|named| job.id.to_string().starts_with(named) || job.name == named)
    };
    let found: Vec<&ListedJob> = jobs.iter().filter(meant).collect();
    let running = found.iter().filter(|job| !is_final(&job.state));
    let running: Vec<&ListedJob> = running.copied().collect();
    let candidates = match (running.as_slice(), named) {
        ([], Some(_)) => found,
        _ => running,
    };
    match (candidates.as_slice(), named) {
        ([only], _) => Ok(only),
        ([], None) => Err(CliError::usage(format!("session {session} runs no job"))),
        ([], Some(named)) => Err(CliError::usage(format!(
            "session {session} has no job `{named}`; `alpheus list -t yarn-session` shows those that it has"
        ))),
        (several, _) => {
            let several: Vec<String> = several
                .iter()
                .map(|job| format!("{} ({})", job.id, job.name))
                .collect();
            let several = several.join(", ");
            Err(CliError::usage(match named {
                None => format!("session {session} runs several jobs: name one of {several}"),
                Some(named) => format!("`{named}` could be any of {several}; give more of the id"),
            }))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SESSION: ApplicationId = ApplicationId {
        cluster_timestamp: 1,
        sequence: 1,
    };

    fn job(id: u128, name: &str, state: &str) -> ListedJob {
        ListedJob {
            id: JobId(id << 124),
            name: name.to_owned(),
            state: state.to_owned(),
            started: 0,
            duration: 0,
            tasks: 0,
        }
    }

    #[test]
    fn a_job_is_meant_by_its_name_or_the_beginning_of_its_id() {
        let jobs = [
            job(1, "flights", "FINISHED"),
            job(2, "flights", "RUNNING"),
            job(3, "rides", "RUNNING"),
            job(4, "fares", "FAILED"),
        ];
        let meant = |jobs: &[ListedJob], named| match choose(SESSION, jobs, named) {
            Ok(job) => Ok(job.id.0 >> 124),
            Err(error) => Err(error.message),
        };
        assert_eq!(meant(&jobs, Some("flights")), Ok(2));
        assert_eq!(meant(&jobs, Some("1")), Ok(1));
        assert_eq!(meant(&jobs, Some("fares")), Ok(4));
        assert!(
            meant(&jobs, Some("none"))
                .unwrap_err()
                .contains("no job `none`")
        );
        assert!(meant(&jobs, None).unwrap_err().contains("(rides)"));
        assert_eq!(meant(&jobs[2..], None), Ok(3));
        assert!(meant(&jobs[3..], None).unwrap_err().contains("runs no job"));
        let twice = [job(5, "a", "RUNNING"), job(6, "a", "RUNNING")];
        assert!(
            meant(&twice, Some("a"))
                .unwrap_err()
                .contains("more of the id")
        );
    }

    #[test]
    fn jobs_are_read_as_they_are_listed() {
        let listed = serde_json::json!({
            "jid": JobId(7).to_string(), "name": "n", "state": "RUNNING",
            "start-time": 5, "duration": 6, "tasks": { "running": 2 },
        });
        let read = ListedJob::of(&listed).unwrap();
        assert_eq!(
            (read.id, read.started, read.duration, read.tasks),
            (JobId(7), 5, 6, 2)
        );
        assert_eq!(ListedJob::of(&serde_json::json!({ "jid": "x" })), None);
    }
}
