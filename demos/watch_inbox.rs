//! Prints each new mail when it arrives: IMAP's IDLE (RFC 2177), over TLS.
//! `cargo run --example watch_inbox`, then send bob a message; Ctrl-C ends it.

use std::error::Error;
use std::time::Duration;

use pillarbox::client::{ImapClient, printable};
use pillarbox::commands::settings;
use pillarbox::config::Config;
use pillarbox::mail::message::ParsedMessage;
use pillarbox::mail::protocol::imap::{FetchItem, SequenceSet};

/// RFC 2177 §3: a server may disconnect a client that idles for half an hour.
const PATIENCE: Duration = Duration::from_secs(29 * 60);

fn main() {
    if let Err(error) = watch() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn watch() -> Result<(), Box<dyn Error>> {
    let server = settings(&Config::load(None)?)?.imap;
    let mut client = ImapClient::connect(&server)?;
    client.login("bob", "builder")?;
    let mailbox = client.select("INBOX")?;
    println!("Bob has {} messages. Waiting for more.", mailbox.exists);

    // Every message has a UID above those of the messages before it (RFC 9051 §2.3.1.1).
    let mut next = mailbox.uid_next;
    let mut seen = mailbox.exists;
    let count = |client: &ImapClient| client.mailbox().map_or(0, |mailbox| mailbox.exists);
    loop {
        // Mail that arrived during the last fetch was reported already, so IDLE would not return for it.
        if count(&client) == seen {
            client.idle(PATIENCE)?;
        }
        seen = count(&client);
        // `7:*` also means the last message if no UID is 7 or above (RFC 3501 §6.4.8).
        for new in client.fetch(&SequenceSet::starting_at(next), &[FetchItem::Uid])? {
            if new.uid() >= next {
                let mut message = Vec::new();
                client.fetch_body(new.uid(), &mut message)?;
                println!("{}", line(&ParsedMessage::of(&message)));
                next = new.uid() + 1;
            }
        }
    }
}

fn line(message: &ParsedMessage) -> String {
    let from = message.from.first().map(ToString::to_string);
    let from = from.unwrap_or("unknown sender".to_owned());
    printable(&format!("{from}: {}", message.subject))
}
