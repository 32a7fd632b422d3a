//! Submits an application: plan, check, stage, submit, in this order, so that whatever is wrong is said before anything
//! is left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use alpheus_am::endpoint::Endpoint;
use alpheus_am::yarn::settings::{
    HadoopSettings, JOB_FILE, JobFile, MasterSettings, ShippedFile, Work,
};
use alpheus_am::yarn::shape::ApplicationShape;
use alpheus_am::yarn::{checkpoint_folder, launch};
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::{execution, high_availability, rest, security, yarn as options};
use alpheus_hadoop_conf::{Configuration, Ports, Source};
use alpheus_security::secret::SecretBytes;
use alpheus_yarn::{ApplicationId, ApplicationSubmission, LogAggregation, Priority};

use super::checks;
use super::cluster::Cluster;
use super::credentials::{self, ApplicationSecrets, CLIENT_FILE};
use super::program::Program;
use super::staging::{self, PROGRAM_ARCHIVE, Staging};
use super::waiting;
use crate::exit::{CliError, CliResult};
use crate::target::Target;

/// What YARN shows as the type.
pub const TYPE: &str = "Alpheus";

/// Between two looks at an application that was just submitted.
const POLL: Duration = Duration::from_millis(50);

/// The names of rolled log files, a regular expression of Java's.
const ROLLED_LOGS: &str = r"alpheus\.log\..+";

/// A job to be submitted.
pub struct Submission {
    /// Its id.
    pub job: JobId,
    /// What people call it.
    pub name: String,
    /// What to run.
    pub work: Work,
    /// How.
    pub configuration: Configuration,
}

/// Submits a job as an application.
///
/// # Errors
/// With the cause and the remedy; nothing stays behind.
pub async fn submit(cluster: &Cluster, submission: Submission) -> CliResult<ApplicationId> {
    let Submission {
        job,
        name,
        mut work,
        mut configuration,
    } = submission;
    checks::places(&configuration)?;
    let queue = configuration.get(&options::QUEUE)?;
    let queue = queue.unwrap_or_else(|| checks::DEFAULT_QUEUE.to_owned());
    let shape = match &work {
        Work::Stream(graph) => ApplicationShape::of(&configuration, graph.required_slots())?,
        Work::Batch(_) => {
            let threads = configuration.get(&execution::PARALLELISM)?;
            ApplicationShape::of_batch(&configuration, threads)?
        }
        Work::Session => ApplicationShape::of_session(&configuration)?,
    };
    let target = match &work {
        Work::Session => Target::YarnSession,
        _ => Target::YarnApplication,
    };
    let source = Source::Deployment("what was submitted".to_owned());
    configuration.set_option(&execution::TARGET, target.name(), source)?;
    let program = Program::this()?;
    let rm = &cluster.resource_manager;
    let new = rm.new_application().await?;
    checks::resources(cluster, &new, &shape, &queue).await?;
    checks::writable(cluster, &configuration, new.id)?;

    let root = cluster.staging_root(&configuration)?;
    let name_spaces = credentials::name_spaces(cluster.conf(), &configuration, &root)?;
    let (tokens, _) = credentials::tokens(cluster, &configuration, &name_spaces).await?;
    let secrets = ApplicationSecrets::new(new.id)?;
    let staging = Staging::create(&root, new.id)?;
    if let Work::Stream(graph) = &mut work {
        checkpoint_folder::choose(staging.folder(), graph, &mut configuration)?;
    }
    let batch = matches!(work, Work::Batch(_));

    if cluster.hadoop.proxied().is_some() {
        without_keytab(&mut configuration);
    }
    let mut files = vec![program.provide(cluster, &configuration, &staging)?];
    files.extend(ship(&configuration, &staging)?);
    let mut of_master = files.clone();
    let job_file = JobFile {
        work,
        configuration: with_keytab(&configuration, &staging, &mut of_master)?,
    };
    let job_file = serde_json::to_vec(&job_file).map_err(CliError::failed)?;
    staging.put(JOB_FILE, &SecretBytes::new(job_file))?;
    staging.put(CLIENT_FILE, &secrets.for_clients()?)?;

    let settings = MasterSettings {
        job,
        owner: cluster.user.clone(),
        staging: staging.folder().to_string(),
        rest: rest_endpoint(&configuration)?,
        attempts: match batch {
            // Another one would write again what the first may have committed.
            true => 1,
            false => attempts(&configuration)?,
        },
        batch,
        files: files.clone(),
    };
    let user = (!cluster.is_secure()).then(|| cluster.user.clone());
    let hadoop = HadoopSettings::of(cluster.conf(), name_spaces, user);
    let given = secrets.for_master(tokens, &settings, &hadoop)?;
    let master =
        launch::master(new.id, &configuration, &of_master, &given).map_err(CliError::failed)?;
    let application = ApplicationSubmission {
        queue,
        kind: configuration
            .get(&options::APPLICATION_TYPE)?
            .unwrap_or_else(|| TYPE.to_owned()),
        tags: tags(&configuration)?,
        priority: Some(configuration.get(&options::PRIORITY)?)
            .filter(|p| *p >= 0)
            .map(Priority),
        node_label: configuration.get(&options::NODE_LABEL)?,
        max_attempts: settings.attempts,
        // Workers outlive the master where there may be another one.
        keep_containers: settings.attempts > 1,
        attempt_failures_validity: u64::try_from(
            configuration.get(&options::ATTEMPT_FAILURES_VALIDITY)?,
        )
        .ok()
        .map(Duration::from_millis),
        logs: Some(logs(&configuration)?),
        ..ApplicationSubmission::new(
            new.id,
            configuration
                .get(&options::APPLICATION_NAME)?
                .unwrap_or(name),
            master,
            shape.master,
        )
    };
    let report = rm.submit_and_wait(&application, POLL).await?;
    if report.state.is_final() {
        return Err(CliError::failed(format!(
            "the ResourceManager has refused {}: {}{}",
            new.id,
            report.diagnostics.trim(),
            waiting::after_refusal(&report.diagnostics)
        )));
    }
    staging.hand_over();
    staging::sweep(&root, rm).await;
    Ok(new.id)
}

