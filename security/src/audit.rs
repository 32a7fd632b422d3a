//! The record of decisions about access: who wanted what, from where, what was decided and why.
//!
//! Every entry goes to the log under the target `audit`, and, if a file is named, as one JSON object a line to that
//! file, which is private and only ever appended to. An entry never holds a secret: it names identities, not
//! credentials.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::private_file::{self, PrivateFileError};

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may.
    Allowed,
    /// It may not.
    Denied,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
        })
    }
}

/// One decision.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What was wanted, as a short stable name: `worker.connect`, `rest.cancel`, `token.renew`.
    pub action: &'a str,
    /// What it was wanted of: a job's id, a path; empty if the action says it all.
    pub resource: &'a str,
    /// Who wanted it; empty if nobody can say.
    pub user: &'a str,
    /// Where the request came from.
    pub address: Option<SocketAddr>,
    /// What was decided.
    pub decision: Decision,
    /// Why.
    pub reason: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    action: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    resource: &'a str,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<SocketAddr>,
    decision: Decision,
    reason: &'a str,
}

/// Where decisions are recorded.
#[derive(Debug, Default)]
pub struct AuditLog {
    file: Option<Mutex<File>>,
}

impl AuditLog {
    /// To the log only.
    #[must_use]
    pub fn log_only() -> Self {
        Self::default()
    }

    /// To the log and to a private file.
    ///
    /// # Errors
    /// If the file cannot be opened or is open to others.
    pub fn with_file(path: &Path) -> Result<Self, PrivateFileError> {
        Ok(AuditLog {
            file: Some(Mutex::new(private_file::append(path)?)),
        })
    }

    /// Records a decision. That the file cannot be written is itself an error in the log; the decision stands.
    pub fn record(&self, event: &Event<'_>) {
        self.record_at(event, Utc::now());
    }

    fn record_at(&self, event: &Event<'_>, time: DateTime<Utc>) {
        let Event {
            action,
            resource,
            user,
            address,
            decision,
            reason,
        } = *event;
        let from = address.map(|a| a.to_string()).unwrap_or_default();
        match decision {
            Decision::Allowed => {
                tracing::info!(target: "audit", action, resource, user, address = %from, decision = %decision, reason);
            }
            Decision::Denied => {
                tracing::warn!(target: "audit", action, resource, user, address = %from, decision = %decision, reason);
            }
        }
        let Some(file) = &self.file else { return };
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let line = Line {
            time,
            action,
            resource,
            user,
            address,
            decision,
            reason,
        };
        let written = serde_json::to_string(&line)
            .map_err(std::io::Error::from)
            .and_then(|mut line| {
                line.push('\n');
                // One write of one line in append mode: lines of several processes do not mix.
                file.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .write_all(line.as_bytes())
            });
        if let Err(error) = written {
            tracing::error!(target: "audit", %error, action, "cannot write the audit file");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_json_object_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.log");
        let time = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let event = Event {
            action: "worker.connect",
            resource: "",
            user: "worker-3",
            address: Some("127.0.0.1:9".parse().unwrap()),
            decision: Decision::Denied,
            reason: "a \"quoted\"\nreason",
        };
        AuditLog::with_file(&path).unwrap().record_at(&event, time);
        AuditLog::with_file(&path).unwrap().record_at(
            &Event {
                decision: Decision::Allowed,
                ..event
            },
            time,
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["time"], "2023-11-14T22:13:20.123Z");
        assert_eq!(lines[0]["decision"], "denied");
        assert_eq!(lines[0]["address"], "127.0.0.1:9");
        assert_eq!(lines[0]["reason"], "a \"quoted\"\nreason");
        assert_eq!(lines[1]["decision"], "allowed");
        assert!(lines[0].get("resource").is_none());
    }
}
