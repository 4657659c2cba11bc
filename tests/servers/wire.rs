//! The wire between two ends on loopback: what arrives, what is refused, and what waits.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use pillarbox::mail::net::certificates::Certificates;
use pillarbox::mail::net::dot::LineEndRule;
use pillarbox::mail::net::tls::{self, Version, Versions};
use pillarbox::mail::net::{LineInput, Waker, Wire, WireLimits};

const PATIENCE: WireLimits = WireLimits { timeout: Duration::from_secs(20), line_length: 100 };

/// Our end as a wire, and the other end as it is.
fn pair(stop: Option<Waker>) -> (Wire, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (Wire::new(listener.accept().unwrap().0, PATIENCE, stop).unwrap(), other)
}

fn line(text: &str) -> LineInput {
    LineInput::Line(text.as_bytes().to_vec())
}

#[test]
fn lines_end_with_crlf_or_lf() {
    let (mut wire, mut other) = pair(None);
    other.write_all(b"EHLO a\r\nNOOP\n\r\na\rb\r\r\n").unwrap();
    drop(other);
    for expected in ["EHLO a", "NOOP", "", "a\rb\r"] {
        assert_eq!(wire.read_line().unwrap(), line(expected));
    }
    assert_eq!(wire.read_line().unwrap(), LineInput::Closed);
}

#[test]
fn a_line_that_is_too_long_is_skipped_to_its_end() {
    let (mut wire, mut other) = pair(None);
    let lines = format!("{}\r\n{}\r\nNOOP\r\n", "x".repeat(100), "x".repeat(101));
    other.write_all(lines.as_bytes()).unwrap();
    assert_eq!(wire.read_line().unwrap(), line(&"x".repeat(100)));
    assert_eq!(wire.read_line().unwrap(), LineInput::TooLong(b"x".repeat(101)));
    assert_eq!(wire.read_line().unwrap(), line("NOOP"));
}

#[test]
fn a_line_without_end_is_noticed_and_the_last_words_arrive() {
    let (mut wire, mut other) = pair(None);
    let writer = thread::spawn(move || {
        other.write_all(&vec![b'x'; 1 << 20]).unwrap();
        let mut answer = String::new();
        other.read_to_string(&mut answer).unwrap();
        answer
    });
    assert_eq!(wire.read_line().unwrap(), LineInput::Endless);
    wire.say(b"500 Line too long\r\n").unwrap();
    wire.close();
    assert_eq!(writer.join().unwrap(), "500 Line too long\r\n");
}

#[test]
fn a_wait_that_news_ended_loses_nothing_of_a_line() {
    let (mut wire, mut other) = pair(None);
    let bell = Waker::new().unwrap();
    other.write_all(b"DO").unwrap();
    bell.wake();
    assert_eq!(wire.read_line_or_news(&bell).unwrap(), LineInput::News);
    bell.clear();
    other.write_all(b"NE\r\n").unwrap();
    assert_eq!(wire.read_line_or_news(&bell).unwrap(), line("DONE"));
}

#[test]
fn the_stop_ends_a_wait_for_a_line_but_not_a_message() {
    let stop = Waker::new().unwrap();
    let (mut wire, mut other) = pair(Some(stop.clone()));
    stop.wake();
    assert_eq!(wire.read_line().unwrap(), LineInput::Stopping);
    let writer = thread::spawn(move || other.write_all(b"hello").map(|()| other));
    let mut message = String::new();
    wire.octets(5).read_to_string(&mut message).unwrap();
    assert_eq!(message, "hello");
    assert_eq!(wire.read_line().unwrap(), LineInput::Stopping);
    writer.join().unwrap().unwrap();
}

#[test]
fn who_never_pauses_hears_of_the_stop_and_why() {
    let stop = Waker::new().unwrap();
    let (mut wire, mut other) = pair(Some(stop.clone()));
    other.write_all(b"NOOP\r\n").unwrap();
    stop.wake();
    assert_eq!(wire.read_line().unwrap(), LineInput::Stopping);
    wire.say(b"421 bye\r\n").unwrap();
    let client = thread::spawn(move || {
        let mut answer = String::new();
        other.read_to_string(&mut answer).map(|_| answer)
    });
    wire.close();
    // A connection that is closed over unread input would be reset.
    assert_eq!(client.join().unwrap().unwrap(), "421 bye\r\n");
}

