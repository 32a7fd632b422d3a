//! What one process shows to the others.

use std::path::Path;

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::authority::{check_pair, parse_pem, pem};
use super::{ApplicationName, PeerIdentity, Role, TlsError};
use crate::private_file::{self, PrivateFileError};
use crate::secret::SecretBytes;

/// A process's key and certificate, and the certificate of the authority that it trusts.
pub struct Identity {
    pub(super) me: PeerIdentity,
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
    pub(super) authority: X509,
}

/// What can go wrong when an identity is read from or written to a file.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFileError {
    /// The file.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// Its content.
    #[error("{path}: {error}")]
    Content {
        /// The file.
        path: String,
        /// What is wrong.
        error: TlsError,
    },
}

impl Identity {
    pub(super) fn new(
        me: PeerIdentity,
        certificate: X509,
        key: PKey<Private>,
        authority: X509,
    ) -> Self {
        Identity {
            me,
            certificate,
            key,
            authority,
        }
    }

    /// The application.
    #[must_use]
    pub fn application(&self) -> &ApplicationName {
        &self.me.application
    }

    /// The process's role.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.me.role
    }

    /// Key, certificate and the authority's certificate as PEM.
    ///
    /// # Errors
    /// If OpenSSL cannot write them.
    pub fn to_pem(&self) -> Result<SecretBytes, TlsError> {
        pem(&self.key, &[&self.certificate, &self.authority])
    }

    /// Reads what [`Identity::to_pem`] wrote; who it is stands in the certificate.
    ///
    /// # Errors
    /// If it is damaged, or the parts do not belong together.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TlsError> {
        let (key, certificates) = parse_pem(pem)?;
        let [certificate, authority] = <[X509; 2]>::try_from(certificates).map_err(|found| {
            TlsError::Malformed(format!("expected two certificates, found {}", found.len()))
        })?;
        check_pair(&key, &certificate)?;
        let issuer = authority
            .public_key()
            .map_err(|e| TlsError::Malformed(e.to_string()))?;
        if !certificate
            .verify(&issuer)
            .map_err(|e| TlsError::Malformed(e.to_string()))?
        {
            return Err(TlsError::Malformed(
                "the certificate was issued by another authority".to_owned(),
            ));
        }
        let me = PeerIdentity::of(&certificate).map_err(TlsError::Malformed)?;
        Ok(Identity {
            me,
            certificate,
            key,
            authority,
        })
    }

    /// Writes the identity to a private file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), IdentityFileError> {
        let content = |error| IdentityFileError::Content {
            path: path.display().to_string(),
            error,
        };
        Ok(private_file::write(
            path,
            self.to_pem().map_err(content)?.expose(),
        )?)
    }

    /// Reads an identity from a private file.
    ///
    /// # Errors
    /// If the file cannot be read, is not private or is damaged.
    pub fn read(path: &Path) -> Result<Self, IdentityFileError> {
        let pem = private_file::read(path)?;
        Self::from_pem(pem.expose()).map_err(|error| IdentityFileError::Content {
            path: path.display().to_string(),
            error,
        })
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.me)
    }
}
