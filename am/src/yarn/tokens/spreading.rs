//! Where fresh tokens go: to this process, to the workers of jobs that run, and into the launches of later containers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_security::hadoop::{Credentials, CredentialsFormat};
use alpheus_security::tokens::TokenManager;
use alpheus_worker::control::FreshTokens;
use tokio::runtime::Handle;

use crate::event::{Event, EventSender};
use crate::yarn::container::{ContainerEnvironment, named_tokens};
use crate::yarn::launcher::WorkerLauncher;

/// Whose workers get fresh tokens: the jobs that run. Clones are one list.
#[derive(Clone, Default)]
pub struct TokenListeners(Arc<Mutex<BTreeMap<JobId, EventSender>>>);

impl TokenListeners {
    /// A job starts.
    pub fn add(&self, job: JobId, events: EventSender) {
        self.lock().insert(job, events);
    }

    /// A job has ended.
    pub fn remove(&self, job: JobId) {
        self.lock().remove(&job);
    }

    fn tell(&self, tokens: &FreshTokens) {
        for events in self.lock().values() {
            events.send(Event::Tokens(tokens.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<JobId, EventSender>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tokens that new containers get.
pub type SharedTokens = Arc<RwLock<Credentials>>;

/// Where fresh tokens go.
pub(super) struct Destination {
    pub container: ContainerEnvironment,
    pub conf: HadoopConf,
    pub name_spaces: Vec<String>,
    pub shared: SharedTokens,
    pub listeners: TokenListeners,
}

/// Passes on what the manager publishes, as long as it does.
pub(super) fn spread(manager: &Arc<TokenManager>, destination: Destination, runtime: &Handle) {
    let mut published = manager.subscribe();
    runtime.spawn(async move {
        while published.changed().await.is_ok() {
            let tokens = WorkerLauncher::tokens_of(&published.borrow_and_update());
            destination.take(tokens);
        }
    });
}

impl Destination {
    fn take(&self, tokens: Credentials) {
        let named = named_tokens(&tokens, &self.conf, &self.name_spaces);
        if let Err(error) = named.and_then(|named| self.container.keep(&named)) {
            tracing::error!(%error, "this process cannot use its new tokens");
        }
        let bytes = tokens.encode(CredentialsFormat::Writable);
        self.listeners.tell(&FreshTokens(bytes.expose().to_vec()));
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }
}
