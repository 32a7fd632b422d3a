//! What stands between callers and the library: a runtime of its own, time limits, caught panics, further tries.
//!
//! Callers are ordinary threads and wait; the library's futures run as tasks here. A task that panics is an error to its caller
//! and nothing to the others. A task that exceeds its time is aborted and its client forgotten: the connection underneath may hang.

use super::clients::Clients;
use super::failure::{Again, again, explain, other};
use crate::Result;
use crate::error::StorageError;
use crate::location::Location;
use hdfs_native::{Client, HdfsError};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};

/// Time limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For one call.
    pub call: Duration,
    /// For a call with all further tries.
    pub tries: Duration,
    /// The first pause between two tries; it doubles.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(60),
            tries: Duration::from_secs(180),
            pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// Whether a call may be made again when it may have been executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safety {
    /// Twice is once.
    Repeatable,
    /// Only the caller can tell.
    Once,
}

/// How a guarded call failed.
#[derive(Debug)]
enum Failure {
    /// The library's error.
    Hdfs(HdfsError),
    /// It took too long.
    Slow,
    /// The library panicked.
    Panic(String),
}

#[derive(Clone, Debug)]
pub(super) struct Guard {
    clients: Arc<Clients>,
    runtime: Arc<Owned>,
    pub(super) limits: Limits,
}

