//! Partition folders: `key=value/`, escaped as Hive and Flink do (`PartitionPathUtils`).

use alpheus_dataflow::{OperatorError, OperatorResult, RowType};
use alpheus_storage::file_system_for;
use arrow::array::ArrayRef;

use super::FileTable;
use crate::columns::Column;
use crate::columns::print::write_scalar;
use crate::columns::text::{TimestampFormat, push_text};
use crate::columns::view::View;
use crate::error::storage_error;

/// Characters that are written as `%XX`.
fn must_escape(c: char) -> bool {
    c.is_ascii_control() || "\"#%'*/:=?\\{[]^".contains(c)
}

/// `text` as part of a folder's name.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if must_escape(c) {
            escaped.push_str(&format!("%{:02X}", c as u32));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The text that [`escape`] was given. What is no escape stays.
pub(crate) fn unescape(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| name.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                text.push(byte);
                at += 3;
            }
            None => {
                text.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The partitions that a table has folders for, each as `a=1/b=x`, in order of name.
///
/// # Errors
/// When the folders cannot be listed; a table whose folder is not there yet has none.
pub(crate) fn list(table: &FileTable) -> OperatorResult<Vec<String>> {
    let file_system = file_system_for(&table.options.path).map_err(storage_error)?;
    let mut level = vec![(String::new(), table.options.path.clone())];
    for key in &table.partition_keys.fields {
        let prefix = format!("{}=", escape(&key.name));
        let mut below = Vec::new();
        for (name, folder) in level {
            let children = match file_system.list(&folder) {
                Ok(children) => children,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(storage_error(error)),
            };
            for child in children {
                let own = child.location.name();
                if let (true, Some(value)) = (child.is_directory, own.strip_prefix(&prefix)) {
                    let part = format!("{}={}", key.name, unescape(value));
                    let path = match name.as_str() {
                        "" => part,
                        above => format!("{above}/{part}"),
                    };
                    below.push((path, child.location.clone()));
                }
            }
        }
        level = below;
    }
    let mut names: Vec<String> = level.into_iter().map(|(name, _)| name).collect();
    names.sort();
    Ok(names)
}

/// The folder of a row below the table's: `a=1/b=x`. Values are written as CAST to STRING does.
pub(crate) fn folder_of(keys: &RowType, values: &[View<'_>], row: usize, default: &str) -> String {
    let mut folder = String::new();
    let mut text = Vec::new();
    for (field, view) in keys.fields.iter().zip(values) {
        text.clear();
        if !view.is_null(row) {
            write_scalar(view, row, TimestampFormat::Sql, &mut text);
        }
        let value = String::from_utf8_lossy(&text);
        let value = if value.is_empty() { default } else { &value };
        if !folder.is_empty() {
            folder.push('/');
        }
        folder.push_str(&escape(&field.name));
        folder.push('=');
        folder.push_str(&escape(value));
    }
    folder
}

/// One value of each key, taken from a file's path below the table's folder; NULL for the default name.
///
/// # Errors
/// When a key is not in the path or its value is not of the key's type.
pub(crate) fn values_of(
    keys: &RowType,
    path: &str,
    default: &str,
) -> OperatorResult<Vec<ArrayRef>> {
    let mut values = Vec::with_capacity(keys.len());
    for field in &keys.fields {
        let found = path.split('/').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            (unescape(key) == field.name).then(|| unescape(value))
        });
        let Some(text) = found else {
            return Err(OperatorError::fatal(format!(
                "{path} lies in no folder `{}=...`; the table is PARTITIONED BY it, so move the file or leave the clause out",
                field.name
            )));
        };
        let mut column = Column::new(&field.ty);
        if text == default {
            column.push_null();
        } else {
            push_text(&mut column, text.as_bytes(), TimestampFormat::Sql).map_err(|expected| {
                OperatorError::data(format!(
                    "{path}: partition column `{}`: `{text}` is not {expected}; rename the folder or change the column's type",
                    field.name
                ))
            })?;
        }
        values.push(column.finish()?);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::columns::view::views;
    use alpheus_dataflow::{Field, TypeKind};
    use arrow::array::{Array, AsArray, Int32Array, StringArray};
    use arrow::datatypes::Int32Type;
    use std::sync::Arc;

    #[test]
    fn folders_name_values_and_back() {
        let keys = RowType::new(vec![
            Field::new("k", TypeKind::string().nullable()),
            Field::new("n", TypeKind::Integer.nullable()),
        ]);
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["a/b=c%ü"])),
            Arc::new(Int32Array::from(vec![None])),
        ];
        let values = views(keys.fields.iter().map(|f| &f.ty), &arrays).unwrap();
        let folder = folder_of(&keys, &values, 0, "none");
        assert_eq!(folder, "k=a%2Fb%3Dc%25ü/n=none");
        let read = values_of(&keys, &format!("{folder}/part-0"), "none").unwrap();
        assert_eq!(read[0].as_string::<i32>().value(0), "a/b=c%ü");
        assert!(read[1].is_null(0));
        let read = values_of(&keys, "n=7/k=x/f", "none").unwrap();
        assert_eq!(read[1].as_primitive::<Int32Type>().value(0), 7);
        assert!(values_of(&keys, "k=x/f", "none").is_err());
        assert!(values_of(&keys, "k=x/n=y/f", "none").is_err());
    }
}
