//! A POP3 client: shows bob's newest message, over TLS. `cargo run --example pop3_client`

use std::error::Error;

use pillarbox::client::{Pop3Client, printable};
use pillarbox::commands::settings;
use pillarbox::config::Config;
use pillarbox::mail::message::ParsedMessage;

fn main() {
    if let Err(error) = fetch() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn fetch() -> Result<(), Box<dyn Error>> {
    let server = settings(&Config::load(None)?)?.pop3;
    let mut client = Pop3Client::connect(&server)?;
    client.login("bob", "builder")?;

    let mailbox = client.stat()?;
    println!("{} messages, {} octets", mailbox.messages, mailbox.octets);
    for (number, octets) in client.list()? {
        println!("{number:>4} {octets:>8} octets");
    }

    if mailbox.messages > 0 {
        let mut message = Vec::new();
        client.retr(mailbox.messages, &mut message)?;
        println!("\nThe newest message:\n");
        for line in ParsedMessage::of(&message).text.lines() {
            println!("{}", printable(line));
        }
    }
    Ok(client.quit()?)
}
