//! What EHLO and LHLO offer, in each role and state (RFC 5321 §2.2; RFC 2033 §5).
//!
//! `docs/protocols/smtp.md` has a row for each keyword, and a test compares the two. BINARYMIME is
//! not offered: mail is stored in lines, as every Maildir is, and octets that are no lines would
//! not come back as they came (RFC 3030 §3 asks for that).

use super::{Role, SmtpServer};
use crate::protocol::sasl::Exchange;
use crate::protocol::smtp::{Body, Params};

/// RFC 3461: promised once the queue keeps the promise.
const DSN: bool = false;

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
            (DSN, "DSN".to_owned()),
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
}

/// A parameter that belongs to something not offered; it is not understood (RFC 5321 §4.1.1.11).
pub(super) fn not_offered(params: &Params) -> Option<&'static str> {
    let dsn = ["RET", "ENVID", "NOTIFY", "ORCPT"];
    if params.body() == Some(Body::BinaryMime) {
        return Some("BODY=BINARYMIME");
    }
    let asked = dsn.into_iter().find(|key| params.find(key).is_some());
    asked.filter(|_| !DSN)
}
