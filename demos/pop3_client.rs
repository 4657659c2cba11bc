//! Bob fetches his newest message: POP3, over TLS. `cargo run --example pop3_client`

use pillarbox::client::{ClientError, Endpoint, Pop3Client, Security, printable};
use pillarbox::message::Reading;

fn main() {
    if let Err(error) = fetch() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn fetch() -> Result<(), ClientError> {
    let server = Endpoint::new("127.0.0.1", 2995, Security::Tls, "certs/ca.pem");
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
        println!("\nThe newest one:\n");
        for line in Reading::of(&message).text.lines() {
            println!("{}", printable(line));
        }
    }
    client.quit()
}
