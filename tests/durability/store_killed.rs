//! `kill -9` at any moment: every committed message is there whole, and keeps the UID it was shown with.
//!
//! The test runs itself once more as the victim, which delivers as fast as it can and says what it
//! has done; and kills it in the middle of that.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::{env, thread};

use pillarbox::mail::message::{Flag, FlagChange};
use pillarbox::mail::store::{Delivery, Mailbox, Store};

const FOLDER: &str = "PILLARBOX_TEST_VICTIM";
const SENTENCE: &str = "The quick brown fox jumps over the lazy dog.\r\n";

fn inbox(folder: &Path) -> Arc<Mailbox> {
    let store = Store::open(folder).unwrap();
    store.account("alice").unwrap().inbox().unwrap()
}

/// Delivers, flags and expunges until it is killed.
fn deliver_for_ever(inbox: &Arc<Mailbox>) {
    for n in 0.. {
        let mut delivery = Delivery::begin(vec![Arc::clone(inbox)]).unwrap();
        for _ in 0..n % 100 + 1 {
            delivery.write_all(SENTENCE.as_bytes()).unwrap();
        }
        let name = delivery.commit().unwrap();
        let snapshot = inbox.claim_recent().unwrap();
        let uid = snapshot.find(&name).unwrap().uid;
        let validity = snapshot.uid_validity;
        if n % 3 == 0 {
            inbox.remove(&[uid]).unwrap();
            continue;
        }
        // After a newline, for the test's own words may stand on the same line.
        println!("\ndone {validity} {uid} {name} {}", SENTENCE.len() * (n % 100 + 1));
        let seen = FlagChange::Add([Flag::Seen].into_iter().collect());
        inbox.store(&[uid], &seen).unwrap();
    }
}

#[test]
#[ignore = "the victim, which the other test starts"]
fn victim() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let inbox = inbox(Path::new(&folder));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| deliver_for_ever(&inbox));
        }
    });
}

/// Lets a victim say this many things, kills it, and returns all that it said.
fn kill_one(folder: &Path, after: usize) -> Vec<String> {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "store_killed::victim", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while let Some(line) = lines.next().transpose().unwrap() {
        if line.starts_with("done ") {
            said.push(line);
        }
        if said.len() == after {
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(said.len() >= after, "the victim died too soon");
    // Its last words may be half a line.
    said.pop();
    said
}

fn check(folder: &Path, said: &[String]) {
    let inbox = inbox(folder);
    let snapshot = inbox.refresh().unwrap();
    for line in said {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, validity, uid, name, octets] = words[..] else {
            panic!("{line}");
        };
        assert_eq!(validity, snapshot.uid_validity.to_string());
        let message = snapshot.find(name).unwrap();
        assert_eq!(uid, message.uid.to_string(), "{line}");
        assert_eq!(octets, inbox.size(message).unwrap().to_string());
    }
    for message in &snapshot.messages {
        let text = io::read_to_string(inbox.open(message).unwrap()).unwrap();
        assert_eq!(text, SENTENCE.repeat(text.len() / SENTENCE.len()));
        assert_eq!(text.len() as u64, inbox.size(message).unwrap());
    }
}

#[test]
fn what_was_committed_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for after in [20, 47, 64, 101, 33] {
        said.extend(kill_one(folder.path(), after));
        check(folder.path(), &said);
    }
}
