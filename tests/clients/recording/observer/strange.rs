//! What no program should say: nothing of it stops an observer, or costs it more than its bounds.

use pillarbox::mail::net::Side;
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::ExplainedLine;
use proptest::prelude::*;

use super::observer;

#[test]
fn who_speaks_something_else_is_recognised() {
    let rows: [(Protocol, &[u8], &str); 8] = [
        (Protocol::Imap, b"220 mail.test ESMTP", "speaks-smtp"),
        (Protocol::Imap, b"+OK ready", "speaks-pop3"),
        (Protocol::Smtp, b"* OK ready", "speaks-imap"),
        (Protocol::Pop3, b"HTTP/1.1 400 Bad Request", "speaks-http"),
        (Protocol::Smtp, b"SSH-2.0-x", "speaks-ssh"),
        (Protocol::Pop3, b"\x15\x03\x03\x00\x02", "speaks-tls"),
        (Protocol::Lmtp, b"220 mail.test", "220 to greeting"),
        (Protocol::Pop3, b"what?", "no-reply"),
    ];
    for (protocol, line, expected) in rows {
        let mut observer = observer(protocol);
        assert_eq!(observer.server(line).entry.name, expected);
    }
}

/// What may stand in a conversation, in no order.
const LINES: &[&str] = &[
    "220 x",
    "250-x",
    "250 ok",
    "334 VXNlcm5hbWU6",
    "354 go",
    "421 x",
    "550 5.1.1 x",
    "x",
    "",
    ".",
    "..",
    "EHLO x",
    "MAIL FROM:<>",
    "RCPT TO:<a@b>",
    "DATA",
    "BDAT 3",
    "BDAT 0 LAST",
    "BDAT 99999",
    "AUTH PLAIN",
    "AUTH LOGIN eA==",
    "*",
    "eA==",
    "STARTTLS",
    "QUIT",
    "+OK x",
    "-ERR x",
    "+ x",
    "CAPA",
    "LIST",
    "UIDL 1",
    "RETR 1",
    "TOP 1 1",
    "USER x",
    "PASS x",
    "* OK x",
    "a OK x",
    "a NO x",
    "* BYE x",
    "* 1 FETCH (BODY[] {5}",
    "* 1 FETCH (FLAGS (\\Seen) BODY[TEXT] {99999999999999999999}",
    ")",
    "a LOGIN {3}",
    "a LOGIN {3+}",
    "x {0+}",
    "a APPEND x {9}",
    "a IDLE",
    "DONE",
    "a AUTHENTICATE PLAIN",
    "a SELECT x",
    "+",
    "* CAPABILITY IDLE",
    "* ENABLED UTF8=ACCEPT",
    "\u{e9}\u{0}\u{1b}[2J",
    "a \u{e9}",
];

proptest! {
    #[test]
    fn no_conversation_is_too_strange(
        protocol in prop::sample::select(&Protocol::ALL[..]),
        said in prop::collection::vec(
            (any::<bool>(), prop::sample::select(LINES), prop::sample::select(&["", "\n", "\r\n"][..])), 0..60),
    ) {
        let mut observer = observer(protocol);
        for (server, line, ending) in said {
            let line = format!("{line}{ending}");
            let explained = if server { observer.server(line.as_bytes()) } else { observer.client(line.as_bytes()) };
            for part in explained.parts.iter().chain(&explained.masked_parts()) {
                prop_assert!(part.range.start <= part.range.end);
            }
            prop_assert!(explained.parts.iter().all(|part| part.range.end <= line.len()));
            let _ = explained.masked(line.as_bytes());
        }
    }

    #[test]
    fn any_octets_may_come(
        protocol in prop::sample::select(&Protocol::ALL[..]),
        said in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..80)), 0..20),
    ) {
        let mut observer = observer(protocol);
        for (server, octets) in said {
            let by = if server { Side::Server } else { Side::Client };
            for ExplainedLine { line, explained } in observer.octets(by, &octets) {
                let _ = explained.masked(&line);
            }
        }
    }

    #[test]
    fn cut_anywhere_octets_are_the_same_lines(cuts in prop::collection::vec(1usize..9, 0..40)) {
        let said = "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 4\r\na: bBDAT 2 LAST\r\n\r\nQUIT\r\n";
        let told = |pieces: Vec<&[u8]>| {
            let mut observer = observer(Protocol::Smtp);
            let told = pieces.into_iter().flat_map(|piece| observer.octets(Side::Client, piece));
            told.map(|told| (told.line, told.explained)).collect::<Vec<_>>()
        };
        let (mut pieces, mut rest) = (Vec::new(), said.as_bytes());
        for cut in cuts {
            let (piece, others) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = others;
        }
        pieces.push(rest);
        prop_assert_eq!(told(pieces), told(vec![said.as_bytes()]));
    }
}

#[test]
fn a_long_pipeline_is_bounded() {
    let mut observer = observer(Protocol::Smtp);
    for _ in 0..30_000 {
        observer.client(b"NOOP");
    }
    observer.server(b"220 x");
    for _ in 0..20_000 {
        observer.server(b"250 ok");
    }
    // Those beyond the bound were not told apart, and the rest is in order.
    assert_eq!(observer.server(b"250 ok").command, None);
    observer.client(b"HELP");
    assert_eq!(observer.server(b"214 ok").command.as_deref(), Some("HELP"));
}

#[test]
fn a_response_that_is_too_long_to_keep_is_no_fault() {
    let mut observer = observer(Protocol::Imap);
    observer.server(b"* OK ready");
    let long = format!("* 1 FETCH (BODYSTRUCTURE ({}))", "\"text\" ".repeat(3_000));
    let explained = observer.server(long.as_bytes());
    assert_eq!((explained.entry.name.as_str(), explained.fault), ("FETCH", None));
    assert_eq!(observer.server(b"* 2 EXISTS").entry.name, "EXISTS");
}
