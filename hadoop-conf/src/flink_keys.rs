//! Keys that Flink has and Alpheus does not, and why.
//!
//! A configuration that ran Flink should run Alpheus: such keys are accepted, change nothing, and are answered
//! with a reason. The table is made of prefix rules, longest first by construction of the look-up, so that it stays
//! short and a new Flink key of a known family is answered too.

use std::fmt;

/// Why a key of Flink's changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The reason, as the end of a sentence.
    pub text: &'static str,
}

/// The kinds of [`Reason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    /// The key cannot mean anything here, and nothing is lost without it.
    NoMeaning,
    /// A feature that this version does not have.
    NotSupported,
    /// The key belongs somewhere else than into the configuration.
    Elsewhere,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReasonKind::NoMeaning => write!(f, "it has no meaning here: {}", self.text),
            ReasonKind::NotSupported => write!(f, "not supported by this version: {}", self.text),
            ReasonKind::Elsewhere => write!(
                f,
                "it does not belong into the configuration: {}",
                self.text
            ),
        }
    }
}

/// The reason for a key, if it is one of Flink's.
#[must_use]
pub fn reason(key: &str) -> Option<Reason> {
    let matching = RULES.iter().filter_map(|(kind, text, patterns)| {
        let longest = patterns
            .iter()
            .filter(|pattern| matches(pattern, key))
            .map(|pattern| pattern.len())
            .max();
        longest.map(|length| (length, Reason { kind: *kind, text }))
    });
    matching
        .max_by_key(|(length, _)| *length)
        .map(|(_, reason)| reason)
}

/// A pattern that ends with `*` matches every key that begins with what stands before; any other pattern only
/// itself.
fn matches(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == pattern,
    }
}

use ReasonKind::{Elsewhere, NoMeaning, NotSupported};

const TABLE: &str =
    "it is an option of a table, format or function; write it into the WITH clause of CREATE TABLE";
const REPORTER: &str =
    "it is an option of a metrics reporter; write it as metrics.reporter.<name>.<option>";

