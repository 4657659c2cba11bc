//! `[ports]`: what is spoken where. The rule that a student learns once: the well-known port plus 2000.

use super::ConfigError;
use super::reader::Section;
use super::values::port_or_off;

/// A port of `[ports]`: `2025`, or `2024 if free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// 0 is any free port.
    pub number: u16,
    /// When another program has it, ours does without, instead of not starting.
    pub if_free: bool,
}

/// `[ports]`: `None` is off.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Mail from other servers, in clear or STARTTLS: 25 (RFC 5321).
    pub smtp: Option<Port>,
    /// Mail from users, in clear or STARTTLS: 587 (RFC 6409).
    pub submission: Option<Port>,
    /// Mail from users, under TLS: 465 (RFC 8314).
    pub smtps: Option<Port>,
    /// Mail for the mailboxes, from a mail transfer agent beside us: 24 by custom (RFC 2033).
    pub lmtp: Option<Port>,
    /// POP3, in clear or STLS: 110 (RFC 1939).
    pub pop3: Option<Port>,
    /// POP3 under TLS: 995 (RFC 8314).
    pub pop3s: Option<Port>,
    /// IMAP, in clear or STARTTLS: 143 (RFC 3501).
    pub imap: Option<Port>,
    /// IMAP under TLS: 993 (RFC 8314).
    pub imaps: Option<Port>,
}

impl Ports {
    /// The names of all ports.
    pub const NAMES: [&'static str; 8] = [
        "smtp",
        "submission",
        "smtps",
        "lmtp",
        "pop3",
        "pop3s",
        "imap",
        "imaps",
    ];

    /// The port that a service has on the Internet; where that is said stands with its field.
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

    pub(super) fn read(mut section: Section) -> Result<Ports, ConfigError> {
        let mut port = |key, number| {
            // Port 2024 is not rarely somebody else's, and few need LMTP.
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
