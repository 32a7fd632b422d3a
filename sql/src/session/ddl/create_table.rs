//! CREATE TABLE.
//!
//! Columns, types, keys and expressions are checked here; the connector and its options when the table is
//! first used, as in Flink: a table may be made before its files, and LIKE may take what is incomplete.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, CreateTable, Ident, OptionPair};

use super::super::{JobMode, Outcome, Session, refused};
use super::{already_exists, create_as, like, taken};
use crate::binder::{Binder, data_type};
use crate::catalog::{
    CatalogObject, CatalogTable, Column, ColumnKind, KeyDefinition, WatermarkDefinition,
};
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema};

pub(in crate::session) fn create_table(
    session: &mut Session,
    create: &CreateTable,
) -> Result<Outcome, SqlError> {
    let path = session.catalogs.path(&create.name)?;
    if let Some(distribution) = &create.distribution {
        return Err(refused("DISTRIBUTED BY", distribution.span)
            .with_help("rows are distributed by the keys of the query"));
    }
    if let Some(query) = &create.query {
        return create_as::create_table_as(session, create, query);
    }
    if create.or_replace {
        return Err(refused("CREATE OR REPLACE TABLE without AS", create.span)
            .with_help("DROP TABLE IF EXISTS it first"));
    }
    if taken(session, &path, create.temporary) {
        if create.if_not_exists {
            return Ok(Outcome::Done);
        }
        return Err(already_exists(session, &create.name, &path));
    }
    let mut table = definition(create)?;
    if let Some(clause) = &create.like {
        let (_, base) = session.catalogs.get("table", &clause.table)?;
        let CatalogObject::Table(base) = base else {
            return Err(SqlError::invalid(
                format!("'{}' is a view: LIKE takes a table", clause.table),
                clause.table.span,
            ));
        };
        table = like::merge(base, table, clause)?;
    }
    let binder = session.binder(JobMode::Streaming)?;
    check(&binder, &mut table, create)?;
    let object = CatalogObject::Table(Arc::new(table));
    session
        .catalogs
        .put(&create.name, path, object, create.temporary)?;
    Ok(Outcome::Done)
}

/// What the statement itself says; computed columns have no type yet.
pub(super) fn definition(create: &CreateTable) -> Result<CatalogTable, SqlError> {
    let mut columns: Vec<Column> = Vec::with_capacity(create.columns.len());
    for written in &create.columns {
        let column = column(written)?;
        if columns.iter().any(|known| known.name == column.name) {
            return Err(SqlError::invalid(
                format!("the table has two columns '{}'", column.name),
                written.name.span,
            ));
        }
        columns.push(column);
    }
    Ok(CatalogTable {
        columns,
        watermark: create.watermark.as_ref().map(watermark).transpose()?,
        primary_key: create.primary_key.as_ref().map(primary_key).transpose()?,
        partition_keys: create
            .partitioned_by
            .iter()
            .map(|key| key.value.clone())
            .collect(),
        options: options(&create.options)?,
        comment: create.comment.as_ref().map(|comment| comment.value.clone()),
    })
}

pub(super) fn column(written: &ast::ColumnDef) -> Result<Column, SqlError> {
    let (ty, kind) = match &written.kind {
        ast::ColumnKind::Physical(ty) => (data_type(ty)?, ColumnKind::Physical),
        ast::ColumnKind::Computed(expr) => (
            alpheus_dataflow::TypeKind::Null.nullable(),
            ColumnKind::Computed(Arc::new(expr.clone())),
        ),
        ast::ColumnKind::Metadata {
            data_type: ty,
            key,
            is_virtual,
        } => (
            data_type(ty)?,
            ColumnKind::Metadata {
                key: key.as_ref().map(|key| key.value.clone()),
                is_virtual: *is_virtual,
            },
        ),
        ast::ColumnKind::Inherited => {
            return Err(SqlError::invalid(
                format!("column '{}' has no type", written.name.value),
                written.span,
            ));
        }
    };
    Ok(Column {
        name: written.name.value.clone(),
        ty,
        kind,
        comment: written
            .comment
            .as_ref()
            .map(|comment| comment.value.clone()),
    })
}

pub(super) fn watermark(written: &ast::Watermark) -> Result<WatermarkDefinition, SqlError> {
    match written.column.single() {
        Some(column) => Ok(WatermarkDefinition {
            column: column.value.clone(),
            expr: Arc::new(written.expr.clone()),
        }),
        None => Err(
            refused("a watermark on a field of a row", written.column.span)
                .with_help("compute a column from the field and put the watermark there"),
        ),
    }
}

