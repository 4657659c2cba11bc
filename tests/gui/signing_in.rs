//! Signing in; and servers that are missing, die in the middle, or come back.

use crate::lab::Lab;

#[test]
fn a_known_account_opens_with_a_click() {
    let lab = Lab::open();
    let mut window = lab.window(&[]);
    window.sees("Sign in to read and send mail");
    window.click("bob");
    window.sees("Folder Inbox, 7 unread");
    window.sees("The Postmaster, Welcome to Pillarbox");
    // A second account opens beside it.
    window.click("Another account");
    window.click("carol");
    window.sees("Account carol@pillarbox.test");
    window.click("Account bob@pillarbox.test");
    window.sees("Folder Inbox, 7 unread");
}

#[test]
fn a_wrong_password_is_reported_and_a_right_one_opens_the_account() {
    let lab = Lab::open();
    let mut window = lab.window(&[]);
    window.sign_in("alice@pillarbox.test", "looking-glass");
    window.sees("username or password rejected");
    window.fill("Password", "wonderland");
    window.click("Sign in");
    window.sees("Folder Inbox");
    window.click("Sign out");
    window.sees("Sign in to read and send mail");
}

#[test]
fn the_sign_in_card_reports_a_missing_server_and_an_untrusted_certificate() {
    let mut lab = Lab::open();
    // The CA of another lab.
    let other = Lab::open();
    let mut window = lab.window_trusting(&other.path().join("certs/ca.pem"), &["alice"]);
    window.sees("shows a certificate that is not trusted");
    lab.kill();
    let mut window = lab.window(&["alice"]);
    window.sees("cannot be reached");
}

#[test]
fn another_server_is_typed() {
    let lab = Lab::open();
    let elsewhere = Lab::open();
    let mut window = lab.window(&[]);
    window.click("Another server than the configuration's");
    let settings = elsewhere.settings(lab.path().join("certs/ca.pem"));
    window.fill("IMAP server (host:port)", "nowhere");
    window.sign_in("alice", "wonderland");
    window.sees("“nowhere” is not a server");
    window.fill("IMAP server (host:port)", &settings.imap.to_string());
    window.click("Sign in");
    // It is the other lab's, whose CA this one does not know.
    window.sees("shows a certificate that is not trusted");
}

#[test]
fn a_server_that_dies_is_reported_and_comes_back() {
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
    // New mail is noticed again.
    lab.deliver("alice", "From: dora@there.test\r\nSubject: Back again\r\n\r\nHello\r\n");
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
