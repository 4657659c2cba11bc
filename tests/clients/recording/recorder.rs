//! What a recorder tells of real connections, to sinks that fail and sinks that are slow.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use native_tls::TlsAcceptor;
use pillarbox::limits;
use pillarbox::mail::net::certificates::Certificates;
use pillarbox::mail::net::tls::{self, Version, Versions};
use pillarbox::mail::net::{
    CertError, ConnectionInfo, Direction, LineInput, PeerCertificate, Side, Tap, Taps, Wire,
    WireLimits,
};
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::Explained;
use pillarbox::teaching::wire_tap::{Event, Live, Recorder, Sink, What};

use super::said;

/// What a server for `localhost` needs, its certificates in this folder.
fn acceptor(folder: &Path, versions: Versions) -> TlsAcceptor {
    let certificates = Certificates::prepare(folder, &["localhost".to_owned()]).unwrap();
    tls::acceptor(&certificates.server(), &certificates.server_key(), versions).unwrap()
}

fn info(
    ours: Side,
    (service, protocol): (&str, Option<Protocol>),
    (client, server): (SocketAddr, SocketAddr),
) -> ConnectionInfo<'_> {
    ConnectionInfo { ours, service, protocol, client, server }
}

fn tap(
    recorder: &Recorder,
    ours: Side,
    service: (&str, Option<Protocol>),
    ends: (SocketAddr, SocketAddr),
) -> Box<dyn Tap> {
    recorder.taps().tap(&info(ours, service, ends)).unwrap()
}

/// A server that answers a line and goes, and a client whose connection is recorded.
fn conversation(recorder: &Recorder, tls_versions: Option<Versions>) {
    let folder = tempfile::tempdir().unwrap();
    let versions = tls_versions.unwrap_or_default();
    let acceptor = acceptor(folder.path(), versions);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let tcp = listener.accept().unwrap().0;
        let mut wire = Wire::new(tcp, WireLimits::default(), None).unwrap();
        if tls_versions.is_some() {
            wire.accept_tls(&acceptor).unwrap();
        }
        assert_eq!(wire.read_line().unwrap(), LineInput::Line(b"NOOP".to_vec()));
        wire.say(b"+OK\r\n").unwrap();
        wire.close();
    });
    let tcp = TcpStream::connect(address).unwrap();
    let ends = (tcp.local_addr().unwrap(), address);
    let mut wire = Wire::new(tcp, WireLimits::default(), None).unwrap();
    let spoken = ("pop3", Some(Protocol::Pop3));
    wire.watch(tap(recorder, Side::Client, spoken, ends));
    if tls_versions.is_some() {
        let connector = tls::connector(&folder.path().join("ca.pem"), versions).unwrap();
        wire.connect_tls(&connector, "localhost").unwrap();
    }
    wire.say(b"NOOP\r\n").unwrap();
    assert_eq!(wire.read_line().unwrap(), LineInput::Line(b"+OK".to_vec()));
    assert_eq!(wire.read_line().unwrap(), LineInput::Closed);
    wire.close();
    server.join().unwrap();
}

/// Two addresses, for a connection that nobody makes.
fn ends() -> (SocketAddr, SocketAddr) {
    let [ours, theirs] = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    (ours, theirs)
}

struct ToTest(Sender<Event>);

impl Sink for ToTest {
    fn name(&self) -> String {
        "a test".to_owned()
    }

    fn wants_crossed(&self) -> bool {
        true
    }

    fn take(&mut self, event: &Event, _explained: Option<&Explained>) -> io::Result<()> {
        self.0.send(event.clone()).map_err(io::Error::other)
    }
}

/// What is recorded of it.
fn recorded(versions: Option<Versions>) -> Vec<Event> {
    let (send, receive) = channel();
    let recorder = Recorder::new(vec![Box::new(ToTest(send))]).unwrap();
    conversation(&recorder, versions);
    recorder.finish();
    receive.iter().collect()
}

#[test]
fn a_conversation_in_clear_is_told_in_its_order() {
    let events = recorded(None);
    let crossed = |by, text: &str| What::Crossed { by, octets: text.as_bytes().to_vec() };
    let (client, server) = (Side::Client, Side::Server);
    let expected = [
        What::Opened,
        said(client, "NOOP\r\n"),
        crossed(client, "NOOP\r\n"),
        said(server, "+OK\r\n"),
        crossed(server, "+OK\r\n"),
        What::Ended { by: server },
        What::Ended { by: client },
    ];
    let told: Vec<&What> = events.iter().map(|event| &event.what).collect();
    assert_eq!(told[..expected.len()], expected.iter().collect::<Vec<_>>());
    assert_eq!(told.last(), Some(&&What::Closed));
    assert!(events.is_sorted_by_key(|event| event.time));
}

