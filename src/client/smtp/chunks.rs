//! A message in chunks, as CHUNKING lets one send it (RFC 3030): no dots are stuffed, and the server
//! is told each chunk's size before it.

use std::io::{self, Read};

use super::SmtpClient;
use crate::client::ClientError;
use crate::client::crlf::Crlf;
use crate::limits;
use crate::mail::protocol::smtp::{Chunk, Command, Reply};

impl SmtpClient {
    /// Sends the message with BDAT, in the place of [`SmtpClient::data`]: line endings become CRLF,
    /// dots stay as they are.
    ///
    /// # Errors
    /// When the server does not offer CHUNKING or refuses a chunk, or the message cannot be read:
    /// then the connection is cut, so that no half message can be delivered.
    pub fn bdat(&mut self, message: &mut dyn Read) -> Result<Reply, ClientError> {
        self.chunks(message)?;
        self.verdict()
    }

    /// Sends every chunk; the answer to the last one is not heard yet.
    pub(super) fn chunks(&mut self, message: &mut dyn Read) -> Result<(), ClientError> {
        if self.extension("CHUNKING").is_none() {
            return Err(self.socket.not_offered("a message in chunks (CHUNKING)"));
        }
        let mut message = Crlf::new(message);
        let mut chunk = self.next_chunk(&mut message)?;
        loop {
            let next = match chunk.len() {
                limits::CHUNK => self.next_chunk(&mut message)?,
                _ => Vec::new(),
            };
            let last = next.is_empty();
            self.chunk(&chunk, if last { Chunk::Last } else { Chunk::More })?;
            if last {
                return Ok(());
            }
            let reply = self.socket.receive_reply()?;
            self.judge("BDAT", reply, 2)?;
            chunk = next;
        }
    }

    fn chunk(&mut self, octets: &[u8], chunk: Chunk) -> Result<(), ClientError> {
        let size = octets.len() as u64;
        let command = Command::Bdat { size, chunk }.to_string();
        self.socket.send_line(command.as_bytes())?;
        self.socket.send_all(&mut &*octets).map(drop)
    }

    /// Full, unless the message ends in it.
    fn next_chunk(&mut self, message: &mut dyn Read) -> Result<Vec<u8>, ClientError> {
        let mut chunk = Vec::with_capacity(limits::CHUNK);
        let mut part = message.take(limits::CHUNK as u64);
        match part.read_to_end(&mut chunk) {
            Ok(_) => Ok(chunk),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// RFC 3030 §2: a message whose LAST never comes is not delivered.
    fn unreadable(&mut self, error: io::Error) -> ClientError {
        self.socket.cut();
        ClientError::Local(error)
    }
}
