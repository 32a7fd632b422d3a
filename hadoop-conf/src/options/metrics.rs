//! Metrics.

use std::time::Duration;

use crate::option::{option, optional, options};

options! {
    "Metrics";
    /// Names of the reporters that run; not set: all that are configured. The REST server's `/metrics` always
    /// answers Prometheus.
    REPORTERS: Option<String> = optional("metrics.reporters");
    /// What kind of reporter it is: `prometheus` or Flink's factory class for it.
    REPORTER_FACTORY: Option<String> = optional("metrics.reporter.<name>.factory.class");
    /// Port or ports at which a `prometheus` reporter listens, `9249-9260` for example.
    REPORTER_PORT: Option<String> = optional("metrics.reporter.<name>.port");
    /// Metrics that the reporter leaves out, as `scope:name:type` with `*`.
    REPORTER_EXCLUDES: Option<Vec<String>> = optional("metrics.reporter.<name>.filter.excludes");
    /// Metrics that the reporter shows, as `scope:name:type` with `*`; not set: all.
    REPORTER_INCLUDES: Option<Vec<String>> = optional("metrics.reporter.<name>.filter.includes");
    /// Time between two collections of the workers' metrics by the job manager.
    FETCHER_UPDATE_INTERVAL: Duration = option("metrics.fetcher.update-interval", "10 s");
    /// Time between two latency markers of a source; `0` sends none.
    LATENCY_INTERVAL: Duration = option("metrics.latency.interval", "0 ms");
    /// Whether the machine's own numbers (processors, memory, network) are metrics too.
    SYSTEM_RESOURCE: bool = option("metrics.system-resource", "false");
    /// Time between two readings of the machine's numbers.
    SYSTEM_RESOURCE_INTERVAL: Duration = option("metrics.system-resource-probing-interval", "5 s");
}
