//! Logins as people say them who learn it: mistyped, in the wrong order, all at once without listening.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{BASE64, Engine, Lab, PASSWORDS, journal, leaks};
use crate::common::programs::until;
use crate::common::run;

/// A service, and what a client says to it, all in one piece. `PW` stands for the password of 21 octets,
/// and what stands in `«»` is said in base64.
const MISTAKES: &[(&str, &str)] = &[
    // The token of PLAIN, which has three fields, with a mistake in it.
    ("smtp", r"EHLO x|AUTH PLAIN «\0alice\0PW\0»"),
    ("smtp", r"EHLO x|AUTH PLAIN «alice\0PW\0»"),
    ("smtp", r"EHLO x|AUTH PLAIN «alice\0PW»"),
    ("smtp", r"EHLO x|AUTH PLAIN «alice PW»"),
    ("smtp", r"EHLO x|AUTH PLAIN|alice|PW"),
    ("smtp", r"EHLO x|AUTH PLAIN|PW"),
    ("pop3", r"AUTH PLAIN «alice\0alice\0PW\0»"),
    ("imap", r"a AUTHENTICATE PLAIN «alice\0PW\0»"),
    ("imap", r"a AUTHENTICATE PLAIN|«\0alice\0PW\0»"),
    // A token for another mechanism.
    ("submission", r"EHLO x|AUTH SCRAM-SHA-256 «\0alice\0PW»"),
    ("submission", r"EHLO x|AUTH LOGIN «\0alice\0PW»"),
    ("submission", r"EHLO x|AUTH LOGIN|«\0alice\0PW»|«PW»"),
    ("submission", r"EHLO x|AUTH LOGIN «alice PW»"),
    ("submission", r"EHLO x|AUTH ANONYMOUS «\0alice\0PW»"),
    ("submission", r"EHLO x|AUTH CRAM-MD5 «\0alice\0PW x»"),
    ("pop3", r"AUTH LOGIN «\0alice\0PW»"),
    ("imap", r"a AUTHENTICATE SCRAM-SHA-1 «n,,n=alice,PW»"),
    // The password where the mechanism is named, or where the name is asked for.
    ("smtp", r"EHLO x|AUTH PW"),
    ("smtp", r"EHLO x|AUTH PW «alice»"),
    ("smtp", r"EHLO x|AUTH «\0alice\0PW»"),
    ("pop3", r"AUTH PW"),
    ("imap", r"a AUTHENTICATE PW"),
    ("imap", r"a AUTHENTICATE «PW»"),
    ("imap", r"a LOGIN PW"),
    ("imap", "a LOGIN \"PW\""),
    ("pop3", r"APOP PW"),
    // Commands of another protocol, or with a slip of the finger.
    ("smtp", r"EHLO x|USER alice PW"),
    ("smtp", r"USER alice PW"),
    ("smtp", r"EHLO x|USER alice|PASS PW"),
    ("smtp", r"EHLO x|LOGIN alice PW"),
    ("smtp", r"EHLO x|LGOIN alice PW"),
    ("submission", r"EHLO x|USR alice PW"),
    ("lmtp", r"LHLO x|USER alice PW"),
    ("lmtp", r"LHLO x|PASS PW"),
    ("pop3", r"LOGIN alice PW"),
    ("pop3", r"USER alice PW|PASS x"),
    ("pop3", r"USER alice|PASS:PW"),
    ("imap", r"LOGIN alice PW"),
    ("imap", r"a USER alice PW"),
    ("imap", r"a LOGIN alice {21}|PW|x"),
    // Without listening, after what the server refuses.
    ("smtp", r"EHLO x|DATA|AUTH PLAIN «\0alice\0PW»"),
    ("smtp", r"EHLO x|DATA|AUTH PLAIN|«\0alice\0PW»"),
    ("smtp", r"EHLO x|DATA|AUTH LOGIN|«alice»|«PW»"),
    ("smtp", r"EHLO x|DATA||body|AUTH LOGIN|«alice»|«PW»"),
    ("smtp", r"EHLO x|DATA|USER alice PW"),
    ("submission", r"EHLO x|MAIL FROM:<a@b>|DATA|AUTH PLAIN «\0alice\0PW»"),
    ("lmtp", r"LHLO x|DATA|AUTH PLAIN «\0alice\0PW»"),
    ("smtp", r"EHLO x|BDAT 500|AUTH PLAIN «\0alice\0PW»"),
    ("smtp", r"EHLO x|BDAT|AUTH LOGIN|«alice»|«PW»"),
    ("imap", r"a IDLE|b LOGIN alice PW"),
    ("imap", r"a IDLE|b AUTHENTICATE PLAIN «\0alice\0PW»"),
    ("imap", r"a IDLE|b AUTHENTICATE LOGIN|«alice»|«PW»"),
    ("imap", r"a IDLE|b LOGIN {5}|alice {21}|PW"),
    ("imap", r"a APPEND INBOX {50}|b LOGIN alice PW"),
    ("imap", r"a APPEND INBOX {500}||body|b LOGIN alice PW|c NOOP"),
    ("imap", r"a APPEND INBOX {500}|b AUTHENTICATE LOGIN|«alice»|«PW»"),
    ("imap", r"a APPEND INBOX {12}|b LOGIN alice PW"),
    ("imap", r"a SELECT {50}|b LOGIN alice PW"),
    ("imap", r"a SELECT {9000}|b AUTHENTICATE PLAIN|«\0alice\0PW»"),
    // Literals where none belong, or counted wrongly.
    ("imap", r"a AUTHENTICATE PLAIN {40}|«\0alice\0PW»"),
    ("imap", r"a AUTHENTICATE PLAIN {40+}|«\0alice\0PW»"),
    ("imap", r"a AUTHENTICATE {5+}|PLAIN «\0alice\0PW»"),
    ("imap", r"a AUTHENTICATE {5}|PLAIN «\0alice\0PW»"),
    ("imap", r"a LOGIN {5}|alice {21}|PW"),
    ("imap", r"a LOGIN {20+}|PW"),
    ("imap", r"a LOGIN {27+}|alice PW"),
    ("imap", r"a LOGIN {5+}|alice {9+}|PW"),
];

