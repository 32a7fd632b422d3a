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
use super::{AuthMethod, Authenticator};
use crate::connection::stream::FrameStream;
use crate::error::{RemoteException, RpcError};
use crate::protocol::Target;
use crate::wire::messages::{STATUS_SUCCESS, Sasl, SaslAuth, SaslState};
use crate::wire::{CallId, WireError, decode, encode};
use alpheus_security::sasl::{Negotiation, SaslClient, SaslUnwrap, SaslWrap};
use alpheus_security::threads;
use std::sync::Arc;

/// The two directions of a layer.
pub(crate) type Layer = (Box<dyn SaslWrap>, Box<dyn SaslUnwrap>);

/// How the conversation ended.
pub(crate) struct Session {
    /// How the server knows us.
    pub method: AuthMethod,
    /// The two directions of the layer that seals everything that follows, if one was agreed on.
    pub sealing: Option<Layer>,
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
    let Some((choice, client)) = start(target, identity, &message.auths).await? else {
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
    let refused = |e| refused_because(target, &e);
    let offer = &message.auths[choice.at];
    let first = offer
        .challenge
        .clone()
        .or_else(|| client.has_initial_response().then(Vec::new));
    let mut talk = Negotiation::new(client);
    let answer = match first {
        Some(challenge) => talk.step(challenge).await.map_err(refused)?,
        None => Vec::new(),
    };
    send(
        stream,
        SaslState::Initiate,
        Some(answer),
        vec![without_challenge(offer)],
    )
    .await?;
    loop {
        let (state, message) = receive(stream, target).await?;
        match state {
            SaslState::Challenge => {
                let challenge = message.token.unwrap_or_default();
                let answer = talk.step(challenge).await.map_err(refused)?;
                // A response must carry a token, even an empty one.
                send(stream, SaslState::Response, Some(answer), Vec::new()).await?;
            }
            SaslState::Success => {
                if let Some(last) = message.token {
                    talk.step(last).await.map_err(refused)?;
                }
                if !talk.is_complete() {
                    let why = "the server claims success before it has proven who it is";
                    return Err(refused_because(target, &why));
                }
                let client = talk.finish().map_err(refused)?;
                return Ok(Session {
                    method: choice.method,
                    sealing: client.split(),
                });
            }
            other => return Err(unexpected(target, other)),
        }
    }
}

/// Decides, and makes the mechanism; `None` when it is to be no mechanism at all.
async fn start(
    target: &Target,
    identity: &Arc<dyn Authenticator>,
    offers: &[SaslAuth],
) -> Result<Option<(Choice, Box<dyn SaslClient>)>, RpcError> {
    let token = match take(offers, AuthMethod::Token) {
        Some((offer, _)) => identity
            .token(target, &offer)
            .map_err(|e| refused_because(target, &e))?,
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
        AuthMethod::Token => Ok(token.map(|client| (choice, client))),
        AuthMethod::Kerberos => {
            let principal = server_principal(target, &offers[choice.at])?;
            let identity = Arc::clone(identity);
            let made = threads::run(move || identity.kerberos(&principal))
                .await
                .map_err(|e| RpcError::Local(e.to_string()))?;
            Ok(Some((
                choice,
                made.map_err(|e| refused_because(target, &e))?,
            )))
        }
    }
}

/// Whom to get a ticket for, once the server's own word has been checked.
fn server_principal(target: &Target, offer: &SaslAuth) -> Result<String, RpcError> {
    let service = offer.protocol.as_deref().unwrap_or_default();
    let host = offer.server_id.as_deref().unwrap_or_default();
    let expected = target.principal.as_ref().ok_or_else(|| {
        refused_because(
            target,
            &format!("{} is not for Kerberos", target.protocol.name),
        )
    })?;
    expected
        .check(service, host, target.server.host.as_str())
        .map_err(|e| RpcError::Authentication {
            server: target.server.clone(),
            reason: format!(
                "{e}; if that is right, correct the principal in the configuration (or its .pattern)"
            ),
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

fn refused_because(target: &Target, error: &dyn std::fmt::Display) -> RpcError {
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
