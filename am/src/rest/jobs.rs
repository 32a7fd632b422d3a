//! `/jobs`, `/jobs/overview`, `/jobs/:jobid` and what lies below it about the job as a whole.

use alpheus_dataflow::graph::{Partitioning, Vertex};
use alpheus_hadoop_conf::options::{execution, restart};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::{RestError, RestState};
use crate::job_master::JobView;
use crate::job_master::view::vertex_key;
use crate::job_status::{ExecutionState, JobStatus};

type Answer = Result<Json<Value>, RestError>;

pub async fn ids(State(state): State<RestState>) -> Answer {
    let views = state.jobs.views().await;
    let describe = |view: &JobView| json!({ "id": view.job, "status": view.status.as_str() });
    let jobs: Vec<_> = views.iter().map(describe).collect();
    Ok(Json(json!({ "jobs": jobs })))
}

pub async fn status(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    Ok(Json(json!({ "status": view.status.as_str() })))
}

pub async fn overview(State(state): State<RestState>) -> Answer {
    let views = state.jobs.views().await;
    let jobs: Vec<_> = views.iter().map(summary).collect();
    Ok(Json(json!({ "jobs": jobs })))
}

fn summary(view: &JobView) -> Value {
    let counts = view.count_tasks(None);
    let mut tasks = Map::new();
    tasks.insert("total".to_owned(), counts.values().sum::<usize>().into());
    for (state, count) in counts {
        tasks.insert(state.as_str().to_ascii_lowercase(), count.into());
    }
    json!({
        "jid": view.job,
        "name": view.graph.name,
        "state": view.status.as_str(),
        "start-time": view.start_time(),
        "end-time": view.end_time().unwrap_or(-1),
        "duration": view.duration(),
        "last-modification": view.timestamp(view.status),
        "tasks": tasks,
    })
}

