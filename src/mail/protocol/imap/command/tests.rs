//! What commands mean, what is none, and the laws of both.
use proptest::prelude::*;

use super::super::append::tests::any_append;
use super::super::fetch::tests::any_items;
use super::super::flags::tests::any_flags;
use super::super::list::pattern::tests::any_pattern;
use super::super::list::tests::any_list;
use super::super::mailbox::tests::any_name;
use super::super::message_set::tests::any_message_set;
use super::super::search::tests::{any_search, any_sort, any_thread};
use super::super::{SpecialUse, StatusItem};
use super::*;
use crate::mail::message::FlagChange;

/// Each row: what a client says, and the same in our own hand.
const COMMANDS: &[(&str, &str)] = &[
    ("a capability", "a CAPABILITY"),
    ("a] Noop", "a] NOOP"),
    ("a ID NIL", "a ID NIL"),
    ("a ID ()", "a ID NIL"),
    ("a id (\"name\" {4}\r\nmutt \"os\" nil)", "a ID (\"name\" \"mutt\" \"os\" NIL)"),
    ("a AUTHENTICATE plain", "a AUTHENTICATE PLAIN"),
    ("a authenticate PLAIN AGEAYg==", "a AUTHENTICATE PLAIN AGEAYg=="),
    ("a AUTHENTICATE LOGIN =", "a AUTHENTICATE LOGIN ="),
    ("a LOGIN alice \"wonder \\\"land\\\"\"", "a LOGIN alice \"wonder \\\"land\\\"\""),
    ("a LOGIN {5}\r\nalice {5+}\r\na\r\n b", "a LOGIN alice {5}\r\na\r\n b"),
    ("a LOGIN \"\" NIL", "a LOGIN \"\" \"NIL\""),
    ("a ENABLE utf8=accept X", "a ENABLE UTF8=ACCEPT X"),
    ("a SELECT inbox", "a SELECT INBOX"),
    ("a SELECT ../../etc", "a SELECT ../../etc"),
    ("a EXAMINE \"Entw&APw-rfe\"", "a EXAMINE Entw&APw-rfe"),
    ("a CREATE Lists.rust.", "a CREATE Lists.rust."),
    ("a CREATE x (use ())", "a CREATE x"),
    ("a CREATE x (USE (\\drafts \\X))", "a CREATE x (USE (\\Drafts \\X))"),
    ("a DELETE x", "a DELETE x"),
    ("a RENAME inbox \"old mail\"", "a RENAME INBOX \"old mail\""),
    ("a SUBSCRIBE #news", "a SUBSCRIBE #news"),
    ("a UNSUBSCRIBE x", "a UNSUBSCRIBE x"),
    ("a LIST \"\" *", "a LIST \"\" \"*\""),
    (
        "a LIST (SUBSCRIBED) \"\" * RETURN (CHILDREN)",
        "a LIST (SUBSCRIBED) \"\" (\"*\") RETURN (CHILDREN)",
    ),
    ("a LSUB Lists. %", "a LSUB Lists. \"%\""),
    ("a NAMESPACE", "a NAMESPACE"),
    ("a STATUS INBOX (messages uidnext SIZE)", "a STATUS INBOX (MESSAGES UIDNEXT SIZE)"),
    ("a APPEND x () {5}", "a APPEND x {5}"),
    ("a idle", "a IDLE"),
    ("a UNSELECT", "a UNSELECT"),
    ("a EXPUNGE", "a EXPUNGE"),
    ("a uid expunge 1:*", "a UID EXPUNGE 1:*"),
    ("a SEARCH unseen", "a SEARCH UNSEEN"),
    ("a UID SEARCH RETURN", ""),
    ("a search return (save) seen", "a SEARCH RETURN (SAVE) SEEN"),
    ("a sort (subject reverse date) utf-8 unseen", "a SORT (SUBJECT REVERSE DATE) UTF-8 UNSEEN"),
    ("a UID SORT (DISPLAYFROM) US-ASCII 1:5 $", "a UID SORT (DISPLAYFROM) US-ASCII 1:5 $"),
    ("a thread references \"utf-8\" all", "a THREAD REFERENCES UTF-8 ALL"),
    ("a uid thread orderedsubject UTF-8 FROM x", "a UID THREAD ORDEREDSUBJECT UTF-8 FROM x"),
    ("a FETCH $ FLAGS", "a FETCH $ (FLAGS)"),
    ("a UID STORE $ FLAGS ()", "a UID STORE $ FLAGS ()"),
    ("a UID COPY $ Trash", "a UID COPY $ Trash"),
    ("a MOVE $ Trash", "a MOVE $ Trash"),
    ("a UID EXPUNGE $", "a UID EXPUNGE $"),
    ("a FETCH 1:* fast", "a FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)"),
    ("a UID FETCH 4294967295:* (flags)", "a UID FETCH 4294967295:* (FLAGS)"),
    ("a UID STORE 1 +FLAGS.SILENT \\Seen", "a UID STORE 1 +FLAGS.SILENT (\\Seen)"),
    ("a COPY 2,4 Trash", "a COPY 2,4 Trash"),
    ("a UID MOVE * Trash", "a UID MOVE * Trash"),
];

