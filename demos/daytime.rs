//! A protocol of one's own on the server's contract: it says the date, and answers every line with it.
//!
//! `cargo run --example daytime`, then `nc 127.0.0.1 2013`. (RFC 867, made a little more talkative.)

use std::io;

use pillarbox::net::Patience;
use pillarbox::server::{Connections, Listener, Peer, Reply, Security, Service, Session, Trouble};

struct Daytime;

impl Session for Daytime {
    fn greeting(&mut self) -> Reply {
        let now = jiff::Zoned::now();
        Reply::line(format!("{}\r\n", now.strftime("%A, %d %B %Y %H:%M:%S")))
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        match line {
            b"bye" => Reply::close(),
            _ => self.greeting(),
        }
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        Reply::line(format!("Sorry: {trouble:?}\r\n"))
    }
}

fn main() -> io::Result<()> {
    let service = Service {
        name: "daytime",
        security: Security::Plain,
        patience: Patience::default(),
        new_session: Box::new(|_: Peer| Box::new(Daytime)),
    };
    let connections = Connections::new(10, 10)?;
    Listener::bind(([127, 0, 0, 1], 2013).into(), service, &connections)?.run();
    Ok(())
}
