//! How much memory a job's operators may hold together, and where they put what is more.
//!
//! DataFusion's sorts, hash aggregations and sort-merge joins ask a pool before they grow; one that gets no more writes what it
//! has to a file and goes on. The pool gives each of those that can do so the same share of three quarters. Operators that
//! cannot (the build side of a hash join, the merge of sorted partitions) take from what is left, a quarter at
//! least, and fail with the pool's words when there is none.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{
    FairSpillPool, GreedyMemoryPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

use crate::error::BatchError;

/// A job's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryBudget {
    /// Bytes for all operators together.
    pub bytes: usize,
    /// Folders for what is more.
    pub folders: Vec<PathBuf>,
}

/// Rows of a batch, when there is plenty of memory.
pub(crate) const BATCH_ROWS: usize = 8192;

/// What DataFusion keeps back for each sort, so that it can merge what it has written, when there is plenty.
const SORT_RESERVATION: usize = 10 << 20;

/// Bytes of a row, for want of a better guess.
const ROW_BYTES: usize = 256;

impl MemoryBudget {
    /// What each of so many partitions has.
    fn share(&self, partitions: u32) -> usize {
        self.bytes / partitions.max(1) as usize
    }

    /// What is kept back for the merge of a sort: at most a quarter of its share.
    pub(crate) fn sort_reservation(&self, partitions: u32) -> usize {
        (self.share(partitions) / 4).min(SORT_RESERVATION)
    }

    /// Rows of a batch: a merge holds one of each file that it reads, so a batch is at most a sixteenth of a share.
    pub(crate) fn batch_rows(&self, partitions: u32) -> usize {
        (self.share(partitions) / 16 / ROW_BYTES).clamp(256, BATCH_ROWS)
    }
}

/// What DataFusion runs in; without a budget there is no limit.
pub(crate) fn runtime(budget: Option<&MemoryBudget>) -> Result<Arc<RuntimeEnv>, BatchError> {
    let mut builder = RuntimeEnvBuilder::new();
    if let Some(budget) = budget {
        let folders = DiskManagerMode::Directories(budget.folders.clone());
        builder = builder
            .with_memory_pool(Arc::new(OperatorMemory::new(budget.bytes)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(folders));
    }
    Ok(builder.build_arc()?)
}

/// See the module's documentation. DataFusion's own `FairSpillPool` lets those that can spill take all, so that the
/// merge behind sorts that do finds nothing.
#[derive(Debug)]
struct OperatorMemory {
    bytes: usize,
    spilling: FairSpillPool,
    others: GreedyMemoryPool,
}

impl OperatorMemory {
    fn new(bytes: usize) -> Self {
        OperatorMemory {
            bytes,
            spilling: FairSpillPool::new(bytes - bytes / 4),
            others: GreedyMemoryPool::new(bytes),
        }
    }

    fn pool_of(&self, consumer: &MemoryConsumer) -> &dyn MemoryPool {
        match consumer.can_spill() {
            true => &self.spilling,
            false => &self.others,
        }
    }
}

impl std::fmt::Display for OperatorMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "managed memory of {} bytes", self.bytes)
    }
}

impl MemoryPool for OperatorMemory {
    fn name(&self) -> &str {
        "managed memory"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool_of(consumer).register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool_of(consumer).unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool_of(reservation.consumer())
            .grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.pool_of(reservation.consumer())
            .shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let left = self.bytes.saturating_sub(self.reserved());
        if additional > left {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{} wants {additional} bytes more than the {} that it has, and {left} are left of {}",
                reservation.consumer().name(),
                reservation.size(),
                self.bytes
            )));
        }
        self.pool_of(reservation.consumer())
            .try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.spilling.reserved() + self.others.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes)
    }
}
