//! A negotiation within asynchronous code: steps that may wait for a KDC run on threads of their own.

use super::{SaslClient, SaslError};
use crate::threads;

/// A client's negotiation.
pub struct Negotiation {
    /// `None` only while a step runs elsewhere, or if that step was abandoned.
    client: Option<Box<dyn SaslClient>>,
    mechanism: &'static str,
}

impl Negotiation {
    /// Takes a client over.
    #[must_use]
    pub fn new(client: Box<dyn SaslClient>) -> Self {
        let mechanism = client.mechanism();
        Negotiation {
            client: Some(client),
            mechanism,
        }
    }

    /// The mechanism's name.
    #[must_use]
    pub fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// As [`SaslClient::step`], without holding the calling thread up. If the future is dropped before its end, the
    /// negotiation cannot go on.
    ///
    /// # Errors
    /// As [`SaslClient::step`].
    pub async fn step(&mut self, challenge: Vec<u8>) -> Result<Vec<u8>, SaslError> {
        let mut client = self.client.take().ok_or(self.abandoned())?;
        if !client.may_block() {
            let response = client.step(&challenge);
            self.client = Some(client);
            return response;
        }
        let stepped = threads::run(move || {
            let response = client.step(&challenge);
            (client, response)
        });
        let (client, response) = stepped.await.map_err(|e| SaslError::Mechanism {
            mechanism: self.mechanism,
            reason: e.to_string(),
        })?;
        self.client = Some(client);
        response
    }

    /// Whether this side is content.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.client
            .as_ref()
            .is_some_and(|client| client.is_complete())
    }

    /// The client, for its layer.
    ///
    /// # Errors
    /// If the negotiation is not complete.
    pub fn finish(self) -> Result<Box<dyn SaslClient>, SaslError> {
        match self.client {
            Some(client) if client.is_complete() => Ok(client),
            _ => Err(SaslError::State {
                mechanism: self.mechanism,
                reason: "the negotiation is not complete",
            }),
        }
    }

    fn abandoned(&self) -> SaslError {
        SaslError::State {
            mechanism: self.mechanism,
            reason: "an earlier step was abandoned",
        }
    }
}
