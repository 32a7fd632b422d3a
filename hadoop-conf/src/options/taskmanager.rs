//! Workers: slots, memory, exchange.

use std::time::Duration;

use crate::config_enum;
use crate::option::{option, optional, options};
use crate::{MemorySize, Ports};

config_enum! {
    /// `taskmanager.network.compression.codec`.
    ExchangeCodec {
        /// No compression.
        None = "NONE",
        /// Fast, weak.
        Lz4 = "LZ4",
        /// Slower, stronger.
        Zstd = "ZSTD",
    }
}

options! {
    "Workers";
    /// Slots of a worker: how many parallel pipelines it runs.
    NUM_SLOTS: u32 = option("taskmanager.numberOfTaskSlots", "1").range(1.0, 1024.0);
    /// Processors of a worker; not set: one per slot.
    CPU_CORES: Option<f64> = optional("taskmanager.cpu.cores").range(0.1, 1024.0);
    /// Memory of a worker process, all included; on YARN the size of its container. Not set: `1728 mb`, or what
    /// `taskmanager.memory.flink.size` says.
    PROCESS_SIZE: Option<MemorySize> = optional("taskmanager.memory.process.size").range(67_108_864.0, f64::INFINITY);
    /// Memory of a worker process without the allocator's overhead. The process size counts if both are set.
    FLINK_SIZE: Option<MemorySize> = optional("taskmanager.memory.flink.size").range(67_108_864.0, f64::INFINITY);
    /// Memory for state backends and large operators, for the whole worker; not set: the fraction counts.
    MANAGED_SIZE: Option<MemorySize> = optional("taskmanager.memory.managed.size").was(&["taskmanager.memory.size"]);
    /// Part of a worker's memory that is managed memory.
    MANAGED_FRACTION: f64 = option("taskmanager.memory.managed.fraction", "0.4").range(0.0, 1.0);
    /// Part of a worker's memory that holds records between tasks.
    NETWORK_FRACTION: f64 = option("taskmanager.memory.network.fraction", "0.1")
        .was(&["taskmanager.network.memory.fraction"]).range(0.0, 1.0);
    /// Least memory for records between tasks.
    NETWORK_MIN: MemorySize = option("taskmanager.memory.network.min", "64 mb")
        .was(&["taskmanager.network.memory.min"]);
    /// Most memory for records between tasks.
    NETWORK_MAX: Option<MemorySize> = optional("taskmanager.memory.network.max")
        .was(&["taskmanager.network.memory.max"]);
    /// How records are compressed between workers on different machines; between workers on one they never are.
    EXCHANGE_CODEC: ExchangeCodec = option("taskmanager.network.compression.codec", "LZ4");
    /// Address that a worker listens at for other workers on YARN, not set: every address. On this machine it is always
    /// loopback.
    BIND_HOST: Option<String> = optional("taskmanager.bind-host");
    /// Port or ports that a worker may listen at for other workers on YARN: `0` (a free one), `50100`, `50100-50200`. A
    /// node with several workers needs as many ports.
    DATA_PORT: Ports = option("taskmanager.data.port", "0").was(&["taskmanager.data.bind-port"]);
    /// A worker that cannot register with its job manager for so long ends itself.
    REGISTRATION_TIMEOUT: Duration = option("taskmanager.registration.timeout", "5 min")
        .was(&["taskmanager.maxRegistrationDuration"]);
    /// Environment variables of worker processes on YARN.
    ENV: Option<String> = optional("containerized.taskmanager.env.<NAME>");
    /// Environment variables of the job manager's process on YARN.
    MASTER_ENV: Option<String> = optional("containerized.master.env.<NAME>");
}
