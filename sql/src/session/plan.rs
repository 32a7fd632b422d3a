//! From a checked statement to a job.

use std::time::{SystemTime, UNIX_EPOCH};

use alpheus_dataflow::ChangelogMode;
use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::source::Boundedness;
use alpheus_hadoop_conf::options::execution::RuntimeMode;
use alpheus_hadoop_conf::{ConfigError, ConfigOption, Value, options};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{Insert, Query, Statement, StatementKind};

use super::{JobMode, PlannedJob, Session, retractions};
use crate::binder::Binder;
use crate::error::SqlError;
use crate::job_graph::{self, PlannerSettings, StreamPlan, TableModes};
use crate::optimizer::{self, OptimizerOptions};
use crate::rel::{Output, Target};

/// What can become a job.
#[derive(Clone, Copy)]
enum Work<'s> {
    Query(&'s Query),
    Inserts(&'s [Insert]),
}

/// Plans a query, INSERT or statement set.
pub(super) fn plan_statement(
    session: &Session,
    statement: &Statement,
) -> Result<PlannedJob, SqlError> {
    let work = match &statement.kind {
        StatementKind::Query(query) => Work::Query(query),
        StatementKind::Insert(insert) => Work::Inserts(std::slice::from_ref(&**insert)),
        StatementKind::StatementSet(inserts) => Work::Inserts(inserts),
        _ => {
            return Err(SqlError::invalid(
                "only queries, INSERTs and statement sets have a plan",
                statement.span,
            ));
        }
    };
    let span = statement.span;
    let (mode, outputs, settings) = bind(session, work, span)?;
    let result = outputs.iter().find_map(|output| match output.target {
        Target::Collect { .. } => Some(output.query.schema.row_type()),
        Target::Table { .. } => None,
    });
    let outputs = optimizer::optimize(outputs, mode, &optimizer_options(session, span)?);
    let configuration = session.configuration.clone();
    let name = get(session, &options::execution::JOB_NAME, span)?
        .unwrap_or_else(|| default_name(&outputs));
    let stream = match mode {
        JobMode::Streaming => Some(stream_plan(session, &name, &outputs, &settings, span)?),
        JobMode::Batch => None,
    };
    let (graph, operators, advice) = match stream {
        Some(plan) => (Some(plan.graph), plan.operators, plan.advice),
        None => (None, String::new(), Vec::new()),
    };
    Ok(PlannedJob {
        name,
        mode,
        outputs,
        graph,
        operators,
        advice,
        result,
        configuration,
        session: settings,
    })
}

fn optimizer_options(session: &Session, span: Span) -> Result<OptimizerOptions, SqlError> {
    let split = get(session, &options::table::DISTINCT_AGG_SPLIT_ENABLED, span)?;
    let buckets = get(session, &options::table::DISTINCT_AGG_SPLIT_BUCKETS, span)?;
    Ok(OptimizerOptions {
        distinct_buckets: split.then_some(i64::from(buckets)),
    })
}

/// Binds in the mode that the configuration says. AUTOMATIC is batch when that is possible: all sources
/// end, and batch mode can do it.
fn bind(
    session: &Session,
    work: Work<'_>,
    span: Span,
) -> Result<(JobMode, Vec<Output>, SessionSettings), SqlError> {
    let bind_as = |mode: JobMode| {
        let binder = session.binder(mode)?;
        let outputs = bind_work(&binder, work)?;
        Ok::<_, SqlError>((mode, outputs, session_settings(session, mode)?))
    };
    match get(session, &options::execution::RUNTIME_MODE, span)? {
        RuntimeMode::Streaming => bind_as(JobMode::Streaming),
        RuntimeMode::Batch => {
            let bound = bind_as(JobMode::Batch)?;
            match unbounded_table(session, &bound.1) {
                None => Ok(bound),
                Some(table) => Err(SqlError::invalid(
                    format!("table '{table}' never ends and cannot be read in batch mode"),
                    span,
                )
                .with_help("SET 'execution.runtime-mode' = 'streaming'")),
            }
        }
        RuntimeMode::Automatic => {
            let batch = bind_as(JobMode::Batch);
            match &batch {
                Ok((_, outputs, _)) if unbounded_table(session, outputs).is_none() => batch,
                Ok(_) => bind_as(JobMode::Streaming),
                // What batch cannot do, a stream may.
                Err(_) => bind_as(JobMode::Streaming),
            }
        }
    }
}

fn bind_work(binder: &Binder<'_>, work: Work<'_>) -> Result<Vec<Output>, SqlError> {
    match work {
        Work::Query(query) => Ok(vec![Output {
            query: binder.query(query)?,
            target: Target::Collect { result: 0 },
        }]),
        Work::Inserts(inserts) => inserts.iter().map(|insert| binder.insert(insert)).collect(),
    }
}

/// A table among those that are read which has no end.
fn unbounded_table(session: &Session, outputs: &[Output]) -> Option<String> {
    let unbounded = std::cell::RefCell::new(None);
    let is_bounded = |table: &TableSpec| {
        let bounded = bounded(session, table);
        if !bounded {
            unbounded.replace(Some(table.identifier.clone()));
        }
        bounded
    };
    for output in outputs {
        output.query.all_scans(&is_bounded);
    }
    unbounded.into_inner()
}

fn bounded(session: &Session, table: &TableSpec) -> bool {
    table.connector == alpheus_connectors::values::CONNECTOR
        || matches!(
            session.connectors.validate(table),
            Ok(capabilities) if capabilities.boundedness == Boundedness::Bounded
        )
}

fn stream_plan(
    session: &Session,
    name: &str,
    outputs: &[Output],
    settings: &SessionSettings,
    span: Span,
) -> Result<StreamPlan, SqlError> {
    let planner = planner_settings(session, name, settings, span)?;
    graph_with(session, outputs, &planner, span)
}

/// The operators of a planned job at another parallelism.
pub(super) fn graph_at(
    session: &Session,
    job: &PlannedJob,
    parallelism: u32,
    span: Span,
) -> Result<alpheus_dataflow::JobGraph, SqlError> {
    let planner = planner_settings(session, &job.name, &job.session, span)?;
    let planner = PlannerSettings {
        parallelism,
        ..planner
    };
    graph_with(session, &job.outputs, &planner, span).map(|plan| plan.graph)
}

fn graph_with(
    session: &Session,
    outputs: &[Output],
    planner: &PlannerSettings,
    span: Span,
) -> Result<StreamPlan, SqlError> {
    let modes = |table: &TableSpec| {
        let inserts = TableModes {
            emits: ChangelogMode::InsertOnly,
            accepts: ChangelogMode::InsertOnly,
        };
        // Of constant rows no connector knows.
        let capabilities = session.connectors.validate(table);
        capabilities.map_or(inserts, |c| TableModes {
            emits: c.source_emits,
            accepts: c.sink_accepts,
        })
    };
    let mut plan = job_graph::plan(outputs, planner, &modes)
        .map_err(|error| SqlError::invalid(error.to_string(), span))?;
    if let Some(name) = retractions::misplaced(&plan.graph) {
        let message = format!(
            "the aggregate function {name} is given rows that are taken back again, and its module has no retract function"
        );
        return Err(SqlError::invalid(message, span)
            .with_help("export a retract function, or aggregate rows that are only added"));
    }
    if let Ok(text) = serde_json::to_string(&plan.graph) {
        plan.graph.functions = alpheus_udf::registered_in(&text);
    }
    Ok(plan)
}

pub(super) fn planner_settings(
    session: &Session,
    name: &str,
    settings: &SessionSettings,
    span: Span,
) -> Result<PlannerSettings, SqlError> {
    let sql = get(session, &options::table::DEFAULT_PARALLELISM, span)?;
    let parallelism = match u32::try_from(sql) {
        Ok(parallelism) if parallelism > 0 => parallelism,
        _ => get(session, &options::execution::PARALLELISM, span)?,
    };
    let most = get(session, &options::execution::MAX_PARALLELISM, span)?;
    let max_parallelism = match u32::try_from(most) {
        Ok(most) if most > 0 => most,
        _ => default_max_parallelism(parallelism),
    };
    let ttl = get(session, &options::table::STATE_TTL, span)?;
    // Secrets stay out of the graph: every worker gets it, and pages show it.
    let public = session.configuration.without_secrets();
    let configuration = public
        .raw()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    Ok(PlannerSettings {
        job_name: Some(name.to_owned()),
        parallelism,
        max_parallelism,
        chaining: get(session, &options::execution::OPERATOR_CHAINING, span)?,
        state_ttl_ms: u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX),
        aggregate_phases: get(session, &options::table::AGG_PHASE_STRATEGY, span)?,
        mini_batch: mini_batch(session, span)?,
        multi_join: get(session, &options::table::MULTI_JOIN_ENABLED, span)?,
        keyed_shuffle: get(session, &options::table::KEYED_SHUFFLE, span)?,
        upsert_materialize: get(session, &options::table::UPSERT_MATERIALIZE, span)?,
        non_deterministic_updates: get(session, &options::table::NON_DETERMINISTIC_UPDATES, span)?,
        session: settings.clone(),
        configuration,
    })
}

