//! The original's window: every button of it.

use eframe::egui::{Key, Modifiers};

use crate::lab::Lab;
use crate::window::Window;

#[test]
fn a_pop_up_says_whether_a_login_is_right() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("looking-glass");
    window.click("Login");
    window.pop_up("not accepted");
    window.fill("Password", "wonderland");
    window.click("Login");
    window.pop_up("User name and password are correct");
    // The password crosses the wire, and not the screen.
    assert!(!window.shows("wonderland") && !window.shows("AHdvbmRlcmxhbmQ"));
}

#[test]
fn a_message_is_sent_and_received_by_pop3() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.send_dummy();
    window.tick("POP3");
    window.say("RETR", "8");
    window.sees("MAIL FROM:<x@y>");
}

#[test]
fn a_message_that_one_of_two_recipients_got_was_sent_but_not_to_all() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.click("Login");
    window.pop_up("User name and password are correct");
    window.fill("Recipients", "alice, nobody");
    window.fill("Subject", "To both");
    window.click("Send");
    window.sees("nobody@pillarbox.test: ");
    assert!(!window.shows("The message was not sent"));
    window.pop_up("Sent, but not to all");
    let last = lab.stored("alice", "INBOX").pop().unwrap();
    assert!(last.contains("Subject: To both"), "{last}");
}

#[test]
fn ticking_a_protocol_again_logs_in_as_the_account_that_is_typed_now() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("IMAP");
    window.fill("User name", "bob");
    window.fill("Password", "builder");
    window.click("IMAP");
    window.tick("IMAP");
    window.sees("Logged in as bob (IMAP).");
    window.click("IMAP");
    window.click("IMAP");
    // The same account needs no second login.
    assert!(window.shows("Logged in as bob (IMAP)."));
    assert!(!window.shows("Logged in to the IMAP server."));
}

#[test]
fn every_command_of_pop3_is_answered() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("POP3");
    let rows = [
        ("STAT", "", "+OK 7 "),
        ("LIST", "", "S: 7 "),
        ("LIST", "2", "+OK 2 "),
        ("UIDL", "", "S: 7 "),
        ("RETR", "1", "Three things to try:"),
        ("TOP", "1 0", "S: MIME-Version: 1.0"),
        ("DELE", "1", "+OK Message marked for deletion"),
        ("RSET", "", "+OK"),
        ("NOOP", "", "+OK"),
        ("CAPA", "", "S: ."),
    ];
    for (verb, argument, answer) in rows {
        window.say(verb, argument);
        window.sees(answer);
    }
    window.say("RETR", "99");
    window.sees("Message number out of range");
    say_nothing(&mut window, "RETR", "ninety");
    window.say("QUIT", "");
    window.sees("Logged out.");
    window.click("Log in again");
    window.pop_up("Logged in to the POP3 server.");
}

/// A line that is not a command is not sent, and the window says what is wrong with it.
fn say_nothing(window: &mut Window, verb: &str, argument: &str) {
    window.choose("Command", verb);
    window.click("Clear the conversation");
    window.fill("Argument", argument);
    window.key(Modifiers::NONE, Key::Enter);
    window.sees("message number");
    assert!(!window.shows(&format!("{verb} {argument}")));
}

#[test]
fn every_command_of_imap_is_answered() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("IMAP");
    let rows = [
        ("CAPABILITY", "", "* CAPABILITY IMAP4rev1"),
        ("ID", "NIL", "ID "),
        ("NAMESPACE", "", "NAMESPACE ("),
        ("LIST", "\"\" *", "Trash"),
        ("LSUB", "\"\" *", "LSUB"),
        ("STATUS", "INBOX (MESSAGES UNSEEN)", "MESSAGES 7"),
        ("CREATE", "Lab", "CREATE completed"),
        ("SUBSCRIBE", "Lab", "SUBSCRIBE completed"),
        ("UNSUBSCRIBE", "Lab", "UNSUBSCRIBE completed"),
        ("SELECT", "INBOX", "7 EXISTS"),
        ("FETCH", "1 (FLAGS ENVELOPE)", "Welcome to Pillarbox"),
        ("SEARCH", "SUBJECT drains", "SEARCH 5"),
        ("SORT", "(DATE) UTF-8 ALL", "SORT "),
        ("THREAD", "REFERENCES UTF-8 ALL", "THREAD ("),
        ("STORE", "1 +FLAGS (\\Flagged)", "\\Flagged"),
        ("COPY", "1 Lab", "COPYUID"),
        ("MOVE", "1 Lab", "EXPUNGE"),
        ("CHECK", "", "CHECK completed"),
        ("EXPUNGE", "", "EXPUNGE completed"),
        ("NOOP", "", "NOOP completed"),
        ("UNSELECT", "", "UNSELECT completed"),
        ("EXAMINE", "INBOX", "READ-ONLY"),
        ("CLOSE", "", "CLOSE completed"),
        ("RENAME", "Lab Lab2", "RENAME completed"),
        ("DELETE", "Lab2", "DELETE completed"),
    ];
    for (verb, argument, answer) in rows {
        window.say(verb, argument);
        window.sees(answer);
    }
    window.say("SELECT", "Nowhere");
    window.sees("refuses SELECT Nowhere");
    window.say("LOGOUT", "");
    window.sees("Logged out.");
}

#[test]
fn with_the_text_for_a_projector_no_button_is_out_of_sight() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("IMAP");
    let before = window.place("Send").height();
    window.key(Modifiers::COMMAND, Key::P);
    assert!(window.place("Send").height() > before);
    let conversation = window.place("Connections that are shown").top();
    for button in ["Send Command", "Send"] {
        assert!(window.place(button).bottom() < conversation, "{button}");
    }
}

#[test]
fn after_a_pop_up_the_keyboard_is_where_it_was() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.focus("IMAP");
    window.key(Modifiers::NONE, Key::Space);
    window.sees("Logged in to the IMAP server.");
    window.key(Modifiers::NONE, Key::Enter);
    window.misses("Logged in to the IMAP server.");
    window.until("the keyboard", |window| window.focused().as_deref() == Some("IMAP"));
}
