//! Statements that make, change and drop what has a name.

mod alter;
mod alter_columns;
mod catalog;
mod create_as;
mod create_table;
mod function;
mod like;

use std::sync::Arc;

use alpheus_dataflow::schema::Field;
use alpheus_sql_parser::ast::{
    AlterDatabase, CreateDatabase, CreateView, DropObject, ObjectKind, ObjectName,
};

use super::{JobMode, Outcome, Session};
use crate::catalog::{CatalogObject, CatalogView, ObjectPath};
use crate::error::SqlError;

pub(super) use alter::{alter_table, alter_view};
pub(super) use catalog::{alter_catalog, create_catalog, open_catalogs};
pub(super) use create_as::plan_table_as;
pub(super) use create_table::create_table;
pub(super) use function::create_function;

/// Whether something of that name is in the way of a new object of this sort.
fn taken(session: &Session, path: &ObjectPath, temporary: bool) -> bool {
    if temporary {
        session.catalogs.has_temporary(path)
    } else {
        session.catalogs.has_permanent(path)
    }
}

fn already_exists(session: &Session, name: &ObjectName, path: &ObjectPath) -> SqlError {
    let kind = session
        .catalogs
        .find(path)
        .map_or("object", CatalogObject::kind);
    SqlError::invalid(format!("{kind} '{name}' already exists"), name.span)
        .with_help("drop it first, or write IF NOT EXISTS")
}

pub(super) fn create_view(session: &mut Session, create: &CreateView) -> Result<Outcome, SqlError> {
    let comment = create.comment.as_ref().map(|comment| comment.value.clone());
    put_view(session, create, comment)
}

/// Makes a view, or makes it anew.
fn put_view(
    session: &mut Session,
    create: &CreateView,
    comment: Option<String>,
) -> Result<Outcome, SqlError> {
    let path = session.catalogs.path(&create.name)?;
    let replaces = taken(session, &path, create.temporary);
    if replaces && create.if_not_exists {
        return Ok(Outcome::Done);
    }
    if replaces && !create.or_replace {
        return Err(already_exists(session, &create.name, &path));
    }
    // A view may be meant for either mode: what one of them can do is a view.
    let bind = |mode: JobMode| {
        let binder = session.binder(mode)?.defining(&path);
        binder.query(&create.query)
    };
    let rel = match bind(JobMode::Streaming) {
        Err(error) if error.is_unsupported() => bind(JobMode::Batch).map_err(|_| error)?,
        bound => bound?,
    };
    let fields = &rel.schema.fields;
    if !create.columns.is_empty() && create.columns.len() != fields.len() {
        return Err(SqlError::invalid(
            format!(
                "view '{}' names {} columns, its query has {}",
                create.name,
                create.columns.len(),
                fields.len()
            ),
            create.name.span,
        ));
    }
    let mut columns: Vec<Field> = Vec::with_capacity(fields.len());
    for (at, field) in fields.iter().enumerate() {
        let name = create
            .columns
            .get(at)
            .map_or(&field.name, |name| &name.value);
        if columns.iter().any(|known| known.name == *name) {
            let span = create.columns.get(at).map_or(create.name.span, |c| c.span);
            return Err(SqlError::invalid(
                format!("view '{}' has two columns '{name}'", create.name),
                span,
            ));
        }
        columns.push(Field::new(name, field.ty.clone()));
    }
    let view = CatalogView {
        query: Arc::new((*create.query).clone()),
        columns,
        catalog: session.catalogs.current_catalog.clone(),
        database: session.catalogs.current_database.clone(),
        comment,
    };
    let object = CatalogObject::View(Arc::new(view));
    session
        .catalogs
        .put(&create.name, path, object, create.temporary)?;
    Ok(Outcome::Done)
}

/// Catalog and database that a name of one or two parts means.
pub(super) fn database_path(
    session: &Session,
    name: &ObjectName,
) -> Result<(String, String), SqlError> {
    match name.parts.as_slice() {
        [database] => Ok((
            session.catalogs.current_catalog.clone(),
            database.value.clone(),
        )),
        [catalog, database] => {
            if !session.catalogs.has_catalog(&catalog.value) {
                return Err(SqlError::invalid(
                    format!("catalog '{}' not found", catalog.value),
                    catalog.span,
                )
                .suggesting(&catalog.value, session.catalogs.catalogs()));
            }
            Ok((catalog.value.clone(), database.value.clone()))
        }
        _ => Err(SqlError::invalid(
            format!("'{name}' is no database: its full name is catalog.database"),
            name.span,
        )),
    }
}

pub(super) fn create_database(
    session: &mut Session,
    create: &CreateDatabase,
) -> Result<Outcome, SqlError> {
    let (catalog, database) = database_path(session, &create.name)?;
    if session.catalogs.has_database(&catalog, &database) {
        if create.if_not_exists {
            return Ok(Outcome::Done);
        }
        return Err(SqlError::invalid(
            format!("database '{catalog}.{database}' already exists"),
            create.name.span,
        ));
    }
    let comment = create.comment.as_ref().map(|comment| comment.value.clone());
    let options = create_table::options(&create.options)?;
    let span = create.name.span;
    session
        .catalogs
        .put_database(&catalog, &database, comment, options, span)?;
    Ok(Outcome::Done)
}

