//! The job manager, heartbeats, and how workers are asked for.

use std::time::Duration;

use crate::MemorySize;
use crate::option::{option, optional, options};

options! {
    "Job manager and resources";
    /// Memory of the job manager's process; on YARN the size of its container.
    JOBMANAGER_PROCESS_SIZE: MemorySize =
        option("jobmanager.memory.process.size", "512 mb").range(67_108_864.0, f64::INFINITY);
    /// Address that the job manager listens at for its workers on YARN, not set: every address. On this machine it is
    /// always loopback.
    JOBMANAGER_BIND_HOST: Option<String> = optional("jobmanager.bind-host");
    /// Time between two heartbeats of the job manager and a worker.
    HEARTBEAT_INTERVAL: Duration = option("heartbeat.interval", "10 s").range(0.01, f64::INFINITY);
    /// A worker or job manager that has not been heard of for so long is taken for dead.
    HEARTBEAT_TIMEOUT: Duration = option("heartbeat.timeout", "50 s").range(0.05, f64::INFINITY);
    /// Worker processes of a cluster on this machine; `0` runs everything in one process.
    LOCAL_WORKERS: u32 = option("minicluster.number-of-taskmanagers", "0")
        .was(&["local.number-taskmanager"]).range(0.0, 1024.0);
    /// How long a new attempt of the job manager waits for the workers of the one before it asks for others.
    PREVIOUS_WORKER_RECOVERY_TIMEOUT: Duration =
        option("resourcemanager.previous-worker.recovery.timeout", "0 s");
    /// Workers that are held ready beyond those that the job needs, so that one of them takes over at once when another dies.
    REDUNDANT_WORKERS: u32 = option("slotmanager.redundant-taskmanager-num", "0").range(0.0, 1024.0);
    /// How long a session on YARN shows a job that has ended.
    COMPLETED_EXPIRATION: Duration =
        option("completed-application-store.expiration-time", "1 h").was(&["jobstore.expiration-time"]);
    /// How many jobs that have ended a session on YARN shows at most.
    COMPLETED_CAPACITY: u32 =
        option("completed-application-store.max-capacity", "2147483647").was(&["jobstore.max-capacity"]);
    /// How long a job waits for its slots before it fails.
    SLOT_REQUEST_TIMEOUT: Duration = option("slot.request.timeout", "5 min");
}
