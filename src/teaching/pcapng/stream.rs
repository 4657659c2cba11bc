//! A TCP connection as it might have crossed a network: makes segments of octets (RFC 9293).
//!
//! Handshake, sequence numbers, acknowledgements and end are as TCP would make them; nothing is ever
//! lost, late or sent twice. The receiver acknowledges every second segment, and the others with what
//! it says next (RFC 9293 §3.8.6.3). It knows no time and no addresses.

use std::ops::Range;

use crate::teaching::wire_tap::Side;

/// The largest IP packet in an Ethernet frame, in octets.
const MTU: u16 = 1500;
/// Segments that are acknowledged together (RFC 9293 §3.8.6.3).
const SEGMENTS_PER_ACK: u8 = 2;

/// A segment, without addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Its sender.
    pub(super) by: Side,
    /// The sequence number of its first octet.
    pub(super) seq: u32,
    /// The number of the octet that is expected next; `None` only in the first segment.
    pub(super) ack: Option<u32>,
    /// The bits of its header.
    pub(super) flags: TcpFlags,
    /// The octets that it carries, of those that are being said.
    pub(super) payload: Range<usize>,
    /// Its number among its sender's packets.
    pub(super) packet: u16,
}

/// The bits of a segment's header, without ACK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TcpFlags {
    /// The first segment of each side.
    pub(super) syn: bool,
    /// The last segment of each side.
    pub(super) fin: bool,
    /// The connection is broken off.
    pub(super) rst: bool,
    /// The last segment of what was said at once.
    pub(super) psh: bool,
}

/// One connection.
pub(super) struct TcpConversation {
    client: End,
    server: End,
    /// The maximum segment size.
    mss: u16,
}

/// What TCP knows at one end.
#[derive(Default)]
struct End {
    /// The number of its next octet.
    next: u32,
    /// Segments that it has not acknowledged.
    owes: u8,
    /// True after its FIN or RST.
    ended: bool,
    /// Packets that it has sent.
    packets: u16,
}

impl TcpConversation {
    /// A connection over IPv4 or IPv6, from these initial sequence numbers.
    pub(super) fn new(ipv6: bool, client: u32, server: u32) -> TcpConversation {
        let end = |next| End { next, ..End::default() };
        TcpConversation {
            client: end(client),
            server: end(server),
            // RFC 9293 §3.7.1: without the headers, which have no options: 20 or 40 octets, and 20.
            mss: MTU - if ipv6 { 60 } else { 40 },
        }
    }

    /// The maximum segment size, which the handshake announces.
    pub(super) fn mss(&self) -> u16 {
        self.mss
    }

    /// The sequence numbers of the client's and the server's next octet.
    pub(super) fn numbers(&self) -> (u32, u32) {
        (self.client.next, self.server.next)
    }

    /// The three-way handshake.
    pub(super) fn open(&mut self) -> Vec<Segment> {
        let syn = TcpFlags { syn: true, ..TcpFlags::default() };
        let mut first = self.segment(Side::Client, syn, 0..0);
        first.ack = None;
        let second = self.segment(Side::Server, syn, 0..0);
        vec![first, second, self.acknowledge(Side::Client)]
    }

    /// The segments for so many octets of this side. First it acknowledges what it has received.
    pub(super) fn say(&mut self, by: Side, octets: usize) -> Vec<Segment> {
        let mut segments = Vec::new();
        if octets == 0 || self.end(by).ended {
            return segments;
        }
        segments.extend(self.settle(by.other()));
        let mss = usize::from(self.mss);
        for start in (0..octets).step_by(mss) {
            if self.end(by.other()).owes == SEGMENTS_PER_ACK {
                segments.push(self.acknowledge(by.other()));
            }
            let end = octets.min(start + mss);
            let flags = TcpFlags { psh: end == octets, ..TcpFlags::default() };
            segments.push(self.segment(by, flags, start..end));
        }
        segments
    }

    /// The segments that end what this side says: FIN.
    pub(super) fn finish(&mut self, by: Side) -> Vec<Segment> {
        let mut segments = Vec::new();
        if self.end(by).ended {
            return segments;
        }
        let fin = TcpFlags { fin: true, ..TcpFlags::default() };
        segments.push(self.segment(by, fin, 0..0));
        self.end(by).ended = true;
        if self.end(by.other()).ended {
            segments.push(self.acknowledge(by.other()));
        }
        segments
    }

    /// The segment with which this side breaks the connection off: RST.
    pub(super) fn reset(&mut self, by: Side) -> Segment {
        let rst = TcpFlags { rst: true, ..TcpFlags::default() };
        let segment = self.segment(by, rst, 0..0);
        for side in [Side::Client, Side::Server] {
            let end = self.end(side);
            (end.ended, end.owes) = (true, 0);
        }
        segment
    }

    /// The acknowledgement of this side, if one is missing.
    pub(super) fn settle(&mut self, by: Side) -> Option<Segment> {
        (self.end(by).owes > 0).then(|| self.acknowledge(by))
    }

    /// A segment with nothing but an acknowledgement.
    pub(super) fn acknowledge(&mut self, by: Side) -> Segment {
        self.segment(by, TcpFlags::default(), 0..0)
    }

    /// The next segment of this side; it acknowledges everything that was received.
    fn segment(&mut self, by: Side, flags: TcpFlags, payload: Range<usize>) -> Segment {
        let ack = Some(self.end(by.other()).next);
        let end = self.end(by);
        let seq = end.next;
        let packet = end.packets;
        // RFC 9293 §3.4: SYN and FIN count as an octet each. After 2^32 - 1 comes 0.
        let marks = u32::from(flags.syn) + u32::from(flags.fin);
        let length = payload.len() as u32 + marks;
        end.next = seq.wrapping_add(length);
        end.packets = packet.wrapping_add(1);
        end.owes = 0;
        if length > 0 {
            self.end(by.other()).owes += 1;
        }
        Segment { by, seq, ack, flags, payload, packet }
    }

    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

#[cfg(test)]
mod tests;
