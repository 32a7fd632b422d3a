//! Lines to typed columns.

use std::collections::HashMap;

use alpheus_dataflow::{LogicalType, OperatorResult, RowType, TypeKind};

use super::JsonOptions;
use super::parser::{Kind, Parser, Syntax, compact};
use crate::columns::text::{push_text, trim};
use crate::columns::{Column, Values};
use crate::formats::{BadRecord, Decoded, Rows, TextDecoder, columns_for, excerpt};

/// Decodes JSON lines.
pub(crate) struct JsonDecoder {
    options: JsonOptions,
    fields: Fields,
    columns: Vec<Column>,
    rows: usize,
    scratch: Scratch,
}

/// Buffers that live as long as the decoder.
#[derive(Default)]
struct Scratch {
    key: Vec<u8>,
    text: Vec<u8>,
}

/// The names of a row's fields, and how to read each.
struct Fields {
    names: HashMap<Vec<u8>, usize>,
    nodes: Vec<(String, Node)>,
    /// The keys of the last object in their order: objects of one file mostly have the same, so that a
    /// comparison finds the field.
    order: Vec<(Vec<u8>, Option<usize>)>,
}

/// How to read a value.
enum Node {
    Scalar,
    Array(Box<Node>),
    Map(Box<Node>),
    Row(Box<Fields>),
}

impl Node {
    fn new(ty: &LogicalType) -> Node {
        match &ty.kind {
            TypeKind::Array(element) => Node::Array(Box::new(Node::new(element))),
            TypeKind::Map(_, value) => Node::Map(Box::new(Node::new(value))),
            TypeKind::Multiset(_) => Node::Map(Box::new(Node::Scalar)),
            TypeKind::Row(fields) => Node::Row(Box::new(Fields::new(
                fields.iter().map(|field| (field.name.as_str(), &field.ty)),
            ))),
            _ => Node::Scalar,
        }
    }
}

impl Fields {
    fn new<'a>(fields: impl Iterator<Item = (&'a str, &'a LogicalType)>) -> Fields {
        let nodes: Vec<_> = fields
            .map(|(name, ty)| (name.to_owned(), Node::new(ty)))
            .collect();
        let names = nodes
            .iter()
            .enumerate()
            .map(|(i, (name, _))| (name.as_bytes().to_vec(), i))
            .collect();
        Fields {
            names,
            nodes,
            order: Vec::new(),
        }
    }

    /// The field of the key that stands at place `nth` of its object.
    #[inline]
    fn find(&mut self, key: &[u8], nth: usize) -> Option<usize> {
        /// Objects with more keys than this (or ever new ones) are looked up by name.
        const LONGEST_ORDER: usize = 256;
        if let Some((known, field)) = self.order.get(nth)
            && known == key
        {
            return *field;
        }
        let field = self.names.get(key).copied();
        if nth < self.order.len() {
            self.order[nth] = (key.to_vec(), field);
        } else if nth < LONGEST_ORDER {
            self.order.push((key.to_vec(), field));
        }
        field
    }
}

/// Why a line or a value cannot be read.
enum Failure {
    /// The line is not JSON.
    Syntax(Syntax),
    /// A value is not what its column takes.
    Value {
        /// The column's name and what is inside it, for example `a.b`.
        path: String,
        found: String,
        expected: &'static str,
    },
    /// A field is not there.
    Missing { path: String },
}

impl From<Syntax> for Failure {
    fn from(syntax: Syntax) -> Self {
        Failure::Syntax(syntax)
    }
}

impl Failure {
    /// Puts the name of the field around the one at fault.
    fn below(mut self, name: &str) -> Failure {
        if let Failure::Value { path, .. } | Failure::Missing { path } = &mut self {
            *path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{name}.{path}")
            };
        }
        self
    }

    fn describe(&self, line: &[u8], format: &str) -> String {
        match self {
            Failure::Syntax(syntax) => format!(
                "no JSON object: expected {} at character {}, found {}; set '{format}.ignore-parse-errors' = 'true' to drop such lines",
                syntax.expected,
                syntax.at + 1,
                match line.get(syntax.at..) {
                    None | Some([]) => "the end of the line".to_owned(),
                    Some(rest) => excerpt(&rest[..rest.len().min(20)]),
                }
            ),
            Failure::Value {
                path,
                found,
                expected,
            } => format!(
                "column `{path}`: {found} is not {expected}; set '{format}.ignore-parse-errors' = 'true' to read NULL instead"
            ),
            Failure::Missing { path } => format!(
                "field `{path}` is missing; set '{format}.fail-on-missing-field' = 'false' to read NULL instead"
            ),
        }
    }
}

