//! The keytab, if one is to be used. Whether its keys are the KDC's present ones shows the login.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::{KERBEROS_KEYTAB, KERBEROS_PRINCIPAL};
use alpheus_security::kerberos::{KeytabEntry, keytab_entries};

use super::super::finding::Finding;

const CHECK: &str = "keytab";
/// The number of RC4 (`rc4-hmac`) among encryption types.
const RC4: i32 = 23;

/// What was seen.
pub(in super::super) struct Observed {
    keytab: Option<Keytab>,
}

struct Keytab {
    path: PathBuf,
    principal: Option<String>,
    entries: Result<Vec<KeytabEntry>, String>,
    /// Permission bits.
    mode: Option<u32>,
}

/// Looks.
pub(in super::super) fn observe(configuration: &Configuration) -> Observed {
    let path = configuration.get(&KERBEROS_KEYTAB).ok().flatten();
    let keytab = path.map(|path| Keytab {
        principal: configuration.get(&KERBEROS_PRINCIPAL).ok().flatten(),
        entries: std::fs::File::open(&path)
            .map_err(|error| error.to_string())
            .and_then(|_| keytab_entries(&path).map_err(|error| error.to_string())),
        mode: std::fs::metadata(&path)
            .ok()
            .map(|metadata| metadata.permissions().mode()),
        path,
    });
    Observed { keytab }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let Some(keytab) = &observed.keytab else {
        return Vec::new();
    };
    let path = keytab.path.display();
    let entries = match &keytab.entries {
        Ok(entries) => entries,
        Err(error) => {
            return vec![Finding::bad(
                CHECK,
                format!("{path} cannot be read: {error}"),
                "correct security.kerberos.login.keytab, or give this user access to the file",
            )];
        }
    };
    let Some(principal) = &keytab.principal else {
        return vec![Finding::bad(
            CHECK,
            "there is a keytab and no principal",
            "set security.kerberos.login.principal",
        )];
    };
    let mut findings = Vec::new();
    let ours: Vec<&KeytabEntry> = entries
        .iter()
        .filter(|entry| {
            // A principal without realm is one of the default realm.
            entry.principal == *principal
                || entry.principal.rsplit_once('@').map(|(name, _)| name) == Some(principal)
        })
        .collect();
    let newest = ours.iter().map(|entry| entry.version).max();
    match newest {
        None => {
            let mut others: Vec<&str> = entries.iter().map(|e| e.principal.as_str()).collect();
            others.dedup();
            findings.push(Finding::bad(
                CHECK,
                format!(
                    "{path} has no key for {principal}, only for {}",
                    others.join(", ")
                ),
                "correct security.kerberos.login.principal, or add the key (ktadd)",
            ));
        }
        Some(version) => {
            let only_rc4 = ours
                .iter()
                .filter(|entry| entry.version == version)
                .all(|entry| entry.enctype == RC4);
            findings.push(match only_rc4 {
                true => Finding::warning(
                    CHECK,
                    format!("{path} has an RC4 key only for {principal} (version {version}), which many KDCs refuse"),
                    "make new keys with AES (ktadd -e aes256-cts)",
                ),
                false => Finding::good(
                    CHECK,
                    format!("{path} has keys of {principal}, version {version}"),
                ),
            });
        }
    }
    if keytab.mode.is_some_and(|mode| mode & 0o077 != 0) {
        findings.push(Finding::warning(
            CHECK,
            format!("{path} can be read by others: whoever reads it is {principal}"),
            format!("chmod 600 {path}"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::super::super::finding::Severity;
    use super::*;

    fn severities(
        entries: Result<&[(&str, u32, i32)], &str>,
        principal: Option<&str>,
        mode: u32,
    ) -> Vec<Severity> {
        let entries = entries.map_err(str::to_owned).map(|entries| {
            let entry = |&(principal, version, enctype): &(&str, u32, i32)| KeytabEntry {
                principal: principal.to_owned(),
                version,
                enctype,
                time: SystemTime::UNIX_EPOCH,
            };
            entries.iter().map(entry).collect()
        });
        let keytab = Keytab {
            path: "/a.keytab".into(),
            principal: principal.map(str::to_owned),
            entries,
            mode: Some(mode),
        };
        let findings = judge(&Observed {
            keytab: Some(keytab),
        });
        findings.iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn what_can_be_wrong_with_a_keytab() {
        use Severity::{Bad, Good, Warning};
        let aes = [("alice@R", 2, 18), ("alice@R", 1, 23)];
        assert_eq!(severities(Ok(&aes), Some("alice@R"), 0o600), [Good]);
        assert_eq!(severities(Ok(&aes), Some("alice"), 0o640), [Good, Warning]);
        assert_eq!(severities(Ok(&aes[1..]), Some("alice@R"), 0o600), [Warning]);
        assert_eq!(severities(Ok(&aes), Some("bob@R"), 0o600), [Bad]);
        assert_eq!(severities(Ok(&aes), None, 0o600), [Bad]);
        assert_eq!(
            severities(Err("no such file"), Some("alice@R"), 0o600),
            [Bad]
        );
    }
}
