//! A mail transaction (RFC 5321 §3.3): MAIL and each RCPT. The message itself comes in `text.rs`.

use std::io;
use std::sync::Arc;

use super::extensions::not_offered;
use super::mailbox;
use super::{Role, SmtpServer, State, body, status};
use crate::protocol::smtp::{Params, Path, ReversePath};
use crate::server::{Deed, Reply};
use crate::store::{Mailbox, StoreError};

/// From whom and to whom: the envelope, which is not the header.
pub(super) struct Envelope {
    /// Where a bounce would go.
    pub(super) from: ReversePath,
    /// What MAIL said about the message.
    pub(super) params: Params,
    /// In the order of their RCPT.
    pub(super) recipients: Vec<Recipient>,
}

/// One accepted RCPT.
pub(super) struct Recipient {
    /// As it was named.
    pub(super) path: Path,
    /// Where that leads: one mailbox, or those of a list.
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
}

impl Envelope {
    /// Each mailbox once: who is named twice wants the message only once.
    pub(super) fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        let mut each: Vec<Arc<Mailbox>> = Vec::new();
        for mailbox in self.recipients.iter().flat_map(|to| &to.mailboxes) {
            if !each.iter().any(|known| Arc::ptr_eq(known, mailbox)) {
                each.push(Arc::clone(mailbox));
            }
        }
        each
    }
}

impl SmtpServer {
    pub(super) fn mail(&mut self, from: ReversePath, params: Params) -> Reply {
        match self.state {
            State::Ready => {}
            State::Connected => return self.hello_first(),
            _ => return status(503, "5.5.1", "One message at a time; RSET forgets this one"),
        }
        if let Some(what) = not_offered(&params) {
            return status(555, "5.5.4", &format!("{what} is not offered"));
        }
        if let Some(refusal) = self.refuse_sender(&from, &params) {
            return refusal;
        }
        if params.size() > Some(self.site.limits.message_size) {
            return body::too_large();
        }
        if !self.may(Deed::Message) {
            return too_fast("Too many messages");
        }
        self.state = State::Mail(Envelope {
            from,
            params,
            recipients: Vec::new(),
        });
        status(250, "2.1.0", "Ok")
    }

    fn refuse_sender(&self, from: &ReversePath, params: &Params) -> Option<Reply> {
        // RFC 4954 §6, RFC 6409 §4.3.
        if self.role == Role::Submission && self.account.is_none() {
            return Some(status(530, "5.7.0", "Log in first"));
        }
        let ReversePath::Address(address) = from else {
            // RFC 5321 §4.5.5: a mail program's notifications have no sender either.
            return None;
        };
        if address.is_international() && !params.smtputf8() {
            return Some(not_ascii());
        }
        // RFC 6409 §6.1: nobody sends under another one's address.
        let account = self.account.as_ref()?;
        if mailbox::belongs(&self.site, address, account.name()) {
            return None;
        }
        let text = format!("{address} is not an address of {}", account.name());
        Some(status(553, "5.7.1", &text))
    }

    pub(super) fn rcpt(&mut self, to: Path, params: &Params) -> Reply {
        let may = self.may(Deed::Recipient);
        let State::Mail(envelope) = &mut self.state else {
            return self.mail_first();
        };
        if let Some(what) = not_offered(params) {
            return status(555, "5.5.4", &format!("{what} is not offered"));
        }
        // RFC 5321 §4.5.3.1.10: the message goes to those who fit; the client sends another to the rest.
        if envelope.recipients.len() >= self.site.limits.recipients {
            return status(452, "4.5.3", "Too many recipients");
        }
        if !may {
            return too_fast("Too many recipients");
        }
        let international = matches!(&to, Path::Address(address) if address.is_international());
        if international && !envelope.params.smtputf8() {
            return not_ascii();
        }
        match mailbox::of(&self.site, &to) {
            Ok(mailboxes) => {
                let path = to;
                envelope.recipients.push(Recipient { path, mailboxes });
                status(250, "2.1.5", "Ok")
            }
            Err(nobody) => nobody.reply(),
        }
    }

    /// Counts what the client's address does; is it within the limits?
    pub(super) fn may(&self, deed: Deed) -> bool {
        let Self { site, peer, .. } = self;
        site.visitors.may(peer.address.ip(), deed, &site.limits)
    }
}

/// RFC 6531 §3.4, §3.5.
fn not_ascii() -> Reply {
    status(
        553,
        "5.6.7",
        "An address beyond ASCII needs SMTPUTF8 with MAIL",
    )
}

/// RFC 5321 §4.2.2, RFC 3463 §3.8: it is not the message, it is how many of them.
fn too_fast(what: &str) -> Reply {
    let text = format!("{what} from your address within a minute, try later");
    status(452, "4.7.0", &text)
}

/// The store's trouble is not the client's mistake: it may try again (RFC 5321 §4.2.2).
pub(super) fn disk_trouble(error: &StoreError) -> Reply {
    match error {
        StoreError::Disk(_, error) => storage_trouble(error),
        other => {
            log::error!("{other}");
            status(451, "4.3.0", "The mailbox cannot be opened now, try later")
        }
    }
}

/// As [`disk_trouble`], without a path.
pub(super) fn storage_trouble(error: &io::Error) -> Reply {
    log::error!("the store: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            status(452, "4.3.1", "The disk is full, try later")
        }
        _ => status(451, "4.3.0", "The message cannot be stored now, try later"),
    }
}