#[test]
fn commands() {
    for (text, printed) in COMMANDS {
        let parsed = Tagged::parse(text.as_bytes()).map(|tagged| tagged.to_string());
        assert_eq!(parsed.unwrap_or_default(), *printed, "{text}");
    }
}

/// Each row: what a client says, the tag that is made out, and what is wrong.
const BAD_COMMANDS: &[(&[u8], &str, &str)] = &[
    (b"", "", "expected a tag at octet 0"),
    (b" NOOP", "", "expected a tag at octet 0"),
    (b"+ NOOP", "", "expected a tag at octet 0"),
    (b"\xff NOOP", "", "expected a tag at octet 0"),
    (b"a", "a", "expected a space at octet 1"),
    (b"a ", "a", "expected the name of a command at octet 2"),
    (b"a FROBNICATE 1", "a", "expected the name of a command at octet 2"),
    (b"a  NOOP", "a", "expected the name of a command at octet 2"),
    (b"a NOOP ", "a", "expected the end of the command at octet 6"),
    (b"a UID NOOP", "a", "expected a command that has a UID form at octet 6"),
    (b"a SELECT", "a", "expected a space at octet 8"),
    (b"a SELECT a b", "a", "expected the end of the command at octet 10"),
    (b"a SELECT &", "a", "expected a mailbox name in modified UTF-7 at octet 9"),
    (b"a SELECT \"a\0b\"", "a", "expected a closing quotation mark at octet 11"),
    (b"a LOGIN alice", "a", "expected a space at octet 13"),
    (b"a LOGIN {3}\r\n\xff\xff\xff b", "a", "expected a string in UTF-8 at octet 8"),
    (b"a STATUS x (FOO)", "a", "expected a status item, such as MESSAGES at octet 12"),
    (b"a FETCH 0 FLAGS", "a", "expected a sequence set at octet 8"),
    (b"a FETCH 1", "a", "expected a space at octet 9"),
    (b"a FETCH $,1 FLAGS", "a", "expected a space at octet 9"),
    (b"a SORT DATE UTF-8 ALL", "a", "expected an opening parenthesis at octet 7"),
    (
        b"a SORT (REVERSE) UTF-8 ALL",
        "a",
        "expected a key to sort by, such as DATE or REVERSE SIZE at octet 8",
    ),
    (b"a SORT (DATE) ALL", "a", "expected a space at octet 17"),
    (b"a THREAD REFS UTF-8 ALL", "a", "expected ORDEREDSUBJECT or REFERENCES at octet 9"),
    (
        b"a STORE 1 FLAGS (\\Recent)",
        "a",
        "expected a flag that a client can set, such as \\Seen or $Forwarded at octet 17",
    ),
    (
        b"a AUTHENTICATE PLAIN ?",
        "a",
        "expected a mechanism and, perhaps, a first response in base64 at octet 15",
    ),
    (b"a ID (\"x\")", "a", "expected a space at octet 9"),
    (b"a CREATE x (SIZE 5)", "a", "expected special uses, as in (USE (\\Drafts)) at octet 11"),
    (b"a CREATE x (USE (Drafts))", "a", "expected a special use, such as \\Drafts at octet 17"),
];

#[test]
fn bad_commands() {
    for (bytes, tag, sentence) in BAD_COMMANDS {
        let bad = Tagged::parse(bytes).unwrap_err();
        let found = bad.tag.as_ref().map_or("", Tag::as_str);
        assert_eq!((found, &*bad.to_string()), (*tag, *sentence));
    }
}

/// Without its bound, each of these would take a stack or a minute.
#[test]
fn bounds() {
    let rows = [
        "x".repeat(1_000_000),
        format!("a SEARCH {}", "(".repeat(10_000)),
        format!("a SEARCH {}ALL", "NOT ".repeat(100_000)),
        format!("a FETCH 1 {}", "(".repeat(10_000)),
        format!("a FETCH {} FLAGS", vec!["1"; 100_000].join(",")),
        format!("a STORE 1 FLAGS ({})", vec!["k"; 100_000].join(" ")),
        format!("a LIST \"\" {}", "*".repeat(100_000)),
        format!("a ID ({})", vec!["\"a\" \"b\""; 31].join(" ")),
        format!("a SEARCH {}ALL", "OR TEXT x ".repeat(100_000)),
        format!("a SEARCH {}", vec!["TEXT x"; 100_000].join(" ")),
        format!("a SEARCH {}", vec!["1"; 100_000].join(",")),
        format!("a SORT ({}) UTF-8 ALL", vec!["DATE"; 100_000].join(" ")),
        format!("a THREAD REFERENCES UTF-8 {}", "(".repeat(100_000)),
        format!("a ENABLE {}", vec!["X"; 100_000].join(" ")),
    ];
    for text in rows {
        assert!(Tagged::parse(text.as_bytes()).is_err(), "{}", &text[..20]);
    }
}

