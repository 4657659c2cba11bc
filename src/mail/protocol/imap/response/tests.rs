//! What servers say, from the examples of RFC 3501 §7 and §8, and what no server should.
use proptest::prelude::*;

use super::super::date::tests::any_moment;
use super::super::fetch::tests::any_section;
use super::super::mailbox::tests::any_name;
use super::super::mailbox::{Alphabet, MailboxName, StatusItem};
use super::super::sequence::SequenceSet;
use super::*;

fn parse(text: &str) -> Response {
    Response::parse(text.as_bytes()).unwrap()
}

fn status(condition: Condition, code: Option<Code>, text: &str) -> Status {
    Status { condition, code, text: text.into() }
}

#[test]
fn conditions() {
    let rows = [
        ("* OK ready", Condition::Ok, None, "ready"),
        ("* preauth hello", Condition::PreAuth, None, "hello"),
        ("* BYE", Condition::Bye, None, ""),
        ("* NO [ALERT] Disk full", Condition::No, Some(Code::Alert), "Disk full"),
        ("* OK [UNSEEN 12] x", Condition::Ok, Some(Code::Unseen(12)), "x"),
        ("* OK [UIDNEXT 4392]", Condition::Ok, Some(Code::UidNext(4392)), ""),
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
            Some(Code::AppendUid(AppendUid { validity: 38505, uids: set(&[3955]) })),
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
        ("* OK [UIDNEXT 0] x", Condition::Ok, Some(Code::Other("UIDNEXT 0".into())), "x"),
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
        subscribed_below: false,
        old_name: None,
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
        ("* LIST (\\Noselect) \".\" \"\"", Response::List(listed(&["\\Noselect"], Some('.'), ""))),
        (
            "* LSUB () NIL {5}\r\ninbox (\"CHILDINFO\" (\"SUBSCRIBED\"))",
            Response::Lsub(Listed { subscribed_below: true, ..listed(&[], None, "INBOX") }),
        ),
        (
            "* LIST () \".\" new (X (1 (2)) \"OLDNAME\" (\"old\"))",
            Response::List(Listed {
                old_name: Some(MailboxName::new("old")),
                ..listed(&[], Some('.'), "new")
            }),
        ),
        ("* LIST () \".\" new (what is this", Response::List(listed(&[], Some('.'), "new"))),
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
    assert_eq!(list.flags().to_string(), "\\Answered \\Seen $Junk");
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
    let Attribute::Section { section, origin, octets } = section else {
        panic!("no section");
    };
    assert_eq!(section.to_string(), "HEADER.FIELDS (From)");
    assert_eq!((*origin, octets.as_deref()), (Some(0), Some(&b"a\r\n(\0)"[..])));
    assert_eq!(attributes[1], Attribute::Uid(7));
    assert_eq!(attributes[3], Attribute::Rfc822Size(4286));
    assert_eq!(attributes[4], Attribute::Other("MODSEQ".into(), b"(65402)".into()));
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
    assert_eq!(envelope.subject.as_deref(), Some("IMAP4rev1 WG mtg summary and minutes"));
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
    #![proptest_config(crate::limits::random_cases(256))]
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

/// RFC 3516 §4.3. A `literal8` may contain NUL.
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

/// A word in upper case.
fn any_word() -> impl Strategy<Value = String> {
    "[A-Z][A-Z0-9=+-]{0,8}"
}

fn any_flag_list() -> impl Strategy<Value = FlagList> {
    let flag = prop_oneof![Just("\\*".to_owned()), "\\\\?[A-Za-z$]{1,8}"];
    proptest::collection::vec(flag, 0..4).prop_map(FlagList)
}

/// Numbers of messages, sorted.
fn any_numbers() -> impl Strategy<Value = SequenceSet> {
    let numbers = proptest::collection::btree_set(1..50u32, 1..9);
    numbers.prop_map(|numbers| SequenceSet::from_sorted(&Vec::from_iter(numbers)))
}

fn any_code() -> impl Strategy<Value = Code> {
    let number = 1..=u32::MAX;
    let appended = (number.clone(), any_numbers());
    let copied = (number.clone(), any_numbers(), any_numbers());
    prop_oneof![
        proptest::sample::select(Code::words().collect::<Vec<_>>()),
        proptest::collection::vec(any_word(), 1..4).prop_map(Code::Capability),
        any_flag_list().prop_map(Code::PermanentFlags),
        number.clone().prop_map(Code::UidNext),
        number.clone().prop_map(Code::UidValidity),
        number.prop_map(Code::Unseen),
        appended.prop_map(|(validity, uids)| Code::AppendUid(AppendUid { validity, uids })),
        copied.prop_map(|(validity, from, to)| Code::CopyUid(CopyUid { validity, from, to })),
        "X-[A-Z]{1,8}( [ -Z^-~]{1,9})?".prop_map(Code::Other),
    ]
}

fn any_status() -> impl Strategy<Value = Status> {
    let conditions = Condition::all().collect::<Vec<_>>();
    let code = proptest::option::of(any_code());
    let parts = (proptest::sample::select(conditions), code, "([!-Z^-~][ -~]{0,20})?");
    parts.prop_map(|(condition, code, text)| Status { condition, code, text })
}

fn any_listed() -> impl Strategy<Value = Listed> {
    let attributes = proptest::collection::vec("\\\\[A-Z][a-z]{1,9}", 0..4);
    let separator = proptest::option::of(proptest::sample::select(vec!['.', '/', '\\']));
    let old_name = proptest::option::of(any_name());
    let parts = (attributes, separator, any_name(), any::<bool>(), old_name);
    parts.prop_map(|(attributes, separator, name, subscribed_below, old_name)| Listed {
        attributes,
        separator,
        name,
        subscribed_below,
        old_name,
    })
}

fn any_mailbox_status() -> impl Strategy<Value = MailboxStatus> {
    let items = proptest::sample::subsequence(
        vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::Size],
        0..=3,
    );
    let number = 0..=i64::MAX.unsigned_abs();
    (any_name(), items, number).prop_map(|(name, items, number)| {
        let mut status = MailboxStatus::new(name, &[]);
        items.into_iter().for_each(|item| status.push(item, number));
        status
    })
}

fn any_namespaces() -> impl Strategy<Value = Namespaces> {
    let separator = proptest::option::of(proptest::sample::select(vec!['.', '/']));
    let namespace = ("[a-zé#~]{0,5}", separator)
        .prop_map(|(prefix, separator)| Namespace { prefix, separator });
    let namespaces = || proptest::collection::vec(namespace.clone(), 0..3);
    let kinds = (namespaces(), namespaces(), namespaces());
    kinds.prop_map(|(personal, others, shared)| Namespaces { personal, others, shared })
}

fn any_results() -> impl Strategy<Value = SearchResults> {
    let number = || proptest::option::of(1..=u32::MAX);
    let all = proptest::option::of(any_numbers());
    let tag = proptest::option::of("[a-zA-Z0-9]{1,5}");
    let parts = (tag, any::<bool>(), number(), number(), all, number());
    parts.prop_map(|(tag, uid, min, max, all, count)| SearchResults {
        tag,
        uid,
        min,
        max,
        all,
        count,
    })
}

/// Conversations, in which a missing message is at the top and has several replies.
fn any_threads() -> impl Strategy<Value = Vec<Threaded>> {
    let conversation = (any::<bool>(), proptest::collection::vec((1..99u32, 0..4usize), 1..9));
    let messages = |(missing, rows): (bool, Vec<(u32, usize)>)| {
        let top = usize::from(missing);
        let mut messages = Vec::new();
        if missing {
            messages.push(Threaded { number: None, depth: 0 });
        }
        let mut deepest = top;
        for (number, depth) in rows {
            let depth = (top + depth).min(deepest);
            messages.push(Threaded { number: Some(number), depth });
            deepest = depth + 1;
        }
        messages
    };
    proptest::collection::vec(conversation.prop_map(messages), 0..4)
        .prop_map(|conversations| conversations.concat())
}

fn any_octets() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(1..=255u8, 0..20))
}

