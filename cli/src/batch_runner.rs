//! Runs a bounded statement in batch mode, in this process.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use alpheus_batch::{BatchJob, MemoryBudget};
use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::OperatorError;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::execution;
use alpheus_sql::PlannedJob;

use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;
use crate::results::ResultPrinter;

/// What a job may take.
#[derive(Debug, Default)]
pub struct Limits {
    /// Memory of all operators; `None` for as much as there is.
    pub operators: Option<MemoryBudget>,
    /// Bytes of the whole process; the job fails when it comes there.
    pub process: Option<u64>,
}

/// Runs the job to its end; a signal stops it.
///
/// # Errors
/// When it fails.
pub fn run(
    job: PlannedJob,
    id: JobId,
    printer: Option<&ResultPrinter>,
    limits: Limits,
) -> CliResult<Exit> {
    let cancel = Arc::new(AtomicBool::new(false));
    let signaled = stop_on_signal(Arc::clone(&cancel));
    let too_much = Arc::new(OnceLock::new());
    if let Some(bytes) = limits.process {
        let (cancel, too_much) = (Arc::clone(&cancel), Arc::clone(&too_much));
        let stop = move |what| {
            let _ = too_much.set(what);
            cancel.store(true, Ordering::Relaxed);
        };
        alpheus_worker::memory::watch(bytes, stop).map_err(CliError::failed)?;
    }
    let batch = BatchJob {
        id,
        parallelism: job.configuration.get(&execution::PARALLELISM)?,
        session: job.session,
        configuration: job
            .configuration
            .raw()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        outputs: job.outputs,
        memory: limits.operators,
        cancel,
    };
    let result = alpheus_batch::run(&batch, &mut |_, rows| match printer {
        None => Ok(()),
        Some(printer) => printer
            .rows(&ChangelogBatch::inserts(rows))
            .map_err(|error| {
                OperatorError::fatal(format!("the results cannot be written: {error}"))
            }),
    });
    match (result, signaled.load(Ordering::Relaxed)) {
        (Ok(_), _) => Ok(Exit::Finished),
        (Err(_), _) if too_much.get().is_some() => Err(CliError::failed(format!(
            "the job has failed: {}",
            too_much.get().map_or("", String::as_str)
        ))),
        (Err(_), number @ 1..) => Ok(Exit::Signal(number)),
        (Err(error), 0) => Err(CliError::failed(format!("the job has failed: {error}"))),
    }
}

/// Keeps the number of the signal for the exit code. A second one ends the process.
fn stop_on_signal(cancel: Arc<AtomicBool>) -> Arc<AtomicU8> {
    let received = Arc::new(AtomicU8::new(0));
    let keep = Arc::clone(&received);
    job_runner::on_signals_in_background(move |number| {
        if keep.swap(number, Ordering::Relaxed) != 0 {
            #[allow(
                clippy::disallowed_methods,
                reason = "the user asked twice; nothing is waited for"
            )]
            std::process::exit(i32::from(number) + 128);
        }
        cancel.store(true, Ordering::Relaxed);
    });
    received
}
