//! A client of a script on the network: a [`ClientSocket`] as someone to [`Talk`] to.
//!
//! What goes wrong is told in the sentence of the [`ClientError`].

use std::io;

use super::player::Talk;
use crate::client::{ClientError, ClientSocket, Endpoint};
use crate::mail::protocol::Protocol;

/// Connects a client to its server.
///
/// # Errors
/// When nobody answers there, or the server cannot be trusted.
pub fn connect(endpoint: &Endpoint, protocol: Protocol) -> io::Result<Box<dyn Talk>> {
    let socket = ClientSocket::connect(endpoint, protocol);
    Ok(Box::new(socket.map_err(told)?))
}

impl Talk for ClientSocket {
    fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        self.send_octets(octets).map_err(told)
    }

    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.receive_line_or_end().map_err(told)
    }

    fn start_tls(&mut self) -> io::Result<()> {
        ClientSocket::start_tls(self).map_err(told)
    }

    /// Says that nothing more will be said, so that the server says all that it has, and closes.
    fn unheard(&mut self) -> Option<Vec<u8>> {
        self.finish().ok()?;
        self.receive_line_or_end().ok().flatten()
    }

    /// The server's end is closed when its session is gone, and this waits for it.
    fn disconnect(self: Box<Self>) {
        self.close();
    }
}

/// As an error of input and output.
fn told(error: ClientError) -> io::Error {
    io::Error::other(error)
}
