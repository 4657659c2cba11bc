//! The client's end of a conversation, as the player of a script uses it.
//!
//! A [`ClientSocket`] is one, and so is a session in memory in a test.

use std::io;

use crate::client::{ClientError, ClientSocket, Endpoint};
use crate::mail::protocol::Protocol;

/// The client's end of a conversation.
pub trait Talk {
    /// Sends these octets, line endings included.
    ///
    /// # Errors
    /// When the connection fails.
    fn send(&mut self, octets: &[u8]) -> io::Result<()>;

    /// Waits for a line of the server and removes its CRLF; `None` if the server closed.
    ///
    /// # Errors
    /// When the connection fails, or the server sends nothing for too long.
    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>>;

    /// Performs the client's TLS handshake.
    ///
    /// # Errors
    /// When the handshake fails.
    fn start_tls(&mut self) -> io::Result<()>;

    /// Returns a line that the server has sent and the script has not received.
    ///
    /// It does not wait for one: a line may still be on its way.
    fn unread(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Closes without a goodbye, and returns when the server has noticed.
    fn disconnect(self: Box<Self>) {}
}

/// Connects a client to its server.
///
/// # Errors
/// When no server answers there, or the server cannot be trusted.
pub fn connect(endpoint: &Endpoint, protocol: Protocol) -> io::Result<Box<dyn Talk>> {
    let socket = ClientSocket::connect(endpoint, protocol).map_err(io_error)?;
    Ok(Box::new(socket))
}

impl Talk for ClientSocket {
    fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        self.send_octets(octets).map_err(io_error)
    }

    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.receive_line_or_end().map_err(io_error)
    }

    fn start_tls(&mut self) -> io::Result<()> {
        ClientSocket::start_tls(self).map_err(io_error)
    }

    /// Ends the client's side first: then the server sends all that it has, and closes.
    fn unread(&mut self) -> Option<Vec<u8>> {
        self.finish().ok()?;
        self.receive_line_or_end().ok().flatten()
    }

    /// The server closes its end when its session is gone; this waits for it.
    fn disconnect(self: Box<Self>) {
        self.close();
    }
}

/// Keeps the sentence of a [`ClientError`].
fn io_error(error: ClientError) -> io::Error {
    io::Error::other(error)
}
