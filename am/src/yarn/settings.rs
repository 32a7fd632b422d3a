//! What the containers of an application are told.
//!
//! It travels as named secrets in the credentials of the launch context, which YARN hands to the container's user in
//! a private file: not everything in it is secret, but all of it is nobody else's business, and a launch that
//! localizes no files of its own starts a second sooner. The job itself, which may be large, lies in the
//! application's staging folder.
//!
//! | secret | who gets it | what it is |
//! |---|---|---|
//! | `alpheus.master` | the master | [`MasterSettings`] as JSON |
//! | `alpheus.authority` | the master | key and certificate of the application's authority, PEM |
//! | `alpheus.rest` | the master | the token of the REST API |
//! | `alpheus.hadoop` | everyone | [`HadoopSettings`] as JSON |
//! | `alpheus.worker` | one worker | its settings, certificate and key (the format of worker processes' handovers) |

use std::collections::BTreeMap;

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::{Configuration, Environment};
use alpheus_security::hadoop::Credentials;
use alpheus_security::secret::SecretBytes;
use alpheus_yarn::{LocalResource, ResourceType, ResourceUri, Visibility};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::YarnApplicationError;
use crate::endpoint::Endpoint;

/// Name of the secret with [`MasterSettings`].
pub const MASTER: &str = "alpheus.master";
/// Name of the secret with the application's authority.
pub const AUTHORITY: &str = "alpheus.authority";
/// Name of the secret with the REST token.
pub const REST: &str = "alpheus.rest";
/// Name of the secret with Hadoop's configuration.
pub const HADOOP: &str = "alpheus.hadoop";
/// Name of the secret with a worker's handover.
pub const WORKER: &str = "alpheus.worker";

/// Name of the job's file in the staging folder.
pub const JOB_FILE: &str = "job.json";

/// What the master is told besides secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterSettings {
    /// The job; none runs under this id in a session.
    pub job: JobId,
    /// Who submitted it, as Hadoop calls them.
    pub owner: String,
    /// The staging folder of the application, a location.
    pub staging: String,
    /// Where its REST server and its pages listen.
    pub rest: Endpoint,
    /// How often YARN may start the master.
    pub attempts: u32,
    /// Whether the master itself does the work ([`Work::Batch`]). Then it has neither workers nor a REST API.
    pub batch: bool,
    /// Files that containers of workers get.
    pub files: Vec<ShippedFile>,
}

/// A file that YARN puts into a container's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedFile {
    /// Its name there.
    pub name: String,
    /// Where it lies.
    pub uri: String,
    /// Bytes.
    pub size: u64,
    /// When it was written, ms since the epoch, exactly as the file system says.
    pub modified: i64,
    /// Whether all users of a node may share it.
    pub public: bool,
    /// Whether it is unpacked.
    pub archive: bool,
}

impl ShippedFile {
    /// As YARN wants it.
    ///
    /// # Errors
    /// When the URI is none.
    pub fn resource(&self) -> Result<LocalResource, YarnApplicationError> {
        let uri = ResourceUri::parse(&self.uri).ok_or_else(|| YarnApplicationError::Malformed {
            what: MASTER,
            reason: format!("{} is no URI of a file", self.uri),
        })?;
        let visibility = match self.public {
            true => Visibility::Public,
            false => Visibility::Application,
        };
        let file = LocalResource::file(uri, self.size, self.modified, visibility);
        Ok(LocalResource {
            kind: match self.archive {
                true => ResourceType::Archive,
                false => ResourceType::File,
            },
            ..file
        })
    }
}

/// What an application is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A streaming job, planned: for workers in containers of their own.
    Stream(JobGraph),
    /// A bounded script in batch mode: for the master's own process.
    Batch(BatchScript),
    /// Nothing yet: jobs are submitted to the application while it runs.
    Session,
}

/// A script that is one bounded job. It is planned once on the client, where errors are shown, and again where it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchScript {
    /// Its name in error messages.
    pub name: String,
    /// Its SQL.
    pub text: String,
}

/// The job's file in the staging folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JobFile {
    /// What to run.
    pub work: Work,
    /// How.
    pub configuration: Configuration,
}

