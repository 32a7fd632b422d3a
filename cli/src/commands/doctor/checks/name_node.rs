//! The NameNodes of the default file system: which one is active.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::Hadoop;
use alpheus_hadoop_rpc::RpcError;
use alpheus_hadoop_rpc::namenode::ServerDefaults;

use super::super::finding::Finding;
use super::super::words;

const CHECK: &str = "name node";

/// What was seen.
pub(in super::super) struct Observed {
    servers: Result<Vec<(String, Answer)>, String>,
}

/// How a server answered.
pub(super) enum Answer {
    Active(ServerDefaults),
    Standby,
    SafeMode(String),
    Failed(String),
}

impl Observed {
    /// What the active one says.
    pub(in super::super) fn active(&self) -> Option<&ServerDefaults> {
        let servers = self.servers.as_ref().ok()?;
        servers.iter().find_map(|(_, answer)| match answer {
            Answer::Active(defaults) => Some(defaults),
            _ => None,
        })
    }
}

/// Looks.
pub(in super::super) async fn observe(hadoop: &Arc<Hadoop>, patience: Duration) -> Observed {
    let authority = hadoop.conf().default_hdfs_authority().ok().flatten();
    let Some(authority) = authority else {
        return Observed {
            servers: Ok(Vec::new()),
        };
    };
    let name_node = match hadoop.name_node(&authority).await {
        Ok(name_node) => name_node,
        Err(error) => {
            return Observed {
                servers: Err(words(&error)),
            };
        }
    };
    let mut servers = Vec::new();
    for one in name_node.each() {
        let server = one.proxy().active().server.to_string();
        let answer = tokio::time::timeout(patience, one.server_defaults()).await;
        servers.push((server, answer_of(answer)));
    }
    Observed {
        servers: Ok(servers),
    }
}

fn answer_of(
    answer: Result<Result<ServerDefaults, RpcError>, tokio::time::error::Elapsed>,
) -> Answer {
    match answer {
        Ok(Ok(defaults)) => Answer::Active(defaults),
        Ok(Err(error)) if error.is_remote("StandbyException") => Answer::Standby,
        Ok(Err(error)) if error.is_remote("RetriableException") => {
            Answer::SafeMode(first_line(&error.to_string()))
        }
        Ok(Err(error)) => Answer::Failed(first_line(&error.to_string())),
        Err(_) => Answer::Failed("no answer in time".to_owned()),
    }
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let servers = match &observed.servers {
        Ok(servers) => servers,
        Err(error) => {
            return vec![Finding::bad(
                CHECK,
                error,
                "correct hdfs-site.xml (dfs.nameservices, dfs.ha.namenodes.<ns>, dfs.namenode.rpc-address...)",
            )];
        }
    };
    let active = observed.active().is_some();
    let mut findings: Vec<Finding> = servers
        .iter()
        .map(|(server, answer)| match answer {
            Answer::Active(defaults) => Finding::good(
                CHECK,
                format!("{server} is active; {} replicas", defaults.replication),
            ),
            Answer::Standby => Finding::good(CHECK, format!("{server} is standby")),
            Answer::SafeMode(error) => Finding::bad(
                CHECK,
                format!("{server} is starting: {error}"),
                "wait, or look at its log; hdfs dfsadmin -safemode get",
            ),
            Answer::Failed(error) if active => Finding::warning(
                CHECK,
                format!("{server}: {error}"),
                "there is nothing to fail over to: start it",
            ),
            Answer::Failed(error) => Finding::bad(
                CHECK,
                format!("{server}: {error}"),
                "is it up, is its address right, does a firewall close its port?",
            ),
        })
        .collect();
    let standby = servers
        .iter()
        .any(|(_, answer)| matches!(answer, Answer::Standby));
    if standby && !active {
        findings.push(Finding::bad(
            CHECK,
            "no NameNode is active",
            "make one active: hdfs haadmin -transitionToActive, or start the fail-over controllers",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn one_active_is_enough_and_none_is_not() {
        use Severity::{Bad, Good, Warning};
        let active = || Answer::Active(ServerDefaults::default());
        let lost = || Answer::Failed("refused".to_owned());
        let severities = |answers: Vec<Answer>| -> Vec<Severity> {
            let servers = answers.into_iter().map(|it| ("nn:8020".to_owned(), it));
            let servers = Ok(servers.collect());
            let findings = judge(&Observed { servers });
            findings.iter().map(|finding| finding.severity).collect()
        };
        assert_eq!(severities(vec![active(), Answer::Standby]), [Good, Good]);
        assert_eq!(severities(vec![lost(), active()]), [Warning, Good]);
        assert_eq!(severities(vec![lost()]), [Bad]);
        assert_eq!(
            severities(vec![Answer::Standby, Answer::Standby]),
            [Good, Good, Bad]
        );
    }
}
