//! CREATE TABLE .. AS: a table with a query's columns, and the job that fills it.
//!
//! Columns of the statement come first, those of the query that it does not name after them (Flink's
//! `MergeTableAsUtil`). A list of names alone puts the query's columns into another order. The table is made when the
//! job is planned; what the job does later does not take it back.

use std::sync::Arc;

use alpheus_dataflow::TypeKind;
use alpheus_hadoop_conf::options::execution::{RUNTIME_MODE, RuntimeMode};
use alpheus_sql_parser::ast::{self, CreateTable, Ident, Insert, Query, Statement, StatementKind};

use super::super::{JobMode, Outcome, PlannedJob, Session, plan};
use super::already_exists;
use super::create_table::{check, definition};
use crate::catalog::{CatalogObject, Column, ColumnKind};
use crate::error::SqlError;
use crate::rel::PlanSchema;

pub(super) fn create_table_as(
    session: &mut Session,
    create: &CreateTable,
    query: &Query,
) -> Result<Outcome, SqlError> {
    let path = session.catalogs.path(&create.name)?;
    let before = session.catalogs.find(&path).cloned();
    if super::taken(session, &path, create.temporary) {
        if create.if_not_exists {
            return Ok(Outcome::Done);
        }
        let is_table = matches!(before, Some(CatalogObject::Table(_)));
        if !create.or_replace || !is_table {
            return Err(already_exists(session, &create.name, &path));
        }
    }
    let schema = schema(session, query)?;
    let inherited = |column: &&ast::ColumnDef| column.kind == ast::ColumnKind::Inherited;
    let order: Vec<&Ident> = (create.columns.iter().filter(inherited).map(|c| &c.name)).collect();
    let mut own = create.clone();
    own.columns.retain(|column| !inherited(&column));
    if !order.is_empty() && !own.columns.is_empty() {
        return Err(SqlError::invalid(
            "columns with and without a type cannot be mixed in CREATE TABLE .. AS",
            create.span,
        )
        .with_help("list all columns of the query by name, or give each one a type"));
    }
    let mut table = definition(&own)?;
    for column in &table.columns {
        let unfilled = column.kind == ColumnKind::Physical
            && !column.ty.nullable
            && schema.fields.iter().all(|field| field.name != column.name);
        if unfilled {
            return Err(SqlError::invalid(
                format!(
                    "column '{}' is NOT NULL, and the query has no such column",
                    column.name
                ),
                create.span,
            ));
        }
    }
    table
        .columns
        .extend(query_columns(&schema, &order, &table.columns, create)?);
    check(&session.binder(JobMode::Streaming)?, &mut table, &own)?;
    let object = CatalogObject::Table(Arc::new(table));
    let span = create.name.span;
    session
        .catalogs
        .put(&create.name, path.clone(), object, create.temporary)?;
    match plan::plan_statement(session, &insert(create, query, &schema)) {
        Ok(job) => Ok(Outcome::Job(Box::new(job))),
        Err(error) => {
            match before {
                Some(before) => {
                    session
                        .catalogs
                        .put(&create.name, path, before, create.temporary)?
                }
                None => drop(session.catalogs.remove(&path, create.temporary, span)?),
            }
            Err(error)
        }
    }
}

/// The job of the statement, for EXPLAIN. The table is there as a temporary one while it is planned, so that no
/// catalog shows it.
pub(in crate::session) fn plan_table_as(
    session: &mut Session,
    create: &CreateTable,
) -> Result<PlannedJob, SqlError> {
    let path = session.catalogs.path(&create.name)?;
    let taken = super::taken(session, &path, create.temporary);
    if taken && !create.or_replace || session.catalogs.has_temporary(&path) {
        return Err(already_exists(session, &create.name, &path));
    }
    let temporary = CreateTable {
        temporary: true,
        if_not_exists: false,
        ..create.clone()
    };
    let planned = super::create_table(session, &temporary)?;
    session.catalogs.remove(&path, true, create.name.span)?;
    match planned {
        Outcome::Job(job) => Ok(*job),
        _ => Err(SqlError::invalid(
            "only CREATE TABLE .. AS has a plan",
            create.span,
        )),
    }
}

/// The columns of the query in the mode that it will run in.
fn schema(session: &Session, query: &Query) -> Result<PlanSchema, SqlError> {
    let bind =
        |mode: JobMode| Ok::<_, SqlError>(session.binder(mode)?.query(query)?.schema.clone());
    let mode = session.configuration.get(&RUNTIME_MODE);
    match mode.map_err(|error| SqlError::invalid(error.to_string(), query.span))? {
        RuntimeMode::Streaming => bind(JobMode::Streaming),
        RuntimeMode::Batch => bind(JobMode::Batch),
        RuntimeMode::Automatic => bind(JobMode::Batch).or_else(|_| bind(JobMode::Streaming)),
    }
}

/// The columns that the table takes from the query.
fn query_columns(
    schema: &PlanSchema,
    order: &[&Ident],
    own: &[Column],
    create: &CreateTable,
) -> Result<Vec<Column>, SqlError> {
    let mut columns = Vec::with_capacity(schema.fields.len());
    for field in &schema.fields {
        if field.ty.kind == TypeKind::Null {
            return Err(SqlError::invalid(
                format!(
                    "column '{}' of the query is NULL and has no type",
                    field.name
                ),
                create.span,
            )
            .with_help("CAST it"));
        }
        if own.iter().all(|column| column.name != field.name) {
            columns.push(Column {
                name: field.name.clone(),
                ty: field.ty.clone(),
                kind: ColumnKind::Physical,
                comment: None,
            });
        }
    }
    if order.is_empty() {
        return Ok(columns);
    }
    if order.len() != columns.len() {
        return Err(SqlError::invalid(
            format!(
                "the table lists {} columns, its query has {}",
                order.len(),
                columns.len()
            ),
            create.span,
        ));
    }
    let find = |name: &&Ident| {
        let found = columns.iter().find(|column| column.name == name.value);
        found.cloned().ok_or_else(|| {
            let names = columns.iter().map(|column| column.name.as_str());
            SqlError::invalid(
                format!("the query has no column '{}'", name.value),
                name.span,
            )
            .suggesting(&name.value, names)
        })
    };
    order.iter().map(find).collect()
}

/// INSERT INTO the table (the query's columns) the query.
fn insert(create: &CreateTable, query: &Query, schema: &PlanSchema) -> Statement {
    let span = create.span;
    let column = |name: &str| Ident {
        value: name.into(),
        span: create.name.span,
        ..create.name.last().clone()
    };
    let insert = Insert {
        overwrite: false,
        table: create.name.clone(),
        hints: Vec::new(),
        partition: Vec::new(),
        columns: schema
            .fields
            .iter()
            .map(|field| column(&field.name))
            .collect(),
        query: Box::new(query.clone()),
        on_conflict: None,
        span,
    };
    Statement {
        kind: StatementKind::Insert(Box::new(insert)),
        span,
    }
}
