//! What a running job shows on standard error: its state changes and, on a terminal, a line of rates.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use alpheus_am::job_master::{JobGateway, JobOutcome, JobView, StatusListener};
use alpheus_am::job_status::JobStatus;
use alpheus_dataflow::ids::JobId;

/// Shows a job, or nothing.
pub struct Progress {
    shown: bool,
    job: JobId,
    name: String,
}

/// Clears the terminal's line.
const CLEAR: &str = "\r\x1b[K";

impl Progress {
    /// Shows the job if `shown`.
    pub fn new(shown: bool, job: JobId, name: &str) -> Self {
        Progress {
            shown,
            job,
            name: name.to_owned(),
        }
    }

    /// Prints changes of state as they happen.
    pub fn listener(&self) -> StatusListener {
        let (shown, job, name) = (self.shown, self.job, self.name.clone());
        let clear = if std::io::stderr().is_terminal() {
            CLEAR
        } else {
            ""
        };
        Box::new(move |status, machine| {
            if !shown {
                return;
            }
            match status {
                JobStatus::Restarting | JobStatus::Failing => {
                    let why = machine.exceptions().next();
                    let (message, then) = why.map_or(("", ""), |record| {
                        (record.message.as_str(), record.consequence.as_str())
                    });
                    eprintln!("{clear}job {job} ({name}) is {status}: {message} ({then})");
                }
                // What it means follows with the end.
                JobStatus::Failed | JobStatus::Canceled | JobStatus::Finished => {}
                _ => eprintln!("{clear}job {job} ({name}) is {status}"),
            }
        })
    }

    /// Shows a line of rates each second, until the result is dropped.
    pub fn watch(&self, gateway: JobGateway) -> Option<Watch> {
        if !self.shown || !std::io::stderr().is_terminal() {
            return None;
        }
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || {
                let mut last: Option<(i64, i64)> = None;
                while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout)
                {
                    let Some(view) = gateway.view_blocking() else {
                        return;
                    };
                    let records = source_records(&view);
                    let line = describe(&view, records, last);
                    last = Some((view.now, records));
                    eprint!("{CLEAR}{line}");
                    // A terminal that is gone needs no line.
                    let _ = std::io::stderr().flush();
                }
                eprint!("{CLEAR}");
            })
            .ok()?;
        Some(Watch {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Says how the job ended.
    pub fn ended(&self, outcome: &JobOutcome) {
        if !self.shown {
            return;
        }
        let view = &outcome.view;
        let seconds = view.duration() as f64 / 1000.0;
        let records = source_records(view);
        let Progress { job, name, .. } = self;
        let status = outcome.status;
        eprintln!("job {job} ({name}) is {status} after {seconds:.2} s, {records} records read");
    }
}

/// Ends the line of rates when dropped.
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the sources have emitted so far.
fn source_records(view: &JobView) -> i64 {
    let sources = view
        .graph
        .vertices
        .iter()
        .filter(|vertex| view.graph.inputs_of(vertex.id).next().is_none());
    sources
        .map(|vertex| {
            let out = view.sum(Some(vertex.id), "numRecordsOut");
            out.max(view.sum(Some(vertex.id), "numRecordsIn"))
        })
        .sum()
}

fn describe(view: &JobView, records: i64, last: Option<(i64, i64)>) -> String {
    let rate = last.map_or(0.0, |(at, before)| {
        let seconds = ((view.now - at) as f64 / 1000.0).max(0.001);
        (records - before).max(0) as f64 / seconds
    });
    let checkpoint = match view.checkpoints.latest_completed() {
        Some(last) => format!(", checkpoint {} took {} ms", last.id, last.duration_ms),
        None => String::new(),
    };
    format!(
        "{} {records} records read, {rate:.0}/s{checkpoint}",
        view.status
    )
}
