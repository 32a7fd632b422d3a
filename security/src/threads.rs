//! Threads for calls into Kerberos libraries, which may wait for a KDC for a long time.
//!
//! Such calls must not run on threads that serve tasks or input and output, and a dead KDC must not eat threads
//! without bound: at most `LIMIT` calls run at once, each on a thread that ends when it has been idle for a while,
//! and the others wait their turn.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Most calls at once.
const LIMIT: usize = 8;
/// An idle thread ends after this time.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Pool {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    jobs: VecDeque::new(),
    threads: 0,
    idle: 0,
});
static WAKE: Condvar = Condvar::new();

/// The call did not come to an end: no thread could be started, or it panicked.
#[derive(Debug, thiserror::Error)]
#[error("a call into the Kerberos library did not come to an end")]
pub struct Lost;

fn pool() -> MutexGuard<'static, Pool> {
    // A panicking job holds no lock, so the pool is whole even if the lock is poisoned.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a call on one of the threads.
///
/// # Errors
/// If the call panicked or no thread could be started.
pub async fn run<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<T, Lost> {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move || {
        // The receiver is gone if nobody waits any more; the result is dropped then.
        let _ = answer.send(call());
    });
    submit(job)?;
    answered.await.map_err(|_| Lost)
}

fn submit(job: Job) -> Result<(), Lost> {
    let mut pool = pool();
    pool.jobs.push_back(job);
    if pool.idle >= pool.jobs.len() || pool.threads >= LIMIT {
        WAKE.notify_one();
        return Ok(());
    }
    match std::thread::Builder::new()
        .name("kerberos".to_owned())
        .spawn(work)
    {
        Ok(_) => pool.threads += 1,
        // With other threads alive the job will be done by one of them.
        Err(_) if pool.threads > 0 => {}
        Err(_) => {
            pool.jobs.pop_back();
            return Err(Lost);
        }
    }
    Ok(())
}

fn work() {
    let mut guard = pool();
    loop {
        if let Some(job) = guard.jobs.pop_front() {
            drop(guard);
            // A panic loses this call (its answer is dropped), not the thread.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            guard = pool();
            continue;
        }
        guard.idle += 1;
        let (woken, timeout) = WAKE
            .wait_timeout(guard, IDLE)
            .unwrap_or_else(PoisonError::into_inner);
        guard = woken;
        guard.idle -= 1;
        if timeout.timed_out() && guard.jobs.is_empty() {
            guard.threads -= 1;
            return;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn all_calls_are_done_and_never_too_many_at_once() {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let calls: Vec<_> = (0..50usize)
            .map(|i| {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(run(move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(1));
                    running.fetch_sub(1, Ordering::SeqCst);
                    i
                }))
            })
            .collect();
        for (i, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap(), i);
        }
        assert!(most.load(Ordering::SeqCst) <= LIMIT);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_next_call_is_served() {
        assert!(run(|| panic!("expected by the test")).await.is_err());
        assert_eq!(run(|| 7).await.unwrap(), 7);
    }
}
