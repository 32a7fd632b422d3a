//! What changes something: cancel, savepoint, stop. Savepoints answer at once with an id to ask about.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{RestError, RestState};
use crate::checkpoint::Drain;
use crate::job_master::savepoints::SavepointOutcome;
use crate::job_master::{JobGateway, JobView};

type Accepted = Result<(StatusCode, Json<Value>), RestError>;

#[derive(Deserialize)]
pub struct CancelMode {
    mode: Option<String>,
}

pub async fn cancel(
    State(state): State<RestState>,
    Path(job): Path<String>,
    Query(CancelMode { mode }): Query<CancelMode>,
) -> Accepted {
    let view = state.view_of(&job).await?;
    if !matches!(mode.as_deref(), None | Some("cancel")) {
        return Err(RestError::bad_request(
            "mode must be cancel; to stop with a savepoint POST to stop",
        ));
    }
    if !state.cancel_enabled {
        return Err(RestError {
            status: StatusCode::FORBIDDEN,
            message: "web.cancel.enable is false".to_owned(),
        });
    }
    refuse_if_ended(&job, &view)?;
    state.find(&job)?.cancel();
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

fn refuse_if_ended(job: &str, view: &JobView) -> Result<(), RestError> {
    if !view.status.is_terminal() {
        return Ok(());
    }
    Err(RestError {
        status: StatusCode::CONFLICT,
        message: format!("job {job} is {} already", view.status),
    })
}

/// A body that may be left out.
fn body<T: DeserializeOwned + Default>(bytes: &Bytes) -> Result<T, RestError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes)
        .map_err(|error| RestError::bad_request(format!("the request's body: {error}")))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SavepointBody {
    #[serde(rename = "target-directory")]
    target_directory: Option<String>,
    #[serde(rename = "cancel-job")]
    cancel_job: bool,
}

pub async fn savepoint(
    State(state): State<RestState>,
    Path(job): Path<String>,
    bytes: Bytes,
) -> Accepted {
    let body: SavepointBody = body(&bytes)?;
    refuse_if_ended(&job, &state.view_of(&job).await?)?;
    let stop = body.cancel_job.then_some(Drain(false));
    Ok(trigger_savepoint(
        &state,
        &state.find(&job)?,
        body.target_directory,
        stop,
    ))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StopBody {
    target_directory: Option<String>,
    drain: bool,
}

pub async fn stop(
    State(state): State<RestState>,
    Path(job): Path<String>,
    bytes: Bytes,
) -> Accepted {
    let body: StopBody = body(&bytes)?;
    refuse_if_ended(&job, &state.view_of(&job).await?)?;
    let stop = Some(Drain(body.drain));
    Ok(trigger_savepoint(
        &state,
        &state.find(&job)?,
        body.target_directory,
        stop,
    ))
}

fn trigger_savepoint(
    state: &RestState,
    job: &JobGateway,
    directory: Option<String>,
    stop: Option<Drain>,
) -> (StatusCode, Json<Value>) {
    let trigger = job.savepoint(directory, stop);
    state.undelivered.accepted(trigger);
    let id = format!("{trigger:032x}");
    (StatusCode::ACCEPTED, Json(json!({ "request-id": id })))
}

pub async fn savepoint_status(
    State(state): State<RestState>,
    Path((job, trigger)): Path<(String, String)>,
) -> Result<Json<Value>, RestError> {
    let view = state.view_of(&job).await?;
    let unknown = || RestError::not_found(format!("operation {trigger} not found"));
    let trigger = u128::from_str_radix(&trigger, 16).map_err(|_| unknown())?;
    let outcome = view.savepoints.get(&trigger).ok_or_else(unknown)?;
    if *outcome != SavepointOutcome::InProgress {
        state.undelivered.delivered(trigger);
    }
    Ok(Json(match outcome {
        SavepointOutcome::InProgress => json!({ "status": { "id": "IN_PROGRESS" } }),
        SavepointOutcome::Completed(location) => json!({
            "status": { "id": "COMPLETED" },
            "operation": { "location": location },
        }),
        SavepointOutcome::Failed(reason) => json!({
            "status": { "id": "COMPLETED" },
            "operation": { "failure-cause": { "class": "CheckpointException", "stack-trace": reason } },
        }),
    }))
}
