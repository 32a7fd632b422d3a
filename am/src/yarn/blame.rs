//! Which nodes are avoided.
//!
//! A node on which containers fail again and again, while others run, gets no more of them: the ResourceManager is
//! told. As in MapReduce (whose options say how often, and whether at all), at most a part of the cluster is avoided;
//! when more nodes than that look bad, the program is, and all of them are forgiven.

use std::collections::BTreeMap;

use alpheus_hadoop_conf::options::yarn as options;
use alpheus_hadoop_conf::{ConfigError, Configuration};

/// When a node is avoided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blacklisting {
    /// Failures in a row after which it is; `None` for never.
    pub failures: Option<u32>,
    /// The part of the cluster that may be avoided, percent.
    pub at_most_percent: u64,
}

impl Default for Blacklisting {
    fn default() -> Self {
        Blacklisting {
            failures: Some(3),
            at_most_percent: 33,
        }
    }
}

impl Blacklisting {
    /// What MapReduce's options say.
    ///
    /// # Errors
    /// When one of them is wrong.
    pub fn of(configuration: &Configuration) -> Result<Self, ConfigError> {
        let failures = configuration.get(&options::MAX_FAILURES_PER_NODE)?;
        Ok(Blacklisting {
            failures: configuration
                .get(&options::NODE_BLACKLISTING)?
                .then_some(failures),
            at_most_percent: u64::from(configuration.get(&options::BLACKLISTED_PERCENT)?),
        })
    }
}

/// A change of what is avoided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No more containers there.
    Avoid(String),
    /// These are as good as others again.
    Forgive(Vec<String>),
}

/// Failures by node.
#[derive(Clone, Debug, Default)]
pub struct Blame {
    when: Blacklisting,
    failures: BTreeMap<String, u32>,
    avoided: Vec<String>,
}

impl Blame {
    /// Nobody has failed yet.
    pub fn new(when: Blacklisting) -> Self {
        Blame {
            when,
            ..Blame::default()
        }
    }

    /// A container failed at `host`, of `nodes` nodes in the cluster.
    pub fn failed(&mut self, host: &str, nodes: u64) -> Option<Verdict> {
        let tolerated = self.when.failures?;
        let failures = self.failures.entry(host.to_owned()).or_default();
        *failures += 1;
        if *failures < tolerated || self.avoided.iter().any(|bad| bad == host) {
            return None;
        }
        if (self.avoided.len() as u64 + 1) * 100 > nodes * self.when.at_most_percent {
            self.failures.clear();
            let forgiven = std::mem::take(&mut self.avoided);
            return (!forgiven.is_empty()).then_some(Verdict::Forgive(forgiven));
        }
        self.avoided.push(host.to_owned());
        Some(Verdict::Avoid(host.to_owned()))
    }

    /// A worker runs at `host`: what failed there before is forgotten, unless it is avoided.
    pub fn works(&mut self, host: &str) {
        if !self.avoided.iter().any(|bad| bad == host) {
            self.failures.remove(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_failure_in_a_row_counts() {
        let mut blame = Blame::default();
        assert_eq!(blame.failed("a", 10), None);
        assert_eq!(blame.failed("a", 10), None);
        blame.works("a");
        assert_eq!(blame.failed("a", 10), None);
        assert_eq!(blame.failed("a", 10), None);
        let avoid = Verdict::Avoid("a".to_owned());
        assert_eq!(blame.failed("a", 10), Some(avoid));
        assert_eq!(blame.failed("a", 10), None);
    }

    #[test]
    fn when_too_many_look_bad_all_are_forgiven() {
        let mut blame = Blame::default();
        let three = |blame: &mut Blame, host| {
            blame.failed(host, 4);
            blame.failed(host, 4);
            blame.failed(host, 4)
        };
        assert_eq!(three(&mut blame, "a"), Some(Verdict::Avoid("a".to_owned())));
        let forgiven = Verdict::Forgive(vec!["a".to_owned()]);
        assert_eq!(three(&mut blame, "b"), Some(forgiven));
        assert_eq!(three(&mut blame, "c"), Some(Verdict::Avoid("c".to_owned())));
        // On two nodes none can be spared, unless the administrator says so.
        let mut small = Blame::default();
        for _ in 0..9 {
            assert_eq!(small.failed("a", 2), None);
        }
        let mut told = Blame::new(Blacklisting {
            failures: Some(1),
            at_most_percent: 50,
        });
        assert_eq!(told.failed("a", 2), Some(Verdict::Avoid("a".to_owned())));
        let mut never = Blame::new(Blacklisting {
            failures: None,
            ..Blacklisting::default()
        });
        assert!((0..9).all(|_| never.failed("a", 100).is_none()));
    }
}
