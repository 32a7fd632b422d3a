//! Tokens that are obtained and replaced by a keytab, as a client or an ApplicationMaster does it.

use crate::{REALM, keytab};
use alpheus_hadoop::Hadoop;
use alpheus_hadoop::providers::{Renewer, Wanted, token_manager};
use alpheus_hadoop_conf::{Configuration, Source};
use alpheus_security::tokens::TokenManager;
use std::sync::Arc;

/// Alice by keytab, and what obtains tokens for her.
pub fn alice_and_tokens() -> (Arc<Hadoop>, Arc<TokenManager>) {
    let mut configuration = Configuration::new();
    let keytab = keytab("alice").display().to_string();
    let principal = format!("alice@{REALM}");
    for (key, value) in [
        ("security.kerberos.login.keytab", keytab.as_str()),
        ("security.kerberos.login.principal", &principal),
        ("security.kerberos.relogin.period", "1 s"),
    ] {
        configuration.set(key, value, Source::CommandLine).unwrap();
    }
    let hadoop = Hadoop::connect(&configuration).unwrap();
    let wanted = Wanted {
        renewer: Renewer::This,
        resource_manager: true,
        ..Wanted::default()
    };
    let manager = token_manager(&hadoop, &configuration, &wanted).unwrap();
    (hadoop, manager.unwrap())
}
