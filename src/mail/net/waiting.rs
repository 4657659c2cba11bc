//! The limits of a wire's waits, and the results of waiting for a line.

use std::time::Duration;

use crate::limits;

/// The longest wait and the longest line of a wire.
#[derive(Clone, Copy, Debug)]
pub struct WireLimits {
    /// The longest wait for a whole line, or for a piece of a body.
    pub timeout: Duration,
    /// The octets of the longest line, without its ending.
    pub line_length: usize,
}

impl Default for WireLimits {
    fn default() -> WireLimits {
        WireLimits { timeout: limits::CLIENT_TIMEOUT, line_length: limits::LINE_LENGTH }
    }
}

/// The result of waiting for a line.
#[derive(Debug, PartialEq, Eq)]
pub enum LineInput {
    /// A line without its ending: CRLF, or the bare LF of a conversation that a person types.
    Line(Vec<u8>),
    /// The beginning of a line that is too long; the rest was skipped, to its end.
    TooLong(Vec<u8>),
    /// A line that is too long, and did not end within [`limits::LINE_OVERRUN`].
    Endless,
    /// The waker woke us: [`Wire::read_line_or_news`](super::Wire::read_line_or_news).
    News,
    /// Nothing came in time.
    TimedOut,
    /// The server is stopping.
    Stopping,
    /// The other end closed the connection.
    Closed,
}
