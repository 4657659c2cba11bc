//! A command that arrives in pieces: lines and literals in one buffer, as they are on the wire.
//!
//! A line that ends with `{5}` announces that the next five octets, whatever they are, belong to the
//! command, and that the command goes on after them (RFC 3501 §4.3). The client waits for our `+`
//! first, unless it writes `{5+}` (LITERAL+, RFC 7888). Nothing here reads a connection: the session
//! asks for the octets with [`Next::Octets`].

use std::io::{self, Read};

use super::reply::CommandReply;
use super::{Expecting, ImapServer};
use crate::limits;
use crate::mail::protocol::imap::response::{Code, RefusalCode};
use crate::mail::protocol::imap::{Literal, ParseError, Response, Tag, is_append, literal_at_end};
use crate::server::{Next, Reply};

/// The part of a command that has arrived.
#[derive(Default)]
pub(crate) struct IncomingCommand {
    octets: Vec<u8>,
}

impl IncomingCommand {
    /// The octets that have arrived.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Returns the tag at the start of a command, if it is valid.
    pub(crate) fn tag(command: &[u8]) -> Option<Tag> {
        let word = command.split(|octet| *octet == b' ').next()?;
        Tag::new(str::from_utf8(word).ok()?)
    }
}

impl ImapServer {
    /// Takes the next line of a command: the command is complete, or a literal follows.
    pub(crate) fn add_line(&mut self, mut command: IncomingCommand, line: &[u8]) -> Reply {
        if command.octets.is_empty() {
            self.tag = IncomingCommand::tag(line);
        }
        command.octets.extend_from_slice(line);
        let literal = match announced(line) {
            None if command.octets.len() > limits::COMMAND_LENGTH => {
                return self.reply(command_too_big());
            }
            None => return self.execute(&command.octets),
            Some((literal, Some(error))) => {
                return self.refuse(literal, CommandReply::bad(error.to_string()));
            }
            Some((literal, None)) => literal,
        };
        if is_append(&command.octets) {
            return self.append(&command.octets, literal);
        }
        command.octets.extend_from_slice(b"\r\n");
        let room = limits::COMMAND_LENGTH.saturating_sub(command.octets.len());
        if literal.octets > room as u64 {
            return self.refuse(literal, command_too_big());
        }
        self.expecting = Expecting::Command(command);
        self.ask_for(literal)
    }

    /// Takes the octets of a literal, for which there is room.
    pub(crate) fn add_literal(
        &mut self,
        mut command: IncomingCommand,
        body: &mut dyn Read,
    ) -> io::Result<Reply> {
        body.read_to_end(&mut command.octets)?;
        self.expecting = Expecting::Command(command);
        Ok(Reply::silent())
    }

    /// Sends `+`, if the client waits for it, and asks for the literal.
    pub(crate) fn ask_for(&self, literal: Literal) -> Reply {
        let next = Next::Octets(literal.octets);
        if !literal.synchronising {
            return Reply::silent().then(next);
        }
        self.reply(CommandReply::untagged([Response::Continue(b"OK".to_vec())]).then(next))
    }

    /// Refuses a command at the end of a line that announces this literal (RFC 7888 §4).
    ///
    /// A client that waits for our `+` gets the refusal in its place, and its next line is another
    /// command. Otherwise the literal is on its way, and the command goes on after it: both are
    /// skipped before the refusal is sent.
    pub(crate) fn refuse(&mut self, literal: Literal, refusal: CommandReply) -> Reply {
        if literal.synchronising {
            return self.reply(refusal);
        }
        if literal.octets > limits::SKIPPED {
            return self.reply(CommandReply::bye("the literal is too big to skip"));
        }
        self.expecting = Expecting::Refused(refusal);
        Reply::silent().then(Next::Octets(literal.octets))
    }

    /// Takes the next line of a command that is already refused.
    pub(crate) fn skip_line(&mut self, refusal: CommandReply, line: &[u8]) -> Reply {
        match announced(line) {
            Some((literal, _)) => self.refuse(literal, refusal),
            None => self.reply(refusal),
        }
    }
}

/// Returns the literal that a line announces at its end, with an error if its length is no number of
/// ours.
fn announced(line: &[u8]) -> Option<(Literal, Option<ParseError>)> {
    let too_large = Literal { octets: u64::MAX, synchronising: !line.ends_with(b"+}") };
    Some(match literal_at_end(line)? {
        Ok(literal) => (literal, None),
        Err(error) => (too_large, Some(error)),
    })
}

fn command_too_big() -> CommandReply {
    let most = limits::COMMAND_LENGTH;
    CommandReply::bad(format!("a command has at most {most} octets with its literals"))
        .with_code(Code::Refusal(RefusalCode::TooBig))
}
