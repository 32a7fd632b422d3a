//! Rows of a SELECT on their way from a worker process to the client, which waits where the AM runs.
//!
//! They travel over the control connection, so that the order between a task's rows and its end is kept:
//! whoever has seen the end has seen all rows. That connection must stay free for heartbeats, so only so
//! many bytes are under way at a time ([`ResultLink`]); what the client has taken makes room again. A task
//! that finds no room waits, as it does in one process for a terminal that is slow.

use std::fmt;
use std::io::Cursor;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::AttemptNumber;
use alpheus_security::base64;
use arrow::array::{Array, AsArray, RecordBatch, UInt8Array};
use arrow::datatypes::{DataType, Field, Schema, UInt8Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::control::FromWorker;
use crate::control_connection::ControlSender;
use crate::environment::ResultReceiver;

/// How many bytes may be under way. A batch larger than this goes alone.
const WINDOW_BYTES: u64 = 4 << 20;
/// A batch that is larger is sent in pieces, each far below the limit of a message.
const PIECE_BYTES: usize = 8 << 20;
/// Name of the column of row kinds.
const OP_COLUMN: &str = "$op";

/// Rows with their kinds, as an Arrow IPC stream; Base64 in messages.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedRows(Vec<u8>);

impl EncodedRows {
    /// Encodes.
    ///
    /// # Errors
    /// When Arrow cannot encode a column.
    pub fn of(batch: &ChangelogBatch) -> OperatorResult<EncodedRows> {
        let mut bytes = Vec::new();
        encode(batch, &mut bytes)?;
        Ok(EncodedRows(bytes))
    }

    /// Decodes.
    ///
    /// # Errors
    /// When the bytes are not such rows.
    pub fn decode(&self) -> OperatorResult<Vec<ChangelogBatch>> {
        decode(&self.0)
    }

    /// How many bytes they take up.
    pub fn bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

impl fmt::Debug for EncodedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedRows({} bytes)", self.0.len())
    }
}

impl Serialize for EncodedRows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for EncodedRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64::decode(&text)
            .map(EncodedRows)
            .ok_or_else(|| serde::de::Error::custom("rows are not in Base64"))
    }
}

/// Appends rows and their kinds to `out`.
///
/// # Errors
/// When Arrow cannot encode a column.
pub fn encode(batch: &ChangelogBatch, out: &mut Vec<u8>) -> OperatorResult<()> {
    let rows = batch.rows();
    let mut fields = rows.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(OP_COLUMN, DataType::UInt8, false)));
    let mut columns = rows.columns().to_vec();
    let kinds = (0..batch.num_rows()).map(|row| batch.kind(row) as u8);
    columns.push(Arc::new(UInt8Array::from_iter_values(kinds)));
    let with_kinds = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    let mut writer = StreamWriter::try_new(out, &with_kinds.schema())?;
    writer.write(&with_kinds)?;
    writer.finish()?;
    Ok(())
}

/// The rows that [`encode`] wrote.
///
/// # Errors
/// When the bytes are not such rows.
pub fn decode(bytes: &[u8]) -> OperatorResult<Vec<ChangelogBatch>> {
    let malformed = || OperatorError::fatal("the rows of this query's result are damaged");
    let mut batches = Vec::new();
    for batch in StreamReader::try_new(Cursor::new(bytes), None)? {
        let batch = batch?;
        let last = batch.num_columns().checked_sub(1).ok_or_else(malformed)?;
        let kinds = batch
            .column(last)
            .as_primitive_opt::<UInt8Type>()
            .ok_or_else(malformed)?;
        let kinds = UInt8Array::from(kinds.to_data());
        let columns: Vec<usize> = (0..last).collect();
        batches.push(ChangelogBatch::try_new(
            batch.project(&columns)?,
            Some(kinds),
        )?);
    }
    Ok(batches)
}

/// Sends the rows of one attempt to the client and waits where it does not keep up.
pub struct ResultLink {
    sender: ControlSender<FromWorker>,
    attempt: AttemptNumber,
    window: Mutex<Window>,
    changed: Condvar,
}

#[derive(Default)]
struct Window {
    under_way: u64,
    closed: bool,
}

impl ResultLink {
    /// A link for the tasks of `attempt`.
    pub fn new(sender: ControlSender<FromWorker>, attempt: AttemptNumber) -> Self {
        ResultLink {
            sender,
            attempt,
            window: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The client has taken rows of so many bytes.
    pub fn taken(&self, bytes: u64) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.under_way = window.under_way.saturating_sub(bytes);
        self.changed.notify_all();
    }

    /// The attempt is over: whoever waits fails, and nothing more is sent.
    pub fn close(&self) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.closed = true;
        self.changed.notify_all();
    }

