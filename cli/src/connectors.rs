//! The connectors that this binary has, as workers and job masters ask for them.

use std::sync::Arc;

use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::sink::Sink;
use alpheus_dataflow::source::Source;
use alpheus_worker::environment::{Connectors, SinkRequest};

/// See the module's documentation.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInConnectors;

impl Connectors for BuiltInConnectors {
    fn create_source(
        &self,
        table: &TableSpec,
        projection: &[usize],
        filters: &[Expr],
        session: &Arc<SessionSettings>,
    ) -> OperatorResult<Box<dyn Source>> {
        alpheus_connectors::create_source(table, projection, filters, session)
    }

    fn create_sink(&self, request: &SinkRequest<'_>) -> OperatorResult<Box<dyn Sink>> {
        alpheus_connectors::create_sink(
            request.table,
            request.input,
            request.overwrite,
            request.static_partition,
            request.session,
        )
    }
}
