//! `pillarbox serve` from its start to its end: what it says when it cannot start, what a second run
//! finds, and how it stops.

use std::fs;
use std::net::TcpListener;
use std::thread;

use crate::common::typed::{Typed, messages};
use crate::common::{Lab, run};
use pillarbox::config::Config;
use pillarbox::mail::net::Taps;
use pillarbox::mail::store::{Account, DEFAULT_MAILBOXES, Store};
use pillarbox::server::Services;

#[test]
fn who_waits_is_told_goodbye_and_who_sends_may_finish() {
    let mut lab = Lab::start();
    let before = messages(&lab);
    let protocols = [("smtp", "421 "), ("pop3", "-ERR "), ("imap", "* BYE ")];
    let waiting = protocols.map(|(protocol, bye)| (Typed::connect(&lab, protocol), bye));
    let mut sender = Typed::connect(&lab, "smtp");
    sender.until_data();
    thread::scope(|scope| {
        let stopped = scope.spawn(|| lab.interrupt());
        for (mut client, bye) in waiting {
            let line = client.line();
            assert!(line.starts_with(bye), "{line}");
            assert_eq!(client.rest(), "");
        }
        sender.send(b"Subject: the last one\r\n\r\n.\r\n");
        assert!(sender.line().starts_with("250 "));
        assert!(sender.line().starts_with("421 "));
        drop(sender);
        assert_eq!(stopped.join().unwrap(), 0);
    });
    lab.restart();
    assert_eq!(messages(&lab), before + 1);
}

#[test]
fn a_second_run_finds_everything_as_it_was() {
    let mut lab = Lab::start();
    let uid_list = lab.path().join("mail/carol/dovecot-uidlist");
    let look = |lab: &Lab| {
        let count = messages(lab);
        let files = [uid_list.clone(), lab.ca(), lab.path().join("certs/server.pem")];
        (count, files.map(|file| fs::read(file).unwrap()))
    };
    let first = look(&lab);
    assert!(first.0 > 0);
    assert_eq!(lab.interrupt(), 0);
    lab.restart();
    assert!(look(&lab) == first, "something is not as it was");
}

/// What was made here before that was so keeps its mailboxes as they are.
#[test]
fn the_first_run_gives_accounts_their_mailboxes_and_later_ones_do_not() {
    let alice = |lab: &Lab| -> Account {
        let store = Store::open(&lab.path().join("mail")).unwrap();
        store.account("alice").unwrap()
    };
    let mut lab = Lab::start();
    let mut expected = DEFAULT_MAILBOXES.map(|(name, _)| name).to_vec();
    assert_eq!(alice(&lab).subscriptions().unwrap(), expected);
    assert_eq!(alice(&lab).special_uses().unwrap().len(), expected.len());
    alice(&lab).delete("Archive").unwrap();
    expected[0] = "INBOX";
    lab.restart();
    assert_eq!(alice(&lab).mailboxes().unwrap(), expected);
}

#[test]
fn what_keeps_it_from_starting_is_named_in_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let rows = [
        ("[server]\nhots = 127.0.0.1\n".to_owned(), "[server]: hots"),
        ("[sever]\n".to_owned(), "[sever]"),
        ("[limits]\nrecipients = 3\n".to_owned(), "[limits] recipients"),
        (
            format!(
                "[ports]\nsmtp =\nsubmission =\nsmtps =\nlmtp =\npop3 =\npop3s =\nimap = {port}\n"
            ),
            "[ports] imap",
        ),
        ("[store]\npath = a-file/mail\n".to_owned(), "a-file/mail"),
        ("[tls]\ncerts = a-file/certs\n".to_owned(), "a-file/certs"),
        ("[tls]\ncerts = broken\n".to_owned(), "broken/ca-key.pem"),
    ];
    for (config, named) in rows {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.ini"), &config).unwrap();
        fs::write(folder.path().join("a-file"), "").unwrap();
        let broken = folder.path().join("broken");
        fs::create_dir(&broken).unwrap();
        fs::write(broken.join("ca.pem"), "rubbish").unwrap();
        fs::write(broken.join("ca-key.pem"), "rubbish").unwrap();
        let (status, _, said) = crate::common::run(&["serve"], folder.path());
        assert_eq!(status, 2, "{config}: {said}");
        assert_eq!(said.lines().count(), 1, "{config}: {said}");
        assert!(said.contains(named), "{config}: {said}");
    }
}

/// `serve` shows it on its screen, a client has no other place than its log.
#[test]
fn who_reads_what_is_logged_is_told_once() {
    const WARNING: &str = "READ EVERYTHING";
    let lab = Lab::whispering("[capture]\nkeylog = keys.txt\n");
    let smtp = lab.address("smtp").to_string();
    assert!(!lab.log().contains(WARNING), "{}", lab.log());
    let words = ["smtp", &smtp, "--plain", "--keylog", "keys.txt"];
    let (_, said, log) = run(&words, lab.path());
    assert_eq!((said + &log).matches(WARNING).count(), 1, "{log}");
}

#[test]
fn a_port_that_is_wanted_if_free_may_be_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let rest = "smtp =\nsubmission =\nsmtps =\npop3 =\npop3s =\nimap = 0\nimaps =\n";
    for (wish, works) in [("", false), (" if free", true)] {
        let text = format!("[ports]\nlmtp = {port}{wish}\n{rest}");
        let config = Config::parse("x.ini", &text, folder.path()).unwrap();
        let services = Services::open(&config, Taps::default());
        let names = services.map(|all| all.listening().iter().map(|one| one.name).collect());
        assert_eq!(names.ok(), works.then(|| vec!["imap"]), "{text}");
    }
}
