//! What servers say, from the examples of RFC 3501 §7 and §8, and what no server should.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use proptest::prelude::*;

use super::super::sequence::SequenceSet;
use super::*;

fn parse(text: &str) -> Response {
    Response::parse(text.as_bytes()).unwrap()
}

fn status(condition: Condition, code: Option<Code>, text: &str) -> Status {
    Status {
        condition,
        code,
        text: text.into(),
    }
}

#[test]
fn conditions() {
    let rows = [
        ("* OK ready", Condition::Ok, None, "ready"),
        ("* preauth hello", Condition::PreAuth, None, "hello"),
        ("* BYE", Condition::Bye, None, ""),
        (
            "* NO [ALERT] Disk full",
            Condition::No,
            Some(Code::Alert),
            "Disk full",
        ),
        (
            "* OK [UNSEEN 12] x",
            Condition::Ok,
            Some(Code::Unseen(12)),
            "x",
        ),
        (
            "* OK [UIDNEXT 4392]",
            Condition::Ok,
            Some(Code::UidNext(4392)),
            "",
        ),
    ];
    each_is_told(rows);
    let done = parse("a1 OK [READ-WRITE] SELECT completed");
    let tag = Tag::new("a1").unwrap();
    let expected = status(Condition::Ok, Some(Code::ReadWrite), "SELECT completed");
    assert_eq!(done, Response::Done(tag, expected));
}

#[test]
fn codes() {
    let set = |numbers: &[u32]| SequenceSet::from_sorted(numbers);
    each_is_told([
        (
            "* OK [capability imap4rev1 Idle] x",
            Condition::Ok,
            Some(Code::Capability(vec!["IMAP4REV1".into(), "IDLE".into()])),
            "x",
        ),
        (
            "* OK [APPENDUID 38505 3955] x",
            Condition::Ok,
            Some(Code::AppendUid(AppendUid {
                validity: 38505,
                uids: set(&[3955]),
            })),
            "x",
        ),
        (
            "* OK [COPYUID 1 304,319:320 3956:3958] x",
            Condition::Ok,
            Some(Code::CopyUid(CopyUid {
                validity: 1,
                from: set(&[304, 319, 320]),
                to: set(&[3956, 3957, 3958]),
            })),
            "x",
        ),
        (
            "* NO [BADCHARSET (UTF-8)] x",
            Condition::No,
            Some(Code::Other("BADCHARSET (UTF-8)".into())),
            "x",
        ),
        (
            "* OK [UIDNEXT 0] x",
            Condition::Ok,
            Some(Code::Other("UIDNEXT 0".into())),
            "x",
        ),
    ]);
}

/// Each row: a line, and the condition, code and text that it tells.
fn each_is_told<const N: usize>(rows: [(&str, Condition, Option<Code>, &str); N]) {
    for (line, condition, code, text) in rows {
        let told = Response::Untagged(status(condition, code, text));
        assert_eq!(parse(line), told);
    }
}

#[test]
fn mailboxes() {
    let listed = |attributes: &[&str], separator, name: &str| Listed {
        attributes: attributes.iter().map(|a| (*a).to_owned()).collect(),
        separator,
        name: MailboxName::new(name),
    };
    let rows = [
        (
            "* CAPABILITY IMAP4rev1 STARTTLS ",
            Response::Capability(vec!["IMAP4REV1".into(), "STARTTLS".into()]),
        ),
        ("* ENABLED", Response::Enabled(vec![])),
        (
            "* LIST (\\Noselect) \"/\" ~/Mail/foo",
            Response::List(listed(&["\\Noselect"], Some('/'), "~/Mail/foo")),
        ),
        (
            "* LIST (\\Noselect) \".\" \"\"",
            Response::List(listed(&["\\Noselect"], Some('.'), "")),
        ),
        (
            "* LSUB () NIL {5}\r\ninbox (\"CHILDINFO\" (\"SUBSCRIBED\"))",
            Response::Lsub(listed(&[], None, "INBOX")),
        ),
        ("* SEARCH", Response::Search(vec![])),
        ("* SEARCH 2 3 6 ", Response::Search(vec![2, 3, 6])),
        (
            "* STATUS blurdybloop (messages 231 APPENDLIMIT NIL X-NEW 5000000000)",
            Response::Status(MailboxStatus::new(
                MailboxName::new("blurdybloop"),
                &[("MESSAGES", 231), ("X-NEW", 5_000_000_000)],
            )),
        ),
        ("* 18 EXISTS", Response::Exists(18)),
        ("* 0 recent", Response::Recent(0)),
        ("* 44 EXPUNGE", Response::Expunge(44)),
        (
            "* ESEARCH (TAG \"a\") COUNT 1",
            Response::Esearch(SearchResults {
                tag: Some("a".into()),
                count: Some(1),
                ..SearchResults::default()
            }),
        ),
        ("* SORT 2 84 882", Response::Sort(vec![2, 84, 882])),
        ("* THREAD", Response::Thread(vec![])),
        ("* 5 VANISHED", Response::Other(b"5 VANISHED".into())),
        ("+ idling", Response::Continue(b"idling".into())),
        ("+", Response::Continue(b"".into())),
    ];
    for (line, response) in rows {
        assert_eq!(parse(line), response, "{line}");
    }
    let Response::Flags(list) = parse("* FLAGS (\\Answered \\Seen $Junk)") else {
        panic!("no flags");
    };
    assert_eq!(list.flags.to_string(), "\\Answered \\Seen $Junk");
}

