//! An SMTP server on one screen (RFC 5321): it accepts every message, and prints it.
//! `cargo run --example smtp_server`, then `nc -C 127.0.0.1 2026`, or any mail program.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read};

use pillarbox::client::printable;
use pillarbox::mail::net::dot::LineEndRule;
use pillarbox::mail::protocol::smtp::{Command, Command::Data, Reply};
use pillarbox::server::{self, Connections, Listener, Next, Service, Session, Trouble};

/// The recipients of the message.
struct Taker(Vec<String>);

fn say(reply: Reply) -> server::Reply {
    server::Reply::line(reply.to_string())
}

impl Session for Taker {
    fn greeting(&mut self) -> server::Reply {
        say(Reply::GREETING.because("taker.test takes every message"))
    }

    fn interact(&mut self, line: &[u8]) -> server::Reply {
        match Command::parse(line) {
            Ok(Command::Mail { .. } | Command::Rset) => self.0.clear(),
            Ok(Command::Rcpt { to, .. }) => self.0.push(to.to_string()),
            Ok(Data) if self.0.is_empty() => return say(Reply::BAD_SEQUENCE.because("RCPT first")),
            Ok(Data) => return say(Reply::START_DATA).then(Next::DotText(LineEndRule::Strict)),
            Ok(Command::Quit) => return say(Reply::BYE).then(Next::Close),
            Ok(Command::Helo(_) | Command::Ehlo(_) | Command::Noop) => {}
            Ok(_) => return say(Reply::NOT_OFFERED),
            Err(error) => return say(error.reply()),
        }
        say(Reply::OK)
    }

    fn receive(&mut self, body: &mut dyn Read) -> io::Result<server::Reply> {
        println!("For {}:", self.0.join(" and "));
        for line in BufReader::new(body).split(b'\n') {
            println!("{}", printable(String::from_utf8_lossy(&line?).trim_end()));
        }
        Ok(say(Reply::OK.because("It is on the screen")))
    }

    fn trouble(&mut self, trouble: Trouble) -> server::Reply {
        say(Reply::new(421, None, format!("{trouble:?}")))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or("2026".into()).parse()?;
    let service = Service::plain("smtp", |_| Taker(Vec::new()));
    let connections = Connections::new(10, 10)?;
    let listener = Listener::bind(([127, 0, 0, 1], port).into(), service, &connections)?;
    println!("The SMTP server listens on {}.", listener.address());
    listener.run();
    Ok(())
}
