//! A whole SMTP server in a screen (RFC 5321): it takes every message, and shows it.
//! `cargo run --example smtp_server`, then `nc -C 127.0.0.1 2026`, or any mail program.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read};

use pillarbox::client::printable;
use pillarbox::mail::net::dot::Ending;
use pillarbox::mail::protocol::smtp::{self, Command};
use pillarbox::server::{Connections, Listener, Next, Reply, Service, Session, Trouble};

/// Whom the message is for.
struct Taker(Vec<String>);

fn say(code: u16, text: &str) -> Reply {
    Reply::line(smtp::Reply::new(code, None, text).to_string())
}

impl Session for Taker {
    fn greeting(&mut self) -> Reply {
        say(220, "taker.test takes every message")
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        match Command::parse(line) {
            Ok(Command::Mail { .. } | Command::Rset) => self.0.clear(),
            Ok(Command::Rcpt { to, .. }) => self.0.push(to.to_string()),
            Ok(Command::Data) if self.0.is_empty() => return say(503, "RCPT first"),
            Ok(Command::Data) => return say(354, "Go on").then(Next::DotText(Ending::Strict)),
            Ok(Command::Quit) => return say(221, "Bye").then(Next::Close),
            Ok(Command::Helo(_) | Command::Ehlo(_) | Command::Noop) => {}
            Ok(_) => return say(502, "That I cannot do"),
            Err(error) => return say(error.code(), &error.to_string()),
        }
        say(250, "Ok")
    }

    fn receive(&mut self, body: &mut dyn Read) -> io::Result<Reply> {
        println!("For {}:", self.0.join(" and "));
        for line in BufReader::new(body).split(b'\n') {
            println!("{}", printable(String::from_utf8_lossy(&line?).trim_end()));
        }
        Ok(say(250, "It is on the screen"))
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        say(421, &format!("{trouble:?}"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or("2026".into()).parse()?;
    let service = Service::plain("smtp", |_| Taker(Vec::new()));
    let connections = Connections::new(10, 10)?;
    let listener = Listener::bind(([127, 0, 0, 1], port).into(), service, &connections)?;
    println!("SMTP is spoken on {}.", listener.address());
    listener.run();
    Ok(())
}