/// How the job runs, with the user's own parameters (Flink's `JobConfigInfo`).
pub async fn config(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    let settings = &view.graph.configuration;
    let parallelism = execution::PARALLELISM.of_job(settings).unwrap_or(1);
    let strategy = restart::STRATEGY.of_job(settings).ok().flatten();
    let mut parameters = execution::GLOBAL_JOB_PARAMETERS
        .of_job(settings)
        .ok()
        .flatten()
        .unwrap_or_default();
    // Entries may also be keys of their own.
    for (key, value) in settings {
        let entry = key.strip_prefix(execution::GLOBAL_JOB_PARAMETERS.key());
        if let Some(name) = entry.and_then(|rest| rest.strip_prefix('.')) {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Json(json!({
        "jid": view.job,
        "name": view.graph.name,
        "execution-config": {
            "restart-strategy": strategy.map(|strategy| strategy.to_string()),
            "job-parallelism": parallelism,
            "object-reuse-mode": true,
            "user-config": parameters,
        },
    })))
}

pub async fn details(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    let timestamps: Map<_, _> = JobStatus::ALL
        .into_iter()
        .map(|status| {
            let at = view.timestamp(status).unwrap_or(0);
            (status.as_str().to_owned(), at.into())
        })
        .collect();
    let vertices: Vec<_> = view
        .graph
        .vertices
        .iter()
        .map(|vertex| describe_vertex(&view, vertex))
        .collect();
    Ok(Json(json!({
        "jid": view.job,
        "name": view.graph.name,
        "isStoppable": true,
        "state": view.status.as_str(),
        "job-type": if view.graph.session.bounded { "BATCH" } else { "STREAMING" },
        "start-time": view.start_time(),
        "end-time": view.end_time().unwrap_or(-1),
        "duration": view.duration(),
        "maxParallelism": view.graph.max_parallelism,
        "now": view.now,
        "timestamps": timestamps,
        "vertices": vertices,
        "status-counts": state_counts(&view, None),
        "plan": plan_of(&view),
    })))
}

fn state_counts(view: &JobView, vertex: Option<&Vertex>) -> Map<String, Value> {
    view.count_tasks(vertex.map(|vertex| vertex.id))
        .into_iter()
        .map(|(state, count)| (state.as_str().to_owned(), count.into()))
        .collect()
}

/// The state of a vertex as a whole, as Flink sums it up: the worst of its tasks.
fn vertex_status(view: &JobView, vertex: &Vertex) -> ExecutionState {
    let counts = view.count_tasks(Some(vertex.id));
    let worst_first = [
        ExecutionState::Failed,
        ExecutionState::Canceling,
        ExecutionState::Canceled,
        ExecutionState::Created,
        ExecutionState::Scheduled,
        ExecutionState::Deploying,
        ExecutionState::Running,
    ];
    worst_first
        .into_iter()
        .find(|state| counts.get(state).is_some_and(|count| *count > 0))
        .unwrap_or(ExecutionState::Finished)
}

fn describe_vertex(view: &JobView, vertex: &Vertex) -> Value {
    let start = view
        .tasks_of(vertex.id)
        .map(|(_, info)| info.started_at)
        .min();
    let done = view
        .tasks_of(vertex.id)
        .all(|(_, info)| info.state == ExecutionState::Finished);
    let end = view
        .tasks_of(vertex.id)
        .map(|(_, info)| info.since)
        .max()
        .filter(|_| done);
    json!({
        "id": vertex_key(vertex),
        "name": vertex.name,
        "maxParallelism": view.graph.max_parallelism,
        "parallelism": vertex.parallelism,
        "status": vertex_status(view, vertex).as_str(),
        "start-time": start.unwrap_or(-1),
        "end-time": end.unwrap_or(-1),
        "duration": start.map_or(-1, |start| end.unwrap_or(view.now) - start),
        "tasks": state_counts(view, Some(vertex)),
        "metrics": io_metrics(|name| view.sum(Some(vertex.id), name)),
    })
}

/// The `metrics` object of a vertex or subtask.
pub(super) fn io_metrics(value: impl Fn(&str) -> i64) -> Value {
    json!({
        "read-bytes": value("numBytesIn"),
        "read-bytes-complete": true,
        "write-bytes": value("numBytesOut"),
        "write-bytes-complete": true,
        "read-records": value("numRecordsIn"),
        "read-records-complete": true,
        "write-records": value("numRecordsOut"),
        "write-records-complete": true,
        "accumulated-backpressured-time": value("accumulateBackPressuredTimeMs"),
        "accumulated-idle-time": value("accumulateIdleTimeMs"),
        "accumulated-busy-time": value("accumulateBusyTimeMs"),
    })
}

pub async fn plan(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    Ok(Json(json!({ "plan": plan_of(&view) })))
}

fn plan_of(view: &JobView) -> Value {
    let graph = &view.graph;
    let key_of = |id| graph.vertex(id).map(vertex_key);
    let nodes: Vec<_> = graph
        .vertices
        .iter()
        .map(|vertex| {
            let inputs: Vec<_> = graph
                .inputs_of(vertex.id)
                .map(|edge| {
                    let ship_strategy = match &edge.partitioning {
                        Partitioning::Forward => "FORWARD",
                        Partitioning::Hash { .. } => "HASH",
                        Partitioning::Rebalance => "REBALANCE",
                        Partitioning::Global => "GLOBAL",
                        Partitioning::Broadcast => "BROADCAST",
                    };
                    json!({
                        "num": edge.input,
                        "id": key_of(edge.from),
                        "ship_strategy": ship_strategy,
                        "exchange": "pipelined_bounded",
                    })
                })
                .collect();
            json!({
                "id": vertex_key(vertex),
                "parallelism": vertex.parallelism,
                "operator": "",
                "operator_strategy": "",
                "description": vertex.name,
                "inputs": inputs,
            })
        })
        .collect();
    json!({
        "jid": view.job,
        "name": graph.name,
        "type": if graph.session.bounded { "BATCH" } else { "STREAMING" },
        "nodes": nodes,
    })
}

pub async fn exceptions(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    let entries: Vec<_> = view
        .exceptions
        .iter()
        .map(|record| {
            let task_name = record.task.and_then(|task| {
                let vertex = view.graph.vertex(task.vertex)?;
                let subtask = task.subtask.0 + 1;
                Some(format!(
                    "{} ({subtask}/{})",
                    vertex.name, vertex.parallelism
                ))
            });
            json!({
                "exceptionName": record.message,
                "stacktrace": record.message,
                "timestamp": record.at,
                "attempt": record.attempt,
                "consequence": record.consequence,
                "failureLabels": {},
                "taskName": task_name,
                "taskManagerId": record.worker.map(|worker| worker.0.to_string()),
                "endpoint": record.worker
                    .and_then(|worker| view.workers.get(&worker))
                    .map(|info| info.exchange_address.clone()),
                "concurrentExceptions": [],
            })
        })
        .collect();
    let root = view.exceptions.first();
    Ok(Json(json!({
        "root-exception": root.map(|record| record.message.clone()),
        "timestamp": root.map(|record| record.at),
        "all-exceptions": [],
        "truncated": false,
        "exceptionHistory": { "entries": entries, "truncated": false },
    })))
}
