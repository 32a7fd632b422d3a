//! Who a certificate says its holder is: `alpheus://<application>/<role>` as a URI in the subject's alternative
//! names.

use std::fmt;
use std::str::FromStr;

use openssl::x509::X509Ref;

/// The longest name of an application or worker.
const MAX_NAME: usize = 128;

const SCHEME: &str = "alpheus://";

/// A name that cannot stand in a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// Characters or length.
    #[error("'{0}' is not a name of letters, digits, '.', '_' and '-' with at most 128 characters")]
    Name(String),
    /// Not a role.
    #[error("'{0}' is not a role; expected am, client or worker-NAME")]
    Role(String),
}

fn check_name(name: &str) -> Result<(), RoleError> {
    let fits = !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if fits {
        Ok(())
    } else {
        Err(RoleError::Name(name.to_owned()))
    }
}

/// The name of the application (or of the job, where each has its own processes) that an authority belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApplicationName(String);

impl ApplicationName {
    /// Checks the name.
    ///
    /// # Errors
    /// If it has other characters than letters, digits, `.`, `_` and `-`, or is empty or too long.
    pub fn new(name: &str) -> Result<Self, RoleError> {
        check_name(name)?;
        Ok(ApplicationName(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a process is within its application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The job manager (`am`).
    JobManager,
    /// A worker, by its name (`worker-NAME`). Make it with [`Role::worker`].
    Worker(String),
    /// A command line that talks to the application (`client`).
    Client,
}

impl Role {
    /// A worker's role.
    ///
    /// # Errors
    /// If the name has characters that cannot stand in a certificate.
    pub fn worker(name: impl fmt::Display) -> Result<Self, RoleError> {
        let name = name.to_string();
        check_name(&name)?;
        Ok(Role::Worker(name))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::JobManager => f.write_str("am"),
            Role::Worker(name) => write!(f, "worker-{name}"),
            Role::Client => f.write_str("client"),
        }
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        match text {
            "am" => Ok(Role::JobManager),
            "client" => Ok(Role::Client),
            other => match other.strip_prefix("worker-") {
                Some(name) => Role::worker(name),
                None => Err(RoleError::Role(other.to_owned())),
            },
        }
    }
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIdentity {
    /// Its application.
    pub application: ApplicationName,
    /// Its role.
    pub role: Role,
}

impl PeerIdentity {
    /// The URI that stands in the certificate.
    pub(super) fn uri(&self) -> String {
        format!("{SCHEME}{}/{}", self.application, self.role)
    }

    /// Reads the identity out of a certificate, which must name exactly one.
    pub fn of(certificate: &X509Ref) -> Result<Self, String> {
        let names = certificate.subject_alt_names();
        let uris: Vec<&str> = names
            .iter()
            .flatten()
            .filter_map(|name| name.uri())
            .collect();
        let [uri] = uris.as_slice() else {
            return Err("its certificate does not say who it is".to_owned());
        };
        let unknown = || format!("its certificate names '{uri}', which is no process of ours");
        let (application, role) = uri
            .strip_prefix(SCHEME)
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(unknown)?;
        let application = ApplicationName::new(application).map_err(|_| unknown())?;
        Ok(PeerIdentity {
            application,
            role: role.parse().map_err(|_| unknown())?,
        })
    }
}

impl fmt::Display for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.role, self.application)
    }
}