impl JsonDecoder {
    /// A decoder of objects with the fields `schema` that builds those of `projection`.
    pub(crate) fn new(options: JsonOptions, schema: &RowType, projection: &[usize]) -> Self {
        let projected = projection.iter().filter_map(|&i| schema.fields.get(i));
        JsonDecoder {
            fields: Fields::new(projected.map(|field| (field.name.as_str(), &field.ty))),
            columns: columns_for(schema, projection),
            options,
            rows: 0,
            scratch: Scratch::default(),
        }
    }

    /// The columns under construction.
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Takes back all rows after the first `rows`.
    pub(super) fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.truncate(rows);
        }
        self.rows = self.rows.min(rows);
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Failure> {
        let mut parser = Parser::new(line);
        if parser.kind()? != Kind::Object {
            return Err(Failure::Syntax(Syntax {
                at: parser.position(),
                expected: "`{`",
            }));
        }
        let reader = Reader {
            options: &self.options,
        };
        reader.object(
            &mut parser,
            &mut self.fields,
            &mut self.columns,
            self.rows,
            &mut self.scratch,
        )?;
        parser.end()?;
        Ok(())
    }
}

/// Reads values by the options.
struct Reader<'a> {
    options: &'a JsonOptions,
}

impl Reader<'_> {
    /// Reads an object into `columns`, each of which has `row` values before and one more after.
    fn object(
        &self,
        parser: &mut Parser<'_>,
        fields: &mut Fields,
        columns: &mut [Column],
        row: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Failure> {
        parser.enter()?;
        let mut nth = 0;
        while let Some(key) = parser.key(nth == 0, &mut scratch.key)? {
            let found = fields.find(key, nth);
            nth += 1;
            match found {
                // A second field of the same name is skipped: the first one counts.
                Some(i) if columns[i].len() == row => {
                    let (name, node) = &mut fields.nodes[i];
                    self.value(parser, node, &mut columns[i], scratch)
                        .map_err(|failure| failure.below(name))?;
                }
                _ => parser.skip(&mut scratch.text)?,
            }
        }
        for (column, (name, _)) in columns.iter_mut().zip(&fields.nodes) {
            if column.len() == row {
                if self.options.fail_on_missing {
                    return Err(Failure::Missing { path: name.clone() });
                }
                column.push_null();
            }
        }
        Ok(())
    }

    /// Reads a value; one that does not fit becomes NULL or a failure, as the options say.
    #[inline]
    fn value(
        &self,
        parser: &mut Parser<'_>,
        node: &mut Node,
        column: &mut Column,
        scratch: &mut Scratch,
    ) -> Result<(), Failure> {
        let kind = parser.kind()?;
        if kind == Kind::Null {
            parser.word(kind)?;
            column.push_null();
            return Ok(());
        }
        let before = column.len();
        match (node, kind) {
            (Node::Scalar, _) => self.scalar(parser, kind, column, scratch),
            (Node::Row(fields), Kind::Object) => {
                if let Values::Struct(children) = &mut column.values {
                    self.object(parser, fields, children, before, scratch)?;
                }
                column.end_nested();
                Ok(())
            }
            (Node::Array(node), Kind::Array) => {
                parser.enter()?;
                let mut first = true;
                while parser.element(first)? {
                    first = false;
                    if let Values::List { items, .. } = &mut column.values {
                        self.value(parser, node, items, scratch)?;
                    }
                }
                column.end_nested();
                Ok(())
            }
            (Node::Map(node), Kind::Object) => {
                parser.enter()?;
                let mut first = true;
                while let Some(key) = parser.key(first, &mut scratch.key)? {
                    first = false;
                    if let Values::Map { keys, values, .. } = &mut column.values {
                        keys.push_bytes(key);
                        self.value(parser, node, values, scratch)?;
                    }
                }
                column.end_nested();
                Ok(())
            }
            (node, _) => {
                let expected = match node {
                    Node::Array(_) => "an array",
                    _ => "an object",
                };
                let start = parser.position();
                parser.skip(&mut scratch.text)?;
                self.misfit(column, parser.since(start), expected)
            }
        }
    }

    fn scalar(
        &self,
        parser: &mut Parser<'_>,
        kind: Kind,
        column: &mut Column,
        scratch: &mut Scratch,
    ) -> Result<(), Failure> {
        let start = parser.position();
        let text: &[u8] = match kind {
            Kind::String => parser.string(&mut scratch.text)?,
            Kind::Number => parser.number()?,
            Kind::Object | Kind::Array => {
                parser.skip(&mut scratch.text)?;
                if !matches!(column.values, Values::Text { .. }) {
                    return self.misfit(column, parser.since(start), expected_scalar(column));
                }
                scratch.text.clear();
                compact(parser.since(start), &mut scratch.text);
                &scratch.text
            }
            word => {
                parser.word(word)?;
                parser.since(start)
            }
        };
        let stored = match (&mut column.values, kind) {
            // As Jackson's getIntValue and getLongValue, a fraction is cut off.
            (Values::Int32(values), Kind::Number)
                if column.ty.kind == TypeKind::Integer && is_fraction(text) =>
            {
                match cut(text).and_then(|value| i32::try_from(value).ok()) {
                    Some(value) => {
                        values.push(value);
                        column.pushed();
                        Ok(())
                    }
                    None => Err("an INT"),
                }
            }
            (Values::Int64(values), Kind::Number)
                if column.ty.kind == TypeKind::BigInt && is_fraction(text) =>
            {
                match cut(text) {
                    Some(value) => {
                        values.push(value);
                        column.pushed();
                        Ok(())
                    }
                    None => Err("a BIGINT"),
                }
            }
            _ => push_text(column, text, self.options.timestamps),
        };
        match stored {
            Ok(()) => Ok(()),
            Err(expected) => self.misfit(column, parser.since(start), expected),
        }
    }

    fn misfit(
        &self,
        column: &mut Column,
        found: &[u8],
        expected: &'static str,
    ) -> Result<(), Failure> {
        if self.options.ignore_errors {
            column.push_null();
            return Ok(());
        }
        Err(Failure::Value {
            path: String::new(),
            found: excerpt(found),
            expected,
        })
    }
}

