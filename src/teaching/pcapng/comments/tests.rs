use super::*;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Observer, Texts};

const CLIENT: Side = Side::Client;
const SERVER: Side = Side::Server;

/// The comments of a connection, and the observer that explains what is said on it.
struct Commented {
    observer: Option<Observer>,
    comments: Comments,
}

fn of(protocol: Option<Protocol>) -> Commented {
    let observer = |protocol| Observer::new(protocol, Texts::compiled_in());
    Commented { observer: protocol.map(observer), comments: Comments::default() }
}

impl Commented {
    fn said(&mut self, by: Side, octets: &[u8]) {
        let observer = self.observer.as_mut();
        let lines = observer.map_or_else(Vec::new, |observer| observer.octets(by, octets));
        for line in lines {
            self.comments.line(by, line.line.len(), &line.explained);
        }
        self.comments.said(by, octets.len());
    }
}

/// Says it and lets it cross; the comments, each with its place and without its sentence.
fn said(commented: &mut Commented, by: Side, text: &str) -> Vec<(usize, String)> {
    commented.said(by, text.as_bytes());
    let crossed = commented.comments.crossed(by, text.len()).into_iter();
    let name =
        |(at, text): (usize, String)| (at, text.split(['.', ',']).next().unwrap().to_owned());
    crossed.map(name).collect()
}

/// Where comments stand, and how they begin.
type Places<'a> = &'a [(usize, &'a str)];

fn places(expected: Places<'_>) -> Vec<(usize, String)> {
    let own = |(at, text): &(usize, &str)| (*at, (*text).to_owned());
    expected.iter().map(own).collect()
}

#[test]
fn commands_and_replies_are_explained_where_they_begin() {
    let mut comments = of(Some(Protocol::Smtp));
    let rows: [(Side, &str, Places); 9] = [
        (SERVER, "220 here\r\n", &[(0, "S: 220 (the greeting)")]),
        (CLIENT, "EHLO me\r\n", &[(0, "C: EHLO")]),
        (SERVER, "250-here\r\n250-PIPELINING\r\n250 HELP\r\n", &[(0, "S: 250 to EHLO")]),
        (
            CLIENT,
            "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
            &[(0, "C: MAIL"), (17, "C: RCPT"), (32, "C: DATA")],
        ),
        (
            SERVER,
            "250 ok\r\n250 ok\r\n354 go\r\n",
            &[(0, "S: 250 to MAIL"), (8, "S: 250 to RCPT"), (16, "S: 354")],
        ),
        (
            CLIENT,
            "Subject: x\r\nTo: y\r\n\r\nMAIL FROM:<x>\r\nbody\r\n",
            &[(0, "C: the message begins")],
        ),
        (CLIENT, ".\r\n", &[(0, "C: end")]),
        (SERVER, "250 ok\r\n", &[(0, "S: 250 (to the message)")]),
        (CLIENT, "QUIT\r\n", &[(0, "C: QUIT")]),
    ];
    for (by, text, expected) in rows {
        assert_eq!(said(&mut comments, by, text), places(expected), "{text}");
    }
}

#[test]
fn a_line_that_comes_in_pieces_is_explained_when_it_is_whole() {
    let mut comments = of(Some(Protocol::Pop3));
    assert_eq!(said(&mut comments, SERVER, "+O"), []);
    let rest = said(&mut comments, SERVER, "K\r\n");
    assert_eq!(rest, places(&[(0, "S: +OK (the greeting)")]));
}

#[test]
fn under_tls_a_comment_stands_on_the_next_packet() {
    let mut comments = of(Some(Protocol::Imap));
    assert!(comments.comments.is_ciphertext(CLIENT, 517));
    assert!(comments.comments.crossed(CLIENT, 517).is_empty());
    let secured =
        TlsSession { version: "TLSv1.3".to_owned(), cipher: "TLS_AES_128_GCM_SHA256".to_owned() };
    let explained = comments.observer.as_mut().unwrap().tls(&secured.to_string());
    comments.comments.secured(&secured, true, Some(&explained));
    comments.said(SERVER, b"* OK ready\r\n");
    let crossed = comments.comments.crossed(SERVER, 40);
    assert_eq!(crossed.len(), 2);
    assert!(crossed[0].1.starts_with("TLSv1.3 TLS_AES"), "{crossed:?}");
    assert!(crossed[1].1.starts_with("S: OK (the greeting)"), "{crossed:?}");
    comments.said(CLIENT, b"a1 NOOP\r\na2 NOOP\r\n");
    let crossed = comments.comments.crossed(CLIENT, 10);
    assert!(crossed.iter().all(|(at, _)| *at == 0) && crossed.len() == 2);
    assert!(comments.comments.crossed(CLIENT, 10).is_empty());
}

#[test]
fn no_password_stands_in_a_comment() {
    let secret = "wonderland";
    let rows: [(Protocol, &[(Side, &str)]); 4] = [
        (
            Protocol::Pop3,
            &[
                (SERVER, "+OK\r\n"),
                (CLIENT, "USER a\r\n"),
                (SERVER, "+OK\r\n"),
                (CLIENT, "PASS wonderland\r\n"),
            ],
        ),
        (Protocol::Imap, &[(SERVER, "* OK\r\n"), (CLIENT, "a LOGIN wonderland wonderland\r\n")]),
        (
            Protocol::Smtp,
            &[
                (SERVER, "220 x\r\n"),
                (CLIENT, "PASS wonderland\r\n"),
                (CLIENT, "wonderland\r\n"),
                (CLIENT, "MAIL FROM:<a@b> wonderland\r\n"),
            ],
        ),
        (
            Protocol::Imap,
            &[
                (SERVER, "* OK\r\n"),
                (CLIENT, "wonderland wonderland\r\n"),
                (SERVER, "wonderland BAD wonderland\r\n"),
            ],
        ),
    ];
    for (protocol, lines) in rows {
        let mut comments = of(Some(protocol));
        for (by, line) in lines {
            comments.said(*by, line.as_bytes());
            let crossed = comments.comments.crossed(*by, line.len());
            assert!(!crossed.is_empty(), "{line}");
            assert!(crossed.iter().all(|(_, text)| !text.contains(secret)), "{crossed:?}");
        }
    }
}

#[test]
fn what_nobody_can_explain_has_no_comments() {
    let mut comments = of(None);
    comments.said(CLIENT, b"hello\r\n");
    assert!(!comments.comments.is_ciphertext(CLIENT, 7));
    assert!(comments.comments.crossed(CLIENT, 7).is_empty());
}
