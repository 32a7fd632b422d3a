//! Alpheus on YARN: the ApplicationMaster is the job manager, containers are workers.
//!
//! - [`settings`]: what a container is told, through the credentials in its launch context and nowhere else.
//! - [`container`]: where a process finds itself when YARN has started it.
//! - [`launch`]: how the containers of the master and of workers are started.
//! - [`shape`]: how large they are.
//! - [`allocation`]: which container runs which worker (pure).
//! - [`exit`]: what a container's end means, [`blame`]: which nodes are avoided (both pure).
//! - [`departure`]: which workers' containers will be taken (pure).
//! - [`checkpoint_folder`]: where checkpoints go that nobody has named a folder for.
//! - [`command`]: what the loop is told.
//! - [`master_loop`]: heartbeats to the ResourceManager ([`heartbeat`]: how often), starts at NodeManagers.
//! - [`driver`]: the job master's [`DeploymentDriver`](crate::deployment::DeploymentDriver).
//! - [`launcher`]: what each worker's container is given.
//! - [`application`]: an attempt of the master from its start to its good-bye; [`job`]: a job in it; [`services`]: what its
//!   jobs share; [`session`]: one that takes several.
//! - [`worker`]: a worker in its container.
//! - [`succession`]: how an attempt of the master follows another.
//! - [`tokens`]: how the application's tokens are kept fresh; [`given_tokens`]: those that it cannot obtain itself;
//!   [`kept_tokens`]: those of them that a later attempt finds.
//! - [`rest`]: what its REST API has beside Flink's paths.
//! - [`ended_job`]: how a job has ended, so that it does not run again.
//! - [`record`]: who is in charge, by which workers find the next attempt ([`reconnect`]).
//! - [`small_file`]: how the files for the next attempt are written.
//! - [`pages`]: who may look through YARN's proxy.
//!
//! Invariants: nothing secret is in a command line, an environment or a file that others can read; only the master
//! and the client that submitted hold the key of the application's authority; the token by which the master speaks
//! to the ResourceManager never leaves it; an attempt that the ResourceManager has given up stops at once.

pub mod allocation;
pub mod application;
pub mod batch;
pub mod blame;
pub mod checkpoint_folder;
pub mod command;
pub mod container;
pub mod departure;
pub mod driver;
pub mod ended_job;
pub mod error;
pub mod exit;
pub mod given_tokens;
pub mod hdfs;
pub mod heartbeat;
mod job;
pub mod kept_tokens;
pub mod launch;
pub mod launcher;
pub mod master_loop;
pub mod pages;
pub mod reconnect;
pub mod record;
pub mod rest;
mod services;
pub mod session;
pub mod settings;
pub mod shape;
mod small_file;
pub mod succession;
pub mod tokens;
pub mod worker;

pub use error::YarnApplicationError;
