//! The jobs that a process knows: those that run and, for a while, those that have ended, so that whoever asks how a job
//! has ended gets an answer (Flink's `ExecutionGraphInfoStore`).
//!
//! A directory of one job knows it for ever.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::cluster;
use alpheus_hadoop_conf::{ConfigError, Configuration};

use crate::job_master::{JobGateway, JobView};

/// How long jobs that have ended are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// For so long,
    pub time: Duration,
    /// and no more of them than that.
    pub capacity: usize,
}

impl Retention {
    /// What `completed-application-store.*` says.
    ///
    /// # Errors
    /// When a value is wrong.
    pub fn of(configuration: &Configuration) -> Result<Self, ConfigError> {
        Ok(Retention {
            time: configuration.get(&cluster::COMPLETED_EXPIRATION)?,
            capacity: configuration.get(&cluster::COMPLETED_CAPACITY)? as usize,
        })
    }
}

struct Entry {
    gateway: JobGateway,
    /// In the order of their coming.
    number: usize,
    ended_at: Option<Instant>,
}

/// See the module's documentation. Cheap to clone; clones are one directory.
#[derive(Clone)]
pub struct JobDirectory {
    entries: Arc<RwLock<BTreeMap<JobId, Entry>>>,
    retention: Retention,
}

impl From<JobGateway> for JobDirectory {
    fn from(gateway: JobGateway) -> Self {
        let directory = JobDirectory::new(Retention {
            time: Duration::MAX,
            capacity: usize::MAX,
        });
        directory.insert(gateway);
        directory
    }
}

impl JobDirectory {
    /// One without jobs.
    pub fn new(retention: Retention) -> Self {
        JobDirectory {
            entries: Arc::default(),
            retention,
        }
    }

    /// A job has started.
    pub fn insert(&self, gateway: JobGateway) {
        self.add(gateway, None);
    }

    /// A job has ended that another process has known.
    pub fn insert_ended(&self, view: JobView, at: Instant) {
        self.add(JobGateway::of_ended(view), Some(at));
    }

    fn add(&self, gateway: JobGateway, ended_at: Option<Instant>) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let number = entries.values().map(|entry| entry.number + 1).max();
        let entry = Entry {
            number: number.unwrap_or_default(),
            ended_at,
            gateway,
        };
        entries.insert(entry.gateway.job(), entry);
    }

    /// A job has ended.
    pub fn ended(&self, job: JobId, now: Instant) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(&job) {
            entry.ended_at.get_or_insert(now);
        }
    }

    /// Forgets jobs whose time is over, and the oldest where there are too many; which.
    pub fn tidy(&self, now: Instant) -> Vec<JobId> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let ended = entries
            .iter()
            .filter_map(|(job, entry)| Some((entry.ended_at?, *job)));
        let mut ended: Vec<_> = ended.collect();
        ended.sort_unstable();
        let excess = ended.len().saturating_sub(self.retention.capacity);
        let over = |at| now.duration_since(at) >= self.retention.time;
        let forgotten = ended.into_iter().enumerate();
        let forgotten = forgotten.filter(|(older, (at, _))| *older < excess || over(*at));
        let forgotten: Vec<JobId> = forgotten.map(|(_, (_, job))| job).collect();
        for job in &forgotten {
            entries.remove(job);
        }
        forgotten
    }

    /// A job, if it is known.
    pub fn get(&self, job: JobId) -> Option<JobGateway> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(&job).map(|entry| entry.gateway.clone())
    }

    /// All of them, in the order of their coming.
    pub fn all(&self) -> Vec<JobGateway> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = entries
            .values()
            .map(|entry| (entry.number, &entry.gateway))
            .collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        all.into_iter()
            .map(|(_, gateway)| gateway.clone())
            .collect()
    }

    /// Pictures of all whose job masters answer.
    pub async fn views(&self) -> Vec<JobView> {
        let mut views = Vec::new();
        for gateway in self.all() {
            views.extend(gateway.view().await);
        }
        views
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::event_channel;

    fn gateway(job: u128) -> JobGateway {
        JobGateway::new(JobId(job), event_channel().0, Arc::default())
    }

    fn known(directory: &JobDirectory) -> Vec<u128> {
        directory
            .all()
            .iter()
            .map(|gateway| gateway.job().0)
            .collect()
    }

    #[test]
    fn jobs_that_have_ended_are_known_for_a_while() {
        let directory = JobDirectory::new(Retention {
            time: Duration::from_secs(60),
            capacity: 2,
        });
        for job in [9, 1, 5, 7] {
            directory.insert(gateway(job));
        }
        assert_eq!(known(&directory), [9, 1, 5, 7]);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        directory.ended(JobId(1), at(0));
        assert_eq!(directory.tidy(at(59)), []);
        assert_eq!(known(&directory), [9, 1, 5, 7]);
        assert_eq!(directory.tidy(at(60)), [JobId(1)]);
        assert_eq!(known(&directory), [9, 5, 7]);
        for (job, seconds) in [(9, 62), (5, 61), (7, 63)] {
            directory.ended(JobId(job), at(seconds));
        }
        assert_eq!(directory.tidy(at(64)), [JobId(5)]);
        assert_eq!(known(&directory), [9, 7]);
        assert!(directory.get(JobId(5)).is_none() && directory.get(JobId(7)).is_some());
    }
}
