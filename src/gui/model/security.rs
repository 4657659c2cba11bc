//! The protection of a connection: TLS or not, the server's certificate, and why that is trusted or not.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::mail::net::certificates::name_text;
use crate::mail::net::{CertError, PeerCertificate, TlsSession};
use crate::teaching::wire_tap::Connection;

/// How a connection is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSecurity {
    /// What the TLS handshake agreed on; `None` while the connection is unencrypted.
    pub secured: Option<TlsSession>,
    /// The server's certificate.
    pub certificate: Option<CertificateInfo>,
    /// True if TLS begins with the first octet, without STARTTLS or STLS.
    pub is_implicit: bool,
    /// True if both ends are on this machine.
    pub is_local: bool,
}

/// A server's certificate as readable text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Its subject.
    pub subject: String,
    /// The names and addresses of the server.
    pub names: Vec<String>,
    /// The authority that signed it.
    pub issuer: String,
    /// The beginning of its validity: `2026-11-25 10:00 UTC`.
    pub not_before: String,
    /// The end of its validity.
    pub not_after: String,
    /// The SHA-256 fingerprint, in hexadecimal with colons.
    pub fingerprint: String,
    /// Whether it is trusted, and why.
    pub trust: Trust,
}

/// Why a certificate is trusted, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Trusted, because the authority in this file signed it.
    File(PathBuf),
    /// Trusted, because the system trusts this authority.
    System(String),
    /// Not trusted, for this reason.
    Not(CertError),
}

impl ConnectionSecurity {
    /// The protection of a connection that was just opened.
    #[must_use]
    pub fn of(connection: &Connection) -> ConnectionSecurity {
        ConnectionSecurity {
            secured: None,
            certificate: None,
            // `smtps`, `pop3s`, `imaps`: RFC 8314 §3.
            is_implicit: connection.service.ends_with('s'),
            is_local: connection.server.ip().is_loopback(),
        }
    }

    /// True if the certificate is not trusted.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let card = self.certificate.as_ref();
        card.is_some_and(|card| matches!(card.trust, Trust::Not(_)))
    }

    /// The protection in two or three words.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.secured {
            _ if self.is_broken() => "not trusted".to_owned(),
            Some(secured) => secured.version.replace("TLSv", "TLS "),
            None => "unencrypted".to_owned(),
        }
    }

    /// The protection as a sentence.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        match &self.secured {
            _ if self.is_broken() => {
                "The connection was ended, because the server’s certificate is not trusted."
            }
            Some(_) if self.is_implicit => {
                "Encrypted from the first octet: TLS comes before the protocol (RFC 8314)."
            }
            Some(_) => "Encrypted since STARTTLS or STLS: what was sent before could be read.",
            None if self.is_implicit => "TLS has not begun yet.",
            None if self.is_local => {
                "Not encrypted, but both ends are on this machine: nothing crosses a network."
            }
            None => "Not encrypted: every machine on the way can read and change what is sent.",
        }
    }
}

impl CertificateInfo {
    /// Reads the certificate that a server presented. `ca` is the file of an authority that is trusted in addition to
    /// the system's.
    #[must_use]
    pub fn of(shown: &PeerCertificate, ca: &Path) -> CertificateInfo {
        let der = shown.chain.first().map_or(&[][..], Vec::as_slice);
        let trust = match &shown.fault {
            Some(fault) => Trust::Not(fault.clone()),
            None => trust(shown, ca),
        };
        let mut info = CertificateInfo {
            subject: UNREADABLE.to_owned(),
            names: Vec::new(),
            issuer: UNREADABLE.to_owned(),
            not_before: String::new(),
            not_after: String::new(),
            fingerprint: fingerprint(der),
            trust,
        };
        if let Ok((_, certificate)) = X509Certificate::from_der(der) {
            info.read(&certificate);
        }
        info
    }

    fn read(&mut self, certificate: &X509Certificate<'_>) {
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(name_text);
        self.names = names.take(MOST_NAMES).collect();
        self.subject = certificate.subject().to_string();
        self.issuer = certificate.issuer().to_string();
        self.not_before = time(certificate.validity().not_before);
        self.not_after = time(certificate.validity().not_after);
    }

    /// Why it is trusted or not, as a sentence.
    #[must_use]
    pub fn why(&self) -> String {
        match &self.trust {
            Trust::File(path) => format!(
                "“{}” has signed it, and you trust that authority because of {}.",
                self.issuer,
                path.display()
            ),
            Trust::System(authority) => {
                format!("It leads to “{authority}”, an authority that this system trusts.")
            }
            Trust::Not(CertError::Expired) => format!("It expired on {}.", self.not_after),
            Trust::Not(CertError::NotYetValid) => {
                format!("It is not valid before {}.", self.not_before)
            }
            Trust::Not(CertError::OtherName) => format!(
                "It is for {}, not for the name to which you connected.",
                self.names.join(", ")
            ),
            Trust::Not(CertError::UnknownIssuer) => {
                format!("It is signed by “{}”, which this machine does not trust.", self.issuer)
            }
            Trust::Not(CertError::Other(words)) => format!("OpenSSL says: {words}."),
        }
    }

    /// What to do about it, as a sentence; empty if it is trusted.
    #[must_use]
    pub fn what_to_do(&self) -> &'static str {
        match &self.trust {
            Trust::File(_) | Trust::System(_) => "",
            Trust::Not(CertError::Expired) => {
                "The administrator of the server must renew it. Pillarbox makes a new one when it starts."
            }
            Trust::Not(CertError::NotYetValid) => {
                "Check the clock of this machine. If it is right, the clock of the server is wrong."
            }
            Trust::Not(CertError::OtherName) => {
                "Connect to one of its names, or add this name to [tls] names on the server, and restart the server."
            }
            Trust::Not(CertError::UnknownIssuer) => {
                "If it is the server of your lab, copy its certs/ca.pem into the folder that [tls] certs names here. \
                 Otherwise another machine may be between you and the server."
            }
            Trust::Not(CertError::Other(_)) => {
                "Show this to the administrator of the server. Until it is clear, this may be another server."
            }
        }
    }
}

/// The number of names of a certificate that are shown. Some have hundreds.
const MOST_NAMES: usize = 12;

const UNREADABLE: &str = "a certificate that cannot be read";

/// Why it is trusted: the last certificate of the chain is one that this machine trusts.
fn trust(shown: &PeerCertificate, ca: &Path) -> Trust {
    let anchor = shown.chain.last().map_or(&[][..], Vec::as_slice);
    let pem = fs::read(ca).ok();
    let pem = pem.as_deref().map(x509_parser::pem::parse_x509_pem);
    if let Some(Ok((_, pem))) = pem
        && pem.contents == anchor
    {
        return Trust::File(ca.to_path_buf());
    }
    let authority = X509Certificate::from_der(anchor);
    Trust::System(authority.map_or(UNREADABLE.to_owned(), |(_, one)| one.subject().to_string()))
}

fn fingerprint(der: &[u8]) -> String {
    let mut text = String::new();
    for octet in Sha256::digest(der) {
        let colon = if text.is_empty() { "" } else { ":" };
        // Writing to a string never fails.
        let _ = write!(text, "{colon}{octet:02X}");
    }
    text
}

fn time(time: ASN1Time) -> String {
    let time = Timestamp::from_second(time.timestamp());
    time.map_or_else(
        |_| "an impossible date".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

#[cfg(test)]
mod tests;
