//! COMPILE PLAN and EXECUTE PLAN: a job graph in a file.
//!
//! An operator's state is found by the operator's id, which is a hash of what the planner made of the SQL. A later
//! version of the planner may make something else of the same text; a job that is executed from its compiled
//! plan keeps the operators, ids and state that it had. The file is JSON: the graph with its tables and
//! their options, and which vertices follow `parallelism.default`. Configuration and time zone are those of the session that executes it.

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::graph::OperatorSpec;
use alpheus_dataflow::ids::VertexId;
use alpheus_hadoop_conf::options::table::PLAN_FORCE_RECOMPILE;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{Statement, StatementKind, StringLit};
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError, file_system_for};
use serde::{Deserialize, Serialize};

use super::{JobMode, Outcome, PlannedJob, Session, plan, refused};
use crate::binder::wasm_limits;
use crate::error::SqlError;

/// The form that is written. A reader refuses forms above its own.
const FORMAT: u32 = 1;

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct CompiledPlan {
    format: u32,
    /// The version that compiled it, for people.
    alpheus: String,
    graph: JobGraph,
    /// Vertices whose parallelism is `parallelism.default`.
    scalable: Vec<VertexId>,
}

/// `COMPILE [AND EXECUTE] PLAN 'file' [IF NOT EXISTS] FOR statement`.
pub(super) fn compile(
    session: &Session,
    execute: bool,
    path: &StringLit,
    if_not_exists: bool,
    statement: &Statement,
) -> Result<Outcome, SqlError> {
    let (location, files) = open(path)?;
    let replace = session.configuration.get(&PLAN_FORCE_RECOMPILE);
    let replace = replace.map_err(|error| SqlError::invalid(error.to_string(), path.span))?;
    let exists = files
        .exists(&location)
        .map_err(|error| failed(&error, path.span))?;
    if exists && if_not_exists && !replace {
        return match execute {
            true => self::execute(session, path),
            false => Ok(Outcome::Done),
        };
    }
    if exists && !replace {
        return Err(
            SqlError::invalid(format!("there is a plan in {location} already"), path.span)
                .with_help("write IF NOT EXISTS, or SET 'table.plan.force-recompile' = 'true'"),
        );
    }
    if matches!(statement.kind, StatementKind::Query(_)) {
        return Err(
            SqlError::invalid("a SELECT cannot be compiled", statement.span)
                .with_help("COMPILE PLAN takes INSERT INTO and statement sets"),
        );
    }
    let job = plan::plan_statement(session, statement)?;
    let Some(graph) = job.graph.clone() else {
        return Err(refused("COMPILE PLAN in batch mode", path.span)
            .with_help("a batch job has no state to keep; run the statement itself"));
    };
    let plan = CompiledPlan {
        format: FORMAT,
        alpheus: env!("CARGO_PKG_VERSION").to_owned(),
        scalable: scalable(session, &job, &graph, statement.span)?,
        graph,
    };
    let text = serde_json::to_string_pretty(&plan).map_err(|error| {
        SqlError::invalid(format!("the plan cannot be written: {error}"), path.span)
    })?;
    let mode = if exists {
        CreateMode::Overwrite
    } else {
        CreateMode::New
    };
    // Options of tables may hold passwords.
    files
        .write(&location, text.as_bytes(), mode)
        .and_then(|()| files.set_permissions(&location, 0o600))
        .map_err(|error| failed(&error, path.span))?;
    match execute {
        true => Ok(Outcome::Job(Box::new(job))),
        false => Ok(Outcome::Done),
    }
}

/// Vertices that would be planned with the parallelism that is the default, whatever it is.
fn scalable(
    session: &Session,
    job: &PlannedJob,
    graph: &JobGraph,
    span: Span,
) -> Result<Vec<VertexId>, SqlError> {
    let planned = plan::planner_settings(session, &job.name, &job.session, span)?.parallelism;
    let other = planned + 1;
    let wider = plan::graph_at(session, job, other, span)?;
    let ids = |graph: &JobGraph| -> Vec<_> {
        let chains = graph.vertices.iter().map(|vertex| vertex.chain.iter());
        chains
            .map(|chain| chain.map(|node| node.id).collect::<Vec<_>>())
            .collect()
    };
    if ids(graph) != ids(&wider) {
        // Its operators are cut into tasks otherwise at another parallelism: it stays as it is.
        return Ok(Vec::new());
    }
    let pairs = graph.vertices.iter().zip(&wider.vertices);
    let follows = pairs.filter(|(one, two)| one.parallelism == planned && two.parallelism == other);
    Ok(follows.map(|(vertex, _)| vertex.id).collect())
}

/// `EXECUTE PLAN 'file'`.
pub(super) fn execute(session: &Session, path: &StringLit) -> Result<Outcome, SqlError> {
    let span = path.span;
    let (location, files) = open(path)?;
    let bytes = files
        .read(&location)
        .map_err(|error| failed(&error, span))?;
    let wrong = |reason: String| {
        SqlError::invalid(format!("{location} holds no compiled plan: {reason}"), span)
            .with_help("COMPILE PLAN writes one")
    };
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if head.format > FORMAT {
        let format = head.format;
        return Err(wrong(format!(
            "it has format {format}, known are those up to {FORMAT}"
        )));
    }
    let plan: CompiledPlan =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let mut graph = plan.graph;
    let settings = plan::session_settings(session, JobMode::Streaming)?;
    let planner = plan::planner_settings(session, &graph.name, &settings, span)?;
    for vertex in &mut graph.vertices {
        if plan.scalable.contains(&vertex.id) {
            vertex.parallelism = planner.parallelism.min(graph.max_parallelism);
        }
        for node in &vertex.chain {
            if let OperatorSpec::Source { table, .. } | OperatorSpec::Sink { table, .. } =
                &node.spec
                && table.connector != alpheus_connectors::values::CONNECTOR
            {
                session
                    .connectors
                    .validate(table)
                    .map_err(|message| SqlError::invalid(message, span))?;
            }
        }
    }
    let limits = wasm_limits(&session.configuration);
    limits
        .and_then(|limits| {
            alpheus_udf::install(&graph.functions, limits).map_err(|error| error.to_string())
        })
        .map_err(wrong)?;
    graph.configuration = planner.configuration;
    graph.session = settings.clone();
    graph.validate().map_err(|error| wrong(error.to_string()))?;
    let mut job = PlannedJob {
        name: graph.name.clone(),
        mode: JobMode::Streaming,
        outputs: Vec::new(),
        graph: None,
        operators: String::new(),
        advice: Vec::new(),
        result: None,
        configuration: session.configuration.clone(),
        session: settings,
    };
    let named = session
        .configuration
        .get(&alpheus_hadoop_conf::options::execution::JOB_NAME);
    if let Ok(Some(name)) = named {
        graph.name.clone_from(&name);
        job.name = name;
    }
    job.graph = Some(graph);
    Ok(Outcome::Job(Box::new(job)))
}

fn open(path: &StringLit) -> Result<(Location, std::sync::Arc<dyn FileSystem>), SqlError> {
    let location: Location = path
        .value
        .parse()
        .map_err(|error| failed(&error, path.span))?;
    let files = file_system_for(&location).map_err(|error| failed(&error, path.span))?;
    Ok((location, files))
}

fn failed(error: &StorageError, span: Span) -> SqlError {
    SqlError::invalid(error.to_string(), span)
}
