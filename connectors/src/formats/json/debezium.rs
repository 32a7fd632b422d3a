//! Debezium's change events (Flink's `debezium-json`): `{"before": {..}, "after": {..}, "op": "u"}` a line.
//!
//! `c` (create) and `r` (read by a snapshot) insert `after`, `d` deletes `before`, `u` is both, `-U` and
//! `+U`. Whatever else an event carries (`source`, `ts_ms`) is skipped; with
//! [`schema-include`](DebeziumOptions) the event stands under `payload`. Written are, as by Flink, `c` and
//! `d` alone: an update is the `d` of its old and the `c` of its new row.
//!
//! Both rows of an event are decoded as columns of an envelope; the changes are put together from them by
//! position when a batch is finished.

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{ChangelogMode, OperatorResult, RowKind, RowType, TypeKind};
use arrow::array::{ArrayRef, StructArray, UInt8Array};
use arrow::compute::interleave;

use super::{JsonDecoder, JsonEncoder, JsonOptions, check_type};
use crate::columns::view::View;
use crate::columns::{Column, Values};
use crate::error::ConnectorError;
use crate::formats::{BadRecord, Decoded, FormatDef, Rows, TextDecoder, TextEncoder, excerpt};
use crate::options::{OptionDef, OptionKind, Options, option};

const NAME: &str = "debezium-json";

/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: NAME,
    options: OPTIONS,
    description: "Change events of Debezium, one JSON object a line: rows that are inserted, updated and deleted. A file is read by one subtask, in order.",
    changelog: ChangelogMode::All,
    check_type,
    check_options: |options| DebeziumOptions::read(options).map(|_| ()),
};

const OPTIONS: &[OptionDef] = &[
    option(
        "schema-include",
        OptionKind::Boolean,
        Some("false"),
        "The event stands under `payload`, beside its schema. For reading only.",
    ),
    option(
        "ignore-parse-errors",
        OptionKind::Boolean,
        Some("false"),
        "Bad values become NULL and broken events are dropped and counted, instead of failing.",
    ),
    option(
        "timestamp-format.standard",
        OptionKind::Choice(&["SQL", "ISO-8601"]),
        Some("SQL"),
        "How timestamps are spelled: `2024-02-29 12:34:56.789` or `2024-02-29T12:34:56.789`.",
    ),
    option(
        "map-null-key.mode",
        OptionKind::Choice(&["FAIL", "DROP", "LITERAL"]),
        Some("FAIL"),
        "What writing does with a NULL key of a MAP. Maps of this engine have none.",
    ),
    option(
        "map-null-key.literal",
        OptionKind::Text,
        Some("null"),
        "The key that LITERAL writes.",
    ),
    option(
        "encode.decimal-as-plain-number",
        OptionKind::Boolean,
        Some("false"),
        "Writes DECIMAL 0.000000027 as such rather than as 2.7E-8.",
    ),
    option(
        "encode.ignore-null-fields",
        OptionKind::Boolean,
        Some("false"),
        "Leaves NULL fields out when writing.",
    ),
];

/// The format's options, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DebeziumOptions {
    json: JsonOptions,
    schema_include: bool,
}

impl DebeziumOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// When a value cannot be parsed.
    pub(crate) fn read(options: Options<'_>) -> Result<Self, ConnectorError> {
        Ok(DebeziumOptions {
            schema_include: options.boolean("schema-include")?,
            json: JsonOptions {
                format: NAME,
                fail_on_missing: false,
                ignore_errors: options.boolean("ignore-parse-errors")?,
                timestamps: super::timestamps(options),
                plain_decimals: options.boolean("encode.decimal-as-plain-number")?,
                leave_nulls_out: options.boolean("encode.ignore-null-fields")?,
            },
        })
    }

    /// Refuses what can be read but not written.
    ///
    /// # Errors
    /// With `schema-include`.
    pub(crate) fn check_writable(&self) -> Result<(), ConnectorError> {
        match self.schema_include {
            true => Err(ConnectorError::unsupported(
                "writing with 'debezium-json.schema-include' = 'true'",
                "events are written without their schema: leave the option out",
            )),
            false => Ok(()),
        }
    }
}

/// Decodes change events.
pub(crate) struct DebeziumDecoder {
    envelope: JsonDecoder,
    options: DebeziumOptions,
    /// Which row of which event each change is, and its kind.
    changes: Vec<(Side, usize)>,
    kinds: Vec<u8>,
    events: usize,
}

