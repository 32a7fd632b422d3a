//! What a restore reads: metadata and state files, as they are and with valid checksums around.

use std::sync::Arc;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::VertexId;
use alpheus_dataflow::{AttemptNumber, CheckpointId, JobId, KeyGroupRange, OperatorId};
use alpheus_state::handle::KeyedStateHandle;
use alpheus_state::metadata::{CheckpointMetadata, VertexMetadata};
use alpheus_state::snapshot_file::{SectionReader, read_directory};
use alpheus_storage::InputFile;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;

use super::choices;
use crate::Target;

pub(super) const METADATA: Target = Target {
    name: "metadata",
    run: metadata,
    seeds: metadata_seeds,
    words: &[
        "\"tasks\":[",
        "\"vertices\":[",
        "null",
        "{}",
        "[]",
        "\"job\":",
        "-1",
        "1e400",
    ],
};

pub(super) const STATE: Target = Target {
    name: "state",
    run: state,
    seeds: state_seeds,
    words: &["ALPHSTAT", "{\"operator\":", "[]"],
};

fn metadata(bytes: &[u8]) {
    let _ = CheckpointMetadata::decode(bytes, "fuzz");
    // The same as the content of a file that is whole.
    let mut file = b"ALPHMETA".to_vec();
    file.extend(1_u32.to_le_bytes());
    file.extend((bytes.len() as u64).to_le_bytes());
    file.extend(bytes);
    file.extend(crc32fast::hash(&file).to_le_bytes());
    if let Ok(metadata) = CheckpointMetadata::decode(&file, "fuzz") {
        metadata.files();
        metadata.all_committables();
        let again = metadata
            .encode()
            .and_then(|bytes| CheckpointMetadata::decode(&bytes, "fuzz"));
        assert!(
            again.is_ok_and(|again| again == metadata),
            "metadata is what was written"
        );
    }
}

/// Bytes before and after the content of a metadata file.
const HEADER: usize = 20;
const CHECKSUM: usize = 4;

fn metadata_seeds() -> Vec<Vec<u8>> {
    let operator = OperatorId(3);
    let metadata = CheckpointMetadata {
        job: JobId(7),
        job_name: "flights".to_owned(),
        attempt: AttemptNumber(1),
        checkpoint: CheckpointId(4),
        kind: CheckpointKind::Checkpoint,
        timestamp: 1_700_000_000_000,
        max_parallelism: 128,
        vertices: vec![VertexMetadata {
            id: VertexId(2),
            name: "source -> sink".to_owned(),
            parallelism: 1,
            operators: vec![(operator, "source".to_owned())],
        }],
        tasks: Vec::new(),
        enumerators: vec![(operator, vec![1, 2, 255])],
        committables: vec![(operator, vec![vec![1], vec![]])],
        ancestors: vec![JobId(6)],
        finished: false,
    };
    let Ok(file) = metadata.encode() else {
        return Vec::new();
    };
    let content = file[HEADER..file.len() - CHECKSUM].to_vec();
    vec![content, file]
}

struct Memory(Bytes);

impl InputFile for Memory {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }
    fn read_range(&self, offset: u64, length: usize) -> alpheus_storage::Result<Bytes> {
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.0.len());
        let end = start.saturating_add(length).min(self.0.len());
        Ok(self.0.slice(start..end))
    }
}

fn handle(offset: u64, length: u64) -> KeyedStateHandle {
    KeyedStateHandle {
        state: "s".to_owned(),
        file: "state-0".to_owned(),
        offset,
        length,
        key_groups: (0, 128),
        key: None,
    }
}

fn read(file: Vec<u8>, handle: &KeyedStateHandle) {
    let file = Arc::new(Memory(file.into()));
    if let Ok(sections) = read_directory(&*file, "fuzz") {
        for section in sections {
            let handle = KeyedStateHandle {
                offset: section.offset,
                length: section.length,
                ..handle.clone()
            };
            read_section(Arc::clone(&file), &handle);
        }
    }
    read_section(file, handle);
}

fn read_section(file: Arc<Memory>, handle: &KeyedStateHandle) {
    let all = KeyGroupRange { start: 0, end: 128 };
    if let Ok(section) = SectionReader::open(file, "fuzz", handle) {
        for batch in section.rows(all).flatten() {
            let _ = format!("{batch:?}");
        }
    }
}

fn state(bytes: &[u8]) {
    let ([a, b, c, d], rest) = choices(bytes);
    let length = u64::from(u16::from_le_bytes([c, d]));
    read(rest.to_vec(), &handle(u64::from(a), length));
    // The same as a section whose checksums are right: its first bytes are the schema, the others one group.
    let schema_length = usize::from(u16::from_le_bytes([a, b])).min(rest.len());
    let (schema, messages) = rest.split_at(schema_length);
    let mut file = b"ALPHSTAT\x01\0\0\0\0\0\0\0".to_vec();
    let start = file.len() as u64;
    file.extend(rest);
    let mut index = Vec::new();
    index.extend((schema.len() as u32).to_le_bytes());
    index.extend(crc32fast::hash(schema).to_le_bytes());
    index.extend(1_u32.to_le_bytes());
    index.extend([0; 4]);
    index.extend([3, 0, 0, 0]);
    index.extend(crc32fast::hash(messages).to_le_bytes());
    index.extend((schema.len() as u64).to_le_bytes());
    index.extend((messages.len() as u64).to_le_bytes());
    file.extend(&index);
    file.extend((index.len() as u32).to_le_bytes());
    file.extend(crc32fast::hash(&index).to_le_bytes());
    let length = file.len() as u64 - start;
    read(file, &handle(start, length));
}

/// A stream of Arrow's, cut behind its schema: what [`state`] builds a section from.
fn state_seeds() -> Vec<Vec<u8>> {
    let columns: [(&str, ArrayRef); 2] = [
        ("n", Arc::new(Int64Array::from(vec![Some(1), None]))),
        (
            "s",
            Arc::new(StringArray::from(vec![Some("one"), Some("two")])),
        ),
    ];
    let stream = |with_rows: bool| {
        let batch = RecordBatch::try_from_iter(columns.clone()).ok()?;
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).ok()?;
        if with_rows {
            writer.write(&batch).ok()?;
        }
        writer.into_inner().ok()
    };
    let (Some(bare), Some(full)) = (stream(false), stream(true)) else {
        return Vec::new();
    };
    // The end of a stream is 8 bytes.
    let schema = (bare.len().saturating_sub(8)) as u16;
    let mut seed = schema.to_le_bytes().to_vec();
    seed.extend([0, 0]);
    seed.extend(&full[..full.len().saturating_sub(8)]);
    let mut file = vec![16, 0, 0, 1];
    file.extend(b"ALPHSTAT\x01\0\0\0\0\0\0\0");
    file.extend(b"[]\x02\0\0\0");
    file.extend(crc32fast::hash(b"[]").to_le_bytes());
    file.extend(b"ALPHSTAT");
    vec![seed, file]
}
