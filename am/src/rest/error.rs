//! Refusals of the REST API, in Flink's form: a status and `{"errors":["..."]}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal.
#[derive(Debug)]
pub struct RestError {
    /// The status.
    pub status: StatusCode,
    /// For the user.
    pub message: String,
}

impl RestError {
    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        RestError {
            status: StatusCode::NOT_FOUND,
            message: message.into(),
        }
    }

    /// The request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        RestError {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    /// The job has just ended.
    pub fn gone() -> Self {
        RestError {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "the job has ended and its job master is shutting down".to_owned(),
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "errors": [self.message] }))).into_response()
    }
}
