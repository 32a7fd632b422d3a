//! HDFS, by the library hdfs-native, with the guards that it needs to be trusted with checkpoints.
//!
//! What the library does not do, and who does it here:
//!
//! | the library | here |
//! |---|---|
//! | waits for a NameNode without limit | `guard`: every call has a time limit; one that was exceeded costs the client, so that the next starts afresh |
//! | panics on what it does not expect | `guard`: calls run as tasks of a runtime of their own; a panic is an error |
//! | gives up in safe mode and while a NameNode starts | `failure`: such errors are tried again, as are lost connections |
//! | cannot tell whether a call that failed was executed | `rename` and `delete` look; `create` says so |
//! | fails when a new block meets a dead DataNode | `parts`: the file goes on on others |
//! | reads raw XML files | it gets the configuration as `alpheus-hadoop-conf` understands it |
//! | keeps clients that ever wrote alive for ever | `clients`: one per name space |
//! | panics on reads past the end | [`InputFile::read_range`] stops there |
//! | connects to a DataNode for every read | `ahead`: reads in order come from one stream, fetched ahead |
//!
//! Tokens: the library reads the file that `HADOOP_TOKEN_FILE_LOCATION` names, anew for each connection, and wants the service in
//! it to be exactly what stands in the URI (`ha-hdfs:ns1`, `host:port`). Whoever manages tokens writes that file so.

mod ahead;
mod clients;
mod created;
mod dead;
mod failure;
mod guard;
mod holder;
mod input;
mod names;
mod output;
mod parts;
mod window;

use crate::Result;
use crate::error::StorageError;
use crate::file_system::{Attributes, CreateMode, FileStatus, FileSystem, InputFile, OutputFile};
use crate::location::Location;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use clients::Clients;
pub use clients::HdfsUser;
use created::Created;
use guard::{Guard, Limits, Safety};
use std::io;
use std::sync::Arc;

/// HDFS, as one user, all name spaces of a configuration. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HdfsFileSystem {
    guard: Guard,
    names: Arc<names::Names>,
    created: Created,
}

impl HdfsFileSystem {
    /// HDFS by a configuration. Connects with the first call.
    ///
    /// # Errors
    /// When no threads can be started, or what the configuration says of new files is not usable.
    pub fn new(conf: &HadoopConf, user: HdfsUser) -> io::Result<Self> {
        Self::with_limits(conf, user, Limits::default())
    }

    /// The same with other time limits.
    ///
    /// # Errors
    /// When no threads can be started, or what the configuration says of new files is not usable.
    pub fn with_limits(conf: &HadoopConf, user: HdfsUser, limits: Limits) -> io::Result<Self> {
        let names = Arc::new(names::Names::new(conf, user.clone()));
        Ok(Self {
            guard: Guard::new(Clients::new(conf, user), limits)?,
            names,
            created: Created::of(conf).map_err(io::Error::other)?,
        })
    }
}

pub use guard::Limits as HdfsLimits;

impl FileSystem for HdfsFileSystem {
    fn create(&self, location: &Location, mode: CreateMode) -> Result<Box<dyn OutputFile>> {
        let options = self.created.file().overwrite(mode == CreateMode::Overwrite);
        // Once more after an unknown outcome would find the file of the first time and call it somebody else's.
        let safety = match mode {
            CreateMode::New => Safety::Once,
            CreateMode::Overwrite => Safety::Repeatable,
        };
        let (client, writer) = self.guard.call(location, safety, move |client, path| {
            let options = options.clone();
            async move {
                let writer = client.create(&path, options).await?;
                Ok((client, writer))
            }
        })?;
        let file = parts::Parts::new(
            location.clone(),
            self.guard.full_authority(location)?,
            client,
            writer,
            Arc::clone(&self.names),
        );
        let output = output::HdfsOutput::new(location.clone(), &self.guard, file);
        Ok(Box::new(output))
    }

    fn open(&self, location: &Location) -> Result<Arc<dyn InputFile>> {
        let reader = self
            .guard
            .call(location, Safety::Repeatable, |client, path| async move {
                client.read(&path).await
            })?;
        Ok(Arc::new(input::HdfsInput::new(
            location.clone(),
            self.guard.clone(),
            reader,
        )))
    }

    fn status(&self, location: &Location) -> Result<FileStatus> {
        let found = self
            .guard
            .call(location, Safety::Repeatable, |client, path| async move {
                client.get_file_info(&path).await
            })?;
        Ok(status_of(location.clone(), &found))
    }

    fn list(&self, location: &Location) -> Result<Vec<FileStatus>> {
        let found = self
            .guard
            .call(location, Safety::Repeatable, |client, path| async move {
                client.list_status(&path, false).await
            })?;
        let is_file =
            |one: &hdfs_native::client::FileStatus| !one.isdir && one.path == location.path();
        if found.len() == 1 && found.iter().all(is_file) {
            return Err(StorageError::Io {
                location: location.clone(),
                source: io::Error::new(io::ErrorKind::NotADirectory, "it is a file, not a folder"),
            });
        }
        let mut children: Vec<_> = found
            .iter()
            .map(|one| {
                let name = one.path.rsplit('/').next().unwrap_or_default();
                status_of(location.join(name), one)
            })
            .collect();
        children.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(children)
    }

    fn create_directory(&self, location: &Location) -> Result<()> {
        let mode = self.created.folder_mode();
        self.guard.call(
            location,
            Safety::Repeatable,
            move |client, path| async move { client.mkdirs(&path, mode, true).await },
        )
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        // A rename keeps length and time, by which we know the file again when the outcome is unknown.
        let before = self.status(from)?;
        let target = to.path().to_owned();
        let outcome = self.guard.call(from, Safety::Once, move |client, path| {
            let target = target.clone();
            async move { client.rename(&path, &target, false).await }
        });
        match outcome {
            Err(StorageError::AlreadyExists { .. }) => Err(StorageError::AlreadyExists {
                location: to.clone(),
            }),
            Err(error) if error.is_transient() => {
                let moved = !self.exists(from)?
                    && self.status(to).is_ok_and(|now| {
                        (now.length, now.modified_ms, now.is_directory)
                            == (before.length, before.modified_ms, before.is_directory)
                    });
                if moved { Ok(()) } else { Err(error) }
            }
            outcome => outcome,
        }
    }

    fn delete(&self, location: &Location, recursive: bool) -> Result<bool> {
        let delete = |client: hdfs_native::Client, path: String| async move {
            client.delete(&path, recursive).await
        };
        match self.guard.call(location, Safety::Once, delete) {
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) if error.is_transient() => {
                // If it was executed after all, there is nothing left to delete, and it was us.
                self.guard
                    .call(location, Safety::Repeatable, delete)
                    .map(|_| true)
            }
            outcome => outcome,
        }
    }

    fn set_permissions(&self, location: &Location, mode: u32) -> Result<()> {
        self.guard.call(
            location,
            Safety::Repeatable,
            move |client, path| async move { client.set_permission(&path, mode).await },
        )
    }
}

fn status_of(location: Location, found: &hdfs_native::client::FileStatus) -> FileStatus {
    FileStatus {
        location,
        length: if found.isdir { 0 } else { found.length as u64 },
        is_directory: found.isdir,
        modified_ms: i64::try_from(found.modification_time).unwrap_or(i64::MAX),
        attributes: Some(Attributes {
            mode: u32::from(found.permission),
            owner: found.owner.clone(),
            group: found.group.clone(),
            replication: found.replication.filter(|_| !found.isdir),
            block_size: found.blocksize.filter(|_| !found.isdir),
        }),
    }
}
