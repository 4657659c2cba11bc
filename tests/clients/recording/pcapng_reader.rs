//! Reads a capture, and puts its TCP streams together by their sequence numbers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

/// The types of blocks (draft-ietf-opsawg-pcapng §11.1).
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
const SECRETS: u32 = 10;
/// The option after which no other comes.
const END_OF_OPTIONS: u16 = 0;

/// An item of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Packet(Packet),
    Secrets(String),
}

/// A packet, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) time: SystemTime,
    pub(super) comments: Vec<String>,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) seq: u32,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: Vec<u8>,
}

/// Reads a file; it must consist of whole blocks, after a header and an interface.
pub(super) fn read(mut file: &[u8]) -> Vec<Item> {
    let (mut items, mut kinds) = (Vec::new(), Vec::new());
    while !file.is_empty() {
        let number = |at: usize| u32::from_le_bytes(*file[at..].first_chunk().unwrap());
        let (kind, length) = (number(0), number(4) as usize);
        assert_eq!(number(length - 4) as usize, length, "the length at the end");
        let body = &file[8..length - 4];
        match kind {
            PACKET => items.push(Item::Packet(packet(body))),
            SECRETS => {
                let lines = &body[8..8 + number(12) as usize];
                items.push(Item::Secrets(String::from_utf8(lines.to_vec()).unwrap()));
            }
            other => kinds.push(other),
        }
        file = &file[length..];
    }
    assert_eq!(kinds, [SECTION_HEADER, INTERFACE]);
    items
}

/// The packets of a file.
pub(super) fn packets(file: &[u8]) -> Vec<Packet> {
    let packets = read(file).into_iter().filter_map(|item| match item {
        Item::Packet(packet) => Some(packet),
        Item::Secrets(_) => None,
    });
    packets.collect()
}

/// What each end has sent to the other, in each TCP connection: put together by the numbers.
pub(super) fn streams(packets: &[Packet]) -> BTreeMap<(SocketAddr, SocketAddr), Vec<u8>> {
    let (mut streams, mut next) = (BTreeMap::<_, Vec<u8>>::new(), BTreeMap::new());
    for packet in packets {
        let way = (packet.from, packet.to);
        let expected = next.entry(way).or_insert(packet.seq);
        assert_eq!(*expected, packet.seq, "a segment is missing");
        let marks = u32::from(packet.syn) + u32::from(packet.fin);
        *expected = expected.wrapping_add(packet.payload.len() as u32 + marks);
        streams.entry(way).or_default().extend(&packet.payload);
    }
    streams
}

fn packet(body: &[u8]) -> Packet {
    let number = |at: usize| u32::from_le_bytes(*body[at..].first_chunk().unwrap());
    let nanoseconds = (u64::from(number(4)) << 32) + u64::from(number(8));
    let length = number(12) as usize;
    let (frame, options) = (&body[20..20 + length], 20 + length.next_multiple_of(4));
    let sliced = SlicedPacket::from_ethernet(frame).unwrap();
    let (from, to): (IpAddr, IpAddr) = match sliced.net.unwrap() {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let checksum = header.to_header().calc_header_checksum();
            assert_eq!(checksum, header.header_checksum());
            (header.source_addr().into(), header.destination_addr().into())
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into())
        }
        other => panic!("{other:?}"),
    };
    let Some(TransportSlice::Tcp(tcp)) = sliced.transport else {
        panic!("no TCP");
    };
    Packet {
        time: UNIX_EPOCH + Duration::from_nanos(nanoseconds),
        comments: comments(&body[options..]),
        from: (from, tcp.source_port()).into(),
        to: (to, tcp.destination_port()).into(),
        seq: tcp.sequence_number(),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        payload: tcp.payload().to_vec(),
    }
}

fn comments(mut options: &[u8]) -> Vec<String> {
    let mut comments = Vec::new();
    while let [c0, c1, l0, l1, rest @ ..] = options {
        let [code, length] = [[*c0, *c1], [*l0, *l1]].map(u16::from_le_bytes);
        if code == END_OF_OPTIONS {
            break;
        }
        let text = &rest[..usize::from(length)];
        comments.push(String::from_utf8(text.to_vec()).unwrap());
        options = &rest[usize::from(length).next_multiple_of(4)..];
    }
    comments
}
