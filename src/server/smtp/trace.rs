//! The lines that a server writes on top of a message (RFC 5321 §4.4): where it came from, when and how.

use std::net::IpAddr;

use jiff::Zoned;

use super::transaction::Envelope;
use super::{Role, SmtpServer};
use crate::mail::net::Secured;

impl SmtpServer {
    /// `Received:`, its CRLFs included.
    pub(super) fn trace(&self, envelope: &Envelope, id: &str) -> String {
        // RFC 5321 §7.6: recipients must not learn of each other, so only a lone one is named.
        let only = match envelope.recipients.as_slice() {
            [only] => format!("\r\n\tfor {}", only.path),
            _ => String::new(),
        };
        format!(
            "Received: from {client} ({address})\r\n{tls}\
             \tby {host} (Pillarbox) with {with} id {id}{only};\r\n\
             \t{date}\r\n",
            client = self.client_name(),
            address = literal(self.peer.address.ip()),
            tls = self.tls(),
            host = self.site.hostname,
            with = self.transmission(envelope),
            date = now(),
        )
    }

    /// What the client called itself, if that can stand in a header; otherwise its address.
    fn client_name(&self) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let name = &self.client.name;
        if !name.is_empty() && name.chars().all(allowed) {
            return name.clone();
        }
        literal(self.peer.address.ip())
    }

    /// What TLS agreed on, its CRLF included. No clause is for it; the comment is in Postfix's words.
    fn tls(&self) -> String {
        let secured = self.peer.secured.as_ref();
        secured.map_or_else(String::new, |Secured { version, cipher }| {
            format!("\t(using {version} with cipher {cipher})\r\n")
        })
    }

    /// RFC 3848, RFC 6531 §4.3: the protocol, with S under TLS and A after AUTH.
    fn transmission(&self, envelope: &Envelope) -> String {
        let base = match (self.role, envelope.params.smtputf8()) {
            (Role::Lmtp, false) => "LMTP",
            (Role::Lmtp, true) => "UTF8LMTP",
            (Role::Mx | Role::Submission, true) => "UTF8SMTP",
            (Role::Mx | Role::Submission, false) if self.client.extended => "ESMTP",
            (Role::Mx | Role::Submission, false) => return "SMTP".to_owned(),
        };
        let secured = if self.peer.encrypted { "S" } else { "" };
        let authenticated = if self.account.is_some() { "A" } else { "" };
        format!("{base}{secured}{authenticated}")
    }
}

/// An address as a literal (RFC 5321 §4.1.3).
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("[{v4}]"),
        IpAddr::V6(v6) => format!("[IPv6:{v6}]"),
    }
}

/// RFC 5322 §3.3, in the server's time zone.
pub(super) fn now() -> String {
    let now = Zoned::now();
    jiff::fmt::rfc2822::to_string(&now).unwrap_or_else(|_| now.timestamp().to_string())
}
