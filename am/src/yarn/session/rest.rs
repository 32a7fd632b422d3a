//! What the REST API of a session has beside Flink's paths and an application's: `POST /jobs` takes a planned job, for the
//! owner, who comes directly; `DELETE /cluster` (Flink's path) ends the session, for whoever may change it.

use std::sync::mpsc::Sender;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{delete, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::dispatcher::Wish;
use crate::rest::RestError;
use crate::yarn::settings::SubmittedJob;

/// Where jobs are submitted.
pub const JOBS: &str = "/jobs";

/// Where the session is ended.
pub const CLUSTER: &str = "/cluster";

/// The largest job, bytes as JSON.
const MAX_JOB: usize = 64 << 20;

/// For whoever may change the application. YARN's proxy passes on PUT and nothing else that changes something.
pub(super) fn to_end(wishes: &Sender<Wish>) -> Router {
    Router::new()
        .route(CLUSTER, delete(end).put(end))
        .with_state(wishes.clone())
}

/// For the owner.
pub(super) fn to_act_on(wishes: &Sender<Wish>) -> Router {
    let submit = post(submit).layer(DefaultBodyLimit::max(MAX_JOB));
    let submit = Router::new().route(JOBS, submit).with_state(wishes.clone());
    to_end(wishes).merge(submit)
}

fn over() -> RestError {
    RestError {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: "the session has ended".to_owned(),
    }
}

async fn submit(
    State(wishes): State<Sender<Wish>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let submitted: SubmittedJob = serde_json::from_slice(&body).map_err(|error| {
        RestError::bad_request(format!(
            "this is no job of this version of Alpheus ({}): {error}",
            env!("CARGO_PKG_VERSION")
        ))
    })?;
    let job = submitted.job;
    let (answer, answered) = oneshot::channel();
    let wish = Wish::Submit(Box::new(submitted), answer);
    wishes.send(wish).map_err(|_| over())?;
    answered.await.map_err(|_| over())??;
    Ok((StatusCode::ACCEPTED, Json(json!({ "jobid": job }))))
}

async fn end(State(wishes): State<Sender<Wish>>) -> Result<(StatusCode, Json<Value>), RestError> {
    wishes.send(Wish::End).map_err(|_| over())?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}
