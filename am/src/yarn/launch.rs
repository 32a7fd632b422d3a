//! How the application's processes are started.
//!
//! The command is one process without a shell around it: `alpheus am APPLICATION` or `alpheus worker CONTAINER`, with
//! standard output and error in the container's log folder, where the NodeManager finds the last words of a process
//! that died. The words after the command are for people who look at `ps`; everything that counts comes with the
//! credentials ([`super::settings`]).

use std::collections::BTreeMap;

use alpheus_hadoop_conf::options::{taskmanager, yarn as options};
use alpheus_hadoop_conf::{ConfigError, ConfigOption, Configuration};
use alpheus_security::hadoop::{Credentials, CredentialsFormat, kind};
use alpheus_yarn::{AccessLists, ApplicationId, ContainerId, ContainerLaunch, LocalResource};

use super::YarnApplicationError;
use super::settings::ShippedFile;

/// The name of the program.
pub const PROGRAM: &str = "alpheus";

/// The folder in a container's folder where the program's archive is unpacked.
pub const PROGRAM_FOLDER: &str = "alpheus-program";

/// The name of a Kerberos configuration that is sent along.
pub const KRB5_CONF: &str = "krb5.conf";

/// How the master is started.
///
/// # Errors
/// When an option is wrong or a file has no usable URI.
pub fn master(
    application: ApplicationId,
    configuration: &Configuration,
    files: &[ShippedFile],
    credentials: &Credentials,
) -> Result<ContainerLaunch, YarnApplicationError> {
    let mut environment = environment(configuration, &taskmanager::MASTER_ENV)?;
    if files.iter().any(|file| file.name == KRB5_CONF) {
        // The node replaces the braces. Whoever names another one for the master means it.
        environment
            .entry("KRB5_CONFIG".to_owned())
            .or_insert_with(|| format!("{{{{PWD}}}}/{KRB5_CONF}"));
    }
    Ok(ContainerLaunch {
        resources: resources(files)?,
        tokens: Some(credentials.encode(CredentialsFormat::Writable)),
        environment,
        command: command("am", &application.to_string()),
        access: access(configuration)?,
        ..ContainerLaunch::default()
    })
}

/// Who besides the owner may see and change the application. Every launch says it, because each NodeManager goes by
/// what the first container of the application on its node brought along.
fn access(configuration: &Configuration) -> Result<AccessLists, ConfigError> {
    Ok(AccessLists {
        view: configuration.get(&options::VIEW_ACLS)?,
        modify: configuration.get(&options::MODIFY_ACLS)?,
    })
}

/// How a worker is started, with these tokens and what it alone is told.
///
/// # Errors
/// When an option is wrong or a file has no usable URI.
pub fn worker(
    container: ContainerId,
    configuration: &Configuration,
    files: &[ShippedFile],
    tokens: &Credentials,
    secrets: Credentials,
) -> Result<ContainerLaunch, YarnApplicationError> {
    // The master's own permission and secrets must not leave it, whoever put the tokens together.
    let mut credentials = tokens.without(&[kind::AM_RM]);
    credentials.merge(secrets);
    Ok(ContainerLaunch {
        resources: resources(files)?,
        tokens: Some(credentials.encode(CredentialsFormat::Writable)),
        environment: environment(configuration, &taskmanager::ENV)?,
        command: command("worker", &container.to_string()),
        access: access(configuration)?,
        ..ContainerLaunch::default()
    })
}

fn command(name: &str, of: &str) -> Vec<String> {
    vec![
        // Bash runs it, and gives it the name that `ps` shows.
        format!("exec -a ./{PROGRAM} ./{PROGRAM_FOLDER}/{PROGRAM} {name} {of}"),
        "1><LOG_DIR>/stdout".to_owned(),
        "2><LOG_DIR>/stderr".to_owned(),
    ]
}

fn resources(
    files: &[ShippedFile],
) -> Result<BTreeMap<String, LocalResource>, YarnApplicationError> {
    files
        .iter()
        .map(|file| Ok((file.name.clone(), file.resource()?)))
        .collect()
}

fn environment(
    configuration: &Configuration,
    family: &ConfigOption<Option<String>>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut environment = BTreeMap::new();
    for name in configuration.names(family) {
        if let Some(value) = configuration.get_named(family, &name)? {
            environment.insert(name, quote(&value));
        }
    }
    Ok(environment)
}

/// The NodeManager writes `export NAME="VALUE"`: what ends the quotes or runs a command is taken literally; `$`
/// keeps its meaning, so that a value can name another variable.
fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Source;
    use alpheus_security::hadoop::Token;
    use alpheus_security::secret::SecretBytes;

    fn credentials() -> Credentials {
        let mut credentials = Credentials::new();
        for kind in [kind::AM_RM, kind::HDFS] {
            credentials.add(
                kind,
                Token {
                    identifier: Vec::new(),
                    password: SecretBytes::from(&b"x"[..]),
                    kind: kind.to_owned(),
                    service: String::new(),
                },
            );
        }
        credentials
    }

    #[test]
    fn a_worker_gets_its_own_secrets_and_never_the_masters() {
        let container = "container_1700000000000_0007_01_000002".parse().unwrap();
        let mut tokens = credentials();
        tokens.add_secret("the master's", SecretBytes::from(&b"x"[..]));
        let mut own = Credentials::new();
        own.add_secret("its own", SecretBytes::from(&b"y"[..]));
        let mut configuration = Configuration::new();
        configuration
            .set("yarn.view.acls", "bob ops", Source::CommandLine)
            .unwrap();
        let launch = worker(container, &configuration, &[], &tokens, own).unwrap();
        assert_eq!(launch.access.view.as_deref(), Some("bob ops"));
        let given = Credentials::decode(launch.tokens.unwrap().expose()).unwrap();
        assert!(given.secret("its own").is_some() && given.secret("the master's").is_none());
        assert_eq!(given.of_kind(kind::AM_RM).count(), 0);
        assert_eq!(given.of_kind(kind::HDFS).count(), 1);
        assert_eq!(
            launch.command[0],
            format!("exec -a ./alpheus ./alpheus-program/alpheus worker {container}")
        );
    }

    #[test]
    fn environment_and_lists_come_from_flinks_options() {
        let mut configuration = Configuration::new();
        for (key, value) in [
            ("containerized.master.env.GREETING", "say \"`hi`\" to $USER"),
            ("containerized.taskmanager.env.OTHER", "1"),
            ("yarn.view.acls", "bob ops"),
        ] {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        let id = ApplicationId {
            cluster_timestamp: 1,
            sequence: 1,
        };
        let launch = master(id, &configuration, &[], &credentials()).unwrap();
        let quoted = r#"say \"\`hi\`\" to $USER"#;
        assert_eq!(
            launch.environment,
            BTreeMap::from([("GREETING".to_owned(), quoted.to_owned())])
        );
        assert_eq!(launch.access.view.as_deref(), Some("bob ops"));
        assert_eq!(launch.access.modify, None);
    }
}
