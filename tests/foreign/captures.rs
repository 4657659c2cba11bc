//! Captures of ours, and real ones with our key log, as Wireshark sees them:
//! `cargo test --test foreign captures -- --ignored`.

mod talk;
pub(crate) mod tshark;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::common::programs::until;
use crate::common::typed::Typed;
use crate::common::{Lab, run, stored};
use pillarbox::client::{Endpoint, Security};
use pillarbox::mail::protocol::Protocol;
use talk::{PASSWORD, WAYS, converse, sasl};
use tshark::{COMMANDS, Capture, REPLIES};

/// A mail with lines that begin with dots, and one that looks like a command.
const MAIL: &str = "From: Alice <alice@pillarbox.test>\r\nTo: bob@pillarbox.test\r\n\
     Subject: A letter\r\n\r\n.dot\r\n..dots\r\nMAIL FROM:<x@y>\r\n\r\nThe end.\r\n";

/// A laboratory whose servers record.
struct Recorded {
    lab: Lab,
    file: PathBuf,
    host: &'static str,
}

impl Recorded {
    fn start(host: &'static str, tls: &str, capture: &str) -> Recorded {
        let lab = Lab::with(&format!(
            "[server]\nhost = {host}\n[tls]\nmin_version = {tls}\nmax_version = {tls}\n\
             [capture]\nfile = lab.pcapng\n{capture}\n"
        ));
        let file = lab.path().join("lab.pcapng");
        Recorded { lab, file, host }
    }

    /// Every protocol in every way; what should be dissected of the commands of each.
    fn converse(&self) -> Vec<Vec<&'static str>> {
        let lab = &self.lab;
        let conversation = |(protocol, service, security)| {
            let port = lab.port(service);
            converse(&Endpoint::new(self.host, port, security, lab.ca()), protocol, MAIL)
        };
        WAYS.into_iter().map(conversation).collect()
    }
}

#[test]
#[ignore = "needs tshark"]
fn with_keys_every_command_is_dissected_and_explained() {
    for (host, tls) in [("127.0.0.1", "1.3"), ("127.0.0.1", "1.2"), ("::1", "1.3"), ("::1", "1.2")]
    {
        let mut recorded = Recorded::start(host, tls, "keys = yes\nports = well-known");
        let said = recorded.converse();
        assert_eq!(recorded.lab.interrupt(), 0);
        let capture = Capture::new(&recorded.file);
        capture.is_sound(WAYS.len());
        let dissected = capture.dissected(&COMMANDS);
        assert!(are_these(&dissected, &said), "TLS {tls} at {host}: {dissected:?}");
        explained(&capture, &said);
    }
}

/// Is this what was said? Of a command in SMTP, tshark keeps four letters.
fn are_these(dissected: &[Vec<String>], said: &[Vec<&str>]) -> bool {
    let is = |(found, said): (&String, &&str)| said.starts_with(found.as_str()) && found.len() >= 4;
    let are = |(found, said): (&Vec<String>, &Vec<&str>)| {
        found.len() == said.len() && found.iter().zip(said).all(is)
    };
    dissected.len() == said.len() && dissected.iter().zip(said).all(are)
}

/// Every command has its comment, and no comment a password.
fn explained(capture: &Capture<'_>, said: &[Vec<&str>]) {
    let comments = capture.values("frame.comment").join("\n");
    for command in said.iter().flatten() {
        let comment = format!("C: {command}. ");
        assert!(comments.contains(&comment), "{command}: {comments}");
    }
    for secret in [PASSWORD, &sasl()] {
        assert!(!comments.contains(secret));
    }
}

#[test]
#[ignore = "needs tshark"]
fn without_keys_nothing_under_tls_is_dissected() {
    for tls in ["1.3", "1.2"] {
        let mut recorded = Recorded::start("127.0.0.1", tls, "ports = well-known");
        let said = recorded.converse();
        assert_eq!(recorded.lab.interrupt(), 0);
        let capture = Capture::new(&recorded.file);
        capture.is_sound(WAYS.len());
        let dissected = capture.dissected(&COMMANDS).concat();
        let count = |word: &str| dissected.iter().filter(|text| *text == word).count();
        for (command, times) in [("AUTH", 1), ("PASS", 1), ("LOGIN", 1), ("STLS", 1)] {
            assert_eq!(count(command), times, "{command}");
        }
        // Those of the unencrypted conversations: one by SMTP, one by IMAP.
        assert_eq!(capture.mails().len(), 2);
        explained(&capture, &said);
    }
}

#[test]
#[ignore = "needs tshark"]
fn the_mail_can_be_exported_as_it_was_sent() {
    let mut recorded = Recorded::start("127.0.0.1", "1.3", "keys = yes\nports = well-known");
    recorded.converse();
    assert_eq!(recorded.lab.interrupt(), 0);
    let mails = Capture::new(&recorded.file).mails();
    // Three by SMTP and three by IMAP. In POP3 Wireshark finds a mail only if the +OK before it has a
    // packet of its own, and a server that sends few packets gives it none.
    assert_eq!(mails.len(), 6);
    // As it crossed: Wireshark leaves the dots stuffed (RFC 5321 §4.5.2).
    let stuffed = MAIL.replace("\r\n.", "\r\n..");
    let sent = mails.iter().filter(|mail| *mail == stuffed.as_bytes());
    assert_eq!(sent.count(), 3);
}

