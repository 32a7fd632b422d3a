//! `/overview`, `/config`, `/taskmanagers`: what runs the job.

use alpheus_hadoop_conf::Configuration;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{RestError, RestState};
use crate::job_master::JobView;
use crate::job_status::JobStatus;

type Answer = Result<Json<Value>, RestError>;

/// The version that Flink's clients read under `flink-version`.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub async fn overview(State(state): State<RestState>) -> Answer {
    let views = state.jobs.views().await;
    let (total, used) = slots(&views);
    let are = |status: JobStatus| views.iter().filter(|view| view.status == status).count();
    let running = views.iter().filter(|view| !view.status.is_terminal());
    Ok(Json(json!({
        "taskmanagers": registered(&views),
        "slots-total": total,
        "slots-available": total - used,
        "jobs-running": running.count(),
        "jobs-finished": are(JobStatus::Finished),
        "jobs-cancelled": are(JobStatus::Canceled),
        "jobs-failed": are(JobStatus::Failed),
        "flink-version": VERSION,
        "flink-commit": "",
    })))
}

/// Slots of the workers of jobs that have not ended, and how many of them are used.
pub(super) fn slots(views: &[JobView]) -> (u32, u32) {
    let running = views.iter().filter(|view| !view.status.is_terminal());
    running
        .map(JobView::slots)
        .fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1))
}

/// How many workers of such jobs are there.
pub(super) fn registered(views: &[JobView]) -> usize {
    let running = views.iter().filter(|view| !view.status.is_terminal());
    let workers = running.flat_map(|view| view.workers.values());
    workers.filter(|info| info.registered).count()
}

/// The configuration as people may see it.
pub(super) fn shown(configuration: &Configuration) -> Vec<(String, String)> {
    let shown = configuration.shown();
    shown
        .map(|(key, value, _)| (key.to_owned(), value))
        .collect()
}

/// The configuration of the cluster (Flink's `ClusterConfigurationInfo`).
pub async fn of_job_manager(State(state): State<RestState>) -> Json<Value> {
    let entries = state.cluster.iter();
    let entries: Vec<_> = entries
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    Json(Value::Array(entries))
}

pub async fn config(State(state): State<RestState>) -> Answer {
    Ok(Json(json!({
        "refresh-interval": state.refresh_interval_ms,
        "timezone-name": "Coordinated Universal Time",
        "timezone-offset": 0,
        "flink-version": VERSION,
        "flink-revision": "",
        "features": {
            "web-submit": false,
            "web-cancel": state.cancel_enabled,
            "web-rescale": false,
            "web-history": false,
        },
    })))
}

fn describe(view: &JobView, worker: alpheus_worker::control::WorkerId) -> Option<Value> {
    let info = view.workers.get(&worker).filter(|info| info.registered)?;
    let used = view
        .tasks
        .iter()
        .filter(|(_, task)| task.worker == worker)
        .map(|(task, _)| task.subtask)
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    let port = info
        .exchange_address
        .rsplit_once(':')
        .map_or("0", |(_, port)| port);
    let metrics = view.metrics.get(&(worker, None, None));
    Some(json!({
        "id": worker.0.to_string(),
        "path": info.exchange_address,
        "dataPort": port.parse::<u16>().unwrap_or(0),
        "jmxPort": -1,
        "processId": info.pid,
        "timeSinceLastHeartbeat": info.heard_at,
        "slotsNumber": info.slots,
        "freeSlots": (info.slots as usize).saturating_sub(used),
        "metrics": metrics,
    }))
}

pub async fn task_managers(State(state): State<RestState>) -> Answer {
    let views = state.jobs.views().await;
    let running = views.iter().filter(|view| !view.status.is_terminal());
    let all: Vec<_> = running
        .flat_map(|view| {
            view.workers
                .keys()
                .filter_map(|worker| describe(view, *worker))
        })
        .collect();
    Ok(Json(json!({ "taskmanagers": all })))
}

pub async fn task_manager(State(state): State<RestState>, Path(id): Path<String>) -> Answer {
    let views = state.jobs.views().await;
    let worker = id.parse().ok().map(alpheus_worker::control::WorkerId);
    worker
        .and_then(|worker| views.iter().find_map(|view| describe(view, worker)))
        .map(Json)
        .ok_or_else(|| RestError::not_found(format!("task manager {id} not found")))
}
