//! Batches on the wire: an Arrow IPC record batch message and the column of row kinds.
//!
//! The schema is known on both sides from the job graph, so no schema message is sent; columns are
//! canonical, so there are no dictionaries. Buffers may be compressed, as the message says. The body of a data frame is
//!
//! ```text
//! metadata length u32 | row kinds length u32 | window cost in bytes u64      (big-endian)
//! IPC metadata (flatbuffer), padded to 16
//! row kinds, one byte a row or nothing, padded to 16
//! IPC body
//! ```
//!
//! so that the IPC body keeps the alignment of the buffer it is read into and columns are used in place.
//! Decoding checks everything before it trusts it: offsets, lengths, UTF-8.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_hadoop_conf::options::taskmanager::ExchangeCodec;
use arrow::array::{RecordBatch, UInt8Array};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::CompressionType;
use arrow::ipc::reader::read_record_batch;
use arrow::ipc::root_as_message;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};

use super::frame::{FrameError, FrameKind};

const PRELUDE_BYTES: usize = 16;
const ALIGNMENT: usize = 16;
/// What a compressed batch may unpack to: room is made by what it says before a byte of it is read. Larger batches
/// travel as they are.
const MAX_UNPACKED_BYTES: u64 = 128 << 20;

/// Encodes batches; keeps its scratch space from one to the next.
#[derive(Default)]
pub struct BatchEncoder {
    generator: IpcDataGenerator,
    options: IpcWriteOptions,
    plain: IpcWriteOptions,
    context: IpcWriteContext,
}

