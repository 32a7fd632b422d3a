//! What of a job's configuration is the session's to say: who may see and change the application, where the master listens,
//! how it logs in. A job says the rest: its parallelism, checkpoints, restarts, the size of its workers.

use alpheus_hadoop_conf::options::{cluster, security, yarn};
use alpheus_hadoop_conf::{ConfigError, ConfigOption, Configuration, Source, Value};

/// Replaces what is the session's to say.
///
/// # Errors
/// When a value of the session is wrong.
pub(super) fn apply(session: &Configuration, job: &mut Configuration) -> Result<(), ConfigError> {
    take(session, job, &yarn::VIEW_ACLS)?;
    take(session, job, &yarn::MODIFY_ACLS)?;
    take(session, job, &yarn::MASTER_PORT)?;
    take(session, job, &cluster::JOBMANAGER_BIND_HOST)?;
    take(session, job, &security::KERBEROS_KEYTAB)?;
    take(session, job, &security::KERBEROS_PRINCIPAL)
}

fn take<T: Value>(
    session: &Configuration,
    job: &mut Configuration,
    option: &ConfigOption<T>,
) -> Result<(), ConfigError> {
    job.remove(option);
    match session.raw().find(|(key, _)| *key == option.key()) {
        Some((_, value)) => {
            job.set_option(option, value, Source::Deployment("the session".to_owned()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::testing::configured;

    #[test]
    fn the_session_says_who_may_see_it_and_the_job_how_large_its_workers_are() {
        let session = configured(&[
            ("yarn.view.acls", "carol"),
            ("taskmanager.memory.process.size", "1 gb"),
            ("security.kerberos.login.keytab", "krb5.keytab"),
        ]);
        let mut job = configured(&[
            ("yarn.view.acls", "*"),
            ("yarn.modify.acls", "*"),
            ("taskmanager.memory.process.size", "2 gb"),
        ]);
        apply(&session, &mut job).unwrap();
        assert_eq!(job.get(&yarn::VIEW_ACLS).unwrap().as_deref(), Some("carol"));
        assert_eq!(job.get(&yarn::MODIFY_ACLS).unwrap(), None);
        assert!(job.get(&security::KERBEROS_KEYTAB).unwrap().is_some());
        let size = alpheus_worker::memory::process_size(&job).unwrap();
        assert_eq!(size.bytes(), 2 << 30);
    }
}
