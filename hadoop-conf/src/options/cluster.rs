//! The job manager, heartbeats, and how workers are asked for.

use std::time::Duration;

use crate::MemorySize;
use crate::option::{option, optional, options};

options! {
    "Job manager and resources";
    /// Memory of the job manager's process; on YARN the size of its container.
    JOBMANAGER_PROCESS_SIZE: MemorySize =
        option("jobmanager.memory.process.size", "512 mb").range(67_108_864.0, f64::INFINITY);
    /// Address under which other processes reach the job manager; not set: the machine's name, on YARN the node's.
    JOBMANAGER_ADDRESS: Option<String> = optional("jobmanager.rpc.address");
    /// Address that the job manager listens at; not set: every address on a cluster, loopback on one machine.
    JOBMANAGER_BIND_HOST: Option<String> = optional("jobmanager.bind-host");
    /// Port that workers connect to; `0` takes a free one.
    JOBMANAGER_PORT: u16 = option("jobmanager.rpc.port", "0");
    /// Time between two heartbeats of the job manager and a worker.
    HEARTBEAT_INTERVAL: Duration = option("heartbeat.interval", "10 s").range(0.01, f64::INFINITY);
    /// A worker or job manager that has not been heard of for so long is taken for dead.
    HEARTBEAT_TIMEOUT: Duration = option("heartbeat.timeout", "50 s").range(0.05, f64::INFINITY);
    /// Worker processes of a cluster on this machine; `0` runs everything in one process.
    LOCAL_WORKERS: u32 = option("minicluster.number-of-taskmanagers", "0")
        .was(&["local.number-taskmanager"]).range(0.0, 1024.0);
    /// Slots that are there before a job asks for them.
    SLOTS_MIN: u32 = option("slotmanager.number-of-slots.min", "0");
    /// Slots that are asked for at most.
    SLOTS_MAX: u32 = option("slotmanager.number-of-slots.max", "2147483647");
    /// Processors that are asked for at least.
    MIN_CPU: Option<f64> = optional("slotmanager.min-total-resource.cpu");
    /// Processors that are asked for at most.
    MAX_CPU: Option<f64> = optional("slotmanager.max-total-resource.cpu");
    /// Memory that is asked for at least.
    MIN_MEMORY: Option<MemorySize> = optional("slotmanager.min-total-resource.memory");
    /// Memory that is asked for at most.
    MAX_MEMORY: Option<MemorySize> = optional("slotmanager.max-total-resource.memory");
    /// Spare workers that wait for another's death.
    REDUNDANT_WORKERS: u32 = option("slotmanager.redundant-taskmanager-num", "0");
    /// A worker without work is given back after so long.
    WORKER_IDLE_TIMEOUT: Duration = option("resourcemanager.taskmanager-timeout", "30 s")
        .was(&["slotmanager.taskmanager-timeout"]);
    /// A worker that was started and does not register within this time is given back and asked for anew.
    WORKER_REGISTRATION_TIMEOUT: Duration = option("resourcemanager.taskmanager-registration.timeout", "5 min");
    /// Failed starts of workers per minute after which asking pauses.
    START_WORKER_MAX_FAILURE_RATE: f64 = option("resourcemanager.start-worker.max-failure-rate", "10.0")
        .range(0.0, 1e6);
    /// How long asking pauses then.
    START_WORKER_RETRY_INTERVAL: Duration = option("resourcemanager.start-worker.retry-interval", "3 s");
    /// How long a new attempt of the job manager waits for the workers of the one before it asks for others.
    PREVIOUS_WORKER_RECOVERY_TIMEOUT: Duration =
        option("resourcemanager.previous-worker.recovery.timeout", "0 s");
    /// How long a job waits for its slots before it fails.
    SLOT_REQUEST_TIMEOUT: Duration = option("slot.request.timeout", "5 min");
    /// A slot that a job no longer uses is given back after so long.
    SLOT_IDLE_TIMEOUT: Duration = option("slot.idle.timeout", "50 s");
    /// How long the client waits for an answer of the cluster.
    CLIENT_TIMEOUT: Duration = option("client.timeout", "1 min").was(&["akka.client.timeout"]);
}
