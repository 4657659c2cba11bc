//! An IMAP server on one screen: the library's servers with one port open, and the mail in a temporary
//! folder.
//!
//! `cargo run --example imap_server`, then any mail program: IMAP on the port that it prints, with
//! STARTTLS or unencrypted, account alice, password wonderland.

use std::error::Error;

use pillarbox::config::Config;
use pillarbox::mail::net::Taps;
use pillarbox::server::Services;

const CONFIG: &str = "
[server]
domain = pillarbox.test

[accounts]
alice = wonderland

[ports]
imap = PORT
imaps =
pop3 =
pop3s =
smtp =
smtps =
submission =
lmtp =
";

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).unwrap_or("2144".into());
    let folder = tempfile::tempdir()?;
    let text = CONFIG.replace("PORT", &port);
    let config = Config::parse("imap_server.rs", &text, folder.path())?;

    // The certificates, the mailboxes, a few messages for alice, and a thread for each client.
    let services = Services::open(&config, Taps::default())?;
    for listening in services.listening() {
        println!("The IMAP server listens on {}.", listening.address);
    }
    loop {
        std::thread::park();
    }
}
