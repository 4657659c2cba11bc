//! A person at a terminal, against our own servers.

use std::fs;

use super::{Person, place, replay};
use crate::common::Lab;

const LETTER: &str = "From: bob@pillarbox.test\nSubject: from a file\n\n.a dot\nThe end\n";

/// The right arrow accepts the hint.
const TAKE: &str = "\x1b[C";

#[test]
fn a_beginner_only_follows_the_hints() {
    let lab = Lab::start();
    let mut person = Person::at(&["smtp", &place(&lab, "smtp")], lab.path());
    person.sees("Next: EHLO");
    for then in ["Next: MAIL FROM:", "Next: RCPT TO:", "Next: DATA", "354"] {
        person.keys(TAKE);
        person.keys("\r");
        person.sees(then);
    }
    person.sees("lone dot");
    person.keys(TAKE);
    person.types("");
    person.sees("What it is about");
    person.types("");
    person.sees("The empty line");
    person.keys(TAKE);
    person.types("");
    person.sees("message's body");
    person.keys(TAKE);
    person.types("");
    person.sees("250 2.0.0");
    person.leaves();
    let new = lab.path().join("mail/bob/new");
    let files =
        fs::read_dir(new).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    assert!(files.into_iter().any(|text| text.contains("\n\nNo program wrote this.\n")));
}

#[test]
fn imap_with_completion_tls_and_a_literal_is_saved_and_played_again() {
    let lab = Lab::start();
    fs::write(lab.path().join("letter.eml"), LETTER).unwrap();
    let place = place(&lab, "imap");
    let mut person = Person::at(&["imap", &place], lab.path());
    person.sees("Next: a1 LOGIN");
    person.types("/tls");
    person.sees("TLS from here on");
    person.types("a2 LOGIN bob builder");
    person.sees("a2 OK");
    person.keys("a3 EXA\t");
    person.sees("EXAMINE INBOX");
    person.types("");
    person.sees("a3 OK");
    person.types("a4 APPEND INBOX /file letter.eml");
    person.sees("C: a4 APPEND INBOX {");
    person.sees("C: Subject: from a file");
    person.sees("a4 OK [APPENDUID");
    person.types("a5 FETCH 1 (FLAGS BODY.PEEK[])");
    person.sees("a5 OK");
    person.types("/state");
    person.sees("you are here");
    person.types("/why");
    person.sees("a5");
    person.types("/tag on");
    person.types("/tag off");
    person.types("a6 LOGOUT");
    person.sees("has closed the connection");
    person.types("/save talk.demo");
    person.sees("Saved.");
    let seen = person.leaves();
    assert!(!seen.contains("builder"));

    let script = lab.path().join("talk.demo");
    let text = fs::read_to_string(&script).unwrap();
    assert!(text.contains("LOGIN bob ${SECRET_1}") && !text.contains("builder"), "{text}");
    let said = replay(&script, &place, &lab.ca(), "builder");
    assert!(said.contains("APPENDUID"), "{said}");
    let history = fs::read_to_string(lab.path().join("data/pillarbox/typed-imap")).unwrap();
    assert!(history.contains("a3 EXAMINE INBOX") && !history.contains("builder"), "{history}");
}

#[test]
fn a_mistyped_login_is_neither_on_the_screen_nor_in_the_history() {
    let lab = Lab::start();
    let place = place(&lab, "imap");
    let mut person = Person::at(&["imap", &place], lab.path());
    let mut seen = person.sees("* OK");
    for (typed, answer) in [
        ("a1 LOGN bob builder", "a1 BAD"),
        ("AUHTENTICATE PLAIN builder", "BAD"),
        ("a2 LOGIN {3}", "+ "),
        ("bob {7}", "+ "),
        ("builder", "a2 OK"),
        ("a3 NOOP", "a3 OK"),
    ] {
        person.types(typed);
        seen += &person.sees(answer);
    }
    seen += &person.leaves();
    let history = fs::read_to_string(lab.path().join("data/pillarbox/typed-imap")).unwrap();
    assert!(history.contains("a3 NOOP"), "{history}");
    for said in [seen, history] {
        assert!(!said.contains("builder"), "{said}");
    }
}

#[test]
fn a_password_is_on_the_screen_only_with_show_secrets() {
    let lab = Lab::start();
    let place = place(&lab, "pop3");
    let mut person = Person::at(&["pop3", &place], lab.path());
    person.sees("+OK");
    person.types("USER bob");
    let mut seen = person.sees("Send PASS");
    person.types("PASS builder");
    seen += &person.sees("Welcome");
    seen += &person.leaves();
    assert!(seen.contains("PASS ") && !seen.contains("builder"), "{seen}");

    let mut person = Person::at(&["pop3", &place, "--show-secrets", "--user", "bob"], lab.path());
    person.sees("C: PASS builder");
    person.sees("Welcome");
    person.types("/save open.demo");
    person.sees("Saved.");
    person.leaves();
    let text = fs::read_to_string(lab.path().join("open.demo")).unwrap();
    assert!(text.contains("C: PASS builder"), "{text}");
}

#[test]
fn news_is_shown_while_a_person_types() {
    let lab = Lab::start();
    let mut person = Person::at(&["imap", &place(&lab, "imap"), "--user", "bob"], lab.path());
    person.sees("completed");
    person.types("a2 SELECT INBOX");
    person.sees("a2 OK");
    person.types("a3 IDLE");
    person.sees("+ idling");
    person.keys("DO");
    let mut other = Person::at(&["smtp", &place(&lab, "smtp"), "--explain", "off"], lab.path());
    other.sees("220");
    for line in ["EHLO x", "MAIL FROM:<>", "RCPT TO:<bob@pillarbox.test>", "DATA", "", "news", "."]
    {
        other.types(line);
    }
    other.sees("2.0.0");
    other.leaves();
    person.sees("EXISTS");
    person.types("NE");
    person.sees("a3 OK");
    person.leaves();
}

#[test]
fn a_server_that_dies_or_speaks_another_protocol_is_reported() {
    let mut lab = Lab::start();
    let mut person = Person::at(&["smtp", &place(&lab, "imap")], lab.path());
    person.sees("You are speaking SMTP to a server of IMAP");
    person.leaves();
    let mut person = Person::at(&["imap", &place(&lab, "imap"), "--tls"], lab.path());
    person.sees("is this a port with TLS?");
    let mut person = Person::at(&["pop3", &place(&lab, "pop3")], lab.path());
    person.sees("+OK");
    lab.kill();
    person.sees("closed");
    person.types("STAT");
    person.sees("The connection is over");
    person.types("/connect");
    person.sees("cannot be reached");
    person.leaves();
}
