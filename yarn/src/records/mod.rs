//! What YARN's messages say, in types that people use. Conversions from and to the wire lie beside each type.

pub mod container;
pub mod launch;
pub mod report;
pub mod request;
pub mod resource;
pub mod submission;

pub use container::{Container, ContainerStatus, NodeToken};
pub use launch::{AccessLists, ContainerLaunch, LocalResource, LogAggregation, ResourceUri};
pub use report::{
    ApplicationFilter, ApplicationReport, AttemptReport, ClusterMetrics, ContainerReport,
    NodeLabel, NodeReport, QueueAccess, QueueInfo, ResourceKind, ResourceUsage,
};
pub use request::{
    AllocateRequest, Allocation, ContainerUpdate, Preemption, Registration, ResourceRequest,
    UpdateError, UpdateType,
};
pub use resource::{Priority, Resource};
pub use submission::{ApplicationSubmission, NewApplication};

/// An optional number on the wire that is never negative in truth.
pub(crate) fn unsigned<T: TryInto<u64>>(number: Option<T>) -> u64 {
    number.and_then(|n| n.try_into().ok()).unwrap_or_default()
}

/// A number that the wire holds in fewer bits; the largest that fits, when it does not.
pub(crate) fn narrow(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
