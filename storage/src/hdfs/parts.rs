//! A file that goes on when DataNodes die.
//!
//! The library rebuilds the pipeline of a block that it is writing. It gives up when it cannot: when a new block meets a DataNode that
//! is dead (the NameNode takes one for alive until it has been silent for ten minutes, and goes on naming it), or when several die at
//! once. Then this goes on where the library stopped:
//!
//! 1. **Settle.** The part of the file that was being written is ended with what the DataNodes have acknowledged. A last block whose
//!    bytes are all still in the [`Window`] is abandoned, which is quick; another one is recovered by its lease, in which the DataNodes
//!    agree on a length. No synced byte is ever abandoned.
//! 2. **Look.** The DataNodes of the failed block are tried; those that do not answer are excluded from now on.
//! 3. **Go on.** An empty part gets a first block on other DataNodes: we ask the NameNode for it with the exclusions, and the library,
//!    which asks without, is given the same one, as a repeated call is. After a part with content the library could not be told which
//!    DataNodes to leave out, so the rest goes into a *tail*: a file of its own beside the file, with a first block of its own.
//! 4. **Join.** At the end, or at a sync, the tails' blocks are added to the file by `concat`. No byte is written twice.
//!
//! As long as a dead DataNode is known, each block is a part of its own, because the library would be given the dead one again: at best
//! that costs an attempt, at worst a minute in which a living DataNode waits for it. For the same reason a new file then gets its first
//! block from us.
//!
//! Memory is the window's, whatever the size of the file. In an encryption zone and with erasure coding there is no `concat`: there the
//! file itself is appended to, on DataNodes that the NameNode chooses by chance.
//!
//! Invariant: the file is ours. Before anything is changed on the NameNode, the lease is checked with the file's number; once a part is
//! ended its number and length must still be what they were.

use super::failure::{Again, again};
use super::holder::holder;
use super::names::Names;
use super::names::as_library_error;
use super::window::Window;
use crate::location::Location;
use alpheus_hadoop_rpc::NameNode;
use alpheus_hadoop_rpc::namenode::writing::{DataNode, FileState, OpenFile};
use bytes::Bytes;
use hdfs_native::file::FileWriter;
use hdfs_native::{Client, HdfsError, WriteOptions};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often one step is begun anew.
const ATTEMPTS: u32 = 16;
/// Between two of them, and between two looks at the NameNode.
const PAUSE: Duration = Duration::from_millis(200);
/// For a file to end; the recovery of a lease takes a few heartbeats.
const SETTLE: Duration = Duration::from_secs(120);

type Outcome<T> = Result<T, HdfsError>;

/// What is to be done next to a file.
pub(super) enum Step {
    Write,
    Sync,
    Finish,
}

/// One file of the NameNode's that holds bytes `base ..` of ours.
struct Part {
    path: String,
    base: u64,
    /// The file's number, once it was needed.
    id: Option<u64>,
    /// Its lease was ours when it was last looked at, and it is being ended.
    ending: bool,
    /// Its length, once it has ended.
    ended: Option<u64>,
}

/// What the NameNode is asked by.
struct Calls {
    name_node: NameNode,
    holder: String,
}

/// A file being written.
pub(super) struct Parts {
    location: Location,
    authority: String,
    client: Client,
    names: Arc<Names>,
    /// The part that is written; none between parts.
    writer: Option<FileWriter>,
    main: Part,
    /// In order; the last one is the one that is written.
    tails: Vec<Part>,
    /// Tails made so far, for their names.
    made: u32,
    window: Window,
    /// Bytes in a block, once it was needed.
    block_size: Option<u64>,
}

impl Parts {
    /// Takes over a file that was just created by this client, under this (complete) authority.
    pub(super) fn new(
        location: Location,
        authority: String,
        client: Client,
        writer: FileWriter,
        names: Arc<Names>,
    ) -> Self {
        let main = Part {
            path: location.path().to_owned(),
            base: 0,
            id: None,
            ending: false,
            ended: None,
        };
        Self {
            location,
            authority,
            client,
            names,
            writer: Some(writer),
            main,
            tails: Vec::new(),
            made: 0,
            window: Window::default(),
            block_size: None,
        }
    }

