//! A connection in the capture: makes packets of its events.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::about;
use super::block_buffer::BlockBuffer;
use super::comments::Comments;
use super::frame::Ends;
use super::held_record::HeldRecord;
use super::stream::{Segment, TcpConversation};
use crate::mail::net::TlsSession;
use crate::teaching::explain::Explained;
use crate::teaching::wire_tap::{Connection, Side};

/// RFC 9293 §3.4.1 wants initial sequence numbers that cannot be guessed. A capture cannot be
/// attacked, and should be the same when it is made again: each number is a multiple of this one.
const SPREAD: u32 = 0x9E37_79B1;

/// RFC 8446 §5.1: the first octet of a record of a handshake.
const HANDSHAKE: u8 = 22;

/// Octets of one side of a handshake that are held, at most; the longest chain of certificates that
/// OpenSSL accepts is shorter.
const FLIGHT: usize = 256 * 1024;

/// A connection in the capture.
pub(super) struct CapturedConnection {
    connection: Arc<Connection>,
    ends: Ends,
    stream: TcpConversation,
    comments: Comments,
    from_client: HeldRecord,
    from_server: HeldRecord,
    /// The place among the packets where the present handshake began.
    handshake: Option<u64>,
}

impl CapturedConnection {
    /// A connection with these ends in the capture.
    pub(super) fn new(connection: &Arc<Connection>, ends: Ends) -> CapturedConnection {
        // Truncated: a sequence number has 32 bits.
        let number = connection.number as u32;
        let initial = |turn: u32| (2 * number + turn).wrapping_mul(SPREAD);
        CapturedConnection {
            ends,
            stream: TcpConversation::new(ends.is_ipv6(), initial(0), initial(1)),
            comments: Comments::default(),
            from_client: HeldRecord::default(),
            from_server: HeldRecord::default(),
            handshake: None,
            connection: Arc::clone(connection),
        }
    }

    /// Its ends in the capture.
    pub(super) fn ends(&self) -> Ends {
        self.ends
    }

    /// Writes the three-way handshake, with a comment on its first packet.
    pub(super) fn open(
        &mut self,
        file: &mut BlockBuffer,
        time: SystemTime,
        comment: String,
    ) -> io::Result<()> {
        let mut comments = vec![comment];
        for segment in self.stream.open() {
            let own = std::mem::take(&mut comments);
            self.packet(file, time, &segment, &own)?;
        }
        Ok(())
    }

    /// The comments on its packets.
    pub(super) fn comments(&mut self) -> &mut Comments {
        &mut self.comments
    }

    /// Takes octets that crossed. Held octets of the other side crossed before them.
    pub(super) fn crossed(
        &mut self,
        file: &mut BlockBuffer,
        time: SystemTime,
        by: Side,
        octets: &[u8],
    ) -> io::Result<()> {
        let before = self.held(by.other()).release();
        self.cross(file, time, by.other(), &before)?;
        let waiting = self.held(by).len();
        if !self.comments.is_ciphertext(by, waiting + octets.len()) {
            self.held(by).keep(octets);
            let octets = self.held(by).release();
            return self.cross(file, time, by, &octets);
        }
        // Within a record there may be any octet. Under TLS, a handshake (for new keys or tickets) has
        // no visible end.
        let may_begin = waiting == 0 && !self.comments.is_encrypted() && self.handshake.is_none();
        if may_begin && octets.first() == Some(&HANDSHAKE) {
            self.handshake = Some(file.handshake_begins(self.connection.number));
        }
        // We have read incoming octets record by record; in a handshake they are one flight.
        let flight = self.handshake.is_some() && by != self.connection.ours;
        if flight && self.held(by).len() < FLIGHT {
            self.held(by).keep(octets);
            return Ok(());
        }
        match self.held(by).take(octets) {
            Some(octets) => self.cross(file, time, by, &octets),
            None => Ok(()),
        }
    }

    /// Notes that the TLS handshake is done. `encrypted`: from now on what crosses is not what is
    /// said.
    pub(super) fn secured(
        &mut self,
        file: &mut BlockBuffer,
        time: SystemTime,
        (secured, encrypted): (&TlsSession, bool),
        explained: Option<&Explained>,
    ) -> io::Result<()> {
        self.release(file, time)?;
        if !encrypted && self.comments.has_begun() {
            self.begin_again(file, time)?;
        }
        self.comments.secured(secured, encrypted, explained);
        Ok(())
    }

