//! The REST API: Flink's paths and JSON.
//!
//! | where | for whom | who is let in |
//! |---|---|---|
//! | loopback ([`RestServer::start`]) | the command line on this machine | whoever has the job's token |
//! | TLS ([`RestServer::direct`]) | the command line anywhere | whoever has a certificate and the token |
//! | behind YARN's proxy ([`RestServer::proxied`]) | browsers | users on the application's lists |
//!
//! Without the token the answer is 401 whatever the path, and the audit log has a line. Requests that change
//! something are recorded too when they are allowed. Handlers ask the job master for a
//! [`crate::job_master::JobView`] and format it; they hold no state.

mod auth;
mod checkpoints;
mod cluster;
mod error;
mod jobs;
mod local_peer;
mod metrics;
mod operations;
pub mod proxy;
mod tls_listener;
mod undelivered;
mod vertices;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::rest as options;
use alpheus_hadoop_conf::{ConfigError, Configuration, Ports};
use alpheus_security::audit::AuditLog;
use alpheus_security::rest_token::RestToken;
use alpheus_security::tls::TlsServer;
use axum::Router;
use axum::routing::{get, patch, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

pub use error::RestError;

use self::undelivered::Undelivered;
use crate::endpoint::Endpoint;
use crate::job_directory::JobDirectory;
use crate::job_master::{JobGateway, JobView};

/// What handlers know.
#[derive(Clone)]
pub(crate) struct RestState {
    jobs: JobDirectory,
    cluster: Arc<Vec<(String, String)>>,
    cancel_enabled: bool,
    refresh_interval_ms: u64,
    undelivered: Arc<Undelivered>,
}

impl RestState {
    /// The job that a path names, if it is known.
    fn find(&self, job: &str) -> Result<JobGateway, RestError> {
        let named: Option<JobId> = job.parse().ok();
        named
            .and_then(|job| self.jobs.get(job))
            .ok_or_else(|| RestError::not_found(format!("job {job} not found")))
    }

    /// A picture of it.
    async fn view_of(&self, job: &str) -> Result<JobView, RestError> {
        self.find(job)?.view().await.ok_or_else(RestError::gone)
    }
}

/// A running server; stops when it is dropped.
pub struct RestServer {
    address: SocketAddr,
    serving: JoinHandle<()>,
    undelivered: Arc<Undelivered>,
}

/// Why the server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RestServerError {
    /// An option is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// The port is taken or not allowed.
    #[error("the REST API: {0}; set rest.bind-port to another port, to several, or to 0")]
    Listen(#[from] std::io::Error),
}

impl RestServer {
    /// Starts to serve jobs on loopback. Without a port in the configuration it takes Flink's 8081,
    /// or any free one if that is taken, so that several jobs run side by side.
    ///
    /// # Errors
    /// When an option is wrong or a port that was asked for is taken.
    pub fn start(
        jobs: impl Into<JobDirectory>,
        token: RestToken,
        audit: Arc<AuditLog>,
        configuration: &Configuration,
        runtime: &Handle,
    ) -> Result<Self, RestServerError> {
        let state = state_of(jobs.into(), configuration)?;
        let undelivered = Arc::clone(&state.undelivered);
        let access = auth::TokenAccess { token, audit };
        let listener = listen(configuration)?;
        let address = listener.local_addr()?;
        Ok(serve(
            address,
            TcpListener::from_std,
            listener,
            guarded_by_token(router(state), access),
            undelivered,
            runtime,
        ))
    }

    /// Starts to serve jobs, and what `more` has, over mutual TLS, for whoever has a certificate that `tls` takes, and the
    /// token.
    ///
    /// # Errors
    /// When an option is wrong or the listener unusable.
    pub fn direct(
        jobs: impl Into<JobDirectory>,
        more: Router,
        access: (RestToken, Arc<AuditLog>),
        listener: std::net::TcpListener,
        tls: TlsServer,
        configuration: &Configuration,
        runtime: &Handle,
    ) -> Result<Self, RestServerError> {
        let (token, audit) = access;
        let state = state_of(jobs.into(), configuration)?;
        let undelivered = Arc::clone(&state.undelivered);
        let access = auth::TokenAccess { token, audit };
        let address = listener.local_addr()?;
        let audit = Arc::clone(&access.audit);
        Ok(serve(
            address,
            move |listener| tls_listener::TlsListener::new(listener, tls, audit),
            listener,
            guarded_by_token(with(state, more), access),
            undelivered,
            runtime,
        ))
    }

    /// Starts to serve jobs, and what `more` has, behind YARN's web proxy.
    ///
    /// # Errors
    /// When an option is wrong or the listener unusable.
    pub fn proxied(
        jobs: impl Into<JobDirectory>,
        more: Router,
        access: proxy::ProxyAccess,
        listener: std::net::TcpListener,
        configuration: &Configuration,
        runtime: &Handle,
    ) -> Result<Self, RestServerError> {
        let state = state_of(jobs.into(), configuration)?;
        let undelivered = Arc::clone(&state.undelivered);
        let address = listener.local_addr()?;
        let guard =
            axum::middleware::from_fn_with_state(Arc::new(access), proxy::only_through_proxy);
        Ok(serve(
            address,
            TcpListener::from_std,
            listener,
            with(state, more).layer(guard),
            undelivered,
            runtime,
        ))
    }

    /// Waits until clients have fetched the outcomes of the savepoints that they asked for, at most for
    /// `patience`. Blocks; not for threads of the runtime.
    pub fn linger(&self, patience: Duration) {
        self.undelivered.wait(patience);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for RestServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn state_of(jobs: JobDirectory, configuration: &Configuration) -> Result<RestState, ConfigError> {
    Ok(RestState {
        undelivered: Arc::new(Undelivered::default()),
        jobs,
        cluster: Arc::new(cluster::shown(configuration)),
        cancel_enabled: configuration.get(&options::CANCEL_ENABLED)?,
        refresh_interval_ms: configuration.get(&options::REFRESH_INTERVAL)?.as_millis() as u64,
    })
}

/// Flink's paths and others beside them.
fn with(state: RestState, more: Router) -> Router {
    Router::new()
        .nest("/v1", more.clone())
        .merge(more)
        .merge(router(state))
}

fn guarded_by_token(router: Router, access: auth::TokenAccess) -> Router {
    router.layer(axum::middleware::from_fn_with_state(
        access,
        auth::require_token,
    ))
}

/// Serves until the result is dropped. The listener becomes tokio's within the runtime.
fn serve<L>(
    address: SocketAddr,
    adopt: impl FnOnce(std::net::TcpListener) -> std::io::Result<L> + Send + 'static,
    listener: std::net::TcpListener,
    router: Router,
    undelivered: Arc<Undelivered>,
    runtime: &Handle,
) -> RestServer
where
    L: axum::serve::Listener<Addr = SocketAddr>,
{
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = runtime.spawn(async move {
        // Tapping is what lets handlers see the peer's address whatever the listener.
        let adopted = listener
            .set_nonblocking(true)
            .and_then(|()| adopt(listener));
        let served = match adopted {
            Ok(listener) => axum::serve(listener.tap_io(|_| ()), service).await,
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            tracing::error!(%error, "the REST API has stopped");
        }
    });
    RestServer {
        address,
        serving,
        undelivered,
    }
}

fn listen(configuration: &Configuration) -> Result<std::net::TcpListener, RestServerError> {
    let asked = configuration.get(&options::BIND_PORT)?;
    let default = Ports::one(configuration.get(&options::PORT)?);
    let listener = match Endpoint::loopback(asked.clone().unwrap_or(default)).listen() {
        Err(_) if asked.is_none() => Endpoint::loopback(Ports::one(0)).listen(),
        bound => bound,
    }?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What changes something is there by PUT too: YARN's proxy passes on nothing else.
fn router(state: RestState) -> Router {
    let api = Router::new()
        .route("/overview", get(cluster::overview))
        .route("/config", get(cluster::config))
        .route("/jobmanager/config", get(cluster::of_job_manager))
        .route("/jobmanager/metrics", get(metrics::of_job_manager))
        .route("/taskmanagers", get(cluster::task_managers))
        .route("/taskmanagers/{id}", get(cluster::task_manager))
        .route("/jobs", get(jobs::ids))
        .route("/jobs/overview", get(jobs::overview))
        .route("/jobs/{job}", get(jobs::details))
        .route(
            "/jobs/{job}",
            patch(operations::cancel).put(operations::cancel),
        )
        .route("/jobs/{job}/status", get(jobs::status))
        .route("/jobs/{job}/plan", get(jobs::plan))
        .route("/jobs/{job}/config", get(jobs::config))
        .route("/jobs/{job}/exceptions", get(jobs::exceptions))
        .route("/jobs/{job}/metrics", get(metrics::of_job))
        .route("/jobs/{job}/vertices/{vertex}", get(vertices::details))
        .route(
            "/jobs/{job}/vertices/{vertex}/metrics",
            get(metrics::of_vertex),
        )
        .route(
            "/jobs/{job}/vertices/{vertex}/watermarks",
            get(vertices::watermarks),
        )
        .route(
            "/jobs/{job}/vertices/{vertex}/backpressure",
            get(vertices::back_pressure),
        )
        .route(
            "/jobs/{job}/vertices/{vertex}/subtasks/{subtask}",
            get(vertices::subtask),
        )
        .route("/jobs/{job}/checkpoints", get(checkpoints::statistics))
        .route("/jobs/{job}/checkpoints/config", get(checkpoints::config))
        .route(
            "/jobs/{job}/checkpoints/details/{id}",
            get(checkpoints::details),
        )
        .route(
            "/jobs/{job}/savepoints",
            post(operations::savepoint).put(operations::savepoint),
        )
        .route(
            "/jobs/{job}/stop",
            post(operations::stop).put(operations::stop),
        )
        .route(
            "/jobs/{job}/savepoints/{trigger}",
            get(operations::savepoint_status),
        );
    Router::new()
        .nest("/v1", api.clone())
        .merge(api)
        .route("/", get(cluster::overview))
        .route("/metrics", get(metrics::prometheus))
        .fallback(|| async { RestError::not_found("there is nothing at this path") })
        .with_state(state)
}
