//! `alpheus checkpoint show`: what is in a checkpoint or savepoint.

use std::collections::BTreeMap;
use std::fmt::Write;

use alpheus_am::checkpoint::encryption::key_ring;
use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::OperatorId;
use alpheus_state::CheckpointMetadata;
use alpheus_state::channel_state::ChannelElement;
use alpheus_state::paths::{FoundCheckpoint, resolve_restore_path};
use alpheus_storage::{Location, file_system_for};
use serde_json::{Value, json};

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult, Exit};
use crate::render::utc;

/// Look into checkpoints
#[derive(Debug, clap::Args)]
pub struct CheckpointArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show what is in a checkpoint or savepoint: operators, sizes, parallelism, offsets
    #[command(after_help = "Examples:
  alpheus checkpoint show /var/tmp/savepoints/savepoint-5f0c12-0123456789ab
  alpheus checkpoint show --json /var/tmp/checkpoints/5f0c.../   # the newest of a job
  alpheus checkpoint show hdfs://ns1/user/alice/savepoints/savepoint-5f0c12-0123456789ab")]
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// As one JSON object
        #[arg(long)]
        json: bool,
        /// A savepoint, a checkpoint, or a job's checkpoint folder
        path: String,
    },
}

impl CheckpointArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no checkpoint at the path, or it is torn or of a newer format.
    pub fn run(self) -> CliResult<Exit> {
        let Action::Show { config, json, path } = self.action;
        let configuration = config::load(&config)?;
        let keys = key_ring(&configuration).map_err(CliError::usage)?;
        let location: Location = path.parse().map_err(CliError::usage)?;
        let fs = file_system_for(&location).map_err(CliError::usage)?;
        let found =
            resolve_restore_path(&*fs, &location, keys.as_deref()).map_err(CliError::failed)?;
        let vertices = vertices(&found.metadata);
        if json {
            println!("{}", as_json(&found, &vertices));
        } else {
            print!("{}", as_text(&found, &vertices));
        }
        Ok(Exit::Finished)
    }
}

/// What one operator keeps, over all its subtasks.
#[derive(Default)]
struct Contents {
    keyed_bytes: u64,
    states: BTreeMap<String, u64>,
    list_entries: usize,
    committables: usize,
    rows_in_flight: usize,
}

struct Vertex<'a> {
    name: &'a str,
    parallelism: u32,
    operators: Vec<(OperatorId, &'a str, Contents)>,
    splits: Vec<(u32, &'a str, String)>,
    enumerator: Option<String>,
}

fn vertices(metadata: &CheckpointMetadata) -> Vec<Vertex<'_>> {
    metadata
        .vertices
        .iter()
        .map(|vertex| {
            let tasks = || {
                metadata
                    .tasks
                    .iter()
                    .filter(|task| task.task.vertex == vertex.id)
            };
            let contents = |operator: OperatorId| {
                let mut contents = Contents::default();
                for handle in tasks().flat_map(|task| &task.operators) {
                    if handle.operator != operator {
                        continue;
                    }
                    for keyed in &handle.keyed {
                        contents.keyed_bytes += keyed.length;
                        *contents.states.entry(keyed.state.clone()).or_default() += keyed.length;
                    }
                    contents.list_entries += handle
                        .lists
                        .iter()
                        .map(|list| list.entries.len())
                        .sum::<usize>();
                    contents.committables += handle.committables.len();
                }
                contents.rows_in_flight = rows_in_flight(metadata, operator);
                contents
            };
            let operators: Vec<_> = vertex
                .operators
                .iter()
                .map(|(id, name)| (*id, name.as_str(), contents(*id)))
                .collect();
            let splits = tasks()
                .flat_map(|task| {
                    let subtask = task.task.subtask.0;
                    task.splits
                        .iter()
                        .map(move |split| (subtask, split.id.as_str(), readable(&split.state)))
                })
                .collect();
            let source = vertex.operators.first().map(|(id, _)| *id);
            let enumerator = metadata
                .enumerators
                .iter()
                .find(|(id, _)| Some(*id) == source)
                .map(|(_, state)| readable(state));
            Vertex {
                name: &vertex.name,
                parallelism: vertex.parallelism,
                operators,
                splits,
                enumerator,
            }
        })
        .collect()
}

