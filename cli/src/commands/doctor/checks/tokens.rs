//! Whether delegation tokens can be had: an application has nothing else to prove itself by.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::providers::{self, Issued, Issuers};
use alpheus_hadoop::{Hadoop, HadoopError, LoginChoice};
use alpheus_hadoop_conf::Configuration;
use alpheus_security::hadoop::Token;

use super::super::finding::Finding;
use super::super::words;

const CHECK: &str = "tokens";

/// What was seen.
pub(in super::super) struct Observed {
    choice: LoginChoice,
    /// Each service that was asked, and what it said.
    asked: Vec<(String, Result<(), String>)>,
}

/// Looks: obtains tokens and cancels them. `reached` says whether NameNode and ResourceManager have answered.
pub(in super::super) async fn observe(
    hadoop: &Arc<Hadoop>,
    configuration: &Configuration,
    reached: (bool, bool),
    patience: Duration,
) -> Observed {
    let choice = hadoop.choice();
    let mut asked = Vec::new();
    if matches!(choice, LoginChoice::Insecure | LoginChoice::TokenFile) {
        return Observed { choice, asked };
    }
    let issuers = Issuers::new(Arc::clone(hadoop));
    let own = hadoop.acting_user().to_owned();
    let (name_node, manager) = reached;
    if name_node {
        match providers::authorities(hadoop, configuration, &[]) {
            Ok(authorities) => {
                for authority in authorities {
                    let name = format!("hdfs://{authority}");
                    let issue = issuers.issue(std::slice::from_ref(&authority), false, &own);
                    asked.push((name, within(patience, &issuers, issue).await));
                }
            }
            Err(error) => asked.push(("file systems".to_owned(), Err(words(&error)))),
        }
    }
    if manager {
        let issue = issuers.issue(&[], true, &own);
        let name = "ResourceManager".to_owned();
        asked.push((name, within(patience, &issuers, issue).await));
    }
    Observed { choice, asked }
}

async fn within(
    patience: Duration,
    issuers: &Issuers,
    issue: impl Future<Output = Result<Vec<Token>, HadoopError>>,
) -> Result<(), String> {
    let issued = tokio::time::timeout(patience, issue).await;
    let issued = issued.map_err(|_| "no answer in time".to_owned())?;
    for token in issued.map_err(|error| words(&error))? {
        if let Some(issued) = Issued::of(&token) {
            // It was only a try; what is not cancelled ends by itself.
            let _ = issuers.cancel(&issued).await;
        }
    }
    Ok(())
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    match observed.choice {
        LoginChoice::Insecure => return Vec::new(),
        LoginChoice::TokenFile => {
            return vec![Finding::bad(
                CHECK,
                "whoever has tokens only gets no others, and a submission needs new ones",
                "unset HADOOP_TOKEN_FILE_LOCATION and run kinit, or give a keytab",
            )];
        }
        LoginChoice::Keytab | LoginChoice::TicketCache => {}
    }
    let finding = |(service, outcome): &(String, Result<(), String>)| match outcome {
        Ok(()) => Finding::good(CHECK, format!("{service} gives tokens")),
        Err(error) => Finding::bad(
            CHECK,
            format!("{service}: {error}"),
            "the service's log says why it refuses",
        ),
    };
    observed.asked.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn without_tokens_nothing_works() {
        let severities = |choice, asked: &[Result<(), &str>]| -> Vec<Severity> {
            let asked = asked
                .iter()
                .map(|outcome| ("hdfs://ns1".to_owned(), outcome.map_err(str::to_owned)))
                .collect();
            let findings = judge(&Observed { choice, asked });
            findings.iter().map(|finding| finding.severity).collect()
        };
        let asked = [Ok(()), Err("no")];
        assert_eq!(
            severities(LoginChoice::Keytab, &asked),
            [Severity::Good, Severity::Bad]
        );
        assert_eq!(severities(LoginChoice::TokenFile, &[]), [Severity::Bad]);
        assert!(severities(LoginChoice::Insecure, &[]).is_empty());
    }
}
