//! TLS for both ends: versions, certificates and trust.
//!
//! A server presents the certificate of [`Certificates`](super::certificates::Certificates). A client
//! verifies it against the system's roots and the lab's CA; verification is never switched off.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use native_tls::{Certificate, Identity, Protocol, TlsAcceptor, TlsConnector};

use super::openssl;

/// Why TLS cannot be set up: one sentence that names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsError(pub String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

/// What a TLS handshake agreed on, in OpenSSL's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// `TLSv1.3`
    pub version: String,
    /// `TLS_AES_256_GCM_SHA384`
    pub cipher: String,
}

/// `TLSv1.3 TLS_AES_256_GCM_SHA384`
impl fmt::Display for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.cipher)
    }
}

/// A certificate that was presented in a handshake, and the result of its verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The certificates in DER: the server's own, then those of its signers, as far as they are
    /// known. If it is trusted, the last one is the reason.
    pub chain: Vec<Vec<u8>>,
    /// Why it is not trusted; `None` if it is.
    pub fault: Option<CertError>,
}

/// Why a certificate is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertError {
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for other names than the one that the client connected to.
    OtherName,
    /// No authority that we trust has signed it.
    UnknownIssuer,
    /// Another reason, in OpenSSL's words.
    Other(String),
}

/// A TLS version that a configuration can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246: the certificate crosses the wire unencrypted.
    Tls12,
    /// RFC 8446: everything after the first flight is encrypted.
    Tls13,
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Version, String> {
        match text {
            "1.2" => Ok(Version::Tls12),
            "1.3" => Ok(Version::Tls13),
            _ => Err("a TLS version is 1.2 or 1.3".to_owned()),
        }
    }
}

impl Version {
    fn protocol(self) -> Protocol {
        match self {
            Version::Tls12 => Protocol::Tlsv12,
            Version::Tls13 => Protocol::Tlsv13,
        }
    }
}

/// The versions that a configuration allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The oldest version.
    pub min: Version,
    /// The newest version.
    pub max: Version,
}

impl Default for Versions {
    fn default() -> Versions {
        Versions { min: Version::Tls12, max: Version::Tls13 }
    }
}

/// Makes a server's acceptor of its certificate chain and its key, both PEM files.
///
/// # Errors
/// When a file cannot be read, or has something else in it.
pub fn acceptor(
    certificate: &Path,
    key: &Path,
    versions: Versions,
) -> Result<TlsAcceptor, TlsError> {
    let identity = Identity::from_pkcs8(&read(certificate)?, &read(key)?).map_err(|error| {
        TlsError(format!(
            "{} and {} are not a certificate and its key ({error}); remove both, and new ones are made",
            certificate.display(),
            key.display()
        ))
    })?;
    let mut builder = TlsAcceptor::builder(identity);
    builder.min_protocol_version(Some(versions.min.protocol()));
    builder.max_protocol_version(Some(versions.max.protocol()));
    let allow_1_3 = versions.max >= Version::Tls13;
    openssl::build(allow_1_3, || builder.build())
        .map_err(|error| TlsError(format!("OpenSSL refuses {}: {error}", certificate.display())))
}

/// Makes a client's connector, which trusts the system's roots and the CA in `ca` if that exists.
///
/// # Errors
/// When `ca` exists and is no certificate.
pub fn connector(ca: &Path, versions: Versions) -> Result<TlsConnector, TlsError> {
    openssl::listen();
    let mut builder = TlsConnector::builder();
    if ca.exists() {
        let certificate = Certificate::from_pem(&read(ca)?)
            .map_err(|error| TlsError(format!("{} is not a certificate: {error}", ca.display())))?;
        builder.add_root_certificate(certificate);
    }
    builder.min_protocol_version(Some(versions.min.protocol()));
    builder.max_protocol_version(Some(versions.max.protocol()));
    builder.build().map_err(|error| TlsError(format!("OpenSSL refuses to be a client: {error}")))
}

/// The reason in brackets at the end of OpenSSL's words on an untrusted certificate: `self-signed
/// certificate`.
pub(crate) fn verdict(words: &str) -> Option<&str> {
    let (_, verdict) = words.rsplit_once('(')?;
    verdict.strip_suffix(')')
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError(format!("{} cannot be read: {error}", path.display())))
}