/// Rows that the barrier has overtaken on their way to an operator.
fn rows_in_flight(metadata: &CheckpointMetadata, operator: OperatorId) -> usize {
    let channels = metadata.tasks.iter().flat_map(|task| &task.channels);
    let channels = channels.filter(|handle| handle.channel.operator == operator);
    let rows = channels.flat_map(|handle| &handle.elements);
    rows.filter_map(|element| match element {
        ChannelElement::Rows(rows) => Some(*rows),
        _ => None,
    })
    .sum()
}

/// Connectors write their positions as JSON by custom; anything else is only counted.
fn readable(state: &[u8]) -> String {
    match std::str::from_utf8(state) {
        Ok(text) if !text.contains(|c: char| c.is_control()) => text.to_owned(),
        _ => format!("{} bytes", state.len()),
    }
}

fn kind(metadata: &CheckpointMetadata) -> &'static str {
    match metadata.kind {
        CheckpointKind::Checkpoint => "checkpoint",
        CheckpointKind::Savepoint => "savepoint",
        CheckpointKind::StopWithSavepoint { .. } => "savepoint that the job stopped with",
        CheckpointKind::Final => "last checkpoint of a job that has finished",
    }
}

fn as_json(found: &FoundCheckpoint, vertices: &[Vertex<'_>]) -> Value {
    let metadata = &found.metadata;
    let shown: Vec<_> = vertices
        .iter()
        .map(|vertex| {
            let operators: Vec<_> = vertex
                .operators
                .iter()
                .map(|(id, name, contents)| {
                    json!({
                        "id": id, "name": name, "keyedStateBytes": contents.keyed_bytes,
                        "states": contents.states, "listEntries": contents.list_entries,
                        "committables": contents.committables,
                        "rowsInFlight": contents.rows_in_flight,
                    })
                })
                .collect();
            let splits: Vec<_> = vertex
                .splits
                .iter()
                .map(|(subtask, id, state)| json!({ "subtask": subtask, "id": id, "state": state }))
                .collect();
            json!({
                "name": vertex.name, "parallelism": vertex.parallelism,
                "operators": operators, "splits": splits, "enumerator": vertex.enumerator,
            })
        })
        .collect();
    json!({
        "path": found.folder.to_string(), "job": metadata.job, "jobName": metadata.job_name,
        "attempt": metadata.attempt, "checkpoint": metadata.checkpoint, "kind": kind(metadata),
        "timestamp": metadata.timestamp, "maxParallelism": metadata.max_parallelism,
        "finished": metadata.finished, "files": metadata.files(), "ancestors": metadata.ancestors,
        "vertices": shown,
    })
}

fn as_text(found: &FoundCheckpoint, vertices: &[Vertex<'_>]) -> String {
    let metadata = &found.metadata;
    let mut out = String::new();
    let taken = utc(metadata.timestamp, 3);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}\n  {} {} of job {} ({}), attempt {}, taken {taken} UTC\n  {} key groups, {} state files",
        found.folder,
        kind(metadata),
        metadata.checkpoint,
        metadata.job,
        metadata.job_name,
        metadata.attempt,
        metadata.max_parallelism,
        metadata.files().len(),
    );
    if metadata.finished {
        let _ = writeln!(out, "  the job has finished: nothing is left to run");
    }
    for vertex in vertices {
        let _ = writeln!(
            out,
            "\n{} (parallelism {})",
            vertex.name, vertex.parallelism
        );
        for (id, name, contents) in &vertex.operators {
            let _ = writeln!(out, "  {name}  {id}");
            for (state, bytes) in &contents.states {
                let _ = writeln!(out, "    keyed state {state}: {bytes} bytes");
            }
            if contents.list_entries > 0 {
                let _ = writeln!(out, "    list state: {} entries", contents.list_entries);
            }
            if contents.committables > 0 {
                let _ = writeln!(out, "    to be committed: {}", contents.committables);
            }
        }
        let in_flight = vertex
            .operators
            .iter()
            .map(|(_, _, contents)| contents.rows_in_flight);
        let in_flight: usize = in_flight.sum();
        if in_flight > 0 {
            let _ = writeln!(out, "  in flight to it: {in_flight} rows");
        }
        for (subtask, split, state) in &vertex.splits {
            let _ = writeln!(out, "  split of subtask {subtask}: {split}  {state}");
        }
        if let Some(enumerator) = &vertex.enumerator {
            let _ = writeln!(out, "  not yet handed out: {enumerator}");
        }
    }
    out
}
