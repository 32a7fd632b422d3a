//! Tables and views as a file catalog writes them: JSON with the SQL text of expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::types::LogicalType;
use alpheus_sql_parser::{ParseError, parse_expression, parse_query};
use serde::{Deserialize, Serialize};

use super::{
    CatalogFunction, CatalogTable, CatalogView, Column, ColumnKind, KeyDefinition,
    WatermarkDefinition,
};

/// The form that is written. A reader refuses forms above its own.
const FORMAT: u32 = 1;
/// The one language of functions.
const WASM: &str = "WASM";

/// Comment and options of a database.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredDatabase {
    pub(super) comment: Option<String>,
    pub(super) options: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTable {
    format: u32,
    columns: Vec<StoredColumn>,
    watermark: Option<StoredWatermark>,
    primary_key: Option<StoredKey>,
    partition_keys: Vec<String>,
    options: BTreeMap<String, String>,
    comment: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredColumn {
    name: String,
    #[serde(rename = "type")]
    ty: LogicalType,
    #[serde(flatten)]
    kind: StoredColumnKind,
    comment: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredColumnKind {
    Physical,
    Computed {
        expression: String,
    },
    Metadata {
        key: Option<String>,
        is_virtual: bool,
    },
}

#[derive(Serialize, Deserialize)]
struct StoredWatermark {
    column: String,
    expression: String,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    name: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredView {
    format: u32,
    query: String,
    columns: Vec<Field>,
    catalog: String,
    database: String,
    comment: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredFunction {
    format: u32,
    language: String,
    location: String,
    entry: Option<String>,
}

pub(super) fn store_function(function: &CatalogFunction) -> StoredFunction {
    StoredFunction {
        format: FORMAT,
        language: WASM.to_owned(),
        location: function.location.clone(),
        entry: function.entry.clone(),
    }
}

/// The function, or what is wrong with its file.
pub(super) fn function(stored: StoredFunction) -> Result<CatalogFunction, String> {
    check_format(stored.format)?;
    if stored.language != WASM {
        return Err(format!("a function in {} cannot run here", stored.language));
    }
    Ok(CatalogFunction::new(stored.location, stored.entry))
}

pub(super) fn store_table(table: &CatalogTable) -> StoredTable {
    let column = |column: &Column| StoredColumn {
        name: column.name.clone(),
        ty: column.ty.clone(),
        kind: match &column.kind {
            ColumnKind::Physical => StoredColumnKind::Physical,
            ColumnKind::Computed(expr) => StoredColumnKind::Computed {
                expression: expr.to_string(),
            },
            ColumnKind::Metadata { key, is_virtual } => StoredColumnKind::Metadata {
                key: key.clone(),
                is_virtual: *is_virtual,
            },
        },
        comment: column.comment.clone(),
    };
    StoredTable {
        format: FORMAT,
        columns: table.columns.iter().map(column).collect(),
        watermark: table.watermark.as_ref().map(|watermark| StoredWatermark {
            column: watermark.column.clone(),
            expression: watermark.expr.to_string(),
        }),
        primary_key: table.primary_key.as_ref().map(|key| StoredKey {
            name: key.name.clone(),
            columns: key.columns.clone(),
        }),
        partition_keys: table.partition_keys.clone(),
        options: table.options.clone(),
        comment: table.comment.clone(),
    }
}

/// The table, or what is wrong with its file.
pub(super) fn table(stored: StoredTable) -> Result<CatalogTable, String> {
    check_format(stored.format)?;
    let column = |stored: StoredColumn| {
        Ok(Column {
            kind: match stored.kind {
                StoredColumnKind::Physical => ColumnKind::Physical,
                StoredColumnKind::Computed { expression } => ColumnKind::Computed(Arc::new(
                    parse_expression(&expression).map_err(complaint)?,
                )),
                StoredColumnKind::Metadata { key, is_virtual } => {
                    ColumnKind::Metadata { key, is_virtual }
                }
            },
            name: stored.name,
            ty: stored.ty,
            comment: stored.comment,
        })
    };
    let watermark = |stored: StoredWatermark| {
        Ok::<_, String>(WatermarkDefinition {
            column: stored.column,
            expr: Arc::new(parse_expression(&stored.expression).map_err(complaint)?),
        })
    };
    Ok(CatalogTable {
        columns: stored
            .columns
            .into_iter()
            .map(column)
            .collect::<Result<_, String>>()?,
        watermark: stored.watermark.map(watermark).transpose()?,
        primary_key: stored.primary_key.map(|key| KeyDefinition {
            name: key.name,
            columns: key.columns,
        }),
        partition_keys: stored.partition_keys,
        options: stored.options,
        comment: stored.comment,
    })
}

pub(super) fn store_view(view: &CatalogView) -> StoredView {
    StoredView {
        format: FORMAT,
        query: view.query.to_string(),
        columns: view.columns.clone(),
        catalog: view.catalog.clone(),
        database: view.database.clone(),
        comment: view.comment.clone(),
    }
}

/// The view, or what is wrong with its file.
pub(super) fn view(stored: StoredView) -> Result<CatalogView, String> {
    check_format(stored.format)?;
    Ok(CatalogView {
        query: Arc::new(parse_query(&stored.query).map_err(complaint)?),
        columns: stored.columns,
        catalog: stored.catalog,
        database: stored.database,
        comment: stored.comment,
    })
}

fn check_format(format: u32) -> Result<(), String> {
    if format > FORMAT {
        return Err(format!(
            "it has format {format}, known are those up to {FORMAT}"
        ));
    }
    Ok(())
}

fn complaint(error: ParseError) -> String {
    error.to_string()
}
