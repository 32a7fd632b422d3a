//! Hands an application that has no keytab the tokens that its owner can obtain now.

use std::time::UNIX_EPOCH;

use alpheus_am::yarn::rest::{PushedTokens, TOKENS};
use alpheus_am::yarn::tokens::AccessStatus;
use alpheus_hadoop_conf::Configuration;
use alpheus_security::base64;
use alpheus_security::hadoop::CredentialsFormat;

use super::{attach, credentials};
use crate::exit::{CliError, CliResult};
use crate::target::Target;

/// Obtains and pushes them; returns when the first of them ends, ms since 1970.
///
/// # Errors
/// When there is no ticket, or the application does not take them.
pub fn push(target: Target, configuration: &Configuration) -> CliResult<u64> {
    let application = attach::reach(target, configuration)?;
    let status = application.api.get(TOKENS)?;
    let status: AccessStatus = serde_json::from_value(status).map_err(|error| {
        CliError::failed(format!(
            "{} does not say how it stands: {error}",
            application.id()
        ))
    })?;
    let (tokens, until) = application.wait(credentials::tokens(
        application.cluster(),
        configuration,
        &status.name_spaces,
    ))?;
    let until = until.ok_or_else(|| {
        CliError::usage(
            "the cluster has no security, or tokens are switched off: there are none to push",
        )
    })?;
    let until = until.duration_since(UNIX_EPOCH).unwrap_or_default();
    let bytes = tokens.encode(CredentialsFormat::Writable);
    let pushed = PushedTokens {
        credentials: base64::encode(bytes.expose()),
        valid_until: u64::try_from(until.as_millis()).unwrap_or(u64::MAX),
    };
    let body = serde_json::to_value(&pushed).map_err(CliError::failed)?;
    application.api.send("POST", TOKENS, Some(&body))?;
    Ok(pushed.valid_until)
}
