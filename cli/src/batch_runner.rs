//! Runs a bounded statement in batch mode, in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use alpheus_batch::BatchJob;
use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::OperatorError;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::execution;
use alpheus_sql::PlannedJob;

use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;
use crate::results::ResultPrinter;

/// Runs the job to its end; a signal stops it.
///
/// # Errors
/// When it fails.
pub fn run(job: PlannedJob, id: JobId, printer: Option<&ResultPrinter>) -> CliResult<Exit> {
    let cancel = Arc::new(AtomicBool::new(false));
    let signaled = stop_on_signal(Arc::clone(&cancel));
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
