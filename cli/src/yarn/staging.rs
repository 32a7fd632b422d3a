//! The staging folder of an application: mode 0700 under `.alpheus` in its owner's home folder, removed by the master at
//! the end, by the client when the submission fails, and by any later submission of the same user when both could not.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use alpheus_am::yarn::launch::{PROGRAM, PROGRAM_FOLDER};
use alpheus_am::yarn::settings::ShippedFile;
use alpheus_security::secret::SecretBytes;
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError, file_system_for};
use alpheus_yarn::{ApplicationId, ResourceManager, YarnError};

use super::pack::pack;
use crate::exit::{CliError, CliResult};

/// The program's archive in a staging folder.
pub const PROGRAM_ARCHIVE: &str = "alpheus.tar.gz";

/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

impl From<StorageError> for CliError {
    fn from(error: StorageError) -> Self {
        CliError::failed(error)
    }
}

/// A staging folder; removed when dropped, unless it was handed over.
pub struct Staging {
    fs: Arc<dyn FileSystem>,
    folder: Location,
    ours: bool,
}

impl Staging {
    /// Makes the folder.
    ///
    /// # Errors
    /// When the file system cannot be reached or does not allow it.
    pub fn create(root: &Location, application: ApplicationId) -> CliResult<Self> {
        let fs = file_system_for(root)?;
        let folder = root.join(&application.to_string());
        fs.create_directory(&folder)?;
        let staging = Staging {
            fs,
            folder,
            ours: true,
        };
        staging.fs.set_permissions(root, 0o700)?;
        staging.fs.set_permissions(&staging.folder, 0o700)?;
        Ok(staging)
    }

    /// Where it is.
    pub fn folder(&self) -> &Location {
        &self.folder
    }

    /// Puts bytes into a file that nobody else can read.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, name: &str, bytes: &SecretBytes) -> CliResult<()> {
        let location = self.folder.join(name);
        self.fs.write(&location, bytes.expose(), CreateMode::New)?;
        Ok(self.fs.set_permissions(&location, 0o600)?)
    }

    /// Copies a local file, which containers then find under `name`.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn ship(&self, local: &Path, name: &str, archive: bool) -> CliResult<ShippedFile> {
        let location = self.folder.join(name);
        upload(&*self.fs, local, &location)?;
        self.shipped(&location, name, archive)
    }

    /// Puts the program's archive there, which containers find unpacked.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn ship_program(&self, program: &Path) -> CliResult<ShippedFile> {
        let location = self.folder.join(PROGRAM_ARCHIVE);
        upload_program(&*self.fs, program, &location)?;
        self.shipped(&location, PROGRAM_FOLDER, true)
    }

    fn shipped(&self, location: &Location, name: &str, archive: bool) -> CliResult<ShippedFile> {
        self.fs.set_permissions(location, 0o500)?;
        shipped(&*self.fs, location, name, false, archive)
    }

    /// From now on the application removes it.
    pub fn hand_over(mut self) -> Location {
        self.ours = false;
        self.folder.clone()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = self.fs.delete(&self.folder, true)
        {
            eprintln!("warning: {} stays behind: {error}", self.folder);
        }
    }
}

/// Copies a local file.
///
/// # Errors
/// When it cannot be read or written.
pub fn upload(fs: &dyn FileSystem, local: &Path, to: &Location) -> CliResult<()> {
    let (mut from, _) = open(local)?;
    let mut out = fs.create(to, CreateMode::New)?;
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = from
            .read(&mut buffer)
            .map_err(|error| unreadable(local, &error))?;
        if read == 0 {
            break;
        }
        out.write_all(&buffer[..read])
            .map_err(|error| StorageError::from_io(to, error))?;
    }
    Ok(out.finish()?)
}

/// Writes the archive of a program.
///
/// # Errors
/// When it cannot be read or written.
pub fn upload_program(fs: &dyn FileSystem, program: &Path, to: &Location) -> CliResult<()> {
    let (from, size) = open(program)?;
    let mut out = fs.create(to, CreateMode::New)?;
    pack(PROGRAM, size, from, &mut out)
        .map_err(|error| CliError::failed(format!("{} to {to}: {error}", program.display())))?;
    Ok(out.finish()?)
}

fn open(local: &Path) -> CliResult<(File, u64)> {
    let opened = File::open(local).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = opened.map_err(|error| unreadable(local, &error))?;
    Ok((file, size))
}

fn unreadable(local: &Path, error: &io::Error) -> CliError {
    CliError::usage(format!("{} cannot be read: {error}", local.display()))
}

/// What YARN must know of a file that lies on the cluster's file system.
///
/// # Errors
/// When it is not there.
pub fn shipped(
    fs: &dyn FileSystem,
    location: &Location,
    name: &str,
    public: bool,
    archive: bool,
) -> CliResult<ShippedFile> {
    // After the file was closed: YARN compares the time to the millisecond.
    let status = fs.status(location)?;
    Ok(ShippedFile {
        name: name.to_owned(),
        uri: location.to_string(),
        size: status.length,
        modified: status.modified_ms,
        public,
        archive,
    })
}

/// How old the folder of an unknown application must be to be taken for one that was forgotten, ms.
const OLD: i64 = 24 * 3600 * 1000;

fn is_old(modified_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(modified_ms) > OLD
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_millis() as i64)
}

/// Removes the folders of applications that are over, whose masters could not do it themselves.
pub async fn sweep(root: &Location, rm: &ResourceManager) {
    let found = file_system_for(root).and_then(|fs| Ok((fs.list(root)?, fs)));
    let Ok((children, fs)) = found else {
        return;
    };
    for child in children {
        let Ok(id) = child.location.name().parse::<ApplicationId>() else {
            continue;
        };
        let over = match rm.report(id).await {
            Ok(report) => report.state.is_final(),
            // The ResourceManager has forgotten it, or does not know it yet: somebody may be submitting it now.
            Err(YarnError::ApplicationNotFound(_)) => is_old(child.modified_ms, now_ms()),
            Err(_) => false,
        };
        if over {
            let removed = fs.delete(&child.location, true);
            tracing::info!(folder = %child.location, ?removed, "removing what an application left behind");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ID: ApplicationId = ApplicationId {
        cluster_timestamp: 1,
        sequence: 1,
    };

    #[test]
    fn a_folder_goes_with_the_submission_that_fails_and_stays_with_one_that_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = Location::local(dir.path().join(".alpheus"));
        let staging = Staging::create(&root, ID).unwrap();
        staging
            .put("job.json", &SecretBytes::from(&b"{}"[..]))
            .unwrap();
        let folder = staging.folder().to_path();
        assert!(folder.join("job.json").is_file());
        drop(staging);
        assert!(!folder.try_exists().unwrap());
        Staging::create(&root, ID).unwrap().hand_over();
        assert!(folder.is_dir());
    }

    #[test]
    fn the_folder_of_a_submission_under_way_is_no_leftover() {
        let now = now_ms();
        assert!(!is_old(now - 1000, now) && !is_old(now + 1000, now));
        assert!(is_old(now - 2 * OLD, now));
    }

    #[test]
    fn what_is_shipped_is_described_as_it_lies_there() {
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("data.csv");
        std::fs::write(&local, vec![7; CHUNK + 5]).unwrap();
        let root = Location::local(dir.path().join(".alpheus"));
        let staging = Staging::create(&root, ID).unwrap();
        let file = staging.ship(&local, "data.csv", false).unwrap();
        assert_eq!(file.size, CHUNK as u64 + 5);
        assert!(file.modified > 0 && !file.public);
    }
}