pub(super) fn primary_key(written: &ast::PrimaryKey) -> Result<KeyDefinition, SqlError> {
    if !written.not_enforced {
        return Err(SqlError::invalid(
            "an ENFORCED primary key is not possible: the data is not the engine's own",
            written.span,
        )
        .with_help("write PRIMARY KEY (..) NOT ENFORCED"));
    }
    let columns: Vec<String> = written.columns.iter().map(|c| c.value.clone()).collect();
    let name = match &written.name {
        Some(name) => name.value.clone(),
        None => format!("PK_{}", columns.join("_")),
    };
    Ok(KeyDefinition { name, columns })
}

/// The pairs of WITH; a key can be given once.
pub(super) fn options(pairs: &[OptionPair]) -> Result<BTreeMap<String, String>, SqlError> {
    let mut options = BTreeMap::new();
    for pair in pairs {
        let value = pair.value.value.clone();
        if options.insert(pair.key.value.clone(), value).is_some() {
            return Err(SqlError::invalid(
                format!("option '{}' is given twice", pair.key.value),
                pair.key.span,
            ));
        }
    }
    Ok(options)
}

/// Types the computed columns and checks the watermark, the key and the partition columns.
pub(super) fn check(
    binder: &Binder<'_>,
    table: &mut CatalogTable,
    create: &CreateTable,
) -> Result<(), SqlError> {
    if table.columns.is_empty() {
        return Err(SqlError::invalid("the table has no columns", create.span));
    }
    check_key(table, create)?;
    let read = table.columns.iter().filter(|column| column.is_read());
    let fields = read
        .map(|c| PlanField::new(&c.name, c.ty.clone()))
        .collect();
    let read = PlanSchema { fields };
    let bound = binder.columns(&table.columns, &read)?;
    for (column, (_, expr)) in table.columns.iter_mut().zip(&bound) {
        column.ty = expr.ty().clone();
    }
    if let Some(watermark) = &table.watermark {
        let fields = table.columns.iter();
        let fields = fields
            .map(|c| PlanField::new(&c.name, c.ty.clone()))
            .collect();
        let span = create
            .watermark
            .as_ref()
            .map_or(create.name.span, |w| w.column.span);
        binder.watermark(watermark, &PlanSchema { fields }, span)?;
    }
    for key in &table.partition_keys {
        let written = create
            .partitioned_by
            .iter()
            .find(|written| written.value == *key);
        let span = written.map_or(create.name.span, |written| written.span);
        match table.column(key).map(|column| &column.kind) {
            Some(ColumnKind::Physical) => {}
            Some(_) => {
                return Err(SqlError::invalid(
                    format!("partition column '{key}' must be a physical column"),
                    span,
                ));
            }
            None => return Err(no_such_column(table, "partition column", key, span)),
        }
    }
    Ok(())
}

/// Key columns must be there, and cannot be NULL.
fn check_key(table: &mut CatalogTable, create: &CreateTable) -> Result<(), SqlError> {
    let Some(key) = table.primary_key.clone() else {
        return Ok(());
    };
    let written: &[Ident] = create.primary_key.as_ref().map_or(&[], |key| &key.columns);
    for (at, name) in key.columns.iter().enumerate() {
        let span = written
            .iter()
            .find(|written| written.value == *name)
            .map_or(create.name.span, |written| written.span);
        if key.columns[..at].contains(name) {
            return Err(SqlError::invalid(
                format!("the primary key has '{name}' twice"),
                span,
            ));
        }
        let Some(column) = table.columns.iter_mut().find(|column| column.name == *name) else {
            return Err(no_such_column(table, "primary key column", name, span));
        };
        if column.kind != ColumnKind::Physical {
            return Err(SqlError::invalid(
                format!("primary key column '{name}' must be a physical column"),
                span,
            ));
        }
        column.ty = column.ty.with_nullable(false);
    }
    Ok(())
}

fn no_such_column(table: &CatalogTable, what: &str, name: &str, span: Span) -> SqlError {
    let names = table.columns.iter().map(|column| column.name.as_str());
    SqlError::invalid(format!("{what} '{name}' is not defined in the table"), span)
        .suggesting(name, names)
}