    /// Ends what this side says.
    pub(super) fn ended(
        &mut self,
        file: &mut BlockBuffer,
        time: SystemTime,
        by: Side,
    ) -> io::Result<()> {
        self.release(file, time)?;
        let segments = self.stream.finish(by);
        self.packets(file, time, &segments)
    }

    /// Breaks the connection off, from the other end.
    pub(super) fn reset(&mut self, file: &mut BlockBuffer, time: SystemTime) -> io::Result<()> {
        self.release(file, time)?;
        let segment = self.stream.reset(self.connection.ours.other());
        self.packet(file, time, &segment, &[])
    }

    /// Notes that the rest is not known.
    pub(super) fn lost(&mut self, file: &mut BlockBuffer, time: SystemTime) -> io::Result<()> {
        self.release(file, time)?;
        let segment = self.stream.acknowledge(self.connection.ours);
        self.packet(file, time, &segment, &[about::LOST.to_owned()])
    }

    /// Closes our end.
    pub(super) fn close(&mut self, file: &mut BlockBuffer, time: SystemTime) -> io::Result<()> {
        self.release(file, time)?;
        let ours = self.connection.ours;
        let mut segments = self.stream.finish(ours);
        segments.extend(self.stream.settle(ours));
        segments.extend(self.stream.settle(ours.other()));
        self.packets(file, time, &segments)
    }

    /// Ends the TCP connection, and begins another one between the same ends.
    fn begin_again(&mut self, file: &mut BlockBuffer, time: SystemTime) -> io::Result<()> {
        self.close(file, time)?;
        let (client, server) = self.stream.numbers();
        self.stream = TcpConversation::new(self.ends.is_ipv6(), client, server);
        self.open(file, time, about::UNDER_TLS.to_owned())
    }

    /// Writes the held octets: nothing more comes for their records, or for a handshake.
    fn release(&mut self, file: &mut BlockBuffer, time: SystemTime) -> io::Result<()> {
        for side in [Side::Client, Side::Server] {
            let octets = self.held(side).release();
            self.cross(file, time, side, &octets)?;
        }
        if let Some(began) = self.handshake.take() {
            file.handshake_is_done(began, self.connection.number);
        }
        Ok(())
    }

    /// Writes octets that cross, with their comments.
    pub(super) fn cross(
        &mut self,
        file: &mut BlockBuffer,
        time: SystemTime,
        by: Side,
        octets: &[u8],
    ) -> io::Result<()> {
        if octets.is_empty() {
            return Ok(());
        }
        let comments = self.comments.crossed(by, octets.len());
        let mut comments = comments.into_iter().peekable();
        for segment in self.stream.say(by, octets.len()) {
            let range = segment.payload.clone();
            let mut own = Vec::new();
            while let Some((_, comment)) = comments.next_if(|(at, _)| *at < range.end) {
                if !own.contains(&comment) {
                    own.push(comment);
                }
            }
            let to = self.to();
            let payload = octets.get(range).unwrap_or_default();
            file.packet(time, to, &segment, payload, &own)?;
        }
        Ok(())
    }

    fn packets(
        &self,
        file: &mut BlockBuffer,
        time: SystemTime,
        segments: &[Segment],
    ) -> io::Result<()> {
        segments.iter().try_for_each(|segment| self.packet(file, time, segment, &[]))
    }

    /// Writes a segment without octets.
    fn packet(
        &self,
        file: &mut BlockBuffer,
        time: SystemTime,
        segment: &Segment,
        comments: &[String],
    ) -> io::Result<()> {
        file.packet(time, self.to(), segment, &[], comments)
    }

    fn to(&self) -> (&Ends, u16) {
        (&self.ends, self.stream.mss())
    }

    fn held(&mut self, side: Side) -> &mut HeldRecord {
        match side {
            Side::Client => &mut self.from_client,
            Side::Server => &mut self.from_server,
        }
    }
}
