use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::kept_line::LONGEST;
use super::*;
use crate::client::{Endpoint, ImapClient, Security, SmtpClient};
use crate::config::{Config, Ports};
use crate::gui::model::security::Trust;
use crate::limits;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::smtp::Params;
use crate::server::Services;
use crate::teaching::explain::ProtocolState;
use crate::teaching::wire_tap::Recorder;

/// Servers in this process, and a window's models that follow their clients.
struct Lab {
    servers: Services,
    folder: tempfile::TempDir,
    recorder: Recorder,
    conversations: Arc<Mutex<Conversations>>,
    kept: Arc<Mutex<SavedEvents>>,
    woken: Arc<AtomicUsize>,
}

impl Lab {
    fn open() -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[ports]\n{} = 0\n[accounts]\nalice = wonderland\n",
            Ports::NAMES.join(" = 0\n")
        );
        let config = Config::parse("x.ini", &text, folder.path()).unwrap();
        let models = (Arc::default(), Arc::default());
        let conversations = Arc::clone(&models.0);
        let kept = Arc::clone(&models.1);
        let woken = Arc::new(AtomicUsize::new(0));
        let wakes = Arc::clone(&woken);
        let sink = WindowSink::new(
            models,
            Texts::compiled_in(),
            folder.path().join("certs/ca.pem"),
            move || {
                wakes.fetch_add(1, Ordering::Relaxed);
            },
        );
        let recorder = Recorder::new(vec![Box::new(sink)]).unwrap();
        Lab {
            servers: Services::open(&config, recorder.taps()).unwrap(),
            folder,
            recorder,
            conversations,
            kept,
            woken,
        }
    }

    fn endpoint(&self, service: &str, security: Security) -> Endpoint {
        let port = self.servers.address(service).unwrap().port();
        let ca = self.folder.path().join("certs/ca.pem");
        let mut endpoint = Endpoint::new("127.0.0.1", port, security, ca);
        endpoint.taps = self.recorder.taps();
        endpoint
    }

    /// All that was followed, when everything is over.
    fn end(self) -> Conversations {
        drop(self.servers);
        self.recorder.finish();
        drop(self.recorder);
        assert!(self.woken.load(Ordering::Relaxed) > 0);
        Arc::into_inner(self.conversations).unwrap().into_inner().unwrap()
    }
}

fn texts(conversations: &Conversations, ours: Side) -> Vec<String> {
    let lines = conversations.lines(ours, None);
    let text = |line: &super::super::conversations::ConversationLine| match &line.content {
        LineContent::Said { by, text, .. } => format!("{}: {text}", &by.name()[..1]),
        LineContent::More { lines, octets, .. } => format!("… {lines} {octets}"),
        LineContent::Happened { text, .. } => format!("({text})"),
    };
    lines.map(text).collect()
}

fn send(lab: &Lab, security: Security, service: &str, octets: usize) {
    let mut client = SmtpClient::connect(&lab.endpoint(service, security)).unwrap();
    client.login("alice", "wonderland").unwrap();
    let line = "x".repeat(70) + "\r\n";
    let message = format!("Subject: hi\r\n\r\n{}", line.repeat(octets / 72));
    let mut message = Cursor::new(message);
    client.send("alice@pillarbox.test", &["alice@pillarbox.test"], &mut message).unwrap();
    client.quit().unwrap();
}

#[test]
fn both_sides_are_shown_in_their_order_and_no_password_is() {
    let lab = Lab::open();
    send(&lab, Security::StartTls, "submission", 0);
    let conversations = lab.end();
    let lines = texts(&conversations, Side::Client);
    let at = |text: &str| lines.iter().position(|line| line.contains(text));
    let at = |text: &str| at(text).unwrap_or_else(|| panic!("{text}: {lines:#?}"));
    assert!(at("s: 220 ") < at("c: STARTTLS"));
    assert!(at("c: STARTTLS") < at("(The server shows a certificate, which is trusted"));
    assert!(at("which is trusted") < at("(TLS begins: TLSv1.3"));
    assert!(at("TLS begins") < at("c: AUTH PLAIN ********"));
    assert!(at("AUTH PLAIN") < at("s: 235") && at("c: MAIL FROM") < at("c: DATA"));
    assert!(at("c: DATA") < at("c: Subject: hi") && at("Subject") < at("c: QUIT"));
    let secrets = lines.iter().filter(|line| line.contains("wonderland"));
    assert_eq!(secrets.count(), 0);
    let connection = conversations.connections(Side::Client).next().unwrap();
    assert!(connection.ended && !connection.security.is_broken());
    assert_eq!(connection.security.name(), "TLS 1.3");
    assert!(matches!(&connection.security.certificate.as_ref().unwrap().trust, Trust::File(_)));
    assert_eq!(connection.observer.as_ref().unwrap().state(), ProtocolState::Closed);
    let encrypted = conversations.lines(Side::Client, None).filter(|line| line.crossed.is_some());
    assert!(encrypted.count() > 5, "what crossed is ciphertext");
    // Of a server's end only the last line is kept.
    assert!(texts(&conversations, Side::Server).is_empty());
    let server = conversations.connections(Side::Server).next().unwrap();
    let (by, last) = server.last.as_ref().unwrap();
    assert!(*by == Side::Server && last.starts_with("221"), "{last}");
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_with_why() {
    let lab = Lab::open();
    let mut endpoint = lab.endpoint("imaps", Security::Tls);
    endpoint.ca = "no-such-ca.pem".into();
    assert!(ImapClient::connect(&endpoint).is_err());
    let conversations = lab.end();
    let lines = texts(&conversations, Side::Client);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("not trusted: It is signed by “CN=Pillarbox Lab CA”")),
        "{lines:#?}"
    );
    let connection = conversations.connections(Side::Client).next().unwrap();
    assert!(connection.security.is_broken() && connection.ended);
}

