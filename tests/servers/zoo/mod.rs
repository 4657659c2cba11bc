//! The zoo: messages of every sort, and what FETCH tells of each.
//!
//! `NAME.eml` is a message, octet for octet; `NAME.expected` says in a sentence what it shows, and
//! then its ENVELOPE and BODYSTRUCTURE as people can read them. Who adds a message writes the sentence,
//! lets `ZOO=write cargo test --test servers zoo` write the rest, and reads it. Dovecot is the second opinion:
//! where it says something else, `README.md` says why; and when it does not any more, the test says so.

mod made;
mod value;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::Lab;
use crate::common::dovecot_exec;
use crate::common::typed::Typed;
use value::Value;

/// What the two sides say of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) envelope: Value,
    pub(crate) structure: Value,
}

#[test]
fn every_message_is_described_as_expected() {
    let messages = messages();
    assert!(messages.len() >= 40, "the zoo is empty");
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let expected = files.filter(|path| path.extension().is_some_and(|e| e == "expected"));
    assert_eq!(expected.count(), messages.len(), "not every file has its other half");
    let told = told(&messages);
    let mut differences = String::new();
    for ((name, _), told) in messages.iter().zip(told) {
        let file = folder().join(name).with_extension("expected");
        let expected = fs::read_to_string(&file).unwrap();
        let title = expected.split("\n\n").next().unwrap_or_default().trim_end();
        assert!(!title.is_empty(), "{name} has no title");
        let now = format!(
            "{title}\n\nENVELOPE\n{}\n\nBODYSTRUCTURE\n{}\n",
            told.envelope, told.structure
        );
        if std::env::var("ZOO").as_deref() == Ok("write") {
            fs::write(&file, &now).unwrap();
        } else if now != expected {
            differences += &format!("{name}: expected\n{expected}\nand it is\n{now}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// The same messages, and those that are made, in a mailbox of Dovecot's.
#[test]
#[ignore = "needs dovecot-imapd"]
fn dovecot_is_of_the_same_opinion_or_the_list_says_why_not() {
    let mut messages = messages();
    messages.extend(made::messages());
    let ours = told(&messages);
    let theirs = told_by_dovecot(&messages);
    assert_eq!(ours.len(), theirs.len());
    let mut listed = listed();
    let mut problems = String::new();
    for (((name, _), ours), theirs) in messages.iter().zip(&ours).zip(&theirs) {
        let reason = listed.remove(&**name);
        if ours == theirs && reason.is_some() {
            problems += &format!("{name}: README.md lists a difference that there is not\n");
        }
        if ours != theirs && reason.is_none() {
            problems += &format!(
                "{name}: we say\n{}\n{}\nand Dovecot says\n{}\n{}\n\n",
                ours.envelope, ours.structure, theirs.envelope, theirs.structure
            );
        }
    }
    for name in listed.keys() {
        problems += &format!("{name}: README.md lists what is not in the zoo\n");
    }
    assert!(problems.is_empty(), "{problems}");
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/zoo"))
}

/// The messages with their names, in the order of these.
fn messages() -> Vec<(String, Vec<u8>)> {
    let mut messages = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            messages.push((name, fs::read(path).unwrap()));
        }
    }
    messages.sort();
    messages
}

/// What our server says of these messages.
pub(crate) fn told(messages: &[(String, Vec<u8>)]) -> Vec<Told> {
    let lab = Lab::start();
    put(messages, &lab.path().join("mail/bob/.Zoo"));
    let mut imap = Typed::connect(&lab, "imap");
    assert!(imap.ask("a LOGIN bob builder").starts_with("a OK"));
    imap.send(b"b EXAMINE Zoo\r\nc FETCH 1:* (ENVELOPE BODYSTRUCTURE)\r\nd LOGOUT\r\n");
    all_told(&imap.rest_octets())
}

fn told_by_dovecot(messages: &[(String, Vec<u8>)]) -> Vec<Told> {
    let root = tempfile::tempdir().unwrap();
    put(messages, &root.path().join("mail/alice"));
    let commands = "b EXAMINE INBOX\nc FETCH 1:* (ENVELOPE BODYSTRUCTURE)\n";
    all_told(&dovecot_exec::imap_octets(root.path(), commands))
}

/// Puts messages into a Maildir of their own.
fn put(messages: &[(String, Vec<u8>)], maildir: &Path) {
    for folder in ["tmp", "new", "cur"] {
        fs::create_dir_all(maildir.join(folder)).unwrap();
    }
    for (number, (_, message)) in messages.iter().enumerate() {
        let name = format!("{}.M1P1Q1.another", 1_700_000_000 + number);
        fs::write(maildir.join("new").join(name), message).unwrap();
    }
}

/// The FETCH responses in an answer, in their order.
fn all_told(answer: &[u8]) -> Vec<Told> {
    let mut told = Vec::new();
    let mut rest = answer;
    while let Some(at) = memchr::memmem::find(rest, b" FETCH (ENVELOPE ") {
        rest = &rest[at + b" FETCH ".len()..];
        let facts = Value::take(&mut rest).unwrap();
        let [_, envelope, _, structure] = facts.items() else {
            panic!("a FETCH of something else: {facts}");
        };
        told.push(Told { envelope: envelope.clone(), structure: structure.clone() });
    }
    told
}

/// The rows of README.md's table: a message, and why Dovecot says something else of it.
fn listed() -> BTreeMap<String, String> {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let mut cells = line.trim_matches('|').split(" | ");
        let name = cells.next()?.trim().trim_matches('`').to_owned();
        Some((name, cells.next()?.to_owned()))
    };
    rows.filter_map(row).collect()
}
