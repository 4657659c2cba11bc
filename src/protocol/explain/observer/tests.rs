use proptest::prelude::*;

use super::*;
use crate::protocol::span::Span;
use crate::protocol::span::tests::shown;

fn observer(protocol: Protocol) -> Observer {
    Observer::new(protocol, Texts::compiled_in())
}

/// A dialogue, `C: ` and `S: ` lines, each with what is said of it: the entry, behind a reply the
/// command that it answers, and the state after it.
fn follow(protocol: Protocol, lines: &[(&str, &str)]) {
    let mut observer = observer(protocol);
    for (line, expected) in lines {
        let explained = match line.split_at(3) {
            ("C: ", said) => observer.client(said.as_bytes()),
            ("S: ", said) => observer.server(said.as_bytes()),
            (_, said) => observer.tls(said),
        };
        let name = &explained.entry.name;
        let state = explained.after.key();
        assert_eq!(format!("{name}, {state}"), *expected, "{line}");
    }
}

#[test]
fn a_message_by_smtp() {
    follow(
        Protocol::Smtp,
        &[
            ("S: 220 mail.test ESMTP", "220 to greeting, connected"),
            ("C: EHLO me", "EHLO, connected"),
            ("S: 250-mail.test", "250 to EHLO, connected"),
            ("S: 250-SIZE 1000", "SIZE, connected"),
            ("S: 250 STARTTLS", "STARTTLS, ready"),
            ("C: STARTTLS", "STARTTLS, ready"),
            ("S: 220 2.0.0 Go", "220 to STARTTLS, tls"),
            ("T: TLSv1.3 X", "handshake, connected"),
            ("C: EHLO me", "EHLO, connected"),
            ("S: 250 mail.test", "250 to EHLO, ready"),
            ("C: AUTH LOGIN", "AUTH, ready"),
            ("S: 334 VXNlcm5hbWU6", "334, login"),
            ("C: YWxpY2U=", "user-name, login"),
            ("S: 334 UGFzc3dvcmQ6", "334, login"),
            ("C: d29uZGVybGFuZA==", "answer, login"),
            ("S: 235 2.7.0 Ok", "235, ready"),
            // Pipelined: the replies come in the order of the commands.
            ("C: MAIL FROM:<a@b>", "MAIL, ready"),
            ("C: RCPT TO:<c@d>", "RCPT, ready"),
            ("C: RCPT TO:<e@f>", "RCPT, ready"),
            ("C: DATA", "DATA, ready"),
            ("S: 250 2.1.0 Ok", "250 to MAIL, mail"),
            ("S: 550 5.1.1 No", "550 to RCPT, mail"),
            ("S: 250 2.1.5 Ok", "250 to RCPT, rcpt"),
            ("S: 354 Go ahead", "354, data"),
            ("C: Subject: MAIL FROM:<x>", "Subject, data"),
            ("C: \tfolded", "folded, data"),
            ("C: ", "header-end, data"),
            ("C: QUIT", "body, data"),
            ("C: ..", "stuffed-dot, data"),
            ("C: .", "final-dot, data"),
            ("C: QUIT", "QUIT, data"),
            ("S: 250 2.0.0 Ok", "250 to message, ready"),
            ("S: 221 2.0.0 Bye", "221, closed"),
        ],
    );
}

#[test]
fn what_is_refused_leads_nowhere() {
    follow(
        Protocol::Submission,
        &[
            ("S: 220 mail.test", "220 to greeting, connected"),
            ("C: DATA", "DATA, connected"),
            ("S: 503 5.5.1 EHLO first", "503, connected"),
            ("C: HELO me", "HELO, connected"),
            ("S: 250 mail.test", "250 to HELO, ready"),
            ("C: AUTH PLAIN", "AUTH, ready"),
            ("S: 334 ", "334, login"),
            ("C: *", "cancel, login"),
            ("S: 501 5.7.0 Cancelled", "501, ready"),
            ("C: FROBNICATE", "behind-login, ready"),
            ("S: 500 5.5.2 No", "500, ready"),
            ("S: 421 4.3.2 Stopping", "421, closed"),
        ],
    );
}

