//! `[ports]`: the port of each service. The rule: the well-known port plus 2000.

use super::error::ConfigError;
use super::reader::IniSection;
use super::values::port_or_off;

/// A port of `[ports]`: `2025`, or `2024 if free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// The number; 0 means any free port.
    pub number: u16,
    /// True if our servers start without this service when another program uses the port.
    pub if_free: bool,
}

/// `[ports]`: a service with `None` is off.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Mail from other servers, unencrypted or with STARTTLS: 25 (RFC 5321).
    pub smtp: Option<Port>,
    /// Mail from users, unencrypted or with STARTTLS: 587 (RFC 6409).
    pub submission: Option<Port>,
    /// Mail from users, under TLS: 465 (RFC 8314).
    pub smtps: Option<Port>,
    /// Mail for the mailboxes from another mail server on this machine: 24 by custom (RFC 2033).
    pub lmtp: Option<Port>,
    /// POP3, unencrypted or with STLS: 110 (RFC 1939).
    pub pop3: Option<Port>,
    /// POP3 under TLS: 995 (RFC 8314).
    pub pop3s: Option<Port>,
    /// IMAP, unencrypted or with STARTTLS: 143 (RFC 3501).
    pub imap: Option<Port>,
    /// IMAP under TLS: 993 (RFC 8314).
    pub imaps: Option<Port>,
}

impl Ports {
    /// The names of all services.
    pub const NAMES: [&'static str; 8] =
        ["smtp", "submission", "smtps", "lmtp", "pop3", "pop3s", "imap", "imaps"];

    /// Returns our own port of a service, if it is on and its number is fixed.
    #[must_use]
    pub fn fixed(&self, service: &str) -> Option<u16> {
        let port = match service {
            "smtp" => self.smtp,
            "submission" => self.submission,
            "smtps" => self.smtps,
            "lmtp" => self.lmtp,
            "pop3" => self.pop3,
            "pop3s" => self.pop3s,
            "imap" => self.imap,
            "imaps" => self.imaps,
            _ => None,
        };
        port.map(|port| port.number).filter(|number| *number != 0)
    }

    /// Returns the port that a service has on the Internet; the RFC is in the comment of its field.
    #[must_use]
    pub fn well_known(service: &str) -> Option<u16> {
        match service {
            "smtp" => Some(25),
            "submission" => Some(587),
            "smtps" => Some(465),
            "lmtp" => Some(24),
            "pop3" => Some(110),
            "pop3s" => Some(995),
            "imap" => Some(143),
            "imaps" => Some(993),
            _ => None,
        }
    }

    pub(super) fn read(mut section: IniSection) -> Result<Ports, ConfigError> {
        let mut port = |key, number| {
            // Other programs often use port 2024, and few users need LMTP.
            let if_free = key == "lmtp";
            section.value_by(key, Some(Port { number, if_free }), port_or_off)
        };
        let ports = Ports {
            smtp: port("smtp", 2025)?,
            submission: port("submission", 2587)?,
            smtps: port("smtps", 2465)?,
            lmtp: port("lmtp", 2024)?,
            pop3: port("pop3", 2110)?,
            pop3s: port("pop3s", 2995)?,
            imap: port("imap", 2143)?,
            imaps: port("imaps", 2993)?,
        };
        section.finish()?;
        Ok(ports)
    }
}
