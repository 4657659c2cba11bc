//! A whole IMAP server in a screen: the library's office with one port open, and mail in a folder
//! that is gone when it ends.
//!
//! `cargo run --example imap_server`, then any mail program: IMAP on the port that it names, STARTTLS
//! or in clear, as alice with the password wonderland.

use std::error::Error;

use pillarbox::config::Config;
use pillarbox::server::{Connections, Office};

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

    // The certificates, the mailboxes, and a few messages for alice.
    let office = Office::open(&config)?;
    office.welcome_new_accounts()?;

    // A hundred clients at once, each in a thread of its own.
    let connections = Connections::new(100, 100)?;
    for listener in office.listeners(&connections)? {
        println!("IMAP is spoken on {}.", listener.address());
        listener.run();
    }
    Ok(())
}