/// Whether rows are gathered; how many and how long has to be said then.
fn mini_batch(session: &Session, span: Span) -> Result<bool, SqlError> {
    if !get(session, &options::table::MINI_BATCH_ENABLED, span)? {
        return Ok(false);
    }
    let latency = get(session, &options::table::MINI_BATCH_ALLOW_LATENCY, span)?;
    let size = get(session, &options::table::MINI_BATCH_SIZE, span)?;
    let missing = match (latency.is_zero(), size > 0) {
        (true, _) => "table.exec.mini-batch.allow-latency",
        (_, false) => "table.exec.mini-batch.size",
        _ => return Ok(true),
    };
    let message =
        format!("'{missing}' must be greater than 0 where 'table.exec.mini-batch.enabled' is true");
    Err(SqlError::invalid(message, span).with_help(
        "SET 'table.exec.mini-batch.allow-latency' = '1 s' and 'table.exec.mini-batch.size' = '5000'",
    ))
}

/// Flink's `KeyGroupRangeAssignment.computeDefaultMaxParallelism`.
fn default_max_parallelism(parallelism: u32) -> u32 {
    let roomy = parallelism.saturating_add(parallelism / 2);
    roomy
        .checked_next_power_of_two()
        .unwrap_or(u32::MAX)
        .clamp(128, 32_768)
}

