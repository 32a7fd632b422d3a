//! Calls that wait for their answers, and the state of the connection they wait on.
//!
//! Invariant: once a connection is closed nothing is pending and nothing can become so; every waiter learns why.

use crate::error::RpcError;
use crate::wire::{CallId, Response, WireError};
use alpheus_hadoop_conf::hadoop::HostPort;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, oneshot};

/// The answer that a waiter gets.
pub(crate) type Answer = Result<Response, RpcError>;

struct Waiter {
    answer: oneshot::Sender<Answer>,
    /// Whether the call's bytes may have reached the server.
    sent: bool,
}

/// Why a connection ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// The peer or the network; in words.
    Lost(String),
    /// The peer sent what it must not send.
    Wire(WireError),
    /// The peer threw us out.
    Fatal(crate::error::RemoteException),
    /// Nobody used it.
    Idle,
}

impl Ending {
    pub(crate) fn into_error(self, server: &HostPort, sent: bool) -> RpcError {
        let server = server.clone();
        match self {
            Self::Lost(reason) => RpcError::Lost {
                server,
                reason,
                sent,
            },
            Self::Wire(source) => RpcError::Wire { server, source },
            Self::Fatal(exception) => RpcError::Remote { server, exception },
            Self::Idle => RpcError::Lost {
                server,
                reason: "it was closed because nobody used it".into(),
                sent: false,
            },
        }
    }
}

struct State {
    waiting: HashMap<CallId, Waiter>,
    ending: Option<Ending>,
    heard: Instant,
}

/// The calls of one connection.
pub(crate) struct Pending {
    server: HostPort,
    state: Mutex<State>,
    ended: Notify,
}

impl Pending {
    pub(crate) fn new(server: HostPort) -> Self {
        Self {
            server,
            state: Mutex::new(State {
                waiting: HashMap::new(),
                ending: None,
                heard: Instant::now(),
            }),
            ended: Notify::new(),
        }
    }

    /// Starts waiting for an answer; fails when the connection has ended.
    pub(crate) fn register(&self, id: CallId) -> Result<oneshot::Receiver<Answer>, RpcError> {
        let mut state = self.lock();
        if let Some(ending) = &state.ending {
            return Err(ending.clone().into_error(&self.server, false));
        }
        let (answer, receiver) = oneshot::channel();
        state.waiting.insert(
            id,
            Waiter {
                answer,
                sent: false,
            },
        );
        Ok(receiver)
    }

    /// Notes that a call's bytes are about to go out. False when nobody waits for it any more: then it need not be sent.
    pub(crate) fn sending(&self, id: CallId) -> bool {
        match self.lock().waiting.get_mut(&id) {
            Some(waiter) if !waiter.answer.is_closed() => {
                waiter.sent = true;
                true
            }
            _ => false,
        }
    }

    /// Hands an answer to whoever waits for it.
    pub(crate) fn answer(&self, id: CallId, answer: Answer) {
        let waiter = self.lock().waiting.remove(&id);
        if let Some(waiter) = waiter {
            // The caller may have given up meanwhile.
            let _ = waiter.answer.send(answer);
        }
    }

    /// Stops waiting.
    pub(crate) fn forget(&self, id: CallId) {
        self.lock().waiting.remove(&id);
    }

    /// Notes that bytes arrived.
    pub(crate) fn heard(&self) {
        self.lock().heard = Instant::now();
    }

    /// Whether anything arrived since then.
    pub(crate) fn heard_since(&self, then: Instant) -> bool {
        self.lock().heard >= then
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    /// Ends the connection if nobody waits. Returns whether it is ended.
    pub(crate) fn end_if_idle(&self) -> bool {
        let mut state = self.lock();
        if state.ending.is_none() && state.waiting.is_empty() {
            state.ending = Some(Ending::Idle);
        }
        state.ending.is_some()
    }

    /// Ends the connection and tells everyone why. The first reason stands.
    pub(crate) fn end(&self, ending: Ending) {
        let waiting = {
            let mut state = self.lock();
            if state.ending.is_none() {
                state.ending = Some(ending.clone());
            }
            std::mem::take(&mut state.waiting)
        };
        self.ended.notify_one();
        for waiter in waiting.into_values() {
            let error = ending.clone().into_error(&self.server, waiter.sent);
            let _ = waiter.answer.send(Err(error));
        }
    }

    /// Returns when the connection has ended. For one task only.
    pub(crate) async fn until_ended(&self) {
        self.ended.notified().await;
    }

    /// Whether the connection has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.lock().ending.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
