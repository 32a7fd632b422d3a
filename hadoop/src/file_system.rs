//! `hdfs://` for the whole process.

use std::sync::{Arc, Mutex, PoisonError};

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::KRB5_CONF;
use alpheus_storage::{FileSystem, LazyFileSystem, StorageError, register};

use crate::{Hadoop, HadoopError};

/// The cluster of this process, once somebody has needed it.
static CONNECTED: Mutex<Option<Arc<Hadoop>>> = Mutex::new(None);

/// The cluster of this process: connected with the first call, the same for all of them.
///
/// # Errors
/// When it cannot be used; the next call tries again.
pub fn connected(configuration: &Configuration) -> Result<Arc<Hadoop>, HadoopError> {
    let mut connected = CONNECTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(hadoop) = &*connected {
        return Ok(Arc::clone(hadoop));
    }
    let hadoop = Hadoop::connect(configuration)?;
    *connected = Some(Arc::clone(&hadoop));
    Ok(hadoop)
}

/// Makes `hdfs://` known to the process. Nothing is read, started or asked before the first location of that scheme.
///
/// # Safety
/// The process must have one thread: where the options name a krb5.conf, the environment is changed.
pub unsafe fn register_file_systems(configuration: &Configuration) {
    if let Ok(Some(path)) = configuration.get(&KRB5_CONF) {
        #[allow(
            clippy::disallowed_methods,
            reason = "the library takes it from there alone, and there is one thread"
        )]
        // SAFETY: the caller promises that no other thread reads the environment.
        unsafe {
            std::env::set_var("KRB5_CONFIG", path);
        }
    }
    let configuration = configuration.clone();
    let open = move || -> Result<Arc<dyn FileSystem>, HadoopError> {
        Ok(Arc::new(connected(&configuration)?.hdfs()?))
    };
    let lazy = LazyFileSystem::new(move |location| {
        open().map_err(|error| StorageError::NoAccess {
            location: location.clone(),
            detail: error.to_string(),
            transient: error.is_transient(),
        })
    });
    register("hdfs", Arc::new(lazy));
}
