//! Rows that worker processes send for the client, which waits in this process.
//!
//! The client may be slow (a terminal, a pipe to a pager), and the job master's loop must not wait for it:
//! a thread of its own hands the rows over, in the order in which they came, and gives room back to the
//! worker that sent them. The job's end is reported only after the last row.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::ids::AttemptNumber;
use alpheus_worker::control::ToWorker;
use alpheus_worker::control_connection::ControlSender;
use alpheus_worker::environment::ResultReceiver;
use alpheus_worker::results::EncodedRows;

use super::fact::Fact;
use crate::event::{Event, EventSender};
use crate::failure::Failure;

/// Rows and who sent them.
struct Delivery {
    worker: ControlSender<ToWorker>,
    attempt: AttemptNumber,
    result: u32,
    rows: EncodedRows,
}

/// Hands rows to the client.
pub(crate) struct ResultRelay {
    queue: Sender<Delivery>,
    canceled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl ResultRelay {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn start(receiver: Arc<dyn ResultReceiver>, events: EventSender) -> std::io::Result<Self> {
        let (queue, deliveries) = channel();
        let canceled = Arc::new(AtomicBool::new(false));
        let skip = Arc::clone(&canceled);
        let thread = std::thread::Builder::new()
            .name("results".to_owned())
            .spawn(move || deliver(&deliveries, receiver.as_ref(), &events, &skip))?;
        Ok(ResultRelay {
            queue,
            canceled,
            thread,
        })
    }

    /// Queues rows; the worker's window bounds how many.
    pub fn show(
        &self,
        worker: ControlSender<ToWorker>,
        attempt: AttemptNumber,
        result: u32,
        rows: EncodedRows,
    ) {
        // The thread lives until the queue is dropped.
        let _ = self.queue.send(Delivery {
            worker,
            attempt,
            result,
            rows,
        });
    }

    /// Waits until the client has taken everything; of a job that was canceled it takes no more.
    pub fn finish(self, canceled: bool) {
        self.canceled.store(canceled, Ordering::Relaxed);
        drop(self.queue);
        let _ = self.thread.join();
    }
}

fn deliver(
    deliveries: &Receiver<Delivery>,
    receiver: &dyn ResultReceiver,
    events: &EventSender,
    canceled: &AtomicBool,
) {
    for delivery in deliveries {
        if canceled.load(Ordering::Relaxed) {
            continue;
        }
        let shown: OperatorResult<()> = delivery.rows.decode().and_then(|batches| {
            batches
                .into_iter()
                .try_for_each(|batch| receiver.receive(delivery.result, batch))
        });
        let attempt = delivery.attempt;
        match shown {
            Ok(()) => {
                let bytes = delivery.rows.bytes();
                delivery.worker.send(ToWorker::RowsTaken { attempt, bytes });
            }
            Err(error) => events.send(Event::Fact(Fact::ResultsRefused {
                attempt,
                failure: Failure::from(error),
            })),
        }
    }
}
