//! A server that dies in the middle, and comes back.

use crate::window::Lab;

#[test]
fn a_server_that_dies_is_told_and_comes_back() {
    let mut lab = Lab::open();
    let mut window = lab.window(&["alice"]);
    window.click_row("The tea rota");
    window.sees("Save tea-rota.csv");
    lab.kill();
    window.sees("Next attempt in");
    window.click_row("Fwd: The drains");
    window.sees("cannot be reached");
    lab.start();
    window.click("Try again now");
    window.misses("Next attempt in");
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
    let mut lab = Lab::open();
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
