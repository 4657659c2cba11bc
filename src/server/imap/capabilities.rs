//! What server and client tell each other about themselves: CAPABILITY (RFC 3501 §6.1.1), ENABLE
//! (RFC 5161, RFC 9051 §6.3.1), ID (RFC 2971).
//!
//! The capability list is decided here and nowhere else: what works in the present state, and no more.

use super::reply::{CommandReply, ImapResult};
use super::{ImapServer, ImapState};
use crate::mail::protocol::imap::{Alphabet, Response};
use crate::mail::protocol::sasl::Exchange;

/// The capabilities of every state.
///
/// RFC 7888 §5 forbids LITERAL- beside LITERAL+. A client that expects LITERAL-, which IMAP4rev2
/// promises, gets all of it from LITERAL+, which only lacks the bound of 4,096 octets.
const ALWAYS: [&str; 5] = ["IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ID"];

/// The capabilities of a client that has logged in, beside those and APPENDLIMIT.
const LOGGED_IN: [&str; 22] = [
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "MULTIAPPEND",
    "BINARY",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "SORT",
    "SORT=DISPLAY",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "STATUS=SIZE",
    "UTF8=ACCEPT",
];

/// The extensions that the client has enabled. None can be disabled again.
///
/// Some replies have an old form, which every client knows, and a new form, which a client must
/// enable. It does so before it selects a mailbox, so no reply changes its form while one is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Enabled {
    imap4rev2: bool,
    utf8_accept: bool,
}

impl Enabled {
    /// True if the client speaks IMAP4rev2 (RFC 9051), and not IMAP4rev1.
    pub(crate) fn imap4rev2(self) -> bool {
        self.imap4rev2
    }

    /// True if the client accepts UTF-8 in strings and message headers (RFC 9755 §3).
    pub(crate) fn utf8_accept(self) -> bool {
        self.utf8_accept
    }

    /// Returns how mailbox names are written, in both directions (RFC 9051 §5.1, RFC 9755 §3).
    pub(crate) fn alphabet(self) -> Alphabet {
        if self.imap4rev2 || self.utf8_accept { Alphabet::Utf8 } else { Alphabet::ModifiedUtf7 }
    }

    /// Enables an extension; returns its name as CAPABILITY has it, or `None` if it is unknown.
    fn enable(&mut self, name: &str) -> Option<String> {
        let (flag, name) = match name {
            "IMAP4REV2" => (&mut self.imap4rev2, "IMAP4rev2"),
            "UTF8=ACCEPT" => (&mut self.utf8_accept, "UTF8=ACCEPT"),
            _ => return None,
        };
        *flag = true;
        Some(name.to_owned())
    }
}

impl ImapServer {
    /// RFC 3501 §6.1.1.
    pub(crate) fn capability(&mut self) -> ImapResult {
        let capabilities = Response::Capability(self.capabilities());
        Ok(CommandReply::ok("CAPABILITY completed").with(capabilities))
    }

    /// Returns what the client may use in this state.
    pub(crate) fn capabilities(&self) -> Vec<String> {
        let mut words = ALWAYS.to_vec();
        let mut more = Vec::new();
        match &self.state {
            ImapState::NotAuthenticated(authenticator) => {
                if self.peer.can_start_tls() {
                    words.push("STARTTLS");
                }
                if authenticator.may_log_in() {
                    more = Exchange::MECHANISMS.map(|name| format!("AUTH={name}")).to_vec();
                } else {
                    words.push("LOGINDISABLED");
                }
            }
            ImapState::Authenticated(_) | ImapState::Selected(..) => {
                words.extend(LOGGED_IN);
                // RFC 7889 §2: with a number, it is the limit of all mailboxes.
                more.push(format!("APPENDLIMIT={}", self.site.limits.message_size));
            }
        }
        words.into_iter().map(str::to_owned).chain(more).collect()
    }

    /// RFC 5161 §3.1. Unknown extensions are ignored.
    pub(crate) fn enable(&mut self, names: &[String]) -> ImapResult {
        self.account()?;
        if let ImapState::Selected(..) = self.state {
            let why = "expected ENABLE before a mailbox is selected";
            return Err(CommandReply::bad(why));
        }
        let enabled = names.iter().filter_map(|name| self.enabled.enable(name));
        let enabled = Response::Enabled(enabled.collect());
        Ok(CommandReply::ok("ENABLE completed").with(enabled))
    }

    /// RFC 2971 §3.2. The client's identity changes nothing.
    pub(crate) fn id(&mut self) -> ImapResult {
        let pairs = [("name", "Pillarbox"), ("version", env!("CARGO_PKG_VERSION"))];
        let pairs = pairs.map(|(field, value)| (field.to_owned(), Some(value.to_owned())));
        Ok(CommandReply::ok("ID completed").with(Response::Id(pairs.to_vec())))
    }
}