#[test]
fn silence_times_out_and_the_connection_lives() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut other = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let short = WireLimits { timeout: Duration::from_millis(10), ..PATIENCE };
    let mut wire = Wire::new(listener.accept().unwrap().0, short, None).unwrap();
    assert_eq!(wire.read_line().unwrap(), LineInput::TimedOut);
    wire.say(b"421 bye\r\n").unwrap();
    wire.flush().unwrap();
    let mut answer = [0; 9];
    other.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"421 bye\r\n");
}

#[test]
fn bodies_have_an_exact_end() {
    let (mut wire, mut other) = pair(None);
    other.write_all(b"12345NOOP\r\na\r\n..b\r\n.\r\nQUIT\r\n").unwrap();
    let mut text = String::new();
    wire.octets(5).read_to_string(&mut text).unwrap();
    assert_eq!(text, "12345");
    assert_eq!(wire.read_line().unwrap(), line("NOOP"));
    // One octet at a time, which is the hardest way.
    let (mut text, mut reader, mut octet) = (Vec::new(), wire.dot_text(LineEndRule::Strict), [0]);
    while reader.read(&mut octet).unwrap() == 1 {
        text.push(octet[0]);
    }
    drop(reader);
    assert_eq!(text, b"a\r\n.b\r\n");
    assert_eq!(wire.read_line().unwrap(), line("QUIT"));
}

