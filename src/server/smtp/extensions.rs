//! What EHLO and LHLO offer, in each role and state (RFC 5321 §2.2; RFC 2033 §5).
//!
//! `docs/protocols/smtp.md` has a row for each keyword, and a test compares the two. BINARYMIME is
//! not offered: mail is stored in lines, as every Maildir is, and octets that are no lines would
//! not come back as they came (RFC 3030 §3 asks for that).
//!
//! DSN is a promise to write to whom the client names. Only our users are promised that: a report
//! to anybody on a stranger's word would be mail that we send for somebody who has not logged in. A
//! server to which DSN is not offered tells its sender itself (RFC 3461 §5.2.2).

use super::{Role, SmtpServer};
use crate::mail::protocol::sasl::Exchange;
use crate::mail::protocol::smtp::{Body, Params};

impl SmtpServer {
    /// The keywords, each as a line of the reply.
    pub(super) fn extensions(&self) -> Vec<String> {
        let (tls, login) = (self.peer.can_start_tls, self.may_log_in());
        let lists = self.account.is_some();
        let offers = [
            (true, format!("SIZE {}", self.site.limits.message_size)),
            (true, "PIPELINING".to_owned()),
            (true, "8BITMIME".to_owned()),
            (true, "SMTPUTF8".to_owned()),
            (true, "CHUNKING".to_owned()),
            (true, "ENHANCEDSTATUSCODES".to_owned()),
            (self.reports(), "DSN".to_owned()),
            (tls, "STARTTLS".to_owned()),
            (login, format!("AUTH {}", Exchange::MECHANISMS.join(" "))),
            (lists, "EXPN".to_owned()),
            (true, "HELP".to_owned()),
        ];
        let offered = offers.into_iter().filter(|(offered, _)| *offered);
        offered.map(|(_, line)| line).collect()
    }

    /// Is AUTH offered? Not in LMTP: whoever speaks it is a neighbour, and nothing is relayed.
    pub(super) fn may_log_in(&self) -> bool {
        self.role != Role::Lmtp && self.door.is_open()
    }

    /// Is DSN offered (RFC 3461 §3)? The queue writes the reports.
    fn reports(&self) -> bool {
        let ours = self.role == Role::Submission || self.account.is_some();
        ours && self.site.queue.is_some()
    }

    /// A parameter that belongs to something not offered; it is not understood (RFC 5321 §4.1.1.11).
    pub(super) fn not_offered(&self, params: &Params) -> Option<&'static str> {
        if params.body() == Some(Body::BinaryMime) {
            return Some("BODY=BINARYMIME");
        }
        let mut dsn = ["RET", "ENVID", "NOTIFY", "ORCPT"].into_iter();
        let asked = dsn.find(|key| params.find(key).is_some());
        asked.filter(|_| !self.reports())
    }
}