#[test]
fn lmtp_answers_each_recipient_and_chunks_are_counted() {
    follow(
        Protocol::Lmtp,
        &[
            ("S: 220 mail.test LMTP", "220 to greeting, connected"),
            ("C: LHLO me", "LHLO, connected"),
            ("S: 250 mail.test", "250 to LHLO, ready"),
            ("C: MAIL FROM:<>", "MAIL, ready"),
            ("S: 250 2.1.0 Ok", "250 to MAIL, mail"),
            ("C: RCPT TO:<a@b>", "RCPT, mail"),
            ("S: 250 2.1.5 Ok", "250 to RCPT, rcpt"),
            ("C: RCPT TO:<c@d>", "RCPT, rcpt"),
            ("S: 250 2.1.5 Ok", "250 to RCPT, rcpt"),
            ("C: BDAT 6", "BDAT, rcpt"),
            ("C: a: b", "*, rcpt"),
            ("S: 250 2.0.0 Ok", "250 to BDAT, chunks"),
            ("C: BDAT 3 LAST", "BDAT LAST, chunks"),
            ("C: x", "body, chunks"),
            ("S: 250 2.1.5 Ok", "250 to BDAT LAST, ready"),
            ("S: 250 2.1.5 Ok", "250 to BDAT LAST, ready"),
        ],
    );
    let mut observer = observer(Protocol::Lmtp);
    let said = "MAIL FROM:<>\r\nBDAT 4\r\na: bBDAT 4 LAST\r\n\r\nx\nNOOP\r\n";
    let told = observer.client_octets(said.as_bytes());
    let names: Vec<&str> = told
        .iter()
        .map(|t| t.explained.entry.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["MAIL", "BDAT", "BDAT LAST", "header-end", "body", "NOOP"]
    );
}

#[test]
fn pop3_in_its_three_states() {
    follow(
        Protocol::Pop3,
        &[
            ("S: +OK ready", "+OK to greeting, authorization"),
            ("C: CAPA", "CAPA, authorization"),
            ("S: +OK", "+OK to CAPA, authorization"),
            ("S: SASL PLAIN LOGIN", "SASL, authorization"),
            ("S: .", "final-dot, authorization"),
            ("C: AUTH", "AUTH, authorization"),
            ("S: +OK", "+OK, authorization"),
            ("S: PLAIN", "PLAIN, authorization"),
            ("S: .", "final-dot, authorization"),
            ("C: USER bob", "USER, authorization"),
            ("S: +OK Send PASS", "+OK to USER, authorization"),
            ("C: PASS builder", "PASS, authorization"),
            ("S: +OK Welcome", "+OK to PASS, transaction"),
            ("C: LIST", "LIST, transaction"),
            ("C: LIST 1", "LIST, transaction"),
            ("S: +OK 1 message", "+OK to LIST, transaction"),
            ("S: 1 120", "a line of LIST, transaction"),
            ("S: .", "final-dot, transaction"),
            ("S: +OK 1 120", "+OK to LIST, transaction"),
            ("C: RETR 1", "RETR, transaction"),
            ("S: +OK 120 octets", "+OK to RETR, transaction"),
            ("S: From: a", "From, transaction"),
            ("S: X-Own: a", "*, transaction"),
            ("S: ", "header-end, transaction"),
            ("S: ..", "stuffed-dot, transaction"),
            ("S: +OK", "body, transaction"),
            ("S: .", "final-dot, transaction"),
            ("C: DELE 9", "DELE, transaction"),
            ("S: -ERR Out of range", "-ERR, transaction"),
            ("C: QUIT", "QUIT, update"),
            ("S: +OK Farewell", "+OK to QUIT, closed"),
        ],
    );
}

