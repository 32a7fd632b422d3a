//! The bearer token of the REST API where nothing better is at hand: on one machine, whoever can read the user's
//! private files is the user.
//!
//! The server makes the token and writes it to a private file; the client reads the file and sends
//! `Authorization: Bearer <token>`. The token lives as long as the server.

use std::fmt;
use std::path::Path;

use crate::private_file::{self, PrivateFileError};
use crate::secret::{Secret, SecretBytes, equal};

/// Random bytes in a token.
const BYTES: usize = 32;

/// A bearer token.
#[derive(Clone)]
pub struct RestToken(Secret);

/// What can go wrong with a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestTokenError {
    /// The file cannot be written or read, or is not private.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The file does not hold a token.
    #[error("{0} does not hold a token of this version; delete it and start the job again")]
    Malformed(String),
    /// The system has no random numbers.
    #[error("no random numbers for a token: {0}")]
    Random(#[from] openssl::error::ErrorStack),
}

impl RestToken {
    /// Makes a token.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn random() -> Result<Self, RestTokenError> {
        let mut bytes = zeroize::Zeroizing::new([0u8; BYTES]);
        openssl::rand::rand_bytes(&mut *bytes)?;
        let mut text = String::with_capacity(2 * BYTES);
        for byte in bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Ok(RestToken(Secret::new(text)))
    }

    /// Writes the token to a private file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), RestTokenError> {
        Ok(private_file::write(path, self.0.expose().as_bytes())?)
    }

    /// Reads a token that [`RestToken::write`] wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is not private or does not hold a token.
    pub fn read(path: &Path) -> Result<Self, RestTokenError> {
        let content = private_file::read(path)?;
        Self::from_bytes(content.expose())
            .ok_or_else(|| RestTokenError::Malformed(path.display().to_string()))
    }

    /// The token as it travels: in a private file, or in a container's credentials.
    #[must_use]
    pub fn to_bytes(&self) -> SecretBytes {
        SecretBytes::from(self.0.expose().as_bytes())
    }

    /// Reads what [`RestToken::to_bytes`] wrote; `None` if it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
        let whole = text.len() == 2 * BYTES && text.bytes().all(|b| b.is_ascii_hexdigit());
        whole.then(|| RestToken(Secret::from(text)))
    }

    /// The value of an `Authorization` header that carries the token.
    #[must_use]
    pub fn authorization(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.0.expose()))
    }

    /// Whether the value of an `Authorization` header (if there is one) carries this token. Takes the same time for
    /// every wrong token of the right length.
    #[must_use]
    pub fn admits(&self, authorization: Option<&str>) -> bool {
        let presented = authorization.and_then(|value| {
            let (scheme, token) = value.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        presented.is_some_and(|token| equal(token.as_bytes(), self.0.expose().as_bytes()))
    }
}

impl fmt::Debug for RestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestToken(******)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_admitted() {
        let token = RestToken::random().unwrap();
        let other = RestToken::random().unwrap();
        assert!(token.admits(Some(token.authorization().expose())));
        assert!(token.admits(Some(
            &token.authorization().expose().replace("Bearer", "bearer")
        )));
        assert!(!token.admits(Some(other.authorization().expose())));
        for wrong in ["", "Bearer", "Bearer ", "Basic x", token.0.expose()] {
            assert!(!token.admits(Some(wrong)), "{wrong}");
        }
        assert!(!token.admits(None));
        assert!(!format!("{token:?}").contains(token.0.expose()));
    }

    #[test]
    fn it_travels_through_a_private_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rest.token");
        let token = RestToken::random().unwrap();
        token.write(&path).unwrap();
        assert!(token.admits(Some(
            RestToken::read(&path).unwrap().authorization().expose()
        )));
        private_file::write(&path, b"something else").unwrap();
        assert!(matches!(
            RestToken::read(&path),
            Err(RestTokenError::Malformed(_))
        ));
    }
}
