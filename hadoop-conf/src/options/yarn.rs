//! YARN.

use std::time::Duration;

use crate::Ports;
use crate::option::{option, optional, options};

options! {
    "YARN";
    /// Id of a running application; set by the deployment, or by hand to attach to a session.
    APPLICATION_ID: Option<String> = optional("yarn.application.id");
    /// Name of the application; not set: the job's.
    APPLICATION_NAME: Option<String> = optional("yarn.application.name");
    /// Type of the application as YARN shows it (20 characters at most); not set: `Alpheus`.
    APPLICATION_TYPE: Option<String> = optional("yarn.application.type");
    /// Queue that the application is submitted to; not set: YARN's default.
    QUEUE: Option<String> = optional("yarn.application.queue");
    /// Priority of the application; `-1` leaves it to YARN.
    PRIORITY: i32 = option("yarn.application.priority", "-1").range(-1.0, 2_147_483_647.0);
    /// Node label for the application's containers.
    NODE_LABEL: Option<String> = optional("yarn.application.node-label");
    /// Node label for the workers' containers, where it differs from the application's.
    WORKER_NODE_LABEL: Option<String> = optional("yarn.taskmanager.node-label");
    /// Tags of the application, separated by commas.
    TAGS: String = option("yarn.tags", "");
    /// Who may see the application: `user1,user2 group1,group2`, or `*`.
    VIEW_ACLS: Option<String> = optional("yarn.view.acls");
    /// Who may change the application, in the same syntax.
    MODIFY_ACLS: Option<String> = optional("yarn.modify.acls");
    /// How often YARN starts the job manager; not set: 2 with high availability, else 1.
    ATTEMPTS: Option<u32> = optional("yarn.application-attempts").range(1.0, 1000.0);
    /// Milliseconds within which failed attempts count; `-1` counts them all.
    ATTEMPT_FAILURES_VALIDITY: i64 = option("yarn.application-attempt-failures-validity-interval", "10000")
        .range(-1.0, f64::INFINITY);
    /// Virtual cores of the job manager's container.
    MASTER_VCORES: u32 = option("yarn.appmaster.vcores", "1").range(1.0, 1024.0);
    /// Virtual cores of a worker's container; `-1` takes one per slot.
    WORKER_VCORES: i32 = option("yarn.containers.vcores", "-1").range(-1.0, 1024.0);
    /// Port or ports that the job manager may listen at for workers, where a firewall asks for it; `0` takes a
    /// free one.
    MASTER_PORT: Ports = option("yarn.application-master.port", "0");
    /// Seconds between two heartbeats to the resource manager.
    HEARTBEAT_INTERVAL: u32 = option("yarn.heartbeat.interval", "5").was(&["yarn.heartbeat-delay"]).range(1.0, 3600.0);
    /// Time between two heartbeats to the resource manager while containers are waited for.
    HEARTBEAT_CONTAINER_REQUEST_INTERVAL: Duration =
        option("yarn.heartbeat.container-request-interval", "200 ms").range(0.01, 60.0);
    /// Whether a node on which containers fail again and again gets no more of them (MapReduce's option).
    NODE_BLACKLISTING: bool = option("yarn.app.mapreduce.am.job.node-blacklisting.enable", "true");
    /// Failures in a row after which a node gets no more containers (MapReduce's option).
    MAX_FAILURES_PER_NODE: u32 = option("mapreduce.job.maxtaskfailures.per.tracker", "3").range(1.0, 1000.0);
    /// Percentage of the cluster's nodes that may be without containers for their failures; when more fail, the program is
    /// to blame, and none is (MapReduce's option).
    BLACKLISTED_PERCENT: u32 =
        option("yarn.app.mapreduce.am.job.node-blacklisting.ignore-threshold-node-percent", "33").range(0.0, 100.0);
    /// Folder of this machine for the file that says which session a user has started last; not set: one that only the user
    /// can enter.
    PROPERTIES_FILE_LOCATION: Option<String> = optional("yarn.properties-file.location");
    /// Folder under which applications stage their files; not set: the user's home folder.
    STAGING_DIRECTORY: Option<String> = optional("yarn.staging-directory");
    /// Replication of staged files; `-1` takes the file system's default.
    FILE_REPLICATION: i32 = option("yarn.file-replication", "-1").range(-1.0, 512.0);
    /// Files and folders that every container gets, separated by semicolons.
    SHIP_FILES: Option<Vec<String>> = optional("yarn.ship-files").was(&["yarn.ship-directories"]);
    /// Archives that every container gets unpacked, separated by semicolons.
    SHIP_ARCHIVES: Option<Vec<String>> = optional("yarn.ship-archives");
    /// Folders on the cluster's file system, readable by everyone, in which the program may lie already, so that it
    /// need not be uploaded.
    PROVIDED_LIB_DIRS: Option<Vec<String>> = optional("yarn.provided.lib.dirs");
    /// Log files that YARN collects while the application runs: a regular expression.
    ROLLED_LOGS_INCLUDE: Option<String> = optional("yarn.rolled-logs.include-pattern");
    /// Log files that it does not.
    ROLLED_LOGS_EXCLUDE: Option<String> = optional("yarn.rolled-logs.exclude-pattern");
    /// Whether the keytab is sent along with the application; if not, it must lie on every node.
    SHIP_KEYTAB: bool = option("yarn.security.kerberos.ship-local-keytab", "true");
    /// Where the keytab lies in a container: a name within the container's folder, or a path if it is not sent.
    LOCALIZED_KEYTAB: String = option("yarn.security.kerberos.localized-keytab-path", "krb5.keytab");
}
