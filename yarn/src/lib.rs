//! YARN's three protocols: what a client, an ApplicationMaster and a container's owner say.
//!
//! | module | protocol | who speaks |
//! |---|---|---|
//! | [`client`] | `ApplicationClientProtocol` | a client to the ResourceManager |
//! | [`master`] | `ApplicationMasterProtocol` | a master to the ResourceManager |
//! | [`nodes`] | `ContainerManagementProtocol` | a master to NodeManagers |
//!
//! [`records`], [`ids`] and [`states`] are what they talk about; [`service`] reads Hadoop's configuration. Who we are comes in as
//! an [`alpheus_hadoop_rpc::Authenticator`].

pub mod client;
pub mod error;
pub mod ids;
pub mod master;
pub mod nodes;
mod proto;
pub mod records;
pub mod service;
pub mod states;

pub use client::ResourceManager;
pub use error::{JavaException, YarnError};
pub use ids::{ApplicationId, AttemptId, ContainerId, NodeId};
pub use master::ledger::Ledger;
pub use master::{Heartbeat, Master, MasterAddress};
pub use nodes::NodeManagers;
pub use records::*;
pub use states::*;
