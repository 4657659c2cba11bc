//! Converts the binary parts of a message to base64, so that every reader can have them.
//!
//! A part whose Content-Transfer-Encoding is `binary` may hold any octets: NUL, which no IMAP response but
//! BINARY can carry, and line endings, which a store for text would change. RFC 3516 §4.4 lets a server
//! change the encoding as long as nothing is lost. All other parts stay as they are, octet for octet.

use std::io::{self, BufReader, Read, Seek, Write};
use std::ops::Range;

use super::decode::transfer_encoding;
use super::encode;
use super::{BodyPart, Content};
use crate::limits;

/// Octets that become whole lines of base64 at a time.
const CHUNK: usize = 57 * 100;

/// Copies a message from its first octet on, its binary parts in base64.
///
/// # Errors
/// The reader's, and the writer's.
pub fn copy(message: &mut (impl Read + Seek), out: &mut impl Write) -> io::Result<()> {
    message.rewind()?;
    let structure = BodyPart::read(&mut BufReader::new(&mut *message))?;
    let mut changes = Vec::new();
    collect(&structure, &mut changes);
    message.rewind()?;
    let mut message = BufReader::new(message);
    let mut at = 0;
    for (place, change) in changes {
        io::copy(&mut Read::by_ref(&mut message).take(place.start - at), out)?;
        let mut octets = Read::by_ref(&mut message).take(place.end - place.start);
        match change {
            Reencoding::Encoding(name) => out.write_all(&renamed(&mut octets, name)?)?,
            Reencoding::Base64 => base64(&mut octets, out)?,
        }
        at = place.end;
    }
    io::copy(&mut message, out)?;
    Ok(())
}

/// The change to a piece of the message.
enum Reencoding {
    /// A header names this encoding instead.
    Encoding(&'static str),
    /// A body becomes base64.
    Base64,
}

/// Finds the pieces that must change, in their order in the message.
fn collect(part: &BodyPart, changes: &mut Vec<(Range<u64>, Reencoding)>) {
    let is_real = part.header.end - part.header.start <= limits::HEADER as u64;
    let binary = transfer_encoding(&part.fields).eq_ignore_ascii_case(b"binary");
    // RFC 2045 §6.4: a part that has other parts may only be 7bit, 8bit or binary.
    let encoding = match part.content {
        Content::Leaf => "base64",
        _ => "8bit",
    };
    if binary && is_real {
        changes.push((part.header.clone(), Reencoding::Encoding(encoding)));
    }
    match &part.content {
        Content::Leaf if binary && is_real => changes.push((part.body.clone(), Reencoding::Base64)),
        Content::Leaf => {}
        Content::Multipart(parts) => parts.iter().for_each(|part| collect(part, changes)),
        Content::Message(message) => collect(message, changes),
    }
}

/// Returns the header with this encoding instead of its own.
fn renamed(header: &mut impl Read, encoding: &str) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    header.read_to_end(&mut text)?;
    let name = b"Content-Transfer-Encoding";
    let mut out = Vec::with_capacity(text.len());
    let mut skipping = false;
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        let begins = (line.get(..name.len())).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if begins && !skipping {
            out.extend_from_slice(format!("Content-Transfer-Encoding: {encoding}\r\n").as_bytes());
        }
        skipping = begins || (skipping && continues);
        if !skipping {
            out.extend_from_slice(line);
        }
    }
    Ok(out)
}

fn base64(body: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        chunk.clear();
        body.take(CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(());
        }
        out.write_all(encode::base64(&chunk).as_bytes())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::{Decoder, Encoding};
    use proptest::prelude::*;
    use std::io::Cursor;

    fn copied(message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut message = Cursor::new(message);
        // As it is when it has just been written.
        message.set_position(message.get_ref().len() as u64);
        copy(&mut message, &mut out).unwrap();
        out
    }

    #[test]
    fn only_binary_parts_change() {
        let rows: [(&[u8], &[u8]); 4] = [
            (b"Subject: x\r\n\r\n\0\n\r", b"Subject: x\r\n\r\n\0\n\r"),
            (
                b"Content-Transfer-Encoding: Binary\r\nSubject: x\r\n\r\n\0\n\r",
                b"Content-Transfer-Encoding: base64\r\nSubject: x\r\n\r\nAAoN\r\n",
            ),
            (
                b"content-transfer-encoding:\r\n binary\r\n\r\n",
                b"Content-Transfer-Encoding: base64\r\n\r\n",
            ),
            (
                b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n\
                  preamble\r\n--b\r\n\r\n8bit \xe9\r\n--b\r\nContent-Transfer-Encoding: binary\r\n\r\n\
                  \0\xff\r\n--b--\r\nepilogue",
                b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
                  preamble\r\n--b\r\n\r\n8bit \xe9\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                  AP8=\r\n\r\n--b--\r\nepilogue",
            ),
        ];
        for (message, expected) in rows {
            assert_eq!(copied(message), expected, "{}", message.escape_ascii());
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn nothing_is_lost(body in prop::collection::vec(any::<u8>(), 0..20_000)) {
            let message = [b"Content-Transfer-Encoding: binary\r\n\r\n", &body[..]].concat();
            let out = copied(&message);
            let encoded = &out[b"Content-Transfer-Encoding: base64\r\n\r\n".len()..];
            let mut decoded = Vec::new();
            Decoder::new(encoded, Encoding::Base64).read_to_end(&mut decoded).unwrap();
            prop_assert_eq!(decoded, body);
        }

        #[test]
        fn any_octets_can_be_copied(message in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(copied(&message), message);
        }
    }
}
