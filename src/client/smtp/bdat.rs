//! Sending a message in chunks with BDAT (CHUNKING: RFC 3030).
//!
//! No dots are stuffed, because the size of each chunk is sent before it.

use std::io::Read;

use super::{COMPLETED, SmtpClient};
use crate::client::ClientError;
use crate::client::outgoing;
use crate::limits;
use crate::mail::protocol::smtp::{Chunk, Command, Reply};

impl SmtpClient {
    /// Sends the message with BDAT instead of DATA: line endings become CRLF, dots stay as they are.
    ///
    /// # Errors
    /// When the server does not offer CHUNKING or refuses a chunk, or the message cannot be read:
    /// then the connection is cut, so that no part of it can be delivered.
    pub fn bdat(&mut self, message: &mut dyn Read) -> Result<Reply, ClientError> {
        self.chunks(message)?;
        self.final_reply()
    }

    /// Sends every chunk. The reply to the last one is not received yet.
    pub(super) fn chunks(&mut self, message: &mut dyn Read) -> Result<(), ClientError> {
        if self.extension("CHUNKING").is_none() {
            return Err(self.socket.not_offered("a message in chunks (CHUNKING)"));
        }
        let mut message = outgoing(message);
        let mut chunk = self.next_chunk(&mut message)?;
        loop {
            let mut next = Vec::new();
            if chunk.len() == limits::CHUNK {
                next = self.next_chunk(&mut message)?;
            }
            let last = next.is_empty();
            let command = Command::Bdat {
                size: chunk.len() as u64,
                chunk: if last { Chunk::Last } else { Chunk::More },
            };
            let command = command.to_string();
            self.socket.send_line(command.as_bytes())?;
            self.socket.send_all(&mut chunk.as_slice())?;
            if last {
                return Ok(());
            }
            let reply = self.socket.receive_reply()?;
            self.check("BDAT", reply, COMPLETED)?;
            chunk = next;
        }
    }

    /// Reads the next chunk. It is full, unless the message ends in it.
    fn next_chunk(&mut self, message: &mut dyn Read) -> Result<Vec<u8>, ClientError> {
        let mut chunk = Vec::with_capacity(limits::CHUNK);
        let mut part = message.take(limits::CHUNK as u64);
        if let Err(error) = part.read_to_end(&mut chunk) {
            // RFC 3030 §2: a message whose LAST never comes is not delivered.
            self.socket.cut();
            return Err(ClientError::Local(error));
        }
        Ok(chunk)
    }
}
