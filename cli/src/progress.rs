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

/// Between two lines of rates.
const INTERVAL: Duration = Duration::from_millis(300);
/// A number that has not moved for so long means that nothing is read.
const STILL_MS: i64 = 2500;
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

    /// Shows a line of rates a few times a second, until the result is dropped.
    pub fn watch(&self, gateway: JobGateway) -> Option<Watch> {
        if !self.shown || !std::io::stderr().is_terminal() {
            return None;
        }
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || {
                let mut rate = Rate::default();
                while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    let Some(view) = gateway.view_blocking() else {
                        return;
                    };
                    let records = source_records(&view);
                    let line = describe(&view, records, rate.at(view.now, records));
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
        eprintln!(
            "job {job} ({name}) is {status} after {seconds:.2} s, {} records read",
            grouped(records)
        );
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

/// Records a second, from numbers that move only when workers report.
#[derive(Default)]
struct Rate {
    /// When the number last moved, and to what.
    last: Option<(i64, i64)>,
    per_second: f64,
}

impl Rate {
    /// The rate when `records` have been read by `now`, ms.
    fn at(&mut self, now: i64, records: i64) -> f64 {
        match self.last {
            Some((_, before)) if records < before => self.per_second = 0.0,
            Some((at, before)) if records == before => {
                if now - at > STILL_MS {
                    self.per_second = 0.0;
                }
                return self.per_second;
            }
            Some((at, before)) => {
                let seconds = ((now - at) as f64 / 1000.0).max(0.001);
                self.per_second = (records - before) as f64 / seconds;
            }
            None => {}
        }
        self.last = Some((now, records));
        self.per_second
    }
}

fn describe(view: &JobView, records: i64, rate: f64) -> String {
    let checkpoint = match view.checkpoints.latest_completed() {
        Some(last) => format!(", checkpoint {} took {} ms", last.id, last.duration_ms),
        None => String::new(),
    };
    format!(
        "{} {} records read, {}/s{checkpoint}",
        view.status,
        grouped(records),
        grouped(rate as i64)
    )
}

/// A number with its digits in groups of three.
fn grouped(number: i64) -> String {
    let digits = number.max(0).to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_hold_between_reports_and_end_when_nothing_comes() {
        let mut rate = Rate::default();
        assert_eq!(rate.at(0, 0), 0.0);
        assert_eq!(rate.at(500, 1000), 2000.0);
        assert_eq!(rate.at(700, 1000), 2000.0);
        assert_eq!(rate.at(1000, 2500), 3000.0);
        assert_eq!(rate.at(4000, 2500), 0.0);
        // A restart begins to count anew.
        assert_eq!(rate.at(4500, 10), 0.0);
        assert_eq!(rate.at(5000, 510), 1000.0);
    }

    #[test]
    fn digits_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
