//! From the syntax tree to the relational plan: names are resolved, types checked, conversions made
//! explicit.
//!
//! One file a clause. [`query`] and [`select`] walk queries, [`from`] what they read, [`join`] joins, [`subquery`]
//! queries in expressions, [`aggregate`] GROUP BY, [`over`] OVER, [`window_function`] TUMBLE and its kin, [`expr`]
//! expressions, [`insert`] where rows go,
//! [`table`] what stands behind a table's name. Rules of names and types are Flink's (that is, Calcite's
//! validator under Flink's conformance); what Flink can and this engine cannot is refused by name.
//!
//! # Invariants
//!
//! * Every error carries the span of the text that is wrong in the statement at hand. What is wrong inside
//!   a view or a table's definition is reported at the reference to it.
//! * Plans keep the invariants of [`crate::rel`].

mod aggregate;
mod call;
mod decorrelate;
mod decorrelate_sides;
mod expr;
mod from;
mod group_window;
mod grouping;
mod hints;
mod insert;
mod intersect_except;
mod join;
mod json;
mod lateral;
mod literal;
mod lookup_hint;
mod match_recognize;
mod over;
mod overlaps;
mod query;
mod savepoint_function;
mod scope;
mod select;
mod set_operation;
mod sort;
mod state_ttl;
mod subquery;
mod table;
mod temporal;
mod types;
mod unnest;
mod user_function;
mod window_function;

use std::collections::BTreeMap;
use std::rc::Rc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::types::LogicalType;
use alpheus_hadoop_conf::Configuration;

use crate::catalog::{Catalogs, ObjectPath};
use crate::connectors::TableConnectors;
use crate::session::JobMode;

pub(crate) use types::data_type;
pub(crate) use user_function::wasm_limits;

/// What statements are bound against.
#[derive(Clone)]
pub(crate) struct Binder<'a> {
    catalogs: &'a Catalogs,
    connectors: &'a dyn TableConnectors,
    configuration: &'a Configuration,
    settings: SessionSettings,
    mode: JobMode,
    /// Catalog and database of names without them: the session's, inside a view the view's.
    catalog: String,
    database: String,
    /// The views that are being expanded, outermost first.
    views: Vec<ObjectPath>,
    /// While FROM is bound: how long state of a table's rows is kept, in ms, by the table's name.
    state_ttl: BTreeMap<String, u64>,
    /// Inside a sub-query of an expression, the query around it.
    outer: Option<Rc<subquery::Outer>>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(
        catalogs: &'a Catalogs,
        connectors: &'a dyn TableConnectors,
        configuration: &'a Configuration,
        settings: SessionSettings,
        mode: JobMode,
    ) -> Self {
        Binder {
            catalogs,
            connectors,
            configuration,
            settings,
            mode,
            catalog: catalogs.current_catalog.clone(),
            database: catalogs.current_database.clone(),
            views: Vec::new(),
            state_ttl: BTreeMap::new(),
            outer: None,
        }
    }

    /// The same for the query of a view: it may not lead back to the view.
    pub(crate) fn defining(mut self, view: &ObjectPath) -> Self {
        self.views.push(view.clone());
        self
    }

    /// The expression with its constant parts computed.
    fn fold(&self, expr: Expr) -> Expr {
        alpheus_functions::fold_constants(expr, &self.settings)
    }

    fn is_streaming(&self) -> bool {
        self.mode == JobMode::Streaming
    }
}

/// `expr` as a value of `ty` (whose nullability does not matter: conversions keep NULL).
fn convert(expr: Expr, ty: &LogicalType) -> Expr {
    match expr {
        Expr::Literal {
            value: alpheus_dataflow::Literal::Null,
            ..
        } => Expr::literal(alpheus_dataflow::Literal::Null, ty.with_nullable(true)),
        expr => {
            let nullable = expr.ty().nullable;
            expr.cast_to(ty.with_nullable(nullable))
        }
    }
}
