//! Plays the wire for a session: cuts what the client says into lines, octets and dot text, and
//! gathers what the session answers. No socket, no thread, no waiting.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;

use pillarbox::limits;
use pillarbox::mail::net::dot::{LineEndRule, Unstuffer};
use pillarbox::server::{Next, Part, Peer, Reply, Session, Site, TlsState, Trouble};
use pillarbox::teaching::script::{Protocol, Talk};

use crate::site::new_session;

/// A conversation in memory, seen from the client's end.
pub(crate) struct Memory {
    site: Arc<Site>,
    protocol: Protocol,
    session: Box<dyn Session>,
    next: Next,
    /// Said by the client, and not taken yet.
    input: Vec<u8>,
    /// Said by the session, and not received yet.
    output: Vec<u8>,
}

impl Memory {
    pub(crate) fn connect(site: &Arc<Site>, protocol: Protocol, can_start_tls: bool) -> Memory {
        let tls = if can_start_tls { TlsState::Offered } else { TlsState::Unavailable };
        Memory::connect_from(site, protocol, peer(tls))
    }

    /// As a client at another place.
    pub(crate) fn connect_from(site: &Arc<Site>, protocol: Protocol, peer: Peer) -> Memory {
        let mut session = new_session(site, protocol, peer);
        let greeting = session.greeting();
        let mut memory = Memory {
            site: Arc::clone(site),
            protocol,
            session,
            next: Next::Close,
            input: Vec::new(),
            output: Vec::new(),
        };
        memory.say(greeting);
        memory
    }

    /// Lets the session answer what it can.
    fn pump(&mut self) -> io::Result<()> {
        while let Some(reply) = self.step()? {
            self.say(reply);
        }
        Ok(())
    }

    /// The session's next answer; `None` when it waits for the client.
    fn step(&mut self) -> io::Result<Option<Reply>> {
        match self.next {
            Next::Line | Next::Secret | Next::Idle(_) => Ok(self.line()),
            Next::Octets(count) => match usize::try_from(count) {
                Ok(count) if count <= self.input.len() => {
                    let octets: Vec<u8> = self.input.drain(..count).collect();
                    self.session.receive(&mut octets.as_slice()).map(Some)
                }
                _ => Ok(None),
            },
            Next::DotText(line_ends) => match self.dot_text(line_ends) {
                (text, Some(end)) => {
                    self.input.drain(..end);
                    self.session.receive(&mut text.as_slice()).map(Some)
                }
                (_, None) => Ok(None),
            },
            Next::StartTls | Next::Close => Ok(None),
        }
    }

    fn line(&mut self) -> Option<Reply> {
        let longest = self.site.limits.line_length;
        let Some(end) = self.input.iter().position(|octet| *octet == b'\n') else {
            let endless = self.input.len() > longest + limits::LINE_OVERRUN;
            return endless.then(|| self.trouble(Trouble::LineEndless));
        };
        let mut line: Vec<u8> = self.input.drain(..=end).collect();
        line.pop();
        line.pop_if(|last| *last == b'\r');
        if line.len() > longest {
            line.truncate(limits::BEGINNING);
            return Some(self.session.too_long(&line));
        }
        Some(self.session.interact(&line))
    }

    /// The text that has arrived, and where it ends in the input if it does.
    fn dot_text(&self, line_ends: LineEndRule) -> (Vec<u8>, Option<usize>) {
        let mut unstuffer = Unstuffer::new(line_ends);
        let mut text = vec![0; 2 * self.input.len() + 2];
        let step = unstuffer.step(&self.input, &mut text);
        text.truncate(step.written);
        (text, unstuffer.ended().then_some(step.read))
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        let reply = self.session.trouble(trouble);
        if trouble.is_fatal() { reply.then(Next::Close) } else { reply }
    }

    fn say(&mut self, mut reply: Reply) {
        if matches!(reply.next, Next::StartTls) && !self.input.is_empty() {
            reply = self.trouble(Trouble::PlaintextAfterStartTls);
        }
        self.next = reply.next;
        self.say_parts(reply.parts);
    }

    fn say_parts(&mut self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            match part {
                Part::Text(text) => self.output.extend(text),
                Part::Stream(mut text) => {
                    text.read_to_end(&mut self.output).unwrap();
                }
                Part::Each(parts) => self.say_parts(parts),
            }
        }
    }
}

fn peer(tls: TlsState) -> Peer {
    Peer { address: ([127, 0, 0, 1], 50_000).into(), tls }
}

impl Talk for Memory {
    fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        self.input.extend_from_slice(octets);
        self.pump()
    }

    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.output.is_empty() && matches!(self.next, Next::Idle(_)) {
            let news = self.session.news();
            self.say(news);
        }
        let Some(end) = self.output.iter().position(|octet| *octet == b'\n') else {
            return match self.next {
                Next::Close if self.output.is_empty() => Ok(None),
                _ => Err(io::Error::new(io::ErrorKind::TimedOut, "the server says nothing")),
            };
        };
        let mut line: Vec<u8> = self.output.drain(..=end).collect();
        assert!(line.ends_with(b"\r\n"), "{} has no CRLF", line.escape_ascii());
        line.truncate(line.len() - 2);
        Ok(Some(line))
    }

    fn unread(&mut self) -> Option<Vec<u8>> {
        (!self.output.is_empty()).then(|| mem::take(&mut self.output))
    }

    fn start_tls(&mut self) -> io::Result<()> {
        assert!(matches!(self.next, Next::StartTls), "the server awaits no handshake");
        self.session = new_session(&self.site, self.protocol, peer(TlsState::Active(None)));
        self.next = Next::Line;
        Ok(())
    }

    /// The session hears the cut where a wire would tell it: inside a body.
    fn disconnect(mut self: Box<Self>) {
        let left = match self.next {
            Next::DotText(line_ends) => self.dot_text(line_ends).0,
            Next::Octets(_) => mem::take(&mut self.input),
            _ => return,
        };
        let heard = self.session.receive(&mut left.as_slice().chain(Cut));
        assert!(heard.is_err(), "the session took half a message for a whole one");
    }
}

/// The end of a connection inside a body.
struct Cut;

impl Read for Cut {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
