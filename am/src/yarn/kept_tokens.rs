//! Pushed tokens as a later attempt of the master finds them: a credentials file of mode 0600 in the staging folder, which
//! is its owner's alone and goes with the application.
//!
//! The launch context of an attempt holds the tokens of the submission for ever; YARN cannot be told of others. While those
//! live an attempt reads with them what was pushed since, and goes on with that. Once they have ended an attempt has nothing to
//! read the file with: a job whose tokens are pushed outlives its first tokens, but after that not the death of its master.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alpheus_security::hadoop::{Credentials, CredentialsFormat};
use alpheus_security::secret::SecretBytes;
use alpheus_storage::{FileSystem, Location};

use super::{YarnApplicationError, small_file};

/// Its name in the staging folder.
const FILE: &str = "pushed.tokens";

/// Name of the secret in it that says when the first of the tokens ends, ms since 1970.
const UNTIL: &str = "alpheus.valid-until";

/// Tokens, and when the first of them ends.
pub type Kept = (Credentials, SystemTime);

/// Keeps pushed tokens in place of those that were kept before.
///
/// # Errors
/// When the file system does not allow it.
pub fn keep(
    fs: &dyn FileSystem,
    staging: &Location,
    (tokens, until): &Kept,
) -> Result<(), YarnApplicationError> {
    let mut written = tokens.clone();
    let ms = until.duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = ms.as_millis().to_string().into_bytes();
    written.add_secret(UNTIL, SecretBytes::new(ms));
    let bytes = written.encode(CredentialsFormat::Writable);
    small_file::replace(fs, &staging.join(FILE), "new", bytes.expose())?;
    Ok(())
}

/// The tokens that were pushed last; `None`, if none were or they have ended.
///
/// # Errors
/// When the file cannot be read, or is none.
pub fn find(
    fs: &dyn FileSystem,
    staging: &Location,
    now: SystemTime,
) -> Result<Option<Kept>, YarnApplicationError> {
    let bytes = match fs.read(&staging.join(FILE)) {
        Err(error) if error.is_not_found() => return Ok(None),
        bytes => SecretBytes::from(&*bytes?),
    };
    let tokens = Credentials::decode(bytes.expose())?;
    let until = tokens
        .secret(UNTIL)
        .and_then(|ms| std::str::from_utf8(ms.expose()).ok()?.parse().ok())
        .map(|ms| UNIX_EPOCH + Duration::from_millis(ms));
    let until = until.ok_or(YarnApplicationError::Credentials(UNTIL))?;
    let mut plain = Credentials::new();
    for (alias, token) in tokens.tokens() {
        plain.add(alias, token.clone());
    }
    Ok((until > now).then_some((plain, until)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use alpheus_security::hadoop::{Token, kind};
    use alpheus_storage::LocalFileSystem;

    fn tokens(password: &str) -> Credentials {
        let mut tokens = Credentials::new();
        tokens.add_by_service(Token {
            identifier: b"id".to_vec(),
            password: SecretBytes::from(password.as_bytes()),
            kind: kind::HDFS.to_owned(),
            service: "nn1:1".to_owned(),
        });
        tokens
    }

    #[test]
    fn the_last_tokens_are_found_while_they_live_and_are_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (fs, staging) = (LocalFileSystem, Location::local(dir.path()));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(find(&fs, &staging, at(0)).unwrap(), None);
        for (password, until) in [("first", at(100)), ("second", at(200))] {
            let kept = (tokens(password), until);
            keep(&fs, &staging, &kept).unwrap();
            assert_eq!(find(&fs, &staging, at(50)).unwrap(), Some(kept));
        }
        assert_eq!(find(&fs, &staging, at(200)).unwrap(), None);
        let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().collect();
        assert_eq!(files.len(), 1);
        let mode = files[0].metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_none_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let (fs, staging) = (LocalFileSystem, Location::local(dir.path()));
        std::fs::write(dir.path().join(FILE), b"HDTS").unwrap();
        assert!(find(&fs, &staging, UNIX_EPOCH).is_err());
        let bytes = tokens("x").encode(CredentialsFormat::Writable);
        std::fs::write(dir.path().join(FILE), bytes.expose()).unwrap();
        let error = find(&fs, &staging, UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().contains(UNTIL), "{error}");
    }
}
