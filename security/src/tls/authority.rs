//! The certificate authority of one application.

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};

use super::error::while_trying;
use super::{ApplicationName, Identity, PeerIdentity, Role, TlsError};
use crate::secret::SecretBytes;

/// How long certificates are valid: as long as any application may run. The authority dies with its application,
/// which is what ends their use.
const DAYS: u32 = 3650;
/// Clocks of a cluster may differ by this much.
const BACKDATE_SECONDS: i64 = 3600;

/// The certificate authority of one application. It lives in the job manager; its key leaves the process only for
/// the application's private record, from which the next attempt of the job manager goes on.
pub struct Authority {
    application: ApplicationName,
    certificate: X509,
    key: PKey<Private>,
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Errors
    /// If OpenSSL cannot make keys.
    pub fn create(application: ApplicationName) -> Result<Self, TlsError> {
        let made = (|| {
            let key = new_key()?;
            let name = subject(&application, "authority")?;
            let mut builder = template(&name, &name, &key)?;
            builder
                .append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
            builder.append_extension(KeyUsage::new().critical().key_cert_sign().build()?)?;
            builder.sign(&key, MessageDigest::sha256())?;
            Ok((builder.build(), key))
        })();
        let (certificate, key) = made.map_err(while_trying("make a certificate authority"))?;
        Ok(Authority {
            application,
            certificate,
            key,
        })
    }

    /// The application that this authority belongs to.
    #[must_use]
    pub fn application(&self) -> &ApplicationName {
        &self.application
    }

    /// Makes a key and a certificate for a process.
    ///
    /// # Errors
    /// If OpenSSL cannot make them.
    pub fn issue(&self, role: Role) -> Result<Identity, TlsError> {
        let me = PeerIdentity {
            application: self.application.clone(),
            role,
        };
        let made = (|| {
            let key = new_key()?;
            let name = subject(&self.application, &me.role.to_string())?;
            let mut builder = template(&name, self.certificate.subject_name(), &key)?;
            builder.append_extension(BasicConstraints::new().critical().build()?)?;
            builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
            let mut usage = ExtendedKeyUsage::new();
            usage.critical().client_auth();
            if me.role != Role::Client {
                usage.server_auth();
            }
            builder.append_extension(usage.build()?)?;
            let context = builder.x509v3_context(Some(&self.certificate), None);
            let names = SubjectAlternativeName::new()
                .uri(&me.uri())
                .build(&context)?;
            builder.append_extension(names)?;
            builder.sign(&self.key, MessageDigest::sha256())?;
            Ok((builder.build(), key))
        })();
        let (certificate, key) = made.map_err(while_trying("issue a certificate"))?;
        Ok(Identity::new(
            me,
            certificate,
            key,
            self.certificate.clone(),
        ))
    }

    /// The key and the certificate as PEM, for the application's private record.
    ///
    /// # Errors
    /// If OpenSSL cannot write them.
    pub fn to_pem(&self) -> Result<SecretBytes, TlsError> {
        pem(&self.key, &[&self.certificate])
    }

    /// Reads what [`Authority::to_pem`] wrote.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn from_pem(application: ApplicationName, pem: &[u8]) -> Result<Self, TlsError> {
        let (key, certificates) = parse_pem(pem)?;
        let [certificate] = <[X509; 1]>::try_from(certificates).map_err(|found| {
            TlsError::Malformed(format!("expected one certificate, found {}", found.len()))
        })?;
        check_pair(&key, &certificate)?;
        Ok(Authority {
            application,
            certificate,
            key,
        })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

fn new_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

/// A subject. A common name may have 64 characters at most; who the holder is stands in the alternative names.
fn subject(application: &ApplicationName, name: &str) -> Result<X509Name, ErrorStack> {
    let clip = |text: &str| text[..text.len().min(64)].to_owned();
    let mut builder = X509NameBuilder::new()?;
    builder.append_entry_by_nid(Nid::ORGANIZATIONNAME, &clip(application.as_str()))?;
    builder.append_entry_by_nid(Nid::COMMONNAME, &clip(name))?;
    Ok(builder.build())
}

fn template(
    subject: &openssl::x509::X509NameRef,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let now = chrono::Utc::now().timestamp();
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&*Asn1Time::from_unix(now - BACKDATE_SECONDS)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(DAYS)?)?;
    Ok(builder)
}

/// A key and certificates as PEM, one after the other.
pub(super) fn pem(key: &PKey<Private>, certificates: &[&X509]) -> Result<SecretBytes, TlsError> {
    let write = while_trying("write a certificate");
    let made = (|| {
        let key = zeroize::Zeroizing::new(key.private_key_to_pem_pkcs8()?);
        let certificates = certificates
            .iter()
            .map(|c| c.to_pem())
            .collect::<Result<Vec<_>, ErrorStack>>()?
            .concat();
        // In one piece: a vector that grows leaves copies of the key behind.
        let mut all = Vec::with_capacity(key.len() + certificates.len());
        all.extend_from_slice(&key);
        all.extend_from_slice(&certificates);
        Ok(SecretBytes::new(all))
    })();
    made.map_err(write)
}

/// Reads a key and certificates.
pub(super) fn parse_pem(pem: &[u8]) -> Result<(PKey<Private>, Vec<X509>), TlsError> {
    let malformed = |e: ErrorStack| TlsError::Malformed(e.to_string());
    Ok((
        PKey::private_key_from_pem_passphrase(pem, b"").map_err(malformed)?,
        X509::stack_from_pem(pem).map_err(malformed)?,
    ))
}

/// Whether a key belongs to a certificate.
pub(super) fn check_pair(key: &PKey<Private>, certificate: &X509) -> Result<(), TlsError> {
    let public = certificate
        .public_key()
        .map_err(|e| TlsError::Malformed(e.to_string()))?;
    if public.public_eq(key) {
        Ok(())
    } else {
        Err(TlsError::Malformed(
            "the key does not belong to the certificate".to_owned(),
        ))
    }
}