/// A runtime that can be dropped anywhere: its threads end by themselves.
#[derive(Debug)]
struct Owned(Option<Runtime>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Guard {
    pub(super) fn new(clients: Arc<Clients>, limits: Limits) -> io::Result<Self> {
        // The library calls Kerberos on these threads, so one alone would hold everyone up.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .thread_name("hdfs")
            .enable_all()
            .build()?;
        Ok(Self {
            clients,
            runtime: Arc::new(Owned(Some(runtime))),
            limits,
        })
    }

    fn handle(&self) -> io::Result<&Handle> {
        let running = self.runtime.0.as_ref().map(Runtime::handle);
        running.ok_or_else(|| io::Error::other("the threads for HDFS have ended"))
    }

    /// Makes a call on the client of a location's name space, with its path, as often as sensible.
    pub(super) fn call<T, F, Make>(
        &self,
        location: &Location,
        safety: Safety,
        make: Make,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = std::result::Result<T, HdfsError>> + Send + 'static,
        Make: Fn(Client, String) -> F,
    {
        let began = Instant::now();
        let mut pause = self.limits.pause;
        loop {
            let (authority, path) = (location.authority().to_owned(), location.path().to_owned());
            let outcome = self
                .client(&authority)
                .and_then(|client| self.once(self.limits.call, make(client, path)));
            let failure = match outcome {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            if matches!(failure, Failure::Slow) {
                self.clients.forget(&authority);
            }
            let repeatable = match &failure {
                Failure::Hdfs(error) => match again(error) {
                    Again::Yes => true,
                    Again::PerhapsDone => safety == Safety::Repeatable,
                    Again::No => false,
                },
                Failure::Slow => safety == Safety::Repeatable,
                Failure::Panic(_) => false,
            };
            if !repeatable || began.elapsed() + pause > self.limits.tries {
                return Err(self.error(location, failure));
            }
            tracing::debug!(%location, ?failure, "HDFS call failed; trying again");
            std::thread::sleep(pause);
            pause = (pause * 2).min(self.limits.longest_pause);
        }
    }

    /// Makes one attempt at something that is not tied to a client, with a time limit.
    pub(super) fn attempt<T, F>(&self, location: &Location, limit: Duration, future: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = std::result::Result<T, HdfsError>> + Send + 'static,
    {
        self.once(limit, future)
            .map_err(|failure| self.error(location, failure))
    }

    fn client(&self, authority: &str) -> std::result::Result<Client, Failure> {
        let (clients, authority) = (Arc::clone(&self.clients), authority.to_owned());
        let handle = self.handle().map_err(|e| Failure::Hdfs(e.into()))?.clone();
        self.once(
            self.limits.call,
            async move { clients.get(&authority, &handle) },
        )
    }

    /// The complete name of a location's name space.
    pub(super) fn full_authority(&self, location: &Location) -> Result<String> {
        let authority = self.clients.full_authority(location.authority());
        authority.map_err(|error| explain(location, error))
    }

    /// Runs a future as a task and waits for it, on whatever thread this is.
    fn once<T, F>(&self, limit: Duration, future: F) -> std::result::Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = std::result::Result<T, HdfsError>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let handle = self.handle().map_err(|e| Failure::Hdfs(e.into()))?;
        let task = handle.spawn(future);
        let abort = task.abort_handle();
        handle.spawn(async move {
            // The caller may have given up.
            let _ = sender.send(task.await);
        });
        match receiver.recv_timeout(limit) {
            Ok(Ok(outcome)) => outcome.map_err(Failure::Hdfs),
            Ok(Err(join)) => Err(Failure::Panic(words(join))),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                abort.abort();
                Err(Failure::Slow)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(Failure::Panic("its threads have ended".into()))
            }
        }
    }

    /// Starts a task that outlives the call.
    pub(super) fn spawn(
        &self,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        self.handle()?.spawn(future);
        Ok(())
    }

    fn error(&self, location: &Location, failure: Failure) -> StorageError {
        match failure {
            Failure::Hdfs(error) => explain(location, error),
            Failure::Slow => StorageError::Unavailable {
                location: location.clone(),
                detail: format!("no answer within {} s", self.limits.call.as_secs_f32()),
            },
            Failure::Panic(words) => other(
                location.clone(),
                format!("the HDFS library failed: {words}"),
            ),
        }
    }
}

fn words(join: tokio::task::JoinError) -> String {
    match join.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => text.clone(),
            (_, Some(text)) => (*text).to_owned(),
            _ => "it panicked".to_owned(),
        },
        Err(join) => join.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::clients::HdfsUser;
    use super::*;
    use alpheus_hadoop_conf::Environment;
    use alpheus_hadoop_conf::hadoop::HadoopConf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn guard() -> Guard {
        let conf = HadoopConf::empty(Environment::of(&[]));
        let limits = Limits {
            pause: Duration::from_millis(1),
            ..Limits::default()
        };
        Guard::new(
            Clients::new(&conf, HdfsUser::Simple("alice".into())),
            limits,
        )
        .unwrap()
    }

    fn at() -> Location {
        "hdfs://localhost:1/x".parse().unwrap()
    }

    fn lost() -> HdfsError {
        HdfsError::IOError(io::ErrorKind::ConnectionReset.into())
    }

    #[test]
    fn a_panic_is_an_error() {
        let error = guard()
            .call(&at(), Safety::Repeatable, |_, _| async {
                panic!("expected by the test") as std::result::Result<(), HdfsError>
            })
            .unwrap_err();
        assert!(
            error.to_string().contains("expected by the test"),
            "{error}"
        );
    }

    #[test]
    fn what_hangs_is_given_up() {
        let mut guard = guard();
        guard.limits.call = Duration::from_millis(20);
        let forever = std::future::pending::<std::result::Result<(), HdfsError>>;
        let error = guard
            .call(&at(), Safety::Once, |_, _| forever())
            .unwrap_err();
        assert!(
            error.is_transient() && error.to_string().contains("no answer"),
            "{error}"
        );
    }

    #[test]
    fn what_may_be_repeated_is_and_nothing_else() {
        for (safety, expected) in [(Safety::Repeatable, 3), (Safety::Once, 1)] {
            let calls = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&calls);
            let outcome = guard().call(&at(), safety, move |_, _| {
                let call = count.fetch_add(1, Ordering::SeqCst);
                async move { if call < 2 { Err(lost()) } else { Ok(call) } }
            });
            assert_eq!(outcome.is_ok(), safety == Safety::Repeatable);
            assert_eq!(calls.load(Ordering::SeqCst), expected);
        }
    }
}
