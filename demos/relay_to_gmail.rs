//! A mail from your own Gmail account to anywhere: submission with STARTTLS and a login (RFC 6409).
//!
//! Make an app password first: myaccount.google.com/apppasswords. Then
//! `cargo run --example relay_to_gmail -- you@gmail.com friend@example.org`; the app password is asked
//! for, or taken from the environment: GMAIL_APP_PASSWORD. Another server is named after the two,
//! with its CA: `localhost:2587 certs/ca.pem`.

use std::error::Error;
use std::io::Cursor;

use pillarbox::client::{Endpoint, Security, SmtpClient, printable};
use pillarbox::mail::message::{Contact, Draft};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        [from, to] => relay(from, to, "smtp.gmail.com:587", ""),
        [from, to, server, ca] => relay(from, to, server, ca),
        _ => Err(
            "say from whom, and to whom: relay_to_gmail you@gmail.com friend@example.org".into(),
        ),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn relay(from: &str, to: &str, server: &str, ca: &str) -> Result<(), Box<dyn Error>> {
    let password = match std::env::var("GMAIL_APP_PASSWORD") {
        Ok(password) => password,
        Err(_) => rpassword::prompt_password(format!("App password of {from}: "))?,
    };
    let (host, port) = server
        .split_once(':')
        .ok_or("the server is written host:port")?;
    let server = Endpoint::new(host, port.parse()?, Security::StartTls, ca);
    let mut client = SmtpClient::connect(&server)?;
    println!(
        "{server} offers AUTH {}",
        printable(client.extension("AUTH").unwrap_or_default())
    );
    client.login(from, &password)?;

    let (_, domain) = from.split_once('@').ok_or("the sender is an address")?;
    let mut draft = Draft::new(Contact::new(None, from), domain);
    draft.to = Contact::list(to)?;
    draft.subject = "A mail from Pillarbox".to_owned();
    draft.text = "It was handed in by a program of sixty lines.\n".to_owned();
    let sent = client.send(
        from,
        &draft.recipients(),
        &mut Cursor::new(draft.to_bytes()),
    )?;
    println!("Sent to {}.", printable(&sent.accepted.join(", ")));
    Ok(client.quit()?)
}
