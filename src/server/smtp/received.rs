//! `Received:`, the header field with which each server records where a message came from (RFC 5321 §4.4).

use std::net::IpAddr;

use jiff::Zoned;

use super::session::{SmtpRole, SmtpServer};
use super::transaction::MailTransaction;
use crate::mail::net::TlsSession;

impl SmtpServer {
    /// The field, its CRLFs included.
    pub(super) fn received(&self, transaction: &MailTransaction, id: &str) -> String {
        // RFC 5321 §7.6: recipients must not learn of each other, so it is named only if there is one.
        let only = match transaction.recipients.as_slice() {
            [only] => format!("\r\n\tfor {}", only.path),
            _ => String::new(),
        };
        format!(
            "Received: from {client} ({address})\r\n{tls}\
             \tby {host} (Pillarbox) with {with} id {id}{only};\r\n\
             \t{date}\r\n",
            client = self.client(),
            address = literal(self.peer.address.ip()),
            tls = self.tls(),
            host = self.site.hostname,
            with = self.transmission(transaction),
            date = now(),
        )
    }

    /// The client's name if it can be part of a header; otherwise its address.
    fn client(&self) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let name = &self.client_name;
        if !name.is_empty() && name.chars().all(allowed) {
            return name.clone();
        }
        literal(self.peer.address.ip())
    }

    /// Version and cipher of TLS, with CRLF, as a comment in Postfix's words: no clause exists for them.
    fn tls(&self) -> String {
        match self.peer.tls_session() {
            Some(TlsSession { version, cipher }) => {
                format!("\t(using {version} with cipher {cipher})\r\n")
            }
            None => String::new(),
        }
    }

    /// RFC 3848, RFC 6531 §4.3: the protocol, with S under TLS and A after AUTH.
    fn transmission(&self, transaction: &MailTransaction) -> String {
        let base = match (self.role, transaction.params.smtputf8()) {
            (SmtpRole::Lmtp, false) => "LMTP",
            (SmtpRole::Lmtp, true) => "UTF8LMTP",
            (SmtpRole::Mx | SmtpRole::Submission, true) => "UTF8SMTP",
            (SmtpRole::Mx | SmtpRole::Submission, false) if self.extended => "ESMTP",
            (SmtpRole::Mx | SmtpRole::Submission, false) => return "SMTP".to_owned(),
        };
        let secured = if self.peer.is_encrypted() { "S" } else { "" };
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

/// The date of a header field (RFC 5322 §3.3), in the server's time zone.
pub(super) fn now() -> String {
    let now = Zoned::now();
    jiff::fmt::rfc2822::to_string(&now).unwrap_or_else(|_| now.timestamp().to_string())
}
