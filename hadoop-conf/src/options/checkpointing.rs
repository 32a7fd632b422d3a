//! Checkpoints, savepoints and what a job starts from.

use std::path::PathBuf;
use std::time::Duration;

use crate::config_enum;
use crate::option::{option, optional, options};

config_enum! {
    /// `execution.checkpointing.mode`.
    CheckpointingMode {
        /// Each record counts once in state and in transactional sinks.
        ExactlyOnce = "EXACTLY_ONCE",
        /// After a failure records may count twice.
        AtLeastOnce = "AT_LEAST_ONCE",
    }
}

config_enum! {
    /// `execution.checkpointing.externalized-checkpoint-retention`.
    ExternalizedRetention {
        /// Kept when the job fails, deleted when it is canceled.
        DeleteOnCancellation = "DELETE_ON_CANCELLATION",
        /// Kept when the job fails or is canceled.
        RetainOnCancellation = "RETAIN_ON_CANCELLATION",
        /// Deleted when the job ends in whatever way.
        NoExternalizedCheckpoints = "NO_EXTERNALIZED_CHECKPOINTS",
    }
}

config_enum! {
    /// `execution.state-recovery.claim-mode`.
    ClaimMode {
        /// The job takes over the files it starts from and deletes them when it no longer needs them.
        Claim = "CLAIM",
        /// The job never deletes what it starts from, and does not depend on it after its first checkpoint.
        NoClaim = "NO_CLAIM",
    }
}

options! {
    "Checkpointing";
    /// Time between the starts of two checkpoints. Not set: no checkpoints.
    INTERVAL: Option<Duration> = optional("execution.checkpointing.interval").range(0.01, f64::INFINITY);
    /// What a checkpoint promises after a failure.
    MODE: CheckpointingMode = option("execution.checkpointing.mode", "EXACTLY_ONCE");
    /// A checkpoint that takes longer is given up.
    TIMEOUT: Duration = option("execution.checkpointing.timeout", "10 min").range(0.01, f64::INFINITY);
    /// Least time between the end of a checkpoint and the start of the next.
    MIN_PAUSE: Duration = option("execution.checkpointing.min-pause", "0 s");
    /// How many checkpoints may be under way at once.
    MAX_CONCURRENT: u32 = option("execution.checkpointing.max-concurrent-checkpoints", "1").range(1.0, 1000.0);
    /// How many checkpoints in a row may fail before the job does.
    TOLERABLE_FAILED: u32 = option("execution.checkpointing.tolerable-failed-checkpoints", "0");
    /// Folder of the checkpoints, a URI of a file system that every process reaches; each job makes a folder of its
    /// own in it.
    DIR: Option<String> =
        optional("execution.checkpointing.dir").was(&["state.checkpoints.dir", "state.backend.fs.checkpointdir"]);
    /// Folder for savepoints for which no other is named.
    SAVEPOINT_DIR: Option<String> = optional("execution.checkpointing.savepoint-dir")
        .was(&["state.savepoints.dir", "savepoints.state.backend.fs.dir"]);
    /// How many completed checkpoints are kept.
    NUM_RETAINED: u32 =
        option("execution.checkpointing.num-retained", "1").was(&["state.checkpoints.num-retained"]).range(1.0, 10_000.0);
    /// What becomes of the checkpoints when the job ends.
    EXTERNALIZED_RETENTION: ExternalizedRetention =
        option("execution.checkpointing.externalized-checkpoint-retention", "NO_EXTERNALIZED_CHECKPOINTS");
    /// Whether checkpoints are still taken when some tasks have finished.
    AFTER_TASKS_FINISH: bool = option("execution.checkpointing.checkpoints-after-tasks-finish", "true")
        .was(&["execution.checkpointing.checkpoints-after-tasks-finish.enabled"]);
    /// Whether a checkpoint writes only files that are new since the last one, where the state backend can: `rocksdb`.
    INCREMENTAL: bool = option("execution.checkpointing.incremental", "false").was(&["state.backend.incremental"]);
    /// Whether barriers overtake records, which are then stored in the checkpoint, so that back-pressure holds up no
    /// checkpoint. Needs `execution.checkpointing.max-concurrent-checkpoints` = 1. Savepoints are always aligned.
    UNALIGNED: bool = option("execution.checkpointing.unaligned.enabled", "false")
        .was(&["execution.checkpointing.unaligned"]);
    /// With unaligned checkpoints: how long a checkpoint tries to align first; then its barriers overtake.
    ALIGNED_TIMEOUT: Duration = option("execution.checkpointing.aligned-checkpoint-timeout", "0 s")
        .was(&["execution.checkpointing.alignment-timeout"]);
    /// Whether state files and savepoints are compressed (LZ4). The files of `rocksdb` in incremental checkpoints are
    /// compressed by RocksDB in any case.
    COMPRESSION: bool = option("execution.checkpointing.snapshot-compression", "false");
    /// File with the keys that checkpoints and savepoints are encrypted with (AES-256-GCM). It is read by the job
    /// manager alone and may be readable for its owner only. A line has an id and 64 hexadecimal digits; the first
    /// key encrypts, all of them open what was encrypted before. Not set: nothing is encrypted.
    ENCRYPTION_KEY_FILE: Option<PathBuf> = optional("execution.checkpointing.encryption.key-file");
    /// Whether workers keep a copy of what they write into checkpoints on their own disk.
    LOCAL_BACKUP: bool = option("execution.checkpointing.local-backup.enabled", "false")
        .or(&["execution.state-recovery.from-local"]);
    /// Folders for these copies, of which the first is taken; not set: a folder under `io.tmp.dirs`.
    LOCAL_BACKUP_DIRS: Option<String> =
        optional("execution.checkpointing.local-backup.dirs").was(&["taskmanager.state.local.root-dirs"]);
    /// Whether a task that starts again on the same worker reads the copies there instead of the checkpoint's files.
    FROM_LOCAL: bool = option("execution.state-recovery.from-local", "false").was(&["state.backend.local-recovery"]);
    /// Checkpoint or savepoint that the job starts from; the folder of a job's checkpoints means the newest
    /// complete one.
    RECOVERY_PATH: Option<String> = optional("execution.state-recovery.path").was(&["execution.savepoint.path"]);
    /// Who owns the files that the job starts from.
    CLAIM_MODE: ClaimMode =
        option("execution.state-recovery.claim-mode", "NO_CLAIM").was(&["execution.savepoint-restore-mode"]);
    /// Whether state that no operator of the job claims may be left behind.
    IGNORE_UNCLAIMED_STATE: bool = option("execution.state-recovery.ignore-unclaimed-state", "false")
        .was(&["execution.savepoint.ignore-unclaimed-state"]);
}
