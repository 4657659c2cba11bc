//! Line endings: LF on disk, CRLF on the wire.
//!
//! [`ToLf`] writes what comes from the wire, [`ToCrlf`] reads it back: what was written with CRLF
//! comes back byte for byte, and a bare LF comes back as CRLF. Even CR CR LF survives: a CRLF
//! behind another CR is kept on disk as it is, and reading leaves a CRLF alone.
//! A bare CR stays one: what a client of ours sends follows another rule (`client/crlf.rs`).
//! Neither ever holds more than its buffer.

use std::io::{self, Read, Write};

use memchr::{memchr, memchr_iter};

use crate::mail::net::pieces::next_piece;

const BUFFER: usize = 16 * 1024;

/// Reads with CRLF what has LF, or both, on disk.
pub(crate) struct ToCrlf<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The last byte handed out.
    last: u8,
}

impl<R: Read> ToCrlf<R> {
    pub(crate) fn new(inner: R) -> ToCrlf<R> {
        ToCrlf {
            inner,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            last: 0,
        }
    }

    /// Moves one step: a run of bytes without LF, an LF, or the CR that an LF lacks.
    fn step(&mut self, out: &mut [u8]) -> usize {
        let chunk = &self.buffer[self.start..self.end];
        if chunk[0] == b'\n' && self.last != b'\r' {
            out[0] = b'\r';
            self.last = b'\r';
            return 1;
        }
        let run = match memchr(b'\n', chunk) {
            Some(0) => 1,
            Some(n) => n,
            None => chunk.len(),
        };
        let n = run.min(out.len());
        out[..n].copy_from_slice(&chunk[..n]);
        self.last = chunk[n - 1];
        self.start += n;
        n
    }
}

impl<R: Read> Read for ToCrlf<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && !out.is_empty() {
            self.start = 0;
            self.end = 0;
            self.end = self.inner.read(&mut self.buffer)?;
        }
        let mut written = 0;
        while written < out.len() && self.start < self.end {
            written += self.step(&mut out[written..]);
        }
        Ok(written)
    }
}

/// How many octets [`ToCrlf`] makes of this.
pub(super) fn count(mut reader: impl Read) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let (mut octets, mut last) = (0, 0);
    while let Some(piece) = next_piece(&mut reader, &mut buffer)? {
        let bare = memchr_iter(b'\n', piece)
            .filter(|&at| if at == 0 { last } else { piece[at - 1] } != b'\r')
            .count();
        octets += piece.len() as u64 + bare as u64;
        last = piece[piece.len() - 1];
    }
    Ok(octets)
}

/// Writes with LF what comes with CRLF, in pieces of any size, and counts both sizes.
pub(super) struct ToLf<W> {
    inner: W,
    crs: Crs,
    /// Octets on disk: `S=` in the file name.
    pub(super) on_disk: u64,
    /// Octets that [`ToCrlf`] makes of them: `W=` in the file name.
    pub(super) on_wire: u64,
}

/// The CRs that the bytes so far end with.
enum Crs {
    None,
    /// One, not yet written: it may be half of a CRLF.
    Held,
    /// Two or more, all written: an LF now needs its CR on disk, too.
    Written,
}

impl<W: Write> ToLf<W> {
    pub(super) fn new(inner: W) -> ToLf<W> {
        ToLf {
            inner,
            crs: Crs::None,
            on_disk: 0,
            on_wire: 0,
        }
    }