/// `ALTER DATABASE d SET (..)`: options are added to those that are there.
pub(super) fn alter_database(
    session: &mut Session,
    alter: &AlterDatabase,
) -> Result<Outcome, SqlError> {
    let (catalog, database) = database_path(session, &alter.name)?;
    let Some(known) = session.catalogs.database(&catalog, &database) else {
        return Err(no_database(session, &catalog, &database, alter.name.span));
    };
    let comment = known.comment.clone();
    let mut options = known.options.clone();
    options.extend(create_table::options(&alter.options)?);
    let span = alter.name.span;
    session
        .catalogs
        .put_database(&catalog, &database, comment, options, span)?;
    Ok(Outcome::Done)
}

pub(super) fn no_database(
    session: &Session,
    catalog: &str,
    database: &str,
    span: alpheus_sql_parser::Span,
) -> SqlError {
    SqlError::invalid(format!("database '{catalog}.{database}' not found"), span)
        .suggesting(database, session.catalogs.databases(catalog))
}

pub(super) fn drop_object(session: &mut Session, drop: &DropObject) -> Result<Outcome, SqlError> {
    match drop.object {
        ObjectKind::Table | ObjectKind::View => drop_table_or_view(session, drop),
        ObjectKind::Function => function::drop_function(session, drop),
        ObjectKind::Catalog => catalog::drop_catalog(session, drop),
        ObjectKind::Database => drop_database(session, drop),
    }
}

fn drop_database(session: &mut Session, drop: &DropObject) -> Result<Outcome, SqlError> {
    let (catalog, database) = database_path(session, &drop.name)?;
    let catalogs = &session.catalogs;
    if !catalogs.has_database(&catalog, &database) {
        if drop.if_exists {
            return Ok(Outcome::Done);
        }
        return Err(no_database(session, &catalog, &database, drop.name.span));
    }
    if (catalog.as_str(), database.as_str())
        == (
            catalogs.current_catalog.as_str(),
            catalogs.current_database.as_str(),
        )
    {
        return Err(SqlError::invalid(
            "the database that is in use cannot be dropped",
            drop.name.span,
        )
        .with_help("USE another one first"));
    }
    if !drop.cascade && !catalogs.objects(&catalog, &database).is_empty() {
        return Err(SqlError::invalid(
            format!("database '{catalog}.{database}' is not empty"),
            drop.name.span,
        )
        .with_help("write CASCADE to drop what is in it, too"));
    }
    let span = drop.name.span;
    session.catalogs.drop_database(&catalog, &database, span)?;
    Ok(Outcome::Done)
}

fn drop_table_or_view(session: &mut Session, drop: &DropObject) -> Result<Outcome, SqlError> {
    let path = session.catalogs.path(&drop.name)?;
    let wanted = match drop.object {
        ObjectKind::View => "view",
        _ => "table",
    };
    let temporary = session.catalogs.has_temporary(&path);
    let found = session.catalogs.find(&path).map(CatalogObject::kind);
    match found {
        Some(kind) if kind == wanted && (temporary || !drop.temporary) => {
            if temporary && !drop.temporary && session.catalogs.has_permanent(&path) {
                return Err(SqlError::invalid(
                    format!("a temporary {kind} hides '{}'", drop.name),
                    drop.name.span,
                )
                .with_help(format!(
                    "drop it first: DROP TEMPORARY {}",
                    kind.to_uppercase()
                )));
            }
            session.catalogs.remove(&path, temporary, drop.name.span)?;
            Ok(Outcome::Done)
        }
        _ if drop.if_exists => Ok(Outcome::Done),
        Some(kind) if kind != wanted => Err(SqlError::invalid(
            format!("'{}' is a {kind}", drop.name),
            drop.name.span,
        )
        .with_help(format!("use DROP {}", kind.to_uppercase()))),
        Some(_) => Err(SqlError::invalid(
            format!("there is no temporary {wanted} '{}'", drop.name),
            drop.name.span,
        )),
        None => Err(session.catalogs.not_found(wanted, &drop.name, &path)),
    }
}

pub(super) fn use_object(
    session: &mut Session,
    catalog: bool,
    name: &ObjectName,
) -> Result<Outcome, SqlError> {
    if catalog {
        let wanted = &name.last().value;
        if !session.catalogs.has_catalog(wanted) {
            return Err(
                SqlError::invalid(format!("catalog '{wanted}' not found"), name.span)
                    .suggesting(wanted, session.catalogs.catalogs()),
            );
        }
        let catalogs = &session.catalogs;
        let default = catalogs.definition(wanted).map(|d| d.default_database());
        let first = default.filter(|name| catalogs.has_database(wanted, name));
        let first = first.or_else(|| catalogs.databases(wanted).next());
        let database = first.unwrap_or("default").to_owned();
        session.catalogs.current_catalog.clone_from(wanted);
        session.catalogs.current_database = database;
        return Ok(Outcome::Done);
    }
    let (catalog, database) = database_path(session, name)?;
    if !session.catalogs.has_database(&catalog, &database) {
        return Err(no_database(session, &catalog, &database, name.span));
    }
    session.catalogs.current_catalog = catalog;
    session.catalogs.current_database = database;
    Ok(Outcome::Done)
}
