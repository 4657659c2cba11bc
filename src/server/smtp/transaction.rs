//! A mail transaction (RFC 5321 §3.3): MAIL and each RCPT. The message itself comes in `text.rs`.

use std::io;
use std::sync::Arc;

use super::mailbox::{self, Nobody};
use super::{Role, SmtpServer, State, body, status};
use crate::mail::protocol::smtp::{Address, Params, Path, ReversePath};
use crate::mail::store::{Mailbox, StoreError, disk};
use crate::server::queue;
use crate::server::{Deed, Reply, Site};

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
    /// What RCPT said about him.
    params: Params,
    /// Where that leads here: one mailbox, or those of a list.
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
    /// Where it leads elsewhere.
    relayed: Option<Address>,
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

    /// The envelope under which the message goes into the queue: for those to whom it is sent on,
    /// and for those here of whom the sender wants a report. With the message in the queue, the
    /// report survives a crash as the message does.
    pub(super) fn queued(&self, account: Option<&str>, site: &Site) -> Option<queue::Envelope> {
        let mut envelope = queue::Envelope::new(self.from.clone());
        envelope.authenticated = account.map(str::to_owned);
        envelope.utf8 = self.params.smtputf8();
        envelope.ret = self.params.ret();
        envelope.envid = value(&self.params, "ENVID");
        for recipient in &self.recipients {
            let Some(queued) = recipient.queued(site) else {
                continue;
            };
            // Who is named twice wants the message only once.
            let new = envelope
                .recipients
                .iter()
                .all(|known| known.to != queued.to);
            if new && (queued.state == queue::State::Waiting || envelope.owes(&queued)) {
                envelope.recipients.push(queued);
            }
        }
        Some(envelope).filter(|envelope| !envelope.recipients.is_empty())
    }
}

impl Recipient {
    /// As the queue knows him, once the message is in its mailboxes here.
    ///
    /// A list is `expanded`, whoever is on it, and its members are not told of one by one (RFC 3461
    /// §5.2.7.3, the third way). An alias for one is that one, under the name that the sender knows
    /// (§5.2.7.2, §5.2.7.4).
    fn queued(&self, site: &Site) -> Option<queue::Recipient> {
        let (to, state) = match (&self.relayed, self.mailboxes.as_slice()) {
            (Some(to), _) => (to.clone(), queue::State::Waiting),
            (None, [_]) => (self.address(site)?, queue::State::Delivered),
            (None, _) => (self.address(site)?, queue::State::Expanded),
        };
        let mut queued = queue::Recipient::new(to);
        queued.state = state;
        queued.notify = self.params.notify();
        queued.orcpt = value(&self.params, "ORCPT");
        Some(queued)
    }

    fn address(&self, site: &Site) -> Option<Address> {
        match &self.path {
            Path::Address(address) => Some(address.clone()),
            Path::Postmaster => Address::parse(&format!("postmaster@{}", site.domain)).ok(),
        }
    }
}

/// In xtext, as the next server is to be told it.
fn value(params: &Params, keyword: &str) -> Option<String> {
    params.find(keyword)?.value.clone()
}

impl SmtpServer {
    pub(super) fn mail(&mut self, from: ReversePath, params: Params) -> Reply {
        match self.state {
            State::Ready => {}
            State::Connected => return self.hello_first(),
            _ => return status(503, "5.5.1", "One message at a time; RSET forgets this one"),
        }
        if let Some(what) = self.not_offered(&params) {
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
        let queue = self.site.queue.as_ref();
        let gateway = queue.is_some_and(|queue| queue.is_gateway(account.name()));
        if gateway || mailbox::belongs(&self.site, address, account.name()) {
            return None;
        }
        let text = format!("{address} is not an address of {}", account.name());
        Some(status(553, "5.7.1", &text))
    }

    pub(super) fn rcpt(&mut self, to: Path, params: Params) -> Reply {
        let may = self.may(Deed::Recipient);
        let foreign = self.not_offered(&params);
        let State::Mail(envelope) = &mut self.state else {
            return self.mail_first();
        };
        if let Some(what) = foreign {
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
        let (mailboxes, relayed) = match mailbox::of(&self.site, &to) {
            Ok(mailboxes) => (mailboxes, None),
            // Nothing is relayed for those who have not logged in, whatever the address looks like.
            Err(Nobody::Elsewhere(address)) if self.account.is_some() => {
                if let Err(refusal) = accepts(&self.site, &address) {
                    return refusal;
                }
                (Vec::new(), Some(address))
            }
            Err(nobody) => return nobody.reply(),
        };
        envelope.recipients.push(Recipient {
            path: to,
            params,
            mailboxes,
            relayed,
        });
        status(250, "2.1.5", "Ok")
    }

    /// Counts what the client's address does; is it within the limits?
    pub(super) fn may(&self, deed: Deed) -> bool {
        let Self { site, peer, .. } = self;
        site.visitors.may(peer.address.ip(), deed, &site.limits)
    }
}

/// Does the queue take mail for this address?
fn accepts(site: &Site, address: &Address) -> Result<(), Reply> {
    let Some(queue) = &site.queue else {
        return Err(Nobody::Elsewhere(address.clone()).reply());
    };
    let accepted = queue.accepts(address);
    accepted.map_err(|refusal| Reply::line(refusal.to_string()))
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
    match disk::is_full(error) {
        true => status(452, "4.3.1", "The disk is full, try later"),
        false => status(451, "4.3.0", "The message cannot be stored now, try later"),
    }
}
