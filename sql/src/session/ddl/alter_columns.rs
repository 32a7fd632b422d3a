//! ALTER TABLE of columns, the primary key and the watermark.
//!
//! The changed definition is checked as CREATE TABLE checks a new one: a column that a computed column, the
//! watermark, the key or the partitions still use can be neither dropped nor renamed. Files and rows are not touched.

use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{
    AlterAction, AlterElement, AlterTable, ColumnDef, ColumnPosition, CreateTable, Ident,
};

use super::super::{JobMode, Session};
use super::create_table::{check, column, primary_key, watermark};
use crate::catalog::CatalogTable;
use crate::error::SqlError;

/// Applies a change of columns, key or watermark and checks what comes of it.
pub(super) fn change(
    session: &Session,
    table: &mut CatalogTable,
    alter: &AlterTable,
) -> Result<(), SqlError> {
    let span = alter.span;
    match &alter.action {
        AlterAction::Add(elements) => {
            for element in elements {
                add(table, element)?;
            }
        }
        AlterAction::Modify(elements) => {
            for element in elements {
                modify(table, element, span)?;
            }
        }
        AlterAction::RenameColumn { from, to } => rename(table, from, to)?,
        AlterAction::DropColumns(columns) => {
            for name in columns {
                let at = position(table, name)?;
                let in_key = |key: &Vec<String>| key.contains(&name.value);
                if table
                    .primary_key
                    .as_ref()
                    .is_some_and(|key| in_key(&key.columns))
                {
                    return Err(SqlError::invalid(
                        format!("column '{}' is part of the primary key", name.value),
                        name.span,
                    )
                    .with_help("ALTER TABLE .. DROP PRIMARY KEY first"));
                }
                table.columns.remove(at);
            }
        }
        AlterAction::DropPrimaryKey => {
            if table.primary_key.take().is_none() {
                return Err(SqlError::invalid("the table has no primary key", span));
            }
        }
        AlterAction::DropConstraint(name) => match table.primary_key.take() {
            Some(key) if key.name == name.value => {}
            _ => {
                return Err(SqlError::invalid(
                    format!("the table has no constraint '{}'", name.value),
                    name.span,
                ));
            }
        },
        AlterAction::DropWatermark => {
            if table.watermark.take().is_none() {
                return Err(SqlError::invalid("the table has no watermark", span));
            }
        }
        AlterAction::Rename(_) | AlterAction::Set(_) | AlterAction::Reset(_) => {}
    }
    check(&session.binder(JobMode::Streaming)?, table, &places(alter))
}

/// A statement without anything in it: complaints then point at the table's name.
fn places(alter: &AlterTable) -> CreateTable {
    CreateTable {
        or_replace: false,
        temporary: false,
        if_not_exists: false,
        name: alter.name.clone(),
        columns: Vec::new(),
        watermark: None,
        primary_key: None,
        comment: None,
        distribution: None,
        partitioned_by: Vec::new(),
        options: Vec::new(),
        like: None,
        query: None,
        span: alter.span,
    }
}

fn add(table: &mut CatalogTable, element: &AlterElement) -> Result<(), SqlError> {
    match element {
        AlterElement::Column {
            column: written,
            position,
        } => {
            if table.column(&written.name.value).is_some() {
                return Err(SqlError::invalid(
                    format!("the table already has a column '{}'", written.name.value),
                    written.span,
                ));
            }
            place(table, written, position.as_ref(), table.columns.len())
        }
        AlterElement::Watermark(written) => {
            if table.watermark.is_some() {
                return Err(
                    SqlError::invalid("the table already has a watermark", written.span)
                        .with_help("use ALTER TABLE .. MODIFY WATERMARK"),
                );
            }
            table.watermark = Some(watermark(written)?);
            Ok(())
        }
        AlterElement::PrimaryKey(written) => {
            if table.primary_key.is_some() {
                return Err(
                    SqlError::invalid("the table already has a primary key", written.span)
                        .with_help("use ALTER TABLE .. MODIFY"),
                );
            }
            table.primary_key = Some(primary_key(written)?);
            Ok(())
        }
    }
}

fn modify(table: &mut CatalogTable, element: &AlterElement, span: Span) -> Result<(), SqlError> {
    match element {
        AlterElement::Column {
            column: written,
            position: to,
        } => {
            let at = position(table, &written.name)?;
            table.columns.remove(at);
            place(table, written, to.as_ref(), at)
        }
        AlterElement::Watermark(written) => {
            if table.watermark.is_none() {
                return Err(SqlError::invalid("the table has no watermark", span)
                    .with_help("use ALTER TABLE .. ADD WATERMARK"));
            }
            table.watermark = Some(watermark(written)?);
            Ok(())
        }
        AlterElement::PrimaryKey(written) => {
            if table.primary_key.is_none() {
                return Err(SqlError::invalid("the table has no primary key", span)
                    .with_help("use ALTER TABLE .. ADD PRIMARY KEY"));
            }
            table.primary_key = Some(primary_key(written)?);
            Ok(())
        }
    }
}

/// Puts a column where the statement says, or at `otherwise`.
fn place(
    table: &mut CatalogTable,
    written: &ColumnDef,
    to: Option<&ColumnPosition>,
    otherwise: usize,
) -> Result<(), SqlError> {
    let at = match to {
        None => otherwise,
        Some(ColumnPosition::First) => 0,
        Some(ColumnPosition::After(before)) => position(table, before)? + 1,
    };
    table.columns.insert(at, column(written)?);
    Ok(())
}

fn rename(table: &mut CatalogTable, from: &Ident, to: &Ident) -> Result<(), SqlError> {
    let at = position(table, from)?;
    if table.column(&to.value).is_some() {
        return Err(SqlError::invalid(
            format!("the table already has a column '{}'", to.value),
            to.span,
        ));
    }
    table.columns[at].name.clone_from(&to.value);
    if let Some(key) = &mut table.primary_key {
        for column in &mut key.columns {
            if *column == from.value {
                column.clone_from(&to.value);
            }
        }
    }
    Ok(())
}

fn position(table: &CatalogTable, name: &Ident) -> Result<usize, SqlError> {
    let found = table
        .columns
        .iter()
        .position(|column| column.name == name.value);
    found.ok_or_else(|| {
        let names = table.columns.iter().map(|column| column.name.as_str());
        SqlError::invalid(
            format!("the table has no column '{}'", name.value),
            name.span,
        )
        .suggesting(&name.value, names)
    })
}
