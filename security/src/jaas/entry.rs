//! What a login module asks for, in terms of what can be done here.

use std::path::PathBuf;

use super::{JaasError, JaasModule};
use crate::secret::Secret;

/// A login that a context asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginEntry {
    /// Kerberos.
    Kerberos(KerberosEntry),
    /// A name and a password.
    Password(PasswordEntry),
}

/// `Krb5LoginModule`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct KerberosEntry {
    /// The keytab, if one is to be used.
    pub keytab: Option<PathBuf>,
    /// The principal; not set: the ticket cache's, or the keytab's first.
    pub principal: Option<String>,
    /// Whether the ticket cache is to be used.
    pub use_ticket_cache: bool,
    /// The ticket cache; not set: the process's own.
    pub ticket_cache: Option<String>,
    /// The name of the service that is connected to (Kafka's `serviceName`).
    pub service_name: Option<String>,
}

/// `ScramLoginModule`, `PlainLoginModule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordEntry {
    /// The mechanism that it is for.
    pub kind: PasswordKind,
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// Whether name and password are a delegation token's id and HMAC (Kafka's `tokenauth`).
    pub token: bool,
}

/// What a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordKind {
    /// SCRAM-SHA-256 or SCRAM-SHA-512.
    Scram,
    /// PLAIN.
    Plain,
}

const SUPPORTED: &str = "com.sun.security.auth.module.Krb5LoginModule, \
    org.apache.kafka.common.security.scram.ScramLoginModule and \
    org.apache.kafka.common.security.plain.PlainLoginModule";

impl LoginEntry {
    /// Reads a module's options.
    ///
    /// # Errors
    /// If the module is not supported or its options do not fit together.
    pub fn of(module: &JaasModule) -> Result<Self, JaasError> {
        // Flink's and other programs' shaded classes keep the original name as their end.
        let name = module.class.rsplit('.').next().unwrap_or_default();
        match name {
            "Krb5LoginModule" => kerberos(module).map(LoginEntry::Kerberos),
            "ScramLoginModule" => password(module, PasswordKind::Scram).map(LoginEntry::Password),
            "PlainLoginModule" => password(module, PasswordKind::Plain).map(LoginEntry::Password),
            _ => Err(JaasError::Module {
                origin: module.origin.clone(),
                line: module.line,
                class: module.class.clone(),
                supported: SUPPORTED,
            }),
        }
    }
}

fn wrong(module: &JaasModule, message: String) -> JaasError {
    JaasError::Syntax {
        origin: module.origin.clone(),
        line: module.line,
        message,
    }
}

fn text(module: &JaasModule, option: &str) -> Option<String> {
    module
        .options
        .get(option)
        .map(|value| value.expose().to_owned())
        .filter(|value| !value.is_empty())
}

fn flag(module: &JaasModule, option: &str) -> Result<bool, JaasError> {
    match text(module, option)
        .map(|value| value.to_ascii_lowercase())
        .as_deref()
    {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(module, format!("{option} must be true or false"))),
    }
}

fn kerberos(module: &JaasModule) -> Result<KerberosEntry, JaasError> {
    /// What only a JVM or a prompt could make use of, or what is always so here.
    const IGNORED: &[&str] = &[
        "storeKey",
        "doNotPrompt",
        "refreshKrb5Config",
        "renewTGT",
        "isInitiator",
        "debug",
        "useFirstPass",
        "tryFirstPass",
        "storePass",
        "clearPass",
    ];
    const READ: &[&str] = &[
        "useKeyTab",
        "keyTab",
        "principal",
        "useTicketCache",
        "ticketCache",
        "serviceName",
    ];
    if let Some(unknown) = module
        .options
        .keys()
        .find(|name| !READ.contains(&name.as_str()) && !IGNORED.contains(&name.as_str()))
    {
        return Err(wrong(
            module,
            format!("Krb5LoginModule has no option '{unknown}'"),
        ));
    }
    let keytab = text(module, "keyTab")
        .map(|path| PathBuf::from(path.strip_prefix("file:").unwrap_or(&path)));
    let entry = KerberosEntry {
        keytab: if flag(module, "useKeyTab")? {
            keytab
        } else {
            None
        },
        principal: text(module, "principal"),
        use_ticket_cache: flag(module, "useTicketCache")?,
        ticket_cache: text(module, "ticketCache"),
        service_name: text(module, "serviceName"),
    };
    if flag(module, "useKeyTab")? && entry.keytab.is_none() {
        return Err(wrong(
            module,
            "useKeyTab is true, but keyTab names no file".to_owned(),
        ));
    }
    if entry.keytab.is_none() && !entry.use_ticket_cache {
        return Err(wrong(
            module,
            "neither useKeyTab nor useTicketCache is true, and nobody can be asked".to_owned(),
        ));
    }
    Ok(entry)
}

fn password(module: &JaasModule, kind: PasswordKind) -> Result<PasswordEntry, JaasError> {
    const READ: &[&str] = &["username", "password", "tokenauth"];
    if let Some(unknown) = module
        .options
        .keys()
        .find(|name| !READ.contains(&name.as_str()))
    {
        return Err(wrong(
            module,
            format!("{} has no option '{unknown}' here", module.class),
        ));
    }
    let username =
        text(module, "username").ok_or_else(|| wrong(module, "username is missing".to_owned()))?;
    let password = module.options.get("password").cloned();
    let password = password.ok_or_else(|| wrong(module, "password is missing".to_owned()))?;
    Ok(PasswordEntry {
        kind,
        username,
        password,
        token: flag(module, "tokenauth")?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Environment;

    use super::super::JaasFile;
    use super::*;

    fn entry(text: &str) -> Result<LoginEntry, JaasError> {
        let module = JaasFile::parse_module(text, "jaas.conf", &Environment::of(&[])).unwrap();
        LoginEntry::of(&module)
    }

    #[test]
    fn the_three_modules() {
        let kerberos = entry(
            "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true \
             keyTab=\"/k\" principal=\"a@X\" serviceName=kafka;",
        );
        let expected = KerberosEntry {
            keytab: Some("/k".into()),
            principal: Some("a@X".to_owned()),
            service_name: Some("kafka".to_owned()),
            ..KerberosEntry::default()
        };
        assert_eq!(kerberos.unwrap(), LoginEntry::Kerberos(expected));
        let scram = entry(
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=u password=p tokenauth=true;",
        );
        let LoginEntry::Password(scram) = scram.unwrap() else {
            panic!()
        };
        assert_eq!(
            (scram.kind, scram.token, scram.password.expose()),
            (PasswordKind::Scram, true, "p")
        );
        assert!(entry("x.PlainLoginModule required username=u password=p;").is_ok());
    }

    #[test]
    fn others_and_contradictions_are_refused_by_name() {
        let error = |text: &str| entry(text).unwrap_err().to_string();
        let ldap = error("com.sun.security.auth.module.LdapLoginModule required;");
        assert!(ldap.contains("LdapLoginModule is not supported"), "{ldap}");
        assert!(
            error("x.Krb5LoginModule required;").contains("neither useKeyTab nor useTicketCache")
        );
        assert!(
            error("x.Krb5LoginModule required useKeyTab=true;").contains("keyTab names no file")
        );
        assert!(error("x.Krb5LoginModule required useKeyTab=maybe;").contains("true or false"));
        assert!(
            error("x.Krb5LoginModule required useKeytab=true;").contains("no option 'useKeytab'")
        );
        assert!(error("x.ScramLoginModule required username=u;").contains("password is missing"));
    }
}
