//! What is in a savepoint, as rows: the table function `savepoint_metadata` (Flink's state module).
//!
//! One row for each state of each operator, and one for an operator without keyed state. Columns are Flink's;
//! `state-name`, `state-size-in-bytes` and `state-columns` are ours: with them a table of the `savepoint`
//! connector can be written down.

use std::collections::BTreeMap;
use std::path::PathBuf;

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{Literal, OperatorResult, RowType, TypeKind};
use alpheus_state::handle::KeyedStateHandle;
use alpheus_state::redistribute::absolute;
use alpheus_state::snapshot_file::SectionReader;
use alpheus_storage::Location;
use arrow::datatypes::{DataType, Schema, TimeUnit};

use super::{SavepointTable, open};
use crate::error::ConnectorError;
use crate::values;

/// The columns.
pub fn row_type() -> RowType {
    let number = TypeKind::BigInt;
    RowType::new(vec![
        Field::new("checkpoint-id", number.clone().not_null()),
        Field::new("operator-name", TypeKind::string().nullable()),
        Field::new("operator-uid-hash", TypeKind::string().not_null()),
        Field::new("operator-parallelism", number.clone().not_null()),
        Field::new("operator-max-parallelism", number.clone().not_null()),
        Field::new("operator-subtask-state-count", number.clone().not_null()),
        Field::new("operator-total-size-in-bytes", number.clone().not_null()),
        Field::new("state-name", TypeKind::string().nullable()),
        Field::new("state-size-in-bytes", number.nullable()),
        Field::new("state-columns", TypeKind::string().nullable()),
    ])
}

/// The table that `savepoint_metadata('path', 'key file')` reads; the key file is that of an encrypted savepoint.
pub fn table(path: &str, key_file: Option<&str>) -> TableSpec {
    let options = [
        ("connector", "savepoint"),
        ("state.path", path),
        ("state.metadata", "true"),
    ];
    let key_file = key_file.map(|file| ("encryption.key-file", file));
    let options = options.into_iter().chain(key_file);
    let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
    TableSpec {
        identifier: "savepoint_metadata".to_owned(),
        connector: "savepoint".to_owned(),
        options: options.collect(),
        schema: row_type(),
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    }
}

/// A type as it is declared in SQL; Arrow's name where there is no other way.
fn sql_type(ty: &DataType) -> String {
    let precision = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    };
    match ty {
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float32 => "FLOAT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Utf8 => "STRING".to_owned(),
        DataType::Binary => "BYTES".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        DataType::Timestamp(unit, None) => format!("TIMESTAMP({})", precision(unit)),
        DataType::Timestamp(unit, Some(_)) => format!("TIMESTAMP_LTZ({})", precision(unit)),
        DataType::List(element) => {
            let null = if element.is_nullable() {
                ""
            } else {
                " NOT NULL"
            };
            format!("ARRAY<{}{null}>", sql_type(element.data_type()))
        }
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| {
                let null = if field.is_nullable() { "" } else { " NOT NULL" };
                format!("`{}` {}{null}", field.name(), sql_type(field.data_type()))
            });
            format!("ROW<{}>", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn columns(schema: &Schema) -> String {
    let columns = schema.fields().iter();
    let columns = columns.map(|f| format!("`{}` {}", f.name(), sql_type(f.data_type())));
    columns.collect::<Vec<_>>().join(", ")
}

/// Checks the columns of a table that lists.
pub(crate) fn check(table: &TableSpec) -> Result<(), ConnectorError> {
    let known = row_type();
    for field in &table.schema.fields {
        let Some(position) = known.index_of(&field.name) else {
            let names = known.fields.iter().map(|field| field.name.as_str());
            let what = "column of a savepoint's listing";
            return Err(ConnectorError::unknown(what, &field.name, names));
        };
        let ty = &known.fields[position].ty;
        if field.ty.kind != ty.kind || (ty.nullable && !field.ty.nullable) {
            return Err(ConnectorError::column(
                &field.name,
                format!("declare it as {ty}"),
            ));
        }
    }
    Ok(())
}

/// The listing as a table of constants.
pub(crate) fn listing(table: &SavepointTable) -> OperatorResult<TableSpec> {
    let known = row_type();
    let names = table.schema.fields.iter().map(|field| &field.name);
    let wanted: Vec<usize> = names.filter_map(|name| known.index_of(name)).collect();
    let rows = list(&table.path, table.key_file.as_ref())?.into_iter();
    let rows: Vec<Vec<Literal>> = rows
        .map(|row| wanted.iter().map(|&column| row[column].clone()).collect())
        .collect();
    Ok(values::table(&rows, &table.schema))
}

fn list(path: &Location, key_file: Option<&PathBuf>) -> OperatorResult<Vec<Vec<Literal>>> {
    let (found, keys) = open(path, key_file)?;
    let metadata = &found.metadata;
    let mut rows = Vec::new();
    for vertex in &metadata.vertices {
        for (operator, name) in &vertex.operators {
            let tasks = metadata.tasks.iter().flat_map(|task| &task.operators);
            let handles: Vec<_> = tasks.filter(|h| h.operator == *operator).collect();
            let native = handles.iter().flat_map(|handle| &handle.native);
            let native: u64 = native.flat_map(|n| &n.files).map(|file| file.length).sum();
            let mut states: BTreeMap<&str, Vec<&KeyedStateHandle>> = BTreeMap::new();
            for keyed in handles.iter().flat_map(|handle| &handle.keyed) {
                states.entry(&keyed.state).or_default().push(keyed);
            }
            let size = |handles: &[&KeyedStateHandle]| -> u64 {
                handles.iter().map(|handle| handle.length).sum()
            };
            let total = states.values().map(|handles| size(handles)).sum::<u64>() + native;
            let number = |number: u64| Literal::Int(i64::try_from(number).unwrap_or(i64::MAX));
            let text = |text: String| Literal::String(text);
            let mut row = |state: [Literal; 3]| {
                let mut row = vec![
                    number(metadata.checkpoint.0),
                    text(name.clone()),
                    text(operator.to_string()),
                    number(u64::from(vertex.parallelism)),
                    number(u64::from(metadata.max_parallelism)),
                    number(handles.len() as u64),
                    number(total),
                ];
                row.extend(state);
                rows.push(row);
            };
            let formats = handles.iter().flat_map(|handle| &handle.native);
            let formats: BTreeMap<_, _> = formats.flat_map(|native| &native.states).collect();
            if states.is_empty() && formats.is_empty() {
                row([Literal::Null, Literal::Null, Literal::Null]);
            }
            for (state, handles) in states {
                let first = handles[0];
                let file = absolute(&first.file, &found.folder);
                let section = keys
                    .open(&file, first.key.as_ref())
                    .and_then(|input| SectionReader::open(input, &file, first)?.schema())?;
                row([
                    text(state.to_owned()),
                    number(size(&handles)),
                    text(columns(&section)),
                ]);
            }
            // The files of a database are those of all of its states.
            for (state, format) in formats {
                let columns = columns(&format.row_type()?.to_arrow());
                row([text(state.to_owned()), Literal::Null, text(columns)]);
            }
        }
    }
    Ok(rows)
}
