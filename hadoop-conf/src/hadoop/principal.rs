//! Service principals: `nn/_HOST@REALM` (`SecurityUtil.getServerPrincipal`).

/// Replaces `_HOST` by the host's name in lower case. A host that stands for every address is replaced by this
/// machine's name, as Hadoop does. A principal without `_HOST` as its second part stays as it is.
#[must_use]
pub fn server_principal(principal: &str, host: &str) -> String {
    let (name, realm) = match principal.split_once('@') {
        Some((name, realm)) => (name, Some(realm)),
        None => (principal, None),
    };
    let Some((service, "_HOST")) = name.split_once('/') else {
        return principal.to_owned();
    };
    let host = match host {
        "" | "0.0.0.0" | "::" => local_host_name(),
        host => host.to_ascii_lowercase(),
    };
    match realm {
        Some(realm) => format!("{service}/{host}@{realm}"),
        None => format!("{service}/{host}"),
    }
}

/// This machine's name in lower case, `localhost` if it has none.
#[must_use]
pub fn local_host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_replaced() {
        assert_eq!(
            server_principal("nn/_HOST@TEST.LOCAL", "NN1.Example"),
            "nn/nn1.example@TEST.LOCAL"
        );
        assert_eq!(
            server_principal("nn/fixed@TEST.LOCAL", "nn1"),
            "nn/fixed@TEST.LOCAL"
        );
        assert_eq!(server_principal("nn/_HOST", "nn1"), "nn/nn1");
        assert_eq!(server_principal("alice", "nn1"), "alice");
        let local = server_principal("rm/_HOST@R", "0.0.0.0");
        assert_eq!(local, format!("rm/{}@R", local_host_name()));
    }
}
