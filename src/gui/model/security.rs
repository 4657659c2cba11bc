//! The lock of a connection: how it is protected, by whose certificate, and why that is trusted or not.

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
    /// What the handshake agreed on; `None` in clear.
    pub secured: Option<TlsSession>,
    /// The certificate that the server showed.
    pub card: Option<CertificateInfo>,
    /// Was TLS to begin with the first octet?
    pub at_once: bool,
    /// Does the connection stay on this machine?
    pub local: bool,
}

/// A server's certificate, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Whose it is.
    pub subject: String,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// From when it is valid, as `2026-11-25 10:00 UTC`.
    pub from: String,
    /// Until when.
    pub until: String,
    /// SHA-256 of the certificate, in hexadecimal with colons.
    pub fingerprint: String,
    /// Is it trusted, and why?
    pub trust: Trust,
}

/// Why a certificate is trusted, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// By the authority in this file.
    File(PathBuf),
    /// By this authority, which the system trusts.
    System(String),
    /// Not at all.
    Not(CertError),
}

impl ConnectionSecurity {
    /// That of a connection on which nothing was said.
    #[must_use]
    pub fn of(connection: &Connection) -> ConnectionSecurity {
        ConnectionSecurity {
            secured: None,
            card: None,
            // `smtps`, `pop3s`, `imaps`: RFC 8314 §3.
            at_once: connection.service.ends_with('s'),
            local: connection.server.ip().is_loopback(),
        }
    }

    /// Is it not trusted?
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let card = self.card.as_ref();
        card.is_some_and(|card| matches!(card.trust, Trust::Not(_)))
    }

    /// In two or three words.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.secured {
            _ if self.is_broken() => "not trusted".to_owned(),
            Some(secured) => secured.version.replace("TLSv", "TLS "),
            None => "in clear".to_owned(),
        }
    }

    /// In a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.secured {
            _ if self.is_broken() => {
                "The connection was ended: the server’s certificate is not trusted.".to_owned()
            }
            Some(_) if self.at_once => {
                "Encrypted from the first octet: TLS stands before the protocol (RFC 8314)."
                    .to_owned()
            }
            Some(_) => {
                "Encrypted since STARTTLS or STLS: what was said before could be read.".to_owned()
            }
            None if self.at_once => "TLS has not begun yet.".to_owned(),
            None if self.local => {
                "Not encrypted, but nothing leaves this machine: both ends are here.".to_owned()
            }
            None => {
                "Not encrypted: everybody on the way can read and change what is said.".to_owned()
            }
        }
    }
}

impl CertificateInfo {
    /// The certificate that was shown; `ca` is the file of the authority that is trusted beside the
    /// system's.
    #[must_use]
    pub fn of(shown: &PeerCertificate, ca: &Path) -> CertificateInfo {
        let der = shown.chain.first().map_or(&[][..], Vec::as_slice);
        let trust = match &shown.fault {
            Some(fault) => Trust::Not(fault.clone()),
            None => trust(shown, ca),
        };
        let mut card = CertificateInfo {
            subject: UNREADABLE.to_owned(),
            names: Vec::new(),
            issuer: UNREADABLE.to_owned(),
            from: String::new(),
            until: String::new(),
            fingerprint: fingerprint(der),
            trust,
        };
        if let Ok((_, certificate)) = X509Certificate::from_der(der) {
            card.read(&certificate);
        }
        card
    }

    fn read(&mut self, certificate: &X509Certificate<'_>) {
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names
            .iter()
            .flat_map(|names| &names.value.general_names)
            .filter_map(name_text);
        self.names = names.take(MOST_NAMES).collect();
        self.subject = certificate.subject().to_string();
        self.issuer = certificate.issuer().to_string();
        self.from = time(certificate.validity().not_before);
        self.until = time(certificate.validity().not_after);
    }

    /// Why it is trusted or not, in a sentence.
    #[must_use]
    pub fn why(&self) -> String {
        match &self.trust {
            Trust::File(path) => format!(
                "“{}” has signed it, and you trust that authority by {}.",
                self.issuer,
                path.display()
            ),
            Trust::System(authority) => {
                format!("“{authority}”, which this system trusts, answers for it.")
            }
            Trust::Not(CertError::Expired) => format!("It expired on {}.", self.until),
            Trust::Not(CertError::NotYetValid) => {
                format!("It is valid only from {} on.", self.from)
            }
            Trust::Not(CertError::OtherName) => format!(
                "It is for {}, and not for the name that was connected to.",
                self.names.join(", ")
            ),
            Trust::Not(CertError::UnknownIssuer) => {
                format!(
                    "It is signed by “{}”, whom nobody here trusts.",
                    self.issuer
                )
            }
            Trust::Not(CertError::Other(words)) => format!("OpenSSL says: {words}."),
        }
    }

    /// What to do about it, in a sentence; empty if it is trusted.
    #[must_use]
    pub fn what_to_do(&self) -> &'static str {
        match &self.trust {
            Trust::File(_) | Trust::System(_) => "",
            Trust::Not(CertError::Expired) => {
                "Whoever runs the server must renew it; Pillarbox makes a new one at its next start."
            }
            Trust::Not(CertError::NotYetValid) => {
                "Look at this machine’s clock first; if it is right, whoever runs the server must mend his."
            }
            Trust::Not(CertError::OtherName) => {
                "Connect to one of its names, or add this name to [tls] names on the server and start it anew."
            }
            Trust::Not(CertError::UnknownIssuer) => {
                "If it is your laboratory’s server, put its certs/ca.pem into the folder that [tls] certs names \
                 here; otherwise somebody may stand between you and the server."
            }
            Trust::Not(CertError::Other(_)) => {
                "Show this to whoever runs the server; until then it may be anybody."
            }
        }
    }
}

/// Names of a certificate that are shown; some have hundreds.
const MOST_NAMES: usize = 12;

const UNREADABLE: &str = "a certificate that cannot be read";

/// By whom it is trusted: the last of the chain is the one that was known.
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
        // ComposeForm to a string never fails.
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
