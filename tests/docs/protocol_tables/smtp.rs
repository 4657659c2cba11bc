//! `docs/protocols/smtp.md`: what EHLO and LHLO offer in every role and state, every command that
//! HELP knows, and every reply code in the source.

use std::collections::BTreeSet;
use std::sync::Arc;

use pillarbox::mail::protocol::smtp::{Command, Reply};
use pillarbox::server::{Session, Site, SmtpRole, SmtpServer};
use tempfile::TempDir;

use super::{Page, peer, quoted, site, text};

const PAGE: Page = Page(include_str!("../../../docs/protocols/smtp.md"));

/// Where a conversation can stand when EHLO is said.
#[derive(Clone, Copy, Debug)]
struct State {
    role: SmtpRole,
    near: bool,
    encrypted: bool,
    logged_in: bool,
}

fn states() -> Vec<State> {
    let mut states = Vec::new();
    for role in [SmtpRole::Mx, SmtpRole::Submission, SmtpRole::Lmtp] {
        for (near, encrypted) in [(false, false), (true, false), (false, true)] {
            for logged_in in [false, true] {
                let possible = (near || encrypted) && role != SmtpRole::Lmtp;
                if possible || !logged_in {
                    states.push(State { role, near, encrypted, logged_in });
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
            "unencrypted" => !self.encrypted,
            "where a password may cross" => self.near || self.encrypted,
            "after login" => self.logged_in,
            "in submission; else after login" => {
                self.logged_in || self.role == SmtpRole::Submission
            }
            other => panic!("{other:?} is no state that this test knows"),
        }
    }

    fn session(self, site: &Arc<Site>) -> SmtpServer {
        let peer = peer(self.near, self.encrypted);
        let mut session = SmtpServer::new(Arc::clone(site), peer, self.role);
        if self.logged_in {
            text(session.interact(b"EHLO x"));
            let said = text(session.interact(b"AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="));
            assert!(said.starts_with("235 "), "{said}");
        }
        session
    }
}

#[test]
fn what_is_offered_is_what_the_table_says_in_every_role_and_state() {
    let folder = TempDir::new().unwrap();
    let site = site(&folder);
    let rows = PAGE.table("What EHLO and LHLO offer");
    for state in states() {
        let (verb, column) = match state.role {
            SmtpRole::Lmtp => ("LHLO", 2),
            SmtpRole::Mx | SmtpRole::Submission => ("EHLO", 1),
        };
        let expected: BTreeSet<&str> =
            rows.iter().filter(|row| state.has(row[column])).map(|row| quoted(row[0])[0]).collect();
        let said = text(state.session(&site).interact(format!("{verb} x").as_bytes()));
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
        let verb = |line: &str| line["214-2.0.0 ".len()..].split(' ').next().unwrap().to_owned();
        known.extend(said.lines().map(verb));
    }
    let rows = PAGE.table("Commands");
    let listed: BTreeSet<String> = rows.iter().map(|row| quoted(row[0])[0].to_owned()).collect();
    assert_eq!(known, listed);
    let understood: BTreeSet<String> = Command::verbs().map(str::to_owned).collect();
    assert_eq!(known, understood);
}

#[test]
fn every_reply_of_the_server_has_a_row() {
    let rows = PAGE.table("Reply codes");
    let listed: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(row[0])).collect();
    for reply in Reply::ALL {
        let code = match reply.enhanced {
            Some(enhanced) => format!("{} {enhanced}", reply.code),
            None => reply.code.to_string(),
        };
        assert!(listed.contains(code.as_str()), "{code} has no row");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    PAGE.check_names(100);
}

#[test]
fn every_transcript_is_named() {
    PAGE.check_transcripts("smtp");
    PAGE.check_transcripts("lmtp");
}
