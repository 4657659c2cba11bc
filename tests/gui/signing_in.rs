//! Signing in, and how the window stands to its servers.

use crate::window::Lab;

#[test]
fn a_known_account_opens_with_a_click() {
    let lab = Lab::open();
    let mut window = lab.window(&[]);
    window.sees("Sign in to read and send mail");
    window.click("bob");
    window.sees("Folder Inbox, 7 unread");
    window.sees("The Postmaster, Welcome to Pillarbox");
    // And another one beside it.
    window.click("Another account");
    window.click("carol");
    window.sees("Account carol@pillarbox.test");
    window.click("Account bob@pillarbox.test");
    window.sees("Folder Inbox, 7 unread");
}

#[test]
fn a_password_is_typed_and_a_wrong_one_is_told() {
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
fn no_server_and_no_trust_are_told_where_one_signs_in() {
    let mut lab = Lab::open();
    // A CA of somebody else.
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
