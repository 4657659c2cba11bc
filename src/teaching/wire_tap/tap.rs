//! The tap of one connection: turns the calls of [`net`] into events.
//!
//! Octets that came in are held back until it is known what they say, or until the connection waits
//! for more. So a sink knows what a packet means, and has the secrets that decrypt it, before it has
//! to write the packet.

use std::sync::Arc;

use super::event::{Connection, What};
use super::recorder::Shared;
use crate::mail::net::{self, Direction, PeerCertificate, Side, TlsSession};

pub(super) struct RecordingTap {
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    /// Octets that came in and are not in an event yet.
    held: Vec<u8>,
    /// True once the recording of this connection has ended early.
    lost: bool,
}

impl RecordingTap {
    pub(super) fn new(shared: Arc<Shared>, connection: Connection) -> RecordingTap {
        let mut tap = RecordingTap {
            shared,
            connection: Arc::new(connection),
            held: Vec::new(),
            lost: false,
        };
        tap.tell(What::Opened);
        tap
    }

    fn tell(&mut self, what: What) {
        if !self.lost {
            self.lost = !self.shared.push(&self.connection, what);
        }
    }

    fn release(&mut self) {
        if !self.held.is_empty() {
            let by = self.connection.ours.other();
            let octets = std::mem::take(&mut self.held);
            self.tell(What::Crossed { by, octets });
        }
    }

    fn speaking(&self, direction: Direction) -> Side {
        match direction {
            Direction::In => self.connection.ours.other(),
            Direction::Out => self.connection.ours,
        }
    }
}

impl net::Tap for RecordingTap {
    fn crossed(&mut self, direction: Direction, octets: &[u8]) {
        if !self.shared.wants_crossed() {
            return;
        }
        self.release();
        if direction == Direction::In {
            self.held.extend_from_slice(octets);
            return;
        }
        let by = self.speaking(direction);
        self.tell(What::Crossed { by, octets: octets.to_vec() });
    }

    fn said(&mut self, direction: Direction, octets: &[u8]) {
        let by = self.speaking(direction);
        if direction == Direction::Out {
            self.release();
        }
        self.tell(What::Said { by, octets: octets.to_vec() });
        self.release();
    }

    fn secrets(&mut self, lines: &str) {
        self.tell(What::Secrets(lines.to_owned()));
    }

    fn presented(&mut self, certificate: &PeerCertificate) {
        self.tell(What::Presented(certificate.clone()));
    }

    fn secured(&mut self, secured: &TlsSession) {
        self.release();
        self.tell(What::Secured(secured.clone()));
    }

    fn failed(&mut self, why: &str) {
        self.release();
        self.tell(What::Failed(why.to_owned()));
    }

    fn waits(&mut self) {
        self.release();
    }

    fn ended(&mut self, direction: Direction) {
        self.release();
        let by = self.speaking(direction);
        self.tell(What::Ended { by });
    }

    fn reset(&mut self) {
        self.release();
        self.tell(What::Reset);
    }
}

impl Drop for RecordingTap {
    fn drop(&mut self) {
        self.release();
        self.tell(What::Closed);
    }
}
