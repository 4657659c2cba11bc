//! A recorded conversation as a capture for Wireshark: what was said, in frames that are composed.
//!
//! The journal has not what crossed the network, so nothing is encrypted in the capture, and secrets are
//! masked in it. What was not recorded is replaced by as many other octets, and so is a literal that is
//! secret.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::Dialogue;
use super::literals::Literals;
use super::script::filler;
use crate::mail::net::Secured;
use crate::mail::protocol::Protocol;
use crate::teaching::wire_tap::journal::{Happened, Record, Said};
use crate::teaching::wire_tap::{Annotator, Connection, Event, Side, Sink, What};

impl Dialogue {
    /// Tells the conversation to a sink, as it was told when it happened.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn replay(&self, sink: &mut dyn Sink) -> io::Result<()> {
        let place = &self.summary.place;
        let connection = Arc::new(Connection {
            number: 1,
            ours: place.ours,
            protocol: place.protocol,
            service: place.service.clone(),
            client: place.client,
            server: place.server,
            thread: place.thread.clone(),
        });
        let mut literals = (place.protocol == Some(Protocol::Imap)).then(Literals::default);
        let mut annotator = Annotator::default();
        self.records.iter().try_for_each(|record| {
            let event = |what| Event {
                time: SystemTime::from(record.time),
                connection: Arc::clone(&connection),
                what,
            };
            annotator.tell(&[event(what(record, literals.as_mut()))], sink)
        })
    }
}

fn what(record: &Record, literals: Option<&mut Literals>) -> What {
    match &record.what {
        Happened::Opened => What::Opened,
        Happened::Said(said) => What::Said {
            by: said.by,
            octets: octets(said, literals),
        },
        Happened::Secured {
            version, cipher, ..
        } => What::Secured(Secured {
            version: version.clone(),
            cipher: cipher.clone(),
        }),
        Happened::Ended { by } => What::Ended { by: *by },
        Happened::Failed { why, .. } => What::Failed(why.clone()),
        Happened::Reset => What::Reset,
        Happened::Lost => What::Lost,
        Happened::Closed => What::Closed,
    }
}

/// What was said, and something in place of what is not known of it.
fn octets(said: &Said, literals: Option<&mut Literals>) -> Vec<u8> {
    let mut octets = said.octets.octets().into_owned();
    octets.extend(filler(said.left_out.octets));
    match literals {
        Some(literals) if said.by == Side::Client => literals.fill(said, octets),
        _ => octets,
    }
}
