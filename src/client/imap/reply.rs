//! The replies of an IMAP server: responses up to the one that ends the command.
//!
//! A response is one line, or several lines with literals between them (RFC 3501 §4.3); a literal is a
//! text whose length is sent before it. Literals are kept in memory up to [`limits::ANSWER`], except for
//! a body that is requested as a stream.

use std::io::Write;

use crate::client::{ClientError, ClientSocket, ServerReply};
use crate::limits;
use crate::mail::protocol::imap::response::{Condition, Response, Status};
use crate::mail::protocol::imap::{Tag, literal_at_end};

/// The reply to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImapReply {
    /// The untagged responses, in order.
    pub untagged: Vec<Response>,
    /// The end of the reply.
    pub end: ReplyEnd,
}

/// The end of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyEnd {
    /// `a1 OK …`: the command is done, or refused.
    Done(Tag, Status),
    /// `+ …`: the server waits for the rest of the command.
    Continue(Vec<u8>),
}

/// The destination of a message's body, or of a part of it.
pub(super) struct BodySink<'a> {
    /// The name by which it is announced: `BODY[1.2]`.
    pub(super) name: String,
    pub(super) out: &'a mut dyn Write,
    /// The octets that were copied; `None` before the body arrives.
    pub(super) copied: Option<u64>,
}

impl BodySink<'_> {
    /// True if the octets end with `BODY[] {310}`.
    fn is_announced(&self, octets: &[u8]) -> bool {
        let name = octets.rsplit(|octet| *octet == b' ').nth(1);
        let name = name.unwrap_or_default();
        let name = name.strip_prefix(b"(").unwrap_or(name);
        name.eq_ignore_ascii_case(self.name.as_bytes())
    }

    /// Writes the body if it came as a quoted string, and returns its octets.
    pub(super) fn end(self, quoted: &[u8]) -> Result<u64, ClientError> {
        if let Some(octets) = self.copied {
            return Ok(octets);
        }
        self.out.write_all(quoted).map_err(ClientError::Local)?;
        Ok(quoted.len() as u64)
    }
}

impl ServerReply for Response {
    fn receive(socket: &mut ClientSocket) -> Result<Response, ClientError> {
        response(socket, &mut { limits::ANSWER }, None)
    }
}

impl ServerReply for ImapReply {
    fn receive(socket: &mut ClientSocket) -> Result<ImapReply, ClientError> {
        reply(socket, None)
    }
}

/// Receives a reply. The literal of `BODY[]` goes to `body`; the reply has an empty string instead.
pub(super) fn reply(
    socket: &mut ClientSocket,
    mut body: Option<&mut BodySink<'_>>,
) -> Result<ImapReply, ClientError> {
    let mut untagged = Vec::new();
    let mut room = limits::ANSWER;
    let mut goodbye = None;
    loop {
        let response = response(socket, &mut room, body.as_deref_mut());
        let end = match (response, goodbye.take()) {
            // RFC 3501 §7.1.5: BYE gives the reason why the server closes.
            (Err(ClientError::Closed { .. }), Some(why)) => return Err(farewell(socket, &why)),
            (Err(error), _) => return Err(error),
            (Ok(Response::Done(tag, status)), _) => ReplyEnd::Done(tag, status),
            (Ok(Response::Continue(text)), _) => ReplyEnd::Continue(text),
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

/// Returns the error for a server that ends the connection with BYE.
pub(super) fn farewell(socket: &ClientSocket, why: &Status) -> ClientError {
    ClientError::Refused {
        server: socket.endpoint().to_string(),
        command: "to continue".to_owned(),
        reply: format!("BYE {}", why.text),
        transient: true,
    }
}

/// Receives one response with its literals.
fn response(
    socket: &mut ClientSocket,
    room: &mut usize,
    mut body: Option<&mut BodySink<'_>>,
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

/// Copies a literal to its destination, and puts an empty string into the response instead.
fn stream(
    socket: &mut ClientSocket,
    octets: &mut Vec<u8>,
    literal: u64,
    body: &mut BodySink<'_>,
) -> Result<(), ClientError> {
    if body.copied.is_some() {
        return Err(socket.unexpected("two messages instead of one"));
    }
    socket.receive_octets(literal, body.out)?;
    body.copied = Some(literal);
    let announcement = octets.iter().rposition(|octet| *octet == b'{');
    octets.truncate(announcement.unwrap_or(octets.len()));
    octets.extend_from_slice(b"\"\"");
    Ok(())
}

/// Reads a literal into memory, if there is room.
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