/// Whoever works in another user's name gives his tokens and never his own keytab away: containers run as that user.
pub fn without_keytab(configuration: &mut Configuration) {
    configuration.remove(&security::KERBEROS_KEYTAB);
    configuration.remove(&security::KERBEROS_PRINCIPAL);
}

/// The configuration with the keytab where the master finds it: sent along, for the master alone, or on the nodes already.
fn with_keytab(
    configuration: &Configuration,
    staging: &Staging,
    files: &mut Vec<ShippedFile>,
) -> CliResult<Configuration> {
    let mut configuration = configuration.clone();
    if let Some(keytab) = configuration.get(&security::KERBEROS_KEYTAB)? {
        let there = configuration.get(&options::LOCALIZED_KEYTAB)?;
        if configuration.get(&options::SHIP_KEYTAB)? {
            files.push(staging.ship(&keytab, &there, false)?);
        }
        if let Some(path) = krb5_conf(&configuration)? {
            files.push(staging.ship(&path, launch::KRB5_CONF, false)?);
        }
        let source = Source::Deployment("the master's container".to_owned());
        configuration.set_option(&security::KERBEROS_KEYTAB, &there, source)?;
    }
    Ok(configuration)
}

/// The Kerberos configuration that this process uses instead of the machine's.
fn krb5_conf(configuration: &Configuration) -> CliResult<Option<std::path::PathBuf>> {
    let named = configuration.get(&security::KRB5_CONF)?;
    let of_environment = || {
        let path = alpheus_hadoop_conf::Environment::process().non_empty("KRB5_CONFIG")?;
        Some(std::path::PathBuf::from(path)).filter(|path| path.is_file())
    };
    Ok(named.or_else(of_environment))
}

/// Where the master's REST server and pages listen: at free ports unless some are named. `rest.port`, which may stand
/// in a configuration for this machine, says nothing about a node.
fn rest_endpoint(configuration: &Configuration) -> CliResult<Endpoint> {
    let ports = match configuration.is_set(&rest::BIND_PORT) {
        true => configuration.get(&rest::BIND_PORT)?,
        false => None,
    };
    let ports = ports.unwrap_or_else(|| Ports::one(0));
    Ok(Endpoint::on_cluster(
        configuration,
        &rest::BIND_ADDRESS,
        ports,
    )?)
}

/// How often YARN may start the master.
fn attempts(configuration: &Configuration) -> CliResult<u32> {
    let given = configuration.get(&options::ATTEMPTS)?;
    let available = configuration.get(&high_availability::TYPE)?;
    Ok(given.unwrap_or(match available {
        high_availability::HighAvailability::None => 1,
        high_availability::HighAvailability::Filesystem => 2,
    }))
}

fn tags(configuration: &Configuration) -> CliResult<BTreeSet<String>> {
    let tags = configuration.get(&options::TAGS)?;
    Ok(tags
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect())
}

/// Which logs YARN collects while the application runs: those that are rolled.
fn logs(configuration: &Configuration) -> CliResult<LogAggregation> {
    let include = configuration.get(&options::ROLLED_LOGS_INCLUDE)?;
    Ok(LogAggregation {
        rolled_include: include.unwrap_or_else(|| ROLLED_LOGS.to_owned()),
        rolled_exclude: configuration
            .get(&options::ROLLED_LOGS_EXCLUDE)?
            .unwrap_or_default(),
        ..LogAggregation::default()
    })
}

/// Uploads what containers are to find beside the program.
fn ship(configuration: &Configuration, staging: &Staging) -> CliResult<Vec<ShippedFile>> {
    let mut shipped = Vec::new();
    for path in configuration.get(&options::SHIP_FILES)?.unwrap_or_default() {
        ship_path(std::path::Path::new(&path), None, staging, &mut shipped)?;
    }
    for path in configuration
        .get(&options::SHIP_ARCHIVES)?
        .unwrap_or_default()
    {
        let path = std::path::Path::new(&path);
        shipped.push(staging.ship(path, &file_name(path)?, true)?);
    }
    Ok(shipped)
}

