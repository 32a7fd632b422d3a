//! This very program, for the nodes to run.
//!
//! When the administrator names folders for it (`yarn.provided.lib.dirs`), it lies there under a name made of its
//! content, `alpheus-SHA256.tar.gz`, is shared by all users and kept by the NodeManagers; the first who may write there puts it
//! there. Else it goes into the application's staging folder. Either way it is packed ([`super::pack`]), and YARN unpacks it.

use std::path::PathBuf;

use alpheus_am::yarn::launch::{PROGRAM, PROGRAM_FOLDER};
use alpheus_am::yarn::settings::ShippedFile;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_security::digest;
use alpheus_storage::{Location, StorageError, file_system_for};

use super::cluster::Cluster;
use super::staging::{Staging, shipped, upload_program};
use crate::exit::{CliError, CliResult};

/// The archive's name in a shared folder. By its end YARN knows how to unpack it.
fn shared_name(sha256: &str) -> String {
    format!("{PROGRAM}-{sha256}.tar.gz")
}

/// A program file, and what it is called by its content.
pub struct Program {
    path: PathBuf,
    sha256: String,
}

impl Program {
    /// The one that runs here.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn this() -> CliResult<Self> {
        let path = std::env::current_exe().map_err(CliError::failed)?;
        let sha256 = digest::sha256_of_file(&path)
            .map_err(|error| CliError::failed(format!("{}: {error}", path.display())))?;
        Ok(Program { path, sha256 })
    }

    /// Brings it to where nodes can take it from.
    ///
    /// # Errors
    /// When it cannot be written anywhere.
    pub fn provide(
        &self,
        cluster: &Cluster,
        configuration: &Configuration,
        staging: &Staging,
    ) -> CliResult<ShippedFile> {
        let folders = configuration
            .get(&options::PROVIDED_LIB_DIRS)?
            .unwrap_or_default();
        for folder in folders {
            let folder = cluster.on_default_file_system(&folder)?;
            match self.share(&folder) {
                Ok(file) => return Ok(file),
                Err(error) => eprintln!(
                    "warning: the program is not in {folder} ({}) and cannot be put there, so it is uploaded for this \
                     application alone: {}",
                    options::PROVIDED_LIB_DIRS.key(),
                    error.message
                ),
            }
        }
        staging.ship_program(&self.path)
    }

    fn share(&self, folder: &Location) -> CliResult<ShippedFile> {
        let fs = file_system_for(folder)?;
        let there = folder.join(&shared_name(&self.sha256));
        match shipped(&*fs, &there, PROGRAM_FOLDER, true, true) {
            Ok(file) => return Ok(file),
            Err(_) if !fs.exists(&there)? => {}
            Err(error) => return Err(error),
        }
        // Under another name first: a file that is there is whole.
        let unfinished = folder.join(&format!(
            ".{}.{:016x}",
            shared_name(&self.sha256),
            alpheus_am::random::bits128() as u64
        ));
        let moved = upload_program(&*fs, &self.path, &unfinished).and_then(|()| {
            fs.set_permissions(&unfinished, 0o755)?;
            match fs.rename(&unfinished, &there) {
                // Somebody was faster, with the same content.
                Err(StorageError::AlreadyExists { .. }) => Ok(false),
                renamed => Ok(renamed.map(|()| true)?),
            }
        });
        if !matches!(moved, Ok(true)) {
            let _ = fs.delete(&unfinished, false);
        }
        moved?;
        shipped(&*fs, &there, PROGRAM_FOLDER, true, true)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shared_once_under_the_name_of_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program");
        std::fs::write(&path, "content").unwrap();
        let sha256 = digest::sha256_of_file(&path).unwrap();
        let program = Program { path, sha256 };
        let shared = Location::local(dir.path().join("apps"));
        let first = program.share(&shared).unwrap();
        assert!(first.public && first.uri.contains(&program.sha256));
        // The second time nothing is read.
        let gone = Program {
            path: dir.path().join("gone"),
            sha256: program.sha256.clone(),
        };
        assert_eq!(gone.share(&shared).unwrap(), first);
        let entries = std::fs::read_dir(dir.path().join("apps")).unwrap();
        assert_eq!(entries.count(), 1);
    }
}
