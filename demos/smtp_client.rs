//! An SMTP client: alice sends bob a message, command by command. `cargo run --example smtp_client`

use std::error::Error;

use pillarbox::client::SmtpClient;
use pillarbox::commands::settings;
use pillarbox::config::Config;
use pillarbox::mail::protocol::smtp::Params;

const MESSAGE: &str = "\
From: Alice <alice@pillarbox.test>
To: Bob <bob@pillarbox.test>
Subject: Tea

At five, under the clock?
.
This line and the lone dot above are part of the message.
";

fn main() {
    if let Err(error) = send() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn send() -> Result<(), Box<dyn Error>> {
    let server = settings(&Config::load(None)?)?.smtp;
    let mut client = SmtpClient::connect(&server)?;
    client.login("alice", "wonderland")?;

    let reply = client.mail("alice@pillarbox.test", Params::new())?;
    print!("To MAIL the server says {reply}");
    let reply = client.rcpt("bob@pillarbox.test")?;
    print!("To RCPT it says {reply}");
    let reply = client.data(&mut MESSAGE.as_bytes())?;
    print!("And to the message, {reply}");

    Ok(client.quit()?)
}
