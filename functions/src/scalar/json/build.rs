//! JSON_STRING, JSON_OBJECT and JSON_ARRAY: SQL values as JSON.
//!
//! Numbers are BigDecimal's text, floating point ones by way of `Double.toString`; bytes are Base64;
//! timestamps are text in ISO 8601, with local time zone in UTC; arrays, maps and rows nest. Members are sorted by name.
//!
//! A text is a JSON string, unless it is JSON already: `JSON(text)`, which the binder also puts around a
//! JSON_OBJECT or JSON_ARRAY inside another one. Such a text travels in a row of one field named
//! [`DOCUMENT`], a name that SQL cannot give.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{Field, OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};

use super::document::parse;
use super::{number, write};
use crate::cast::{text as cast_text, write_double};
use crate::compile::{Args, Session};
use crate::registry::signature::{Mismatch, Param};
use crate::registry::{Argument, Resolution};
use crate::scalar::rows;

/// The field of a row that is a JSON document.
const DOCUMENT: &str = "\u{0}json";

fn is_document(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Row(fields) if matches!(&fields[..], [field] if field.name == DOCUMENT))
}

/// The types of JSON(text).
pub(super) fn document_type(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let [text] = args else {
        return Err(Mismatch::Signature);
    };
    let text = Param::Str.accept(text).ok_or(Mismatch::Signature)?;
    let fields = vec![Field::new(DOCUMENT, TypeKind::string().nullable())];
    Ok(Resolution {
        result: TypeKind::Row(fields)
            .nullable()
            .with_nullable(text.nullable),
        arg_types: vec![text],
    })
}

/// JSON(text): the text read and written again, so that members are sorted.
pub(super) fn document(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let DataType::Struct(fields) = args.result.to_arrow() else {
        return Err(OperatorError::fatal("JSON(..) has to be a ROW"));
    };
    let texts = args.str(0);
    let documents = rows::strings(args.rows, |row, out| {
        let Some(text) = texts.get(row) else {
            return Ok(None);
        };
        let json = parse(text).map_err(|error| OperatorError::data(format!("JSON(): {error}")))?;
        write::value(out, &json);
        Ok(Some(()))
    })?;
    let nulls = documents.nulls().cloned();
    Ok(Arc::new(StructArray::try_new(
        fields,
        vec![documents],
        nulls,
    )?))
}

/// Whether a value of that type can be JSON: what Flink takes, so no DATE, TIME or INTERVAL.
fn fits(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Array(element) => fits(&element.kind),
        TypeKind::Map(key, value) => key.kind.is_character() && fits(&value.kind),
        TypeKind::Row(fields) => fields.iter().all(|field| fits(&field.ty.kind)),
        TypeKind::Multiset(_) => false,
        kind => {
            kind.is_character()
                || kind.is_binary()
                || kind.is_numeric()
                || kind.is_timestamp()
                || matches!(kind, TypeKind::Boolean | TypeKind::Null)
        }
    }
}

fn value_type(arg: &Argument) -> Result<LogicalType, Mismatch> {
    if fits(&arg.ty.kind) {
        return Ok(arg.ty.clone());
    }
    Err(Mismatch::Because(format!(
        "{} has no JSON form; CAST it to STRING",
        arg.ty.kind
    )))
}

fn text_of(arg_types: Vec<LogicalType>, nullable: bool) -> Resolution {
    Resolution {
        arg_types,
        result: TypeKind::string().nullable().with_nullable(nullable),
    }
}

/// The types of JSON_STRING.
pub(super) fn string_type(args: &[Argument]) -> Result<Resolution, Mismatch> {
    match args {
        [value] if !is_document(&value.ty.kind) => {
            Ok(text_of(vec![value_type(value)?], value.ty.nullable))
        }
        _ => Err(Mismatch::Signature),
    }
}

/// The types of JSON_ARRAY.
pub(super) fn array_type(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let types = args.iter().map(value_type).collect::<Result<_, _>>()?;
    Ok(text_of(types, false))
}

/// The types of JSON_OBJECT.
pub(super) fn object_type(args: &[Argument]) -> Result<Resolution, Mismatch> {
    if args.len() % 2 == 1 {
        return Err(Mismatch::Signature);
    }
    let mut types = Vec::with_capacity(args.len());
    for pair in args.chunks(2) {
        if !pair[0].ty.kind.is_character() {
            return Err(Mismatch::Because("a key has to be a text".to_string()));
        }
        types.push(pair[0].ty.clone());
        types.push(value_type(&pair[1])?);
    }
    Ok(text_of(types, false))
}

/// One argument's values.
struct Source<'a> {
    array: &'a dyn Array,
    constant: bool,
    kind: &'a TypeKind,
}

impl<'a> Source<'a> {
    fn new(args: &Args<'a>, index: usize) -> Self {
        Source {
            array: args.array(index).as_ref(),
            constant: args.values[index].is_constant(),
            kind: &args.types[index].kind,
        }
    }

    fn at(&self, row: usize) -> usize {
        if self.constant { 0 } else { row }
    }

    /// Whether ABSENT ON NULL leaves it out.
    fn is_null(&self, row: usize) -> bool {
        *self.kind == TypeKind::Null || self.array.is_null(self.at(row))
    }

    fn write(&self, out: &mut String, row: usize, session: &Session) -> OperatorResult<()> {
        write_value(out, self.array, self.at(row), self.kind, session)
    }
}

pub(super) fn string(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let source = Source::new(args, 0);
    rows::strings(args.rows, |row, out| {
        if source.is_null(row) {
            return Ok(None);
        }
        source.write(out, row, args.session).map(Some)
    })
}

