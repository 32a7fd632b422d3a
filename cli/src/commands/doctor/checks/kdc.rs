//! The KDCs: whether they answer, and whether their clocks agree with this machine's.

use std::time::{Duration, SystemTime};

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::KERBEROS_PRINCIPAL;
use alpheus_security::kerberos::{KdcAnswer, ask_kdc, default_realm, kdcs_of, ticket_of_cache};

use super::super::finding::Finding;
use super::spoken;

const CHECK: &str = "kdc";
/// A principal that no KDC knows.
const NOBODY: &str = "alpheus-doctor";
/// Kerberos refuses when clocks differ more (krb5.conf: clockskew).
const MOST_SKEW: Duration = Duration::from_secs(300);
/// More is a sign that nobody looks after the clocks.
const ODD_SKEW: Duration = Duration::from_secs(30);

/// What was seen.
pub(in super::super) struct Observed {
    realm: Result<String, String>,
    /// Each KDC with its answer and when that came.
    kdcs: Vec<(String, Result<KdcAnswer, String>, SystemTime)>,
}

/// Looks.
pub(in super::super) fn observe(configuration: &Configuration, patience: Duration) -> Observed {
    let principal = configuration
        .get(&KERBEROS_PRINCIPAL)
        .ok()
        .flatten()
        .or_else(|| ticket_of_cache(None).ok().map(|ticket| ticket.principal));
    let named = principal.as_deref().and_then(|name| name.rsplit_once('@'));
    let realm = match named {
        Some((_, realm)) => Ok(realm.to_owned()),
        None => default_realm().map_err(|error| error.to_string()),
    };
    let found = realm
        .clone()
        .and_then(|realm| kdcs_of(&realm).map_err(|error| error.to_string()));
    let (realm, kdcs) = match (realm, found) {
        (Ok(realm), Ok(kdcs)) => (realm, kdcs),
        (_, Err(error)) | (Err(error), _) => {
            return Observed {
                realm: Err(error),
                kdcs: Vec::new(),
            };
        }
    };
    let who = principal.unwrap_or_else(|| format!("{NOBODY}@{realm}"));
    let kdcs = kdcs
        .into_iter()
        .map(|server| {
            let mut answer = ask_kdc(&server, &who, patience);
            if answer.as_ref().is_ok_and(|answer| answer.time.is_none()) {
                // It gives this principal a ticket without any proof; only refusals have the time.
                answer = ask_kdc(&server, &format!("{NOBODY}@{realm}"), patience);
            }
            let answer = answer.map_err(|error| error.to_string());
            (server, answer, SystemTime::now())
        })
        .collect();
    Observed {
        realm: Ok(realm),
        kdcs,
    }
}

/// Judges. Clocks that are apart hinder nobody whom the cluster has `believed`: libkrb5 learns the KDC's time with the login and
/// counts with that (krb5.conf: kdc_timesync).
pub(in super::super) fn judge(observed: &Observed, believed: bool) -> Vec<Finding> {
    let realm = match &observed.realm {
        Ok(realm) => realm,
        Err(error) => {
            return vec![Finding::bad(
                CHECK,
                error,
                "name the realm in krb5.conf (KRB5_CONFIG): default_realm under [libdefaults]",
            )];
        }
    };
    if observed.kdcs.is_empty() {
        return vec![Finding::warning(
            CHECK,
            format!("krb5.conf names no KDC of {realm}; they are found by DNS and were not asked"),
            format!("name them under [realms] {realm} = {{ kdc = HOST }}, if logins fail"),
        )];
    }
    let any = observed.kdcs.iter().any(|(_, answer, _)| answer.is_ok());
    observed
        .kdcs
        .iter()
        .map(|(server, answer, at)| match answer {
            Err(error) if any => Finding::warning(
                CHECK,
                format!("{server} does not answer: {error}"),
                "logins wait for it before they ask another one: start it, or take it out of krb5.conf",
            ),
            Err(error) => Finding::bad(
                CHECK,
                format!("{server} does not answer: {error}"),
                "is the KDC up, does krb5.conf name it rightly, does a firewall close its port (TCP and UDP 88)?",
            ),
            Ok(answer) => clock(server, realm, answer, *at, believed),
        })
        .collect()
}

fn clock(server: &str, realm: &str, answer: &KdcAnswer, at: SystemTime, believed: bool) -> Finding {
    let Some(theirs) = answer.time else {
        return Finding::good(CHECK, format!("{server} answers for {realm}"));
    };
    let (skew, side) = match theirs.duration_since(at) {
        Ok(skew) => (skew, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    let message = format!(
        "{server} answers for {realm}; its clock is {} {side} ours",
        spoken(skew)
    );
    let remedy = "synchronize both clocks (chrony, ntpd)";
    if skew > MOST_SKEW && believed {
        Finding::warning(
            CHECK,
            format!(
                "{message}: more than Kerberos allows, but libkrb5 makes up for it (kdc_timesync) and the cluster takes the ticket"
            ),
            remedy,
        )
    } else if skew > MOST_SKEW {
        Finding::bad(
            CHECK,
            format!("{message}: more than Kerberos allows"),
            remedy,
        )
    } else if skew > ODD_SKEW {
        Finding::warning(CHECK, message, remedy)
    } else {
        Finding::good(CHECK, message)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    fn severities(kdcs: &[Result<i64, &str>], believed: bool) -> Vec<Severity> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let kdcs = kdcs
            .iter()
            .map(|answer| {
                let answer = answer.map(|skew| KdcAnswer {
                    time: Some(
                        SystemTime::UNIX_EPOCH + Duration::from_secs((1_000_000 + skew) as u64),
                    ),
                    code: Some(25),
                });
                ("kdc:88".to_owned(), answer.map_err(str::to_owned), now)
            })
            .collect();
        let realm = Ok("R".to_owned());
        let findings = judge(&Observed { realm, kdcs }, believed);
        findings.iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn one_that_answers_is_enough_and_clocks_count() {
        use Severity::{Bad, Good, Warning};
        assert_eq!(severities(&[], false), [Warning]);
        assert_eq!(severities(&[Ok(1), Err("refused")], false), [Good, Warning]);
        assert_eq!(severities(&[Err("refused")], false), [Bad]);
        assert_eq!(severities(&[Ok(-100)], false), [Warning]);
        assert_eq!(severities(&[Ok(301)], false), [Bad]);
        assert_eq!(severities(&[Ok(-301)], false), [Bad]);
        // It was corrected, as the cluster shows.
        assert_eq!(severities(&[Ok(-301)], true), [Warning]);
        assert_eq!(
            severities(&[Ok(301), Err("refused")], true),
            [Warning, Warning]
        );
    }
}
