//! Hadoop's own configuration files, read as Hadoop's `org.apache.hadoop.conf.Configuration` reads them.
//!
//! Files are read in the order core, hdfs, yarn; a later value wins unless an earlier one is `final`. Values are
//! substituted when they are asked for, not when they are read, because a later file may define the variable.
//! Defaults are those of Hadoop's `*-default.xml`, for exactly the keys that Alpheus reads ([`keys`]); a key that
//! is not in that table has no default here.
//!
//! Secrets that a credential provider (`jceks://`) holds are Java's own format and are refused by name.

mod address;
mod conf;
mod error;
pub mod keys;
mod locate;
mod principal;
mod substitute;
mod value;
mod xml;

pub use address::{HostPort, NameService, Node, RmEndpoint};
pub use conf::{HadoopConf, HadoopWarning};
pub use error::HadoopConfError;
pub use locate::ConfDirs;
pub use principal::{local_host_name, server_principal};
pub use value::HadoopValue;
