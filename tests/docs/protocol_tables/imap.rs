//! `docs/protocols/imap.md`: what CAPABILITY offers in every state, every command of the grammar, and
//! every response code in the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use pillarbox::mail::protocol::imap::Command;
use pillarbox::server::{ImapServer, Session, Site};
use tempfile::TempDir;

use super::{Page, peer, quoted, site, text};

const PAGE: Page = Page(include_str!("../../../docs/protocols/imap.md"));

/// Where a conversation can stand when CAPABILITY is said.
#[derive(Clone, Copy, Debug)]
struct State {
    near: bool,
    encrypted: bool,
    logged_in: bool,
}

impl State {
    const ALL: [State; 5] = [
        State::at(false, false, false),
        State::at(true, false, false),
        State::at(false, true, false),
        State::at(true, false, true),
        State::at(false, true, true),
    ];

    const fn at(near: bool, encrypted: bool, logged_in: bool) -> State {
        State { near, encrypted, logged_in }
    }

    /// Is what this cell says true here?
    fn has(self, cell: &str) -> bool {
        let may_cross = self.near || self.encrypted;
        match cell {
            "always" => true,
            "never" => false,
            "unencrypted" => !self.encrypted,
            "where a password may cross" => may_cross,
            "where no password may cross" => !may_cross,
            other => panic!("{other:?} is no state that this test knows"),
        }
    }

    /// What CAPABILITY says here; the greeting or the end of the login must have said the same.
    fn capabilities(self, site: &Arc<Site>) -> BTreeSet<String> {
        let mut session = ImapServer::new(Arc::clone(site), peer(self.near, self.encrypted));
        let mut before = text(session.greeting());
        if self.logged_in {
            before = text(session.interact(b"a LOGIN alice wonderland"));
        }
        let said = text(session.interact(b"b CAPABILITY"));
        let list = said.split_once("* CAPABILITY ").unwrap().1;
        let list = list.split("\r\n").next().unwrap();
        assert!(before.contains(&format!("[CAPABILITY {list}]")), "{before}");
        list.split(' ').map(str::to_owned).collect()
    }
}

#[test]
fn what_is_offered_is_what_the_table_says_in_every_state() {
    let folder = TempDir::new().unwrap();
    let site = site(&folder);
    let rows = PAGE.table("What CAPABILITY offers");
    for state in State::ALL {
        let column = if state.logged_in { 2 } else { 1 };
        let here = rows.iter().filter(|row| state.has(row[column]));
        let expected: BTreeSet<String> = here.map(|row| quoted(row[0])[0].to_owned()).collect();
        assert_eq!(state.capabilities(&site), expected, "{state:?}");
    }
}

#[test]
fn every_command_of_the_grammar_has_a_row() {
    let rows = PAGE.table("Commands");
    let listed: BTreeSet<&str> = rows.iter().map(|row| quoted(row[0])[0]).collect();
    let known: BTreeSet<&str> = Command::names().collect();
    assert_eq!(listed, known);
}

/// Every `[CODE …]` in a text of the server.
fn codes_in_the_source(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests") || path.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            codes_in_the_source(&path, codes);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]\nmod ").next().unwrap();
        for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
            codes.extend(line.split("Code::").skip(1).filter_map(code));
        }
    }
}

/// The code with this variant, without hyphens: `ReadOnly` is READONLY, `Other("X y"` is X.
fn code(text: &str) -> Option<String> {
    if let Some(other) = text.strip_prefix("Other(\"") {
        return other.split([' ', '"']).next().map(str::to_owned);
    }
    let variant = text.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    (!matches!(variant, "" | "Refusal" | "Other")).then(|| variant.to_ascii_uppercase())
}

#[test]
fn every_response_code_of_the_server_has_a_row() {
    let rows = PAGE.table("Response codes");
    let listed: BTreeSet<String> =
        rows.iter().map(|row| quoted(row[0])[0].replace('-', "")).collect();
    let mut said = BTreeSet::new();
    codes_in_the_source(Path::new("src/server/imap"), &mut said);
    assert_eq!(listed, said);
}

#[test]
fn every_test_that_is_named_exists() {
    PAGE.check_names(60);
}

#[test]
fn every_transcript_is_named() {
    PAGE.check_transcripts("imap");
}
