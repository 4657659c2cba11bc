//! Reads a reader to its end, piece by piece, in the memory of one buffer.

use std::io::{self, Read};

/// Reads the next piece, as much as comes at once and fits the buffer; `None` is the end.
///
/// A read that a signal interrupts is begun again.
///
/// # Errors
/// When the reader fails.
pub(crate) fn next_piece<'a, R: Read + ?Sized>(
    reader: &mut R,
    buffer: &'a mut [u8],
) -> io::Result<Option<&'a [u8]>> {
    loop {
        match reader.read(buffer) {
            Ok(0) => return Ok(None),
            Ok(got) => return Ok(buffer.get(..got)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A reader for tests: returns these octets as a network does, at most so many at a time.
#[cfg(test)]
pub(crate) struct Pieces<'a>(pub(crate) &'a [u8], pub(crate) usize);

#[cfg(test)]
impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.1);
        self.0.read(&mut out[..most])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is interrupted before each octet that it has, and fails where there is no more.
    struct Interrupted(Vec<u8>, bool);

    impl Read for Interrupted {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            out[0] = self.0.pop().ok_or(io::ErrorKind::ConnectionReset)?;
            Ok(1)
        }
    }

    #[test]
    fn an_interrupted_read_is_begun_again_and_a_failure_is_told() {
        let (mut reader, mut buffer) = (Interrupted(b"olleh".to_vec(), false), [0; 3]);
        let mut all = Vec::new();
        let failure = loop {
            match next_piece(&mut reader, &mut buffer) {
                Ok(piece) => all.extend_from_slice(piece.unwrap_or(b"the end?")),
                Err(error) => break error.kind(),
            }
        };
        assert_eq!(all, b"hello");
        assert_eq!(failure, io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn the_end_is_no_piece() {
        let (mut reader, mut buffer) = (Pieces(b"abcd", 3), [0; 8]);
        let mut next = || next_piece(&mut reader, &mut buffer).map(|piece| piece.map(<[u8]>::len));
        assert!(matches!(next(), Ok(Some(3))));
        assert!(matches!(next(), Ok(Some(1))));
        assert!(matches!(next(), Ok(None)));
    }
}
