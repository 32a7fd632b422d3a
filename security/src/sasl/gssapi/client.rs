//! The client's side.

use std::sync::{Arc, PoisonError, RwLock};

use super::layer::Layer;
use super::{ALL, MAX_BUFFER, NAME, bit, layers_message, mechanism, parse_layers, wrong};
use crate::kerberos::KerberosError;
use crate::kerberos::gss::{Context, Credential, Name};
use crate::sasl::{Qop, SaslClient, SaslError, SaslUnwrap, SaslWrap};

/// A GSSAPI client. [`crate::kerberos::Login::gssapi`] makes it.
pub struct GssapiClient {
    cache: Option<String>,
    storing: Arc<RwLock<()>>,
    server: String,
    accepted: Vec<Qop>,
    server_name: Option<String>,
    state: State,
}

enum State {
    Start,
    /// Messages of the security context are exchanged.
    Establishing(Context),
    /// The server's offer of layers is awaited.
    Offered(Context),
    Complete {
        qop: Qop,
        layer: Option<Layer>,
    },
    Failed,
}

impl GssapiClient {
    /// A client that takes its tickets from a cache (`None`: the default one) under a lock that whoever rewrites the
    /// cache holds for writing.
    #[must_use]
    pub fn new(
        cache: Option<String>,
        storing: Arc<RwLock<()>>,
        server_principal: &str,
        accepted: &[Qop],
    ) -> Self {
        GssapiClient {
            cache,
            storing,
            server: server_principal.to_owned(),
            accepted: accepted.to_vec(),
            server_name: None,
            state: State::Start,
        }
    }

    fn start(&self) -> Result<Context, KerberosError> {
        Context::client(
            Credential::of_cache(self.cache.as_deref())?,
            Name::principal(&self.server)?,
        )
    }

    /// Gives the server's message to the context.
    fn establish(&mut self, mut context: Context, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        let response = {
            let _reading = self.storing.read().unwrap_or_else(PoisonError::into_inner);
            context.step(challenge).map_err(mechanism)?
        };
        if !context.is_established() {
            self.state = State::Establishing(context);
            return Ok(response);
        }
        if !context.is_mutual() {
            return Err(SaslError::ServerNotAuthenticated { mechanism: NAME });
        }
        let (_, server) = context.names().map_err(mechanism)?;
        // The library has proved this name; it must be the one that was asked for. Without a realm in what was
        // asked for the realm is krb5.conf's.
        let asked = if self.server.contains('@') {
            server.as_str()
        } else {
            server.split('@').next().unwrap_or_default()
        };
        if asked != self.server {
            return Err(SaslError::WrongServer {
                actual: server,
                expected: self.server.clone(),
            });
        }
        self.server_name = Some(server);
        self.state = State::Offered(context);
        Ok(response)
    }

    /// Answers the server's offer of layers.
    fn choose(&mut self, mut context: Context, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        let (offer, _) = context.unwrap(challenge).map_err(mechanism)?;
        let (bits, peer_buffer) = parse_layers(&offer)?;
        let offered: Vec<Qop> = ALL
            .into_iter()
            .filter(|qop| bits & bit(*qop) != 0)
            .collect();
        let qop = Qop::choose(&self.accepted, &offered).ok_or_else(|| SaslError::NoCommonQop {
            mechanism: NAME,
            offered: Qop::names(&offered),
            accepted: Qop::names(&self.accepted),
        })?;
        let buffer = if qop == Qop::Auth { 0 } else { MAX_BUFFER };
        let response = context
            .wrap(&layers_message(bit(qop), buffer), false)
            .map_err(mechanism)?;
        if qop != Qop::Auth && peer_buffer == 0 {
            return Err(wrong("it offers a layer and takes no message through it"));
        }
        let layer = Layer::new(context, qop, peer_buffer)?;
        self.state = State::Complete { qop, layer };
        Ok(response)
    }

    fn layer(&mut self) -> Result<&mut Layer, SaslError> {
        match &mut self.state {
            State::Complete {
                layer: Some(layer), ..
            } => Ok(layer),
            State::Complete { .. } => Err(SaslError::State {
                mechanism: NAME,
                reason: "no layer was agreed on",
            }),
            _ => Err(SaslError::State {
                mechanism: NAME,
                reason: "the negotiation is not complete",
            }),
        }
    }
}

impl SaslClient for GssapiClient {
    fn mechanism(&self) -> &'static str {
        NAME
    }

    fn has_initial_response(&self) -> bool {
        true
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Start => {
                let context = {
                    let _reading = self.storing.read().unwrap_or_else(PoisonError::into_inner);
                    self.start().map_err(mechanism)?
                };
                self.establish(context, challenge)
            }
            State::Establishing(context) => self.establish(context, challenge),
            State::Offered(context) => self.choose(context, challenge),
            State::Complete { qop, layer } => {
                // What a server adds to its success is empty here.
                self.state = State::Complete { qop, layer };
                if challenge.is_empty() {
                    Ok(Vec::new())
                } else {
                    Err(wrong("it goes on after the end"))
                }
            }
            State::Failed => Err(SaslError::State {
                mechanism: NAME,
                reason: "the negotiation has failed",
            }),
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete { .. })
    }

    fn qop(&self) -> Qop {
        match &self.state {
            State::Complete { qop, .. } => *qop,
            _ => Qop::Auth,
        }
    }

    fn wrap_limit(&self) -> usize {
        match &self.state {
            State::Complete {
                layer: Some(layer), ..
            } => layer.wrap_limit(),
            _ => 0,
        }
    }

    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        self.layer()?.wrap(message)
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        self.layer()?.unwrap(message)
    }

    fn split(self: Box<Self>) -> Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)> {
        match self.state {
            State::Complete {
                layer: Some(layer), ..
            } => Some(layer.halves()),
            _ => None,
        }
    }

    fn may_block(&self) -> bool {
        true
    }

    fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }
}
