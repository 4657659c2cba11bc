//! The conversation pane: lines, their meaning, step mode; and the built-in servers.

use std::fs;
use std::path::Path;

use eframe::egui::{Key, Modifiers};
use pillarbox::teaching::script::Script;

use crate::lab::Lab;
use crate::window::Window;

/// A window whose classroom has logged in to POP3 as alice.
fn lesson(lab: &Lab) -> Window {
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("POP3");
    window
}

#[test]
fn every_line_is_shown_with_its_meaning_and_no_password_is() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    window.sees("S: +OK");
    window.sees("C: AUTH PLAIN ********");
    // By the keyboard: the last line, and what it means.
    window.key(Modifiers::ALT, Key::ArrowUp);
    window.sees("Why:");
    window.sees("RFC ");
    window.click("Octets");
    window.sees("octets of ciphertext");
}

#[test]
fn a_line_waits_can_be_edited_and_the_server_answers_what_it_became() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    window.click("Step by step");
    window.sees("the next line that a click sends will wait here");
    window.click("Send Command");
    // The line is explained before it is sent.
    window.sees("The line that waits");
    window.fill("The line that waits", "RSET");
    window.click("Next");
    window.sees("C: RSET");
    window.misses("The line that waits");
    assert!(!window.shows("C: STAT"));
    window.click("Send Command");
    window.sees("The line that waits");
    window.click("Run freely");
    window.sees("C: STAT");
}

#[test]
fn the_states_grow_with_the_text() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    window.click("States");
    window.sees("State TRANSACTION: here");
    let before = window.place("State TRANSACTION: here");
    window.key(Modifiers::COMMAND, Key::P);
    window.sees("State TRANSACTION: here");
    let after = window.place("State TRANSACTION: here");
    assert!(after.width() > before.width() * 1.3, "{before} {after}");
}

#[test]
fn the_states_are_drawn_and_the_present_one_is_marked() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    window.click("States");
    window.sees("The states of POP3");
    window.sees("State TRANSACTION: here");
    window.sees("State AUTHORIZATION");
    window.sees("RETR");
}

#[test]
fn the_lock_shows_the_certificate_and_why_it_is_trusted() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    window.click("TLS 1.3");
    window.sees("Encrypted from the first octet");
    window.sees("CN=Pillarbox Lab CA");
    window.sees("and you trust that authority because of");
}

#[test]
fn an_untrusted_certificate_comes_with_the_reason_and_what_to_do() {
    let lab = Lab::open();
    let mut window = lab.window_trusting(Path::new("no-such-ca.pem"), &["alice"]);
    window.sees("certificate is not trusted");
    window.sees("There is no TLS: certificate verify failed");
    window.click("not trusted");
    window.sees("Why it is not trusted");
    window.sees("which this machine does not trust");
    window.sees("copy its certs/ca.pem into the folder");
}

#[test]
fn a_conversation_is_saved_as_a_script_a_page_and_a_capture() {
    let lab = Lab::open();
    let mut window = lesson(&lab);
    let folder = lab.path().join("saved");
    for form in [
        "Demo script",
        "HTML page",
        "Capture, encrypted as it crossed",
        "Capture with the keys of TLS",
    ] {
        window.click("Save as…");
        window.click(form);
        window.fill("Folder", folder.to_str().unwrap());
        window.click("Save");
        window.pop_up("saved");
    }
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let script = String::from_utf8(read("pop3s-1.demo")).unwrap();
    Script::parse(&script).unwrap();
    assert!(!script.contains("wonderland"));
    let page = String::from_utf8(read("pop3s-1.html")).unwrap();
    assert!(page.contains("</html>") && !page.contains("wonderland"));
    let (without, with) = (read("pop3s-1.pcapng"), read("pop3s-1-1.pcapng"));
    let keys = |capture: &[u8]| {
        capture.windows(13).any(|piece| piece == b"CLIENT_RANDOM" || piece == b"CLIENT_HANDSH")
    };
    assert!(!keys(&without) && keys(&with));
}

#[test]
fn the_servers_run_inside_and_show_who_is_connected_and_their_mail() {
    let mut lab = Lab::open();
    let mut window = lab.window(&[]);
    lab.kill();
    window.click("Servers");
    window.click("Start the servers");
    window.sees("The servers run inside this window");
    window.sees("Listeners");
    window.sees("imaps");
    window.sees("Archive");
    window.sees("No client is connected");
    window.sees("Nothing waits for another server");
    window.click("Stop the servers");
    window.sees("No server runs here");
    // They can be started again: the ports and the queue are free.
    window.click("Start the servers");
    window.sees("Stop the servers");
}
