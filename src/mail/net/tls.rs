//! TLS for both sides: which versions, which certificate, whom to trust.
//!
//! A server shows the certificate of [`Certificates`](super::certificates::Certificates); a client
//! verifies against the system's roots and the lab's CA, and verification is never switched off.

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

/// A TLS version that a configuration can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246: the certificate crosses the wire in clear.
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
    /// Nothing older.
    pub min: Version,
    /// Nothing newer.
    pub max: Version,
}

impl Default for Versions {
    fn default() -> Versions {
        Versions {
            min: Version::Tls12,
            max: Version::Tls13,
        }
    }
}

/// What a server needs to accept TLS, from its certificate chain and its key, both PEM files.
///
/// # Errors
/// When a file cannot be read or is not what it should be.
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
    openssl::build(allow_1_3, || builder.build()).map_err(|error| {
        TlsError(format!(
            "OpenSSL refuses {}: {error}",
            certificate.display()
        ))
    })
}

/// What a client needs to verify a server: the system's roots and, if there is one, the CA in `ca`.
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
    builder
        .build()
        .map_err(|error| TlsError(format!("OpenSSL refuses to be a client: {error}")))
}

/// What OpenSSL puts last in its words on a certificate that it does not trust, in brackets: `self-signed
/// certificate`.
pub(crate) fn verdict(words: &str) -> Option<&str> {
    let (_, verdict) = words.rsplit_once('(')?;
    verdict.strip_suffix(')')
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError(format!("{} cannot be read: {error}", path.display())))
}
