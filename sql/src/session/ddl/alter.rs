//! ALTER TABLE: new names and options. Changes of columns are refused.

use std::sync::Arc;

use alpheus_sql_parser::ast::{AlterAction, AlterTable, ObjectName};

use super::super::{Outcome, Session, refused};
use super::create_table::options;
use crate::catalog::{CatalogObject, CatalogTable, ObjectPath};
use crate::error::SqlError;

pub(in crate::session) fn alter_table(
    session: &mut Session,
    alter: &AlterTable,
) -> Result<Outcome, SqlError> {
    let path = session.catalogs.path(&alter.name)?;
    let table = match session.catalogs.find(&path) {
        Some(CatalogObject::Table(table)) => Arc::clone(table),
        Some(CatalogObject::View(_)) => {
            return Err(SqlError::invalid(
                format!("'{}' is a view", alter.name),
                alter.name.span,
            ));
        }
        None if alter.if_exists => return Ok(Outcome::Done),
        None => return Err(session.catalogs.not_found("table", &alter.name, &path)),
    };
    let feature = match &alter.action {
        AlterAction::Rename(to) => return rename(session, &path, to),
        AlterAction::Set(pairs) => {
            let mut changed = CatalogTable::clone(&table);
            changed.options.extend(options(pairs)?);
            return replace(session, alter, path, changed);
        }
        AlterAction::Reset(keys) => {
            let mut changed = CatalogTable::clone(&table);
            for key in keys {
                if key.value == "connector" {
                    return Err(SqlError::invalid(
                        "the option 'connector' cannot be reset",
                        key.span,
                    ));
                }
                changed.options.remove(&key.value);
            }
            return replace(session, alter, path, changed);
        }
        AlterAction::RenameColumn { .. } => "ALTER TABLE .. RENAME column",
        AlterAction::Add(_) => "ALTER TABLE .. ADD",
        AlterAction::Modify(_) => "ALTER TABLE .. MODIFY",
        AlterAction::DropColumns(_)
        | AlterAction::DropPrimaryKey
        | AlterAction::DropConstraint(_)
        | AlterAction::DropWatermark => "ALTER TABLE .. DROP",
    };
    Err(refused(feature, alter.span).with_help("drop the table and create it again"))
}

fn replace(
    session: &mut Session,
    alter: &AlterTable,
    path: ObjectPath,
    table: CatalogTable,
) -> Result<Outcome, SqlError> {
    let temporary = session.catalogs.has_temporary(&path);
    let object = CatalogObject::Table(Arc::new(table));
    session.catalogs.put(&alter.name, path, object, temporary)?;
    Ok(Outcome::Done)
}

fn rename(session: &mut Session, from: &ObjectPath, to: &ObjectName) -> Result<Outcome, SqlError> {
    let new = session
        .catalogs
        .path_under(to, &from.catalog, &from.database)?;
    if session.catalogs.find(&new).is_some() {
        return Err(SqlError::invalid(format!("'{to}' already exists"), to.span));
    }
    let temporary = session.catalogs.has_temporary(from);
    if !temporary && !session.catalogs.has_database(&new.catalog, &new.database) {
        return Err(session.catalogs.not_found("table", to, &new));
    }
    if let Some(object) = session.catalogs.remove(from, temporary) {
        session.catalogs.put(to, new, object, temporary)?;
    }
    Ok(Outcome::Done)
}
