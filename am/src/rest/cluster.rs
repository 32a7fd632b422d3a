//! `/overview`, `/config`, `/taskmanagers`: what runs the job.

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
    let view = state.view().await?;
    let (total, used) = view.slots();
    let is = |status: JobStatus| usize::from(view.status == status);
    let registered = view.workers.values().filter(|info| info.registered).count();
    Ok(Json(json!({
        "taskmanagers": registered,
        "slots-total": total,
        "slots-available": total - used,
        "jobs-running": usize::from(!view.status.is_terminal()),
        "jobs-finished": is(JobStatus::Finished),
        "jobs-cancelled": is(JobStatus::Canceled),
        "jobs-failed": is(JobStatus::Failed),
        "flink-version": VERSION,
        "flink-commit": "",
    })))
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
    let view = state.view().await?;
    let all: Vec<_> = view
        .workers
        .keys()
        .filter_map(|worker| describe(&view, *worker))
        .collect();
    Ok(Json(json!({ "taskmanagers": all })))
}

pub async fn task_manager(State(state): State<RestState>, Path(id): Path<String>) -> Answer {
    let view = state.view().await?;
    let worker = id.parse().ok().map(alpheus_worker::control::WorkerId);
    worker
        .and_then(|worker| describe(&view, worker))
        .map(Json)
        .ok_or_else(|| RestError::not_found(format!("task manager {id} not found")))
}
