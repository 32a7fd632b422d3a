//! JSON lines as Flink reads and writes them: one object a line.
//!
//! The decoder walks a line once, directed by the schema: values of columns that are not projected are
//! skipped without being looked at, the others go straight into typed columns. Reading:
//!
//! * a missing field is NULL (`fail-on-missing-field`), the first of duplicate fields counts;
//! * an object or array read into a STRING becomes its text, a number its spelling;
//! * `ignore-parse-errors` makes a bad value NULL and drops a line that is no JSON object;
//! * blank lines are skipped.

pub(crate) mod debezium;
mod decoder;
mod encoder;
mod parser;

#[cfg(test)]
mod tests;

pub(crate) use decoder::JsonDecoder;
pub(crate) use encoder::JsonEncoder;

use alpheus_dataflow::{ChangelogMode, LogicalType, TypeKind};

use super::FormatDef;
use crate::columns::text::TimestampFormat;
use crate::error::ConnectorError;
use crate::options::{OptionDef, OptionKind, Options, option};

/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: "json",
    options: OPTIONS,
    description: "One JSON object a line, as Flink's `json` format reads and writes it.",
    changelog: ChangelogMode::InsertOnly,
    check_type,
    check_options: |options| JsonOptions::read(options).map(|_| ()),
};

const OPTIONS: &[OptionDef] = &[
    option(
        "fail-on-missing-field",
        OptionKind::Boolean,
        Some("false"),
        "A missing field fails the job instead of being NULL.",
    ),
    option(
        "ignore-parse-errors",
        OptionKind::Boolean,
        Some("false"),
        "Bad values become NULL and broken lines are dropped and counted, instead of failing.",
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
    option(
        "decode.json-parser.enabled",
        OptionKind::Boolean,
        Some("true"),
        "Accepted for Flink's sake; it has no effect.",
    ),
];

/// The format's options, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonOptions {
    /// The format's name, for messages.
    pub(crate) format: &'static str,
    pub(crate) fail_on_missing: bool,
    pub(crate) ignore_errors: bool,
    pub(crate) timestamps: TimestampFormat,
    pub(crate) plain_decimals: bool,
    pub(crate) leave_nulls_out: bool,
}

impl JsonOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// When two options contradict each other or a value cannot be parsed.
    pub(crate) fn read(options: Options<'_>) -> Result<Self, ConnectorError> {
        let fail_on_missing = options.boolean("fail-on-missing-field")?;
        let ignore_errors = options.boolean("ignore-parse-errors")?;
        if fail_on_missing && ignore_errors {
            return Err(ConnectorError::invalid_value(
                "json.fail-on-missing-field",
                "true",
                "false when 'json.ignore-parse-errors' is true",
            ));
        }
        Ok(JsonOptions {
            format: "json",
            fail_on_missing,
            ignore_errors,
            timestamps: timestamps(options),
            plain_decimals: options.boolean("encode.decimal-as-plain-number")?,
            leave_nulls_out: options.boolean("encode.ignore-null-fields")?,
        })
    }
}

fn timestamps(options: Options<'_>) -> TimestampFormat {
    match options.text("timestamp-format.standard") {
        Some("ISO-8601") => TimestampFormat::Iso8601,
        _ => TimestampFormat::Sql,
    }
}

fn check_type(ty: &LogicalType) -> Result<(), String> {
    match &ty.kind {
        TypeKind::Array(element) => check_type(element),
        TypeKind::Map(key, value) => {
            if !key.kind.is_character() {
                return Err(format!("keys of a json object are text, not {key}"));
            }
            check_type(value)
        }
        TypeKind::Multiset(element) if !element.kind.is_character() => {
            Err(format!("keys of a json object are text, not {element}"))
        }
        TypeKind::Row(fields) => fields.iter().try_for_each(|field| check_type(&field.ty)),
        _ => Ok(()),
    }
}