/// As Flink names jobs that nobody named: by where they write.
fn default_name(outputs: &[Output]) -> String {
    let targets: Vec<&str> = outputs
        .iter()
        .map(|output| match &output.target {
            Target::Table { table, .. } => table.identifier.as_str(),
            Target::Collect { .. } => "collect",
        })
        .collect();
    match targets.as_slice() {
        ["collect"] => "collect".to_owned(),
        targets => format!("insert-into_{}", targets.join(",")),
    }
}

/// Time zone and clock as expressions see them.
pub(super) fn session_settings(
    session: &Session,
    mode: JobMode,
) -> Result<SessionSettings, SqlError> {
    let zone = get(session, &options::table::LOCAL_TIME_ZONE, Span::default())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(SessionSettings {
        time_zone: match zone.as_str() {
            "default" => machine_time_zone(),
            _ => zone,
        },
        planned_at: now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX)),
        bounded: mode == JobMode::Batch,
    })
}

/// The machine's own zone: `TZ`, or where /etc/localtime points to, or UTC.
fn machine_time_zone() -> String {
    let named = std::env::var("TZ").ok().filter(|zone| !zone.is_empty());
    let linked = || {
        let target = std::fs::read_link("/etc/localtime").ok()?;
        let target = target.to_str()?;
        Some(target.split_once("zoneinfo/")?.1.to_owned())
    };
    named
        .map(|zone| zone.trim_start_matches(':').to_owned())
        .or_else(linked)
        .filter(|zone| !zone.contains(['<', ',']))
        .unwrap_or_else(|| "UTC".to_owned())
}

fn get<T: Value>(session: &Session, option: &ConfigOption<T>, span: Span) -> Result<T, SqlError> {
    session
        .configuration
        .get(option)
        .map_err(|error: ConfigError| SqlError::invalid(error.to_string(), span))
}
