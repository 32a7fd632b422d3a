//! The layer: both directions share one security context, which is used under a lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{NAME, mechanism};
use crate::kerberos::gss::Context;
use crate::sasl::{Qop, SaslError, SaslUnwrap, SaslWrap};

/// An established context with what was agreed on.
#[derive(Clone)]
pub(super) struct Layer {
    context: Arc<Mutex<Context>>,
    encrypt: bool,
    limit: usize,
}

impl Layer {
    /// `None` for a level that needs none. `peer_buffer` is the largest wrapped message that the other side takes.
    pub(super) fn new(
        context: Context,
        qop: Qop,
        peer_buffer: u32,
    ) -> Result<Option<Self>, SaslError> {
        if qop == Qop::Auth {
            return Ok(None);
        }
        let encrypt = qop == Qop::Confidentiality;
        let limit = context
            .wrap_limit(encrypt, peer_buffer)
            .map_err(mechanism)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Some(Layer {
            context: Arc::new(Mutex::new(context)),
            encrypt,
            limit,
        }))
    }

    fn context(&self) -> MutexGuard<'_, Context> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn halves(self) -> (Box<dyn SaslWrap>, Box<dyn SaslUnwrap>) {
        (Box::new(self.clone()), Box::new(self))
    }
}

impl SaslWrap for Layer {
    fn wrap_limit(&self) -> usize {
        self.limit
    }

    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        if message.len() > self.limit {
            return Err(SaslError::State {
                mechanism: NAME,
                reason: "the message is larger than the wrap limit",
            });
        }
        self.context()
            .wrap(message, self.encrypt)
            .map_err(mechanism)
    }
}

impl SaslUnwrap for Layer {
    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        let bad = |reason: String| SaslError::Integrity {
            mechanism: NAME,
            reason,
        };
        let (plain, encrypted) = self
            .context()
            .unwrap(message)
            .map_err(|e| bad(e.to_string()))?;
        if self.encrypt && !encrypted {
            return Err(bad(
                "it is not encrypted, though that was agreed on".to_owned()
            ));
        }
        Ok(plain)
    }
}