pub(super) fn array_absent(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    array(args, false)
}

pub(super) fn array_null(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    array(args, true)
}

fn array(args: &Args<'_>, keep_null: bool) -> OperatorResult<ArrayRef> {
    let sources: Vec<Source<'_>> = (0..args.len()).map(|at| Source::new(args, at)).collect();
    rows::strings(args.rows, |row, out| {
        let kept = sources
            .iter()
            .filter(|item| keep_null || !item.is_null(row));
        let mut result = Ok(());
        write::array(out, kept, |out, item| {
            if result.is_ok() {
                result = item.write(out, row, args.session);
            }
        });
        result.map(Some)
    })
}

pub(super) fn object_absent(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    object(args, false)
}

pub(super) fn object_null(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    object(args, true)
}

fn object(args: &Args<'_>, keep_null: bool) -> OperatorResult<ArrayRef> {
    let values: Vec<Source<'_>> = (0..args.len() / 2)
        .map(|at| Source::new(args, 2 * at + 1))
        .collect();
    let mut members = BTreeMap::new();
    rows::strings(args.rows, |row, out| {
        members.clear();
        for (at, value) in values.iter().enumerate() {
            let key = args.str(2 * at).get(row).ok_or_else(|| {
                OperatorError::data("a key of JSON_OBJECT is NULL; use COALESCE to name it")
            })?;
            if keep_null || !value.is_null(row) {
                members.insert(key, value);
            }
        }
        let mut result = Ok(());
        let sorted = members.iter().map(|(key, value)| (*key, *value));
        write::object(out, sorted, |out, value: &Source<'_>| {
            if result.is_ok() {
                result = value.write(out, row, args.session);
            }
        });
        result.map(Some)
    })
}

fn write_value(
    out: &mut String,
    array: &dyn Array,
    row: usize,
    kind: &TypeKind,
    session: &Session,
) -> OperatorResult<()> {
    if *kind == TypeKind::Null || array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match kind {
        TypeKind::Boolean => out.push_str(if array.as_boolean().value(row) {
            "true"
        } else {
            "false"
        }),
        TypeKind::Char(_) | TypeKind::Varchar(_) => {
            write::string(out, array.as_string::<i32>().value(row));
        }
        TypeKind::Binary(_) | TypeKind::Varbinary(_) => {
            let bytes = array.as_binary::<i32>().value(row);
            write::string(out, &openssl::base64::encode_block(bytes));
        }
        TypeKind::Float => {
            float(
                out,
                f64::from(array.as_primitive::<Float32Type>().value(row)),
            );
        }
        TypeKind::Double => float(out, array.as_primitive::<Float64Type>().value(row)),
        TypeKind::Decimal(..) => {
            let mut plain = String::new();
            cast_text::write_value(&mut plain, array, row, kind, session);
            out.push_str(&number::decimal(&plain));
        }
        TypeKind::Timestamp(precision) => {
            let text = iso_timestamp(array, row, *precision, session);
            write::string(out, &text);
        }
        TypeKind::TimestampLtz(precision) => {
            let text = iso_timestamp(array, row, *precision, session);
            write::string(out, &(text + "Z"));
        }
        TypeKind::Array(element) => {
            let items = array.as_list::<i32>().value(row);
            let mut result = Ok(());
            write::array(out, 0..items.len(), |out, at| {
                if result.is_ok() {
                    result = write_value(out, items.as_ref(), at, &element.kind, session);
                }
            });
            return result;
        }
        TypeKind::Map(_, value) => {
            let entries = array.as_map().value(row);
            let keys = entries.column(0).as_string::<i32>();
            let members = (0..entries.len()).map(|at| (keys.value(at), at));
            return write_members(out, members, |out, at| {
                write_value(out, entries.column(1).as_ref(), at, &value.kind, session)
            });
        }
        TypeKind::Row(_) if is_document(kind) => {
            let texts = array.as_struct().column(0).as_string::<i32>();
            out.push_str(texts.value(row));
        }
        TypeKind::Row(fields) => {
            let columns = array.as_struct().columns();
            let names = fields.iter().map(|field| field.name.as_str());
            return write_members(out, names.zip(0..), |out, at| {
                write_value(out, columns[at].as_ref(), row, &fields[at].ty.kind, session)
            });
        }
        kind => cast_text::write_value(out, array, row, kind, session),
    }
    Ok(())
}

/// Floating point numbers by way of `Double.toString`; what is no number is a string.
fn float(out: &mut String, value: f64) {
    let mut java = String::new();
    write_double(&mut java, value);
    if value.is_finite() {
        out.push_str(&number::decimal(&java));
    } else {
        write::string(out, &java);
    }
}

/// As the column holds it, without a zone, and without zeros at the end of the fraction.
fn iso_timestamp(array: &dyn Array, row: usize, precision: u8, session: &Session) -> String {
    let mut text = String::new();
    let kind = TypeKind::Timestamp(precision);
    cast_text::write_value(&mut text, array, row, &kind, session);
    let text = text.replacen(' ', "T", 1);
    if text.contains('.') {
        let digits = text.trim_end_matches('0');
        return digits.trim_end_matches('.').to_string();
    }
    text
}

fn write_members<'a>(
    out: &mut String,
    members: impl Iterator<Item = (&'a str, usize)>,
    mut write: impl FnMut(&mut String, usize) -> OperatorResult<()>,
) -> OperatorResult<()> {
    let sorted: BTreeMap<&str, usize> = members.collect();
    let mut result = Ok(());
    write::object(out, sorted, |out, at| {
        if result.is_ok() {
            result = write(out, at);
        }
    });
    result
}
