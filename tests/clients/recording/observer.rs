//! Whole dialogues, and what an observer says of each line.

mod masking;
mod passing_over;
mod strange;

use pillarbox::mail::net::Side;
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::{Explained, LinePart, Observer, Texts};

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
    observer.server(b"220 hi");
    observer.client(b"LHLO me");
    observer.octets(Side::Server, b"250-hi\r\n250 CHUNKING\r\n");
    let said = "MAIL FROM:<>\r\nBDAT 4\r\na: bBDAT 4 LAST\r\n\r\nx\nNOOP\r\n";
    let told = observer.octets(Side::Client, said.as_bytes());
    let names: Vec<&str> = told
        .iter()
        .map(|t| t.explained.entry.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "MAIL",
            "BDAT",
            "*",
            "BDAT LAST",
            "header-end",
            "body",
            "NOOP"
        ]
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
    assert_eq!(
        (answer.number, answer.command.as_deref()),
        (Some(1), Some("NOOP"))
    );
}

/// The parts of a line, as tables write them.
fn parts(explained: &Explained, line: &str) -> String {
    let shown = |part: &LinePart| format!("{} {}", part.role.key(), &line[part.range.clone()]);
    let parts: Vec<String> = explained.parts.iter().map(shown).collect();
    parts.join(", ")
}

#[test]
fn parts_have_names_and_what_is_encoded_is_read() {
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
fn why_a_handshake_failed_is_explained_by_the_verdict_on_the_certificate_first() {
    let observer = Observer::new(Protocol::Smtp, Texts::compiled_in());
    let rows = [
        ("tlsv1 alert unknown ca", Some("unknown_ca")),
        (
            "certificate verify failed (self-signed certificate)",
            Some("unknown_ca"),
        ),
        (
            "certificate verify failed (certificate has expired)",
            Some("certificate_expired"),
        ),
        (
            "certificate verify failed (hostname mismatch)",
            Some("hostname mismatch"),
        ),
        ("wrong version number", Some("unexpected_message")),
        ("nothing came in time", None),
    ];
    for (why, name) in rows {
        let explained = observer.tls_failed(why);
        let found = explained.map(|explained| explained.entry.name.clone());
        assert_eq!(found.as_deref(), name, "{why}");
    }
}
