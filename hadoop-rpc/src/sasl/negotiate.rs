//! The SASL conversation that opens a connection.
//!
//! ```text
//! client  NEGOTIATE
//! server  NEGOTIATE(offers)                 or SUCCESS: no security here
//! client  INITIATE(the offer taken, token)
//! server  CHALLENGE(token)   client  RESPONSE(token)     as often as the mechanism wants
//! server  SUCCESS(last token?)
//! ```
//!
//! A server that says SUCCESS before the mechanism is content has not proven itself and is refused. Mechanisms run on blocking
//! threads, because Kerberos may wait for a KDC.

use super::choose::{self, Choice, Possessions};
use super::{AuthMethod, Authenticator, SaslError, SaslMechanism};
use crate::connection::stream::FrameStream;
use crate::error::{RemoteException, RpcError};
use crate::protocol::Target;
use crate::wire::messages::{STATUS_SUCCESS, Sasl, SaslAuth, SaslState};
use crate::wire::{CallId, WireError, decode, encode};
use std::sync::Arc;

/// How the conversation ended.
pub(crate) struct Session {
    /// How the server knows us.
    pub method: AuthMethod,
    /// The mechanism, when everything that follows is sealed by it.
    pub sealing: Option<Box<dyn SaslMechanism>>,
}

/// Talks until the server is content, or fails. The preamble has been sent.
pub(crate) async fn negotiate(
    stream: &mut FrameStream,
    target: &Target,
    identity: &Arc<dyn Authenticator>,
) -> Result<Session, RpcError> {
    send(stream, SaslState::Negotiate, None, Vec::new()).await?;
    let (state, message) = receive(stream, target).await?;
    match state {
        SaslState::Success => return without_security(target, identity.as_ref()),
        SaslState::Negotiate => {}
        other => return Err(unexpected(target, other)),
    }
    let Some((choice, mut mechanism)) = start(target, identity, &message.auths).await? else {
        // Believed without proof: the stream goes on as if there had been no conversation.
        let offer = take(&message.auths, AuthMethod::Simple).map(|(offer, _)| offer);
        send(
            stream,
            SaslState::Initiate,
            None,
            offer.into_iter().collect(),
        )
        .await?;
        return Ok(Session {
            method: AuthMethod::Simple,
            sealing: None,
        });
    };
    let offer = &message.auths[choice.at];
    let first = step(target, &mut mechanism, offer.challenge.clone()).await?;
    send(
        stream,
        SaslState::Initiate,
        Some(first.unwrap_or_default()),
        vec![without_challenge(offer)],
    )
    .await?;
    loop {
        let (state, message) = receive(stream, target).await?;
        match state {
            SaslState::Challenge => {
                let answer = step(
                    target,
                    &mut mechanism,
                    Some(message.token.unwrap_or_default()),
                )
                .await?;
                // A response must carry a token, even an empty one.
                send(
                    stream,
                    SaslState::Response,
                    Some(answer.unwrap_or_default()),
                    Vec::new(),
                )
                .await?;
            }
            SaslState::Success => {
                if let Some(last) = message.token {
                    step(target, &mut mechanism, Some(last)).await?;
                }
                return finish(target, choice, mechanism);
            }
            other => return Err(unexpected(target, other)),
        }
    }
}

type Mechanism = Option<Box<dyn SaslMechanism>>;

/// Decides, and makes the mechanism; `None` when it is to be no mechanism at all.
async fn start(
    target: &Target,
    identity: &Arc<dyn Authenticator>,
    offers: &[SaslAuth],
) -> Result<Option<(Choice, Mechanism)>, RpcError> {
    let token = match take(offers, AuthMethod::Token) {
        Some((offer, _)) => identity
            .token(target, &offer.mechanism)
            .map_err(|e| refused(target, &e))?,
        None => None,
    };
    let have = Possessions {
        token: token.is_some(),
        kerberos: target.principal.is_some() && identity.has_kerberos(),
        simple: identity.allow_simple(),
    };
    let choice = choose::choose(offers, have).ok_or_else(|| RpcError::Authentication {
        server: target.server.clone(),
        reason: choose::explain(offers, have),
    })?;
    match choice.method {
        AuthMethod::Simple => Ok(None),
        AuthMethod::Token => Ok(Some((choice, token))),
        AuthMethod::Kerberos => {
            let principal = server_principal(target, &offers[choice.at])?;
            let identity = Arc::clone(identity);
            let made = blocking(move || identity.kerberos(&principal)).await?;
            Ok(Some((choice, Some(made.map_err(|e| refused(target, &e))?))))
        }
    }
}

