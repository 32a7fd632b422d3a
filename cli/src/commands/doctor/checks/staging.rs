//! The folder in which applications stage their files: whether we can write there; and, by the way, whether the NameNode's
//! clock agrees with ours.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alpheus_hadoop::{Hadoop, HadoopError};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn::STAGING_DIRECTORY;
use alpheus_storage::{CreateMode, FileSystem, Location};

use super::super::finding::Finding;
use super::super::words;
use super::spoken;

const CHECK: &str = "staging folder";
/// Tokens and tickets bear so much.
const MOST_SKEW: Duration = Duration::from_secs(300);

/// What was seen.
pub(in super::super) struct Observed {
    folder: String,
    /// How far the NameNode's clock is ahead of ours, s.
    outcome: Result<i64, String>,
}

/// Looks: writes a file, reads it and removes it.
pub(in super::super) fn observe(hadoop: &Arc<Hadoop>, configuration: &Configuration) -> Observed {
    let base = configuration.get(&STAGING_DIRECTORY).ok().flatten();
    let base = match base {
        Some(base) => Ok(base),
        None => home(hadoop),
    };
    let folder = base.and_then(|base| {
        base.parse::<Location>()
            .map(|base| base.join(".alpheus"))
            .map_err(|error| error.to_string())
    });
    match folder {
        Ok(folder) => Observed {
            outcome: try_out(hadoop, &folder),
            folder: folder.to_string(),
        },
        Err(error) => Observed {
            folder: "the home folder".to_owned(),
            outcome: Err(error),
        },
    }
}

/// `hdfs:///user/NAME`.
fn home(hadoop: &Hadoop) -> Result<String, String> {
    let name = hadoop.short_name().map_err(|error| words(&error))?;
    let prefix: String = hadoop
        .conf()
        .value("dfs.user.home.dir.prefix")
        .map_err(|error| error.to_string())?;
    let authority = hadoop.conf().default_hdfs_authority();
    let authority = authority.map_err(|error| error.to_string())?;
    Ok(format!(
        "hdfs://{}{prefix}/{name}",
        authority.unwrap_or_default()
    ))
}

fn try_out(hadoop: &Hadoop, folder: &Location) -> Result<i64, String> {
    let files = hadoop.hdfs().map_err(|error: HadoopError| words(&error))?;
    let said = |error: alpheus_storage::StorageError| error.to_string();
    let there = files.exists(folder).map_err(said)?;
    let probe = folder.join(&format!(
        "doctor-{:016x}",
        alpheus_am::random::bits128() as u64
    ));
    let tried = files
        .write(&probe, b"doctor", CreateMode::New)
        .and_then(|()| files.read(&probe))
        .and_then(|_| files.status(&probe));
    // It may not have been written.
    let _ = files.delete(&probe, false);
    if !there {
        let _ = files.delete(folder, false);
    }
    let status = tried.map_err(said)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64);
    Ok((status.modified_ms - now) / 1000)
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let folder = &observed.folder;
    let skew = match &observed.outcome {
        Ok(skew) => *skew,
        Err(error) => {
            return vec![Finding::bad(
                CHECK,
                error.clone(),
                format!(
                    "have the administrator make {folder}'s parent for you, or set yarn.staging-directory to a folder that is yours"
                ),
            )];
        }
    };
    let mut findings = vec![Finding::good(
        CHECK,
        format!("{folder} can be written and read"),
    )];
    let apart = Duration::from_secs(skew.unsigned_abs());
    if apart > MOST_SKEW {
        findings.push(Finding::warning(
            CHECK,
            format!("the NameNode's clock and ours are {} apart", spoken(apart)),
            "synchronize both clocks (chrony, ntpd)",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn it_must_be_usable_and_clocks_should_agree() {
        let severities = |outcome: Result<i64, &str>| -> Vec<Severity> {
            let observed = Observed {
                folder: "hdfs://ns1/user/alice/.alpheus".to_owned(),
                outcome: outcome.map_err(str::to_owned),
            };
            let findings = judge(&observed);
            findings.iter().map(|finding| finding.severity).collect()
        };
        assert_eq!(severities(Ok(-2)), [Severity::Good]);
        assert_eq!(severities(Ok(-400)), [Severity::Good, Severity::Warning]);
        assert_eq!(severities(Err("no permission")), [Severity::Bad]);
    }
}
