//! A mail transaction (RFC 5321 §3.3): MAIL, one or more RCPT, DATA, and the message itself.

use std::io::{self, Read, Write};
use std::mem;
use std::sync::Arc;

use super::body::{self, Unfit};
use super::incoming::Incoming;
use super::mailbox::{self, Nobody};
use super::{Role, SmtpServer, State, status};
use crate::protocol::smtp::{Address, Params, Path, ReversePath};
use crate::queue;
use crate::server::{Next, Reply};
use crate::store::{Account, Mailbox, StoreError};

/// From whom and to whom: the envelope, which is not the header.
pub(super) struct Envelope {
    /// Where a bounce would go.
    pub(super) from: ReversePath,
    /// As they were named in RCPT.
    paths: Vec<Path>,
    /// Where those lead that are ours.
    mailboxes: Vec<Arc<Mailbox>>,
    /// Those that go on to other servers.
    relayed: Vec<Address>,
}

impl Envelope {
    pub(super) fn recipients(&self) -> &[Path] {
        &self.paths
    }

    /// Each mailbox once: who is named twice wants the message only once.
    fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        let mut each: Vec<Arc<Mailbox>> = Vec::new();
        for mailbox in &self.mailboxes {
            if !each.iter().any(|known| Arc::ptr_eq(known, mailbox)) {
                each.push(Arc::clone(mailbox));
            }
        }
        each
    }

    /// The envelope under which the message waits for other servers, if it goes to any.
    fn relay(&self, account: Option<&str>) -> Option<queue::Envelope> {
        let mut envelope = queue::Envelope::new(self.from.clone());
        envelope.authenticated = account.map(str::to_owned);
        let recipients = self.relayed.iter().cloned();
        envelope.recipients = recipients.map(queue::Recipient::new).collect();
        Some(envelope).filter(|envelope| !envelope.recipients.is_empty())
    }
}

impl SmtpServer {
    pub(super) fn mail(&mut self, from: ReversePath, params: &Params) -> Reply {
        match self.state {
            State::Ready => {}
            State::Connected => return status(503, "5.5.1", "EHLO first"),
            _ => return status(503, "5.5.1", "One message at a time; RSET forgets this one"),
        }
        if let Some(refusal) = self.refuse_sender(&from) {
            return refusal;
        }
        // RFC 5321 §4.1.1.11: what EHLO did not offer is not understood.
        if params.smtputf8() {
            return status(555, "5.5.4", "SMTPUTF8 is not supported");
        }
        if params.size() > Some(self.site.limits.message_size) {
            return body::too_large();
        }
        self.state = State::Mail(Envelope {
            from,
            paths: Vec::new(),
            mailboxes: Vec::new(),
            relayed: Vec::new(),
        });
        status(250, "2.1.0", "Ok")
    }

    fn refuse_sender(&self, from: &ReversePath) -> Option<Reply> {
        // RFC 4954 §6, RFC 6409 §4.3.
        if self.role == Role::Submission && self.account.is_none() {
            return Some(status(530, "5.7.0", "Log in first"));
        }
        let ReversePath::Address(address) = from else {
            // RFC 5321 §4.5.5: a mail program's notifications have no sender either.
            return None;
        };
        if address.is_international() {
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

    pub(super) fn rcpt(&mut self, to: Path) -> Reply {
        let logged_in = self.account.is_some();
        let State::Mail(envelope) = &mut self.state else {
            return status(503, "5.5.1", "MAIL first");
        };
        // RFC 5321 §4.5.3.1.10: the message goes to those who fit; the client sends another to the rest.
        if envelope.paths.len() >= self.site.limits.recipients {
            return status(452, "4.5.3", "Too many recipients");
        }
        if matches!(&to, Path::Address(address) if address.is_international()) {
            return not_ascii();
        }
        match mailbox::of(&self.site, &to) {
            Ok(mailbox) => {
                envelope.paths.push(to);
                envelope.mailboxes.push(mailbox);
                status(250, "2.1.5", "Ok")
            }
            // Nothing is relayed for those who have not logged in, whatever the address looks like.
            Err(Nobody::Elsewhere(address)) if logged_in => self.rcpt_elsewhere(to, address),
            Err(nobody) => nobody.reply(),
        }
    }

    /// A recipient of another domain: the queue's, if it knows a way there.
    fn rcpt_elsewhere(&mut self, to: Path, address: Address) -> Reply {
        let (State::Mail(envelope), Some(queue)) = (&mut self.state, &self.site.queue) else {
            return Nobody::Elsewhere(address).reply();
        };
        if let Err(refusal) = queue.accepts(&address) {
            return Reply::line(refusal.to_string());
        }
        envelope.paths.push(to);
        if !envelope.relayed.contains(&address) {
            envelope.relayed.push(address);
        }
        status(250, "2.1.5", "Ok")
    }

    pub(super) fn data(&mut self) -> Reply {
        let State::Mail(envelope) = &self.state else {
            return status(503, "5.5.1", "MAIL first");
        };
        if envelope.paths.is_empty() {
            return status(503, "5.5.1", "RCPT first");
        }
        let account = self.account.as_ref().map(Account::name);
        let relay = self.site.queue.as_ref().zip(envelope.relay(account));
        let incoming = match Incoming::begin(envelope.mailboxes(), relay) {
            Ok(incoming) => incoming,
            Err(error) => return disk_trouble(&error),
        };
        if let State::Mail(envelope) = mem::replace(&mut self.state, State::Ready) {
            self.state = State::Data(envelope, Box::new(incoming));
        }
        let text = "354 End data with <CR><LF>.<CR><LF>\r\n";
        Reply::text(text, Next::DotText)
    }

    /// Takes the message that DATA announced. Whatever becomes of it, the transaction is over
    /// (RFC 5321 §4.1.1.4). Without a `250` nothing of it is in a mailbox.
    pub(super) fn message(&mut self, text: &mut dyn Read) -> io::Result<Reply> {
        let State::Data(envelope, mut incoming) = mem::replace(&mut self.state, State::Ready)
        else {
            return Err(io::Error::other(
                "a message came that DATA did not announce",
            ));
        };
        let id = incoming.id.clone();
        let most = self.site.limits.message_size;
        let traced = incoming
            .return_path(&format!("Return-Path: {}\r\n", envelope.from))
            .and_then(|()| incoming.write_all(self.trace(&envelope, &id).as_bytes()));
        let copied = match traced {
            Ok(()) => body::copy(text, &mut *incoming, most)?,
            Err(error) => Err(Unfit::Storage(error)),
        };
        let octets = match copied {
            Ok(octets) => octets,
            Err(unfit) => return Ok(unfit.reply()),
        };
        let done = match envelope.relayed.is_empty() {
            true => "delivered",
            false => "queued",
        };
        if let Err(trouble) = incoming.commit() {
            return Ok(trouble);
        }
        let (from, count) = (&envelope.from, envelope.paths.len());
        log::info!("message {id} from {from} to {count} recipients: {octets} octets");
        Ok(status(250, "2.0.0", &format!("Ok, {done} as {id}")))
    }
}

/// RFC 6531 §3.5.
fn not_ascii() -> Reply {
    status(
        553,
        "5.6.7",
        "Addresses beyond ASCII need SMTPUTF8, which is not supported",
    )
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