#[test]
fn a_large_message_is_its_beginning_and_a_count() {
    let lab = Lab::open();
    let kept = Arc::clone(&lab.kept);
    send(&lab, Security::Tls, "smtps", 10_000_000);
    send(&lab, Security::Tls, "smtps", 10_000_000);
    let conversations = lab.end();
    let lines = texts(&conversations, Side::Client);
    let rest = lines.iter().filter(|line| line.starts_with('…')).count();
    assert_eq!(rest, 2);
    assert!(lines.len() < 150, "{}", lines.len());
    let kept = kept.lock().unwrap();
    let [first, second] = [1, 2].map(|at| {
        let mut connections = conversations.connections(Side::Client);
        connections.nth(at - 1).unwrap().connection.number
    });
    assert!(kept.events(Some(first)).is_none() && kept.events(Some(second)).is_none());
}

#[test]
fn a_long_session_stays_within_its_bounds() {
    let conversations = Arc::new(Mutex::new(Conversations::default()));
    let models = (Arc::clone(&conversations), Arc::<Mutex<SavedEvents>>::default());
    let kept = Arc::clone(&models.1);
    let mut sink = WindowSink::new(models, Texts::compiled_in(), "x".into(), || ());

    let mut annotator = Annotator::default();
    for number in 1..=2_000 {
        let connection = Arc::new(Connection {
            number,
            ours: Side::Client,
            protocol: Some(crate::mail::protocol::Protocol::Pop3),
            service: "pop3".to_owned(),
            client: "127.0.0.1:1".parse().unwrap(),
            server: "127.0.0.1:2".parse().unwrap(),
            thread: String::new(),
        });
        let said = |by, octets: &str| What::Said { by, octets: octets.as_bytes().to_vec() };
        let happened = [
            What::Opened,
            said(Side::Server, "+OK hi\r\n"),
            said(Side::Client, &format!("USER {}\r\n", "x".repeat(20_000))),
            said(Side::Server, "-ERR no\r\n"),
            What::Closed,
        ];
        let events = happened.map(|what| Event {
            time: SystemTime::UNIX_EPOCH,
            connection: Arc::clone(&connection),
            what,
        });
        annotator.tell(&events, &mut sink).unwrap();
    }
    let conversations = conversations.lock().unwrap();
    assert_eq!(conversations.connections(Side::Client).count(), 100);
    assert_eq!(conversations.lines(Side::Client, None).count(), 300);
    let long = conversations.lines(Side::Client, None).nth(1).unwrap();
    let LineContent::Said { text, octets, .. } = &long.content else {
        panic!("a line was said");
    };
    assert!(text.ends_with("(20007 octets in all)") && octets.len() == LONGEST);
    assert!(sink.connections.is_empty());
    let kept = kept.lock().unwrap();
    let size: usize = kept.events(None).unwrap().iter().map(Event::size).sum();
    assert!((15 << 20..=16 << 20).contains(&size), "{size}");
    assert!(kept.events(Some(2_000)).is_some() && kept.events(Some(1)).is_none());
}

/// Our client ends a chunk wherever it is full, and the next command follows directly.
#[test]
fn a_chunk_that_ends_within_a_line_hides_no_command() {
    let lab = Lab::open();
    let mut client = SmtpClient::connect(&lab.endpoint("smtp", Security::Plain)).unwrap();
    client.mail("bob@pillarbox.test", Params::new()).unwrap();
    client.rcpt("alice@pillarbox.test").unwrap();
    let message = "x\r\n".repeat(limits::CHUNK / 3 + 2);
    let rest = message.len() - limits::CHUNK;
    client.bdat(&mut Cursor::new(message)).unwrap();
    client.quit().unwrap();
    let lines = texts(&lab.end(), Side::Client);
    let said = |text: &str| lines.iter().any(|line| line.contains(text));
    let last = format!("c: BDAT {rest} LAST");
    assert!(said(&last) && said("c: QUIT"), "{lines:#?}");
}

#[test]
fn a_last_line_without_an_end_is_shown_and_its_password_is_not() {
    let models: (Arc<Mutex<Conversations>>, Arc<Mutex<SavedEvents>>) = Default::default();
    let conversations = Arc::clone(&models.0);
    let mut sink = WindowSink::new(models, Texts::compiled_in(), PathBuf::new(), || {});

    let mut annotator = Annotator::default();
    let connection = Arc::new(Connection {
        number: 1,
        ours: Side::Client,
        protocol: Some(Protocol::Pop3),
        service: "pop3".to_owned(),
        client: "127.0.0.1:4711".parse().unwrap(),
        server: "127.0.0.1:2110".parse().unwrap(),
        thread: "a test".to_owned(),
    });
    let said = |by, text: &str| What::Said { by, octets: text.as_bytes().to_vec() };
    let whats = [
        What::Opened,
        said(Side::Server, "+OK\r\n"),
        said(Side::Client, "USER alice\r\nPASS wonder"),
        What::Closed,
    ];
    let events = whats.map(|what| Event {
        time: SystemTime::now(),
        connection: Arc::clone(&connection),
        what,
    });
    annotator.tell(&events, &mut sink).unwrap();
    let lines = texts(&conversations.lock().unwrap(), Side::Client);
    assert_eq!(lines, ["s: +OK", "c: USER alice", "c: PASS ********"]);
}
