//! A command on its way in: lines and literals in one buffer, as they stand on the wire.
//!
//! A line that ends with `{5}` announces that the next five octets belong to the command, whatever
//! they are, and that the command goes on after them (RFC 3501 §4.3). The client waits for our `+`
//! first, unless it writes `{5+}` (LITERAL+, RFC 7888). Nothing here reads a connection: the
//! session asks for the octets with [`Next::Octets`].

use std::io::{self, Read};

use crate::limits;
use crate::mail::protocol::imap::{Literal, ParseError, is_append, literal_at_end};
use crate::server::imap::reply::CommandReply;
use crate::server::imap::session::{Expecting, ImapServer};
use crate::server::{Next, Reply};

/// The part of a command that has arrived.
#[derive(Default)]
pub(crate) struct IncomingCommand {
    octets: Vec<u8>,
}

impl IncomingCommand {
    /// What has arrived.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Takes the beginning of a line that could not be kept, if it is the command's, too.
    pub(crate) fn begin(&mut self, line: &[u8]) {
        if self.octets.is_empty() {
            self.octets.extend_from_slice(line);
        }
    }

    /// The command's tag, if it has one that can be repeated; otherwise `*`.
    pub(crate) fn tag(&self) -> String {
        let word = self.octets.split(|octet| *octet == b' ').next();
        let word = word.and_then(|word| std::str::from_utf8(word).ok());
        let tag = word.and_then(crate::mail::protocol::imap::Tag::new);
        tag.map_or_else(|| "*".to_owned(), |tag| tag.to_string())
    }

    /// How many octets the command may still grow by.
    fn room(&self) -> u64 {
        limits::COMMAND_LENGTH.saturating_sub(self.octets.len()) as u64
    }
}

impl ImapServer {
    /// Takes the next line of a command: the command is whole, or a literal follows.
    pub(crate) fn gather(&mut self, mut gathering: IncomingCommand, line: &[u8]) -> Reply {
        gathering.octets.extend_from_slice(line);
        let literal = match announced(line) {
            None if gathering.octets.len() > limits::COMMAND_LENGTH => {
                return too_big().reply(&gathering.tag());
            }
            None => return self.execute(&gathering),
            Some((literal, Some(error))) => {
                return self.refuse(
                    gathering.tag(),
                    literal,
                    CommandReply::bad(error.to_string()),
                );
            }
            Some((literal, None)) => literal,
        };
        if is_append(gathering.octets()) {
            return self.append(&gathering, literal);
        }
        gathering.octets.extend_from_slice(b"\r\n");
        if literal.octets > gathering.room() {
            return self.refuse(gathering.tag(), literal, too_big());
        }
        self.expecting = Expecting::Command(gathering);
        ask_for(literal)
    }

    /// Takes the octets of a literal, for which there is room.
    pub(crate) fn literal(
        &mut self,
        mut gathering: IncomingCommand,
        body: &mut dyn Read,
    ) -> io::Result<Reply> {
        body.read_to_end(&mut gathering.octets)?;
        self.expecting = Expecting::Command(gathering);
        Ok(Reply::silent())
    }

    /// Refuses a command at the end of a line that announces this literal. A client that waits for our
    /// `+` takes the answer instead of it, and what it says next is another command. Otherwise the
    /// literal is on its way, and the command goes on behind it: both are skipped first (RFC 7888 §4).
    pub(crate) fn refuse(&mut self, tag: String, literal: Literal, answer: CommandReply) -> Reply {
        if literal.synchronising {
            return answer.reply(&tag);
        }
        if literal.octets > limits::SKIPPED {
            return CommandReply::bye("the literal is too big to skip").reply(&tag);
        }
        self.expecting = Expecting::Refused(tag, answer);
        Reply::silent().then(Next::Octets(literal.octets))
    }

    /// Takes the next line of a command that is refused already.
    pub(crate) fn skip_line(&mut self, tag: String, answer: CommandReply, line: &[u8]) -> Reply {
        match announced(line) {
            Some((literal, _)) => self.refuse(tag, literal, answer),
            None => answer.reply(&tag),
        }
    }
}

/// The literal that a line announces at its end; and what is wrong with it, when it is larger than any
/// can be.
fn announced(line: &[u8]) -> Option<(Literal, Option<ParseError>)> {
    let too_large = Literal {
        octets: u64::MAX,
        synchronising: !line.ends_with(b"+}"),
    };
    Some(match literal_at_end(line)? {
        Ok(literal) => (literal, None),
        Err(error) => (too_large, Some(error)),
    })
}

/// Says the `+`, if the client waits for it, and takes the literal.
pub(crate) fn ask_for(literal: Literal) -> Reply {
    let next = Next::Octets(literal.octets);
    match literal.synchronising {
        true => Reply::text("+ OK\r\n", next),
        false => Reply::silent().then(next),
    }
}

fn too_big() -> CommandReply {
    let most = limits::COMMAND_LENGTH;
    CommandReply::bad(format!(
        "[TOOBIG] a command has at most {most} octets with its literals"
    ))
}
