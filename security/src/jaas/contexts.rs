//! All contexts of a process.

use alpheus_hadoop_conf::options::security::{
    JAAS_FILE, KERBEROS_KEYTAB, KERBEROS_PRINCIPAL, LOGIN_CONTEXTS, USE_TICKET_CACHE,
};
use alpheus_hadoop_conf::{Configuration, Environment};

use super::{JaasError, JaasFile, KerberosEntry, LoginEntry};

/// The contexts of the JAAS file and those that Alpheus's own options define.
#[derive(Clone, Debug, Default)]
pub struct LoginContexts {
    file: JaasFile,
    names: Vec<String>,
    own: Option<KerberosEntry>,
}

impl LoginContexts {
    /// Reads the JAAS file (`security.jaas.file`, else the one that a JVM's option in `KAFKA_OPTS` or
    /// `JAVA_TOOL_OPTIONS` names) and the options.
    ///
    /// # Errors
    /// If the file cannot be read, or an option is wrong.
    pub fn load(
        configuration: &Configuration,
        environment: &Environment<'_>,
    ) -> Result<Self, JaasError> {
        let path = configuration
            .get(&JAAS_FILE)?
            .or_else(|| file_of_a_jvm(environment));
        let file = match path {
            Some(path) => JaasFile::read(&path, environment)?,
            None => JaasFile::default(),
        };
        let names = configuration.get(&LOGIN_CONTEXTS)?.unwrap_or_default();
        let names = names
            .split([',', ';'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned);
        let keytab = configuration.get(&KERBEROS_KEYTAB)?;
        let use_ticket_cache = configuration.get(&USE_TICKET_CACHE)?;
        let own = (keytab.is_some() || use_ticket_cache).then_some(KerberosEntry {
            keytab,
            principal: configuration.get(&KERBEROS_PRINCIPAL)?,
            use_ticket_cache,
            ..KerberosEntry::default()
        });
        Ok(LoginContexts {
            file,
            names: names.collect(),
            own,
        })
    }

    /// The login of a context.
    ///
    /// # Errors
    /// If there is no such context, or its module is not supported.
    pub fn entry(&self, name: &str) -> Result<LoginEntry, JaasError> {
        if let Some(entry) = self.file.entry(name)? {
            return Ok(entry);
        }
        match &self.own {
            Some(own) if self.names.iter().any(|known| known == name) => {
                Ok(LoginEntry::Kerberos(own.clone()))
            }
            _ => {
                let known: Vec<&str> = self
                    .file
                    .names()
                    .chain(self.names.iter().map(String::as_str))
                    .collect();
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                Err(JaasError::Unknown {
                    name: name.to_owned(),
                    known,
                })
            }
        }
    }
}

/// The file that the options of a JVM name: administrators set it there for other programs.
fn file_of_a_jvm(environment: &Environment<'_>) -> Option<std::path::PathBuf> {
    const PROPERTY: &str = "-Djava.security.auth.login.config=";
    let named = |variable: &str| {
        let options = environment.get(variable)?;
        let file = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix(PROPERTY))?;
        Some(std::path::PathBuf::from(file.trim_start_matches('=')))
    };
    ["KAFKA_OPTS", "JAVA_TOOL_OPTIONS"]
        .into_iter()
        .find_map(named)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Source;

    use super::*;

    #[test]
    fn the_file_wins_over_the_options() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jaas.conf");
        std::fs::write(
            &path,
            "Client { x.Krb5LoginModule required useKeyTab=true keyTab=\"/of/the/file\"; };",
        )
        .unwrap();
        let mut configuration = Configuration::new();
        for (key, value) in [
            ("security.kerberos.login.contexts", "Client,KafkaClient"),
            ("security.kerberos.login.keytab", "/own"),
            ("security.kerberos.login.principal", "a@X"),
        ] {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        let options = format!(
            "-Xmx1g -Djava.security.auth.login.config={}",
            path.display()
        );
        let variables = [("KAFKA_OPTS", options.as_str())];
        let contexts = LoginContexts::load(&configuration, &Environment::of(&variables)).unwrap();
        let keytab = |name: &str| match contexts.entry(name).unwrap() {
            LoginEntry::Kerberos(entry) => entry.keytab.unwrap().display().to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (keytab("Client"), keytab("KafkaClient")),
            ("/of/the/file".to_owned(), "/own".to_owned())
        );
        let error = contexts.entry("Other").unwrap_err().to_string();
        assert!(
            error.contains("'Other'") && error.contains("Client, Client, KafkaClient"),
            "{error}"
        );
    }
}
