//! A piece of a file, and where pieces may be cut.
//!
//! Splits are cut at record starts, found by whoever cuts them, so that readers need no rule about
//! whose a record at a border is. Where a line end always ends a record (json, csv without quotes), it is
//! enough to look at a few bytes at the border. In csv with quotes a line end may be part of a field;
//! then the bytes of the split are scanned for quotes, from a border that is known to be a record start
//! to the next one. Where even that cannot tell (escape characters, comments), a file is one split.

use alpheus_dataflow::source::SourceSplit;
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_storage::InputFile;
use serde::{Deserialize, Serialize};

use crate::error::storage_error;
use crate::filesystem::FileFormat;
use crate::formats::TextFormat;
use crate::formats::csv::{LineEnds, QuoteScanner};

/// A part of a file that is left to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileSplit {
    /// The file's location.
    pub(crate) path: String,
    /// The whole file's size in bytes.
    pub(crate) size: u64,
    /// When the file was last written, ms since the epoch.
    pub(crate) modified_ms: i64,
    /// Where to go on: the byte (after decompression) at which the next record starts; for Parquet the
    /// next row group.
    pub(crate) position: u64,
    /// Where to stop, in the same unit; absent is the end of the file.
    pub(crate) end: Option<u64>,
    /// Parquet: rows of that row group that are done with.
    #[serde(default)]
    pub(crate) row: u64,
}

impl FileSplit {
    /// The form in which it travels.
    pub(crate) fn encode(&self) -> OperatorResult<SourceSplit> {
        let end = self
            .end
            .map_or_else(|| "end".to_owned(), |end| end.to_string());
        let state = serde_json::to_vec(self).map_err(|error| {
            OperatorError::fatal(format!("cannot encode a split of {}: {error}", self.path))
        })?;
        Ok(SourceSplit {
            id: format!("{}[{}..{end})", self.path, self.position),
            state,
        })
    }

    /// The split that was encoded.
    pub(crate) fn decode(split: &SourceSplit) -> OperatorResult<FileSplit> {
        serde_json::from_slice(&split.state).map_err(|error| {
            OperatorError::fatal(format!(
                "the state of split `{}` is not one of the filesystem source ({error}); start the job without it",
                split.id
            ))
        })
    }
}

/// How a text file may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cutting {
    /// Not at all.
    Whole,
    /// At any line end.
    AtLines,
    /// At line ends outside quotes.
    OutsideQuotes {
        /// The quote character.
        quote: u8,
        /// The field delimiter.
        delimiter: u8,
    },
    /// Between row groups.
    AtRowGroups,
}

impl Cutting {
    /// How uncompressed files of this format may be cut.
    pub(crate) fn of(format: &FileFormat) -> Cutting {
        match format {
            FileFormat::Parquet(_) => Cutting::AtRowGroups,
            FileFormat::Text(TextFormat::Json(_)) => Cutting::AtLines,
            // Changes of one row stay in order.
            FileFormat::Text(TextFormat::Debezium(_)) => Cutting::Whole,
            FileFormat::Text(TextFormat::Csv(csv)) => match csv.line_ends() {
                LineEnds::EndRecords => Cutting::AtLines,
                LineEnds::ByQuotes { quote, delimiter } => {
                    Cutting::OutsideQuotes { quote, delimiter }
                }
                LineEnds::OnlyBySequentialReading => Cutting::Whole,
            },
        }
    }
}

const SCAN_BLOCK: usize = 1 << 20;
const LOOK_BLOCK: usize = 16 << 10;

/// The first record start at or after `start + size`, where `start` is a record start; `None` when the
/// rest of the file is one split.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn find_cut(
    file: &dyn InputFile,
    cutting: Cutting,
    start: u64,
    size: u64,
) -> OperatorResult<Option<u64>> {
    let length = file.length();
    let target = start.saturating_add(size);
    if target >= length {
        return Ok(None);
    }
    let (mut scanner, block) = match cutting {
        Cutting::Whole | Cutting::AtRowGroups => return Ok(None),
        Cutting::AtLines => (None, LOOK_BLOCK),
        Cutting::OutsideQuotes { quote, delimiter } => {
            (Some(QuoteScanner::new(quote, delimiter)), SCAN_BLOCK)
        }
    };
    // A record that starts at `target` itself shows by the line end before it.
    let look_from = target - 1;
    let mut at = if scanner.is_some() { start } else { look_from };
    while at < length {
        let bytes = file.read_range(at, block).map_err(storage_error)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let passed = (look_from.saturating_sub(at) as usize).min(bytes.len());
        let rest = &bytes[passed..];
        let found = match &mut scanner {
            None => memchr::memchr(b'\n', rest).map(|found| found + 1),
            Some(scanner) => {
                scanner.advance(&bytes[..passed]);
                scanner.next_record(rest)
            }
        };
        if let Some(found) = found {
            let cut = at + (passed + found) as u64;
            return Ok((cut < length).then_some(cut));
        }
        at += bytes.len() as u64;
    }
    Ok(None)
}
