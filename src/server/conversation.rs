//! The loop: **say, then listen**. It serves every conversation of all three protocols.

use std::io::{self, Read};
use std::net::SocketAddr;

use super::{Admission, Next, Part, Reply, Service, Session, Trouble};
use crate::limits;
use crate::mail::net::{self, LineInput, WaitEnd, Wire};

/// Leads one conversation with a client, from the greeting to the end.
///
/// # Errors
/// When the connection fails. A mistake of the client is answered, not returned.
pub fn converse(
    wire: &mut Wire,
    service: &Service,
    client: SocketAddr,
    admission: Admission,
) -> io::Result<()> {
    let mut session = service.begin_session(client, wire);
    let mut reply = match admission {
        Admission::Welcome => session.greeting(),
        Admission::Refused => report(&mut *session, Trouble::TooManyConnections),
    };
    loop {
        // RFC 3207 §4.2: what came before the handshake may be an attacker's.
        if matches!(reply.next, Next::StartTls) && wire.has_pending() {
            reply = report(&mut *session, Trouble::PlaintextAfterStartTls);
        }
        say(wire, reply.parts)?;
        wire.limit_wait(session.timeout());
        reply = match reply.next {
            Next::Line | Next::Secret => respond(&mut *session, wire.read_line()?),
            Next::Idle(waker) => respond(&mut *session, wire.read_line_or_news(&waker)?),
            Next::Octets(count) => receive(&mut *session, &mut wire.octets(count))?,
            Next::DotText(line_ends) => receive(&mut *session, &mut wire.dot_text(line_ends))?,
            Next::StartTls => {
                service.start_tls(wire)?;
                session = service.begin_session(client, wire);
                // There is no second greeting.
                Reply::silent()
            }
            Next::Close => return wire.flush(),
        };
    }
}

/// Gives the session a line, or tells it why none came.
fn respond(session: &mut dyn Session, input: LineInput) -> Reply {
    match input {
        LineInput::Line(line) => session.interact(&line),
        LineInput::News => session.news(),
        LineInput::TooLong(beginning) => session.too_long(&beginning),
        LineInput::Endless => report(session, Trouble::LineEndless),
        LineInput::TimedOut => report(session, Trouble::TimedOut),
        LineInput::Stopping => report(session, Trouble::ShuttingDown),
        LineInput::Closed => Reply::close(),
    }
}

/// Lets the session word the trouble. If it is fatal, the conversation closes after that.
fn report(session: &mut dyn Session, trouble: Trouble) -> Reply {
    let reply = session.trouble(trouble);
    if trouble.is_fatal() { reply.then(Next::Close) } else { reply }
}

/// Gives the session a body, and skips what it leaves unread.
///
/// If a wait ends inside the body, the next octet could be anything, so the trouble is fatal.
/// A wait that ended early is an `io::Error` with a `WaitEnd` in it (`mail/net/socket.rs`).
fn receive(session: &mut dyn Session, body: &mut dyn Read) -> io::Result<Reply> {
    let received = session.receive(body).and_then(|reply| {
        net::skip_rest(body, limits::SKIPPED)?;
        Ok(reply)
    });
    received.or_else(|error| match WaitEnd::of(&error) {
        Some(WaitEnd::TimedOut) => Ok(report(session, Trouble::TimedOut)),
        Some(WaitEnd::Stopping) => Ok(report(session, Trouble::ShuttingDown)),
        _ => Err(error),
    })
}

/// Says the parts in their order; those of [`Part::Each`] are made one after the other.
fn say(wire: &mut Wire, parts: impl IntoIterator<Item = Part>) -> io::Result<()> {
    for part in parts {
        match part {
            Part::Text(text) => wire.say(&text)?,
            Part::Stream(mut message) => {
                wire.say_all(&mut *message)?;
            }
            Part::Each(parts) => say(wire, parts)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::mail::net::WireLimits;

    /// A session with a short time-out for the first line, and the port's own for the next.
    struct Stranger(Option<Duration>);

    impl Session for Stranger {
        fn greeting(&mut self) -> Reply {
            Reply::silent()
        }

        fn interact(&mut self, _line: &[u8]) -> Reply {
            self.0 = None;
            Reply::line("known\r\n")
        }

        fn timeout(&self) -> Option<Duration> {
            self.0
        }

        fn trouble(&mut self, trouble: Trouble) -> Reply {
            Reply::line(format!("{trouble:?}\r\n"))
        }
    }

    /// The replies to a client that says this and then nothing, on a port with this time-out.
    fn heard(said: &[u8], port: Duration, before_login: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        io::Write::write_all(&mut client, said).unwrap();
        let limits = WireLimits { timeout: port, ..WireLimits::default() };
        let (tcp, address) = listener.accept().unwrap();
        let mut wire = Wire::new(tcp, limits, None).unwrap();
        let service = Service::plain("test", move |_| Stranger(Some(before_login)));
        converse(&mut wire, &service, address, Admission::Welcome).unwrap();
        drop(wire);
        let mut heard = String::new();
        client.read_to_string(&mut heard).unwrap();
        heard
    }

    #[test]
    fn a_session_may_shorten_the_time_out_of_its_port_only() {
        let (long, short) = (Duration::from_secs(3600), Duration::from_millis(300));
        assert_eq!(heard(b"", long, short), "TimedOut\r\n");
        assert_eq!(heard(b"", short, long), "TimedOut\r\n");
        assert_eq!(heard(b"x\n", short, long), "known\r\nTimedOut\r\n");
    }
}
