//! The REST API and web pages.

use std::path::PathBuf;
use std::time::Duration;

use crate::option::{option, optional, options};

options! {
    "REST";
    /// Port of the REST API; clients connect to it, and the server listens at it unless `rest.bind-port` is set.
    PORT: u16 = option("rest.port", "8081").was(&["web.port", "jobmanager.web.port"]);
    /// Port or ports that the server may listen at: `8081`, `50100-50200`, `8081,8090-8099`, `0` for a free one.
    BIND_PORT: Option<String> = optional("rest.bind-port").or(&["rest.port"]);
    /// Address that clients connect to.
    ADDRESS: Option<String> = optional("rest.address").or(&["jobmanager.rpc.address"]);
    /// Address that the server listens at; not set: loopback on one machine, every address on YARN.
    BIND_ADDRESS: Option<String> = optional("rest.bind-address").was(&["web.address", "jobmanager.web.address"]);
    /// Longest wait for a connection to the REST API.
    CONNECTION_TIMEOUT: Duration = option("rest.connection-timeout", "15 s");
    /// A connection that has been silent for so long is closed.
    IDLENESS_TIMEOUT: Duration = option("rest.idleness-timeout", "5 min");
    /// Largest request, in bytes.
    SERVER_MAX_CONTENT_LENGTH: u32 = option("rest.server.max-content-length", "104857600");
    /// Largest response that a client takes, in bytes.
    CLIENT_MAX_CONTENT_LENGTH: u32 = option("rest.client.max-content-length", "104857600");
    /// How often a client tries again.
    RETRY_MAX_ATTEMPTS: u32 = option("rest.retry.max-attempts", "20");
    /// Time between two tries.
    RETRY_DELAY: Duration = option("rest.retry.delay", "3 s");
    /// How long the outcome of an operation (a savepoint, say) can be asked for.
    ASYNC_STORE_DURATION: Duration = option("rest.async.store-duration", "5 min");
    /// Value of the `Access-Control-Allow-Origin` header; not set: no such header, so that pages of other origins
    /// cannot read the API.
    ALLOW_ORIGIN: Option<String> = optional("web.access-control-allow-origin")
        .was(&["jobmanager.web.access-control-allow-origin"]);
    /// Whether jobs can be submitted through the REST API.
    SUBMIT_ENABLED: bool = option("web.submit.enable", "true").was(&["jobmanager.web.submit.enable"]);
    /// Whether jobs can be canceled through the REST API.
    CANCEL_ENABLED: bool = option("web.cancel.enable", "true");
    /// How many checkpoints are remembered for the job's pages.
    CHECKPOINTS_HISTORY: u32 = option("web.checkpoints.history", "10").was(&["jobmanager.web.checkpoints.history"]);
    /// How many failures are remembered for the job's pages.
    EXCEPTION_HISTORY: u32 = option("web.exception-history-size", "16");
    /// How often the pages ask for news.
    REFRESH_INTERVAL: Duration = option("web.refresh-interval", "3 s").was(&["jobmanager.web.refresh-interval"]);
    /// Folder for what clients upload; not set: a folder under `io.tmp.dirs`.
    UPLOAD_DIR: Option<PathBuf> = optional("web.upload.dir").was(&["jobmanager.web.upload.dir"]);
}
