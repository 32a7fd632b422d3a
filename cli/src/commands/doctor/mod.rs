//! `alpheus doctor`: would a submission to the cluster work, and if not, why not.
//!
//! A check looks at something (that is the only part that touches the world) and then judges what it has seen: a pure
//! function from an observation to findings. Each is a file below [`checks`]. Later checks need what earlier ones found:
//! without a configuration there is nothing to look at, without a login only what asks for none.

mod checks;
mod finding;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::process::find_conf;
use alpheus_hadoop::{Hadoop, HadoopError, background};
use alpheus_hadoop_conf::Configuration;
use serde_json::json;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliResult, Exit};
use checks::{
    configuration, kdc, keytab, login, name_node, protection, queues, resource_manager, resources,
    staging, tokens,
};
use finding::{Finding, Severity};

/// The longest wait for one server.
const PATIENCE: Duration = Duration::from_secs(10);

/// Check whether jobs can be run on the cluster, and say what to do where they cannot
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus doctor                                  # with HADOOP_CONF_DIR and the tickets of kinit
  alpheus doctor --hadoop-conf-dir /etc/hadoop/conf --json
  alpheus doctor -D security.kerberos.login.keytab=a.keytab -D security.kerberos.login.principal=alice@EXAMPLE.COM
  alpheus doctor -D yarn.application.queue=etl

Exit code 0 only when a submission would work.")]
pub struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Folder of core-site.xml, hdfs-site.xml and yarn-site.xml
    #[arg(long, value_name = "DIR")]
    hadoop_conf_dir: Option<PathBuf>,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

impl DoctorArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// On wrong options only: what is wrong with the cluster is a finding.
    pub fn run(self) -> CliResult<Exit> {
        let configuration = config::load(&self.config)?;
        let findings = examine(&configuration, self.hadoop_conf_dir.as_deref());
        let works = !findings.iter().any(|f| f.severity == Severity::Bad);
        if self.json {
            println!("{}", json!({ "works": works, "findings": findings }));
        } else {
            print!("{}", finding::render(&findings));
        }
        Ok(match works {
            true => Exit::Finished,
            false => Exit::Failed,
        })
    }
}

/// All checks, in the order in which one would look.
fn examine(configuration: &Configuration, dir: Option<&std::path::Path>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let conf = find_conf(configuration, dir);
    findings.extend(configuration::judge(&configuration::observe(&conf)));
    let Ok(conf) = conf else {
        return findings;
    };
    let kerberos = conf.is_secure().unwrap_or(false).then(|| {
        (
            kdc::observe(configuration, PATIENCE),
            keytab::observe(configuration),
        )
    });
    let hadoop = Hadoop::with_conf(conf, configuration);
    let login = login::observe(&hadoop);
    let (cluster, believed) = match &hadoop {
        Ok(hadoop) => on_cluster(hadoop, configuration),
        Err(_) => (Vec::new(), false),
    };
    if let Some((kdcs, keytab)) = &kerberos {
        findings.extend(kdc::judge(kdcs, believed));
        findings.extend(keytab::judge(keytab));
    }
    findings.extend(login::judge(&login));
    findings.extend(cluster);
    findings
}

/// The checks that talk to the cluster, and whether it believed who we are.
fn on_cluster(hadoop: &Arc<Hadoop>, configuration: &Configuration) -> (Vec<Finding>, bool) {
    let mut findings = Vec::new();
    let seen = {
        let (hadoop, configuration) = (Arc::clone(hadoop), configuration.clone());
        background::wait(async move {
            let name_nodes = name_node::observe(&hadoop, PATIENCE).await;
            let managers = resource_manager::observe(&hadoop, PATIENCE).await;
            let reached = (name_nodes.active().is_some(), managers.active());
            let tokens = tokens::observe(&hadoop, &configuration, reached, PATIENCE).await;
            let queues = match managers.active() {
                true => Some(queues::observe(&hadoop, &configuration, PATIENCE).await),
                false => None,
            };
            let resources = match managers.active() {
                true => Some(resources::observe(&hadoop, &configuration, PATIENCE).await),
                false => None,
            };
            (name_nodes, managers, tokens, queues, resources)
        })
    };
    let (name_nodes, managers, tokens, queues, resources) = match seen {
        Ok(seen) => seen,
        Err(error) => {
            findings.push(Finding::bad("cluster", error.to_string(), "see the log"));
            return (findings, false);
        }
    };
    findings.extend(name_node::judge(&name_nodes));
    findings.extend(resource_manager::judge(&managers));
    let encrypted = name_nodes.active().and_then(|it| it.encrypt_data_transfer);
    findings.extend(protection::judge(&protection::observe(
        hadoop.conf(),
        encrypted,
    )));
    findings.extend(tokens::judge(&tokens));
    findings.extend(queues.iter().flat_map(queues::judge));
    findings.extend(resources.iter().flat_map(resources::judge));
    if name_nodes.active().is_some() {
        findings.extend(staging::judge(&staging::observe(hadoop, configuration)));
    }
    let believed = name_nodes.active().is_some() && managers.active();
    (findings, believed)
}

/// The words of an error of Hadoop's side, without Java's stack traces.
fn words(error: &HadoopError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
