//! Where a job's checkpoints go that names no folder for them: to the application's staging folder, and they end with it. A
//! folder of the master's node would be no use to workers.

use alpheus_dataflow::JobGraph;
use alpheus_hadoop_conf::options::checkpointing;
use alpheus_hadoop_conf::{ConfigError, Configuration, Source};
use alpheus_storage::Location;

/// The folder of checkpoints within the staging folder.
const CHECKPOINTS: &str = "checkpoints";

/// Chooses the folder, unless the job has, and tells the job.
///
/// # Errors
/// When the job's own value is wrong.
pub fn choose(
    staging: &Location,
    graph: &mut JobGraph,
    configuration: &mut Configuration,
) -> Result<(), ConfigError> {
    let folder = match configuration.get(&checkpointing::DIR)? {
        Some(folder) => folder,
        None => {
            let folder = staging.join(CHECKPOINTS).to_string();
            let source = Source::Deployment("the application's staging folder".to_owned());
            configuration.set_option(&checkpointing::DIR, &folder, source)?;
            folder
        }
    };
    graph
        .configuration
        .insert(checkpointing::DIR.key().to_owned(), folder);
    Ok(())
}