/// Uploads a file, or a folder with all that is below it.
fn ship_path(
    path: &std::path::Path,
    below: Option<&str>,
    staging: &Staging,
    shipped: &mut Vec<ShippedFile>,
) -> CliResult<()> {
    let name = match below {
        None => file_name(path)?,
        Some(folder) => format!("{folder}/{}", file_name(path)?),
    };
    let failed = |error: std::io::Error| {
        CliError::usage(format!("{} cannot be shipped: {error}", path.display()))
    };
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed)? {
            ship_path(
                &entry.map_err(failed)?.path(),
                Some(&name),
                staging,
                shipped,
            )?;
        }
        return Ok(());
    }
    shipped.push(staging.ship(path, &name, false)?);
    Ok(())
}

fn file_name(path: &std::path::Path) -> CliResult<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| {
        CliError::usage(format!(
            "{} has no name that YARN could use",
            path.display()
        ))
    })?;
    let ours = [
        launch::PROGRAM_FOLDER,
        PROGRAM_ARCHIVE,
        JOB_FILE,
        CLIENT_FILE,
    ];
    if ours.contains(&name) {
        return Err(CliError::usage(format!(
            "{} cannot be shipped under a name that Alpheus needs itself",
            path.display()
        )));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_storage::Location;

    fn configured(options: &[(&str, &str)]) -> Configuration {
        let mut configuration = Configuration::new();
        for (key, value) in options {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        configuration
    }

    fn staging(dir: &std::path::Path) -> Staging {
        let id = ApplicationId {
            cluster_timestamp: 1,
            sequence: 1,
        };
        Staging::create(&Location::local(dir.join("staging")), id).unwrap()
    }

    #[test]
    fn folders_are_shipped_with_what_is_in_them() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir_all(data.join("deep")).unwrap();
        std::fs::write(data.join("a"), "1").unwrap();
        std::fs::write(data.join("deep/b"), "2").unwrap();
        let data = data.display().to_string();
        let configuration = configured(&[("yarn.ship-files", &data)]);
        let mut shipped = ship(&configuration, &staging(dir.path())).unwrap();
        shipped.sort_by(|a, b| a.name.cmp(&b.name));
        let names: Vec<&str> = shipped.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["data/a", "data/deep/b"]);
    }

    #[test]
    fn what_alpheus_needs_itself_cannot_be_shipped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(launch::PROGRAM_FOLDER);
        std::fs::write(&path, "x").unwrap();
        let configuration = configured(&[("yarn.ship-files", &path.display().to_string())]);
        let error = ship(&configuration, &staging(dir.path())).unwrap_err();
        assert!(error.message.contains("needs itself"), "{}", error.message);
    }

    #[test]
    fn a_keytab_goes_to_the_master_alone_or_is_there_already() {
        let dir = tempfile::tempdir().unwrap();
        let keytab = dir.path().join("alice.keytab");
        std::fs::write(&keytab, "key").unwrap();
        let keytab = (
            "security.kerberos.login.keytab",
            &*keytab.display().to_string(),
        );
        let there = |configuration: &Configuration| {
            let found = configuration
                .get(&security::KERBEROS_KEYTAB)
                .unwrap()
                .unwrap();
            found.display().to_string()
        };
        let staging = staging(dir.path());
        let krb5 = dir.path().join("own-krb5.conf");
        std::fs::write(&krb5, "[libdefaults]").unwrap();
        let krb5 = (
            "security.kerberos.krb5-conf.path",
            &*krb5.display().to_string(),
        );
        let mut files = Vec::new();
        let sent = with_keytab(&configured(&[keytab, krb5]), &staging, &mut files).unwrap();
        assert_eq!(there(&sent), "krb5.keytab");
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["krb5.keytab", "krb5.conf"]);
        assert!(files.iter().all(|file| !file.public));
        let on_nodes = [
            keytab,
            ("yarn.security.kerberos.ship-local-keytab", "false"),
            (
                "yarn.security.kerberos.localized-keytab-path",
                "/etc/alice.keytab",
            ),
        ];
        let mut files = Vec::new();
        let named = with_keytab(&configured(&on_nodes), &staging, &mut files).unwrap();
        assert_eq!(there(&named), "/etc/alice.keytab");
        assert!(files.iter().all(|file| file.name != "krb5.keytab"));
    }

    #[test]
    fn attempts_follow_availability() {
        assert_eq!(attempts(&configured(&[])).unwrap(), 1);
        let available = [("high-availability.type", "FILESYSTEM")];
        assert_eq!(attempts(&configured(&available)).unwrap(), 2);
        let given = [("yarn.application-attempts", "5")];
        assert_eq!(attempts(&configured(&given)).unwrap(), 5);
    }
}