/// Whom to get a ticket for, once the server's own word has been checked.
fn server_principal(target: &Target, offer: &SaslAuth) -> Result<String, RpcError> {
    let service = offer.protocol.as_deref().unwrap_or_default();
    let host = offer.server_id.as_deref().unwrap_or_default();
    let expected = target.principal.as_ref().ok_or_else(|| {
        refused(
            target,
            &SaslError(format!("{} is not for Kerberos", target.protocol.name)),
        )
    })?;
    expected
        .check(service, host, target.server.host())
        .map_err(|e| RpcError::Authentication {
            server: target.server.clone(),
            reason: format!(
                "{e}; if that is right, correct the principal in the configuration (or its .pattern)"
            ),
        })
}

fn finish(target: &Target, choice: Choice, mechanism: Mechanism) -> Result<Session, RpcError> {
    let mechanism =
        mechanism
            .filter(|m| m.is_complete())
            .ok_or_else(|| RpcError::Authentication {
                server: target.server.clone(),
                reason: "the server claims success before it has proven who it is".into(),
            })?;
    Ok(Session {
        method: choice.method,
        sealing: mechanism.wrap_limit().is_some().then_some(mechanism),
    })
}

fn without_security(target: &Target, identity: &dyn Authenticator) -> Result<Session, RpcError> {
    if !identity.allow_simple() {
        return Err(RpcError::Authentication {
            server: target.server.clone(),
            reason: choose::explain(
                &[],
                Possessions {
                    token: false,
                    kerberos: false,
                    simple: false,
                },
            ),
        });
    }
    Ok(Session {
        method: AuthMethod::Simple,
        sealing: None,
    })
}

fn take(offers: &[SaslAuth], wanted: AuthMethod) -> Option<(SaslAuth, usize)> {
    offers
        .iter()
        .enumerate()
        .find(|(_, offer)| choose::method(offer) == Some(wanted))
        .map(|(at, offer)| (without_challenge(offer), at))
}

/// The server looks the client's choice up in its list of offers, where none has a challenge.
fn without_challenge(offer: &SaslAuth) -> SaslAuth {
    SaslAuth {
        challenge: None,
        ..offer.clone()
    }
}

async fn step(
    target: &Target,
    mechanism: &mut Mechanism,
    challenge: Option<Vec<u8>>,
) -> Result<Option<Vec<u8>>, RpcError> {
    let Some(mut taken) = mechanism.take() else {
        return Err(RpcError::Local(
            "a SASL mechanism was lost by its thread".into(),
        ));
    };
    let (taken, answer) = blocking(move || {
        let answer = taken.step(challenge.as_deref());
        (taken, answer)
    })
    .await?;
    *mechanism = Some(taken);
    answer.map_err(|e| refused(target, &e))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RpcError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| RpcError::Local(format!("a thread for authentication died: {e}")))
}

async fn send(
    stream: &mut FrameStream,
    state: SaslState,
    token: Option<Vec<u8>>,
    auths: Vec<SaslAuth>,
) -> Result<(), RpcError> {
    let message = Sasl {
        version: None,
        state: state.to_wire(),
        token,
        auths,
    };
    stream.send(&encode::sasl_request(&message)).await
}

async fn receive(stream: &mut FrameStream, target: &Target) -> Result<(SaslState, Sasl), RpcError> {
    let wire = |source| RpcError::Wire {
        server: target.server.clone(),
        source,
    };
    let response = decode::response(stream.receive().await?).map_err(wire)?;
    if response.header.status != STATUS_SUCCESS {
        return Err(RpcError::Remote {
            server: target.server.clone(),
            exception: RemoteException::new(
                response.header.exception_class_name,
                response.header.error_msg,
                response.header.error_detail,
                true,
            ),
        });
    }
    if response.call_id() != CallId::SASL {
        return Err(wire(WireError::Unexpected(format!(
            "an answer to call {} during authentication",
            response.call_id().0
        ))));
    }
    decode::sasl(response.body).map_err(wire)
}

fn refused(target: &Target, error: &SaslError) -> RpcError {
    RpcError::Authentication {
        server: target.server.clone(),
        reason: error.to_string(),
    }
}

fn unexpected(target: &Target, state: SaslState) -> RpcError {
    RpcError::Wire {
        server: target.server.clone(),
        source: WireError::Unexpected(format!("SASL state {state:?}")),
    }
}
