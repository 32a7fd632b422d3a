//! The threads of this process for logins, tokens and RPC: one small runtime, started by the first who needs it.
//!
//! Callers are ordinary threads that may wait (see `storage`: its trait is synchronous).

use std::future::Future;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;

use tokio::runtime::{Handle, Runtime};

use crate::HadoopError;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The runtime.
///
/// # Errors
/// When the system gives no threads.
pub fn handle() -> Result<Handle, HadoopError> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(2)
        .thread_name("hadoop")
        .enable_all()
        .build()
        .map_err(|error| HadoopError::System {
            what: "no threads for Hadoop",
            error,
        })?;
    // Somebody may have been faster; the second runtime has done nothing yet.
    Ok(RUNTIME.get_or_init(|| runtime).handle().clone())
}

/// Runs a future there and waits for it, on a thread that may wait.
///
/// # Errors
/// When the system gives no threads, or the future panicked.
pub fn wait<T, F>(future: F) -> Result<T, HadoopError>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (answer, answered) = sync_channel(1);
    handle()?.spawn(async move {
        // The caller waits until here.
        let _ = answer.send(future.await);
    });
    answered.recv().map_err(|_| HadoopError::System {
        what: "a call to Hadoop did not come to an end",
        error: std::io::Error::other("it panicked; the log has its words"),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_the_answer_even_in_another_runtime() {
        assert_eq!(wait(async { 7 }).unwrap(), 7);
        let other = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _entered = other.enter();
        assert_eq!(wait(async { 8 }).unwrap(), 8);
        let lost = wait(async { panic!("expected by the test") as () });
        assert!(lost.is_err());
    }
}