impl BatchEncoder {
    /// An encoder that compresses each column's buffers.
    ///
    /// # Errors
    /// When Arrow was built without the codec.
    pub fn compressing(codec: ExchangeCodec) -> Result<Self, ArrowError> {
        let compression = match codec {
            ExchangeCodec::None => None,
            ExchangeCodec::Lz4 => Some(CompressionType::LZ4_FRAME),
            ExchangeCodec::Zstd => Some(CompressionType::ZSTD),
        };
        Ok(BatchEncoder {
            options: IpcWriteOptions::default().try_with_compression(compression)?,
            ..BatchEncoder::default()
        })
    }
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

impl BatchEncoder {
    /// The two parts of a data frame's body: everything up to the columns, and the columns.
    ///
    /// # Errors
    /// When Arrow cannot encode a column.
    pub fn encode(
        &mut self,
        batch: &ChangelogBatch,
        cost_bytes: u64,
    ) -> Result<(Vec<u8>, Vec<u8>), ArrowError> {
        let mut dictionaries = DictionaryTracker::new(false);
        let large = batch.rows().get_array_memory_size() as u64 > MAX_UNPACKED_BYTES;
        let options = if large { &self.plain } else { &self.options };
        let (_, encoded) =
            self.generator
                .encode(batch.rows(), &mut dictionaries, options, &mut self.context)?;
        let metadata = encoded.ipc_message;
        let ops: &[u8] = batch.ops().map_or(&[], |ops| ops.values());
        let mut head =
            Vec::with_capacity(PRELUDE_BYTES + padded(metadata.len()) + padded(ops.len()));
        head.extend((metadata.len() as u32).to_be_bytes());
        head.extend((ops.len() as u32).to_be_bytes());
        head.extend(cost_bytes.to_be_bytes());
        for part in [metadata.as_slice(), ops] {
            head.extend(part);
            head.resize(padded(head.len()), 0);
        }
        Ok((head, encoded.arrow_data))
    }
}

/// The batch in the body of a data frame, and its cost in the sender's window.
///
/// # Errors
/// When it is malformed in any way.
pub fn decode(body: Vec<u8>, schema: &SchemaRef) -> Result<(ChangelogBatch, u64), FrameError> {
    let malformed = |detail: String| FrameError::Body {
        kind: FrameKind::Data,
        detail,
    };
    let short = || malformed("it is too short".to_owned());
    let prelude: [u8; PRELUDE_BYTES] = body
        .get(..PRELUDE_BYTES)
        .and_then(|prelude| prelude.try_into().ok())
        .ok_or_else(short)?;
    let [m0, m1, m2, m3, o0, o1, o2, o3, cost @ ..] = prelude;
    let metadata_length = u32::from_be_bytes([m0, m1, m2, m3]) as usize;
    let ops_length = u32::from_be_bytes([o0, o1, o2, o3]) as usize;
    let cost = u64::from_be_bytes(cost);
    let ops_start = PRELUDE_BYTES + padded(metadata_length);
    let columns_start = ops_start + padded(ops_length);
    if columns_start > body.len() {
        return Err(short());
    }
    let body = Buffer::from_vec(body);
    let metadata = body.slice_with_length(PRELUDE_BYTES, metadata_length);
    let columns = body.slice(columns_start);
    // The checks before leave no way known to make Arrow panic; a way unknown must not end the process.
    let rows = catch_unwind(AssertUnwindSafe(|| {
        decode_rows(&metadata, &columns, schema)
    }))
    .unwrap_or_else(|_| Err("decoding it panicked".to_owned()))
    .map_err(malformed)?;
    let ops = (ops_length > 0)
        .then(|| UInt8Array::new(ScalarBuffer::new(body.clone(), ops_start, ops_length), None));
    let batch = ChangelogBatch::try_new(rows, ops).map_err(|error| malformed(error.to_string()))?;
    Ok((batch, cost))
}

fn decode_rows(
    metadata: &[u8],
    columns: &Buffer,
    schema: &SchemaRef,
) -> Result<RecordBatch, String> {
    let message = root_as_message(metadata).map_err(|error| error.to_string())?;
    let batch = message
        .header_as_record_batch()
        .ok_or("it holds no record batch")?;
    if batch.length() < 0 {
        return Err("its length is negative".to_owned());
    }
    let compressed = batch.compression().is_some();
    let mut unpacked_bytes: u64 = 0;
    for buffer in batch.buffers().into_iter().flatten() {
        let within = buffer.offset() >= 0
            && buffer.length() >= 0
            && buffer
                .offset()
                .checked_add(buffer.length())
                .is_some_and(|end| end as u64 <= columns.len() as u64);
        if !within {
            return Err("a buffer lies outside of it".to_owned());
        }
        if compressed && buffer.length() > 0 {
            let begin = buffer.offset() as usize;
            unpacked_bytes = unpacked_length(&columns[begin..begin + buffer.length() as usize])
                .and_then(|length| unpacked_bytes.checked_add(length))
                .filter(|total| *total <= MAX_UNPACKED_BYTES)
                .ok_or("a compressed buffer has no length, or one over the limit")?;
        }
    }
    let length = batch.length();
    for node in batch.nodes().into_iter().flatten() {
        if node.length() < 0 || node.null_count() < 0 {
            return Err("a column has a negative length".to_owned());
        }
    }
    let rows = read_record_batch(
        columns,
        batch,
        schema.clone(),
        &HashMap::new(),
        None,
        &message.version(),
    )
    .map_err(|error| error.to_string())?;
    match rows.num_rows() as i64 == length {
        true => Ok(rows),
        false => Err("its columns have another length than it says".to_owned()),
    }
}

/// What a compressed buffer says about its length: eight bytes, little-endian, in front of the data; -1
/// says that it is not compressed after all.
fn unpacked_length(buffer: &[u8]) -> Option<u64> {
    let (length, rest) = buffer.split_first_chunk()?;
    match i64::from_le_bytes(*length) {
        -1 => Some(rest.len() as u64),
        length => u64::try_from(length).ok(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use arrow::array::{
        Array, ArrayRef, BooleanArray, Decimal128Array, Int64Array, RecordBatchOptions, StringArray,
    };
    use arrow::datatypes::Schema;
    use proptest::prelude::*;

    use super::*;

    fn sample(rows: usize) -> ChangelogBatch {
        let numbers = Int64Array::from_iter((0..rows).map(|n| (n % 3 > 0).then_some(n as i64)));
        let texts = StringArray::from_iter((0..rows).map(|n| (n % 2 > 0).then(|| format!("é{n}"))));
        let flags = BooleanArray::from_iter((0..rows).map(|n| Some(n % 5 == 0)));
        let decimals = Decimal128Array::from_iter_values((0..rows).map(|n| n as i128 - 7));
        let columns: [(&str, ArrayRef); 4] = [
            ("n", Arc::new(numbers)),
            ("t", Arc::new(texts)),
            ("f", Arc::new(flags)),
            ("d", Arc::new(decimals)),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.map(|(name, column)| (name, column, true)),
        );
        let ops = UInt8Array::from_iter_values((0..rows).map(|n| (n % 4) as u8));
        ChangelogBatch::try_new(batch.unwrap(), Some(ops)).unwrap()
    }

    const CODECS: [ExchangeCodec; 3] =
        [ExchangeCodec::None, ExchangeCodec::Lz4, ExchangeCodec::Zstd];

    fn wire(batch: &ChangelogBatch, codec: ExchangeCodec) -> Vec<u8> {
        let mut encoder = BatchEncoder::compressing(codec).unwrap();
        let (mut head, columns) = encoder.encode(batch, 77).unwrap();
        head.extend(columns);
        head
    }

    #[test]
    fn batches_survive_the_wire_sliced_or_not() {
        for codec in CODECS {
            for batch in [sample(0), sample(100), sample(100).slice(13, 31)] {
                let schema = batch.rows().schema();
                let (decoded, cost) = decode(wire(&batch, codec), &schema).unwrap();
                assert_eq!(decoded.rows(), batch.rows());
                assert_eq!(cost, 77);
                assert!((0..batch.num_rows()).all(|row| decoded.kind(row) == batch.kind(row)));
            }
        }
    }

    #[test]
    fn a_buffer_that_claims_to_unpack_to_too_much_is_refused() {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
        let rows = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
        let schema = rows.schema();
        let bytes = wire(&ChangelogBatch::inserts(rows), ExchangeCodec::Zstd);
        let length = 8000_u64.to_le_bytes();
        let at = bytes.windows(8).position(|eight| eight == length);
        let mut claims = bytes.clone();
        claims[at.unwrap()..][..8].copy_from_slice(&(MAX_UNPACKED_BYTES + 1).to_le_bytes());
        assert!(decode(bytes, &schema).is_ok());
        let refused = decode(claims, &schema).unwrap_err().to_string();
        assert!(refused.contains("over the limit"), "{refused}");
    }

    #[test]
    fn compression_saves_bytes() {
        let batch = sample(4000);
        let plain = wire(&batch, ExchangeCodec::None).len();
        for codec in [ExchangeCodec::Lz4, ExchangeCodec::Zstd] {
            assert!(wire(&batch, codec).len() * 2 < plain, "{codec}");
        }
    }

    #[test]
    fn rows_without_columns_keep_their_number() {
        let options = RecordBatchOptions::new().with_row_count(Some(5));
        let schema = Arc::new(Schema::empty());
        let rows = RecordBatch::try_new_with_options(schema.clone(), vec![], &options).unwrap();
        let (decoded, _) = decode(
            wire(&ChangelogBatch::inserts(rows), ExchangeCodec::Lz4),
            &schema,
        )
        .unwrap();
        assert_eq!(decoded.num_rows(), 5);
    }

    proptest! {
        #[test]
        fn damaged_batches_are_refused_or_valid(
            damage in proptest::collection::vec((0usize..4000, any::<u8>()), 1..8), cut in 0usize..4000,
            codec in 0usize..3,
        ) {
            let batch = sample(40);
            let schema = batch.rows().schema();
            let mut bytes = wire(&batch, CODECS[codec]);
            for (at, value) in damage {
                let length = bytes.len();
                bytes[at % length] = value;
            }
            if cut % 3 == 0 {
                bytes.truncate(cut % bytes.len());
            }
            if let Ok((decoded, _)) = decode(bytes, &schema) {
                for column in decoded.rows().columns() {
                    column.to_data().validate_full().unwrap();
                }
            }
        }

        #[test]
        fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(bytes, &sample(1).rows().schema());
        }
    }
}
