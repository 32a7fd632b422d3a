//! The token file of this process.
//!
//! YARN names a file with tokens in `HADOOP_TOKEN_FILE_LOCATION`. The HDFS library reads it anew for each connection and
//! wants the service in it to be exactly the authority of the URI, where Java often writes an address. So a process that
//! is given such a file takes its content into a file of its own, in memory, and points the variable there:
//!
//! * names can be added to it ([`with_authorities`]),
//! * tokens can be exchanged while the process runs ([`replace`]): a new file takes the place of the descriptor in one
//!   step, so a reader sees the old tokens or the new ones and never a mixture,
//! * nobody else can read it, and it is gone with the process.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, RawFd};
use std::sync::{Mutex, OnceLock, PoisonError};

use alpheus_hadoop_conf::hadoop::{HadoopConf, HostPort};
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Token, kind};

use crate::HadoopError;

/// The variable.
pub const VARIABLE: &str = "HADOOP_TOKEN_FILE_LOCATION";

/// The descriptor of this process's own file.
static OWN: OnceLock<RawFd> = OnceLock::new();
/// Held while the file is exchanged.
static EXCHANGE: Mutex<()> = Mutex::new(());

/// Whether this process was given tokens.
#[must_use]
pub fn is_there() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty())
}

/// The tokens of this process; none if it was given no file.
///
/// # Errors
/// When a file that the variable names cannot be read or holds no credentials.
pub fn read() -> Result<Credentials, HadoopError> {
    match std::env::var(VARIABLE) {
        Ok(paths) if !paths.is_empty() => Ok(Credentials::read_list(&paths)?),
        _ => Ok(Credentials::new()),
    }
}

/// Takes the tokens that this process was given into a file of its own. Nothing happens if there are none, or if they
/// cannot be read: then whoever needs them says so.
///
/// # Safety
/// The process must have one thread: the environment is changed.
pub unsafe fn adopt() {
    if !is_there() {
        return;
    }
    let Ok(credentials) = read() else {
        return;
    };
    let Ok(file) = in_memory(&credentials) else {
        return;
    };
    let own = *OWN.get_or_init(|| file.into_raw_fd());
    #[allow(
        clippy::disallowed_methods,
        reason = "the HDFS library takes it from there alone, and there is one thread"
    )]
    // SAFETY: the caller promises that no other thread reads the environment.
    unsafe {
        std::env::set_var(VARIABLE, format!("/proc/self/fd/{own}"));
    }
}

/// Puts other tokens in the place of this process's own; new connections use them. False if it has no file of its own,
/// so that nobody would see them.
///
/// # Errors
/// When the system gives no memory.
pub fn replace(credentials: &Credentials) -> Result<bool, HadoopError> {
    let Some(own) = OWN.get() else {
        return Ok(false);
    };
    let system = |error| HadoopError::System {
        what: "the token file cannot be exchanged",
        error,
    };
    let _exchange = EXCHANGE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = in_memory(credentials).map_err(system)?;
    // SAFETY: both are descriptors of this process; `own` is never closed. The kernel exchanges it in one step.
    if unsafe { libc::dup2(file.as_raw_fd(), *own) } < 0 {
        return Err(system(std::io::Error::last_os_error()));
    }
    Ok(true)
}

/// A file that exists in memory only. Child processes inherit it: the workers of a job on this machine.
fn in_memory(credentials: &Credentials) -> std::io::Result<File> {
    // SAFETY: the name is a C string; no flags.
    let descriptor = unsafe { libc::memfd_create(c"alpheus-tokens".as_ptr(), 0) };
    if descriptor < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and is nobody else's.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(credentials.encode(CredentialsFormat::Writable).expose())?;
    Ok(file)
}

/// The credentials with each HDFS token under every name that its NameNode goes by in this configuration: Java names the
/// address (`10.0.0.5:8020`), the HDFS library looks for the authority (`nn1:8020`).
#[must_use]
pub fn with_authorities(credentials: &Credentials, conf: &HadoopConf) -> Credentials {
    let mut all = credentials.clone();
    let tokens: Vec<&Token> = credentials.of_kind(kind::HDFS).collect();
    if tokens
        .iter()
        .all(|token| token.service.starts_with("ha-hdfs:"))
    {
        return all;
    }
    for authority in authorities(conf) {
        // A host that does not resolve cannot be connected to either.
        let resolved = authority.to_socket_addrs().into_iter().flatten();
        let addresses: BTreeSet<String> = resolved.map(|at: SocketAddr| at.to_string()).collect();
        if let Some(token) = add_name(&tokens, &authority, &addresses) {
            all.add_by_service(token);
        }
    }
    all
}

/// The tokens for a server at one of these addresses, under its name, if there is none of that name.
fn add_name(tokens: &[&Token], authority: &str, addresses: &BTreeSet<String>) -> Option<Token> {
    if tokens.iter().any(|token| token.service == authority) {
        return None;
    }
    let token = tokens
        .iter()
        .find(|token| addresses.contains(&token.service))?;
    Some(Token {
        service: authority.to_owned(),
        ..Token::clone(token)
    })
}

/// Single NameNodes that the configuration names, as `host:port`.
fn authorities(conf: &HadoopConf) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |text: Option<String>| {
        let parsed = text.and_then(|text| HostPort::parse(&text, Some(8020)).ok());
        found.extend(parsed.map(|address| address.to_string()));
    };
    add(conf.default_hdfs_authority().ok().flatten());
    let keys: Vec<&str> = conf
        .keys()
        .filter(|key| key.starts_with("dfs.namenode.rpc-address"))
        .collect();
    for key in keys {
        add(conf.text(key).ok().flatten());
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Environment;
    use alpheus_security::secret::SecretBytes;

    use super::*;

    fn token(service: &str) -> Token {
        Token {
            identifier: vec![1],
            password: SecretBytes::from(&b"x"[..]),
            kind: kind::HDFS.to_owned(),
            service: service.to_owned(),
        }
    }

    #[test]
    fn an_address_gets_the_name_that_uris_use() {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        conf.set("fs.defaultFS", "hdfs://localhost:9000", "test");
        let mut credentials = Credentials::new();
        credentials.add_by_service(token("127.0.0.1:9000"));
        credentials.add_by_service(token("127.0.0.1:9001"));
        let all = with_authorities(&credentials, &conf);
        assert!(all.token(kind::HDFS, "localhost:9000").is_some());
        assert!(all.token(kind::HDFS, "127.0.0.1:9000").is_some());
        assert!(all.token(kind::HDFS, "localhost:9001").is_none());
    }

    #[test]
    fn a_token_that_has_the_name_is_left_alone() {
        let (named, other) = (token("nn:9000"), token("10.0.0.1:9000"));
        let addresses = BTreeSet::from(["10.0.0.1:9000".to_owned()]);
        assert!(add_name(&[&named, &other], "nn:9000", &addresses).is_none());
        assert_eq!(
            add_name(&[&other], "nn:9000", &addresses).unwrap().service,
            "nn:9000"
        );
    }

    #[test]
    fn a_file_in_memory_reads_back_and_is_exchanged_in_place() {
        let mut credentials = Credentials::new();
        credentials.add_by_service(token("a:1"));
        let file = in_memory(&credentials).unwrap();
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        assert_eq!(Credentials::read_list(&path).unwrap(), credentials);
        // Twice: reading must not move what the next reader sees.
        assert_eq!(Credentials::read_list(&path).unwrap(), credentials);
    }
}
