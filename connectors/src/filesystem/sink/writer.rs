//! The side that writes: rows to open parts, one a partition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::stable_hash_128;
use alpheus_dataflow::operator::{Clock, OperatorContext};
use alpheus_dataflow::sink::SinkWriter;
use alpheus_dataflow::{ChangelogBatch, JobId, OperatorError, OperatorResult, RowKind, RowType};
use alpheus_storage::{FileSystem, Location};
use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::part::Part;
use super::{Committable, Overwrite, staging_folder};
use crate::columns::view::views;
use crate::error::storage_error;
use crate::filesystem::{ColumnSource, FileTable, partition};

/// Writes a subtask's rows.
pub(super) struct FileWriter {
    table: Arc<FileTable>,
    /// The columns that rows come with: all but metadata.
    input: RowType,
    /// Positions in the input of the columns in the files, and of the partition keys.
    data: Vec<usize>,
    keys: Vec<usize>,
    overwrite: Option<Overwrite>,
    file_system: Arc<dyn FileSystem>,
    clock: Arc<dyn Clock>,
    staging: Location,
    names: PartNames,
    /// Open parts by partition folder; the empty one without partitions.
    open: BTreeMap<String, Part>,
    /// Parts closed since the last barrier.
    closed: Vec<Committable>,
    /// Partitions written since the last barrier, where they replace others.
    touched: BTreeSet<String>,
    next_check: i64,
}

/// Names of part files: `part-<uuid>-<subtask>-<n>.<extension>`. The uuid starts with digits of the job
/// and ends with some of the attempt and its start, so that no two runs make the same name.
struct PartNames {
    prefix: String,
    /// What the names of all of the job's parts contain.
    mark: String,
    count: u64,
    subtask: u32,
}

/// What stands for a job in the names of its parts.
fn job_mark(job: JobId) -> String {
    let digits = format!("{:032x}", stable_hash_128(job.to_string().as_bytes()));
    format!(
        "{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20]
    )
}

impl PartNames {
    fn new(prefix: &str, context: &OperatorContext) -> Self {
        let run = format!(
            "{}/{}/{}/{}",
            context.job,
            context.attempt,
            context.operator,
            context.clock.now_ms()
        );
        let run = stable_hash_128(run.as_bytes()) as u64 & 0xFFFF_FFFF_FFFF;
        let mark = job_mark(context.job);
        PartNames {
            prefix: format!("{prefix}-{mark}-{run:012x}"),
            mark,
            count: 0,
            subtask: context.subtask.0,
        }
    }

    fn next(&mut self) -> String {
        let name = format!("{}-{}-{}", self.prefix, self.subtask, self.count);
        self.count += 1;
        name
    }
}

impl FileWriter {
    /// # Errors
    /// When the table's folder cannot be written to.
    pub(super) fn new(
        table: Arc<FileTable>,
        overwrite: Option<Overwrite>,
        file_system: Arc<dyn FileSystem>,
        context: &OperatorContext,
    ) -> OperatorResult<Self> {
        let staging = staging_folder(&table.options.path, context.job);
        file_system.create_directory(&staging).map_err(|error| {
            let mut failure = storage_error(error);
            failure.message = format!(
                "table {} cannot be written: {}",
                table.identifier, failure.message
            );
            failure
        })?;
        let mut input = RowType::default();
        let mut data = Vec::new();
        let mut keys = vec![0; table.partition_keys.len()];
        for (field, source) in table.schema.fields.iter().zip(&table.sources) {
            match source {
                ColumnSource::Data(_) => data.push(input.len()),
                ColumnSource::Partition(key) => keys[*key] = input.len(),
                ColumnSource::Metadata(_) => continue,
            }
            input.fields.push(field.clone());
        }
        Ok(FileWriter {
            names: PartNames::new(&table.options.part_prefix, context),
            input,
            data,
            keys,
            overwrite,
            file_system,
            clock: context.clock.clone(),
            staging,
            open: BTreeMap::new(),
            closed: Vec::new(),
            touched: BTreeSet::new(),
            next_check: i64::MAX,
            table,
        })
    }

    /// Rows of each partition folder; `None` when all rows are of one.
    fn by_folder(
        &self,
        columns: &[ArrayRef],
        rows: usize,
    ) -> OperatorResult<BTreeMap<String, Vec<u32>>> {
        let mut folders: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let arrays: Vec<ArrayRef> = self.keys.iter().map(|&i| columns[i].clone()).collect();
        let keys = &self.table.partition_keys;
        let values = views(keys.fields.iter().map(|field| &field.ty), &arrays)?;
        let default = &self.table.options.default_partition;
        for row in 0..rows {
            let folder = partition::folder_of(keys, &values, row, default);
            folders.entry(folder).or_default().push(row as u32);
        }
        Ok(folders)
    }

