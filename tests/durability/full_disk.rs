//! A full disk: nothing is acknowledged that is not kept, nothing that was is lost or sent twice,
//! and all goes on when there is room again.
//!
//! The disk is a small tmpfs, which only root may mount: `cargo test --test durability full_disk -- --ignored`.

use std::fs::{self, File};
use std::io::{self, Cursor, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use crate::common::programs::{run, until};
use crate::common::typed::Typed;
use crate::common::{Lab, stored};
use crate::hop::Hop;
use pillarbox::client::{ClientError, Endpoint, ImapClient, Security, SmtpClient};
use pillarbox::mail::message::Flags;
use pillarbox::mail::protocol::imap::{SequenceSet, StatusItem};
use pillarbox::server::queue::{DeliveryState, Spool};
use tempfile::TempDir;

/// Some thousand octets, so that a few messages fill the disk.
const PADDING: usize = 50_000;

/// A disk of two million octets.
struct Disk(TempDir);

impl Disk {
    fn mount() -> Disk {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=2m,nr_inodes=2000", "pillarbox-test", path], "");
        Disk(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Leaves room for nothing, not for an empty file either.
    fn fill(&self) {
        fs::create_dir_all(self.ballast()).unwrap();
        let full = |error: io::Error| assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
        let mut file = File::create(self.ballast().join("octets")).unwrap();
        full(until_error(|| file.write_all(&[0; 4096])));
        let mut names = 0..;
        full(until_error(|| {
            let name = format!("{:?}", names.next());
            File::create(self.ballast().join(name)).map(drop)
        }));
    }

    /// Makes room again.
    fn free(&self) {
        fs::remove_dir_all(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The server may have a file open still.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).output();
    }
}

fn until_error(mut work: impl FnMut() -> io::Result<()>) -> io::Error {
    loop {
        if let Err(error) = work() {
            return error;
        }
    }
}

/// A server whose mail and queue are on this disk, with a way to `b.test`; retries come at once.
fn lab(disk: &Disk, hop: &Hop) -> Lab {
    let path = disk.path().display();
    let store = format!("[store]\npath = {path}/mail\nqueue = {path}/queue\n");
    let limits = "[limits]\nretry_longest = 300\nqueue_lifetime = 50000000\ntime_factor = 10000\n";
    Lab::with(&format!("{store}[routes]\nb.test = 127.0.0.1:{}\n{limits}", hop.port))
}

fn alice(lab: &Lab) -> SmtpClient {
    let endpoint = Endpoint::new("localhost", lab.port("smtps"), Security::Tls, lab.ca());
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    client
}

fn send(client: &mut SmtpClient, to: &[&str], number: usize) -> Result<(), ClientError> {
    let padding = "0123456\r\n".repeat(PADDING / 9);
    let mut message = Cursor::new(format!("Subject: number {number};\r\n\r\n{padding}end\r\n"));
    client.send("alice@pillarbox.test", to, &mut message).map(drop)
}

/// The number of a message that is whole.
fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("Subject: number ")?;
    let (number, rest) = rest.split_once(';')?;
    assert!(rest.trim_end().ends_with("\nend") && rest.len() > PADDING / 2, "{text}");
    Some(number.parse().unwrap())
}

/// The numbers in bob's inbox.
fn inbox(disk: &Disk) -> Vec<usize> {
    let messages = stored(&disk.path().join("mail"), "bob");
    messages.iter().filter_map(|text| number(text)).collect()
}

fn queued(disk: &Disk) -> usize {
    Spool::at(&disk.path().join("queue")).ids().unwrap().len()
}

#[test]
#[ignore = "needs root"]
fn what_finds_no_room_is_not_acknowledged_and_what_was_is_kept() {
    let ready = Arc::new(AtomicBool::new(false));
    let is_ready = Arc::clone(&ready);
    let hop = Hop::answering(move |line| {
        let busy = line.starts_with("MAIL") && !is_ready.load(Ordering::SeqCst);
        busy.then(|| "451 4.3.0 Later".to_owned())
    });
    let disk = Disk::mount();
    let lab = lab(&disk, &hop);
    let mut client = alice(&lab);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    // For who is here, for who is elsewhere, for both.
    let ways: [&[&str]; 3] =
        [&["bob@pillarbox.test"], &["x@b.test"], &["bob@pillarbox.test", "x@b.test"]];
    for number in 0.. {
        match send(&mut client, ways[number % 3], number) {
            Ok(()) => acknowledged.push(number),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                assert!(error.to_string().contains("452 4.3.1"), "{error}");
                refused += 1;
            }
        }
        if refused == 9 {
            break;
        }
    }
    assert!(acknowledged.len() > 9, "{acknowledged:?}");
    let expected = |way: usize| {
        let goes_there = |number: &&usize| [2, way].contains(&(**number % 3));
        acknowledged.iter().filter(goes_there).copied().collect::<Vec<_>>()
    };
    ready.store(true, Ordering::SeqCst);
    let mut taken: Vec<usize> =
        expected(1).iter().map(|_| number(&hop.next().text).unwrap()).collect();
    taken.sort_unstable();
    assert_eq!(taken, expected(1));
    until("an empty queue", || (queued(&disk) == 0).then_some(()));
    assert!(hop.taken.try_recv().is_err(), "sent twice");
    assert_eq!(inbox(&disk), expected(0));
    // What was sent has made room.
    send(&mut client, &["bob@pillarbox.test"], 1000).unwrap();
    assert_eq!(inbox(&disk).last(), Some(&1000));
}

/// What the disk does not take of an envelope, the server remembers: nobody gets it twice.
#[test]
#[ignore = "needs root"]
fn an_envelope_that_cannot_be_saved_is_not_forgotten() {
    let (full, is_full) = channel();
    let (attempts, looked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, has_looked) = (Arc::clone(&attempts), Arc::clone(&looked));
    let mut waits = true;
    let hop = Hop::answering(move |line| {
        if line.starts_with("MAIL") && std::mem::take(&mut waits) {
            is_full.recv().unwrap();
        }
        let carol = line.starts_with("RCPT TO:<carol@");
        count.fetch_add(usize::from(carol), Ordering::SeqCst);
        let busy = carol && !has_looked.load(Ordering::SeqCst);
        busy.then(|| "451 4.3.0 Later".to_owned())
    });
    let disk = Disk::mount();
    let lab = lab(&disk, &hop);
    send(&mut alice(&lab), &["bob@b.test", "carol@b.test"], 1).unwrap();
    disk.fill();
    full.send(()).unwrap();
    assert_eq!(hop.next().rcpt, ["RCPT TO:<bob@b.test>"]);
    until("some attempts more", || (attempts.load(Ordering::SeqCst) > 3).then_some(()));
    let spool = Spool::at(&disk.path().join("queue"));
    let id = spool.ids().unwrap().remove(0);
    let envelope = spool.load(&id).unwrap().unwrap();
    assert_eq!(envelope.recipients[0].state, DeliveryState::Waiting, "not saved");
    looked.store(true, Ordering::SeqCst);
    assert_eq!(hop.next().rcpt, ["RCPT TO:<carol@b.test>"]);
    until("an empty queue", || (queued(&disk) == 0).then_some(()));
    assert!(hop.taken.try_recv().is_err(), "sent twice");

    // Its room is taken, too.
    disk.fill();
    let refusal = send(&mut alice(&lab), &["bob@b.test"], 2).unwrap_err();
    assert!(refusal.to_string().contains("452 4.3.1"), "{refusal}");
    disk.free();
    send(&mut alice(&lab), &["bob@b.test"], 3).unwrap();
    assert_eq!(number(&hop.next().text), Some(3));
}

/// CREATE, APPEND and COPY are refused with a code that a program understands, store nothing, and
/// work again when there is room.
#[test]
#[ignore = "needs root"]
fn imap_says_that_the_disk_is_full_and_goes_on() {
    let disk = Disk::mount();
    let lab = lab(&disk, &Hop::answering(|_| None));
    let endpoint = Endpoint::new("localhost", lab.port("imaps"), Security::Tls, lab.ca());
    let mut client = ImapClient::connect(&endpoint).unwrap();
    client.login("bob", "builder").unwrap();
    let before = client.select("INBOX").unwrap().exists;
    let message = || Cursor::new("x".repeat(PADDING));
    let flags = Flags::new();
    disk.fill();
    let append = client.append("INBOX", &flags, None, &mut message()).map(drop);
    let copy = client.copy(&SequenceSet::all(), "Sent").map(drop);
    for refusal in [append, copy, client.create("Work")] {
        let refusal = refusal.unwrap_err().to_string();
        assert!(refusal.contains("NO [OVERQUOTA] the disk is full"), "{refusal}");
    }
    disk.free();
    client.append("INBOX", &flags, None, &mut message()).unwrap();
    client.create("Work").unwrap();
    client.copy(&SequenceSet::all(), "Work").unwrap();
    for (mailbox, messages) in [("Sent", 0), ("Work", u64::from(before) + 1)] {
        let facts = client.status(mailbox, &[StatusItem::Messages]).unwrap();
        assert_eq!(facts.get(StatusItem::Messages), Some(messages), "{mailbox}");
    }
    client.noop().unwrap();
    assert_eq!(client.mailbox().unwrap().exists, before + 1);
}

/// A capture that does not fit any more ends with one warning and within no block; the conversations
/// go on.
#[test]
#[ignore = "needs root"]
fn a_capture_ends_whole_and_the_conversations_go_on() {
    let disk = Disk::mount();
    let file = disk.path().join("lab.pcapng");
    let mut lab = Lab::whispering(&format!("[capture]\nfile = {}\n", file.display()));
    let noop = |lab: &Lab| {
        let mut typed = Typed::connect(lab, "smtp");
        assert!(typed.ask("NOOP").starts_with("250 "));
        typed.ask("QUIT");
    };
    noop(&lab);
    until("the capture", || (fs::metadata(&file).unwrap().len() > 1000).then_some(()));
    disk.fill();
    let warnings = |lab: &Lab| lab.log().matches("the conversations go on").count();
    until("the warning", || {
        noop(&lab);
        (warnings(&lab) > 0).then_some(())
    });
    noop(&lab);
    assert_eq!(warnings(&lab), 1);
    assert_eq!(lab.interrupt(), 0);
    let octets = fs::read(&file).unwrap();
    let mut at = 0;
    while at < octets.len() {
        // A block of pcapng: type, length, what it has, and the length once more.
        let number = |at: usize| u32::from_le_bytes(*octets[at..].first_chunk().unwrap()) as usize;
        let end = at + number(at + 4);
        assert_eq!(number(end - 4), end - at);
        at = end;
    }
}
