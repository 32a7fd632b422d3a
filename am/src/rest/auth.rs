//! Who may speak to the REST API: whoever shows the job's token.

use std::net::SocketAddr;
use std::sync::Arc;

use alpheus_security::audit::{AuditLog, Decision, Event};
use alpheus_security::rest_token::RestToken;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::RestError;

/// The token, and who is told of refusals.
#[derive(Clone)]
pub struct TokenAccess {
    /// What requests must show.
    pub token: RestToken,
    /// Who is told.
    pub audit: Arc<AuditLog>,
}

/// Lets requests with the token through and answers all others with 401.
pub async fn require_token(
    State(state): State<TokenAccess>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let presented = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let admitted = state.token.admits(presented);
    let changes = request.method() != Method::GET;
    if !admitted || changes {
        let (decision, reason) = match (admitted, presented) {
            (true, _) => (Decision::Allowed, "the job's token"),
            (false, None) => (Decision::Denied, "no token"),
            (false, Some(_)) => (Decision::Denied, "another token"),
        };
        let action = format!("rest.{}", request.method().as_str().to_ascii_lowercase());
        state.audit.record(&Event {
            action: &action,
            resource: request.uri().path(),
            user: "",
            address: Some(address),
            decision,
            reason,
        });
    }
    if admitted {
        return next.run(request).await;
    }
    let refusal = RestError {
        status: StatusCode::UNAUTHORIZED,
        message: "the job's token is required: Authorization: Bearer TOKEN".to_owned(),
    };
    let mut response = refusal.into_response();
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
