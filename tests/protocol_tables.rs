//! `docs/protocols/smtp.md` against the server: what EHLO and LHLO offer in every role and state,
//! every command that HELP knows, every reply code in the source, and every test that is named.
// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use pillarbox::accounts::{Accounts, Password};
use pillarbox::aliases::Aliases;
use pillarbox::config::Config;
use pillarbox::limits::Limits;
use pillarbox::queue::Queue;
use pillarbox::server::{Part, Peer, Reply, Role, Session, Site, SmtpServer, Visitors};
use pillarbox::store::Store;
use tempfile::TempDir;

const PAGE: &str = include_str!("../docs/protocols/smtp.md");

/// The rows of the table under a heading, without its head: their cells.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let from = PAGE.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let section = from.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let cells = |row: &'static str| row.trim_matches('|').split(" | ").map(str::trim).collect();
    let rows: Vec<_> = rows.skip(2).map(cells).collect();
    assert!(rows.len() >= 3, "{heading} has no table");
    rows
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn site(folder: &TempDir) -> Arc<Site> {
    let password = Password::Clear("wonderland".to_owned());
    let accounts = [("alice".to_owned(), password)].into();
    let config = Config::parse("config.ini", "", folder.path()).unwrap();
    Arc::new(Site {
        hostname: "mail.pillarbox.test".to_owned(),
        domain: "pillarbox.test".to_owned(),
        accounts: Accounts::new("pillarbox.test", accounts),
        store: Store::open(folder.path()).unwrap(),
        aliases: Aliases::none(),
        visitors: Visitors::default(),
        queue: Some(Queue::open(&config).unwrap()),
        limits: Limits::default(),
        lab_network: false,
    })
}

/// Where a conversation can stand when EHLO is said.
#[derive(Clone, Copy, Debug)]
struct State {
    role: Role,
    near: bool,
    encrypted: bool,
    logged_in: bool,
}

fn states() -> Vec<State> {
    let mut states = Vec::new();
    for role in [Role::Mx, Role::Submission, Role::Lmtp] {
        for (near, encrypted) in [(false, false), (true, false), (false, true)] {
            for logged_in in [false, true] {
                let possible = (near || encrypted) && role != Role::Lmtp;
                if possible || !logged_in {
                    states.push(State {
                        role,
                        near,
                        encrypted,
                        logged_in,
                    });
                }
            }
        }
    }
    states
}

impl State {
    /// Is what this cell says true here?
    fn has(self, cell: &str) -> bool {
        match cell {
            "always" => true,
            "never" => false,
            "in clear" => !self.encrypted,
            "where a password may cross" => self.near || self.encrypted,
            "after login" => self.logged_in,
            "in submission; else after login" => self.logged_in || self.role == Role::Submission,
            other => panic!("{other:?} is no state that this test knows"),
        }
    }

    fn session(self, site: &Arc<Site>) -> SmtpServer {
        let ip = if self.near {
            [127, 0, 0, 1]
        } else {
            [192, 0, 2, 1]
        };
        let peer = Peer {
            address: (ip, 50_000).into(),
            encrypted: self.encrypted,
            can_start_tls: !self.encrypted,
        };
        let mut session = SmtpServer::new(Arc::clone(site), peer, self.role);
        if self.logged_in {
            text(session.interact(b"EHLO x"));
            let said = text(session.interact(b"AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="));
            assert!(said.starts_with("235 "), "{said}");
        }
        session
    }
}

fn text(reply: Reply) -> String {
    let part = |part| match part {
        Part::Text(text) => String::from_utf8(text).unwrap(),
        _ => String::new(),
    };
    reply.parts.into_iter().map(part).collect()
}

#[test]
fn what_is_offered_is_what_the_table_says_in_every_role_and_state() {
    let folder = TempDir::new().unwrap();
    let site = site(&folder);
    let rows = table("What EHLO and LHLO offer");
    for state in states() {
        let (verb, column) = match state.role {
            Role::Lmtp => ("LHLO", 2),
            Role::Mx | Role::Submission => ("EHLO", 1),
        };
        let expected: BTreeSet<&str> = rows
            .iter()
            .filter(|row| state.has(row[column]))
            .map(|row| quoted(row[0])[0])
            .collect();
        let said = text(
            state
                .session(&site)
                .interact(format!("{verb} x").as_bytes()),
        );
        let keyword = |line: &'static str| line[4..].split(' ').next().unwrap();
        let said: &'static str = said.leak();
        let offered: BTreeSet<&str> = said.lines().skip(1).map(keyword).collect();
        assert_eq!(offered, expected, "{state:?}");
    }
}

#[test]
fn every_command_that_help_knows_has_a_row() {
    let folder = TempDir::new().unwrap();
    let site = site(&folder);
    let mut known = BTreeSet::new();
    for state in states() {
        let said = text(state.session(&site).interact(b"HELP"));
        let verb = |line: &str| {
            line["214-2.0.0 ".len()..]
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        };
        known.extend(said.lines().map(verb));
    }
    let rows = table("Commands");
    let listed: BTreeSet<String> = rows
        .iter()
        .map(|row| quoted(row[0])[0].to_owned())
        .collect();
    assert_eq!(known, listed);
}

/// Every `status(code, "enhanced", …)` of the server.
fn codes_in_the_source() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for entry in fs::read_dir("src/server/smtp").unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for call in source.split("status(").skip(1) {
            let mut arguments = call.split(',').map(str::trim);
            let (Some(code), Some(enhanced)) = (arguments.next(), arguments.next()) else {
                continue;
            };
            if code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()) {
                codes.insert(format!("{code} {}", enhanced.trim_matches('"')));
            }
        }
    }
    assert!(codes.len() > 30, "the reply codes were not found");
    codes
}

#[test]
fn every_reply_code_of_the_server_has_a_row() {
    let rows = table("Reply codes");
    let listed: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(row[0])).collect();
    for code in codes_in_the_source() {
        assert!(listed.contains(code.as_str()), "{code} has no row");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let mut named = 0;
    for name in quoted(PAGE) {
        if let Some((file, function)) = name
            .split_once("::")
            .filter(|(file, _)| file.ends_with(".rs"))
        {
            let source = fs::read_to_string(file).expect(file);
            assert!(
                source.contains(&format!("fn {function}(")),
                "{name} is no test"
            );
            named += usize::from(function != "name");
        } else if name.ends_with(".txt") {
            let path = Path::new("tests/transcripts").join(name);
            assert!(path.exists(), "{name} is no transcript");
            named += 1;
        }
    }
    assert!(named > 100, "only {named} tests are named");
}

#[test]
fn every_transcript_of_smtp_and_lmtp_is_named() {
    for protocol in ["smtp", "lmtp"] {
        for entry in fs::read_dir(Path::new("tests/transcripts").join(protocol)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = format!("`{protocol}/{file}`");
            assert!(PAGE.contains(&name), "{name} is in no table");
        }
    }
}
