//! A delivery status notification, or bounce (RFC 3464, RFC 6522).
//!
//! It has three parts: a text for people, fields for programs, and the message or its header. The queue
//! decides whether one is sent, and to whom.

use std::io::{self, Read, Write};

use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::rfc2822};

use super::encode;

/// A report on the delivery of a message.
#[derive(Clone, Debug)]
pub struct DeliveryReport {
    /// The report's `From:`.
    pub from: String,
    /// The report's `To:`: the sender of the message.
    pub to: String,
    /// The report's subject.
    pub subject: String,
    /// The explanation for people.
    pub text: String,
    /// The report's own Message-ID, without angle brackets.
    pub message_id: String,
    /// The time at which it is written.
    pub date: Timestamp,
    /// The name of the server that reports.
    pub reporting_mta: String,
    /// The sender's envelope ID for the message (RFC 3464 §2.2.1).
    pub envelope_id: Option<String>,
    /// The time at which the message arrived.
    pub arrival: Timestamp,
    /// The recipients that the report is about.
    pub recipients: Vec<RecipientReport>,
}

/// The delivery to one recipient (RFC 3464 §2.3).
#[derive(Clone, Debug)]
pub struct RecipientReport {
    /// The recipient that the sender named: `rfc822;bob@other.test`.
    pub original: Option<String>,
    /// The address to which delivery was tried.
    pub recipient: String,
    /// `failed`, `delayed`, `delivered` or `relayed`.
    pub action: &'static str,
    /// `5.1.1` (RFC 3463).
    pub status: String,
    /// The server that replied.
    pub remote_mta: Option<String>,
    /// The reply, with its type: `smtp; 550 5.1.1 …`.
    pub diagnostic: Option<String>,
    /// The time until which delivery is tried again, if it is.
    pub retry_until: Option<Timestamp>,
}

