//! What can go wrong with Kerberos, with what to do about it.

/// An error of Kerberos.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KerberosError {
    /// The library is not there.
    #[error(
        "cannot load {library}: {reason}; install MIT Kerberos (Debian: libgssapi-krb5-2, Red Hat: krb5-libs)"
    )]
    Library {
        /// Its name.
        library: &'static str,
        /// What the loader said.
        reason: String,
    },
    /// Kerberos refused.
    #[error("cannot {action}: {message}{}", hint(*code))]
    Failed {
        /// What was tried.
        action: String,
        /// The library's words.
        message: String,
        /// The library's number.
        code: i32,
    },
    /// The options for the login do not fit together.
    #[error("cannot log in: {0}")]
    Options(String),
    /// A name or path that cannot be handed to the library.
    #[error("'{0}' cannot be a name for Kerberos: it holds a zero byte")]
    ZeroByte(String),
    /// The cache holds no ticket-granting ticket.
    #[error("the ticket cache {cache} holds no ticket-granting ticket; run kinit")]
    NoTicket {
        /// The cache.
        cache: String,
    },
    /// The call did not come to an end.
    #[error(transparent)]
    Lost(#[from] LostCall),
}

/// A call that was given up or panicked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a call into the Kerberos library did not come to an end")]
pub struct LostCall;

impl From<crate::threads::Lost> for KerberosError {
    fn from(_: crate::threads::Lost) -> Self {
        KerberosError::Lost(LostCall)
    }
}

impl KerberosError {
    /// Whether trying again later may help without anyone doing anything: the KDC could not be reached.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, KerberosError::Failed { code, .. } if matches!(*code, KDC_UNREACHABLE | KDC_TRY_AGAIN | REALM_CANT_RESOLVE))
    }
}

/// `KRB5_KDC_UNREACH`.
const KDC_UNREACHABLE: i32 = -1_765_328_228;
/// `KRB5KDC_ERR_SVC_UNAVAILABLE`.
const KDC_TRY_AGAIN: i32 = -1_765_328_355;
/// `KRB5_REALM_CANT_RESOLVE`.
const REALM_CANT_RESOLVE: i32 = -1_765_328_164;

/// What to do about a number of `krb5.h`.
fn hint(code: i32) -> &'static str {
    match code {
        KDC_UNREACHABLE | REALM_CANT_RESOLVE => {
            "; is the KDC up, and does krb5.conf (KRB5_CONFIG) name it under [realms]?"
        }
        // KRB5KRB_AP_ERR_SKEW
        -1_765_328_347 => {
            "; this machine's clock and the KDC's differ by more than five minutes: synchronize them"
        }
        // KRB5KRB_AP_ERR_TKT_EXPIRED
        -1_765_328_352 => "; the ticket has expired: run kinit, or give a keytab",
        // KRB5_FCC_NOFILE, KRB5_CC_NOTFOUND
        -1_765_328_189 | -1_765_328_243 => "; there is no ticket: run kinit, or give a keytab",
        // KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
        -1_765_328_378 => "; the KDC does not know the principal: look at its spelling and realm",
        // KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
        -1_765_328_377 => {
            "; the KDC does not know the service: is the host name the one that the service's principal has \
             (dns_canonicalize_hostname, rdns in krb5.conf)?"
        }
        // KRB5KDC_ERR_PREAUTH_FAILED, KRB5KRB_AP_ERR_BAD_INTEGRITY
        -1_765_328_360 | -1_765_328_353 => {
            "; the key does not fit: was the password or keytab changed since? (klist -k -e shows its version)"
        }
        // KRB5_KT_NOTFOUND
        -1_765_328_203 => "; the keytab has no key for this principal: klist -k lists what it has",
        // KRB5_REALM_UNKNOWN
        -1_765_328_230 => "; krb5.conf (KRB5_CONFIG) does not say where this realm's KDC is",
        // KRB5KDC_ERR_KEY_EXP
        -1_765_328_361 => "; the password has expired: change it",
        // KRB5KDC_ERR_CLIENT_REVOKED
        -1_765_328_366 => "; the account is locked or disabled",
        // KRB5_CONFIG_BADFORMAT, KRB5_CONFIG_CANTOPEN, KRB5_CONFIG_NODEFREALM
        -1_765_328_248 | -1_765_328_250 | -1_765_328_160 => "; look at krb5.conf (KRB5_CONFIG)",
        // KRB5KRB_AP_ERR_TKT_NYV
        -1_765_328_351 => "; the clocks of this machine and the KDC differ",
        // KRB5KDC_ERR_BADOPTION
        -1_765_328_371 => "; the ticket is perhaps not renewable, or its renewable life is over",
        _ => "",
    }
}
