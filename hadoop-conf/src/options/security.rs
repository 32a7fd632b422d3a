//! Who the processes are and how they are reached safely: Kerberos, delegation tokens.

use std::path::PathBuf;
use std::time::Duration;

use crate::option::{option, optional, options};

options! {
    "Security";
    /// Keytab to log in from; `security.kerberos.login.principal` must be set with it.
    KERBEROS_KEYTAB: Option<PathBuf> = optional("security.kerberos.login.keytab").was(&["security.keytab"]);
    /// Principal to log in as.
    KERBEROS_PRINCIPAL: Option<String> = optional("security.kerberos.login.principal").was(&["security.principal"]);
    /// Whether the ticket cache of the user (`kinit`) is used when no keytab is set.
    USE_TICKET_CACHE: bool = option("security.kerberos.login.use-ticket-cache", "true");
    /// Names of login contexts that get these credentials, separated by commas: `KafkaClient`, `Client` (ZooKeeper).
    LOGIN_CONTEXTS: Option<String> = optional("security.kerberos.login.contexts");
    /// The `krb5.conf` that the processes use and that is sent along; not set: the machine's.
    KRB5_CONF: Option<PathBuf> = optional("security.kerberos.krb5-conf.path");
    /// How often a login from a keytab looks whether its ticket must be renewed.
    RELOGIN_PERIOD: Duration = option("security.kerberos.relogin.period", "1 min").range(0.1, f64::INFINITY);
    /// File systems beyond the default one for which tokens are obtained, separated by semicolons.
    ACCESS_FILE_SYSTEMS: Option<Vec<String>> = optional("security.kerberos.access.hadoopFileSystems")
        .was(&["yarn.security.kerberos.additionalFileSystems"]);
    /// A JAAS file whose contexts are read too; not set: the one that `java.security.auth.login.config` names.
    JAAS_FILE: Option<PathBuf> = optional("security.jaas.file");
    /// Whether delegation tokens are obtained and handed to the workers.
    TOKENS_ENABLED: bool = option("security.delegation.tokens.enabled", "true")
        .was(&["security.kerberos.fetch.delegation-token"]);
    /// Part of a token's remaining life after which a new one is obtained.
    TOKENS_RENEWAL_RATIO: f64 = option("security.delegation.tokens.renewal.time-ratio", "0.75")
        .was(&["security.kerberos.tokens.renewal.time-ratio"]).range(0.01, 1.0);
    /// Time after which a provider that failed is asked again.
    TOKENS_RETRY_BACKOFF: Duration = option("security.delegation.tokens.renewal.retry.backoff", "1 h")
        .was(&["security.kerberos.tokens.renewal.retry.backoff"]).range(0.1, f64::INFINITY);
    /// Whether tokens of one service (`hadoopfs`, `yarn`, `kafka`, ...) are obtained.
    TOKEN_PROVIDER_ENABLED: bool = option("security.delegation.token.provider.<service>.enabled", "true");
    /// Who may renew the HDFS tokens; not set: the resource manager's principal.
    TOKEN_RENEWER: Option<String> = optional("security.kerberos.token.provider.hadoopfs.renewer");
    /// File to which every decision about access is written, one JSON object a line; not set: the log only.
    AUDIT_FILE: Option<PathBuf> = optional("security.audit.file");
}
