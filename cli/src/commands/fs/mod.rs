//! `alpheus fs`: files on HDFS and on this machine, by the same URIs that tables use.
//!
//! What it needs of a cluster is found as for jobs: configuration, keytab, token file, tickets.

mod copy;
mod list;

use std::io::Write;

use alpheus_storage::{FileStatus, FileSystem, Location, file_system_for, glob};
use std::sync::Arc;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult, Exit};

/// List, read, write and remove files on HDFS
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus fs ls hdfs://ns1/user/alice            # or hdfs:///user/alice for the default file system
  alpheus fs ls 'hdfs:///logs/2026-*/part-*'
  alpheus fs cat hdfs:///user/alice/out/part-0 | head
  alpheus fs put flights.csv hdfs:///user/alice/in/
  alpheus fs get hdfs:///user/alice/out/part-0 .
  alpheus fs rm -r hdfs:///user/alice/out
  alpheus fs -D security.kerberos.login.keytab=a.keytab -D security.kerberos.login.principal=alice@EXAMPLE.COM ls hdfs:///")]
pub struct FsArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List files and the content of folders
    Ls {
        /// Also what lies in the folders below
        #[arg(short = 'R', long)]
        recursive: bool,
        /// Paths or patterns (*, ?, [..], {a,b}); folders are listed
        #[arg(required = true, value_name = "URI")]
        paths: Vec<String>,
    },
    /// Write files to standard output
    Cat {
        /// Files or patterns
        #[arg(required = true, value_name = "URI")]
        paths: Vec<String>,
    },
    /// Copy files of this machine to a file system
    Put {
        /// Replace files that are there
        #[arg(short, long)]
        force: bool,
        /// Files of this machine (- is standard input), then where to: a folder, or one file's name
        #[arg(required = true, num_args = 2.., value_names = ["LOCAL", "URI"])]
        paths: Vec<String>,
    },
    /// Copy files to this machine
    Get {
        /// Replace files that are there
        #[arg(short, long)]
        force: bool,
        /// Files or patterns, then where to: a folder of this machine, or one file's name
        #[arg(required = true, num_args = 2.., value_names = ["URI", "LOCAL"])]
        paths: Vec<String>,
    },
    /// Remove files; folders with -r
    Rm {
        /// Folders too, with everything in them
        #[arg(short, long)]
        recursive: bool,
        /// No error when nothing is there
        #[arg(short, long)]
        force: bool,
        /// Paths or patterns
        #[arg(required = true, value_name = "URI")]
        paths: Vec<String>,
    },
    /// Make folders, and those above them
    Mkdir {
        /// Folders
        #[arg(required = true, value_name = "URI")]
        paths: Vec<String>,
    },
    /// Show what is known of files and folders
    Stat {
        /// As one JSON object a line
        #[arg(long)]
        json: bool,
        /// Paths or patterns
        #[arg(required = true, value_name = "URI")]
        paths: Vec<String>,
    },
}

impl FsArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When a path is wrong, or the file system refuses.
    pub fn run(self) -> CliResult<Exit> {
        config::load(&self.config)?;
        match self.action {
            Action::Ls { recursive, paths } => list::ls(&paths, recursive)?,
            Action::Cat { paths } => copy::cat(&paths)?,
            Action::Put { force, paths } => copy::put(&paths, force)?,
            Action::Get { force, paths } => copy::get(&paths, force)?,
            Action::Rm {
                recursive,
                force,
                paths,
            } => remove(&paths, recursive, force)?,
            Action::Mkdir { paths } => {
                for path in &paths {
                    let (fs, location) = open(path)?;
                    fs.create_directory(&location).map_err(CliError::failed)?;
                }
            }
            Action::Stat { json, paths } => list::stat(&paths, json)?,
        }
        Ok(Exit::Finished)
    }
}

/// The file system of a URI.
fn open(path: &str) -> CliResult<(Arc<dyn FileSystem>, Location)> {
    let location: Location = path.parse().map_err(CliError::usage)?;
    let fs = file_system_for(&location).map_err(CliError::usage)?;
    Ok((fs, location))
}

/// What a URI or pattern names.
fn expand(path: &str) -> CliResult<(Arc<dyn FileSystem>, Vec<FileStatus>)> {
    let (fs, location) = open(path)?;
    let found = glob::expand(&*fs, &location).map_err(CliError::failed)?;
    Ok((fs, found))
}

fn remove(paths: &[String], recursive: bool, force: bool) -> CliResult<()> {
    for path in paths {
        let (fs, location) = open(path)?;
        let found = match glob::expand(&*fs, &location) {
            Ok(found) => found,
            Err(error) if force && error.is_not_found() => continue,
            Err(error) => return Err(CliError::failed(error)),
        };
        for one in found {
            let at = &one.location;
            if at.parent().is_none() {
                return Err(CliError::usage(format!(
                    "{at} is the root of a file system; it is not removed"
                )));
            }
            if one.is_directory && !recursive {
                return Err(CliError::usage(format!(
                    "{at} is a folder; remove it and all in it with -r"
                )));
            }
            fs.delete(at, recursive).map_err(CliError::failed)?;
        }
    }
    Ok(())
}

/// Writes to standard output; true when nobody reads it any more.
fn print(bytes: &[u8]) -> CliResult<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(CliError::failed(error)),
    }
}