/// A job on its way to a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubmittedJob {
    /// Its id.
    pub job: JobId,
    /// The version of Alpheus that has planned it.
    pub version: String,
    /// What and how to run.
    pub file: JobFile,
}

/// Adds something as JSON to credentials.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn put_json(
    credentials: &mut Credentials,
    name: &str,
    value: &impl Serialize,
) -> std::io::Result<()> {
    credentials.add_secret(name, SecretBytes::new(serde_json::to_vec(value)?));
    Ok(())
}

/// Reads what [`put_json`] has added.
///
/// # Errors
/// When it is not there, or of another form.
pub fn get_json<T: DeserializeOwned>(
    credentials: &Credentials,
    name: &'static str,
) -> Result<T, YarnApplicationError> {
    let bytes = secret(credentials, name)?;
    serde_json::from_slice(bytes.expose()).map_err(|error| YarnApplicationError::Malformed {
        what: name,
        reason: error.to_string(),
    })
}

/// A secret that must be there.
///
/// # Errors
/// When it is not.
pub fn secret<'a>(
    credentials: &'a Credentials,
    name: &'static str,
) -> Result<&'a SecretBytes, YarnApplicationError> {
    credentials
        .secret(name)
        .ok_or(YarnApplicationError::Credentials(name))
}

/// Hadoop's configuration as the client understood it: nodes need none of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HadoopSettings {
    /// Every key with its value, variables replaced.
    pub values: BTreeMap<String, String>,
    /// The HDFS name spaces for which there are tokens: name services, or `host:port`.
    pub name_spaces: Vec<String>,
    /// Who to be on a cluster without security.
    pub user: Option<String>,
}

impl HadoopSettings {
    /// What a configuration says. A value that cannot be read is left out: whoever needs it says so.
    pub fn of(conf: &HadoopConf, name_spaces: Vec<String>, user: Option<String>) -> Self {
        let values = conf
            .keys()
            .filter_map(|key| Some((key.to_owned(), conf.text(key).ok().flatten()?)));
        HadoopSettings {
            values: values.collect(),
            name_spaces,
            user,
        }
    }

    /// The configuration, in a container.
    pub fn conf(&self) -> HadoopConf {
        let mut conf = HadoopConf::empty(Environment::process());
        for (key, value) in &self.values {
            conf.set(key, value, "the client that submitted the application");
        }
        conf
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Ports;

    use super::*;

    #[test]
    fn settings_travel_through_credentials() {
        let settings = MasterSettings {
            job: JobId(7),
            owner: "alice".to_owned(),
            rest: Endpoint::loopback(Ports::one(0)),
            attempts: 2,
            batch: false,
            staging: "hdfs://ns1/user/alice/.alpheus/application_1_0001".to_owned(),
            files: vec![ShippedFile {
                name: "alpheus".to_owned(),
                uri: "hdfs://ns1/apps/alpheus".to_owned(),
                size: 5,
                modified: 17,
                public: true,
                archive: false,
            }],
        };
        let mut credentials = Credentials::new();
        put_json(&mut credentials, MASTER, &settings).unwrap();
        let read: MasterSettings = get_json(&credentials, MASTER).unwrap();
        assert_eq!(read, settings);
        let resource = read.files[0].resource().unwrap();
        assert_eq!(
            (resource.modified, resource.visibility),
            (17, Visibility::Public)
        );
        let missing = get_json::<MasterSettings>(&credentials, HADOOP).unwrap_err();
        assert!(missing.to_string().contains(HADOOP), "{missing}");
        credentials.add_secret(MASTER, SecretBytes::from(&b"{}"[..]));
        assert!(get_json::<MasterSettings>(&credentials, MASTER).is_err());
    }

    #[test]
    fn hadoops_configuration_survives_the_journey_with_variables_replaced() {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        conf.set("yarn.resourcemanager.hostname", "rm", "test");
        conf.set("a.b", "${yarn.resourcemanager.hostname}:1", "test");
        let there = HadoopSettings::of(&conf, Vec::new(), None).conf();
        assert_eq!(there.text("a.b").unwrap().as_deref(), Some("rm:1"));
    }
}