/// The part of the message that goes back with the report (RFC 3461 §4.3).
pub enum Returned<'a> {
    /// Its header.
    Header(&'a [u8]),
    /// All of it, with CRLF line endings.
    Message(&'a mut dyn Read),
}

impl DeliveryReport {
    /// Writes the report as it travels.
    ///
    /// # Errors
    /// The writer's, and those of reading the returned message.
    pub fn write_to(&self, out: &mut dyn Write, returned: Returned<'_>) -> io::Result<()> {
        let boundary = self.boundary();
        out.write_all(self.header(&boundary).as_bytes())?;
        let (encoding, text) = encode::text(&self.text);
        write!(
            out,
            "--{boundary}\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n{text}\r\n\
             --{boundary}\r\nContent-Type: message/delivery-status\r\n\r\n{fields}\r\n\
             --{boundary}\r\n",
            fields = self.fields(),
        )?;
        match returned {
            Returned::Header(header) => {
                let encoding = if header.is_ascii() { "7bit" } else { "8bit" };
                let kind = "Content-Type: text/rfc822-headers";
                write!(out, "{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")?;
                out.write_all(header)?;
            }
            Returned::Message(message) => {
                // It is not known before it is read; 8bit fits 7-bit text, too (RFC 2045 §6.2).
                let kind = "Content-Type: message/rfc822";
                write!(out, "{kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")?;
                io::copy(message, out)?;
            }
        }
        write!(out, "\r\n--{boundary}--\r\n")
    }

    fn header(&self, boundary: &str) -> String {
        let parameters = format!("report-type=delivery-status; boundary=\"{boundary}\"");
        let fields = [
            ("Date", date(self.date)),
            ("From", self.from.clone()),
            ("To", self.to.clone()),
            ("Subject", encode::unstructured(&self.subject)),
            ("Message-ID", format!("<{}>", self.message_id)),
            // RFC 3834 §5: no answer to this, please.
            ("Auto-Submitted", "auto-replied".to_owned()),
            ("MIME-Version", "1.0".to_owned()),
            ("Content-Type", format!("multipart/report; {parameters}")),
        ];
        let fields = fields.iter().map(|(name, value)| encode::field(name, value));
        fields.collect::<String>() + "\r\n"
    }

    /// RFC 3464 §2.1: the fields of the message, then those of each recipient.
    fn fields(&self) -> String {
        let envelope_id = self.envelope_id.clone().map(|id| ("Original-Envelope-Id", id));
        let message = [
            envelope_id,
            Some(("Reporting-MTA", format!("dns; {}", self.reporting_mta))),
            Some(("Arrival-Date", date(self.arrival))),
        ];
        let written = written(message);
        let each = self.recipients.iter().map(|fate| format!("\r\n{}", fate.fields()));
        written + &each.collect::<String>()
    }

    /// Makes the boundary from the Message-ID, as in a [`Draft`](super::Draft).
    fn boundary(&self) -> String {
        let usable = self.message_id.chars().filter(char::is_ascii_alphanumeric);
        format!("=_report_{}", usable.take(48).collect::<String>())
    }
}

impl RecipientReport {
    fn fields(&self) -> String {
        let text = |name, value: &Option<String>| Some((name, value.clone()?));
        written([
            text("Original-Recipient", &self.original),
            Some(("Final-Recipient", typed(&self.recipient))),
            Some(("Action", self.action.to_owned())),
            Some(("Status", self.status.clone())),
            text("Remote-MTA", &self.remote_mta),
            text("Diagnostic-Code", &self.diagnostic),
            self.retry_until.map(|until| ("Will-Retry-Until", date(until))),
        ])
    }
}

/// Writes fields in ASCII, which is all that a message/delivery-status may have (RFC 3464 §2.1).
fn written<const N: usize>(fields: [Option<(&str, String)>; N]) -> String {
    let ascii = |c: char| if c.is_ascii() { c } else { '?' };
    let field = |(name, value): (&str, String)| {
        encode::field(name, &value.chars().map(ascii).collect::<String>())
    };
    fields.into_iter().flatten().map(field).collect()
}

/// Returns an address with its type; beyond ASCII as in RFC 6533 §3: `utf-8; zo\x{EB}@a.test`.
fn typed(address: &str) -> String {
    if address.is_ascii() {
        return format!("rfc822; {address}");
    }
    let encoded = address.chars().map(|c| match c {
        c if c.is_ascii() && c != '\\' => c.to_string(),
        c => format!("\\x{{{:X}}}", u32::from(c)),
    });
    format!("utf-8; {}", encoded.collect::<String>())
}

/// Writes a date (RFC 5322 §3.3) in this machine's time zone.
fn date(time: Timestamp) -> String {
    let zoned = time.to_zoned(TimeZone::system());
    rfc2822::to_string(&zoned).unwrap_or_else(|_| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::{BodyPart, Content};

    fn report() -> DeliveryReport {
        let fate = |recipient: &str, action| RecipientReport {
            original: None,
            recipient: recipient.to_owned(),
            action,
            status: "5.1.1".to_owned(),
            remote_mta: Some("dns; 127.0.0.1:25".to_owned()),
            diagnostic: Some("smtp; 550 5.1.1 nö".to_owned()),
            retry_until: None,
        };
        DeliveryReport {
            from: "Mail System <postmaster@a.test>".to_owned(),
            to: "alice@a.test".to_owned(),
            subject: "Not delivered".to_owned(),
            text: "Sorry.\n".to_owned(),
            message_id: "1.2@a.test".to_owned(),
            date: Timestamp::UNIX_EPOCH,
            reporting_mta: "mail.a.test".to_owned(),
            envelope_id: Some("QQ314159".to_owned()),
            arrival: Timestamp::UNIX_EPOCH,
            recipients: vec![fate("bob@b.test", "failed"), fate("zoë@c.test", "delayed")],
        }
    }

    #[test]
    fn a_report_has_its_three_parts() {
        let whole = &mut &b"Subject: x\r\n\r\nbody\r\n"[..];
        let rows = [
            (Returned::Header(b"Subject: x\r\n\r\n"), &b"text/rfc822-headers"[..]),
            (Returned::Message(whole), b"message/rfc822"),
        ];
        for (returned, expected) in rows {
            let mut bytes = Vec::new();
            report().write_to(&mut bytes, returned).unwrap();
            let part = BodyPart::read(&mut &bytes[..]).unwrap();
            let Content::Multipart(parts) = &part.content else {
                panic!("{}", String::from_utf8_lossy(&bytes));
            };
            let kinds: Vec<Vec<u8>> =
                parts.iter().map(|part| part.fields.value("Content-Type").unwrap()).collect();
            assert_eq!(kinds[1..], [&b"message/delivery-status"[..], expected]);
        }
    }

    #[test]
    fn the_fields_are_those_of_rfc_3464() {
        let fields = report().fields();
        let groups: Vec<&str> = fields.split("\r\n\r\n").collect();
        assert_eq!(groups.len(), 3, "{fields}");
        assert!(
            groups[0].starts_with(
                "Original-Envelope-Id: QQ314159\r\nReporting-MTA: dns; mail.a.test\r\n"
            )
        );
        assert_eq!(
            groups[1],
            "Final-Recipient: rfc822; bob@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Remote-MTA: dns; 127.0.0.1:25\r\nDiagnostic-Code: smtp; 550 5.1.1 n?"
        );
        assert!(
            groups[2]
                .starts_with("Final-Recipient: utf-8; zo\\x{EB}@c.test\r\nAction: delayed\r\n")
        );
    }
}
