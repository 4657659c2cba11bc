//! What a wire waits for, how long, and what comes of it.

use std::time::Duration;

use crate::limits;

/// How long and how much a wire waits for.
#[derive(Clone, Copy, Debug)]
pub struct WireLimits {
    /// For a whole line, and for each piece of a body.
    pub timeout: Duration,
    /// Octets of the longest line, its ending not counted.
    pub line_length: usize,
}

impl Default for WireLimits {
    fn default() -> WireLimits {
        WireLimits {
            timeout: limits::CLIENT_TIMEOUT,
            line_length: limits::LINE_LENGTH,
        }
    }
}

/// What came when a line was awaited.
#[derive(Debug, PartialEq, Eq)]
pub enum LineInput {
    /// A line, its ending removed: CRLF, or a bare LF from a hand-typed conversation.
    Line(Vec<u8>),
    /// A line that is too long: its beginning. The rest was skipped, to its end.
    TooLong(Vec<u8>),
    /// A line that is too long and has no end in sight.
    Endless,
    /// The bell rang: [`Wire::read_line_or_news`](super::Wire::read_line_or_news).
    News,
    /// Nothing, for too long.
    TimedOut,
    /// The server is stopping.
    Stopping,
    /// The other side closed the connection.
    Closed,
}
