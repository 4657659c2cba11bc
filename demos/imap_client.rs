//! An IMAP client: lists bob's mailboxes and shows the newest message, over TLS.
//! `cargo run --example imap_client`

use std::error::Error;

use pillarbox::client::{ImapClient, printable};
use pillarbox::commands::settings;
use pillarbox::config::Config;
use pillarbox::mail::message::ParsedMessage;
use pillarbox::mail::protocol::imap::{FetchItem, SequenceSet, StatusItem};

fn main() {
    if let Err(error) = read() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn read() -> Result<(), Box<dyn Error>> {
    let server = settings(&Config::load(None)?)?.imap;
    let mut client = ImapClient::connect(&server)?;
    client.login("bob", "builder")?;

    for mailbox in client.list("*")? {
        let unseen = client.status(mailbox.name.as_str(), &[StatusItem::Unseen])?;
        let unseen = unseen.get(StatusItem::Unseen).unwrap_or(0);
        println!("{} has {unseen} unread messages", mailbox.name.as_str());
    }
    println!("\nINBOX has {} messages:\n", client.select("INBOX")?.exists);

    let messages = client.fetch(&SequenceSet::all(), &[FetchItem::Envelope])?;
    for message in &messages {
        let subject = message.envelope().and_then(|it| it.subject.as_deref());
        println!("{:>4} {}", message.uid(), printable(subject.unwrap_or("")));
    }
    if let Some(newest) = messages.last() {
        let mut message = Vec::new();
        client.fetch_body(newest.uid(), &mut message)?;
        println!("\nThe newest message:\n");
        for line in ParsedMessage::of(&message).text.lines() {
            println!("{}", printable(line));
        }
    }
    Ok(client.logout()?)
}
