//! ALTER TABLE and ALTER VIEW: new names, options, queries. Columns, keys and watermarks: [`super::alter_columns`].

use std::sync::Arc;

use alpheus_sql_parser::ast::{
    AlterAction, AlterTable, AlterView, AlterViewAction, CreateView, ObjectName,
};

use super::super::{Outcome, Session};
use super::alter_columns;
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
    let mut changed = CatalogTable::clone(&table);
    match &alter.action {
        AlterAction::Rename(to) => return rename(session, &path, to),
        AlterAction::Set(pairs) => changed.options.extend(options(pairs)?),
        AlterAction::Reset(keys) => {
            for key in keys {
                if key.value == "connector" {
                    return Err(SqlError::invalid(
                        "the option 'connector' cannot be reset",
                        key.span,
                    ));
                }
                changed.options.remove(&key.value);
            }
        }
        _ => alter_columns::change(session, &mut changed, alter)?,
    }
    replace(session, alter, path, changed)
}

/// `ALTER VIEW v RENAME TO w` and `ALTER VIEW v AS query`.
pub(in crate::session) fn alter_view(
    session: &mut Session,
    alter: &AlterView,
) -> Result<Outcome, SqlError> {
    let path = session.catalogs.path(&alter.name)?;
    let view = match session.catalogs.find(&path) {
        Some(CatalogObject::View(view)) => Arc::clone(view),
        Some(CatalogObject::Table(_)) => {
            return Err(SqlError::invalid(
                format!("'{}' is a table", alter.name),
                alter.name.span,
            ));
        }
        None if alter.if_exists => return Ok(Outcome::Done),
        None => return Err(session.catalogs.not_found("view", &alter.name, &path)),
    };
    match &alter.action {
        AlterViewAction::Rename(to) => rename(session, &path, to),
        AlterViewAction::As(query) => {
            let temporary = session.catalogs.has_temporary(&path);
            let create = CreateView {
                or_replace: true,
                temporary,
                if_not_exists: false,
                name: alter.name.clone(),
                columns: Vec::new(),
                comment: None,
                query: query.clone(),
                span: alter.span,
            };
            super::put_view(session, &create, view.comment.clone())
        }
    }
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
    // The new name first: a failure in between leaves both rather than none.
    if let Some(object) = session.catalogs.find(from).cloned() {
        session.catalogs.put(to, new, object, temporary)?;
        session.catalogs.remove(from, temporary, to.span)?;
    }
    Ok(Outcome::Done)
}
