//! The archive of finished jobs and the server that shows it.

use std::time::Duration;

use crate::option::{option, optional, options};

options! {
    "History server";
    /// Folder into which the job manager writes finished jobs; not set: they are forgotten.
    ARCHIVE_DIR: Option<String> = optional("jobmanager.archive.fs.dir");
    /// Folders whose jobs the history server shows, separated by commas.
    SERVER_DIRS: Option<String> = optional("historyserver.archive.fs.dir");
    /// How often those folders are read.
    REFRESH_INTERVAL: Duration = option("historyserver.archive.fs.refresh-interval", "10 s");
    /// How many jobs of each folder are kept; `-1` keeps all.
    RETAINED_JOBS: i32 = option("historyserver.archive.retained-jobs", "-1").range(-1.0, 2_147_483_647.0);
    /// Address that the history server listens at; not set: loopback.
    ADDRESS: Option<String> = optional("historyserver.web.address");
    /// Port of the history server.
    PORT: u16 = option("historyserver.web.port", "8082");
    /// Whether the history server speaks HTTPS.
    SSL_ENABLED: bool = option("historyserver.web.ssl.enabled", "false");
}
