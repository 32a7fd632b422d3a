//! The server's side, as Hadoop's servers have it. Clients are tested against it.

use super::layer::Layer;
use super::{ALL, MAX_BUFFER, NAME, bit, layers_message, mechanism, parse_layers, wrong};
use crate::kerberos::gss::{Context, Credential};
use crate::sasl::{Qop, SaslError, SaslUnwrap, SaslWrap};

/// A GSSAPI server.
pub struct GssapiServer {
    offered: Vec<Qop>,
    state: State,
}

enum State {
    Establishing(Context),
    /// Established; the client still has to answer with nothing before layers are offered.
    Established(Context),
    Offered(Context),
    Complete {
        client: String,
        qop: Qop,
        layer: Option<Layer>,
    },
    Failed,
}

impl GssapiServer {
    /// A server with the keys of a keytab that offers the given protection levels.
    ///
    /// # Errors
    /// If the keytab cannot be used.
    pub fn new(keytab: &str, offered: &[Qop]) -> Result<Self, SaslError> {
        let credential = Credential::of_server(keytab).map_err(mechanism)?;
        let context = Context::server(credential).map_err(mechanism)?;
        Ok(GssapiServer {
            offered: offered.to_vec(),
            state: State::Establishing(context),
        })
    }

    /// Takes a message of the client's and gives the answer; `None` when all is agreed on.
    ///
    /// # Errors
    /// If the client is not who it says, or takes what was not offered.
    pub fn step(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>, SaslError> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Establishing(mut context) => {
                let answer = context.step(message).map_err(mechanism)?;
                if !context.is_established() {
                    self.state = State::Establishing(context);
                    Ok(Some(answer))
                } else if answer.is_empty() {
                    self.offer(context).map(Some)
                } else {
                    self.state = State::Established(context);
                    Ok(Some(answer))
                }
            }
            State::Established(context) => self.offer(context).map(Some),
            State::Offered(mut context) => {
                let (choice, _) = context.unwrap(message).map_err(mechanism)?;
                let (bits, buffer) = parse_layers(&choice)?;
                let chosen = ALL
                    .into_iter()
                    .find(|qop| bit(*qop) == bits && self.offered.contains(qop));
                let qop =
                    chosen.ok_or_else(|| wrong("the client takes a layer that was not offered"))?;
                let (client, _) = context.names().map_err(mechanism)?;
                self.state = State::Complete {
                    client,
                    qop,
                    layer: Layer::new(context, qop, buffer)?,
                };
                Ok(None)
            }
            State::Complete { .. } | State::Failed => Err(SaslError::State {
                mechanism: NAME,
                reason: "the negotiation is over",
            }),
        }
    }

    fn offer(&mut self, mut context: Context) -> Result<Vec<u8>, SaslError> {
        let bits = self.offered.iter().fold(0, |all, qop| all | bit(*qop));
        let buffer = if bits == bit(Qop::Auth) {
            0
        } else {
            MAX_BUFFER
        };
        let offer = context
            .wrap(&layers_message(bits, buffer), false)
            .map_err(mechanism)?;
        self.state = State::Offered(context);
        Ok(offer)
    }

    /// The client that proved itself, and what was agreed on.
    #[must_use]
    pub fn outcome(&self) -> Option<(&str, Qop)> {
        match &self.state {
            State::Complete { client, qop, .. } => Some((client, *qop)),
            _ => None,
        }
    }

    /// The two directions of the layer, if one was agreed on.
    #[must_use]
    pub fn split(self) -> Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)> {
        match self.state {
            State::Complete {
                layer: Some(layer), ..
            } => Some(layer.halves()),
            _ => None,
        }
    }
}