    /// Takes these bytes, all of them.
    pub(super) fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let [first, rest @ ..] = bytes {
            bytes = match (&self.crs, first) {
                (Crs::None, _) => self.run(bytes)?,
                (Crs::Held, b'\n') => {
                    self.emit(b"\n", 2)?;
                    self.crs = Crs::None;
                    rest
                }
                (Crs::Held, b'\r') => {
                    self.emit(b"\r\r", 2)?;
                    self.crs = Crs::Written;
                    rest
                }
                (Crs::Written, b'\n' | b'\r') => {
                    self.emit(&[*first], 1)?;
                    self.crs = if *first == b'\n' {
                        Crs::None
                    } else {
                        Crs::Written
                    };
                    rest
                }
                (Crs::Held, _) => {
                    self.emit(b"\r", 1)?;
                    self.crs = Crs::None;
                    bytes
                }
                (Crs::Written, _) => {
                    self.crs = Crs::None;
                    bytes
                }
            };
        }
        Ok(())
    }

    /// Writes up to the next CR, which is held back; returns what is left.
    fn run<'a>(&mut self, bytes: &'a [u8]) -> io::Result<&'a [u8]> {
        let cr = memchr(b'\r', bytes);
        let run = &bytes[..cr.unwrap_or(bytes.len())];
        let lfs = memchr_iter(b'\n', run).count();
        self.emit(run, (run.len() + lfs) as u64)?;
        if cr.is_none() {
            return Ok(&[]);
        }
        self.crs = Crs::Held;
        Ok(&bytes[run.len() + 1..])
    }

    fn emit(&mut self, bytes: &[u8], on_wire: u64) -> io::Result<()> {
        self.inner.write_all(bytes)?;
        self.on_disk += bytes.len() as u64;
        self.on_wire += on_wire;
        Ok(())
    }

    /// The end: a CR that was held back after all ends no line.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if matches!(self.crs, Crs::Held) {
            self.emit(b"\r", 1)?;
        }
        self.crs = Crs::None;
        self.inner.flush()
    }

    pub(super) fn inner(&self) -> &W {
        &self.inner
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::mail::net::pieces::Pieces;
    use proptest::prelude::*;

    /// Written in pieces of these sizes, over and over: the file, and its size on the wire.
    fn on_disk(bytes: &[u8], pieces: &[usize]) -> (Vec<u8>, u64) {
        let mut file = Vec::new();
        let mut writer = ToLf::new(&mut file);
        let mut rest = bytes;
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at(rest.len().min(*piece));
            writer.put(now).unwrap();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        writer.finish().unwrap();
        let (size, wire) = (writer.on_disk, writer.on_wire);
        assert_eq!(size, file.len() as u64);
        (file, wire)
    }

    fn read_back(file: &[u8], disk_piece: usize, wire_piece: usize) -> Vec<u8> {
        let mut reader = ToCrlf::new(Pieces(file, disk_piece));
        let (mut all, mut piece) = (Vec::new(), vec![0; wire_piece]);
        loop {
            match reader.read(&mut piece).unwrap() {
                0 => return all,
                n => all.extend(&piece[..n]),
            }
        }
    }

    #[test]
    fn every_kind_of_line_ending() {
        let rows: [(&str, &str, &str); 8] = [
            ("a\r\nb\r\n", "a\nb\n", "a\r\nb\r\n"),
            ("a\nb", "a\nb", "a\r\nb"), // bare LF becomes a line ending
            ("a\rb", "a\rb", "a\rb"),   // bare CR is no line ending
            ("a\r", "a\r", "a\r"),      // even at the end
            ("\r\r\n", "\r\r\n", "\r\r\n"),
            ("\r\r\r\nx", "\r\r\r\nx", "\r\r\r\nx"),
            ("\r\n\r\n", "\n\n", "\r\n\r\n"),
            ("", "", ""),
        ];
        for (came, disk, goes) in rows {
            let (file, wire) = on_disk(came.as_bytes(), &[1]);
            assert_eq!(file, disk.as_bytes(), "{came:?}");
            assert_eq!(read_back(&file, 1, 1), goes.as_bytes(), "{came:?}");
            assert_eq!(wire, goes.len() as u64, "{came:?}");
        }
    }

    #[test]
    fn crlf_on_disk_stays() {
        assert_eq!(read_back(b"a\r\nb\n", 2, 100), b"a\r\nb\r\n");
    }

    /// Mostly line endings, so that they meet the edges of the pieces.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a'), any::<u8>()],
            0..200,
        )
    }

    fn canonical(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in bytes {
            if byte == b'\n' && out.last() != Some(&b'\r') {
                out.push(b'\r');
            }
            out.push(byte);
        }
        out
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            bytes in text(),
            pieces in prop::collection::vec(1usize..9, 1..9),
            disk_piece in 1usize..9,
            wire_piece in 1usize..9,
        ) {
            let (file, wire) = on_disk(&bytes, &pieces);
            let back = read_back(&file, disk_piece, wire_piece);
            prop_assert_eq!(&back, &canonical(&bytes));
            prop_assert_eq!(wire, back.len() as u64);
            prop_assert_eq!(count(Pieces(&file, disk_piece)).unwrap(), wire);
        }
    }
}