fn any_envelope() -> impl Strategy<Value = Envelope> {
    let text = || proptest::option::of("[ -~é\r\n]{0,12}");
    let address = [text(), text(), text(), text()]
        .prop_map(|[name, route, mailbox, host]| EnvelopeAddress { name, route, mailbox, host });
    let list = || proptest::collection::vec(address.clone(), 0..3);
    let lists = [list(), list(), list(), list(), list(), list()];
    let texts = [text(), text(), text(), text()];
    (texts, lists).prop_map(|(texts, lists)| {
        let [date, subject, in_reply_to, message_id] = texts;
        let [from, sender, reply_to, to, cc, bcc] = lists;
        Envelope { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id }
    })
}

fn any_attribute() -> impl Strategy<Value = Attribute> {
    let size = 0..=i64::MAX.unsigned_abs();
    let path = || proptest::collection::vec(1..9u32, 0..3);
    let origin = || proptest::option::of(0..9u64);
    let value = || "\\(\"[a-z]{0,5}\" NIL( \\([a-z]{1,3}\\))?\\)".prop_map(String::into_bytes);
    let binary = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20));
    prop_oneof![
        any_flag_list().prop_map(Attribute::Flags),
        (1..=u32::MAX).prop_map(Attribute::Uid),
        any_moment().prop_map(Attribute::InternalDate),
        size.clone().prop_map(Attribute::Rfc822Size),
        any_envelope().prop_map(|envelope| Attribute::Envelope(Box::new(envelope))),
        value().prop_map(Attribute::Body),
        value().prop_map(Attribute::BodyStructure),
        (any_section(), origin(), any_octets()).prop_map(|(section, origin, octets)| {
            Attribute::Section { section, origin, octets }
        }),
        (path(), origin(), binary).prop_map(|(path, origin, octets)| Attribute::Binary {
            path,
            origin,
            octets,
        }),
        (path(), size).prop_map(|(path, size)| Attribute::BinarySize(path, size)),
        any_octets().prop_map(Attribute::Rfc822),
        any_octets().prop_map(Attribute::Rfc822Header),
        any_octets().prop_map(Attribute::Rfc822Text),
        ("X[A-Z]{1,5}", value()).prop_map(|(name, value)| Attribute::Other(name, value)),
    ]
}

