//! Frames between workers, and the batches in them.

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind, StreamElement, Watermark};
use alpheus_dataflow::{AttemptNumber, CheckpointId, JobId};
use alpheus_hadoop_conf::options::taskmanager::ExchangeCodec;
use alpheus_worker::control::WorkerId;
use alpheus_worker::exchange::Cost;
use alpheus_worker::exchange::frame::{
    FrameHeader, FrameKind, HEADER_BYTES, Hello, decode_small, encode_credit, encode_element,
};
use alpheus_worker::exchange::ipc::{self, BatchEncoder};
use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, UInt8Array};
use arrow::datatypes::{Int32Type, SchemaRef};

use crate::Target;

pub(super) const FRAMES: Target = Target {
    name: "frames",
    run: frames,
    seeds: frame_seeds,
    words: &["{\"job\":", "\"attempt\":", "\"id\":", "\"kind\":", "null"],
};

pub(super) const BATCHES: Target = Target {
    name: "batches",
    run: batches,
    seeds: batch_seeds,
    words: &[],
};

fn frames(bytes: &[u8]) {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return;
    };
    match FrameHeader::decode(header) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(decoded) => {
            assert_eq!(
                decoded.encode(),
                *header,
                "a header is what it was read from"
            );
            let length = body.len().min(decoded.length as usize);
            if decoded.kind == FrameKind::Data {
                let _ = ipc::decode(body[..length].to_vec(), &schema());
            } else if let Err(error) = decode_small(decoded.kind, &body[..length]) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

fn frame_seeds() -> Vec<Vec<u8>> {
    let hello = Hello {
        job: JobId(7),
        attempt: AttemptNumber(1),
        worker: WorkerId(2),
    };
    let barrier = CheckpointBarrier {
        id: CheckpointId(3),
        timestamp: 1_700_000_000_000,
        kind: CheckpointKind::Checkpoint,
        overtake_after_ms: None,
    };
    let elements = [
        StreamElement::Watermark(Watermark(9)),
        StreamElement::Idle(true),
        StreamElement::Barrier(barrier),
        StreamElement::EndOfInput,
    ];
    let cost = Cost {
        batches: 1,
        marks: 2,
        bytes: 9,
    };
    let mut bodies = vec![
        (
            FrameKind::Hello,
            serde_json::to_vec(&hello).unwrap_or_default(),
        ),
        (FrameKind::Credit, encode_credit(cost).to_vec()),
    ];
    bodies.extend(elements.iter().filter_map(encode_element));
    bodies.extend(
        batch_seeds()
            .into_iter()
            .map(|body| (FrameKind::Data, body)),
    );
    let frame = |(kind, body): (FrameKind, Vec<u8>)| {
        let header = FrameHeader {
            kind,
            channel: 5,
            attempt: AttemptNumber(1),
            sequence: 3,
            length: body.len() as u32,
        };
        [header.encode().to_vec(), body].concat()
    };
    bodies.into_iter().map(frame).collect()
}

fn rows() -> RecordBatch {
    let lists = [Some(vec![Some(1), None]), None, Some(vec![])];
    let columns: [(&str, ArrayRef); 3] = [
        (
            "n",
            Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])),
        ),
        (
            "s",
            Arc::new(StringArray::from(vec![Some("one"), Some(""), None])),
        ),
        (
            "a",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)),
        ),
    ];
    // Three columns of three rows make a batch.
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(arrow::datatypes::Schema::empty())))
}

fn schema() -> SchemaRef {
    rows().schema()
}

fn batches(bytes: &[u8]) {
    if let Ok((batch, _)) = ipc::decode(bytes.to_vec(), &schema()) {
        // What has been accepted can be looked at in full.
        for column in batch.rows().columns() {
            let _ = format!("{column:?}");
        }
        for row in 0..batch.num_rows() {
            batch.kind(row);
        }
    }
}

fn batch_seeds() -> Vec<Vec<u8>> {
    let changes = ChangelogBatch::try_new(rows(), Some(UInt8Array::from(vec![0, 1, 2]))).ok();
    let batches = [Some(ChangelogBatch::inserts(rows())), changes];
    let codecs = [ExchangeCodec::None, ExchangeCodec::Lz4, ExchangeCodec::Zstd];
    codecs
        .into_iter()
        .flat_map(|codec| batches.iter().flatten().map(move |batch| (codec, batch)))
        .filter_map(|(codec, batch)| {
            let mut encoder = BatchEncoder::compressing(codec).ok()?;
            encoder.encode(batch, 100).ok()
        })
        .map(|(head, columns)| [head, columns].concat())
        .collect()
}
