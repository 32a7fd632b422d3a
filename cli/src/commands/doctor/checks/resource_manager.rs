//! The ResourceManagers: which one is active. One on standby does not listen for clients at all.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::Hadoop;
use alpheus_yarn::records::ClusterMetrics;

use super::super::finding::Finding;
use super::super::words;
use super::name_node::first_line;

const CHECK: &str = "resource manager";

/// What was seen.
pub(in super::super) struct Observed {
    servers: Result<Vec<(String, Answer)>, String>,
}

/// What a server says, or why it says nothing.
type Answer = Result<ClusterMetrics, String>;

impl Observed {
    /// Whether there is one that answers.
    pub(in super::super) fn active(&self) -> bool {
        let servers = self.servers.as_ref();
        servers.is_ok_and(|servers| servers.iter().any(|(_, answer)| answer.is_ok()))
    }
}

/// Looks.
pub(in super::super) async fn observe(hadoop: &Arc<Hadoop>, patience: Duration) -> Observed {
    let manager = match hadoop.resource_manager().await {
        Ok(manager) => manager,
        Err(error) => {
            return Observed {
                servers: Err(words(&error)),
            };
        }
    };
    let mut servers = Vec::new();
    for proxy in manager.proxy().each() {
        let server = proxy.active().server.to_string();
        let one = manager.with(|_| proxy);
        let answer = tokio::time::timeout(patience, one.metrics()).await;
        let answer = match answer {
            Ok(Ok(metrics)) => Ok(metrics),
            Ok(Err(error)) => Err(first_line(&error.to_string())),
            Err(_) => Err("no answer in time".to_owned()),
        };
        servers.push((server, answer));
    }
    Observed {
        servers: Ok(servers),
    }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let servers = match &observed.servers {
        Ok(servers) => servers,
        Err(error) => {
            return vec![Finding::bad(
                CHECK,
                error,
                "correct yarn-site.xml (yarn.resourcemanager.*)",
            )];
        }
    };
    let active = observed.active();
    let mut findings = Vec::new();
    for (server, answer) in servers {
        findings.push(match answer {
            Ok(metrics) if metrics.active == 0 => Finding::bad(
                CHECK,
                format!("{server} is active, and no node of {} runs", metrics.nodes),
                "start NodeManagers; yarn node -list -all says how they are",
            ),
            Ok(metrics) => Finding::good(
                CHECK,
                format!(
                    "{server} is active; {} of {} nodes run",
                    metrics.active, metrics.nodes
                ),
            ),
            Err(error) if active => Finding::good(
                CHECK,
                format!("{server} is standby, or down: {error}"),
            ),
            Err(error) => Finding::bad(
                CHECK,
                format!("{server}: {error}"),
                "is it up (yarn rmadmin -getAllServiceState), is its address right, does a firewall close its port?",
            ),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn one_active_with_nodes_is_enough() {
        use Severity::{Bad, Good};
        let metrics = |active| {
            Ok(ClusterMetrics {
                nodes: 3,
                active,
                decommissioned: 0,
                lost: 0,
                unhealthy: 0,
                rebooted: 0,
            })
        };
        let lost = || Err("refused".to_owned());
        let severities = |answers: Vec<Result<ClusterMetrics, String>>| -> Vec<Severity> {
            let servers = answers.into_iter().map(|it| ("rm:8032".to_owned(), it));
            let servers = Ok(servers.collect());
            let findings = judge(&Observed { servers });
            findings.iter().map(|finding| finding.severity).collect()
        };
        assert_eq!(severities(vec![lost(), metrics(2)]), [Good, Good]);
        assert_eq!(severities(vec![lost()]), [Bad]);
        assert_eq!(severities(vec![metrics(0)]), [Bad]);
    }
}
