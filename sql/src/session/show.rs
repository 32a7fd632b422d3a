//! SHOW and DESCRIBE.

use std::collections::BTreeMap;

use alpheus_functions::{aggregate, registry};
use alpheus_sql_parser::ast::{ObjectKind, ObjectName, Show, ShowLike, ShowTarget};

use super::{Outcome, Session, TextTable, refused};
use crate::binder::wasm_limits;
use crate::catalog::{
    CatalogObject, CatalogTable, ColumnKind, TYPE, show_create_catalog, show_create_table,
    show_create_view,
};
use crate::error::SqlError;

/// `SHOW ..`.
pub(super) fn show(session: &Session, show: &Show) -> Result<Outcome, SqlError> {
    let catalogs = &session.catalogs;
    let like = show.like.as_ref();
    let (column, names): (&str, Vec<String>) = match &show.target {
        ShowTarget::Tables => ("table name", object_names(session, show, |_| true)?),
        ShowTarget::Views => {
            let is_view = |object: &CatalogObject| matches!(object, CatalogObject::View(_));
            ("view name", object_names(session, show, is_view)?)
        }
        ShowTarget::Functions { user: true } => ("function name", catalogs.function_names()),
        ShowTarget::Functions { user: false } => {
            let mut names = function_names();
            names.extend(catalogs.function_names());
            ("function name", names)
        }
        ShowTarget::Catalogs => {
            let names = catalogs.catalogs().map(str::to_owned).collect();
            ("catalog name", names)
        }
        ShowTarget::Databases => {
            let catalog = match &show.from {
                None => catalogs.current_catalog.clone(),
                Some(name) => existing_catalog(session, name)?,
            };
            let names = catalogs.databases(&catalog).map(str::to_owned).collect();
            ("database name", names)
        }
        ShowTarget::CurrentCatalog => (
            "current catalog name",
            vec![catalogs.current_catalog.clone()],
        ),
        ShowTarget::CurrentDatabase => (
            "current database name",
            vec![catalogs.current_database.clone()],
        ),
        ShowTarget::CreateTable(name) => match catalogs.get("table", name)? {
            (path, CatalogObject::Table(table)) => {
                let temporary = catalogs.has_temporary(&path);
                ("result", vec![show_create_table(&path, table, temporary)])
            }
            (_, CatalogObject::View(_)) => {
                return Err(wrong_kind(name, "view", "SHOW CREATE VIEW"));
            }
        },
        ShowTarget::CreateView(name) => match catalogs.get("view", name)? {
            (path, CatalogObject::View(view)) => {
                let temporary = catalogs.has_temporary(&path);
                ("result", vec![show_create_view(&path, view, temporary)])
            }
            (_, CatalogObject::Table(_)) => {
                return Err(wrong_kind(name, "table", "SHOW CREATE TABLE"));
            }
        },
        ShowTarget::CreateCatalog(name) => {
            let catalog = existing_catalog(session, name)?;
            let definition = catalogs.definition(&catalog);
            let text = definition.map_or_else(String::new, |d| show_create_catalog(&catalog, d));
            ("result", vec![text])
        }
        ShowTarget::Columns(name) => {
            let mut table = describe_rows(session, name)?;
            table.rows.retain(|row| {
                let name = row.first().and_then(Option::as_deref).unwrap_or_default();
                like.is_none_or(|like| passes(like, name))
            });
            return Ok(Outcome::Rows(table));
        }
        ShowTarget::Modules { .. } => ("module name", vec!["core".to_owned()]),
        ShowTarget::Jars => ("jars", Vec::new()),
        ShowTarget::Procedures => ("procedure name", Vec::new()),
        ShowTarget::Partitions(name) => ("partition name", partition_names(session, name)?),
        ShowTarget::Jobs => {
            return Err(refused("SHOW JOBS", show.span).with_help("use `alpheus list`"));
        }
    };
    let names = names
        .into_iter()
        .filter(|name| like.is_none_or(|like| passes(like, name)));
    Ok(Outcome::Rows(TextTable::of_column(column, names)))
}

/// The partitions of a table, from its folders.
fn partition_names(session: &Session, name: &ObjectName) -> Result<Vec<String>, SqlError> {
    let (path, CatalogObject::Table(table)) = session.catalogs.get("table", name)? else {
        return Err(SqlError::invalid(
            format!("'{name}' is a view and has no partitions"),
            name.span,
        ));
    };
    let spec = table.as_source(&path, &BTreeMap::new());
    if spec.partition_keys.is_empty() {
        return Err(SqlError::invalid(
            format!("table '{}' is not partitioned", path.object),
            name.span,
        )
        .with_help("SHOW PARTITIONS is for tables with PARTITIONED BY"));
    }
    alpheus_connectors::list_partitions(&spec)
        .map_err(|error| SqlError::invalid(error.to_string(), name.span))
}

