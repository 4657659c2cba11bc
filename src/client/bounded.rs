//! A text from a network, kept in memory: it may not have any size.

use std::io::{self, Write};

/// Gathers what is written to it, up to a bound; more is an error.
#[derive(Debug)]
pub struct Bounded {
    octets: Vec<u8>,
    most: usize,
}

impl Bounded {
    /// Takes at most so many octets.
    #[must_use]
    pub fn new(most: usize) -> Bounded {
        Bounded {
            octets: Vec::new(),
            most,
        }
    }

    /// What was written.
    #[must_use]
    pub fn into_inner(self) -> Vec<u8> {
        self.octets
    }
}

impl Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if octets.len() > self.most - self.octets.len() {
            return Err(io::Error::other("it is too large to be kept in memory"));
        }
        self.octets.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
