//! Reading the sections of a state.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::source::{
    Boundedness, NextSplit, Source, SourcePoll, SourceReader, SourceReaderContext, SourceSplit,
    SplitEnumerator,
};
use alpheus_dataflow::{ChangelogBatch, OperatorError, OperatorResult};
use alpheus_hadoop_conf::parse_folders;
use alpheus_state::encryption::DataKeys;
use alpheus_state::local_backup::CheckpointFiles;
use alpheus_state::rocksdb::read_native;
use alpheus_state::snapshot_file::SectionReader;
use arrow::array::{Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use super::{Part, SavepointTable, Shared, open};
use crate::error::ConnectorError;

/// A state to read.
pub(crate) struct SavepointSource {
    table: Shared,
    projection: Vec<usize>,
}

impl SavepointSource {
    pub(crate) fn new(table: SavepointTable, projection: &[usize]) -> Self {
        SavepointSource {
            table: Arc::new(table),
            projection: projection.to_vec(),
        }
    }
}

/// A part of the state, and how many of its batches were read.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Section {
    handle: Part,
    batches: usize,
}

fn malformed(error: serde_json::Error) -> OperatorError {
    OperatorError::fatal(format!(
        "the position in a savepoint cannot be read: {error}"
    ))
}

impl Section {
    fn split(&self) -> OperatorResult<SourceSplit> {
        let (start, end) = self.handle.key_groups();
        Ok(SourceSplit {
            id: format!("{} of key groups {start}..{end}", self.handle.state()),
            state: serde_json::to_vec(self).map_err(malformed)?,
        })
    }
}

impl Source for SavepointSource {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn create_enumerator(
        &self,
        _parallelism: u32,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        let pending = match restored {
            Some(bytes) => serde_json::from_slice(bytes).map_err(malformed)?,
            None => {
                let sections = self.table.parts()?.into_iter();
                let sections = sections.map(|handle| Section { handle, batches: 0 }.split());
                sections.collect::<OperatorResult<_>>()?
            }
        };
        Ok(Box::new(Sections { pending }))
    }

    fn create_reader(&self, context: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        let keys = match &self.table.key_file {
            Some(file) => open(&self.table.path, Some(file))?.1,
            None => DataKeys::default(),
        };
        let schema = self.table.schema.project(&self.projection).to_arrow();
        Ok(Box::new(SectionsReader {
            table: Arc::clone(&self.table),
            projection: self.projection.clone(),
            schema,
            keys,
            temporary: temporary_folder(&context.operator),
            waiting: VecDeque::new(),
            current: None,
        }))
    }
}

/// Hands out sections in the order of their key groups.
struct Sections {
    pending: VecDeque<SourceSplit>,
}

impl SplitEnumerator for Sections {
    fn next_split(&mut self, _subtask: u32) -> OperatorResult<NextSplit> {
        let next = self.pending.pop_front();
        Ok(next.map_or(NextSplit::NoMore, NextSplit::Split))
    }

    fn add_back(&mut self, splits: Vec<SourceSplit>) {
        self.pending.extend(splits);
    }

    fn snapshot(&self) -> OperatorResult<Vec<u8>> {
        serde_json::to_vec(&self.pending).map_err(malformed)
    }
}

type Batches = Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + Send>;

/// The first of `io.tmp.dirs`, or the system's.
fn temporary_folder(context: &OperatorContext) -> PathBuf {
    let folders = context.configuration.get("io.tmp.dirs");
    folders.map_or_else(std::env::temp_dir, |folders| {
        parse_folders(folders).swap_remove(0)
    })
}

struct SectionsReader {
    table: Shared,
    projection: Vec<usize>,
    schema: SchemaRef,
    keys: DataKeys,
    /// Where copies of databases go.
    temporary: PathBuf,
    waiting: VecDeque<Section>,
    current: Option<(Section, Batches)>,
}

impl SectionsReader {
    fn open(&self, section: &Section) -> OperatorResult<Batches> {
        let rows: Batches = match &section.handle {
            Part::Rows(handle) => {
                let file = self.keys.open(&handle.file, handle.key.as_ref());
                let reader = file.and_then(|file| SectionReader::open(file, &handle.file, handle));
                let (start, end) = handle.key_groups;
                let rows = reader?.rows(KeyGroupRange { start, end });
                Box::new(rows.map(|rows| Ok(rows?)))
            }
            Part::Files { database, state } => {
                let (database, state) = (database.clone(), state.clone());
                let files = CheckpointFiles::from(self.keys.clone());
                Box::new(read_native(database, state, files, &self.temporary)?)
            }
        };
        Ok(Box::new(rows.skip(section.batches)))
    }

    /// The wanted columns of some rows of the state.
    fn pick(&self, rows: &RecordBatch) -> OperatorResult<RecordBatch> {
        let state = rows.schema();
        let columns = self.projection.iter().map(|&column| {
            let (field, name) = (&self.table.schema.fields[column], &self.table.names[column]);
            let known = || state.fields().iter().map(|field| field.name().as_str());
            let Ok(position) = state.index_of(name) else {
                let what = format!("column of the state for `{}`:", field.name);
                return Err(ConnectorError::unknown(what, name, known()).into());
            };
            let values = rows.column(position);
            if *values.data_type() != field.ty.to_arrow() {
                return Err(ConnectorError::column(
                    &field.name,
                    format!(
                        "it is declared as {}, and the state's column `{name}` is of Arrow's type {}, not {}",
                        field.ty,
                        values.data_type(),
                        field.ty.to_arrow()
                    ),
                )
                .into());
            }
            if !field.ty.nullable && values.null_count() > 0 {
                let reason = "it is declared NOT NULL, and the state has NULLs in it";
                return Err(ConnectorError::column(&field.name, reason).into());
            }
            Ok(Arc::clone(values))
        });
        let columns = columns.collect::<OperatorResult<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let schema = Arc::clone(&self.schema);
        Ok(RecordBatch::try_new_with_options(
            schema, columns, &options,
        )?)
    }
}

impl SourceReader for SectionsReader {
    fn add_split(&mut self, split: SourceSplit) -> OperatorResult<()> {
        let section = serde_json::from_slice(&split.state).map_err(malformed)?;
        self.waiting.push_back(section);
        Ok(())
    }

    fn poll_next(&mut self) -> OperatorResult<SourcePoll> {
        loop {
            let Some((section, batches)) = &mut self.current else {
                let Some(section) = self.waiting.pop_front() else {
                    return Ok(SourcePoll::NeedSplit);
                };
                let batches = self.open(&section)?;
                self.current = Some((section, batches));
                continue;
            };
            match batches.next() {
                Some(rows) => {
                    section.batches += 1;
                    let rows = rows?;
                    let rows = ChangelogBatch::inserts(self.pick(&rows)?);
                    return Ok(SourcePoll::Batch(rows));
                }
                None => self.current = None,
            }
        }
    }

    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        let current = self.current.iter().map(|(section, _)| section);
        current.chain(&self.waiting).map(Section::split).collect()
    }
}