#[test]
fn messages() {
    let text = "* 12 FETCH (FLAGS (\\Seen \\Recent) UID 7 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
                RFC822.SIZE 4286 MODSEQ (65402) BODY[HEADER.FIELDS (From)]<0> {6}\r\na\r\n(\0) \
                BODY[] NIL BODYSTRUCTURE ((\"text\" \"plain\" NIL {1}\r\n( \"\\\"\") \"mixed\") \
                RFC822.TEXT \"x\")";
    let Response::Fetch(12, attributes) = parse(text) else {
        panic!("no fetch");
    };
    assert_eq!(attributes.len(), 9);
    let section = &attributes[5];
    let Attribute::Section {
        section,
        origin,
        octets,
    } = section
    else {
        panic!("no section");
    };
    assert_eq!(section.to_string(), "HEADER.FIELDS (From)");
    assert_eq!(
        (*origin, octets.as_deref()),
        (Some(0), Some(&b"a\r\n(\0)"[..]))
    );
    assert_eq!(attributes[1], Attribute::Uid(7));
    assert_eq!(attributes[3], Attribute::Rfc822Size(4286));
    assert_eq!(
        attributes[4],
        Attribute::Other("MODSEQ".into(), b"(65402)".into())
    );
    let structure = b"((\"text\" \"plain\" NIL {1}\r\n( \"\\\"\") \"mixed\")";
    assert_eq!(attributes[7], Attribute::BodyStructure(structure.to_vec()));
    assert_eq!(attributes[8], Attribute::Rfc822Text(Some(b"x".into())));
}

#[test]
fn envelopes() {
    // RFC 3501 §8.
    let text = "* 12 FETCH (ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \
                \"IMAP4rev1 WG mtg summary and minutes\" \
                ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
                ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
                ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
                ((NIL NIL \"imap\" \"cac.washington.edu\")) \
                ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")\
                (\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
                \"<B27397-0100000@cac.washington.edu>\"))";
    let Response::Fetch(12, attributes) = parse(text) else {
        panic!("no fetch");
    };
    let [Attribute::Envelope(envelope)] = &attributes[..] else {
        panic!("no envelope");
    };
    assert_eq!(
        envelope.subject.as_deref(),
        Some("IMAP4rev1 WG mtg summary and minutes")
    );
    assert_eq!(envelope.from[0].name.as_deref(), Some("Terry Gray"));
    assert_eq!(envelope.cc.len(), 2);
    assert_eq!(envelope.cc[1].mailbox.as_deref(), Some("KLENSIN"));
    assert!(envelope.bcc.is_empty() && envelope.in_reply_to.is_none());
    let id = "<B27397-0100000@cac.washington.edu>";
    assert_eq!(envelope.message_id.as_deref(), Some(id));
}

#[test]
fn no_responses() {
    let deep = format!("* 1 FETCH (BODY {}", "(".repeat(10_000));
    let rows = [
        "",
        "*",
        "* ",
        "a1",
        "a1 FINE",
        "* OK [UIDNEXT 5",
        "* 1",
        "* 1 FETCH",
        "* 1 FETCH ()",
        "* 1 FETCH (UID 0)",
        "* 1 FETCH (UID 1",
        "* 1 FETCH (UID 1))",
        "* 1 FETCH (BODY[] {5}\r\nab)",
        "* 1 FETCH (ENVELOPE (NIL))",
        "* 1 FETCH (BODY ())x)",
        "* 4294967296 EXISTS",
        "* SEARCH x",
        "* LIST (Noselect) NIL x",
        "* STATUS x (MESSAGES)",
        &deep,
    ];
    for text in rows {
        assert!(Response::parse(text.as_bytes()).is_err(), "{text:.40}");
    }
}

proptest! {
    #[test]
    fn never_panics(
        start in "\\* ([0-9]{1,3} FETCH \\((BODY|ENVELOPE|FLAGS|UID|RFC822|BODY\\[\\]) |LIST |STATUS x |OK \\[)",
        noise in "[()\" {}0-9A-Z\\\\<>\\[\\]\r\n]{0,30}",
        bytes: Vec<u8>,
    ) {
        let _ = Response::parse((start.clone() + &noise).as_bytes());
        let _ = Response::parse(&[start.as_bytes(), &bytes].concat());
        let _ = Response::parse(&bytes);
    }
}

/// RFC 3516 §4.3. NUL may stand in a `literal8`.
#[test]
fn binary_parts() {
    let text =
        b"* 1 FETCH (BINARY.SIZE[1.2] 3 BINARY[1.2] ~{3}\r\na\0) BINARY[2]<5> \"x\" BINARY[3] NIL)";
    let Response::Fetch(1, attributes) = Response::parse(text).unwrap() else {
        panic!("no FETCH");
    };
    let binary = |path: &[u32], origin, octets: Option<&[u8]>| Attribute::Binary {
        path: path.to_vec(),
        origin,
        octets: octets.map(<[u8]>::to_vec),
    };
    let expected = [
        Attribute::BinarySize(vec![1, 2], 3),
        binary(&[1, 2], None, Some(b"a\0)")),
        binary(&[2], Some(5), Some(b"x")),
        binary(&[3], None, None),
    ];
    assert_eq!(attributes, expected);
}
