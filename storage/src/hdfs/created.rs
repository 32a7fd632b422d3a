//! What new files and folders are like, by the client's configuration: Hadoop's NameNodes leave that to their clients.

use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError, HadoopValue};
use hdfs_native::WriteOptions;

/// Block size, copies and permissions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Created {
    /// `dfs.blocksize`, `dfs.replication`; what is not configured the NameNode decides.
    block_size: Option<u64>,
    replication: Option<u32>,
    umask: u32,
}

impl Created {
    pub(super) fn of(conf: &HadoopConf) -> Result<Self, HadoopConfError> {
        let is_set = |key| conf.origin(key).is_some();
        Ok(Self {
            block_size: match is_set("dfs.blocksize") {
                true => Some(conf.bytes("dfs.blocksize")?),
                false => None,
            },
            replication: match is_set("dfs.replication") {
                true => Some(conf.value("dfs.replication")?),
                false => None,
            },
            umask: conf.value::<Umask>("fs.permissions.umask-mode")?.0,
        })
    }

    pub(super) fn file(self) -> WriteOptions {
        let mut options = WriteOptions::default().permission(0o666 & !self.umask);
        options.block_size = self.block_size;
        options.replication = self.replication;
        options
    }

    pub(super) fn folder_mode(self) -> u32 {
        0o777 & !self.umask
    }
}

/// Permissions that new files do not get: octal (`027`), or those that they keep by symbols (`u=rwx,g=rx,o=`), as
/// `FsPermission.getUMask` has it.
struct Umask(u32);

impl HadoopValue for Umask {
    fn read(text: &str) -> Result<Self, String> {
        let octal = u32::from_str_radix(text, 8)
            .ok()
            .filter(|mask| *mask <= 0o777);
        octal.or_else(|| symbolic(text)).map(Umask).ok_or_else(|| {
            "expected octal digits such as 022, or symbols such as u=rwx,g=rx,o=".into()
        })
    }
}

fn symbolic(text: &str) -> Option<u32> {
    let mut kept = 0;
    for clause in text.split(',') {
        let (who, what) = clause.trim().split_once('=')?;
        let mut bits = 0;
        for letter in what.chars() {
            bits |= match letter {
                'r' => 4,
                'w' => 2,
                'x' => 1,
                _ => return None,
            };
        }
        for letter in who.chars() {
            kept |= match letter {
                'u' => bits << 6,
                'g' => bits << 3,
                'o' => bits,
                'a' => bits << 6 | bits << 3 | bits,
                _ => return None,
            };
        }
    }
    Some(0o777 & !kept)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Environment;

    #[test]
    fn the_configuration_decides() {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        let created = Created::of(&conf).unwrap();
        let file = created.file();
        assert_eq!((file.block_size, file.replication), (None, None));
        assert_eq!((file.permission, created.folder_mode()), (0o644, 0o755));
        for (key, value) in [
            ("dfs.blocksize", "1m"),
            ("dfs.replication", "2"),
            ("fs.permissions.umask-mode", "027"),
        ] {
            conf.set(key, value, "test");
        }
        let created = Created::of(&conf).unwrap();
        let file = created.file();
        assert_eq!(
            (file.block_size, file.replication),
            (Some(1 << 20), Some(2))
        );
        assert_eq!((file.permission, created.folder_mode()), (0o640, 0o750));
        conf.set("fs.permissions.umask-mode", "u=rwx,g=rx,o=", "test");
        assert_eq!(Created::of(&conf).unwrap().file().permission, 0o640);
        for wrong in ["9", "7777", "u=rwz", "u"] {
            conf.set("fs.permissions.umask-mode", wrong, "test");
            let error = Created::of(&conf).unwrap_err().to_string();
            assert!(error.contains("u=rwx,g=rx,o="), "{error}");
        }
    }
}
