//! What an open account does with updates, without a server.

use std::path::PathBuf;
use std::sync::mpsc;

use eframe::egui::Context;

use super::*;
use crate::client::{Endpoint, Security};
use crate::gui::model::account::MailAccount;
use crate::gui::model::folders::{INBOX, MailFolder};
use crate::gui::model::message_list::Select;
use crate::gui::worker::WorkerThread;
use crate::mail::protocol::imap::SpecialUse;

fn folder(name: &str, special_use: Option<SpecialUse>) -> MailFolder {
    MailFolder {
        name: name.to_owned(),
        label: name.to_owned(),
        depth: 0,
        special_use,
        opens: true,
        messages: 0,
        unread: 0,
    }
}

/// An account whose IMAP worker does nothing; the jobs that it is given come from the channel.
fn idle_account() -> (OpenAccount, mpsc::Receiver<ImapJob>) {
    let endpoint = Endpoint::new("localhost", 1, Security::Plain, PathBuf::new());
    let account = MailAccount::alice_at(endpoint);
    let (sender, ordered) = mpsc::channel();
    let window = Context::default();
    let imap = WorkerThread::start("idle", &window, move |jobs: mpsc::Receiver<ImapJob>, _| {
        for job in jobs {
            // A test that has ended needs no more jobs.
            let _ = sender.send(job);
        }
    });
    (OpenAccount::new(account, imap.unwrap(), &window), ordered)
}

fn failure(job: &ImapJob) -> ImapUpdate {
    ImapUpdate::Failed(FailedJob {
        what: job.failure(),
        unread: match job {
            ImapJob::Read(uid, _) => Some(*uid),
            _ => None,
        },
        unkept: None,
        why: "refused".to_owned(),
        transient: true,
    })
}

#[test]
fn a_message_is_awaited_until_it_cannot_be_read_itself() {
    let (mut account, _ordered) = idle_account();
    account.read(7);
    account.take_imap(failure(&ImapJob::Folders));
    account.take_imap(failure(&ImapJob::Read(6, 0)));
    assert_eq!(account.awaited, Some(7));
    account.take_imap(failure(&ImapJob::Read(7, 0)));
    assert_eq!(account.awaited, None);
}

#[test]
fn an_unasked_count_leaves_the_error() {
    let (mut account, _ordered) = idle_account();
    account.take_imap(failure(&ImapJob::Move(Vec::new(), String::new())));
    account.take_imap(ImapUpdate::Counted(Vec::new()));
    assert_eq!(account.error.as_deref(), Some("Nothing was moved: refused"));
}

#[test]
fn no_job_follows_the_first_folder_until_that_is_open() {
    let (mut account, ordered) = idle_account();
    account.open_folder("INBOX");
    let opened = ImapUpdate::Opened {
        folder: "INBOX".to_owned(),
        uid_validity: 1,
        uids: Vec::new(),
        sorted: true,
    };
    assert!(matches!(ordered.recv().unwrap(), ImapJob::Open { .. }));
    account.take_imap(opened);
    drop(account);
    let names: Vec<_> = ordered.iter().map(|job| job.failure()).collect();
    assert_eq!(names, ["The folders could not be listed"]);
}

#[test]
fn nothing_is_deleted_for_good_before_it_is_known_whether_there_is_a_trash() {
    let (mut account, ordered) = idle_account();
    assert!(!account.deletes_for_good());
    account.delete(vec![7]);
    assert!(matches!(ordered.recv().unwrap(), ImapJob::Folders));
    assert!(account.error.as_ref().unwrap().contains("not known yet"));
    account.list.open(INBOX);
    account.take_imap(ImapUpdate::Folders(vec![folder(INBOX, None)]));
    assert_eq!(account.error, None);
    account.delete(vec![7]);
    assert!(matches!(ordered.recv().unwrap(), ImapJob::Remove(_)));
    let trash = folder("Trash", Some(SpecialUse::Trash));
    account.take_imap(ImapUpdate::Folders(vec![folder(INBOX, None), trash]));
    account.delete(vec![7]);
    assert!(matches!(ordered.recv().unwrap(), ImapJob::Move(_, to) if to == "Trash"));
}

#[test]
fn under_another_uid_validity_nothing_is_known_any_more() {
    let (mut account, _ordered) = idle_account();
    account.open_folder("Lab");
    account.list.search = "tea".to_owned();
    for (uid_validity, known) in [(1, true), (1, true), (2, false)] {
        account.take_imap(ImapUpdate::Opened {
            folder: "Lab".to_owned(),
            uid_validity,
            uids: vec![7],
            sorted: true,
        });
        if uid_validity == 1 && account.shown.is_none() {
            account.list.select(0, Select::Only);
            account.read(7);
            account.take_imap(ImapUpdate::Message(Box::new(RenderedMessage::of(7, Vec::new()))));
        }
        assert_eq!(account.shown.is_some(), known);
        assert_eq!(account.list.is_selected(7), known);
    }
    assert_eq!(account.list.len(), 1);
    assert_eq!(account.list.search, "tea");
}

#[test]
fn rows_that_do_not_come_are_fetched_once() {
    let (mut account, ordered) = idle_account();
    account.list.set((1..=1_000).collect());
    account.fetch_visible(500..520);
    let rows = ordered.recv().unwrap();
    for at in 0..10 {
        account.take_imap(failure(&rows));
        account.fetch_visible(at..at + 20);
    }
    account.list.set((1..=1_000).collect());
    account.fetch_visible(0..20);
    drop(account);
    assert_eq!(ordered.iter().count(), 1);
}
