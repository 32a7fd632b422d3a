//! Metrics: Flink's names, as JSON below a job or vertex and as Prometheus text at `/metrics`.
//!
//! Prometheus names are `alpheus_` + Flink's scope + `_` + Flink's name, for example
//! `alpheus_taskmanager_job_task_numRecordsIn`; labels carry what Flink's reporter puts into labels.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

use alpheus_security::tokens::{TokenStatus, statuses};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cluster::{registered, slots};
use super::vertices::find;
use super::{RestError, RestState};
use crate::checkpoint::CheckpointStatus;
use crate::job_master::JobView;
use crate::job_master::view::vertex_key;
use crate::job_status::JobStatus;

type Answer = Result<Json<Value>, RestError>;

#[derive(Deserialize)]
pub struct Wanted {
    get: Option<String>,
}

/// With `?get=a,b` those with their values, without it the names of all.
fn select(all: BTreeMap<String, i64>, wanted: Option<String>) -> Json<Value> {
    let values = match wanted {
        None => all.into_keys().map(|id| json!({ "id": id })).collect(),
        Some(names) => names
            .split(',')
            .filter_map(|name| {
                let value = all.get(name)?;
                Some(json!({ "id": name, "value": value.to_string() }))
            })
            .collect(),
    };
    Json(Value::Array(values))
}

/// The job manager's numbers about the job.
fn job_metrics(view: &JobView) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: i64| {
        all.insert(name.to_owned(), value);
    };
    let history = &view.checkpoints;
    set("numRestarts", i64::from(view.restarts));
    set(
        "uptime",
        view.running_since.map_or(-1, |since| view.now - since),
    );
    let down = view.running_since.is_none() && !view.status.is_terminal();
    let since = view.timestamp(view.status).unwrap_or(view.now);
    set("downtime", if down { view.now - since } else { 0 });
    for status in JobStatus::ALL {
        let name = status.as_str().to_ascii_lowercase();
        set(&format!("{name}State"), i64::from(view.status == status));
    }
    let in_progress = history.in_progress() as i64;
    set("numberOfInProgressCheckpoints", in_progress);
    set("numberOfCompletedCheckpoints", history.completed as i64);
    set("numberOfFailedCheckpoints", history.failed as i64);
    let total = history.completed + history.failed;
    set("totalNumberOfCheckpoints", total as i64 + in_progress);
    if let Some(last) = history.latest(CheckpointStatus::Completed, false) {
        let size = (last.statistics.state_bytes + last.metadata_bytes) as i64;
        set("lastCheckpointDuration", last.duration_ms);
        set("lastCheckpointSize", size);
        set("lastCheckpointFullSize", size);
        set("lastCheckpointMetadataSize", last.metadata_bytes as i64);
        set("lastCompletedCheckpointId", last.id.0 as i64);
        let completed_at = last.triggered_at + last.duration_ms;
        set("lastCheckpointCompletedTimestamp", completed_at);
        set(
            "checkpointAlignmentTime",
            last.statistics.alignment_ms as i64,
        );
    }
    if let Some(restore) = &history.latest_restore {
        set("lastCheckpointRestoreTimestamp", restore.at);
    }
    all
}

/// The numbers of the job manager's process: its jobs, slots and workers, and the delegation tokens that it looks after, ms.
fn job_manager_metrics(
    views: &[JobView],
    statuses: &[TokenStatus],
    now: SystemTime,
) -> BTreeMap<String, i64> {
    let mut all: BTreeMap<_, _> = process_numbers(views)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    for status in statuses {
        for (name, value) in token_numbers(status, now) {
            all.insert(format!("{name}.{}", status.service), value);
        }
    }
    all
}

