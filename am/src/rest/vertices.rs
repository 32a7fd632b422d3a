//! `/jobs/:jobid/vertices/:vertexid` and below.

use alpheus_dataflow::graph::Vertex;
use alpheus_dataflow::ids::SubtaskIndex;
use alpheus_state::handle::TaskId;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::jobs::io_metrics;
use super::{RestError, RestState};
use crate::job_master::JobView;
use crate::job_master::machine::TaskInfo;
use crate::job_master::view::vertex_key;
use crate::job_status::ExecutionState;

type Answer = Result<Json<Value>, RestError>;

/// The vertex that a path names, by the id that REST shows or by its number.
pub(super) fn find<'a>(view: &'a JobView, wanted: &str) -> Result<&'a Vertex, RestError> {
    view.graph
        .vertices
        .iter()
        .find(|vertex| vertex_key(vertex) == wanted || vertex.id.to_string() == wanted)
        .ok_or_else(|| RestError::not_found(format!("vertex {wanted} not found")))
}

/// A task-level number of one task, 0 when it has none.
fn number(view: &JobView, task: TaskId, name: &str) -> i64 {
    view.task_values(Some(task.vertex), name)
        .find(|(of, _)| *of == task)
        .map_or(0, |(_, value)| value)
}

fn describe(view: &JobView, task: TaskId, info: &TaskInfo) -> Value {
    let ended = matches!(
        info.state,
        ExecutionState::Finished | ExecutionState::Canceled | ExecutionState::Failed
    );
    let end = ended.then_some(info.since);
    let worker = view.workers.get(&info.worker);
    json!({
        "subtask": task.subtask,
        "status": info.state.as_str(),
        "attempt": view.attempt.0.saturating_sub(1),
        "endpoint": worker.map(|worker| worker.exchange_address.clone()),
        "start-time": info.started_at,
        "end-time": end.unwrap_or(-1),
        "duration": end.unwrap_or(view.now) - info.started_at,
        "metrics": io_metrics(|name| number(view, task, name)),
        "taskmanager-id": info.worker.0.to_string(),
    })
}

pub async fn details(
    State(state): State<RestState>,
    Path((job, vertex)): Path<(String, String)>,
) -> Answer {
    let view = state.view_of(&job).await?;
    let vertex = find(&view, &vertex)?;
    let subtasks: Vec<_> = view
        .tasks_of(vertex.id)
        .map(|(task, info)| describe(&view, task, info))
        .collect();
    Ok(Json(json!({
        "id": vertex_key(vertex),
        "name": vertex.name,
        "parallelism": vertex.parallelism,
        "maxParallelism": view.graph.max_parallelism,
        "now": view.now,
        "subtasks": subtasks,
    })))
}

pub async fn subtask(
    State(state): State<RestState>,
    Path((job, vertex, subtask)): Path<(String, String, u32)>,
) -> Answer {
    let view = state.view_of(&job).await?;
    let task = TaskId {
        vertex: find(&view, &vertex)?.id,
        subtask: SubtaskIndex(subtask),
    };
    view.tasks
        .get(&task)
        .map(|info| Json(describe(&view, task, info)))
        .ok_or_else(|| RestError::not_found(format!("subtask {subtask} not found")))
}

pub async fn watermarks(
    State(state): State<RestState>,
    Path((job, vertex)): Path<(String, String)>,
) -> Answer {
    let view = state.view_of(&job).await?;
    let vertex = find(&view, &vertex)?;
    let values: Vec<_> = view
        .task_values(Some(vertex.id), "currentInputWatermark")
        .map(|(task, value)| {
            json!({
                "id": format!("{}.currentInputWatermark", task.subtask),
                "value": value.to_string(),
            })
        })
        .collect();
    Ok(Json(Value::Array(values)))
}

/// Flink's levels: up to a tenth of the time is fine, up to a half is low.
fn level(ratio: f64) -> &'static str {
    match ratio {
        ratio if ratio <= 0.1 => "ok",
        ratio if ratio <= 0.5 => "low",
        _ => "high",
    }
}

pub async fn back_pressure(
    State(state): State<RestState>,
    Path((job, vertex)): Path<(String, String)>,
) -> Answer {
    let view = state.view_of(&job).await?;
    let vertex = find(&view, &vertex)?;
    let ratio = |task, name| number(&view, task, name) as f64 / 1000.0;
    let mut worst = 0.0f64;
    let subtasks: Vec<_> = view
        .tasks_of(vertex.id)
        .map(|(task, _)| {
            let pressed = ratio(task, "backPressuredTimeMsPerSecond");
            worst = worst.max(pressed);
            json!({
                "subtask": task.subtask,
                "attempt-number": view.attempt.0.saturating_sub(1),
                "backpressure-level": level(pressed),
                "backpressureLevel": level(pressed),
                "ratio": pressed,
                "idleRatio": ratio(task, "idleTimeMsPerSecond"),
                "busyRatio": ratio(task, "busyTimeMsPerSecond"),
            })
        })
        .collect();
    Ok(Json(json!({
        "status": "ok",
        "backpressure-level": level(worst),
        "backpressureLevel": level(worst),
        "end-timestamp": view.now,
        "subtasks": subtasks,
    })))
}
