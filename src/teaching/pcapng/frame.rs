//! A segment as an Ethernet frame: MAC addresses, IPv4 or IPv6, TCP, checksums.
//!
//! `etherparse` writes the headers. This file has the values in them that come from no network.

use std::io;
use std::net::{IpAddr, SocketAddr};

use etherparse::{
    IpHeaders, IpNumber, Ipv4Header, Ipv6Header, PacketBuilder, TcpHeader, TcpOptionElement,
};

use super::stream::Segment;
use crate::teaching::wire_tap::Side;

/// The MAC addresses of the client and the server. They are locally administered (IEEE 802, the second
/// bit of the first octet), so that they are not taken for a network card's.
const CLIENT_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const SERVER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
/// The usual number of hops (RFC 1700); no router has lowered it.
const TIME_TO_LIVE: u8 = 64;
/// The largest window without scaling (RFC 7323 §2.2), and more than is ever unacknowledged here.
const WINDOW: u16 = u16::MAX;

/// The addresses of the two ends, both of IPv4 or both of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) client: (IpAddr, u16),
    pub(super) server: (IpAddr, u16),
}

impl Ends {
    /// An IPv4 address from a socket of IPv6 is IPv4 (RFC 4291 §2.5.5.2).
    pub(super) fn new(client: SocketAddr, server: SocketAddr) -> Ends {
        let end = |address: SocketAddr| (address.ip().to_canonical(), address.port());
        let mut ends = Ends { client: end(client), server: end(server) };
        if ends.client.0.is_ipv4() != ends.server.0.is_ipv4() {
            for end in [&mut ends.client, &mut ends.server] {
                if let IpAddr::V4(address) = end.0 {
                    end.0 = address.to_ipv6_mapped().into();
                }
            }
        }
        ends
    }

    pub(super) fn is_ipv6(&self) -> bool {
        self.client.0.is_ipv6()
    }
}

/// The whole frame of a segment that carries `payload`.
///
/// # Errors
/// When the payload is longer than a packet can be.
pub(super) fn compose(
    ends: &Ends,
    segment: &Segment,
    mss: u16,
    payload: &[u8],
) -> io::Result<Vec<u8>> {
    let (from, to, macs) = match segment.by {
        Side::Client => (ends.client, ends.server, (CLIENT_MAC, SERVER_MAC)),
        Side::Server => (ends.server, ends.client, (SERVER_MAC, CLIENT_MAC)),
    };
    let packet = PacketBuilder::ethernet2(macs.0, macs.1)
        .ip(ip(from.0, to.0, segment.packet))
        .tcp_header(tcp(from.1, to.1, segment, mss)?);
    let mut frame = Vec::with_capacity(packet.size(payload.len()));
    packet.write(&mut frame, payload).map_err(io::Error::other)?;
    Ok(frame)
}

/// The lengths and checksums are filled in when the packet is written.
fn ip(from: IpAddr, to: IpAddr, packet: u16) -> IpHeaders {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => IpHeaders::Ipv4(
            Ipv4Header {
                identification: packet,
                dont_fragment: true,
                time_to_live: TIME_TO_LIVE,
                protocol: IpNumber::TCP,
                source: from.octets(),
                destination: to.octets(),
                ..Ipv4Header::default()
            },
            Default::default(),
        ),
        (from, to) => {
            let octets = |address| match address {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            };
            IpHeaders::Ipv6(
                Ipv6Header {
                    hop_limit: TIME_TO_LIVE,
                    next_header: IpNumber::TCP,
                    source: octets(from),
                    destination: octets(to),
                    ..Ipv6Header::default()
                },
                Default::default(),
            )
        }
    }
}

fn tcp(from: u16, to: u16, segment: &Segment, mss: u16) -> io::Result<TcpHeader> {
    let flags = segment.flags;
    let mut header = TcpHeader::new(from, to, segment.seq, WINDOW);
    header.ack = segment.ack.is_some();
    header.acknowledgment_number = segment.ack.unwrap_or_default();
    (header.syn, header.fin) = (flags.syn, flags.fin);
    (header.rst, header.psh) = (flags.rst, flags.psh);
    if flags.syn {
        let option = TcpOptionElement::MaximumSegmentSize(mss);
        header.set_options(&[option]).map_err(io::Error::other)?;
    }
    Ok(header)
}

#[cfg(test)]
mod tests;