/// What the job manager's process has.
fn process_numbers(views: &[JobView]) -> [(&'static str, i64); 4] {
    let running = views
        .iter()
        .filter(|view| view.status == JobStatus::Running);
    let (total, used) = slots(views);
    [
        ("numRunningJobs", running.count() as i64),
        ("numRegisteredTaskManagers", registered(views) as i64),
        ("taskSlotsTotal", i64::from(total)),
        ("taskSlotsAvailable", i64::from(total - used)),
    ]
}

pub async fn of_job_manager(
    State(state): State<RestState>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let views = state.jobs.views().await;
    let all = job_manager_metrics(&views, &statuses(), SystemTime::now());
    Ok(select(all, wanted.get))
}

pub async fn of_job(
    State(state): State<RestState>,
    Path(job): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let view = state.view_of(&job).await?;
    Ok(select(job_metrics(&view), wanted.get))
}

pub async fn of_vertex(
    State(state): State<RestState>,
    Path((job, vertex)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let view = state.view_of(&job).await?;
    let vertex = find(&view, &vertex)?;
    let mut all = BTreeMap::new();
    for ((_, task, operator), values) in &view.metrics {
        let Some(task) = task.filter(|task| task.vertex == vertex.id) else {
            continue;
        };
        let name_of = |id| vertex.chain.iter().find(|node| node.id == id);
        let scope = match operator.and_then(name_of) {
            Some(node) => format!("{}.{}", task.subtask, node.name),
            None => task.subtask.to_string(),
        };
        for (name, value) in values {
            all.insert(format!("{scope}.{name}"), *value);
        }
    }
    Ok(select(all, wanted.get))
}

/// Samples by name, so that each name's lines stand together as the format demands.
#[derive(Default)]
struct Exposition(BTreeMap<String, Vec<String>>);

impl Exposition {
    fn add(&mut self, scope: &str, name: &str, labels: &[(&str, &str)], value: i64) {
        let clean = |text: &str| -> String {
            text.chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
                .collect()
        };
        let name = format!("alpheus_{scope}_{}", clean(name));
        let mut line = name.clone();
        for (i, (label, text)) in labels.iter().enumerate() {
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let separator = if i == 0 { '{' } else { ',' };
            // Writing to a String cannot fail.
            let _ = write!(line, "{separator}{label}=\"{text}\"");
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = write!(line, "{close} {value}");
        self.0.entry(name).or_default().push(line);
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for (name, lines) in self.0 {
            let _ = writeln!(text, "# TYPE {name} gauge\n{}", lines.join("\n"));
        }
        text
    }
}

/// How the delegation tokens of this process are: nothing where it holds none.
fn expose_tokens(out: &mut Exposition, statuses: &[TokenStatus], now: SystemTime) {
    for status in statuses {
        let labels = [("service", status.service.as_str())];
        for (name, value) in token_numbers(status, now) {
            out.add("jobmanager", name, &labels, value);
        }
    }
}

/// How the delegation tokens of a service are; -1 for what there is not.
fn token_numbers(status: &TokenStatus, now: SystemTime) -> [(&'static str, i64); 3] {
    let ms = |time: Option<Duration>| {
        time.map_or(-1, |time| {
            i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
        })
    };
    [
        ("delegationTokenAge", ms(status.age(now))),
        ("delegationTokenRemaining", ms(status.remaining(now))),
        ("delegationTokenFailures", i64::from(status.facts.failures)),
    ]
}

fn expose(views: &[JobView]) -> String {
    let mut out = Exposition::default();
    expose_tokens(&mut out, &statuses(), SystemTime::now());
    for (name, value) in process_numbers(views) {
        out.add("jobmanager", name, &[], value);
    }
    // Of a job that has ended nothing changes any more.
    for view in views.iter().filter(|view| !view.status.is_terminal()) {
        expose_job(&mut out, view);
    }
    out.finish()
}

fn expose_job(out: &mut Exposition, view: &JobView) {
    let job_id = view.job.to_string();
    let job = [("job_id", job_id.as_str()), ("job_name", &view.graph.name)];
    for (name, value) in job_metrics(view) {
        out.add("jobmanager_job", &name, &job, value);
    }
    for ((worker, task, operator), values) in &view.metrics {
        let worker = worker.0.to_string();
        let mut labels = vec![("tm_id", worker.as_str())];
        let vertex = task.and_then(|task| view.graph.vertex(task.vertex));
        let (Some(task), Some(vertex)) = (task, vertex) else {
            for (name, value) in values {
                out.add("taskmanager", name, &labels, *value);
            }
            continue;
        };
        let key = vertex_key(vertex);
        let subtask = task.subtask.to_string();
        labels.extend(job);
        labels.extend([
            ("task_id", key.as_str()),
            ("task_name", &vertex.name),
            ("subtask_index", &subtask),
        ]);
        let node = operator.and_then(|id| vertex.chain.iter().find(|node| node.id == id));
        let operator_id = operator.map(|id| id.to_string()).unwrap_or_default();
        let scope = if operator.is_some() {
            labels.push(("operator_id", &operator_id));
            labels.push(("operator_name", node.map_or("", |node| &node.name)));
            "taskmanager_job_task_operator"
        } else {
            "taskmanager_job_task"
        };
        for (name, value) in values {
            out.add(scope, name, &labels, *value);
        }
    }
}

pub async fn prometheus(State(state): State<RestState>) -> Result<Response, RestError> {
    let views = state.jobs.views().await;
    let header = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((header, expose(&views)).into_response())
}

#[cfg(test)]
mod tests {
    use alpheus_security::tokens::Facts;

    use super::*;

    #[test]
    fn tokens_have_an_age_and_an_end() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let held = TokenStatus {
            service: "hadoopfs".to_owned(),
            facts: Facts {
                obtained_at: Some(at(100)),
                valid_until: Some(at(160)),
                failures: 2,
                last_attempt: Some(at(110)),
            },
            last_error: None,
            next_due: None,
        };
        let none = TokenStatus {
            service: "yarn".to_owned(),
            facts: Facts::default(),
            ..held.clone()
        };
        let mut out = Exposition::default();
        expose_tokens(&mut out, &[held, none], at(120));
        let text = out.finish();
        for line in [
            "alpheus_jobmanager_delegationTokenAge{service=\"hadoopfs\"} 20000",
            "alpheus_jobmanager_delegationTokenRemaining{service=\"hadoopfs\"} 40000",
            "alpheus_jobmanager_delegationTokenFailures{service=\"hadoopfs\"} 2",
            "alpheus_jobmanager_delegationTokenAge{service=\"yarn\"} -1",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
