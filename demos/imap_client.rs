//! Bob reads his mailbox and waits for the next message: IMAP, over TLS. `cargo run --example imap_client`

use std::time::Duration;

use pillarbox::client::{ClientError, Endpoint, ImapClient, Security, printable};
use pillarbox::message::Reading;
use pillarbox::protocol::imap::{FetchItem, SequenceSet};

fn main() {
    if let Err(error) = read() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn read() -> Result<(), ClientError> {
    let server = Endpoint::new("127.0.0.1", 2993, Security::Tls, "certs/ca.pem");
    let mut client = ImapClient::connect(&server)?;
    client.login("bob", "builder")?;
    println!("{} messages", client.select("INBOX")?.exists);

    let messages = client.fetch(&SequenceSet::all(), &[FetchItem::Envelope])?;
    for message in &messages {
        let subject = message.envelope().and_then(|it| it.subject.as_deref());
        println!("{:>4} {}", message.uid(), printable(subject.unwrap_or("")));
    }
    if let Some(newest) = messages.last() {
        let mut message = Vec::new();
        client.fetch_body(newest.uid(), &mut message)?;
        println!("\nThe newest one:\n");
        for line in Reading::of(&message).text.lines() {
            println!("{}", printable(line));
        }
    }

    println!("\nWaiting half a minute for news; send bob something.");
    for news in client.idle(Duration::from_secs(30))? {
        println!("{news:?}");
    }
    client.logout()
}
