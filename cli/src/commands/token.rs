//! `alpheus token`: delegation tokens in Hadoop credentials files, as `hdfs dtutil` has them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use alpheus_hadoop::providers::{self, Issued, Issuers};
use alpheus_hadoop::{Hadoop, background};
use alpheus_hadoop_conf::Configuration;
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Identifier, Token};
use serde_json::json;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult, Exit};
use crate::render::utc;
use crate::target::Target;
use crate::yarn;

/// Obtain delegation tokens, and look after those in a file
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kinit && alpheus token get my.tokens               # of HDFS and the ResourceManager
  alpheus token get --service hadoopfs --fs hdfs://ns2 my.tokens
  alpheus token print my.tokens
  HADOOP_TOKEN_FILE_LOCATION=my.tokens alpheus fs ls hdfs:///
  alpheus token renew my.tokens; alpheus token cancel my.tokens
  kinit && alpheus token push -t yarn-application -D yarn.application.id=application_1700000000000_0007")]
pub struct TokenArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Obtain tokens and write them to a file of mode 0600; tokens of other services that are in it stay
    Get {
        /// Whose tokens: hadoopfs, yarn; may be given several times [default: both]
        #[arg(long, value_name = "SERVICE", value_parser = [providers::HADOOP_FS, providers::YARN])]
        service: Vec<String>,
        /// A further file system, such as hdfs://ns2; may be given several times
        #[arg(long = "fs", value_name = "URI")]
        file_systems: Vec<String>,
        /// Who may renew the tokens [default: whoever is logged in]
        #[arg(long, value_name = "PRINCIPAL")]
        renewer: Option<String>,
        /// The file
        file: PathBuf,
    },
    /// Show what is in a file, without the secrets
    Print {
        /// As one JSON array
        #[arg(long)]
        json: bool,
        /// The file
        file: PathBuf,
    },
    /// Make the tokens in a file live on; only their renewer may
    Renew {
        /// The file
        file: PathBuf,
    },
    /// End the tokens in a file, and take them out of it
    Cancel {
        /// The file
        file: PathBuf,
    },
    /// Obtain tokens and hand them to an application that runs on YARN without a keytab
    Push {
        /// Where it runs: `yarn-application` or `yarn-session`
        #[arg(short, long, value_name = "TARGET")]
        target: Option<String>,
        /// Set an option of the configuration; may be given several times
        #[arg(short = 'D', value_name = "KEY=VALUE")]
        define: Vec<String>,
    },
}

impl TokenArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the file is no credentials file, there is no login, or a service refuses.
    pub fn run(self) -> CliResult<Exit> {
        let mut options = self.config;
        if let Action::Push { define, .. } = &self.action {
            options.define.extend(define.iter().cloned());
        }
        let configuration = config::load(&options)?;
        match self.action {
            Action::Get {
                service,
                file_systems,
                renewer,
                file,
            } => get(&configuration, &service, &file_systems, renewer, &file),
            Action::Print { json, file } => print(&read(&file)?, json),
            Action::Renew { file } => renew(&configuration, &file),
            Action::Cancel { file } => cancel(&configuration, &file),
            Action::Push { target, .. } => push(&configuration, target.as_deref()),
        }
    }
}

fn push(configuration: &Configuration, target: Option<&str>) -> CliResult<Exit> {
    match Target::choose(target, configuration)? {
        Target::Local => Err(CliError::usage(
            "a job on this machine takes the tickets and tokens of its user; -t yarn-application names one that does not",
        )),
        target => {
            let end = yarn::push::push(target, configuration)?;
            let end = i64::try_from(end).unwrap_or(i64::MAX);
            println!("the application's tokens serve until {}", date(end));
            Ok(Exit::Finished)
        }
    }
}

fn read(file: &Path) -> CliResult<Credentials> {
    Credentials::read(file).map_err(CliError::usage)
}

