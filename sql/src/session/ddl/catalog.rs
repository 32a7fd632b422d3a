//! Catalogs: CREATE, ALTER, DROP, and the store that they are kept in.

use alpheus_sql_parser::ast::{AlterCatalog, AlterCatalogAction, CreateCatalog, DropObject};

use super::super::{Outcome, Session, refused};
use super::create_table::options;
use crate::catalog::{
    CatalogDefinition, CatalogStore, DEFAULT_DATABASE, FILE_SYSTEM, IN_MEMORY, PATH, TYPE,
};
use crate::error::SqlError;

/// Opens the store, if there is one, with the first statement that may need a catalog.
pub(in crate::session) fn open_catalogs(session: &mut Session) -> Result<(), SqlError> {
    if session.opened {
        return session.catalogs.refresh();
    }
    session.store = CatalogStore::open(&session.configuration)?;
    if let Some(store) = &session.store {
        for (name, definition) in store.load()? {
            if !session.catalogs.has_catalog(&name) {
                let span = alpheus_sql_parser::Span::default();
                session.catalogs.create_catalog(&name, definition, span)?;
            }
        }
    }
    session.opened = true;
    Ok(())
}

pub(in crate::session) fn create_catalog(
    session: &mut Session,
    create: &CreateCatalog,
) -> Result<Outcome, SqlError> {
    let name = &create.name.value;
    if session.catalogs.has_catalog(name) {
        if create.if_not_exists {
            return Ok(Outcome::Done);
        }
        return Err(SqlError::invalid(
            format!("catalog '{name}' already exists"),
            create.name.span,
        ));
    }
    let definition = CatalogDefinition {
        options: options(&create.options)?,
        comment: create.comment.as_ref().map(|comment| comment.value.clone()),
    };
    for option in &create.options {
        let kind = definition.options.get(TYPE).map(String::as_str);
        let known: &[&str] = match kind {
            Some(FILE_SYSTEM) => &[TYPE, DEFAULT_DATABASE, PATH],
            _ => &[TYPE, DEFAULT_DATABASE],
        };
        let key = option.key.value.as_str();
        if key == TYPE && !matches!(kind, Some(IN_MEMORY | FILE_SYSTEM)) {
            return Err(refused(
                &format!("a catalog of type '{}'", option.value.value),
                option.span,
            )
            .with_help("there are 'generic_in_memory', and 'filesystem', which keeps definitions in a folder"));
        }
        if kind.is_some() && !known.contains(&key) {
            let message = format!("unknown option '{key}' of a catalog");
            return Err(
                SqlError::invalid(message, option.span).suggesting(key, known.iter().copied())
            );
        }
    }
    if !definition.options.contains_key(TYPE) {
        return Err(
            SqlError::invalid("a catalog needs the option 'type'", create.span)
                .with_help("WITH ('type' = 'generic_in_memory')"),
        );
    }
    if definition.options[TYPE] == FILE_SYSTEM && !definition.options.contains_key(PATH) {
        return Err(SqlError::invalid(
            "a catalog of type 'filesystem' needs the option 'path'",
            create.span,
        )
        .with_help("a folder, for example 'path' = 'hdfs:///user/me/catalog'"));
    }
    let stored = definition.clone();
    session
        .catalogs
        .create_catalog(name, definition, create.span)?;
    if let Some(store) = &session.store
        && let Err(error) = store.put(name, &stored)
    {
        session.catalogs.drop_catalog(name);
        return Err(at(error, create.name.span));
    }
    Ok(Outcome::Done)
}

/// `ALTER CATALOG`: options and comment; the catalog is opened again with them.
pub(in crate::session) fn alter_catalog(
    session: &mut Session,
    alter: &AlterCatalog,
) -> Result<Outcome, SqlError> {
    let name = &alter.name.value;
    let Some(known) = session.catalogs.definition(name) else {
        return Err(
            SqlError::invalid(format!("catalog '{name}' not found"), alter.name.span)
                .suggesting(name, session.catalogs.catalogs()),
        );
    };
    let before = known.clone();
    let mut definition = known.clone();
    let fixed = |key: &str| [TYPE, PATH].contains(&key);
    let refuse = |key: &str, span| {
        SqlError::invalid(
            format!("the option '{key}' of a catalog cannot change"),
            span,
        )
        .with_help("drop the catalog and create it again")
    };
    match &alter.action {
        AlterCatalogAction::Comment(comment) => definition.comment = Some(comment.value.clone()),
        AlterCatalogAction::Set(pairs) => {
            for pair in pairs {
                let key = pair.key.value.as_str();
                if fixed(key) {
                    return Err(refuse(key, pair.span));
                }
                if key != DEFAULT_DATABASE {
                    return Err(SqlError::invalid(
                        format!("unknown option '{key}' of a catalog"),
                        pair.span,
                    )
                    .suggesting(key, [DEFAULT_DATABASE]));
                }
            }
            definition.options.extend(options(pairs)?);
        }
        AlterCatalogAction::Reset(keys) => {
            for key in keys {
                if fixed(&key.value) {
                    return Err(refuse(&key.value, key.span));
                }
                definition.options.remove(&key.value);
            }
        }
    }
    session.catalogs.define(name, definition.clone());
    if let Some(store) = &session.store
        && let Err(error) = store.put(name, &definition)
    {
        session.catalogs.define(name, before);
        return Err(at(error, alter.name.span));
    }
    Ok(Outcome::Done)
}

pub(super) fn drop_catalog(session: &mut Session, drop: &DropObject) -> Result<Outcome, SqlError> {
    let name = &drop.name.last().value;
    if !session.catalogs.has_catalog(name) {
        if drop.if_exists {
            return Ok(Outcome::Done);
        }
        return Err(
            SqlError::invalid(format!("catalog '{name}' not found"), drop.name.span)
                .suggesting(name, session.catalogs.catalogs()),
        );
    }
    if *name == session.catalogs.current_catalog {
        return Err(SqlError::invalid(
            "the catalog that is in use cannot be dropped",
            drop.name.span,
        )
        .with_help("USE CATALOG another one first"));
    }
    if let Some(store) = &session.store {
        store
            .remove(name)
            .map_err(|error| at(error, drop.name.span))?;
    }
    session.catalogs.drop_catalog(name);
    Ok(Outcome::Done)
}

fn at(mut error: SqlError, span: alpheus_sql_parser::Span) -> SqlError {
    error.diagnostic.span = span;
    error
}
