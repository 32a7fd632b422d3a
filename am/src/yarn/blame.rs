//! Which nodes are avoided.
//!
//! A node on which containers fail again and again, while others run, gets no more of them: the ResourceManager is
//! told. As in MapReduce, at most a third of the cluster is avoided; when more nodes than that look bad, the program
//! is, and all of them are forgiven.

use std::collections::BTreeMap;

/// Failures after which a node is avoided.
const TOLERATED: u32 = 3;

/// The part of the cluster that may be avoided: one in so many nodes.
const ONE_IN: u64 = 3;

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
    failures: BTreeMap<String, u32>,
    avoided: Vec<String>,
}

impl Blame {
    /// A container failed at `host`, of `nodes` nodes in the cluster.
    pub fn failed(&mut self, host: &str, nodes: u64) -> Option<Verdict> {
        let failures = self.failures.entry(host.to_owned()).or_default();
        *failures += 1;
        if *failures < TOLERATED || self.avoided.iter().any(|bad| bad == host) {
            return None;
        }
        if (self.avoided.len() as u64 + 1) * ONE_IN > nodes {
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
        // On two nodes none can be spared.
        let mut small = Blame::default();
        for _ in 0..9 {
            assert_eq!(small.failed("a", 2), None);
        }
    }
}
