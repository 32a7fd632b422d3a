//! Who may see the application's pages: what [`crate::rest::proxy`] goes by, from Hadoop's configuration and the lists
//! that the ResourceManager has for the application.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError, HostPort, RmEndpoint};
use alpheus_security::acl::Acl;
use alpheus_security::audit::AuditLog;
use alpheus_yarn::AccessLists;

use super::YarnApplicationError;
use super::container::ContainerEnvironment;
use crate::rest::proxy::{Lists, ProxyAccess};

/// The port of YARN's proxy where an address names none.
const PROXY_PORT: u16 = 8088;

/// What a browser's requests to the pages at `port` are judged by.
///
/// # Errors
/// When the configuration is not usable.
pub fn access(
    conf: &HadoopConf,
    container: &ContainerEnvironment,
    owner: &str,
    lists: &AccessLists,
    audit: &Arc<AuditLog>,
    port: u16,
) -> Result<ProxyAccess, YarnApplicationError> {
    let (scheme, proxies) = proxies(conf)?;
    let addresses: BTreeSet<IpAddr> = proxies
        .iter()
        .filter_map(|proxy| (proxy.host.as_str(), proxy.port).to_socket_addrs().ok())
        .flatten()
        .map(|address| address.ip().to_canonical())
        .collect();
    let proxy_port = proxies.first().map_or(PROXY_PORT, |proxy| proxy.port);
    let first = proxies.first().map(HostPort::to_string).unwrap_or_default();
    // `redirect` lets the proxy see that the request has been here.
    let base = container.web_proxy_base.clone().unwrap_or_default();
    let base = base.replacen("/proxy/", "/proxy/redirect/", 1);
    let list = |text: &Option<String>| match text {
        Some(text) => Acl::parse(text).map_err(|error| YarnApplicationError::Malformed {
            what: "the application's access lists",
            reason: error.to_string(),
        }),
        None => Ok(Acl::nobody()),
    };
    let admins = conf.value::<String>("yarn.admin.acl")?;
    Ok(ProxyAccess {
        proxies: addresses,
        proxy_port,
        port,
        pages: format!("{scheme}://{first}{base}"),
        lists: Lists {
            enabled: conf.value("yarn.acl.enable")?,
            owner: owner.to_owned(),
            admins: list(&Some(admins))?,
            view: list(&lists.view)?,
            modify: list(&lists.modify)?,
        },
        groups: groups_of,
        audit: Arc::clone(audit),
    })
}

/// Where YARN's proxy is: an address of its own, or within the ResourceManagers.
fn proxies(conf: &HadoopConf) -> Result<(&'static str, Vec<HostPort>), HadoopConfError> {
    let https = conf.value::<String>("yarn.http.policy")? == "HTTPS_ONLY";
    let (scheme, endpoint) = match https {
        true => ("https", RmEndpoint::WebHttps),
        false => ("http", RmEndpoint::Web),
    };
    let own = conf.text("yarn.web-proxy.address")?;
    if let Some(proxy) = own.and_then(|text| HostPort::parse(&text, Some(PROXY_PORT)).ok()) {
        return Ok((scheme, vec![proxy]));
    }
    let managers = conf.resource_managers(endpoint)?;
    Ok((
        scheme,
        managers.into_iter().map(|node| node.address).collect(),
    ))
}

/// The system's lookups answer in buffers that all threads share.
static LOOKUP: Mutex<()> = Mutex::new(());

/// A user's groups on this machine (`ShellBasedUnixGroupsMapping`); none, if the machine does not know the user.
fn groups_of(user: &str) -> Vec<String> {
    let Ok(name) = CString::new(user) else {
        return Vec::new();
    };
    let _alone = LOOKUP.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: all pointers are to live buffers whose lengths are passed along; what the lookups return is copied before
    // the next one, and nobody else looks anything up meanwhile.
    unsafe {
        let entry = libc::getpwnam(name.as_ptr());
        if entry.is_null() {
            return Vec::new();
        }
        let mut count: libc::c_int = 256;
        let mut ids = vec![0 as libc::gid_t; count as usize];
        let group = (*entry).pw_gid;
        if libc::getgrouplist(name.as_ptr(), group, ids.as_mut_ptr(), &raw mut count) < 0 {
            return Vec::new();
        }
        ids.truncate(count.max(0) as usize);
        ids.into_iter()
            .filter_map(|id| {
                let group = libc::getgrgid(id);
                let known = !group.is_null();
                known.then(|| {
                    CStr::from_ptr((*group).gr_name)
                        .to_string_lossy()
                        .into_owned()
                })
            })
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Environment;
    use std::path::PathBuf;

    #[test]
    fn the_proxy_is_the_resource_manager_unless_another_is_named() {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        conf.set(
            "yarn.resourcemanager.webapp.address",
            "127.0.0.1:8088",
            "test",
        );
        let container = ContainerEnvironment {
            id: "container_1700000000000_0007_01_000001".parse().unwrap(),
            host: "node1".to_owned(),
            log_dir: PathBuf::new(),
            token_file: PathBuf::new(),
            work_dir: PathBuf::new(),
            local_dirs: String::new(),
            web_proxy_base: Some("/proxy/application_1700000000000_0007".to_owned()),
        };
        let audit = Arc::new(AuditLog::log_only());
        let lists = AccessLists::default();
        let found = access(&conf, &container, "alice", &lists, &audit, 1).unwrap();
        assert_eq!(
            found.pages,
            "http://127.0.0.1:8088/proxy/redirect/application_1700000000000_0007"
        );
        assert!(found.proxies.contains(&"127.0.0.1".parse().unwrap()));
        conf.set("yarn.web-proxy.address", "127.0.0.2:9099", "test");
        let found = access(&conf, &container, "alice", &lists, &audit, 1).unwrap();
        assert!(found.pages.starts_with("http://127.0.0.2:9099/"));
    }

    #[test]
    fn root_has_a_group_and_nobody_knows_nobody_else() {
        assert!(groups_of("root").contains(&"root".to_owned()));
        assert!(groups_of("no such user").is_empty());
    }
}
