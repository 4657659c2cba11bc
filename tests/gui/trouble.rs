//! A server that dies in the middle, and comes back.

use crate::window::Lab;

#[test]
fn a_server_that_dies_is_told_and_comes_back() {
    let mut lab = Lab::on_kept_ports();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.sees("Save tea-rota.csv");
    lab.kill();
    window.sees("Next attempt at");
    window.sees("has ended: no more lines will follow");
    window.click_row("Fwd: The drains");
    window.sees("cannot be reached");
    lab.start();
    window.click("Try again now");
    window.misses("Next attempt at");
    window.click_row("Fwd: The drains");
    window.sees("Can we fix it?");
    // And new mail comes by itself again.
    lab.deliver(
        "alice",
        "From: dora@there.test\r\nSubject: Back again\r\n\r\nHello\r\n",
    );
    window.sees("Back again");
}

#[test]
fn a_server_that_dies_ends_the_lesson_with_a_sentence() {
    let mut lab = Lab::on_kept_ports();
    let mut window = lab.window(&[]).classroom("wonderland");
    window.tick("POP3");
    lab.kill();
    window.click("Send Command");
    window.sees("The server is stopping");
    window.click("Send Command");
    window.sees("closed the connection");
    lab.start();
    window.click("Log in again");
    window.pop_up("Logged in to the POP3 server.");
}

#[test]
fn with_servers_started_inside_what_failed_without_them_is_tried_again() {
    let mut lab = Lab::on_kept_ports();
    lab.kill();
    let mut window = lab.window(&["alice"]);
    window.sees("cannot be reached");
    window.click("Start the servers");
    window.sees("Folder Inbox, 7 unread");
}

#[test]
fn when_another_programs_servers_go_the_window_offers_its_own() {
    let mut lab = Lab::on_kept_ports();
    let mut window = lab.window(&["alice"]);
    window.sees("Folder Inbox, 7 unread");
    window.click("Servers");
    window.sees("Another program listens");
    window.click("Mail");
    assert!(!window.shows("Start the servers"));
    lab.kill();
    window.click("Start the servers");
    window.misses("Next attempt at");
    window.click_row("Fwd: The drains");
    window.sees("Can we fix it?");
}
