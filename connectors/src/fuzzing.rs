//! A way in for the fuzzer: decoders over bytes, without tables, files and tasks around them.

use std::collections::BTreeMap;

use alpheus_dataflow::RowType;

use crate::formats::{self, TextFormat};
use crate::options::Options;

/// Decodes `data` as a whole file of a text format, handing out columns every `limit` rows, and returns
/// how many rows there were; `None` if the options or a record are refused.
///
/// # Panics
/// When the decoder breaks its contract: this is what the fuzzer looks for.
pub fn decode_text(
    format: &str,
    options: &BTreeMap<String, String>,
    schema: &RowType,
    projection: &[usize],
    data: &[u8],
    limit: usize,
) -> Option<usize> {
    let definition = formats::format(format).ok()?;
    let prefix = format!("{format}.");
    let options = Options::new(options, definition.options, &prefix);
    let text = match format {
        "debezium-json" => {
            TextFormat::Debezium(formats::json::debezium::DebeziumOptions::read(options).ok()?)
        }
        "csv" => TextFormat::Csv(formats::csv::CsvOptions::read(options).ok()?),
        _ => TextFormat::Json(formats::json::JsonOptions::read(options).ok()?),
    };
    let mut decoder = text.decoder(schema, projection);
    let (mut at, mut rows) = (0, 0);
    while at < data.len() {
        let window = &data[at..];
        match decoder.decode(window, usize::MAX, true, limit) {
            Err(bad) => {
                assert!(bad.at <= window.len(), "a bad record lies in the window");
                assert!(!bad.reason.is_empty(), "a bad record has a reason");
                return None;
            }
            Ok(decoded) => {
                assert!(decoded.consumed <= window.len(), "no more than there is");
                assert_eq!(decoded.rows, decoder.rows(), "all rows are stored");
                let columns = decoder.finish().ok()?.columns;
                assert_eq!(columns.len(), projection.len(), "a column per field");
                for column in &columns {
                    assert_eq!(column.len(), decoded.rows, "columns of one length");
                }
                rows += decoded.rows;
                if decoded.consumed == 0 {
                    assert_eq!(decoded.rows, 0, "rows come from bytes");
                    break;
                }
                at += decoded.consumed;
            }
        }
    }
    Some(rows)
}
