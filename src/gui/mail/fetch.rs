//! A message that is fetched, and how much of it is there.

use std::io::{self, Write};

use crate::client::BoundedBuffer;
use crate::limits;

/// Octets between two reports of how much of a message has come.
const REPORT: u64 = 256 * 1024;

/// A message that is fetched, which tells how much of it is there.
pub(super) struct FetchedMessage<F> {
    message: BoundedBuffer,
    /// How many there will be, as far as is known.
    octets: u64,
    come: u64,
    told: u64,
    tell: F,
}

impl<F: Fn(f32)> FetchedMessage<F> {
    /// One of so many octets, as far as is known, and at most of those that can be read.
    pub(super) fn new(octets: u64, tell: F) -> FetchedMessage<F> {
        FetchedMessage {
            message: BoundedBuffer::new(limits::READABLE),
            octets,
            come: 0,
            told: 0,
            tell,
        }
    }

    /// What has come.
    pub(super) fn into_inner(self) -> Vec<u8> {
        self.message.into_inner()
    }
}

impl<F: Fn(f32)> Write for FetchedMessage<F> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.message.write(octets)?;
        self.come += written as u64;
        if self.come >= self.told + REPORT && self.octets > 0 {
            self.told = self.come;
            (self.tell)(self.come as f32 / self.octets as f32);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
