//! What survives the job manager's death.

use crate::config_enum;
use crate::option::{option, options};

config_enum! {
    /// `high-availability.type`.
    HighAvailability {
        /// The job ends with its job manager.
        None = "NONE",
        /// A record of the jobs in a file system that every attempt reaches; attempts are fenced by their number.
        /// `ZOOKEEPER` is read as the same, because what it gives in Flink needs no ZooKeeper here.
        Filesystem = "FILESYSTEM" | "ZOOKEEPER",
    }
}

options! {
    "High availability";
    /// Whether the next attempt of the job manager goes on with the jobs of the one before. On YARN with a shared
    /// file system `FILESYSTEM` needs nothing else: neither ZooKeeper nor a second machine.
    TYPE: HighAvailability =
        option("high-availability.type", "NONE").was(&["high-availability", "recovery.mode"]);
}