/// The octets of a row.
fn octets(said: &str, password: &str) -> Vec<u8> {
    let said = said.replace("PW", password).replace(r"\0", "\0") + "|";
    let mut octets = String::new();
    for piece in said.replace('|', "\r\n").split('«') {
        match piece.split_once('»') {
            Some((secret, rest)) => octets += &(BASE64.encode(secret) + rest),
            None => octets += piece,
        }
    }
    octets.into_bytes()
}

/// Says these pieces without listening, then nothing more, and waits until the server has hung up.
fn say<'a>(lab: &Lab, service: &str, pieces: impl Iterator<Item = &'a [u8]>) {
    let mut stream = TcpStream::connect(lab.address(service)).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        // Some have hung up by then.
        let _ = stream.write_all(piece);
    }
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// The recorded conversations to their ends, each with what its lines in the journal are.
fn recorded(lab: &Lab, count: usize) -> Vec<(String, String)> {
    let journal = until("the servers to record", || {
        let journal = String::from_utf8(journal(lab)).unwrap();
        let ended = journal.matches("\"event\":\"closed\"").count();
        (ended == count).then_some(journal)
    });
    let mut conversations: BTreeMap<String, String> = BTreeMap::new();
    for line in journal.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = record["connection"].as_str().unwrap().to_owned();
        *conversations.entry(id).or_default() += &format!("{line}\n");
    }
    conversations.into_iter().collect()
}

#[test]
fn no_mistake_brings_a_password_into_the_journal() {
    let [password, _] = PASSWORDS;
    let lab = Lab::whispering(&format!(
        "[accounts]\nalice = {password}\n[limits]\nlogin_attempts = 50\nlogin_delay = 0\n\
         connections_per_address = 1000\n"
    ));
    for (service, said) in MISTAKES {
        let octets = octets(said, password);
        say(&lab, service, std::iter::once(octets.as_slice()));
        say(&lab, service, octets.chunks(1));
    }
    let mut found = leaks(lab.log().as_bytes());
    let conversations = recorded(&lab, 2 * MISTAKES.len());
    for (_, conversation) in &conversations {
        found.extend(leaks(conversation.as_bytes()));
        assert!(conversation.contains("********"), "{conversation}");
    }
    // A page knows no more than the journal; some of them will do.
    for (id, _) in conversations.iter().step_by(8) {
        let (status, page, errors) = run(&["sessions", id, "--html", "-"], lab.path());
        assert_eq!(status, 0, "{errors}");
        found.extend(leaks(page.as_bytes()));
    }
    assert!(found.is_empty(), "{found:#?}");
}