/// Kind, reason, patterns. The longest matching pattern decides.
#[rustfmt::skip]
static RULES: &[(ReasonKind, &str, &[&str])] = &[
    // Of the JVM and what stands on it.
    (NoMeaning, "there is no JVM", &[
        "env.java.*", "jmx.*", "cluster.intercept-user-system-exit", "env.stdout-err.*",
        "taskmanager.jvm-exit-on-oom", "taskmanager.system-out.*", "cluster.processes.halt-on-fatal-error",
        "cluster.uncaught-exception-handling", "taskmanager.debug.*", "cluster.thread-dump.*"]),
    (NoMeaning, "there is no JVM; the process has one memory, see taskmanager.memory.process.size and \
        jobmanager.memory.process.size", &[
        "jobmanager.memory.*", "taskmanager.memory.framework.*", "taskmanager.memory.jvm-*",
        "taskmanager.memory.task.*", "taskmanager.memory.min-segment-size",
        "taskmanager.memory.segment-size", "taskmanager.memory.starting-segment-size",
        "taskmanager.memory.managed.consumer-weights"]),
    (NoMeaning, "there are no class loaders and no jars", &[
        "classloader.*", "plugin.classloader.*", "pipeline.jars", "pipeline.classpaths", "yarn.classpath.*",
        "yarn.per-job-cluster.include-user-jar", "yarn.flink-dist-jar", "yarn.provided.usrlib.dir",
        "pipeline.closure-cleaner-level", "library-cache-manager.*", "table.generated-code.*",
        "table.exec.operator-fusion-codegen.*"]),
    (NoMeaning, "there is no command line of a JVM to be composed", &[
        "yarn.container-start-command-template"]),
    (NoMeaning, "rows are columns of Arrow batches from end to end; nothing is serialized by class", &[
        "pipeline.force-*", "pipeline.generic-types", "pipeline.object-reuse",
        "pipeline.serialization-config", "pipeline.default-kryo-serializers", "pipeline.registered-*"]),
    (NoMeaning, "the processes speak a protocol of their own, not Pekko's", &[
        "pekko.*", "akka.*", "taskmanager.rpc.*", "resourcemanager.rpc.*", "jobmanager.rpc.bind-port",
        "taskmanager.slot.timeout", "heartbeat.rpc-failure-threshold", "cluster.registration.*",
        "cluster.io-pool.size", "jobmanager.future-pool.size", "jobmanager.io-pool.size",
        "cluster.services.*", "client.heartbeat.*", "client.retry-period", "$internal.dispatcher.*"]),
    (NoMeaning, "there is no blob server; files go through the deployment", &[
        "blob.*", "jobmanager.task-deployment.*"]),
    (NoMeaning, "the exchange is not Netty's; credits and buffers size themselves within \
        taskmanager.memory.network.*", &[
        "taskmanager.network.*", "taskmanager.net.*", "shuffle-service-factory.class"]),
    (NoMeaning, "processes of one application always speak mutual TLS, with certificates that the \
        application makes for itself", &[
        "security.ssl.internal.*", "taskmanager.data.ssl.enabled", "security.ssl.enabled",
        "blob.service.ssl.enabled", "pekko.ssl.enabled", "akka.ssl.enabled"]),
    (NoMeaning, "the REST API is never open: on this machine it answers on loopback to whoever has the job's token, \
        on YARN over mutual TLS with the application's own certificates, and browsers come through YARN's proxy", &[
        "security.ssl.*"]),
    (NoMeaning, "security modules are built in", &[
        "security.module.factory.classes", "security.context.factory.classes"]),
    (NoMeaning, "ZooKeeper is not needed; see high-availability.type", &[
        "high-availability.zookeeper.*", "recovery.*", "high-availability.jobmanager.port"]),
    (NoMeaning, "what the next attempt of the job manager needs lies in the application's staging folder", &[
        "high-availability.storageDir", "high-availability.cluster-id"]),
    (NoMeaning, "processes find each other by themselves: YARN tells the names of the nodes, the job manager's record \
        its ports", &[
        "jobmanager.rpc.address", "jobmanager.rpc.port", "rest.address", "taskmanager.host"]),
    (NoMeaning, "the tokens of every enabled provider are obtained; see \
        security.delegation.token.provider.<service>.enabled", &[
        "yarn.security.appmaster.delegation.token.services"]),
    (NoMeaning, "the scheduler and its record of jobs are built in", &[
        "jobmanager.scheduler", "scheduler-mode", "jobmanager.execution.failover-strategy",
        "jobmanager.resource-id", "job-event.store.*", "job-result-store.*", "application-result-store.*",
        "jobstore.*", "completed-application-store.*", "cleanup-strategy*",
        "jobmanager.retrieve-taskmanager-hostname", "slotmanager.requirement-check.delay",
        "slotmanager.declare-needed-resource.delay", "slot.request.max-interval", "resourcemanager.*"]),
    (NoMeaning, "it is set by Flink's own programs", &[
        "$internal.*", "internal.*", "property-version", "process.*", "cluster.id"]),
    (NoMeaning, "the shell scripts that read it are Flink's", &[
        "env.log.*", "env.pid.dir", "env.ssh.opts"]),
    (NoMeaning, "batch jobs are run by DataFusion, which plans memory, sorting and spilling itself", &[
        "execution.batch*", "execution.sort*", "compiler.*", "taskmanager.runtime.*",
        "slow-task-detector.*", "jobmanager.partition.*", "jobmanager.adaptive-batch-scheduler.*",
        "table.exec.resource.*", "table.exec.sort.*", "table.exec.spill-compression.*",
        "table.exec.local-hash-agg.*", "table.exec.disabled-operators",
        "table.optimizer.adaptive-broadcast-join.strategy", "table.optimizer.skewed-join-optimization.*",
        "table.optimizer.runtime-filter.*", "table.optimizer.dynamic-filtering.enabled",
        "table.optimizer.multiple-input-enabled", "table.optimizer.join.broadcast-threshold",
        "table.exec.window-agg.buffer-size-limit"]),
    (NoMeaning, "it tunes a step of Flink's planner or of an operator that is built otherwise here", &[
        "table.optimizer.*", "table.exec.uid.*", "table.exec.simplify-operator-name-enabled",
        "table.exec.unbounded-over.version", "table.legacy-*", "table.exec.deduplicate.*",
        "table.exec.rank.topn-cache-size", "pipeline.auto-generate-uids", "pipeline.operator-chaining.*",
        "pipeline.vertex-*", "table.exec.sink.rowtime-inserter", "table.exec.sink.keyed-shuffle"]),
    (NoMeaning, "the web pages and the REST server are built otherwise", &[
        "rest.*", "web.*", "jobmanager.web.*", "query.*"]),
    (NoMeaning, "metrics are Prometheus's; scopes are labels", &[
        "metrics.scope.*", "metrics.internal.*", "metrics.job.*"]),
    (NotSupported, "the REST server answers Prometheus at /metrics, with the numbers of each heartbeat; there \
        are no other reporters, no latency markers and no numbers of the machine", &[
        "metrics.*"]),
    (NotSupported, "finished jobs are not archived", &[
        "historyserver.*", "jobmanager.archive.*"]),
    (NoMeaning, "tasks are not started anew one by one; web.exception-history-size remembers failures", &[
        "jobmanager.execution.attempts-history-size", "job-manager.max-attempts-history-size"]),
    (NoMeaning, "a script goes on with its next statement when an INSERT's job has ended", &[
        "table.dml-sync"]),
    (NoMeaning, "the statements of a STATEMENT SET always share their sources", &[
        "table.optimizer.reuse-source-enabled"]),
    (NoMeaning, "workers are named by the job manager", &[
        "taskmanager.resource-id"]),
    (NotSupported, "ZooKeeper is not spoken to", &[
        "zookeeper.*"]),
    (NotSupported, "a job asks for the workers that it needs and gives them back at its end; none wait idle", &[
        "slotmanager.*", "slot.idle.timeout", "resourcemanager.taskmanager-timeout",
        "execution.shutdown-on-attached-exit"]),
    (NoMeaning, "the command line waits a minute for an answer", &[
        "client.timeout", "akka.client.timeout"]),
    (NoMeaning, "state files are few and large without it", &[
        "execution.checkpointing.file-merging.*", "execution.checkpointing.write-buffer-size",
        "state.storage.fs.write-buffer-size", "state.backend.fs.write-buffer-size",
        "execution.checkpointing.cleaner.*", "state.checkpoint.cleaner.*",
        "execution.checkpointing.create-subdir", "state.checkpoints.create-subdir",
        "execution.checkpointing.storage", "state.checkpoint-storage",
        "execution.checkpointing.data-inline-threshold", "state.storage.fs.memory-threshold",
        "state.backend.fs.memory-threshold"]),
    (NotSupported, "sources do not say that they read a backlog; execution.checkpointing.interval counts", &[
        "execution.checkpointing.interval-during-backlog"]),
    (NoMeaning, "a task is told once to stop and looks between two batches", &[
        "task.cancellation*", "timerservice.exceptional.shutdown.timeout"]),
    (NoMeaning, "logs go where the process or YARN puts them", &[
        "taskmanager.log.path"]),
    // Whole areas.
    (NotSupported, "deployments are this machine and YARN", &[
        "kubernetes.*", "high-availability.kubernetes.*", "user.artifacts.*"]),
    (NotSupported, "workers ask for memory and processors only", &[
        "external-resource.*", "external-resources"]),
    (NotSupported, "functions are WASM modules; there is no Python", &[
        "python.*"]),
    (NotSupported, "there are no user programs besides SQL", &[
        "execution.program-config.*", "execution.allow-client-job-configurations",
        "execution.job-listeners", "execution.job-status-changed-listeners",
        "execution.submit-failed-job-on-application-error", "execution.shutdown-on-application-finish",
        "execution.terminate-application-on-any-job-terminated-exceptionally", "pipeline.cached-files",
        "pipeline.jobvertex-parallelism-overrides", "jobmanager.failure-enrichers", "collect-sink.*",
        "taskmanager.collect-sink.port"]),
    (NotSupported, "MATCH_RECOGNIZE is not there", &[
        "pipeline.cep.*"]),
    (NotSupported, "state cannot be queried from outside", &[
        "queryable-state.*"]),
    (NotSupported, "the state backends are hashmap and rocksdb", &[
        "state.backend.forst.*", "state.changelog.*", "state.backend.changelog.*", "dstl.*",
        "execution.async-state.*", "table.exec.async-state.*"]),
    (NotSupported, "rocksdb has no such setting; its memory, threads, blocks and filters can be set", &[
        "state.backend.rocksdb.*"]),
    (NotSupported, "state is not measured per access", &[
        "state.latency-track.*", "state.size-track.*", "state.backend.latency-track.*"]),
    (NotSupported, "a task that fails has its state restored as a whole", &[
        "execution.state-recovery.approximate-local-recovery",
        "execution.checkpointing.approximate-local-recovery"]),
    (NotSupported, "records in flight are handled as execution.checkpointing.unaligned.enabled says", &[
        "execution.checkpointing.unaligned.*", "execution.checkpointing.during-recovery.*",
        "execution.state-recovery.without-channel-state.*",
        "execution.checkpointing.recover-without-channel-state.*"]),
    (NotSupported, "a job is rescaled by a savepoint or by its restart", &[
        "jobmanager.adaptive-scheduler.*", "web.adaptive-scheduler.*", "web.rescale.enable",
        "taskmanager.load-balance.mode"]),
    (NotSupported, "there is no SQL gateway", &[
        "sql-gateway.*"]),
    (NoMeaning, "the prompt shows results as --output says", &[
        "sql-client.*"]),
    (NotSupported, "there are no materialized tables and no workflow scheduler", &[
        "materialized-table.*", "workflow-scheduler.*"]),
    (NotSupported, "a compiled plan holds its tables whole", &[
        "table.plan.*"]),
    (NotSupported, "catalogs have no listeners and no secret stores, and a table is made before its rows", &[
        "table.catalog-store.*", "table.catalog-modification.*", "table.secret-store.*",
        "table.resources.*", "table.rtas-ctas.*"]),
    (NotSupported, "lookups, model calls and functions are not asynchronous", &[
        "table.exec.async-*"]),
    (NotSupported, "there are no delta joins", &[
        "table.exec.delta-join.*", "table.optimizer.delta-join.*"]),
    (NotSupported, "only Flink's default behaviour is there", &[
        "table.exec.*", "table.column-expansion-strategy", "table.sql-dialect",
        "pipeline.watermark-alignment.*", "pipeline.operator-chaining.chain-*"]),
    (NotSupported, "profiles and flame graphs are not taken", &[
        "rest.flamegraph.*", "rest.profiling.*"]),
    (NotSupported, "spans and events have no reporters; see the logs", &[
        "traces.*", "events.*"]),
    (NotSupported, "HBase is not there", &[
        "env.hbase.conf.dir"]),
    (NoMeaning, "files are reached by their URI", &[
        "fs.default-scheme", "fs.allowed-fallback-filesystems", "fs.output.always-create-directory",
        "fs.overwrite-files"]),
    // What Flink keeps in other places under the same kind of name.
    (Elsewhere, TABLE, &[
        "allow-comments", "allow-trailing-comma", "allowList", "array-element-delimiter", "async",
        "auto-compaction", "capacity", "charset", "compaction.*", "connector", "consistency", "data",
        "database.include", "db", "decode.*", "default-database", "disable-quote-character",
        "discovery-script.*", "empty-string-as-null", "enabled", "encode.*", "endianness",
        "escape-character", "fail-on-missing-*", "field-delimiter", "fields.*", "file-path", "fixed-delay",
        "format", "ignore-parse-errors", "ignore-trailing-unmappable", "lookup.*", "map-null-key.*",
        "max-attempts", "max-concurrent-operations", "null-literal", "num-files", "number-of-rows",
        "output-mode", "partition.*", "path", "print-identifier", "provider", "quote-character",
        "retry-predicate", "retry-strategy", "rows-per-second", "scan.*", "schema-include", "shuffle",
        "sink.*", "source.*", "standard-error", "table", "table.include", "timeout", "timestamp-format.*",
        "trim-spaces", "type", "write-bigdecimal-*", "write-mode", "connectors.*"]),
    (Elsewhere, REPORTER, &[
        "batch.size", "batched", "connectTimeout", "deleteOnShutdown", "export-completion-timeout-millis",
        "exporter.*", "factory.class", "filter.*", "filterLabelValueCharacters", "groupingKey", "host",
        "hostUrl", "interval", "jobName", "password", "port", "randomJobNameSuffix", "retentionPolicy",
        "scheme", "scope.*", "service.*", "username", "writeTimeout", "<parameter>"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Known, look_up};

    /// A few keys of each family that Flink 2.3.0 documents.
    const SAMPLE: &str = "$internal.pipeline.job-id akka.ask.timeout application-result-store.storage-path \
        blob.server.port classloader.resolve-order cleanup-strategy.type client.timeout cluster.id \
        cluster.registration.error-delay collect-sink.batch-size.max compiler.delimited-informat.max-line-samples \
        completed-application-store.type env.hadoop.conf.dir env.java.opts.all env.log.dir events.reporters \
        execution.async-state.total-buffer-size execution.batch.speculative.enabled \
        execution.checkpointing.file-merging.enabled execution.checkpointing.interval execution.runtime-mode \
        external-resource.gpu.amount fs.default-scheme heartbeat.timeout \
        high-availability.zookeeper.quorum historyserver.web.port internal.jobgraph-path io.tmp.dirs jmx.server.port \
        job-event.store.write-buffer.size jobmanager.adaptive-scheduler.rescale-trigger.max-delay \
        jobmanager.memory.jvm-overhead.min jobmanager.rpc.port jobstore.type kubernetes.namespace \
        lookup.cache materialized-table.default-freshness.full metrics.scope.tm minicluster.number-of-taskmanagers \
        parallelism.default pekko.framesize pipeline.jars pipeline.max-parallelism \
        plugin.classloader.parent-first-patterns.default process.working-dir python.executable \
        queryable-state.enable resourcemanager.job.timeout rest.flamegraph.enabled \
        restart-strategy.fixed-delay.attempts scan.watermark.idle-timeout scheduler-mode \
        security.kerberos.login.keytab security.ssl.internal.keystore shuffle-service-factory.class \
        sink.rolling-policy.file-size slot.idle.timeout slow-task-detector.check-interval \
        sql-gateway.endpoint.type state.backend.forst.cache.dir state.backend.rocksdb.metrics.bytes-read \
        state.changelog.enabled state.checkpoints.dir table.exec.async-lookup.timeout table.exec.state.ttl \
        table.optimizer.multi-join.enabled task.cancellation.interval taskmanager.memory.task.heap.size \
        taskmanager.network.netty.client.connectTimeoutSec taskmanager.numberOfTaskSlots traces.reporters \
        user.artifacts.base-dir web.log.path workflow-scheduler.type yarn.application.queue zookeeper.sasl.disable";

    #[test]
    fn every_key_of_the_sample_is_answered() {
        for key in SAMPLE.split_whitespace() {
            assert!(!matches!(look_up(key), Known::Unknown { .. }), "{key}");
        }
    }

    #[test]
    fn the_narrower_rule_answers() {
        assert_eq!(
            reason("rest.flamegraph.enabled").map(|r| r.kind),
            Some(NotSupported)
        );
        assert_eq!(
            reason("rest.server.numThreads").map(|r| r.kind),
            Some(NoMeaning)
        );
        assert_eq!(
            reason("kubernetes.anything").map(|r| r.kind),
            Some(NotSupported)
        );
        assert_eq!(reason("execution.checkpointing.intervall"), None);
        assert_eq!(reason("yarn.aplication.queue"), None);
    }
}