fn get(
    configuration: &Configuration,
    services: &[String],
    file_systems: &[String],
    renewer: Option<String>,
    file: &Path,
) -> CliResult<Exit> {
    let hadoop = Hadoop::connect(configuration).map_err(CliError::failed)?;
    let wants = |service: &str| services.is_empty() || services.iter().any(|s| s == service);
    let mut authorities = Vec::new();
    if wants(providers::HADOOP_FS) {
        authorities = providers::authorities(&hadoop, configuration, file_systems)
            .map_err(CliError::usage)?;
    }
    let renewer = renewer.unwrap_or_else(|| hadoop.acting_user().to_owned());
    let issuers = Issuers::new(Arc::clone(&hadoop));
    let with_yarn = wants(providers::YARN);
    let issued =
        background::wait(async move { issuers.issue(&authorities, with_yarn, &renewer).await })
            .and_then(|issued| issued)
            .map_err(CliError::failed)?;
    if issued.is_empty() {
        return Err(CliError::failed(
            "the cluster has no security and gives no tokens",
        ));
    }
    let mut credentials = match file.try_exists().map_err(CliError::usage)? {
        true => read(file)?,
        false => Credentials::new(),
    };
    for token in issued {
        eprintln!("{} for {}", token.kind, token.service);
        credentials.add_by_service(token);
    }
    write(&credentials, file)?;
    Ok(Exit::Finished)
}

fn write(credentials: &Credentials, file: &Path) -> CliResult<()> {
    credentials
        .write(file, CredentialsFormat::Writable)
        .map_err(CliError::failed)
}

/// One token as people may see it.
struct Shown<'a> {
    alias: &'a str,
    token: &'a Token,
    identifier: Option<Identifier>,
}

fn print(credentials: &Credentials, as_json: bool) -> CliResult<Exit> {
    let shown: Vec<Shown<'_>> = credentials
        .tokens()
        .map(|(alias, token)| Shown {
            alias,
            token,
            identifier: token.decode_identifier().ok(),
        })
        .collect();
    if as_json {
        let all: Vec<_> = shown.iter().map(object).collect();
        println!("{}", serde_json::Value::from(all));
    } else {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64);
        for one in &shown {
            print!("{}", lines(one, now));
        }
        if shown.is_empty() {
            println!("no tokens");
        }
    }
    Ok(Exit::Finished)
}

fn object(shown: &Shown<'_>) -> serde_json::Value {
    let mut object = json!({
        "alias": shown.alias, "kind": shown.token.kind, "service": shown.token.service,
    });
    match &shown.identifier {
        Some(Identifier::Delegation(identifier)) => {
            object["owner"] = json!(identifier.owner);
            object["renewer"] = json!(identifier.renewer);
            object["realUser"] = json!(identifier.real_user);
            object["issueDate"] = json!(identifier.issue_date);
            object["maxDate"] = json!(identifier.max_date);
            object["sequenceNumber"] = json!(identifier.sequence_number);
            object["masterKeyId"] = json!(identifier.master_key_id);
        }
        Some(Identifier::ApplicationAttempt { attempt, key_id }) => {
            object["attempt"] = json!(attempt);
            object["masterKeyId"] = json!(key_id);
        }
        _ => {}
    }
    object
}

fn lines(shown: &Shown<'_>, now: i64) -> String {
    let token = shown.token;
    let mut text = format!("{} for {}\n", token.kind, token.service);
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<9}{value}\n"));
    };
    if shown.alias != token.service {
        line("alias", shown.alias);
    }
    match &shown.identifier {
        Some(Identifier::Delegation(identifier)) => {
            line("owner", &identifier.owner);
            if !identifier.real_user.is_empty() {
                line("by", &identifier.real_user);
            }
            let renewer = match identifier.renewer.as_str() {
                "" => "nobody",
                renewer => renewer,
            };
            line("renewer", renewer);
            line("issued", &date(identifier.issue_date));
            let over = match identifier.max_date < now {
                true => ", which is over",
                false => " (earlier if it is not renewed)",
            };
            line("ends", &format!("{}{over}", date(identifier.max_date)));
        }
        Some(Identifier::ApplicationAttempt { attempt, .. }) => line("attempt", attempt),
        Some(_) => {}
        None => line("note", "its identifier cannot be read"),
    }
    text
}

fn date(ms: i64) -> String {
    format!("{} UTC", utc(ms, 3))
}