    /// Appends rows to the open part of a folder.
    fn append(
        &mut self,
        folder: &str,
        columns: &[ArrayRef],
        kinds: &[RowKind],
    ) -> OperatorResult<()> {
        let now = self.clock.now_ms();
        if !self.open.contains_key(folder) {
            let name = self.names.next();
            let target = self.table.options.path.join(folder).join(&name);
            let part = Part::create(
                self.file_system.as_ref(),
                &self.table.format,
                &self.table.data,
                self.staging.join(&name),
                target,
                now,
            )?;
            self.open.insert(folder.to_owned(), part);
            if self.next_check == i64::MAX {
                self.next_check = now.saturating_add(self.check_interval());
            }
        }
        if let Some(part) = self.open.get_mut(folder) {
            part.write(&self.table.data, columns, kinds, now)?;
            if part.size() >= self.table.options.roll_size {
                self.close_part(folder)?;
            }
        }
        Ok(())
    }

    fn check_interval(&self) -> i64 {
        self.table.options.check_interval.as_millis() as i64
    }

    fn close_part(&mut self, folder: &str) -> OperatorResult<()> {
        if let Some(part) = self.open.remove(folder) {
            self.closed.push(part.close()?);
        }
        Ok(())
    }

    fn close_all(&mut self) -> OperatorResult<()> {
        while let Some((_, part)) = self.open.pop_first() {
            self.closed.push(part.close()?);
        }
        self.next_check = i64::MAX;
        Ok(())
    }

    /// What INSERT OVERWRITE replaces with this barrier.
    fn replaced(&mut self) -> Vec<Committable> {
        let touched = std::mem::take(&mut self.touched);
        let folders = match &self.overwrite {
            None => Vec::new(),
            Some(Overwrite::Folder(folder)) => vec![folder.clone()],
            Some(Overwrite::TouchedPartitions) => touched
                .iter()
                .map(|folder| self.table.options.path.join(folder))
                .collect(),
        };
        folders
            .iter()
            .map(|folder| Committable::Replace {
                folder: folder.to_string(),
                keep: self.names.mark.clone(),
            })
            .collect()
    }
}

impl SinkWriter for FileWriter {
    fn write(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        let kinds: Vec<RowKind> = (0..batch.num_rows()).map(|row| batch.kind(row)).collect();
        let takes = self.table.format.changelog();
        if kinds.iter().any(|&kind| !takes.contains(kind)) {
            return Err(OperatorError::fatal(format!(
                "table {} was given an update or a delete; files of its format take inserts only",
                self.table.identifier
            )));
        }
        let (columns, rows) = (batch.rows().columns(), batch.num_rows());
        if columns.len() != self.input.len() {
            return Err(OperatorError::fatal(format!(
                "table {} was given {} columns, it has {}",
                self.table.identifier,
                columns.len(),
                self.input.len()
            )));
        }
        if rows == 0 {
            return Ok(());
        }
        let data: Vec<ArrayRef> = self.data.iter().map(|&i| columns[i].clone()).collect();
        if self.keys.is_empty() {
            return self.append("", &data, &kinds);
        }
        for (folder, rows) in self.by_folder(columns, rows)? {
            let kinds: Vec<RowKind> = rows.iter().map(|&row| kinds[row as usize]).collect();
            let indices = UInt32Array::from(rows);
            let data = data
                .iter()
                .map(|column| take(column, &indices, None))
                .collect::<Result<Vec<_>, _>>()?;
            self.append(&folder, &data, &kinds)?;
            if self.overwrite == Some(Overwrite::TouchedPartitions) {
                self.touched.insert(folder);
            }
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        (self.next_check != i64::MAX).then_some(self.next_check)
    }

    fn on_processing_time(&mut self, now_ms: i64) -> OperatorResult<()> {
        let options = &self.table.options;
        let rollover = options.rollover_interval.as_millis() as i64;
        let inactivity = options.inactivity_interval.as_millis() as i64;
        let old: Vec<String> = self
            .open
            .iter()
            .filter(|(_, part)| {
                now_ms - part.opened_ms >= rollover || now_ms - part.written_ms >= inactivity
            })
            .map(|(folder, _)| folder.clone())
            .collect();
        for folder in old {
            self.close_part(&folder)?;
        }
        self.next_check = if self.open.is_empty() {
            i64::MAX
        } else {
            now_ms.saturating_add(self.check_interval())
        };
        Ok(())
    }

    fn prepare_commit(&mut self, _barrier: CheckpointBarrier) -> OperatorResult<Vec<Vec<u8>>> {
        self.close_all()?;
        let mut committables = self.replaced();
        committables.append(&mut self.closed);
        committables
            .iter()
            .map(|committable| {
                serde_json::to_vec(committable).map_err(|error| {
                    OperatorError::fatal(format!("cannot encode a committable: {error}"))
                })
            })
            .collect()
    }

    fn close(&mut self) {
        // What is open belongs to no checkpoint; the committer removes the files.
        self.open.clear();
    }
}
