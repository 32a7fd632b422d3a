//! The REST API and web pages.

use std::time::Duration;

use crate::Ports;
use crate::option::{option, optional, options};

options! {
    "REST";
    /// Port of the REST API of a job on this machine; if none is set and this one is taken, any free one.
    PORT: u16 = option("rest.port", "8081").was(&["web.port", "jobmanager.web.port"]);
    /// Port or ports that the REST server may listen at: `8081`, `50100-50200`, `8081,8090-8099`, `0` for a free one.
    /// Not set: `rest.port` on this machine, a free one on YARN, where the job manager takes two, one for its clients and
    /// one for YARN's proxy.
    BIND_PORT: Option<Ports> = optional("rest.bind-port").or(&["rest.port"]);
    /// Address that the job manager's REST server and pages listen at on YARN, not set: every address. On this machine it
    /// is always loopback.
    BIND_ADDRESS: Option<String> = optional("rest.bind-address").was(&["web.address", "jobmanager.web.address"]);
    /// How long the outcome of an operation (a savepoint, say) can be asked for.
    ASYNC_STORE_DURATION: Duration = option("rest.async.store-duration", "5 min");
    /// Whether jobs can be canceled through the REST API.
    CANCEL_ENABLED: bool = option("web.cancel.enable", "true");
    /// How many checkpoints are remembered for the job's pages.
    CHECKPOINTS_HISTORY: u32 = option("web.checkpoints.history", "10").was(&["jobmanager.web.checkpoints.history"]);
    /// How many failures are remembered for the job's pages.
    EXCEPTION_HISTORY: u32 = option("web.exception-history-size", "16");
    /// How often the pages ask for news.
    REFRESH_INTERVAL: Duration = option("web.refresh-interval", "3 s").was(&["jobmanager.web.refresh-interval"]);
}