    fn send(&self, result: u32, rows: EncodedRows) -> OperatorResult<()> {
        let bytes = rows.bytes();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        while !window.closed && window.under_way > 0 && window.under_way + bytes > WINDOW_BYTES {
            window = self
                .changed
                .wait(window)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if window.closed {
            return Err(OperatorError::transient(
                "the job has ended while rows of its result were under way",
            ));
        }
        window.under_way += bytes;
        // Under the lock: rows of one task must not overtake each other.
        let sent = self.sender.send(FromWorker::Rows {
            attempt: self.attempt,
            result,
            rows,
        });
        match sent {
            true => Ok(()),
            false => Err(OperatorError::transient(
                "the connection to the client that waits for the rows is gone",
            )),
        }
    }
}

impl ResultReceiver for ResultLink {
    fn receive(&self, result: u32, batch: ChangelogBatch) -> OperatorResult<()> {
        let rows = EncodedRows::of(&batch)?;
        let pieces = (rows.bytes() as usize)
            .div_ceil(PIECE_BYTES)
            .clamp(1, batch.num_rows().max(1));
        if pieces == 1 {
            return self.send(result, rows);
        }
        drop(rows);
        let length = batch.num_rows().div_ceil(pieces);
        for offset in (0..batch.num_rows()).step_by(length) {
            let piece = batch.slice(offset, length.min(batch.num_rows() - offset));
            self.send(result, EncodedRows::of(&piece)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc;
    use std::time::Duration;

    use arrow::array::{Int64Array, StringArray};

    use super::*;
    use crate::control_connection::{WorkerConnection, in_process};

    fn rows(texts: &[&str]) -> ChangelogBatch {
        let batch = RecordBatch::try_from_iter([
            (
                "n",
                Arc::new(Int64Array::from_iter_values(0..texts.len() as i64)) as _,
            ),
            (
                "t",
                Arc::new(StringArray::from_iter_values(texts.iter().copied())) as _,
            ),
        ]);
        let kinds = UInt8Array::from_iter_values((0..texts.len()).map(|n| (n % 4) as u8));
        ChangelogBatch::try_new(batch.unwrap(), Some(kinds)).unwrap()
    }

    fn next(am: &mut WorkerConnection) -> EncodedRows {
        match am.receiver.blocking_recv().unwrap() {
            FromWorker::Rows { rows, .. } => rows,
            other => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn rows_and_their_kinds_survive_a_message() {
        let batch = rows(&["a", "", "é", "d", "e"]);
        let text = serde_json::to_string(&EncodedRows::of(&batch).unwrap()).unwrap();
        let read: EncodedRows = serde_json::from_str(&text).unwrap();
        let decoded = read.decode().unwrap();
        assert_eq!(decoded.len(), 1);
        assert_eq!(decoded[0].rows(), batch.rows());
        assert!((0..5).all(|row| decoded[0].kind(row) == batch.kind(row)));
        assert!(serde_json::from_str::<EncodedRows>("\"*\"").is_err());
    }

    #[test]
    fn a_client_that_is_slow_holds_the_task_until_it_has_taken_rows_or_the_job_ends() {
        let (worker, mut am) = in_process();
        let link = Arc::new(ResultLink::new(worker.sender, AttemptNumber(1)));
        let half = "x".repeat(3 << 20);
        link.receive(0, rows(&[&half])).unwrap();
        let first = next(&mut am);
        let (done, outcome) = mpsc::channel();
        let task = Arc::clone(&link);
        let thread = std::thread::spawn(move || {
            for _ in 0..2 {
                done.send(task.receive(0, rows(&[&half]))).unwrap();
            }
        });
        assert!(
            outcome.recv_timeout(Duration::from_millis(50)).is_err(),
            "sent without room"
        );
        link.taken(first.bytes());
        assert!(outcome.recv().unwrap().is_ok());
        link.close();
        assert!(outcome.recv().unwrap().is_err(), "nobody wants it any more");
        thread.join().unwrap();
    }

    #[test]
    fn a_batch_beyond_a_message_goes_in_pieces_in_order() {
        let (worker, mut am) = in_process();
        let link = Arc::new(ResultLink::new(worker.sender, AttemptNumber(1)));
        let long = "y".repeat(5 << 20);
        let batch = rows(&[&long, "b", &long, "d", &long]);
        let sending = batch.clone();
        let task = Arc::clone(&link);
        let thread = std::thread::spawn(move || task.receive(3, sending));
        let mut read = Vec::new();
        while read.iter().map(ChangelogBatch::num_rows).sum::<usize>() < batch.num_rows() {
            let piece = next(&mut am);
            link.taken(piece.bytes());
            read.extend(piece.decode().unwrap());
        }
        thread.join().unwrap().unwrap();
        assert!(read.len() > 1);
        let read = ChangelogBatch::concat(&read).unwrap();
        assert_eq!(read.rows(), batch.rows());
    }
}
