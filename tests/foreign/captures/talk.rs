//! Conversations of each protocol, typed line by line, so that it is known what stands in a capture.
#![allow(dead_code, unreachable_pub)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use pillarbox::client::{Endpoint, Security};
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::script::{Talk, connect};

/// Alice's password, which may stand nowhere but in the packets themselves.
pub const PASSWORD: &str = "wonderland";

/// The same as SASL PLAIN says it.
pub fn sasl() -> String {
    BASE64.encode(format!("\0alice\0{PASSWORD}"))
}

/// Every protocol in every way that it can be secured: its service, and how it is come to.
pub const WAYS: [(Protocol, &str, Security); 9] = [
    (Protocol::Smtp, "smtp", Security::Plain),
    (Protocol::Submission, "submission", Security::StartTls),
    (Protocol::Submission, "smtps", Security::Tls),
    (Protocol::Pop3, "pop3", Security::Plain),
    (Protocol::Pop3, "pop3", Security::StartTls),
    (Protocol::Pop3, "pop3s", Security::Tls),
    (Protocol::Imap, "imap", Security::Plain),
    (Protocol::Imap, "imap", Security::StartTls),
    (Protocol::Imap, "imaps", Security::Tls),
];

/// A client that types.
struct Typist(Box<dyn Talk>);

/// How an answer ends.
#[derive(Clone, Copy)]
enum End {
    /// With a line whose code is followed by no hyphen.
    Smtp,
    /// With its first line,
    Line,
    /// with a lone dot,
    Dot,
    /// or with the line that bears this tag.
    Tag(&'static str),
}

impl Typist {
    fn ask(&mut self, line: &str, end: End) -> String {
        self.0.send(format!("{line}\r\n").as_bytes()).unwrap();
        self.hear(end)
    }

    fn hear(&mut self, end: End) -> String {
        loop {
            let line = self.0.receive_line().unwrap().unwrap();
            let line = String::from_utf8(line).unwrap();
            let last = match end {
                End::Smtp => line.as_bytes().get(3) != Some(&b'-'),
                End::Line => true,
                End::Dot => line == ".",
                End::Tag(tag) => line.starts_with(tag),
            };
            assert!(!line.starts_with("-ERR"), "{line}");
            if last {
                return line;
            }
        }
    }

    /// Until the server has closed, too.
    fn goodbye(mut self) {
        while self.0.receive_line().unwrap().is_some() {}
        self.0.disconnect();
    }
}

/// Leads a whole conversation; what the dissectors of Wireshark should find of its commands.
pub fn converse(endpoint: &Endpoint, protocol: Protocol, mail: &str) -> Vec<&'static str> {
    let mut typist = Typist(connect(endpoint, protocol).unwrap());
    let upgrades = endpoint.security == Security::StartTls;
    let said = match protocol {
        Protocol::Pop3 => pop3(&mut typist, upgrades),
        Protocol::Imap => imap(&mut typist, upgrades),
        _ => smtp(&mut typist, upgrades, mail),
    };
    typist.goodbye();
    said
}

fn smtp(typist: &mut Typist, upgrades: bool, mail: &str) -> Vec<&'static str> {
    let mut said = Vec::new();
    typist.hear(End::Smtp);
    if upgrades {
        typist.ask("EHLO me", End::Smtp);
        typist.ask("STARTTLS", End::Smtp);
        typist.0.start_tls().unwrap();
        said.extend(["EHLO", "STARTTLS"]);
    }
    typist.ask("EHLO me", End::Smtp);
    typist.ask(&format!("AUTH PLAIN {}", sasl()), End::Smtp);
    typist.ask("MAIL FROM:<alice@pillarbox.test>", End::Smtp);
    typist.ask("RCPT TO:<bob@pillarbox.test>", End::Smtp);
    typist.ask("DATA", End::Smtp);
    let stuffed = mail.replace("\r\n.", "\r\n..");
    let answer = typist.ask(&format!("{stuffed}."), End::Smtp);
    assert!(answer.starts_with("250 "), "{answer}");
    typist.ask("QUIT", End::Smtp);
    said.extend(["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]);
    said
}

fn pop3(typist: &mut Typist, upgrades: bool) -> Vec<&'static str> {
    let mut said = Vec::new();
    typist.hear(End::Line);
    if upgrades {
        typist.ask("STLS", End::Line);
        typist.0.start_tls().unwrap();
        said.push("STLS");
    }
    typist.ask("CAPA", End::Dot);
    typist.ask("USER alice", End::Line);
    typist.ask(&format!("PASS {PASSWORD}"), End::Line);
    typist.ask("STAT", End::Line);
    typist.ask("LIST", End::Dot);
    typist.ask("RETR 1", End::Dot);
    typist.ask("QUIT", End::Line);
    said.extend(["CAPA", "USER", "PASS", "STAT", "LIST", "RETR", "QUIT"]);
    said
}

fn imap(typist: &mut Typist, upgrades: bool) -> Vec<&'static str> {
    let mut said = Vec::new();
    typist.hear(End::Line);
    if upgrades {
        typist.ask("a0 STARTTLS", End::Tag("a0"));
        typist.0.start_tls().unwrap();
        said.push("STARTTLS");
    }
    typist.ask(&format!("a1 LOGIN alice {PASSWORD}"), End::Tag("a1"));
    typist.ask("a2 SELECT INBOX", End::Tag("a2"));
    typist.ask("a3 FETCH 1 BODY.PEEK[]", End::Tag("a3"));
    typist.ask("a4 NOOP", End::Tag("a4"));
    typist.ask("a5 LOGOUT", End::Tag("a5"));
    said.extend(["LOGIN", "SELECT", "FETCH", "NOOP", "LOGOUT"]);
    said
}
