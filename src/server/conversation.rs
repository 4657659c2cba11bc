//! The loop: **say, then listen**. All the servers, all the conversations.

use std::io::{self, Read};

use native_tls::TlsAcceptor;

use super::{Next, Part, Reply, Session, Trouble};
use crate::limits;
use crate::mail::net::{self, Heard, Secured, Wake, Wire};

/// What STARTTLS needs: the acceptor, and how to begin a fresh session behind it, which is told what
/// the handshake agreed on.
pub type Upgrade<'a> = (
    &'a TlsAcceptor,
    &'a dyn Fn(Option<Secured>) -> Box<dyn Session>,
);

/// Leads one conversation from its opening, which is the greeting or why there is none, to its end.
///
/// # Errors
/// When the connection fails; what the client does wrong is answered, not returned.
pub fn converse(
    wire: &mut Wire,
    mut session: Box<dyn Session>,
    opening: Reply,
    upgrade: Option<Upgrade<'_>>,
) -> io::Result<()> {
    let mut reply = opening;
    loop {
        if matches!(reply.next, Next::StartTls) && wire.has_pending() {
            reply = trouble(&mut *session, Trouble::PlaintextBehindStartTls);
        }
        say(wire, reply.parts)?;
        wire.be_patient_for(session.patience());
        reply = match reply.next {
            Next::Line | Next::Secret => hear(&mut *session, wire.read_line()?),
            Next::Idle(bell) => hear(&mut *session, wire.read_line_or_news(&bell)?),
            Next::Octets(count) => receive(&mut *session, &mut wire.octets(count))?,
            Next::DotText(ending) => receive(&mut *session, &mut wire.dot_text(ending))?,
            Next::StartTls => {
                let (acceptor, fresh_session) = upgrade.ok_or(io::ErrorKind::Unsupported)?;
                wire.accept_tls(acceptor)?;
                session = fresh_session(wire.secured().cloned());
                Reply::silent()
            }
            Next::Close => return wire.flush(),
        };
    }
}

/// Gives the session what was heard.
fn hear(session: &mut dyn Session, heard: Heard) -> Reply {
    match heard {
        Heard::Line(line) => session.interact(&line),
        Heard::News => session.news(),
        Heard::TooLong(beginning) => session.too_long(&beginning),
        Heard::Endless => trouble(session, Trouble::LineEndless),
        Heard::TimedOut => trouble(session, Trouble::TimedOut),
        Heard::Stopping => trouble(session, Trouble::ShuttingDown),
        Heard::Closed => Reply::close(),
    }
}

/// Lets the session word the trouble; what is fatal closes, whatever the session asked for.
pub(super) fn trouble(session: &mut dyn Session, trouble: Trouble) -> Reply {
    let reply = session.trouble(trouble);
    if trouble.is_fatal() {
        reply.then(Next::Close)
    } else {
        reply
    }
}

/// Gives the session a body, and skips what it leaves of it. Where a wait ends inside the body,
/// nobody can tell what the next octet would be: the trouble is said, and is fatal.
fn receive(session: &mut dyn Session, body: &mut dyn Read) -> io::Result<Reply> {
    let whole = session
        .receive(body)
        .and_then(|reply| net::skip_rest(body, limits::SKIPPED).map(|()| reply));
    whole.or_else(|error| match Wake::of(&error) {
        Some(Wake::TimedOut) => Ok(trouble(session, Trouble::TimedOut)),
        Some(Wake::Stopping) => Ok(trouble(session, Trouble::ShuttingDown)),
        _ => Err(error),
    })
}

/// Says the parts in their order; those of [`Part::Each`] are made one after the other.
fn say(wire: &mut Wire, parts: impl IntoIterator<Item = Part>) -> io::Result<()> {
    for part in parts {
        match part {
            Part::Text(text) => wire.say(&text)?,
            Part::Stream(mut message) => wire.say_all(&mut *message).map(drop)?,
            Part::Each(parts) => say(wire, parts)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::mail::net::Patience;

    /// Waits for a first line only briefly, and for the next as long as the port does.
    struct Stranger(Option<Duration>);

    impl Session for Stranger {
        fn greeting(&mut self) -> Reply {
            Reply::silent()
        }

        fn interact(&mut self, _line: &[u8]) -> Reply {
            self.0 = None;
            Reply::line("known\r\n")
        }

        fn patience(&self) -> Option<Duration> {
            self.0
        }

        fn trouble(&mut self, trouble: Trouble) -> Reply {
            Reply::line(format!("{trouble:?}\r\n"))
        }
    }

    /// What a client hears that says this and then nothing, on a port with this patience.
    fn heard(said: &[u8], port: Duration, before_login: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        io::Write::write_all(&mut client, said).unwrap();
        let patience = Patience {
            timeout: port,
            ..Patience::default()
        };
        let mut wire = Wire::new(listener.accept().unwrap().0, patience, None).unwrap();
        let mut session = Box::new(Stranger(Some(before_login)));
        let opening = session.greeting();
        converse(&mut wire, session, opening, None).unwrap();
        drop(wire);
        let mut heard = String::new();
        client.read_to_string(&mut heard).unwrap();
        heard
    }

    #[test]
    fn a_session_may_be_less_patient_than_its_port_but_not_more() {
        let (long, short) = (Duration::from_secs(3600), Duration::from_millis(300));
        assert_eq!(heard(b"", long, short), "TimedOut\r\n");
        assert_eq!(heard(b"", short, long), "TimedOut\r\n");
        assert_eq!(heard(b"x\n", short, long), "known\r\nTimedOut\r\n");
    }
}