/// Asks the service of each token that is a delegation token; what became of each is shown.
fn for_each(
    configuration: &Configuration,
    credentials: &Credentials,
    what: fn(&Issuers, Issued) -> providers::Asked<'_>,
) -> CliResult<Vec<(Token, Result<String, String>)>> {
    let hadoop = Hadoop::connect(configuration).map_err(CliError::failed)?;
    let tokens: Vec<Token> = credentials
        .tokens()
        .map(|(_, token)| token.clone())
        .collect();
    background::wait(async move {
        let issuers = Issuers::new(hadoop);
        let mut outcomes = Vec::new();
        for token in tokens {
            let outcome = match Issued::of(&token) {
                None => continue,
                Some(issued) => what(&issuers, issued).await,
            };
            outcomes.push((token, outcome.map_err(|error| error.to_string())));
        }
        outcomes
    })
    .map_err(CliError::failed)
}

/// Shows what became of each token; the exit code says whether all went well.
fn report(outcomes: &[(Token, Result<String, String>)]) -> CliResult<Exit> {
    if outcomes.is_empty() {
        return Err(CliError::failed(
            "the file has no delegation tokens of HDFS or the ResourceManager",
        ));
    }
    let mut exit = Exit::Finished;
    for (token, outcome) in outcomes {
        match outcome {
            Ok(words) => println!("{} for {}: {words}", token.kind, token.service),
            Err(error) => {
                exit = Exit::Failed;
                eprintln!("error: {} for {}: {error}", token.kind, token.service);
            }
        }
    }
    Ok(exit)
}

fn renew(configuration: &Configuration, file: &Path) -> CliResult<Exit> {
    let outcomes = for_each(configuration, &read(file)?, |issuers, issued| {
        Box::pin(async move {
            let until = issuers.renew(&issued).await?;
            Ok(format!("valid until {}", date(until as i64)))
        })
    })?;
    report(&outcomes)
}

fn cancel(configuration: &Configuration, file: &Path) -> CliResult<Exit> {
    let credentials = read(file)?;
    let outcomes = for_each(configuration, &credentials, |issuers, issued| {
        Box::pin(async move {
            issuers.cancel(&issued).await?;
            Ok("cancelled".to_owned())
        })
    })?;
    let ended: Vec<&Token> = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(token, _)| token)
        .collect();
    let mut left = Credentials::new();
    for (alias, token) in credentials.tokens() {
        if !ended.contains(&token) {
            left.add(alias, token.clone());
        }
    }
    if left.tokens().next().is_none() {
        std::fs::remove_file(file).map_err(CliError::failed)?;
    } else if !ended.is_empty() {
        write(&left, file)?;
    }
    report(&outcomes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_security::hadoop::{DelegationTokenIdentifier, kind};
    use alpheus_security::secret::SecretBytes;

    use super::*;

    #[test]
    fn a_token_is_shown_without_its_secret() {
        let identifier = DelegationTokenIdentifier {
            owner: "alice".to_owned(),
            renewer: "yarn".to_owned(),
            issue_date: 1_700_000_000_000,
            max_date: 1_700_000_060_000,
            ..DelegationTokenIdentifier::default()
        };
        let token = Token {
            identifier: identifier.to_writable(),
            password: SecretBytes::from(&b"hidden"[..]),
            kind: kind::HDFS.to_owned(),
            service: "ha-hdfs:ns1".to_owned(),
        };
        let shown = Shown {
            alias: "mine",
            token: &token,
            identifier: token.decode_identifier().ok(),
        };
        let text = lines(&shown, 1_700_000_030_000);
        assert_eq!(
            text,
            "HDFS_DELEGATION_TOKEN for ha-hdfs:ns1\n  alias    mine\n  owner    alice\n  renewer  yarn\n  \
             issued   2023-11-14 22:13:20.000 UTC\n  ends     2023-11-14 22:14:20.000 UTC (earlier if it is not renewed)\n"
        );
        assert!(lines(&shown, 1_700_000_070_000).contains("which is over"));
        let object = object(&shown).to_string();
        assert!(object.contains("\"owner\":\"alice\"") && !object.contains("hidden"));
    }
}
