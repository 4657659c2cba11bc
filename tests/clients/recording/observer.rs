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

/// Follows a dialogue of `C: ` and `S: ` lines. After each line and ` => ` is what is said of it: the
/// entry (of a reply, with the command that it answers) and the state after the line.
fn follow(protocol: Protocol, dialogue: &str) {
    let mut observer = observer(protocol);
    for line in dialogue.lines().filter(|line| !line.starts_with('#')) {
        let (line, expected) = line.split_once(" => ").unwrap();
        let explained = match line.split_at(3) {
            ("C: ", said) => observer.client(said.as_bytes()),
            ("S: ", said) => observer.server(said.as_bytes()),
            (_, said) => observer.tls(said),
        };
        let name = &explained.entry.name;
        let state = explained.after.key();
        assert_eq!(format!("{name}, {state}"), expected, "{line}");
    }
}

#[test]
fn a_message_by_smtp() {
    follow(Protocol::Smtp, include_str!("observer/smtp.txt"));
}

#[test]
fn what_is_refused_leads_nowhere() {
    follow(Protocol::Submission, include_str!("observer/refused.txt"));
}

#[test]
fn lmtp_answers_each_recipient_and_chunks_are_counted() {
    follow(Protocol::Lmtp, include_str!("observer/lmtp.txt"));
    let mut observer = observer(Protocol::Lmtp);
    observer.server(b"220 hi");
    observer.client(b"LHLO me");
    observer.octets(Side::Server, b"250-hi\r\n250 CHUNKING\r\n");
    let said = "MAIL FROM:<>\r\nBDAT 4\r\na: bBDAT 4 LAST\r\n\r\nx\nNOOP\r\n";
    let told = observer.octets(Side::Client, said.as_bytes());
    let names: Vec<&str> = told.iter().map(|t| t.explained.entry.name.as_str()).collect();
    assert_eq!(names, ["MAIL", "BDAT", "*", "BDAT LAST", "header-end", "body", "NOOP"]);
}

#[test]
fn pop3_in_its_three_states() {
    follow(Protocol::Pop3, include_str!("observer/pop3.txt"));
}

#[test]
fn imap_by_tags_with_literals_and_idle() {
    follow(Protocol::Imap, include_str!("observer/imap.txt"));
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
    assert!(!ready.contains(&"STARTTLS") && !ready.contains(&"RCPT"), "{ready:?}");
    assert!(observer.offered().is_some_and(|offered| offered.contains("AUTH")));
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
    assert_eq!((answer.number, answer.command.as_deref()), (Some(1), Some("NOOP")));
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
        (Protocol::Smtp, "334 VXNlcm5hbWU6", "reply-code 334, challenge VXNlcm5hbWU6", "Username:"),
        (
            Protocol::Smtp,
            "550 5.1.1 No such mailbox",
            "reply-code 550, enhanced-code 5.1.1, text No such mailbox",
            "",
        ),
        // The class is not the code's: this is text.
        (Protocol::Smtp, "550 2.1.1 x", "reply-code 550, text 2.1.1 x", ""),
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
        (Protocol::Pop3, "-ERR [AUTH] Wrong", "status -ERR, response-code AUTH, text Wrong", ""),
    ];
    for (protocol, line, expected, decoded) in rows {
        let explained = observer(protocol).server(line.as_bytes());
        let read: String = explained.parts.iter().filter_map(|p| p.decoded.clone()).collect();
        assert_eq!(parts(&explained, line), expected);
        assert_eq!(read, decoded);
    }
}

#[test]
fn why_a_handshake_failed_is_explained_by_the_verdict_on_the_certificate_first() {
    let observer = Observer::new(Protocol::Smtp, Texts::compiled_in());
    let rows = [
        ("tlsv1 alert unknown ca", Some("unknown_ca")),
        ("certificate verify failed (self-signed certificate)", Some("unknown_ca")),
        ("certificate verify failed (certificate has expired)", Some("certificate_expired")),
        ("certificate verify failed (hostname mismatch)", Some("hostname mismatch")),
        ("wrong version number", Some("unexpected_message")),
        ("nothing came in time", None),
    ];
    for (why, name) in rows {
        let explained = observer.tls_failed(why);
        let found = explained.map(|explained| explained.entry.name.clone());
        assert_eq!(found.as_deref(), name, "{why}");
    }
}
