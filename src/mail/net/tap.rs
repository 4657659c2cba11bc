//! Who watches a connection: a [`Tap`] is told of every octet twice, as it crosses the socket and as
//! it is said.
//!
//! Under TLS the two differ: what crosses is ciphertext, and that is what a capture of the network
//! would show. A tap is called in the connection's own thread, so it must be quick, and it cannot
//! fail: nothing that happens to a recording may happen to the conversation.

use std::fmt;

use super::Presented;

/// Seen from our end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the other end to us.
    In,
    /// From us to the other end.
    Out,
}

/// What a TLS handshake agreed on, in OpenSSL's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// `TLSv1.3`
    pub version: String,
    /// `TLS_AES_256_GCM_SHA384`
    pub cipher: String,
}

/// `TLSv1.3 TLS_AES_256_GCM_SHA384`
impl fmt::Display for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.cipher)
    }
}

/// Watches one connection. Dropped with it.
pub trait Tap: Send {
    /// These octets crossed the socket. Those that came in are told before what they say.
    fn crossed(&mut self, direction: Direction, octets: &[u8]);

    /// These octets were said, in clear. Those that go out are told before they cross.
    fn said(&mut self, direction: Direction, octets: &[u8]);

    /// Secrets of the handshake that is under way, as lines of an NSS key log, each with its ending;
    /// told before anything that they encrypt goes out, and right after such octets came in.
    fn secrets(&mut self, lines: &str);

    /// The other end showed this certificate; told before anything that goes out behind it, an alert
    /// if it is not trusted.
    fn presented(&mut self, certificate: &Presented);

    /// The handshake is done.
    fn secured(&mut self, secured: &Secured);

    /// There is no TLS: the handshake failed, for this reason in the TLS library's words.
    fn failed(&mut self, why: &str);

    /// Nothing more came out of what has come in; the connection waits for more.
    fn waits(&mut self);

    /// This side said that nothing more will follow: FIN. Told once of each direction.
    fn ended(&mut self, direction: Direction);

    /// The other end broke the connection off: RST.
    fn reset(&mut self);
}
