//! A bounded script in batch mode, in the process of an application's master.

use alpheus_am::yarn::batch::{BatchRunner, BatchWork};
use alpheus_batch::MemoryBudget;
use alpheus_hadoop_conf::options::execution::TMP_DIRS;
use alpheus_hadoop_conf::parse_folders;
use alpheus_sql::Session;
use alpheus_worker::memory::{managed_size, process_size};

use super::plan;
use crate::batch_runner::{self, Limits};
use crate::exit::{CliError, CliResult, Exit};

/// See the module's documentation.
pub struct ContainerBatch;

impl BatchRunner for ContainerBatch {
    fn run(&self, work: BatchWork) -> Result<(), String> {
        run(work).map_err(|error| error.message)
    }
}

fn run(work: BatchWork) -> CliResult<()> {
    let folders = work.configuration.get(&TMP_DIRS)?;
    let limits = Limits {
        operators: Some(MemoryBudget {
            bytes: usize::try_from(managed_size(&work.configuration)?.bytes())
                .unwrap_or(usize::MAX),
            folders: parse_folders(&folders),
        }),
        process: Some(process_size(&work.configuration)?.bytes()),
    };
    let script = &work.script;
    let mut session = Session::new(work.configuration);
    let planned = plan::plan(&mut session, &script.name, &script.text)?;
    match batch_runner::run(planned, work.job, None, limits)? {
        Exit::Finished => Ok(()),
        _ => Err(CliError::failed("the job was stopped")),
    }
}