/// A row of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl DebeziumDecoder {
    /// A decoder of events of rows `schema` that builds the columns of `projection`.
    pub(crate) fn new(options: DebeziumOptions, schema: &RowType, projection: &[usize]) -> Self {
        // Whether a column may be NULL is seen where the rows are used.
        let field = |field: &Field| Field::new(&field.name, field.ty.kind.clone().nullable());
        let fields = projection.iter().filter_map(|&i| schema.fields.get(i));
        let row = TypeKind::Row(fields.map(field).collect()).nullable();
        let event = vec![
            Field::new("before", row.clone()),
            Field::new("after", row),
            Field::new("op", TypeKind::string().nullable()),
        ];
        let envelope = match options.schema_include {
            true => vec![Field::new("payload", TypeKind::Row(event).nullable())],
            false => event,
        };
        let envelope = RowType { fields: envelope };
        let all: Vec<usize> = (0..envelope.len()).collect();
        DebeziumDecoder {
            envelope: JsonDecoder::new(options.json.clone(), &envelope, &all),
            options,
            changes: Vec::new(),
            kinds: Vec::new(),
            events: 0,
        }
    }

    /// What the event that was decoded last does; the reason if that cannot be told.
    fn last_event(&self) -> Result<&'static [(Side, RowKind)], String> {
        let event = match (self.options.schema_include, self.envelope.columns()) {
            (true, [payload]) => match &payload.values {
                Values::Struct(fields) => fields.as_slice(),
                _ => &[],
            },
            (_, columns) => columns,
        };
        let [before, after, op] = event else {
            return Err("the event has no payload".to_owned());
        };
        let row = op.len().saturating_sub(1);
        let changes: &'static [(Side, RowKind)] = match last_text(op) {
            Some(b"c" | b"r") => &[(Side::After, RowKind::Insert)],
            Some(b"d") => &[(Side::Before, RowKind::Delete)],
            Some(b"u") => &[
                (Side::Before, RowKind::UpdateBefore),
                (Side::After, RowKind::UpdateAfter),
            ],
            Some(other) => {
                return Err(format!(
                    "field `op` is {}, expected c, r, u or d",
                    excerpt(other)
                ));
            }
            None => return Err("field `op` is missing".to_owned()),
        };
        for (side, kind) in changes {
            let (name, column) = match side {
                Side::Before => ("before", before),
                Side::After => ("after", after),
            };
            if column.is_null(row) {
                let remedy = match kind {
                    RowKind::UpdateBefore | RowKind::Delete => {
                        "; a PostgreSQL table needs REPLICA IDENTITY FULL"
                    }
                    _ => "",
                };
                return Err(format!("field `{name}` of the event is NULL{remedy}"));
            }
        }
        Ok(changes)
    }
}

/// The text that a column of texts ends with.
fn last_text(column: &Column) -> Option<&[u8]> {
    let Values::Text { offsets, data } = &column.values else {
        return None;
    };
    let row = column.len().checked_sub(1)?;
    if column.is_null(row) {
        return None;
    }
    data.get(*offsets.get(row)? as usize..*offsets.get(row + 1)? as usize)
}

impl TextDecoder for DebeziumDecoder {
    fn decode(
        &mut self,
        data: &[u8],
        stop: usize,
        last: bool,
        limit: usize,
    ) -> Result<Decoded, BadRecord> {
        let mut done = Decoded::default();
        let before = self.kinds.len();
        while done.consumed < data.len().min(stop) && self.kinds.len() - before < limit {
            let start = done.consumed;
            let shifted = |bad: BadRecord| BadRecord {
                at: start + bad.at,
                ..bad
            };
            let event = self
                .envelope
                .decode(&data[start..], stop - start, last, 1)
                .map_err(shifted)?;
            if event.consumed == 0 {
                break;
            }
            done.consumed += event.consumed;
            done.skipped += event.skipped;
            if event.rows == 0 {
                continue;
            }
            match self.last_event() {
                Ok(changes) => {
                    for (side, kind) in changes {
                        self.changes.push((*side, self.events));
                        self.kinds.push(*kind as u8);
                    }
                    self.events += 1;
                }
                Err(reason) => {
                    self.envelope.truncate(self.events);
                    if !self.options.json.ignore_errors {
                        let at = start + event.consumed - 1;
                        let reason = format!(
                            "no change event: {reason}; set '{NAME}.ignore-parse-errors' = 'true' to drop such lines"
                        );
                        return Err(BadRecord { at, reason });
                    }
                    done.skipped += 1;
                }
            }
        }
        done.rows = self.kinds.len() - before;
        Ok(done)
    }

    fn rows(&self) -> usize {
        self.kinds.len()
    }

    fn finish(&mut self) -> OperatorResult<Rows> {
        self.events = 0;
        let kinds = std::mem::take(&mut self.kinds);
        let changes = std::mem::take(&mut self.changes);
        let envelope = self.envelope.finish()?.columns;
        let event: Vec<ArrayRef> = match (self.options.schema_include, envelope.as_slice()) {
            (true, [payload]) => fields_of(payload),
            _ => envelope,
        };
        let sides: Vec<Vec<ArrayRef>> = event.iter().take(2).map(fields_of).collect();
        let [before, after] = sides.as_slice() else {
            return Ok(Rows::default());
        };
        let positions: Vec<(usize, usize)> = changes
            .iter()
            .map(|(side, event)| (usize::from(*side == Side::After), *event))
            .collect();
        let columns = before
            .iter()
            .zip(after)
            .map(|(before, after)| interleave(&[before.as_ref(), after.as_ref()], &positions));
        Ok(Rows {
            columns: columns.collect::<Result<_, _>>()?,
            count: kinds.len(),
            kinds: Some(UInt8Array::from(kinds)),
        })
    }
}

fn fields_of(column: &ArrayRef) -> Vec<ArrayRef> {
    let fields = column.as_any().downcast_ref::<StructArray>();
    fields.map_or_else(Vec::new, |fields| fields.columns().to_vec())
}

/// Encodes change events.
pub(crate) struct DebeziumEncoder(JsonEncoder);

impl DebeziumEncoder {
    /// An encoder of rows of `schema`.
    pub(crate) fn new(options: DebeziumOptions, schema: &RowType) -> Self {
        DebeziumEncoder(JsonEncoder::new(options.json, schema))
    }
}

impl TextEncoder for DebeziumEncoder {
    fn encode(&mut self, columns: &[View<'_>], row: usize, kind: RowKind, out: &mut Vec<u8>) {
        match kind.is_additive() {
            true => {
                out.extend_from_slice(br#"{"before":null,"after":"#);
                self.0.object(columns, row, out);
                out.extend_from_slice(b",\"op\":\"c\"}\n");
            }
            false => {
                out.extend_from_slice(br#"{"before":"#);
                self.0.object(columns, row, out);
                out.extend_from_slice(b",\"after\":null,\"op\":\"d\"}\n");
            }
        }
    }
}
