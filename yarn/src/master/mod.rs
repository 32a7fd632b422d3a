//! The ResourceManager, for a master (`ApplicationMasterProtocol`).
//!
//! Heartbeats must not overlap: all of them go through one [`Master`], which is not `Clone`. [`ledger::Ledger`] holds what is
//! wanted; [`Master::heartbeat`] tells the ResourceManager and copes with its restart.

pub mod ledger;

use crate::error::YarnError;
use crate::proto::{
    AllocateRequestProto, AllocateResponseProto, FinishApplicationMasterRequestProto,
    FinishApplicationMasterResponseProto, RegisterApplicationMasterRequestProto,
    RegisterApplicationMasterResponseProto,
};
use crate::records::{AllocateRequest, Allocation, Registration};
use crate::service::{APPLICATION_MASTER, resource_managers};
use crate::states::FinalStatus;
use alpheus_hadoop_conf::hadoop::{HadoopConf, RmEndpoint};
use alpheus_hadoop_rpc::{Identity, Method, Protection, Proxy, RpcClient, Tokens};
use alpheus_security::hadoop::Token;
use ledger::Ledger;
use std::sync::Arc;
use std::time::Duration;

/// Pause between two attempts at a good-bye.
const GOODBYE_PAUSE: Duration = Duration::from_millis(100);

/// How clients and the ResourceManager's pages reach us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterAddress {
    /// Our host.
    pub host: String,
    /// Our port for clients; -1 for none.
    pub port: i32,
    /// Our pages; empty for none.
    pub tracking_url: String,
}

/// A master's side of the ResourceManager.
#[derive(Debug)]
pub struct Master {
    proxy: Proxy,
    tokens: Tokens,
    address: MasterAddress,
}

/// What a heartbeat brought.
#[derive(Debug)]
pub struct Heartbeat {
    /// The answer.
    pub allocation: Allocation,
    /// The new registration, when the ResourceManager had forgotten us.
    pub registered_again: Option<Registration>,
}

impl Master {
    /// The ResourceManager that the configuration names, for the holder of an AMRM token (which YARN puts into `container_tokens`).
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub async fn new(
        conf: &HadoopConf,
        client: RpcClient,
        token: Token,
        address: MasterAddress,
    ) -> Result<Self, YarnError> {
        let tokens = Tokens::new(vec![token]);
        let identity = Arc::new(Identity::with_tokens(
            tokens.clone(),
            Protection::from_conf(conf)?,
        ));
        let proxy = resource_managers(
            conf,
            RmEndpoint::Scheduler,
            APPLICATION_MASTER,
            client,
            identity,
        )
        .await?;
        Ok(Self {
            proxy,
            tokens,
            address,
        })
    }

    /// The same with other patience or times for each call.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&Proxy) -> Proxy) -> Self {
        self.proxy = change(&self.proxy);
        self
    }

    /// Says hello. Once per attempt; after a restart of the ResourceManager [`Master::heartbeat`] does it again.
    pub async fn register(&mut self) -> Result<Registration, YarnError> {
        let request = RegisterApplicationMasterRequestProto {
            host: Some(self.address.host.clone()),
            rpc_port: Some(self.address.port),
            tracking_url: Some(self.address.tracking_url.clone()),
        };
        let method = Method::idempotent("registerApplicationMaster");
        let answer: RegisterApplicationMasterResponseProto =
            self.proxy.call(method, &request).await?;
        Ok(answer.into())
    }

    /// One heartbeat as it is.
    pub async fn allocate(&mut self, request: &AllocateRequest) -> Result<Allocation, YarnError> {
        let method = Method::at_most_once("allocate");
        let answer: AllocateResponseProto = self
            .proxy
            .call(method, &AllocateRequestProto::from(request))
            .await?;
        let mut allocation = Allocation::from(answer);
        if let Some(token) = allocation.master_token.take() {
            // The old one stays valid for a while; new connections take the new one.
            self.tokens.replace(vec![token]);
        }
        Ok(allocation)
    }

    /// Tells the ResourceManager what changed in the ledger and takes note of its answer. When the ResourceManager was restarted
    /// it registers again and repeats everything.
    ///
    /// # Errors
    /// [`YarnError::AttemptNotFound`] means that this attempt must stop at once. After any other error the next heartbeat
    /// repeats what this one carried.
    pub async fn heartbeat(
        &mut self,
        ledger: &mut Ledger,
        progress: f32,
    ) -> Result<Heartbeat, YarnError> {
        let mut registered_again = None;
        loop {
            let request = ledger.heartbeat(progress);
            match self.allocate(&request).await {
                Ok(allocation) => {
                    ledger.answered(&allocation);
                    return Ok(Heartbeat {
                        allocation,
                        registered_again,
                    });
                }
                Err(YarnError::NotRegistered(_)) if registered_again.is_none() => {
                    tracing::warn!("the ResourceManager was restarted; registering again");
                    registered_again = Some(self.register().await?);
                    ledger.forgotten();
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Says good-bye, until the ResourceManager has written it down. After this no heartbeat may follow.
    pub async fn unregister(
        &mut self,
        status: FinalStatus,
        diagnostics: &str,
        tracking_url: &str,
    ) -> Result<(), YarnError> {
        let request = FinishApplicationMasterRequestProto {
            diagnostics: Some(diagnostics.to_owned()),
            tracking_url: Some(tracking_url.to_owned()),
            final_application_status: Some(status.to_wire()),
        };
        let method = Method::at_most_once("finishApplicationMaster");
        loop {
            let answer: Result<FinishApplicationMasterResponseProto, _> =
                self.proxy.call(method, &request).await;
            match answer.map_err(YarnError::from) {
                Ok(answer) if answer.is_unregistered.unwrap_or_default() => return Ok(()),
                Ok(_) => tokio::time::sleep(GOODBYE_PAUSE).await,
                Err(YarnError::NotRegistered(_)) => drop(self.register().await?),
                Err(error) => return Err(error),
            }
        }
    }
}
