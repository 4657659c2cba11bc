//! A protocol of your own on the library's `Session`: it answers every line with the date and the time.
//!
//! `cargo run --example own_protocol`, then `nc 127.0.0.1 2013`. (A more talkative RFC 867.)

use std::error::Error;

use pillarbox::server::{Connections, Listener, Reply, Service, Session, Trouble};

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

fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or("2013".into()).parse()?;
    let service = Service::plain("daytime", |_| Daytime);
    let connections = Connections::new(10, 10)?;
    let listener = Listener::bind(([127, 0, 0, 1], port).into(), service, &connections)?;
    println!("The daytime server listens on {}.", listener.address());
    listener.run();
    Ok(())
}
