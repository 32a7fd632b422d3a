//! Functions of users that a job brings along.

use std::collections::BTreeMap;

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::JobGraph;
use alpheus_hadoop_conf::options::table;
use alpheus_hadoop_conf::{ConfigOption, Value};
use alpheus_udf::Limits;

/// Makes the job's functions callable in this process, within the limits of its configuration.
///
/// # Errors
/// When a module is refused.
pub(crate) fn install(graph: &JobGraph) -> OperatorResult<()> {
    if graph.functions.is_empty() {
        return Ok(());
    }
    let configuration = &graph.configuration;
    let memory = value(configuration, &table::WASM_MEMORY_LIMIT)?.bytes();
    let limits = Limits {
        memory: usize::try_from(memory).unwrap_or(usize::MAX),
        fuel_per_row: value(configuration, &table::WASM_FUEL_PER_ROW)?,
        timeout: value(configuration, &table::WASM_TIMEOUT)?,
    };
    alpheus_udf::install(&graph.functions, limits)
        .map_err(|error| OperatorError::fatal(format!("a function of the job: {error}")))
}

/// An option's value in a job's configuration, which lists only what was set.
fn value<T: Value>(
    configuration: &BTreeMap<String, String>,
    option: &'static ConfigOption<T>,
) -> OperatorResult<T> {
    let key = option.key();
    let set = configuration.get(key).map(String::as_str);
    let text = set.or(option.spec.default).unwrap_or_default();
    T::parse(text).map_err(|reason| OperatorError::fatal(format!("`{key}` is `{text}`: {reason}")))
}
