//! A protocol of one's own on the server's contract: it says the date, and answers every line with it.
//!
//! `cargo run --example daytime`, then `nc 127.0.0.1 2013`. (RFC 867, made a little more talkative.)

use std::io::{self, Read};

use pillarbox::net::Patience;
use pillarbox::server::{Connections, Listener, Peer, Reply, Security, Service, Session, Trouble};

struct Daytime;

impl Session for Daytime {
    fn greeting(&mut self) -> Reply {
        Reply::line(format!(
            "{}\r\n",
            jiff::Zoned::now().strftime("%A, %d %B %Y %H:%M:%S")
        ))
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        if line == b"bye" {
            Reply::close()
        } else {
            self.greeting()
        }
    }

    fn receive(&mut self, _body: &mut dyn Read) -> io::Result<Reply> {
        Ok(Reply::silent()) // never asked for
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        Reply::line(format!("Sorry: {trouble:?}\r\n"))
    }
}

fn main() -> io::Result<()> {
    let new_session = Box::new(|_: Peer| Box::new(Daytime) as Box<dyn Session>);
    let (security, patience) = (Security::Plain, Patience::default());
    let service = Service {
        name: "daytime",
        security,
        patience,
        new_session,
    };
    Listener::bind(
        ([127, 0, 0, 1], 2013).into(),
        service,
        &Connections::new(10, 10)?,
    )?
    .run();
    Ok(())
}
