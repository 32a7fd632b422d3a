//! What would fail later is said now: queue, sizes, places that only this machine knows.

use alpheus_am::yarn::shape::ApplicationShape;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::checkpointing;
use alpheus_storage::{CreateMode, Location, StorageError, file_system_for};
use alpheus_yarn::{
    ApplicationId, NewApplication, NodeReport, NodeState, QueueAcl, QueueInfo, QueueState,
};

use super::cluster::Cluster;
use crate::exit::{CliError, CliResult};

/// The queue of a submission that names none.
pub const DEFAULT_QUEUE: &str = "default";

/// Whether an application fits into the cluster and its queue takes it.
///
/// # Errors
/// With the cause and the remedy.
pub async fn resources(
    cluster: &Cluster,
    new: &NewApplication,
    shape: &ApplicationShape,
    queue: &str,
) -> CliResult<()> {
    shape.check(new).map_err(CliError::usage)?;
    let rm = &cluster.resource_manager;
    let (found, access, nodes) = tokio::join!(
        rm.queue(queue, false),
        rm.queue_access(),
        rm.nodes(&[NodeState::Running])
    );
    check_queue(queue, found?.as_ref())?;
    let access = access?;
    // A queue that is not listed is not a leaf, or named by its path; then the ResourceManager has the word.
    let short = queue.rsplit('.').next().unwrap_or(queue);
    let listed = access.iter().find(|a| a.queue == queue || a.queue == short);
    if let Some(listed) = listed
        && listed.allowed.is_empty()
    {
        return Err(CliError::refused(format!(
            "user {} may not submit to queue {queue}; {}",
            cluster.user,
            open_queues(
                access
                    .iter()
                    .filter(|a| a.allowed.contains(&QueueAcl::SubmitApplications))
                    .map(|a| a.queue.as_str())
            )
        )));
    }
    memory(&nodes?, shape.master.memory_mb, shape)
}

/// Whether the cluster has room for so much, and a job's workers.
///
/// # Errors
/// When it is smaller than that.
pub fn memory(nodes: &[NodeReport], masters_mb: u64, shape: &ApplicationShape) -> CliResult<()> {
    if nodes.is_empty() {
        return Err(CliError::failed(
            "no NodeManager is running: the application would wait for ever",
        ));
    }
    let memory: u64 = nodes.iter().map(|node| node.capability.memory_mb).sum();
    let wanted = masters_mb + shape.worker.memory_mb * u64::from(shape.workers);
    if wanted > memory {
        return Err(CliError::usage(format!(
            "{} workers need {wanted} MB{}, but the cluster has {memory} MB: lower \
             parallelism.default or taskmanager.memory.process.size, or raise taskmanager.numberOfTaskSlots",
            shape.workers,
            if masters_mb > 0 {
                " with their job manager"
            } else {
                ""
            },
        )));
    }
    Ok(())
}

fn open_queues<'a>(queues: impl Iterator<Item = &'a str>) -> String {
    let mut queues: Vec<&str> = queues.collect();
    queues.sort_unstable();
    match queues.as_slice() {
        [] => "there is no queue that it may submit to".to_owned(),
        queues => format!(
            "it may submit to {} (yarn.application.queue)",
            queues.join(", ")
        ),
    }
}

fn check_queue(name: &str, found: Option<&QueueInfo>) -> CliResult<()> {
    let Some(queue) = found else {
        return Err(CliError::usage(format!(
            "there is no queue {name}: set yarn.application.queue to one that `yarn queue -list all` shows"
        )));
    };
    if queue.state != QueueState::Running {
        return Err(CliError::usage(format!(
            "queue {name} is {} and takes no applications: choose another by yarn.application.queue",
            queue.state
        )));
    }
    if !queue.children.is_empty() {
        let children: Vec<&str> = queue.children.iter().map(|c| c.name.as_str()).collect();
        return Err(CliError::usage(format!(
            "queue {name} has queues below it and takes no applications itself: choose one of {}",
            children.join(", ")
        )));
    }
    Ok(())
}