#[test]
#[ignore = "needs tshark"]
fn a_thousand_connections_and_twenty_megabytes() {
    let mut recorded = Recorded::start("127.0.0.1", "1.3", "keys = yes\nports = well-known");
    let line = "All work and no play makes Jack a dull boy, all work and no play.\r\n";
    let long = format!("Subject: long\r\n\r\n{}", line.repeat(20_000_000 / line.len()));
    let lab = &recorded.lab;
    thread::scope(|scope| {
        for (service, security) in [("smtp", Security::Plain), ("smtps", Security::Tls)] {
            let endpoint = Endpoint::new("127.0.0.1", lab.port(service), security, lab.ca());
            let long = &long;
            scope.spawn(move || converse(&endpoint, Protocol::Smtp, long));
        }
        let crowd: Vec<Typed> = (0..998).map(|_| Typed::connect(lab, "pop3")).collect();
        for mut typed in crowd {
            assert!(typed.ask("QUIT").starts_with("+OK"));
            assert_eq!(typed.rest(), "");
        }
    });
    assert!(stored(&lab.path().join("mail"), "bob").iter().any(|mail| mail.len() > 19_000_000));
    assert_eq!(recorded.lab.interrupt(), 0);
    let capture = Capture::new(&recorded.file);
    capture.is_sound(1000);
    assert!(!capture.values("frame.comment").concat().contains("recording of this"));
    let mails = capture.mails();
    let sizes: Vec<usize> = mails.iter().map(Vec::len).collect();
    let sent = mails.iter().filter(|mail| *mail == long.as_bytes());
    assert_eq!(sent.count(), 2, "{sizes:?}, twice {}", long.len());
}

/// Both ends of each connection are in this one program, and tell of it twice.
#[test]
#[ignore = "needs tshark"]
fn a_demo_with_two_servers_is_captured_with_both_hops() {
    let folder = tempfile::tempdir().unwrap();
    let words = "demo relay --fast --capture relay.pcapng --ports well-known";
    let words: Vec<&str> = words.split(' ').collect();
    let (status, _, error) = run(&words, folder.path());
    assert_eq!(status, 0, "{error}");
    let file = folder.path().join("relay.pcapng");
    let capture = Capture::new(&file);
    capture.is_sound(3);
    let syns = capture.rows("tcp.flags.syn == 1 && tcp.flags.ack == 0", &["tcp.dstport"]);
    assert_eq!(syns.concat(), ["143", "587", "25"]);
    let mails = capture.mails();
    assert!(mails.len() >= 2, "one that is handed in, and one that is passed on");
}

/// dumpcap at work on the loopback interface, until it is told to stop.
struct Dumpcap(Child);

impl Dumpcap {
    fn start(file: &Path, lab: &Lab) -> Dumpcap {
        let ports: Vec<String> = WAYS.iter().map(|way| lab.port(way.1).to_string()).collect();
        let filter = format!("tcp port {}", ports.join(" or tcp port "));
        let mut child = Command::new("dumpcap")
            .args(["-i", "lo", "-f", &filter, "-w", file.to_str().unwrap()])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It says so when it listens.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with("File: ")));
        thread::spawn(move || lines.for_each(drop));
        Dumpcap(child)
    }

    /// Ends it; whatever crossed before is in its file.
    fn finish(mut self, file: &Path, connections: usize) {
        let ended = || {
            // While it is being written, its end may be torn.
            let words = ["-r", file.to_str().unwrap(), "-Y", "tcp.flags.fin == 1"];
            let fins = Command::new("tshark").args(words).output().unwrap().stdout;
            let count = fins.iter().filter(|octet| **octet == b'\n').count();
            (count >= 2 * connections).then_some(())
        };
        until("the last FIN", ended);
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

/// What Wireshark must be told of our ports: which protocol is spoken there.
fn decode_as(lab: &Lab) -> Vec<String> {
    let way = |(_, service, security): &(Protocol, &str, Security)| {
        let port = lab.port(service);
        let dissector = match *service {
            "pop3" | "pop3s" => "pop",
            "imap" | "imaps" => "imap",
            _ => "smtp",
        };
        match security {
            Security::Tls => {
                vec![format!("tcp.port=={port},tls"), format!("tls.port=={port},{dissector}")]
            }
            _ => vec![format!("tcp.port=={port},{dissector}")],
        }
    };
    let ways = WAYS.iter().flat_map(way);
    ways.flat_map(|way| ["-d".to_owned(), way]).collect()
}

#[test]
#[ignore = "needs tshark and root"]
fn a_real_capture_with_our_key_log_shows_the_same() {
    for tls in ["1.3", "1.2"] {
        let mut recorded = Recorded::start("127.0.0.1", tls, "keys = yes\nkeylog = keys.txt");
        let folder = recorded.lab.path().to_owned();
        let (file, keys) = (folder.join("real.pcapng"), folder.join("keys.txt"));
        let dumpcap = Dumpcap::start(&file, &recorded.lab);
        let said = recorded.converse();
        dumpcap.finish(&file, WAYS.len());
        let options = decode_as(&recorded.lab);
        assert_eq!(recorded.lab.interrupt(), 0);
        let key_log = ["-o".to_owned(), format!("tls.keylog_file:{}", keys.display())];
        let real = Capture { file: &file, options: [&options[..], &key_log].concat() };
        let ours = Capture { file: &recorded.file, options };
        let commands = real.dissected(&COMMANDS);
        assert!(are_these(&commands, &said), "TLS {tls}: {commands:?}");
        assert_eq!(ours.dissected(&COMMANDS), commands);
        assert_eq!(ours.dissected(&REPLIES), real.dissected(&REPLIES));
        assert_eq!(ours.mails().len(), real.mails().len());
    }
}
