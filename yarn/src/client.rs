//! A client of the ResourceManager (`ApplicationClientProtocol`).

use crate::error::YarnError;
use crate::ids::{ApplicationId, AttemptId, ContainerId};
use crate::proto::*;
use crate::records::{
    ApplicationFilter, ApplicationReport, ApplicationSubmission, AttemptReport, ClusterMetrics,
    ContainerReport, NewApplication, NodeLabel, NodeReport, Priority, QueueAccess, QueueInfo,
    Resource, ResourceKind,
};
use crate::service::{APPLICATION_CLIENT, resource_managers};
use crate::states::{ApplicationState, ContainerSignal, NodeState};
use alpheus_hadoop_conf::hadoop::{HadoopConf, RmEndpoint};
use alpheus_hadoop_rpc::token::{
    CancelDelegationTokenResponse, DelegationTokenRequest, GetDelegationTokenRequest,
    GetDelegationTokenResponse, RenewDelegationTokenResponse,
};
use alpheus_hadoop_rpc::{Authenticator, Method, Proxy, RpcClient};
use alpheus_security::hadoop::Token;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;

/// The ResourceManager (or the active one of a pair), for clients. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    proxy: Proxy,
}

impl ResourceManager {
    /// The ResourceManager that the configuration names. Connects with the first call.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub async fn new(
        conf: &HadoopConf,
        client: RpcClient,
        identity: Arc<dyn Authenticator>,
    ) -> Result<Self, YarnError> {
        let proxy = resource_managers(
            conf,
            RmEndpoint::Client,
            APPLICATION_CLIENT,
            client,
            identity,
        )
        .await?;
        Ok(Self { proxy })
    }

    /// The same, over a proxy of one's own, with other patience or times.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&Proxy) -> Proxy) -> Self {
        Self {
            proxy: change(&self.proxy),
        }
    }

    /// The service underneath.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    async fn call<Q: Message, A: Message + Default>(
        &self,
        name: &'static str,
        request: &Q,
    ) -> Result<A, YarnError> {
        Ok(self.proxy.call(Method::idempotent(name), request).await?)
    }

    /// An id for a new application.
    pub async fn new_application(&self) -> Result<NewApplication, YarnError> {
        let answer: GetNewApplicationResponseProto = self
            .call("getNewApplication", &GetNewApplicationRequestProto {})
            .await?;
        if answer.application_id.is_none() {
            return Err(incomplete("getNewApplication", "the application's id"));
        }
        Ok(answer.into())
    }

    /// Hands an application in. The same id twice is one application.
    pub async fn submit(&self, application: &ApplicationSubmission) -> Result<(), YarnError> {
        let request = SubmitApplicationRequestProto {
            application_submission_context: Some(application.into()),
        };
        let _: SubmitApplicationResponseProto = self.call("submitApplication", &request).await?;
        Ok(())
    }

    /// Hands an application in and waits until the ResourceManager has it for good, so that it survives a restart; hands it in
    /// again when the ResourceManager has forgotten it in between.
    pub async fn submit_and_wait(
        &self,
        application: &ApplicationSubmission,
        poll: Duration,
    ) -> Result<ApplicationReport, YarnError> {
        self.submit(application).await?;
        loop {
            match self.report(application.id).await {
                Ok(report) if !is_unsettled(report.state) => return Ok(report),
                Ok(_) => {}
                Err(YarnError::ApplicationNotFound(_)) => self.submit(application).await?,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(poll).await;
        }
    }

    /// How an application is.
    pub async fn report(&self, id: ApplicationId) -> Result<ApplicationReport, YarnError> {
        let request = GetApplicationReportRequestProto {
            application_id: Some(id.into()),
        };
        let answer: GetApplicationReportResponseProto =
            self.call("getApplicationReport", &request).await?;
        let report = answer.application_report;
        Ok(report
            .ok_or(incomplete("getApplicationReport", "the report"))?
            .into())
    }

    /// Applications that a filter lets through.
    pub async fn applications(
        &self,
        filter: &ApplicationFilter,
    ) -> Result<Vec<ApplicationReport>, YarnError> {
        let request = GetApplicationsRequestProto::from(filter);
        let answer: GetApplicationsResponseProto = self.call("getApplications", &request).await?;
        Ok(all(answer.applications))
    }

    /// Asks for an application's end; true when it has ended.
    pub async fn kill(&self, id: ApplicationId, why: Option<&str>) -> Result<bool, YarnError> {
        let request = KillApplicationRequestProto {
            application_id: Some(id.into()),
            diagnostics: why.map(str::to_owned),
        };
        let answer: KillApplicationResponseProto =
            self.call("forceKillApplication", &request).await?;
        Ok(answer.is_kill_completed.unwrap_or_default())
    }

    /// Asks for an application's end until it has ended.
    pub async fn kill_and_wait(
        &self,
        id: ApplicationId,
        why: Option<&str>,
        poll: Duration,
    ) -> Result<(), YarnError> {
        while !self.kill(id, why).await? {
            tokio::time::sleep(poll).await;
        }
        Ok(())
    }

    /// Ends the current attempt; the next one starts if there may be one.
    pub async fn fail_attempt(&self, attempt: AttemptId) -> Result<(), YarnError> {
        let request = FailApplicationAttemptRequestProto {
            application_attempt_id: Some(attempt.into()),
        };
        let method = Method::once("failApplicationAttempt");
        let _: FailApplicationAttemptResponseProto = self.proxy.call(method, &request).await?;
        Ok(())
    }

    /// Moves an application to another queue.
    pub async fn move_to_queue(&self, id: ApplicationId, queue: &str) -> Result<(), YarnError> {
        let request = MoveApplicationAcrossQueuesRequestProto {
            application_id: id.into(),
            target_queue: queue.to_owned(),
        };
        let _: MoveApplicationAcrossQueuesResponseProto =
            self.call("moveApplicationAcrossQueues", &request).await?;
        Ok(())
    }

    /// Changes an application's priority; returns the one that it got.
    pub async fn set_priority(
        &self,
        id: ApplicationId,
        priority: Priority,
    ) -> Result<Priority, YarnError> {
        let request = UpdateApplicationPriorityRequestProto {
            application_id: id.into(),
            application_priority: priority.into(),
        };
        let answer: UpdateApplicationPriorityResponseProto =
            self.call("updateApplicationPriority", &request).await?;
        Ok(answer.application_priority.into())
    }

    /// Sends a signal to a container.
    pub async fn signal(
        &self,
        container: ContainerId,
        signal: ContainerSignal,
    ) -> Result<(), YarnError> {
        let request = SignalContainerRequestProto {
            container_id: container.into(),
            command: signal.to_wire(),
        };
        let _: SignalContainerResponseProto = self.call("signalToContainer", &request).await?;
        Ok(())
    }

    /// An application's attempts.
    pub async fn attempts(&self, id: ApplicationId) -> Result<Vec<AttemptReport>, YarnError> {
        let request = GetApplicationAttemptsRequestProto {
            application_id: Some(id.into()),
        };
        let answer: GetApplicationAttemptsResponseProto =
            self.call("getApplicationAttempts", &request).await?;
        Ok(all(answer.application_attempts))
    }

    /// An attempt's containers.
    pub async fn containers(&self, attempt: AttemptId) -> Result<Vec<ContainerReport>, YarnError> {
        let request = GetContainersRequestProto {
            application_attempt_id: Some(attempt.into()),
        };
        let answer: GetContainersResponseProto = self.call("getContainers", &request).await?;
        Ok(all(answer.containers_reports))
    }

    /// How many nodes there are.
    pub async fn metrics(&self) -> Result<ClusterMetrics, YarnError> {
        let answer: GetClusterMetricsResponseProto = self
            .call("getClusterMetrics", &GetClusterMetricsRequestProto {})
            .await?;
        Ok(answer.cluster_metrics.unwrap_or_default().into())
    }

    /// Nodes in these states; all, when none is named.
    pub async fn nodes(&self, states: &[NodeState]) -> Result<Vec<NodeReport>, YarnError> {
        let request = GetClusterNodesRequestProto {
            node_states: states.iter().map(|s| s.to_wire()).collect(),
        };
        let answer: GetClusterNodesResponseProto = self.call("getClusterNodes", &request).await?;
        Ok(all(answer.node_reports))
    }

    /// A queue and, if wanted, all below it. `None` when there is no such queue.
    pub async fn queue(&self, name: &str, recursive: bool) -> Result<Option<QueueInfo>, YarnError> {
        let request = GetQueueInfoRequestProto {
            queue_name: Some(name.to_owned()),
            include_applications: Some(false),
            include_child_queues: Some(recursive),
            recursive: Some(recursive),
        };
        let answer: GetQueueInfoResponseProto = self.call("getQueueInfo", &request).await?;
        Ok(answer.queue_info.map(Into::into))
    }

    /// What we may do with each queue.
    pub async fn queue_access(&self) -> Result<Vec<QueueAccess>, YarnError> {
        let answer: GetQueueUserAclsInfoResponseProto = self
            .call("getQueueUserAcls", &GetQueueUserAclsInfoRequestProto {})
            .await?;
        Ok(all(answer.queue_user_acls))
    }

    /// The kinds of resources that the cluster knows.
    pub async fn resource_kinds(&self) -> Result<Vec<ResourceKind>, YarnError> {
        let answer: GetAllResourceTypeInfoResponseProto = self
            .call(
                "getResourceTypeInfo",
                &GetAllResourceTypeInfoRequestProto {},
            )
            .await?;
        let kind = |wire: ResourceTypeInfoProto| ResourceKind {
            name: wire.name,
            units: wire.units.unwrap_or_default(),
        };
        Ok(answer.resource_type_info.into_iter().map(kind).collect())
    }

    /// Named sizes that the administrator has defined; an error when the cluster has resource profiles switched off.
    pub async fn resource_profiles(&self) -> Result<Vec<(String, Resource)>, YarnError> {
        let answer: GetAllResourceProfilesResponseProto = self
            .call(
                "getResourceProfiles",
                &GetAllResourceProfilesRequestProto {},
            )
            .await?;
        let profiles = answer
            .resource_profiles
            .unwrap_or_default()
            .resource_profiles_map;
        Ok(profiles
            .into_iter()
            .map(|p| (p.name, p.resources.into()))
            .collect())
    }

    /// The labels that nodes can have.
    pub async fn node_labels(&self) -> Result<Vec<NodeLabel>, YarnError> {
        let answer: GetClusterNodeLabelsResponseProto = self
            .call("getClusterNodeLabels", &GetClusterNodeLabelsRequestProto {})
            .await?;
        let label = |wire: NodeLabelProto| NodeLabel {
            name: wire.name.unwrap_or_default(),
            exclusive: wire.is_exclusive.unwrap_or(true),
        };
        Ok(answer.node_labels.into_iter().map(label).collect())
    }

    /// A delegation token for the ResourceManager. On a secured cluster only a Kerberos login gets one.
    pub async fn delegation_token(&self, renewer: &str) -> Result<Option<Token>, YarnError> {
        let request = GetDelegationTokenRequest {
            renewer: renewer.to_owned(),
        };
        let answer: GetDelegationTokenResponse = self.call("getDelegationToken", &request).await?;
        Ok(answer.token.map(|wire| {
            let mut token = Token::from(wire);
            if token.service.is_empty() {
                token.service = self.token_service();
            }
            token
        }))
    }

    /// Makes a token live on; returns when it then ends, in milliseconds since 1970.
    pub async fn renew_token(&self, token: &Token) -> Result<u64, YarnError> {
        let request = DelegationTokenRequest {
            token: token.into(),
        };
        let answer: RenewDelegationTokenResponse =
            self.call("renewDelegationToken", &request).await?;
        Ok(answer.new_expiry_time)
    }

    /// Ends a token.
    pub async fn cancel_token(&self, token: &Token) -> Result<(), YarnError> {
        let request = DelegationTokenRequest {
            token: token.into(),
        };
        let _: CancelDelegationTokenResponse = self.call("cancelDelegationToken", &request).await?;
        Ok(())
    }

    /// What tokens for this service call it: all its servers, with commas.
    pub fn token_service(&self) -> String {
        let services: Vec<&str> = self
            .proxy
            .targets()
            .iter()
            .filter_map(|target| target.token_services.last())
            .map(String::as_str)
            .collect();
        services.join(",")
    }
}

/// States in which a restart of the ResourceManager may lose an application.
fn is_unsettled(state: ApplicationState) -> bool {
    matches!(state, ApplicationState::New | ApplicationState::NewSaving)
}

fn incomplete(method: &'static str, field: &'static str) -> YarnError {
    YarnError::Incomplete { method, field }
}

fn all<A, B: From<A>>(wire: Vec<A>) -> Vec<B> {
    wire.into_iter().map(Into::into).collect()
}
