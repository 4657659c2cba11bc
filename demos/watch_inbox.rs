//! Tells of each new mail at the moment it comes: IMAP's IDLE (RFC 2177), over TLS.
//! `cargo run --example watch_inbox`, then send bob something; Ctrl-C ends it.

use std::error::Error;
use std::time::Duration;

use pillarbox::client::{ImapClient, printable};
use pillarbox::commands::settings;
use pillarbox::config::Config;
use pillarbox::mail::message::ParsedMessage;
use pillarbox::mail::protocol::imap::{FetchItem, SequenceSet};

/// RFC 2177 §3: whoever idles for half an hour is hung up on.
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
    let (mut next, mut seen) = (mailbox.uid_next, mailbox.exists);
    let count = |client: &ImapClient| client.mailbox().map_or(0, |mailbox| mailbox.exists);
    loop {
        // What came while we fetched has been told already: who idles now waits for the one after it.
        if count(&client) == seen {
            client.idle(PATIENCE)?;
        }
        seen = count(&client);
        // `7:*` is the last message, too, when none has a UID of 7 or above.
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
    let from = from.unwrap_or("nobody".to_owned());
    printable(&format!("{from}: {}", message.subject))
}
