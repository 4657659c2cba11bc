//! Reading, marking, moving, deleting, searching, sorting.

use std::time::Instant;

use eframe::egui::{Key, Modifiers};

use crate::lab::Lab;

#[test]
fn a_message_is_read_and_counts_as_read() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.sees("Folder Inbox, 7 unread");
    window.click_row("Fwd: The drains");
    window.sees("Can we fix it?");
    window.sees("Folder Inbox, 6 unread");
    window.click("Mark as unread");
    window.sees("Folder Inbox, 7 unread");
}

#[test]
fn files_are_saved_and_a_picture_is_seen() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("A portrait of our host");
    window.until("the picture", |window| window.shows("Picture "));
    window.click_row("The tea rota");
    window.sees("Save ");
    window.click("Save tea-rota.csv");
    window.fill("Folder", lab.path().join("saved").to_str().unwrap());
    window.click("Save here");
    window.pop_up("tea-rota.csv");
    assert!(lab.path().join("saved/tea-rota.csv").is_file());
}

#[test]
fn messages_are_flagged_moved_and_deleted() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.click("Flag");
    window.until("the flag", |window| {
        window.rows().iter().any(|row| row.contains("The tea rota") && row.contains("flagged"))
    });
    window.click("Move to a folder");
    window.click("Move to Archive");
    window.sees("The message was moved to Archive.");
    assert_eq!(lab.stored("alice", "Archive").len(), 1);
    window.click_row("Fwd: The drains");
    window.sees("Can we fix it?");
    window.click("Delete");
    window.sees("The message was moved to Trash.");
    window.click("Folder Trash");
    window.click_row("Fwd: The drains");
    window.click("Delete for good");
    window.sees("The message was deleted for good.");
    assert_eq!(lab.stored("alice", "Trash").len(), 0);
    assert_eq!(lab.stored("alice", "INBOX").len(), 5);
}

#[test]
fn keys_do_nothing_to_mail_that_is_covered() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.click("Save tea-rota.csv");
    window
        .until("the keyboard in the field", |window| window.focused().as_deref() == Some("Folder"));
    window.focus("Cancel");
    window.key(Modifiers::NONE, Key::Backspace);
    window.click("Cancel");
    window.click("Another account");
    window.sees("Sign in to read and send mail");
    window.focus("Back to the mail");
    window.key(Modifiers::NONE, Key::Backspace);
    window.click("Back to the mail");
    // Earlier keys are handled before this one.
    window.key(Modifiers::NONE, Key::S);
    window.until("the flag", |window| window.rows().iter().any(|row| row.contains("flagged")));
    assert_eq!(lab.stored("alice", "INBOX").len(), 7);
    window.focus("New message");
    window.key(Modifiers::NONE, Key::Backspace);
    window.sees("The message was moved to Trash.");
}

#[test]
fn the_buttons_above_a_message_are_for_it_though_another_is_selected() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.sees("Save tea-rota.csv");
    window.sees("Folder Inbox, 6 unread");
    window.fill("Search this folder", "drains");
    window.key(Modifiers::NONE, Key::Enter);
    window.until("what was found", |window| window.rows().len() == 1);
    // The message that was found is selected, but another one is read.
    window.focus("New message");
    window.key(Modifiers::COMMAND, Key::A);
    window.click("Mark as unread");
    window.sees("Folder Inbox, 7 unread");
    window.click("Delete");
    window.sees("The message was moved to Trash.");
    let trash = lab.stored("alice", "Trash");
    assert!(trash[0].contains("The tea rota"), "{trash:?}");
}

#[test]
fn the_server_searches_and_sorts() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.until("the list", |window| window.rows().len() == 7);
    window.fill("Search this folder", "drains");
    window.key(Modifiers::NONE, Key::Enter);
    window.until("what was found", |window| window.rows().len() == 1);
    window.fill("Search this folder", "");
    window.until("all of them", |window| window.rows().len() == 7);
    window.fill("Search this folder", "no such word");
    window.key(Modifiers::NONE, Key::Enter);
    window.sees("Nothing found");
    window.click("Clear the search");
    window.until("all of them", |window| window.rows().len() == 7);
    window.click("Sort by Size");
    window.until("the largest first", |window| {
        window.rows().first().is_some_and(|row| row.contains("A portrait of our host"))
    });
}

#[test]
fn new_mail_comes_by_itself() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    lab.deliver("alice", "From: Dora <dora@there.test>\r\nSubject: Just now\r\n\r\nHello\r\n");
    window.sees("Dora, Just now");
    window.sees("Folder Inbox, 8 unread");
}

#[test]
fn the_keyboard_does_it_all() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.until("the list", |window| window.rows().len() == 7);
    window.key(Modifiers::NONE, Key::J);
    window.sees("Who left port 25 open?");
    window.key(Modifiers::NONE, Key::J);
    window.key(Modifiers::NONE, Key::J);
    window.sees("Can we fix it?");
    window.key(Modifiers::NONE, Key::E);
    window.sees("The message was moved to Archive.");
    window.key(Modifiers::NONE, Key::F1);
    window.sees("Reply to all");
    window.click("Close");
    window.misses("Reply to all");
    window.key(Modifiers::COMMAND, Key::Num2);
    window.sees("Receiving: IMAP or POP3");
}

#[test]
fn ten_thousand_messages_open_quickly_and_only_a_window_of_them_is_fetched() {
    let lab = Lab::open();
    let folder = lab.path().join("mail/carol/new");
    for number in 0..10_000 {
        let text = format!("From: Bob <bob@pillarbox.test>\nSubject: Number {number}\n\nHello\n");
        let name = format!("{}.M{number}P1.test", 1_700_000_000 + number);
        std::fs::write(folder.join(name), text).unwrap();
    }
    let begun = Instant::now();
    let mut window = lab.window(&["carol"]);
    window.sees("Number 9999");
    // The documentation has the measured time. This checks only that it does not take minutes.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert!(window.rows().len() < 100);
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::J);
    assert!(window.rows().len() < 100);
}

#[test]
fn with_the_text_for_a_projector_the_buttons_above_a_message_are_in_a_row() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.sees("Save tea-rota.csv");
    let before = window.place("Reply").height();
    window.key(Modifiers::COMMAND, Key::P);
    assert!(window.place("Reply").height() > before);
    let (first, last) = (window.place("Reply"), window.place("Move to a folder"));
    assert!(first.y_range().contains(last.center().y), "{first} {last}");
}

#[test]
fn the_tab_key_skips_the_lines_of_the_conversation() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.sees("FETCH completed");
    window.focus("Clear the conversation");
    // The edges between the panes can be moved by keys, so Tab stops at them, too.
    let next = (0..4).map(|_| {
        window.key(Modifiers::NONE, Key::Tab);
        window.focused()
    });
    let next: Vec<String> = next.flatten().collect();
    assert!(next.iter().any(|name| name == "New message"), "{next:?}");
}
