//! The console against other servers: a whole conversation with each, saved and played again.

use std::fs;

use pillarbox::mail::net::certificates::Certificates;
use tempfile::TempDir;

use super::{Person, replay};
use crate::common::dovecot::Dovecot;
use crate::common::postfix::Postfix;
use crate::common::programs::free_port;

const LETTER: &str = "Subject: from a file\n\n.a dot\nThe end\n";

/// A folder with a letter and the certificates of a CA.
fn desk() -> (TempDir, Certificates) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.eml"), LETTER).unwrap();
    let certificates =
        Certificates::prepare(&folder.path().join("certs"), &["localhost".to_owned()]).unwrap();
    (folder, certificates)
}

#[test]
#[ignore = "needs dovecot, and root"]
fn a_conversation_with_dovecot() {
    let (desk, certificates) = desk();
    let dovecot = Dovecot::with_tls(&certificates);
    let place = format!("localhost:{}", dovecot.imap);
    let ca = certificates.ca();
    let words = ["imap", &place, "--ca", ca.to_str().unwrap()];
    let mut person = Person::at(&words, desk.path());
    person.sees("Next: a1");
    person.types("/tls");
    person.sees("TLS from here on");
    person.types("a2 LOGIN bob builder");
    person.sees("a2 OK");
    person.keys("a3 SEL\t");
    person.sees("SELECT INBOX");
    person.types("");
    person.sees("a3 OK");
    person.types("a4 APPEND INBOX /file letter.eml");
    person.sees("a4 OK");
    person.types("a5 FETCH * (FLAGS BODY.PEEK[])");
    person.sees("a5 OK");
    person.types("a6 LOGOUT");
    person.sees("has closed the connection");
    person.types("/save talk.demo");
    person.sees("Saved.");
    person.leaves();
    let said = replay(&desk.path().join("talk.demo"), &place, &ca, "builder");
    assert!(said.contains("The end"), "{said}");
}

#[test]
#[ignore = "needs postfix, and root"]
fn a_conversation_with_postfix() {
    let (desk, certificates) = desk();
    let port = free_port();
    let postfix = Postfix::server(port, certificates.server().parent().unwrap());
    let place = format!("localhost:{port}");
    let ca = certificates.ca();
    let words = ["smtp", &place, "--ca", ca.to_str().unwrap(), "--starttls"];
    let mut person = Person::at(&words, desk.path());
    person.sees("TLS from here on");
    person.keys("EH\t");
    person.sees("EHLO laptop.example");
    person.types("");
    person.sees("Next: MAIL");
    for line in ["MAIL FROM:<a@c.test>", "RCPT TO:<bob@b.test>"] {
        person.types(line);
        person.sees("250 2.1");
    }
    person.types("DATA");
    person.sees("354");
    person.types("/file letter.eml");
    person.sees("250 2.0.0");
    person.types("QUIT");
    person.sees("has closed the connection");
    person.types("/save talk.demo");
    person.sees("Saved.");
    person.leaves();
    replay(&desk.path().join("talk.demo"), &place, &ca, "");
    let arrived = || fs::read_dir(postfix.maildir()).map(|files| files.count()).unwrap_or(0);
    crate::common::programs::until("both letters", || (arrived() == 2).then_some(()));
}
