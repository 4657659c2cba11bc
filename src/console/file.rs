//! `/file FILE`: the contents of a file as the end of a typed line.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::conversation::TypedConversation;
use crate::client::outgoing;
use crate::limits;
use crate::mail::net::dot::Stuffed;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::ProtocolState;

/// Reads a file; each of its lines ends with CRLF then.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let name = file.display();
    let failed = |error| format!("{name} cannot be read: {error}");
    let size = fs::metadata(file).map_err(failed)?.len();
    if size > limits::READABLE as u64 {
        return Err(format!("{name} is too big for the console; `pillarbox send` takes any size"));
    }
    let mut contents = Vec::new();
    let mut file = outgoing(File::open(file).map_err(failed)?);
    file.read_to_end(&mut contents).map_err(failed)?;
    Ok(contents)
}

/// Stuffs the dots of a message and adds the lone dot, as DATA needs it (RFC 5321 §4.5.2).
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(message.len() + 5);
    // Reading from memory does not fail.
    let _ = Stuffed::new(message).read_to_end(&mut octets);
    octets
}

impl TypedConversation {
    /// Returns the octets for a file at the end of this line.
    ///
    /// In IMAP that is the announcement of a literal, and the literal is kept until the server asks for it.
    pub(super) fn with_file(
        &mut self,
        line: &str,
        contents: &[u8],
    ) -> Result<Vec<u8>, &'static str> {
        let verb = line.get(..4).unwrap_or_default();
        match self.options.protocol {
            Protocol::Imap if line.is_empty() => {
                Err("after which command? For example: a1 APPEND INBOX /file FILE")
            }
            Protocol::Imap => {
                self.literal = Some([contents, b"\r\n"].concat());
                Ok(format!("{line} {{{}}}\r\n", contents.len()).into_bytes())
            }
            Protocol::Pop3 => Err("POP3 takes no messages"),
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
                if line.is_empty() && self.observer.state() == ProtocolState::Data {
                    Ok(stuffed(contents))
                } else if verb.eq_ignore_ascii_case("BDAT") {
                    let command = format!("BDAT {} LAST\r\n", contents.len());
                    Ok([command.as_bytes(), contents].concat())
                } else {
                    Err("send DATA first, or BDAT /file FILE")
                }
            }
        }
    }
}
