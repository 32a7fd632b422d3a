//! What a worker is given by whoever starts it: connectors, a place for results, certificates.
//!
//! The worker knows no connector and makes no certificate itself. Tests put their own in.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::ids::JobId;
use alpheus_dataflow::sink::Sink;
use alpheus_dataflow::source::Source;
use alpheus_security::tls::{Identity, Peers, TlsClient, TlsError, TlsServer};

/// Makes sources and sinks of tables.
pub trait Connectors: Send + Sync {
    /// The table as a source of the physical columns `projection`, in that order. `filters` are
    /// predicates over the physical columns that it may use to skip data.
    ///
    /// # Errors
    /// When there is no such connector or an option is wrong.
    fn create_source(
        &self,
        table: &TableSpec,
        projection: &[usize],
        filters: &[Expr],
        session: &Arc<SessionSettings>,
    ) -> OperatorResult<Box<dyn Source>>;

    /// The table as a sink.
    ///
    /// # Errors
    /// When there is no such connector or an option is wrong.
    fn create_sink(&self, request: &SinkRequest<'_>) -> OperatorResult<Box<dyn Sink>>;
}

/// The connectors that Alpheus comes with.
#[derive(Clone, Copy, Debug, Default)]
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

/// What a sink is made from.
pub struct SinkRequest<'a> {
    /// The job that writes.
    pub job: JobId,
    /// The table.
    pub table: &'a TableSpec,
    /// The kinds of change it is given.
    pub input: ChangelogMode,
    /// INSERT OVERWRITE.
    pub overwrite: bool,
    /// PARTITION (k = 'v', ...) of the INSERT.
    pub static_partition: &'a BTreeMap<String, String>,
    /// What expressions need to know.
    pub session: &'a Arc<SessionSettings>,
}

/// Takes the rows of `Collect` operators; lives in the process of the client that waits for them.
pub trait ResultReceiver: Send + Sync {
    /// Rows of the result numbered `result`, in order for each subtask. Called on a task thread: does
    /// not block for long.
    ///
    /// # Errors
    /// When nobody wants them any more.
    fn receive(&self, result: u32, batch: ChangelogBatch) -> OperatorResult<()>;
}

/// TLS between workers. Their certificates have the role `worker-N`, N being their number: a peer is
/// who its certificate says.
#[derive(Clone)]
pub struct ExchangeTls {
    /// For connections that other workers make to this one; takes workers only.
    pub server: TlsServer,
    /// For connections to other workers.
    pub client: TlsClient,
}

impl ExchangeTls {
    /// Both ends, with the certificate of this process.
    ///
    /// # Errors
    /// If OpenSSL cannot be set up.
    pub fn of(identity: &Identity) -> Result<Self, TlsError> {
        Ok(ExchangeTls {
            server: identity.server(Peers::Workers)?,
            client: identity.client()?,
        })
    }
}
