//! Keys: after a modal window the keyboard is where it was, no key stops the window without a word, and no key is
//! handled too early.

use eframe::egui::{Event, Key, Modifiers};

use crate::lab::Lab;
use crate::window::Window;

/// A window whose classroom has logged in to POP3 as alice.
fn lesson(lab: &Lab) -> Window {
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("POP3");
    // The last line of the login.
    window.sees("+OK Welcome");
    window
}

/// Waits until the control of this name has the keyboard.
fn has_keyboard(window: &mut Window, name: &str) {
    window.until(&format!("the keyboard at {name}"), |window| {
        window.focused().as_deref() == Some(name)
    });
}

#[test]
fn a_key_for_the_conversation_shows_it_if_it_was_hidden() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    let rows = [
        (Modifiers::COMMAND, Key::D, "The states of POP3"),
        (Modifiers::COMMAND, Key::L, "Encrypted from the first octet"),
        (Modifiers::COMMAND, Key::O, "Octets"),
        (Modifiers::ALT, Key::ArrowUp, "Why:"),
        (Modifiers::COMMAND, Key::J, "the next line that a click sends"),
    ];
    for (modifiers, key, shown) in rows {
        window.key(Modifiers::COMMAND, Key::Num0);
        window.misses("Connections that are shown");
        window.key(modifiers, key);
        window.sees(shown);
    }
    // In step mode it cannot be hidden: the button Next is in it.
    window.key(Modifiers::COMMAND, Key::Num0);
    assert!(window.shows("Connections that are shown"));
}

#[test]
fn after_the_last_line_of_the_conversation_none_is_chosen() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    let nothing = "Point at a line, or choose one";
    window.sees(nothing);
    window.key(Modifiers::ALT, Key::ArrowUp);
    window.misses(nothing);
    window.key(Modifiers::ALT, Key::ArrowUp);
    window.key(Modifiers::ALT, Key::ArrowDown);
    assert!(!window.shows(nothing));
    window.key(Modifiers::ALT, Key::ArrowDown);
    window.sees(nothing);
}

#[test]
fn after_the_list_of_keys_the_keyboard_is_where_it_was() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click("New message");
    window.fill("Subject", "Tea");
    window.key(Modifiers::NONE, Key::F1);
    has_keyboard(&mut window, "Close");
    window.key(Modifiers::NONE, Key::Escape);
    window.misses("Escape leaves a text");
    has_keyboard(&mut window, "Subject");
}

#[test]
fn after_the_file_dialogue_the_keyboard_is_where_it_was() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click("New message");
    window.focus("Attach files");
    window.key(Modifiers::NONE, Key::Space);
    window.sees("The home folder");
    window.click("Cancel");
    window.misses("The home folder");
    has_keyboard(&mut window, "Attach files");
}

#[test]
fn after_a_login_by_enter_the_keyboard_is_still_at_the_password() {
    let lab = Lab::open();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.fill("Password", "no such");
    window.key(Modifiers::NONE, Key::Enter);
    window.pop_up("not accepted");
    has_keyboard(&mut window, "Password");
}

/// A key that was pressed and released.
fn stroke(modifiers: Modifiers, key: Key) -> [Event; 2] {
    [true, false].map(|pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    })
}

/// The events of these letters.
fn letters(text: &str) -> impl Iterator<Item = Event> {
    text.chars().map(|letter| Event::Text(letter.to_string()))
}

#[test]
fn a_letter_that_is_written_faster_than_the_window_is_drawn_is_sent_as_it_was_meant() {
    let lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    let tab = stroke(Modifiers::NONE, Key::Tab);
    let mut typed = stroke(Modifiers::COMMAND, Key::N).to_vec();
    typed.extend(letters("bob"));
    typed.extend(tab.clone());
    typed.extend(letters("Tea at four"));
    typed.extend(tab);
    typed.extend(letters("By the gate."));
    typed.extend(stroke(Modifiers::COMMAND, Key::Enter));
    window.at_once(typed);
    window.sees("The message is kept in Sent.");
    let message = lab.stored("bob", "INBOX").pop().unwrap();
    assert!(message.contains("Subject: Tea at four"), "{message}");
    assert!(message.contains("By the gate."), "{message}");
}
