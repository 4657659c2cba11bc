//! Line endings: LF on disk, CRLF on the wire.
//!
//! [`ToLf`] writes what comes from the wire to a file, [`ToCrlf`] reads it back. What was written with
//! CRLF comes back byte for byte, and a bare LF comes back as CRLF. Even CR CR LF survives: a CRLF
//! after another CR is kept on disk as it is, and reading leaves a CRLF alone.
//! Neither ever holds more than its buffer.

use std::io::{self, Read, Write};

use memchr::{memchr, memchr_iter, memchr2};

use crate::limits;

/// What becomes of a CR without an LF after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BareCr {
    /// It stays as it is: a mailbox hands out what came.
    Keep,
    /// It becomes CRLF: a client may send neither a bare CR nor a bare LF (RFC 5321 §2.3.8).
    EndsLine,
}

/// Reads a text with CRLF line endings, whether it has them or LF.
pub(crate) struct ToCrlf<R> {
    inner: R,
    bare_cr: BareCr,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The last octet that was handed out.
    last: u8,
}

impl<R: Read> ToCrlf<R> {
    /// Reads this text, by this rule.
    pub(crate) fn new(inner: R, bare_cr: BareCr) -> ToCrlf<R> {
        ToCrlf { inner, bare_cr, buffer: vec![0; limits::BUFFER], start: 0, end: 0, last: 0 }
    }

    /// Hands out a run of octets, or one octet of a line ending.
    fn step(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.buffer[self.start..self.end];
        if let Some(missing) = self.missing(rest.first().copied()) {
            out[0] = missing;
            self.last = missing;
            return 1;
        }
        let run = match self.bare_cr {
            BareCr::Keep => memchr(b'\n', rest),
            BareCr::EndsLine => memchr2(b'\r', b'\n', rest),
        };
        let run = run.unwrap_or(rest.len()).max(1).min(out.len());
        out[..run].copy_from_slice(&rest[..run]);
        self.last = rest[run - 1];
        self.start += run;
        run
    }

    /// The half of a line ending that is missing before the next octet, or before the end.
    fn missing(&self, next: Option<u8>) -> Option<u8> {
        match (self.last, next) {
            (b'\r', Some(b'\n')) => None,
            (_, Some(b'\n')) => Some(b'\r'),
            (b'\r', _) if self.bare_cr == BareCr::EndsLine => Some(b'\n'),
            _ => None,
        }
    }
}

impl<R: Read> Read for ToCrlf<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = self.inner.read(&mut self.buffer)?;
            if self.end == 0 && self.missing(None).is_some() {
                return Ok(self.step(out));
            }
        }
        let mut written = 0;
        while written < out.len() && self.start < self.end {
            written += self.step(&mut out[written..]);
        }
        Ok(written)
    }
}

/// Counts the octets of a text with CRLF line endings.
///
/// # Errors
/// The reader's.
pub(crate) fn count(reader: impl Read) -> io::Result<u64> {
    io::copy(&mut ToCrlf::new(reader, BareCr::Keep), &mut io::sink())
}

/// Writes a text with LF line endings, and counts both its sizes. It comes in pieces of any size.
pub(crate) struct ToLf<W> {
    inner: W,
    crs: TrailingCrs,
    /// Octets on disk: `S=` in a Maildir's file name.
    pub(crate) on_disk: u64,
    /// Octets that [`ToCrlf`] makes of them: `W=` in a Maildir's file name.
    pub(crate) on_wire: u64,
}

/// The CRs at the end of the octets so far.
enum TrailingCrs {
    None,
    /// One, not yet written: it may be half of a CRLF.
    Held,
    /// Two or more, all written: an LF that follows needs its CR on disk.
    Written,
}

impl<W: Write> ToLf<W> {
    /// Writes to this file.
    pub(crate) fn new(inner: W) -> ToLf<W> {
        ToLf { inner, crs: TrailingCrs::None, on_disk: 0, on_wire: 0 }
    }

    /// Writes all these octets.
    pub(crate) fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let [first, rest @ ..] = bytes {
            bytes = match (&self.crs, first) {
                (TrailingCrs::None, _) => self.run(bytes)?,
                (TrailingCrs::Held, b'\n') => {
                    self.emit(b"\n", 2)?;
                    self.crs = TrailingCrs::None;
                    rest
                }
                (TrailingCrs::Held, b'\r') => {
                    self.emit(b"\r\r", 2)?;
                    self.crs = TrailingCrs::Written;
                    rest
                }
                (TrailingCrs::Written, b'\n' | b'\r') => {
                    self.emit(&[*first], 1)?;
                    self.crs =
                        if *first == b'\n' { TrailingCrs::None } else { TrailingCrs::Written };
                    rest
                }
                (TrailingCrs::Held, _) => {
                    self.emit(b"\r", 1)?;
                    self.crs = TrailingCrs::None;
                    bytes
                }
                (TrailingCrs::Written, _) => {
                    self.crs = TrailingCrs::None;
                    bytes
                }
            };
        }
        Ok(())
    }

    /// Writes up to the next CR, which is held back; returns the rest.
    fn run<'a>(&mut self, bytes: &'a [u8]) -> io::Result<&'a [u8]> {
        let cr = memchr(b'\r', bytes);
        let run = &bytes[..cr.unwrap_or(bytes.len())];
        let lfs = memchr_iter(b'\n', run).count();
        self.emit(run, (run.len() + lfs) as u64)?;
        if cr.is_none() {
            return Ok(&[]);
        }
        self.crs = TrailingCrs::Held;
        Ok(&bytes[run.len() + 1..])
    }

    fn emit(&mut self, bytes: &[u8], on_wire: u64) -> io::Result<()> {
        self.inner.write_all(bytes)?;
        self.on_disk += bytes.len() as u64;
        self.on_wire += on_wire;
        Ok(())
    }

    /// Ends the text: a CR that was held back ends no line.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if matches!(self.crs, TrailingCrs::Held) {
            self.emit(b"\r", 1)?;
        }
        self.crs = TrailingCrs::None;
        self.inner.flush()
    }

    /// The file.
    pub(crate) fn inner(&self) -> &W {
        &self.inner
    }
}

#[cfg(test)]
mod tests {
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
        let mut reader = ToCrlf::new(Pieces(file, disk_piece), BareCr::Keep);
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

    fn sent(text: &[u8], piece: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut reader = ToCrlf::new(Pieces(text, piece), BareCr::EndsLine);
        reader.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn nothing_bare_is_sent() {
        let rows: [(&str, &str); 8] = [
            ("", ""),
            ("a", "a"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\rb\r", "a\r\nb\r\n"),
            ("\n\n\r\n", "\r\n\r\n\r\n"),
            ("\r\r\n", "\r\n\r\n"),
            ("\n\r", "\r\n\r\n"),
        ];
        for (text, expected) in rows {
            for size in 1..=text.len().max(1) {
                let got = sent(text.as_bytes(), size);
                assert_eq!(got, expected.as_bytes(), "{text:?} in pieces of {size}");
            }
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
        #![proptest_config(crate::limits::random_cases(256))]
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

        #[test]
        fn sending_twice_changes_nothing(text in text(), size in 1usize..20) {
            let once = sent(&text, size);
            prop_assert_eq!(sent(&once, size), once);
        }
    }
}
