//! Message bodies as readers with an exact end: counted octets and dot text.
//!
//! Each piece must arrive within the wire's timeout, and the whole at no less than
//! [`limits::SLOWEST_BODY`], so that a client that sends one octet a second cannot hold a thread for ever.
//! When the server stops, a message that is arriving may be finished within [`limits::SHUTDOWN_BODY`].

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::dot::{LineEndRule, Unstuffer};
use super::{WaitEnd, Waker, Wire};
use crate::limits;

/// What both kinds of body share: the wire and its pace.
struct TimedBody<'a> {
    wire: &'a mut Wire,
    /// Once the server stops: its waker, put aside, and the time when the message must be whole.
    stop: Option<(Waker, Instant)>,
    begun: Instant,
    received: u64,
}

impl<'a> TimedBody<'a> {
    fn new(wire: &'a mut Wire) -> TimedBody<'a> {
        TimedBody { wire, stop: None, begun: Instant::now(), received: 0 }
    }

    /// Waits until octets have arrived, and returns them; the end of the connection is an error.
    fn wait_for_input(&mut self) -> io::Result<&[u8]> {
        self.wire.set_deadline(self.timeout());
        match self.wire.wait_for_input().map(<[u8]>::len) {
            Ok(0) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the connection was cut inside a message",
            )),
            Ok(_) => self.wire.wait_for_input(),
            Err(error) => match WaitEnd::of(&error) {
                Some(WaitEnd::Stopping) => {
                    let end = Instant::now() + limits::SHUTDOWN_BODY;
                    self.stop = self.wire.put_stop_aside().map(|waker| (waker, end));
                    self.wait_for_input()
                }
                Some(WaitEnd::TimedOut) if self.stop.is_some() => Err(WaitEnd::Stopping.error()),
                _ => Err(error),
            },
        }
    }

    /// How long the next piece may take.
    fn timeout(&self) -> Duration {
        let timeout = self.wire.timeout();
        // Each SLOWEST_BODY octets earn one more second.
        let earned = Duration::from_secs(self.received / limits::SLOWEST_BODY);
        let left = (timeout + earned).saturating_sub(self.begun.elapsed());
        let left = left.min(timeout);
        match &self.stop {
            Some((_, end)) => left.min(end.saturating_duration_since(Instant::now())),
            None => left,
        }
    }

    fn take(&mut self, octets: usize) {
        self.received += octets as u64;
        self.wire.take(octets);
    }
}

impl Drop for TimedBody<'_> {
    fn drop(&mut self) {
        if let Some((waker, _)) = self.stop.take() {
            self.wire.restore_stop(waker);
        }
    }
}

/// A reader of exactly so many octets: an IMAP literal (RFC 9051 §4.3), SMTP BDAT (RFC 3030 §2).
pub struct CountedOctets<'a> {
    body: TimedBody<'a>,
    left: u64,
}

impl<'a> CountedOctets<'a> {
    pub(super) fn new(wire: &'a mut Wire, count: u64) -> CountedOctets<'a> {
        CountedOctets { body: TimedBody::new(wire), left: count }
    }
}

impl Read for CountedOctets<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(output.len());
        if most == 0 {
            return Ok(0);
        }
        let arrived = self.body.wait_for_input()?;
        let got = arrived.len().min(most);
        output[..got].copy_from_slice(&arrived[..got]);
        self.body.take(got);
        self.left -= got as u64;
        Ok(got)
    }
}

/// A reader of an un-stuffed text up to its lone dot: SMTP DATA, the multi-line replies of POP3.
pub struct DotText<'a> {
    body: TimedBody<'a>,
    unstuffer: Unstuffer,
    /// The second octet, if two came at once for a buffer of one.
    spare: Option<u8>,
}

impl<'a> DotText<'a> {
    pub(super) fn new(wire: &'a mut Wire, line_ends: LineEndRule) -> DotText<'a> {
        DotText { body: TimedBody::new(wire), unstuffer: Unstuffer::new(line_ends), spare: None }
    }

    fn step(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while !self.unstuffer.ended() {
            let step = self.unstuffer.step(self.body.wait_for_input()?, output);
            self.body.take(step.read);
            if step.written > 0 {
                return Ok(step.written);
            }
        }
        Ok(0)
    }
}

impl Read for DotText<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.len() != 1 || self.spare.is_some() {
            return match (self.spare.take(), output.first_mut()) {
                (Some(spare), Some(first)) => {
                    *first = spare;
                    Ok(1)
                }
                (spare, None) => {
                    self.spare = spare;
                    Ok(0)
                }
                (None, Some(_)) => self.step(output),
            };
        }
        let mut two = [0; 2];
        let got = self.step(&mut two)?;
        output[0] = two[0];
        self.spare = (got == 2).then_some(two[1]);
        Ok(got.min(1))
    }
}

/// Skips what is left of a body, so that the next command can be read.
///
/// # Errors
/// When the connection fails, or more than `most` octets come: this body will not end.
pub(crate) fn skip_rest(body: &mut dyn Read, most: u64) -> io::Result<()> {
    let skipped = io::copy(&mut body.take(most.saturating_add(1)), &mut io::sink())?;
    if skipped > most {
        return Err(io::Error::other("a refused message did not end"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_body_is_not_read_for_ever() {
        assert!(skip_rest(&mut &b"12345"[..], 5).is_ok());
        assert!(skip_rest(&mut &b"123456"[..], 5).is_err());
        assert!(skip_rest(&mut io::repeat(0), 100_000).is_err());
    }
}
