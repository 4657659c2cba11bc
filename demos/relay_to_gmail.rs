//! Sends a mail from your Gmail account: submission with STARTTLS and a login (RFC 6409).
//!
//! Create an app password first: myaccount.google.com/apppasswords. Then run
//! `cargo run --example relay_to_gmail -- you@gmail.com friend@example.org`. It asks for the app password,
//! or takes it from the environment variable GMAIL_APP_PASSWORD. Two more words name another server and
//! its CA: `localhost:2587 certs/ca.pem`.

use std::error::Error;
use std::io::Cursor;

use pillarbox::client::{Endpoint, Security, SmtpClient, printable};
use pillarbox::mail::message::{Contact, Draft};
use pillarbox::mail::net::host_port::HostPort;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        [from, to] => relay(from, to, "smtp.gmail.com:587", ""),
        [from, to, server, ca] => relay(from, to, server, ca),
        _ => Err(
            "usage: relay_to_gmail SENDER RECIPIENT, as in relay_to_gmail you@gmail.com friend@example.org".into(),
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
    let HostPort { host, port } = server.parse()?;
    let server = Endpoint::new(host, port, Security::StartTls, ca);
    let mut client = SmtpClient::connect(&server)?;
    println!("{server} offers AUTH {}", printable(client.extension("AUTH").unwrap_or_default()));
    client.login(from, &password)?;

    let (_, domain) = from.split_once('@').ok_or("the sender must be an address")?;
    let mut draft = Draft::new(Contact::new(None, from), domain);
    draft.to = Contact::list(to)?;
    draft.subject = "A mail from Pillarbox".to_owned();
    draft.text = "A program of sixty lines has sent this.\n".to_owned();
    let sent = client.send(from, &draft.recipients(), &mut Cursor::new(draft.to_bytes()))?;
    println!("Sent to {}.", printable(&sent.accepted.join(", ")));
    Ok(client.quit()?)
}
