//! The store as its users see it, on a real disk: what is delivered, told, kept and lost.
//!
//! - `arriving`: how a message enters, whole or not at all;
//! - `numbering`: UIDs, for life;
//! - `others`: what other programs do in the same Maildir;
//! - `editing`: flags and copies;   `sharing`: bells and the lock;
//! - `watching`: the folder watcher;   `naming`: mailboxes come, go and are renamed.
mod arriving;
mod editing;
mod naming;
mod numbering;
mod others;
mod sharing;
mod watching;

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::mail::message::{Flag, Flags};
use crate::mail::net::{self, Waker};

/// A store in a temporary folder, and alice's mail in it.
struct TestStore {
    folder: tempfile::TempDir,
    alice: Account,
}

impl TestStore {
    fn new() -> TestStore {
        let folder = tempfile::tempdir().unwrap();
        let alice = account(folder.path());
        TestStore { folder, alice }
    }

    fn inbox(&self) -> Arc<Mailbox> {
        self.alice.inbox().unwrap()
    }

    /// As after a restart: nothing is remembered but what is on disk.
    fn reopened(&self) -> Arc<Mailbox> {
        account(self.folder.path()).inbox().unwrap()
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("alice").join(inside)
    }
}

fn account(folder: &Path) -> Account {
    Store::open(folder).unwrap().account("alice").unwrap()
}

fn deliver(mailbox: &Arc<Mailbox>, text: &str) -> String {
    let mut delivery = Delivery::begin(vec![Arc::clone(mailbox)]).unwrap();
    delivery.write_all(text.as_bytes()).unwrap();
    delivery.commit().unwrap()
}

fn text(mailbox: &Mailbox, message: &Message) -> String {
    io::read_to_string(mailbox.open(message).unwrap()).unwrap()
}

fn uids(snapshot: &Snapshot) -> Vec<Uid> {
    snapshot.messages.iter().map(|message| message.uid).collect()
}

fn flags(text: &str) -> Flags {
    let mut flags = Flags::new();
    for word in text.split_whitespace() {
        match Flag::ALL.into_iter().find(|flag| flag.to_string() == word) {
            Some(flag) => flags.set(flag),
            None => flags.set_keyword(word),
        }
    }
    flags
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Does it ring within this time?
fn rings_within(bell: &Waker, most: Duration) -> bool {
    let ready = net::readable(&[bell.as_fd()], Some(most)).unwrap();
    bell.clear();
    ready[0]
}

fn rings(bell: &Waker) -> bool {
    rings_within(bell, Duration::ZERO)
}
