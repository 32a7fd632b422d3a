//! The session that a user has started last, in a file on this machine, so that later commands need not name it
//! (`FlinkYarnSessionCli` has the same file; this one is private).

use std::path::PathBuf;

use alpheus_am::registry::Registry;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_security::private_file;
use alpheus_yarn::ApplicationId;

use crate::exit::{CliError, CliResult};

/// The property that names the application, as in Flink's file.
const APPLICATION: &str = "applicationID=";

/// The file of a user, by the name that Hadoop calls them.
fn path(configuration: &Configuration, user: &str) -> CliResult<PathBuf> {
    let folder = match configuration.get(&options::PROPERTIES_FILE_LOCATION)? {
        Some(folder) => PathBuf::from(folder),
        None => Registry::of_user().folder()?.to_owned(),
    };
    Ok(folder.join(format!(".yarn-properties-{user}")))
}

/// Remembers a session.
///
/// # Errors
/// When the file cannot be written.
pub fn write(configuration: &Configuration, user: &str, id: ApplicationId) -> CliResult<()> {
    let path = path(configuration, user)?;
    private_file::write(&path, format!("{APPLICATION}{id}\n").as_bytes()).map_err(CliError::usage)
}

/// The session that was remembered, if one was.
///
/// # Errors
/// When the file is not what it should be, or others could have written it.
pub fn read(configuration: &Configuration, user: &str) -> CliResult<Option<ApplicationId>> {
    let path = path(configuration, user)?;
    if !path.try_exists().map_err(CliError::failed)? {
        return Ok(None);
    }
    let bytes = private_file::read(&path).map_err(CliError::refused)?;
    let text = String::from_utf8_lossy(bytes.expose()).into_owned();
    let id = text.lines().find_map(|line| line.strip_prefix(APPLICATION));
    let id = id.and_then(|id| id.trim().parse().ok()).ok_or_else(|| {
        CliError::usage(format!(
            "{} names no session: remove it, and give -D yarn.application.id=application_...",
            path.display()
        ))
    })?;
    Ok(Some(id))
}

/// Forgets a session that has ended, if it is the one that was remembered.
///
/// # Errors
/// When the file cannot be read or removed.
pub fn forget(configuration: &Configuration, user: &str, id: ApplicationId) -> CliResult<()> {
    if read(configuration, user)? == Some(id) {
        std::fs::remove_file(path(configuration, user)?).map_err(CliError::failed)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use alpheus_hadoop_conf::Source;

    use super::*;

    #[test]
    fn the_last_session_is_remembered_in_private_until_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut configuration = Configuration::new();
        let folder = dir.path().display().to_string();
        let option = &options::PROPERTIES_FILE_LOCATION;
        configuration
            .set_option(option, &folder, Source::CommandLine)
            .unwrap();
        let id = |sequence| ApplicationId {
            cluster_timestamp: 1_700_000_000_000,
            sequence,
        };
        assert_eq!(read(&configuration, "alice").unwrap(), None);
        for sequence in [7, 8] {
            write(&configuration, "alice", id(sequence)).unwrap();
        }
        assert_eq!(read(&configuration, "alice").unwrap(), Some(id(8)));
        assert_eq!(read(&configuration, "bob").unwrap(), None);
        let file = path(&configuration, "alice").unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        forget(&configuration, "alice", id(7)).unwrap();
        assert_eq!(read(&configuration, "alice").unwrap(), Some(id(8)));
        // One that others could have written is not believed.
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read(&configuration, "alice").is_err());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        forget(&configuration, "alice", id(8)).unwrap();
        assert_eq!(read(&configuration, "alice").unwrap(), None);
        private_file::write(&file, b"applicationID=7").unwrap();
        assert!(
            read(&configuration, "alice")
                .unwrap_err()
                .message
                .contains("names no session")
        );
    }
}