    /// Has the file's first block put on DataNodes that answer, if some are known that do not. It is empty, and about to get its
    /// first bytes.
    pub(super) async fn begin(&mut self) -> Outcome<()> {
        if self.names.dead.all().is_empty() {
            return Ok(());
        }
        let calls = self.calls().await?;
        let state = calls.state(&self.main.path).await?;
        let id = state.id.unwrap_or_default();
        let file = calls.file(&self.main.path, id);
        // The lease is checked with it.
        self.place(&calls, &file).await?;
        self.main.id = Some(id);
        self.block_size = state.block_size.filter(|_| state.can_be_concatenated());
        Ok(())
    }

    /// Does one step; goes on elsewhere as long as DataNodes fail.
    pub(super) async fn step(&mut self, step: Step, bytes: Bytes) -> Outcome<()> {
        let mut outcome = {
            self.window.keep(&bytes);
            self.try_step(&step, bytes).await
        };
        for attempt in 1..=ATTEMPTS {
            match &outcome {
                Err(error) if again(error) != Again::No => {
                    let location = &self.location;
                    tracing::debug!(%location, %error, attempt, "a write failed; going on elsewhere");
                }
                _ => break,
            }
            tokio::time::sleep(PAUSE).await;
            outcome = self.go_on(&step).await;
        }
        outcome
    }

    /// Deletes what was put beside a file that will never be complete.
    pub(super) async fn discard(&mut self) {
        self.writer = None;
        for tail in std::mem::take(&mut self.tails) {
            // Hidden files; nobody reads them if they stay.
            let _ = self.client.delete(&tail.path, false).await;
        }
    }

    async fn try_step(&mut self, step: &Step, bytes: Bytes) -> Outcome<()> {
        match step {
            Step::Write if bytes.is_empty() => Ok(()),
            Step::Write => {
                let at = self.window.end() - bytes.len() as u64;
                self.put(at, bytes).await
            }
            Step::Sync => {
                if let Some(writer) = &mut self.writer {
                    writer.hsync().await?;
                }
                if !self.tails.is_empty() {
                    self.end(self.window.end()).await?;
                    self.join().await?;
                }
                self.window.all_arrived();
                Ok(())
            }
            Step::Finish => {
                self.end(self.window.end()).await?;
                self.join().await
            }
        }
    }

    /// The step again, after everything that is not on DataNodes yet.
    async fn go_on(&mut self, step: &Step) -> Outcome<()> {
        self.writer = None;
        let settled = self.settle().await?;
        let rest = self.window.since(settled).ok_or_else(|| {
            let words =
                format!("the DataNodes have lost what they acknowledged: {settled} bytes are left");
            HdfsError::OperationFailed(words)
        })?;
        let mut at = settled;
        for piece in rest {
            let length = piece.len() as u64;
            self.put(at, piece).await?;
            at += length;
        }
        self.try_step(step, Bytes::new()).await
    }

    /// Writes bytes that come at an offset of the file.
    async fn put(&mut self, mut at: u64, mut bytes: Bytes) -> Outcome<()> {
        while !bytes.is_empty() {
            let room = self.room(at);
            if self.writer.is_some() && room == 0 {
                self.end(at).await?;
            }
            if self.writer.is_none() {
                self.open(at).await?;
            }
            let now = self.room(at).min(bytes.len() as u64);
            // No more than the bytes' length, which is a usize.
            let now = bytes.split_to(now as usize);
            at += now.len() as u64;
            if let Some(writer) = &mut self.writer {
                writer.write_bytes(now).await?;
            }
        }
        Ok(())
    }

