//! An application to be started.

use super::launch::{ContainerLaunch, LogAggregation};
use super::request::ResourceRequest;
use super::{Priority, Resource};
use crate::ids::ApplicationId;
use crate::proto::{
    ApplicationSubmissionContextProto, ApplicationTimeoutMapProto, GetNewApplicationResponseProto,
    StringStringMapProto,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The ResourceManager's answer to the wish for a new application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApplication {
    /// Its id.
    pub id: ApplicationId,
    /// The largest container there can be.
    pub maximum: Resource,
}

/// What is submitted.
#[derive(Clone, Debug)]
pub struct ApplicationSubmission {
    /// From [`NewApplication`].
    pub id: ApplicationId,
    /// For people.
    pub name: String,
    /// The kind of application, for people and filters; at most 20 characters count.
    pub kind: String,
    /// The queue.
    pub queue: String,
    /// Among the queue's applications; `None` for the queue's default.
    pub priority: Option<Priority>,
    /// How the master is started.
    pub master: ContainerLaunch,
    /// What the master's container needs.
    pub resource: Resource,
    /// Where the master may run.
    pub node_label: Option<String>,
    /// At most so many attempts; the cluster has a limit of its own.
    pub max_attempts: u32,
    /// Failures older than this do not count. `None`: all count.
    pub attempt_failures_validity: Option<Duration>,
    /// Whether containers survive their master.
    pub keep_containers: bool,
    /// Words to find it by.
    pub tags: BTreeSet<String>,
    /// Killed when it runs longer than this.
    pub lifetime: Option<Duration>,
    /// Which logs are collected.
    pub logs: Option<LogAggregation>,
    /// Whether the delegation tokens that were submitted end with it; false when others use them too.
    pub cancel_tokens: bool,
    /// The master is started by somebody else.
    pub unmanaged: bool,
    /// `ApplicationSchedulingProperties`, such as a placement policy's.
    pub scheduling: BTreeMap<String, String>,
}

impl ApplicationSubmission {
    /// A submission with YARN's defaults for everything that is not asked here.
    pub fn new(
        id: ApplicationId,
        name: impl Into<String>,
        master: ContainerLaunch,
        resource: Resource,
    ) -> Self {
        Self {
            id,
            name: name.into(),
            kind: "YARN".into(),
            queue: "default".into(),
            priority: None,
            master,
            resource,
            node_label: None,
            max_attempts: 0,
            attempt_failures_validity: None,
            keep_containers: false,
            tags: BTreeSet::new(),
            lifetime: None,
            logs: None,
            cancel_tokens: true,
            unmanaged: false,
            scheduling: BTreeMap::new(),
        }
    }
}

/// `ApplicationTimeoutType.APP_TIMEOUT_LIFETIME`.
const LIFETIME: i32 = 1;

impl From<&ApplicationSubmission> for ApplicationSubmissionContextProto {
    fn from(app: &ApplicationSubmission) -> Self {
        let master = ResourceRequest {
            node_label: app.node_label.clone(),
            ..ResourceRequest::anywhere(Priority(0), app.resource.clone(), 1)
        };
        Self {
            application_id: Some(app.id.into()),
            application_name: Some(app.name.clone()),
            queue: Some(app.queue.clone()),
            priority: app.priority.map(Into::into),
            am_container_spec: Some((&app.master).into()),
            cancel_tokens_when_complete: Some(app.cancel_tokens),
            unmanaged_am: Some(app.unmanaged),
            max_app_attempts: Some(super::narrow(app.max_attempts.into())),
            application_type: Some(app.kind.clone()),
            keep_containers_across_application_attempts: Some(app.keep_containers),
            application_tags: app.tags.iter().cloned().collect(),
            attempt_failures_validity_interval: Some(
                app.attempt_failures_validity.map_or(-1, millis),
            ),
            log_aggregation_context: app.logs.as_ref().map(Into::into),
            node_label_expression: None,
            am_container_resource_request: vec![(&master).into()],
            application_timeouts: app
                .lifetime
                .iter()
                .map(|life| ApplicationTimeoutMapProto {
                    kind: Some(LIFETIME),
                    timeout: Some(i64::try_from(life.as_secs()).unwrap_or(i64::MAX)),
                })
                .collect(),
            application_scheduling_properties: app
                .scheduling
                .iter()
                .map(|(key, value)| StringStringMapProto {
                    key: Some(key.clone()),
                    value: Some(value.clone()),
                })
                .collect(),
        }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl From<GetNewApplicationResponseProto> for NewApplication {
    fn from(wire: GetNewApplicationResponseProto) -> Self {
        Self {
            id: wire.application_id.unwrap_or_default().into(),
            maximum: wire.maximum_capability.into(),
        }
    }
}
