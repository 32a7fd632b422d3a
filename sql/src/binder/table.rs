//! What stands behind a table's name: a scan with its computed columns and watermark, a view's query, a
//! query that WITH has named.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{TableSpec, WatermarkAlignment, WatermarkSpec};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_hadoop_conf::{options, parse_duration};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, Hint, ObjectName};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::query::Named;
use super::scope::Scope;
use crate::catalog::{
    CatalogObject, CatalogTable, CatalogView, Column, ColumnKind, ObjectPath, WatermarkDefinition,
};
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, TimeRole};

/// How often the least time of an alignment group is exchanged, if nothing else is said.
const ALIGNMENT_INTERVAL_MS: u64 = 1_000;

impl Binder<'_> {
    /// The rows of what is called `name`, and under which names its columns can be qualified.
    pub(super) fn named_table(
        &self,
        name: &ObjectName,
        hints: &[Hint],
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Vec<String>), SqlError> {
        if let Some(only) = name.single()
            && let Some(rel) = named.and_then(|named| named.find(&only.value))
        {
            no_hints(hints, "a query of WITH")?;
            return Ok((rel, vec![only.value.clone()]));
        }
        let path = self
            .catalogs
            .path_under(name, &self.catalog, &self.database)?;
        let object = self
            .catalogs
            .find(&path)
            .ok_or_else(|| self.catalogs.not_found("table", name, &path))?;
        let qualifiers = vec![
            path.catalog.clone(),
            path.database.clone(),
            path.object.clone(),
        ];
        let rel = match object {
            CatalogObject::Table(table) => self.scan(&path, table, hints, name.span)?,
            CatalogObject::View(view) => {
                no_hints(hints, "a view")?;
                self.view(&path, view, name.span)?
            }
        };
        Ok((rel, qualifiers))
    }

    fn view(
        &self,
        path: &ObjectPath,
        view: &CatalogView,
        span: Span,
    ) -> Result<Arc<Rel>, SqlError> {
        if self.views.contains(path) {
            let chain: Vec<&str> = self.views.iter().map(|v| v.object.as_str()).collect();
            return Err(SqlError::invalid(
                format!("view '{}' is defined by itself", path.object),
                span,
            )
            .with_note(format!("{} -> {}", chain.join(" -> "), path.object)));
        }
        let mut binder = self.clone();
        binder.catalog.clone_from(&view.catalog);
        binder.database.clone_from(&view.database);
        binder.views.push(path.clone());
        binder.outer = None;
        let what = || format!("view '{}'", path.object);
        let rel = binder
            .query(&view.query)
            .map_err(|error| error.inside(&what(), span))?;
        if rel.schema.len() != view.columns.len() {
            return Err(SqlError::invalid(
                format!(
                    "{} had {} columns when it was created and has {} now",
                    what(),
                    view.columns.len(),
                    rel.schema.len()
                ),
                span,
            )
            .with_help("create it again"));
        }
        let names = view.columns.iter().map(|column| &column.name);
        let columns = rel.schema.fields.iter().zip(names).enumerate();
        let columns = columns
            .map(|(at, (field, name))| (name.clone(), Expr::input(at, field.ty.clone())))
            .collect();
        Ok(Rel::project(rel, columns))
    }

    fn scan(
        &self,
        path: &ObjectPath,
        table: &CatalogTable,
        hints: &[Hint],
        span: Span,
    ) -> Result<Arc<Rel>, SqlError> {
        let spec = Arc::new(table.as_source(path, &self.table_hints(hints)?));
        let capabilities = self.validate(&spec, span)?;
        if !capabilities.source {
            return Err(SqlError::invalid(
                format!(
                    "table '{}' cannot be read: connector '{}' only writes",
                    path.object, spec.connector
                ),
                span,
            ));
        }
        let fields = spec.schema.fields.iter();
        let fields = fields
            .map(|f| PlanField::new(&f.name, f.ty.clone()))
            .collect();
        let scan = Arc::new(Rel {
            node: RelNode::Scan {
                table: Arc::clone(&spec),
                projection: (0..spec.schema.len()).collect(),
                filters: Vec::new(),
            },
            schema: PlanSchema { fields },
        });
        let scan = self.changes(scan, &spec, capabilities.source_emits, span)?;
        let what = || format!("the definition of table '{}'", path.object);
        let columns = self
            .columns(&table.columns, &scan.schema)
            .map_err(|error| error.inside(&what(), span))?;
        let all_read = table.columns.iter().all(Column::is_read);
        let rows = if all_read {
            scan
        } else {
            Rel::project(scan, columns)
        };
        match &table.watermark {
            // Without a stream there is nothing to wait for.
            Some(watermark) if self.is_streaming() => {
                let expr = self
                    .watermark(watermark, &rows.schema, span)
                    .map_err(|error| error.inside(&what(), span))?;
                self.with_watermark(rows, watermark, expr, &spec, span)
            }
            _ => Ok(rows),
        }
    }

    /// What a source of changes needs before anything else: changes by key say what they replace only with
    /// the last row of each key, and changes that may come twice count once.
    fn changes(
        &self,
        scan: Arc<Rel>,
        spec: &TableSpec,
        emits: ChangelogMode,
        span: Span,
    ) -> Result<Arc<Rel>, SqlError> {
        if emits == ChangelogMode::InsertOnly {
            return Ok(scan);
        }
        let table = spec.identifier.rsplit('.').next().unwrap_or_default();
        if !self.is_streaming() {
            let message = format!(
                "table '{table}' is a source of changes {}: batch mode reads tables of inserts only",
                emits.explain()
            );
            return Err(SqlError::invalid(message, span)
                .with_help("SET 'execution.runtime-mode' = 'streaming'"));
        }
        let option = &options::table::CDC_EVENTS_DUPLICATE;
        let repeats = self.configuration.get(option).unwrap_or_default();
        if !repeats && !emits.is_upsert() {
            return Ok(scan);
        }
        let columns = scan.schema.fields.iter().enumerate();
        let keys: Vec<usize> = columns
            .filter(|(_, field)| spec.primary_key.contains(&field.name))
            .map(|(position, _)| position)
            .collect();
        if keys.is_empty() {
            let message = format!(
                "'{}' = 'true' requires sources of changes to have a PRIMARY KEY, which table '{table}' has not",
                option.key()
            );
            return Err(
                SqlError::invalid(message, span).with_help("declare PRIMARY KEY (..) NOT ENFORCED")
            );
        }
        let schema = scan.schema.clone();
        Ok(Arc::new(Rel {
            node: RelNode::ChangelogNormalize { input: scan, keys },
            schema,
        }))
    }

    /// Checks a table's options as its connector declares them.
    pub(super) fn validate(
        &self,
        spec: &TableSpec,
        span: Span,
    ) -> Result<alpheus_connectors::TableCapabilities, SqlError> {
        self.connectors.validate(spec).map_err(|reason| {
            let table = spec.identifier.rsplit('.').next().unwrap_or_default();
            SqlError::invalid(format!("table '{table}' cannot be used: {reason}"), span)
        })
    }

    /// All columns over those that are read, in declared order. A computed column sees the others, but
    /// not those that are computed, as in Flink.
    pub(crate) fn columns(
        &self,
        columns: &[Column],
        read: &PlanSchema,
    ) -> Result<Vec<(String, Expr)>, SqlError> {
        let scope = Scope::of(Vec::new(), read.clone());
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("a computed column"));
        let mut bound = Vec::with_capacity(columns.len());
        for column in columns {
            let expr = match &column.kind {
                ColumnKind::Computed(expr) => self.fold(binder.bind(expr)?),
                _ => {
                    let position = read.fields.iter().position(|f| f.name == column.name);
                    // Every column that is not computed is read.
                    Expr::input(position.unwrap_or_default(), column.ty.clone())
                }
            };
            bound.push((column.name.clone(), expr));
        }
        Ok(bound)
    }

    /// The watermark's expression over all columns of its table.
    pub(crate) fn watermark(
        &self,
        watermark: &WatermarkDefinition,
        schema: &PlanSchema,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let field = schema.fields.iter().find(|f| f.name == watermark.column);
        let Some(field) = field else {
            let names = schema.fields.iter().map(|f| f.name.as_str());
            return Err(SqlError::invalid(
                format!("the watermark's column '{}' is not there", watermark.column),
                span,
            )
            .suggesting(&watermark.column, names));
        };
        let takes = |ty: &LogicalType| {
            matches!(
                ty.kind,
                TypeKind::Timestamp(0..=3) | TypeKind::TimestampLtz(0..=3)
            )
        };
        if !takes(&field.ty) {
            return Err(SqlError::invalid(
                format!(
                    "the event time column '{}' must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3, but is {}",
                    field.name, field.ty.kind
                ),
                span,
            )
            .with_help("compute one: ts3 AS CAST(ts AS TIMESTAMP(3))"));
        }
        if is_source_watermark(&watermark.expr) {
            return Err(
                SqlError::unsupported("SOURCE_WATERMARK()", watermark.expr.span)
                    .with_help("write the watermark, for example ts - INTERVAL '5' SECOND"),
            );
        }
        let scope = Scope::of(Vec::new(), schema.clone());
        let expr = ExprBinder::new(self, &scope, Aggregates::Refused("a watermark"))
            .bind(&watermark.expr)?;
        if !takes(expr.ty()) {
            return Err(SqlError::invalid(
                format!(
                    "a watermark must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3, but this is {}",
                    expr.ty().kind
                ),
                watermark.expr.span,
            ));
        }
        Ok(self.fold(expr))
    }

    fn with_watermark(
        &self,
        rows: Arc<Rel>,
        watermark: &WatermarkDefinition,
        expr: Expr,
        spec: &TableSpec,
        span: Span,
    ) -> Result<Arc<Rel>, SqlError> {
        let mut schema = rows.schema.clone();
        let named = |field: &PlanField| field.name == watermark.column;
        let rowtime = schema.fields.iter().position(named).unwrap_or_default();
        schema.fields[rowtime].role = TimeRole::Rowtime;
        let idle = duration_option(&spec.options, "scan.watermark.idle-timeout", span)?;
        let default_idle = self.configuration.get(&options::table::SOURCE_IDLE_TIMEOUT);
        let idle = idle.unwrap_or_else(|| default_idle.map_or(0, milliseconds));
        let spec = WatermarkSpec {
            rowtime,
            expr,
            idle_timeout_ms: idle,
            alignment: alignment(&spec.options, span)?,
        };
        Ok(Arc::new(Rel {
            node: RelNode::Watermark { input: rows, spec },
            schema,
        }))
    }
}

