//! `/jobs/:jobid/checkpoints` and below.

use alpheus_dataflow::ids::CheckpointId;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{RestError, RestState};
use crate::checkpoint::{CheckpointRecord, CheckpointStatus};

type Answer = Result<Json<Value>, RestError>;

fn describe(record: &CheckpointRecord, now: i64) -> Value {
    let duration = match record.status {
        CheckpointStatus::InProgress => now - record.triggered_at,
        _ => record.duration_ms,
    };
    let class = match record.status {
        CheckpointStatus::InProgress => "in_progress",
        CheckpointStatus::Completed => "completed",
        CheckpointStatus::Failed => "failed",
    };
    let size = record.statistics.state_bytes + record.metadata_bytes;
    let mut value = json!({
        "className": class,
        "id": record.id,
        "status": record.status,
        "is_savepoint": record.is_savepoint,
        "checkpoint_type": if record.is_savepoint { "SAVEPOINT" } else { "CHECKPOINT" },
        "trigger_timestamp": record.triggered_at,
        "latest_ack_timestamp": record.latest_ack,
        "checkpointed_size": size,
        "state_size": size,
        "metadata_size": record.metadata_bytes,
        "end_to_end_duration": duration,
        "alignment_duration": record.statistics.alignment_ms,
        "persisted_data": record.statistics.in_flight_bytes,
        "sync_duration": record.statistics.sync_ms,
        "async_duration": record.statistics.async_ms,
        "num_subtasks": record.subtasks.0,
        "num_acknowledged_subtasks": record.subtasks.1,
    });
    if let Some(path) = &record.path {
        value["external_path"] = path.clone().into();
        value["discarded"] = record.discarded.into();
    }
    if let Some((at, message)) = &record.failure {
        value["failure_timestamp"] = (*at).into();
        value["failure_message"] = message.clone().into();
    }
    value
}

/// `min`, `max`, `avg` of something over the completed ones.
fn summary(records: &[&CheckpointRecord], value: impl Fn(&CheckpointRecord) -> i64) -> Value {
    let values: Vec<i64> = records.iter().map(|record| value(record)).collect();
    let count = values.len() as i64;
    json!({
        "min": values.iter().min().copied().unwrap_or(0),
        "max": values.iter().max().copied().unwrap_or(0),
        "avg": if count > 0 { values.iter().sum::<i64>() / count } else { 0 },
    })
}

pub async fn statistics(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    let history = &view.checkpoints;
    let in_progress = history.in_progress();
    let completed: Vec<_> = history
        .records()
        .filter(|record| record.status == CheckpointStatus::Completed)
        .collect();
    let latest = |status, savepoint| {
        history
            .latest(status, savepoint)
            .map(|record| describe(record, view.now))
    };
    let all: Vec<_> = history
        .records()
        .map(|record| describe(record, view.now))
        .collect();
    let restored = history.latest_restore.as_ref().map(|restore| {
        json!({
            "id": restore.id,
            "restore_timestamp": restore.at,
            "is_savepoint": restore.external,
            "external_path": restore.path,
        })
    });
    Ok(Json(json!({
        "counts": {
            "restored": history.restored,
            "total": history.completed + history.failed + in_progress as u64,
            "in_progress": in_progress,
            "completed": history.completed,
            "failed": history.failed,
        },
        "summary": {
            "state_size": summary(&completed, |r| (r.statistics.state_bytes + r.metadata_bytes) as i64),
            "checkpointed_size": summary(&completed, |r| (r.statistics.state_bytes + r.metadata_bytes) as i64),
            "end_to_end_duration": summary(&completed, |r| r.duration_ms),
            "persisted_data": summary(&completed, |r| r.statistics.in_flight_bytes as i64),
            "alignment_duration": summary(&completed, |r| r.statistics.alignment_ms as i64),
        },
        "latest": {
            "completed": latest(CheckpointStatus::Completed, false),
            "savepoint": latest(CheckpointStatus::Completed, true),
            "failed": latest(CheckpointStatus::Failed, false),
            "restored": restored,
        },
        "history": all,
    })))
}

pub async fn details(
    State(state): State<RestState>,
    Path((job, id)): Path<(String, u64)>,
) -> Answer {
    let view = state.view_of(&job).await?;
    view.checkpoints
        .record(CheckpointId(id))
        .map(|record| Json(describe(record, view.now)))
        .ok_or_else(|| RestError::not_found(format!("checkpoint {id} is not remembered")))
}

pub async fn config(State(state): State<RestState>, Path(job): Path<String>) -> Answer {
    let view = state.view_of(&job).await?;
    let config = &view.checkpoint_config;
    let retention = config.retention.as_str();
    Ok(Json(json!({
        "mode": "exactly_once",
        "interval": config.interval_ms,
        "timeout": config.timeout_ms,
        "min_pause": config.min_pause_ms,
        "max_concurrent": config.max_concurrent,
        "externalization": {
            "enabled": retention != "NO_EXTERNALIZED_CHECKPOINTS",
            "delete_on_cancellation": retention != "RETAIN_ON_CANCELLATION",
        },
        "checkpoint_storage": if config.temporary { "JobManagerCheckpointStorage" } else { "FileSystemCheckpointStorage" },
        "checkpoint_directory": config.directory,
        "unaligned_checkpoints": config.overtake_after_ms.is_some(),
        "aligned_checkpoint_timeout": config.overtake_after_ms.unwrap_or(0),
        "tolerable_failed_checkpoints": config.tolerable_failures,
        "checkpoints_after_tasks_finish": config.after_tasks_finish,
    })))
}