#[test]
fn imap_by_tags_with_literals_and_idle() {
    follow(
        Protocol::Imap,
        &[
            (
                "S: * OK [CAPABILITY IMAP4rev1] ready",
                "OK to greeting, not-authenticated",
            ),
            ("C: a1 LOGIN {3}", "LOGIN, not-authenticated"),
            ("S: + OK", "+ to literal, not-authenticated"),
            ("C: bob {7+}", "LOGIN, not-authenticated"),
            ("C: builder", "LOGIN, not-authenticated"),
            ("C: a2 SELECT INBOX", "SELECT, not-authenticated"),
            ("S: a1 OK done", "OK to LOGIN, authenticated"),
            ("S: * 3 EXISTS", "EXISTS, authenticated"),
            ("S: * OK [UIDNEXT 4] next", "UIDNEXT, authenticated"),
            ("S: a2 OK [READ-WRITE] done", "OK to SELECT, selected"),
            ("C: a3 UID FETCH 1 (FLAGS BODY[])", "FETCH, selected"),
            ("S: * 1 FETCH (FLAGS () BODY[] {20}", "FETCH, selected"),
            ("S: Subject: x", "Subject, selected"),
            ("S: ", "header-end, selected"),
            ("S: * BYE  UID 9)", "FETCH, selected"),
            ("S: a3 OK done", "OK, selected"),
            ("C: a4 IDLE", "IDLE, selected"),
            ("S: + idling", "+ to IDLE, idle"),
            ("S: * 4 EXISTS", "EXISTS, idle"),
            ("C: DONE", "DONE, idle"),
            ("S: a4 OK done", "OK to IDLE, selected"),
            ("C: a5 APPEND INBOX {9}", "APPEND, selected"),
            ("S: a5 NO [TRYCREATE] no", "NO, selected"),
            ("C: a6 APPEND INBOX {9+}", "APPEND, selected"),
            ("C: A: b", "*, selected"),
            ("C: ", "header-end, selected"),
            ("C: a", "APPEND, selected"),
            ("S: a6 OK done", "OK to APPEND, selected"),
        ],
    );
}

#[test]
fn what_may_come_next_is_what_the_server_offers() {
    let mut observer = observer(Protocol::Smtp);
    observer.server(b"220 mail.test ESMTP");
    assert!(observer.legal().starts_with(&["EHLO", "HELO"]));
    observer.client(b"EHLO me");
    observer.server(b"250-mail.test");
    let ready = observer.server(b"250 AUTH PLAIN").next;
    assert!(ready.contains(&"MAIL") && ready.contains(&"AUTH"));
    assert!(
        !ready.contains(&"STARTTLS") && !ready.contains(&"RCPT"),
        "{ready:?}"
    );
    assert!(
        observer
            .offered()
            .is_some_and(|offered| offered.contains("AUTH"))
    );
    observer.client(b"AUTH PLAIN AGEAYg==");
    let next = observer.server(b"235 2.7.0 Ok").next;
    assert!(!next.contains(&"AUTH"), "{next:?}");
}

#[test]
fn a_command_and_its_answers_share_a_number() {
    let mut observer = observer(Protocol::Imap);
    observer.server(b"* OK ready");
    let first = observer.client(b"a1 NOOP").number;
    let second = observer.client(b"a2 CAPABILITY").number;
    assert_eq!((first, second), (Some(1), Some(2)));
    assert_eq!(observer.server(b"a2 OK done").number, Some(2));
    let answer = observer.server(b"a1 OK done");
    assert_eq!((answer.number, answer.command), (Some(1), Some("NOOP")));
}