/// `DESCRIBE t`.
pub(super) fn describe(session: &Session, name: &ObjectName) -> Result<Outcome, SqlError> {
    describe_rows(session, name).map(Outcome::Rows)
}

/// `DESCRIBE CATALOG c`, `DESCRIBE DATABASE d`.
pub(super) fn describe_object(
    session: &Session,
    object: ObjectKind,
    extended: bool,
    name: &ObjectName,
) -> Result<Outcome, SqlError> {
    let mut table = TextTable::new(["info name", "info value"]);
    let mut row = |name: &str, value: Option<&str>| {
        let cells = [Some(name.to_owned()), value.map(str::to_owned)];
        table.rows.push(cells.to_vec());
    };
    if object == ObjectKind::Function {
        let catalogs = &session.catalogs;
        let (catalog, database) = (&catalogs.current_catalog, &catalogs.current_database);
        let Some((full_name, function)) = catalogs.find_function(name, catalog, database) else {
            return describe_built_in(name);
        };
        let wrong = |message: String| SqlError::invalid(message, name.span);
        let limits = wasm_limits(&session.configuration).map_err(wrong)?;
        let loaded = function.load(&full_name, limits).map_err(wrong)?;
        row("name", Some(&full_name));
        row("is system function", Some("false"));
        row("kind", Some(&format!("{:?}", loaded.kind).to_uppercase()));
        row("language", Some("WASM"));
        row("module", Some(&function.location));
        row("signature", Some(&loaded.signature(&name.last().value)));
        row("result", Some(&loaded.result.to_string()));
        return Ok(Outcome::Rows(table));
    }
    let options = if object == ObjectKind::Database {
        let (catalog, database) = super::ddl::database_path(session, name)?;
        let Some(known) = session.catalogs.database(&catalog, &database) else {
            return Err(super::ddl::no_database(
                session, &catalog, &database, name.span,
            ));
        };
        row("catalog name", Some(&catalog));
        row("name", Some(&database));
        row("comment", known.comment.as_deref());
        known.options.clone()
    } else {
        let catalog = existing_catalog(session, name)?;
        let known = session
            .catalogs
            .definition(&catalog)
            .cloned()
            .unwrap_or_default();
        row("name", Some(&catalog));
        row("type", known.options.get(TYPE).map(String::as_str));
        row("comment", known.comment.as_deref());
        known.options
    };
    if extended {
        for (key, value) in &options {
            row(&format!("option:{key}"), Some(value));
        }
    }
    Ok(Outcome::Rows(table))
}

fn describe_built_in(name: &ObjectName) -> Result<Outcome, SqlError> {
    let upper = name.single().map(|name| name.value.to_uppercase());
    let upper = upper.unwrap_or_default();
    let scalar = registry::lookup(&upper).filter(|function| function.refused().is_none());
    let scalar = scalar.map(|f| (f.name, "SCALAR", f.signature, f.description));
    let aggregates = aggregate::all().iter();
    let aggregate = aggregates
        .map(|f| (f.name, "AGGREGATE", f.signature, f.description))
        .find(|(name, ..)| *name == upper);
    let Some((name, kind, signature, description)) = scalar.or(aggregate) else {
        return Err(
            SqlError::invalid(format!("function '{name}' not found"), name.span)
                .with_help("SHOW FUNCTIONS lists those there are"),
        );
    };
    let mut table = TextTable::new(["info name", "info value"]);
    for (key, value) in [
        ("name", name),
        ("is system function", "true"),
        ("kind", kind),
        ("signature", signature),
        ("description", description),
    ] {
        let cells = [key, value].map(|cell| Some(cell.to_owned()));
        table.rows.push(cells.to_vec());
    }
    Ok(Outcome::Rows(table))
}

fn wrong_kind(name: &ObjectName, kind: &str, statement: &str) -> SqlError {
    SqlError::invalid(format!("'{name}' is a {kind}"), name.span)
        .with_help(format!("use {statement}"))
}

fn existing_catalog(session: &Session, name: &ObjectName) -> Result<String, SqlError> {
    let catalog = &name.last().value;
    if session.catalogs.has_catalog(catalog) {
        return Ok(catalog.clone());
    }
    Err(
        SqlError::invalid(format!("catalog '{catalog}' not found"), name.span)
            .suggesting(catalog, session.catalogs.catalogs()),
    )
}

