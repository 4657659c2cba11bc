//! Sending, replying, forwarding, drafts.

use std::path::{Path, PathBuf};

use eframe::egui::{DroppedFile, Key, Modifiers};

use crate::lab::Lab;
use crate::window::Window;

#[test]
fn a_message_is_sent_with_a_file() {
    let lab = Lab::open();
    lab.file("rota.csv", "Monday,Bob\r\n");
    let mut window = lab.window(&["alice"]);
    window.click("New message");
    window.fill("To", "bob, carol@pillarbox.test");
    window.fill("Subject", "The new rota");
    window.fill("Message text", "Here it is.");
    window.click("Attach files");
    window.fill("Folder", lab.path().to_str().unwrap());
    window.key(Modifiers::NONE, Key::Enter);
    window.click("File rota.csv");
    window.click("Attach 1");
    window.sees("rota.csv (12 B)");
    window.send();
    for account in ["bob", "carol"] {
        let message = lab.stored(account, "INBOX").pop().unwrap();
        assert!(message.contains("Here it is.") && message.contains("rota.csv"), "{message}");
        assert!(message.contains("TW9uZGF5LEJvYg0K"), "{message}");
    }
    window.sees("The message is kept in Sent.");
    assert_eq!(lab.stored("alice", "Sent").len(), 1);
}

#[test]
fn a_message_that_cannot_be_sent_stays_and_says_why() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click("New message");
    window.click("Send message");
    window.sees("No recipient");
    window.fill("To", "nobody@pillarbox.test");
    window.click("Send message");
    window.pop_up("nobody@pillarbox.test");
    // It is open again, and can be corrected.
    window.fill("To", "bob");
    window.send();
}

#[test]
fn a_message_is_answered_and_marked() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("Fwd: The drains");
    window.sees("Can we fix it?");
    window.click("Reply all");
    window.fill("Message text", "We can.");
    window.send();
    let answer = lab.stored("bob", "INBOX").pop().unwrap();
    assert!(answer.contains("Subject: Re: Fwd: The drains"), "{answer}");
    assert!(answer.contains("In-Reply-To: <"), "{answer}");
    assert_eq!(lab.stored("carol", "INBOX").len(), 8);
    window.until("the mark", |window| {
        window.rows().iter().any(|row| row.contains("The drains") && row.contains("answered"))
    });
}

#[test]
fn a_message_is_forwarded_with_its_files() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.sees("Save tea-rota.csv");
    window.click("Forward");
    window.fill("To", "bob");
    window.send();
    let forwarded = lab.stored("bob", "INBOX").pop().unwrap();
    assert!(forwarded.contains("Subject: Fwd: The tea rota"), "{forwarded}");
    assert!(forwarded.contains("tea-rota.csv"), "{forwarded}");
}

#[test]
fn a_draft_is_kept_and_continued() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.sees("Folder Drafts");
    window.click("New message");
    window.fill("To", "bob");
    window.click("Cc and Bcc");
    window.fill("Bcc", "carol");
    window.fill("Subject", "Half a thought");
    window.click("Keep as draft");
    window.sees("The message is kept in Drafts.");
    window.click("Folder Drafts");
    window.click_row("Half a thought");
    window.click("Continue writing");
    window.fill("Message text", "And the other half.");
    window.send();
    let message = lab.stored("carol", "INBOX").pop().unwrap();
    assert!(message.contains("And the other half.") && !message.contains("Bcc"), "{message}");
    window.until("the draft to go", |_| lab.stored("alice", "Drafts").is_empty());
}

/// A window of Alice and Bob in which Bob's draft is continued. Both have a draft with the same UID.
fn continuing_as_bob(lab: &Lab) -> Window {
    let mut window = lab.window(&["alice", "bob"]);
    for (account, subject) in [("alice", "Of Alice"), ("bob", "Of Bob")] {
        window.click(&format!("Account {account}@pillarbox.test"));
        window.sees("Folder Drafts");
        window.click("New message");
        window.fill("To", "carol");
        window.fill("Subject", subject);
        window.click("Keep as draft");
        window.until("the draft", |_| lab.stored(account, "Drafts").len() == 1);
    }
    window.click("Folder Drafts");
    window.click_row("Of Bob");
    window.click("Continue writing");
    window
}