/// Whether the places of checkpoints and savepoints are such that every node reaches them.
///
/// # Errors
/// When one is a local path.
pub fn places(configuration: &Configuration) -> CliResult<()> {
    for option in [
        &checkpointing::DIR,
        &checkpointing::SAVEPOINT_DIR,
        &checkpointing::RECOVERY_PATH,
    ] {
        if let Some(place) = configuration.get(option)?
            && is_local(&place)
        {
            return Err(CliError::usage(format!(
                "{} is {place}, which is another place on each node: name one on the cluster's file system, such as \
                 hdfs:///user/NAME/checkpoints",
                option.key()
            )));
        }
    }
    Ok(())
}

/// Whether checkpoints and savepoints may be written where they are to go: tried, and what was tried is removed.
///
/// # Errors
/// With the option that names the place.
pub fn writable(
    cluster: &Cluster,
    configuration: &Configuration,
    id: ApplicationId,
) -> CliResult<()> {
    for option in [&checkpointing::DIR, &checkpointing::SAVEPOINT_DIR] {
        if let Some(place) = configuration.get(option)? {
            let place: Location = place.parse().map_err(|error| {
                CliError::usage(format!("{} is {place}: {error}", option.key()))
            })?;
            try_to_write(&place, &id.to_string()).map_err(|error| {
                CliError::refused(format!(
                    "user {} cannot write to {place} ({}): {error}",
                    cluster.user,
                    option.key()
                ))
            })?;
        }
    }
    Ok(())
}

/// Writes a file into a folder, or into the nearest one above that is there, and removes it.
fn try_to_write(folder: &Location, name: &str) -> Result<(), StorageError> {
    let fs = file_system_for(folder)?;
    let mut there = folder.clone();
    while !fs.exists(&there)? {
        match there.parent() {
            Some(parent) => there = parent,
            None => break,
        }
    }
    let probe = there.join(&format!(".alpheus-may-write-{name}"));
    fs.write(&probe, b"", CreateMode::Overwrite)?;
    fs.delete(&probe, false).map(drop)
}

fn is_local(place: &str) -> bool {
    match place.split_once(':') {
        Some((scheme, _)) if !scheme.contains('/') => scheme.eq_ignore_ascii_case("file"),
        _ => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Source;

    fn queue(name: &str, state: QueueState, children: Vec<QueueInfo>) -> QueueInfo {
        QueueInfo {
            name: name.to_owned(),
            path: format!("root.{name}"),
            state,
            capacity: 1.0,
            maximum_capacity: 1.0,
            current_capacity: 0.0,
            labels: Vec::new(),
            default_label: None,
            children,
        }
    }

    #[test]
    fn a_queue_must_be_there_open_and_a_leaf() {
        let leaf = queue("etl", QueueState::Running, Vec::new());
        check_queue("etl", Some(&leaf)).unwrap();
        let message = |found: Option<&QueueInfo>| check_queue("etl", found).unwrap_err().message;
        assert!(message(None).contains("no queue etl"));
        let closed = queue("etl", QueueState::Stopped, Vec::new());
        assert!(message(Some(&closed)).contains("STOPPED"));
        let parent = queue("etl", QueueState::Running, vec![leaf]);
        assert!(message(Some(&parent)).contains("choose one of etl"));
    }

    #[test]
    fn a_place_is_tried_without_a_trace() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Location::local(dir.path().join("deep/er"));
        try_to_write(&folder, "x").unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        std::fs::write(dir.path().join("deep"), "a file").unwrap();
        assert!(try_to_write(&folder, "x").is_err());
    }

    #[test]
    fn checkpoints_must_lie_where_every_node_sees_them() {
        for (place, fits) in [
            ("hdfs:///x", true),
            ("hdfs://ns1/x", true),
            ("/x", false),
            ("file:///x", false),
            ("x/y:z", false),
        ] {
            let mut configuration = Configuration::new();
            configuration
                .set_option(&checkpointing::DIR, place, Source::CommandLine)
                .unwrap();
            assert_eq!(places(&configuration).is_ok(), fits, "{place}");
        }
    }
}
