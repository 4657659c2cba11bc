//! The envelope under which a message goes into the queue, with all that DSN asks for (RFC 3461).

use super::transaction::{AcceptedRecipient, MailTransaction};
use crate::mail::protocol::smtp::{Address, Params, Path};
use crate::server::Site;
use crate::server::queue::{DeliveryState, Envelope, Recipient};

impl MailTransaction {
    /// The envelope of the queue, or `None` if the message need not be in it.
    ///
    /// It has the recipients at other domains, and the local ones that the sender wants a report
    /// of: with the message in the queue, a report survives a crash as the message does.
    pub(super) fn queued(&self, account: Option<&str>, site: &Site) -> Option<Envelope> {
        let mut envelope = Envelope::new(self.from.clone());
        envelope.authenticated = account.map(str::to_owned);
        envelope.utf8 = self.params.smtputf8();
        envelope.ret = self.params.ret();
        envelope.envid = value(&self.params, "ENVID");
        for recipient in &self.recipients {
            let Some(queued) = recipient.queued(site) else {
                continue;
            };
            let mut known = envelope.recipients.iter();
            let named_twice = known.any(|known| known.to == queued.to);
            let wanted = queued.state == DeliveryState::Waiting || envelope.owes_report(&queued);
            if wanted && !named_twice {
                envelope.recipients.push(queued);
            }
        }
        if envelope.recipients.is_empty() {
            return None;
        }
        Some(envelope)
    }
}

impl AcceptedRecipient {
    /// The recipient as the queue knows it once the message is in the local mailboxes.
    ///
    /// A list is `expanded`, and the sender gets no reports of its members (RFC 3461 §5.2.7.3, the
    /// third way). An alias for one account is that account, reported under the alias (§5.2.7.2,
    /// §5.2.7.4).
    fn queued(&self, site: &Site) -> Option<Recipient> {
        let (to, state) = match (&self.relayed, self.mailboxes.as_slice()) {
            (Some(to), _) => (to.clone(), DeliveryState::Waiting),
            (None, [_]) => (self.address(site)?, DeliveryState::Delivered),
            (None, _) => (self.address(site)?, DeliveryState::Expanded),
        };
        let mut queued = Recipient::new(to);
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

/// The value in xtext, as the next server will get it.
fn value(params: &Params, keyword: &str) -> Option<String> {
    params.value(keyword).map(str::to_owned)
}
