//! Which proof of identity a process uses.
//!
//! A keytab wins, because it never ends. A token file comes next: where YARN started this process there is one, and no
//! ticket. What a user has by `kinit` is last. (Flink: `HadoopModule`; Hadoop: `UserGroupInformation.loginUserFromSubject`.)

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::{
    KERBEROS_KEYTAB, KERBEROS_PRINCIPAL, USE_TICKET_CACHE,
};

use crate::HadoopError;

/// What a process proves itself by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginChoice {
    /// The cluster asks for no proof.
    Insecure,
    /// A keytab (`security.kerberos.login.keytab`).
    Keytab,
    /// The tokens of `HADOOP_TOKEN_FILE_LOCATION`.
    TokenFile,
    /// The user's ticket cache.
    TicketCache,
}

/// What can be known without trying anything.
#[derive(Clone, Copy, Debug)]
pub struct Observed {
    /// `hadoop.security.authentication` is kerberos.
    pub secure: bool,
    /// Keytab or principal is set; that both are is checked by the login.
    pub keytab: bool,
    /// There is a token file.
    pub token_file: bool,
    /// `security.kerberos.login.use-ticket-cache`.
    pub ticket_cache: bool,
}

impl Observed {
    /// What the options say.
    ///
    /// # Errors
    /// If one is wrong.
    pub fn of(
        configuration: &Configuration,
        secure: bool,
        token_file: bool,
    ) -> Result<Self, HadoopError> {
        let keytab = configuration.get(&KERBEROS_KEYTAB)?.is_some();
        let principal = configuration.get(&KERBEROS_PRINCIPAL)?.is_some();
        let ticket_cache = configuration.get(&USE_TICKET_CACHE)?;
        Ok(Observed {
            secure,
            // A principal alone is a mistake that the login names, unless it may be there for the ticket cache.
            keytab: keytab || (principal && !ticket_cache && !token_file),
            token_file,
            ticket_cache,
        })
    }
}

/// The choice; `None` when there is nothing to choose from.
#[must_use]
pub fn choose(observed: Observed) -> Option<LoginChoice> {
    match observed {
        Observed { secure: false, .. } => Some(LoginChoice::Insecure),
        Observed { keytab: true, .. } => Some(LoginChoice::Keytab),
        Observed {
            token_file: true, ..
        } => Some(LoginChoice::TokenFile),
        Observed {
            ticket_cache: true, ..
        } => Some(LoginChoice::TicketCache),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_longest_wins() {
        let observed = |secure, keytab, token_file, ticket_cache| {
            choose(Observed {
                secure,
                keytab,
                token_file,
                ticket_cache,
            })
        };
        assert_eq!(
            observed(false, true, true, true),
            Some(LoginChoice::Insecure)
        );
        assert_eq!(observed(true, true, true, true), Some(LoginChoice::Keytab));
        assert_eq!(
            observed(true, false, true, true),
            Some(LoginChoice::TokenFile)
        );
        assert_eq!(
            observed(true, false, false, true),
            Some(LoginChoice::TicketCache)
        );
        assert_eq!(observed(true, false, false, false), None);
    }
}