fn any_response() -> impl Strategy<Value = Response> {
    let words = || proptest::collection::vec(any_word(), 0..4);
    let numbers = || proptest::collection::vec(1..=u32::MAX, 0..9);
    let id = proptest::collection::vec(("[a-z ]{1,9}", proptest::option::of("[ -~é]{0,9}")), 0..3);
    let tag = "[a-zA-Z0-9.]{1,9}".prop_map(|text| Tag::new(&text).unwrap());
    let attributes = proptest::collection::vec(any_attribute(), 1..4);
    prop_oneof![
        (tag, any_status()).prop_map(|(tag, status)| Response::Done(tag, status)),
        any_status().prop_map(Response::Untagged),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Response::Continue),
        words().prop_map(Response::Capability),
        words().prop_map(Response::Enabled),
        any_flag_list().prop_map(Response::Flags),
        any_listed().prop_map(Response::List),
        any_listed().prop_map(Response::Lsub),
        numbers().prop_map(Response::Search),
        any_results().prop_map(Response::Esearch),
        numbers().prop_map(Response::Sort),
        any_threads().prop_map(Response::Thread),
        any_mailbox_status().prop_map(Response::Status),
        any_namespaces().prop_map(Response::Namespace),
        id.prop_map(Response::Id),
        any::<u32>().prop_map(Response::Exists),
        any::<u32>().prop_map(Response::Recent),
        any::<u32>().prop_map(Response::Expunge),
        (any::<u32>(), attributes).prop_map(|(number, facts)| Response::Fetch(number, facts)),
        "X[A-Z]{1,9} [ -~]{0,9}".prop_map(|text| Response::Other(text.into_bytes())),
    ]
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn parses_what_it_prints(response in any_response(), utf8: bool) {
        let alphabet = if utf8 { Alphabet::Utf8 } else { Alphabet::ModifiedUtf7 };
        let mut octets = Vec::new();
        response.write(alphabet, &mut octets);
        let mut cursor = Cursor::new(&octets).with_names_in(alphabet);
        let shown = octets.escape_ascii().to_string();
        prop_assert_eq!(Response::read(&mut cursor), Ok(response), "{}", shown);
    }
}
