//! INSERT: the query's columns brought into the order and types of the table's.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::types::TypeKind;
use alpheus_functions::typing::{can_cast, can_cast_implicitly};
use alpheus_hadoop_conf::options;
use alpheus_hadoop_conf::options::table::NotNullEnforcer;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{ConflictAction, Ident, Insert, OnConflict};

use super::{Binder, convert};
use crate::catalog::CatalogObject;
use crate::error::SqlError;
use crate::rel::{Output, PlanSchema, Rel, Target};

impl Binder<'_> {
    /// The plan of an INSERT.
    pub(crate) fn insert(&self, insert: &Insert) -> Result<Output, SqlError> {
        let name = &insert.table;
        let path = self
            .catalogs
            .path_under(name, &self.catalog, &self.database)?;
        let table = match self.catalogs.find(&path) {
            Some(CatalogObject::Table(table)) => table,
            Some(CatalogObject::View(_)) => {
                return Err(SqlError::invalid(
                    format!("'{name}' is a view: nothing can be inserted into it"),
                    name.span,
                ));
            }
            None => return Err(self.catalogs.not_found("table", name, &path)),
        };
        let spec = Arc::new(table.as_sink(&path, &self.table_hints(&insert.hints)?));
        let capabilities = self.validate(&spec, name.span)?;
        if !capabilities.sink {
            return Err(SqlError::invalid(
                format!(
                    "table '{}' cannot be written: connector '{}' only reads",
                    path.object, spec.connector
                ),
                name.span,
            ));
        }
        if insert.overwrite && !capabilities.overwrite {
            return Err(SqlError::invalid(
                format!(
                    "connector '{}' does not support INSERT OVERWRITE",
                    spec.connector
                ),
                name.span,
            ));
        }
        if let Some(clause) = &insert.on_conflict {
            check_conflict(clause, &spec)?;
        }
        if insert.overwrite && self.is_streaming() {
            // As Flink: what a stream would replace is not whole before its end, which may never come.
            return Err(
                SqlError::unsupported("INSERT OVERWRITE in streaming mode", name.span)
                    .with_help("SET 'execution.runtime-mode' = 'batch'"),
            );
        }
        let query = self.subquery(&insert.query, None)?;
        let fixed = self.static_partition(insert, &spec)?;
        let targets = targets(insert, &spec, &fixed)?;
        if query.schema.len() != targets.len() {
            return Err(mismatch(
                "different number of columns",
                &spec,
                &query.schema,
                &targets,
                insert.query.span,
            ));
        }
        let mut columns = Vec::with_capacity(spec.schema.len());
        for (position, field) in spec.schema.fields.iter().enumerate() {
            let expr = match targets.iter().position(|target| *target == position) {
                Some(source) => {
                    let from = &query.schema.fields[source].ty;
                    if !can_cast_implicitly(from, &field.ty) {
                        let cause = format!(
                            "incompatible types for sink column '{}' at position {source}",
                            field.name
                        );
                        return Err(mismatch(
                            &cause,
                            &spec,
                            &query.schema,
                            &targets,
                            insert.query.span,
                        ));
                    }
                    let column = match from.kind {
                        TypeKind::Null => Expr::literal(Literal::Null, from.clone()),
                        _ => Expr::input(source, from.clone()),
                    };
                    convert(column, &field.ty)
                }
                None => match fixed.iter().find(|(column, _)| *column == position) {
                    Some((_, value)) => value.clone(),
                    None if !field.ty.nullable => {
                        return Err(SqlError::invalid(
                            format!(
                                "column '{}' has no default value and does not allow NULLs",
                                field.name
                            ),
                            insert.span,
                        )
                        .with_help("give it a value in the column list"));
                    }
                    None => Expr::literal(Literal::Null, field.ty.clone()),
                },
            };
            columns.push((field.name.clone(), self.fold(expr)));
        }
        let unchanged = columns.len() == query.schema.len()
            && columns.iter().enumerate().all(|(at, (name, expr))| {
                matches!(expr, Expr::Input { index, .. } if *index == at)
                    && *name == query.schema.fields[at].name
            });
        let rows = if unchanged {
            query
        } else {
            Rel::project(query, columns)
        };
        Ok(Output {
            query: self.enforce_not_null(rows, &spec),
            target: Target::Table {
                static_partition: partition_text(insert, &fixed),
                table: spec,
                overwrite: insert.overwrite,
            },
        })
    }

    /// The constants of PARTITION (k = v), by column.
    fn static_partition(
        &self,
        insert: &Insert,
        spec: &TableSpec,
    ) -> Result<Vec<(usize, Expr)>, SqlError> {
        let mut fixed = Vec::new();
        for (column, value) in &insert.partition {
            if !spec.partition_keys.contains(&column.value) {
                let keys = spec.partition_keys.iter().map(String::as_str);
                return Err(SqlError::invalid(
                    format!(
                        "'{}' is not a partition column of table '{}'",
                        column.value, insert.table
                    ),
                    column.span,
                )
                .suggesting(&column.value, keys));
            }
            let Some(value) = value else {
                continue;
            };
            let position = column_position(column, spec)?;
            let ty = &spec.schema.fields[position].ty;
            let bound = self.constant(value, "PARTITION")?;
            if !can_cast(bound.ty(), ty) {
                return Err(SqlError::invalid(
                    format!(
                        "partition column '{}' is {} and not {}",
                        column.value,
                        ty.kind,
                        bound.ty().kind
                    ),
                    value.span,
                ));
            }
            let bound = self.fold(convert(bound, ty));
            if !matches!(bound, Expr::Literal { .. }) {
                return Err(SqlError::invalid("PARTITION needs constants", value.span));
            }
            fixed.push((position, bound));
        }
        Ok(fixed)
    }

    /// Rows with a NULL in a NOT NULL column are left out where the configuration says so; else the
    /// sink fails on them.
    fn enforce_not_null(&self, rows: Arc<Rel>, spec: &TableSpec) -> Arc<Rel> {
        let enforcer = self.configuration.get(&options::table::NOT_NULL_ENFORCER);
        if !matches!(enforcer, Ok(NotNullEnforcer::Drop)) {
            return rows;
        }
        let fields = spec
            .schema
            .fields
            .iter()
            .zip(&rows.schema.fields)
            .enumerate();
        let tests = fields
            .filter(|(_, (want, have))| !want.ty.nullable && have.ty.nullable)
            .map(|(at, (_, have))| {
                let column = Expr::input(at, have.ty.clone());
                Expr::call("IS NOT NULL", vec![column], TypeKind::Boolean.not_null())
            });
        let all = tests
            .reduce(|all, test| Expr::call("AND", vec![all, test], TypeKind::Boolean.not_null()));
        match all {
            Some(predicate) => Rel::filter(rows, predicate),
            None => rows,
        }
    }
}

