//! How databases are set up, and the memory that those of a worker share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alpheus_dataflow::operator::Clock;
use rocksdb::compaction_filter::Decision;
use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, Options, WriteBufferManager};

use super::cache_share::{CacheBudget, CacheShare};
use crate::map_state::written_at;

/// Folders and sizes; names are Flink's (`state.backend.rocksdb.*`).
#[derive(Clone, Debug)]
pub struct RocksDbOptions {
    /// Folder for all databases of the worker (`localdir`).
    pub directory: PathBuf,
    /// Memory for all databases of the worker together, in bytes (`memory.managed`,
    /// `memory.fixed-per-slot`).
    pub memory_bytes: usize,
    /// Part of it that write buffers may take (`memory.write-buffer-ratio`).
    pub write_buffer_ratio: f64,
    /// Size of one write buffer in bytes (`writebuffer.size`).
    pub write_buffer_bytes: usize,
    /// Threads of each database that flush and compact (`thread.num`).
    pub threads: u32,
    /// Whether blocks have Bloom filters (`use-bloom-filter`).
    pub bloom_filter: bool,
    /// Bits a key takes in a Bloom filter (`bloom-filter.bits-per-key`).
    pub bloom_bits_per_key: f64,
    /// Size of a block in bytes (`block.blocksize`).
    pub block_bytes: usize,
    /// Whether checkpoints write only files that are new since the last one
    /// (`execution.checkpointing.incremental`).
    pub incremental: bool,
    /// How many files are carried at once to and from the checkpoint's folder
    /// (`checkpoint.transfer.thread.num`).
    pub transfer_threads: usize,
    /// How many keys with their values a state keeps in memory, at most.
    pub cached_keys: usize,
    /// Part of the memory that is for entries of map states, by key.
    pub cached_ratio: f64,
}

impl RocksDbOptions {
    /// Flink's defaults, with 64 MiB of memory.
    pub fn new(directory: PathBuf) -> Self {
        RocksDbOptions {
            directory,
            memory_bytes: 64 << 20,
            write_buffer_ratio: 0.5,
            write_buffer_bytes: 64 << 20,
            threads: 2,
            bloom_filter: true,
            bloom_bits_per_key: 10.0,
            block_bytes: 4096,
            incremental: false,
            transfer_threads: 4,
            cached_keys: 1 << 16,
            cached_ratio: 0.25,
        }
    }
}

/// One block cache and one budget for write buffers, which is part of the cache's size, and one for entries of map
/// states.
///
/// The sizes are those of Flink's `RocksDBMemoryControllerUtils`: a write buffer is flushed at half of
/// what is left, so the budget may be overdrawn by half, and cache and budget are cut so that together
/// they stay within the memory given.
pub struct RocksDbMemory {
    cache: Cache,
    write_buffers: WriteBufferManager,
    entries: Arc<CacheBudget>,
}

impl RocksDbMemory {
    /// Memory of the size that the options say.
    pub fn new(options: &RocksDbOptions) -> Self {
        let entries = options.memory_bytes as f64 * options.cached_ratio;
        let total = options.memory_bytes as f64 - entries;
        let ratio = options.write_buffer_ratio;
        let cache = Cache::new_lru_cache(((3.0 - ratio) * total / 3.0) as usize);
        let budget = (2.0 * total * ratio / 3.0) as usize;
        RocksDbMemory {
            write_buffers: WriteBufferManager::new_write_buffer_manager_with_cache(
                budget,
                false,
                cache.clone(),
            ),
            cache,
            entries: Arc::new(CacheBudget::new(entries as usize)),
        }
    }

    /// The share of one more state in the memory for entries.
    pub(super) fn cache_share(&self) -> CacheShare {
        CacheShare::new(&self.entries)
    }

    /// Bytes of blocks and write buffers in memory.
    pub fn usage(&self) -> usize {
        self.cache.get_usage()
    }

    /// Options of a database.
    pub(super) fn database_options(&self, options: &RocksDbOptions) -> Options {
        let mut database = Options::default();
        database.create_if_missing(true);
        database.set_write_buffer_manager(&self.write_buffers);
        database.set_max_background_jobs(i32::try_from(options.threads).unwrap_or(i32::MAX));
        database.set_use_fsync(false);
        // The operator is the only one who writes.
        database.set_allow_concurrent_memtable_write(false);
        database.set_keep_log_file_num(1);
        database.set_stats_dump_period_sec(0);
        database.set_stats_persist_period_sec(0);
        database
    }

    /// Options of a column family. With a filter, compactions drop values that begin with a time (i64,
    /// little endian, ms) which is so many ms ago; 0 keeps all.
    pub(super) fn column_options(
        &self,
        options: &RocksDbOptions,
        filter: Option<(Arc<AtomicU64>, Arc<dyn Clock>)>,
    ) -> Options {
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&self.cache);
        table.set_block_size(options.block_bytes);
        table.set_cache_index_and_filter_blocks(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);
        if options.bloom_filter {
            table.set_bloom_filter(options.bloom_bits_per_key, false);
        }
        let mut column = Options::default();
        column.set_block_based_table_factory(&table);
        column.set_write_buffer_size(options.write_buffer_bytes);
        column.set_compression_type(DBCompressionType::Lz4);
        column.set_level_compaction_dynamic_level_bytes(true);
        if let Some((ttl, clock)) = filter {
            column.set_compaction_filter("ttl", move |_level, _key, value| {
                let ttl = i64::try_from(ttl.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
                if ttl > 0 && written_at(value) <= clock.now_ms().saturating_sub(ttl) {
                    Decision::Remove
                } else {
                    Decision::Keep
                }
            });
        }
        column
    }
}
