//! MAIL and RCPT: the envelope of a message (RFC 5321 §3.3). The message itself comes in `data.rs`.

use super::recipients::{belongs_to, resolve};
use super::replies::store_failure;
use super::session::{SmtpRole, SmtpServer, SmtpState};
use super::transaction::{AcceptedRecipient, MailTransaction};
use crate::mail::protocol::smtp::{Address, Params, Path, Reply, ReversePath};
use crate::server::CountedAction;
use crate::server::queue::Destination;

impl SmtpServer {
    /// Begins a transaction.
    pub(super) fn mail(&mut self, from: ReversePath, params: Params) -> Result<Reply, Reply> {
        match self.state {
            SmtpState::Ready => {}
            SmtpState::Connected => return Err(self.hello_first()),
            _ => {
                let text = "One message at a time; RSET cancels the current one";
                return Err(Reply::BAD_SEQUENCE.because(text));
            }
        }
        self.check_offered(&params)?;
        self.check_sender(&from, &params)?;
        if params.size() > Some(self.site.limits.message_size) {
            return Err(Reply::MESSAGE_TOO_LARGE);
        }
        if !self.is_within_limits(CountedAction::Message) {
            return Err(too_many("messages"));
        }
        self.state = SmtpState::Mail(MailTransaction { from, params, recipients: Vec::new() });
        Ok(Reply::SENDER_OK)
    }

    fn check_sender(&self, from: &ReversePath, params: &Params) -> Result<(), Reply> {
        if self.role == SmtpRole::Submission && self.account.is_none() {
            return Err(Reply::LOGIN_FIRST);
        }
        let ReversePath::Address(address) = from else {
            // RFC 5321 §4.5.5: a mail program's notifications have no sender either.
            return Ok(());
        };
        if address.is_international() && !params.smtputf8() {
            return Err(Reply::NEEDS_SMTPUTF8);
        }
        let Some(account) = &self.account else {
            return Ok(());
        };
        // RFC 6409 §6.1: users send under their own addresses only.
        let queue = self.site.queue.as_ref();
        let gateway = queue.is_some_and(|queue| queue.is_gateway(account.name()));
        if gateway || belongs_to(&self.site, address, account.name()) {
            return Ok(());
        }
        let text = format!("{address} is not an address of {}", account.name());
        Err(Reply::NOT_OWN_ADDRESS.because(text))
    }

    /// Adds a recipient to the transaction.
    pub(super) fn rcpt(&mut self, to: Path, params: Params) -> Result<Reply, Reply> {
        let transaction = self.transaction()?;
        self.check_offered(&params)?;
        // RFC 5321 §4.5.3.1.10: these recipients get the message; the client sends another to the rest.
        if transaction.recipients.len() >= self.site.limits.recipients {
            return Err(Reply::TOO_MANY_RECIPIENTS);
        }
        if !self.is_within_limits(CountedAction::Recipient) {
            return Err(too_many("recipients"));
        }
        let international = matches!(&to, Path::Address(address) if address.is_international());
        if international && !transaction.params.smtputf8() {
            return Err(Reply::NEEDS_SMTPUTF8);
        }
        let (mailboxes, relayed) = match resolve(&self.site, &to) {
            Ok(Destination::Local(mailboxes)) => (mailboxes, None),
            Ok(Destination::Remote(address)) => {
                self.check_relay(&address)?;
                (Vec::new(), Some(address))
            }
            Ok(Destination::Unknown) => return Err(Reply::NO_SUCH_MAILBOX),
            Err(error) => return Err(store_failure(&error)),
        };
        if let SmtpState::Mail(transaction) = &mut self.state {
            transaction.recipients.push(AcceptedRecipient { path: to, params, mailboxes, relayed });
        }
        Ok(Reply::RECIPIENT_OK)
    }

    /// Nothing is relayed for a client that has not logged in, whatever the form of the address.
    fn check_relay(&self, to: &Address) -> Result<(), Reply> {
        match (&self.account, &self.site.queue) {
            (Some(_), Some(queue)) => queue.accepts(to),
            _ => Err(Reply::NO_RELAYING),
        }
    }

    /// The transaction that MAIL has begun.
    pub(super) fn transaction(&self) -> Result<&MailTransaction, Reply> {
        match &self.state {
            SmtpState::Mail(transaction) => Ok(transaction),
            SmtpState::Chunks { .. } => {
                Err(Reply::BAD_SEQUENCE.because("BDAT in progress; finish it with LAST"))
            }
            _ => Err(Reply::BAD_SEQUENCE.because("MAIL first")),
        }
    }
}

fn too_many(what: &str) -> Reply {
    let text = format!("Too many {what} from your address in one minute, try again later");
    Reply::RATE_LIMITED.because(text)
}
