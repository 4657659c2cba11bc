//! Captures of whole conversations, read back as packets.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use pillarbox::config::CapturePorts;
use pillarbox::mail::net::Side;
use pillarbox::teaching::explain::Texts;
use pillarbox::teaching::pcapng::{Capture, CaptureStyle, CapturedOctets};
use pillarbox::teaching::wire_tap::{Annotator, Connection, Event, Sink, What};

use super::pcapng_reader::{Item, Packet, packets, read, streams};
use super::{connection, said, tls_session};

const CLIENT: Side = Side::Client;
const SERVER: Side = Side::Server;

/// RFC 8446 §5.1: with it a record of a handshake begins.
const HANDSHAKE: u8 = 0x16;

const STYLE: CaptureStyle =
    CaptureStyle { keys: true, ports: CapturePorts::Own, octets: CapturedOctets::AsCrossed };

fn crossed(by: Side, octets: &[u8]) -> What {
    let octets = octets.to_vec();
    What::Crossed { by, octets }
}

/// The capture of what happens, each a millisecond after the other.
fn capture(style: CaptureStyle, happened: &[(&Arc<Connection>, What)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut capture = Capture::new("test", &mut file, style, Texts::compiled_in()).unwrap();

    let mut annotator = Annotator::default();
    for (at, (connection, what)) in happened.iter().enumerate() {
        let event = Event {
            time: UNIX_EPOCH + Duration::from_millis(at as u64),
            connection: Arc::clone(connection),
            what: what.clone(),
        };
        annotator.tell(&[event], &mut capture).unwrap();
    }
    drop(capture);
    file
}

fn end(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn flags(packets: &[Packet]) -> String {
    let letter = |packet: &Packet| match packet {
        Packet { syn: true, .. } => 'S',
        Packet { fin: true, .. } => 'F',
        Packet { rst: true, .. } => 'R',
        Packet { payload, .. } if payload.is_empty() => '.',
        _ => 'D',
    };
    packets.iter().map(letter).collect()
}

#[test]
fn a_conversation_in_clear() {
    let c = &connection(1, SERVER, "smtp", 4000);
    let file = capture(
        STYLE,
        &[
            (c, What::Opened),
            (c, said(SERVER, "220 hi\r\n")),
            (c, crossed(SERVER, b"220 hi\r\n")),
            (c, said(CLIENT, "QUIT\r\n")),
            (c, crossed(CLIENT, b"QUIT\r\n")),
            (c, said(SERVER, "221 bye\r\n")),
            (c, crossed(SERVER, b"221 bye\r\n")),
            (c, What::Ended { by: SERVER }),
            (c, What::Ended { by: CLIENT }),
            (c, What::Closed),
        ],
    );
    let packets = packets(&file);
    assert_eq!(flags(&packets), "SS.DDDFF.");
    assert!(packets[0].comments[0].starts_with("Connection 1: smtp"));
    assert!(packets[4].comments[0].starts_with("C: QUIT."));
    assert_eq!(packets[4].time, UNIX_EPOCH + Duration::from_millis(4));
    let streams = streams(&packets);
    let (client, server) = (end("127.0.0.1:4000"), end("127.0.0.1:2025"));
    assert_eq!(streams[&(client, server)], b"QUIT\r\n");
    assert_eq!(streams[&(server, client)], b"220 hi\r\n221 bye\r\n");
}

#[test]
fn one_connection_that_both_ends_tell_of_is_shown_once() {
    let (c, s) = (&connection(1, CLIENT, "smtp", 4000), &connection(2, SERVER, "smtp", 4000));
    let file = capture(
        STYLE,
        &[
            (c, What::Opened),
            (s, What::Opened),
            (s, crossed(SERVER, b"220\r\n")),
            (c, crossed(SERVER, b"220\r\n")),
            (s, What::Secrets("CLIENT_RANDOM 1 2\n".to_owned())),
            (s, What::Ended { by: SERVER }),
            (c, What::Ended { by: SERVER }),
            (c, What::Closed),
            (s, What::Closed),
        ],
    );
    assert_eq!(flags(&packets(&file)), "SS.DFF.");
    assert_eq!(read(&file).len(), 7);
}

/// A handshake whose secrets come late, as OpenSSL's do, and another connection meanwhile.
#[test]
fn secrets_stand_before_the_handshake_and_time_does_not_go_back() {
    let tls = &connection(1, CLIENT, "smtps", 4000);
    let other = &connection(2, SERVER, "smtp", 4001);
    let happened = [
        (tls, What::Opened),
        (tls, crossed(CLIENT, b"\x16\x03\x01\0\x01a")),
        (other, What::Opened),
        (tls, crossed(SERVER, b"\x16\x03\x03\0\x01")),
        (tls, crossed(SERVER, b"b")),
        (tls, crossed(SERVER, b"\x17\x03\x03\0\x01c")),
        (tls, What::Secrets("CLIENT_RANDOM 1 2\n".to_owned())),
        (tls, crossed(CLIENT, b"\x17\x03\x03\0\x01d")),
        (tls, tls_session()),
        (tls, said(SERVER, "220 hi\r\n")),
        (tls, crossed(SERVER, b"\x17\x03\x03\0\x03xyz")),
    ];
    let file = capture(STYLE, &happened);
    let items = read(&file);
    let hello = |item: &Item| matches!(item, Item::Packet(p) if p.payload.ends_with(b"a"));
    let keys = |item: &Item| matches!(item, Item::Secrets(_));
    let at = |what: &dyn Fn(&Item) -> bool| items.iter().position(what).unwrap();
    assert!(at(&keys) < at(&hello));
    let packets = packets(&file);
    assert!(packets.is_sorted_by_key(|packet| packet.time));
    // The server's flight is one segment, although it was read in three pieces.
    let flight = b"\x16\x03\x03\0\x01b\x17\x03\x03\0\x01c";
    assert!(packets.iter().any(|packet| packet.payload == flight));
    let greeting = packets.iter().find(|packet| packet.payload.ends_with(b"xyz"));
    assert!(greeting.unwrap().comments.iter().any(|text| text.contains("S: 220")));
    let without = capture(CaptureStyle { keys: false, ..STYLE }, &happened);
    assert!(!read(&without).iter().any(keys));
}

/// What a record says is told before its last piece crosses, and is shorter than the record.
#[test]
fn a_record_that_came_in_pieces_stands_whole_in_the_capture() {
    let tls = &connection(1, SERVER, "smtps", 4000);
    let record = [&b"\x17\x03\x03\0\x6e"[..], &[b'x'; 110]].concat();
    let mut happened = vec![(tls, What::Opened), (tls, tls_session())];
    for _ in 0..3 {
        let (head, rest) = record.split_at(5);
        let (front, back) = rest.split_at(60);
        happened.extend([
            (tls, crossed(CLIENT, head)),
            (tls, crossed(CLIENT, front)),
            (tls, said(CLIENT, &"y".repeat(90))),
            (tls, crossed(CLIENT, back)),
        ]);
    }
    let packets = packets(&capture(STYLE, &happened));
    let payloads = packets.iter().map(|packet| &packet.payload);
    let whole: Vec<_> = payloads.filter(|payload| !payload.is_empty()).collect();
    assert_eq!(whole, [&record; 3]);
}

/// A file that can be read while it is written.
#[derive(Clone, Default)]
struct SharedFile(Arc<Mutex<Vec<u8>>>);

impl Write for SharedFile {
    fn write(&mut self, blocks: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(blocks)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Once in 256 records the ciphertext begins with the octet with which a record of a handshake begins,
/// and the octets after a record's head come by themselves.
#[test]
fn ciphertext_that_looks_like_a_handshake_makes_nobody_wait() {
    let record = |length: u8| [&[0x17, 3, 3, 0, length, HANDSHAKE], &b"xyz"[..]].concat();
    // This is the head of a renegotiation , in one piece.
    let renegotiation = [HANDSHAKE, 3, 3, 0, 1, b'r'];
    for (ours, keys) in [(SERVER, true), (SERVER, false), (CLIENT, true)] {
        let style = CaptureStyle { keys, ..STYLE };
        let file = SharedFile::default();
        let out = file.clone();
        let mut capture = Capture::new("test", out, style, Texts::compiled_in()).unwrap();

        let mut annotator = Annotator::default();
        let tls = connection(1, ours, "imaps", 4000);
        let other = connection(2, SERVER, "smtp", 4001);
        let mut now = UNIX_EPOCH;
        let mut told = 0;
        // Returns the time, how many octets are not in the file yet, and the packets in the file.
        let mut take = |connection: &Arc<Connection>, what: What| {
            now += Duration::from_millis(1);
            if let What::Crossed { octets, .. } = &what {
                told += octets.len();
            }
            let connection = Arc::clone(connection);
            let event = Event { time: now, connection, what };
            annotator.tell(&[event], &mut capture).unwrap();
            let packets = packets(&file.0.lock().unwrap());
            let written: usize = packets.iter().map(|packet| packet.payload.len()).sum();
            (now, told - written, packets)
        };
        let theirs = ours.other();
        take(&tls, crossed(CLIENT, b"\x16\x03\x01\0\x01a"));
        take(&tls, tls_session());
        for _ in 0..3 {
            take(&tls, crossed(theirs, &record(4)[..5]));
            let (now, waiting, written) = take(&tls, crossed(theirs, &record(4)[5..]));
            let last = written.last().unwrap();
            assert_eq!((waiting, last.time), (0, now));
            assert_eq!(last.payload, record(4));
            let (now, waiting, written) = take(&other, crossed(SERVER, b"220 hi\r\n"));
            assert_eq!((waiting, written.last().unwrap().time), (0, now));
            let (now, waiting, written) = take(&tls, crossed(theirs, &renegotiation));
            assert_eq!((waiting, written.last().unwrap().time), (0, now));
        }
    }
}

#[test]
fn well_known_ports_and_what_is_said_of_them() {
    let style = CaptureStyle { ports: CapturePorts::WellKnown, ..STYLE };
    let (one, two) = (&connection(1, CLIENT, "smtp", 4000), &connection(2, CLIENT, "imaps", 4001));
    // Another server of the same kind, to which the same port leads.
    let mut elsewhere = Connection::clone(one);
    (elsewhere.number, elsewhere.server) = (3, end("127.0.0.1:3025"));
    let own = &connection(4, CLIENT, "daytime", 4002);
    let elsewhere = &Arc::new(elsewhere);
    let happened = [one, two, elsewhere, own].map(|c| (c, What::Opened));
    let packets = packets(&capture(style, &happened));
    let syns: Vec<&Packet> = packets.iter().filter(|p| !p.comments.is_empty()).collect();
    let ports: Vec<u16> = syns.iter().map(|packet| packet.to.port()).collect();
    assert_eq!(ports, [25, 993, 3025, 2025]);
    assert!(syns[1].comments[0].contains("The server's port was 2025."));
    assert!(!syns[3].comments[0].contains("port was"));
}

#[test]
fn a_connection_that_breaks_off_or_is_lost_says_so() {
    let c = &connection(1, SERVER, "smtp", 4000);
    let greeting = || (c, crossed(SERVER, b"220\r\n"));
    let reset =
        capture(STYLE, &[(c, What::Opened), greeting(), (c, What::Reset), (c, What::Closed)]);
    assert_eq!(flags(&packets(&reset)), "SS.DR");
    let lost = packets(&capture(STYLE, &[(c, What::Opened), greeting(), (c, What::Lost)]));
    assert_eq!(flags(&lost), "SS.D.");
    assert!(lost[4].comments[0].contains("recording of this connection ends here"));
    // Nobody said goodbye: our end closes, and the other's is not known.
    let vanished = capture(STYLE, &[(c, What::Opened), greeting(), (c, What::Closed)]);
    assert_eq!(flags(&packets(&vanished)), "SS.DF.");
}

/// A recording that has only what was said, as a journal has: it begins anew after STARTTLS.
#[test]
fn what_was_said_can_stand_for_what_crossed() {
    let c = &connection(1, SERVER, "imaps", 4000);
    let style = CaptureStyle { octets: CapturedOctets::AsSaid, ..STYLE };
    let happened = [
        (c, tls_session()),
        (c, said(SERVER, "* OK hi\r\n")),
        (c, said(CLIENT, "a STARTTLS\r\n")),
        (c, tls_session()),
        (c, said(CLIENT, "b NOOP\r\n")),
        (c, What::Closed),
    ];
    let file = capture(style, &happened);
    let packets = packets(&file);
    assert_eq!(flags(&packets), "SS.DDF.SS.DF.");
    assert_eq!(packets[0].to.port(), 143);
    let streams = streams(&packets);
    let way = (end("127.0.0.1:4000"), end("127.0.0.1:143"));
    assert_eq!(streams[&way], b"a STARTTLS\r\nb NOOP\r\n");
    assert!(packets[10].comments.iter().any(|text| text.contains("C: NOOP")));
}

struct Disk(usize);

impl Write for Disk {
    fn write(&mut self, blocks: &[u8]) -> io::Result<usize> {
        let left = self.0.checked_sub(blocks.len());
        self.0 = left.ok_or(io::ErrorKind::StorageFull)?;
        Ok(blocks.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    let mut capture = Capture::new("x", Disk(2000), STYLE, Texts::compiled_in()).unwrap();

    let mut annotator = Annotator::default();
    let event =
        |what| Event { time: UNIX_EPOCH, connection: connection(1, CLIENT, "smtp", 1), what };
    assert!(annotator.tell(&[event(What::Opened)], &mut capture).is_ok());
    let error = annotator.tell(&[event(crossed(CLIENT, &[b'x'; 3000]))], &mut capture).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(capture.name(), "the capture x");
}
