//! Free resources: whether an AM and a worker would start now, later or never.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::Hadoop;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::cluster::JOBMANAGER_PROCESS_SIZE;
use alpheus_hadoop_conf::options::taskmanager::{FLINK_SIZE, PROCESS_SIZE};
use alpheus_yarn::NodeState;
use alpheus_yarn::records::Resource;

use super::super::finding::Finding;
use super::super::words;

const CHECK: &str = "resources";

/// What was seen; memory in MB.
pub(in super::super) struct Observed {
    /// What an AM takes.
    master_mb: u64,
    /// What a worker takes, if that is configured.
    worker_mb: Option<u64>,
    /// The largest container that is given out, and what is free on each node.
    answer: Result<(Resource, Vec<Resource>), String>,
}

/// Looks. Asking for the largest container costs an application id, of which there is no lack.
pub(in super::super) async fn observe(
    hadoop: &Arc<Hadoop>,
    configuration: &Configuration,
    patience: Duration,
) -> Observed {
    let mb = |bytes: u64| bytes.div_ceil(1 << 20);
    let worker = configuration.get(&PROCESS_SIZE).ok().flatten();
    let worker = worker.or_else(|| configuration.get(&FLINK_SIZE).ok().flatten());
    let ask = async {
        let manager = hadoop.resource_manager().await?;
        let most = manager.new_application().await?.maximum;
        let nodes = manager.nodes(&[NodeState::Running]).await?;
        let free = nodes.iter().map(|node| Resource {
            memory_mb: node
                .capability
                .memory_mb
                .saturating_sub(node.used.memory_mb),
            vcores: node.capability.vcores.saturating_sub(node.used.vcores),
            ..Resource::default()
        });
        Ok((most, free.collect()))
    };
    let answer = match tokio::time::timeout(patience, ask).await {
        Ok(answer) => answer.map_err(|error| words(&error)),
        Err(_) => Err("no answer in time".to_owned()),
    };
    Observed {
        master_mb: configuration
            .get(&JOBMANAGER_PROCESS_SIZE)
            .map_or(0, |size| mb(size.bytes())),
        worker_mb: worker.map(|size| mb(size.bytes())),
        answer,
    }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let (most, free) = match &observed.answer {
        Ok(answer) => answer,
        Err(error) => {
            return vec![Finding::warning(
                CHECK,
                error,
                "it is not known whether containers would start",
            )];
        }
    };
    let sum = free.iter().fold((0, 0), |(memory, cores), node| {
        (memory + node.memory_mb, cores + node.vcores)
    });
    let largest = free.iter().map(|node| node.memory_mb).max().unwrap_or(0);
    let wanted = [
        (
            "an AM",
            "jobmanager.memory.process.size",
            Some(observed.master_mb),
        ),
        (
            "a worker",
            "taskmanager.memory.process.size",
            observed.worker_mb,
        ),
    ];
    let mut findings = vec![Finding::good(
        CHECK,
        format!(
            "free: {} MB and {} vcores on {} nodes, {largest} MB on one; containers have {} MB at most",
            sum.0,
            sum.1,
            free.len(),
            most.memory_mb
        ),
    )];
    for (who, option, size) in wanted {
        let Some(size) = size else { continue };
        if size > most.memory_mb {
            findings.push(Finding::bad(
                CHECK,
                format!(
                    "{who} wants {size} MB, and no container has more than {} MB",
                    most.memory_mb
                ),
                format!("lower {option}, or raise yarn.scheduler.maximum-allocation-mb"),
            ));
        } else if size > largest {
            findings.push(Finding::warning(
                CHECK,
                format!("{who} wants {size} MB, and no node has so much free now: it would wait"),
                format!("lower {option}, or wait for others to end"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn too_large_now_and_too_large_for_ever() {
        use Severity::{Bad, Good, Warning};
        let severities = |worker_mb| -> Vec<Severity> {
            let observed = Observed {
                master_mb: 512,
                worker_mb: Some(worker_mb),
                answer: Ok((
                    Resource::new(8192, 4),
                    vec![Resource::new(1024, 1), Resource::new(2048, 2)],
                )),
            };
            let findings = judge(&observed);
            findings.iter().map(|finding| finding.severity).collect()
        };
        assert_eq!(severities(2048), [Good]);
        assert_eq!(severities(4096), [Good, Warning]);
        assert_eq!(severities(9000), [Good, Bad]);
    }
}
