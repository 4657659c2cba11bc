//! The extensions that EHLO and LHLO offer, in each role and state (RFC 5321 §2.2; RFC 2033 §5).
//!
//! `docs/protocols/smtp.md` has a row for each keyword, and a test compares the two.
//!
//! BINARYMIME is not offered: a Maildir stores lines, and octets without lines would not come back
//! as they were sent, which RFC 3030 §3 requires.
//!
//! DSN is offered only to users who have logged in. With DSN a client can make the server write to
//! any address; reports on a stranger's word would be mail that the server sends for a stranger. A
//! server that is not offered DSN reports to its sender itself (RFC 3461 §5.2.2).

use super::session::{SmtpRole, SmtpServer};
use crate::mail::protocol::sasl::Exchange;
use crate::mail::protocol::smtp::{BodyType, Params, Reply};

impl SmtpServer {
    /// The lines of EHLO's reply, one for each extension.
    pub(super) fn extensions(&self) -> Vec<String> {
        let mut lines = vec![
            format!("SIZE {}", self.site.limits.message_size),
            "PIPELINING".to_owned(),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "CHUNKING".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if self.offers_dsn() {
            lines.push("DSN".to_owned());
        }
        if self.peer.can_start_tls() {
            lines.push("STARTTLS".to_owned());
        }
        // In LMTP a login would change nothing, since no message is relayed.
        if self.role != SmtpRole::Lmtp && self.authenticator.may_log_in() {
            lines.push(format!("AUTH {}", Exchange::MECHANISMS.join(" ")));
        }
        if self.account.is_some() {
            lines.push("EXPN".to_owned());
        }
        lines.push("HELP".to_owned());
        lines
    }

    /// True if DSN is offered (RFC 3461 §3). The queue writes the reports.
    fn offers_dsn(&self) -> bool {
        let is_user = self.role == SmtpRole::Submission || self.account.is_some();
        is_user && self.site.queue.is_some()
    }

    /// RFC 5321 §4.1.1.11: a parameter of an extension that is not offered is unknown.
    pub(super) fn check_offered(&self, params: &Params) -> Result<(), Reply> {
        let refused =
            |what| Err(Reply::UNKNOWN_PARAMETER.because(format!("{what} is not offered")));
        if params.body() == Some(BodyType::BinaryMime) {
            return refused("BODY=BINARYMIME");
        }
        let mut dsn = ["RET", "ENVID", "NOTIFY", "ORCPT"].into_iter();
        match dsn.find(|keyword| params.find(keyword).is_some()) {
            Some(keyword) if !self.offers_dsn() => refused(keyword),
            _ => Ok(()),
        }
    }
}
