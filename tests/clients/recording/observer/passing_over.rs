//! Bodies that nobody wants explained are passed over, and what follows is understood all the same.

use pillarbox::mail::net::Side;
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::ProtocolState;

use super::observer;

/// A message with what might be taken for commands.
const BODY: [&str; 6] = ["Subject: x", "", "MAIL FROM:<a@b>", "..dot", "", "long line of a body"];

/// Conversations in which a message passes: `BODY` stands for its lines, `SIZE` for its octets.
const CONVERSATIONS: [(Protocol, &str); 5] = [
    (
        Protocol::Smtp,
        "S: 220 hi|C: EHLO x|S: 250-hi|S: 250 CHUNKING|C: MAIL FROM:<a@b>|S: 250 Ok|C: RCPT TO:<a@b>|S: 250 Ok|\
         C: DATA|S: 354 go|C: BODY|C: .|S: 250 Ok|C: QUIT|S: 221 Bye",
    ),
    (
        Protocol::Smtp,
        "S: 220 hi|C: EHLO x|S: 250-hi|S: 250 CHUNKING|C: MAIL FROM:<a@b>|S: 250 Ok|C: RCPT TO:<a@b>|S: 250 Ok|\
         C: BDAT SIZE LAST|C: BODY|S: 250 Ok|C: QUIT|S: 221 Bye",
    ),
    (
        Protocol::Pop3,
        "S: +OK hi|C: USER a|S: +OK|C: PASS b|S: +OK|\
         C: RETR 1|S: +OK|S: BODY|S: .|C: QUIT|S: +OK",
    ),
    (
        Protocol::Imap,
        "S: * PREAUTH hi|C: a SELECT INBOX|S: a OK|\
         C: b FETCH 1 BODY[]|S: * 1 FETCH (BODY[] {SIZE}|S: BODY|S: )|S: b OK|\
         C: c LOGOUT|S: * BYE|S: c OK",
    ),
    (
        Protocol::Imap,
        "S: * PREAUTH hi|C: a SELECT INBOX|S: a OK|\
         C: b APPEND INBOX {SIZE+}|C: BODY|C: |S: b OK|\
         C: c LOGOUT|S: * BYE|S: c OK",
    ),
];

/// The lines of a conversation, with the message in its place.
fn lines(conversation: &str) -> Vec<String> {
    let size: usize = BODY.iter().map(|line| line.len() + 2).sum();
    let mut lines = Vec::new();
    for line in conversation.split('|') {
        match line.strip_suffix(": BODY") {
            Some(side) => lines.extend(BODY.map(|text| format!("{side}: {text}"))),
            None => lines.push(line.replace("SIZE", &size.to_string())),
        }
    }
    lines
}

/// Lines of both sides as octets, each with its ending.
fn octets_of(lines: &[String]) -> Vec<(bool, Vec<u8>)> {
    let octets = |line: &String| {
        let (mark, text) = line.split_at(3);
        (mark == "S: ", format!("{text}\r\n").into_bytes())
    };
    let mut joined: Vec<(bool, Vec<u8>)> = Vec::new();
    for (server, line) in lines.iter().map(octets) {
        match joined.last_mut() {
            Some((side, said)) if *side == server => said.extend(line),
            _ => joined.push((server, line)),
        }
    }
    joined
}

/// What is told of a conversation that comes in pieces, perhaps with its bodies passed over.
fn told_in_pieces(
    protocol: Protocol,
    lines: &[String],
    size: usize,
    pass_over: bool,
) -> (Vec<String>, ProtocolState) {
    let mut observer = observer(protocol);
    let mut all = Vec::new();
    for (server, octets) in octets_of(lines) {
        for piece in octets.chunks(size) {
            let by = if server { Side::Server } else { Side::Client };
            let passed = if pass_over { observer.pass_over(by, piece) } else { 0 };
            let told = observer.octets(by, &piece[passed..]);
            all.extend(told.iter().map(|told| {
                let line = String::from_utf8_lossy(&told.line);
                format!("{line} is {}", told.explained.entry.key())
            }));
        }
    }
    (all, observer.state())
}

/// Whatever is told with the bodies passed over is told without that, too, in the same order; and
/// only lines of bodies are missing. Returns how many are.
fn passed_over(protocol: Protocol, lines: &[String], size: usize) -> usize {
    let (all, state) = told_in_pieces(protocol, lines, size, false);
    let (some, other) = told_in_pieces(protocol, lines, size, true);
    assert_eq!((state, other), (ProtocolState::Closed, ProtocolState::Closed));
    let mut rest = all.iter();
    for line in &some {
        assert!(rest.any(|told| told == line), "{line} in pieces of {size}");
    }
    let is_body = |line: &&String| line.contains("line.part.body") || line.contains("stuffed");
    let kept = |lines: &[String]| lines.iter().filter(|line| !is_body(line)).count();
    assert_eq!(kept(&all), kept(&some), "{some:?}");
    all.len() - some.len()
}

#[test]
fn a_body_can_be_passed_over() {
    for (protocol, conversation) in CONVERSATIONS {
        let lines = lines(conversation);
        let passed: usize = (1..120).map(|size| passed_over(protocol, &lines, size)).sum();
        assert!(passed > 0, "{conversation}");
    }
}