#[test]
fn a_draft_that_another_account_sends_is_removed_from_its_own_account_only() {
    let lab = Lab::open();
    let mut window = continuing_as_bob(&lab);
    window.choose("Sender", "alice@pillarbox.test");
    window.send();
    window.until("the draft to go", |_| lab.stored("bob", "Drafts").is_empty());
    let message = lab.stored("carol", "INBOX").pop().unwrap();
    assert!(message.contains("From: alice@pillarbox.test"), "{message}");
    assert!(lab.stored("alice", "Drafts")[0].contains("Subject: Of Alice"));
}

#[test]
fn a_draft_that_another_account_keeps_replaces_no_draft_there() {
    let lab = Lab::open();
    let mut window = continuing_as_bob(&lab);
    window.choose("Sender", "alice@pillarbox.test");
    window.click("Keep as draft");
    window.until("both drafts", |_| lab.stored("alice", "Drafts").len() == 2);
    window.click("Account alice@pillarbox.test");
    window.sees("The message is kept in Drafts.");
    let drafts = lab.stored("alice", "Drafts").concat();
    assert!(drafts.contains("Subject: Of Alice"), "{drafts}");
    assert!(drafts.contains("Subject: Of Bob"), "{drafts}");
    window.until("the draft to go", |_| lab.stored("bob", "Drafts").is_empty());
}

#[test]
fn a_message_of_a_signed_out_account_is_not_sent_by_another_one() {
    let lab = Lab::open();
    let mut window = lab.window(&["bob", "alice"]);
    window.sees("Account bob@pillarbox.test");
    window.click("New message");
    window.fill("To", "carol");
    window.fill("Subject", "Who writes?");
    window.click("Sign out");
    window.sees("alice@pillarbox.test is not signed in");
    assert!(!window.can_use("Send message"));
    window.key(Modifiers::COMMAND, Key::Enter);
    window.click("Keep as draft");
    window.sees("alice@pillarbox.test is not signed in");
    window.choose("Sender", "bob@pillarbox.test");
    window.misses("is not signed in");
    window.send();
    let message = lab.stored("carol", "INBOX").pop().unwrap();
    assert!(message.contains("From: bob@pillarbox.test"), "{message}");
    assert!(message.contains("Subject: Who writes?"), "{message}");
}

#[test]
fn a_draft_that_no_server_accepted_opens_again_and_says_why() {
    let mut lab = Lab::on_kept_ports();
    let mut window = lab.window(&["alice"]);
    window.sees("Folder Drafts");
    window.click("New message");
    window.fill("To", "bob");
    window.fill("Subject", "A long letter");
    lab.kill();
    window.click("Keep as draft");
    window.pop_up("The draft was not kept");
    window.sees("Message text");
    lab.start();
    window.click("Keep as draft");
    window.until("the draft", |_| lab.stored("alice", "Drafts").len() == 1);
    window.misses("Message text");
    let draft = lab.stored("alice", "Drafts").concat();
    assert!(draft.contains("Subject: A long letter"), "{draft}");
}

#[test]
fn a_window_that_closes_asks_what_to_do_with_a_message() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.sees("Folder Drafts");
    window.click("New message");
    assert!(window.close(), "nothing is written");
    window.fill("Subject", "A long letter");
    assert!(!window.close());
    window.click("Back");
    window.misses("Close anyway");
    assert!(!window.close());
    window.closes("Keep as drafts and close");
    assert!(lab.stored("alice", "Drafts").concat().contains("A long letter"));
}

#[test]
fn a_window_closes_anyway_if_the_user_wants_it() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click("New message");
    window.fill("Subject", "Nothing of worth");
    assert!(!window.close());
    window.closes("Close anyway");
}

/// A file that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_file_that_is_dropped_on_the_window_is_attached() {
    let lab = Lab::open();
    let file = lab.file("dropped.txt", "Here I am.");
    let mut window = lab.window(&["alice"]);
    window.click("New message");
    window.drop(Dropped(file));
    window.sees("dropped.txt (10 B)");
    window.click("Remove dropped.txt");
    window.misses("dropped.txt (10 B)");
}
