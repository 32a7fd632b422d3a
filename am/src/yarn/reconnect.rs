//! How a worker finds the next attempt of its master: it looks at the [record](super::record) until there is one of a later
//! attempt, and connects with its own certificate, which the application's authority issued and every attempt trusts.

use std::time::{Duration, Instant};

use alpheus_security::tls::{Peers, TlsClient};
use alpheus_storage::{Location, file_system_for};
use alpheus_worker::control_connection::ControlConnection;
use alpheus_worker::task_manager::{Reconnect, Reconnecting};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::record::MasterRecord;

/// Between two looks at the record.
const POLL: Duration = Duration::from_millis(250);

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// See the module's documentation.
pub struct NextMaster {
    /// The record.
    pub record: Location,
    /// The attempt that was connected to last.
    pub attempt: u32,
    /// How long to look (`taskmanager.registration.timeout`).
    pub patience: Duration,
    /// Shows who we are.
    pub tls: TlsClient,
    /// Does the I/O.
    pub runtime: Handle,
}

impl Reconnect for NextMaster {
    fn next(&mut self) -> Reconnecting {
        // Two attempts behind is as good as one: whatever was the last is not it.
        let search = Search {
            record: self.record.clone(),
            after: self.attempt,
            until: Instant::now() + self.patience,
            tls: self.tls.clone(),
            runtime: self.runtime.clone(),
        };
        self.attempt += 1;
        Box::pin(search.run())
    }
}

struct Search {
    record: Location,
    after: u32,
    until: Instant,
    tls: TlsClient,
    runtime: Handle,
}

impl Search {
    async fn run(self) -> Result<ControlConnection, String> {
        let mut last = "the record names no later attempt".to_owned();
        while Instant::now() < self.until {
            match self.look().await {
                Ok(Some(address)) => match self.connect(&address).await {
                    Ok(connection) => return Ok(connection),
                    Err(reason) => last = format!("{address}: {reason}"),
                },
                Ok(None) => {}
                Err(reason) => last = reason,
            }
            tokio::time::sleep(POLL).await;
        }
        Err(format!("no other attempt of the master has come: {last}"))
    }

    /// Where the next attempt listens, once there is one.
    async fn look(&self) -> Result<Option<String>, String> {
        let (record, after) = (self.record.clone(), self.after);
        let looked = self.runtime.spawn_blocking(move || {
            let fs = file_system_for(&record).map_err(|error| error.to_string())?;
            let found = MasterRecord::read(&*fs, &record).map_err(|error| error.to_string())?;
            let later = found.filter(|record| record.attempt > after);
            Ok(later.map(|record| record.control_address))
        });
        looked.await.map_err(|error| error.to_string())?
    }

    async fn connect(&self, address: &str) -> Result<ControlConnection, String> {
        let connecting = async {
            let stream = TcpStream::connect(address)
                .await
                .map_err(|e| e.to_string())?;
            stream.set_nodelay(true).map_err(|e| e.to_string())?;
            let connected = self.tls.connect(stream, &Peers::JobManager).await;
            connected
                .map(|(stream, _)| stream)
                .map_err(|e| e.to_string())
        };
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| "it does not answer".to_owned())??;
        Ok(ControlConnection::over_stream(stream, &self.runtime))
    }
}
