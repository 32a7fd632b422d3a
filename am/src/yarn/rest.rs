//! What the REST API of an application has beside Flink's paths: `/tokens`, how its access to HDFS stands, and for its
//! owner, who comes directly, a way to push other tokens.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use alpheus_security::base64;
use alpheus_security::hadoop::Credentials;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::tokens::{AccessStatus, PushRefused, TokenKeeper};
use crate::rest::RestError;

/// The path.
pub const TOKENS: &str = "/tokens";

/// Tokens on their way to an application.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PushedTokens {
    /// A credentials file, in Base64.
    pub credentials: String,
    /// When the first of them ends, ms since 1970.
    pub valid_until: u64,
}

impl Drop for PushedTokens {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.credentials.zeroize();
    }
}

/// For whoever may look.
pub(super) fn to_look_at(keeper: Arc<TokenKeeper>) -> Router {
    Router::new().route(TOKENS, get(status)).with_state(keeper)
}

/// For the owner.
pub(super) fn to_act_on(keeper: Arc<TokenKeeper>) -> Router {
    let push = Router::new()
        .route(TOKENS, post(push))
        .with_state(Arc::clone(&keeper));
    to_look_at(keeper).merge(push)
}

async fn status(State(keeper): State<Arc<TokenKeeper>>) -> Json<AccessStatus> {
    Json(keeper.status())
}

async fn push(
    State(keeper): State<Arc<TokenKeeper>>,
    Json(pushed): Json<PushedTokens>,
) -> Result<Json<AccessStatus>, Response> {
    let no_file = || RestError::bad_request("these are no credentials in Base64").into_response();
    let bytes = base64::decode(&pushed.credentials).ok_or_else(no_file)?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let credentials = Credentials::decode(&bytes).map_err(|_| no_file())?;
    let until = UNIX_EPOCH + Duration::from_millis(pushed.valid_until);
    keeper.push(credentials, until).await.map_err(|refused| {
        let status = match refused {
            PushRefused::Keytab | PushRefused::Insecure => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        let message = refused.to_string();
        RestError { status, message }.into_response()
    })?;
    tracing::info!("the owner has pushed other tokens");
    Ok(Json(keeper.status()))
}
