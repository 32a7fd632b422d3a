//! How a job runs: mode, parallelism, pipeline.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config_enum;
use crate::option::{option, optional, options};

config_enum! {
    /// `execution.runtime-mode`.
    RuntimeMode {
        /// Results change as records arrive.
        Streaming = "STREAMING",
        /// Bounded input, final results only.
        Batch = "BATCH",
        /// Batch if every source is bounded, else streaming.
        Automatic = "AUTOMATIC",
    }
}

options! {
    "Execution";
    /// Whether a job runs as a stream, as a batch (bounded tables only, final results only), or decides by its
    /// sources.
    RUNTIME_MODE: RuntimeMode = option("execution.runtime-mode", "STREAMING");
    /// Number of parallel subtasks of an operator for which nothing else is said.
    PARALLELISM: u32 = option("parallelism.default", "1").range(1.0, 32768.0);
    /// Number of key groups, which bounds how far a job can be scaled out later without losing its state. `-1`
    /// derives it from the parallelism (at least 128). It cannot be changed for a job that is restored.
    MAX_PARALLELISM: i32 = option("pipeline.max-parallelism", "-1").range(-1.0, 32768.0);
    /// Name of the job.
    JOB_NAME: Option<String> = optional("pipeline.name");
    /// Interval between two watermarks of a source whose watermarks are emitted periodically.
    AUTO_WATERMARK_INTERVAL: Duration = option("pipeline.auto-watermark-interval", "200 ms");
    /// Longest time that rows may wait in a task for more rows before they go on to the next task: the bound on
    /// the latency that batching adds. `0` sends every batch at once.
    BUFFER_TIMEOUT: Duration =
        option("execution.buffer-timeout.interval", "100 ms").was(&["execution.buffer-timeout"]);
    /// If false, nothing but a full batch, a watermark, a barrier or the end of input sends rows on.
    BUFFER_TIMEOUT_ENABLED: bool = option("execution.buffer-timeout.enabled", "true");
    /// Whether operators without an exchange between them run in one task. Switching it off costs throughput and
    /// shows each operator's own numbers.
    OPERATOR_CHAINING: bool =
        option("pipeline.operator-chaining.enabled", "true").was(&["pipeline.operator-chaining"]);
    /// Whether sources wait for the first checkpoint before they emit anything.
    PAUSE_UNTIL_FIRST_CHECKPOINT: bool = option("pipeline.sources.pause-until-first-checkpoint", "false");
    /// Names and values that the job's pages show with the job.
    GLOBAL_JOB_PARAMETERS: Option<BTreeMap<String, String>> = optional("pipeline.global-job-parameters");
    /// Where a job runs: `local` (this machine), `yarn-application` (a YARN application per job) or `yarn-session`
    /// (a running session on YARN).
    TARGET: Option<String> = optional("execution.target");
    /// Whether the command waits for the job to end.
    ATTACHED: bool = option("execution.attached", "true");
    /// Folders for files that need not outlive the process: spilled data, local state, logs of a local cluster.
    /// On YARN the container's own folders take its place.
    TMP_DIRS: String = option("io.tmp.dirs", "/tmp").was(&["taskmanager.tmp.dirs"]);
    /// Longest wait for a task to end after it was canceled; the worker ends itself when it is over. `0` waits
    /// for ever.
    CANCELLATION_TIMEOUT: Duration = option("task.cancellation.timeout", "3 min");
}
