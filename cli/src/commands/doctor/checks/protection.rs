//! How connections are protected, and what that costs. That client and servers agree is known by now: they have talked.

use alpheus_hadoop_conf::hadoop::HadoopConf;

use super::super::finding::Finding;

const CHECK: &str = "protection";

/// What was seen.
pub(in super::super) struct Observed {
    secure: bool,
    rpc: String,
    /// `dfs.data.transfer.protection`.
    data: Option<String>,
    /// `dfs.encrypt.data.transfer`, of the configuration or the NameNode.
    encrypted: bool,
    ciphers: Option<String>,
}

/// Looks.
pub(in super::super) fn observe(conf: &HadoopConf, encrypted: Option<bool>) -> Observed {
    let text = |key: &str| conf.text(key).ok().flatten();
    let here = conf.value::<bool>("dfs.encrypt.data.transfer");
    Observed {
        secure: conf.is_secure().unwrap_or(false),
        rpc: text("hadoop.rpc.protection").unwrap_or_default(),
        data: text("dfs.data.transfer.protection"),
        encrypted: here.unwrap_or(false) || encrypted.unwrap_or(false),
        ciphers: text("dfs.encrypt.data.transfer.cipher.suites"),
    }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let data = observed.data.as_deref();
    let private = observed.encrypted || data.is_some_and(|level| level.contains("privacy"));
    if !observed.secure && !private {
        return vec![Finding::good(CHECK, "none: the cluster has no security")];
    }
    let mut findings = vec![Finding::good(CHECK, format!("RPC: {}", observed.rpc))];
    let aes = observed
        .ciphers
        .as_deref()
        .is_some_and(|suites| suites.contains("AES/CTR/NoPadding"));
    findings.push(match (private, data) {
        (true, _) if aes => Finding::good(CHECK, "data: encrypted with AES"),
        (true, _) => Finding::warning(
            CHECK,
            "data: encrypted with 3DES, at some 8 MB/s",
            "set dfs.encrypt.data.transfer.cipher.suites=AES/CTR/NoPadding on DataNodes and clients",
        ),
        (false, Some(level)) => Finding::good(CHECK, format!("data: {level}")),
        (false, None) => Finding::good(
            CHECK,
            "data: by the DataNodes' privileged ports; dfs.data.transfer.protection is not set",
        ),
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn slow_encryption_is_worth_a_word() {
        let severity = |data: Option<&str>, encrypted, ciphers: Option<&str>| {
            let observed = Observed {
                secure: true,
                rpc: "privacy".to_owned(),
                data: data.map(str::to_owned),
                encrypted,
                ciphers: ciphers.map(str::to_owned),
            };
            judge(&observed)[1].severity
        };
        let aes = Some("AES/CTR/NoPadding");
        assert_eq!(severity(Some("privacy"), false, None), Severity::Warning);
        assert_eq!(severity(None, true, None), Severity::Warning);
        assert_eq!(severity(Some("privacy"), false, aes), Severity::Good);
        assert_eq!(severity(Some("integrity"), false, None), Severity::Good);
        assert_eq!(severity(None, false, None), Severity::Good);
    }
}
