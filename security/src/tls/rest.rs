//! TLS of the REST API and the web pages, whose other end is people's browsers and tools: certificates come from
//! files that an administrator provides (`security.ssl.rest.*`), not from the application's own authority.
//!
//! Files are PKCS#12 or PEM, told apart by their content; Java's own key stores are refused by name. TLS 1.2 is the
//! least, for YARN's web proxy and older tools.

use std::path::{Path, PathBuf};

use alpheus_hadoop_conf::options::security as options;
use alpheus_hadoop_conf::{ConfigError, Configuration};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    SslConnector, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509VerifyResult};

/// What can be wrong with the files and options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestTlsError {
    /// An option is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An option is missing.
    #[error("{needed} must be set, because {because} is")]
    Missing {
        /// The missing option.
        needed: &'static str,
        /// The option that asks for it.
        because: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// OpenSSL failed.
    #[error("openssl cannot set up TLS for the REST API: {0}")]
    OpenSsl(#[from] ErrorStack),
}

/// The server's side; `None` if the REST API speaks plain HTTP.
///
/// # Errors
/// If an option or file is wrong.
pub fn server(configuration: &Configuration) -> Result<Option<SslContext>, RestTlsError> {
    if !configuration.get(&options::REST_SSL)? {
        return Ok(None);
    }
    let mut builder = SslContext::builder(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    let missing = |needed| RestTlsError::Missing {
        needed,
        because: options::REST_SSL.key(),
    };
    let keystore = configuration
        .get(&options::REST_KEYSTORE)?
        .ok_or_else(|| missing(options::REST_KEYSTORE.key()))?;
    let keys = KeyMaterial::read(&keystore, configuration)?;
    keys.install(&mut builder)?;
    if configuration.get(&options::REST_SSL_AUTHENTICATION)? {
        let trusted = trusted(configuration)?.ok_or(RestTlsError::Missing {
            needed: options::REST_TRUSTSTORE.key(),
            because: options::REST_SSL_AUTHENTICATION.key(),
        })?;
        let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
        trust(&mut builder, trusted, mode, configuration)?;
        // Sessions of clients with certificates can only be resumed within a named context.
        builder.set_session_id_context(b"alpheus-rest")?;
    }
    Ok(Some(builder.build()))
}

/// The client's side; `None` if the REST API speaks plain HTTP. Whether the server's name is compared with its
/// certificate is set on each connection (`security.ssl.rest.verify-hostname`).
///
/// # Errors
/// If an option or file is wrong.
pub fn client(configuration: &Configuration) -> Result<Option<SslConnector>, RestTlsError> {
    if !configuration.get(&options::REST_SSL)? {
        return Ok(None);
    }
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    match trusted(configuration)? {
        Some(trusted) => trust(&mut builder, trusted, SslVerifyMode::PEER, configuration)?,
        // The machine's own trusted certificates.
        None => builder.set_default_verify_paths()?,
    }
    if configuration.get(&options::REST_SSL_AUTHENTICATION)? {
        let keystore =
            configuration
                .get(&options::REST_KEYSTORE)?
                .ok_or(RestTlsError::Missing {
                    needed: options::REST_KEYSTORE.key(),
                    because: options::REST_SSL_AUTHENTICATION.key(),
                })?;
        KeyMaterial::read(&keystore, configuration)?.install(&mut builder)?;
    }
    Ok(Some(builder.build()))
}

/// Sets what is trusted, and the fingerprint that the other side must have if one is set.
fn trust(
    builder: &mut SslContextBuilder,
    trusted: Vec<X509>,
    mode: SslVerifyMode,
    configuration: &Configuration,
) -> Result<(), RestTlsError> {
    let mut store = X509StoreBuilder::new()?;
    for certificate in trusted {
        store.add_cert(certificate)?;
    }
    builder.set_cert_store(store.build());
    let Some(fingerprint) = configuration.get(&options::REST_FINGERPRINT)? else {
        builder.set_verify(mode);
        return Ok(());
    };
    let wanted: String = fingerprint
        .chars()
        .filter(char::is_ascii_hexdigit)
        .collect::<String>()
        .to_ascii_lowercase();
    let digest = match wanted.len() {
        40 => MessageDigest::sha1(),
        64 => MessageDigest::sha256(),
        _ => {
            return Err(RestTlsError::Config(ConfigError::BadValue {
                key: options::REST_FINGERPRINT.key().to_owned(),
                value: fingerprint,
                from: configuration
                    .source(options::REST_FINGERPRINT.key())
                    .cloned()
                    .unwrap_or(alpheus_hadoop_conf::Source::Deployment(
                        "its default".to_owned(),
                    )),
                expected: "expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits".to_owned(),
            }));
        }
    };
    builder.set_verify_callback(mode, move |good, context| {
        if !good || context.error_depth() > 0 {
            return good;
        }
        let actual = context
            .current_cert()
            .and_then(|certificate| certificate.digest(digest).ok());
        let actual =
            actual.map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>());
        let fits = actual.is_some_and(|actual| actual == wanted);
        if !fits {
            context.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
        }
        fits
    });
    Ok(())
}

fn trusted(configuration: &Configuration) -> Result<Option<Vec<X509>>, RestTlsError> {
    let Some(path) = configuration.get(&options::REST_TRUSTSTORE)? else {
        return Ok(None);
    };
    let password = configuration
        .get(&options::REST_TRUSTSTORE_PASSWORD)?
        .unwrap_or_default();
    let bytes = read(&path)?;
    let content = |reason: String| RestTlsError::Content {
        path: path.clone(),
        reason,
    };
    let certificates = match Format::of(&bytes).map_err(&content)? {
        Format::Pem => X509::stack_from_pem(&bytes).map_err(|e| content(e.to_string()))?,
        Format::Pkcs12 => {
            let parsed = Pkcs12::from_der(&bytes).and_then(|store| store.parse2(&password));
            let parsed = parsed.map_err(|e| content(pkcs12_hint(&e)))?;
            parsed.ca.into_iter().flatten().chain(parsed.cert).collect()
        }
    };
    if certificates.is_empty() {
        return Err(content("there is no certificate in it".to_owned()));
    }
    Ok(Some(certificates))
}

/// A key with its certificate and those above it.
struct KeyMaterial {
    key: PKey<Private>,
    certificate: X509,
    chain: Vec<X509>,
}

impl KeyMaterial {
    fn read(path: &Path, configuration: &Configuration) -> Result<Self, RestTlsError> {
        let store_password = configuration
            .get(&options::REST_KEYSTORE_PASSWORD)?
            .unwrap_or_default();
        let key_password = configuration
            .get(&options::REST_KEY_PASSWORD)?
            .unwrap_or_else(|| store_password.clone());
        let bytes = zeroize::Zeroizing::new(read(path)?);
        let content = |reason: String| RestTlsError::Content {
            path: path.to_owned(),
            reason,
        };
        match Format::of(&bytes).map_err(&content)? {
            Format::Pem => {
                let key = PKey::private_key_from_pem_passphrase(&bytes, key_password.as_bytes())
                    .map_err(|e| content(format!("no private key can be read: {e}")))?;
                let mut chain = X509::stack_from_pem(&bytes).map_err(|e| content(e.to_string()))?;
                if chain.is_empty() {
                    return Err(content("there is no certificate in it".to_owned()));
                }
                let certificate = chain.remove(0);
                Ok(KeyMaterial {
                    key,
                    certificate,
                    chain,
                })
            }
            Format::Pkcs12 => {
                let parsed =
                    Pkcs12::from_der(&bytes).and_then(|store| store.parse2(&store_password));
                let parsed = parsed.map_err(|e| content(pkcs12_hint(&e)))?;
                let key = parsed
                    .pkey
                    .ok_or_else(|| content("there is no private key in it".to_owned()))?;
                let certificate = parsed
                    .cert
                    .ok_or_else(|| content("there is no certificate in it".to_owned()))?;
                Ok(KeyMaterial {
                    key,
                    certificate,
                    chain: parsed.ca.into_iter().flatten().collect(),
                })
            }
        }
    }

    fn install(self, builder: &mut SslContextBuilder) -> Result<(), RestTlsError> {
        builder.set_certificate(&self.certificate)?;
        for certificate in self.chain {
            builder.add_extra_chain_cert(certificate)?;
        }
        builder.set_private_key(&self.key)?;
        builder.check_private_key()?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RestTlsError> {
    std::fs::read(path).map_err(|error| RestTlsError::Io {
        path: path.to_owned(),
        error,
    })
}

fn pkcs12_hint(error: &ErrorStack) -> String {
    let text = error.to_string();
    if text.contains("unsupported") {
        format!(
            "it was made with ciphers that OpenSSL no longer takes; make it anew with keytool -importkeystore of a \
             current Java, or with openssl pkcs12 ({text})"
        )
    } else {
        format!("it cannot be opened; is the password right? ({text})")
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Format {
    Pem,
    Pkcs12,
}

impl Format {
    fn of(bytes: &[u8]) -> Result<Self, String> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        if bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
            Ok(Format::Pem)
        } else if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed])
            || bytes.starts_with(&[0xce, 0xce, 0xce, 0xce])
        {
            Err("it is a key store in Java's own format; convert it: keytool -importkeystore -srckeystore OLD \
                 -destkeystore NEW -deststoretype pkcs12"
                .to_owned())
        } else if bytes.first() == Some(&0x30) {
            Ok(Format::Pkcs12)
        } else {
            Err("it is neither PKCS#12 nor PEM".to_owned())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::pin::Pin;

    use alpheus_hadoop_conf::Source;
    use openssl::ssl::Ssl;
    use openssl::stack::Stack;
    use tokio_openssl::SslStream;

    use super::*;
    use crate::tls::{ApplicationName, Authority, Identity, Role};

    fn identity() -> Identity {
        Authority::create(ApplicationName::new("rest").unwrap())
            .unwrap()
            .issue(Role::JobManager)
            .unwrap()
    }

    fn configuration(pairs: &[(&str, &Path)], more: &[(&str, &str)]) -> Configuration {
        let mut configuration = Configuration::new();
        let texts = pairs
            .iter()
            .map(|(key, path)| (*key, path.to_str().unwrap()));
        for (key, value) in texts.chain(more.iter().copied()) {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        configuration
    }

    /// The identity's key and certificates as a PKCS#12 file.
    fn pkcs12(identity: &Identity, path: &Path) {
        let mut above = Stack::new().unwrap();
        above.push(identity.authority.clone()).unwrap();
        let mut builder = Pkcs12::builder();
        builder
            .pkey(&identity.key)
            .cert(&identity.certificate)
            .ca(above)
            .name("rest");
        std::fs::write(path, builder.build2("secret").unwrap().to_der().unwrap()).unwrap();
    }

    async fn meet(server: &SslContext, client: &SslConnector) -> (bool, bool) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let mut accepting = SslStream::new(Ssl::new(server).unwrap(), near).unwrap();
        let ssl = client
            .configure()
            .unwrap()
            .verify_hostname(false)
            .into_ssl("localhost")
            .unwrap();
        let mut connecting = SslStream::new(ssl, far).unwrap();
        let accept = async {
            let accepted = Pin::new(&mut accepting).accept().await.is_ok();
            drop(accepting);
            accepted
        };
        let (accepted, connected) = tokio::join!(accept, Pin::new(&mut connecting).connect());
        (accepted, connected.is_ok())
    }

    #[tokio::test]
    async fn both_formats_serve_and_certificates_are_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let (p12, pem, trust) = (
            dir.path().join("k.p12"),
            dir.path().join("k.pem"),
            dir.path().join("t.pem"),
        );
        let identity = identity();
        pkcs12(&identity, &p12);
        std::fs::write(&pem, identity.to_pem().unwrap().expose()).unwrap();
        std::fs::write(&trust, identity.authority.to_pem().unwrap()).unwrap();
        let on = ("security.ssl.rest.enabled", "true");
        let mutual = ("security.ssl.rest.authentication-enabled", "true");
        let password = ("security.ssl.keystore-password", "secret");
        for keystore in [&p12, &pem] {
            let files = [
                ("security.ssl.rest.keystore", keystore.as_path()),
                ("security.ssl.truststore", &trust),
            ];
            let plain = configuration(&files, &[on, password]);
            let both = configuration(&files, &[on, mutual, password]);
            let (server_plain, server_both) = (
                server(&plain).unwrap().unwrap(),
                server(&both).unwrap().unwrap(),
            );
            let (client_plain, client_both) = (
                client(&plain).unwrap().unwrap(),
                client(&both).unwrap().unwrap(),
            );
            assert_eq!(meet(&server_plain, &client_plain).await, (true, true));
            assert_eq!(meet(&server_both, &client_both).await, (true, true));
            assert!(!meet(&server_both, &client_plain).await.0, "no certificate");
        }
        // The fingerprint of another certificate.
        let digest = |digest| {
            let bytes = identity.certificate.digest(digest).unwrap();
            bytes
                .iter()
                .map(|b| format!("{b:02X}"))
                .collect::<Vec<_>>()
                .join(":")
        };
        let files = [
            ("security.ssl.rest.keystore", p12.as_path()),
            ("security.ssl.truststore", &trust),
        ];
        let serving = server(&configuration(&files, &[on, password]))
            .unwrap()
            .unwrap();
        let pin = |value: &str| {
            let fingerprint = ("security.ssl.rest.cert.fingerprint", value);
            client(&configuration(&files, &[on, password, fingerprint]))
        };
        for right in [
            digest(MessageDigest::sha1()),
            digest(MessageDigest::sha256()),
        ] {
            assert!(meet(&serving, &pin(&right).unwrap().unwrap()).await.1);
        }
        assert!(
            !meet(&serving, &pin(&"0".repeat(40)).unwrap().unwrap())
                .await
                .1
        );
        assert!(pin("12").err().unwrap().to_string().contains("hexadecimal"));
    }

    #[test]
    fn mistakes_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("store");
        let on = ("security.ssl.rest.enabled", "true");
        let error = |more: &[(&str, &str)]| {
            let configuration = configuration(&[("security.ssl.rest.keystore", &file)], more);
            server(&configuration)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default()
        };
        assert!(server(&configuration(&[], &[])).unwrap().is_none());
        let missing = server(&configuration(&[], &[on]))
            .err()
            .unwrap()
            .to_string();
        assert!(
            missing.contains("security.ssl.rest.keystore must be set"),
            "{missing}"
        );
        assert!(error(&[on]).contains("cannot read"));
        std::fs::write(&file, [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]).unwrap();
        assert!(error(&[on]).contains("-deststoretype pkcs12"));
        std::fs::write(&file, "rubbish").unwrap();
        assert!(error(&[on]).contains("neither PKCS#12 nor PEM"));
        let identity = identity();
        pkcs12(&identity, &file);
        assert!(
            error(&[on, ("security.ssl.keystore-password", "wrong")])
                .contains("is the password right?")
        );
        std::fs::write(&file, identity.certificate.to_pem().unwrap()).unwrap();
        assert!(error(&[on]).contains("no private key"));
    }
}
