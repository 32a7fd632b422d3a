//! State backends.

use std::path::PathBuf;

use crate::MemorySize;
use crate::config_enum;
use crate::option::{option, optional, options};

config_enum! {
    /// `state.backend.type`.
    StateBackendType {
        /// In memory.
        Hashmap = "hashmap" | "jobmanager" | "filesystem",
        /// On local disk.
        Rocksdb = "rocksdb",
    }
}

options! {
    "State";
    /// Where operators keep their state: `hashmap` in memory, `rocksdb` on local disk.
    BACKEND: StateBackendType = option("state.backend.type", "hashmap").was(&["state.backend"]);
    /// Folder for the files of `rocksdb`; not set: a folder under `io.tmp.dirs`.
    ROCKSDB_LOCAL_DIR: Option<PathBuf> = optional("state.backend.rocksdb.localdir");
    /// Memory of one slot for `rocksdb`, instead of its share of the worker's managed memory.
    ROCKSDB_FIXED_PER_SLOT: Option<MemorySize> = optional("state.backend.rocksdb.memory.fixed-per-slot");
    /// Part of that memory that write buffers may take.
    ROCKSDB_WRITE_BUFFER_RATIO: f64 = option("state.backend.rocksdb.memory.write-buffer-ratio", "0.5").range(0.0, 1.0);
    /// Threads that carry files to and from the checkpoint's folder.
    ROCKSDB_TRANSFER_THREADS: u32 =
        option("state.backend.rocksdb.checkpoint.transfer.thread.num", "4").range(1.0, 1000.0);
}
