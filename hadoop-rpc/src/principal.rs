//! Who a server must be: the check that keeps a stranger with a valid ticket from playing NameNode.
//!
//! The server itself says which principal it has (`protocol/serverId` in its offer). Without this check a client would get a
//! ticket for whatever name it hears and talk to whoever answers. As in Hadoop's `SaslRpcClient.getServerPrincipal`: the name must
//! equal the configured one with `_HOST` replaced, or match the configured pattern when there is one.

use alpheus_hadoop_conf::hadoop::server_principal;

/// The principal that a server must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPrincipal {
    /// The value of a key such as `yarn.resourcemanager.principal`: `rm/_HOST@EXAMPLE.COM`.
    pub configured: String,
    /// The value of the same key with `.pattern`: a glob over whole principals, which then decides alone.
    pub pattern: Option<String>,
}

/// Why a server's principal is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// Another name than configured.
    #[error("the server calls itself {offered}, but the configuration says {expected}")]
    Other {
        /// The server's word.
        offered: String,
        /// The configured principal, `_HOST` replaced.
        expected: String,
    },
    /// A name outside the pattern.
    #[error(
        "the server calls itself {offered}, which the configured pattern {pattern} does not match"
    )]
    Unmatched {
        /// The server's word.
        offered: String,
        /// The configured glob.
        pattern: String,
    },
    /// A configuration that names no service.
    #[error("the configured principal {0:?} is not of the form service/host@REALM")]
    Malformed(String),
}

impl ServerPrincipal {
    /// A principal without pattern.
    pub fn new(configured: impl Into<String>) -> Self {
        Self {
            configured: configured.into(),
            pattern: None,
        }
    }

    /// The principal to get a ticket for, given the server's own words (`service`, `host`) and the host that we connect to.
    pub fn check(
        &self,
        service: &str,
        host: &str,
        connected: &str,
    ) -> Result<String, PrincipalError> {
        let realm = self.configured.rsplit_once('@').map(|(_, realm)| realm);
        let offered = match realm {
            Some(realm) => format!("{service}/{host}@{realm}"),
            None => format!("{service}/{host}"),
        };
        if let Some(pattern) = self.pattern.as_ref().filter(|p| !p.is_empty()) {
            return if glob(pattern, &offered) {
                Ok(offered)
            } else {
                Err(PrincipalError::Unmatched {
                    offered,
                    pattern: pattern.clone(),
                })
            };
        }
        let expected = self.for_host(connected)?;
        if expected == offered {
            Ok(offered)
        } else {
            Err(PrincipalError::Other { offered, expected })
        }
    }

    /// The configured principal with `_HOST` replaced by the lower-case host.
    pub fn for_host(&self, host: &str) -> Result<String, PrincipalError> {
        let service = self.configured.split('@').next().unwrap_or_default();
        if service
            .split_once('/')
            .is_none_or(|(name, host)| name.is_empty() || host.is_empty())
        {
            return Err(PrincipalError::Malformed(self.configured.clone()));
        }
        Ok(server_principal(&self.configured, host))
    }
}

/// Hadoop's `GlobPattern` without classes: `*`, `?` and `{a,b}`.
fn glob(pattern: &str, text: &str) -> bool {
    alternatives(pattern)
        .iter()
        .any(|one| wild(one.as_bytes(), text.as_bytes()))
}

fn alternatives(pattern: &str) -> Vec<String> {
    if let Some((before, rest)) = pattern.split_once('{')
        && let Some((inside, after)) = rest.split_once('}')
    {
        let tails = alternatives(after);
        return inside
            .split(',')
            .flat_map(|one| tails.iter().map(move |tail| format!("{before}{one}{tail}")))
            .collect();
    }
    vec![pattern.to_owned()]
}

fn wild(pattern: &[u8], text: &[u8]) -> bool {
    // Greedy with one point to return to: linear for the patterns that people write, and never exponential.
    let (mut p, mut t, mut back) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn replaces_host_and_compares() {
        let rm = ServerPrincipal::new("rm/_HOST@TEST.LOCAL");
        assert_eq!(rm.check("rm", "a.b", "A.b").unwrap(), "rm/a.b@TEST.LOCAL");
        assert!(matches!(
            rm.check("evil", "a.b", "a.b"),
            Err(PrincipalError::Other { .. })
        ));
        assert!(matches!(
            rm.check("rm", "c.d", "a.b"),
            Err(PrincipalError::Other { .. })
        ));
        assert!(matches!(
            ServerPrincipal::new("rm").check("rm", "a", "a"),
            Err(PrincipalError::Malformed(_))
        ));
    }

    #[test]
    fn a_pattern_decides_alone() {
        let nn = ServerPrincipal {
            configured: "nn/_HOST@R".into(),
            pattern: Some("{nn,hdfs}/*.example.com@R".into()),
        };
        assert!(nn.check("hdfs", "a.example.com", "10.0.0.1").is_ok());
        assert!(nn.check("nn", "b.example.org", "b.example.org").is_err());
    }

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
