//! Many clients at once, with and without a power cut: nothing acknowledged is lost, nothing is
//! there twice, and nothing is there in half.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Cursor};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use crate::common::Lab;
use pillarbox::client::{ClientError, Endpoint, ImapClient, Pop3Client, Security, SmtpClient};
use pillarbox::mail::protocol::imap::SearchKey;
use pillarbox::mail::store::Store;

/// The message with this name: as long as its name says, and recognisable to its last octet.
fn message(name: &str) -> String {
    let body = format!("{name} and its friends.\r\n").repeat(100);
    format!(
        "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{name}@crowd.test>\r\n\
         Subject: {name}\r\n\r\n{body}-- end of {name}\r\n"
    )
}

fn endpoint(lab: &Lab, protocol: &str) -> Endpoint {
    Endpoint::new("localhost", lab.port(protocol), Security::Tls, lab.ca())
}

/// Sends `count` messages over one connection under TLS, and notes each that was acknowledged.
fn send(
    endpoint: &Endpoint,
    client: usize,
    count: usize,
    acknowledged: &Mutex<HashSet<String>>,
) -> Result<(), ClientError> {
    let mut smtp = SmtpClient::connect(endpoint)?;
    smtp.login("alice", "wonderland")?;
    for number in 0..count {
        let name = format!("message-{client}-{number}");
        let mut text = Cursor::new(message(&name).into_bytes());
        smtp.send("alice@pillarbox.test", &["bob@pillarbox.test"], &mut text)?;
        acknowledged.lock().unwrap().insert(name);
    }
    smtp.quit()
}

/// Reads the newest message again and again, by POP3: the rest of the crowd must not matter to it.
fn read_by_pop3(endpoint: &Endpoint, done: &AtomicBool) -> Result<usize, ClientError> {
    let (mut read, mut last) = (0, false);
    while !last {
        // Once more after the last message: who logs in late has looked, too.
        last = done.load(Ordering::Relaxed);
        let mut pop3 = Pop3Client::connect(endpoint)?;
        pop3.login("bob", "builder")?;
        if let Some((number, octets)) = pop3.list()?.last() {
            let mut text = Vec::new();
            pop3.retr(*number, &mut text)?;
            assert_eq!(text.len() as u64, *octets, "LIST and RETR agree");
            read += 1;
        }
        pop3.quit()?;
    }
    Ok(read)
}

/// Watches the mailbox by IMAP; the UIDs that are told must rise and never change.
fn read_by_imap(endpoint: &Endpoint, done: &AtomicBool) -> Result<usize, ClientError> {
    let mut imap = ImapClient::connect(endpoint)?;
    imap.login("bob", "builder")?;
    imap.select("INBOX")?;
    let mut known: Vec<u32> = Vec::new();
    let mut last = false;
    while !last {
        last = done.load(Ordering::Relaxed);
        imap.noop()?;
        let uids = imap.search(vec![SearchKey::All])?;
        assert!(uids.is_sorted_by(|a, b| a < b), "UIDs rise");
        assert_eq!(uids.get(..known.len()), Some(&known[..]), "what was there stays");
        known = uids;
    }
    imap.logout()?;
    Ok(known.len())
}

/// The messages of the crowd in bob's inbox, each whole, with how often it is there.
fn found(lab: &Lab) -> BTreeMap<String, usize> {
    let inbox =
        Store::open(&lab.path().join("mail")).unwrap().account("bob").unwrap().inbox().unwrap();
    let snapshot = inbox.refresh().unwrap();
    assert!(snapshot.messages.is_sorted_by(|a, b| a.uid < b.uid), "UIDs rise");
    let mut found = BTreeMap::new();
    for entry in &snapshot.messages {
        let text = io::read_to_string(inbox.open(entry).unwrap()).unwrap();
        let Some((_, end)) = text.split_once("-- end of ") else {
            assert!(!text.contains("Subject: message-"), "half a message: {text}");
            continue;
        };
        let name = end.trim_end();
        assert!(text.ends_with(&message(name)), "{name} is torn");
        *found.entry(name.to_owned()).or_default() += 1;
    }
    found
}

/// `clients` clients with `count` messages each, while two others read.
fn crowd(clients: usize, count: usize) {
    let lab = Lab::start();
    let (acknowledged, done) = (Mutex::default(), AtomicBool::new(false));
    let (smtps, pop3s, imaps) =
        (endpoint(&lab, "smtps"), endpoint(&lab, "pop3s"), endpoint(&lab, "imaps"));
    thread::scope(|scope| {
        let pop3 = scope.spawn(|| read_by_pop3(&pop3s, &done));
        let imap = scope.spawn(|| read_by_imap(&imaps, &done));
        let (smtps, acknowledged) = (&smtps, &acknowledged);
        let senders: Vec<_> = (0..clients)
            .map(|client| scope.spawn(move || send(smtps, client, count, acknowledged)))
            .collect();
        for sender in senders {
            sender.join().unwrap().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(pop3.join().unwrap().unwrap() > 0);
        assert!(imap.join().unwrap().unwrap() > 0);
    });
    let found = found(&lab);
    assert_eq!(found.len(), clients * count, "all are there");
    assert!(found.values().all(|times| *times == 1), "and none twice");
}

#[test]
fn a_small_crowd() {
    crowd(20, 5);
}

#[test]
#[ignore = "needs a minute"]
fn two_hundred_clients() {
    crowd(200, 20);
}

/// Kills the program when `deadline` messages of many were acknowledged.
fn power_cut(deadline: usize) {
    let mut lab = Lab::start();
    let acknowledged = Mutex::default();
    let smtps = endpoint(&lab, "smtps");
    let enough = AtomicUsize::new(0);
    let (cut, is_cut) = mpsc::channel::<()>();
    thread::scope(|scope| {
        for client in 0..20 {
            let (smtps, acknowledged, enough, cut) = (&smtps, &acknowledged, &enough, cut.clone());
            scope.spawn(move || {
                for round in 0.. {
                    if send(smtps, client * 1000 + round, 5, acknowledged).is_err() {
                        return; // the power is out
                    }
                    if enough.fetch_add(5, Ordering::Relaxed) >= deadline {
                        let _ = cut.send(());
                    }
                }
            });
        }
        is_cut.recv().unwrap();
        lab.kill();
    });
    lab.restart();
    let (acknowledged, found) = (acknowledged.into_inner().unwrap(), found(&lab));
    assert!(acknowledged.len() >= deadline);
    for name in &acknowledged {
        assert_eq!(found.get(name), Some(&1), "{name} was acknowledged");
    }
    assert!(found.values().all(|times| *times == 1), "none is there twice");
    let temporary = lab.path().join("mail/bob/tmp");
    println!(
        "{} acknowledged, {} stored, {} unfinished files in tmp/",
        acknowledged.len(),
        found.len(),
        std::fs::read_dir(temporary).unwrap().count()
    );
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    power_cut(100);
}

#[test]
#[ignore = "needs a minute"]
fn ten_power_cuts() {
    for cut in 1..=10 {
        power_cut(cut * 77);
    }
}