fn object_names(
    session: &Session,
    show: &Show,
    wanted: impl Fn(&CatalogObject) -> bool,
) -> Result<Vec<String>, SqlError> {
    let catalogs = &session.catalogs;
    let (catalog, database) = match &show.from {
        None => (
            catalogs.current_catalog.clone(),
            catalogs.current_database.clone(),
        ),
        Some(name) => super::ddl::database_path(session, name)?,
    };
    if let Some(name) = &show.from
        && !catalogs.has_database(&catalog, &database)
    {
        return Err(SqlError::invalid(
            format!("database '{catalog}.{database}' not found"),
            name.span,
        )
        .suggesting(&database, catalogs.databases(&catalog)));
    }
    let objects = catalogs.objects(&catalog, &database);
    let names = objects.into_iter().filter(|(_, object)| wanted(object));
    Ok(names.map(|(name, _)| name).collect())
}

/// Every function by its name, aliases included.
pub(super) fn function_names() -> Vec<String> {
    let scalar = registry::all()
        .filter(|function| function.refused().is_none())
        .flat_map(|function| std::iter::once(function.name).chain(function.aliases.iter().copied()))
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(' '));
    let aggregates = aggregate::all().iter().map(|function| function.name);
    let mut names: Vec<String> = scalar.chain(aggregates).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `LIKE` with `%` and `_`.
fn passes(like: &ShowLike, name: &str) -> bool {
    let pattern = &like.pattern.value;
    let matches = if like.ignore_case {
        matches(
            pattern.to_lowercase().as_bytes(),
            name.to_lowercase().as_bytes(),
        )
    } else {
        matches(pattern.as_bytes(), name.as_bytes())
    };
    matches != like.negated
}

/// The usual greedy match with one place to come back to.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'%') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'_' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, at)) => {
                    retry = Some((star, at + 1));
                    p = star + 1;
                    t = at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'%')
}

fn describe_rows(session: &Session, name: &ObjectName) -> Result<TextTable, SqlError> {
    let (_, object) = session.catalogs.get("table", name)?;
    let mut table = TextTable::new(["name", "type", "null", "key", "extras", "watermark"]);
    match object {
        CatalogObject::View(view) => {
            for column in &view.columns {
                table
                    .rows
                    .push(cells(&column.name, &column.ty, "", None, None, None));
            }
        }
        CatalogObject::Table(definition) => describe_table(definition, &mut table),
    }
    Ok(table)
}

fn describe_table(definition: &CatalogTable, table: &mut TextTable) {
    let with_comments = definition
        .columns
        .iter()
        .any(|column| column.comment.is_some());
    if with_comments {
        table.columns.push("comment".to_owned());
    }
    for column in &definition.columns {
        let key = definition.primary_key.as_ref().and_then(|key| {
            key.columns
                .contains(&column.name)
                .then(|| format!("PRI({})", key.columns.join(", ")))
        });
        let extras = match &column.kind {
            ColumnKind::Physical => None,
            ColumnKind::Computed(expr) => Some(format!("AS {expr}")),
            ColumnKind::Metadata { key, is_virtual } => {
                let from = key
                    .as_ref()
                    .map_or(String::new(), |key| format!(" FROM '{key}'"));
                let read_only = if *is_virtual { " VIRTUAL" } else { "" };
                Some(format!("METADATA{from}{read_only}"))
            }
        };
        let watermark = definition
            .watermark
            .as_ref()
            .filter(|w| w.column == column.name);
        let role = if watermark.is_some() {
            " *ROWTIME*"
        } else {
            ""
        };
        let watermark = watermark.map(|watermark| watermark.expr.to_string());
        let mut row = cells(&column.name, &column.ty, role, key, extras, watermark);
        if with_comments {
            row.push(column.comment.clone());
        }
        table.rows.push(row);
    }
}

fn cells(
    name: &str,
    ty: &alpheus_dataflow::types::LogicalType,
    role: &str,
    key: Option<String>,
    extras: Option<String>,
    watermark: Option<String>,
) -> Vec<Option<String>> {
    let nullable = if ty.nullable { "TRUE" } else { "FALSE" };
    vec![
        Some(name.to_owned()),
        Some(format!("{}{role}", ty.kind)),
        Some(nullable.to_owned()),
        key,
        extras,
        watermark,
    ]
}
