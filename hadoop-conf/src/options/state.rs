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
    /// Whether the databases of a worker share its managed memory (`taskmanager.memory.managed.size`). If not, one of
    /// the fixed sizes has to be set.
    ROCKSDB_MEMORY_MANAGED: bool = option("state.backend.rocksdb.memory.managed", "true");
    /// Memory of one slot for `rocksdb`, instead of its share of the worker's managed memory.
    ROCKSDB_FIXED_PER_SLOT: Option<MemorySize> = optional("state.backend.rocksdb.memory.fixed-per-slot");
    /// Memory of a worker for `rocksdb`, instead of its managed memory; what is set for a slot counts first.
    ROCKSDB_FIXED_PER_TM: Option<MemorySize> = optional("state.backend.rocksdb.memory.fixed-per-tm");
    /// Part of that memory that write buffers may take.
    ROCKSDB_WRITE_BUFFER_RATIO: f64 = option("state.backend.rocksdb.memory.write-buffer-ratio", "0.5").range(0.0, 1.0);
    /// Threads that carry files to and from the checkpoint's folder.
    ROCKSDB_TRANSFER_THREADS: u32 =
        option("state.backend.rocksdb.checkpoint.transfer.thread.num", "4").range(1.0, 1000.0);
    /// Threads of each database that flush and compact.
    ROCKSDB_THREADS: u32 = option("state.backend.rocksdb.thread.num", "2").range(1.0, 64.0);
    /// Most bytes of a write buffer; the shared memory may make it smaller.
    ROCKSDB_WRITE_BUFFER_SIZE: MemorySize = option("state.backend.rocksdb.writebuffer.size", "64 mb")
        .range(65_536.0, 4_294_967_296.0);
    /// Size of a block, the unit that is read from disk and cached.
    ROCKSDB_BLOCK_SIZE: MemorySize = option("state.backend.rocksdb.block.blocksize", "4 kb")
        .range(1024.0, 16_777_216.0);
    /// Whether files have Bloom filters, so that a key that is not there costs no read. Flink's default is `false`.
    ROCKSDB_BLOOM_FILTER: bool = option("state.backend.rocksdb.use-bloom-filter", "true");
    /// Bits of a Bloom filter for each key.
    ROCKSDB_BLOOM_BITS: f64 = option("state.backend.rocksdb.bloom-filter.bits-per-key", "10.0").range(1.0, 64.0);
}
