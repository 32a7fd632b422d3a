//! How large the application's containers are, by Flink's options.

use alpheus_hadoop_conf::options::{cluster, taskmanager, yarn as options};
use alpheus_hadoop_conf::{ConfigError, Configuration, MemorySize};
use alpheus_worker::memory::process_size;
use alpheus_yarn::{NewApplication, Resource};

/// What the master is called.
const MASTER: &str = "the job manager";

/// What an application asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationShape {
    /// The master's container.
    pub master: Resource,
    /// A worker's container.
    pub worker: Resource,
    /// How many workers.
    pub workers: u32,
    /// Slots of each.
    pub slots: u32,
}

/// More than the cluster gives.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a container for {whom} has {wanted}, but the largest that this cluster gives has {largest}: lower {option}, or ask \
     for a higher yarn.scheduler.maximum-allocation-mb or -vcores"
)]
pub struct TooLarge {
    whom: &'static str,
    wanted: Resource,
    largest: Resource,
    option: &'static str,
}

impl ApplicationShape {
    /// What a job of so many slots needs.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn of(configuration: &Configuration, slots_needed: u32) -> Result<Self, ConfigError> {
        let slots = configuration.get(&taskmanager::NUM_SLOTS)?;
        Ok(ApplicationShape {
            master: Resource::new(
                mebibytes(configuration.get(&cluster::JOBMANAGER_PROCESS_SIZE)?),
                configuration.get(&options::MASTER_VCORES)?,
            ),
            worker: worker(configuration, slots)?,
            workers: slots_needed.max(1).div_ceil(slots),
            slots,
        })
    }

    /// What a bounded script needs: one container, as large as a worker, with a processor for each of so many threads.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn of_batch(configuration: &Configuration, threads: u32) -> Result<Self, ConfigError> {
        let container = worker(configuration, threads)?;
        Ok(ApplicationShape {
            master: container.clone(),
            worker: container,
            workers: 0,
            slots: threads,
        })
    }

    /// What a session needs before it has jobs: its master's container.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn of_session(configuration: &Configuration) -> Result<Self, ConfigError> {
        Ok(ApplicationShape {
            workers: 0,
            ..ApplicationShape::of(configuration, 1)?
        })
    }

    /// Whether a cluster can give such containers at all.
    ///
    /// # Errors
    /// With the one that it cannot.
    pub fn check(&self, cluster: &NewApplication) -> Result<(), TooLarge> {
        self.check_largest(&cluster.maximum)
    }

    /// Whether the largest container that there can be is as large as these.
    ///
    /// # Errors
    /// With the one that is not.
    pub fn check_largest(&self, largest: &Resource) -> Result<(), TooLarge> {
        for (whom, wanted, option) in [
            (
                MASTER,
                &self.master,
                "jobmanager.memory.process.size or yarn.appmaster.vcores",
            ),
            (
                "a worker",
                &self.worker,
                "taskmanager.memory.process.size or yarn.containers.vcores",
            ),
        ] {
            if !largest.holds(wanted) && (whom == MASTER || self.workers > 0) {
                return Err(TooLarge {
                    whom,
                    wanted: wanted.clone(),
                    largest: largest.clone(),
                    option,
                });
            }
        }
        Ok(())
    }
}

/// The container of a process that runs so many tasks at a time.
fn worker(configuration: &Configuration, tasks: u32) -> Result<Resource, ConfigError> {
    let vcores = match configuration.get(&options::WORKER_VCORES)? {
        given @ 1.. => given as u32,
        _ => match configuration.get(&taskmanager::CPU_CORES)? {
            Some(cores) => cores.ceil() as u32,
            None => tasks,
        },
    };
    Ok(Resource::new(
        mebibytes(process_size(configuration)?),
        vcores,
    ))
}

fn mebibytes(size: MemorySize) -> u64 {
    size.bytes().div_ceil(1 << 20)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_yarn::ApplicationId;

    use super::*;
    use crate::testing::configured;

    #[test]
    fn flinks_options_size_the_containers() {
        let shape = ApplicationShape::of(&configured(&[]), 3).unwrap();
        assert_eq!(shape.worker, Resource::new(1728, 1));
        assert_eq!((shape.workers, shape.slots), (3, 1));
        let shape = ApplicationShape::of(
            &configured(&[
                ("taskmanager.numberOfTaskSlots", "2"),
                ("taskmanager.memory.process.size", "1 gb"),
                ("jobmanager.memory.process.size", "256 mb"),
            ]),
            3,
        )
        .unwrap();
        assert_eq!(shape.worker, Resource::new(1024, 2));
        assert_eq!(shape.master, Resource::new(256, 1));
        assert_eq!(shape.workers, 2);
        let vcores = configured(&[("yarn.containers.vcores", "7")]);
        assert_eq!(ApplicationShape::of(&vcores, 1).unwrap().worker.vcores, 7);
    }

    #[test]
    fn a_bounded_script_has_one_container_and_part_of_it_for_its_operators() {
        let options = configured(&[
            ("taskmanager.memory.process.size", "1 gb"),
            ("taskmanager.memory.managed.fraction", "0.5"),
        ]);
        let shape = ApplicationShape::of_batch(&options, 4).unwrap();
        assert_eq!(shape.master, Resource::new(1024, 4));
        assert_eq!(shape.workers, 0);
        assert_eq!(
            alpheus_worker::memory::managed_size(&options)
                .unwrap()
                .bytes(),
            512 << 20
        );
    }

    #[test]
    fn a_container_beyond_the_largest_is_refused_with_the_option_to_lower() {
        let id = ApplicationId {
            cluster_timestamp: 1,
            sequence: 1,
        };
        let cluster = NewApplication {
            id,
            maximum: Resource::new(1024, 4),
        };
        let shape = ApplicationShape::of(&configured(&[]), 1).unwrap();
        let refused = shape.check(&cluster).unwrap_err().to_string();
        assert!(
            refused.contains("taskmanager.memory.process.size"),
            "{refused}"
        );
        let small = configured(&[("taskmanager.memory.process.size", "1 gb")]);
        ApplicationShape::of(&small, 1)
            .unwrap()
            .check(&cluster)
            .unwrap();
    }
}
