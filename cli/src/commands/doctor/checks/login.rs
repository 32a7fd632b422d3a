//! Who this process is to the cluster, and for how long.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use alpheus_hadoop::{Hadoop, HadoopError, LoginChoice};
use alpheus_security::kerberos::Ticket;

use super::super::finding::Finding;
use super::super::words;
use super::spoken;

const CHECK: &str = "login";
/// A ticket that ends sooner is hardly worth a submission.
const SOON: Duration = Duration::from_secs(3_600);

/// What was seen.
pub(in super::super) struct Observed {
    login: Result<Login, String>,
    now: SystemTime,
}

struct Login {
    choice: LoginChoice,
    user: String,
    ticket: Option<Ticket>,
}

/// Looks.
pub(in super::super) fn observe(hadoop: &Result<Arc<Hadoop>, HadoopError>) -> Observed {
    let login = hadoop.as_ref().map_err(words).map(|hadoop| Login {
        choice: hadoop.choice(),
        user: hadoop.user().to_owned(),
        ticket: hadoop.login().map(|login| login.status().ticket),
    });
    Observed {
        login,
        now: SystemTime::now(),
    }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let login = match &observed.login {
        Ok(login) => login,
        Err(error) => {
            // The error says what to do itself.
            return vec![Finding::bad(CHECK, error, "then run this command again")];
        }
    };
    let user = &login.user;
    let ticket = match (login.choice, &login.ticket) {
        (LoginChoice::Insecure, _) => return vec![Finding::good(CHECK, format!("user {user}"))],
        (LoginChoice::TokenFile, _) => {
            return vec![Finding::warning(
                CHECK,
                "the tokens of HADOOP_TOKEN_FILE_LOCATION; no new ones can be obtained with them",
                "unset the variable and run kinit, or give a keytab, to submit jobs",
            )];
        }
        (_, None) => return vec![Finding::good(CHECK, user.clone())],
        (_, Some(ticket)) => ticket,
    };
    let Ok(left) = ticket.end.duration_since(observed.now) else {
        return vec![Finding::bad(
            CHECK,
            format!("the ticket of {user} has expired"),
            "run kinit, or give a keytab",
        )];
    };
    let forwardable = match ticket.forwardable {
        true => ", forwardable",
        false => "",
    };
    let message = format!(
        "{user}, ticket valid for {}{}{forwardable}",
        spoken(left),
        renewable(ticket, observed.now)
    );
    if login.choice == LoginChoice::Keytab {
        return vec![Finding::good(
            CHECK,
            format!("{message}; from a keytab, so for ever"),
        )];
    }
    let renewable_for = ticket
        .renew_until
        .and_then(|until| until.duration_since(observed.now).ok())
        .filter(|_| ticket.renew_until > Some(ticket.end));
    let remedy = "for jobs that run longer than tickets and tokens give security.kerberos.login.keytab and .principal";
    vec![match renewable_for {
        None if left < SOON => Finding::warning(
            CHECK,
            format!("{message}, not renewable"),
            "run kinit again",
        ),
        None => Finding::warning(CHECK, format!("{message}, not renewable"), remedy),
        Some(_) => Finding::good(CHECK, message),
    }]
}

fn renewable(ticket: &Ticket, now: SystemTime) -> String {
    let until = ticket.renew_until.filter(|until| *until > ticket.end);
    match until.and_then(|until| until.duration_since(now).ok()) {
        Some(left) => format!(", renewable for {}", spoken(left)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    fn severity(choice: LoginChoice, end: i64, renew: Option<i64>) -> Severity {
        let at = |seconds: i64| {
            SystemTime::UNIX_EPOCH + Duration::from_secs((1_000_000 + seconds) as u64)
        };
        let ticket = Ticket {
            principal: "alice@R".to_owned(),
            start: at(0),
            end: at(end),
            renew_until: renew.map(at),
            forwardable: true,
        };
        let login = Ok(Login {
            choice,
            user: "alice@R".to_owned(),
            ticket: Some(ticket),
        });
        judge(&Observed { login, now: at(0) })[0].severity
    }

    #[test]
    fn tickets_end_and_keytabs_do_not() {
        use LoginChoice::{Keytab, TicketCache};
        assert_eq!(severity(TicketCache, 36_000, Some(600_000)), Severity::Good);
        assert_eq!(severity(TicketCache, 36_000, None), Severity::Warning);
        assert_eq!(severity(TicketCache, -1, Some(600_000)), Severity::Bad);
        assert_eq!(severity(Keytab, 36_000, None), Severity::Good);
        let none = judge(&Observed {
            login: Err("no".to_owned()),
            now: SystemTime::UNIX_EPOCH,
        });
        assert_eq!(none[0].severity, Severity::Bad);
    }
}