fn on_mailboxes() -> impl Strategy<Value = Command> {
    let all = vec![StatusItem::Messages, StatusItem::UidValidity, StatusItem::AppendLimit];
    let items = proptest::sample::subsequence(all, 1..=3);
    let uses = proptest::collection::vec("[A-Za-z]{1,8}", 0..3)
        .prop_map(|names| names.iter().map(|name| SpecialUse::named(name)).collect());
    prop_oneof![
        any_name().prop_map(Command::Select),
        any_name().prop_map(Command::Examine),
        (any_name(), uses).prop_map(|(mailbox, uses)| Command::Create { mailbox, uses }),
        any_name().prop_map(Command::Delete),
        any_name().prop_map(Command::Subscribe),
        any_name().prop_map(Command::Unsubscribe),
        (any_name(), any_name()).prop_map(|(from, to)| Command::Rename { from, to }),
        any_list().prop_map(Command::List),
        ("[ -~ü]{0,8}", any_pattern())
            .prop_map(|(reference, pattern)| Command::Lsub { reference, pattern }),
        (any_name(), items).prop_map(|(mailbox, items)| Command::Status { mailbox, items }),
        any_append().prop_map(Command::Append),
    ]
}

fn on_messages() -> impl Strategy<Value = Command> {
    let change = (any_flags(), 0..3).prop_map(|(flags, kind)| match kind {
        0 => FlagChange::Add(flags),
        1 => FlagChange::Remove(flags),
        _ => FlagChange::Replace(flags),
    });
    prop_oneof![
        proptest::option::of(any_message_set()).prop_map(|uids| Command::Expunge { uids }),
        (any::<bool>(), any_search()).prop_map(|(uid, search)| Command::Search { uid, search }),
        (any::<bool>(), any_sort()).prop_map(|(uid, sort)| Command::Sort { uid, sort }),
        (any::<bool>(), any_thread()).prop_map(|(uid, thread)| Command::Thread { uid, thread }),
        (any::<bool>(), any_message_set(), any_items())
            .prop_map(|(uid, set, items)| Command::Fetch { uid, set, items }),
        (any::<bool>(), any_message_set(), change, any::<bool>()).prop_map(
            |(uid, set, change, silent)| {
                Command::Store(StoreFlags { uid, set, change, silent })
            }
        ),
        (any::<bool>(), any_message_set(), any_name())
            .prop_map(|(uid, set, mailbox)| Command::Copy(CopyMessages { uid, set, mailbox })),
        (any::<bool>(), any_message_set(), any_name())
            .prop_map(|(uid, set, mailbox)| Command::Move(CopyMessages { uid, set, mailbox })),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let text = || "([ -~é]|\\r\\n){0,8}";
    let pairs = proptest::collection::vec((text(), proptest::option::of(text())), 0..3);
    let initial = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40));
    prop_oneof![
        1 => prop_oneof![
            Just(Command::Capability),
            Just(Command::Noop),
            Just(Command::Logout),
            Just(Command::StartTls),
            Just(Command::Namespace),
            Just(Command::Idle),
            Just(Command::Check),
            Just(Command::Close),
            Just(Command::Unselect),
        ],
        1 => pairs.prop_map(Command::Id),
        1 => ("[A-Z][A-Z0-9_-]{0,19}", initial)
            .prop_map(|(mechanism, initial)| Command::Authenticate { mechanism, initial }),
        1 => (text(), text()).prop_map(|(user, password)| Command::Login { user, password }),
        1 => proptest::collection::vec("[A-Z0-9=]{1,8}", 1..3).prop_map(Command::Enable),
        4 => on_mailboxes(),
        4 => on_messages(),
    ]
}

fn any_tagged() -> impl Strategy<Value = Tagged> {
    let tag = "[A-Za-z0-9.]{1,8}".prop_map(Tag);
    (tag, any_command()).prop_map(|(tag, command)| Tagged { tag, command })
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn parses_what_it_prints(tagged in any_tagged()) {
        let text = tagged.to_string();
        prop_assert_eq!(Tagged::parse(text.as_bytes()), Ok(tagged), "{}", text);
    }

    #[test]
    fn never_panics(tagged in any_tagged(), at: usize, byte: u8) {
        let mut bytes = tagged.to_string().into_bytes();
        let at = at % bytes.len();
        let _ = Tagged::parse(&bytes[..at]);
        bytes[at] = byte;
        let _ = Tagged::parse(&bytes);
        bytes.remove(at);
        let _ = Tagged::parse(&bytes);
    }

    #[test]
    fn never_panics_on_noise(noise: Vec<u8>, name in "(FETCH|SEARCH|STORE|LIST|ID|APPEND) ") {
        let _ = Tagged::parse(&noise);
        let _ = Tagged::parse(&[b"a ", name.as_bytes(), &noise].concat());
    }
}
