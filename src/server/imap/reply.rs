//! How a command ends: its responses, then the tagged line (RFC 3501 §7).
//!
//! A command's function returns a [`ImapResult`]: a refusal is a reply too, so `?` ends a command
//! early. Replies are values; [`CommandReply::under`] alone makes octets of them and adds the tag.

use std::iter;

use crate::mail::protocol::imap::mailbox::Alphabet;
use crate::mail::protocol::imap::response::{Code, Condition, RefusalCode, Status};
use crate::mail::protocol::imap::{Response, Tag};
use crate::server::{Next, Part, Reply};

/// What a command's function returns; `Err` is a refusal.
pub(crate) type ImapResult = Result<CommandReply, CommandReply>;

/// Untagged responses, and the tagged end of a command.
pub(crate) struct CommandReply {
    responses: Vec<Response>,
    /// What is sent after the responses.
    ending: CommandEnd,
    /// What the conversation waits for then.
    next: Next,
}

/// The end of a reply.
enum CommandEnd {
    /// A tagged line.
    Status(Box<Status>),
    /// Parts that are made while they are sent, then a tagged line that is known only then: FETCH.
    Streamed(Box<dyn Iterator<Item = Part>>, Box<dyn FnOnce() -> Status>),
    /// Nothing: the command goes on, or the connection ends.
    None,
}

impl CommandReply {
    /// The command is done: `CREATE completed`.
    pub(crate) fn ok(text: impl Into<String>) -> CommandReply {
        CommandReply::tagged(Condition::Ok, text)
    }

    /// The command failed.
    pub(crate) fn no(text: impl Into<String>) -> CommandReply {
        CommandReply::tagged(Condition::No, text)
    }

    /// The command failed for a reason that has a code.
    pub(crate) fn refused(code: RefusalCode, text: impl Into<String>) -> CommandReply {
        CommandReply::no(text).with_code(Code::Refusal(code))
    }

    /// The command is invalid, or not allowed in this state.
    pub(crate) fn bad(text: impl Into<String>) -> CommandReply {
        CommandReply::tagged(Condition::Bad, text)
    }

    fn tagged(condition: Condition, text: impl Into<String>) -> CommandReply {
        let status = Status::new(condition, ascii(&text.into()));
        CommandReply { ending: CommandEnd::Status(Box::new(status)), ..CommandReply::untagged([]) }
    }

    /// Responses without a tagged line: the command goes on.
    pub(crate) fn untagged(responses: impl Into<Vec<Response>>) -> CommandReply {
        CommandReply { responses: responses.into(), ending: CommandEnd::None, next: Next::Line }
    }

    /// Parts that are made while they are sent, and the status that is known after the last of them.
    pub(crate) fn streamed(
        parts: impl Iterator<Item = Part> + 'static,
        status: impl FnOnce() -> Status + 'static,
    ) -> CommandReply {
        CommandReply {
            ending: CommandEnd::Streamed(Box::new(parts), Box::new(status)),
            ..CommandReply::untagged([])
        }
    }

    /// The end of the conversation (RFC 3501 §7.1.5).
    pub(crate) fn bye(why: &str) -> CommandReply {
        CommandReply::untagged([bye(why)]).then(Next::Close)
    }

    /// Adds a code to the tagged line.
    pub(crate) fn with_code(mut self, code: Code) -> CommandReply {
        if let CommandEnd::Status(status) = &mut self.ending {
            status.code = Some(code);
        }
        self
    }

    /// Adds a response before the tagged line.
    pub(crate) fn with(mut self, response: Response) -> CommandReply {
        self.responses.push(response);
        self
    }

    /// Adds responses before the tagged line.
    pub(crate) fn with_all(
        mut self,
        responses: impl IntoIterator<Item = Response>,
    ) -> CommandReply {
        self.responses.extend(responses);
        self
    }

    /// Sets what the conversation waits for next.
    pub(crate) fn then(mut self, next: Next) -> CommandReply {
        self.next = next;
        self
    }

    /// True if the tagged line is a NO.
    pub(crate) fn is_no(&self) -> bool {
        matches!(&self.ending, CommandEnd::Status(status) if status.condition == Condition::No)
    }

    /// True if updates can be added: the tagged line follows at once, and the conversation goes on.
    pub(crate) fn takes_updates(&self) -> bool {
        matches!(self.ending, CommandEnd::Status(_)) && !matches!(self.next, Next::Close)
    }

    /// Makes octets of the reply, under this tag; the one place where a tag is added.
    pub(crate) fn under(self, tag: Option<&Tag>, alphabet: Alphabet) -> Reply {
        let mut text = Vec::new();
        for response in &self.responses {
            write_line(response, alphabet, &mut text);
        }
        let tag = tag.cloned();
        // RFC 3501 §7.1: without a valid tag, the status is untagged.
        let end = move |status| match tag {
            Some(tag) => Response::Done(tag, status),
            None => Response::Untagged(status),
        };
        let mut parts = Vec::new();
        match self.ending {
            CommandEnd::Status(status) => write_line(&end(*status), alphabet, &mut text),
            CommandEnd::None => {}
            CommandEnd::Streamed(streamed, status) => {
                let last = iter::once_with(move || {
                    let mut line = Vec::new();
                    write_line(&end(status()), alphabet, &mut line);
                    Part::Text(line)
                });
                parts.push(Part::Each(Box::new(streamed.chain(last))));
            }
        }
        if !text.is_empty() {
            parts.insert(0, Part::Text(text));
        }
        Reply { parts, next: self.next }
    }
}

/// `* BYE why`.
pub(crate) fn bye(why: &str) -> Response {
    Response::Untagged(Status::new(Condition::Bye, why))
}

fn write_line(response: &Response, alphabet: Alphabet, out: &mut Vec<u8>) {
    response.write(alphabet, out);
    out.extend_from_slice(b"\r\n");
}

/// Escapes what is not ASCII: the text may quote a name, but must be ASCII (RFC 3501 §9, `text`).
fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            ascii.extend(char.escape_unicode());
        }
    }
    ascii
}