fn is_source_watermark(expr: &ast::Expr) -> bool {
    matches!(&expr.kind, ast::ExprKind::Call(call)
        if call.name.single().is_some_and(|n| n.value.eq_ignore_ascii_case("SOURCE_WATERMARK")))
}

fn no_hints(hints: &[Hint], what: &str) -> Result<(), SqlError> {
    match hints.first() {
        None => Ok(()),
        Some(hint) => Err(SqlError::invalid(
            format!("a hint cannot be applied to {what}"),
            hint.span,
        )
        .with_help("put it behind the table inside")),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn duration_option(
    options: &BTreeMap<String, String>,
    key: &str,
    span: Span,
) -> Result<Option<u64>, SqlError> {
    let Some(text) = options.get(key) else {
        return Ok(None);
    };
    match parse_duration(text) {
        Ok(duration) => Ok(Some(milliseconds(duration))),
        Err(expected) => {
            let message = format!("option '{key}' cannot be '{text}'");
            Err(SqlError::invalid(message, span).with_note(expected))
        }
    }
}

/// `scan.watermark.alignment.*`.
fn alignment(
    options: &BTreeMap<String, String>,
    span: Span,
) -> Result<Option<WatermarkAlignment>, SqlError> {
    let max_drift = duration_option(options, "scan.watermark.alignment.max-drift", span)?;
    let interval = duration_option(options, "scan.watermark.alignment.update-interval", span)?;
    match (options.get("scan.watermark.alignment.group"), max_drift) {
        (Some(group), Some(max_drift_ms)) => Ok(Some(WatermarkAlignment {
            group: group.clone(),
            max_drift_ms,
            update_interval_ms: interval.unwrap_or(ALIGNMENT_INTERVAL_MS),
        })),
        (None, None) => Ok(None),
        _ => Err(SqlError::invalid(
            "watermark alignment needs both 'scan.watermark.alignment.group' and 'scan.watermark.alignment.max-drift'",
            span,
        )),
    }
}