fn expected_scalar(column: &Column) -> &'static str {
    match column.values {
        Values::Boolean(_) => "a boolean",
        Values::Text { .. } | Values::Binary { .. } => "a string",
        _ => "a single value",
    }
}

fn is_fraction(number: &[u8]) -> bool {
    number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

/// A number with its fraction cut off, if it fits 64 bits.
fn cut(number: &[u8]) -> Option<i64> {
    let value = std::str::from_utf8(number)
        .ok()?
        .parse::<f64>()
        .ok()?
        .trunc();
    (-9.223_372_036_854_776e18..9.223_372_036_854_776e18)
        .contains(&value)
        .then_some(value as i64)
}

impl TextDecoder for JsonDecoder {
    fn decode(
        &mut self,
        data: &[u8],
        stop: usize,
        last: bool,
        limit: usize,
    ) -> Result<Decoded, BadRecord> {
        let mut done = Decoded::default();
        while done.consumed < data.len().min(stop) && done.rows < limit {
            let start = done.consumed;
            let (line, next) = match memchr::memchr(b'\n', &data[start..]) {
                Some(length) => (&data[start..start + length], start + length + 1),
                None if last => (&data[start..], data.len()),
                None => break,
            };
            if !trim(line).is_empty() {
                match self.line(line) {
                    Ok(()) => {
                        self.rows += 1;
                        done.rows += 1;
                    }
                    Err(failure) => {
                        self.truncate(self.rows);
                        if !self.options.ignore_errors {
                            return Err(BadRecord {
                                at: start,
                                reason: failure.describe(line, self.options.format),
                            });
                        }
                        done.skipped += 1;
                    }
                }
            }
            done.consumed = next;
        }
        Ok(done)
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn finish(&mut self) -> OperatorResult<Rows> {
        let count = std::mem::take(&mut self.rows);
        let arrays = self.columns.iter_mut().map(Column::finish);
        Ok(Rows::inserts(arrays.collect::<Result<_, _>>()?, count))
    }
}