/// ON CONFLICT says what becomes of rows with one PRIMARY KEY that the query tells apart. The last one counts
/// in any case (`table.exec.sink.upsert-materialize`), so DO DEDUPLICATE asks for nothing more.
fn check_conflict(clause: &OnConflict, spec: &TableSpec) -> Result<(), SqlError> {
    let action = match clause.action {
        ConflictAction::Deduplicate if spec.primary_key.is_empty() => {
            let table = spec.identifier.rsplit('.').next().unwrap_or_default();
            return Err(SqlError::invalid(
                format!("ON CONFLICT needs a PRIMARY KEY, which table '{table}' has not"),
                clause.span,
            ));
        }
        ConflictAction::Deduplicate => return Ok(()),
        ConflictAction::Error => "ERROR",
        ConflictAction::Nothing => "NOTHING",
    };
    Err(
        SqlError::unsupported(format!("ON CONFLICT DO {action}"), clause.span)
            .with_help("ON CONFLICT DO DEDUPLICATE, by which the last row counts, is there"),
    )
}

/// The partition as it is written into folders' names.
fn partition_text(insert: &Insert, fixed: &[(usize, Expr)]) -> BTreeMap<String, String> {
    let mut values = fixed.iter();
    let mut text = BTreeMap::new();
    for (column, value) in &insert.partition {
        let Some(value) = value else { continue };
        let Some((_, bound)) = values.next() else {
            continue;
        };
        let shown = match bound {
            Expr::Literal {
                value: Literal::String(text),
                ..
            } => text.clone(),
            _ => value.to_string().trim_matches('\'').to_owned(),
        };
        text.insert(column.value.clone(), shown);
    }
    text
}

fn column_position(column: &Ident, spec: &TableSpec) -> Result<usize, SqlError> {
    spec.schema.index_of(&column.value).ok_or_else(|| {
        let names = spec.schema.fields.iter().map(|field| field.name.as_str());
        let table = spec.identifier.rsplit('.').next().unwrap_or_default();
        SqlError::invalid(
            format!(
                "column '{}' not found in table '{table}', or it cannot be written",
                column.value
            ),
            column.span,
        )
        .suggesting(&column.value, names)
    })
}

/// Which columns of the table the query's columns are for.
fn targets(
    insert: &Insert,
    spec: &TableSpec,
    fixed: &[(usize, Expr)],
) -> Result<Vec<usize>, SqlError> {
    let is_fixed = |position: &usize| fixed.iter().any(|(column, _)| column == position);
    if insert.columns.is_empty() {
        return Ok((0..spec.schema.len()).filter(|p| !is_fixed(p)).collect());
    }
    let mut targets = Vec::with_capacity(insert.columns.len());
    for column in &insert.columns {
        let position = column_position(column, spec)?;
        if targets.contains(&position) || is_fixed(&position) {
            return Err(SqlError::invalid(
                format!("column '{}' is given twice", column.value),
                column.span,
            ));
        }
        targets.push(position);
    }
    Ok(targets)
}

fn mismatch(
    cause: &str,
    spec: &TableSpec,
    query: &PlanSchema,
    targets: &[usize],
    span: Span,
) -> SqlError {
    let query: Vec<String> = (query.fields.iter())
        .map(|field| format!("{}: {}", field.name, field.ty))
        .collect();
    let sink: Vec<String> = (targets.iter())
        .map(|&target| &spec.schema.fields[target])
        .map(|field| format!("{}: {}", field.name, field.ty))
        .collect();
    let (query, sink) = (query.join(", "), sink.join(", "));
    SqlError::invalid(
        format!(
            "column types of query result and sink for '{}' do not match: {cause}",
            spec.identifier
        ),
        span,
    )
    .with_note(format!("query schema: [{query}], sink schema: [{sink}]"))
    .with_help("add a CAST, or name the columns: INSERT INTO t (a, b) SELECT ..")
}