/// The server closes after the client, and looks once more whether something comes.
#[test]
fn the_end_of_each_direction_is_told_once() {
    let (send, receive) = channel();
    let recorder = Recorder::new(vec![Box::new(ToTest(send))]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let tcp = listener.accept().unwrap().0;
    let mut wire = Wire::new(tcp, WireLimits::default(), None).unwrap();
    wire.watch(tap(&recorder, Side::Server, ("smtp", None), ends()));
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(wire.read_line().unwrap(), LineInput::Closed);
    wire.close();
    recorder.finish();
    let told: Vec<What> = receive.iter().map(|event| event.what).collect();
    let [client, server] = [Side::Client, Side::Server].map(|by| What::Ended { by });
    assert_eq!(told, [What::Opened, client, server, What::Closed]);
}

#[test]
fn under_tls_secrets_come_before_what_they_decrypt() {
    for (version, name, secrets) in [
        (Version::Tls12, "TLSv1.2", vec!["CLIENT_RANDOM"]),
        (
            Version::Tls13,
            "TLSv1.3",
            vec![
                "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                "CLIENT_TRAFFIC_SECRET_0",
                "SERVER_TRAFFIC_SECRET_0",
            ],
        ),
    ] {
        let events = recorded(Some(Versions { min: version, max: version }));
        let at = |what: &dyn Fn(&What) -> bool| {
            events.iter().position(|event| what(&event.what)).unwrap()
        };
        let line = at(&|what| *what == said(Side::Client, "NOOP\r\n"));
        let agreed = at(&|what| matches!(what, What::Secured(s) if s.version == name));
        let trusted = |shown: &PeerCertificate| shown.fault.is_none() && shown.chain.len() == 2;
        let shown = at(&|what| matches!(what, What::Presented(shown) if trusted(shown)));
        assert!(shown < agreed, "the server's certificate and the laboratory's");
        for secret in secrets {
            let known = at(&|what| matches!(what, What::Secrets(s) if s.contains(secret)));
            assert!(known < agreed && agreed < line, "{secret}");
        }
        let clear = |what: &What| matches!(what, What::Crossed { octets, .. } if octets.windows(4).any(|w| w == b"NOOP"));
        assert!(!events.iter().any(|event| clear(&event.what)), "ciphertext crosses");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_with_why() {
    let rows = [
        ("no-such-ca.pem", "localhost", CertError::UnknownIssuer),
        ("ca.pem", "127.0.0.1", CertError::OtherName),
        ("ca.pem", "other.test", CertError::OtherName),
    ];
    for (ca, name, fault) in rows {
        let folder = tempfile::tempdir().unwrap();
        let versions = Versions::default();
        let acceptor = acceptor(folder.path(), versions);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let tcp = listener.accept().unwrap().0;
            let mut wire = Wire::new(tcp, WireLimits::default(), None).unwrap();
            wire.accept_tls(&acceptor).and_then(|()| wire.read_line())
        });
        let (send, receive) = channel();
        let recorder = Recorder::new(vec![Box::new(ToTest(send))]).unwrap();
        let mut wire =
            Wire::new(TcpStream::connect(address).unwrap(), WireLimits::default(), None).unwrap();
        let ends = (address, address);
        wire.watch(tap(&recorder, Side::Client, ("x", None), ends));
        let connector = tls::connector(&folder.path().join(ca), versions).unwrap();
        wire.connect_tls(&connector, name).unwrap_err();
        drop(wire);
        assert!(server.join().unwrap().is_err(), "the server hears an alert");
        recorder.finish();
        let shown = receive.iter().find_map(|event| match event.what {
            What::Presented(shown) => Some(shown),
            _ => None,
        });
        assert_eq!(shown.unwrap().fault, Some(fault), "{name} by {ca}");
    }
}

struct Full;

impl Sink for Full {
    fn name(&self) -> String {
        "a full disk".to_owned()
    }

    fn take(&mut self, _event: &Event, _explained: Option<&Explained>) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn a_sink_that_fails_harms_nobody() {
    let (send, receive) = channel();
    let recorder = Recorder::new(vec![Box::new(Full), Box::new(ToTest(send))]).unwrap();
    conversation(&recorder, None);
    conversation(&recorder, None);
    recorder.finish();
    let closed = receive.iter().filter(|event| event.what == What::Closed);
    assert_eq!(closed.count(), 2);
}

/// Waits until the test lets it go on.
struct Slow(Receiver<()>, Sender<Event>);

impl Sink for Slow {
    fn name(&self) -> String {
        "a slow disk".to_owned()
    }

    fn take(&mut self, event: &Event, _explained: Option<&Explained>) -> io::Result<()> {
        self.0.recv().map_err(io::Error::other)?;
        self.1.send(event.clone()).map_err(io::Error::other)
    }
}

#[test]
fn what_cannot_be_written_in_time_is_lost_and_nobody_waits() {
    let ((go, gate), (send, receive)) = (channel(), channel());
    let recorder = Recorder::new(vec![Box::new(Slow(gate, send))]).unwrap();
    let ends = ends();
    let mut tap = tap(&recorder, Side::Client, ("smtp", None), ends);
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..=2 * limits::RECORDING / piece.len() {
        tap.said(Direction::Out, &piece);
    }
    drop(tap);
    // Once for each batch, and a few times more.
    for _ in 0..2 * limits::RECORDING / limits::RECORDED_AT_ONCE {
        let _ = go.send(());
    }
    recorder.finish();
    let events: Vec<Event> = receive.try_iter().collect();
    assert_eq!(events.last().map(|event| &event.what), Some(&What::Lost));
    assert!(events.len() > limits::RECORDING / piece.len());
}

#[test]
fn without_sinks_there_are_no_taps() {
    let recorder = Recorder::new(Vec::new()).unwrap();
    let tap = recorder.taps().tap(&info(Side::Client, ("smtp", None), ends()));
    assert!(tap.is_none());
    assert_eq!(recorder.taps(), Taps::default());
}

#[test]
fn of_two_ends_the_servers_is_left_out_if_it_is_told_so() {
    let recorder = Recorder::new(vec![Box::new(Live(|_: &Event| ()))]).unwrap();
    let of_clients = recorder.taps().of_clients();
    let is_watched = |taps: &Taps| {
        [Side::Client, Side::Server]
            .map(|ours| taps.tap(&info(ours, ("pop3", None), ends())).is_some())
    };
    assert_eq!(is_watched(&recorder.taps()), [true, true]);
    assert_eq!(is_watched(&of_clients), [true, false]);
    assert_ne!(recorder.taps(), of_clients);
    assert_eq!(recorder.taps().of_clients(), of_clients);
}
