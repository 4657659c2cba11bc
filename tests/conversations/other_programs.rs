//! Other programs work in the Maildir while clients have it open: what a script cannot do.

use std::fs;
use std::path::PathBuf;

use pillarbox::teaching::script::{Protocol, Script, Talk};

use crate::memory::Memory;
use crate::network::{Ports, Trust};
use crate::site::Home;

/// A client of bob's that has his INBOX open, and has heard all of that.
fn select(mut client: Box<dyn Talk>) -> Box<dyn Talk> {
    client.send(b"a LOGIN bob builder\r\nb SELECT INBOX\r\n").unwrap();
    while !hear(&mut *client).starts_with("b OK") {}
    client
}

fn hear(client: &mut dyn Talk) -> String {
    String::from_utf8(client.receive_line().unwrap().unwrap()).unwrap()
}

/// The only file of a message with this word in its name.
fn file(home: &Home, folder: &str, word: &str) -> PathBuf {
    let entries = fs::read_dir(home.maildir("bob").join(folder)).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths.find(|path| path.to_str().unwrap().contains(word)).unwrap()
}

#[test]
fn an_idling_client_hears_of_other_programs() {
    let (home, trust) = (Home::new(), Trust::new());
    let script = Script::parse("title: x\nprotocol: imap\n\n! pause\n").unwrap();
    let ports = Ports::clear(&home.site, &script, &trust);
    let mut client = select(ports.connect(Protocol::Imap).unwrap());
    client.send(b"c IDLE\r\n").unwrap();
    assert_eq!(hear(&mut *client), "+ idling");
    fs::write(home.maildir("bob").join("new/1900000000.theirs"), "x\n").unwrap();
    assert_eq!(hear(&mut *client), "* 4 EXISTS");
    assert_eq!(hear(&mut *client), "* 4 RECENT");
    let arrived = file(&home, "cur", "theirs");
    let read = home.maildir("bob").join("cur/1900000000.theirs:2,S");
    fs::rename(arrived, &read).unwrap();
    assert_eq!(hear(&mut *client), "* 4 FETCH (FLAGS (\\Seen \\Recent))");
    fs::remove_file(read).unwrap();
    assert_eq!(hear(&mut *client), "* 4 EXPUNGE");
    fs::remove_file(home.maildir("bob").join("dovecot-uidlist")).unwrap();
    fs::write(home.maildir("bob").join("unfinished"), "3 V7 N1\n").unwrap();
    let list = home.maildir("bob").join("dovecot-uidlist");
    fs::rename(home.maildir("bob").join("unfinished"), list).unwrap();
    assert!(hear(&mut *client).starts_with("* BYE "));
    assert!(client.receive_line().unwrap().is_none());
}

#[test]
fn uids_that_start_anew_end_the_conversation() {
    let home = Home::new();
    let client = Memory::connect(&home.site, Protocol::Imap, false);
    let mut client = select(Box::new(client));
    fs::write(home.maildir("bob").join("dovecot-uidlist"), "3 V7 N1\n").unwrap();
    client.send(b"c UID FETCH 1 FLAGS\r\n").unwrap();
    assert!(hear(&mut *client).starts_with("* BYE UIDVALIDITY has changed"));
    assert!(client.receive_line().unwrap().is_none());
    let client = Memory::connect(&home.site, Protocol::Imap, false);
    let mut client = select(Box::new(client));
    client.send(b"c STATUS INBOX (UIDVALIDITY)\r\n").unwrap();
    assert_eq!(hear(&mut *client), "* STATUS INBOX (UIDVALIDITY 7)");
}

/// RFC 2180 §3.3, for a folder that another program removes.
#[test]
fn a_folder_that_another_program_removes_is_lost_to_whoever_has_it_open() {
    let home = Home::new();
    let client = Memory::connect(&home.site, Protocol::Imap, false);
    let mut client = select(Box::new(client));
    client.send(b"c CREATE Work\r\nd SELECT Work\r\n").unwrap();
    while !hear(&mut *client).starts_with("d OK") {}
    fs::remove_dir_all(home.maildir("bob").join(".Work")).unwrap();
    client.send(b"e NOOP\r\n").unwrap();
    assert!(hear(&mut *client).starts_with("* BYE the selected mailbox was deleted"));
}