    /// Bytes that the part which is open may still get.
    fn room(&self, at: u64) -> u64 {
        match self.block_size {
            Some(size) if !self.names.dead.all().is_empty() => {
                let in_part = at - self.current().base;
                // A part may have grown while nobody was known to be dead.
                match in_part % size {
                    0 if in_part > 0 => 0,
                    in_block => size - in_block,
                }
            }
            _ => u64::MAX,
        }
    }

    fn current(&self) -> &Part {
        self.tails.last().unwrap_or(&self.main)
    }

    fn current_mut(&mut self) -> &mut Part {
        self.tails.last_mut().unwrap_or(&mut self.main)
    }

    async fn calls(&self) -> Outcome<Calls> {
        let holder = holder(&self.client).ok_or_else(|| {
            HdfsError::OperationFailed("the HDFS library does not say its name".into())
        })?;
        Ok(Calls {
            name_node: self.names.get(&self.authority).await?,
            holder,
        })
    }

    /// Ends the part that is written, by the library.
    async fn end(&mut self, end: u64) -> Outcome<()> {
        if let Some(writer) = &mut self.writer {
            writer.close().await?;
            self.writer = None;
            let part = self.current_mut();
            part.ended = Some(end - part.base);
        }
        Ok(())
    }

    /// Ends the part whose writing has failed, with what is acknowledged; says up to where the file is on DataNodes.
    async fn settle(&mut self) -> Outcome<u64> {
        let part = self.current();
        if let Some(length) = part.ended {
            return Ok(part.base + length);
        }
        let calls = self.calls().await?;
        let (path, base) = (part.path.clone(), part.base);
        let state = calls.state(&path).await?;
        let id = state.id.unwrap_or_default();
        if part.id.is_some_and(|known| known != id) {
            return Err(self.replaced());
        }
        let file = calls.file(&path, id);
        let mut ours = part.ending;
        let patience = Instant::now() + SETTLE;
        let mut recovering = false;
        loop {
            let blocks = calls.name_node.last_block(&path).await;
            let Some(blocks) = blocks.map_err(as_library_error)? else {
                return Err(self.replaced());
            };
            if !blocks.under_construction {
                // Ended before anything was proved: by somebody else.
                let now = calls.state(&path).await?;
                if !ours || now.id != Some(id) {
                    return Err(self.replaced());
                }
                self.current_mut().ended = Some(now.length);
                return Ok(base + now.length);
            }
            if !ours {
                let checked = calls.name_node.check_lease(&file).await;
                checked.map_err(as_library_error)?;
                ours = true;
                let part = self.current_mut();
                part.id = Some(id);
                part.ending = true;
            }
            match &blocks.last {
                Some(last) if !blocks.last_is_complete && !recovering => {
                    self.exclude_dead(&last.data_nodes).await;
                    if base + last.offset >= self.window.start() {
                        let abandoned = calls.name_node.abandon_block(&file, &last.block).await;
                        abandoned.map_err(as_library_error)?;
                        continue;
                    }
                    recovering = !self.client.recover_lease(&path).await?;
                }
                _ if recovering => recovering = !self.client.recover_lease(&path).await?,
                _ => {
                    let complete = calls.name_node.complete(&file).await;
                    if complete.map_err(as_library_error)? {
                        continue;
                    }
                }
            }
            if Instant::now() > patience {
                let words = format!("{path} did not end within {} s", SETTLE.as_secs());
                return Err(HdfsError::DataTransferError(words));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Opens a part for what comes from `base` on; everything before is on DataNodes.
    async fn open(&mut self, base: u64) -> Outcome<()> {
        let calls = self.calls().await?;
        let state = calls.state(&self.main.path).await?;
        let alone = state.can_be_concatenated();
        self.block_size = state.block_size.filter(|size| alone && *size > 0);
        let part = self.current();
        let again = part.ended == Some(0) || !alone;
        let (writer, id) = if again {
            let writer = self.client.append(&part.path).await?;
            let id = calls.state(&part.path).await?.id.unwrap_or_default();
            if part.id.is_some_and(|known| known != id) {
                return Err(self.replaced());
            }
            (writer, id)
        } else {
            let path = tail_path(&self.main.path, self.main.id.or(state.id), self.made);
            let writer = self.create_tail(&path, &state).await?;
            self.made += 1;
            self.main.id = self.main.id.or(state.id);
            self.tails.push(Part {
                path,
                base,
                id: None,
                ending: false,
                ended: None,
            });
            (
                writer,
                calls
                    .state(&self.current().path)
                    .await?
                    .id
                    .unwrap_or_default(),
            )
        };
        let part = self.current_mut();
        let is_empty = part.base == base;
        part.ended = None;
        part.ending = false;
        part.id = Some(id);
        let file = calls.file(&part.path, id);
        self.writer = Some(writer);
        if is_empty {
            self.place(&calls, &file).await?;
        }
        Ok(())
    }

    async fn create_tail(&self, path: &str, like: &FileState) -> Outcome<FileWriter> {
        let mut options = WriteOptions::default()
            .overwrite(true)
            .create_parent(false)
            .permission(0o600);
        if let Some(size) = like.block_size {
            options = options.block_size(size);
        }
        if let Some(replicas) = like.replication {
            options = options.replication(replicas);
        }
        self.client.create(path, options).await
    }

    /// Gives an empty part a first block on DataNodes that answer.
    async fn place(&self, calls: &Calls, file: &OpenFile) -> Outcome<()> {
        loop {
            let added = calls
                .name_node
                .add_first_block(file, &self.names.dead.all())
                .await;
            let added = added.map_err(as_library_error)?;
            if !self.exclude_dead(&added.data_nodes).await {
                return Ok(());
            }
            let abandoned = calls.name_node.abandon_block(file, &added.block).await;
            abandoned.map_err(as_library_error)?;
        }
    }

    /// Tries DataNodes and notes those that take no connection. Whether there were any.
    async fn exclude_dead(&self, data_nodes: &[DataNode]) -> bool {
        let by_name = self.names.by_host_name();
        self.names.dead.look(data_nodes, by_name).await
    }

    /// Adds the tails to the file. All parts have ended.
    async fn join(&mut self) -> Outcome<()> {
        if self.tails.is_empty() {
            return Ok(());
        }
        let calls = self.calls().await?;
        let now = calls.state(&self.main.path).await?;
        let total = self.window.end();
        if self.main.id != now.id || self.main.ended.is_none() {
            return Err(self.replaced());
        }
        // An earlier attempt may have been executed without an answer.
        if now.length != total {
            let sources = self.tails.iter().map(|tail| tail.path.clone()).collect();
            let joined = calls.name_node.concat(&self.main.path, sources).await;
            joined.map_err(as_library_error)?;
        }
        self.main.ended = Some(total);
        self.tails.clear();
        Ok(())
    }

    fn replaced(&self) -> HdfsError {
        let words = "the file was ended or replaced by somebody else while it was written";
        HdfsError::OperationFailed(words.into())
    }
}

impl Calls {
    async fn state(&self, path: &str) -> Outcome<FileState> {
        let state = self.name_node.file_state(path).await;
        state
            .map_err(as_library_error)?
            .ok_or_else(|| HdfsError::FileNotFound(path.to_owned()))
    }

    fn file(&self, path: &str, id: u64) -> OpenFile {
        OpenFile {
            path: path.to_owned(),
            id,
            holder: self.holder.clone(),
        }
    }
}

/// Beside the file, hidden, and no other file's: the number is the NameNode's.
fn tail_path(path: &str, id: Option<u64>, number: u32) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    format!("{folder}/.{name}.{}.{number}", id.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_lies_hidden_beside_its_file() {
        assert_eq!(tail_path("/a/b/c", Some(7), 2), "/a/b/.c.7.2");
        assert_eq!(tail_path("/c", Some(7), 0), "/.c.7.0");
    }
}
