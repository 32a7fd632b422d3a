//! Hadoop's configuration: where it is, and what it says of the cluster.

use alpheus_hadoop::HadoopError;
use alpheus_hadoop_conf::hadoop::{HadoopConf, RmEndpoint};

use super::super::finding::Finding;
use super::super::words;

const CHECK: &str = "configuration";

/// What was seen.
pub(in super::super) struct Observed {
    found: Result<Found, String>,
}

struct Found {
    files: Vec<String>,
    default_fs: Result<Option<String>, String>,
    managers: Result<Vec<String>, String>,
    secure: Result<bool, String>,
}

/// Looks.
pub(in super::super) fn observe(conf: &Result<HadoopConf, HadoopError>) -> Observed {
    let found = conf.as_ref().map_err(words).map(|conf| Found {
        files: conf
            .files()
            .iter()
            .map(|file| file.display().to_string())
            .collect(),
        default_fs: conf
            .default_hdfs_authority()
            .map_err(|error| error.to_string()),
        managers: conf
            .resource_managers(RmEndpoint::Client)
            .map(|nodes| nodes.iter().map(|node| node.address.to_string()).collect())
            .map_err(|error| error.to_string()),
        secure: conf.is_secure().map_err(|error| error.to_string()),
    });
    Observed { found }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let found = match &observed.found {
        Ok(found) => found,
        Err(error) => {
            return vec![Finding::bad(
                CHECK,
                error,
                "copy the cluster's configuration here, and name its folder",
            )];
        }
    };
    let mut findings = vec![match found.files.as_slice() {
        [] => Finding::good(CHECK, "no files; all is set by flink.hadoop.<key>"),
        files => Finding::good(CHECK, files.join(", ")),
    }];
    findings.push(match &found.default_fs {
        Ok(Some(authority)) => Finding::good(CHECK, format!("files lie on hdfs://{authority}")),
        Ok(None) => Finding::bad(
            CHECK,
            "the default file system is not HDFS",
            "set fs.defaultFS in core-site.xml to hdfs://SERVICE",
        ),
        Err(error) => Finding::bad(CHECK, error, "correct the value"),
    });
    findings.push(match &found.managers {
        Ok(managers) if managers.iter().any(|it| it.starts_with("0.0.0.0:")) => Finding::bad(
            CHECK,
            "no ResourceManager is named",
            "set yarn.resourcemanager.hostname, or copy the cluster's yarn-site.xml",
        ),
        Ok(managers) => Finding::good(CHECK, format!("ResourceManager {}", managers.join(", "))),
        Err(error) => Finding::bad(CHECK, error, "correct the value"),
    });
    findings.push(match &found.secure {
        Ok(true) => Finding::good(CHECK, "the cluster wants Kerberos"),
        Ok(false) => Finding::warning(
            CHECK,
            "the cluster has no security: everyone is who he says he is",
            "hadoop.security.authentication=kerberos in core-site.xml, if this is not meant",
        ),
        Err(error) => Finding::bad(CHECK, error, "simple and kerberos are known"),
    });
    findings
}

#[cfg(test)]
mod tests {
    use alpheus_hadoop_conf::Environment;

    use super::super::super::finding::Severity;
    use super::*;

    fn severities(settings: &[(&str, &str)]) -> Vec<Severity> {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        for (key, value) in settings {
            conf.set(key, value, "test");
        }
        let findings = judge(&observe(&Ok(conf)));
        findings.iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn names_what_is_missing() {
        use Severity::{Bad, Good, Warning};
        assert_eq!(severities(&[]), [Good, Bad, Bad, Warning]);
        let whole = [
            ("fs.defaultFS", "hdfs://ns1"),
            ("yarn.resourcemanager.hostname", "rm"),
            ("hadoop.security.authentication", "kerberos"),
        ];
        assert_eq!(severities(&whole), [Good; 4]);
        let none = HadoopError::NoConfiguration { looked: None };
        assert_eq!(judge(&observe(&Err(none)))[0].severity, Bad);
    }
}
