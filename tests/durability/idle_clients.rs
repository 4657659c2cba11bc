//! Clients that cost much: who idles and never reads, crowds that idle, floods of commands, an account
//! with thousands of mailboxes. The others are served meanwhile, and what was taken is given back.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::common::Lab;
use crate::common::programs::until;
use crate::common::typed::Typed;
use socket2::{Domain, Socket, Type};

/// Enough for everybody in these tests.
const ROOM: &str = "[server]\nmax_connections = 2000\n[limits]\nconnections_per_address = 2000\n";

fn log_in(lab: &Lab) -> Typed {
    let mut imap = Typed::connect(lab, "imap");
    assert!(imap.ask("a LOGIN bob builder").starts_with("a OK"));
    imap
}

fn select(lab: &Lab) -> Typed {
    let mut imap = log_in(lab);
    imap.send(b"b SELECT INBOX\r\n");
    hear(&mut imap, "b OK");
    imap
}

/// Hears lines until one begins like this.
fn hear(imap: &mut Typed, beginning: &str) {
    loop {
        let line = imap.line();
        assert!(!line.is_empty(), "the server closed before {beginning:?}");
        if line.starts_with(beginning) {
            return;
        }
    }
}

/// Puts messages into bob's INBOX, as another program.
fn fill(lab: &Lab, count: usize) {
    let new = lab.path().join("mail/bob/new");
    for number in 0..count {
        let name = format!("{}.M1P1Q{number}.other", 1_700_000_000 + number);
        fs::write(new.join(name), "Subject: x\n\nx\n").unwrap();
    }
}

/// The descriptors and the inotify watches of the server.
fn held(lab: &Lab) -> (usize, usize) {
    let folder = format!("/proc/{}/fdinfo", lab.process());
    let entries = fs::read_dir(Path::new(&folder)).unwrap();
    let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let watches = texts.map(|text| text.matches("inotify wd").count()).sum();
    (files.len(), watches)
}

/// A connection that takes as little as the kernel allows.
fn who_takes_little(lab: &Lab) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&lab.address("imap").into()).unwrap();
    let timeout = Some(Duration::from_secs(60));
    socket.set_read_timeout(timeout).unwrap();
    socket
}

/// News pile up for it, in the kernel's buffers only; then its time is up, and it is closed.
#[test]
fn who_idles_and_never_reads_is_let_go() {
    let lab = Lab::with(&format!("{ROOM}imap_timeout = 5\n"));
    fill(&lab, 1000);
    let mut other = select(&lab);
    let mut deaf = who_takes_little(&lab);
    deaf.write_all(b"a LOGIN bob builder\r\nb SELECT INBOX\r\nc IDLE\r\n").unwrap();
    // Long keywords make much of little news: about a megabyte in each round.
    let keywords =
        ["a", "b", "c", "d", "e", "f", "g", "h"].map(|letter| letter.repeat(100)).join(" ");
    other.send(format!("c STORE 1:* +FLAGS.SILENT ({keywords})\r\n").as_bytes());
    hear(&mut other, "c OK");
    let mut heard = Vec::new();
    while !heard.ends_with(b"+ idling\r\n") {
        let mut octet = [0];
        deaf.read_exact(&mut octet).unwrap();
        heard.extend(octet);
    }
    let (before, open) = (lab.peak_memory(), held(&lab).0);
    // More than the kernel keeps for one connection.
    for round in 0..60 {
        let sign = ["+", "-"][round % 2];
        other.send(format!("c{round} STORE 1:* {sign}FLAGS.SILENT (\\Flagged)\r\n").as_bytes());
        hear(&mut other, &format!("c{round} OK"));
    }
    until("the server to close", || (held(&lab).0 < open).then_some(()));
    let grown = lab.peak_memory() - before;
    assert!(grown < 16 * 1024, "the news of one client took {grown} KiB");
    match deaf.read_to_end(&mut heard) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => {}
    }
    let heard = String::from_utf8_lossy(&heard);
    // It would be said goodbye to if it were only silent.
    assert!(!heard.contains("* BYE"), "it was cut off in the middle of the news");
    select(&lab);
}

#[test]
fn hundreds_idle_on_one_mailbox_and_hear_of_one_delivery() {
    let lab = Lab::with(ROOM);
    let mut idlers: Vec<Typed> = (0..300)
        .map(|_| {
            let mut imap = select(&lab);
            assert_eq!(imap.ask("c IDLE"), "+ idling");
            imap
        })
        .collect();
    assert_eq!(held(&lab).1, 3, "watches for one mailbox");
    fill(&lab, 1);
    for idler in &mut idlers {
        assert!(idler.line().ends_with(" EXISTS"));
    }
    // One of them was the first.
    let recent = idlers.iter_mut().map(|idler| {
        idler.send(b"DONE\r\n");
        usize::from(idler.line().ends_with(" RECENT"))
    });
    assert_eq!(recent.sum::<usize>(), 1);
}

#[test]
fn thousands_of_commands_at_once_are_answered_one_by_one() {
    const COMMANDS: usize = 20_000;
    let lab = Lab::start();
    let mut imap = select(&lab);
    let mut writer = imap.0.get_ref().try_clone().unwrap();
    let flood: String = (0..COMMANDS).map(|n| format!("n{n} NOOP\r\n")).collect();
    let flooding = thread::spawn(move || writer.write_all(flood.as_bytes()).unwrap());
    for number in 0..COMMANDS {
        assert_eq!(imap.line(), format!("n{number} OK NOOP completed"));
    }
    flooding.join().unwrap();
}

#[test]
fn to_idle_again_and_again_costs_nothing_for_long() {
    let lab = Lab::start();
    let mut imap = select(&lab);
    let mut round = |number: usize| {
        imap.send(format!("i{number} IDLE\r\nDONE\r\n").as_bytes());
        hear(&mut imap, &format!("i{number} OK"));
    };
    // The first opens what all share.
    round(0);
    let before = held(&lab);
    (1..2000).for_each(&mut round);
    assert_eq!(held(&lab), before);
    assert_eq!(before.1, 0, "nobody idles, nobody looks out");
}

#[test]
fn an_account_with_five_thousand_mailboxes() {
    const MAILBOXES: usize = 5000;
    let lab = Lab::start();
    for number in 0..MAILBOXES {
        let maildir = lab.path().join(format!("mail/bob/.Box{number:04}"));
        for folder in ["tmp", "new", "cur"] {
            fs::create_dir_all(maildir.join(folder)).unwrap();
        }
    }
    let mut imap = log_in(&lab);
    imap.send(b"b LIST \"\" Box*\r\n");
    let mut listed = 0;
    loop {
        let line = imap.line();
        if line.starts_with("* LIST ") {
            listed += 1
        } else {
            break assert!(line.starts_with("b OK"), "{line}");
        }
    }
    assert_eq!(listed, MAILBOXES);
    let status: String =
        (0..MAILBOXES).map(|n| format!("s{n} STATUS Box{n:04} (MESSAGES)\r\n")).collect();
    let mut writer = imap.0.get_ref().try_clone().unwrap();
    let asking = thread::spawn(move || writer.write_all(status.as_bytes()).unwrap());
    for number in 0..MAILBOXES {
        assert_eq!(imap.line(), format!("* STATUS Box{number:04} (MESSAGES 0)"));
        assert_eq!(imap.line(), format!("s{number} OK STATUS completed"));
    }
    asking.join().unwrap();
    // None of them is kept open.
    assert!(held(&lab).0 < 50);
}