#[test]
fn a_connection_cut_inside_a_body_is_an_error() {
    let (mut wire, mut other) = pair(None);
    other.write_all(b"123").unwrap();
    drop(other);
    let error = wire.octets(5).read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);

    let (mut wire, mut other) = pair(None);
    other.write_all(b"a line\r\n.").unwrap();
    drop(other);
    let error = wire.dot_text(LineEndRule::Strict).read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn what_is_said_waits_until_a_read_would_block() {
    let (mut wire, mut other) = pair(None);
    other.write_all(b"ONE\r\nTWO\r\n").unwrap();
    other.set_nonblocking(true).unwrap();
    for command in ["ONE", "TWO"] {
        assert_eq!(wire.read_line().unwrap(), line(command));
        wire.say(b"250 Ok\r\n").unwrap();
        assert_eq!(other.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
    other.set_nonblocking(false).unwrap();
    other.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(wire.read_line().unwrap(), LineInput::Closed);
    let mut answers = [0; 16];
    other.read_exact(&mut answers).unwrap();
    assert_eq!(&answers, b"250 Ok\r\n250 Ok\r\n");
}

#[test]
fn plaintext_behind_the_request_for_tls_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = lab(folder.path());
    let acceptor =
        tls::acceptor(&certificates.server(), &certificates.server_key(), Versions::default())
            .unwrap();
    let (mut wire, mut other) = pair(None);
    other.write_all(b"STARTTLS\r\nRSET\r\n").unwrap();
    assert_eq!(wire.read_line().unwrap(), line("STARTTLS"));
    assert!(wire.has_pending());
    assert_eq!(wire.accept_tls(&acceptor).unwrap_err().kind(), ErrorKind::InvalidData);
}

fn lab(folder: &Path) -> Certificates {
    Certificates::prepare(folder, &["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

/// A handshake between a server and a client with these versions, the client asking for `name`
/// and trusting the CA in `trusted`. Says whether a line crosses it in both directions.
fn handshake(
    server: Versions,
    client: Versions,
    name: &str,
    trusted: &Path,
    certificates: &Certificates,
) -> bool {
    let acceptor =
        tls::acceptor(&certificates.server(), &certificates.server_key(), server).unwrap();
    let connector = tls::connector(trusted, client).unwrap();
    let (mut wire, other) = pair(None);
    let server = thread::spawn(move || {
        wire.accept_tls(&acceptor).ok()?;
        let heard = wire.read_line().ok()?;
        wire.say(b"250 Ok\r\n").ok()?;
        wire.flush().ok()?;
        (heard == line("NOOP")).then_some(())
    });
    let mut wire = Wire::new(other, PATIENCE, None).unwrap();
    let answered = wire.connect_tls(&connector, name).is_ok()
        && wire.say(b"NOOP\r\n").is_ok()
        && wire.read_line().is_ok_and(|heard| heard == line("250 Ok"));
    drop(wire);
    server.join().unwrap().is_some() && answered
}

#[test]
fn tls_is_verified_and_its_versions_are_those_asked_for() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (certificates, strangers) = (lab(here.path()), lab(there.path()));
    let (ours, strangers) = (certificates.ca(), strangers.ca());
    let none = there.path().join("none.pem");
    let [old, new] =
        [Version::Tls12, Version::Tls13].map(|version| Versions { min: version, max: version });
    let both = Versions::default();
    let rows = [
        ("TLS 1.2", old, both, "localhost", &ours, true),
        ("TLS 1.3", both, new, "localhost", &ours, true),
        ("an address", both, both, "127.0.0.1", &ours, true),
        ("1.2 is not 1.3", old, new, "localhost", &ours, false),
        ("another name", both, both, "mail.example", &ours, false),
        ("another CA", both, both, "localhost", &strangers, false),
        ("no CA", both, both, "localhost", &none, false),
    ];
    for (story, server, client, name, trusted, works) in rows {
        assert_eq!(handshake(server, client, name, trusted, &certificates), works, "{story}");
    }
}

#[test]
fn certificates_are_made_once_and_renewed_when_the_names_change() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let first = lab(folder.path());
    let read = |path: std::path::PathBuf| std::fs::read(path).unwrap();
    let (ca, server) = (read(first.ca()), read(first.server()));
    for key in [first.server_key(), folder.path().join("ca-key.pem")] {
        assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let second = lab(folder.path());
    assert_eq!((read(second.ca()), read(second.server())), (ca.clone(), server.clone()));
    let third = Certificates::prepare(folder.path(), &["other.test".to_owned()]).unwrap();
    assert_eq!(read(third.ca()), ca);
    assert_ne!(read(third.server()), server);
}

#[test]
fn a_broken_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = lab(folder.path()).server();
    std::fs::write(&server, "rubbish").unwrap();
    let error = Certificates::prepare(folder.path(), &["localhost".to_owned()]).unwrap_err();
    assert!(error.0.contains("server.pem is not a certificate"), "{error}");
}

#[test]
fn a_key_that_is_not_the_certificates_is_replaced_and_the_cas_is_named() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (lab(folder.path()), lab(other.path()));
    std::fs::copy(theirs.server_key(), ours.server_key()).unwrap();
    let (whole, any) = (lab(folder.path()), Versions::default());
    assert!(handshake(any, any, "localhost", &whole.ca(), &whole));

    std::fs::copy(other.path().join("ca-key.pem"), folder.path().join("ca-key.pem")).unwrap();
    std::fs::remove_file(ours.server()).unwrap();
    let names = ["localhost".to_owned()];
    let error = Certificates::prepare(folder.path(), &names).unwrap_err();
    assert!(error.0.contains("ca-key.pem is not the key of"), "{error}");
}

#[test]
fn a_ca_without_its_key_is_kept_and_the_key_is_missed_only_when_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = lab(folder.path());
    let ca = std::fs::read(certificates.ca()).unwrap();
    std::fs::remove_file(folder.path().join("ca-key.pem")).unwrap();
    lab(folder.path());
    assert_eq!(std::fs::read(certificates.ca()).unwrap(), ca);

    std::fs::remove_file(certificates.server()).unwrap();
    let error = Certificates::prepare(folder.path(), &["localhost".to_owned()]).unwrap_err();
    assert!(error.0.contains("ca-key.pem is missing"), "{error}");
    assert_eq!(std::fs::read(certificates.ca()).unwrap(), ca);
}
