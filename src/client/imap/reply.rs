//! What an IMAP server says to one command: responses, up to the one that ends it.
//!
//! A response is one line, or several with literals between them (RFC 3501 §4.3). Literals are kept
//! in memory within [`limits::ANSWER`], but for the one body that is asked for as a stream.

use std::io::Write;

use crate::client::{Answer, ClientError, ClientSocket};
use crate::limits;
use crate::mail::protocol::imap::response::{Condition, Response, Status};
use crate::mail::protocol::imap::{Tag, literal_at_end};

/// All that a server says to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImapReply {
    /// Facts and news, in their order.
    pub untagged: Vec<Response>,
    /// How it ended.
    pub end: End,
}

/// The end of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// `a1 OK …`: the command is done, or refused.
    Done(Tag, Status),
    /// `+ …`: the server waits for the rest of the command.
    Continue(Vec<u8>),
}

/// Where a message's body, or a part of it, goes while it arrives.
pub(super) struct Body<'a> {
    /// How it is announced: `BODY[1.2]`.
    pub(super) name: String,
    pub(super) out: &'a mut dyn Write,
    /// The octets that went there; `None` while no body has come.
    pub(super) copied: Option<u64>,
}

impl Body<'_> {
    /// Does this end with `BODY[] {310}`?
    fn is_announced(&self, octets: &[u8]) -> bool {
        let name = octets.rsplit(|octet| *octet == b' ').nth(1);
        let name = name.unwrap_or_default();
        let name = name.strip_prefix(b"(").unwrap_or(name);
        name.eq_ignore_ascii_case(self.name.as_bytes())
    }

    /// A server may send a message as a quoted string too, which did not pass by.
    pub(super) fn end(self, quoted: &[u8]) -> Result<u64, ClientError> {
        if let Some(octets) = self.copied {
            return Ok(octets);
        }
        self.out.write_all(quoted).map_err(ClientError::Local)?;
        Ok(quoted.len() as u64)
    }
}

impl Answer for Response {
    fn receive(socket: &mut ClientSocket) -> Result<Response, ClientError> {
        response(socket, &mut { limits::ANSWER }, None)
    }
}

impl Answer for ImapReply {
    fn receive(socket: &mut ClientSocket) -> Result<ImapReply, ClientError> {
        reply(socket, None)
    }
}

/// Receives a reply; a literal that is `BODY[]` goes to `body`, and an empty string stands for it.
pub(super) fn reply(
    socket: &mut ClientSocket,
    mut body: Option<&mut Body<'_>>,
) -> Result<ImapReply, ClientError> {
    let (mut untagged, mut room) = (Vec::new(), limits::ANSWER);
    let mut goodbye = None;
    loop {
        let response = response(socket, &mut room, body.as_deref_mut());
        let end = match (response, goodbye.take()) {
            // RFC 3501 §7.1.5: the server said why, and closed.
            (Err(ClientError::Closed { .. }), Some(why)) => return Err(farewell(socket, &why)),
            (Err(error), _) => return Err(error),
            (Ok(Response::Done(tag, status)), _) => End::Done(tag, status),
            (Ok(Response::Continue(text)), _) => End::Continue(text),
            (Ok(response), _) => {
                if let Response::Untagged(status) = &response
                    && status.condition == Condition::Bye
                {
                    goodbye = Some(status.clone());
                }
                untagged.push(response);
                continue;
            }
        };
        return Ok(ImapReply { untagged, end });
    }
}

/// The error for a server that says BYE on its own.
pub(super) fn farewell(socket: &ClientSocket, why: &Status) -> ClientError {
    ClientError::Refused {
        server: socket.endpoint().to_string(),
        command: "to go on".to_owned(),
        reply: format!("BYE {}", why.text),
        transient: true,
    }
}

fn response(
    socket: &mut ClientSocket,
    room: &mut usize,
    mut body: Option<&mut Body<'_>>,
) -> Result<Response, ClientError> {
    let mut octets = Vec::new();
    loop {
        let line = socket.receive_line(room)?;
        octets.extend_from_slice(&line);
        let literal = match literal_at_end(&line) {
            None => break,
            Some(Err(_)) => return Err(socket.nonsense(&line, "in IMAP")),
            Some(Ok(literal)) => literal.octets,
        };
        match body.as_deref_mut() {
            Some(body) if body.is_announced(&octets) => stream(socket, &mut octets, literal, body)?,
            _ => keep(socket, room, literal, &mut octets)?,
        }
    }
    Response::parse(&octets).map_err(|error| {
        log::debug!("{error}");
        socket.nonsense(&octets, "in IMAP")
    })
}

/// Lets a literal pass by, and puts an empty string in its place.
fn stream(
    socket: &mut ClientSocket,
    octets: &mut Vec<u8>,
    literal: u64,
    body: &mut Body<'_>,
) -> Result<(), ClientError> {
    if body.copied.is_some() {
        return Err(socket.unexpected("two messages for one"));
    }
    socket.receive_octets(literal, body.out)?;
    body.copied = Some(literal);
    let announcement = octets.iter().rposition(|octet| *octet == b'{');
    octets.truncate(announcement.unwrap_or(octets.len()));
    octets.extend_from_slice(b"\"\"");
    Ok(())
}

/// Keeps a literal in memory, if there is room.
fn keep(
    socket: &mut ClientSocket,
    room: &mut usize,
    literal: u64,
    octets: &mut Vec<u8>,
) -> Result<(), ClientError> {
    socket.spend(room, usize::try_from(literal).unwrap_or(usize::MAX))?;
    octets.extend_from_slice(b"\r\n");
    socket.receive_octets(literal, octets)
}