#[test]
fn parts_have_names_and_what_is_encoded_is_read() {
    let parts = |explained: &Explained, line: &str| {
        let spans = explained.parts.iter();
        let spans: Vec<Span> = spans
            .map(|part| Span {
                role: part.role,
                range: part.range.clone(),
            })
            .collect();
        shown(line.as_bytes(), &spans)
    };
    let rows = [
        (
            Protocol::Smtp,
            "334 VXNlcm5hbWU6",
            "reply-code 334, challenge VXNlcm5hbWU6",
            "Username:",
        ),
        (
            Protocol::Smtp,
            "550 5.1.1 No such mailbox",
            "reply-code 550, enhanced-code 5.1.1, text No such mailbox",
            "",
        ),
        // The class is not the code's: this is text.
        (
            Protocol::Smtp,
            "550 2.1.1 x",
            "reply-code 550, text 2.1.1 x",
            "",
        ),
        (
            Protocol::Imap,
            "* LIST () \".\" &ZeVnLIqe-",
            "untagged *, response-name LIST, separator \".\", mailbox &ZeVnLIqe-",
            "日本語",
        ),
        (
            Protocol::Imap,
            "* ESEARCH (TAG \"a\") MIN 1 ALL 1:3",
            "untagged *, response-name ESEARCH, tag \"a\", option MIN, number 1, option ALL, sequence-set 1:3",
            "",
        ),
        (
            Protocol::Pop3,
            "-ERR [AUTH] Wrong",
            "status -ERR, response-code AUTH, text Wrong",
            "",
        ),
    ];
    for (protocol, line, expected, decoded) in rows {
        let explained = observer(protocol).server(line.as_bytes());
        let read: String = explained
            .parts
            .iter()
            .filter_map(|p| p.decoded.clone())
            .collect();
        assert_eq!(parts(&explained, line), expected);
        assert_eq!(read, decoded);
    }
}

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
            let explained = match server {
                true => observer.server(line.as_bytes()),
                false => observer.client(line.as_bytes()),
            };
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
            let told = match server {
                true => observer.server_octets(&octets),
                false => observer.client_octets(&octets),
            };
            for Told { line, explained } in told {
                let _ = explained.masked(&line);
            }
        }
    }

    #[test]
    fn cut_anywhere_octets_are_the_same_lines(cuts in prop::collection::vec(1usize..9, 0..40)) {
        let said = "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 4\r\na: bBDAT 2 LAST\r\n\r\nQUIT\r\n";
        let told = |pieces: Vec<&[u8]>| {
            let mut observer = observer(Protocol::Smtp);
            let told = pieces.into_iter().flat_map(|piece| observer.client_octets(piece));
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
    assert_eq!(observer.server(b"214 ok").command, Some("HELP"));
}

#[test]
fn a_response_that_is_too_long_to_keep_is_no_fault() {
    let mut observer = observer(Protocol::Imap);
    observer.server(b"* OK ready");
    let long = format!("* 1 FETCH (BODYSTRUCTURE ({}))", "\"text\" ".repeat(3_000));
    let explained = observer.server(long.as_bytes());
    assert_eq!(
        (explained.entry.name.as_str(), explained.fault),
        ("FETCH", None)
    );
    assert_eq!(observer.server(b"* 2 EXISTS").entry.name, "EXISTS");
}

/// Lines of both sides as octets, each with its ending.
fn octets_of(lines: &[&str]) -> Vec<(bool, Vec<u8>)> {
    let octets = |line: &&str| {
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
    lines: &[&str],
    size: usize,
    pass_over: bool,
) -> (Vec<String>, State) {
    let mut observer = Observer::new(protocol, Texts::compiled_in());
    let mut all = Vec::new();
    for (server, octets) in octets_of(lines) {
        for piece in octets.chunks(size) {
            let passed = match (pass_over, server) {
                (false, _) => 0,
                (true, true) => observer.pass_over_server(piece),
                (true, false) => observer.pass_over_client(piece),
            };
            let told = match server {
                true => observer.server_octets(&piece[passed..]),
                false => observer.client_octets(&piece[passed..]),
            };
            all.extend(told.iter().map(|told| {
                let line = String::from_utf8_lossy(&told.line);
                format!("{line} is {}", told.explained.entry.key())
            }));
        }
    }
    (all, observer.state())
}

#[test]
fn a_body_can_be_passed_over() {
    let body = [
        "C: Subject: x",
        "C: ",
        "C: MAIL FROM:<a@b>",
        "C: ..dot",
        "C: ",
        "C: long line of a body",
    ];
    let envelope = [
        "S: 220 hi",
        "C: EHLO x",
        "S: 250 CHUNKING",
        "C: MAIL FROM:<a@b>",
        "S: 250 Ok",
        "C: RCPT TO:<a@b>",
        "S: 250 Ok",
    ];
    let data = [
        &envelope[..],
        &["C: DATA", "S: 354 go"],
        &body,
        &["C: .", "S: 250 Ok", "C: QUIT", "S: 221 Bye"],
    ]
    .concat();
    let size: usize = body.iter().map(|line| line.len() - 1).sum();
    let bdat = format!("C: BDAT {size} LAST");
    let chunk = [
        &envelope[..],
        &[&bdat],
        &body,
        &["S: 250 Ok", "C: QUIT", "S: 221 Bye"],
    ]
    .concat();
    let login = ["S: +OK hi", "C: USER a", "S: +OK", "C: PASS b", "S: +OK"];
    let from_server = body.map(|line| line.replace("C: ", "S: "));
    let from_server: Vec<&str> = from_server.iter().map(String::as_str).collect();
    let retr = [
        &login[..],
        &["C: RETR 1", "S: +OK"],
        &from_server,
        &["S: .", "C: QUIT", "S: +OK"],
    ]
    .concat();
    let fetched = format!("S: * 1 FETCH (BODY[] {{{size}}}");
    let selected = ["S: * PREAUTH hi", "C: a SELECT INBOX", "S: a OK"];
    let fetch = [
        &selected[..],
        &["C: b FETCH 1 BODY[]", &fetched],
        &from_server,
        &["S: )", "S: b OK", "C: c LOGOUT", "S: * BYE", "S: c OK"],
    ]
    .concat();
    let append = format!("C: b APPEND INBOX {{{size}+}}");
    let append = [
        &selected[..],
        &[&append],
        &body,
        &["C: ", "S: b OK", "C: c LOGOUT", "S: * BYE", "S: c OK"],
    ]
    .concat();
    for (protocol, lines) in [
        (Protocol::Smtp, data),
        (Protocol::Smtp, chunk),
        (Protocol::Pop3, retr),
        (Protocol::Imap, fetch),
        (Protocol::Imap, append),
    ] {
        let mut passed = 0;
        for size in 1..120 {
            let (all, state) = told_in_pieces(protocol, &lines, size, false);
            let (some, other) = told_in_pieces(protocol, &lines, size, true);
            assert_eq!((state, other), (State::Closed, State::Closed));
            let mut rest = all.iter();
            for line in &some {
                assert!(rest.any(|told| told == line), "{line} in pieces of {size}");
            }
            let is_body =
                |line: &&String| line.contains("line.part.body") || line.contains("stuffed");
            let kept = |lines: &[String]| lines.iter().filter(|line| !is_body(line)).count();
            assert_eq!(kept(&all) - kept(&some), 0, "{some:?}");
            passed += all.len() - some.len();
        }
        assert!(passed > 0, "{lines:?}");
    }
}

#[test]
fn what_is_said_behind_a_refused_login_is_masked() {
    let rows: [(Protocol, &[&str]); 6] = [
        (
            Protocol::Smtp,
            &[
                "C: AUTH LOGIN",
                "C: YWxpY2U=",
                "S: 503 no",
                "C: c2VjcmV0",
                "S: 500 what",
            ],
        ),
        (
            Protocol::Smtp,
            &["C: AUTH LOGIN", "S: 504 no", "C: YWxpY2U=", "C: c2VjcmV0"],
        ),
        (
            Protocol::Pop3,
            &[
                "C: AUTH NOSUCH",
                "S: -ERR no",
                "C: c2VjcmV0",
                "S: -ERR what",
            ],
        ),
        (
            Protocol::Imap,
            &[
                "C: a AUTHENTICATE NOSUCH",
                "S: a NO no",
                "C: c2VjcmV0",
                "S: c2VjcmV0 BAD what",
            ],
        ),
        (
            Protocol::Imap,
            &[
                "C: a LOGIN alice",
                "C: secret",
                "C: b NOOP",
                "S: a BAD no",
                "S: secret BAD what",
            ],
        ),
        (
            Protocol::Imap,
            &[
                "C: LOGIN {5+}",
                "C: alice {6+}",
                "C: secret",
                "S: secret BAD what",
            ],
        ),
    ];
    for (protocol, lines) in rows {
        let mut observer = Observer::new(protocol, Texts::compiled_in());
        let greeting = if protocol == Protocol::Imap {
            "* OK"
        } else {
            "+OK"
        };
        observer.server(
            if protocol == Protocol::Smtp {
                "220"
            } else {
                greeting
            }
            .as_bytes(),
        );
        for line in lines {
            let (mark, line) = line.split_at(3);
            let explained = match mark {
                "C: " => observer.client(line.as_bytes()),
                _ => observer.server(line.as_bytes()),
            };
            let masked = explained.masked(line.as_bytes());
            let masked = String::from_utf8_lossy(&masked);
            let leaks = masked.contains("secret") || masked.contains("c2VjcmV0");
            assert!(!leaks, "{masked} {:?}", explained.fault);
        }
    }
}

#[test]
fn what_is_said_behind_a_login_that_went_well_is_no_password() {
    let mut observer = Observer::new(Protocol::Imap, Texts::compiled_in());
    observer.server(b"* OK hi");
    observer.client(b"a LOGIN alice wonderland");
    observer.server(b"a OK welcome");
    assert!(!observer.client(b"b NOSUCH").has_secret());
    observer.client(b"c LOGIN alice");
    let masked = observer.client(b"wonderland");
    assert_eq!(
        (masked.has_secret(), masked.entry.name.as_str()),
        (true, "behind-login")
    );
    observer.client(b"d NOOP");
    assert!(!observer.client(b"e NOSUCH").has_secret());
}
