//! Which checkpoints refer to which shared files. No I/O.
//!
//! Incremental checkpoints share files (see `alpheus_state::rocksdb`). A file may go when no checkpoint
//! refers to it any more, so every checkpoint that is kept has to be known here before one is deleted.

use std::collections::{BTreeMap, BTreeSet};

/// Files by location, each with the folders of the checkpoints that refer to it.
#[derive(Debug, Default)]
pub struct SharedFiles {
    users: BTreeMap<String, BTreeSet<String>>,
}

impl SharedFiles {
    /// The checkpoint in this folder refers to these files.
    pub fn add<'f>(&mut self, checkpoint: &str, files: impl IntoIterator<Item = &'f str>) {
        for file in files {
            let users = self.users.entry(file.to_owned()).or_default();
            users.insert(checkpoint.to_owned());
        }
    }

    /// The checkpoint is deleted. Gives the files that nobody refers to any more.
    pub fn remove(&mut self, checkpoint: &str) -> Vec<String> {
        let mut unused = Vec::new();
        self.users.retain(|file, users| {
            if users.remove(checkpoint) && users.is_empty() {
                unused.push(file.clone());
                return false;
            }
            true
        });
        unused
    }

    /// Whether a checkpoint refers to the file.
    pub fn is_used(&self, file: &str) -> bool {
        self.users.contains_key(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_with_its_last_checkpoint() {
        let mut shared = SharedFiles::default();
        shared.add("chk-1", ["a", "b"]);
        shared.add("chk-2", ["b", "c"]);
        shared.add("chk-2", ["b"]);
        assert_eq!(shared.remove("chk-1"), ["a"]);
        assert!(shared.is_used("b") && !shared.is_used("a"));
        assert!(shared.remove("chk-9").is_empty());
        assert_eq!(shared.remove("chk-2"), ["b", "c"]);
    }
}
