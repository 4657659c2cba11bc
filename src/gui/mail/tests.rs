//! Accounts that cannot be opened, and drafts that cannot be kept.

use super::*;
use crate::client::{Endpoint, Security};

/// Alice's account at this server, which does not run.
fn alice(server: &str) -> MailAccount {
    MailAccount::alice_at(Endpoint::new(server, 0, Security::Plain, PathBuf::new()))
}

/// Makes the last account one that has not reached its server.
fn unreached(mail: &mut Mail) {
    if let Some(account) = mail.accounts.last_mut() {
        account.state = ConnectionState::Refused { why: "unreachable".to_owned(), transient: true };
    }
    mail.take_refused(&mut Popups::default());
}

#[test]
fn an_account_that_connected_while_the_servers_came_is_tried_once_more() {
    let here = alice("127.0.0.1");
    let mut popups = Popups::default();
    let mut mail = Mail::new(here.settings.clone(), &Context::default());
    mail.open_account(here, &mut popups);
    mail.try_again(&mut popups);
    unreached(&mut mail);
    assert_eq!(mail.accounts.len(), 1);
    assert!(!mail.signing_in);
    unreached(&mut mail);
    assert!(mail.accounts.is_empty());
    assert_eq!(mail.unreached.len(), 1);
}

#[test]
fn a_draft_that_was_not_kept_comes_back_after_its_account_was_signed_out() {
    let here = alice("127.0.0.1");
    let mut popups = Popups::default();
    let mut mail = Mail::new(here.settings.clone(), &Context::default());
    mail.open_account(here, &mut popups);
    mail.write(ComposeForm::default());
    mail.drafts[0].form.subject = "A long letter".to_owned();
    mail.keep_all();
    assert!(mail.drafts.is_empty());
    mail.folder_clicked(FolderClick::SignOut);
    assert!(mail.accounts.is_empty());
    while mail.drafts.is_empty() {
        mail.update(&mut popups);
        std::thread::yield_now();
    }
    assert_eq!(mail.drafts[0].form.subject, "A long letter");
    assert_eq!(mail.drafts[0].from, "alice@pillarbox.test");
    assert!(popups.is_open() && mail.leaving.is_empty());
}

#[test]
fn the_built_in_servers_are_not_those_of_an_account_elsewhere() {
    let mut mail = Mail::new(alice("127.0.0.1").settings, &Context::default());
    mail.open_account(alice("localhost"), &mut Popups::default());
    unreached(&mut mail);
    assert!(mail.unreached.is_empty());
}
